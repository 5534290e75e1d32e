"""A UDP socket that is connected to one host, with the kernel's time of arrival where the system tells it."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from nexkit.platform import linux_datagram, macos_datagram
from nexkit.platform.api import Datagram
from nexkit.platform.socket_address import readable, socket_address
from nexkit.platform.udp_session import arrived_s
from nexkit.units import Seconds

if sys.platform == "linux":
    from nexkit.platform import linux_arrivals

_MAX_DATAGRAM_BYTES = 65_535
_WINDOWS_PORT_UNREACHABLE = 1234
"""ERROR_PORT_UNREACHABLE of overlapped calls."""


class ConnectedDatagrams:
    """What others send to the socket is dropped by the kernel; ICMP errors come up where the system tells them."""

    def __init__(self, sock: socket.socket, address: str, port: int) -> None:
        self._sock = sock
        self._address = address
        self._port = port

    def send(self, payload: bytes) -> Seconds:
        """Send a datagram now and tell when, on the clock of `Datagram.at_s`; BlockingIOError, other OSErrors."""
        at_s = Seconds(time.perf_counter())
        self._sock.send(payload)
        return at_s

    async def receive(self) -> Datagram:
        """The next datagram; waits without end. ConnectionRefusedError for ICMP port unreachable, other OSErrors."""
        loop = asyncio.get_running_loop()
        while True:
            # A flood must not keep the loop from everybody else.
            await asyncio.sleep(0)
            try:
                if sys.platform == "win32":
                    payload = await loop.sock_recv(self._sock, _MAX_DATAGRAM_BYTES)
                    at_s = Seconds(time.perf_counter())
                else:
                    payload, ancillary, _, _ = self._sock.recvmsg(_MAX_DATAGRAM_BYTES, linux_datagram.ANCILLARY_BYTES)
                    at_s = arrived_s(ancillary)
            except BlockingIOError:
                await readable(loop, self._sock)
            except OSError as error:
                # Windows tells "port unreachable" by WSAECONNRESET (WSARecv), or by a number of its own.
                reset = isinstance(error, ConnectionResetError)
                if reset or getattr(error, "winerror", None) == _WINDOWS_PORT_UNREACHABLE:
                    raise ConnectionRefusedError(error.errno, "port unreachable") from error
                raise
            else:
                return Datagram(address=self._address, port=self._port, payload=payload, at_s=at_s)


@asynccontextmanager
async def open_udp_to(address: str, port: int) -> AsyncGenerator[ConnectedDatagrams, None]:
    """A socket on a port that the system chooses; OSError without a route."""
    if sys.platform == "linux":
        await linux_arrivals.until_stamped()
    family, target = socket_address(address, port, socket.SOCK_DGRAM)
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        if sys.platform == "linux":
            linux_datagram.ask_for_stamps_and_errors(sock)
        elif sys.platform == "darwin":
            macos_datagram.ask_for_stamps(sock)
        sock.connect(target)
        yield ConnectedDatagrams(sock, address, port)
