"""DHCP for IPv4 (RFC 2131, options of RFC 2132): asking without taking an address, and reading what comes back."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from nexkit.facts.segment import DhcpAnswerKind
from nexkit.host_name import is_host_name
from nexkit.platform.parse_dhcp_lease import clean_option
from probes.segment.ethernet import BROADCAST, IPV4, Frame, frame, read_udp4, udp4

_FIXED = struct.Struct("!BBBBIHH4s4s4s4s16s64s128sI")
_COOKIE = 0x63825363
_REQUEST, _REPLY = 1, 2
_BROADCAST_FLAG = 0x8000
_SERVER_PORT, _CLIENT_PORT = 67, 68
_DISCOVER, _INFORM = 1, 8
_KINDS = {2: DhcpAnswerKind.OFFER, 5: DhcpAnswerKind.ACK, 6: DhcpAnswerKind.NAK}
_MASK, _ROUTER, _RESOLVERS, _DOMAIN, _LEASE, _KIND, _SERVER, _WANTED = 1, 3, 6, 15, 51, 53, 54, 55
_PAC_URL, _END, _PAD = 252, 255, 0
_SMALLEST_MESSAGE_BYTES = 300
_MAX_LISTED = 8
_IPV4_BYTES = 4
_NOWHERE = bytes(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpReply:
    """A server's message to our transaction."""

    kind: DhcpAnswerKind
    server: str | None
    relay: str | None
    offered: str | None
    prefix_length: int | None
    routers: tuple[str, ...]
    resolvers: tuple[str, ...]
    domain: str | None
    pac_url: str | None
    lease_s: int | None


def discover(mac: bytes, transaction: int) -> bytes:
    """The frame that asks every server for an offer, which is never taken up; the answer is broadcast."""
    return _message(mac, transaction, _DISCOVER, "0.0.0.0")  # noqa: S104  an address, nothing listens


def inform(mac: bytes, transaction: int, own: str) -> bytes:
    """The frame that asks every server for its settings; `own` is the address that this computer has."""
    return _message(mac, transaction, _INFORM, own)


def _message(mac: bytes, transaction: int, kind: int, own: str) -> bytes:
    flags = _BROADCAST_FLAG if kind == _DISCOVER else 0
    fixed = _FIXED.pack(
        *(_REQUEST, 1, len(mac), 0, transaction, 0, flags, IPv4Address(own).packed, _NOWHERE, _NOWHERE, _NOWHERE),
        *(mac.ljust(16, b"\0"), bytes(64), bytes(128), _COOKIE),
    )
    wanted = bytes([_MASK, _ROUTER, _RESOLVERS, _DOMAIN, _LEASE, _SERVER, _PAC_URL])
    options = bytes([_KIND, 1, kind, _WANTED, len(wanted)]) + wanted + bytes([_END])
    payload = (fixed + options).ljust(_SMALLEST_MESSAGE_BYTES, b"\0")
    packet = udp4(own, _CLIENT_PORT, "255.255.255.255", _SERVER_PORT, payload)
    return frame(BROADCAST, mac, IPV4, packet)


def read_reply(of: Frame, mac: bytes, transactions: frozenset[int]) -> DhcpReply | None:
    """A reply to one of our transactions; None for any other frame."""
    payload = read_udp4(of.payload) if of.type == IPV4 else None
    if payload is None or len(payload) < _FIXED.size:
        return None
    operation, _, _, _, transaction, _, _, _, offered, _, relay, hardware, _, _, cookie = _FIXED.unpack_from(payload)
    if (operation, cookie) != (_REPLY, _COOKIE) or transaction not in transactions or hardware[: len(mac)] != mac:
        return None
    options = _options(payload[_FIXED.size :])
    kind = _KINDS.get(int.from_bytes(options.get(_KIND, b"")))
    if kind is None:
        return None
    server, mask = _addresses(options, _SERVER), options.get(_MASK, b"")
    domain = options.get(_DOMAIN, b"").rstrip(b"\0").decode("latin-1")
    lease = options.get(_LEASE, b"")
    return DhcpReply(
        kind=kind,
        server=server[0] if server else None,
        relay=_address(relay),
        offered=_address(offered),
        prefix_length=int.from_bytes(mask).bit_count() if len(mask) == _IPV4_BYTES else None,
        routers=_addresses(options, _ROUTER),
        resolvers=_addresses(options, _RESOLVERS),
        domain=domain if domain and is_host_name(domain) else None,
        pac_url=clean_option(options.get(_PAC_URL, b"")),
        lease_s=int.from_bytes(lease) if len(lease) == _IPV4_BYTES else None,
    )


def _options(data: bytes) -> Mapping[int, bytes]:
    """By number; of one that stands there several times the parts together (RFC 3396)."""
    options: dict[int, bytes] = {}
    place = 0
    while place < len(data) and data[place] != _END:
        if data[place] == _PAD:
            place += 1
            continue
        if place + 1 >= len(data):
            break
        number, length = data[place], data[place + 1]
        options[number] = options.get(number, b"") + data[place + 2 : place + 2 + length]
        place += 2 + length
    return options


def _address(packed: bytes) -> str | None:
    return None if packed == _NOWHERE else str(IPv4Address(packed))


def _addresses(options: Mapping[int, bytes], number: int) -> tuple[str, ...]:
    data = options.get(number, b"")[: _MAX_LISTED * _IPV4_BYTES]
    starts = range(0, len(data) - _IPV4_BYTES + 1, _IPV4_BYTES)
    return tuple(str(IPv4Address(data[start : start + _IPV4_BYTES])) for start in starts)
