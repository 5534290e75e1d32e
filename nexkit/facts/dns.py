"""Facts of name resolution: what each resolver answered, and what the system's own lookup gave (RFC 9499 terms)."""

from dataclasses import dataclass
from enum import Enum

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, Open
from nexkit.units import Ms


class NameRole(Enum):
    """Why a name was asked for."""

    CONTROL = "control"
    """A public name of the profile, unrelated to the service under test."""
    SERVICE = "service"
    """A name of a tested service."""
    UNCACHED = "uncached"
    """A random label below a control name: no cache can hold it."""
    NONEXISTENT = "nonexistent"
    """A random name that cannot exist: any address in the answer is somebody's rewriting."""


class DnsTransport(Enum):
    """How a query was sent."""

    UDP = "udp"
    TCP = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsQuery:
    """One question to one resolver; either an rcode came back or a failure is named."""

    name: HostName
    role: NameRole
    rdtype: Open
    """`A` or `AAAA`."""
    transport: DnsTransport
    attempts: int
    """Datagrams sent; a UDP question is repeated once."""
    time_ms: Ms | None
    """From the last question to its answer."""
    rcode: Open | None
    """The name of the code: `NOERROR`, `NXDOMAIN`, `SERVFAIL`, ..."""
    addresses: tuple[IpAddress, ...]
    truncated: bool | None
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverAnswers:
    """What one resolver said, asked by itself."""

    resolver: IpAddress
    port: int
    queries: tuple[DnsQuery, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLookup:
    """One lookup as programs make it (getaddrinfo): hosts file, caches, search list and all."""

    name: HostName
    role: NameRole
    time_ms: Ms
    addresses: tuple[IpAddress, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLookups:
    """What the system's own resolver gave."""

    lookups: tuple[SystemLookup, ...]
