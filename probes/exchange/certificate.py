"""What a server's certificate says of itself (RFC 5280); it is hostile until somebody trusted it."""

import hashlib

from nexkit.facts.reach import Certificate

MAX_NAMES = 32
_MAX_CHARACTERS = 200


def read_certificate(der: bytes) -> Certificate | None:
    """A certificate in DER as a fact; None for what cannot be read. Long texts and lists are cut off."""
    # Importing takes 90 ms: the thread that reads certificates spends them, not the start of the program.
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
            subject=_printable(certificate.subject.rfc4514_string()),
            issuer=_printable(certificate.issuer.rfc4514_string()),
            issuer_organisation=_printable(str(organisations[0].value)) if organisations else None,
            names=tuple(_printable(name) for name in names[:MAX_NAMES]),
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


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:_MAX_CHARACTERS]
