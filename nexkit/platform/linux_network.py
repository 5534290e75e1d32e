"""What a Linux system knows of its network: netlink, sysfs and resolv.conf; blocking, for a thread of its own."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nexkit.address import Family, Scope, family, scope
from nexkit.facts.network import (
    AddressOrigin,
    DefaultRoute,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NeighbourState,
    NetworkState,
    ProxySettings,
    Resolver,
)
from nexkit.platform import linux_ethtool, linux_netlink
from nexkit.platform.api import Neighbour
from nexkit.platform.derive import gateway_on_link, mac_text
from nexkit.platform.parse_ethtool import LinkMode
from nexkit.platform.parse_netlink import AF_INET, RT_TABLE_MAIN, Address, Link, NeighbourEntry, Route
from nexkit.platform.parse_resolv_conf import ResolvConf, parse_resolv_conf
from nexkit.units import Bytes

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

RESOLV_CONF = Path("/etc/resolv.conf")
RESOLVED_UPSTREAM = Path("/run/systemd/resolve/resolv.conf")
"""The servers that systemd-resolved asks, where resolv.conf names only its stub (systemd-resolved.service(8))."""
RESOLVED_STUBS = frozenset({"127.0.0.53", "127.0.0.54"})
_SYSFS_NET = Path("/sys/class/net")

_IFF_UP = 0x1
_ARPHRD_ETHER = 1
_ARPHRD_LOOPBACK = 772
_IFA_F_DADFAILED = 0x08
_IFA_F_PERMANENT = 0x80
_KINDS = {
    "bridge": InterfaceKind.BRIDGE,
    "openvswitch": InterfaceKind.BRIDGE,
    # Built on a cable's interface, and the way out wherever they are set up.
    "vlan": InterfaceKind.ETHERNET,
    "bond": InterfaceKind.ETHERNET,
    "team": InterfaceKind.ETHERNET,
    "wwan": InterfaceKind.MOBILE,
    "rmnet": InterfaceKind.MOBILE,
    **dict.fromkeys(
        (
            *("tun", "wireguard", "ovpn", "ppp", "xfrm", "vti", "vti6", "ipip", "sit", "ip6tnl"),
            *("gre", "gretap", "ip6gre", "ip6gretap", "erspan", "ip6erspan"),
        ),
        InterfaceKind.VPN,
    ),
}
_CONTAINER_UPLINKS = frozenset({"veth", "macvlan", "ipvlan"})
_DEVICE_TYPES = {"wlan": InterfaceKind.WIFI, "wwan": InterfaceKind.MOBILE, "bluetooth": InterfaceKind.VIRTUAL}
_HARDWARE_TYPES = {
    519: InterfaceKind.MOBILE,  # ARPHRD_RAWIP: modems without an Ethernet of their own
    # Tunnels of drivers that name no kind: PPP, IPv4 and IPv6 in IP, SIT, GRE over IPv4 and IPv6.
    **dict.fromkeys((512, 768, 769, 776, 778, 823), InterfaceKind.VPN),
}
"""By ARPHRD_* (linux/if_arp.h)."""

_NEIGHBOUR_REACHABLE = 0x02
_NEIGHBOUR_NO_ANSWER = 0x01 | 0x20
"""Incomplete (asked, no answer yet) and failed."""
_NEIGHBOUR_NO_ARP = 0x40


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What sysfs adds to a link."""

    hardware: bool | None
    """It hangs on a bus; None where sysfs does not know the interface (it shows one network namespace only)."""
    type_word: str | None
    """DEVTYPE of its uevent: `wlan`, `wwan`, ..."""


def read_network_state(proxy: ProxySettings) -> NetworkState:
    """The state now."""
    links = linux_netlink.links()
    return network_state(
        links=links,
        addresses=linux_netlink.addresses(),
        routes=linux_netlink.routes(),
        devices=read_devices(links),
        modes=linux_ethtool.link_modes(link.name for link in links),
        resolv_conf=_resolv_conf_or_none_set(),
        proxy=proxy,
    )


def read_neighbour(address: str, interface: str) -> Neighbour:
    """The ARP or ND entry now."""
    indices = {link.index for link in linux_netlink.links() if link.name == interface}
    wanted = address.partition("%")[0]
    return neighbour(entry for entry in linux_netlink.neighbours() if entry.link in indices and entry.address == wanted)


def read_resolv_conf() -> ResolvConf:
    """The resolvers that are asked in the end; OSError where resolv.conf cannot be read."""
    told = parse_resolv_conf(RESOLV_CONF.read_text("utf-8", "replace"))
    if told.nameservers and RESOLVED_STUBS.issuperset(told.nameservers) and RESOLVED_UPSTREAM.exists():
        upstream = parse_resolv_conf(RESOLVED_UPSTREAM.read_text("utf-8", "replace"))
        return ResolvConf(nameservers=upstream.nameservers, search_domains=told.search_domains)
    return told


def _resolv_conf_or_none_set() -> ResolvConf:
    """Without the file no resolver is set, which is a finding and no obstacle."""
    try:
        return read_resolv_conf()
    except OSError:
        return ResolvConf(nameservers=(), search_domains=())


def network_state(
    *,
    links: Sequence[Link],
    addresses: Sequence[Address],
    routes: Sequence[Route],
    devices: Mapping[int, Device],
    modes: Mapping[str, LinkMode],
    resolv_conf: ResolvConf,
    proxy: ProxySettings,
) -> NetworkState:
    """The fact from what the kernel told."""
    defaults = _default_routes(routes)
    kinds = interface_kinds(links, devices, routes)
    interfaces = {
        link.index: Interface(
            name=link.name,
            kind=kinds[link.index],
            admin_up=switched_on(link),
            carrier=carrier(link),
            mtu_bytes=None if link.mtu_bytes is None else Bytes(link.mtu_bytes),
            speed_bit_s=modes[link.name].speed_bit_s if link.name in modes else None,
            duplex=modes[link.name].duplex if link.name in modes else None,
            mac=mac_text(link.mac),
            addresses=tuple(_interface_address(address) for address in addresses if address.link == link.index),
        )
        for link in links
    }
    default_routes = tuple(
        DefaultRoute(
            family=Family.IPV4 if route.family == AF_INET else Family.IPV6,
            interface=interfaces[route.link].name,
            gateway=route.gateway,
            metric=route.metric,
            gateway_on_link=_on_link(route.gateway, interfaces[route.link]),
        )
        for route in sorted(defaults, key=lambda route: route.metric)
        if route.link in interfaces
    )
    gateways = {route.gateway for route in default_routes}
    return NetworkState(
        interfaces=tuple(interfaces.values()),
        default_routes=default_routes,
        resolvers=tuple(
            Resolver(
                address=address,
                is_gateway=address.partition("%")[0] in gateways,
                interface=address.partition("%")[2] or None,
            )
            for address in resolv_conf.nameservers
        ),
        search_domains=resolv_conf.search_domains,
        proxy=proxy,
    )


def switched_on(link: Link) -> bool:
    """Whether somebody wants the interface to work."""
    return bool(link.flags & _IFF_UP)


def carrier(link: Link) -> bool | None:
    """Whether a cable is in; not known of what is switched off, since its driver does not look then."""
    return link.carrier if switched_on(link) else None


def interface_kinds(
    links: Sequence[Link], devices: Mapping[int, Device], routes: Sequence[Route]
) -> dict[int, InterfaceKind]:
    """What every interface is, by its index."""
    ways_out = {route.link for route in _default_routes(routes)}
    any_hardware = any(_is_hardware(link, devices[link.index]) for link in links)
    return {
        link.index: interface_kind(link, devices[link.index], way_out=link.index in ways_out or not any_hardware)
        for link in links
    }


def _default_routes(routes: Sequence[Route]) -> list[Route]:
    return [route for route in routes if route.table == RT_TABLE_MAIN and route.destination is None]


def interface_kind(link: Link, device: Device, *, way_out: bool) -> InterfaceKind:
    """What an interface is; `way_out`: it carries a default route, or there is no hardware that could."""
    if link.hardware_type == _ARPHRD_LOOPBACK:
        return InterfaceKind.LOOPBACK
    if device.type_word in _DEVICE_TYPES:
        return _DEVICE_TYPES[device.type_word]
    if link.kind in _CONTAINER_UPLINKS:
        # Inside a container or namespace a veth is the cable to the world, though it has lost its route or address; on
        # its host the other end is mere plumbing. The way to tell: plumbing is a port of a bridge, or stands beside
        # real hardware without being the way out.
        return InterfaceKind.ETHERNET if way_out and link.master is None else InterfaceKind.VIRTUAL
    if link.kind == "tun" and link.master is not None:
        return InterfaceKind.VIRTUAL  # a tap of a virtual machine, port of a bridge
    if link.kind is not None:
        return _KINDS.get(link.kind, InterfaceKind.VIRTUAL)
    if link.hardware_type != _ARPHRD_ETHER:
        return _HARDWARE_TYPES.get(link.hardware_type, InterfaceKind.UNKNOWN)
    # The host-only networks of VMware and VirtualBox name no kind, but hang on no bus either.
    return InterfaceKind.VIRTUAL if device.hardware is False else InterfaceKind.ETHERNET


def neighbour(entries: Iterable[NeighbourEntry]) -> Neighbour:
    """The state of a neighbour from its entries, of which there is one or none."""
    for entry in entries:
        if entry.state & _NEIGHBOUR_NO_ANSWER:
            return Neighbour(state=NeighbourState.FAILED, mac=None)
        if entry.state & (_NEIGHBOUR_REACHABLE | _NEIGHBOUR_NO_ARP):
            return Neighbour(state=NeighbourState.REACHABLE, mac=mac_text(entry.mac))
        # Stale, delayed, being probed, or entered by hand: once known, nothing confirmed now.
        return Neighbour(state=NeighbourState.STALE, mac=mac_text(entry.mac))
    return Neighbour(state=NeighbourState.ABSENT, mac=None)


def _on_link(gateway: str | None, interface: Interface) -> bool | None:
    """Whether the gateway lies in a prefix of its interface; None also where the prefixes are single addresses.

    Those come from providers and clouds that hand out /32 and /128 and set a route to the gateway beside it.
    """
    answer = gateway_on_link(gateway, interface)
    if gateway is None or answer is not False:
        return answer
    single = 32 if family(gateway) is Family.IPV4 else 128
    reaching = [
        own.prefix_length
        for own in interface.addresses
        if family(own.address) is family(gateway) and scope(own.address) is not Scope.LINK_LOCAL
    ]
    return None if reaching and set(reaching) == {single} else False


def _interface_address(address: Address) -> InterfaceAddress:
    """Origin as the kernel shows it: a lease whose client sets no lifetime looks like a manual address."""
    if scope(address.address) is Scope.LINK_LOCAL:
        origin = AddressOrigin.LINK_LOCAL
    elif address.flags & _IFA_F_PERMANENT or not address.finite:
        origin = AddressOrigin.STATIC
    else:
        origin = AddressOrigin.DYNAMIC
    return InterfaceAddress(
        address=address.address,
        prefix_length=address.prefix_length,
        origin=origin,
        # The kernel detects duplicates for IPv6 alone (RFC 4862 section 5.4).
        duplicate=bool(address.flags & _IFA_F_DADFAILED) if family(address.address) is Family.IPV6 else None,
    )


def _is_hardware(link: Link, device: Device) -> bool:
    return link.kind is None and device.hardware is not False and link.hardware_type != _ARPHRD_LOOPBACK


def read_devices(links: Iterable[Link]) -> dict[int, Device]:
    """What sysfs says of each, by its index."""
    return {link.index: _device(link.name) for link in links}


def _device(name: str) -> Device:
    entry = _SYSFS_NET / name
    try:
        hardware = "virtual" not in entry.readlink().parts
        words = dict(line.partition("=")[::2] for line in (entry / "uevent").read_text().splitlines())
    except OSError:
        return Device(hardware=None, type_word=None)
    return Device(hardware=hardware, type_word=words.get("DEVTYPE"))
