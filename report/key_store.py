"""Where private keys are kept: the system's key store, or files that only their owner reads.

The system's store holds the 32 bytes of a key alone, as base64: Windows takes no more than 2560 bytes of a secret.
Where no store answers within seconds (none is there, or it waits for a password that nobody types), files are used.
"""

import contextlib
import os
import stat
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from nexkit.platform.owner import has_chosen_folder
from nexkit.platform.threads import in_time
from nexkit.texts import Texts
from report.files import write_new

SERVICE = "nexkit"
"""The name that the system's store shows for our keys."""
LIMIT_S = 10.0
"""How long a store may take: a person types a password in less, and nobody waits longer for a report."""
_SEED_BYTES = 32
_MAX_FILE_BYTES = 64 * 1024

AnswerT = TypeVar("AnswerT")


class KeyStorage(Enum):
    """Where a key is kept; public for ever."""

    KEYRING = "keyring"
    FILE = "file"


def key_storage_text(storage: KeyStorage, texts: Texts) -> str:
    """One sentence for people."""
    _ = texts.gettext
    return {
        KeyStorage.KEYRING: _("The signing key is kept in the key store of the system."),
        KeyStorage.FILE: _("The signing key is kept in a file that its owner alone may read."),
    }[storage]


class KeyFileError(Exception):
    """A key that is there and cannot be used; the text names the place and the mend."""


class KeyStoreClosedError(KeyFileError):
    """The system's key store does not hand out the key."""


class _NoAnswerError(Exception):
    """The system has no key store, or it does not do what it was asked, or not in time."""


class SecretStore(Protocol):
    """What is wanted of the system's key store (`keyring.backend.KeyringBackend`)."""

    def get_password(self, service: str, username: str) -> str | None:
        """The secret; None: there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret."""
        ...


def system_store() -> SecretStore | None:
    """The key store of this system; None where there is none, or the user chose a folder for what we keep.

    May block. Of the stores that `keyring` knows only the system's own are taken: others write secrets to plain files,
    which we do ourselves with tighter rights.
    """
    if has_chosen_folder():
        return None
    from keyring import get_keyring
    from keyring.backends import fail, null

    chosen = get_keyring()
    for backend in getattr(chosen, "backends", (chosen,)):
        is_own = type(backend).__module__.startswith("keyring.backends.")
        if is_own and not isinstance(backend, (fail.Keyring, null.Keyring)):
            return backend
    return None


class Keyring:
    """Keys in the system's store, by name."""

    def __init__(self, find: Callable[[], SecretStore | None] = system_store, limit_s: float = LIMIT_S) -> None:
        self._find = find
        self._limit_s = limit_s

    def keep(self, name: str, key: Ed25519PrivateKey) -> bool:
        """Whether the store took the key, and hands it out again."""
        seed = b64encode(key.private_bytes_raw()).decode()

        def keep_and_read(store: SecretStore) -> bool:
            store.set_password(SERVICE, name, seed)
            return store.get_password(SERVICE, name) == seed

        try:
            return self._ask(keep_and_read)
        except _NoAnswerError:
            return False

    def load(self, name: str) -> Ed25519PrivateKey | None:
        """The key; None where the store has none of this name. KeyStoreClosedError where it does not answer."""
        try:
            seed = self._ask(lambda store: store.get_password(SERVICE, name))
        except _NoAnswerError:
            raise KeyStoreClosedError(
                f"the key {name} is in the system's key store, which does not hand it out: unlock it (sign in to the "
                "desktop), or make a new key with: nexkit key rotate"
            ) from None
        if seed is None:
            return None
        try:
            raw = b64decode(seed, validate=True)
        except Base64Error:
            raw = b""
        if len(raw) != _SEED_BYTES:
            raise KeyFileError(f"{name} in the system's key store is not a key of this program; remove it there")
        return Ed25519PrivateKey.from_private_bytes(raw)

    def forget(self, name: str) -> None:
        """Remove a key that nobody was told of."""
        with contextlib.suppress(_NoAnswerError):
            self._ask(lambda store: store.delete_password(SERVICE, name))

    def _ask(self, question: Callable[[SecretStore], AnswerT]) -> AnswerT:
        """What the store answers in time; _NoAnswerError where there is none, or it does not."""

        def ask() -> AnswerT:
            store = self._find()
            if store is None:
                raise _NoAnswerError
            return question(store)

        try:
            return in_time(ask, self._limit_s)
        except Exception:  # noqa: BLE001  each system's store fails in ways of its own (D-Bus, Win32, Security framework)
            raise _NoAnswerError from None


def write_key_file(path: Path, key: Ed25519PrivateKey) -> None:
    """Keep the key in a new file that only its owner reads; OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_new(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()), mode=0o600)


def read_key_file(path: Path) -> Ed25519PrivateKey:
    """The key of a file; KeyFileError for one that others may read or that holds no key of ours, OSError."""
    with path.open("rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise KeyFileError(f"{path}: others may read this key; remove it, and a new one is made")
        text = file.read(_MAX_FILE_BYTES)
    try:
        key = load_ssh_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path}: not a key of this program; remove it, and a new one is made")
    return key
