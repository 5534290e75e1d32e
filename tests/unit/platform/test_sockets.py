import datetime as dt
import ssl
import sys

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from nexkit.platform import sockets
from nexkit.platform.socket_address import address_of


def self_signed_pem():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Root")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2036, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.skipif(sys.platform != "linux", reason="zones are named by interface here")
def test_an_address_with_zone_names_its_interface():
    assert address_of(("fe80::1", 0, 0, 1)) == "fe80::1%lo"
    assert address_of(("fe80::1%lo", 0, 0, 1)) == "fe80::1%lo"
    assert address_of(("2001:db8::1", 0, 0, 0)) == "2001:db8::1"
    assert address_of(("198.18.0.1", 0)) == "198.18.0.1"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps its certificates in a store of its own")
def test_certificates_are_found_where_other_systems_keep_them(monkeypatch, tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(self_signed_pem())
    nowhere = ssl.DefaultVerifyPaths(None, None, "SSL_CERT_FILE", "/none", "SSL_CERT_DIR", "/none")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    monkeypatch.setattr(sockets, "_CERTIFICATE_BUNDLES", ("/nonexistent/bundle.pem", str(bundle)))
    monkeypatch.setattr(ssl, "create_default_context", lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context = sockets.SocketPlatform().trust()
    assert len(context.get_ca_certs()) == 1
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_an_authority_is_not_held_to_more_than_browsers_hold_it_to(monkeypatch):
    as_python_3_13 = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    as_python_3_13.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr(ssl, "create_default_context", lambda: as_python_3_13)
    context = sockets.SocketPlatform().trust()
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
