"""Authorities that were added to a Mac; the Security framework is a double."""

import ssl
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import foreign_systems
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from nexkit.platform.trust_settings import Setting, trusted_for_tls

USER, ADMINISTRATOR = 0, 1
NO_SETTINGS = -25263
"""errSecNoTrustSettings."""
TLS, MAIL = "1.2.840.113635.100.1.3", "1.2.840.113635.100.1.8"


def authority(name):
    key = Ed25519PrivateKey.generate()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = (
        builder.serial_number(1)
        .not_valid_before(datetime.now(UTC))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    return builder.sign(key, None).public_bytes(Encoding.DER)


def security(settings):
    """The framework with settings by domain and certificate; certificates are their own bytes."""

    def certificates(domain, out):
        assert out is None
        return (0, list(settings[domain])) if domain in settings else (NO_SETTINGS, None)

    def copied(certificate, domain, out):
        assert out is None
        found = settings[domain][certificate]
        return (NO_SETTINGS, None) if found is None else (0, found)

    return SimpleNamespace(
        SecTrustSettingsCopyCertificates=certificates,
        SecTrustSettingsCopyTrustSettings=copied,
        SecCertificateCopyData=lambda certificate: certificate,
        SecPolicyCopyProperties=lambda policy: {"SecPolicyOid": policy},
        kSecPolicyOid="SecPolicyOid",
        kSecPolicyAppleSSL=TLS,
    )


def own_authorities(settings):
    doubles = {"Security": security(settings), "objc": SimpleNamespace(autorelease_pool=pool)}
    with foreign_systems.imported("darwin", "nexkit.platform.macos_trust", **doubles) as module:
        return module.own_authorities()


class pool:  # noqa: N801  as the bridge names it
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


@pytest.mark.parametrize(
    ("settings", "trusted"),
    [
        ([], True),
        ([{}], True),
        ([{"kSecTrustSettingsPolicy": TLS}], True),
        ([{"kSecTrustSettingsPolicy": TLS, "kSecTrustSettingsResult": 2}], True),
        ([{"kSecTrustSettingsPolicy": MAIL}], False),
        ([{"kSecTrustSettingsResult": 3}], False),
        ([{"kSecTrustSettingsResult": 4}], False),
        ([{"kSecTrustSettingsPolicy": MAIL, "kSecTrustSettingsResult": 3}, {"kSecTrustSettingsPolicy": TLS}], True),
        ([{}, {"kSecTrustSettingsPolicy": TLS, "kSecTrustSettingsResult": 3}], False),
        (None, False),
    ],
)
def test_settings_for_servers_decide(settings, trusted):
    assert own_authorities({ADMINISTRATOR: {b"der": settings}}) == ((b"der",) if trusted else ())


def test_what_the_user_says_counts_before_the_administrator():
    deny = [{"kSecTrustSettingsResult": 3}]
    assert own_authorities({USER: {b"a": deny}, ADMINISTRATOR: {b"a": [], b"b": []}}) == (b"b",)
    assert own_authorities({}) == ()


def test_no_setting_for_servers_is_no_trust():
    assert trusted_for_tls([])
    assert not trusted_for_tls([Setting(for_tls=False, result=1)])


def test_an_added_authority_is_trusted_and_a_damaged_one_hinders_nothing():
    company = authority("Example Inspection")
    with foreign_systems.macos(lambda version: None) as loaded:
        loaded.macos_trust.own_authorities = lambda: (b"junk", company)
        context = loaded.MacosPlatform().trust()
    assert isinstance(context, ssl.SSLContext)
    assert company in context.get_ca_certs(binary_form=True)
