"""The keys of this installation: one for each organisation's profile, so that two organisations cannot link its user.

A list for each profile (`keys/profile-ID.json` in the user's data folder) says which key is in use and which ones were;
it holds public halves and dates alone. The private halves are in the system's key store, or in files of mode 0600.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit.platform.managed import managed_folder
from nexkit.platform.owner import data_folder
from report.certificates import FILE_SUFFIX, Certificate, CertificateError, certificate_of_file
from report.codec import CodecError, decode, dumps, loads
from report.files import write_new, write_whole
from report.key_store import KeyFileError, Keyring, KeyStorage, read_key_file, write_key_file
from report.plain import encode
from report.profile_in_force import BUILT_IN_ID
from report.public_keys import PublicKey, public_key
from report.ssh_lists import key_of

KEY_SCHEMA = "nexkit/keys/1"
_FOLDER = "keys"
_FIRST_FILE = "report_key"
"""Where the only key was kept before there was one for each profile."""
_MAX_LIST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptKey:
    """What is remembered of a key."""

    public: str
    """Its public half, as it stands in a `.pub` file."""
    storage: KeyStorage
    made_at: datetime | None
    """None: before that was noted."""
    retired_at: datetime | None = None
    """None: it is in use."""

    @property
    def key(self) -> PublicKey:
        """Its public half."""
        key_type, _, base64 = self.public.partition(" ")
        return key_of(key_type, base64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _KeyList:
    """The keys for one profile: those that were, then the one in use."""

    schema: str = KEY_SCHEMA
    profile: str
    keys: tuple[KeptKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A key that can sign, and what vouches for it."""

    kept: KeptKey
    private: Ed25519PrivateKey = field(repr=False)
    certificate: Certificate | None
    """None: none is there, or none that is valid now."""

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        return self.kept.key


class Keys:
    """The keys of this installation, by profile. KeyFileError or OSError where one cannot be had."""

    def __init__(
        self, home: Path | None = None, keyring: Keyring | None = None, certificates: Path | None = None
    ) -> None:
        """`home` is the user's data folder, `certificates` the folder in which IT puts those of all machines."""
        self._folder = (home or data_folder()) / _FOLDER
        self._first_file = self._folder.parent / _FIRST_FILE
        self._keyring = keyring or Keyring()
        self._certificates = certificates or managed_folder() / "certificates"

    def current(self, profile_id: str = BUILT_IN_ID) -> KeptKey:
        """The key in use for the profile; made when there is none. Two programs that start together get the same."""
        if (found := self._read(profile_id)) is not None:
            return found.keys[-1]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self._first(profile_id) or self._make()
        try:
            write_new(self._list_file(profile_id), _written(_KeyList(profile=profile_id, keys=(kept,))), mode=0o600)
        except OSError as error:
            self._forget(kept)
            if not isinstance(error, FileExistsError):
                raise
        return self.current(profile_id)

    def earlier(self, profile_id: str = BUILT_IN_ID) -> tuple[KeptKey, ...]:
        """The keys that were in use for the profile, the last one first."""
        found = self._read(profile_id)
        return () if found is None else found.keys[-2::-1]

    def signing_key(self, profile_id: str = BUILT_IN_ID, at: datetime | None = None) -> SigningKey:
        """The key in use, with its certificate where one is valid at the moment (default: now).

        A key whose private half somebody removed is retired, and a new one made.
        """
        kept = self.current(profile_id)
        private = self._private(kept)
        if private is None:
            kept = self.rotate(profile_id)
            private = self._private(kept)
        if private is None:
            raise KeyFileError(f"{kept.key.install_id}: this key cannot be read back from where it was just put")
        return SigningKey(kept=kept, private=private, certificate=self.certificate(kept, at or datetime.now(UTC)))

    def find(self, install_id: str) -> SigningKey | None:
        """The key of this name, in use or not, to say something about what it signed; None where it is not ours."""
        for file in sorted(self._folder.glob("profile-*.json")):
            found = self._read(file.stem.removeprefix("profile-"))
            for kept in found.keys if found is not None else ():
                if kept.key.install_id == install_id and (private := self._private(kept)) is not None:
                    certificate = self.certificate(kept, datetime.now(UTC))
                    return SigningKey(kept=kept, private=private, certificate=certificate)
        return None

    def rotate(self, profile_id: str = BUILT_IN_ID) -> KeptKey:
        """A new key for the profile; the old one is kept out of use, so that its reports stay attributable."""
        self.current(profile_id)
        found = self._read(profile_id)
        if found is None:
            raise KeyFileError(f"{self._list_file(profile_id)}: removed while it was in use; try again")
        now = datetime.now(UTC).replace(microsecond=0)
        made = self._make()
        keys = (*found.keys[:-1], replace(found.keys[-1], retired_at=now), made)
        try:
            write_whole(self._list_file(profile_id), _written(replace(found, keys=keys)), mode=0o600)
        except OSError:
            self._forget(made)
            raise
        return made

    def certificate(self, kept: KeptKey, at: datetime) -> Certificate | None:
        """Of the certificates for the key, the one that is valid at the moment and longest so."""
        valid = [certificate for certificate in self.certificates(kept) if certificate.is_valid(at)]
        return max(valid, key=lambda certificate: certificate.valid_before, default=None)

    def certificates(self, kept: KeptKey) -> Iterator[Certificate]:
        """All certificates for the key: what the user brought, and what IT put into the managed folder."""
        name = kept.key.install_id + FILE_SUFFIX
        for folder in (self._folder, self._certificates):
            with suppress(OSError, CertificateError):
                certificate = certificate_of_file(folder / name)
                if certificate.key == kept.key:
                    yield certificate

    def take_certificate(self, profile_id: str, file: Path, at: datetime) -> Certificate:
        """Put a certificate beside the key in use. CertificateError: it is none for this key now; OSError."""
        kept = self.current(profile_id)
        certificate = certificate_of_file(file)
        if certificate.key != kept.key:
            raise CertificateError("other_key")
        if certificate.is_late(at):
            raise CertificateError("expired")
        write_whole(self._folder / (kept.key.install_id + FILE_SUFFIX), f"{certificate.line}\n".encode())
        return certificate

    def place(self, kept: KeptKey) -> Path | None:
        """The file of the private half; None where the system's key store has it."""
        return self._key_file(kept) if kept.storage is KeyStorage.FILE else None

    def _list_file(self, profile_id: str) -> Path:
        return self._folder / f"profile-{profile_id}.json"

    def _key_file(self, kept: KeptKey) -> Path:
        file = self._folder / kept.key.install_id
        if not file.exists() and kept.made_at is None:
            return self._first_file
        return file

    def _read(self, profile_id: str) -> _KeyList | None:
        path = self._list_file(profile_id)
        try:
            with path.open("rb") as file:
                found = decode(loads(file.read(_MAX_LIST_BYTES)), _KeyList)
            if found.schema != KEY_SCHEMA or not found.keys:
                raise CodecError(f"{KEY_SCHEMA} expected")
            for kept in found.keys:
                kept.key  # noqa: B018  is read to be checked
        except FileNotFoundError:
            return None
        except ValueError:
            raise KeyFileError(
                f"{path}: not a list of keys of this program; remove it, and a new key is made"
            ) from None
        return found

    def _first(self, profile_id: str) -> KeptKey | None:
        """The only key of an earlier version, for the built-in profile."""
        if profile_id != BUILT_IN_ID or not self._first_file.exists():
            return None
        key = public_key(read_key_file(self._first_file))
        return KeptKey(public=key.line, storage=KeyStorage.FILE, made_at=None)

    def _make(self) -> KeptKey:
        private = Ed25519PrivateKey.generate()
        key = public_key(private)
        in_store = self._keyring.keep(key.install_id, private)
        if not in_store:
            write_key_file(self._folder / key.install_id, private)
        return KeptKey(
            public=key.line,
            storage=KeyStorage.KEYRING if in_store else KeyStorage.FILE,
            made_at=datetime.now(UTC).replace(microsecond=0),
        )

    def _forget(self, kept: KeptKey) -> None:
        """Remove a key that was made in vain; the first one of an earlier version is not."""
        if kept.storage is KeyStorage.KEYRING:
            self._keyring.forget(kept.key.install_id)
        else:
            with suppress(OSError):
                (self._folder / kept.key.install_id).unlink()

    def _private(self, kept: KeptKey) -> Ed25519PrivateKey | None:
        """The private half; None where it is gone."""
        if kept.storage is KeyStorage.KEYRING:
            private = self._keyring.load(kept.key.install_id)
        else:
            try:
                private = read_key_file(self._key_file(kept))
            except FileNotFoundError:
                return None
        if private is not None and public_key(private) != kept.key:
            raise KeyFileError(f"{kept.key.install_id}: another key is kept in its place; make one: nexkit key rotate")
        return private


def _written(keys: _KeyList) -> bytes:
    return dumps(encode(keys))
