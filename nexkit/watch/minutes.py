"""Minutes of a watch: filled round by round, and put together where they become too many."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from nexkit.stats import quantile
from nexkit.subject import Subject
from nexkit.units import Ms, Seconds
from nexkit.watch.detect import LightSample
from nexkit.watch.record import MinuteSummary, SubjectSummary

MINUTE_S = 60.0


@dataclass(slots=True, kw_only=True)
class _Counted:
    """Of one target."""

    subject: Subject
    sent: int = 0
    lost: int = 0
    rtts_ms: list[float] = field(default_factory=list)

    def rtt_ms(self, share: float) -> Ms | None:
        value = quantile(self.rtts_ms, share)
        return None if value is None else Ms(round(value, 3))


@dataclass(slots=True, kw_only=True)
class OpenMinute:
    """The minute that is being filled."""

    number: int
    """Since the watch began, from 0."""
    _rounds: int = 0
    _counted: dict[str, _Counted] = field(default_factory=dict)

    def add(self, samples: Iterable[LightSample]) -> None:
        """One more round; `samples` are those that say something."""
        self._rounds += 1
        for each in samples:
            counted = self._counted.setdefault(each.target, _Counted(subject=each.subject))
            counted.sent += each.sent
            counted.lost += each.lost
            if each.rtt_ms is not None:
                counted.rtts_ms.append(each.rtt_ms)

    def summary(self, started_at: datetime) -> MinuteSummary:
        """What it came to, so far."""
        return MinuteSummary(
            started_at=started_at,
            length_s=Seconds(MINUTE_S),
            rounds=self._rounds,
            subjects=tuple(
                SubjectSummary(
                    target=target,
                    subject=counted.subject,
                    sent=counted.sent,
                    lost=counted.lost,
                    rtt_p50_ms=counted.rtt_ms(0.5),
                    rtt_p95_ms=counted.rtt_ms(0.95),
                )
                for target, counted in self._counted.items()
            ),
        )


def coarser(minutes: list[MinuteSummary], bucket_s: float) -> list[MinuteSummary]:
    """Neighbours put together as long as no stretch becomes longer than `bucket_s`."""
    merged: list[MinuteSummary] = []
    for each in minutes:
        if merged and (each.started_at - merged[-1].started_at).total_seconds() + each.length_s <= bucket_s * 1.01:
            merged[-1] = _together(merged[-1], each)
        else:
            merged.append(each)
    return merged if len(merged) < len(minutes) else [_together(*pair) for pair in _pairs(minutes)]


def _pairs(minutes: list[MinuteSummary]) -> list[tuple[MinuteSummary, ...]]:
    return [tuple(minutes[number : number + 2]) for number in range(0, len(minutes), 2)]


def _together(*parts: MinuteSummary) -> MinuteSummary:
    first, last = parts[0], parts[-1]
    targets = dict.fromkeys(each.target for part in parts for each in part.subjects)
    return MinuteSummary(
        started_at=first.started_at,
        length_s=Seconds((last.started_at - first.started_at).total_seconds() + last.length_s),
        rounds=sum(part.rounds for part in parts),
        subjects=tuple(
            _one([each for part in parts for each in part.subjects if each.target == target]) for target in targets
        ),
    )


def _one(parts: list[SubjectSummary]) -> SubjectSummary:
    def over(values: list[Ms | None], choose: Callable[[list[float]], float | None]) -> Ms | None:
        known = [float(value) for value in values if value is not None]
        chosen = choose(known) if known else None
        return None if chosen is None else Ms(chosen)

    return SubjectSummary(
        target=parts[0].target,
        subject=parts[0].subject,
        sent=sum(part.sent for part in parts),
        lost=sum(part.lost for part in parts),
        rtt_p50_ms=over([part.rtt_p50_ms for part in parts], lambda values: quantile(values, 0.5)),
        rtt_p95_ms=over([part.rtt_p95_ms for part in parts], max),
    )
