"""What a plan consists of: steps, and the function that gives the next ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nexkit.outcome import Outcome, SkipReason
from nexkit.params import ParamValue
from nexkit.subject import Subject
from nexkit.units import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One probe on one target."""

    id: str
    probe: str
    subject: Subject
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    timeout_s: Seconds
    """This step's deadline; the probe's own limit holds as well."""
    skip: SkipReason | None = None
    """Planned and knowingly not run, so that the report says so."""


Outcomes: TypeAlias = Mapping[str, Outcome[Any]]
Planner: TypeAlias = Callable[[Outcomes], tuple[Step, ...]]
"""From the outcomes so far to the steps of the next stage; empty when the plan is at its end."""
