"""The place of the organisation's own files, which administrators alone may write.

No environment variable and no option leads elsewhere: who could choose the place could pass for the IT department.
"""

import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import stat_result
from pathlib import Path

_REPARSE_POINT = 0x400
"""FILE_ATTRIBUTE_REPARSE_POINT: a junction or link of Windows."""
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
"""The bits of the group show the mask of an access control list too, where a file of Linux has one (acl(5))."""
ADMINISTRATORS = frozenset({0})
"""User ids on POSIX systems: root."""


class OpenToOthersError(Exception):
    """Users without administrator rights may change this place."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class ClosedToUsersError(PermissionError):
    """A user may not read what the organisation has put into this place: that must not go unnoticed."""


def managed_folder() -> Path:
    """Where the IT department puts its files. It need not exist."""
    if sys.platform == "win32":
        from nexkit.platform.windows_managed import program_files

        # Not ProgramData: there every user may create files by default.
        return program_files() / "nexkit" / "managed"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/nexkit")
    return Path("/etc/xdg/nexkit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPlace:
    """A folder, and who is an administrator; the program has one, tests make their own."""

    folder: Path = field(default_factory=managed_folder)
    administrators: frozenset[int] = ADMINISTRATORS

    def path(self, name: str) -> Path:
        """Where a file of this name stands."""
        return self.folder / name

    def read(self, name: str, limit: int) -> bytes | None:
        """A file of the place, of at most `limit` bytes and one more; None where there is none.

        OpenToOthersError where others than administrators may change the file or what it stands in, ClosedToUsersError
        where this user may not read it; OSError.
        """
        file = self.path(name)
        try:
            return self._read(file, limit)
        except PermissionError as error:
            raise ClosedToUsersError(error.errno, error.strerror, str(file)) from None

    def _read(self, file: Path, limit: int) -> bytes | None:
        if not _is_there(self.folder):
            return None
        for place in _places(self.folder):
            self._check(place)
        if not _is_there(file):
            return None
        self._check(file)
        with file.open("rb") as stream:
            return stream.read(limit + 1)

    def _check(self, place: Path) -> None:
        state = place.lstat()
        inside = place == self.folder or self.folder in place.parents
        # A link in the folder could lead to what others write; above it (/etc on macOS) the system's own do not.
        is_link = stat.S_ISLNK(state.st_mode) or getattr(state, "st_file_attributes", 0) & _REPARSE_POINT
        if inside and (is_link or not (stat.S_ISDIR(state.st_mode) or stat.S_ISREG(state.st_mode))):
            raise OpenToOthersError(place)
        if sys.platform == "win32":
            from nexkit.platform.windows_managed import others_may_change

            refused = others_may_change(place)
        else:
            refused = self._others_may_change(place, state, inside=inside)
        if refused:
            raise OpenToOthersError(place)

    def _others_may_change(self, place: Path, state: stat_result, *, inside: bool) -> bool:
        """As sshd's StrictModes, for users of any group; above the folder a sticky bit keeps others' hands off it."""
        if state.st_uid not in self.administrators:
            return True
        if sys.platform == "darwin":
            from nexkit.platform.macos_acl import others_may_change

            if others_may_change(place):
                return True
        return bool(state.st_mode & _OTHERS_WRITE) and (inside or not state.st_mode & stat.S_ISVTX)


def _is_there(place: Path) -> bool:
    try:
        place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _places(folder: Path) -> Iterator[Path]:
    """The folder and those it stands in, as far up as ordinary users could have been given rights by mistake."""
    yield folder
    if sys.platform == "win32":
        # Program Files is the system's own; in the root of a drive everybody may create folders.
        yield from list(folder.parents)[:2]
    else:
        yield from folder.parent.resolve().parents
        yield folder.parent.resolve()
