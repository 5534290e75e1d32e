"""Round trips one after the other at a fixed pace, while something else fills the line or nothing does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from nexkit.facts.echo import EchoMethod, EchoSample, EchoStats, echo_stats
from nexkit.failures import KitLimitError, NotPermittedError, classify
from nexkit.platform.api import EchoReply, EchoSession, Platform
from nexkit.platform.tcp import reset_on_close
from nexkit.probe import ProbeContext
from nexkit.units import Seconds

ECHO_TIMEOUT_S = Seconds(2.0)
CONNECT_TIMEOUT_S = Seconds(1.0)
"""A SYN is repeated after one second (RFC 6298 section 2): an answer after that could be to either."""


class LatencySource(Protocol):
    """One way to time a round trip."""

    target: str
    method: EchoMethod
    interval_s: Seconds
    cost_bytes: int
    """What one round trip sends and receives, from IP upward."""

    async def once(self) -> EchoReply:
        """One round trip."""
        ...


class IcmpLatency:
    """ICMP echo with 56 bytes of data."""

    method = EchoMethod.ICMP
    interval_s = Seconds(0.05)
    cost_bytes = 2 * 104

    def __init__(self, session: EchoSession, target: str, interval_s: Seconds = interval_s) -> None:
        self._session = session
        self.target = target
        self.interval_s = interval_s

    async def once(self) -> EchoReply:
        """One round trip."""
        return await self._session.echo(self.target, timeout_s=ECHO_TIMEOUT_S)


class ConnectLatency:
    """The TCP handshake with the load server, each time with a new connection."""

    method = EchoMethod.TCP_CONNECT
    interval_s = Seconds(0.1)
    cost_bytes = 4 * 80

    def __init__(self, platform: Platform, target: str, port: int) -> None:
        self._platform = platform
        self._port = port
        self.target = target

    async def once(self) -> EchoReply:
        """One round trip."""
        try:
            connected = await self._platform.connect_tcp(self.target, self._port, timeout_s=CONNECT_TIMEOUT_S)
        except TimeoutError:
            return EchoReply(rtt_ms=None, error=None)
        except (KitLimitError, NotPermittedError):
            raise
        except OSError as error:
            return EchoReply(rtt_ms=None, error=classify(error, step="connect").kind)
        with connected.sock as sock:
            reset_on_close(sock)
        return EchoReply(rtt_ms=connected.connect_ms, error=None)


@dataclass(frozen=True, slots=True)
class TimedReply:
    """One round trip and the moment it began, on the clock of the run."""

    sent_at_s: Seconds
    reply: EchoReply


async def observe(
    source: LatencySource, ctx: ProbeContext, over: Callable[[], bool], replies: list[TimedReply] | None = None
) -> tuple[TimedReply, ...]:
    """Round trips at the source's pace until `over`, each waited for; in the order they were sent.

    `replies` is filled as they come, for whoever looks on.
    """
    replies = [] if replies is None else replies

    async def once() -> None:
        sent_at_s = ctx.clock.monotonic()
        try:
            reply = await source.once()
        except (KitLimitError, NotPermittedError):
            return  # nothing was sent, so nothing was lost
        ctx.sample(reply.rtt_ms)
        replies.append(TimedReply(sent_at_s, reply))

    async with asyncio.TaskGroup() as group:
        due_s = ctx.clock.monotonic()
        while not over():
            ctx.spend(source.cost_bytes)
            group.create_task(once())
            due_s = Seconds(max(due_s + source.interval_s, ctx.clock.monotonic()))
            await ctx.sleep(Seconds(due_s - ctx.clock.monotonic()))
    return tuple(sorted(replies, key=lambda timed: timed.sent_at_s))


def summary(source: LatencySource, replies: tuple[TimedReply, ...], *, from_s: float, to_s: float) -> EchoStats | None:
    """The round trips that began between two moments; None without any."""
    kept = [timed for timed in replies if from_s <= timed.sent_at_s <= to_s]
    if not kept:
        return None
    first_s = kept[0].sent_at_s
    samples = [
        EchoSample(
            at_s=Seconds(timed.sent_at_s - first_s),
            rtt_ms=timed.reply.rtt_ms,
            error=timed.reply.error,
        )
        for timed in kept
    ]
    return echo_stats(source.target, source.method, samples)
