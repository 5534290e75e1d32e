"""Keys that an organisation or a desk signs with: OpenSSH's private key files, as `ssh-keygen` makes them."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

_MAX_KEY_BYTES = 64 * 1024


class SigningKeyError(Exception):
    """A key file that cannot be used to sign; the text names the file and the mend."""


def read_signing_key(path: Path, ask_pass_phrase: Callable[[], str]) -> Ed25519PrivateKey:
    """The Ed25519 key of an OpenSSH private key file; SigningKeyError, OSError.

    `ask_pass_phrase` is called where the key is encrypted.
    """
    with path.open("rb") as file:
        if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise SigningKeyError(f"{path}: others may read this key: chmod 600 it, and think about a new one")
        text = file.read(_MAX_KEY_BYTES)
    key: object
    try:
        key = load_ssh_private_key(text, password=None)
    except TypeError:  # encrypted
        key = _decrypted(path, text, ask_pass_phrase())
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyError(f"{path}: not an Ed25519 key of OpenSSH: make one with ssh-keygen -t ed25519")
    return key


def _decrypted(path: Path, text: bytes, pass_phrase: str) -> object:
    try:
        return load_ssh_private_key(text, password=pass_phrase.encode())
    except ValueError:
        raise SigningKeyError(f"{path}: this is not the pass phrase of the key") from None
    except UnsupportedAlgorithm:
        raise SigningKeyError(f"{path}: encrypted in a way that is not known here: use ssh-keygen -Y sign") from None
