"""Facts of the captive portal check: does a plain-HTTP page arrive unchanged."""

from dataclasses import dataclass

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, Url
from nexkit.units import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAttempt:
    """One fetch of the check page."""

    status: int | None
    as_expected: bool | None
    """Status and body are what the check page always gives; None without an answer."""
    redirect_host: HostName | None
    total_ms: Ms | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalCheck:
    """A check page fetched twice over plain HTTP (a portal cannot change HTTPS unnoticed)."""

    url: Url
    attempts: tuple[PortalAttempt, ...]
