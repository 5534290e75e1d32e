"""What every system's file works out the same way from what the system told."""

from collections.abc import Iterable
from ipaddress import ip_address

from nexkit.address import Scope, in_prefix, scope
from nexkit.facts.network import DefaultRoute, Interface, Resolver


def gateway_on_link(gateway: str | None, interface: Interface | None) -> bool | None:
    """Whether the gateway lies in a prefix of its interface; None without gateway or interface.

    A link-local gateway always does (RFC 4861).
    """
    if gateway is None or interface is None:
        return None
    if scope(gateway) is Scope.LINK_LOCAL:
        return True
    return any(in_prefix(gateway, own.address, own.prefix_length) for own in interface.addresses)


def resolvers_in_use(
    configured: Iterable[tuple[str, str | None]], routes: Iterable[DefaultRoute]
) -> tuple[Resolver, ...]:
    """The configured (address, interface) pairs as resolvers, their order kept, each address once."""
    gateways = {_without_zone(route.gateway) for route in routes if route.gateway}
    first_of: dict[str, str | None] = {}
    for address, interface in configured:
        first_of.setdefault(address, interface)
    return tuple(
        Resolver(address=address, is_gateway=_without_zone(address) in gateways, interface=interface)
        for address, interface in first_of.items()
    )


def mac_text(octets: bytes) -> str | None:
    """A hardware address as `00:53:00:12:34:56`; None where there is none (no octets, or all zero)."""
    return octets.hex(":") if any(octets) else None


def same_host(address: str | None, other: str) -> bool:
    """Whether two literal addresses are of one host, however they are written."""
    return address is not None and ip_address(_without_zone(address)) == ip_address(_without_zone(other))


def _without_zone(address: str) -> str:
    return address.partition("%")[0]
