import asyncio

import pytest
from scripted import context, measure

from nexkit.facts.path import Hop, HopResponder, PathMethod
from nexkit.failures import BudgetExceededError
from nexkit.outcome import Failed, FailureKind
from nexkit.platform.api import HopReply
from nexkit.platform.fake import FakePlatform
from probes.route import BATCH, PROBE_BYTES, REPLY_BYTES, RouteParams, RouteProbe

TARGET = "198.18.0.10"


def router(address, rtt_ms=1.0, unreachable=None):
    return HopReply(address=address, rtt_ms=rtt_ms, reached=False, unreachable=unreachable)


def target(rtt_ms=9.0):
    return HopReply(address=TARGET, rtt_ms=rtt_ms, reached=True, unreachable=None)


def trace(hops, ctx=None, **params):
    return measure(RouteProbe(), RouteParams(target=TARGET, **params), ctx or context(FakePlatform(hops=hops)))


class SilentHops(FakePlatform):
    """Hops that are not in the script stay silent without end, as on a socket."""

    def open_trace(self, target):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    method = PathMethod.UDP

    async def probe(self, ttl, *, timeout_s):
        self.calls.append(("probe", str(ttl)))
        if ttl not in self.hops:
            await asyncio.Event().wait()
        return self.next_of("hop", str(ttl), self.hops[ttl])


def test_all_hops_are_asked_in_every_round():
    hops = {1: [router("192.168.10.1", 1.0), router("192.168.10.1", 2.0)], 2: [router("198.18.9.1")], 3: [target()]}
    fact = trace(hops, rounds=2)
    assert (fact.target, fact.method, fact.rounds, fact.reached) == (TARGET, PathMethod.ICMP, 2, True)
    assert (fact.unreachable, fact.unreachable_from) == (None, None)
    assert fact.hops == (
        Hop(ttl=1, sent=2, received=2, responders=(HopResponder(address="192.168.10.1", rtts_ms=(1.0, 2.0)),)),
        Hop(ttl=2, sent=2, received=2, responders=(HopResponder(address="198.18.9.1", rtts_ms=(1.0, 1.0)),)),
        Hop(ttl=3, sent=2, received=2, responders=(HopResponder(address=TARGET, rtts_ms=(9.0, 9.0)),)),
    )


def test_routers_that_take_turns_are_kept_apart():
    hops = {1: [router("198.18.9.1", 3.0), router("198.18.9.2", 4.0)], 2: [target()]}
    assert trace(hops, rounds=3).hops[0].responders == (
        HopResponder(address="198.18.9.1", rtts_ms=(3.0,)),
        HopResponder(address="198.18.9.2", rtts_ms=(4.0, 4.0)),
    )


def test_a_near_target_is_not_asked_for_the_far_hops():
    platform = FakePlatform(hops={1: [router("192.168.10.1")], 2: [target()]})
    trace({}, context(platform), rounds=3)
    asked = [int(ttl) for call, ttl in (call for call in platform.calls if call[0] == "probe")]
    assert max(asked) == BATCH
    assert asked[BATCH:] == [1, 2, 1, 2]


def test_a_far_target_is_found():
    hops = {ttl: [router(f"198.18.9.{ttl}")] for ttl in range(1, 20)} | {20: [target()]}
    fact = trace(hops, rounds=1)
    assert (len(fact.hops), fact.reached) == (20, True)


def test_a_silent_hop_in_the_middle_stays_and_silence_at_the_end_is_cut_off():
    fact = trace({1: [router("192.168.10.1")], 3: [router("198.18.9.3")]}, rounds=2)
    assert [(hop.ttl, hop.sent, hop.received) for hop in fact.hops] == [(1, 2, 2), (2, 2, 0), (3, 2, 2)]
    assert (fact.reached, fact.unreachable) == (False, None)


def test_a_path_on_which_nobody_answers_has_no_hops():
    assert trace({}, rounds=1).hops == ()


def test_a_router_that_cannot_forward_is_named_and_ends_the_path():
    refusal = router("198.18.9.2", unreachable=FailureKind.NET_UNREACHABLE)
    fact = trace({1: [router("192.168.10.1")], 2: [refusal], 3: [refusal]}, rounds=2)
    assert (fact.reached, fact.unreachable, fact.unreachable_from) == (
        False,
        FailureKind.NET_UNREACHABLE,
        "198.18.9.2",
    )
    assert [hop.ttl for hop in fact.hops] == [1, 2]


def test_a_target_that_answers_after_all_is_reached():
    refusal = router("198.18.9.1", unreachable=FailureKind.NET_UNREACHABLE)
    fact = trace({1: [refusal, router("198.18.9.1")], 2: [target()]}, rounds=2)
    assert (fact.reached, fact.unreachable, len(fact.hops)) == (True, None, 2)


def test_this_system_is_no_router_where_it_gives_up_by_itself():
    here = HopReply(address=None, rtt_ms=None, reached=False, unreachable=FailureKind.HOST_UNREACHABLE)
    fact = trace({ttl: [here] for ttl in range(1, 31)}, rounds=1)
    assert (fact.hops, fact.unreachable, fact.unreachable_from) == ((), FailureKind.HOST_UNREACHABLE, None)


def test_once_the_target_answered_silent_hops_are_not_waited_for():
    platform = SilentHops(hops={1: [router("192.168.10.1")], 3: [target()]})
    ctx = context(platform)
    began = ctx.clock.monotonic()
    fact = measure(RouteProbe(), RouteParams(target=TARGET, rounds=3, interval_s=0.1), ctx)
    assert [(hop.sent, hop.received) for hop in fact.hops] == [(3, 3), (3, 0), (3, 3)]
    assert ctx.clock.monotonic() - began < 0.5


def test_every_probe_and_every_reply_is_paid_for():
    ctx = context(FakePlatform(hops={1: [router("192.168.10.1")]}))
    trace({}, ctx, rounds=1, max_ttl=3)
    assert ctx.spent_bytes == 3 * PROBE_BYTES + REPLY_BYTES


def test_it_sends_no_more_than_its_budget():
    platform = FakePlatform()
    with pytest.raises(BudgetExceededError):
        trace({}, context(platform, max_bytes=5 * PROBE_BYTES))
    assert len(platform.calls) <= 6


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (PermissionError(1, "no"), FailureKind.PERMISSION),
        (OSError(101, "no route"), FailureKind.NET_UNREACHABLE),
    ],
)
def test_a_trace_that_cannot_be_opened_is_a_failure(refusal, kind):
    outcome = asyncio.run(RouteProbe().run(RouteParams(target=TARGET), context(FakePlatform(trace_refusal=refusal))))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (kind, "open")


def test_it_can_be_cancelled_while_it_waits():
    async def cancel_soon():
        platform = SilentHops()
        task = asyncio.create_task(RouteProbe().run(RouteParams(target=TARGET), context(platform)))
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel_soon(), 1))


@pytest.mark.parametrize("params", [{"rounds": 0}, {"max_ttl": 0}, {"max_ttl": 65}])
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match="must be"):
        RouteParams(target=TARGET, **params)
