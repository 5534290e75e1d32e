import asyncio
import errno

import pytest
from scripted import context, measure

from nexkit.facts.path import Hop, HopResponder, MplsLabel, PathMethod, Rewriting
from nexkit.failures import BudgetExceededError
from nexkit.outcome import Failed, FailureKind, Skipped, SkipReason
from nexkit.platform.api import HopReply
from nexkit.platform.fake import NO_HOP, FakePlatform
from probes.exchange.traffic import LOOKUP_BYTES
from probes.route import BATCH, MAX_NAMES, PROBE_BYTES, REPLY_BYTES, ROUTER_BURST, RouteParams, RouteProbe

TARGET = "198.18.0.10"


def router(address, rtt_ms=1.0, unreachable=None):
    return HopReply(address=address, rtt_ms=rtt_ms, reached=False, unreachable=unreachable)


def target(rtt_ms=9.0):
    return HopReply(address=TARGET, rtt_ms=rtt_ms, reached=True, unreachable=None)


def trace(hops, ctx=None, **params):
    return measure(RouteProbe(), RouteParams(target=TARGET, **params), ctx or context(FakePlatform(hops=hops)))


def asked(platform):
    """The hops that were asked, in order."""
    return [int(call[1]) for call in platform.calls if call[0] == "probe"]


class SilentHops(FakePlatform):
    """Hops that are not in the script stay silent without end, as on a socket."""

    def open_trace(self, target, method=None, port=None):
        return self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

    method = PathMethod.ICMP
    port = None
    flow_stable = True

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
    first_round = BATCH[PathMethod.ICMP]
    assert asked(platform) == [*range(1, first_round + 1), 1, 2, 1, 2]


def test_a_far_target_is_found():
    hops = {ttl: [router(f"198.18.9.{ttl}")] for ttl in range(1, 20)} | {20: [target()]}
    fact = trace(hops, rounds=1)
    assert (len(fact.hops), fact.reached) == (20, True)


def test_a_silent_hop_in_the_middle_stays_and_silence_at_the_end_is_cut_off():
    fact = trace({1: [router("192.168.10.1")], 3: [router("198.18.9.3")]}, rounds=2)
    assert [(hop.ttl, hop.sent, hop.received) for hop in fact.hops] == [(1, 2, 2), (2, 4, 0), (3, 2, 2)]
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


@pytest.mark.measures
def test_once_the_target_answered_silent_hops_are_not_waited_for():
    platform = SilentHops(hops={1: [router("192.168.10.1")], 3: [target()]})
    ctx = context(platform)
    began = ctx.clock.monotonic()
    fact = measure(RouteProbe(), RouteParams(target=TARGET, rounds=3, interval_s=0.1), ctx)
    assert [(hop.sent, hop.received) for hop in fact.hops] == [(3, 3), (4, 0), (3, 3)]
    assert ctx.clock.monotonic() - began < 0.5


def test_every_probe_and_every_reply_is_paid_for():
    ctx = context(FakePlatform(hops={1: [router("192.168.10.1")]}))
    trace({}, ctx, rounds=1, max_ttl=3)
    assert ctx.spent_bytes == 3 * PROBE_BYTES + REPLY_BYTES + LOOKUP_BYTES


def test_it_sends_no_more_than_its_budget():
    platform = FakePlatform()
    with pytest.raises(BudgetExceededError):
        trace({}, context(platform, max_bytes=5 * PROBE_BYTES))
    assert len(platform.calls) <= 6


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (PermissionError(1, "no"), FailureKind.PERMISSION),
        (OSError(errno.ENETUNREACH, "no route"), FailureKind.NET_UNREACHABLE),
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


@pytest.mark.parametrize("params", [{"rounds": 0}, {"tries": 0}, {"max_ttl": 0}, {"max_ttl": 65}])
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match="must be"):
        RouteParams(target=TARGET, **params)


def test_a_port_that_is_none_is_refused():
    with pytest.raises(ValueError, match="must be in"):
        RouteParams(target=TARGET, port=70_000)


def test_method_and_port_are_those_that_were_asked_for():
    fact = trace({1: [target()]}, rounds=1, method=PathMethod.TCP, port=993)
    assert (fact.method, fact.port, fact.flow_stable) == (PathMethod.TCP, 993, True)


def test_a_method_that_the_system_does_not_have_is_not_supported():
    platform = FakePlatform(trace_refusal=OSError(errno.EOPNOTSUPP, "ICMP only"))
    params = RouteParams(target=TARGET, method=PathMethod.UDP)
    assert asyncio.run(RouteProbe().run(params, context(platform))) == Skipped(SkipReason.NOT_SUPPORTED)


def test_a_hop_that_lost_one_answer_is_asked_again_and_found():
    hops = {1: [router("192.168.10.1")], 2: [NO_HOP, router("198.18.9.2")], 3: [target()]}
    fact = trace(hops, rounds=1)
    assert [(hop.sent, hop.received) for hop in fact.hops] == [(1, 1), (2, 1), (1, 1)]
    assert fact.hops[1].responders[0].address == "198.18.9.2"


def test_a_target_whose_first_answer_was_lost_stands_at_its_own_place():
    hops = {1: [router("192.168.10.1")], 2: [NO_HOP, target()]} | {ttl: [target()] for ttl in range(3, 9)}
    fact = measure(RouteProbe(), RouteParams(target=TARGET, rounds=1, names=False), context(SilentHops(hops=hops)))
    assert (fact.reached, len(fact.hops), fact.hops[1].sent) == (True, 2, 2)


def test_routers_are_asked_so_rarely_that_their_limits_do_not_show():
    hops = {1: [router("192.168.10.1")], 2: [router("198.18.9.1")], 3: [target()]}
    fact = trace(hops, rounds=10, interval_s=0.02)
    assert [(hop.sent, hop.received) for hop in fact.hops] == [(5, 5), (5, 5), (10, 10)]
    assert ROUTER_BURST == 5


def test_a_second_later_a_router_is_asked_once_more():
    hops = {1: [router("192.168.10.1")], 2: [target()]}
    fact = trace(hops, rounds=24, interval_s=0.1)
    assert fact.hops[0].sent in {7, 8}
    assert fact.hops[1].sent == 24


def test_a_router_in_a_loop_is_asked_no_more_often_than_one_that_stands_once():
    hops = {ttl: [router(f"198.18.9.{ttl % 2}")] for ttl in range(1, 31)}
    platform = FakePlatform(hops=hops)
    trace({}, context(platform), rounds=3, interval_s=0.01)
    # The answers of the last batch are still under way when the next round begins.
    assert [asked(platform).count(ttl) for ttl in range(1, 25)] == [1] * 24


def test_a_target_that_answers_with_icmp_errors_is_asked_as_rarely_as_a_router():
    fact = trace({1: [router("192.168.10.1")], 2: [target()]}, rounds=10, interval_s=0.01, method=PathMethod.UDP)
    assert fact.hops[1].sent <= ROUTER_BURST


def test_names_of_hops_are_looked_up_and_a_hop_without_one_has_none():
    platform = FakePlatform(
        hops={1: [router("192.168.10.1")], 2: [target()]}, pointers={"192.168.10.1": "gateway.example.net"}
    )
    fact = trace({}, context(platform), rounds=2)
    assert [hop.responders[0].name for hop in fact.hops] == ["gateway.example.net", None]
    assert [call[1] for call in platform.calls if call[0] == "name_of"] == ["192.168.10.1", TARGET]


def test_without_names_nothing_is_looked_up():
    platform = FakePlatform(hops={1: [target()]})
    trace({}, context(platform), rounds=1, names=False)
    assert not any(call[0] == "name_of" for call in platform.calls)


@pytest.mark.measures
def test_names_that_do_not_come_are_not_waited_for_long():
    class SlowNames(FakePlatform):
        async def name_of(self, address):
            await asyncio.Event().wait()

    ctx = context(SlowNames(hops={1: [router("192.168.10.1")], 2: [target()]}))
    began = ctx.clock.monotonic()
    fact = measure(RouteProbe(), RouteParams(target=TARGET, rounds=1), ctx)
    assert [hop.responders[0].name for hop in fact.hops] == [None, None]
    assert ctx.clock.monotonic() - began < 2


def test_a_path_of_ever_new_addresses_does_not_ask_for_ever_new_names():
    hops = {1: [router(f"198.18.9.{number}") for number in range(1, 61)], 2: [target()]}
    platform = FakePlatform(hops=hops)
    trace({}, context(platform), rounds=60, interval_s=2)
    assert sum(call[0] == "name_of" for call in platform.calls) == MAX_NAMES


def test_what_an_answer_shows_beside_its_address_is_kept():
    label = MplsLabel(label=16004, traffic_class=0, bottom=True, ttl=1)
    told = HopReply(
        address="198.18.9.1",
        rtt_ms=1.0,
        reached=False,
        unreachable=None,
        reply_ttl=254,
        quoted_ttl=0,
        mpls=(label,),
        rewritten=(Rewriting.PORT,),
    )
    (responder,) = trace({1: [told], 2: [target()]}, rounds=2, names=False).hops[0].responders
    assert (responder.reply_ttl, responder.quoted_ttl, responder.mpls) == (254, 0, (label,))
    assert responder.rewritten == (Rewriting.PORT,)
