"""Which destinations inside a private network a run may have: what the profile and the user name themselves.

A name that suddenly leads inside (DNS rebinding), a redirect or a server's hint must not make this computer knock on
doors there. What a profile names openly, everyone who reads it can see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nexkit.address import INNER, is_address, scope

if TYPE_CHECKING:
    # A probe that the user runs by itself waits for no profile.
    from collections.abc import Iterable

    from nexkit.params import ParamValue
    from nexkit.profile import Profile
    from nexkit.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is named; addresses as `canonical` gives them."""

    addresses: frozenset[str] = frozenset()
    """Written out in the profile."""
    networks: tuple[str, ...] = ()
    """Of the profile, private ones alone."""
    names: frozenset[str] = frozenset()
    """Of hosts that stand inside, as do those of all names below them."""
    typed: frozenset[str] = frozenset()
    """Hosts, by name or address, that the user typed: they are contacted wherever they are."""

    def has_address(self, address: str) -> bool:
        """Whether the profile names the address, or a network that it lies in."""
        value = ip_address(address)
        return address in self.addresses or any(value in ip_network(each) for each in self.networks)

    def has_name(self, name: str) -> bool:
        """Whether the profile says that the host of this name stands inside."""
        return any(name == each or name.endswith(f".{each}") for each in self.names)


NOTHING_DECLARED = Declared()


@lru_cache(4096)
def canonical(address: str) -> str:
    """The one form of an address: no zone, and IPv4 where it is mapped into IPv6; ValueError where it is none."""
    value = ip_address(address.partition("%")[0])
    mapped = value.ipv4_mapped if value.version == 6 else None  # noqa: PLR2004  IPv6
    return str(mapped or value)


def canonical_name(name: str) -> str:
    """The one form of a host name."""
    return name.rstrip(".").casefold()


def declared_by(profile: Profile, request: Request) -> Declared:
    """What the profile and the user of a run name."""
    from nexkit.targets import targets

    vpn = profile.vpn
    prefixes = (*profile.network.prefixes, *profile.network.internal, *(vpn.routes if vpn else ()))
    return Declared(
        addresses=frozenset(canonical(each.host) for each in targets(profile) if is_address(each.host)),
        # The routes of a tunnel may be everything; what is not private needs no permission.
        networks=tuple(prefix for prefix in prefixes if scope(prefix) in INNER and ip_network(prefix).prefixlen),
        names=frozenset(canonical_name(name) for name in (vpn.names if vpn else ()) if not is_address(name)),
        typed=_hosts((request.url,)),
    )


def declared_by_user(params: Iterable[ParamValue]) -> Declared:
    """The parameters of a probe that the user runs by itself: every host in them was typed."""
    return Declared(typed=_hosts(params))


def _hosts(values: Iterable[ParamValue]) -> frozenset[str]:
    """Hosts in web addresses, `HOST:PORT` and by themselves."""
    found: set[str] = set()
    for value in values:
        texts = value if isinstance(value, tuple) else (value,)
        for text in (word.strip() for each in texts if isinstance(each, str) for word in each.split(",")):
            try:
                host = text if is_address(text) else urlsplit(text if "://" in text else f"//{text}").hostname
            except ValueError:  # no place that a probe takes either
                continue
            if host:
                found.add(canonical(host) if is_address(host) else canonical_name(host))
    return frozenset(found)
