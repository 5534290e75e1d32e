import datetime as dt
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.time import LeapIndicator
from probes.exchange import ntp

NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
EPOCH = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
ASKED = ntp.request(random.Random(1))


def stamp(at):
    return round((at - EPOCH).total_seconds() * 2**32) & 0xFFFFFFFFFFFFFFFF


def answer(received, sent, *, flags=0x24, stratum=2, reference=b"GPS\0", origin=ASKED[40:]):
    head = struct.pack("!BBBb", flags, stratum, 6, -20)
    distances = struct.pack("!II", round(0.02 * 65536), round(0.005 * 65536))
    return head + distances + reference + bytes(8) + origin + struct.pack("!QQ", stamp(received), stamp(sent))


def seconds(value):
    return dt.timedelta(seconds=value)


def test_offset_and_uncertainty_are_those_of_rfc_5905():
    """60 ms there and back, 10 ms of it at the server, which is 90 s ahead."""
    received = NOW + seconds(90 + 0.025)
    read = ntp.read_answer(answer(received, received + seconds(0.01)))
    offset_s, delay_ms, uncertainty_s = ntp.offset(read, NOW, 60.0)
    assert offset_s == pytest.approx(90, abs=1e-5)
    assert delay_ms == pytest.approx(50, abs=0.01)
    assert uncertainty_s == pytest.approx(0.025 + 0.01 + 0.005, abs=1e-4)
    assert (read.stratum, read.leap, read.kiss, read.has_time) == (2, LeapIndicator.NONE, None, True)


@pytest.mark.parametrize("years", [-50, -1, 20])
def test_a_clock_that_is_years_off_is_told_truly_over_the_end_of_an_era(years):
    """The era of 32 bits ends in 2036."""
    other = NOW.replace(year=NOW.year + years)
    offset_s, _, _ = ntp.offset(ntp.read_answer(answer(other, other)), NOW, 0.0)
    assert offset_s == pytest.approx((other - NOW).total_seconds(), abs=0.01)


def test_a_server_that_claims_to_have_taken_longer_than_the_round_trip_is_not_believed():
    read = ntp.read_answer(answer(NOW, NOW + seconds(5)))
    _, delay_ms, uncertainty_s = ntp.offset(read, NOW, 20.0)
    assert delay_ms == 0
    assert uncertainty_s > 0


@pytest.mark.parametrize(
    ("changes", "kiss", "has_time"),
    [
        ({"stratum": 0, "flags": 0xE4, "reference": b"RATE"}, "RATE", False),
        ({"stratum": 0, "flags": 0xE4, "reference": b"\x1b[2J"}, None, False),
        ({"stratum": 16}, None, False),
        ({"flags": 0xE4}, None, False),
        ({"flags": 0x64}, None, True),
    ],
)
def test_a_server_may_say_that_it_has_no_time(changes, kiss, has_time):
    read = ntp.read_answer(answer(NOW, NOW, **changes))
    assert (read.kiss, read.has_time) == (kiss, has_time)


def test_only_an_answer_to_the_very_request_is_taken():
    assert ntp.is_answer(ASKED, answer(NOW, NOW))
    assert not ntp.is_answer(ASKED, answer(NOW, NOW, origin=bytes(8)))
    assert not ntp.is_answer(ASKED, answer(NOW, NOW, flags=0x23)), "of a client"
    assert not ntp.is_answer(ASKED, answer(NOW, NOW)[:47])


def test_a_request_tells_nothing_of_this_computer():
    assert ASKED[:40] == b"\x23" + bytes(39)
    assert ntp.request(random.Random(2))[40:] != ASKED[40:]


@given(st.binary(min_size=48, max_size=60), st.floats(0, 5000))
def test_no_answer_breaks_the_reader_or_the_arithmetic(noise, rtt_ms):
    read = ntp.read_answer(noise)
    offset_s, delay_ms, uncertainty_s = ntp.offset(read, NOW, rtt_ms)
    assert abs(offset_s) <= 2**31
    assert 0 <= delay_ms <= rtt_ms
    assert uncertainty_s >= 0
