"""What a watch saw, as reports keep it: how it went minute by minute, episodes, marks, changes, and what is missing.

All moments are those of the wall clock as it was at the end: where it was set meanwhile, what came before is told by
the later reading.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from nexkit.diagnosis.verdict import Segment, Severity
from nexkit.sensitivity import Open, UserText
from nexkit.subject import Subject
from nexkit.units import Bytes, Ms, Ratio, Seconds

LONG_GAP_S = 60.0
MAX_WORDS_CHARACTERS = 200
"""Of what the user says to a mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectSummary:
    """The round trips to one of those that were asked, over one stretch of time."""

    target: Open
    """A stable word: `gateway`, `anchor1`, `anchor2`, `resolver`, `service`."""
    subject: Subject
    sent: int
    lost: int
    rtt_p50_ms: Ms | None
    """None: no answer came. Of several minutes together: the median of their medians."""
    rtt_p95_ms: Ms | None
    """Of several minutes together: the largest of theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MinuteSummary:
    """One minute, or several together where a watch is long (nexkit/watch/minutes.py)."""

    started_at: datetime
    length_s: Seconds
    """From its beginning to its end, gaps included."""
    rounds: int
    subjects: tuple[SubjectSummary, ...]


class SignKind(Enum):
    """What a light measurement showed."""

    SILENT = "silent"
    """Who has answered before answers no more."""
    LOSS = "loss"
    """Some answers are missing, far more than was usual in this watch."""
    SLOW = "slow"
    """Answers take far longer than was usual in this watch."""
    FAILED = "failed"
    """An answer came, and it was a no: a refusal, an error of the resolver."""
    NO_LINK = "no_link"
    """This computer has no network: no address, or no way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSign:
    """One thing that was broken, as far as light measuring tells."""

    target: Open
    """As in SubjectSummary; `link` for this computer's own connection."""
    subject: Subject
    kind: SignKind
    loss_ratio: Ratio | None = None
    """Over the rounds by which it was noticed."""
    rtt_ms: Ms | None = None
    usual_rtt_ms: Ms | None = None
    """What it had been in this watch; None: not known yet."""


class ToldBy(Enum):
    """How it became known."""

    DETECTION = "detection"
    USER = "user"
    """They said that it is happening now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One stretch of trouble."""

    number: int
    """From 1, in the order in which they were noticed."""
    started_at: datetime
    """Of the first measurement that was bad; of the user's word where nothing was measured bad."""
    ended_at: datetime | None
    """Of the first good one after the last bad one; None: it went on when the watch ended, or nothing was measured at
    its end."""
    told_by: ToldBy
    severity: Severity
    segment: Segment | None
    """Where: by the diagnosis run where one named a place, else by the light signs; None: they do not tell."""
    cause: Open | None = None
    """By the diagnosis run."""
    signs: tuple[LightSign, ...] = ()
    """What was broken; none where the user alone noticed something."""
    run: Open | None = None
    """The diagnosis run that was made in it (`run-3`); None: it was over too soon, or the budget was used up."""
    run_healthy: bool | None = None
    """The run found nothing wrong; None: it found a fault, could not tell, or there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentMark:
    """The user said: it is happening now."""

    at: datetime
    words: UserText | None = None
    episode: int | None = None
    """That was under way, or was begun by it; None: measuring had stopped for a gap."""


class GapReason(Enum):
    """Why nothing was measured for a while. It says nothing of the network."""

    ASLEEP = "asleep"
    """This computer slept."""
    NOT_RUNNING = "not_running"
    """The program was not running, or was held up."""
    NOT_POSSIBLE = "not_possible"
    """This computer refused to measure, or the kit's own limits did."""
    OWN_TEST = "own_test"
    """The user had this program diagnose meanwhile, whose own traffic would look like trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchGap:
    """A stretch in which nothing was measured: not fine and not broken, but not known."""

    started_at: datetime
    ended_at: datetime
    reason: GapReason

    @property
    def is_long(self) -> bool:
        """After it, what was under way before is not known to have gone on."""
        return (self.ended_at - self.started_at).total_seconds() >= LONG_GAP_S


class ChangeKind(Enum):
    """What changed around this computer."""

    LINK_LOST = "link_lost"
    """It has no network any more."""
    LINK_BACK = "link_back"
    JOINED_OTHER = "joined_other"
    """Its addresses are of another network than before."""
    ROUTE_CHANGED = "route_changed"
    """Same network, another router or another interface to go out by."""
    RESOLVERS_CHANGED = "resolvers_changed"
    """It is told to ask other name servers."""
    CLOCK_SET = "clock_set"
    """Its clock was set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChange:
    """One change."""

    at: datetime
    kind: ChangeKind
    clock_s: Seconds | None = None
    """By how much the clock was set, forward positive; None for all other kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLog:
    """A whole watch."""

    started_at: datetime
    ended_at: datetime
    """Up to now, where it still goes on."""
    measured_s: Seconds
    """Without the gaps."""
    rounds: int
    traffic_bytes: Bytes
    """The diagnosis runs included."""
    minutes: tuple[MinuteSummary, ...] = ()
    episodes: tuple[Episode, ...] = ()
    marks: tuple[MomentMark, ...] = ()
    gaps: tuple[WatchGap, ...] = ()
    changes: tuple[NetworkChange, ...] = ()
    left_out: int = 0
    """Episodes, marks, gaps and changes beyond what a report has room for; the first ones are kept."""
    run: Open | None = None
    """The diagnosis run whose results the report has; None: a run at the watch's end, or none was kept."""

    def known_end(self, episode: Episode) -> datetime:
        """When an episode ended; where nothing was measured at its end, up to when it is known to have gone on."""
        if episode.ended_at is not None:
            return episode.ended_at
        # A program that ended within an episode has lost sight of it, however soon it was there again.
        lost = [gap for gap in self.gaps if gap.is_long or gap.reason is GapReason.NOT_RUNNING]
        unknown = [gap.started_at for gap in lost if gap.started_at >= episode.started_at]
        later = [each.started_at for each in self.episodes if each.number > episode.number]
        return max(episode.started_at, min((*unknown, *later, self.ended_at)))
