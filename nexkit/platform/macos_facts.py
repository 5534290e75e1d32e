"""What macOS told, as the facts that all systems share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from nexkit.address import Family, Scope, family, scope
from nexkit.facts.network import (
    AddressOrigin,
    DefaultRoute,
    Duplex,
    Interface,
    InterfaceAddress,
    NetworkState,
    ProxySettings,
)
from nexkit.platform.derive import gateway_on_link, resolvers_in_use
from nexkit.platform.parse_ifconfig import IfconfigEntry, interface_kind
from nexkit.platform.parse_netstat import TableRoute
from nexkit.platform.parse_scutil import DnsSettings
from nexkit.units import BitPerSecond, Bytes

_ADVERTISED_WORDS = frozenset({"autoconf", "dynamic"})
"""ifconfig's words for addresses from router advertisements and from DHCPv6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainInterface:
    """An interface as the system's own list has it."""

    name: str
    up: bool
    mtu_bytes: int
    speed_mbit_s: int
    """0: not known."""
    duplex: Duplex | None
    mac: str | None
    addresses: tuple[tuple[str, str], ...]
    """(address, netmask), both as addresses."""


def network_state(
    *,
    interfaces: Sequence[PlainInterface],
    entries: Mapping[str, IfconfigEntry],
    origins: Mapping[str, AddressOrigin | None],
    routes: Mapping[Family, Sequence[TableRoute]],
    dns: DnsSettings,
    proxy: ProxySettings,
) -> NetworkState:
    """Everything together; `origins` says how an interface's IPv4 address came to be."""
    described = {
        interface.name: _interface(interface, entries.get(interface.name), origins.get(interface.name))
        for interface in interfaces
    }
    default_routes = tuple(
        DefaultRoute(
            family=of_family,
            interface=route.interface,
            gateway=route.gateway,
            metric=None,
            gateway_on_link=gateway_on_link(route.gateway, described.get(route.interface)),
        )
        for of_family in Family
        for route in routes[of_family]
    )
    return NetworkState(
        interfaces=tuple(described.values()),
        default_routes=default_routes,
        resolvers=resolvers_in_use(dns.resolvers, default_routes),
        search_domains=dns.search_domains,
        proxy=proxy,
    )


def _interface(plain: PlainInterface, entry: IfconfigEntry | None, origin4: AddressOrigin | None) -> Interface:
    return Interface(
        name=plain.name,
        kind=interface_kind(plain.name, entry.type_word if entry else None),
        admin_up=plain.up,
        carrier=entry.active if entry and plain.up else None,
        mtu_bytes=Bytes(plain.mtu_bytes) if plain.mtu_bytes > 0 else None,
        speed_bit_s=BitPerSecond(plain.speed_mbit_s * 1e6) if plain.speed_mbit_s > 0 else None,
        duplex=plain.duplex,
        mac=plain.mac,
        addresses=tuple(
            _address(address.partition("%")[0], netmask, entry, origin4) for address, netmask in plain.addresses
        ),
    )


def _address(
    address: str, netmask: str, entry: IfconfigEntry | None, origin4: AddressOrigin | None
) -> InterfaceAddress:
    words = entry.address_words.get(address) if entry else None
    return InterfaceAddress(
        address=address,
        prefix_length=int(ip_address(netmask)).bit_count(),
        origin=_origin(address, words, origin4),
        duplicate=None if words is None or "tentative" in words else "duplicated" in words,
    )


def _origin(address: str, words: frozenset[str] | None, origin4: AddressOrigin | None) -> AddressOrigin | None:
    if scope(address) is Scope.LINK_LOCAL:
        return AddressOrigin.LINK_LOCAL
    if family(address) is Family.IPV4:
        return origin4
    if words is None:
        return None
    return AddressOrigin.DYNAMIC if words & _ADVERTISED_WORDS else AddressOrigin.STATIC
