"""What tested services need beyond their ports, by the profile's own words, as the record has it."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from nexkit.diagnosis import signs
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Finding, Severity
from nexkit.facts.reach import Reach
from nexkit.run_record import ServiceNeeds


def needing(run: Snapshot, what: Callable[[ServiceNeeds], object]) -> tuple[ServiceNeeds, ...]:
    """The tested services that need it."""
    expected = run.record.expectations
    return () if expected is None else tuple(each for each in expected.services if what(each))


def refusing_clock(run: Snapshot, off_s: float) -> tuple[ServiceNeeds, ...]:
    """The services that mind a clock which is off by so much."""
    return needing(run, lambda service: service.clock_s is not None and service.clock_s < off_s)


def addresses(run: Snapshot, services: Iterable[ServiceNeeds]) -> frozenset[str]:
    """Where they stand."""
    return frozenset(
        attempt.address
        for service in services
        for step in service.steps
        if (reach := run.get(step, Reach)) is not None
        for attempt in reach.attempts
    )


def failing(run: Snapshot, service: ServiceNeeds) -> tuple[str, ...]:
    """Outcome ids of what of the service does not work."""
    return tuple(
        step
        for step in service.steps
        if (reach := run.get(step, Reach)) is not None and not signs.service_works(reach, reach.attempts)
    )


def needed_by(found: Finding, services: tuple[ServiceNeeds, ...]) -> Finding:
    """The finding with the services named that cannot do without what it takes from them: it blocks these."""
    if not services:
        return found
    return replace(
        found,
        severity=Severity.BLOCKING,
        evidence=tuple(dict.fromkeys((*found.evidence, *(step for each in services for step in each.steps)))),
        values={**found.values, "needed_by": ", ".join(each.service for each in services)},
    )
