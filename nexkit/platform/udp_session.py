"""A UDP socket for many datagrams to several hosts, with the kernel's time of arrival where the system tells it."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from nexkit.address import Family
from nexkit.platform import linux_datagram, macos_datagram
from nexkit.platform.api import Datagram
from nexkit.platform.socket_address import address_of, readable, socket_address
from nexkit.units import Seconds

if sys.platform == "linux":
    from nexkit.platform import linux_arrivals

_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_ANY = {Family.IPV4: "0.0.0.0", Family.IPV6: "::"}  # noqa: S104  datagrams of strangers are read and dropped
_MAX_DATAGRAM_BYTES = 65_535
_WINDOWS_PORT_UNREACHABLE = 1234
"""ERROR_PORT_UNREACHABLE of overlapped calls."""


class DatagramSocket:
    """One bound socket of a family; what strangers send to it arrives too."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    @property
    def port(self) -> int:
        """The port that the datagrams leave from."""
        return int(self._sock.getsockname()[1])

    def own_address(self, target: str) -> str:
        """The address that datagrams to the target leave from; sends nothing. OSError without a route."""
        with socket.socket(self._sock.family, socket.SOCK_DGRAM) as sock:
            sock.connect(socket_address(target, self.port, socket.SOCK_DGRAM)[1])
            return str(sock.getsockname()[0]).partition("%")[0]

    def send(self, address: str, port: int, payload: bytes) -> Seconds:
        """Send a datagram now and tell when, on the clock of `Datagram.at_s`; OSError."""
        target = socket_address(address, port, socket.SOCK_DGRAM)[1]
        at_s = Seconds(time.perf_counter())
        self._sock.sendto(payload, target)
        return at_s

    async def receive(self) -> Datagram:
        """The next datagram, whoever sent it; waits without end."""
        loop = asyncio.get_running_loop()
        while True:
            # A flood must not keep the loop from everybody else.
            await asyncio.sleep(0)
            try:
                if sys.platform == "win32":
                    payload, source = await loop.sock_recvfrom(self._sock, _MAX_DATAGRAM_BYTES)
                    at_s = Seconds(time.perf_counter())
                else:
                    payload, ancillary, _, source = self._sock.recvmsg(
                        _MAX_DATAGRAM_BYTES, linux_datagram.ANCILLARY_BYTES
                    )
                    at_s = arrived_s(ancillary)
            except BlockingIOError:
                await readable(loop, self._sock)
            except OSError as error:
                # Windows tells of ICMP errors here, but not which datagram one belongs to (WSARecvFrom).
                if not (
                    isinstance(error, ConnectionError) or getattr(error, "winerror", None) == _WINDOWS_PORT_UNREACHABLE
                ):
                    raise
            else:
                return Datagram(address=address_of(source), port=int(source[1]), payload=payload, at_s=at_s)


@asynccontextmanager
async def open_udp(of_family: Family) -> AsyncGenerator[DatagramSocket, None]:
    """A socket on a port that the system chooses; OSError where the system has no such family."""
    if sys.platform == "linux":
        await linux_arrivals.until_stamped()
    with socket.socket(_SOCKET_FAMILIES[of_family], socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        if sys.platform == "linux":
            linux_datagram.ask_for_stamps(sock)
        elif sys.platform == "darwin":
            macos_datagram.ask_for_stamps(sock)
        sock.bind((_ANY[of_family], 0))
        yield DatagramSocket(sock)


def arrived_s(ancillary: Iterable[tuple[int, int, bytes]]) -> Seconds:
    """When the kernel got what was just read, on the monotonic clock; now where it does not say.

    The stamp is of the wall clock, so only its distance from now is taken, and only where it makes sense.
    """
    now_ns, wall_ns = time.perf_counter_ns(), time.time_ns()
    stamp_ns = (macos_datagram if sys.platform == "darwin" else linux_datagram).stamp_ns(ancillary)
    return Seconds((now_ns if stamp_ns is None else now_ns - max(0, wall_ns - stamp_ns)) / 1e9)
