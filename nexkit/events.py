"""What a run tells its listeners while it goes on: frozen values, safe to hand to another thread."""

from dataclasses import dataclass
from typing import TypeAlias

from nexkit.run_record import StepResult
from nexkit.subject import Subject
from nexkit.units import Bytes, Ms, Ratio, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsPlanned:
    """More of the plan is known: these steps start now, together; others may be under way."""

    steps: tuple[tuple[str, str, Subject], ...]
    """(step id, probe id, subject)."""
    expected_s: Seconds
    """How long they may take at most."""
    deadlines_s: tuple[Seconds, ...] = ()
    """The same of each, in their order; empty where it is not known of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """How far one step is."""

    step_id: str
    ratio: Ratio
    spent_bytes: Bytes = Bytes(0)
    """Sent and received by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSample:
    """One round trip, as it was measured."""

    step_id: str
    at_s: Seconds
    """Since the run began."""
    rtt_ms: Ms | None
    """None: lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFinished:
    """One step is over, whatever became of it."""

    result: StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """Nothing more will come."""

    took_s: Seconds
    traffic_bytes: int


Event: TypeAlias = StepsPlanned | StepProgress | StepSample | StepFinished | RunFinished
