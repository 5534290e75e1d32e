"""What a trace says and what it does not: loss that goes on, places of hops, ways back."""

import pytest

from nexkit.facts.path import (
    Hop,
    HopPlace,
    HopResponder,
    PathMethod,
    PathTrace,
    Rewriting,
    hop_losses,
    hop_places,
    reply_ttl_jumps,
    rewritten_from,
)

TARGET = "198.18.0.10"


def trace(*hops, reached=True, method=PathMethod.ICMP):
    return PathTrace(
        target=TARGET,
        method=method,
        rounds=10,
        hops=hops,
        reached=reached,
        unreachable=None,
        unreachable_from=None,
    )


def hop(ttl, received=10, *, sent=10, address=None, **details):
    answers = (HopResponder(address=address or f"198.51.100.{ttl}", rtts_ms=(1.0,), **details),) if received else ()
    return Hop(ttl=ttl, sent=sent, received=received, responders=answers)


def losses(path):
    return [(each.loss_ratio, each.continues_to_target, each.carried_ratio) for each in hop_losses(path)]


def test_loss_of_a_router_alone_does_not_continue():
    assert losses(trace(hop(1), hop(2, 6), hop(3))) == [
        (0.0, False, 0.0),
        (pytest.approx(0.4), False, 0.0),
        (0.0, False, 0.0),
    ]


def test_loss_from_a_hop_on_continues_to_the_target():
    found = losses(trace(hop(1), hop(2, 8), hop(3, 7), hop(4, 8)))
    assert [continues for _, continues, _ in found] == [False, True, True, True]
    assert [carried for _, _, carried in found] == [0.0, *[pytest.approx(0.2)] * 3]


def test_of_a_router_that_limits_its_errors_no_more_counts_than_the_target_loses():
    assert losses(trace(hop(1, 5), hop(2, 9)))[0] == (pytest.approx(0.5), True, pytest.approx(0.1))


def test_a_silent_hop_neither_stops_loss_nor_is_loss():
    found = losses(trace(hop(1, 8), hop(2, 0), hop(3, 8)))
    assert [continues for _, continues, _ in found] == [True, True, True]
    assert losses(trace(hop(1), hop(2, 0), hop(3)))[1] == (1.0, False, 0.0)


def test_without_an_answer_of_the_target_nothing_is_known_of_loss():
    assert losses(trace(hop(1), hop(2, 5), reached=False)) == [(0.0, None, None), (pytest.approx(0.5), None, None)]


def test_a_target_that_answers_udp_with_icmp_errors_proves_no_loss_by_leaving_some_out():
    limited = trace(hop(1, 5), hop(2, 8), hop(3, 6), method=PathMethod.UDP)
    assert {(continues, carried) for _, continues, carried in losses(limited)} == {(None, None)}
    answered = trace(hop(1, 5), hop(2, 8), hop(3), method=PathMethod.UDP)
    assert {(continues, carried) for _, continues, carried in losses(answered)} == {(False, 0.0)}


def test_a_hop_that_was_not_asked_has_no_loss():
    assert losses(trace(hop(1, 0, sent=0), hop(2))) == [(None, None, None), (0.0, False, 0.0)]


def test_places_follow_the_addresses():
    path = trace(
        hop(1, address="192.168.10.1"),
        hop(2, address="10.0.0.1"),
        hop(3, address="100.64.0.1"),
        hop(4, 0),
        hop(5, address="203.0.113.1"),
        hop(6, address="198.51.100.1"),
        hop(7, address=TARGET),
    )
    assert hop_places(path) == (
        HopPlace.FIRST_ROUTER,
        HopPlace.PRIVATE,
        HopPlace.CARRIER_NAT,
        HopPlace.SILENT,
        HopPlace.PROVIDER,
        HopPlace.INTERNET,
        HopPlace.TARGET,
    )


def test_a_first_router_with_an_address_of_the_internet_is_not_the_provider():
    path = trace(hop(1, address="2001:db8:10::1"), hop(2, address="2001:db8:ac::1"), reached=False)
    assert hop_places(path) == (HopPlace.FIRST_ROUTER, HopPlace.PROVIDER)


@pytest.mark.parametrize(("reply_ttl", "hops"), [(64, 0), (58, 6), (128, 0), (250, 5), (30, 2), (None, None)])
def test_the_way_back_is_counted_from_the_nearest_usual_start(reply_ttl, hops):
    assert HopResponder(address=TARGET, rtts_ms=(), reply_ttl=reply_ttl).way_back_hops == hops


def test_a_target_that_answers_from_nearby_stands_out():
    steady = [hop(ttl, reply_ttl=256 - ttl) for ttl in range(1, 6)]
    assert reply_ttl_jumps(trace(*steady, hop(6, reply_ttl=59))) == ()
    assert reply_ttl_jumps(trace(*steady, hop(6, 0), hop(7, reply_ttl=64))) == (7,)
    assert reply_ttl_jumps(trace(hop(1), hop(2, reply_ttl=40))) == ()


def test_a_translator_shows_where_a_quote_is_not_as_it_was_sent():
    assert rewritten_from(trace(hop(1), hop(2, rewritten=(Rewriting.PORT,)), hop(3))) == 2
    assert rewritten_from(trace(hop(1), hop(2))) is None
