"""The run as the rules see it: facts by id or by subject, and what was not measured."""

from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar, cast

from nexkit.outcome import Completed
from nexkit.run_record import RunRecord, StepResult
from nexkit.subject import Subject

FactT = TypeVar("FactT")


class Snapshot:
    """Read-only view of a run record."""

    def __init__(self, record: RunRecord) -> None:
        self.record = record
        self._by_id: Mapping[str, StepResult] = record.by_id()
        self._worked_out: dict[object, object] = {}

    def get(self, step_id: str, fact_type: type[FactT]) -> FactT | None:
        """The fact of one step; None where it was not run or failed."""
        result = self._by_id.get(step_id)
        if result is not None and isinstance(result.outcome, Completed):
            fact = result.outcome.fact
            if isinstance(fact, fact_type):
                return fact
        return None

    def started_s(self, step_id: str) -> float:
        """When the step was begun, counted from the begin of the run; 0 for one that there is not."""
        result = self._by_id.get(step_id)
        return 0.0 if result is None else result.started_s

    def facts(self, fact_type: type[FactT], *subjects: Subject) -> tuple[tuple[str, FactT], ...]:
        """(step id, fact) of all completed steps with that kind of fact about one of the subjects."""
        return tuple(
            (result.id, result.outcome.fact)
            for result in self.record.results
            if isinstance(result.outcome, Completed)
            and isinstance(result.outcome.fact, fact_type)
            and (not subjects or result.subject in subjects)
        )

    def steps(self, *subjects: Subject) -> tuple[StepResult, ...]:
        """All steps about one of the subjects, whatever became of them."""
        return tuple(result for result in self.record.results if not subjects or result.subject in subjects)

    def once(self, key: Hashable, work_out: Callable[[], FactT]) -> FactT:
        """What was worked out from this run under the key, the first time it is asked for; many rules ask the same."""
        if key not in self._worked_out:
            self._worked_out[key] = work_out()
        return cast("FactT", self._worked_out[key])
