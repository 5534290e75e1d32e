"""macOS: authorities that an administrator (or device management) or the user has added, from the trust settings.

`/etc/ssl/cert.pem` has those that come with the system alone; a company's own, such as that of a proxy which inspects
TLS, stand in the keychains. Written from Apple's documentation (SecTrustSettings.h, SecPolicy.h).
"""

import functools
import sys
from typing import Any

from nexkit.platform.trust_settings import TRUST_ROOT_BY_DEFAULT, Setting, trusted_for_tls

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_POLICY, _RESULT = "kSecTrustSettingsPolicy", "kSecTrustSettingsResult"
_SUCCESS = 0
_USER, _ADMINISTRATOR = 0, 1
"""SecTrustSettingsDomain; what the user says counts before the administrator's."""


@functools.cache
def own_authorities() -> tuple[bytes, ...]:
    """The certificates (DER) that are trusted for TLS here beyond the system's own, as they were at the first call."""
    import objc
    import Security

    found: dict[bytes, bool] = {}
    with objc.autorelease_pool():
        for domain in (_USER, _ADMINISTRATOR):
            status, certificates = Security.SecTrustSettingsCopyCertificates(domain, None)
            for certificate in certificates or () if status == _SUCCESS else ():
                status, settings = Security.SecTrustSettingsCopyTrustSettings(certificate, domain, None)
                if status == _SUCCESS:
                    trusted = trusted_for_tls(_setting(Security, each) for each in settings or ())
                    found.setdefault(bytes(Security.SecCertificateCopyData(certificate)), trusted)
    return tuple(der for der, trusted in found.items() if trusted)


def _setting(security: Any, properties: Any) -> Setting:  # noqa: ANN401  the bridge to them is not typed
    policy = properties.get(_POLICY)
    oid = None if policy is None else str(security.SecPolicyCopyProperties(policy)[security.kSecPolicyOid])
    return Setting(
        for_tls=oid is None or oid == str(security.kSecPolicyAppleSSL),
        result=int(properties.get(_RESULT, TRUST_ROOT_BY_DEFAULT)),
    )
