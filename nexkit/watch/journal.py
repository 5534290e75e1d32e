"""What a watch has seen so far: built entry by entry, live and from the disk alike, and never larger than a report."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from nexkit.diagnosis.verdict import Diagnosis, Severity, VerdictState
from nexkit.sensitivity import Open
from nexkit.units import Bytes, Ratio, Seconds
from nexkit.watch.minutes import MINUTE_S, coarser
from nexkit.watch.record import (
    Episode,
    MinuteSummary,
    MomentMark,
    NetworkChange,
    WatchGap,
    WatchLog,
)

MAX_MINUTES = 480
"""Eight hours by the minute; of a longer watch every two become one, and so on."""
MAX_ITEMS = 200
"""Episodes, and as many marks, gaps and changes."""
MAX_RUNS = 4
"""Diagnosis runs that are kept; the least telling one goes for a new one."""
HOUR_S = 3600.0
_ItemT = TypeVar("_ItemT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """That the watch was still going on, and how far it was."""

    at: datetime
    measured_s: Seconds
    rounds: int
    traffic_bytes: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockShift:
    """The wall clock was set: all that was written before is told by the new reading."""

    by_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNote:
    """A diagnosis run within the watch."""

    name: Open
    at: datetime
    episode: int | None
    """None: at the beginning."""
    state: VerdictState
    severity: Severity | None
    """Of the finding that the verdict names; None: it names none."""
    cause: Open | None
    confidence: Ratio | None
    kept: bool = True


Entry: TypeAlias = MinuteSummary | Episode | MomentMark | WatchGap | NetworkChange | Alive | ClockShift | RunNote


def run_note(name: str, episode: int | None, at: datetime, diagnosis: Diagnosis) -> RunNote:
    """The note of a run."""
    verdict, root = diagnosis.verdict, diagnosis.root
    return RunNote(
        name=name,
        at=at,
        episode=episode,
        state=verdict.state,
        severity=None if root is None else root.severity,
        cause=verdict.cause,
        confidence=verdict.confidence,
    )


def telling(note: RunNote) -> tuple[int, int, float]:
    """How much a run says of what is wrong, to compare."""
    states = (VerdictState.HEALTHY, VerdictState.INCONCLUSIVE, VerdictState.FAULT)
    severities = (None, Severity.CONTEXT, Severity.DEGRADED, Severity.BLOCKING)
    return states.index(note.state), severities.index(note.severity), note.confidence or 0.0


class Journal:
    """The entries of one watch, put together."""

    def __init__(self, started_at: datetime) -> None:
        self._alive = Alive(at=started_at, measured_s=Seconds(0.0), rounds=0, traffic_bytes=Bytes(0))
        self._started_at = started_at
        self._minutes: list[MinuteSummary] = []
        self._bucket_s = MINUTE_S
        self._episodes: dict[int, Episode] = {}
        self._marks: list[MomentMark] = []
        self._gaps: list[WatchGap] = []
        self._changes: list[NetworkChange] = []
        self._left_out = 0
        self._traffic: list[tuple[datetime, int]] = []
        self._counted_runs = 0
        self.runs: dict[str, RunNote] = {}

    @property
    def started_at(self) -> datetime:
        """As the clock shows it now."""
        return self._started_at

    @property
    def alive(self) -> Alive:
        """The latest word."""
        return self._alive

    @property
    def rounds(self) -> int:
        """Light rounds so far."""
        return self._alive.rounds

    @property
    def last_at(self) -> datetime:
        """The end of what is known."""
        return max(self._alive.at, *(gap.ended_at for gap in self._gaps[-1:]), self._started_at)

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """In the order of their numbers."""
        return tuple(self._episodes.values())

    @property
    def last_episode(self) -> Episode | None:
        """The latest one."""
        return next(reversed(self._episodes.values()), None)

    @property
    def counted_episodes(self) -> int:
        """How many there were, those that are left out among them."""
        last = self.last_episode
        return 0 if last is None else last.number

    @property
    def counted_runs(self) -> int:
        """How many diagnosis runs there were, those that are forgotten among them."""
        return self._counted_runs

    def traffic_since(self, moment: datetime) -> int:
        """Bytes that are on record since then."""
        return sum(count for at, count in self._traffic if at >= moment)

    def apply(self, entry: Entry) -> None:
        """One entry more, in the order in which they were written."""
        match entry:
            case MinuteSummary():
                self._minutes.append(entry)
                self._bound_minutes()
            case Episode():
                self._put_episode(entry)
            case MomentMark():
                self._keep(self._marks, entry)
            case WatchGap():
                self._keep(self._gaps, entry)
            case NetworkChange():
                self._keep(self._changes, entry)
            case Alive():
                self._go_on(entry)
            case ClockShift():
                self._shift(timedelta(seconds=entry.by_s))
            case RunNote():
                self._put_run(entry)

    def dropped_runs(self) -> tuple[RunNote, ...]:
        """Kept runs that are too many, the least telling first; of equals the earlier one."""
        kept = sorted((note for note in self.runs.values() if note.kept), key=lambda note: (telling(note), note.at))
        return tuple(kept[: max(0, len(kept) - MAX_RUNS)])

    def best_run(self) -> RunNote | None:
        """The kept run of an episode that tells most; of equals the later one."""
        kept = [note for note in self.runs.values() if note.kept and note.episode is not None]
        return max(kept, key=lambda note: (telling(note), note.at), default=None)

    def start_run(self) -> RunNote | None:
        """The latest kept run that was made without an episode."""
        return next((note for note in reversed(self.runs.values()) if note.kept and note.episode is None), None)

    def better(self, note: RunNote, than: str) -> bool:
        """Whether a run is worth more than another one; an episode's is, in any case."""
        other = self.runs.get(than)
        if other is None or not other.kept or other.episode is None:
            return True
        return note.episode is not None and telling(note) >= telling(other)

    def log(self, run: str | None = None) -> WatchLog:
        """All of it as a report keeps it."""
        return WatchLog(
            started_at=self._started_at,
            ended_at=self.last_at,
            measured_s=self._alive.measured_s,
            rounds=self._alive.rounds,
            traffic_bytes=self._alive.traffic_bytes,
            minutes=tuple(self._minutes),
            episodes=tuple(self._episodes.values()),
            marks=tuple(self._marks),
            gaps=tuple(self._gaps),
            changes=tuple(self._changes),
            left_out=self._left_out,
            run=run,
        )

    def _bound_minutes(self) -> None:
        if len(self._minutes) > MAX_MINUTES:
            self._bucket_s *= 2
            self._minutes = coarser(self._minutes, self._bucket_s)

    def _go_on(self, alive: Alive) -> None:
        self._traffic.append((alive.at, alive.traffic_bytes - self._alive.traffic_bytes))
        self._traffic = [each for each in self._traffic if each[0] > alive.at - timedelta(seconds=HOUR_S)]
        self._alive = alive

    def _put_episode(self, episode: Episode) -> None:
        """A new one, or the latest word about one."""
        if episode.number not in self._episodes and len(self._episodes) >= MAX_ITEMS:
            self._left_out += 1
            del self._episodes[next(reversed(self._episodes))]
        self._episodes[episode.number] = episode

    def _put_run(self, note: RunNote) -> None:
        self._counted_runs += note.name not in self.runs
        self.runs[note.name] = note
        if len(self.runs) > MAX_ITEMS:
            del self.runs[next((name for name, each in self.runs.items() if not each.kept), note.name)]

    def _keep(self, items: list[_ItemT], item: _ItemT) -> None:
        if len(items) < MAX_ITEMS:
            items.append(item)
        else:
            self._left_out += 1

    def _shift(self, by: timedelta) -> None:
        self._started_at += by
        self._alive = shifted(self._alive, by)
        self._minutes = [shifted(each, by) for each in self._minutes]
        self._episodes = {number: shifted(each, by) for number, each in self._episodes.items()}
        self._marks = [shifted(each, by) for each in self._marks]
        self._gaps = [shifted(each, by) for each in self._gaps]
        self._changes = [shifted(each, by) for each in self._changes]
        self._traffic = [(at + by, count) for at, count in self._traffic]
        self.runs = {name: shifted(note, by) for name, note in self.runs.items()}


def shifted(value: _ItemT, by: timedelta) -> _ItemT:
    """The value with all its moments moved."""
    moments = {
        item.name: moment + by
        for item in fields(value)  # type: ignore[arg-type]  # dataclasses all
        if isinstance(moment := getattr(value, item.name), datetime)
    }
    return replace(value, **moments)  # type: ignore[type-var]
