"""The report before it is sealed: the exact files that the preview shows and the user agrees to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.platform.owner import own_names as system_own_names
from nexkit.profile import LoadedProfile
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from report.codec import dump_lines, dumps
from report.consent import Category, ConsentRecord, make_consent
from report.document import HTML_PATH, PROFILE_PATH, REPORT_PATH, SUMMARY_PATH, write_report
from report.html import report_html
from report.measurements import measurements
from report.pseudonyms import KEY_BYTES
from report.redact import RedactedRecord, redact, telling_names
from report.residual import Residue, residual_scan
from report.summary import summary_text


class ResidueError(Exception):
    """A private value was found in the finished files, which therefore are not to be shared."""

    def __init__(self, residues: tuple[Residue, ...]) -> None:
        super().__init__(f"private values were found in {', '.join(sorted({entry.path for entry in residues}))}")
        self.residues = residues


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report that can be shown, agreed to and then sealed."""

    report_id: str
    redacted: RedactedRecord
    diagnosis: Diagnosis
    recipients: tuple[str, ...]
    files: Mapping[str, bytes] = field(repr=False)
    """The payload by path, byte for byte as it will be sealed."""

    @property
    def categories(self) -> frozenset[Category]:
        """What it contains."""
        return self.redacted.categories


def make_draft(
    record: RunRecord,
    diagnosis: Diagnosis,
    profile: LoadedProfile,
    categories: Collection[Category],
    texts: Texts,
    random: Random,
    *,
    own_names: Collection[str] | None = None,
) -> Draft:
    """The payload of a report with the agreed categories.

    `random` has to be unguessable (SystemRandom): it makes the key of the pseudonyms. `own_names` are this computer's
    host and user names; None asks the system. ResidueError where a private value survived.
    """
    names = telling_names(system_own_names() if own_names is None else own_names)
    redacted = redact(record, profile.profile, categories, random.randbytes(KEY_BYTES), own_names=names)
    report_id = f"{record.started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{random.getrandbits(32):08x}"
    files = {
        SUMMARY_PATH: summary_text(redacted.record, diagnosis, profile.profile, texts, report_id=report_id).encode(),
        REPORT_PATH: dumps(write_report(report_id, redacted, diagnosis)),
        HTML_PATH: report_html(redacted.record, diagnosis, profile.profile, texts, report_id=report_id).encode(),
    }
    files |= {path: dump_lines(lines) for path, lines in measurements(redacted.record).items()}
    # What the user typed is shared as typed, and the profile is the organisation's own and public in it.
    typed = "\n".join(text for text in (redacted.record.request.ticket, redacted.record.request.note) if text)
    secrets = {*redacted.replaced, *names}
    released = residual_scan({"typed.json": typed.encode(), "profile.json": profile.toml}, secrets)
    secrets -= {entry.value for entry in released}
    if residues := residual_scan(files, secrets):
        raise ResidueError(residues)
    files[PROFILE_PATH] = profile.toml
    if profile.signature is not None:
        files[PROFILE_PATH + ".sig"] = profile.signature
    support = profile.profile.support
    return Draft(
        report_id=report_id,
        redacted=redacted,
        diagnosis=diagnosis,
        recipients=tuple(text for text in (support.name, support.email) if text),
        files=files,
    )


def consent_to(draft: Draft, *, method: str, texts: Texts, given_at: datetime, random: Random) -> ConsentRecord:
    """The record of the consent that the user has just given to this draft.

    `method` is a stable word: `wizard` or `command_line`.
    """
    return make_consent(
        report_id=draft.report_id,
        files=draft.files,
        agreed=draft.categories,
        case_ref=draft.redacted.record.request.ticket,
        recipients=draft.recipients,
        method=method,
        texts=texts,
        given_at=given_at,
        random=random,
    )
