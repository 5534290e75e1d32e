"""To whom a profile lets the kit send anything: one list for the consent page, for the kit's limits and for tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit

from nexkit.profile import HostPort, Profile

_PORTS = {"http": 80, "https": 443, "tls": 853}
"""That a web address means where it says none; `tls` is DNS over TLS (RFC 7858)."""


class TargetKind(Enum):
    """What a target stands for."""

    ANCHOR = "anchor"
    NAME = "name"
    LOOKUP = "lookup"
    """A name that is asked for, whose host is not contacted."""
    RESOLVER = "resolver"
    PORTAL = "portal"
    CALLS = "calls"
    TIME = "time"
    CARRIER = "carrier"
    SERVICE = "service"
    VPN = "vpn"
    LOAD = "load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of them."""

    kind: TargetKind
    shown: str
    """As the profile writes it, so that a reader finds it there."""
    host: str
    """A name or a literal address."""
    port: int | None = None
    """None: those that the kit itself chooses (443, 53, echo)."""


def targets(profile: Profile) -> tuple[Target, ...]:
    """Every target of the profile; who is nearer (router, name servers, proxies), the computer itself says."""
    return (*_internet(profile), *_services(profile), *_vpn(profile), *_load(profile))


def _internet(profile: Profile) -> Iterator[Target]:
    internet = profile.internet
    for kind, hosts in (
        (TargetKind.ANCHOR, internet.anchors),
        (TargetKind.NAME, internet.names),
        (TargetKind.LOOKUP, (*internet.signed_names, *internet.bogus_names, *internet.resolver_names)),
        (TargetKind.RESOLVER, (*internet.resolvers, *profile.network.resolvers)),
        (TargetKind.TIME, internet.time),
        (TargetKind.CARRIER, internet.carrier_internal),
    ):
        yield from (Target(kind=kind, shown=host, host=host) for host in hosts)
    yield from (_web(TargetKind.RESOLVER, url) for url in internet.encrypted_resolvers)
    yield from (_web(TargetKind.PORTAL, check.url) for check in internet.portal_checks)
    yield from (_port(TargetKind.CALLS, each) for each in (*internet.stun, *internet.reflectors))


def _services(profile: Profile) -> Iterator[Target]:
    for service in profile.services:
        if service.url:
            yield _web(TargetKind.SERVICE, service.url)
        yield from (_port(TargetKind.SERVICE, each) for each in service.tcp)
        yield from (_port(TargetKind.SERVICE, each, " (UDP)") for each in service.udp)


def _vpn(profile: Profile) -> Iterator[Target]:
    its = profile.vpn
    if its is None:
        return
    if its.server is not None:
        yield _place(TargetKind.VPN, its.server)
    yield from (Target(kind=TargetKind.VPN, shown=host, host=host) for host in its.resolvers)
    yield from (Target(kind=TargetKind.LOOKUP, shown=name, host=name) for name in its.names)


def _load(profile: Profile) -> Iterator[Target]:
    server = profile.load.server
    if server:
        yield _web(TargetKind.LOAD, server) if "://" in server else _place(TargetKind.LOAD, server)


def _web(kind: TargetKind, url: str) -> Target:
    parts = urlsplit(url)
    return Target(kind=kind, shown=url, host=parts.hostname or "", port=parts.port or _PORTS.get(parts.scheme))


def _port(kind: TargetKind, place: HostPort, suffix: str = "") -> Target:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return Target(kind=kind, shown=f"{host}:{place.port}{suffix}", host=place.host, port=place.port)


def _place(kind: TargetKind, text: str) -> Target:
    """`HOST:PORT`, with `/udp` or `/tcp` behind it perhaps."""
    parts = urlsplit(f"//{text}")
    return Target(kind=kind, shown=text, host=parts.hostname or "", port=parts.port)
