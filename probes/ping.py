"""ICMP echo probe: round-trip time, loss and jitter to one host (RFC 792, RFC 4443)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from nexkit.address import family
from nexkit.consent import Consent
from nexkit.facts.echo import EchoMethod, EchoSample, EchoStats, echo_stats
from nexkit.failures import KitLimitError, classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.platform.api import EchoReply
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.hosts import check_port
from probes.exchange.target import address_of
from probes.exchange.traffic import TCP_CONNECTION_BYTES

PAYLOAD_BYTES = 56
"""What `ping` sends on every system but Windows."""
ECHO_BYTES = Bytes(40 + 8 + PAYLOAD_BYTES)
"""One request or one reply with its IPv6 header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingParams:
    """Whom to ping and how hard."""

    target: str
    count: int = 20
    interval_s: Seconds = Seconds(0.2)
    reply_timeout_s: Seconds = Seconds(1.0)
    tcp_port: int = 443
    """Where to connect instead when the system refuses ICMP."""
    tcp: bool = False
    """Connect in any case: for who answers no echo."""

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("count: must be at least 1")
        check_port(self.tcp_port)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a round trip is made, and what it costs."""

    method: EchoMethod
    request: Callable[[], Awaitable[EchoReply]]
    request_bytes: Bytes
    reply_bytes: Bytes


class PingProbe:
    """Send `count` requests at a steady pace, whether the earlier ones are answered or not.

    Silence is a result (loss_ratio 1.0, RTTs None). Where the system refuses ICMP to this program, the time of a TCP
    handshake stands in, and the fact says so.
    """

    spec: ClassVar = ProbeSpec(
        id="ping",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=PingParams,
        fact=EchoStats,
        timeout_s=Seconds(60),
        max_bytes=Bytes(100_000),
        needs=("icmp4", "icmp6"),
    )

    async def run(self, params: PingParams, ctx: ProbeContext) -> Outcome[EchoStats]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        step = "resolve"
        try:
            address = await address_of(params.target, ctx)
            step = "open"
            async with AsyncExitStack() as stack:
                way = await _way(address, params, ctx, stack)
                samples = await _sample(way, params, ctx)
        except OSError as error:
            return Failed(classify(error, step=step))
        return Completed(echo_stats(address, way.method, samples))


async def _way(address: str, params: PingParams, ctx: ProbeContext, stack: AsyncExitStack) -> _Way:
    by_tcp = _Way(
        method=EchoMethod.TCP_CONNECT,
        request=partial(_connect, address, params, ctx),
        request_bytes=TCP_CONNECTION_BYTES,
        reply_bytes=Bytes(0),
    )
    if params.tcp:
        return by_tcp
    try:
        session = await stack.enter_async_context(ctx.platform.open_echo(family(address)))
    except PermissionError:
        return by_tcp
    return _Way(
        method=EchoMethod.ICMP,
        request=partial(session.echo, address, timeout_s=params.reply_timeout_s, payload_bytes=PAYLOAD_BYTES),
        request_bytes=ECHO_BYTES,
        reply_bytes=ECHO_BYTES,
    )


async def _sample(way: _Way, params: PingParams, ctx: ProbeContext) -> list[EchoSample]:
    """All samples in the order of their requests; over as soon as the last request is answered or given up."""
    answered = 0

    async def one(at_s: Seconds) -> EchoSample:
        nonlocal answered
        reply = await way.request()
        if reply.rtt_ms is not None:
            ctx.spend(way.reply_bytes)
        answered += 1
        ctx.sample(reply.rtt_ms)
        ctx.progress(Ratio(answered / params.count))
        return EchoSample(at_s=at_s, rtt_ms=reply.rtt_ms, error=reply.error)

    began = ctx.clock.monotonic()
    tasks: list[asyncio.Task[EchoSample]] = []
    try:
        for number in range(params.count):
            # By the clock and not by the pause alone, so that the pace holds however long the sending takes.
            ahead_s = began + number * params.interval_s - ctx.clock.monotonic()
            if number and ahead_s > 0:
                await ctx.sleep(Seconds(ahead_s))
            ctx.spend(way.request_bytes)
            at_s = Seconds(ctx.clock.monotonic() - began) if number else Seconds(0.0)
            tasks.append(asyncio.create_task(one(at_s)))
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _connect(address: str, params: PingParams, ctx: ProbeContext) -> EchoReply:
    """One TCP handshake as a round trip; a refusal comes from the host as well, and counts."""
    began = ctx.clock.monotonic()
    try:
        connected = await ctx.platform.connect_tcp(address, params.tcp_port, timeout_s=params.reply_timeout_s)
    except ConnectionRefusedError:
        return EchoReply(rtt_ms=Ms((ctx.clock.monotonic() - began) * 1000), error=None)
    except TimeoutError:
        return EchoReply(rtt_ms=None, error=None)
    except KitLimitError:
        raise  # nothing was sent, so nothing was lost
    except OSError as error:
        return EchoReply(rtt_ms=None, error=classify(error, step="connect").kind)
    connected.sock.close()
    return EchoReply(rtt_ms=connected.connect_ms, error=None)
