"""Signatures, certificates and lists of unknown origin: whatever the bytes are, there is an answer and no crash."""

import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import SSHCertificateBuilder, SSHCertificateType
from hypothesis import given, settings
from hypothesis import strategies as st

from report.certificates import CertificateError, read_certificate
from report.public_keys import public_key, signer_key
from report.revoked import read_revoked
from report.signers import matches, read_signers
from report.ssh_lists import SignersError
from report.ssh_wire import string
from report.sshsig import SignatureError, check_signature, sign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AUTHORITY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PRINCIPAL = f"{public_key(KEY).install_id}@org.example"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
KRL = b"SSHKRL\n\0" + (1).to_bytes(4) + bytes(24) + string(b"") * 2


def certificate_blob():
    built = (
        SSHCertificateBuilder()
        .public_key(KEY.public_key())
        .serial(7)
        .type(SSHCertificateType.USER)
        .key_id(b"asset-1")
        .valid_principals([PRINCIPAL.encode()])
        .valid_after(0)
        .valid_before(2**64 - 1)
        .sign(AUTHORITY)
    )
    return b64decode(built.public_bytes().split(b" ")[1])


CERTIFICATE = certificate_blob()


def mutated(data):
    """The bytes with some of them changed, cut, doubled or replaced."""
    places = st.integers(0, len(data))
    return st.one_of(
        st.binary(max_size=200),
        st.tuples(places, st.binary(max_size=8)).map(lambda at: data[: at[0]] + at[1] + data[at[0] + len(at[1]) :]),
        st.tuples(places, st.binary(max_size=8)).map(lambda at: data[: at[0]] + at[1] + data[at[0] :]),
        st.tuples(places, places).map(lambda at: data[: min(at)] + data[max(at) :]),
    )


def test_the_certificate_that_is_changed_below_is_a_good_one():
    certificate = read_certificate(CERTIFICATE)
    assert (certificate.principal, certificate.ends_at) == (PRINCIPAL, None)
    assert certificate.is_valid(NOW)
    assert certificate.authority == public_key(AUTHORITY)


@settings(max_examples=400, deadline=None)
@given(mutated(CERTIFICATE))
def test_a_changed_certificate_is_none(data):
    if data == CERTIFICATE:
        return
    with pytest.raises(CertificateError):
        read_certificate(data)


@settings(max_examples=300, deadline=None)
@given(mutated(sign(b"data", KEY, "report", read_certificate(CERTIFICATE))))
def test_a_changed_signature_is_none(data):
    try:
        signature = check_signature(b"data", data, "report")
    except (SignatureError, CertificateError):
        return
    # Line breaks may stand elsewhere inside the armour; what is signed does not change by that.
    assert signature.signer == PRINCIPAL


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"ssh-ed25519", b"ecdsa-sha2-nistp256", b"ssh-rsa", b""]))
def test_any_bytes_are_a_key_or_none(data, key_type):
    for blob in (data, string(key_type) + data, string(key_type) + string(data)):
        try:
            key = signer_key(blob)
        except ValueError:
            continue
        assert key is None or key.blob == blob


def refused_in_one_line(read, file):
    """What reading gives; None where it is refused, in one line that names the file."""
    try:
        return read(file)
    except SignersError as error:
        said = str(error)
    assert str(file) in said
    assert "\n" not in said
    return None


SERIALS = b"\x01" + string(string(b"") * 2 + b"\x20" + string(bytes(7) + b"\x01"))
LINE = f'*@x cert-authority,valid-after="20260101Z" {public_key(KEY).line}\n'.encode()


@settings(max_examples=300, deadline=None)
@given(st.one_of(mutated(KRL + SERIALS), st.binary().map(KRL.__add__)))
def test_any_bytes_are_a_revocation_list_or_refused(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "revoked"
    file.write_bytes(data)
    revoked = refused_in_one_line(read_revoked, file)
    if revoked is not None:
        revoked.holds_key(public_key(KEY))
        revoked.holds_certificate(read_certificate(CERTIFICATE))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")), mutated(LINE)))
def test_any_text_is_a_list_of_signers_or_refused(tmp_path_factory, data):
    file = tmp_path_factory.getbasetemp() / "signers"
    file.write_bytes(data)
    for signer in refused_in_one_line(read_signers, file) or ():
        signer.vouches_for(public_key(KEY), "report", NOW)


@pytest.mark.measures
def test_large_lists_take_little_time(tmp_path):
    file = tmp_path / "list"
    sections = KRL + (b"\x01" + string(string(b"") * 2)) * 100_000
    bitmap = string(b"") * 2 + b"\x22" + string(bytes(7) + b"\x01" + string(b"\x7f" * 3_000_000))
    patterns = "*a" * 2_000 + f" {public_key(KEY).line}\n"
    began = time.monotonic()
    for data in (sections, KRL + b"\x01" + string(bitmap)):
        file.write_bytes(data)
        revoked = read_revoked(file)
        assert not revoked.holds_key(public_key(KEY))
        revoked.holds_certificate(read_certificate(CERTIFICATE))
    file.write_text(patterns)
    (signer,) = read_signers(file)
    assert not signer.vouches_for(public_key(KEY), "report", NOW)
    assert not matches("a" * 5_000 + "b", ("*a" * 50,))
    file.write_text('a namespaces="' + '\\"' * 100_000 + "\n")
    with pytest.raises(SignersError, match="line 1"):
        read_signers(file)
    file.write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    for read in (read_revoked, read_signers):
        with pytest.raises(SignersError, match="larger"):
            read(file)
    assert time.monotonic() - began < 10


def test_a_certificate_for_the_key_of_another_is_not_put_into_a_signature():
    with pytest.raises(ValueError, match="another key"):
        sign(b"data", AUTHORITY, "report", read_certificate(CERTIFICATE))


@pytest.mark.parametrize(
    ("pattern", "text", "answer"),
    [
        ("*", "", True),
        ("a*", "a", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*@x", "y@x", True),
        ("*a*b*", "xxayybzz", True),
        ("[ab]", "a", False),
        ("a", "A", False),
    ],
)
def test_patterns_are_those_of_ssh(pattern, text, answer):
    assert matches(text, (pattern,)) is answer


def test_a_blob_with_something_behind_it_is_no_key():
    blob = public_key(KEY).blob
    assert signer_key(blob) == public_key(KEY)
    for other in (blob + b"\0", blob[:-1], string(b"ssh-ed25519") + string(bytes(31))):
        with pytest.raises(ValueError, match=r"too|Ed25519|32"):
            signer_key(other)
    assert b64encode(blob).decode() in public_key(KEY).line
