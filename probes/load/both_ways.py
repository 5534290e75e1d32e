"""A whole load test: latency at rest, then with the line full downwards, then upwards."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nexkit.address import Family, family
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.platform.api import EchoSession
from nexkit.probe import ProbeContext
from nexkit.units import Ratio, Seconds
from probes.load.direction import Carrier, Direction, Load
from probes.load.latency import ConnectLatency, IcmpLatency, LatencySource, TimedReply, observe, summary
from probes.load.params import LoadParams
from probes.load.server import Server

IDLE_S = 1.2
ROUTER_INTERVAL_S = Seconds(0.1)
"""Routers answer echo beside their work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One target, how it is timed, and what it takes at rest."""

    source: LatencySource
    idle: EchoStats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """What is timed beside the load."""

    server: Watched | None
    gateway: Watched | None
    provider: Watched | None

    @property
    def sources(self) -> tuple[LatencySource | None, LatencySource | None, LatencySource | None]:
        """In the order of the fields; a target that did not answer at rest is left alone under load."""
        server, gateway, provider = (
            each.source if each and each.idle and each.idle.received else None
            for each in (self.server, self.gateway, self.provider)
        )
        return server, gateway, provider

    @property
    def round_trip_s(self) -> Seconds:
        """At rest; 0 where it is not known."""
        idle = self.server.idle if self.server else None
        return Seconds((idle.rtt_p50_ms or 0.0) / 1000 if idle else 0.0)


async def at_rest(
    params: LoadParams, address: str, port: int | None, ctx: ProbeContext, stack: contextlib.AsyncExitStack
) -> Latencies:
    """How latency will be timed, and what it is without load; `address` and `port` are the load server's.

    By ICMP echo, or where this system refuses it or nothing comes back from the echo target, by the TCP handshake with
    the server, if it takes more connections than those of the load (`port` is None where it does not).
    """
    sessions: dict[Family, EchoSession | None] = {}

    async def icmp(target: str | None, interval_s: Seconds) -> LatencySource | None:
        if target is None:
            return None
        of_family = family(target)
        if of_family not in sessions:
            sessions[of_family] = None
            with contextlib.suppress(OSError):
                sessions[of_family] = await stack.enter_async_context(ctx.platform.open_echo(of_family))
        session = sessions[of_family]
        return None if session is None else IcmpLatency(session, target, interval_s)

    sources = (
        await icmp(params.echo_target or address, IcmpLatency.interval_s),
        await icmp(params.gateway_target, ROUTER_INTERVAL_S),
        await icmp(params.provider_target, ROUTER_INTERVAL_S),
    )
    idles = await _idle([source for source in sources if source is not None], ctx)
    watched = [None if source is None else Watched(source=source, idle=idles.get(id(source))) for source in sources]
    main = watched[0]
    if port is not None and (main is None or main.idle is None or not main.idle.received):
        connect = ConnectLatency(ctx.platform, address, port)
        main = Watched(source=connect, idle=(await _idle([connect], ctx)).get(id(connect)))
    return Latencies(server=main, gateway=watched[1], provider=watched[2])


async def _idle(sources: Sequence[LatencySource], ctx: ProbeContext) -> dict[int, EchoStats | None]:
    """Round trips of all of them at the same time, by the identity of the source."""
    began_s = ctx.clock.monotonic()
    replies: list[tuple[TimedReply, ...]] = await asyncio.gather(
        *(observe(source, ctx, lambda: ctx.clock.monotonic() - began_s >= IDLE_S) for source in sources)
    )
    ended_s = ctx.clock.monotonic()
    return {
        id(source): summary(source, timed, from_s=began_s, to_s=ended_s)
        for source, timed in zip(sources, replies, strict=True)
    }


class Progress:
    """Tells how far a test is, by the time that it takes at most."""

    def __init__(self, params: LoadParams, ctx: ProbeContext) -> None:
        self._total_s = IDLE_S + 2 * params.direction_s
        self._direction_s = params.direction_s
        self._ctx = ctx

    def idle_done(self) -> None:
        """The latency at rest is known."""
        self._tell(IDLE_S)

    def down(self, seconds: float) -> None:
        """So far into the download."""
        self._tell(IDLE_S + seconds)

    def up(self, seconds: float) -> None:
        """So far into the upload."""
        self._tell(IDLE_S + self._direction_s + seconds)

    def done(self) -> None:
        """The end."""
        self._tell(self._total_s)

    def _tell(self, seconds: float) -> None:
        self._ctx.progress(Ratio(min(1.0, seconds / self._total_s)))


async def measure_both_ways(
    params: LoadParams, ctx: ProbeContext, server: Server, download: Carrier[Any], upload: Carrier[Any]
) -> Outcome[LoadTest]:
    """The test over a server's carriers."""
    progress = Progress(params, ctx)
    metered = await ctx.platform.metered()
    async with contextlib.AsyncExitStack() as stack:
        latencies = await at_rest(params, server.address, server.port, ctx, stack)
        progress.idle_done()
        load = Load(
            ctx=ctx,
            sources=latencies.sources,
            limit_s=params.direction_s,
            round_trip_s=latencies.round_trip_s,
        )
        first = Direction(load, download, limit_bytes=params.max_bytes // 2)
        down = await first.run(progress.down)
        second = Direction(load, upload, limit_bytes=params.max_bytes - first.budget.taken)
        up = await second.run(progress.up)
        progress.done()
    return load_test(
        params,
        latencies,
        server=server.host,
        down=down,
        up=up,
        congestion_control=second.own_congestion_control,
        metered=metered,
    )


def load_test(
    params: LoadParams,
    latencies: Latencies,
    *,
    server: str,
    down: DirectionLoad,
    up: DirectionLoad,
    congestion_control: str | None,
    metered: bool | None,
) -> Outcome[LoadTest]:
    """What the test came to: its fact, or the download's failure where nothing came through either way."""
    if down.failure and up.failure and down.goodput_bit_s is None and up.goodput_bit_s is None:
        return Failed(down.failure)

    def idle(watched: Watched | None) -> EchoStats | None:
        return watched.idle if watched else None

    fact = LoadTest(
        backend=params.backend,
        server=server,
        echo_target=latencies.server.source.target if latencies.server else None,
        idle=idle(latencies.server),
        down=down,
        up=up,
        expected_down_bit_s=params.expected_down_bit_s,
        expected_up_bit_s=params.expected_up_bit_s,
        congestion_control=congestion_control,
        gateway_target=params.gateway_target,
        provider_target=params.provider_target,
        idle_gateway=idle(latencies.gateway),
        idle_provider=idle(latencies.provider),
        metered=metered,
    )
    return Completed(fact)
