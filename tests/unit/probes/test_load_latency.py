"""Round trips at a fixed pace, on a clock that moves when asked."""

import asyncio
import errno
import random

import pytest
from scripted import ManualClock

from nexkit.facts.echo import EchoMethod
from nexkit.failures import NotPermittedError
from nexkit.outcome import FailureKind
from nexkit.platform.api import EchoReply
from nexkit.probe import ProbeContext
from probes.load.latency import ConnectLatency, IcmpLatency, TimedReply, observe, summary


class Source:
    """Answers with the next reply of a list, over and over."""

    target = "192.0.2.1"
    method = EchoMethod.ICMP
    interval_s = 0.05
    cost_bytes = 200

    def __init__(self, *replies):
        self.replies = replies
        self.asked = 0

    async def once(self):
        self.asked += 1
        return self.replies[(self.asked - 1) % len(self.replies)]


def reply(rtt_ms, error=None):
    return EchoReply(rtt_ms=rtt_ms, error=error)


def context(platform=None, max_bytes=1_000_000):
    samples = []
    ctx = ProbeContext(
        platform=platform,
        clock=ManualClock(),
        random=random.Random(1),
        max_bytes=max_bytes,
        on_progress=lambda ratio: None,
        on_sample=samples.append,
    )
    return ctx, samples


def test_round_trips_keep_their_pace_and_are_paid_for_and_told():
    ctx, samples = context()
    source = Source(reply(5.0), reply(None))
    ends_s = ctx.clock.time_s + 1.0
    replies = asyncio.run(observe(source, ctx, lambda: ctx.clock.time_s >= ends_s))
    assert 18 <= len(replies) <= 22
    assert ctx.spent_bytes == 200 * len(replies)
    assert samples[:4] == [5.0, None, 5.0, None]
    moments = [timed.sent_at_s for timed in replies]
    assert moments == sorted(moments)


def test_what_the_system_does_not_permit_is_not_lost():
    ctx, samples = context()
    source = Source(reply(5.0))

    async def refuse():
        raise NotPermittedError(errno.EPERM, "no permission for the local network")

    source.once = refuse
    ends_s = ctx.clock.time_s + 0.3
    assert asyncio.run(observe(source, ctx, lambda: ctx.clock.time_s >= ends_s)) == ()
    assert samples == []


def test_nothing_is_sent_when_it_is_over_before_it_began():
    ctx, _ = context()
    source = Source(reply(1.0))
    assert asyncio.run(observe(source, ctx, lambda: True)) == ()
    assert source.asked == 0


def test_a_summary_takes_what_began_between_two_moments():
    replies = tuple(TimedReply(10.0 + number, reply(float(number))) for number in range(10))
    stats = summary(Source(reply(0.0)), replies, from_s=13.0, to_s=16.0)
    assert [sample.rtt_ms for sample in stats.samples] == [3.0, 4.0, 5.0, 6.0]
    assert [sample.at_s for sample in stats.samples] == [0.0, 1.0, 2.0, 3.0]


def test_a_summary_of_nothing_is_not_known():
    assert summary(Source(reply(0.0)), (), from_s=0.0, to_s=1.0) is None


def test_what_the_network_answers_instead_is_kept():
    replies = (TimedReply(1.0, reply(None, FailureKind.HOST_UNREACHABLE)),)
    stats = summary(Source(reply(0.0)), replies, from_s=0.0, to_s=2.0)
    assert stats.loss_ratio == 1.0
    assert stats.samples[0].error is FailureKind.HOST_UNREACHABLE


class ConnectingPlatform:
    """Raises what it is given."""

    def __init__(self, error):
        self.error = error

    async def connect_tcp(self, address, port, *, timeout_s):
        raise self.error


@pytest.mark.parametrize(
    ("error", "expected"),
    [(TimeoutError(), reply(None)), (ConnectionRefusedError(), reply(None, FailureKind.REFUSED))],
)
def test_a_handshake_that_fails_is_a_loss(error, expected):
    source = ConnectLatency(ConnectingPlatform(error), "192.0.2.1", 443)
    assert asyncio.run(source.once()) == expected


def test_icmp_latency_is_what_the_session_says():
    class Session:
        async def echo(self, address, *, timeout_s, payload_bytes=56):
            return reply(3.5 if address == "192.0.2.1" else None)

    source = IcmpLatency(Session(), "192.0.2.1")
    assert source.method is EchoMethod.ICMP
    assert asyncio.run(source.once()) == reply(3.5)
