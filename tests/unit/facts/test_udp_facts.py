import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.udp import StreamMethod, StreamReply, StreamWindow, late_ones, stream_facts

PACE_S = 0.02


def stream(replies, *, count=20, **more):
    return stream_facts(
        server="stun.example.com",
        port=3478,
        target="198.18.8.80",
        method=StreamMethod.STAMP,
        packets_s=50.0,
        payload_bytes=172,
        sent_at_s=[100.0 + number * PACE_S for number in range(count)],
        replies=replies,
        **more,
    )


def plain(*numbers, rtt_ms=10.0):
    return [StreamReply(number=number, rtt_ms=rtt_ms) for number in numbers]


def counted(*pairs):
    """(our number, the reflector's count), in the order of arrival."""
    return [
        StreamReply(number=number, rtt_ms=10.0, reflected=count, out_ms=4.0, back_ms=6.0) for number, count in pairs
    ]


def test_silence_is_total_loss():
    fact = stream([])
    assert (fact.sent, fact.received, fact.loss_ratio, fact.burst_loss_ratio, fact.longest_gap) == (20, 0, 1.0, 1.0, 20)
    assert (fact.rtt_p50_ms, fact.jitter_ms, fact.reorder_ratio, fact.out, fact.back) == (None,) * 5


def test_nothing_sent_is_no_loss():
    fact = stream([], count=0)
    assert (fact.sent, fact.loss_ratio, fact.burst_loss_ratio, fact.windows, fact.duration_s) == (0, None, None, (), 0)


def test_loss_is_told_per_window_of_a_fifth_of_a_second():
    fact = stream(plain(*(number for number in range(20) if number not in {3, 12, 13, 14})))
    assert fact.loss_ratio == pytest.approx(0.2)
    assert fact.windows == (StreamWindow(sent=10, lost=1), StreamWindow(sent=10, lost=3))
    assert (fact.burst_loss_ratio, fact.longest_gap) == (pytest.approx(0.3), 3)
    assert fact.duration_s == pytest.approx(19 * PACE_S)


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (9, [9]), (10, [10]), (19, [19]), (25, [10, 15])])
def test_what_is_left_at_the_end_makes_no_window_of_its_own(count, sizes):
    assert [window.sent for window in stream([], count=count).windows] == sizes


def test_windows_of_a_slow_stream_are_longer():
    fact = stream_facts(
        server="stun.example.com",
        port=3478,
        target="198.18.8.80",
        method=StreamMethod.STUN,
        packets_s=2.0,
        payload_bytes=20,
        sent_at_s=[number / 2 for number in range(10)],
        replies=plain(*range(1, 10)),
    )
    assert fact.windows == (StreamWindow(sent=5, lost=1), StreamWindow(sent=5, lost=0))


def test_a_second_answer_is_a_duplicate_and_the_first_counts():
    fact = stream([*plain(0, rtt_ms=10.0), *plain(0, rtt_ms=50.0), *plain(1)], count=2)
    assert (fact.received, fact.duplicates, fact.loss_ratio, fact.rtt_max_ms) == (2, 1, 0.0, 10.0)


def test_an_answer_behind_a_later_one_is_reordered():
    fact = stream(plain(0, 2, 1, 3, 5, 4, 2), count=6)
    assert (fact.reordered, fact.reorder_ratio, fact.duplicates) == (2, pytest.approx(2 / 6), 1)
    assert late_ones([0, 1, 2]) == 0
    assert late_ones([3, 0, 1, 2]) == 3


def test_jitter_takes_no_difference_over_a_gap():
    replies = [*plain(0, rtt_ms=10.0), *plain(1, rtt_ms=26.0), *plain(3, rtt_ms=500.0)]
    assert stream(replies, count=4).jitter_ms == pytest.approx(1.0)


def test_without_stamps_of_the_other_end_there_are_no_directions():
    fact = stream(plain(0, 1), count=2)
    assert (fact.out, fact.back) == (None, None)


def test_a_count_behind_ours_is_loss_on_the_way_out():
    """Numbers 1 and 2 never got there."""
    fact = stream(counted((0, 0), (3, 1), (4, 2)), count=5)
    assert (fact.out.loss_ratio, fact.back.loss_ratio) == (pytest.approx(0.4), 0.0)


def test_a_missing_count_is_loss_on_the_way_back():
    fact = stream(counted((0, 0), (3, 3), (4, 4)), count=5)
    assert (fact.out.loss_ratio, fact.back.loss_ratio) == (0.0, pytest.approx(0.4))


def test_what_is_lost_behind_the_last_answer_has_no_direction():
    fact = stream(counted((0, 0), (1, 1)), count=5)
    assert (fact.loss_ratio, fact.out.loss_ratio, fact.back.loss_ratio) == (pytest.approx(0.6), 0.0, 0.0)


def test_order_and_duplicates_have_a_direction_too():
    out = stream(counted((0, 0), (2, 1), (1, 2), (1, 3)), count=3)
    assert (out.out.reordered, out.out.duplicates, out.back.reordered, out.back.duplicates) == (1, 1, 0, 0)
    assert (out.out.loss_ratio, out.back.loss_ratio) == (0.0, 0.0)
    back = stream(counted((0, 0), (2, 2), (1, 1), (1, 1)), count=3)
    assert (back.out.reordered, back.out.duplicates, back.back.reordered, back.back.duplicates) == (0, 0, 1, 1)


def test_one_way_jitter_needs_no_clocks_that_agree():
    replies = [
        StreamReply(number=0, rtt_ms=10.0, reflected=None, out_ms=5004.0, back_ms=-4994.0),
        StreamReply(number=1, rtt_ms=26.0, reflected=None, out_ms=5020.0, back_ms=-4994.0),
    ]
    fact = stream(replies, count=2)
    assert (fact.out.jitter_ms, fact.back.jitter_ms) == (pytest.approx(1.0), 0.0)
    assert (fact.out.loss_ratio, fact.out.reordered, fact.out.duplicates) == (None, None, None)


@given(st.lists(st.tuples(st.integers(0, 19), st.none() | st.integers(0, 40), st.floats(-1e6, 1e6)), max_size=60))
def test_whatever_a_reflector_says_ratios_stay_ratios(replies):
    fact = stream(
        [
            StreamReply(number=number, rtt_ms=1.0, reflected=count, out_ms=transit_ms, back_ms=-transit_ms)
            for number, count, transit_ms in replies
        ]
    )
    ratios = [fact.loss_ratio, fact.burst_loss_ratio, fact.reorder_ratio]
    ratios += [way.loss_ratio for way in (fact.out, fact.back) if way]
    assert all(ratio is None or 0 <= ratio <= 1 for ratio in ratios)
    counts = [fact.reordered, fact.duplicates, *(way.duplicates for way in (fact.out, fact.back) if way)]
    assert all(count is None or count >= 0 for count in counts)
