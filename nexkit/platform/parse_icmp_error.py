"""Reads the extended errors that Linux queues for a socket (IP_RECVERR in ip(7), IPV6_RECVERR in ipv6(7)). Pure."""

import struct
from dataclasses import dataclass
from ipaddress import ip_address

from nexkit.outcome import FailureKind

_EXTENDED_ERROR = struct.Struct("=IBBBBIHBx")
_OFFENDER_AT = {4: (_EXTENDED_ERROR.size + 4, 4), 6: (_EXTENDED_ERROR.size + 8, 16)}
"""Where the offender's packed address stands, and its length, by IP version."""
_ICMP_ORIGINS = frozenset({2, 3})
_INVALID_EXTENSION = 1
"""SO_EE_RFC4884_FLAG_INVALID."""

_FORBIDDEN = frozenset({(4, 3, 3), (4, 3, 9), (4, 3, 10), (4, 3, 13), (6, 1, 1), (6, 1, 4), (6, 1, 5), (6, 1, 6)})
"""IP version, ICMP type and code of what filters answer: that it is prohibited, or that the port is closed."""
TIME_EXCEEDED = {4: 11, 6: 3}
"""ICMP type by IP version."""
_KINDS: dict[tuple[int, int, int | None], FailureKind] = {
    # (IP version, ICMP type, code or None for the others). RFC 792, RFC 1812 section 5.2.7.1.
    (4, 3, 0): FailureKind.NET_UNREACHABLE,
    (4, 3, 2): FailureKind.REFUSED,
    (4, 3, 3): FailureKind.REFUSED,
    (4, 3, 4): FailureKind.MESSAGE_TOO_BIG,
    (4, 3, 6): FailureKind.NET_UNREACHABLE,
    (4, 3, 9): FailureKind.NET_UNREACHABLE,
    (4, 3, 11): FailureKind.NET_UNREACHABLE,
    (4, 3, None): FailureKind.HOST_UNREACHABLE,
    (4, 11, None): FailureKind.HOST_UNREACHABLE,
    # RFC 4443 section 3.
    (6, 1, 0): FailureKind.NET_UNREACHABLE,
    (6, 1, 4): FailureKind.REFUSED,
    (6, 1, 6): FailureKind.NET_UNREACHABLE,
    (6, 1, None): FailureKind.HOST_UNREACHABLE,
    (6, 2, None): FailureKind.MESSAGE_TOO_BIG,
    (6, 3, None): FailureKind.HOST_UNREACHABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpError:
    """An ICMP error; this system may have sent it to itself, when a neighbour does not answer."""

    offender: str | None
    """Who sent it; None where the kernel does not say."""
    time_exceeded: bool
    kind: FailureKind
    extension_at: int | None = None
    """Where in the data beside it an extension (RFC 4884) begins; None where the message does not say."""
    forbidden: bool = False
    """A filter answers like this; silence of a neighbour, or the lack of a route, is told otherwise."""


def icmp_failure(version: int, kind: int, code: int) -> FailureKind:
    """What an ICMP error of a type and code says."""
    return _KINDS.get((version, kind, code)) or _KINDS.get((version, kind, None), FailureKind.OTHER)


def parse_extended_error(data: bytes, version: int) -> IcmpError | None:
    """`struct sock_extended_err` and the offender behind it.

    None where it is cut off or no ICMP error; errors of this system itself are told by the failing send as well.
    """
    if len(data) < _EXTENDED_ERROR.size:
        return None
    _number, origin, kind, code, _pad, _info, extension_at, flags = _EXTENDED_ERROR.unpack_from(data)
    if origin not in _ICMP_ORIGINS:
        return None
    start, length = _OFFENDER_AT[version]
    packed = data[start : start + length]
    return IcmpError(
        offender=str(ip_address(packed)) if len(packed) == length and any(packed) else None,
        time_exceeded=kind == TIME_EXCEEDED[version],
        kind=icmp_failure(version, kind, code),
        extension_at=extension_at if extension_at and not flags & _INVALID_EXTENSION else None,
        forbidden=(version, kind, code) in _FORBIDDEN,
    )
