"""Files that are there whole or not at all, whenever the program or the computer stops.

Where the system can make a file without a name (Linux, O_TMPFILE), bytes get one when all of them are there: whatever
ends the program before that leaves nothing. Elsewhere they wait in a file whose name is ours, and what was left of that
is removed at the next writing into the folder.
"""

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

_DRAFT = ".nexkit-{}.part"
STALE_S = 600.0
"""Nobody takes that long to write a report."""
BUSY_S = 1.0
"""How long Windows may refuse to move a file: whoever reads it (a scanner of viruses, for one) is soon done."""
_BUSY_PAUSE_S = 0.05
_MOVES_WHAT_IS_READ = os.name != "nt"
_NO_NAMELESS = frozenset(
    {errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL, errno.EXDEV, errno.EPERM, errno.ENOSYS}
)
"""The file system has no nameless files (open(2): O_TMPFILE), or there is no /proc to name them by (link(2))."""
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
"""The file system has no links: FAT and exFAT, which memory sticks have."""


def write_whole(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write beside the place and move there; an OSError (disk full, read-only) passes and leaves nothing behind.

    What is there and no file (a pipe, `/dev/stdout`, `/dev/null`) is written to: to move something there would end it.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    draft = _draft_beside(path)
    try:
        if not _write_nameless(draft, data, mode):
            _write_draft(draft, data, mode)
        move_over(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    _keep_name(path.parent)


def write_new(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write the file whole or not at all; FileExistsError where something is there already, which stays as it is."""
    draft = _draft_beside(path)
    if not _write_nameless(path, data, mode):
        try:
            _write_draft(draft, data, mode)
            _name_new(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    _keep_name(path.parent)


def move_over(source: Path, target: Path) -> None:
    """Give a file the name of another, which it replaces; an OSError passes and both stay as they are."""
    _once_free(lambda: source.replace(target))


def remove_stale(folder: Path) -> None:
    """Remove what an interrupted writing of ours left in the folder.

    It is known by its name, its owner, and a time that is far from now, to whichever side the clock was set.
    """
    with contextlib.suppress(OSError):
        for draft in folder.glob(_DRAFT.format("*")):
            found = draft.lstat()
            mine = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
            if mine and stat.S_ISREG(found.st_mode) and abs(time.time() - found.st_mtime) > STALE_S:
                draft.unlink()


def _name_new(draft: Path, path: Path) -> None:
    """Give the draft its name; FileExistsError where that is taken."""
    if os.name == "nt":
        # Renaming never replaces there. Of two links none can be removed while somebody reads the file by the other.
        _once_free(lambda: draft.rename(path))
        return
    try:
        # A link, unlike a renaming, never replaces what another program has put there meanwhile.
        os.link(draft, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        path.touch(exist_ok=False)  # the name is ours from here on
        try:
            move_over(draft, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _once_free(move: Callable[[], object]) -> None:
    """Move a file; the PermissionError that Windows gives while somebody reads passes where it lasts."""
    until_s = time.monotonic() + BUSY_S
    while True:
        try:
            move()
        except PermissionError:
            if _MOVES_WHAT_IS_READ or time.monotonic() > until_s:
                raise
            time.sleep(_BUSY_PAUSE_S)
        else:
            return


def _draft_beside(path: Path) -> Path:
    """A name that is free; what was left of earlier ones is removed. FileNotFoundError names the folder."""
    path.parent.stat()
    remove_stale(path.parent)
    return path.with_name(_DRAFT.format(token_hex(8)))


def _write_nameless(path: Path, data: bytes, mode: int) -> bool:
    """Write a file that gets its name when it is whole; whether the system can do that.

    FileExistsError where the name is taken; an OSError (disk full, read-only) passes.
    """
    if not hasattr(os, "O_TMPFILE"):
        return False
    try:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            with os.fdopen(os.open(path.parent, os.O_WRONLY | os.O_TMPFILE, mode), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
                # With a folder's descriptor it is linkat(2), which follows the link of /proc to the file itself.
                os.link(f"/proc/self/fd/{file.fileno()}", path.name, dst_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(folder)
    except OSError as error:
        if error.errno in _NO_NAMELESS:
            return False
        # Whoever reads of the trouble knows the file by its own name.
        raise OSError(error.errno, error.strerror, str(path)) from None
    return True


def _write_draft(draft: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _keep_name(folder: Path) -> None:
    """Have the folder's new entry survive a power cut, where the file system can do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    # The bytes are safe by now: a network file system that syncs no folders does not make the writing a failure.
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
