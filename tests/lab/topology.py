"""The lab's map: nodes, links and addresses of a home network, its provider and an internet behind it.

    client - switch - router - isp1 - isp2 - core1 - core2 - edge - hosts of the internet
                                |
                       resolver1, resolver2

A packet from the client to a host of the internet takes seven hops, the host being the seventh.
"""

from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface
from itertools import pairwise

CHAIN = ("router", "isp1", "isp2", "core1", "core2", "edge")
"""The nodes that forward, from the user outward."""

LAN_GATEWAY4 = "192.168.10.1"
LAN_GATEWAY6 = "fe80::1"
CLIENT4 = "192.168.10.100/24"
CLIENT6 = "2001:db8:10::100/64"
ROUTER_LAN4 = "192.168.10.1/24"
ROUTER_LAN6 = "2001:db8:10::1/64"


VPN_PORT = 4500
VPN_INNER = ("10.50.0.53/32", "fd50::53/128", "10.50.0.80/32", "fd50::80/128")
"""Behind the VPN's server: a resolver, and a web server with the name INTRANET."""
VPN_SERVER_END = ("10.50.1.1/24", "fd50:1::1/64")
VPN_CLIENT_END = ("10.50.1.2/24", "fd50:1::2/64")
INTRANET = "intranet.corp.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One end of a link: a device of a node and its addresses."""

    node: str
    device: str
    addresses: tuple[str, ...] = ()
    """In prefix notation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A cable between two nodes; `inner` is nearer to the user."""

    name: str
    inner: End
    outer: End
    number: int
    """Makes the MAC addresses."""
    fixed_neighbours: bool = False
    """Both ends know each other, as routers do that have talked for weeks: no ARP/ND in the first measurement."""

    def mac(self, end: End) -> str:
        """The MAC address of one of the two ends."""
        return f"02:00:00:00:{self.number:02x}:{1 if end is self.inner else 2:02x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A server of its own node behind `behind`; the router's address is .1 or .54/.62, ::1."""

    name: str
    behind: str
    v4: str
    v6: str
    router4: str
    router6: str
    names: tuple[str, ...] = ()
    """What DNS says stands here."""
    web_ports: tuple[int, ...] = ()
    """Where nginx speaks TLS; it speaks plain HTTP on port 80 besides. Empty: no web server."""


RESOLVERS = (
    Host(
        name="resolver1",
        behind="isp1",
        v4="198.51.100.53/30",
        v6="2001:db8:53:1::53/64",
        router4="198.51.100.54/30",
        router6="2001:db8:53:1::1/64",
    ),
    Host(
        name="resolver2",
        behind="isp1",
        v4="198.51.100.61/30",
        v6="2001:db8:53:2::53/64",
        router4="198.51.100.62/30",
        router6="2001:db8:53:2::1/64",
    ),
)

INTERNET = (
    Host(
        name="anchor1",
        behind="edge",
        v4="198.18.0.10/24",
        v6="2001:db8:18::10/64",
        router4="198.18.0.1/24",
        router6="2001:db8:18::1/64",
        names=("anchor1.example.com",),
        web_ports=(443,),
    ),
    Host(
        name="anchor2",
        behind="edge",
        v4="198.19.0.11/24",
        v6="2001:db8:19::11/64",
        router4="198.19.0.1/24",
        router6="2001:db8:19::1/64",
        names=("anchor2.example.net",),
        web_ports=(443,),
    ),
    Host(
        name="www1",
        behind="edge",
        v4="198.18.1.20/24",
        v6="2001:db8:18:1::20/64",
        router4="198.18.1.1/24",
        router6="2001:db8:18:1::1/64",
        names=("www.example.com", "connect.example.com"),
        web_ports=(443,),
    ),
    Host(
        name="www2",
        behind="edge",
        v4="198.19.2.20/24",
        v6="2001:db8:19:2::20/64",
        router4="198.19.2.1/24",
        router6="2001:db8:19:2::1/64",
        names=("www.example.net", "check.example.net"),
        web_ports=(443,),
    ),
    Host(
        name="mail",
        behind="edge",
        v4="198.18.3.30/24",
        v6="2001:db8:18:3::30/64",
        router4="198.18.3.1/24",
        router6="2001:db8:18:3::1/64",
        names=("mail.example.com",),
        web_ports=(443, 993),
    ),
    Host(
        name="dns",
        behind="edge",
        v4="198.18.53.53/24",
        v6="2001:db8:18:53::53/64",
        router4="198.18.53.1/24",
        router6="2001:db8:18:53::1/64",
    ),
    Host(
        name="speed",
        behind="edge",
        v4="198.18.5.50/24",
        v6="2001:db8:18:5::50/64",
        router4="198.18.5.1/24",
        router6="2001:db8:18:5::1/64",
        names=("speed.example.com",),
    ),
    Host(
        name="time",
        behind="edge",
        v4="198.18.7.70/24",
        v6="2001:db8:18:7::70/64",
        router4="198.18.7.1/24",
        router6="2001:db8:18:7::1/64",
        names=("ntp.example.com",),
    ),
    Host(
        name="calls",
        behind="edge",
        v4="198.18.8.80/24",
        v6="2001:db8:18:8::80/64",
        router4="198.18.8.1/24",
        router6="2001:db8:18:8::1/64",
        names=("stun.example.com",),
    ),
    Host(
        name="vpn",
        behind="edge",
        v4="198.18.9.90/24",
        v6="2001:db8:18:9::90/64",
        router4="198.18.9.1/24",
        router6="2001:db8:18:9::1/64",
        names=("vpn.example.com",),
    ),
)

HOSTS = RESOLVERS + INTERNET
NODES = ("client", "switch", *CHAIN, *(host.name for host in HOSTS))


def plain(address: str) -> str:
    """The address without its prefix length."""
    return address.partition("/")[0]


def is_v6(address: str) -> bool:
    """Whether the text is an IPv6 address or prefix."""
    return ":" in address


def network(address: str) -> str:
    """The prefix that an address in prefix notation lies in."""
    return str((IPv6Interface if is_v6(address) else IPv4Interface)(address).network)


def records() -> dict[str, tuple[str, ...]]:
    """What the DNS of the lab knows: addresses by name."""
    return {name: (plain(host.v4), plain(host.v6)) for host in HOSTS for name in host.names}


def _links() -> tuple[Link, ...]:
    lan = [
        (
            "lan",
            End(node="client", device="eth0"),
            End(node="switch", device="client"),
            False,
        ),
        (
            "lan-router",
            End(node="switch", device="router"),
            End(node="router", device="lan0", addresses=(ROUTER_LAN4, ROUTER_LAN6, f"{LAN_GATEWAY6}/64")),
            False,
        ),
        (
            "access",
            End(node="router", device="wan0", addresses=("203.0.113.2/24", "2001:db8:ac::2/64")),
            End(node="isp1", device="access", addresses=("203.0.113.1/24", "2001:db8:ac::1/64")),
            True,
        ),
    ]
    backbone = [
        (
            f"{inner}-{outer}",
            End(node=inner, device="uplink", addresses=(f"198.51.100.{4 * i + 1}/30", f"2001:db8:b:{i}::1/64")),
            End(node=outer, device="downlink", addresses=(f"198.51.100.{4 * i + 2}/30", f"2001:db8:b:{i}::2/64")),
            True,
        )
        for i, (inner, outer) in enumerate(pairwise(CHAIN[1:]))
    ]
    hosts = [
        (
            host.name,
            End(node=host.behind, device=host.name, addresses=(host.router4, host.router6)),
            End(node=host.name, device="eth0", addresses=(host.v4, host.v6)),
            False,
        )
        for host in HOSTS
    ]
    return tuple(
        Link(name=name, inner=inner, outer=outer, number=number, fixed_neighbours=fixed)
        for number, (name, inner, outer, fixed) in enumerate(lan + backbone + hosts)
    )


LINKS = _links()


def routes(node: str) -> list[str]:
    """`ip route` lines of a node: cubic everywhere, because namespaces inherit the machine's congestion control."""
    if node == "client":
        return [
            f"route add default via {LAN_GATEWAY4} dev eth0 proto dhcp metric 100 congctl cubic",
            f"route add default via {LAN_GATEWAY6} dev eth0 proto ra metric 100 congctl cubic",
        ]
    for host in HOSTS:
        if host.name == node:
            return [f"route add default via {plain(gateway)} congctl cubic" for gateway in (host.router4, host.router6)]
    if node not in CHAIN:
        return []
    lines = []
    place = CHAIN.index(node)
    backbone = {(link.inner.node, link.outer.node): link for link in LINKS}
    if node != CHAIN[-1]:
        up = backbone[node, CHAIN[place + 1]]
        lines += [f"route add default via {plain(address)} congctl cubic" for address in up.outer.addresses]
    if node != CHAIN[0]:
        down = backbone[CHAIN[place - 1], node]
        via4, via6 = (plain(address) for address in down.inner.addresses)
        below = CHAIN[:place]
        inside = {
            network(address)
            for link in LINKS
            for end in (link.inner, link.outer)
            if link is not down and link.inner.node in {*below, "switch"} and link.outer.node != CHAIN[place]
            for address in end.addresses
            if not address.startswith("fe80")
        }
        # The provider does not know the home's private IPv4 prefix: the router translates it.
        inside.discard(network(ROUTER_LAN4))
        lines += [f"route add {prefix} via {via6 if is_v6(prefix) else via4}" for prefix in sorted(inside)]
    return lines
