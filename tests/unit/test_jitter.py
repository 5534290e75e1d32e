"""Jitter: RFC 3550's estimator, and the mean that a short series is judged by."""

import pytest

from nexkit.stats import jitter_ms, mean_difference_ms


def test_the_mean_is_not_low_in_a_short_series():
    swinging = [10.0, 50.0] * 10
    assert mean_difference_ms(swinging) == pytest.approx(40.0)
    assert jitter_ms(swinging) == pytest.approx(40.0 * (1 - (15 / 16) ** 19))


def test_both_agree_in_a_long_one():
    swinging = [10.0, 50.0] * 200
    assert jitter_ms(swinging) == pytest.approx(mean_difference_ms(swinging), rel=0.01)


@pytest.mark.parametrize("measure", [jitter_ms, mean_difference_ms])
def test_no_difference_is_taken_across_a_lost_packet(measure):
    assert measure([1.0, None, 100.0, None, 1.0]) is None
    assert measure([]) is None
    assert measure([5.0, 5.0, None, 90.0, 90.0]) == 0.0
