"""Two runs side by side: what changed, what may be chance, and what was not measured both times."""

from dataclasses import replace

import pytest
from diagnosis_records import ANCHORS, GATEWAY4, direction, echo, healthy, load, record
from link_records import over_wifi, wifi

from nexkit.diagnosis.comparison import compare
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import RungState, Segment, VerdictState
from nexkit.facts.echo import EchoMethod, echo_stats
from nexkit.request import Depth, Request
from nexkit.stats import quantile_interval
from nexkit.subject import Subject
from nexkit.trial import Effect


def judged(facts, **changes):
    run = replace(record(facts), **changes)
    return run, diagnose(run)


def pings(sent=100, lost=0, rtt_ms=3.0, vary_ms=1.0):
    """To the router and to every anchor; loss is on the first stretch, so all share it."""
    facts = {"ping.gateway4": echo(GATEWAY4, sent, lost, rtt_ms, vary_ms=vary_ms)}
    facts |= {
        f"ping.anchor{number}": echo(anchor, sent, lost, rtt_ms + 9.0, vary_ms=vary_ms)
        for number, anchor in enumerate(ANCHORS, start=1)
    }
    return healthy() | facts


def values(comparison):
    return {(each.subject, each.name): (each.before, each.after, each.beyond_noise) for each in comparison.values}


GOOD, LOSSY = judged(pings()), judged(pings(lost=15))


def test_a_fault_that_is_away_by_far_is_gone():
    assert LOSSY[1].verdict.cause == "lan.loss"
    found = compare(LOSSY, GOOD)
    assert found.effect is Effect.GONE
    assert "lan.loss" in [each.cause for each in found.gone]
    assert values(found)[Subject.GATEWAY, "loss_ratio"] == (0.15, 0.0, True)
    first = found.rungs[0]
    assert (first.segment, first.before, first.after) == (Segment.LAN, RungState.WARN, RungState.PASS)


def test_a_fault_that_comes_is_worse():
    found = compare(GOOD, LOSSY)
    assert found.effect is Effect.WORSE
    assert "lan.loss" in [each.cause for each in found.new]


def test_the_same_twice_is_the_same():
    assert compare(GOOD, GOOD).effect is Effect.SAME
    found = compare(LOSSY, LOSSY)
    assert found.effect is Effect.SAME
    assert [each.cause for each in found.still] == [each.cause for each in LOSSY[1].findings]
    assert found.changed == ()
    assert (found.gone, found.new, found.untested, found.rungs) == ((), (), (), ())


def test_less_of_the_same_fault_is_better_and_more_is_worse():
    terrible = judged(pings(lost=60))
    assert compare(terrible, LOSSY).effect is Effect.BETTER
    assert compare(LOSSY, terrible).effect is Effect.WORSE


def test_a_little_loss_that_is_away_may_be_chance():
    slight = judged(pings(sent=200, lost=8))
    assert slight[1].verdict.cause == "lan.loss"
    clean = judged(pings(sent=20))
    assert clean[1].verdict.state is VerdictState.HEALTHY
    found = compare(slight, clean)
    assert not values(found)[Subject.GATEWAY, "loss_ratio"][2]
    assert found.effect is Effect.UNCLEAR


def test_a_run_that_was_stopped_is_compared_with_nothing():
    stopped = replace(GOOD[0], cancelled=True), GOOD[1]
    found = compare(LOSSY, stopped)
    assert found.effect is Effect.UNCLEAR
    assert found.gone == ()
    assert "lan.loss" in [each.cause for each in found.untested]


def test_what_a_less_thorough_run_does_not_ask_is_not_gone():
    slow = load(direction(5e6), direction(5e6), echo(ANCHORS[0]), 80e6, 40e6)
    full = judged(healthy() | {"load.test": slow}, request=Request(depth=Depth.FULL))
    assert full[1].verdict.cause == "access.slow"
    found = compare(full, GOOD)
    assert [each.cause for each in found.untested] == ["access.slow"]
    assert found.effect is Effect.UNCLEAR


def test_another_fault_in_place_of_the_first_is_another():
    down = {
        step: echo_stats(fact.target, EchoMethod.ICMP, [replace(each, rtt_ms=None) for each in fact.samples])
        for step, fact in pings().items()
        if step.startswith("ping.anchor")
    }
    far = judged(pings() | {name: echo(fact.target, 100, 15, 12.0) for name, fact in down.items()})
    assert far[1].verdict.cause == "access.loss"
    found = compare(LOSSY, far)
    assert found.effect is Effect.OTHER
    assert [each.cause for each in found.new] == ["access.loss"]


def test_slower_and_unsteadier_is_told_where_it_is_more_than_chance():
    slow = judged(pings(rtt_ms=30.0, vary_ms=20.0))
    found = values(compare(GOOD, slow))
    assert found[Subject.GATEWAY, "rtt_p50_ms"][2]
    assert found[Subject.GATEWAY, "rtt_p95_ms"][2]
    assert found[Subject.GATEWAY, "jitter_ms"][2]
    assert not values(compare(GOOD, judged(pings(rtt_ms=3.4))))[Subject.GATEWAY, "rtt_p50_ms"][2]


def test_few_round_trips_prove_no_difference():
    few = judged(pings(sent=4)), judged(pings(sent=4, rtt_ms=60.0))
    assert not values(compare(*few))[Subject.GATEWAY, "rtt_p50_ms"][2]


@pytest.mark.parametrize("gone", ["ping.", "dns.", "interfaces"])
def test_what_was_not_measured_both_times_is_left_out(gone):
    partly = judged({step: fact for step, fact in pings().items() if not step.startswith(gone)})
    for found in (compare(GOOD, partly), compare(partly, GOOD)):
        assert not any(name == "loss_ratio" for _, name in values(found)) or gone != "ping."
        assert not any(subject is Subject.RESOLVER for subject, _ in values(found)) or gone != "dns."


def test_by_another_method_is_not_compared():
    ipv4_alone = {step: fact for step, fact in pings().items() if step != "ping.gateway6"}
    by_tcp = judged(ipv4_alone | {"ping.gateway4": echo(GATEWAY4, 100, 0, 3.0, method=EchoMethod.TCP_CONNECT)})
    assert not any(subject is Subject.GATEWAY for subject, _ in values(compare(judged(ipv4_alone), by_tcp)))


def test_nothing_at_all_is_compared_without_a_word():
    empty = judged({})
    assert compare(empty, empty).values == ()
    assert compare(empty, empty).effect is Effect.SAME
    assert compare(GOOD, empty).effect is Effect.UNCLEAR


def test_rates_and_signals_have_noises_of_their_own():
    def full(down, up=40e6):
        test = load(direction(down), direction(up), echo(ANCHORS[0]))
        return judged(healthy() | {"load.test": test}, request=Request(depth=Depth.FULL))

    assert values(compare(full(40e6), full(80e6)))[Subject.LOAD_SERVER, "down_goodput_bit_s"] == (40e6, 80e6, True)
    assert not values(compare(full(70e6), full(80e6)))[Subject.LOAD_SERVER, "down_goodput_bit_s"][2]
    far, near, here = (judged(over_wifi(wifi(rssi), wifi(rssi))) for rssi in (-80, -50, -78))
    assert values(compare(far, near))[Subject.COMPUTER, "rssi_dbm"] == (-80, -50, True)
    assert not values(compare(far, here))[Subject.COMPUTER, "rssi_dbm"][2]


def test_the_interval_of_a_quantile_is_made_of_measured_values():
    assert quantile_interval([], 0.5, 1.96) is None
    assert quantile_interval([1.0, 2.0], 0.5, 1.96) is None
    assert quantile_interval([float(number) for number in range(1, 101)], 0.5, 1.96) == (40.0, 60.0)
    assert quantile_interval([float(number) for number in range(20)], 0.95, 1.96) is None


def test_a_fault_after_a_run_that_told_nothing_is_not_called_another_one():
    nothing = (
        GOOD[0],
        replace(GOOD[1], verdict=replace(GOOD[1].verdict, state=VerdictState.INCONCLUSIVE, confidence=None)),
    )
    assert compare(nothing, LOSSY).effect is Effect.UNCLEAR
