"""What the diagnosis says: findings, the ladder and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from nexkit.outcome import FailureKind, SkipReason
from nexkit.sensitivity import Open, RemoteText
from nexkit.units import Ratio, Seconds

RULES_VERSION = "2026.11.1"
DIAGNOSIS_SCHEMA = "nexkit/diagnosis/1"


class Segment(Enum):
    """Where a fault is; the order is the way from the user outward."""

    DEVICE = "device"
    LAN = "lan"
    GATEWAY = "gateway"
    ACCESS = "access"
    INTERNET = "internet"
    DNS = "dns"
    SECURITY = "security"
    VPN = "vpn"
    SERVICE = "service"


class Severity(Enum):
    """What a cause means for the user."""

    BLOCKING = "blocking"
    DEGRADED = "degraded"
    CONTEXT = "context"
    """True and worth telling; never makes a verdict a fault."""


FindingValue: TypeAlias = float | int | RemoteText | None


def segment_of(cause: str) -> Segment:
    """Where a cause is, by its code: `access` of `access.loss`; ValueError for a code of no segment."""
    return Segment(cause.partition(".")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause that the evidence names."""

    cause: Open
    severity: Severity
    confidence: Ratio
    evidence: tuple[Open, ...]
    """Outcome ids that speak for it."""
    against: tuple[Open, ...] = ()
    """Outcome ids that speak against it."""
    explains: tuple[Open, ...] = ()
    """Causes of findings that this one accounts for; the engine fills it."""
    values: Mapping[str, FindingValue] = field(default_factory=dict)
    """What was measured, by a name with its unit (`loss_ratio`, `rtt_p50_ms`); the texts fill in from here. Text values
    are stable words, a service id or what an issuer of certificates calls itself, never addresses or names of hosts."""

    def __post_init__(self) -> None:
        for cause in (self.cause, *self.explains):
            segment_of(cause)

    @property
    def segment(self) -> Segment:
        """Where the fault is."""
        return segment_of(self.cause)


@dataclass(frozen=True, slots=True)
class Clear:
    """The rule had its evidence and found nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inconclusive:
    """The rule lacked evidence."""

    missing: tuple[Open, ...]
    """What it would have needed: outcome ids or subjects."""


RuleAnswer: TypeAlias = tuple[Finding, ...] | Clear | Inconclusive
"""What a rule says; findings are several where several services or ports have the same trouble, and never none."""


class RungState(Enum):
    """How one segment came out."""

    PASS = "pass"  # noqa: S105  not a password
    WARN = "warn"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One segment of the ladder."""

    segment: Segment
    state: RungState
    because: tuple[Open, ...]


class VerdictState(Enum):
    """The whole answer in a word."""

    HEALTHY = "healthy"
    FAULT = "fault"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The root finding, or the segment where only that is known."""

    state: VerdictState
    segment: Segment | None
    cause: Open | None
    confidence: Ratio | None
    comes_and_goes: bool = False
    """It broke while it was watched, and the run found nothing wrong; False in documents of before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTested:
    """A step without evidence, and why."""

    step: Open
    probe: Open
    reason: SkipReason | FailureKind


class Gap(Enum):
    """Why a measurement did not tell what it might have told, besides its own failing."""

    SILENT = "silent"
    """Asked, and nothing answered."""
    NO_SIGN = "no_sign"
    """What was seen fits both."""
    DEEPER = "deeper"
    """Only a deeper run measures it."""
    ELSEWHERE = "elsewhere"
    """Only another place can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard:
    """A kind of measurement that would have told, and why it did not."""

    means: Open
    """A stable word (nexkit/diagnosis/left_open.py)."""
    steps: tuple[Open, ...]
    """Outcome ids; none where the plan had nothing of the kind to do."""
    reason: SkipReason | FailureKind | Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOpen:
    """What cannot be told from what was found, since nothing of what tells them apart spoke."""

    between: tuple[Open, ...]
    """Causes or segments, what was found first; a single one where it is open whether that works at all."""
    because: tuple[Unheard, ...]


class Use(Enum):
    """What people do with a connection."""

    CALLS = "calls"
    REMOTE_DESKTOP = "remote_desktop"
    WEB = "web"


class Grade(Enum):
    """How far a value, or a connection as a whole, meets what a use asks for."""

    GOOD = "good"
    FAIR = "fair"
    """Missed, and not so far that it is certainly bad."""
    POOR = "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedValue:
    """A measured value beside what a use asks for."""

    name: Open
    """With its unit (`rtt_p50_ms`)."""
    value: float
    grade: Grade
    good: float
    """Good up to here; where `poor` is less than that, from here on."""
    poor: float | None
    """Beyond it certainly bad; None where nobody says so."""
    because: tuple[Open, ...]
    """Outcome ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suitability:
    """What the connection is worth for one use."""

    use: Use
    grade: Grade | None
    """The worst of the values; None where too little was measured."""
    values: tuple[GradedValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """The diagnosis document."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    """Root and blocking first; context last."""
    ladder: tuple[Rung, ...]
    """One rung for every segment, in the order of `Segment`."""
    not_tested: tuple[NotTested, ...]
    rules_version: Open
    started_at: datetime
    took_s: Seconds
    suitability: tuple[Suitability, ...] = ()
    """None at all where something is in the way of everything, and in documents of before."""
    left_open: tuple[LeftOpen, ...] = ()
    """None in documents of before."""

    @property
    def root(self) -> Finding | None:
        """The finding that the verdict names; None where it names a place at most."""
        return next((finding for finding in self.findings if finding.cause == self.verdict.cause), None)
