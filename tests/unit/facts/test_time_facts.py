import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.time import Agreement, TimeMethod, TimeSource, consensus

HOUR_S = 3600.0


def source(offset_s, uncertainty_s=0.02):
    return TimeSource(
        method=TimeMethod.NTP,
        server="ntp.example.com",
        address="198.18.7.70",
        offset_s=offset_s,
        uncertainty_s=uncertainty_s,
        rtt_ms=20.0,
        stratum=2,
        leap=None,
        kiss=None,
        attempts=1,
        failure=None,
    )


def told(*sources):
    found = consensus(sources)
    return found.agreement, found.offset_s, found.agreeing, found.disagreeing


def test_without_any_reading_nothing_is_known():
    assert told() == (Agreement.NO_SOURCE, None, 0, 0)
    assert told(source(None, None)) == (Agreement.NO_SOURCE, None, 0, 0)


def test_one_reading_is_told_as_one():
    assert told(source(90.0, 1.0)) == (Agreement.SINGLE, 90.0, 1, 0)
    assert consensus([source(90.0, 1.0)]).uncertainty_s == 1.0


def test_two_that_contradict_each_other_say_nothing():
    assert told(source(0.0), source(HOUR_S)) == (Agreement.NONE, None, 0, 2)


@pytest.mark.parametrize("lie_s", [HOUR_S, -HOUR_S, 0.3])
def test_a_single_liar_does_not_win(lie_s):
    agreement, offset_s, agreeing, disagreeing = told(source(lie_s), source(0.001), source(-0.002))
    assert (agreement, agreeing, disagreeing) == (Agreement.MAJORITY, 2, 1)
    assert abs(offset_s) < 0.1


def test_a_tie_between_two_pairs_is_no_majority():
    assert told(source(0.0), source(0.0), source(HOUR_S), source(HOUR_S))[0] is Agreement.NONE


def test_a_precise_clock_and_a_coarse_one_agree_on_the_precise_offset():
    found = consensus([source(90.0), source(90.6, 1.1)])
    assert (found.agreement, found.offset_s, found.uncertainty_s) == (Agreement.MAJORITY, 90.0, pytest.approx(0.05))


def test_clocks_a_few_hundredths_apart_agree_however_sure_they_are():
    assert told(source(0.0, 0.001), source(0.09, 0.001))[0] is Agreement.MAJORITY


def test_clocks_that_just_touch_agree():
    assert told(source(0.0, 1.0), source(2.0, 1.0))[:2] == (Agreement.MAJORITY, 1.0)


@given(
    truth_s=st.floats(-1e6, 1e6),
    honest=st.lists(st.tuples(st.floats(-1, 1), st.floats(0.01, 5)), min_size=2, max_size=7),
    lies=st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 100)), max_size=6),
)
def test_an_honest_majority_is_never_overruled(truth_s, honest, lies):
    """Every honest source holds the truth possible; the answer lies within their reach whatever a minority says."""
    lies = lies[: len(honest) - 1]
    sources = [source(truth_s + share * reach_s, reach_s) for share, reach_s in honest]
    found = consensus([*sources, *(source(offset_s, reach_s) for offset_s, reach_s in lies)])
    assert found.agreement is Agreement.MAJORITY
    assert found.agreeing >= len(honest)
    farthest = max(max(reach_s, 0.05) * 2 for _, reach_s in honest)
    assert abs(found.offset_s - truth_s) <= farthest + 1e-6
