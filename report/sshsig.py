"""OpenSSH signatures over exact bytes (SSHSIG: PROTOCOL.sshsig of openssh-portable), made and checked by ourselves."""

import hashlib
import struct
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from report.certificates import Certificate, is_certificate, read_certificate
from report.public_keys import ED25519, PublicKey, WrongSignatureError, public_key, signer_key
from report.ssh_wire import WireError, string, strings

_MAGIC = b"SSHSIG"
_VERSION = 1
_HASH = b"sha512"
_BEGIN = "-----BEGIN SSH SIGNATURE-----\n"
_END = "-----END SSH SIGNATURE-----\n"
_COLUMNS = 70
_MAX_BYTES = 8192


class SignatureError(ValueError):
    """No signature, or none of these bytes in this namespace; the text is a stable word."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a good signature."""

    key: PublicKey
    certificate: Certificate | None
    """What vouches for the key, where the signature carries it; whether its authority counts is for a list to say."""

    @property
    def signer(self) -> str:
        """The name to look for in a list of signers: the certificate's principal, else the install id."""
        return self.key.install_id if self.certificate is None else self.certificate.principal


def sign(data: bytes, key: Ed25519PrivateKey, namespace: str, certificate: Certificate | None = None) -> bytes:
    """The armoured signature of the bytes, with the certificate of the key where there is one."""
    public = public_key(key)
    if certificate is not None and certificate.key != public:
        raise ValueError("the certificate is for another key")
    signature = string(ED25519.encode()) + string(key.sign(_signed_part(data, namespace.encode())))
    blob = (
        _MAGIC
        + struct.pack(">I", _VERSION)
        + string(public.blob if certificate is None else certificate.blob)
        + string(namespace.encode())
        + string(b"")
        + string(_HASH)
        + string(signature)
    )
    text = b64encode(blob).decode()
    lines = "".join(text[start : start + _COLUMNS] + "\n" for start in range(0, len(text), _COLUMNS))
    return (_BEGIN + lines + _END).encode()


def check_signature(data: bytes, armoured: bytes, namespace: str) -> Signature:
    """Who made the signature of these bytes; SignatureError unless it is exactly that, with nothing around.

    CertificateError where it carries a certificate that cannot count, whoever issued it.
    """
    blob = _dearmour(armoured)
    if not blob.startswith(_MAGIC + struct.pack(">I", _VERSION)):
        raise SignatureError("format")
    try:
        key_blob, its_namespace, reserved, its_hash, signature = strings(blob[len(_MAGIC) + 4 :], 5)
    except WireError:
        raise SignatureError("format") from None
    if its_namespace != namespace.encode():
        raise SignatureError("namespace")
    if reserved or its_hash != _HASH:
        raise SignatureError("format")
    certificate = read_certificate(key_blob) if is_certificate(key_blob) else None
    try:
        key = signer_key(key_blob) if certificate is None else certificate.key
        if key is not None:
            key.verify(signature, _signed_part(data, its_namespace))
    except WrongSignatureError:
        raise SignatureError("wrong") from None
    except ValueError:  # cut short, or no point of the curve
        raise SignatureError("format") from None
    if key is None:
        raise SignatureError("key_type")
    return Signature(key, certificate)


def _signed_part(data: bytes, namespace: bytes) -> bytes:
    return _MAGIC + string(namespace) + string(b"") + string(_HASH) + string(hashlib.sha512(data).digest())


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
