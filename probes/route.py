"""Route probe: which routers answer on the way to a target, how fast, and what they are called."""

import asyncio
import errno
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, TypeVar

from nexkit.consent import Consent
from nexkit.facts.path import Hop, HopResponder, PathMethod, PathTrace, Rewriting
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.params import PORT, Between, check_limits
from nexkit.platform.api import HopReply, TraceSession
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.target import address_of
from probes.exchange.traffic import LOOKUP_BYTES

ValueT = TypeVar("ValueT")

PROBE_BYTES = Bytes(40 + 8 + 32)
"""One probe with its IPv6 header; a SYN with its options has as many."""
REPLY_BYTES = Bytes(40 + 8 + 128 + 64)
"""An ICMP error that quotes it whole, with an extension; more than what ends a connection attempt."""
BATCH = {PathMethod.ICMP: 8, PathMethod.UDP: 5, PathMethod.TCP: 4}
"""How many hops are asked at once in the first round. By UDP the target itself answers with an ICMP error, of which
Linux sends six at once; by TCP each probe that reaches the target is a connection that its service sees."""
BATCH_PAUSE_S = Seconds(0.05)
"""Longer than the round trip to a target that is less than a batch of hops away."""
MAX_TTL = 64

# Waiting. A hop nearer than one that has answered is overdue; asking it again costs little, and the first answer still
# counts. It is given up for good later: routers send ICMP errors when they have nothing better to do.
ASK_AGAIN_S = Seconds(0.02)
"""A silent hop is asked again after the slowest round trip so far, and not sooner than this."""
PATIENCE_RTTS = 3
"""A hop that has answered before is waited for as long as three times its own slowest round trip."""
FIRST_PATIENCE_RTTS = 5
"""A silent one: its first probe five times the slowest round trip of all hops..."""
LAST_PATIENCE_RTTS = 2
"""...and its last one twice (traceroute, which asks no hop again, waits for ten times that of a later hop)..."""
MIN_PATIENCE_S = Seconds(0.1)
"""...and not less than this."""

LAST_TURNS = 3
"""Turns of the event loop before waiting ends: an answer that is there counts, however late it is read."""

# Pace. Linux sends one destination six ICMP errors at once and then one a second (icmp_ratelimit).
ROUTER_BURST = 5
"""One is left for others who ask at the same time."""
ROUTER_REFILL_PER_S = 1.0

MAX_NAMES = 40
NAMES_AT_ONCE = 8
NAMES_PATIENCE_S = Seconds(1.0)
"""How long names are waited for after everything else is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteParams:
    """Which way, and how often to ask each hop of it."""

    target: str
    method: PathMethod | None = None
    """None: the best that the system permits, ICMP before UDP."""
    port: Annotated[int, PORT] | None = None
    """Of UDP or TCP; None: one where nobody listens, or 443."""
    rounds: Annotated[int, Between(1)] = 3
    interval_s: Seconds = Seconds(0.1)
    max_ttl: Annotated[int, Between(1, MAX_TTL)] = 30
    tries: Annotated[int, Between(1)] = 4
    """A hop in between that stays silent is asked so often at least."""
    names: bool = True
    """Look up what the hops are called."""
    reply_timeout_s: Seconds = Seconds(1.0)

    def __post_init__(self) -> None:
        check_limits(self)


class RouteProbe:
    """Ask all hops at once, round after round; hops behind the target are left out as soon as it has answered.

    A hop that stays silent says nothing: routers limit the ICMP errors they send. So each router is asked five times
    in a row at most, and then once a second; the target, where it answers itself, in every round.
    """

    spec: ClassVar = ProbeSpec(
        id="route",
        version=2,
        consent=Consent.ACTIVE_TRAFFIC,
        params=RouteParams,
        fact=PathTrace,
        timeout_s=Seconds(20),
        max_bytes=Bytes(200_000),
        needs=("trace4", "trace6"),
    )

    async def run(self, params: RouteParams, ctx: ProbeContext) -> Outcome[PathTrace]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        step = "resolve"
        try:
            target = await address_of(params.target, ctx)
            step = "open"
            async with ctx.platform.open_trace(target, params.method, params.port) as session:
                trace = _Trace(session, params, ctx)
                await trace.measure()
                fact = trace.fact(target)
            return Completed(await trace.named(fact) if params.names else fact)
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step=step, os_code=error.errno))
        except OSError as error:
            if error.errno == errno.EOPNOTSUPP:
                return Skipped(SkipReason.NOT_SUPPORTED)
            return Failed(classify(error, step=step))


@dataclass(slots=True, kw_only=True)
class _Asked:
    """One hop as it was asked so far."""

    tasks: list[asyncio.Task[HopReply]] = field(default_factory=list)
    sent_s: list[Seconds] = field(default_factory=list)
    slowest_s: Seconds | None = None
    """The slowest answer; None: none yet."""


class _Names:
    """Names of addresses, looked up beside the trace."""

    def __init__(self, ctx: ProbeContext) -> None:
        self._ctx = ctx
        self._slots = asyncio.Semaphore(NAMES_AT_ONCE)
        self._tasks: dict[str, asyncio.Task[str | None]] = {}

    def ask(self, address: str) -> None:
        """Begin to look up an address that is new."""
        if address not in self._tasks and len(self._tasks) < MAX_NAMES:
            self._ctx.spend(LOOKUP_BYTES)
            self._tasks[address] = asyncio.create_task(self._look_up(address))

    async def _look_up(self, address: str) -> str | None:
        async with self._slots:
            return await self._ctx.platform.name_of(address)

    async def found(self) -> dict[str, str]:
        """What is known after some patience; lookups that last longer are left behind."""
        timer = asyncio.create_task(self._ctx.sleep(NAMES_PATIENCE_S))
        try:
            while (waiting := {task for task in self._tasks.values() if not task.done()}) and not timer.done():
                await asyncio.wait({*waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            self.end()
        ended = {address: task for address, task in self._tasks.items() if task.done() and not task.cancelled()}
        return {address: name for address, task in ended.items() if (name := task.result()) is not None}

    def end(self) -> None:
        """Wait for nothing more."""
        for task in self._tasks.values():
            task.cancel()


class _Trace:
    """One trace under way."""

    def __init__(self, session: TraceSession, params: RouteParams, ctx: ProbeContext) -> None:
        self._session = session
        self._params = params
        self._ctx = ctx
        self._hops: dict[int, _Asked] = {}
        self._budgets: dict[str | int, tuple[float, Seconds]] = {}
        self._routers: dict[int, str] = {}
        self._reached_ttl: int | None = None
        self._refused_ttl: int | None = None
        self._farthest = 0
        self._slowest_s = Seconds(0.0)
        self._news = asyncio.Event()
        self._names = _Names(ctx)

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
                for ttl in range(1, (self._end_ttl() or self._params.max_ttl) + 1):
                    if self._may_ask(ttl):
                        self._send(ttl)
            await self._settle()
        except BaseException:
            self._names.end()
            raise
        finally:
            tasks = [task for hop in self._hops.values() for task in hop.tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def fact(self, target: str) -> PathTrace:
        """What came back until now."""
        replies = {
            ttl: [task.result() for task in hop.tasks if not task.cancelled()] for ttl, hop in self._hops.items()
        }
        hops = tuple(
            Hop(
                ttl=ttl,
                sent=len(self._hops[ttl].tasks),
                received=sum(reply.address is not None for reply in replies[ttl]),
                responders=_responders(replies[ttl]),
            )
            for ttl in range(1, (self._end_ttl() or self._farthest) + 1)
        )
        reached = self._reached_ttl is not None
        refusal = None if reached else _refusal(reply for ttl in sorted(replies) for reply in replies[ttl])
        return PathTrace(
            target=target,
            method=self._session.method,
            rounds=self._params.rounds,
            hops=hops,
            reached=reached,
            unreachable=refusal.unreachable if refusal else None,
            unreachable_from=refusal.address if refusal else None,
            port=self._session.port,
            flow_stable=self._session.flow_stable,
        )

    async def named(self, fact: PathTrace) -> PathTrace:
        """The fact with the names of its hops."""
        names = await self._names.found()
        return replace(
            fact,
            hops=tuple(
                replace(hop, responders=tuple(replace(each, name=names.get(each.address)) for each in hop.responders))
                for hop in fact.hops
            ),
        )

    async def _find_end(self) -> Seconds:
        """The first round, in batches: a near target shall not get the probes that are meant for a far one.

        Gives the moment of the last batch.
        """
        clock, size = self._ctx.clock, BATCH[self._session.method]
        sent = clock.monotonic()
        for first in range(1, self._params.max_ttl + 1, size):
            while first > self._farthest + 1 and (left_s := sent + BATCH_PAUSE_S - clock.monotonic()) > 0:
                if first == 1 or self._end_ttl() is not None:
                    break
                await self._news_within(Seconds(left_s))
            if self._end_ttl() is not None:
                break
            sent = clock.monotonic()
            for ttl in range(first, min(first + size, self._params.max_ttl + 1)):
                if self._may_ask(ttl):
                    self._send(ttl)
        return sent

    def _send(self, ttl: int) -> None:
        self._ctx.spend(PROBE_BYTES)
        hop = self._hops.setdefault(ttl, _Asked())
        hop.sent_s.append(self._ctx.clock.monotonic())
        hop.tasks.append(asyncio.create_task(self._probe(ttl)))

    def _end_ttl(self) -> int | None:
        """The hop behind which there is nothing to ask; None while it is not known."""
        return self._refused_ttl if self._reached_ttl is None else self._reached_ttl

    async def _probe(self, ttl: int) -> HopReply:
        reply = await self._session.probe(ttl, timeout_s=self._params.reply_timeout_s)
        if reply.address is not None:
            self._ctx.spend(REPLY_BYTES)
            self._take(ttl, reply, reply.address)
        self._news.set()
        return reply

    def _take(self, ttl: int, reply: HopReply, address: str) -> None:
        rtt_s = Seconds((reply.rtt_ms or 0.0) / 1000)
        hop = self._hops[ttl]
        hop.slowest_s = max(hop.slowest_s or rtt_s, rtt_s)
        self._slowest_s = max(self._slowest_s, rtt_s)
        self._farthest = max(self._farthest, ttl)
        if reply.reached:
            self._reached_ttl = min(ttl, self._reached_ttl or ttl)
        elif reply.unreachable is not None:
            self._refused_ttl = min(ttl, self._refused_ttl or ttl)
        if ttl not in self._routers:
            self._routers[ttl] = address
            # What was asked under the hop's number was asked of this router.
            tokens, _at = self._tokens(ttl)
            left, at = self._tokens(address)
            self._budgets[address] = (left - (ROUTER_BURST - tokens), at)
        if self._params.names:
            self._names.ask(address)

    def _may_ask(self, ttl: int) -> bool:
        """Whether the router there may be asked now without exceeding what it sends in answer; counts it if so."""
        if ttl == self._reached_ttl and self._session.method is not PathMethod.UDP:
            return True  # what answers is the target itself, without a limit on errors
        who = self._routers.get(ttl, ttl)
        tokens, now = self._tokens(who)
        if tokens < 1:
            return False
        self._budgets[who] = (tokens - 1, now)
        return True

    def _tokens(self, who: str | int) -> tuple[float, Seconds]:
        """How often a router (or a hop not known yet) may be asked now, and when now is."""
        now = self._ctx.clock.monotonic()
        tokens, at = self._budgets.get(who, (ROUTER_BURST, now))
        return min(ROUTER_BURST, tokens + (now - at) * ROUTER_REFILL_PER_S), now

    async def _settle(self) -> None:
        """Until every hop up to the end has answered, was given up, or is not worth waiting for any longer."""
        while True:
            now = self._ctx.clock.monotonic()
            waits = [
                self._wait_for(ttl, now)
                for ttl in range(1, (self._end_ttl() or self._params.max_ttl) + 1)
                if ttl in self._hops
            ]
            soonest_s = min((wait for wait in waits if wait is not None), default=None)
            if soonest_s is None:
                for _turn in range(LAST_TURNS):
                    await self._ctx.sleep(Seconds(0.0))
                return
            await self._news_within(soonest_s)

    def _wait_for(self, ttl: int, now: Seconds) -> Seconds | None:
        """How long a hop is waited for before it is looked at again; None: it has answered, or is given up.

        A silent one is asked again here.
        """
        hop = self._hops[ttl]
        waiting = any(not task.done() for task in hop.tasks)
        if hop.slowest_s is not None:
            last_s = hop.sent_s[-1] + max(MIN_PATIENCE_S, PATIENCE_RTTS * hop.slowest_s)
            return Seconds(last_s - now) if waiting and last_s > now else None
        if ttl >= self._farthest and self._end_ttl() is None:
            return self._params.reply_timeout_s if waiting else None  # nobody answers from there on, as far as we see
        again_s = hop.sent_s[-1] + max(ASK_AGAIN_S, self._slowest_s)
        if len(hop.tasks) < self._params.tries:
            if again_s > now:
                return Seconds(again_s - now)
            if self._may_ask(ttl):
                self._send(ttl)
                return max(ASK_AGAIN_S, self._slowest_s)
        last_s = max(
            hop.sent_s[0] + max(MIN_PATIENCE_S, FIRST_PATIENCE_RTTS * self._slowest_s),
            hop.sent_s[-1] + LAST_PATIENCE_RTTS * self._slowest_s,
        )
        return Seconds(last_s - now) if last_s > now and any(not task.done() for task in hop.tasks) else None

    async def _news_within(self, seconds: Seconds) -> None:
        """Until something came back or was given up, or so long."""
        self._news.clear()
        news = asyncio.create_task(self._news.wait())
        timer = asyncio.create_task(self._ctx.sleep(seconds))
        try:
            await asyncio.wait({news, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            timer.cancel()


def _responders(replies: Iterable[HopReply]) -> tuple[HopResponder, ...]:
    by_address: dict[str, list[HopReply]] = {}
    for reply in replies:
        if reply.address is not None:
            by_address.setdefault(reply.address, []).append(reply)
    return tuple(
        HopResponder(
            address=address,
            rtts_ms=tuple(each.rtt_ms for each in told if each.rtt_ms is not None),
            mpls=_first(each.mpls for each in told),
            reply_ttl=_first(each.reply_ttl for each in told),
            quoted_ttl=_first(each.quoted_ttl for each in told),
            rewritten=tuple(change for change in Rewriting if any(change in each.rewritten for each in told)),
        )
        for address, told in by_address.items()
    )


def _first(values: Iterable[ValueT | None]) -> ValueT | None:
    return next((value for value in values if value is not None), None)


def _refusal(replies: Iterable[HopReply]) -> HopReply | None:
    """The reply that says why it went no further; a router's word before this system's own."""
    refusals = [reply for reply in replies if reply.unreachable is not None]
    return next((reply for reply in refusals if reply.address is not None), refusals[0] if refusals else None)
