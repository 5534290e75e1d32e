"""Responsiveness by the formulas of draft-ietf-ippm-responsiveness."""

import pytest

from nexkit.facts.load import FlowRttMethod, LoadConfidence
from nexkit.stats import trimmed_mean
from probes.load.responsiveness import FlowTimes, ForeignProbe, responsiveness


def probe(at_s, tcp_ms=100.0, tls_ms=None, http_ms=None):
    return ForeignProbe(done_at_s=at_s, tcp_ms=tcp_ms, tls_ms=tls_ms, http_ms=http_ms)


def every(step_s, end_s, make):
    return [make(number * step_s) for number in range(1, int(end_s / step_s) + 1)]


def flows(samples=()):
    return FlowTimes(method=FlowRttMethod.OWN_SYSTEM, samples=samples)


def test_the_trimmed_mean_leaves_out_the_slowest_twentieth():
    assert trimmed_mean([10.0] * 95 + [5000.0] * 5) == 10.0
    assert trimmed_mean([]) is None
    assert trimmed_mean([7.0]) == 7.0


def test_with_tls_three_times_weigh_the_same_and_half_is_of_the_loaded_connections():
    foreign = every(0.1, 4.0, lambda at_s: probe(at_s, 100.0, 200.0, 300.0))
    own = every(0.1, 4.0, lambda at_s: (at_s, 400.0))
    found = responsiveness(foreign, flows(own), saturated_at_s=0.5, end_s=4.0)
    assert found.foreign_rpm == pytest.approx(60_000 / 200)
    assert found.self_rpm == pytest.approx(60_000 / 400)
    assert found.responsiveness_rpm == pytest.approx((300 + 150) / 2)
    assert (found.tcp_ms, found.tls_ms, found.http_ms, found.self_ms) == (100.0, 200.0, 300.0, 400.0)


def test_without_tls_two_times_weigh_the_same():
    foreign = every(0.1, 4.0, lambda at_s: probe(at_s, 100.0, None, 300.0))
    found = responsiveness(foreign, flows(), saturated_at_s=0.5, end_s=4.0)
    assert found.foreign_rpm == pytest.approx(300)
    assert found.tls_ms is None
    assert found.self_rpm is None
    assert found.responsiveness_rpm is None  # half of it is not known


def test_only_the_last_two_seconds_count():
    foreign = every(0.1, 4.0, lambda at_s: probe(at_s, 1000.0 if at_s <= 2.0 else 50.0))
    found = responsiveness(foreign, flows(), saturated_at_s=0.5, end_s=4.0)
    assert found.foreign_rpm == pytest.approx(1200)
    assert found.foreign_probes == 20


def test_steady_values_are_sure_and_growing_queues_are_not():
    own = every(0.1, 6.0, lambda at_s: (at_s, 100.0))
    steady = every(0.1, 6.0, lambda at_s: probe(at_s, 100.0))
    growing = every(0.1, 6.0, lambda at_s: probe(at_s, 100.0 * at_s))
    assert responsiveness(steady, flows(own), saturated_at_s=1.0, end_s=6.0).confidence is LoadConfidence.HIGH
    rising = flows(every(0.1, 6.0, lambda at_s: (at_s, 100.0 * at_s)))
    assert responsiveness(growing, rising, saturated_at_s=1.0, end_s=6.0).confidence is LoadConfidence.MEDIUM
    assert responsiveness(steady, flows(own), saturated_at_s=4.5, end_s=6.0).confidence is LoadConfidence.LOW


def test_nothing_measured_is_not_known():
    assert responsiveness([], flows(), saturated_at_s=0.5, end_s=4.0) is None
    assert flows().fact(0.0, 4.0) is None


def test_the_loaded_connections_are_summed_up_within_their_time():
    fact = flows(every(1.0, 10.0, lambda at_s: (at_s, at_s))).fact(5.0, 10.0)
    assert (fact.samples, fact.rtt_p50_ms, fact.rtt_p95_ms) == (5, 8.0, 10.0)
