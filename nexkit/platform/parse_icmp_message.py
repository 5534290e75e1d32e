"""Reads whole ICMP messages as sockets hand them over: echo replies, errors, what these quote, and MPLS labels. Pure.

RFC 792 and RFC 4443; extensions by RFC 4884, with the label stack of RFC 4950. All of it was written by strangers.
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from nexkit.facts.path import MplsLabel
from nexkit.platform.internet_checksum import internet_sum

_HEADER = struct.Struct("!BBHHH")
_IPV4_HEADER = struct.Struct("!B7xBB2x4s4s")
_IPV6_HEADER = struct.Struct("!6xBB16s16s")
_ERRORS = {4: frozenset({3, 11}), 6: frozenset({1, 3})}
"""Destination unreachable and time exceeded, by IP version: the types that may have an extension."""
_ECHO_REPLY = {4: 0, 6: 129}
_LENGTH_AT = {4: (5, 4), 6: (4, 8)}
"""Where the length of the quote stands (RFC 4884), and in units of how many bytes."""
QUOTE_BYTES = 128
"""As much is quoted at least where an extension follows; routers older than RFC 4884 put it there without a length."""
_EXTENSION_HEADER = struct.Struct("!BBH")
_EXTENSION_VERSION = 2
_OBJECT_HEADER = struct.Struct("!HBB")
_MPLS_STACK = (1, 1)
"""Class and type of the object."""
_MPLS_ENTRY = struct.Struct("!I")
_MAX_LABELS = 16
_MAX_OBJECTS = 16
_CARRY = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A packet of ours as an ICMP error quotes it."""

    ttl: int
    source: str
    destination: str
    protocol: int
    transport: bytes
    """From the header behind the IP header on; some routers quote no more than eight bytes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMessage:
    """An echo reply, or an error with its quote."""

    source: str | None
    """Who sent it; None where the message came without its IP header."""
    type: int
    code: int
    ttl: int | None
    """TTL that is left; None without the IP header."""
    identifier: int | None
    sequence: int | None
    """Of an echo reply, or of the echo request that an error quotes."""
    quote: Quote | None
    mpls: tuple[MplsLabel, ...] | None


def parse_icmp_message(packet: bytes, version: int) -> WholeMessage | None:
    """A message of a raw or datagram ICMP socket: over IPv4 with its IP header, over IPv6 without.

    None for what is cut off, and for kinds that answer no request.
    """
    source, ttl = None, None
    if version == 4:  # noqa: PLR2004  IPv4
        if len(packet) < _IPV4_HEADER.size:
            return None
        first, ttl, _protocol, packed, _destination = _IPV4_HEADER.unpack_from(packet)
        source = str(IPv4Address(packed))
        packet = packet[(first & 0x0F) * 4 :]
    if len(packet) < _HEADER.size:
        return None
    kind, code, _checksum, identifier, sequence = _HEADER.unpack_from(packet)
    if kind == _ECHO_REPLY[version]:
        return WholeMessage(
            source=source,
            type=kind,
            code=code,
            ttl=ttl,
            identifier=identifier,
            sequence=sequence,
            quote=None,
            mpls=None,
        )
    if kind not in _ERRORS[version]:
        return None
    at, unit = _LENGTH_AT[version]
    length = packet[at] * unit
    body = packet[_HEADER.size :]
    quote = _quote(body[:length] if length >= QUOTE_BYTES else body, version)
    asked = None if quote is None or len(quote.transport) < _HEADER.size else _HEADER.unpack_from(quote.transport)
    return WholeMessage(
        source=source,
        type=kind,
        code=code,
        ttl=ttl,
        identifier=asked[3] if asked else None,
        sequence=asked[4] if asked else None,
        quote=quote,
        mpls=mpls_labels(body, length or None, QUOTE_BYTES),
    )


def _quote(body: bytes, version: int) -> Quote | None:
    if version == 4:  # noqa: PLR2004  IPv4
        if len(body) < _IPV4_HEADER.size:
            return None
        first, ttl, protocol, source, destination = _IPV4_HEADER.unpack_from(body)
        return Quote(
            ttl=ttl,
            source=str(IPv4Address(source)),
            destination=str(IPv4Address(destination)),
            protocol=protocol,
            transport=body[(first & 0x0F) * 4 :],
        )
    if len(body) < _IPV6_HEADER.size:
        return None
    protocol, ttl, source, destination = _IPV6_HEADER.unpack_from(body)
    return Quote(
        ttl=ttl,
        source=str(IPv6Address(source)),
        destination=str(IPv6Address(destination)),
        protocol=protocol,
        transport=body[_IPV6_HEADER.size :],
    )


def mpls_labels(data: bytes, extension_at: int | None, usual_at: int) -> tuple[MplsLabel, ...] | None:
    """The label stack in an ICMP extension, top first; None where there is none.

    `extension_at` is where the message says that it begins. Where it does not say, the usual place is tried, and the
    checksum has to be right.
    """
    start = usual_at if extension_at is None else extension_at
    extension = data[start:]
    if start < 0 or len(extension) < _EXTENSION_HEADER.size:
        return None
    version, _reserved, checksum = _EXTENSION_HEADER.unpack_from(extension)
    summed = checksum != 0 and internet_sum(extension) == _CARRY
    if version >> 4 != _EXTENSION_VERSION or not (summed or (checksum == 0 and extension_at is not None)):
        return None
    offset = _EXTENSION_HEADER.size
    for _ in range(_MAX_OBJECTS):
        if len(extension) < offset + _OBJECT_HEADER.size:
            return None
        length, class_number, class_type = _OBJECT_HEADER.unpack_from(extension, offset)
        if length < _OBJECT_HEADER.size:
            return None
        if (class_number, class_type) == _MPLS_STACK:
            return _stack(extension[offset + _OBJECT_HEADER.size : offset + length])
        offset += length
    return None


def _stack(entries: bytes) -> tuple[MplsLabel, ...] | None:
    whole = entries[: min(len(entries) - len(entries) % _MPLS_ENTRY.size, _MAX_LABELS * _MPLS_ENTRY.size)]
    labels = tuple(
        MplsLabel(label=entry >> 12, traffic_class=entry >> 9 & 7, bottom=bool(entry >> 8 & 1), ttl=entry & 0xFF)
        for (entry,) in _MPLS_ENTRY.iter_unpack(whole)
    )
    return labels or None
