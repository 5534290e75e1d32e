"""Hours as places: where a moment of a watch stands, which round moments to name, what one column shows. No Qt here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from nexkit.subject import Subject
from nexkit.watch.record import MinuteSummary, SubjectSummary

_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080)
_DAY_MIN = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScale:
    """From moments to places."""

    begin: datetime
    seconds: float
    left: float
    width: float

    def x(self, at: datetime) -> float:
        """The place of a moment; one outside is moved to the edge."""
        share = (at - self.begin).total_seconds() / self.seconds
        return self.left + min(1.0, max(0.0, share)) * self.width


@dataclass(slots=True)
class Column:
    """What one column of a lane shows: the worst of the minutes in it."""

    left: float
    right: float
    loss: float
    p50_ms: float | None
    p95_ms: float | None


def worst_columns(
    minutes: Sequence[MinuteSummary], subjects: frozenset[Subject], edges: Sequence[tuple[float, float]]
) -> tuple[Column, ...]:
    """The minutes of a lane, those within one pixel together: what stands out must not get lost between others."""
    found: list[Column] = []
    for minute, (left, right) in zip(minutes, edges, strict=True):
        told = [each for each in minute.subjects if each.subject in subjects and each.sent]
        if not told:
            continue
        best = min(told, key=_loss)  # of two well-known addresses, one that never answers says nothing of the line
        if found and right - found[-1].left <= 1.0:
            last = found[-1]
            last.right = max(last.right, right)
            last.loss = max(last.loss, _loss(best))
            last.p50_ms = _larger(last.p50_ms, best.rtt_p50_ms)
            last.p95_ms = _larger(last.p95_ms, best.rtt_p95_ms)
        else:
            found.append(Column(left, max(right, left + 1.0), _loss(best), best.rtt_p50_ms, best.rtt_p95_ms))
    return tuple(found)


def _loss(summary: SubjectSummary) -> float:
    return summary.lost / summary.sent


def _larger(one: float | None, other: float | None) -> float | None:
    return max((value for value in (one, other) if value is not None), default=None)


def ticks(begin: datetime, end: datetime, most: float) -> Iterator[datetime]:
    """Round moments of this computer's clock, no more than `most`."""
    span_min = (end - begin).total_seconds() / 60
    step_min = next((step for step in _STEPS_MIN if span_min / step <= max(1.0, most)), _STEPS_MIN[-1])
    tick = _round_up(begin, min(step_min, _DAY_MIN))
    while tick <= end:
        yield tick
        # Up to the next one by the clock on the wall, also over a night in which it is set to summer time.
        tick = _round_up(tick + timedelta(minutes=step_min * 0.75), min(step_min, _DAY_MIN))


def _round_up(at: datetime, step_min: float) -> datetime:
    local = at.astimezone()
    since_midnight_min = local.hour * 60 + local.minute + local.second / 60 + local.microsecond / 6e7
    goal_min = ceil(since_midnight_min / step_min - 1e-9) * step_min
    return (local + timedelta(minutes=goal_min - since_midnight_min)).astimezone(at.tzinfo)
