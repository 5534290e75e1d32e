"""Signatures of profiles: made by the IT department, checked before a byte of the profile is read."""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_ssh_private_key

from report.public_keys import PublicKey
from report.signers import Signer, names_of
from report.sshsig import SignatureError, check_signature, sign

NAMESPACE = "profile"
_MAX_KEY_BYTES = 64 * 1024


class SigningKeyError(Exception):
    """A key file that cannot be used to sign; the text names the file and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSigner:
    """Who made a good signature of a profile."""

    key: PublicKey
    names: tuple[str, ...]
    """Whom the list of signers says the key stands for; () where it says nothing."""

    @property
    def is_listed(self) -> bool:
        """Whether the list vouches for the key."""
        return bool(self.names)


def check_profile(toml: bytes, armoured: bytes, signers: Iterable[Signer], now: datetime) -> ProfileSigner:
    """Who signed the profile; SignatureError where the signature is not one of exactly these bytes.

    Only lines of the list that name the namespace count: a key that may sign anything was not listed for profiles.
    """
    try:
        signature = check_signature(toml, armoured, NAMESPACE)
    except SignatureError:
        raise
    except ValueError as error:  # a certificate that cannot count
        raise SignatureError(str(error)) from None
    if signature.certificate is not None:
        # Certificates are for devices, which are many. Profiles are signed by keys that are listed one by one.
        raise SignatureError("certificate")
    for_profiles = [signer for signer in signers if NAMESPACE in signer.namespaces]
    return ProfileSigner(key=signature.key, names=names_of(signature.key, NAMESPACE, for_profiles, now))


def sign_profile(toml: bytes, key: Ed25519PrivateKey) -> bytes:
    """The armoured signature of the bytes, as `ssh-keygen -Y sign -n profile` makes it."""
    return sign(toml, key, NAMESPACE)


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
