"""Finished runs whose report is not: kept until the report was saved or the user threw them away, and for a week.

What is kept is raw, as it was before redaction. So it is in the user's own data folder alone (`unfinished/`, for its
owner only), never in a folder for temporary files. A report is made of it as of a run that has just ended: redaction,
preview and consent come afterwards.

A run that changes (something was tested again) is written to a new file, and the one before is removed: at no moment
there is none, or half of one.
"""

import contextlib
import errno
import os
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.outcome import Completed
from nexkit.platform.owner import data_folder
from nexkit.profile import LoadedProfile
from nexkit.run_record import RunRecord
from report.codec import MAX_JSON_BYTES, CodecError, decode, decode_record, dumps, encode_record, loads
from report.files import remove_stale, write_new
from report.kept_profile import KeptProfile, kept_profile, loaded_profile
from report.plain import Json, UnknownFact, encode

KEPT_DAYS = 7
MAX_KEPT = 3
"""Runs; the oldest goes for a new one."""
_SCHEMA = "nexkit/unfinished/1"
_NAME = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{8})\.(\d{1,6})\.json")


class UnfinishedError(Exception):
    """A kept run that is not there, is damaged or is of another version; the text is one line that names the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A run that was kept, ready to be made a report of."""

    id: str
    record: RunRecord = field(repr=False)
    diagnosis: Diagnosis = field(repr=False)
    profile: LoadedProfile = field(repr=False)
    """That it was measured with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A kept run that cannot be read any more."""

    id: str
    reason: str
    """One line that names the file."""


class Keeper:
    """Keeps one run, in its latest state. Threads may share it; nothing that goes wrong here ends a run."""

    def __init__(self, profile: LoadedProfile, folder: Path | None = None, run_id: str | None = None) -> None:
        """`run_id`: of a run that is kept already."""
        self._profile = profile
        self._folder = folder or _folder()
        self._id = run_id
        self._lock = threading.Lock()
        self.problem: OSError | None = None
        """Why the run could not be kept, or what was kept could not be deleted."""

    @property
    def kept_id(self) -> str | None:
        """The number under which the run is kept; None: it is not."""
        return self._id if self.problem is None else None

    def keep(self, current: Callable[[], RunRecord]) -> None:
        """Write what `current` gives, which is asked when its turn has come: the last of several is the latest."""
        with self._lock:
            try:
                self._write(current())
                self.problem = None
            except OSError as error:
                self.problem = error
            except CodecError as error:
                self.problem = OSError(errno.EINVAL, str(error))

    def discard(self) -> None:
        """Delete what was kept: the report was saved, or the user wants it gone."""
        with self._lock:
            try:
                if self._id is not None:
                    discard(self._id, self._folder)
            except OSError as error:
                self.problem = error

    def _write(self, record: RunRecord) -> None:
        self._id = self._id or f"{record.started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token_hex(4)}"
        data = dumps(_document(record, self._profile))
        if len(data) > MAX_JSON_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        earlier = _files(self._folder).get(self._id, [])
        number = 1 + max((_number(path) for path in earlier), default=0)
        write_new(self._folder / f"{self._id}.{number}.json", data, mode=0o600)
        for path in earlier:
            path.unlink(missing_ok=True)
        others = sorted((kept for kept in _files(self._folder).items() if kept[0] != self._id), key=_written_at)
        for run_id, _paths in others[: len(others) + 1 - MAX_KEPT]:
            discard(run_id, self._folder)


def unfinished_runs(now: datetime, folder: Path | None = None) -> tuple[tuple[Unfinished, ...], tuple[Unreadable, ...]]:
    """The kept runs, the latest first, and what cannot be read of them. Those whose time is over are deleted.

    No OSError: where the folder cannot be read there are none.
    """
    folder = folder or _folder()
    remove_stale(folder)
    with contextlib.suppress(OSError):
        _delete_old(now, folder)
    runs: list[Unfinished] = []
    unreadable: list[Unreadable] = []
    for run_id in _ids(folder):
        try:
            runs.append(read_unfinished(run_id, folder))
        except UnfinishedError as error:
            unreadable.append(Unreadable(id=run_id, reason=str(error)))
    return tuple(runs), tuple(unreadable)


def read_unfinished(run_id: str, folder: Path | None = None) -> Unfinished:
    """A kept run; UnfinishedError where there is none, or it cannot be read."""
    folder = folder or _folder()
    paths = _files(folder).get(run_id)
    if not paths:
        raise UnfinishedError(f"{folder / run_id}: no run of this number is kept (any more)")
    path = paths[-1]
    try:
        with path.open("rb") as file:
            data = file.read(MAX_JSON_BYTES + 1)
        record, profile = _read(loads(data))
    except OSError as error:
        raise UnfinishedError(f"{path}: {error.strerror or type(error).__name__}") from None
    except ValueError as error:
        raise UnfinishedError(f"{path}: damaged, or of another version of this program ({error})") from None
    # By today's rules: the causes that this version knows are those that it has words for.
    return Unfinished(id=run_id, record=record, diagnosis=diagnose(replace(record, trials=())), profile=profile)


def discard(run_id: str, folder: Path | None = None) -> bool:
    """Delete a kept run; whether there was one. OSError."""
    paths = _files(folder or _folder()).get(run_id, [])
    for path in paths:  # the earlier states first: what an interruption leaves is the latest
        path.unlink(missing_ok=True)
    return bool(paths)


def _document(record: RunRecord, profile: LoadedProfile) -> Json:
    return {"schema": _SCHEMA, "record": encode_record(record), "profile": encode(kept_profile(profile))}


def _read(document: object) -> tuple[RunRecord, LoadedProfile]:
    """ValueError for what is no document of this version."""
    if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
        raise CodecError(f"schema: {_SCHEMA} expected")
    record = decode_record(document.get("record"))
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, UnknownFact):
            raise CodecError(f"{result.id}: a fact of a kind that this version does not know")
    return record, loaded_profile(decode(document.get("profile"), KeptProfile), record.profile)


def _delete_old(now: datetime, folder: Path) -> None:
    """Delete what is older than a week. Where the clock was set back since, the week begins now."""
    for run_id, paths in _files(folder).items():
        age_s = now.timestamp() - paths[-1].stat().st_mtime
        if age_s < 0:
            os.utime(paths[-1], (now.timestamp(), now.timestamp()))
        elif age_s > timedelta(days=KEPT_DAYS).total_seconds():
            discard(run_id, folder)


def _ids(folder: Path) -> Iterator[str]:
    """The kept runs, the latest first."""
    return (run_id for run_id, _paths in sorted(_files(folder).items(), key=_written_at, reverse=True))


def _files(folder: Path) -> dict[str, list[Path]]:
    """The files of each kept run, the latest state last; none where the folder cannot be read."""
    found: dict[str, list[Path]] = {}
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir(), key=_number):
            if name := _NAME.fullmatch(path.name):
                found.setdefault(name[1], []).append(path)
    return found


def _number(path: Path) -> int:
    name = _NAME.fullmatch(path.name)
    return 0 if name is None else int(name[2])


def _written_at(kept: tuple[str, list[Path]]) -> tuple[float, str]:
    run_id, paths = kept
    try:
        return paths[-1].stat().st_mtime, run_id
    except OSError:
        return 0.0, run_id


def _folder() -> Path:
    return data_folder() / "unfinished"
