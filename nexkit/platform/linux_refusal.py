"""Whether a connection was turned away by this system's own filter, which answers in this system's own name."""

import socket
import sys

from nexkit.platform.linux_datagram import ANCILLARY_BYTES, RECVERR
from nexkit.platform.parse_icmp_error import parse_extended_error

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_VERSIONS = {socket.AF_INET: 4, socket.AF_INET6: 6}
_HEAD_BYTES = 128


def keep_errors(sock: socket.socket, *, kept: bool) -> None:
    """Have the kernel keep the ICMP errors that a TCP connection gets while it is being opened (since Linux 5.8).

    To be ended once it is open: an open connection outlives such errors, unless it keeps them.
    """
    sock.setsockopt(*RECVERR[socket.AddressFamily(sock.family)], int(kept))


def refused_by_itself(sock: socket.socket) -> bool:
    """Whether the error that ended the opening came from this system; False where the kernel does not say."""
    family = socket.AddressFamily(sock.family)
    try:
        own = sock.getsockname()[0]
        _head, ancillary, _flags, _target = sock.recvmsg(_HEAD_BYTES, ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
    except OSError:
        return False
    errors = [
        parse_extended_error(data, _VERSIONS[family])
        for level, kind, data in ancillary
        if (level, kind) == RECVERR[family]
    ]
    return any(error is not None and error.forbidden and error.offender == own for error in errors)
