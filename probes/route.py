"""Route probe: which routers answer on the way to a target, and how fast; one flow, as Paris traceroute has it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from nexkit.consent import Consent
from nexkit.facts.path import Hop, HopResponder, PathTrace
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome
from nexkit.platform.api import HopReply, TraceSession
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.target import address_of

PROBE_BYTES = Bytes(40 + 8 + 32)
"""One probe with its IPv6 header."""
REPLY_BYTES = Bytes(40 + 8 + PROBE_BYTES)
"""An ICMP error that quotes it whole."""
PATIENCE_RTTS = 3
"""Once the target answered, a hop is waited for as traceroute does: three times the slowest round trip seen..."""
MIN_PATIENCE_S = Seconds(0.1)
"""...and not less than this, because routers send ICMP errors when they have nothing better to do."""
BATCH = 8
BATCH_PAUSE_S = Seconds(0.05)
"""Longer than the round trip to a target that is less than eight hops away."""
MAX_TTL = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteParams:
    """Which way, and how often to ask each hop of it."""

    target: str
    rounds: int = 3
    interval_s: Seconds = Seconds(0.1)
    max_ttl: int = 30
    reply_timeout_s: Seconds = Seconds(1.0)

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise ValueError("rounds: must be at least 1")
        if not 1 <= self.max_ttl <= MAX_TTL:
            raise ValueError(f"max_ttl: must be in 1..{MAX_TTL}")


class RouteProbe:
    """Ask all hops at once, round after round; hops behind the target are left out as soon as it has answered.

    A hop that stays silent says nothing: routers limit the ICMP errors they send (Linux: six at once to one
    destination, then one a second).
    """

    spec: ClassVar = ProbeSpec(
        id="route",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=RouteParams,
        fact=PathTrace,
        timeout_s=Seconds(20),
        max_bytes=Bytes(100_000),
        needs=("trace4", "trace6"),
    )

    async def run(self, params: RouteParams, ctx: ProbeContext) -> Outcome[PathTrace]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        step = "resolve"
        try:
            target = await address_of(params.target, ctx)
            step = "open"
            async with ctx.platform.open_trace(target) as session:
                trace = _Trace(session, params, ctx)
                await trace.measure()
                return Completed(trace.fact(target))
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step=step, os_code=error.errno))
        except OSError as error:
            return Failed(classify(error, step=step))


class _Trace:
    """One trace under way."""

    def __init__(self, session: TraceSession, params: RouteParams, ctx: ProbeContext) -> None:
        self._session = session
        self._params = params
        self._ctx = ctx
        self._probes: list[tuple[int, asyncio.Task[HopReply]]] = []
        self._reached_ttl: int | None = None
        self._refused_ttl: int | None = None
        self._slowest_ms = 0.0

    async def measure(self) -> None:
        """Send all rounds and wait for what is worth waiting for."""
        clock = self._ctx.clock
        try:
            began = await self._find_end()
            for number in range(1, self._params.rounds):
                self._ctx.progress(Ratio(number / (self._params.rounds + 1)))
                ahead_s = began + number * self._params.interval_s - clock.monotonic()
                if ahead_s > 0:
                    await self._ctx.sleep(Seconds(ahead_s))
                self._send(1, self._end_ttl() or self._params.max_ttl)
            await self._wait(clock.monotonic())
        finally:
            for _ttl, task in self._probes:
                task.cancel()
            await asyncio.gather(*(task for _ttl, task in self._probes), return_exceptions=True)

    def fact(self, target: str) -> PathTrace:
        """What came back until now."""
        replies = [(ttl, task.result()) for ttl, task in self._probes if not task.cancelled()]
        farthest = max((ttl for ttl, reply in replies if reply.address is not None), default=0)
        hops = tuple(
            Hop(
                ttl=ttl,
                sent=sum(1 for probe_ttl, _task in self._probes if probe_ttl == ttl),
                received=sum(1 for reply_ttl, reply in replies if reply_ttl == ttl and reply.address is not None),
                responders=_responders(reply for reply_ttl, reply in replies if reply_ttl == ttl),
            )
            for ttl in range(1, (self._end_ttl() or farthest) + 1)
        )
        reached = self._reached_ttl is not None
        refusal = None if reached else _refusal(reply for _ttl, reply in replies)
        return PathTrace(
            target=target,
            method=self._session.method,
            rounds=self._params.rounds,
            hops=hops,
            reached=reached,
            unreachable=refusal.unreachable if refusal else None,
            unreachable_from=refusal.address if refusal else None,
        )

    async def _find_end(self) -> Seconds:
        """The first round, in batches: a near target shall not get the probes that are meant for a far one.

        Gives the moment of the last batch.
        """
        sent = self._ctx.clock.monotonic()
        for first in range(1, self._params.max_ttl + 1, BATCH):
            if first > 1:
                await self._ctx.sleep(BATCH_PAUSE_S)
                if self._end_ttl() is not None:
                    break
            sent = self._ctx.clock.monotonic()
            self._send(first, min(first + BATCH - 1, self._params.max_ttl))
        return sent

    def _send(self, first_ttl: int, last_ttl: int) -> None:
        for ttl in range(first_ttl, last_ttl + 1):
            self._ctx.spend(PROBE_BYTES)
            self._probes.append((ttl, asyncio.create_task(self._probe(ttl))))

    def _end_ttl(self) -> int | None:
        """The hop behind which there is nothing to ask; None while it is not known."""
        return self._refused_ttl if self._reached_ttl is None else self._reached_ttl

    async def _probe(self, ttl: int) -> HopReply:
        reply = await self._session.probe(ttl, timeout_s=self._params.reply_timeout_s)
        if reply.address is not None:
            self._ctx.spend(REPLY_BYTES)
            self._slowest_ms = max(self._slowest_ms, reply.rtt_ms or 0.0)
        if reply.reached:
            self._reached_ttl = min(ttl, self._reached_ttl or ttl)
        elif reply.unreachable is not None and reply.address is not None:
            self._refused_ttl = min(ttl, self._refused_ttl or ttl)
        return reply

    async def _wait(self, last_sent: Seconds) -> None:
        """Until every hop up to the end has answered, was given up, or is not worth waiting for any longer."""
        while True:
            end = self._end_ttl()
            waiting = {task for ttl, task in self._probes if not task.done() and ttl <= (end or ttl)}
            if not waiting:
                return
            if end is None:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                continue
            patience_s = max(MIN_PATIENCE_S, PATIENCE_RTTS * self._slowest_ms / 1000)
            left_s = last_sent + patience_s - self._ctx.clock.monotonic()
            if left_s <= 0:
                return
            timer = asyncio.create_task(self._ctx.sleep(Seconds(left_s)))
            try:
                await asyncio.wait({*waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                timer.cancel()


def _responders(replies: Iterable[HopReply]) -> tuple[HopResponder, ...]:
    rtts_ms: dict[str, list[Ms]] = {}
    for reply in replies:
        if reply.address is not None:
            rtts_ms.setdefault(reply.address, []).extend(() if reply.rtt_ms is None else (reply.rtt_ms,))
    return tuple(HopResponder(address=address, rtts_ms=tuple(rtts)) for address, rtts in rtts_ms.items())


def _refusal(replies: Iterable[HopReply]) -> HopReply | None:
    """The reply that says why it went no further; a router's word before this system's own."""
    refusals = [reply for reply in replies if reply.unreachable is not None]
    return next((reply for reply in refusals if reply.address is not None), refusals[0] if refusals else None)
