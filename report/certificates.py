"""OpenSSH user certificates (PROTOCOL.certkeys of openssh-portable): how an organisation vouches for an installation.

Stricter than OpenSSH: a certificate names exactly one principal, which is `inst-<hash of this key>@<organisation>`, so
that nobody signs in the name of another installation; it is a user's, and has no critical option.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from report.public_keys import AUTHORITY_TYPES, PublicKey, signer_key
from report.ssh_wire import Reader, WireError

CERTIFICATE_SUFFIX = "-cert-v01@openssh.com"
FILE_SUFFIX = "-cert.pub"
MAX_FILE_BYTES = 64 * 1024
_ORGANISATION = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_FOREVER = 253402300799
"""The last second of the year 9999: what a `datetime` can say."""


class CertificateError(ValueError):
    """No certificate, or none that counts; the text is a stable word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A certificate whose authority's signature is good; whether the authority counts is for a list to say."""

    blob: bytes
    key: PublicKey
    authority: PublicKey
    serial: int
    key_id: bytes
    principal: str
    """`inst-<hash of this key>@<organisation>`."""
    valid_after: int
    """Seconds since 1970."""
    valid_before: int
    """Seconds since 1970; the first second in which it counts no more."""

    @property
    def line(self) -> str:
        """As it stands in a `-cert.pub` file, without a comment."""
        return f"{self.key.key_type}{CERTIFICATE_SUFFIX} {b64encode(self.blob).decode()}"

    @property
    def ends_at(self) -> datetime | None:
        """When it counts no more; None: never."""
        return None if self.valid_before > _FOREVER else datetime.fromtimestamp(self.valid_before, UTC)

    def is_early(self, at: datetime) -> bool:
        """Whether it does not count yet."""
        return at.timestamp() < self.valid_after

    def is_late(self, at: datetime) -> bool:
        """Whether it counts no more."""
        return at.timestamp() >= self.valid_before

    def is_valid(self, at: datetime) -> bool:
        """Whether the moment is within its dates."""
        return not self.is_early(at) and not self.is_late(at)


def is_certificate(blob: bytes) -> bool:
    """Whether the bytes say that they are a certificate."""
    try:
        return Reader(blob).string().endswith(CERTIFICATE_SUFFIX.encode())
    except WireError:
        return False


def read_certificate(blob: bytes) -> Certificate:
    """The certificate; CertificateError unless it is of the one kind that counts and its authority signed it."""
    parsed = _parse(blob)
    key, authority = _keys(parsed)
    if parsed.type is not SSHCertificateType.USER:
        raise CertificateError("host_certificate")
    if parsed.critical_options:
        raise CertificateError("critical_option")
    if len(parsed.valid_principals) != 1:
        raise CertificateError("principals")
    principal = parsed.valid_principals[0].decode("ascii", "replace")
    name, at, organisation = principal.partition("@")
    if name != key.install_id or not at or not _ORGANISATION.fullmatch(organisation):
        raise CertificateError("principal")
    return Certificate(
        blob=blob,
        key=key,
        authority=authority,
        serial=parsed.serial,
        key_id=parsed.key_id,
        principal=principal,
        valid_after=parsed.valid_after,
        valid_before=parsed.valid_before,
    )


def _parse(blob: bytes) -> SSHCertificate:
    try:
        its_type = Reader(blob).string()
        parsed = load_ssh_public_identity(its_type + b" " + b64encode(blob))
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("format") from None
    if not isinstance(parsed, SSHCertificate):
        raise CertificateError("format")
    return parsed


def _keys(parsed: SSHCertificate) -> tuple[PublicKey, PublicKey]:
    """Whose it is and who signed it; CertificateError unless both can be checked and the signature is good."""
    try:
        authority = _public(parsed.signature_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
        # OpenSSH calls a signature over SHA-1 ssh-rsa, and certificates by RSA are rare: they are left out.
        is_of_use = authority.key_type in AUTHORITY_TYPES
        if is_of_use:
            parsed.verify_cert_signature()
        key = signer_key(_public(parsed.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)).blob)
    except InvalidSignature:
        raise CertificateError("authority_signature") from None
    except (ValueError, UnsupportedAlgorithm):
        raise CertificateError("format") from None
    if not is_of_use:
        raise CertificateError("authority_type")
    if key is None:
        raise CertificateError("key_type")
    return key, authority


def _public(line: bytes) -> PublicKey:
    return PublicKey(b64decode(line.split(b" ")[1]))


def certificate_of_file(path: Path) -> Certificate:
    """The certificate of a `-cert.pub` file; CertificateError, OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    words = data.split()
    if len(data) > MAX_FILE_BYTES or len(words) < 2:  # noqa: PLR2004  type and certificate
        raise CertificateError("format")
    try:
        blob = b64decode(words[1], validate=True)
    except Base64Error:
        raise CertificateError("format") from None
    return read_certificate(blob)
