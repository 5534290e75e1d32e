"""Ethernet frames and the headers of IP and UDP on them: written and read, whatever a stranger sends."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

BROADCAST = b"\xff" * 6
IPV4, ARP, IPV6, LLDP = 0x0800, 0x0806, 0x86DD, 0x88CC
_UDP, _ICMPV6 = 17, 58
_ETHERNET = struct.Struct("!6s6sH")
_IPV4_HEADER = struct.Struct("!BBHHHBBH4s4s")
_UDP_HEADER = struct.Struct("!HHHH")
_IPV6_HEADER = struct.Struct("!IHBB16s16s")
_MAX_802_3_LENGTH = 1500
_LOWEST_HEADER_WORDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame without its header."""

    destination: bytes
    source: bytes
    type: int
    """EtherType; of an IEEE 802.3 frame, its length (at most 1500)."""
    payload: bytes

    @property
    def has_length(self) -> bool:
        """It is an IEEE 802.3 frame, with LLC."""
        return self.type <= _MAX_802_3_LENGTH


def read_frame(data: bytes) -> Frame | None:
    """A frame; None for one that is cut off."""
    if len(data) < _ETHERNET.size:
        return None
    destination, source, kind = _ETHERNET.unpack_from(data)
    return Frame(destination=destination, source=source, type=kind, payload=data[_ETHERNET.size :])


def frame(destination: bytes, source: bytes, kind: int, payload: bytes) -> bytes:
    """A whole frame, without its check sequence, which the interface adds."""
    return _ETHERNET.pack(destination, source, kind) + payload


def mac_text(mac: bytes) -> str:
    """As people write it."""
    return mac.hex(":")


def udp4(source: str, source_port: int, destination: str, destination_port: int, payload: bytes) -> bytes:
    """An IPv4 datagram; its UDP checksum is left out, which RFC 768 permits."""
    datagram = _UDP_HEADER.pack(source_port, destination_port, _UDP_HEADER.size + len(payload), 0) + payload
    parts = (0x45, 0, _IPV4_HEADER.size + len(datagram), 0, 0, 64, _UDP)
    ends = (IPv4Address(source).packed, IPv4Address(destination).packed)
    return _IPV4_HEADER.pack(*parts, _checksum(_IPV4_HEADER.pack(*parts, 0, *ends)), *ends) + datagram


def read_udp4(packet: bytes) -> bytes | None:
    """What a UDP datagram carries; None for another packet or one that is cut off."""
    if len(packet) < _IPV4_HEADER.size or packet[0] >> 4 != 4 or packet[9] != _UDP:  # noqa: PLR2004  IPv4
        return None
    words = packet[0] & 0x0F
    start = words * 4
    if words < _LOWEST_HEADER_WORDS or len(packet) < start + _UDP_HEADER.size:
        return None
    length = _UDP_HEADER.unpack_from(packet, start)[2]
    if length < _UDP_HEADER.size or len(packet) < start + length:
        return None
    return packet[start + _UDP_HEADER.size : start + length]


def icmp6(source: str, destination: str, message: bytes) -> bytes:
    """An ICMPv6 packet that no router forwards (hop limit 255); the message's checksum is filled in."""
    ends = IPv6Address(source).packed + IPv6Address(destination).packed
    sum_of = _checksum(ends + struct.pack("!II", len(message), _ICMPV6) + message[:2] + b"\0\0" + message[4:])
    whole = message[:2] + struct.pack("!H", sum_of) + message[4:]
    return _IPV6_HEADER.pack(6 << 28, len(message), _ICMPV6, 255, ends[:16], ends[16:]) + whole


def read_icmp6(packet: bytes) -> tuple[str, bytes] | None:
    """Source and message of an ICMPv6 packet that came from a neighbour; None for another."""
    if len(packet) < _IPV6_HEADER.size:
        return None
    version, length, kind, hop_limit, source, _ = _IPV6_HEADER.unpack_from(packet)
    end = _IPV6_HEADER.size + length
    if version >> 28 != 6 or kind != _ICMPV6 or hop_limit != 255 or len(packet) < end:  # noqa: PLR2004  RFC 4861
        return None
    return str(IPv6Address(source)), packet[_IPV6_HEADER.size : end]


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
