import datetime as dt
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.exchange.certificate import MAX_NAMES, read_certificate


def certificate(*names, organisation=None):
    key = ec.generate_private_key(ec.SECP256R1())
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, "www.example.com")]
    if organisation is not None:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(attributes))
        .issuer_name(x509.Name(attributes))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def test_what_a_certificate_says():
    der = certificate("www.example.com", "*.example.net", organisation="Example\u202eCorp")
    fact = read_certificate(der)
    assert fact.names == ("www.example.com", "*.example.net")
    assert fact.issuer_organisation == "ExampleCorp"  # characters that turn text around are left out
    assert fact.not_before_at == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    assert fact.not_after_at == dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
    assert fact.sha256 == hashlib.sha256(der).hexdigest()


def test_a_certificate_without_names_and_organisation():
    fact = read_certificate(certificate())
    assert (fact.names, fact.issuer_organisation) == ((), None)


def test_a_long_list_of_names_is_cut_off():
    fact = read_certificate(certificate(*(f"host{number}.example.com" for number in range(100))))
    assert len(fact.names) == MAX_NAMES


WHOLE = certificate("www.example.com", organisation="Example Corp")


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # a later cryptography raises ValueError instead
@settings(deadline=None, max_examples=300)
@given(position=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_no_certificate_however_broken_raises(position, byte):
    fact = read_certificate(WHOLE[:position] + bytes([byte]) + WHOLE[position + 1 :])
    assert fact is None or fact.sha256 is not None


def test_bytes_that_are_no_certificate():
    assert read_certificate(b"\x30\x03\x02\x01\x01") is None
