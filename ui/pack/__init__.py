"""Makes from the vendor's installer one for an organisation: its profile and signers inside, the program untouched.

What is put in is checked beforehand as it is checked when it is used, and again by the installer on each computer.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nexkit.platform.managed import ManagedPlace
from nexkit.profile import Profile
from nexkit.profile_file import SIGNATURE_SUFFIX
from report.profile_in_force import ACCEPTED_FILE, PROFILE_FILE
from report.profile_install import FILES, installed_profile
from report.profile_words import licence_hashes
from report.signers import signers_in
from report.trust import SIGNERS_FILE

ENDS_SOON = timedelta(days=30)
"""Who packs a profile that ends before this should know: it takes weeks until all computers have a new one."""
_FIRST, _LAST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)
"""Dates of cabinets begin and end there."""
_KINDS = (".msi", ".deb", ".tar.xz", ".pkg")
_MARK = re.compile(r"[0-9]+(?:\.[0-9]+)+")


class PackError(Exception):
    """The installer cannot be changed so; a code for the words, and what fills them."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What goes into an installer."""

    profile: Profile
    name: str
    """As lists of programs show it."""
    files: Mapping[str, bytes]
    """By their name in the managed place; in a fixed order."""
    moment: datetime
    """The date of everything that is written: nothing of now, so that the same makes the same."""

    @property
    def digest(self) -> str:
        """What differs where anything that is put in differs."""
        parts = (f"{name}:{hashlib.sha256(data).hexdigest()}" for name, data in self.files.items())
        return hashlib.sha256("\n".join((self.name, self.moment.isoformat(), *parts)).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Handed(ManagedPlace):
    """The files where the packer has them, read once: what is checked is what is put in."""

    places: Mapping[str, Path]
    files: Mapping[str, bytes]

    def path(self, name: str) -> Path:
        return self.places[name]

    def read(self, name: str, limit: int) -> bytes | None:
        data = self.files.get(name)
        return None if data is None else data[: limit + 1]


def organisation(
    profile: Path, signers: Path, accepted: Path | None, now: datetime, name: Callable[[Profile], str]
) -> Organisation:
    """What the files hold, checked as on the computers that get them.

    ProfileError, PackError, SignersError, OSError.
    """
    places = {
        SIGNERS_FILE: signers,
        PROFILE_FILE: profile,
        PROFILE_FILE + SIGNATURE_SUFFIX: profile.with_name(profile.name + SIGNATURE_SUFFIX),
        ACCEPTED_FILE: accepted or Path(ACCEPTED_FILE),
    }
    files = {}
    for each, place in places.items():
        if each == ACCEPTED_FILE and accepted is None:
            continue
        if each == PROFILE_FILE + SIGNATURE_SUFFIX and not place.exists():
            continue  # the check has a sentence for that
        with place.open("rb") as stream:
            files[each] = stream.read(FILES[each] + 1)
    if not signers_in(files[SIGNERS_FILE], signers):
        raise PackError("signers", file=str(signers))
    loaded = installed_profile(now, _Handed(folder=signers, places=places, files=files))
    assert loaded is not None  # noqa: S101  the profile is among the files
    _check_recipients(loaded.profile, profile)
    known = set(licence_hashes(loaded.profile).values())
    if accepted is not None and not known & loaded.accepted_licences:
        raise PackError("licence", file=str(accepted))
    return Organisation(
        profile=loaded.profile,
        name=name(loaded.profile),
        files=dict(sorted(files.items())),
        moment=_moment(loaded.profile),
    )


def _check_recipients(profile: Profile, file: Path) -> None:
    """That reports can be encrypted to all keys: the profile is only read for their form."""
    if not profile.support.recipients:
        return
    from report.encryption import EncryptionError, encrypt

    try:
        encrypt(b"", profile.support.recipients)
    except EncryptionError as error:
        raise PackError("recipient", file=str(file), detail=str(error)) from None


def _moment(profile: Profile) -> datetime:
    """SOURCE_DATE_EPOCH where it is set, else when the profile begins; within the dates that cabinets have."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    begins = min(int(fixed), _LAST.timestamp()) if fixed.isdecimal() else profile.not_before.timestamp()
    return max(datetime.fromtimestamp(int(begins), UTC), _FIRST)


def suffix_of(name: str) -> str | None:
    """The kind of installer by its file name; None for none of ours."""
    return next((suffix for suffix in _KINDS if name.lower().endswith(suffix)), None)


def the_installer(folder: Path) -> Path:
    """The one vendor's installer of a folder; PackError where there is none, or more than one."""
    found = sorted(
        path for path in folder.glob("nexkit*") if suffix_of(path.name) and path.is_file() and _is_vendors(path)
    )
    if len(found) != 1:
        code = "several" if found else "none"
        raise PackError(code, folder=str(folder), files=", ".join(path.name for path in found))
    return found[0]


def _is_vendors(path: Path) -> bool:
    """By its name: an organisation's stands between the version and the system, or behind a `+`."""
    mark = _MARK.search(path.name)
    rest = _stem(path.name)[mark.end() :] if mark else ""
    return rest in {"", "-x64", "_amd64", "-linux-x86_64", "-arm64", "-x86_64"}


def _stem(name: str) -> str:
    """A file name without the ending that tells the kind, in whatever letters that is written."""
    return name[: len(name) - len(suffix_of(name) or "")]


def packed_name(installer: Path, made_for: Organisation) -> str:
    """The file name of the organisation's installer."""
    profile = made_for.profile
    mark = _MARK.search(installer.name)
    suffix = suffix_of(installer.name) or ""
    if mark is None:
        return f"{_stem(installer.name)}-{profile.id}{suffix}"
    before, behind = installer.name[: mark.end()], f"{_stem(installer.name)[mark.end() :]}{suffix}"
    if suffix == ".deb":
        from ui.pack.deb import version_mark

        return f"{before}{version_mark(profile)}{behind}"
    return f"{before}-{profile.id}{behind}"


def pack(installer: Path, made_for: Organisation) -> bytes:
    """The organisation's installer, whole; PackError, OSError."""
    # By name in the source, where the freezer finds it; each is imported only where it is wanted.
    match suffix_of(installer.name):
        case ".msi":
            from ui.pack import msi

            return msi.pack(installer, made_for)
        case ".deb":
            from ui.pack import deb

            return deb.pack(installer, made_for)
        case ".tar.xz":
            from ui.pack import archive

            return archive.pack(installer, made_for)
        case ".pkg":
            from ui.pack import macos

            return macos.pack(installer, made_for)
        case _:
            raise PackError("kind", file=str(installer))
