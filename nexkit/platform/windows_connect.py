"""TCP handshakes on Windows, which repeats a SYN that was refused and tells of the refusal two seconds later only.

So the first SYN goes out alone (SIO_TCP_INITIAL_RTO, mstcpip.h): what refuses it is told at once, as on other systems.
Where nothing comes back, a second socket connects in the system's own way, with repeats.
"""

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Awaitable, Callable

from nexkit.failures import classify
from nexkit.outcome import FailureKind

_FIRST_TRY_S = 1.0
"""When a SYN is repeated (RFC 6298, section 2.1)."""
_INITIAL_RTO = struct.Struct("<HBx")
"""TCP_INITIAL_RTO_PARAMETERS: the round trip to begin with, and how often a SYN is repeated."""
_SYSTEM_ROUND_TRIP = 0xFFFF
_NO_REPEATS = 0xFE
"""TCP_INITIAL_RTO_UNSPECIFIED_RTT and TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS, since Windows 10 1709."""
_SIO_TCP_INITIAL_RTO = 0x98000011


async def connect(
    new_socket: Callable[[], socket.socket],
    shake_hands: Callable[[socket.socket], Awaitable[None]],
    send_once: Callable[[socket.socket], bool],
) -> socket.socket:
    """A connected socket; OSError, waits without end. `send_once` has it send one SYN, where the system knows that."""
    with contextlib.closing(_Attempt(new_socket())) as alone:
        if not send_once(alone.sock):
            await shake_hands(alone.sock)
            return alone.detach()
        try:
            async with asyncio.timeout(_FIRST_TRY_S):
                await shake_hands(alone.sock)
            return alone.detach()
        except OSError as error:  # the system may have counted to the end before us
            if classify(error, step="connect").kind is not FailureKind.TIMEOUT:
                raise
    with contextlib.closing(_Attempt(new_socket())) as repeating:
        await shake_hands(repeating.sock)
        return repeating.detach()


class _Attempt:
    """A socket that is closed unless it was taken out."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._kept = False

    def detach(self) -> socket.socket:
        """The socket is the caller's from now on."""
        self._kept = True
        return self.sock

    def close(self) -> None:
        """Give the socket back."""
        if not self._kept:
            self.sock.close()


if sys.platform == "win32":

    def send_one_syn(sock: socket.socket) -> bool:
        """Have a socket that is not connected yet repeat no SYN; False where the system has no such thing."""
        import ctypes
        from ctypes import wintypes

        winsock = ctypes.WinDLL("ws2_32.dll", use_last_error=True)
        settings = ctypes.create_string_buffer(_INITIAL_RTO.pack(_SYSTEM_ROUND_TRIP, _NO_REPEATS), _INITIAL_RTO.size)
        returned = wintypes.DWORD()
        status = winsock.WSAIoctl(
            ctypes.c_void_p(sock.fileno()),
            wintypes.DWORD(_SIO_TCP_INITIAL_RTO),
            settings,
            len(settings),
            None,
            0,
            ctypes.byref(returned),
            None,
            None,
        )
        return bool(status == 0)
