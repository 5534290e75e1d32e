"""ARP: the question for an address, asked so that nobody's table changes (RFC 5227, section 1.1), and its answers."""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address

from probes.segment.ethernet import ARP, BROADCAST, Frame, frame

_PACKET = struct.Struct("!HHBBH6s4s6s4s")
_ETHERNET, _IPV4 = 1, 0x0800
_REQUEST, _REPLY = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpReply:
    """Somebody claims an address."""

    address: str
    mac: bytes


def probe(mac: bytes, address: str) -> bytes:
    """The frame that asks who has an address, without saying who asks."""
    target = IPv4Address(address).packed
    return frame(BROADCAST, mac, ARP, _PACKET.pack(_ETHERNET, _IPV4, 6, 4, _REQUEST, mac, bytes(4), bytes(6), target))


def read_reply(of: Frame) -> ArpReply | None:
    """A claim; None for any other frame."""
    if of.type != ARP or len(of.payload) < _PACKET.size:
        return None
    hardware, protocol, mac_bytes, address_bytes, operation, mac, address, _, _ = _PACKET.unpack_from(of.payload)
    if (hardware, protocol, mac_bytes, address_bytes, operation) != (_ETHERNET, _IPV4, 6, 4, _REPLY):
        return None
    return ArpReply(address=str(IPv4Address(address)), mac=mac)
