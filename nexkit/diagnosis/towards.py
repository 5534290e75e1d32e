"""Destinations of one family side by side: which are lossy or far while others are good."""

from collections.abc import Iterable
from dataclasses import dataclass

from nexkit.address import Family, Scope, known_family, known_scope
from nexkit.diagnosis import signs
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import RoundTrips, round_trips
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.reach import Reach
from nexkit.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One address of the internet and how the way to it is."""

    address: str
    steps: tuple[str, ...]
    trips: RoundTrips | None
    """None where it was only connected to, or nothing came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Towards:
    """The destinations of one family, apart; those that are neither are left out."""

    bad: tuple[Destination, ...]
    good: tuple[Destination, ...]


def towards(run: Snapshot, limits: Limits, of_family: Family) -> Towards:
    """Bad is who loses packets, or is far and unsteady or farther than any distance makes; good is who is neither.

    Whoever was only connected to is bad where the connection shows the same trouble as the way to a bad anchor: a
    server may well be far away, but not as far as what the anchors show.
    """
    trips = {
        address: each
        for address, each in round_trips(run, limits, Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE_HOST).items()
        if known_family(address) is of_family and known_scope(address) is Scope.INTERNET
    }
    anchors = round_trips(run, limits, Subject.ANCHOR)
    bad = {address: each for address, each in trips.items() if _lossy(each, trips, limits) or _far(each, trips, limits)}
    good = {
        address: each
        for address, each in trips.items()
        if address not in bad and each.lost == 0 and not _high(each, limits)
    }
    if not any(address in anchors for address in (*bad, *good)):
        return Towards(bad=(), good=())
    connected = _connected(run, of_family, trips)
    return Towards(
        bad=(
            *_measured(bad),
            *(each for each, took_ms in connected if _alike(took_ms, bad.values(), limits)),
            *_gone(run, limits, of_family, {*trips, *(each.address for each, _ in connected)}),
        ),
        good=(
            *_measured(good),
            *(each for each, took_ms in connected if took_ms <= limits.rtt_ms),
        ),
    )


def _measured(found: dict[str, RoundTrips]) -> Iterable[Destination]:
    return (Destination(address=address, steps=each.steps, trips=each) for address, each in found.items())


def _connected(run: Snapshot, of_family: Family, trips: dict[str, RoundTrips]) -> list[tuple[Destination, float]]:
    """Addresses of names that were connected to and not measured by echo, with their fastest connection."""
    found: dict[str, tuple[list[str], list[float]]] = {}
    for step, reach in run.facts(Reach, Subject.CONTROL, Subject.SERVICE):
        for attempt in reach.attempts:
            usual = known_family(attempt.address) is of_family and known_scope(attempt.address) is Scope.INTERNET
            if usual and attempt.connect_ms is not None and attempt.address not in trips:
                steps, times = found.setdefault(attempt.address, ([], []))
                steps.append(step)
                times.append(attempt.connect_ms)
    return [
        (Destination(address=address, steps=tuple(dict.fromkeys(steps)), trips=None), min(times))
        for address, (steps, times) in found.items()
    ]


def _gone(run: Snapshot, limits: Limits, of_family: Family, answering: set[str]) -> tuple[Destination, ...]:
    """Anchors and controls from which nothing at all comes back, while others of the family answer.

    One of them may just be switched off, and controls alone may be filtered by their port: several unrelated ones are
    silent together, an anchor among them, which was asked by echo too, where the network that they are in is cut off.
    """
    steps: dict[str, list[str]] = {}
    anchors: set[str] = set()
    for step in signs.internet(run).dead[of_family]:
        reach = run.get(step, Reach)
        for attempt in () if reach is None else reach.attempts:
            if known_family(attempt.address) is of_family and attempt.address not in answering:
                steps.setdefault(attempt.address, []).append(step)
                anchors |= {attempt.address} if run.record.by_id()[step].subject is Subject.ANCHOR else set()
    if not anchors or len(steps) < limits.min_destinations or by_chance(run, limits, steps):
        return ()
    return tuple(Destination(address=address, steps=tuple(ids), trips=None) for address, ids in steps.items())


def _high(each: RoundTrips, limits: Limits) -> bool:
    return each.rtt_p50_ms is None or each.rtt_p50_ms > limits.rtt_ms or each.unsteady(limits)


def _lossy(each: RoundTrips, others: dict[str, RoundTrips], limits: Limits) -> bool:
    """It loses packets, and another of the family does not: so much loss would show there."""
    low, _ = each.interval(limits)
    return each.lossy(limits) and any(
        not other.lossy(limits) and not other.may_share(low, limits, each.burst) for other in others.values()
    )


def _far(each: RoundTrips, others: dict[str, RoundTrips], limits: Limits) -> bool:
    """Its round trips are long and unsteady, or longer than distance makes them, and another's are neither."""
    if each.rtt_p50_ms is None:
        return False
    fastest = min(other.rtt_p50_ms for other in others.values() if other.rtt_p50_ms is not None)
    added_ms = each.rtt_p50_ms - fastest
    long = added_ms > (limits.rtt_ms if each.unsteady(limits) else limits.far_rtt_ms)
    return long and any(not _high(other, limits) for other in others.values())


def _alike(took_ms: float, bad: Iterable[RoundTrips], limits: Limits) -> bool:
    """A connection that took as long as the round trips to an address that is bad by its distance."""
    return any(
        each.rtt_p50_ms is not None
        and each.rtt_p50_ms > limits.rtt_ms
        and took_ms >= each.rtt_p50_ms * limits.same_delay_ratio
        for each in bad
    )
