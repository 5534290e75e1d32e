"""What switches say of themselves unasked: LLDP (IEEE 802.1AB) and CDP (Cisco's, version 1 and 2)."""

import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

from nexkit.facts.segment import SwitchNeighbour, SwitchProtocol
from probes.segment.ethernet import LLDP, Frame, mac_text

_MAX_CHARACTERS = 120
_MAX_LISTED = 4
_MAC_BYTES = 6
_ADDRESS_BYTES = {1: 4, 2: 16}
"""By address family number (IANA): IPv4, IPv6."""

_END, _CHASSIS, _PORT, _PORT_TEXT, _NAME, _SYSTEM_TEXT, _MANAGEMENT, _OF_AN_ORGANISATION = 0, 1, 2, 4, 5, 6, 8, 127
_CHASSIS_BY_MAC, _PORT_BY_MAC = 4, 3
_PORT_VLAN = bytes.fromhex("0080c201")
"""IEEE 802.1's own kind, subtype 1."""

_CDP_HEADER = bytes.fromhex("aaaa0300000c2000")
"""LLC and SNAP."""
_DEVICE, _ADDRESSES, _CDP_PORT, _SOFTWARE, _PLATFORM, _NATIVE_VLAN = 0x01, 0x02, 0x03, 0x05, 0x06, 0x0A
_CDP_IPV4 = bytes.fromhex("0101cc0004")
"""Protocol type NLPID, of one byte, IP; an address of four bytes."""


def read_switch(of: Frame) -> SwitchNeighbour | None:
    """What the sender says of itself; None for any other frame."""
    if of.type == LLDP:
        return _lldp(of)
    if of.has_length and of.payload.startswith(_CDP_HEADER):
        return _cdp(of)
    return None


def _lldp(of: Frame) -> SwitchNeighbour:
    first: dict[int, bytes] = {}
    management: list[str] = []
    vlan: int | None = None
    for kind, value in _lldp_fields(of.payload):
        first.setdefault(kind, value)
        if kind == _MANAGEMENT and (address := _lldp_address(value)) is not None:
            management.append(address)
        if kind == _OF_AN_ORGANISATION and value.startswith(_PORT_VLAN) and len(value) == len(_PORT_VLAN) + 2:
            vlan = int.from_bytes(value[-2:]) or None
    chassis, port = first.get(_CHASSIS, b""), first.get(_PORT, b"")
    by_mac = chassis[:1] == bytes([_CHASSIS_BY_MAC]) and len(chassis) == 1 + _MAC_BYTES
    port_by_mac = port[:1] == bytes([_PORT_BY_MAC]) and len(port) == 1 + _MAC_BYTES
    return SwitchNeighbour(
        protocol=SwitchProtocol.LLDP,
        mac=mac_text(of.source),
        chassis=mac_text(chassis[1:]) if by_mac else None,
        name=_text(first.get(_NAME, b"")) or (None if by_mac else _text(chassis[1:])),
        # A port's own hardware address says no more than its sender does.
        port=None if port_by_mac else _text(port[1:]),
        port_description=_text(first.get(_PORT_TEXT, b"")),
        description=_text(first.get(_SYSTEM_TEXT, b"")),
        vlan=vlan,
        management=tuple(dict.fromkeys(management))[:_MAX_LISTED],
    )


def _lldp_fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value; a type of 7 bits, a length of 9."""
    while len(data) >= 2:  # noqa: PLR2004  the head of a field
        head = int.from_bytes(data[:2])
        kind, length = head >> 9, head & 0x1FF
        if kind == _END or len(data) < 2 + length:
            return
        yield kind, data[2 : 2 + length]
        data = data[2 + length :]


def _lldp_address(value: bytes) -> str | None:
    """Length, family, address, and what is not read."""
    if len(value) < 2 or _ADDRESS_BYTES.get(value[1]) != value[0] - 1 or len(value) < 1 + value[0]:  # noqa: PLR2004
        return None
    packed = value[2 : 1 + value[0]]
    return str(IPv4Address(packed) if value[1] == 1 else IPv6Address(packed))


def _cdp(of: Frame) -> SwitchNeighbour:
    fields = dict(_cdp_fields(of.payload[len(_CDP_HEADER) + 4 :]))
    vlan = fields.get(_NATIVE_VLAN, b"")
    model = [text for kind in (_PLATFORM, _SOFTWARE) if (text := _text(fields.get(kind, b"")))]
    return SwitchNeighbour(
        protocol=SwitchProtocol.CDP,
        mac=mac_text(of.source),
        chassis=None,
        name=_text(fields.get(_DEVICE, b"")),
        port=_text(fields.get(_CDP_PORT, b"")),
        port_description=None,
        description=", ".join(model)[:_MAX_CHARACTERS] or None,
        vlan=int.from_bytes(vlan) or None if len(vlan) == 2 else None,  # noqa: PLR2004
        management=tuple(_cdp_addresses(fields.get(_ADDRESSES, b"")))[:_MAX_LISTED],
    )


def _cdp_fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value; the length counts the head."""
    head = struct.Struct("!HH")
    while len(data) >= head.size:
        kind, length = head.unpack_from(data)
        if not head.size <= length <= len(data):
            return
        yield kind, data[head.size : length]
        data = data[length:]


def _cdp_addresses(data: bytes) -> Iterator[str]:
    """The IPv4 addresses of the list, up to the first entry of another kind."""
    data = data[4:]
    while data.startswith(_CDP_IPV4) and len(data) >= len(_CDP_IPV4) + 4:
        yield str(IPv4Address(data[len(_CDP_IPV4) : len(_CDP_IPV4) + 4]))
        data = data[len(_CDP_IPV4) + 4 :]


def _text(data: bytes) -> str | None:
    """Printable text, cut off; a stranger chose it."""
    text = data.decode("utf-8", "replace")
    return "".join(character for character in text if character.isprintable())[:_MAX_CHARACTERS].strip() or None
