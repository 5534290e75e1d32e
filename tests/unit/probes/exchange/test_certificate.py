import datetime as dt
import hashlib
import ssl
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from nexkit.facts.reach import TrustProblem
from probes.exchange.certificate import (
    MAX_CHAIN,
    MAX_NAMES,
    name_matches,
    problem_with,
    public_roots,
    read_certificate,
    read_chain,
    roots_of,
    trust_problem,
)


def certificate(*names, organisation=None, ca=False):
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
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
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


@pytest.mark.parametrize(
    ("names", "host", "matches"),
    [
        (("www.example.com",), "www.example.com", True),
        (("*.example.com",), "www.example.com", True),
        (("*.example.com",), "a.b.example.com", False),
        (("www.example.com",), "www.example.net", False),
        (("www.example.com",), "192.0.2.1", False),
        ((), "www.example.com", False),
    ],
)
def test_a_name_matches_or_not(names, host, matches):
    assert name_matches(certificate(*names), host) is matches


def test_whether_the_name_matches_what_cannot_be_read_is_not_known():
    assert name_matches(b"\x30\x03\x02\x01\x01", "www.example.com") is None


def test_a_chain_is_read_as_far_as_it_can_be():
    own, other = certificate("a.example.com"), certificate("b.example.com")
    chain = read_chain((own, b"\x30\x03\x02\x01\x01", other))
    assert [each.sha256 for each in chain] == [hashlib.sha256(der).hexdigest() for der in (own, other)]
    assert len(read_chain((own,) * 100)) == MAX_CHAIN


def test_a_public_authority_does_not_stand_behind_a_certificate_of_ours():
    problem = problem_with((certificate("www.example.com"),), "www.example.com", public_roots())
    assert problem in {TrustProblem.SELF_SIGNED, TrustProblem.UNKNOWN_ISSUER}


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_no_root_of_the_public_list_is_too_old_for_the_strict_check():
    pem = Path(certifi.where()).read_text().split("-----END CERTIFICATE-----")[:-1]
    ders = [ssl.PEM_cert_to_DER_cert(each[each.index("-----BEGIN") :] + "-----END CERTIFICATE-----") for each in pem]
    roots = public_roots()
    assert len(ders) > 100
    problems = [problem_with((der,), "www.example.com", roots) for der in ders]
    # With the years roots expire; a list is renewed with the program.
    assert set(problems) <= {TrustProblem.WRONG_NAME, TrustProblem.EXPIRED}
    assert problems.count(TrustProblem.WRONG_NAME) > 50


def test_what_is_no_chain_is_not_trusted():
    roots = public_roots()
    assert problem_with((), "www.example.com", roots) is TrustProblem.OTHER
    assert problem_with((b"\x30\x03\x02\x01\x01",), "www.example.com", roots) is TrustProblem.OTHER


def test_the_roots_of_a_context_are_those_that_it_trusts():
    der = certificate("www.example.com", ca=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert problem_with((der,), "www.example.com", roots_of(context)) is TrustProblem.SELF_SIGNED
    context.load_verify_locations(cadata=der)
    assert problem_with((der,), "www.example.com", roots_of(context)) in {None, TrustProblem.EXPIRED}


def test_a_code_without_a_word_is_another_problem():
    assert trust_problem(10) is TrustProblem.EXPIRED
    assert trust_problem(9999) is TrustProblem.OTHER


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@settings(deadline=None, max_examples=200)
@given(position=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
def test_no_certificate_however_broken_breaks_a_check(position, byte):
    broken = WHOLE[:position] + bytes([byte]) + WHOLE[position + 1 :]
    assert problem_with((broken,), "www.example.com", NOBODY) in TrustProblem
    assert name_matches(broken, "www.example.com") in {True, False, None}


NOBODY = roots_of(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
