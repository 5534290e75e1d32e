"""When a packet left and when one came, as the kernel of Linux saw it (SO_TIMESTAMPING)."""

import socket
import struct
from collections.abc import Iterable

# Numbers of asm-generic/socket.h and linux/net_tstamp.h that the socket module has no names for.
_SO_TIMESTAMPING = 37
_RX_SOFTWARE = 1 << 3
_SOFTWARE = 1 << 4
_TX_SCHED = 1 << 8
_THREE_TIMESPECS = struct.Struct("@6l")
TRANSIT_ANCILLARY_BYTES = 512
"""Room for stamps, an extended error with the address of its sender, and a TTL."""


def ask_for_transit_stamps(sock: socket.socket) -> None:
    """Have the kernel stamp what arrives, and each packet when it goes to the interface's queue.

    Before that queue and not behind it, so that waiting in a queue of this computer is part of a round trip. The stamp
    of a sent packet comes with a copy of it in the error queue. OSError where the kernel has no such stamps.
    """
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _RX_SOFTWARE | _SOFTWARE | _TX_SCHED)


def transit_stamp_ns(ancillary: Iterable[tuple[int, int, bytes]]) -> int | None:
    """The stamp of what was just read, in nanoseconds of the wall clock; None where the kernel made none.

    It begins to stamp arrivals some milliseconds after the first socket on the computer asked for it.
    """
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _SO_TIMESTAMPING) and len(data) >= _THREE_TIMESPECS.size:
            seconds, nanoseconds, *_hardware = _THREE_TIMESPECS.unpack_from(data)
            return int(seconds) * 1_000_000_000 + int(nanoseconds) if seconds else None
    return None
