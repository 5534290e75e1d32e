"""What a datagram socket on macOS tells besides the data: when the kernel got it (SO_TIMESTAMP in getsockopt(2))."""

import socket
import struct
from collections.abc import Iterable

# Numbers of XNU's sys/socket.h that the socket module has no names for.
_SO_TIMESTAMP = 0x0400
_SCM_TIMESTAMP = 0x02
_TIMEVAL = struct.Struct("=qi")
"""`struct timeval`: seconds in 64 bits, microseconds in 32."""


def ask_for_stamps(sock: socket.socket) -> None:
    """Have the kernel stamp what arrives."""
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMP, 1)


def stamp_ns(ancillary: Iterable[tuple[int, int, bytes]]) -> int | None:
    """When the kernel got what was just read, in nanoseconds of the wall clock; None: it does not say."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SCM_TIMESTAMP) and len(data) >= _TIMEVAL.size:
            seconds, microseconds = _TIMEVAL.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(microseconds) * 1000
    return None
