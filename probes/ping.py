"""ICMP echo probe: round-trip time, loss and jitter to one host (RFC 792, RFC 4443)."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

from nexkit.address import family
from nexkit.consent import Consent
from nexkit.facts.echo import EchoMethod, EchoSample, EchoStats, echo_stats
from nexkit.failures import KitLimitError, NotPermittedError, classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.params import PORT, Between, check_limits
from nexkit.platform.api import EchoReply
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.target import address_of
from probes.exchange.traffic import TCP_CONNECTION_BYTES

PAYLOAD_BYTES = 56
"""What `ping` sends on every system but Windows."""
ECHO_BYTES = Bytes(40 + 8 + PAYLOAD_BYTES)
"""One request or one reply with its IPv6 header."""
LATEST_S = Seconds(3.0)
"""A reply counts up to here: on a full or a far line more than a second is late and not lost."""
_GIVEN_UP = EchoReply(rtt_ms=None, error=None)
_LINGER = 2
"""After the last request replies are waited for as long as twice the longest round trip, as ping(8) does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingParams:
    """Whom to ping and how hard."""

    target: str
    count: Annotated[int, Between(1)] = 20
    interval_s: Seconds = Seconds(0.2)
    reply_timeout_s: Seconds = Seconds(1.0)
    """After the last request; longer where replies have taken long."""
    tcp_port: Annotated[int, PORT] = 443
    """Where to connect instead when the system refuses ICMP."""
    tcp: bool = False
    """Connect in any case: for who answers no echo."""

    def __post_init__(self) -> None:
        check_limits(self)


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
        request=partial(
            session.echo, address, timeout_s=max(LATEST_S, params.reply_timeout_s), payload_bytes=PAYLOAD_BYTES
        ),
        request_bytes=ECHO_BYTES,
        reply_bytes=ECHO_BYTES,
    )


async def _sample(way: _Way, params: PingParams, ctx: ProbeContext) -> list[EchoSample]:
    """All samples in the order of their requests; over as soon as the last request is answered or given up."""
    answered = 0

    def count(reply: EchoReply) -> EchoReply:
        nonlocal answered
        answered += 1
        ctx.sample(reply.rtt_ms)
        ctx.progress(Ratio(answered / params.count))
        return reply

    async def one() -> EchoReply:
        reply = await way.request()
        if reply.rtt_ms is not None:
            ctx.spend(way.reply_bytes)
        return count(reply)

    began = ctx.clock.monotonic()
    times_s: list[Seconds] = []
    tasks: list[asyncio.Task[EchoReply]] = []
    try:
        for number in range(params.count):
            # By the clock and not by the pause alone, so that the pace holds however long the sending takes.
            ahead_s = began + number * params.interval_s - ctx.clock.monotonic()
            if number and ahead_s > 0:
                await ctx.sleep(Seconds(ahead_s))
            ctx.spend(way.request_bytes)
            times_s.append(Seconds(ctx.clock.monotonic() - began) if number else Seconds(0.0))
            tasks.append(asyncio.create_task(one()))
        await _linger(tasks, params.reply_timeout_s)
        replies = [each.result() if each.done() else count(_GIVEN_UP) for each in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [
        EchoSample(at_s=at_s, rtt_ms=reply.rtt_ms, error=reply.error)
        for at_s, reply in zip(times_s, replies, strict=True)
    ]


async def _linger(tasks: list[asyncio.Task[EchoReply]], least_s: Seconds) -> None:
    """Wait for the replies that are still missing, longer where others took long; what a task raises passes through."""
    done, missing = await asyncio.wait(tasks, timeout=least_s, return_when=asyncio.FIRST_EXCEPTION)
    longest_ms = max((each.result().rtt_ms or 0.0 for each in done), default=0.0)
    more_s = _LINGER * longest_ms / 1000 - least_s
    if missing and more_s > 0:
        await asyncio.wait(missing, timeout=more_s, return_when=asyncio.FIRST_EXCEPTION)


async def _connect(address: str, params: PingParams, ctx: ProbeContext) -> EchoReply:
    """One TCP handshake as a round trip; a refusal comes from the host as well, and counts."""
    began = ctx.clock.monotonic()
    try:
        connected = await ctx.platform.connect_tcp(address, params.tcp_port, timeout_s=params.reply_timeout_s)
    except ConnectionRefusedError:
        return EchoReply(rtt_ms=Ms((ctx.clock.monotonic() - began) * 1000), error=None)
    except TimeoutError:
        return EchoReply(rtt_ms=None, error=None)
    except (KitLimitError, NotPermittedError):
        raise  # nothing was sent, so nothing was lost
    except OSError as error:
        return EchoReply(rtt_ms=None, error=classify(error, step="connect").kind)
    connected.sock.close()
    return EchoReply(rtt_ms=connected.connect_ms, error=None)
