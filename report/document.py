"""The documents of a bundle: where they stand, and how `report.json` is written and read."""

from dataclasses import dataclass

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.run_record import RunRecord
from report.codec import (
    CodecError,
    check_schema,
    decode,
    decode_diagnosis,
    decode_record,
    encode_diagnosis,
    encode_record,
)
from report.consent import Category
from report.key_store import KeyStorage
from report.plain import Json
from report.redact import RedactedRecord

REPORT_SCHEMA = "nexkit/report/1"
SUMMARY_PATH = "data/summary.txt"
REPORT_PATH = "data/report.json"
HTML_PATH = "data/report.html"
PROFILE_PATH = "data/profile/profile.toml"
SUFFIX = ".nexkit.zip"
"""How the name of a report file ends."""
ENCRYPTED_SUFFIX = ".age"
"""What follows it where the file is encrypted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """What `report.json` says."""

    report_id: str
    categories: frozenset[Category]
    diagnosis: Diagnosis
    record: RunRecord
    hits_resolved: int
    """Private values that the last check found, and that the user released or left out."""
    key_storage: KeyStorage | None = None
    """Where the installation says that it keeps its key; None: it does not say."""


def write_report(
    report_id: str,
    redacted: RedactedRecord,
    diagnosis: Diagnosis,
    *,
    hits_resolved: int = 0,
    key_storage: KeyStorage | None = None,
) -> Json:
    """The document of a report: its number, what it contains, the diagnosis, and the run record beside them."""
    return {
        "schema": REPORT_SCHEMA,
        "report_id": report_id,
        "categories": [category.value for category in Category if category in redacted.categories],
        "hits_resolved": hits_resolved,
        "key_storage": None if key_storage is None else key_storage.value,
        "diagnosis": encode_diagnosis(diagnosis),
        **encode_record(redacted.record),
    }


def read_report(document: object) -> ReportDocument:
    """The report of a document; CodecError where it is none."""
    if not isinstance(document, dict):
        raise CodecError("a report is an object")
    check_schema(document.get("schema"), REPORT_SCHEMA)
    own = {"schema", "report_id", "categories", "hits_resolved", "key_storage", "diagnosis"}
    storage = document.get("key_storage")
    return ReportDocument(
        report_id=decode(document.get("report_id"), str),
        categories=decode(document.get("categories"), frozenset[Category]),
        diagnosis=decode_diagnosis(document.get("diagnosis")),
        hits_resolved=decode(document.get("hits_resolved", 0), int),
        key_storage=None if storage is None else decode(storage, KeyStorage),
        record=decode_record({key: value for key, value in document.items() if key not in own}),
    )
