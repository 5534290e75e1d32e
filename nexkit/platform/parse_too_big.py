"""Reads what came back for packets that nobody may cut up: the error queue of Linux, the messages of macOS. Pure."""

import struct
from dataclasses import dataclass

from nexkit.outcome import FailureKind
from nexkit.platform.derive import same_host
from nexkit.platform.parse_icmp_error import icmp_failure, parse_extended_error
from nexkit.platform.size_session import SizeAnswer

_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_LOCAL_ORIGIN = 1
_EMSGSIZE = 90
"""Of Linux, whatever system reads this."""
_TOO_BIG = {4: (3, 4), 6: (2, 0)}
"""ICMP type and code by IP version: "fragmentation needed" (RFC 1191), "packet too big" (RFC 4443)."""
_ECHO_REQUEST = {4: 8, 6: 128}
_ECHO_REPLY = {4: 0, 6: 129}
_ICMP_HEADER = struct.Struct("!BBHHH")
_IPV6_HEADER_BYTES = 40
_NEXT_HEADER_AT = 6
_UDP = 17
_PORTS = struct.Struct("!HH")
_ERRORS6 = frozenset({1, 2, 3})
"""Destination unreachable, packet too big, time exceeded (RFC 4443)."""
_PORT_UNREACHABLE6 = (1, 4)
_IPV4_HEADER_BYTES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TooBig:
    """An ICMP error, or this system's own refusal."""

    local: bool
    """This system itself refused."""
    mtu_bytes: int | None
    """Where it is about the size, what was named; may be 0 or nonsense."""
    reporter: str | None
    error: FailureKind | None
    """None where it is about the size."""

    def answer(self, key: int) -> SizeAnswer:
        """As the answer to a request."""
        return SizeAnswer(
            key=key,
            arrived=False,
            too_big=self.error is None,
            mtu_bytes=self.mtu_bytes,
            reporter=self.reporter,
            error=self.error,
        )


def parse_told(data: bytes, version: int) -> TooBig | None:
    """`struct sock_extended_err` of Linux and the offender behind it; None where it is cut off or something else."""
    if len(data) < _EXTENDED_ERROR.size:
        return None
    number, origin, _kind, _code, _pad, info, _data = _EXTENDED_ERROR.unpack_from(data)
    if origin == _LOCAL_ORIGIN and number == _EMSGSIZE:
        return TooBig(local=True, mtu_bytes=info, reporter=None, error=None)
    error = parse_extended_error(data, version)
    if error is None:
        return None
    about_size = error.kind is FailureKind.MESSAGE_TOO_BIG
    return TooBig(
        local=False,
        mtu_bytes=info if about_size else None,
        reporter=error.offender,
        error=None if about_size else error.kind,
    )


def parse_icmp_answer(message: bytes, version: int, identifier: int, source: str) -> SizeAnswer | None:
    """An ICMP message as macOS gives it (IPv4 with its IP header) as the answer to one of our echo requests.

    None where it is none, or not of this socket: all datagram ICMP sockets of macOS see all replies.
    """
    if version == 4:  # noqa: PLR2004  IPv4
        message = message[_header_bytes(message) :]
    if len(message) < _ICMP_HEADER.size:
        return None
    kind, code, _checksum, word, low = _ICMP_HEADER.unpack_from(message)
    if kind == _ECHO_REPLY[version]:
        return _answer(low) if word == identifier else None
    quote = message[_ICMP_HEADER.size :]
    quote = quote[_header_bytes(quote) if version == 4 else _IPV6_HEADER_BYTES :]  # noqa: PLR2004  IPv4
    if len(quote) < _ICMP_HEADER.size:
        return None
    quoted_kind, _code, _checksum, quoted_identifier, key = _ICMP_HEADER.unpack_from(quote)
    if (quoted_kind, quoted_identifier) != (_ECHO_REQUEST[version], identifier):
        return None
    if (kind, code) == _TOO_BIG[version]:
        return _answer(key, too_big=True, mtu_bytes=low if version == 4 else word << 16 | low, reporter=source)  # noqa: PLR2004  IPv4
    return _answer(key, reporter=source, error=icmp_failure(version, kind, code))


def parse_udp_answer(message: bytes, port: int, first_port: int, source: str, target: str) -> SizeAnswer | None:
    """An ICMPv6 message as macOS gives it as the answer to a datagram from `port`, whose own port has the key.

    None where it is none: datagram ICMP sockets see all messages. "Port unreachable" of the target itself is arrival.
    """
    quote = message[_ICMP_HEADER.size + _IPV6_HEADER_BYTES :]
    if len(quote) < _PORTS.size or message[_ICMP_HEADER.size + _NEXT_HEADER_AT] != _UDP:
        return None
    kind, code, _checksum, word, low = _ICMP_HEADER.unpack_from(message)
    from_port, to_port = _PORTS.unpack_from(quote)
    if from_port != port or kind not in _ERRORS6:
        return None
    key = to_port - first_port
    if (kind, code) == _TOO_BIG[6]:
        return _answer(key, too_big=True, mtu_bytes=word << 16 | low, reporter=source)
    if (kind, code) == _PORT_UNREACHABLE6 and same_host(source, target):
        return _answer(key)
    return _answer(key, reporter=source, error=icmp_failure(6, kind, code))


def _header_bytes(packet: bytes) -> int:
    """Length of an IPv4 header by its own word for it."""
    return max(_IPV4_HEADER_BYTES, (packet[0] & 0x0F) * 4) if packet else _IPV4_HEADER_BYTES


def _answer(
    key: int,
    *,
    too_big: bool = False,
    mtu_bytes: int | None = None,
    reporter: str | None = None,
    error: FailureKind | None = None,
) -> SizeAnswer:
    return SizeAnswer(
        key=key,
        arrived=not too_big and error is None,
        too_big=too_big,
        mtu_bytes=mtu_bytes,
        reporter=reporter,
        error=error,
    )
