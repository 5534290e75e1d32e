"""Reports that were saved on this computer: where, when, for whom and what they say. For their user alone.

A note of each lies in the user's own data folder (`reports/`, 0700, files 0600) until the user deletes it. It holds no
more of the report than its redacted diagnosis; the place of the file is the one thing in it that no report has.
"""

import contextlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.platform.owner import data_folder
from report.codec import CodecError, decode, decode_diagnosis, dumps, encode_diagnosis, loads
from report.files import write_whole
from report.load import bundle_file
from report.plain import Json, encode
from report.receipts import REPORT_ID

SCHEMA = "nexkit/saved/1"
SUFFIX = ".saved.json"
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedNote:
    """What is remembered of a report beside its diagnosis."""

    report_id: str
    saved_at: datetime
    path: str
    """Of the file, whole."""
    sha256: str
    """Of the file as it was written."""
    size_bytes: int
    encrypted: bool
    recipient: str
    """Whom it is for, in the profile's words; "" where the profile names nobody."""
    ticket: str | None
    """As the report has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedReport:
    """A report that was saved."""

    note: SavedNote
    diagnosis: Diagnosis
    """As the report has it: redacted."""


def keep_saved(report: SavedReport, folder: Path | None = None) -> Path:
    """Remember a report; OSError."""
    path = saved_path(report.note.report_id, folder)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    document: Json = {"schema": SCHEMA, "note": encode(report.note), "diagnosis": encode_diagnosis(report.diagnosis)}
    write_whole(path, dumps(document), mode=0o600)
    return path


def saved_reports(folder: Path | None = None) -> tuple[SavedReport, ...]:
    """All that is remembered, the latest first; what cannot be read is passed over. OSError where there is no home."""
    found = [report for path in _files(folder or _folder()) if (report := _read(path)) is not None]
    return tuple(sorted(found, key=lambda report: report.note.saved_at, reverse=True))


def forget_saved(report_id: str, folder: Path | None = None) -> bool:
    """Remember a report no more; whether it was remembered. OSError."""
    try:
        saved_path(report_id, folder).unlink()
    except FileNotFoundError:
        return False
    return True


def saved_path(report_id: str, folder: Path | None = None) -> Path:
    """Where the note of a report lies; ValueError for what is no report number."""
    if not REPORT_ID.fullmatch(report_id):
        raise ValueError(f"{report_id!r} is no report number")
    return (folder or _folder()) / (report_id + SUFFIX)


def is_unchanged(note: SavedNote) -> bool:
    """Whether the file still is what was written; OSError where it is not there or cannot be read."""
    data = saved_bytes(note)
    return len(data) == note.size_bytes and digest(data) == note.sha256


def saved_bytes(note: SavedNote) -> bytes:
    """What lies in the place of the file, no more than a report can have and one; OSError.

    Of a pipe nothing is read: it may never end.
    """
    path = Path(note.path)
    return b"" if stat.S_ISFIFO(path.stat().st_mode) else bundle_file(path)


def digest(data: bytes) -> str:
    """The SHA-256 of a file."""
    return sha256(data).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))


def _read(path: Path) -> SavedReport | None:
    try:
        with path.open("rb") as file:
            document = loads(file.read(_MAX_BYTES + 1))
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            return None
        note = decode(document.get("note"), SavedNote)
        if path.name != note.report_id + SUFFIX or "\0" in note.path:
            return None
        return SavedReport(note=note, diagnosis=decode_diagnosis(document.get("diagnosis")))
    except (OSError, CodecError):
        return None


def _folder() -> Path:
    return data_folder() / "reports"
