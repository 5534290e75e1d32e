"""Structures of the Windows IP Helper API and what is read from them; no call is made here.

Layouts are those of 64-bit Windows (iptypes.h, netioapi.h, ipexport.h, winhttp.h), written with types of fixed width,
so that they can be tested on every system. Text is UTF-16 in memory, whatever the system's language.
"""

import ctypes
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, TypeAlias

from nexkit.address import Family, Scope, scope
from nexkit.facts.link import NOT_COUNTED, LinkCounters
from nexkit.facts.network import AddressOrigin, InterfaceAddress, NeighbourState
from nexkit.outcome import FailureKind
from nexkit.platform.api import EchoReply, HopReply, Neighbour
from nexkit.platform.derive import mac_text, same_host
from nexkit.units import Bytes, Ms

if TYPE_CHECKING:
    WideText: TypeAlias = ctypes._Pointer[ctypes.c_uint16]  # noqa: SLF001  the only name typeshed has for it
else:
    WideText = ctypes.POINTER(ctypes.c_uint16)

AF_INET = 2
AF_INET6 = 23
"""The numbers of Windows; `socket.AF_INET6` is another one elsewhere."""

ERROR_FILE_NOT_FOUND = 2
ERROR_ACCESS_DENIED = 5
ERROR_INVALID_PARAMETER = 87
ERROR_BUFFER_OVERFLOW = 111
ERROR_NO_DATA = 232
ERROR_NOT_FOUND = 1168

IP_SUCCESS = 0
IP_REQ_TIMED_OUT = 11010
IP_TTL_EXPIRED = frozenset({11013, 11041})
"""IP_TTL_EXPIRED_TRANSIT, IP_TIME_EXCEEDED."""

_STATUS_FAILURES = {
    ERROR_ACCESS_DENIED: FailureKind.FILTERED_LOCALLY,
    1231: FailureKind.NET_UNREACHABLE,  # ERROR_NETWORK_UNREACHABLE
    1232: FailureKind.HOST_UNREACHABLE,  # ERROR_HOST_UNREACHABLE
    1234: FailureKind.REFUSED,  # ERROR_PORT_UNREACHABLE
    65: FailureKind.FILTERED_LOCALLY,  # ERROR_NETWORK_ACCESS_DENIED
    10013: FailureKind.FILTERED_LOCALLY,  # WSAEACCES
    10049: FailureKind.NO_ADDRESS,  # WSAEADDRNOTAVAIL
    10051: FailureKind.NET_UNREACHABLE,  # WSAENETUNREACH
    10065: FailureKind.HOST_UNREACHABLE,  # WSAEHOSTUNREACH
    11002: FailureKind.NET_UNREACHABLE,  # IP_DEST_NET_UNREACHABLE
    11003: FailureKind.HOST_UNREACHABLE,  # IP_DEST_HOST_UNREACHABLE
    11004: FailureKind.HOST_UNREACHABLE,  # IP_DEST_PROT_UNREACHABLE, for IPv6 IP_DEST_PROHIBITED
    11005: FailureKind.REFUSED,  # IP_DEST_PORT_UNREACHABLE
    11009: FailureKind.MESSAGE_TOO_BIG,  # IP_PACKET_TOO_BIG
    IP_REQ_TIMED_OUT: FailureKind.TIMEOUT,
    11012: FailureKind.NET_UNREACHABLE,  # IP_BAD_ROUTE
    11013: FailureKind.HOST_UNREACHABLE,  # IP_TTL_EXPIRED_TRANSIT
    11018: FailureKind.NET_UNREACHABLE,  # IP_BAD_DESTINATION
    11040: FailureKind.HOST_UNREACHABLE,  # IP_DEST_UNREACHABLE
    11041: FailureKind.HOST_UNREACHABLE,  # IP_TIME_EXCEEDED
    11045: FailureKind.HOST_UNREACHABLE,  # IP_DEST_SCOPE_MISMATCH
}

_IF_OPER_STATUS_UP = 1
_IF_ADMIN_STATUS_UP = 1
_MEDIA_CONNECT_STATES = {1: True, 2: False}
"""NDIS: MediaConnectStateConnected, ...Disconnected; 0 is unknown."""
_SPEED_UNKNOWN = 2**64 - 1
_DAD_DUPLICATE = 2
_DAD_SETTLED = frozenset({_DAD_DUPLICATE, 3, 4})
"""IpDadStateDuplicate, ...Deprecated, ...Preferred; an invalid or tentative one is not decided."""
_PREFIX_ORIGINS = {1: AddressOrigin.STATIC, 3: AddressOrigin.DYNAMIC, 4: AddressOrigin.DYNAMIC}
"""IpPrefixOriginManual, ...Dhcp, ...RouterAdvertisement; the others do not tell."""
_NEIGHBOUR_STATES = {
    0: NeighbourState.FAILED,  # NlnsUnreachable
    1: NeighbourState.FAILED,  # NlnsIncomplete
    2: NeighbourState.STALE,  # NlnsProbe
    3: NeighbourState.STALE,  # NlnsDelay
    4: NeighbourState.STALE,  # NlnsStale
    5: NeighbourState.REACHABLE,  # NlnsReachable
    6: NeighbourState.STALE,  # NlnsPermanent: somebody typed it in, nobody confirmed it
}


class SocketAddress(ctypes.Structure):
    """SOCKET_ADDRESS: a pointer to a sockaddr and its length."""

    _fields_ = (("sockaddr", ctypes.c_void_p), ("length", ctypes.c_int32))


class UnicastAddress(ctypes.Structure):
    """IP_ADAPTER_UNICAST_ADDRESS_LH."""


UnicastAddress._fields_ = (
    ("length", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("next", ctypes.POINTER(UnicastAddress)),
    ("address", SocketAddress),
    ("prefix_origin", ctypes.c_int32),
    ("suffix_origin", ctypes.c_int32),
    ("dad_state", ctypes.c_int32),
    ("valid_lifetime", ctypes.c_uint32),
    ("preferred_lifetime", ctypes.c_uint32),
    ("lease_lifetime", ctypes.c_uint32),
    ("on_link_prefix_length", ctypes.c_uint8),
)


class DnsServerAddress(ctypes.Structure):
    """IP_ADAPTER_DNS_SERVER_ADDRESS_XP."""


DnsServerAddress._fields_ = (
    ("length", ctypes.c_uint32),
    ("reserved", ctypes.c_uint32),
    ("next", ctypes.POINTER(DnsServerAddress)),
    ("address", SocketAddress),
)


class DnsSuffix(ctypes.Structure):
    """IP_ADAPTER_DNS_SUFFIX."""


DnsSuffix._fields_ = (("next", ctypes.POINTER(DnsSuffix)), ("text", ctypes.c_uint16 * 256))


class AdapterAddresses(ctypes.Structure):
    """IP_ADAPTER_ADDRESSES_LH."""


AdapterAddresses._fields_ = (
    ("length", ctypes.c_uint32),
    ("if_index", ctypes.c_uint32),
    ("next", ctypes.POINTER(AdapterAddresses)),
    ("adapter_name", ctypes.c_void_p),
    ("first_unicast", ctypes.POINTER(UnicastAddress)),
    ("first_anycast", ctypes.c_void_p),
    ("first_multicast", ctypes.c_void_p),
    ("first_dns_server", ctypes.POINTER(DnsServerAddress)),
    ("dns_suffix", ctypes.POINTER(ctypes.c_uint16)),
    ("description", ctypes.POINTER(ctypes.c_uint16)),
    ("friendly_name", ctypes.POINTER(ctypes.c_uint16)),
    ("physical_address", ctypes.c_uint8 * 8),
    ("physical_address_length", ctypes.c_uint32),
    ("flags", ctypes.c_uint32),
    ("mtu", ctypes.c_uint32),
    ("if_type", ctypes.c_uint32),
    ("oper_status", ctypes.c_int32),
    ("ipv6_if_index", ctypes.c_uint32),
    ("zone_indices", ctypes.c_uint32 * 16),
    ("first_prefix", ctypes.c_void_p),
    ("transmit_link_speed", ctypes.c_uint64),
    ("receive_link_speed", ctypes.c_uint64),
    ("first_wins_server", ctypes.c_void_p),
    ("first_gateway", ctypes.c_void_p),
    ("ipv4_metric", ctypes.c_uint32),
    ("ipv6_metric", ctypes.c_uint32),
    ("luid", ctypes.c_uint64),
    ("dhcpv4_server", SocketAddress),
    ("compartment_id", ctypes.c_uint32),
    ("network_guid", ctypes.c_uint8 * 16),
    ("connection_type", ctypes.c_int32),
    ("tunnel_type", ctypes.c_int32),
    ("dhcpv6_server", SocketAddress),
    ("dhcpv6_client_duid", ctypes.c_uint8 * 130),
    ("dhcpv6_client_duid_length", ctypes.c_uint32),
    ("dhcpv6_iaid", ctypes.c_uint32),
    ("first_dns_suffix", ctypes.POINTER(DnsSuffix)),
)


class IpOptions(ctypes.Structure):
    """IP_OPTION_INFORMATION of a 64-bit process."""

    _fields_ = (
        ("ttl", ctypes.c_uint8),
        ("tos", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("options_size", ctypes.c_uint8),
        ("options_data", ctypes.c_void_p),
    )


class IpNetRow(ctypes.Structure):
    """MIB_IPNET_ROW2: one entry of the ARP or ND table."""

    _fields_ = (
        ("address", ctypes.c_uint8 * 28),
        ("interface_index", ctypes.c_uint32),
        ("interface_luid", ctypes.c_uint64),
        ("physical_address", ctypes.c_uint8 * 32),
        ("physical_address_length", ctypes.c_uint32),
        ("state", ctypes.c_int32),
        ("flags", ctypes.c_uint8),
        ("reachability_time", ctypes.c_uint32),
    )


class ProxyConfig(ctypes.Structure):
    """WINHTTP_CURRENT_USER_IE_PROXY_CONFIG; the texts belong to the caller, who frees them by GlobalFree."""

    _fields_ = (
        ("auto_detect", ctypes.c_int32),
        ("auto_config_url", ctypes.POINTER(ctypes.c_uint16)),
        ("proxy", ctypes.POINTER(ctypes.c_uint16)),
        ("proxy_bypass", ctypes.POINTER(ctypes.c_uint16)),
    )


class WinHttpProxyInfo(ctypes.Structure):
    """WINHTTP_PROXY_INFO; the texts belong to the caller, who frees them by GlobalFree."""

    _fields_ = (
        ("access_type", ctypes.c_uint32),
        ("proxy", ctypes.POINTER(ctypes.c_uint16)),
        ("proxy_bypass", ctypes.POINTER(ctypes.c_uint16)),
    )


ECHO_REPLY_BYTES = 40
"""ICMP_ECHO_REPLY of a 64-bit process; ICMPV6_ECHO_REPLY_LH is smaller."""
ECHO_REPLY_EXTRA_BYTES = 8 + 16
"""What a reply buffer needs beyond the reply and its data: an ICMP error and an IO_STATUS_BLOCK."""

_ECHO_REPLY4 = struct.Struct("<4sII")
_ECHO_REPLY6 = struct.Struct("<6x16sI2xII")
"""The address in front is packed to 26 bytes, what follows is aligned."""
_IF_ROW_BYTES = 1352
_IF_ROW = struct.Struct("<Q4x16s514s514xI32s32xII4x4xI8xB3x4xII16x4x4xQ8x5Q32x5Q32x")
"""MIB_IF_ROW2: LUID, GUID, alias, MAC length, MAC, MTU, type, physical medium, flags, admin and media state, speed;
bytes, unicast and other packets, discards and errors that came in, and the same that went out."""
_FORWARD_ROW = struct.Struct("<QI28sB3x28s12xI16x")
"""MIB_IPFORWARD_ROW2: LUID, index, prefix, its length, next hop, metric."""
_NEIGHBOUR_ROW_BYTES = ctypes.sizeof(IpNetRow)
_TABLE_HEADER_BYTES = 8
_IF_FLAG_HARDWARE = 0x01
_IF_FLAG_FILTER = 0x02
_SOCKADDR_IN = struct.Struct("<HH4s")
_SOCKADDR_IN6 = struct.Struct("<HHI16sI")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that the system allocates: how many rows, and the rows."""

    row_bytes: int

    def size_bytes(self, rows: int) -> int:
        """Of a table with so many rows."""
        return _TABLE_HEADER_BYTES + rows * self.row_bytes

    def rows(self, table: bytes) -> Iterator[bytes]:
        """Each whole row."""
        for offset in range(_TABLE_HEADER_BYTES, len(table) - self.row_bytes + 1, self.row_bytes):
            yield table[offset : offset + self.row_bytes]


INTERFACE_TABLE = Table(row_bytes=_IF_ROW_BYTES)
FORWARD_TABLE = Table(row_bytes=_FORWARD_ROW.size)
NEIGHBOUR_TABLE = Table(row_bytes=_NEIGHBOUR_ROW_BYTES)
"""MIB_IF_TABLE2, MIB_IPFORWARD_TABLE2 and MIB_IPNET_TABLE2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """One entry of GetAdaptersAddresses."""

    luid: int
    index: int
    name: str
    if_type: int
    up: bool
    mtu_bytes: int | None
    speed_bit_s: int | None
    mac: str | None
    metric4: int
    metric6: int
    addresses: tuple[InterfaceAddress, ...]
    resolvers: tuple[str, ...]
    suffixes: tuple[str, ...]

    def metric(self, of_family: Family) -> int:
        """The interface's share of a route's cost."""
        return self.metric4 if of_family is Family.IPV4 else self.metric6


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceRow:
    """One entry of GetIfTable2, which also knows interfaces that are switched off."""

    luid: int
    name: str
    if_type: int
    physical_medium: int
    hardware: bool
    filter: bool
    """A layer of another interface, not one of its own."""
    admin_up: bool
    connected: bool | None
    mtu_bytes: int | None
    speed_bit_s: int | None
    mac: str | None
    guid: bytes = bytes(16)
    """As it lies in memory."""
    counters: LinkCounters = NOT_COUNTED


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardRow:
    """One entry of GetIpForwardTable2."""

    family: Family
    luid: int
    index: int
    prefix_length: int
    next_hop: str | None
    """None: the destination is on the link."""
    metric: int
    """The route's own share; the interface's metric comes on top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpAnswer:
    """What came of IcmpSendEcho2 or Icmp6SendEcho2: who answered, an IP_STATUS or Win32 error, whole milliseconds."""

    address: str | None
    """None: nobody."""
    status: int
    rtt_ms: int


def failure_of(status: int) -> FailureKind:
    """What an IP_STATUS or Win32 error of an echo request stands for."""
    return _STATUS_FAILURES.get(status, FailureKind.OTHER)


def wide_text(pointer: WideText) -> str:
    """Text that a LPWSTR points to; empty for NULL."""
    units: list[int] = []
    while pointer and (unit := pointer[len(units)]):
        units.append(unit)
    return struct.pack(f"<{len(units)}H", *units).decode("utf-16-le", "replace")


def read_socket_address(data: bytes) -> str | None:
    """The address in a sockaddr; None for another family or one that is cut off. Link-local IPv6 keeps its zone."""
    family = int.from_bytes(data[:2], "little")
    if family == AF_INET and len(data) >= _SOCKADDR_IN.size:
        return str(IPv4Address(_SOCKADDR_IN.unpack_from(data)[2]))
    if family == AF_INET6 and len(data) >= _SOCKADDR_IN6.size:
        _, _, _, packed, zone = _SOCKADDR_IN6.unpack_from(data)
        return with_zone(str(IPv6Address(packed)), zone)
    return None


def write_socket_address(address: str | None, of_family: Family) -> bytes:
    """A sockaddr of 28 bytes (SOCKADDR_INET) for an address, port 0; None: the unspecified one."""
    if of_family is Family.IPV4:
        packed = IPv4Address(address or "0.0.0.0").packed  # noqa: S104  a value, nothing listens
        return _SOCKADDR_IN.pack(AF_INET, 0, packed).ljust(_SOCKADDR_IN6.size, b"\0")
    plain, _, zone = (address or "::").partition("%")
    number = int(zone) if zone.isdecimal() else 0
    return _SOCKADDR_IN6.pack(AF_INET6, 0, 0, IPv6Address(plain).packed, number)


def with_zone(address: str, zone: int) -> str:
    """A link-local IPv6 address with the index of its interface, as Windows writes it; others unchanged."""
    if zone and ":" in address and "%" not in address and scope(address) is Scope.LINK_LOCAL:
        return f"{address}%{zone}"
    return address


def _known(value: int, *unknown: int) -> int | None:
    return None if value in unknown else value


def _chain(node: Any) -> Iterator[Any]:  # noqa: ANN401  a pointer to any structure with a `next`
    """Every structure of a linked list; nothing for NULL."""
    while node:
        yield node.contents
        node = node.contents.next


def _addressed(holder: Any) -> str | None:  # noqa: ANN401  any structure with a SOCKET_ADDRESS
    where: SocketAddress = holder.address
    return read_socket_address(ctypes.string_at(where.sockaddr, where.length)) if where.sockaddr else None


def _unicast(entry: UnicastAddress) -> InterfaceAddress | None:
    address = _addressed(entry)
    if address is None:
        return None
    link_local = scope(address) is Scope.LINK_LOCAL
    return InterfaceAddress(
        address=address.partition("%")[0],
        prefix_length=entry.on_link_prefix_length,
        origin=AddressOrigin.LINK_LOCAL if link_local else _PREFIX_ORIGINS.get(entry.prefix_origin),
        duplicate=entry.dad_state == _DAD_DUPLICATE if entry.dad_state in _DAD_SETTLED else None,
    )


def _adapter(entry: AdapterAddresses) -> Adapter:
    unicast = (_unicast(each) for each in _chain(entry.first_unicast))
    servers = (_addressed(each) for each in _chain(entry.first_dns_server))
    suffixes = [wide_text(entry.dns_suffix)]
    suffixes += [
        wide_text(ctypes.cast(each.text, ctypes.POINTER(ctypes.c_uint16))) for each in _chain(entry.first_dns_suffix)
    ]
    return Adapter(
        luid=entry.luid,
        index=entry.if_index or entry.ipv6_if_index,
        name=wide_text(entry.friendly_name),
        if_type=entry.if_type,
        up=entry.oper_status == _IF_OPER_STATUS_UP,
        mtu_bytes=_known(entry.mtu, 0, 2**32 - 1),
        speed_bit_s=_known(entry.transmit_link_speed, 0, _SPEED_UNKNOWN),
        mac=mac_text(bytes(entry.physical_address[: entry.physical_address_length])),
        metric4=entry.ipv4_metric,
        metric6=entry.ipv6_metric,
        addresses=tuple(address for address in unicast if address is not None),
        resolvers=tuple(with_zone(server, entry.ipv6_if_index) for server in servers if server is not None),
        suffixes=tuple(dict.fromkeys(suffix for suffix in suffixes if suffix)),
    )


def read_adapters(head: Any) -> tuple[Adapter, ...]:  # noqa: ANN401  a pointer to AdapterAddresses, may be NULL
    """The linked list that GetAdaptersAddresses wrote."""
    return tuple(_adapter(entry) for entry in _chain(head))


def read_interface_rows(table: bytes) -> tuple[InterfaceRow, ...]:
    """The rows of a MIB_IF_TABLE2."""
    rows = []
    for row in INTERFACE_TABLE.rows(table):
        luid, guid, alias, mac_length, mac, mtu, if_type, medium, flags, admin, media, speed, *counts = (
            _IF_ROW.unpack_from(row)
        )
        rows.append(
            InterfaceRow(
                luid=luid,
                name=alias.decode("utf-16-le", "replace").partition("\0")[0],
                if_type=if_type,
                physical_medium=medium,
                hardware=bool(flags & _IF_FLAG_HARDWARE),
                filter=bool(flags & _IF_FLAG_FILTER),
                admin_up=admin == _IF_ADMIN_STATUS_UP,
                connected=_MEDIA_CONNECT_STATES.get(media),
                mtu_bytes=_known(mtu, 0, 2**32 - 1),
                speed_bit_s=_known(speed, 0, _SPEED_UNKNOWN),
                mac=mac_text(mac[:mac_length]),
                guid=guid,
                counters=_counters(*counts),
            )
        )
    return tuple(rows)


def _counters(*counts: int) -> LinkCounters:
    """The counters of a row, in its order; check sums and changes of the carrier are not among them."""
    (
        received_bytes,
        received_unicast,
        received_other,
        receive_drops,
        receive_errors,
        sent_bytes,
        sent_unicast,
        sent_other,
        send_drops,
        send_errors,
    ) = counts
    return LinkCounters(
        received_bytes=Bytes(received_bytes),
        sent_bytes=Bytes(sent_bytes),
        received_packets=received_unicast + received_other,
        sent_packets=sent_unicast + sent_other,
        receive_errors=receive_errors,
        send_errors=send_errors,
        receive_drops=receive_drops,
        send_drops=send_drops,
    )


def read_forward_rows(table: bytes) -> tuple[ForwardRow, ...]:
    """The rows of a MIB_IPFORWARD_TABLE2; those of another family than IPv4 and IPv6 are left out."""
    rows = []
    for row in FORWARD_TABLE.rows(table):
        luid, index, prefix, prefix_length, next_hop, metric = _FORWARD_ROW.unpack(row)
        destination, gateway = read_socket_address(prefix), read_socket_address(next_hop)
        if destination is None:
            continue
        on_link = gateway is None or scope(gateway) is Scope.UNSPECIFIED
        rows.append(
            ForwardRow(
                family=Family.IPV6 if ":" in destination else Family.IPV4,
                luid=luid,
                index=index,
                prefix_length=prefix_length,
                next_hop=None if on_link or gateway is None else with_zone(gateway, index),
                metric=metric,
            )
        )
    return tuple(rows)


def find_neighbour(table: bytes, luid: int, address: str) -> Neighbour:
    """The entry of an address on an interface in a MIB_IPNET_TABLE2; absent where there is none."""
    for data in NEIGHBOUR_TABLE.rows(table):
        row = IpNetRow.from_buffer_copy(data)
        found = read_socket_address(bytes(row.address))
        # The interface says which link is meant, so zones do not count.
        if row.interface_luid == luid and same_host(found, address):
            return _neighbour(row)
    return Neighbour(state=NeighbourState.ABSENT, mac=None)


def _neighbour(row: IpNetRow) -> Neighbour:
    return Neighbour(
        state=_NEIGHBOUR_STATES.get(row.state, NeighbourState.STALE),
        mac=mac_text(bytes(row.physical_address[: row.physical_address_length])),
    )


def read_echo_reply(buffer: bytes, of_family: Family) -> IcmpAnswer:
    """The first reply in the buffer of IcmpSendEcho2 or Icmp6SendEcho2; struct.error where it is cut off."""
    if of_family is Family.IPV4:
        packed, status, rtt_ms = _ECHO_REPLY4.unpack_from(buffer)
        return IcmpAnswer(address=str(IPv4Address(packed)), status=status, rtt_ms=rtt_ms)
    packed, zone, status, rtt_ms = _ECHO_REPLY6.unpack_from(buffer)
    return IcmpAnswer(address=with_zone(str(IPv6Address(packed)), zone), status=status, rtt_ms=rtt_ms)


def echo_reply(answer: IcmpAnswer, elapsed_ms: Ms) -> EchoReply:
    """What an echo request came to; `elapsed_ms` is how long the call took.

    The system counts whole milliseconds; within them our own clock decides, which also counts the waking of a thread.
    """
    if answer.status == IP_SUCCESS:
        return EchoReply(rtt_ms=Ms(min(max(elapsed_ms, answer.rtt_ms), answer.rtt_ms + 1)), error=None)
    return EchoReply(rtt_ms=None, error=None if answer.status == IP_REQ_TIMED_OUT else failure_of(answer.status))


def hop_reply(answer: IcmpAnswer, elapsed_ms: Ms, target: str) -> HopReply:
    """What a probe with limited TTL came to; an "unreachable" of the target itself says that it was reached.

    Round trips are of our own clock: Microsoft documents the system's for echo replies alone.
    """
    if answer.status == IP_REQ_TIMED_OUT:
        return HopReply(address=None, rtt_ms=None, reached=False, unreachable=None)
    reached = answer.status == IP_SUCCESS or same_host(answer.address, target)
    forwarding = answer.status in IP_TTL_EXPIRED
    return HopReply(
        address=answer.address,
        rtt_ms=None if answer.address is None else elapsed_ms,
        reached=reached,
        unreachable=None if reached or forwarding else failure_of(answer.status),
    )
