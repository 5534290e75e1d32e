"""Facts of the captive portal check: does a plain-HTTP page arrive unchanged."""

from dataclasses import dataclass

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, RemoteText, Url
from nexkit.units import Bytes, Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAttempt:
    """One fetch of the check page."""

    status: int | None
    as_expected: bool | None
    """Status and body are what the check page always gives; None without an answer."""
    redirect_host: HostName | None
    total_ms: Ms | None
    failure: Failure | None
    address: IpAddress | None = None
    """Where it was fetched; None before a connection."""
    server: RemoteText | None = None
    """The Server header."""
    body_bytes: Bytes | None = None
    """What was read of the page, at most 64 KiB; None without an answer."""
    body_sha256: RemoteText | None = None
    """Of what was read: one page has one sum, on every computer. None without a body."""
    challenge_answered: bool | None = None
    """The server repeated the random word of the request (`X-Nexkit-Response: response WORD`), so nobody answered in
    its stead; False: with another word. None: it knows of no such thing, as most do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage:
    """The page that a redirect points to: does the portal's own server answer."""

    host: HostName
    secure: bool
    """It is HTTPS: only the connection is tried."""
    reached: bool
    status: int | None
    """None where none was asked for, or none came."""
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalCheck:
    """A check page fetched twice over plain HTTP (a portal cannot change HTTPS unnoticed), thrice where they differ."""

    url: Url
    attempts: tuple[PortalAttempt, ...]
    same_body: bool | None = None
    """All answers had the same body; None with fewer than two."""
    sign_in: SignInPage | None = None
    """None without a redirect to another host."""
