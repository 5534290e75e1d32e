"""The verdict over a watch: what broke while it was watched is not called healthy afterwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nexkit.diagnosis.limits import DEFAULT_LIMITS
from nexkit.diagnosis.verdict import Diagnosis, Rung, RungState, Segment, Severity, Verdict, VerdictState
from nexkit.diagnosis.watched import watched_rungs, with_watch
from nexkit.subject import Subject
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.verdicts import verdict_advice, verdict_sentence
from nexkit.texts.watch import timeline, watched_text
from nexkit.units import Bytes, Ratio, Seconds
from nexkit.watch.record import Episode, GapReason, LightSign, SignKind, ToldBy, WatchGap, WatchLog

BEGAN = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
HEALTHY = Verdict(state=VerdictState.HEALTHY, segment=None, cause=None, confidence=Ratio(0.9))
SIGN = LightSign(target="resolver", subject=Subject.RESOLVER, kind=SignKind.SILENT)


def episode(number, segment, *, minutes=1, severity=Severity.BLOCKING, signs=(SIGN,), told_by=ToldBy.DETECTION):
    began = BEGAN + timedelta(minutes=number)
    return Episode(
        number=number,
        started_at=began,
        ended_at=began + timedelta(minutes=minutes),
        told_by=told_by,
        severity=severity,
        segment=segment,
        signs=signs,
    )


def watch(*episodes):
    return WatchLog(
        started_at=BEGAN,
        ended_at=BEGAN + timedelta(hours=1),
        measured_s=Seconds(3600.0),
        rounds=720,
        traffic_bytes=Bytes(1_000_000),
        episodes=episodes,
    )


def over(*episodes, verdict=HEALTHY):
    return with_watch(verdict, watch(*episodes), DEFAULT_LIMITS)


def test_a_healthy_run_over_a_broken_watch_is_a_fault_where_it_broke():
    verdict = over(episode(1, Segment.DNS))
    assert (verdict.state, verdict.segment, verdict.cause) == (VerdictState.FAULT, Segment.DNS, None)
    assert verdict.comes_and_goes


def test_the_worst_episode_counts_and_of_equals_the_longest():
    degraded = episode(1, Segment.LAN, minutes=9, severity=Severity.DEGRADED)
    assert over(degraded, episode(2, Segment.DNS), episode(3, Segment.ACCESS, minutes=2)).segment is Segment.ACCESS


def test_what_nobody_measured_changes_nothing():
    noticed = episode(1, None, signs=(), told_by=ToldBy.USER)
    assert over(noticed) == HEALTHY
    assert over() == HEALTHY
    assert with_watch(HEALTHY, None, DEFAULT_LIMITS) == HEALTHY


def test_a_fault_of_the_run_stays():
    fault = Verdict(state=VerdictState.FAULT, segment=Segment.ACCESS, cause="access.line_down", confidence=Ratio(0.9))
    assert over(episode(1, Segment.DNS), verdict=fault) == fault


def test_the_ladder_and_the_words_say_so_in_every_language():
    for segment in (Segment.DNS, None):
        verdict = over(episode(1, segment))
        rungs = tuple(Rung(segment=each, state=RungState.PASS, because=()) for each in Segment)
        shown = watched_rungs(rungs, verdict)
        assert [rung.segment for rung in shown if rung.state is RungState.WARN] == ([segment] if segment else [])
        diagnosis = Diagnosis(
            verdict=verdict,
            findings=(),
            ladder=shown,
            not_tested=(),
            rules_version="1",
            started_at=BEGAN,
            took_s=Seconds(1.0),
        )
        for language in LANGUAGES:
            assert "{" not in verdict_sentence(diagnosis, Texts(language))
            assert verdict_advice(diagnosis, Texts(language))
    assert watched_rungs(rungs, replace(verdict, comes_and_goes=False)) == rungs


def test_what_a_restart_interrupted_is_not_said_to_have_gone_on():
    began = BEGAN + timedelta(minutes=2)
    gap = WatchGap(
        started_at=began + timedelta(seconds=30), ended_at=began + timedelta(seconds=45), reason=GapReason.NOT_RUNNING
    )
    lost = replace(episode(2, Segment.DNS), ended_at=None)
    log = replace(watch(episode(1, Segment.ACCESS, minutes=1), lost), gaps=(gap,))
    assert log.known_end(lost) == gap.started_at
    verdict = with_watch(HEALTHY, log, DEFAULT_LIMITS)
    assert verdict.segment is Segment.ACCESS


def test_a_report_speaks_of_the_user_and_not_to_them():
    log = watch(episode(1, Segment.DNS, told_by=ToldBy.USER), episode(2, None, signs=(), told_by=ToldBy.USER))
    told = [words for line in timeline(log, Texts("en")) for words in (line.text, *line.details)]
    assert "The user noticed it too." in told
    assert "Noticed by the user; the small tests saw nothing" in told


def test_where_nothing_was_measured_no_interruption_is_not_said():
    log = replace(watch(), rounds=0, measured_s=Seconds(0.0))
    assert "No interruption" not in watched_text(log, Texts("en"))
    assert "No interruption" in watched_text(watch(), Texts("en"))
