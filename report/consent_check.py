"""Whether the consent in a bundle is one to this bundle, in words that are known, and to this desk."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nexkit import __version__
from report.codec import check_schema, decode, version_of
from report.consent import (
    CONSENT_PATH,
    CONSENT_SCHEMA,
    FIRST_CONSENT_SCHEMA,
    Category,
    ConsentRecord,
    ConsentState,
    Decision,
    content_root,
)
from report.files import write_whole
from report.notices import known_notices
from report.problems import Problem, ProblemKind
from report.public_keys import PublicKey
from report.ssh_lists import SignersError, lines_of, read_limited

NOT_FOR_THIS_DESK = frozenset({ProblemKind.OTHER_RECIPIENT, ProblemKind.OTHER_TICKET, ProblemKind.SEEN_BEFORE})
"""The report is valid, and is not to be used here as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the desk knows of the report that should come; None and empty: nothing."""

    keys: Collection[str] = ()
    """SHA-256 of the public keys of age that this desk opens reports with."""
    ticket: str | None = None
    notices: Collection[str] = ()
    """SHA-256 of wordings besides those of this program."""
    seen: Mapping[str, str] = field(default_factory=dict)
    """`content_root` by number of the reports that came before."""


def read_seen(path: Path) -> dict[str, str]:
    """`content_root` by number of the reports that a desk has noted; none without the file. OSError, SignersError."""
    if not path.exists():
        return {}
    seen: dict[str, str] = {}
    for number, line in lines_of(read_limited(path)):
        report_id, _, root = line.partition(" ")
        if not report_id or not root:
            raise SignersError(f"{path}, line {number}: expected REPORT-ID CONTENT-ROOT")
        seen[report_id] = root
    return seen


def note_seen(path: Path, consent: ConsentRecord) -> None:
    """Add a report to those that the desk has noted; OSError."""
    before = path.read_bytes() if path.exists() else b""
    write_whole(path, before + f"{consent.report_id} {consent.content_root}\n".encode())


def read_consent(document: object) -> ConsentRecord:
    """The record of a document, also of one of the first form; CodecError where it is none."""
    if isinstance(document, dict):
        if document.get("schema_version") == FIRST_CONSENT_SCHEMA:
            document = _of_first_form(document)
        else:
            check_schema(document.get("schema_version"), CONSENT_SCHEMA)
    return decode(document, ConsentRecord)


def _of_first_form(document: dict[str, object]) -> dict[str, object]:
    """There recipients and purpose were words."""
    recipients, purpose = document.get("recipients"), document.get("purpose")
    return document | {
        "recipients": [{"name": text} for text in recipients] if isinstance(recipients, list) else recipients,
        "purpose": [{"id": purpose, "text": ""}],
    }


def consent_problems(
    consent: ConsentRecord, categories: Collection[Category], payload: Mapping[str, bytes], signer: PublicKey
) -> Iterator[Problem]:
    """What makes it no consent to this payload by this signer; each makes the bundle invalid."""
    if consent.content_root != content_root(payload):
        yield Problem(ProblemKind.CONSENT_MISMATCH, "content_root")
    if consent.agreed != frozenset(categories) or not consent.decides_all:
        yield Problem(ProblemKind.CONSENT_MISMATCH, "categories")
    if consent.event.state is not ConsentState.GIVEN:
        yield Problem(ProblemKind.CONSENT_MISMATCH, "state")
    if consent.schema_version == FIRST_CONSENT_SCHEMA:
        return
    if consent.pii_principal_id not in {None, signer.install_id}:
        yield Problem(ProblemKind.CONSENT_MISMATCH, "pii_principal_id")
    named = {path for entry in consent.decisions if entry.decision is Decision.GIVEN for path in entry.paths}
    refused = {path for entry in consent.decisions if entry.decision is Decision.REFUSED for path in entry.paths}
    if refused or not named <= payload.keys() - {CONSENT_PATH}:
        yield Problem(ProblemKind.CONSENT_MISMATCH, "paths")


def notice_problem(consent: ConsentRecord, others: Collection[str]) -> Problem | None:
    """What is wrong with the wording; None: it is a known one.

    A program that is newer than this one may ask in words that are not known here: that is said. One that is not newer
    has no other words than these: that makes the bundle invalid.
    """
    if consent.notice.sha256 in known_notices() or consent.notice.sha256 in others:
        return None
    newer = version_of(consent.event.kit_version) > version_of(__version__)
    return Problem(ProblemKind.NEWER_NOTICE if newer else ProblemKind.UNKNOWN_NOTICE, consent.notice.sha256)


def desk_problems(consent: ConsentRecord, expected: Expected) -> Iterator[Problem]:
    """What makes it a report for somebody else, about something else, or one that came before."""
    named = {key for recipient in consent.recipients for key in recipient.keys}
    if expected.keys and named and named.isdisjoint(expected.keys):
        yield Problem(ProblemKind.OTHER_RECIPIENT, ", ".join(recipient.name for recipient in consent.recipients))
    if expected.ticket is not None and expected.ticket != consent.case_ref:
        yield Problem(ProblemKind.OTHER_TICKET, consent.case_ref or "-")
    if consent.report_id in expected.seen:
        same = expected.seen[consent.report_id] == consent.content_root
        yield Problem(ProblemKind.SEEN_BEFORE, "same" if same else "other_content")
