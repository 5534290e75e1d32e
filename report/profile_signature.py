"""Signatures of profiles: made by the IT department, checked before a byte of the profile is read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from report.public_keys import PublicKey
from report.signers import Signer, names_of
from report.sshsig import SignatureError, check_signature, sign

NAMESPACE = "profile"


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
