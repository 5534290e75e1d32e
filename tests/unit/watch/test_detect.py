"""From light rounds to episodes: tables of what is one and what is none, and laws that hold for any rounds."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexkit.diagnosis.verdict import Segment, Severity
from nexkit.subject import Subject
from nexkit.watch.detect import (
    DEFAULT_DETECTION,
    Detection,
    LightRound,
    LightSample,
    Place,
    after_gap,
    observe,
    other_network,
)
from nexkit.watch.events import SampleState
from nexkit.watch.record import SignKind

EVERY_S = 5.0
USUAL_MS = 20.0
SUBJECTS = {
    "gateway": Subject.GATEWAY,
    "anchor1": Subject.ANCHOR,
    "anchor2": Subject.ANCHOR,
    "resolver": Subject.RESOLVER,
    "service": Subject.SERVICE,
}


def answered(target, rtt_ms=USUAL_MS, sent=2, lost=0):
    icmp = target not in {"resolver", "service"}
    return LightSample(target=target, subject=SUBJECTS[target], sent=sent, lost=lost, rtt_ms=rtt_ms, icmp=icmp)


def silent(target):
    return replace(answered(target), lost=2, rtt_ms=None)


def refused(target):
    return replace(answered(target), failed=True)


def unasked(target):
    return replace(answered(target), sent=0, rtt_ms=None)


def samples(*odd):
    """A round in which all is well but for the odd ones."""
    by_target = {target: answered(target) for target in SUBJECTS} | {each.target: each for each in odd}
    return tuple(by_target.values())


WELL = samples()
NO_INTERNET = samples(silent("anchor1"), silent("anchor2"), silent("service"))
NOTHING = tuple(silent(target) for target in SUBJECTS)


@dataclass
class Watched:
    """What came of some rounds."""

    detection: Detection
    began_s: list
    ended_s: list
    troubles: list
    last: object = None


def watched(*stretches, online=True, detection=None, start_s=0.0):
    """`stretches`: (rounds, samples) one after the other, a round every five seconds."""
    seen = Watched(detection or Detection(), [], [], [])
    at_s = start_s
    for count, each in stretches:
        for _turn in range(count):
            seen.last = observe(seen.detection, LightRound(at_s=at_s, online=online, samples=each))
            seen.detection = seen.last.detection
            if seen.last.began:
                seen.began_s.append(seen.detection.trouble.since_s)
                seen.troubles.append(seen.detection.trouble)
            if seen.detection.trouble:
                seen.troubles[-1] = seen.detection.trouble
            if seen.last.ended_s is not None:
                seen.ended_s.append(seen.last.ended_s)
            at_s += EVERY_S
    return seen


@pytest.mark.parametrize(
    ("broken", "segment", "kind", "severity"),
    [
        (samples(silent("anchor1"), silent("anchor2")), Segment.ACCESS, SignKind.SILENT, Severity.BLOCKING),
        (NO_INTERNET, Segment.ACCESS, SignKind.SILENT, Severity.BLOCKING),
        (NOTHING, Segment.GATEWAY, SignKind.SILENT, Severity.BLOCKING),
        (samples(silent("resolver")), Segment.DNS, SignKind.SILENT, Severity.BLOCKING),
        (samples(refused("resolver")), Segment.DNS, SignKind.FAILED, Severity.BLOCKING),
        (samples(silent("service")), Segment.SERVICE, SignKind.SILENT, Severity.BLOCKING),
        (samples(refused("service")), Segment.SERVICE, SignKind.FAILED, Severity.BLOCKING),
        (
            samples(answered("anchor1", rtt_ms=400.0), answered("anchor2", rtt_ms=300.0)),
            Segment.ACCESS,
            SignKind.SLOW,
            Severity.DEGRADED,
        ),
    ],
)
def test_what_breaks_is_an_episode_with_its_place(broken, segment, kind, severity):
    seen = watched((20, WELL), (4, broken), (10, WELL))
    assert seen.began_s == [100.0]
    (trouble,) = seen.troubles
    assert (trouble.segment, trouble.severity) == (segment, severity)
    assert kind in {sign.kind for sign in trouble.signs}
    assert seen.ended_s == [120.0]
    assert seen.detection.trouble is None


@pytest.mark.parametrize(
    ("name", "rounds"),
    [
        ("one lost round", [(20, WELL), (1, NOTHING), (20, WELL)]),
        ("two in a row", [(20, WELL), (2, NOTHING), (20, WELL)]),
        ("one host of the internet", [(20, WELL), (30, samples(silent("anchor1")))]),
        ("a router that stops answering echoes", [(20, WELL), (30, samples(silent("gateway")))]),
        ("a router that answers late", [(20, WELL), (30, samples(answered("gateway", rtt_ms=900.0)))]),
        ("a router that never answered", [(50, samples(silent("gateway")))]),
        ("anchors that never answered", [(50, samples(silent("anchor1"), silent("anchor2")))]),
        ("a line that was always slow", [(50, samples(answered("anchor1", 600.0), answered("anchor2", 600.0)))]),
        ("one loss of two, now and then", [(20, WELL), *[(1, samples(answered("anchor1", lost=1))), (9, WELL)] * 6]),
        ("not permitted", [(20, WELL), (30, tuple(unasked(target) for target in SUBJECTS))]),
        ("one anchor of one, and the service is there", [(20, (answered("anchor1"), answered("service")))]),
        (
            "the same, silent",
            [(20, (answered("anchor1"), answered("service"))), (20, (silent("anchor1"), answered("service")))],
        ),
    ],
)
def test_what_is_no_episode(name, rounds):
    seen = watched(*rounds)
    assert seen.began_s == [], name
    assert seen.detection.trouble is None


def test_a_lossy_line_is_an_episode_that_is_over_when_the_losses_are():
    lossy = samples(answered("anchor1", lost=1), answered("anchor2", lost=1))
    seen = watched((24, WELL), *[(1, lossy), (1, WELL)] * 12, (40, WELL))
    (trouble,) = seen.troubles
    assert trouble.segment is Segment.ACCESS
    assert trouble.severity is Severity.DEGRADED
    assert {sign.kind for sign in trouble.signs} == {SignKind.LOSS}
    (ended_s,) = seen.ended_s
    assert ended_s == 120.0 + 22 * EVERY_S  # the last loss
    assert len(seen.began_s) == 1


def test_usual_losses_are_none_and_more_of_them_are():
    usual = samples(answered("anchor1", lost=1), answered("anchor2", lost=1))
    few = [(1, usual), (9, WELL)]
    seen = watched(*few * 12)
    assert seen.began_s == []


def test_no_link_is_told_as_this_computers():
    seen = watched((20, WELL))
    lost = watched((4, ()), online=False, detection=seen.detection, start_s=100.0)
    (trouble,) = lost.troubles
    assert trouble.segment is Segment.DEVICE
    assert [sign.kind for sign in trouble.signs] == [SignKind.NO_LINK]


def test_a_network_in_which_nobody_ever_answered_is_trouble_of_which_the_place_is_not_known():
    seen = watched((6, NOTHING))
    (trouble,) = seen.troubles
    assert trouble.places == {Place.EVERYTHING}
    assert trouble.segment is None


def test_silence_of_echoes_alone_from_the_beginning_says_nothing():
    seen = watched((30, tuple(silent(target) for target in ("gateway", "anchor1", "anchor2"))))
    assert seen.began_s == []


def test_trouble_spreads_and_stays_one_episode():
    seen = watched((20, WELL), (4, samples(silent("resolver"))), (4, NO_INTERNET), (10, WELL))
    (trouble,) = seen.troubles
    assert trouble.segment is Segment.ACCESS
    assert len(seen.ended_s) == 1


def test_what_flickers_is_one_episode():
    seen = watched((20, WELL), *[(4, NO_INTERNET), (2, WELL)] * 5, (10, WELL))
    assert len(seen.began_s) == len(seen.ended_s) == 1


def test_after_a_gap_the_baseline_stays_and_the_trouble_is_not_known_to_go_on():
    broken = watched((20, WELL), (4, NO_INTERNET))
    after = after_gap(broken.detection)
    assert after.trouble is None
    again = watched((3, NO_INTERNET), detection=after, start_s=1000.0)
    assert again.began_s == [1000.0]  # who answered before the gap is missed after it


def test_another_network_has_a_baseline_of_its_own():
    seen = other_network(watched((20, WELL)).detection)
    far = samples(answered("anchor1", 500.0), answered("anchor2", 500.0), silent("gateway"))
    assert watched((30, far), detection=seen, start_s=200.0).began_s == []


_RTTS = st.none() | st.floats(min_value=0.1, max_value=3000.0)


@st.composite
def any_round(draw):
    found = []
    for target in SUBJECTS:
        sent = draw(st.integers(min_value=0, max_value=2))
        rtt_ms = draw(_RTTS) if sent else None
        lost = sent if rtt_ms is None else draw(st.integers(min_value=0, max_value=sent - 1))
        found.append(replace(answered(target), sent=sent, lost=lost, rtt_ms=rtt_ms, failed=draw(st.booleans())))
    return draw(st.sampled_from([True, False, None])), tuple(found)


@settings(deadline=None, max_examples=60)
@given(st.lists(any_round(), max_size=60))
def test_laws_that_hold_for_any_rounds(rounds):
    detection, open_since = Detection(), None
    for number, (online, each) in enumerate(rounds):
        at_s = number * EVERY_S
        seen = observe(detection, LightRound(at_s=at_s, online=online, samples=each))
        assert not (seen.began and seen.ended_s is not None)
        if seen.began:
            assert open_since is None
            open_since = seen.detection.trouble.since_s
            assert 0 <= open_since <= at_s
        if seen.ended_s is not None:
            assert open_since is not None
            assert open_since <= seen.ended_s <= at_s
            open_since = None
        trouble = seen.detection.trouble
        assert (trouble is not None) == (open_since is not None)
        if trouble is not None:
            assert trouble.places <= trouble.all_places
            assert len(trouble.signs) == len({(sign.target, sign.kind) for sign in trouble.signs})
        for sample in each:
            if sample.sent == 0:
                assert seen.states[sample.target] is SampleState.UNKNOWN
        detection = seen.detection
    for track in detection.tracks.values():
        assert len(track.usual_ms) <= DEFAULT_DETECTION.usual_samples


@settings(deadline=None, max_examples=40)
@given(st.integers(min_value=0, max_value=60), st.floats(min_value=1.0, max_value=80.0))
def test_a_healthy_line_never_has_an_episode_and_a_dead_one_always_has(rounds, rtt_ms):
    well = samples(answered("anchor1", rtt_ms), answered("anchor2", rtt_ms))
    assert watched((rounds, well)).began_s == []
    assert len(watched((rounds + 8, well), (3, NO_INTERNET)).began_s) == 1
