"""What a server's certificates say of themselves (RFC 5280), and who trusts them; hostile until somebody does.

The libraries for it take 90 ms to import and reading takes some more: all of this runs in a thread, when the clocks of
the measurement have stopped.
"""

import hashlib
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nexkit.address import is_address
from nexkit.facts.reach import Certificate, ChainCertificate, TrustProblem

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store

MAX_NAMES = 32
MAX_CHAIN = 8
"""So many certificates of a chain are read; ten kilobytes of them already are unusual."""
_MAX_CHARACTERS = 200
_PROBLEMS = {  # X509_V_ERR_... of openssl/x509_vfy.h
    9: TrustProblem.NOT_YET_VALID,
    10: TrustProblem.EXPIRED,
    18: TrustProblem.SELF_SIGNED,
    19: TrustProblem.SELF_SIGNED,
    20: TrustProblem.UNKNOWN_ISSUER,
    21: TrustProblem.UNKNOWN_ISSUER,
    62: TrustProblem.WRONG_NAME,
    64: TrustProblem.WRONG_NAME,
}


def trust_problem(verify_code: int) -> TrustProblem:
    """Why a chain is not trusted, from OpenSSL's code."""
    return _PROBLEMS.get(verify_code, TrustProblem.OTHER)


def public_roots() -> "X509Store":
    """The authorities that browsers trust by themselves (Mozilla's list), strict about RFC 5280."""
    import certifi
    from OpenSSL import crypto

    store = crypto.X509Store()
    store.load_locations(certifi.where())
    store.set_flags(crypto.X509StoreFlags.X509_STRICT)
    return store


def roots_of(trust: ssl.SSLContext) -> "X509Store":
    """What a TLS context of this system trusts, for chains that came by another way than TLS over TCP."""
    from OpenSSL import crypto

    store = crypto.X509Store()
    for der in trust.get_ca_certs(binary_form=True):
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, der))
    # A folder of certificates is read when one is looked for: the context does not list what is in it.
    if folder := ssl.get_default_verify_paths().capath:
        store.load_locations(None, folder)
    return store


def problem_with(chain: Sequence[bytes], host: str, roots: "X509Store") -> TrustProblem | None:
    """Why a chain as sent, in DER, is not to be trusted for a host; None where it is."""
    from OpenSSL import crypto

    try:
        certificates = [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in chain[: MAX_CHAIN + 1]]
        crypto.X509StoreContext(roots, certificates[0], certificates[1:]).verify_certificate()
    except crypto.X509StoreContextError as error:
        return trust_problem(error.errors[0])
    except (crypto.Error, IndexError, ValueError):
        return TrustProblem.OTHER
    return None if name_matches(chain[0], host) else TrustProblem.WRONG_NAME


def name_matches(der: bytes, host: str) -> bool | None:
    """Whether a certificate is for a host, a name or an address (RFC 9525); None for one that cannot be read."""
    import service_identity
    from cryptography import x509
    from service_identity.cryptography import verify_certificate_hostname, verify_certificate_ip_address

    try:
        certificate = x509.load_der_x509_certificate(der)
        if is_address(host):
            verify_certificate_ip_address(certificate, host)
        else:
            verify_certificate_hostname(certificate, host)
    except (service_identity.VerificationError, service_identity.CertificateError):
        return False
    except (ValueError, TypeError, x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
        return None
    return True


def read_chain(chain: Sequence[bytes]) -> tuple[ChainCertificate, ...]:
    """The certificates of a chain in DER as facts, at most `MAX_CHAIN`; what cannot be read is left out."""
    found = [read_certificate(der) for der in chain[:MAX_CHAIN]]
    return tuple(
        ChainCertificate(subject=each.subject, issuer=each.issuer, not_after_at=each.not_after_at, sha256=each.sha256)
        for each in found
        if each is not None
    )


def read_certificate(der: bytes) -> Certificate | None:
    """A certificate in DER as a fact; None for what cannot be read. Long texts and lists are cut off."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        certificate = x509.load_der_x509_certificate(der)
        organisations = certificate.issuer.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        try:
            alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            names: tuple[str, ...] = ()
        else:
            names = (
                *alternatives.get_values_for_type(x509.DNSName),
                *(str(address) for address in alternatives.get_values_for_type(x509.IPAddress)),
            )
        return Certificate(
            subject=printable(certificate.subject.rfc4514_string()),
            issuer=printable(certificate.issuer.rfc4514_string()),
            issuer_organisation=printable(str(organisations[0].value)) if organisations else None,
            names=tuple(printable(name) for name in names[:MAX_NAMES]),
            not_before_at=certificate.not_valid_before_utc,
            not_after_at=certificate.not_valid_after_utc,
            sha256=hashlib.sha256(der).hexdigest(),
        )
    except (
        ValueError,
        TypeError,  # a part of a name in an encoding that its kind does not have
        x509.DuplicateExtension,
        x509.InvalidVersion,
        x509.UnsupportedGeneralNameType,
    ):
        return None


def printable(text: str) -> str:
    """A stranger's text without what a screen would obey, cut off."""
    return "".join(character for character in text if character.isprintable())[:_MAX_CHARACTERS]
