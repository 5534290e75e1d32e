"""One direction of a load test: connections fill the line, and latency is timed meanwhile.

One connection begins alone, others join as long as the goodput rises by them (after draft-ietf-ippm-responsiveness): on
a path that loses packets one flow measures the loss, many measure the line. It ends as soon as goodput and latency are
steady, at the latest after its time or with its bytes.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from nexkit import stats
from nexkit.facts.load import (
    HIGH_VARIATION_RATIO,
    HIGH_WINDOWS,
    DirectionLoad,
    FlowRttMethod,
    load_confidence,
)
from nexkit.outcome import Failure, FailureKind
from nexkit.probe import ProbeContext
from nexkit.units import BitPerSecond, Bytes, Ms, Seconds
from probes.load.connection import TransferError
from probes.load.latency import LatencySource, TimedReply, observe, summary
from probes.load.responsiveness import FlowTimes, ForeignProbe, responsiveness

TICK_S = Seconds(0.1)
"""Bytes are counted this often."""
MIN_REQUEST_BYTES = 1_000_000
"""A request costs a round trip in which its connection does nothing; none is smaller without need."""
REQUEST_S = 1.0
"""So long a request shall last."""
FIRST_REQUEST_RATIO = 0.1
"""Of the bytes, for the first request, when no rate is known."""
WIRE_RATIO = 1.06
"""Bytes on the wire for one of payload: headers of IP and TCP with time stamps (52 in 1500), an acknowledgement for
every second segment (52 in 3000), TLS records (22 in 16,384)."""

ONE_FLOW_S = 1.0
ONE_FLOW_ROUND_TRIPS = 10
"""Slow start doubles every round trip: ten of them come from ten segments to ten thousand."""
STAGE_S = 0.5
STAGE_ROUND_TRIPS = 4
STAGE_TIME_RATIO = 1 / 8
"""No stage lasts longer than this share of the direction's time."""
STAGE_BYTES_RATIO = 0.12
"""Nor does it take more of its bytes."""
STAGES = (1, 4, 8, 16, 32)
"""Connections."""
STAGE_RAMP_UP_S = 0.2
"""Left out of a stage's goodput: the slow start of those who joined."""
RISE_RATIO = 1.05
"""Further connections that raise the goodput by less are no gain, if they do not in twice a stage's time either."""
QUEUE_SHOWS_MS = 2.0
SEARCH_LEAST_S = 3.0
QUEUE_SAMPLES = 10
"""The last round trips; connections that fill a line make a queue at its narrowest place."""
QUEUE_CONNECTIONS = 8
"""So many at most are added because the latency still rises: a deep queue fills sooner with more, and the latency's
distribution comes nearer to its top with each, away from what a few downloads cause."""
LATENCY_WINDOW_S = 1.0
LATENCY_RISE_RATIO = 1.05
LATENCY_RISE_MS = 3.0
"""Latency that changes by less from one window to the next is steady."""
QUEUE_FILLING_RATIO = 0.4
"""The first part of the time, in which the queue fills, is left out of the latency."""

FOREIGN_INTERVAL_S = 0.1
FOREIGN_CAPACITY_RATIO = 0.05
"""Probes take at most this share of the goodput (the draft's PTC)."""
FOREIGN_LEAST_RATE_BIT_S = 1e6
"""Held for the goodput before any is known."""


class Budget:
    """Payload bytes that may still be asked for; they are taken beforehand, so that no server can overdraw."""

    def __init__(self, limit_bytes: int, unit_bytes: int = 1) -> None:
        self.limit = self.left = limit_bytes
        self._unit = unit_bytes
        self.exhausted = False
        """Somebody was turned away."""

    @property
    def taken(self) -> int:
        """Bytes asked for so far, less what was given back."""
        return self.limit - self.left

    def take(self, wanted: int) -> int:
        """Bytes for one request, about as many as wanted; 0 at the end."""
        whole = self.left - self.left % self._unit
        share = min(max(wanted - wanted % self._unit, self._unit), whole)
        self.left -= share
        self.exhausted = self.exhausted or share == 0
        return share

    def give_back(self, count: int) -> None:
        """Return what a request did not use."""
        self.left += count


class Flow(Protocol):
    """One connection that carries load."""

    congestion_control: str | None
    server_congestion_control: str | None
    received_bytes: int
    written_bytes: int
    reusable: bool
    told_round_trips: list[tuple[float, Ms]]
    """Moments and round trips, by what the protocol tells."""
    told_method: FlowRttMethod

    def delivered_bytes(self) -> int:
        """How many bytes of its uploads the server has."""
        ...

    def round_trip_ms(self, *, sending: bool) -> Ms | None:
        """Its own, by the system's TCP."""
        ...

    def abort(self) -> None:
        """Cut it off."""
        ...


FlowT = TypeVar("FlowT", bound=Flow)


class Carrier(Protocol[FlowT]):
    """How a back end moves bytes in one direction."""

    is_download: bool
    most_connections: int
    unit_bytes: int
    """Requests are for a multiple of this."""
    requests_whole: bool
    """A connection is given all bytes at once, because the protocol has no requests."""

    async def open(self) -> FlowT:
        """A new connection; TransferError."""
        ...

    async def carry(self, flow: FlowT, count: int) -> int:
        """Move up to `count` bytes over it, and how many were used of them; TransferError."""
        ...

    async def foreign(self, budget: Budget) -> ForeignProbe:
        """Time the opening of a connection of its own, booked before; TransferError."""
        ...

    @property
    def foreign_bytes(self) -> int:
        """What one of those costs at most."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What both directions of one test share."""

    ctx: ProbeContext
    sources: tuple[LatencySource | None, LatencySource | None, LatencySource | None]
    """To the echo target, the gateway, the provider's first router; None: not timed."""
    limit_s: Seconds
    """How long one direction lasts at most."""
    round_trip_s: Seconds
    """At rest; 0 where it is not known."""


@dataclass(slots=True)
class _Stage:
    """A time with one number of connections."""

    began_s: float
    began_bytes: float
    connections: int
    rate_bit_s: float = field(default=0.0)


class Direction(Generic[FlowT]):
    """One direction of a load, run once."""

    def __init__(self, load: Load, carrier: Carrier[FlowT], *, limit_bytes: int) -> None:
        self.budget = Budget(limit_bytes, carrier.unit_bytes)
        self._load = load
        self._ctx = load.ctx
        self._carrier = carrier
        self._flows: list[FlowT] = []
        self._failures: list[Failure] = []
        self._working = 0
        self._began_s = Seconds(0.0)
        self._marks: list[tuple[float, float]] = []
        self._booked_bytes = 0
        self._over = False
        self._stages: list[_Stage] = []
        self._growing = True
        self._steady_from_s = 0.0
        self._one_flow_bit_s: BitPerSecond | None = None
        self._replies: tuple[list[TimedReply], list[TimedReply], list[TimedReply]] = ([], [], [])
        self._foreign: list[ForeignProbe] = []
        self._own_round_trips: list[tuple[float, Ms]] = []
        self._queue_checked_s = 0.0

    @property
    def own_congestion_control(self) -> str | None:
        """Of this side; None where the system does not tell, or no connection was opened."""
        return self._flows[-1].congestion_control if self._flows else None

    async def run(self, report: Callable[[float], None]) -> DirectionLoad:
        """Load the line until it is steady, or time, bytes or connections are at their end.

        `report` takes the seconds gone by.
        """
        try:
            first = await self._open()
            if first is None:
                return self._result()
            async with asyncio.TaskGroup() as group:
                self._began_s = self._ctx.clock.monotonic()
                self._marks.append((0.0, 0.0))
                waited_for = [
                    group.create_task(observe(source, self._ctx, lambda: self._over, replies))
                    for source, replies in zip(self._load.sources, self._replies, strict=True)
                    if source is not None
                ]
                self._working = 1
                self._stages.append(_Stage(0.0, 0.0, 1))
                ended_with_the_load = [group.create_task(self._work(first)), group.create_task(self._probe(group))]
                while not self._over:
                    left_s = self._load.limit_s - self._since_began_s()
                    await self._ctx.sleep(Seconds(min(TICK_S, max(0.0, left_s))))
                    self._mark()
                    report(self._since_began_s())
                    if self._since_began_s() >= self._load.limit_s or self._is_settled():
                        self._over = True
                    else:
                        ended_with_the_load += [
                            group.create_task(self._join()) for _ in range(self._wanted_connections())
                        ]
                self._abort()
                for task in ended_with_the_load:
                    task.cancel()
                del waited_for
        finally:
            self._over = True
            self._abort()
        return self._result()

    # Connections.

    async def _open(self) -> FlowT | None:
        """A connection, kept for counting and for the end; None where it failed, which is kept as well."""
        try:
            flow = await self._carrier.open()
        except TransferError as error:
            self._failures.append(error.failure)
            return None
        self._flows.append(flow)
        return flow

    async def _join(self) -> None:
        """One more connection."""
        self._working += 1
        await self._work(await self._open())

    async def _work(self, flow: FlowT | None) -> None:
        """Request after request on one connection, or on the next where the server closes it."""
        try:
            while flow is not None and (count := self.budget.take(self._request_bytes())):
                self.budget.give_back(count - await self._carrier.carry(flow, count))
                if self._carrier.requests_whole:
                    self.budget.exhausted = not self.budget.left
                    flow = None
                elif not flow.reusable:
                    flow = await self._open()
        except TransferError as error:
            if not self._over:
                self._failures.append(error.failure)
        self._working -= 1
        # When the bytes are given out, the rest is still to come: as long as half of the connections carry it.
        if not self._working or (self.budget.exhausted and 2 * self._working < self._stages[-1].connections):
            self._mark()
            self._over = True

    def _request_bytes(self) -> int:
        """For the next request: about a second of one connection, and less when little is left."""
        if self._carrier.requests_whole:
            return self.budget.left
        shares = 2 * max(self._working, self._stages[-1].connections)
        least = min(MIN_REQUEST_BYTES, max(1, self.budget.limit // (2 * self._carrier.most_connections)))
        rate_bit_s = self._recent_rate_bit_s(STAGE_S)
        wanted = (
            rate_bit_s / 8 * REQUEST_S / max(1, self._working)
            if rate_bit_s
            else self.budget.limit * FIRST_REQUEST_RATIO
        )
        return int(max(least, min(wanted, self.budget.left / shares)))

    def _abort(self) -> None:
        for flow in self._flows:
            flow.abort()

    # Goodput.

    def _since_began_s(self) -> Seconds:
        return Seconds(self._ctx.clock.monotonic() - self._began_s)

    def _delivered_bytes(self) -> int:
        """Payload that has reached the other end so far."""
        if self._carrier.is_download:
            return sum(flow.received_bytes for flow in self._flows)
        return sum(flow.delivered_bytes() for flow in self._flows)

    def _mark(self) -> None:
        """Note what is delivered by now, and book what was moved since the last time."""
        at_s = self._since_began_s()
        if self._over or at_s <= self._marks[-1][0]:
            return
        self._marks.append((at_s, self._delivered_bytes()))
        moved = sum(flow.received_bytes + flow.written_bytes for flow in self._flows)
        self._ctx.spend(int((moved - self._booked_bytes) * WIRE_RATIO))
        self._booked_bytes = moved
        now_s = self._ctx.clock.monotonic()
        sending = not self._carrier.is_download
        for flow in self._flows:
            round_trip_ms = flow.round_trip_ms(sending=sending)
            if round_trip_ms is not None:
                self._own_round_trips.append((now_s, round_trip_ms))

    def _recent_rate_bit_s(self, window_s: float) -> float:
        """Over the last window; 0 when nothing is known yet."""
        end_s, end_bytes = self._marks[-1]
        for at_s, count in reversed(self._marks):
            if end_s - at_s >= window_s - TICK_S / 2 or at_s == 0:
                return 8 * (end_bytes - count) / (end_s - at_s) if end_s > at_s else 0.0
        return 0.0

    def _wanted_connections(self) -> int:
        """How many should join now."""
        if self._growing:
            return self._next_stage()
        now_s = self._marks[-1][0]
        if now_s - self._queue_checked_s < LATENCY_WINDOW_S:
            return 0
        self._queue_checked_s = now_s
        missing = min(QUEUE_CONNECTIONS, self._carrier.most_connections) - self._stages[-1].connections
        if missing <= 0 or not self._latency_rises():
            return 0
        self._stages[-1].connections += missing
        return missing

    def _next_stage(self) -> int:
        """Judge the running stage once it is over; how many connections the next one adds."""
        stage = self._stages[-1]
        now_s, now_bytes = self._marks[-1]
        least_s = (
            max(ONE_FLOW_S, ONE_FLOW_ROUND_TRIPS * self._load.round_trip_s)
            if len(self._stages) == 1
            else max(STAGE_S, STAGE_ROUND_TRIPS * self._load.round_trip_s)
        )
        least_s = min(least_s, STAGE_TIME_RATIO * self._load.limit_s)
        lasted_s = now_s - stage.began_s
        enough_bytes = now_bytes - stage.began_bytes >= STAGE_BYTES_RATIO * self.budget.limit
        if lasted_s < least_s and not enough_bytes:
            return 0
        stage.rate_bit_s = self._recent_rate_bit_s(lasted_s - min(lasted_s / 2, STAGE_RAMP_UP_S))
        if len(self._stages) == 1:
            self._one_flow_bit_s = stats.steady_rate(self._marks, self._load.round_trip_s).rate_bit_s
        elif stage.rate_bit_s <= RISE_RATIO * self._stages[-2].rate_bit_s and self._is_filled(stage.rate_bit_s):
            if lasted_s < 2 * least_s and not enough_bytes:
                return 0
            self._growing = False
            self._steady_from_s = self._stages[-2].began_s
            return 0
        self._steady_from_s = stage.began_s
        following = [min(count, self._carrier.most_connections) for count in STAGES if count > stage.connections]
        if not following or following[0] == stage.connections:
            self._growing = False
            return 0
        self._stages.append(_Stage(now_s, now_bytes, following[0]))
        return following[0] - stage.connections

    def _steady(self) -> stats.SteadyRate:
        """The steady part of the time since the number of connections stopped mattering; times count from the start.

        Of the whole time, where bytes or time ended soon after connections had joined.
        """
        from_s = self._steady_from_s
        marks = [(at_s - from_s, count) for at_s, count in self._marks if at_s >= from_s]
        steady = stats.steady_rate(marks, self._load.round_trip_s, ramp_up_min_s=0.0 if from_s else stats.RAMP_UP_MIN_S)
        if steady.rate_bit_s is None:
            return stats.steady_rate(self._marks, self._load.round_trip_s)
        return replace(steady, ramp_up_s=Seconds(from_s + steady.ramp_up_s))

    def _is_settled(self) -> bool:
        """Goodput and latency are steady: more time would tell nothing new."""
        if self._growing:
            return False
        rates = self._steady().window_rates_bit_s
        variation = stats.variation_ratio(rates)
        if len(rates) < HIGH_WINDOWS or variation is None or variation > HIGH_VARIATION_RATIO:
            return False
        return not self._latency_rises(or_falls=True)

    # Latency.

    def _is_filled(self, rate_bit_s: float) -> bool:
        """Whether round trips are longer than at rest, as where a line is full.

        True where they are not known, or where the bytes are too few to find out with more connections.
        """
        if 8 * self.budget.left < rate_bit_s * SEARCH_LEAST_S:
            return True
        times = [timed.reply.rtt_ms for timed in self._replies[0] if timed.reply.rtt_ms is not None]
        working_ms = stats.quantile(times[-QUEUE_SAMPLES:], 0.5)
        return working_ms is None or working_ms - 1000 * self._load.round_trip_s > QUEUE_SHOWS_MS

    def _latency_rises(self, *, or_falls: bool = False) -> bool:
        """Whether the last second's round trips differ from those of the second before; False where none are known."""
        now_s = self._ctx.clock.monotonic()

        def median(ago_s: float) -> float | None:
            """Of the round trips that ended in the window which ended so long ago."""
            times = [
                timed.reply.rtt_ms
                for timed in self._replies[0]
                if timed.reply.rtt_ms is not None
                and ago_s <= now_s - timed.sent_at_s - timed.reply.rtt_ms / 1000 < ago_s + LATENCY_WINDOW_S
            ]
            return stats.quantile(times, 0.5)

        last_ms, before_ms = median(0.0), median(LATENCY_WINDOW_S)
        if last_ms is None or before_ms is None:
            return False
        low_ms, high_ms = sorted((before_ms, last_ms)) if or_falls else (before_ms, last_ms)
        return high_ms > max(LATENCY_RISE_RATIO * low_ms, low_ms + LATENCY_RISE_MS)

    async def _probe(self, group: asyncio.TaskGroup) -> None:
        """Open connections of their own at a pace that the line can carry."""
        running: set[asyncio.Task[None]] = set()
        try:
            while not self._over:
                cost_bytes = self._carrier.foreign_bytes
                self._ctx.spend(cost_bytes)
                task = group.create_task(self._probe_once())
                running.add(task)
                task.add_done_callback(running.discard)
                rate_bit_s = max(self._recent_rate_bit_s(STAGE_S), FOREIGN_LEAST_RATE_BIT_S)
                pause_s = max(FOREIGN_INTERVAL_S, 8 * cost_bytes / (FOREIGN_CAPACITY_RATIO * rate_bit_s))
                await self._ctx.sleep(Seconds(pause_s))
        finally:
            for task in running:
                task.cancel()

    async def _probe_once(self) -> None:
        try:
            probe = await self._carrier.foreign(self.budget)
        except TransferError:
            return  # the transfers themselves show what is wrong
        self._foreign.append(probe)

    def _flow_times(self) -> FlowTimes:
        """By the system's TCP, else by what the protocol tells."""
        told = [sample for flow in self._flows for sample in flow.told_round_trips]
        if self._own_round_trips or not told:
            return FlowTimes(method=FlowRttMethod.OWN_SYSTEM, samples=self._own_round_trips)
        return FlowTimes(method=self._flows[0].told_method, samples=told)

    # The end.

    def _congestion_control(self) -> str | None:
        if not self._carrier.is_download:
            return self.own_congestion_control
        told: Sequence[str | None] = [flow.server_congestion_control for flow in self._flows]
        return next((name for name in told if name is not None), None)

    def _result(self) -> DirectionLoad:
        steady = self._steady()
        transferred = int(self._marks[-1][1]) if self._marks else 0
        failure = self._failures[0] if self._failures else None
        if not transferred and failure is None:
            failure = Failure(kind=FailureKind.TIMEOUT, step="transfer")
        measured = steady.rate_bit_s is not None and transferred > 0
        lasted_s = self._marks[-1][0] if self._marks else 0.0
        ramp_up_s = steady.ramp_up_s if measured else stats.RAMP_UP_MIN_S
        loaded_from_s = self._began_s + max(ramp_up_s, QUEUE_FILLING_RATIO * lasted_s)
        loaded_to_s = self._began_s + lasted_s
        working, gateway, provider = (
            None if source is None else summary(source, _in_order(replies), from_s=loaded_from_s, to_s=loaded_to_s)
            for source, replies in zip(self._load.sources, self._replies, strict=True)
        )
        flow_times = self._flow_times()
        return DirectionLoad(
            goodput_bit_s=steady.rate_bit_s if measured else None,
            confidence=load_confidence(steady.window_rates_bit_s),
            variation_ratio=stats.variation_ratio(steady.window_rates_bit_s),
            connections=len(self._flows),
            transferred_bytes=Bytes(transferred),
            ramp_up_s=steady.ramp_up_s,
            measured_s=steady.measured_s,
            capped=self.budget.exhausted,
            working=working,
            failure=failure,
            working_gateway=gateway,
            working_provider=provider,
            one_flow_bit_s=self._one_flow_bit_s,
            flow_rtt=flow_times.fact(loaded_from_s, loaded_to_s),
            responsiveness=responsiveness(
                self._foreign, flow_times, saturated_at_s=self._began_s + ramp_up_s, end_s=loaded_to_s
            ),
            congestion_control=self._congestion_control(),
        )


def _in_order(replies: Sequence[TimedReply]) -> tuple[TimedReply, ...]:
    return tuple(sorted(replies, key=lambda timed: timed.sent_at_s))
