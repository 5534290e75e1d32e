"""Makes the kernel of Linux stamp what arrives, and go on with it.

Stamping costs the kernel a little for every packet, so it begins some 10 ms after a socket asked for it, and ends with
the last such socket (net_enable_timestamp in net/core/dev.c). An answer of the time between gets the stamp of when it
was read, which with many questions at once is when the event loop came to it.
"""

import contextlib
import functools
import os
import socket
import sys
import threading
import time

from nexkit.platform.linux_stamps import TRANSIT_ANCILLARY_BYTES, ask_for_transit_stamps, transit_stamp_ns
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_TRIES = 40
_PAUSE_S = Seconds(0.002)
_ARRIVAL_S = Seconds(0.1)
"""For a packet to oneself, on a busy computer."""

_lock = threading.Lock()
_stamping = threading.Event()


def ask_early() -> None:
    """Have the kernel begin to stamp, so that nobody has to wait for it later."""
    with contextlib.suppress(OSError):
        _asking()


async def until_stamped() -> None:
    """Return when what arrives is stamped, as far as it can be; some 10 ms after it was first asked for."""
    if not _stamping.is_set():
        await in_daemon_thread(_begin)


@functools.cache
def _asking() -> int:
    """A socket that asked; open until the process ends, since the kernel would stop with the last such one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        ask_for_transit_stamps(own)
        return own.detach()


def _begin() -> None:
    """Send packets to oneself on loopback until one has a stamp; where that cannot be tried, wait about as long."""
    with _lock:
        if _stamping.is_set():
            return
        try:
            with socket.socket(fileno=os.dup(_asking())) as own:
                own.settimeout(_ARRIVAL_S)
                own.bind(("127.0.0.1", 0))
                own.connect(own.getsockname())
                _wait_for_a_stamp(own)
        except OSError:
            time.sleep(_TRIES * _PAUSE_S / 4)
        _stamping.set()


def _wait_for_a_stamp(own: socket.socket) -> None:
    for _ in range(_TRIES):
        own.send(b"?")
        _, ancillary, _, _ = own.recvmsg(1, TRANSIT_ANCILLARY_BYTES)
        if transit_stamp_ns(ancillary) is not None:
            return
        time.sleep(_PAUSE_S)
