"""Logs of made-up watches: quiet minutes with episodes, a gap, marks and changes in them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nexkit.diagnosis.verdict import Segment, Severity
from nexkit.subject import Subject
from nexkit.units import Bytes, Ms, Ratio, Seconds
from nexkit.watch.events import (
    EpisodeBegan,
    EpisodeEnded,
    GapSeen,
    SampleState,
    WatchEvent,
    WatchRound,
    WatchSample,
    WatchTotals,
)
from nexkit.watch.record import (
    ChangeKind,
    Episode,
    GapReason,
    LightSign,
    MinuteSummary,
    MomentMark,
    NetworkChange,
    SignKind,
    SubjectSummary,
    ToldBy,
    WatchGap,
    WatchLog,
)

BEGAN = datetime(2026, 11, 20, 4, 12, tzinfo=UTC)
_ASKED = (
    ("gateway", Subject.GATEWAY, 1.4),
    ("anchor1", Subject.ANCHOR, 14.0),
    ("anchor2", Subject.ANCHOR, 17.0),
    ("resolver", Subject.RESOLVER, 9.0),
    ("service", Subject.SERVICE, 22.0),
)


def minute(number: int, length: float, *, down: frozenset[Subject] = frozenset()) -> MinuteSummary:
    def one(target: str, subject: Subject, usual: float) -> SubjectSummary:
        silent = subject in down
        slow = 6.0 if number % 37 == 5 and subject is not Subject.GATEWAY else 1.0
        return SubjectSummary(
            target=target,
            subject=subject,
            sent=24,
            lost=20 if silent else int(number % 41 == 7),
            rtt_p50_ms=None if silent else Ms(usual * slow * (1 + number % 7 / 10)),
            rtt_p95_ms=None if silent else Ms(usual * slow * (1.4 + number % 5 / 4)),
        )

    return MinuteSummary(
        started_at=BEGAN + timedelta(minutes=number * length),
        length_s=Seconds(60.0 * length),
        rounds=12,
        subjects=tuple(one(*asked) for asked in _ASKED),
    )


def watch_log(minutes: int, *, length: float = 1.0, episodes: int = 3, gap: bool = True) -> WatchLog:
    """A watch of so many stretches of `length` minutes."""
    whole = timedelta(minutes=minutes * length)
    every = whole / (episodes + 1)
    told = []
    for number in range(1, episodes + 1):
        begin = BEGAN + every * number
        names = number % 3 == 0
        sign = (
            LightSign(
                target="resolver",
                subject=Subject.RESOLVER,
                kind=SignKind.SLOW,
                rtt_ms=Ms(900.0),
                usual_rtt_ms=Ms(9.0),
            )
            if names
            else LightSign(target="anchor1", subject=Subject.ANCHOR, kind=SignKind.LOSS, loss_ratio=Ratio(0.8))
        )
        told.append(
            Episode(
                number=number,
                started_at=begin,
                ended_at=begin + timedelta(seconds=95 * number),
                told_by=ToldBy.USER if number == 2 else ToldBy.DETECTION,
                severity=Severity.DEGRADED if names else Severity.BLOCKING,
                segment=Segment.DNS if names else Segment.ACCESS,
                signs=(sign,),
                run=f"run-{number}",
            )
        )
    asleep = WatchGap(started_at=BEGAN + whole * 0.55, ended_at=BEGAN + whole * 0.68, reason=GapReason.ASLEEP)

    def down(number: int) -> frozenset[Subject]:
        at = BEGAN + timedelta(minutes=number * length)
        here = [each for each in told if at <= each.started_at < at + timedelta(minutes=length)]
        if not here:
            return frozenset()
        return frozenset({Subject.ANCHOR, Subject.SERVICE, Subject.RESOLVER})

    def measured(number: int) -> bool:
        at = BEGAN + timedelta(minutes=number * length)
        return not gap or not asleep.started_at <= at < asleep.ended_at

    return WatchLog(
        started_at=BEGAN,
        ended_at=BEGAN + whole,
        measured_s=Seconds(whole.total_seconds()),
        rounds=minutes * 12,
        traffic_bytes=Bytes(1_234_000),
        minutes=tuple(minute(number, length, down=down(number)) for number in range(minutes) if measured(number)),
        episodes=tuple(told),
        marks=(MomentMark(at=BEGAN + every * 2 + timedelta(seconds=30), words="The call froze", episode=2),)
        if episodes > 1
        else (),
        gaps=(asleep,) if gap else (),
        changes=(NetworkChange(at=BEGAN + whole * 0.3, kind=ChangeKind.JOINED_OTHER),),
    )


def watch_events(log: WatchLog) -> Iterator[WatchEvent]:
    """What the engine tells of the happenings of a log, and of its last round, in which everybody answers."""
    for episode in log.episodes:
        yield EpisodeBegan(episode=replace(episode, ended_at=None), diagnosing=True)
        yield EpisodeEnded(episode=episode)
    for gap in log.gaps:
        yield GapSeen(gap=gap)
    elapsed_s = Seconds((log.ended_at - log.started_at).total_seconds())
    samples = tuple(
        WatchSample(
            target=each.target,
            subject=each.subject,
            sent=2,
            lost=0,
            rtt_ms=each.rtt_p50_ms,
            state=SampleState.GOOD,
        )
        for each in log.minutes[-1].subjects
    )
    yield WatchRound(at=log.ended_at, elapsed_s=elapsed_s, samples=samples, in_episode=False)
    yield WatchTotals(
        elapsed_s=elapsed_s,
        measured_s=log.measured_s,
        rounds=log.rounds,
        traffic_bytes=log.traffic_bytes,
        traffic_last_hour_bytes=Bytes(log.traffic_bytes // 4),
        episodes=len(log.episodes),
        marks=len(log.marks),
        cpu_share=None,
    )
