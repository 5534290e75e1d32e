"""Encryption of a finished bundle to the desk's keys, in the age format (age-encryption.org/v1), and back.

age does not say who encrypted: the signature is inside, and was made before.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from report.container import MAX_ZIP_BYTES

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

MAX_IDENTITY_BYTES = 64 * 1024
_HEADER = b"age-encryption.org/v1\n"
MAX_ENCRYPTED_BYTES = MAX_ZIP_BYTES + (1 << 20)
"""The largest bundle there is, and more than the headers and tags of age add to it."""


class EncryptionError(ValueError):
    """A key that cannot be used, or a file that the keys do not open; the text is one line for people."""


def is_encrypted(data: bytes) -> bool:
    """Whether the bytes are an age file."""
    return data.startswith(_HEADER)


def encrypt(data: bytes, recipients: Sequence[str]) -> bytes:
    """The bytes for whoever holds one of the recipients' keys (`age1...`, X25519); EncryptionError names the key.

    All of the recipients or nothing: nobody is left out silently.
    """
    import pyrage

    if not recipients:
        raise EncryptionError("no key to encrypt to")
    keys = []
    for recipient in recipients:
        try:
            keys.append(pyrage.x25519.Recipient.from_str(recipient))
        except (pyrage.RecipientError, ValueError):
            raise EncryptionError(f"{recipient}: not a public key of age (age1...)") from None
    try:
        return pyrage.encrypt(data, keys)
    except pyrage.EncryptError as error:
        raise EncryptionError(f"the report cannot be encrypted: {error}") from None


def decrypt(data: bytes, identities: Path) -> bytes:
    """What is in an age file, with the secret keys of a file as `age-keygen` writes it.

    EncryptionError where none of them opens it, or it was changed on its way; OSError where the keys cannot be read.
    """
    import pyrage

    if len(data) > MAX_ENCRYPTED_BYTES:
        raise EncryptionError("larger than any report")
    try:
        return pyrage.decrypt(data, _identities(identities))
    except pyrage.DecryptError:
        raise EncryptionError(f"not encrypted to the keys of {identities}, or changed on its way") from None


def public_keys(identities: Path) -> tuple[str, ...]:
    """The public halves (`age1...`) of the secret keys in a file; EncryptionError, OSError."""
    return tuple(str(identity.to_public()) for identity in _identities(identities))


def _identities(path: Path) -> "list[Identity]":
    import pyrage

    with path.open("rb") as file:
        text = file.read(MAX_IDENTITY_BYTES).decode("utf-8", "replace")
    keys: list[Identity] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            keys.append(pyrage.x25519.Identity.from_str(line.strip()))
        except (pyrage.IdentityError, ValueError):
            raise EncryptionError(f"{path}, line {number}: not a secret key of age (AGE-SECRET-KEY-1...)") from None
    if not keys:
        raise EncryptionError(f"{path}: no secret key of age in it")
    return keys
