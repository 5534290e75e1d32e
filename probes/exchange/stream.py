"""A TCP connection that books what it carries."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from nexkit.clock import Clock
from nexkit.platform.api import TcpConnected
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.traffic import TCP_CONNECTION_BYTES, tcp_bytes

_READ_BYTES = 16_384
_RECEIVE_BUFFER_BYTES = 32_768
"""Keeps a fast server from sending much more than is read and booked."""


class ByteStream(Protocol):
    """Bytes to and from the other side."""

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        ...

    async def receive(self) -> bytes:
        """The next bytes; empty at the end."""
        ...


class TcpStream:
    """A connected socket; BudgetExceededError beyond the run's budget."""

    def __init__(self, connected: TcpConnected, ctx: ProbeContext) -> None:
        self.connect_ms = connected.connect_ms
        self._sock = connected.sock
        self._ctx = ctx

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        self._ctx.spend(tcp_bytes(len(data)))
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def receive(self) -> bytes:
        """The next bytes; empty at the end."""
        data = await asyncio.get_running_loop().sock_recv(self._sock, _READ_BYTES)
        self._ctx.spend(tcp_bytes(len(data)))
        return data


@asynccontextmanager
async def open_stream(
    ctx: ProbeContext, address: str, port: int, *, timeout_s: Seconds, interface: str | None = None
) -> AsyncIterator[TcpStream]:
    """A connection to an address; closed at the end, whatever happens. TimeoutError or OSError without one."""
    ctx.spend(TCP_CONNECTION_BYTES)
    connected = await ctx.platform.connect_tcp(address, port, timeout_s=timeout_s, interface=interface)
    with connected.sock as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        yield TcpStream(connected, ctx)


class TimedStream:
    """A stream that adds up how long the other side was waited for; what this side calculates meanwhile is left out."""

    def __init__(self, stream: ByteStream, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        self._began_s: Seconds | None = None
        self.waited_ms = Ms(0.0)

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        # The waiting begins here: the answer may be there before this program is given the processor again.
        self._began_s = self._clock.monotonic()
        await self._stream.send(data)

    async def receive(self) -> bytes:
        """The next bytes; empty at the end."""
        began_s = self._clock.monotonic() if self._began_s is None else self._began_s
        self._began_s = None
        data = await self._stream.receive()
        self.waited_ms = Ms(self.waited_ms + (self._clock.monotonic() - began_s) * 1000)
        return data
