"""The rate of a transfer after its ramp-up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.load import LoadConfidence, load_confidence
from nexkit.stats import steady_rate, variation_ratio


def marks_of(rates_bit_s, tick_s=0.1):
    """Marks of a transfer that has these rates, one for each tick."""
    marks, moved = [(0.0, 0.0)], 0.0
    for number, rate in enumerate(rates_bit_s, start=1):
        moved += rate * tick_s / 8
        marks.append((number * tick_s, moved))
    return marks


def test_a_rate_that_is_steady_from_the_start_loses_half_a_second_to_the_ramp_up():
    steady = steady_rate(marks_of([20e6] * 50))
    assert steady.rate_bit_s == pytest.approx(20e6)
    assert steady.ramp_up_s == pytest.approx(0.5)
    assert steady.measured_s == pytest.approx(4.5)
    assert steady.window_rates_bit_s == pytest.approx((20e6,) * 9)


def test_slow_start_is_left_out_however_long_it_takes():
    growing = [1e6 * 2**number for number in range(12)]  # doubles each tick, then stays
    steady = steady_rate(marks_of([*growing, *[4096e6] * 38]))
    assert steady.rate_bit_s == pytest.approx(4096e6)
    assert 1.2 <= steady.ramp_up_s <= 1.6


def test_a_burst_at_the_start_does_not_count():
    steady = steady_rate(marks_of([900e6, 900e6] + [100e6] * 48))
    assert steady.rate_bit_s == pytest.approx(100e6)


def test_a_rate_that_grows_to_the_end_is_not_called_steady():
    steady = steady_rate(marks_of([1e6 * 1.5**number for number in range(20)]))
    assert steady.rate_bit_s is None
    assert steady.ramp_up_s == pytest.approx(2.0)
    assert steady.measured_s == 0
    assert steady.window_rates_bit_s == ()


def test_on_a_long_path_the_pauses_of_slow_start_are_not_taken_for_its_end():
    # Round trip 0.6 s: one burst a round trip, twice as long each time, until the line is full.
    bursts = ((0.25, 0, 0, 0, 0, 0), (0.5, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0), (1, 1, 0, 0, 0, 0), (1, 1, 1, 1, 0, 0))
    marks = marks_of([20e6 * share for burst in bursts for share in burst] + [20e6] * 30)
    assert steady_rate(marks).ramp_up_s < 1  # without knowing the round trip
    steady = steady_rate(marks, round_trip_s=0.6)
    assert steady.ramp_up_s >= 2.4
    assert steady.rate_bit_s == pytest.approx(20e6, rel=0.06)


@pytest.mark.parametrize("marks", [[], [(0.0, 0.0)], marks_of([1e6] * 6)])
def test_too_short_a_transfer_has_no_steady_rate(marks):
    assert steady_rate(marks).rate_bit_s is None


def test_late_ticks_do_not_change_the_rate():
    marks = [(at_s, at_s * 1e6) for at_s in (0.0, 0.1, 0.2, 0.55, 0.6, 0.9, 1.7, 1.8, 2.5)]
    assert steady_rate(marks).rate_bit_s == pytest.approx(8e6)


@given(st.lists(st.floats(min_value=0, max_value=1e10), max_size=80), st.floats(min_value=0, max_value=2))
def test_the_steady_rate_lies_within_the_rates_that_occurred(rates, round_trip_s):
    steady = steady_rate(marks_of(rates), round_trip_s)
    if steady.rate_bit_s is not None:
        assert min(rates) - 1 <= steady.rate_bit_s <= max(rates) * (1 + 1e-9) + 1
        assert steady.ramp_up_s + steady.measured_s == pytest.approx(len(rates) * 0.1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), None),
        ((5.0,), None),
        ((0.0, 0.0), None),
        ((5.0, 5.0), 0.0),
        ((1.0, 3.0), 0.5),
        ((2, 4, 4, 4, 5, 5, 7, 9), 0.4),
    ],
)
def test_variation_is_the_standard_deviation_over_the_mean(values, expected):
    assert variation_ratio(values) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ((), LoadConfidence.LOW),
        ((100.0,), LoadConfidence.LOW),
        ((0.0, 0.0, 0.0, 0.0), LoadConfidence.LOW),
        ((100.0, 101.0), LoadConfidence.MEDIUM),
        ((100.0, 101.0, 99.0), LoadConfidence.MEDIUM),
        ((100.0, 101.0, 99.0, 100.0), LoadConfidence.HIGH),
        ((100.0, 120.0, 90.0, 100.0), LoadConfidence.MEDIUM),
        ((100.0, 150.0, 50.0, 100.0), LoadConfidence.LOW),
    ],
)
def test_confidence_follows_steadiness_and_length(rates, expected):
    assert load_confidence(rates) is expected
