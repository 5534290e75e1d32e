"""What macOS' trust settings of a certificate mean for TLS (SecTrustSettings.h). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

_TRUST_ROOT, _TRUST_AS_ROOT, _DENY = 1, 2, 3
"""kSecTrustSettingsResult...; the others leave it to the system."""
TRUST_ROOT_BY_DEFAULT = _TRUST_ROOT
"""Where a setting has no result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One of a certificate's settings."""

    for_tls: bool
    """Whether it counts for servers: it has the policy of TLS, or none, which is all of them."""
    result: int


def trusted_for_tls(settings: Iterable[Setting]) -> bool:
    """Whether an authority is trusted: by an empty list, or by a setting for TLS that says so while none denies it."""
    every = tuple(settings)
    results = {each.result for each in every if each.for_tls}
    return not every or (_DENY not in results and bool(results & {_TRUST_ROOT, _TRUST_AS_ROOT}))
