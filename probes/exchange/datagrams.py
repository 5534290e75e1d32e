"""Requests and answers over one UDP socket that is kept: every answer finds the request it belongs to."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nexkit.address import Family
from nexkit.platform.api import Datagram, UdpReply, UdpSession
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.traffic import icmp_error_bytes, udp_bytes


@dataclass(slots=True)
class _Waiting:
    """A request under way."""

    address: str
    port: int
    accept: Callable[[bytes], bool]
    sent_s: Seconds
    answer: asyncio.Future[UdpReply]


class Datagrams:
    """Many requests may be under way at once, to several hosts."""

    def __init__(self, session: UdpSession, ctx: ProbeContext) -> None:
        self.session = session
        self._ctx = ctx
        self._waiting: list[_Waiting] = []

    async def ask(
        self, address: str, port: int, payload: bytes, *, timeout_s: Seconds, accept: Callable[[bytes], bool]
    ) -> UdpReply:
        """Send a datagram and wait for one from the same address and port that `accept` takes.

        TimeoutError without one, other OSErrors of sending as they come, BudgetExceededError.
        """
        self._ctx.spend(udp_bytes(len(payload)))
        answer: asyncio.Future[UdpReply] = asyncio.get_running_loop().create_future()
        waiting = _Waiting(address, port, accept, self.session.send(address, port, payload), answer)
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(timeout_s):
                reply = await answer
        except TimeoutError:
            # Whether an ICMP error came instead, such a socket is not told.
            self._ctx.spend(icmp_error_bytes(len(payload)))
            raise
        finally:
            self._waiting.remove(waiting)
        self._ctx.spend(udp_bytes(len(reply.payload)))
        return reply

    async def read(self) -> None:
        """Hand every datagram to the request that it answers; runs without end."""
        while True:
            datagram = await self.session.receive()
            for waiting in self._waiting:
                if not waiting.answer.done() and _answers(datagram, waiting):
                    rtt_ms = Ms(max(0.0, datagram.at_s - waiting.sent_s) * 1000)
                    waiting.answer.set_result(UdpReply(payload=datagram.payload, rtt_ms=rtt_ms))
                    break


def _answers(datagram: Datagram, waiting: _Waiting) -> bool:
    return (datagram.address, datagram.port) == (waiting.address, waiting.port) and waiting.accept(datagram.payload)


@asynccontextmanager
async def open_datagrams(ctx: ProbeContext, family: Family) -> AsyncGenerator[Datagrams, None]:
    """A socket of the family and who reads it; OSError where the system has no such family."""
    async with ctx.platform.open_udp(family) as session:
        datagrams = Datagrams(session, ctx)
        reader = asyncio.create_task(datagrams.read())
        try:
            yield datagrams
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
