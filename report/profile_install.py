"""Puts the organisation's profile into the managed place: everything is checked before, and read back afterwards.

For installers and scripts of the IT department, which run as administrator. The files get there all or not at all: a
profile that would be refused when it is used is refused here already, and what was there before stays.
"""

import contextlib
import errno
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nexkit.platform.managed import ManagedPlace, OpenToOthersError
from nexkit.profile import LoadedProfile
from nexkit.profile_file import MAX_PROFILE_BYTES, SIGNATURE_SUFFIX, parse_profile
from nexkit.profile_refusal import ProfileError, ProfileRefusedError, Refusal
from report.files import write_whole
from report.profile_in_force import (
    ACCEPTED_FILE,
    MAX_ACCEPTED_BYTES,
    MAX_SIGNATURE_BYTES,
    PROFILE_FILE,
    managed_profile,
)
from report.ssh_lists import MAX_BYTES as MAX_SIGNERS_BYTES
from report.trust import SIGNERS_FILE

FILES: Mapping[str, int] = {
    SIGNERS_FILE: MAX_SIGNERS_BYTES,
    ACCEPTED_FILE: MAX_ACCEPTED_BYTES,
    PROFILE_FILE + SIGNATURE_SUFFIX: MAX_SIGNATURE_BYTES,
    PROFILE_FILE: MAX_PROFILE_BYTES,
}
"""What makes a profile of the managed place, and how large each may be, in the order in which they are put there."""
_FOLDER_MODE = 0o755
_FILE_MODE = 0o644
"""All users have to be able to read them, whatever the umask; Windows lets them inherit that from Program Files."""


class PlaceNotWritableError(PermissionError):
    """The managed place belongs to administrators, and this user is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delivered(ManagedPlace):
    """The files as they were handed over, in memory: what is checked is what is installed."""

    files: Mapping[str, bytes]
    profile_name: str

    def path(self, name: str) -> Path:
        return self.folder / name.replace(PROFILE_FILE, self.profile_name)

    def read(self, name: str, limit: int) -> bytes | None:
        data = self.files.get(name)
        return None if data is None else data[: limit + 1]


def installed_profile(now: datetime, place: ManagedPlace) -> LoadedProfile | None:
    """The profile that is in the managed place, checked as when it is used; None where there is none.

    ProfileError, OSError.
    """
    try:
        return managed_profile(now, place)
    except OpenToOthersError as error:
        raise ProfileRefusedError(Refusal.OPEN_TO_OTHERS, str(error.path)) from None


def install_profile(source: Path, now: datetime, place: ManagedPlace) -> LoadedProfile:
    """Put the profile of a folder (or the file, with the others beside it) into the managed place.

    ProfileError where it would not be used there, PlaceNotWritableError, OSError; in all cases what was there stays.
    """
    delivered = _delivered(source)
    loaded = installed_profile(now, delivered)
    if loaded is None:
        raise FileNotFoundError(errno.ENOENT, "no such file", str(delivered.path(PROFILE_FILE)))
    _refuse_unless_later(loaded, place)
    before = _contents(place)
    is_new = not place.folder.exists()
    try:
        try:
            _put(place.folder, delivered.files)
        except PermissionError as error:
            raise PlaceNotWritableError(error.errno, error.strerror, str(place.folder)) from None
        return _read_back(loaded, now, place)
    except BaseException:
        _restore(place.folder, before, is_new=is_new)
        raise


def _read_back(loaded: LoadedProfile, now: datetime, place: ManagedPlace) -> LoadedProfile:
    """The profile as every user's program will find it; ProfileError where users may write there."""
    back = installed_profile(now, place)
    if back is None or back.toml != loaded.toml:
        raise OSError(errno.EBUSY, "something else writes there at the same time", str(place.folder))
    return back


def _delivered(source: Path) -> _Delivered:
    """The files of the source; what is not there is found out by the check."""
    folder, name = (source, PROFILE_FILE) if source.is_dir() else (source.parent, source.name)
    empty = _Delivered(folder=folder, files={}, profile_name=name)
    files = {}
    for each, limit in FILES.items():
        with contextlib.suppress(FileNotFoundError), empty.path(each).open("rb") as stream:
            files[each] = stream.read(limit + 1)
    return _Delivered(folder=folder, files=files, profile_name=name)


def _refuse_unless_later(loaded: LoadedProfile, place: ManagedPlace) -> None:
    """ProfileRefusedError where the managed place holds a later profile, or another of the same serial.

    And where others may change the folder itself: nothing is written there, as they could lead it elsewhere meanwhile.
    """
    try:
        toml = place.read(PROFILE_FILE, MAX_PROFILE_BYTES)
        there = None if toml is None else parse_profile(toml, str(place.path(PROFILE_FILE)))
    except OpenToOthersError as error:
        if error.path.parent != place.folder:
            raise ProfileRefusedError(Refusal.OPEN_TO_OTHERS, str(error.path)) from None
        return  # what does not count cannot be newer
    except ProfileError:
        return
    mine = loaded.profile
    if there is None or there.id != mine.id or mine.serial > there.serial or toml == loaded.toml:
        return
    refusal = Refusal.SAME_SERIAL if mine.serial == there.serial else Refusal.OLDER
    raise ProfileRefusedError(refusal, loaded.file, serials=(mine.serial, there.serial), managed=True)


def _contents(place: ManagedPlace) -> dict[str, bytes]:
    found = {}
    for name in FILES:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found[name] = place.path(name).read_bytes()
    return found


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    """The folder holds these of our files and no others."""
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(_FOLDER_MODE)
    for name in FILES:
        path = folder / name
        if name in files:
            write_whole(path, files[name], mode=_FILE_MODE)
            path.chmod(_FILE_MODE)
        else:
            path.unlink(missing_ok=True)


def _restore(folder: Path, before: Mapping[str, bytes], *, is_new: bool) -> None:
    with contextlib.suppress(OSError):
        if not is_new:
            _put(folder, before)
        elif folder.exists():
            _put(folder, {})
            folder.rmdir()
