"""Reads rtnetlink messages of Linux (rtnetlink(7)): links, addresses, routes and neighbours. Pure, for any system.

The kit reads netlink by itself: the few messages that it needs take a millisecond, where importing a netlink library
takes as long as everything else that the interfaces probe does.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from nexkit.facts.link import NOT_COUNTED, LinkCounters
from nexkit.units import Bytes

AF_INET = 2
AF_INET6 = 10
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_DUMP_INTERRUPTED = 0x10
RT_TABLE_MAIN = 254

_HEADER = struct.Struct("=IHHII")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")
_ROUTE = struct.Struct("=BBBBBBBBI")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_NEXT_HOP = struct.Struct("=HBBi")
_ATTRIBUTE = struct.Struct("=HH")
_STATISTICS = struct.Struct("=13Q")
"""The beginning of struct rtnl_link_stats64; the rest of the receive errors follows."""
_U32 = struct.Struct("=I")
_I32 = struct.Struct("=i")

_ATTRIBUTE_TYPE_MASK = 0x3FFF
"""The upper two bits are flags (nested, network byte order)."""
_RTN_UNICAST = 1
_INFINITE_LIFETIME_S = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One netlink message without its header."""

    type: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One interface; flags as in netdevice(7), `hardware_type` as in linux/if_arp.h."""

    index: int
    name: str
    hardware_type: int
    flags: int
    mtu_bytes: int | None
    mac: bytes
    carrier: bool | None
    master: int | None
    """Index of the bridge or bond that it is a port of."""
    kind: str | None
    """The software kind (`veth`, `bridge`, `tun`); None for the driver of a device."""
    counters: LinkCounters = NOT_COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of an interface."""

    link: int
    address: str
    prefix_length: int
    flags: int
    finite: bool
    """It has a lifetime that ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way of a unicast route; a route over several gateways gives several."""

    family: int
    table: int
    destination: str | None
    """None: the default route."""
    prefix_length: int
    link: int | None
    gateway: str | None
    metric: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The way that the kernel would send a packet."""

    link: int | None
    source: str | None
    gateway: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighbourEntry:
    """One entry of the ARP or ND table; `state` as in linux/neighbour.h."""

    link: int
    address: str
    state: int
    mac: bytes


def messages(data: bytes) -> Iterator[Message]:
    """The messages of one read, in order; ends at a broken one."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, _sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return
        yield Message(type=kind, flags=flags, body=data[offset + _HEADER.size : offset + length])
        offset += _aligned(length)


def error_number(message: Message) -> int:
    """The errno of an NLMSG_ERROR message; 0 is a mere acknowledgement."""
    return -int(_I32.unpack_from(message.body)[0])


def read_links(found: Iterable[Message]) -> tuple[Link, ...]:
    """RTM_NEWLINK messages."""
    links = []
    for message in found:
        _family, hardware_type, index, flags, _change = _LINK.unpack_from(message.body)
        attributes = _attributes(message.body[_LINK.size :])
        information = _attributes(attributes.get(18, b""))
        kind = information.get(1)
        carrier = attributes.get(33)
        links.append(
            Link(
                index=index,
                name=_text(attributes.get(3, b"")),
                hardware_type=hardware_type,
                flags=flags,
                mtu_bytes=_number(attributes.get(4)),
                mac=attributes.get(1, b""),
                carrier=None if carrier is None else bool(carrier[0]),
                master=_number(attributes.get(10)),
                kind=None if kind is None else _text(kind),
                counters=_counters(attributes.get(23, b""), _number(attributes.get(35))),
            )
        )
    return tuple(links)


def read_addresses(found: Iterable[Message]) -> tuple[Address, ...]:
    """RTM_NEWADDR messages of IPv4 and IPv6."""
    addresses = []
    for message in found:
        family, prefix_length, short_flags, _scope, index = _ADDRESS.unpack_from(message.body)
        attributes = _attributes(message.body[_ADDRESS.size :])
        # On a point-to-point link attribute 1 is the peer's address and attribute 2 the own one.
        packed = attributes.get(2, attributes.get(1))
        if family not in (AF_INET, AF_INET6) or packed is None:
            continue
        flags = _number(attributes.get(8))
        lifetimes = attributes.get(6, b"")
        valid_s = _U32.unpack_from(lifetimes, 4)[0] if len(lifetimes) >= 8 else _INFINITE_LIFETIME_S  # noqa: PLR2004
        addresses.append(
            Address(
                link=index,
                address=str(ip_address(packed)),
                prefix_length=prefix_length,
                flags=short_flags if flags is None else flags,
                finite=valid_s != _INFINITE_LIFETIME_S,
            )
        )
    return tuple(addresses)


def read_routes(found: Iterable[Message]) -> tuple[Route, ...]:
    """RTM_NEWROUTE messages of unicast routes."""
    routes: list[Route] = []
    for message in found:
        family, prefix_length, _source, _tos, short_table, _protocol, _scope, kind, _flags = _ROUTE.unpack_from(
            message.body
        )
        if kind != _RTN_UNICAST or family not in (AF_INET, AF_INET6):
            continue
        attributes = _attributes(message.body[_ROUTE.size :])
        table = _number(attributes.get(15))
        for link, gateway in _ways(attributes):
            routes.append(
                Route(
                    family=family,
                    table=short_table if table is None else table,
                    destination=str(ip_address(attributes[1])) if 1 in attributes and prefix_length else None,
                    prefix_length=prefix_length,
                    link=link,
                    gateway=gateway,
                    metric=_number(attributes.get(6)) or 0,
                )
            )
    return tuple(routes)


def read_lookup(message: Message) -> Lookup:
    """The RTM_NEWROUTE message that answers RTM_GETROUTE for one address."""
    attributes = _attributes(message.body[_ROUTE.size :])
    link, gateway = next(_ways(attributes), (None, None))
    source = attributes.get(7)
    return Lookup(link=link, source=None if source is None else str(ip_address(source)), gateway=gateway)


def read_neighbours(found: Iterable[Message]) -> tuple[NeighbourEntry, ...]:
    """RTM_NEWNEIGH messages of IPv4 and IPv6."""
    entries = []
    for message in found:
        family, index, state, _flags, _kind = _NEIGHBOUR.unpack_from(message.body)
        attributes = _attributes(message.body[_NEIGHBOUR.size :])
        if family in (AF_INET, AF_INET6) and 1 in attributes:
            entries.append(
                NeighbourEntry(
                    link=index, address=str(ip_address(attributes[1])), state=state, mac=attributes.get(2, b"")
                )
            )
    return tuple(entries)


def _counters(statistics: bytes, carrier_changes: int | None) -> LinkCounters:
    """IFLA_STATS64 and IFLA_CARRIER_CHANGES."""
    if len(statistics) < _STATISTICS.size:
        return LinkCounters(carrier_changes=carrier_changes)
    (
        received_packets,
        sent_packets,
        received_bytes,
        sent_bytes,
        receive_errors,
        send_errors,
        receive_drops,
        send_drops,
        _multicast,
        collisions,
        _length_errors,
        _overruns,
        crc_errors,
    ) = _STATISTICS.unpack_from(statistics)
    return LinkCounters(
        received_bytes=Bytes(received_bytes),
        sent_bytes=Bytes(sent_bytes),
        received_packets=received_packets,
        sent_packets=sent_packets,
        receive_errors=receive_errors,
        send_errors=send_errors,
        receive_drops=receive_drops,
        send_drops=send_drops,
        crc_errors=crc_errors,
        collisions=collisions,
        carrier_changes=carrier_changes,
    )


def _ways(attributes: Mapping[int, bytes]) -> Iterator[tuple[int | None, str | None]]:
    """Link and gateway of each way of a route (RTA_MULTIPATH where there are several)."""
    several = attributes.get(9)
    if several is None:
        yield _number(attributes.get(4)), _gateway(attributes)
        return
    offset = 0
    while offset + _NEXT_HOP.size <= len(several):
        length, _flags, _weight, link = _NEXT_HOP.unpack_from(several, offset)
        if length < _NEXT_HOP.size:
            return
        yield link, _gateway(_attributes(several[offset + _NEXT_HOP.size : offset + length]))
        offset += _aligned(length)


def _gateway(attributes: Mapping[int, bytes]) -> str | None:
    """RTA_GATEWAY, or RTA_VIA where the gateway is of the other family (RFC 5549)."""
    packed = attributes.get(5, attributes.get(18, b"")[2:])
    return str(ip_address(packed)) if packed else None


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            break
        found[kind & _ATTRIBUTE_TYPE_MASK] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += _aligned(length)
    return found


def _aligned(length: int) -> int:
    return (length + 3) & ~3


def _number(data: bytes | None) -> int | None:
    return int(_U32.unpack_from(data)[0]) if data is not None and len(data) >= _U32.size else None


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")
