"""The lab's certificate authority, and server certificates that are right or wrong in one way."""

import ipaddress
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Certificate(Enum):
    """What is wrong with a server's certificate."""

    GOOD = "good"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_NAME = "wrong_name"
    SELF_SIGNED = "self_signed"
    CHAIN_INCOMPLETE = "chain_incomplete"
    """Signed by an intermediate authority that the server does not send."""
    INSPECTED = "inspected"
    """Right in everything but its issuer, the authority of a filter."""
    INTERNAL = "internal"
    """The same by an organisation's own authority."""


class Issuer(Enum):
    """Who signs certificates."""

    PUBLIC = "Lab Root"
    """It stands on the list of public authorities, and every system trusts it."""
    FILTER = "Filter Inspection"
    """Whatever opens connections signs its copies with it."""
    INTERNAL = "Internal Authority"
    """An organisation's own, for its own servers."""


ISSUER_OF = {Certificate.INSPECTED: Issuer.FILTER, Certificate.INTERNAL: Issuer.INTERNAL}
"""Of the others it is the public one."""


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lab Authority"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _pem(key: ec.EllipticCurvePrivateKey, *certificates: x509.Certificate) -> bytes:
    return b"".join(
        [
            *(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates),
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        ]
    )


class Authority:
    """A certificate authority of its own for each lab."""

    def __init__(self, name: str = "Lab Root", ahead_s: float = 0.0) -> None:
        """`ahead_s`: by how much its clock runs ahead."""
        self._ahead = timedelta(seconds=ahead_s)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = _name(name)
        now = datetime.now(UTC) + self._ahead
        public = self._key.public_key()
        self._certificate = (
            self._builder(self._subject, self._subject, public, now - timedelta(days=1), now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def root(self) -> bytes:
        """The root certificate as PEM."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def write_root(self, path: Path) -> None:
        """The same as a file."""
        path.write_bytes(self.root())

    def write_server(self, path: Path, names: tuple[str, ...], addresses: tuple[str, ...], kind: Certificate) -> None:
        """Certificate and key of one server in one PEM file."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC) + self._ahead
        begin, end = now - timedelta(days=1), now + timedelta(days=30)
        if kind is Certificate.EXPIRED:
            begin, end = now - timedelta(days=30), now - timedelta(days=2)
        elif kind is Certificate.NOT_YET_VALID:
            begin, end = now + timedelta(days=2), now + timedelta(days=30)
        elif kind is Certificate.WRONG_NAME:
            names, addresses = ("other.example.org",), ()
        own = kind is Certificate.SELF_SIGNED
        signer = Authority("Lab Intermediate") if kind is Certificate.CHAIN_INCOMPLETE else self
        subject = _name(names[0])
        path.write_bytes(
            _pem(
                key,
                self._builder(subject, subject if own else signer._subject, key.public_key(), begin, end)
                .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
                .add_extension(_usage(signs_certificates=False), critical=True)
                .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
                .add_extension(
                    x509.SubjectAlternativeName(
                        [
                            *(x509.DNSName(name) for name in names),
                            *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
                        ]
                    ),
                    critical=False,
                )
                .add_extension(
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(
                        key.public_key() if own else signer._key.public_key()
                    ),
                    critical=False,
                )
                .sign(key if own else signer._key, hashes.SHA256()),
            )
        )

    @staticmethod
    def _builder(
        subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
