"""What a datagram socket on Linux tells besides the data: when the kernel got it, and which ICMP errors came."""

import socket
import struct
from collections.abc import Iterable

# Numbers of asm-generic/socket.h, linux/in.h and linux/in6.h that the socket module has no names for.
_SO_TIMESTAMPNS = 35
_IP_RECVERR = 11
_IPV6_RECVERR = 25
RECVERR = {
    socket.AF_INET: (socket.IPPROTO_IP, _IP_RECVERR),
    socket.AF_INET6: (socket.IPPROTO_IPV6, _IPV6_RECVERR),
}
"""Level and kind by socket family: of the option, and of the message in the error queue."""
_TIMESPEC = struct.Struct("@ll")
ANCILLARY_BYTES = 256
"""Room for a time stamp and an extended error with the address of its sender."""


def ask_for_stamps(sock: socket.socket) -> None:
    """Have the kernel stamp what arrives."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def ask_for_stamps_and_errors(sock: socket.socket) -> None:
    """Have the kernel stamp what arrives, and tell what it would keep to itself, such as "host unreachable"."""
    ask_for_stamps(sock)
    sock.setsockopt(*RECVERR[socket.AddressFamily(sock.family)], 1)


def stamp_ns(ancillary: Iterable[tuple[int, int, bytes]]) -> int | None:
    """When the kernel got what was just read, in nanoseconds of the wall clock; None: it does not say."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return None
