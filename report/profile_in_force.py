"""Which profile is used: the one that the user names, else the managed one, else the built-in one.

Nothing stands in for a profile that is refused: who expects the organisation's profile must not get another silently.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from nexkit.platform.managed import ClosedToUsersError, ManagedPlace, OpenToOthersError
from nexkit.profile import LoadedProfile
from nexkit.profile_file import (
    MAX_PROFILE_BYTES,
    SIGNATURE_SUFFIX,
    built_in_profile,
    contact_of,
    loaded_profile,
    parse_profile,
    read_profile_file,
)
from nexkit.profile_refusal import ProfileError, ProfileRefusedError, Refusal
from nexkit.run_record import ProfileTrust
from report.profile_state import ProfileMemory

if TYPE_CHECKING:
    from report.profile_signature import ProfileSigner
    from report.signers import Signer

BUILT_IN_ID = "builtin"
PROFILE_FILE = "profile.toml"
ACCEPTED_FILE = "licence_accepted"
MAX_SIGNATURE_BYTES = 16_384
MAX_ACCEPTED_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where profiles come from, and what is remembered of them; the program has one, tests make their own."""

    managed: ManagedPlace = field(default_factory=ManagedPlace)
    memory: ProfileMemory = field(default_factory=ProfileMemory)


def profile_in_force(named: Path | None, now: datetime, sources: Sources) -> LoadedProfile:
    """The profile to use; ProfileError in one line for the user, OSError. Nothing is remembered yet."""
    try:
        file, loaded = _chosen(named, now, sources.managed)
    except OpenToOthersError as error:
        raise ProfileRefusedError(Refusal.OPEN_TO_OTHERS, str(error.path)) from None
    except ClosedToUsersError as error:
        raise ProfileRefusedError(Refusal.CLOSED_TO_USERS, str(error.filename)) from None
    if loaded.reference.trust is not ProfileTrust.BUILT_IN:
        sources.memory.check_serial(loaded, file, contact_of(loaded.profile))
    return loaded


class Place(Enum):
    """Where a profile can come from; the first that has one is asked, and nothing stands in for it."""

    NAMED = "named"
    """A file that the user names."""
    MANAGED = "managed"
    """The IT department's place."""
    BUILT_IN = "built_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One place that was looked at."""

    place: Place
    file: str
    """ "" for what is part of the program."""
    loaded: LoadedProfile | None = None
    """What could be used; None: there is nothing, or it is refused."""
    refused: ProfileError | OSError | None = None
    in_force: bool = False


def candidates(loaded: LoadedProfile, now: datetime, sources: Sources) -> tuple[Candidate, ...]:
    """All places of profiles as they are now, and which of them the profile in force comes from."""
    managed = _candidate(Place.MANAGED, str(sources.managed.path(PROFILE_FILE)), None, now, sources)
    built_in = Candidate(place=Place.BUILT_IN, file="", loaded=built_in_profile(now))
    if loaded.reference.trust is ProfileTrust.BUILT_IN:
        return managed, replace(built_in, in_force=True)
    if loaded.file == managed.file:
        return replace(managed, in_force=True), built_in
    named = _candidate(Place.NAMED, loaded.file, Path(loaded.file), now, sources)
    return replace(named, in_force=True), managed, built_in


def _candidate(place: Place, file: str, named: Path | None, now: datetime, sources: Sources) -> Candidate:
    """What a place holds now, and whether it would be used."""
    try:
        found = profile_in_force(named, now, sources)
    except (ProfileError, OSError) as error:
        return Candidate(place=place, file=file, refused=error)
    there = named is not None or found.reference.trust is not ProfileTrust.BUILT_IN
    return Candidate(place=place, file=file, loaded=found if there else None)


def managed_profile(now: datetime, managed: ManagedPlace) -> LoadedProfile | None:
    """The profile of the managed place, whose signature is a must; None where there is none.

    ProfileError, OpenToOthersError, OSError.
    """
    toml = managed.read(PROFILE_FILE, MAX_PROFILE_BYTES)
    return None if toml is None else _managed(toml, now, managed)


def _chosen(named: Path | None, now: datetime, managed: ManagedPlace) -> tuple[str, LoadedProfile]:
    toml = managed.read(PROFILE_FILE, MAX_PROFILE_BYTES)
    if named is not None:
        return str(named), _named(named, now, managed, toml)
    if toml is not None:
        return str(managed.path(PROFILE_FILE)), _managed(toml, now, managed)
    return "", built_in_profile(now)


def _managed(toml: bytes, now: datetime, managed: ManagedPlace) -> LoadedProfile:
    """The profile of the managed place, whose signature is a must."""
    file = str(managed.path(PROFILE_FILE))
    signature, signer = _managed_signer(toml, now, managed)
    loaded = loaded_profile(toml, file, now, ProfileTrust.SIGNED, signature=signature, signer=signer.key.fingerprint)
    _refuse_borrowed_id(loaded, file, None)
    accepted = (managed.read(ACCEPTED_FILE, MAX_ACCEPTED_BYTES) or b"").decode("utf-8", "replace")
    hashes = frozenset(line.split()[0].lower() for line in accepted.splitlines() if line.strip())
    return replace(loaded, signer_names=signer.names, accepted_licences=hashes)


def _managed_signer(toml: bytes, now: datetime, managed: ManagedPlace) -> "tuple[bytes, ProfileSigner]":
    from report.profile_signature import check_profile
    from report.sshsig import SignatureError

    file = str(managed.path(PROFILE_FILE))
    pinned = signers_here(managed)
    if not pinned:
        raise ProfileRefusedError(Refusal.NO_SIGNERS, file)
    signature = managed.read(PROFILE_FILE + SIGNATURE_SUFFIX, MAX_SIGNATURE_BYTES)
    if signature is None:
        raise ProfileRefusedError(Refusal.NOT_SIGNED, file)
    try:
        signer = check_profile(toml, signature, pinned, now)
    except SignatureError as error:
        raise ProfileRefusedError(Refusal.BAD_SIGNATURE, file, detail=str(error), managed=True) from None
    if not signer.is_listed:
        raise ProfileRefusedError(Refusal.UNKNOWN_SIGNER, file, detail=signer.key.fingerprint)
    return signature, signer


def read_named(path: Path, now: datetime, signers: "Callable[[], Iterable[Signer]]") -> LoadedProfile:
    """The profile of a file: trusted where one of the signers signed it, else of an unknown organisation.

    The signature stands beside the file; one that does not fit is refused, and nothing is read of the file then.
    """
    toml = read_profile_file(path)
    beside = path.with_name(path.name + SIGNATURE_SUFFIX)
    if not beside.is_file():
        return loaded_profile(toml, str(path), now, ProfileTrust.NAMED)
    from report.profile_signature import check_profile
    from report.sshsig import SignatureError

    with beside.open("rb") as stream:
        signature = stream.read(MAX_SIGNATURE_BYTES)
    try:
        signer = check_profile(toml, signature, signers(), now)
    except SignatureError as error:
        raise ProfileRefusedError(Refusal.BAD_SIGNATURE, str(path), detail=str(error)) from None
    trust = ProfileTrust.SIGNED if signer.is_listed else ProfileTrust.NAMED
    loaded = loaded_profile(toml, str(path), now, trust, signature=signature, signer=signer.key.fingerprint)
    return replace(loaded, signer_names=signer.names)


def _named(path: Path, now: datetime, managed: ManagedPlace, managed_toml: bytes | None) -> LoadedProfile:
    """The file that the user names, beside the managed profile where there is one."""
    loaded = read_named(path, now, lambda: signers_here(managed))
    own = None
    if managed_toml is not None and loaded.reference.trust is ProfileTrust.NAMED:
        _managed_signer(managed_toml, now, managed)
        own = parse_profile(managed_toml, str(managed.path(PROFILE_FILE))).id
    _refuse_borrowed_id(loaded, str(path), own)
    return loaded


def _refuse_borrowed_id(loaded: LoadedProfile, file: str, own: str | None) -> None:
    """ProfileRefusedError for the id of the built-in profile, or of the managed one without its signature."""
    if loaded.profile.id in {BUILT_IN_ID, own}:
        raise ProfileRefusedError(Refusal.BORROWED_ID, file)


def signers_here(managed: ManagedPlace) -> "tuple[Signer, ...]":
    """The signers that the IT department has pinned; () where there is no list."""
    from report.ssh_lists import SignersError
    from report.trust import pinned_signers

    try:
        return pinned_signers(managed)
    except SignersError as error:
        raise ProfileRefusedError(Refusal.BAD_SIGNERS, str(managed.folder), detail=str(error)) from None
