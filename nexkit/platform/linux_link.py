"""The links of a Linux system and the ways it chooses: netlink and ethtool; blocking, for a thread of its own."""

import socket
import sys
from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from nexkit.facts.link import LinkState
from nexkit.facts.network import InterfaceKind
from nexkit.platform import linux_ethtool, linux_netlink, linux_network
from nexkit.platform.api import RouteTo
from nexkit.platform.parse_ethtool import LinkMode
from nexkit.platform.parse_netlink import Link

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_UNKNOWN_MODE = LinkMode(speed_bit_s=None, duplex=None)


def read_links() -> tuple[LinkState, ...]:
    """Every interface now."""
    links = linux_netlink.links()
    kinds = linux_network.interface_kinds(links, linux_network.read_devices(links), linux_netlink.routes())
    return link_states(links, kinds, linux_ethtool.link_modes(link.name for link in links))


def link_states(
    links: Sequence[Link], kinds: Mapping[int, InterfaceKind], modes: Mapping[str, LinkMode]
) -> tuple[LinkState, ...]:
    """The fact's part from what kernel and drivers told."""
    return tuple(_state(link, kinds[link.index], modes.get(link.name, _UNKNOWN_MODE)) for link in links)


def _state(link: Link, kind: InterfaceKind, mode: LinkMode) -> LinkState:
    carrier = linux_network.carrier(link)
    return LinkState(
        name=link.name,
        kind=kind,
        admin_up=linux_network.switched_on(link),
        carrier=carrier,
        # Some drivers repeat the last speed, or claim one, while no cable is in.
        speed_bit_s=mode.speed_bit_s if carrier else None,
        duplex=mode.duplex if carrier else None,
        auto_negotiation=mode.auto_negotiation,
        port_max_bit_s=mode.port_max_bit_s,
        partner_max_bit_s=mode.partner_max_bit_s if carrier else None,
        counters=link.counters,
    )


def look_up_route(address: str) -> RouteTo:
    """The way that the kernel would send a packet, its rules and all; OSError where there is none."""
    plain, _, zone = address.partition("%")
    packed = ip_address(plain).packed
    found = linux_netlink.look_up(packed, socket.if_nametoindex(zone) if zone else None)
    return RouteTo(
        interface=None if found.link is None else socket.if_indextoname(found.link),
        source=found.source,
        gateway=found.gateway,
    )
