"""Public keys in OpenSSH's form, and what they verify: Ed25519 (RFC 8709) and ECDSA over P-256 (RFC 5656)."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from report.ssh_wire import Reader, WireError, string, strings

ED25519 = "ssh-ed25519"
P256 = "ecdsa-sha2-nistp256"
SIGNER_TYPES = frozenset({ED25519, P256})
"""Of keys whose signatures can be checked here."""
AUTHORITY_TYPES = SIGNER_TYPES | {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}
"""Of keys whose certificates can be checked here."""
_CURVE = b"nistp256"
_POINT_BYTES = 65
_UNCOMPRESSED = 4


class WrongSignatureError(ValueError):
    """Not the signature of these bytes by this key."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key in OpenSSH's form."""

    blob: bytes

    @property
    def key_type(self) -> str:
        """The first word of its line; "" where the bytes are no key."""
        try:
            return Reader(self.blob).string().decode("ascii", "replace")
        except WireError:
            return ""

    @property
    def line(self) -> str:
        """`ssh-ed25519 AAAA...`, without a comment."""
        return f"{self.key_type} {b64encode(self.blob).decode()}"

    @property
    def install_id(self) -> str:
        """`inst-` and the first 16 hexadecimal digits of the SHA-256 of the line."""
        return f"inst-{hashlib.sha256(self.line.encode()).hexdigest()[:16]}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` shows it."""
        return f"SHA256:{b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip('=')}"

    def verify(self, signature: bytes, data: bytes) -> None:
        """Nothing if this is the key's signature of the data; WrongSignatureError, WireError for another form."""
        its_type, raw = strings(signature, 2)
        if its_type.decode("ascii", "replace") != self.key_type:
            raise WrongSignatureError
        try:
            match self.key_type:
                case "ssh-ed25519":
                    _, key = strings(self.blob, 2)
                    Ed25519PublicKey.from_public_bytes(key).verify(raw, data)
                case "ecdsa-sha2-nistp256":
                    _, _, point = strings(self.blob, 3)
                    pair = Reader(raw)
                    r, s = pair.natural(), pair.natural()
                    pair.end()
                    EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point).verify(
                        encode_dss_signature(r, s), data, ECDSA(SHA256())
                    )
                case _:
                    raise WrongSignatureError
        except (InvalidSignature, ValueError):
            raise WrongSignatureError from None


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    """The public half."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return PublicKey(string(ED25519.encode()) + string(raw))


def signer_key(blob: bytes) -> PublicKey | None:
    """The key of these bytes; None for one of a type whose signatures cannot be checked here, ValueError for none."""
    key = PublicKey(blob)
    match key.key_type:
        case "ssh-ed25519":
            _, raw = strings(blob, 2)
            Ed25519PublicKey.from_public_bytes(raw)
        case "ecdsa-sha2-nistp256":
            _, curve, point = strings(blob, 3)
            if curve != _CURVE or len(point) != _POINT_BYTES or point[0] != _UNCOMPRESSED:
                raise WireError("point")
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        case _:
            return None
    return key
