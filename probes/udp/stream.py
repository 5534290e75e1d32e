"""A steady stream to a session reflector, else to a STUN server, and what comes back of it."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from nexkit.address import family
from nexkit.facts.udp import ReflectorAnswer, StreamReply, StunAnswer, UdpStream, stream_facts
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind
from nexkit.platform.api import Datagram, UdpSession
from nexkit.probe import ProbeContext
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange import stamp
from probes.exchange.target import address_of
from probes.exchange.traffic import udp_bytes
from probes.exchange.udp import ask_udp
from probes.udp.packets import LEFT_OUT, Greeted, Packets, StampPackets, StunPackets

_GREETINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a stream is sent."""

    duration_s: Seconds
    packets_s: float
    payload_bytes: Bytes
    reply_timeout_s: Seconds

    @property
    def count(self) -> int:
        """How many packets that makes."""
        return round(self.duration_s * self.packets_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """Where a stream goes."""

    server: str
    port: int
    address: str


async def measure_stream(
    reflectors: Sequence[tuple[str, int]],
    stun_answers: Sequence[StunAnswer],
    pace: Pace,
    ctx: ProbeContext,
) -> tuple[tuple[ReflectorAnswer, ...], UdpStream | None]:
    """The stream to the first reflector that answers, without any to the first STUN server that did."""
    heard: list[ReflectorAnswer] = []
    for server, port in reflectors:
        answer, stream = await _to_reflector(server, port, pace, ctx)
        heard.append(answer)
        if answer.failure is None:
            return tuple(heard), stream
    answered = next((each for each in stun_answers if each.failure is None and each.address), None)
    if answered is None or not pace.count:
        return tuple(heard), None
    target = _Target(server=answered.server, port=answered.port, address=answered.address or "")
    try:
        async with ctx.platform.open_udp(family(target.address)) as session:
            return tuple(heard), await _Stream(session, target, StunPackets(ctx.random), pace, ctx).run()
    except OSError:
        return tuple(heard), None  # the family has gone since the server answered


async def _to_reflector(
    server: str, port: int, pace: Pace, ctx: ProbeContext
) -> tuple[ReflectorAnswer, UdpStream | None]:
    """Whether a reflector answers, and the stream if it does."""
    address: str | None = None
    rtt_ms: Ms | None = None
    stream: UdpStream | None = None
    failure: Failure | None = None
    step = "resolve"
    try:
        async with asyncio.timeout(_GREETINGS * pace.reply_timeout_s):
            address = await address_of(server, ctx)
        target = _Target(server=server, port=port, address=address)
        step = "greet"
        async with ctx.platform.open_udp(family(address)) as session:
            rtt_ms, greeted = await _greet(session, target, pace, ctx)
            if pace.count:
                stream = await _Stream(session, target, StampPackets(greeted, pace.payload_bytes), pace, ctx).run()
    except (OSError, BudgetExceededError) as error:
        failure = classify(error, step=step)
    return ReflectorAnswer(server=server, port=port, address=address, rtt_ms=rtt_ms, failure=failure), stream


async def _greet(session: UdpSession, target: _Target, pace: Pace, ctx: ProbeContext) -> tuple[Ms, Greeted]:
    """The first answer to a few packets; TimeoutError, or the error that a connected socket is told of."""
    sent: list[tuple[bytes, Seconds]] = []
    for number in range(_GREETINGS):
        if number:
            await _ask_connected(target, pace, ctx)
        ctx.spend(udp_bytes(pace.payload_bytes))
        packet = stamp.packet(number, ctx.clock.monotonic(), pace.payload_bytes)
        sent.append((packet, session.send(target.address, target.port, packet)))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pace.reply_timeout_s):
                return await _greeted(session, target, sent, ctx)
    raise TimeoutError


async def _greeted(
    session: UdpSession, target: _Target, sent: Sequence[tuple[bytes, Seconds]], ctx: ProbeContext
) -> tuple[Ms, Greeted]:
    """The first reflection of one of the packets sent; waits without end."""
    while True:
        datagram = await session.receive()
        number = stamp.number_in(datagram.payload)
        if (datagram.address, datagram.port) != (target.address, target.port) or number is None or number >= len(sent):
            continue
        packet, sent_s = sent[number]
        if (reflection := stamp.answered(packet, datagram.payload)) is not None:
            ctx.spend(udp_bytes(len(datagram.payload)))
            # The packets after this one, if any, are taken as arrived.
            return Ms(max(0.0, datagram.at_s - sent_s) * 1000), Greeted(
                next_number=len(sent) + LEFT_OUT, next_count=reflection.number + len(sent) - number
            )


async def _ask_connected(target: _Target, pace: Pace, ctx: ProbeContext) -> None:
    """Ask once from a socket that is connected: only such a one is told everywhere that a port is closed (OSError)."""
    packet = stamp.packet(0, ctx.clock.monotonic(), pace.payload_bytes)
    with contextlib.suppress(TimeoutError):
        await ask_udp(
            ctx,
            target.address,
            target.port,
            packet,
            timeout_s=Seconds(pace.reply_timeout_s / 2),
            accept=lambda payload: stamp.answered(packet, payload) is not None,
        )


class _Stream:
    """One stream on an open socket."""

    def __init__(self, session: UdpSession, target: _Target, packets: Packets, pace: Pace, ctx: ProbeContext) -> None:
        self._session = session
        self._target = target
        self._packets = packets
        self._pace = pace
        self._ctx = ctx
        self._sent_s: list[Seconds] = []
        self._sizes: list[int] = []
        self._replies: list[StreamReply] = []
        self._answered: set[int] = set()
        self._failure: Failure | None = None
        self._all_answered = asyncio.Event()

    async def run(self) -> UdpStream:
        """Send at a steady pace whatever comes back, then wait for the last replies."""
        reader = asyncio.create_task(self._read())
        try:
            try:
                await self._send_all()
            except BudgetExceededError as error:
                self._failure = classify(error, step="stream")
            if len(self._answered) < len(self._sent_s):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.reply_timeout_s):
                        await self._all_answered.wait()
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        return stream_facts(
            server=self._target.server,
            port=self._target.port,
            target=self._target.address,
            method=self._packets.method,
            packets_s=self._pace.packets_s,
            payload_bytes=Bytes(max(self._sizes, default=0)),
            sent_at_s=self._sent_s,
            replies=self._replies,
            failure=self._failure,
        )

    async def _send_all(self) -> None:
        clock = self._ctx.clock
        began_s = clock.monotonic()
        for number in range(self._pace.count):
            # By the clock and not by the pause alone, so that the pace holds however long the sending takes.
            ahead_s = began_s + number / self._pace.packets_s - clock.monotonic()
            if number and ahead_s > 0:
                await self._ctx.sleep(Seconds(ahead_s))
            if self._failure is not None and self._failure.kind is FailureKind.BUDGET:
                return
            self._send(number)
            self._ctx.progress(Ratio(number / self._pace.count))

    def _send(self, number: int) -> None:
        now_s = self._ctx.clock.monotonic()
        packet = self._packets.make(number, now_s)
        self._ctx.spend(udp_bytes(len(packet)))
        self._sizes.append(len(packet))
        try:
            now_s = self._session.send(self._target.address, self._target.port, packet)
        except OSError as error:
            # Counted as sent and lost: for a call it is the same whether it is lost here or on the way.
            self._failure = self._failure or classify(error, step="send")
        self._packets.sent(number, now_s)
        self._sent_s.append(now_s)

    async def _read(self) -> None:
        """Keep every reply that comes in time; runs without end, or until the byte budget is used up."""
        try:
            while True:
                datagram = await self._session.receive()
                if (datagram.address, datagram.port) == (self._target.address, self._target.port):
                    self._keep(datagram)
        except BudgetExceededError as error:
            self._failure = classify(error, step="stream")
            self._all_answered.set()

    def _keep(self, datagram: Datagram) -> None:
        self._ctx.spend(udp_bytes(len(datagram.payload)))
        reply = self._packets.read(datagram)
        if reply is None or reply.rtt_ms > self._pace.reply_timeout_s * 1000:
            return
        if reply.number not in self._answered:
            self._ctx.sample(reply.rtt_ms)
        self._replies.append(reply)
        self._answered.add(reply.number)
        if len(self._answered) == self._pace.count:
            self._all_answered.set()
