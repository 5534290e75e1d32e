"""What a plan consists of: steps, and the function that gives the next ones."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nexkit.outcome import Outcome, SkipReason
from nexkit.params import ParamValue
from nexkit.profile import Profile
from nexkit.request import Request
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
Planner: TypeAlias = Callable[[Outcomes, Collection[str]], tuple[Step, ...]]
"""From the outcomes so far and the ids of the steps under way to the steps that can begin now.

None of them while something is under way: ask again when it is over. None at all: the plan is at its end."""


@dataclass(frozen=True, slots=True)
class Part:
    """Steps that begin together, as soon as the steps of the ladder are over that they are made from."""

    make: Callable[[Request, Profile, Outcomes], Iterable[Step]]
    after: tuple[str, ...]
    """Beginnings of the ids of those steps."""
