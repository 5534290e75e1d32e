import asyncio
import errno
import random
import time

import pytest
from scripted import ManualClock, context, measure

from nexkit.address import Family
from nexkit.facts.echo import EchoMethod
from nexkit.failures import BudgetExceededError, NotPermittedError
from nexkit.outcome import Failed, Failure, FailureKind
from nexkit.platform.api import EchoReply
from nexkit.platform.fake import FakePlatform
from nexkit.probe import ProbeContext
from probes.ping import ECHO_BYTES, PingParams, PingProbe

TARGET = "198.18.0.10"
LOST = EchoReply(rtt_ms=None, error=None)


def reply(rtt_ms):
    return EchoReply(rtt_ms=rtt_ms, error=None)


class SlowPlatform(FakePlatform):
    """Its replies come only after all requests have been sent."""

    def __init__(self, count):
        super().__init__()
        self.count = count
        self.all_sent = asyncio.Event()
        self.under_way = 0

    def open_echo(self, family):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    async def echo(self, address, *, timeout_s, payload_bytes=56):
        self.under_way += 1
        if self.under_way == self.count:
            self.all_sent.set()
        try:
            await self.all_sent.wait()
        finally:
            self.under_way -= 1
        return reply(20.0)


def test_every_sample_is_kept_in_the_order_of_the_requests():
    platform = FakePlatform(echoes={TARGET: [reply(10.0), LOST, reply(14.0)]})
    fact = measure(PingProbe(), PingParams(target=TARGET, count=3, interval_s=0.2), context(platform))
    assert (fact.target, fact.method, fact.family) == (TARGET, EchoMethod.ICMP, Family.IPV4)
    assert [sample.rtt_ms for sample in fact.samples] == [10.0, None, 14.0]
    assert (fact.sent, fact.received, fact.loss_ratio) == (3, 2, pytest.approx(1 / 3))
    assert (fact.rtt_min_ms, fact.rtt_p50_ms, fact.rtt_max_ms) == (10.0, 10.0, 14.0)
    assert fact.samples[0].at_s == 0.0
    assert [sample.at_s for sample in fact.samples] == pytest.approx([0.0, 0.2, 0.4], abs=0.02)


def test_total_loss_is_a_result():
    fact = measure(PingProbe(), PingParams(target=TARGET, count=4), context(FakePlatform()))
    assert (fact.sent, fact.received, fact.loss_ratio, fact.rtt_p50_ms) == (4, 0, 1.0, None)


def test_what_the_network_answers_instead_of_a_reply_is_kept():
    platform = FakePlatform(echoes={TARGET: [EchoReply(rtt_ms=None, error=FailureKind.HOST_UNREACHABLE)]})
    fact = measure(PingProbe(), PingParams(target=TARGET, count=2), context(platform))
    assert [sample.error for sample in fact.samples] == [FailureKind.HOST_UNREACHABLE] * 2


def test_a_request_does_not_wait_for_the_reply_to_the_one_before():
    fact = measure(PingProbe(), PingParams(target=TARGET, count=5), context(SlowPlatform(5)))
    assert fact.received == 5


def test_where_icmp_is_refused_the_handshake_is_timed_and_a_refused_connection_counts():
    platform = FakePlatform(
        echo_refusal=PermissionError(13, "refused"),
        tcp={(TARGET, 53): ConnectionRefusedError(errno.ECONNREFUSED, "refused")},
    )
    fact = measure(PingProbe(), PingParams(target=TARGET, count=2, tcp_port=53), context(platform))
    assert (fact.method, fact.received) == (EchoMethod.TCP_CONNECT, 2)
    assert all(sample.rtt_ms > 0 for sample in fact.samples)


@pytest.mark.parametrize(
    ("outcome", "rtt_ms", "error"),
    [
        (12.5, 12.5, None),
        (TimeoutError(), None, None),
        (OSError(errno.EHOSTUNREACH, "no route to host"), None, FailureKind.HOST_UNREACHABLE),
    ],
)
def test_what_a_handshake_comes_to(outcome, rtt_ms, error):
    platform = FakePlatform(echo_refusal=PermissionError(13, "refused"), tcp={(TARGET, 443): outcome})
    (sample,) = measure(PingProbe(), PingParams(target=TARGET, count=1), context(platform)).samples
    assert (sample.rtt_ms, sample.error) == (rtt_ms, error)


def test_a_name_is_looked_up_first():
    platform = FakePlatform(names={"www.example.com": ["2001:db8::10", TARGET]})
    fact = measure(PingProbe(), PingParams(target="www.example.com", count=1), context(platform))
    assert fact.target == "2001:db8::10"
    assert ("open_echo", "ipv6") in platform.calls


@pytest.mark.parametrize(
    ("platform", "target", "failure"),
    [
        (FakePlatform(), "www.example.com", (FailureKind.NAME_NOT_FOUND, "resolve")),
        (
            FakePlatform(echo_refusal=OSError(errno.EAFNOSUPPORT, "no such family")),
            "2001:db8::10",
            (FailureKind.NO_ADDRESS, "open"),
        ),
    ],
)
def test_what_keeps_it_from_measuring_is_a_failure(platform, target, failure):
    outcome = asyncio.run(PingProbe().run(PingParams(target=target), context(platform)))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == failure
    assert isinstance(outcome.failure, Failure)


@pytest.mark.parametrize("by_tcp", [False, True])
def test_a_destination_that_the_system_does_not_permit_is_not_measured(by_tcp):
    refused = NotPermittedError(errno.EPERM, "no permission for the local network")
    platform = FakePlatform(tcp={(TARGET, 443): refused})
    if not by_tcp:

        class Refusing(SlowPlatform):
            async def echo(self, address, *, timeout_s, payload_bytes=56):
                raise refused

        platform = Refusing(1)
    outcome = asyncio.run(PingProbe().run(PingParams(target=TARGET, count=3, tcp=by_tcp), context(platform)))
    assert outcome.failure.kind is FailureKind.PERMISSION


def test_requests_are_paid_for_when_sent_and_replies_when_they_came():
    ctx = context(FakePlatform(echoes={TARGET: [reply(1.0), LOST]}))
    measure(PingProbe(), PingParams(target=TARGET, count=3), ctx)
    assert ctx.spent_bytes == 4 * ECHO_BYTES


def test_it_sends_no_more_than_its_budget():
    platform = FakePlatform()
    with pytest.raises(BudgetExceededError):
        measure(PingProbe(), PingParams(target=TARGET, count=10), context(platform, max_bytes=4 * ECHO_BYTES))
    assert platform.calls.count(("echo", TARGET)) <= 4


def test_each_round_trip_is_told_at_once():
    samples, progress = [], []
    ctx = ProbeContext(
        platform=FakePlatform(echoes={TARGET: [reply(1.0), LOST]}),
        clock=ManualClock(),
        random=random.Random(1),
        max_bytes=10_000,
        on_progress=progress.append,
        on_sample=samples.append,
    )
    measure(PingProbe(), PingParams(target=TARGET, count=2), ctx)
    assert (samples, progress) == ([1.0, None], [0.5, 1.0])


def test_it_can_be_cancelled_while_it_waits():
    platform = SlowPlatform(9)

    async def cancel_soon():
        task = asyncio.create_task(PingProbe().run(PingParams(target=TARGET, count=2), context(platform)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert platform.under_way == 2
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel_soon(), 1))
    assert platform.under_way == 0


@pytest.mark.parametrize("params", [{"count": 0}, {"tcp_port": 0}])
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"must be"):
        PingParams(target=TARGET, **params)


def test_who_answers_no_echo_is_asked_by_tcp_where_that_is_wanted():
    platform = FakePlatform(tcp={(TARGET, 53): ConnectionRefusedError(errno.ECONNREFUSED, "refused")})
    fact = measure(PingProbe(), PingParams(target=TARGET, count=2, tcp_port=53, tcp=True), context(platform))
    assert (fact.method, fact.received) == (EchoMethod.TCP_CONNECT, 2)


class LatePlatform(SlowPlatform):
    """Answers each request after so many seconds; None: never."""

    def __init__(self, *delays_s):
        super().__init__(len(delays_s))
        self.delays_s = list(delays_s)

    async def echo(self, address, *, timeout_s, payload_bytes=56):
        delay_s = self.delays_s[self.under_way]
        self.under_way += 1
        if delay_s is None or delay_s > timeout_s:
            await asyncio.sleep(timeout_s)
            return LOST
        await asyncio.sleep(delay_s)
        return reply(delay_s * 1000)


def test_a_late_reply_is_not_lost_where_others_are_late_too():
    params = PingParams(target=TARGET, count=3, interval_s=0.0, reply_timeout_s=0.2)
    fact = measure(PingProbe(), params, context(LatePlatform(0.18, 0.21, 0.24)))
    assert [sample.rtt_ms for sample in fact.samples] == pytest.approx([180, 210, 240])


@pytest.mark.measures
def test_after_the_last_request_nobody_waits_long_for_what_never_comes():
    params = PingParams(target=TARGET, count=3, interval_s=0.0, reply_timeout_s=0.1)
    began_s = time.monotonic()
    fact = measure(PingProbe(), params, context(LatePlatform(0.01, None, None)))
    assert (fact.received, fact.sent) == (1, 3)
    assert time.monotonic() - began_s < 2.0
