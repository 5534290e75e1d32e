"""OpenSSH signatures over exact bytes (SSHSIG: PROTOCOL.sshsig of openssh-portable), made and checked by ourselves."""

import hashlib
import struct
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KEY_TYPE = "ssh-ed25519"
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASH = b"sha512"
_BEGIN = "-----BEGIN SSH SIGNATURE-----\n"
_END = "-----END SSH SIGNATURE-----\n"
_COLUMNS = 70
_MAX_BYTES = 4096
_ED25519_KEY_BYTES = 32


class SignatureError(ValueError):
    """No signature, or none of these bytes in this namespace; the text is a stable word."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An Ed25519 key in OpenSSH's form."""

    blob: bytes

    @property
    def line(self) -> str:
        """`ssh-ed25519 AAAA...`, without a comment."""
        return f"{KEY_TYPE} {b64encode(self.blob).decode()}"

    @property
    def install_id(self) -> str:
        """`inst-` and the first 16 hexadecimal digits of the SHA-256 of the line."""
        return f"inst-{hashlib.sha256(self.line.encode()).hexdigest()[:16]}"


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    """The public half."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return PublicKey(_string(KEY_TYPE.encode()) + _string(raw))


def sign(data: bytes, key: Ed25519PrivateKey, namespace: str) -> bytes:
    """The armoured signature of the bytes."""
    signature = _string(KEY_TYPE.encode()) + _string(key.sign(_signed_part(data, namespace.encode())))
    blob = (
        _MAGIC
        + struct.pack(">I", _VERSION)
        + _string(public_key(key).blob)
        + _string(namespace.encode())
        + _string(b"")
        + _string(_HASH)
        + _string(signature)
    )
    text = b64encode(blob).decode()
    lines = "".join(text[start : start + _COLUMNS] + "\n" for start in range(0, len(text), _COLUMNS))
    return (_BEGIN + lines + _END).encode()


def check(data: bytes, armoured: bytes, namespace: str) -> PublicKey:
    """The key that made the signature of these bytes; SignatureError unless it is exactly that, with nothing around."""
    blob = _dearmour(armoured)
    if not blob.startswith(_MAGIC + struct.pack(">I", _VERSION)):
        raise SignatureError("format")
    parts = _strings(blob[len(_MAGIC) + 4 :], 5)
    key_blob, its_namespace, reserved, its_hash, signature = parts
    if its_namespace != namespace.encode():
        raise SignatureError("namespace")
    if reserved or its_hash != _HASH:
        raise SignatureError("format")
    key_type, raw_key = _strings(key_blob, 2)
    signature_type, raw_signature = _strings(signature, 2)
    if key_type != KEY_TYPE.encode() or signature_type != KEY_TYPE.encode() or len(raw_key) != _ED25519_KEY_BYTES:
        raise SignatureError("key_type")
    try:
        Ed25519PublicKey.from_public_bytes(raw_key).verify(raw_signature, _signed_part(data, its_namespace))
    except (InvalidSignature, ValueError):
        raise SignatureError("wrong") from None
    return PublicKey(key_blob)


def _signed_part(data: bytes, namespace: bytes) -> bytes:
    return _MAGIC + _string(namespace) + _string(b"") + _string(_HASH) + _string(hashlib.sha512(data).digest())


def _string(value: bytes) -> bytes:
    """RFC 4251 section 5."""
    return struct.pack(">I", len(value)) + value


def _strings(data: bytes, count: int) -> list[bytes]:
    """Exactly so many strings, and nothing behind them."""
    found = []
    for _ in range(count):
        (length,) = struct.unpack(">I", data[:4]) if len(data) >= 4 else (len(data) + 1,)  # noqa: PLR2004
        if length > len(data) - 4:
            raise SignatureError("format")
        found.append(data[4 : 4 + length])
        data = data[4 + length :]
    if data:
        raise SignatureError("format")
    return found


def _dearmour(armoured: bytes) -> bytes:
    text = armoured.decode("ascii", "replace")
    if len(armoured) > _MAX_BYTES or not text.startswith(_BEGIN) or not text.endswith(_END):
        raise SignatureError("format")
    body = text[len(_BEGIN) : -len(_END)]
    try:
        blob = b64decode(body.replace("\n", ""), validate=True)
    except (Base64Error, ValueError):
        raise SignatureError("format") from None
    return blob
