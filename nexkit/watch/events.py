"""What a watch tells its listeners while it goes on: frozen values, safe to hand to another thread."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.subject import Subject
from nexkit.units import Bytes, Ms, Ratio, Seconds
from nexkit.watch.record import Episode, MomentMark, NetworkChange, WatchGap


class SampleState(Enum):
    """What one light measurement came to."""

    GOOD = "good"
    SLOW = "slow"
    """Far above what is usual in this watch."""
    LOST = "lost"
    FAILED = "failed"
    """Answered with a no."""
    UNKNOWN = "unknown"
    """Not measured, or of somebody who never answers: says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSample:
    """One of those that were asked in a round."""

    target: str
    """As in SubjectSummary."""
    subject: Subject
    sent: int
    lost: int
    rtt_ms: Ms | None
    """The quickest of the round; None: no answer."""
    state: SampleState

    @property
    def ok(self) -> bool:
        """It answered as usual."""
        return self.state is SampleState.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRound:
    """One light round."""

    at: datetime
    elapsed_s: Seconds
    """Since the watch began, sleep included."""
    samples: tuple[WatchSample, ...]
    in_episode: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeBegan:
    """Trouble, by own detection or by the user's word; a diagnosis is under way where the budget has room for it."""

    episode: Episode
    diagnosing: bool
    """A diagnosis run starts now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisProgress:
    """How far a diagnosis run within the watch is."""

    episode: int | None
    """None: the run at the beginning or at the end of the watch."""
    ratio: Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeTold:
    """The diagnosis of an episode is there, or what its light signs say changed."""

    episode: Episode
    diagnosis: Diagnosis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeEnded:
    """It is over."""

    episode: Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentMarked:
    """The user's word was taken down."""

    mark: MomentMark


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSeen:
    """Nothing was measured for a while."""

    gap: WatchGap


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChanged:
    """Something around this computer changed."""

    change: NetworkChange


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFailed:
    """What is seen can no longer be kept on the disk; the watch goes on without."""

    reason: str
    """One line of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchTotals:
    """How far the watch is; told after every round."""

    elapsed_s: Seconds
    measured_s: Seconds
    rounds: int
    traffic_bytes: Bytes
    traffic_last_hour_bytes: Bytes
    episodes: int
    marks: int
    cpu_share: Ratio | None
    """Of one core, over the last minutes, of what measures, a window left out; None: too early."""


WatchEvent: TypeAlias = (
    WatchRound
    | EpisodeBegan
    | DiagnosisProgress
    | EpisodeTold
    | EpisodeEnded
    | MomentMarked
    | GapSeen
    | NetworkChanged
    | StoreFailed
    | WatchTotals
)
