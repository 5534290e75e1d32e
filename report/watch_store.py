"""Watches that go on, or were interrupted: kept on the disk entry by entry until they became a report's run.

What is kept is raw, as it was before redaction, in the user's own data folder alone (`watch/`, for its owner only). The
entries of a watch are one file of JSON lines that only grows: an interruption costs the last line at most. The
diagnosis runs within it stand beside it, a file each, written whole or not at all. While a watch goes on it holds a
lock on its file, so that a second program neither takes it for interrupted nor deletes it.
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, BinaryIO

from nexkit.platform.file_lock import lock_file
from nexkit.platform.owner import data_folder
from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.run_record import ProfileReference, RunRecord
from nexkit.watch.journal import Alive, ClockShift, Entry, Journal, RunNote
from nexkit.watch.record import Episode, MinuteSummary, MomentMark, NetworkChange, WatchGap
from report.codec import MAX_JSON_BYTES, CodecError, decode, decode_record, dump_lines, dumps, encode_record, loads
from report.files import remove_stale, write_whole
from report.kept_profile import KeptProfile, kept_profile, loaded_profile
from report.plain import Json, encode

KEPT_DAYS = 14
"""Since the last entry."""
MAX_WATCHES = 3
"""Interrupted ones; the oldest goes for a new one."""
MAX_FILE_BYTES = 32 * 1024 * 1024
"""Of the entries: four weeks of minutes. What goes beyond is not kept."""
MAX_LINE_BYTES = 64 * 1024
"""Of one entry; the first one has the profile in it and may be as long as a document."""
_SCHEMA = "nexkit/watch/1"
_NAME = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{8})\.jsonl")
_RUN_NAME = re.compile(r"run-\d{1,6}")
_APPENDING = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (MinuteSummary, Episode, MomentMark, WatchGap, NetworkChange, Alive, ClockShift, RunNote)
}


class WatchError(Exception):
    """A kept watch that is not there, goes on elsewhere, is damaged or of another version; one line for the user."""


class DamagedWatchError(WatchError):
    """It can never be read by this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The first line."""

    started_at: datetime
    request: Request
    profile: KeptProfile
    reference: ProfileReference


@dataclass(slots=True, kw_only=True)
class KeptWatch:
    """A watch on the disk; nobody else has it as long as it is not closed."""

    id: str
    request: Request
    profile: LoadedProfile = field(repr=False)
    journal: Journal = field(repr=False)
    """What is known of it; live entries are not put into this one."""
    folder: Path
    _file: BinaryIO = field(repr=False)

    def append(self, entry: Entry) -> None:
        """Add an entry, and have it on the disk before this returns; OSError."""
        if self._file.tell() >= MAX_FILE_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        _write_line(self._file, {"kind": type(entry).__name__, "data": encode(entry)})

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Write a diagnosis run; OSError."""
        try:
            data = dumps({"schema": _SCHEMA, "record": encode_record(record)})
        except CodecError as error:
            raise OSError(errno.EINVAL, str(error)) from None
        if len(data) > MAX_JSON_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        write_whole(self._run_path(name), data, mode=0o600)

    def drop_run(self, name: str) -> None:
        """Delete one; OSError."""
        self._run_path(name).unlink(missing_ok=True)

    def read_run(self, name: str) -> RunRecord | None:
        """A run that was kept; None: it is not there or damaged."""
        try:
            with self._run_path(name).open("rb") as file:
                document = loads(file.read(MAX_JSON_BYTES + 1))
            if not isinstance(document, dict) or document.get("schema") != _SCHEMA:
                return None
            return decode_record(document.get("record"))
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Let it go; it can be taken up again."""
        with contextlib.suppress(OSError):
            self._file.close()

    def discard(self) -> None:
        """Delete it: its run is kept elsewhere by now, or the user wants it gone. OSError."""
        self.close()
        _delete(self.id, self.folder)

    def _run_path(self, name: str) -> Path:
        if not _RUN_NAME.fullmatch(name):
            raise OSError(errno.EINVAL, f"{name}: no name of a run")
        return self.folder / f"{self.id}.{name}.json"


def begin_watch(profile: LoadedProfile, request: Request, now: datetime, folder: Path | None = None) -> KeptWatch:
    """A new watch on the disk; OSError where there can be none."""
    folder = folder or _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _tidy(now, folder)
    watch_id = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token_hex(4)}"
    head = _Head(started_at=now, request=request, profile=kept_profile(profile), reference=profile.reference)
    descriptor = os.open(folder / f"{watch_id}.jsonl", _APPENDING | os.O_CREAT | os.O_EXCL, 0o600)
    file = os.fdopen(descriptor, "r+b", buffering=0)
    try:
        lock_file(file.fileno())
        _write_line(file, {"schema": _SCHEMA, **encode(head)})
    except BaseException:
        file.close()
        _delete(watch_id, folder)
        raise
    return KeptWatch(id=watch_id, request=request, profile=profile, journal=Journal(now), folder=folder, _file=file)


def interrupted_watches(now: datetime, folder: Path | None = None) -> tuple[str, ...]:
    """The numbers of watches that no program has under way, the latest first. Those whose time is over are deleted."""
    folder = folder or _folder()
    with contextlib.suppress(OSError):
        _tidy(now, folder)
    found = []
    for watch_id in _ids(folder):
        with contextlib.suppress(OSError), _path(watch_id, folder).open("rb") as file:
            lock_file(file.fileno())
            found.append(watch_id)
    return tuple(found)


def take_up(watch_id: str, folder: Path | None = None) -> KeptWatch:
    """An interrupted watch, to be continued or finished; WatchError.

    An unfinished last line is what an interruption leaves: it is cut off.
    """
    folder = folder or _folder()
    path = _path(watch_id, folder)
    try:
        file = os.fdopen(os.open(path, _APPENDING), "r+b", buffering=0)
    except OSError as error:
        raise WatchError(f"{path}: {error.strerror or type(error).__name__}") from None
    try:
        lock_file(file.fileno())
        head, journal, whole = _read(file)
        file.truncate(whole)
        file.seek(0, os.SEEK_END)
        return KeptWatch(
            id=watch_id,
            request=head.request,
            profile=loaded_profile(head.profile, head.reference),
            journal=journal,
            folder=folder,
            _file=file,
        )
    except BlockingIOError:
        file.close()
        raise WatchError(f"{path}: this watch is under way in another window or program") from None
    except OSError as error:
        file.close()
        raise WatchError(f"{path}: {error.strerror or type(error).__name__}") from None
    except (ValueError, OverflowError) as error:
        file.close()
        raise DamagedWatchError(f"{path}: damaged, or of another version of this program ({error})") from None


def discard_watch(watch_id: str, folder: Path | None = None) -> None:
    """Delete an interrupted watch, readable or not; OSError."""
    _delete(watch_id, folder or _folder())


def _write_line(file: BinaryIO, document: Json) -> None:
    data = memoryview(dump_lines([document]))
    while data:
        data = data[file.write(data) :]
    os.fsync(file.fileno())


def _read(file: BinaryIO) -> tuple[_Head, Journal, int]:
    """(first line, everything after it, where the last whole line ends); ValueError for what is no watch of ours."""
    file.seek(0)
    lines = _lines(file)
    first, whole = next(lines, (b"", 0))
    document = loads(first)
    if not isinstance(document, dict) or document.pop("schema", None) != _SCHEMA:
        raise CodecError(f"schema: {_SCHEMA} expected")
    head = decode(document, _Head)
    journal = Journal(head.started_at)
    for line, whole in lines:  # noqa: B007  the last one counts
        journal.apply(_entry(loads(line, MAX_LINE_BYTES)))
    return head, journal, whole


def _lines(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Whole lines, and where each ends; one without an end is none."""
    end = 0
    left = MAX_FILE_BYTES + MAX_JSON_BYTES
    rest = b""
    while block := file.read(65536):
        left -= len(block)
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            end += len(line) + 1
            yield line, end
        if left < 0 or len(rest) > MAX_JSON_BYTES:
            raise CodecError("larger than a watch can be")


def _entry(document: Any) -> Entry:  # noqa: ANN401  JSON
    kind = _KINDS.get(str(document.get("kind"))) if isinstance(document, dict) else None
    if kind is None:
        raise CodecError("an entry of a kind that this version does not know")
    entry: Entry = decode(document.get("data"), kind)
    return entry


def _tidy(now: datetime, folder: Path) -> None:
    """Delete what is too old, and what is too many; where the clock was set back since, the time begins now."""
    remove_stale(folder)
    for number, watch_id in enumerate(_ids(folder)):
        path = _path(watch_id, folder)
        age_s = now.timestamp() - path.stat().st_mtime
        if age_s < 0:
            os.utime(path, (now.timestamp(), now.timestamp()))
        elif age_s > timedelta(days=KEPT_DAYS).total_seconds() or number >= MAX_WATCHES:
            with contextlib.suppress(OSError):
                with path.open("rb") as file:
                    lock_file(file.fileno())
                _delete(watch_id, folder)  # Windows deletes nothing that is open


def _ids(folder: Path) -> list[str]:
    """The kept watches, the latest first; none where the folder cannot be read."""
    try:
        named = [(path, name[1]) for path in folder.iterdir() if (name := _NAME.fullmatch(path.name))]
        found = [(path.lstat().st_mtime, watch_id) for path, watch_id in named]
    except OSError:
        return []
    return [watch_id for _at, watch_id in sorted(found, reverse=True)]


def _path(watch_id: str, folder: Path) -> Path:
    return folder / f"{watch_id}.jsonl"


def _delete(watch_id: str, folder: Path) -> None:
    """The runs first: what an interruption leaves can still be deleted by its number."""
    if not _NAME.fullmatch(f"{watch_id}.jsonl"):
        return
    for path in folder.glob(f"{watch_id}.run-*.json"):
        path.unlink(missing_ok=True)
    _path(watch_id, folder).unlink(missing_ok=True)


def _folder() -> Path:
    return data_folder() / "watch"
