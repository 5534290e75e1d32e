"""The report before it is sealed: the exact files that the preview shows and the user agrees to."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.outcome import Completed
from nexkit.platform.owner import own_names as system_own_names
from nexkit.profile import LoadedProfile
from nexkit.run_record import RunRecord, StepResult
from nexkit.texts import Texts
from report.codec import dump_lines, dumps
from report.consent import Category, ConsentRecord, Content, make_consent
from report.document import HTML_PATH, PROFILE_PATH, REPORT_PATH, SUMMARY_PATH, write_report
from report.html import report_html
from report.key_store import KeyStorage
from report.measurements import measurements
from report.plain import encode
from report.pseudonyms import KEY_BYTES
from report.redact import CATEGORY_OF, WELL_KNOWN_RESOLVERS, RedactedRecord, redact, telling_names
from report.residual import PrivatePattern, Residue, holds, pattern_scan, residual_scan
from report.summary import summary_text
from report.terms import Terms, terms_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A private value in the files of a report, and how the user can resolve it."""

    value: str
    pattern: PrivatePattern | None
    """What it looks like; None: it is known to be private."""
    paths: tuple[str, ...]
    around: str
    """An excerpt, harmless to look at; "" where the value is hidden in another coding."""
    steps: tuple[str, ...]
    """Outcome ids of the results that hold it."""
    categories: frozenset[Category]
    """Without these it is gone; empty where it stands in what every report has."""


class ResidueError(Exception):
    """A private value was found in the finished files, which therefore are not to be shared."""

    def __init__(self, residues: tuple[Residue, ...], hits: tuple[Hit, ...]) -> None:
        super().__init__(f"private values were found in {', '.join(sorted({entry.path for entry in residues}))}")
        self.residues = residues
        self.hits = hits
        """The same by value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report that can be shown, agreed to and then sealed."""

    report_id: str
    redacted: RedactedRecord
    diagnosis: Diagnosis
    terms: Terms
    """What the user is told before agreeing."""
    files: Mapping[str, bytes] = field(repr=False)
    """The payload by path, byte for byte as it will be sealed."""
    warnings: tuple[Hit, ...] = ()
    """Private values in what the user typed, which is shared as typed."""
    key_storage: KeyStorage | None = None
    """Where the key is kept that will sign it; None: not said."""
    principal: str | None = None
    """The name of the key that will sign it, which stands for the user; None: not said."""

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
    released: Collection[str] = (),
    left_out: Collection[str] = (),
    key_storage: KeyStorage | None = None,
    principal: str | None = None,
) -> Draft:
    """The payload of a report with the agreed categories.

    `random` has to be unguessable (SystemRandom): it makes the key of the pseudonyms. `own_names` are this computer's
    host and user names; None asks the system. ResidueError where a private value survived: the user resolves it by
    releasing just this value, or by leaving out a category; `left_out` are values that were resolved so. The report
    says how many they were.
    """
    names = telling_names(system_own_names() if own_names is None else own_names)
    redacted = redact(
        record,
        profile.profile,
        categories,
        random.randbytes(KEY_BYTES),
        own_names=names,
        diagnosis=diagnosis,
    )
    diagnosis = redacted.diagnosis or diagnosis
    report_id = f"{record.started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{random.getrandbits(32):08x}"
    summary = summary_text(redacted.record, diagnosis, profile.profile, texts, report_id=report_id)
    page = report_html(redacted.record, diagnosis, profile.profile, texts, report_id=report_id)
    files = {
        SUMMARY_PATH: summary.encode(),
        REPORT_PATH: dumps(write_report(report_id, redacted, diagnosis, key_storage=key_storage)),
        HTML_PATH: page.encode(),
    }
    files |= {path: dump_lines(lines) for path, lines in measurements(redacted.record).items()}
    found, warnings = _private_values(files, redacted, names, profile)
    if residues := tuple(each for each in found if each.value not in released):
        raise ResidueError(residues, _hits(residues, redacted))
    if resolved := {*left_out, *(each.value for each in found)}:
        document = write_report(report_id, redacted, diagnosis, hits_resolved=len(resolved), key_storage=key_storage)
        files[REPORT_PATH] = dumps(document)
    files[PROFILE_PATH] = profile.toml
    if profile.signature is not None:
        files[PROFILE_PATH + ".sig"] = profile.signature
    return Draft(
        report_id=report_id,
        redacted=redacted,
        diagnosis=diagnosis,
        terms=terms_of(profile.profile, texts),
        files=files,
        warnings=_hits(warnings, redacted),
        key_storage=key_storage,
        principal=principal,
    )


def _private_values(
    files: Mapping[str, bytes], redacted: RedactedRecord, own_names: Collection[str], profile: LoadedProfile
) -> tuple[tuple[Residue, ...], tuple[Residue, ...]]:
    """(what holds the files back, what the user is told of): private values there, and in what the user typed.

    What the user typed is shared as typed, and the profile is the organisation's own and public in it.
    """
    typed = {"typed.json": "\n".join(_typed(redacted.record).values()).encode()}
    public = {"profile.json": profile.toml}
    secrets = {*redacted.replaced, *own_names}
    warnings = residual_scan(typed, secrets) + pattern_scan(typed)
    said = (*warnings, *residual_scan(public, secrets), *pattern_scan(public))
    free = {entry.value for entry in said}
    shared = redacted.addresses | free | WELL_KNOWN_RESOLVERS
    found = residual_scan(files, secrets - free) + tuple(
        entry for entry in pattern_scan(files, shared) if entry.value not in free
    )
    return found, warnings


def _typed(record: RunRecord) -> Mapping[str, str]:
    """What the user typed for the desk, by what it is."""
    marks = record.watch.marks if record.watch else ()
    said = {
        "ticket": record.request.ticket,
        "note": record.request.note,
        "marks": "\n".join(mark.words for mark in marks if mark.words),
    }
    return {name: text for name, text in said.items() if text}


def _hits(residues: tuple[Residue, ...], redacted: RedactedRecord) -> tuple[Hit, ...]:
    """What was found, by value, with the way to it."""
    by_value: dict[str, list[Residue]] = {}
    for residue in residues:
        by_value.setdefault(residue.value, []).append(residue)
    return tuple(_hit(value, same, redacted) for value, same in by_value.items())


def _hit(value: str, residues: list[Residue], redacted: RedactedRecord) -> Hit:
    record = redacted.record
    steps = [result for result in record.results if _says(result, value)]
    categories = {
        CATEGORY_OF[type(result.outcome.fact)]
        for result in steps
        if isinstance(result.outcome, Completed) and type(result.outcome.fact) in CATEGORY_OF
    }
    if any(_says(text, value) for text in _typed(record).values()):
        categories.add(Category.NOTE)
    if _says(record.system, value):
        categories.add(Category.DEVICE)
    return Hit(
        value=value,
        pattern=residues[0].pattern,
        paths=tuple(dict.fromkeys(entry.path for entry in residues)),
        around=next((entry.around for entry in residues if entry.around), ""),
        steps=tuple(result.id for result in steps),
        categories=frozenset(categories),
    )


def _says(part: object, value: str) -> bool:
    return holds(dumps(encode(part)).decode(), (value,))


def consent_to(draft: Draft, *, method: str, texts: Texts, given_at: datetime, random: Random) -> ConsentRecord:
    """The record of the consent that the user has just given to this draft.

    `method` is a stable word: `wizard` or `command_line`.
    """
    return make_consent(
        report_id=draft.report_id,
        files=draft.files,
        agreed=draft.categories,
        contents={category: _content(category, draft) for category in draft.categories},
        case_ref=draft.redacted.record.request.ticket,
        principal=draft.principal,
        terms=draft.terms,
        method=method,
        texts=texts,
        given_at=given_at,
        random=random,
    )


def _content(category: Category, draft: Draft) -> Content:
    """What the files have of one category: kinds of facts or of texts, and the paths."""
    record = draft.redacted.record
    profile = {path for path in draft.files if path.startswith(PROFILE_PATH)}
    documents = {SUMMARY_PATH, REPORT_PATH, HTML_PATH}
    match category:
        case Category.VERDICT:
            items, paths = {type(draft.diagnosis).__name__}, documents | profile
        case Category.ADDRESSES | Category.WHOLE_ADDRESSES:
            items, paths = {"IpAddress", "MacAddress"}, draft.files.keys() - profile
        case Category.NOTE:
            items, paths = set(_typed(record)), documents
        case _:
            results = tuple(result for result in record.results if _is_about(result, category))
            items = {type(result.outcome.fact).__name__ for result in results if isinstance(result.outcome, Completed)}
            paths = documents | measurements(replace(record, results=results)).keys()
    return Content(items=tuple(sorted(items)), paths=tuple(sorted(paths)) if items else ())


def _is_about(result: StepResult, category: Category) -> bool:
    return isinstance(result.outcome, Completed) and CATEGORY_OF.get(type(result.outcome.fact)) is category
