"""Where on the way delay and loss begin: on the access line, or behind the provider's first router."""

from dataclasses import dataclass

from nexkit.address import Family, Scope, known_family, known_scope
from nexkit.diagnosis import signs
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import RoundTrips, of_families, provider_hop, round_trips, together
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.access import AccessLine
from nexkit.facts.echo import EchoStats
from nexkit.facts.reach import Reach
from nexkit.outcome import FailureKind
from nexkit.subject import Subject
from nexkit.units import Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Round trips to all destinations of some families."""

    whole: RoundTrips
    near_ms: Ms | None
    """To a router of the provider or beyond that answers fast; None where none does."""
    near_steps: tuple[str, ...]

    def beyond(self, limits: Limits) -> bool:
        """Whether the way behind the provider's first router is by itself longer than it should be."""
        return (
            self.whole.rtt_p50_ms is not None
            and self.near_ms is not None
            and self.near_ms <= limits.rtt_ms
            and self.whole.rtt_p50_ms - self.near_ms > limits.rtt_ms
        )


def delay(run: Snapshot, limits: Limits, *families: Family) -> Delay | None:
    """The delay that all destinations have in common; None where too few answer."""
    anchors = of_families(round_trips(run, limits, Subject.ANCHOR), *families)
    whole = together(anchors)
    if whole is None or len(anchors) < limits.min_destinations or whole.rtt_p50_ms is None:
        return None
    near = [found for of_family in families if (found := _near(run, limits, of_family)) is not None]
    near_ms = min((each for each, _ in near), default=None)
    return Delay(whole=whole, near_ms=near_ms, near_steps=tuple(step for _, steps in near for step in steps))


def _near(run: Snapshot, limits: Limits, of_family: Family) -> tuple[Ms, tuple[str, ...]] | None:
    """The delay up to the provider: by echo to its first router, else by the fastest router of the internet in a trace.

    A router is never nearer than it answers. Of few answers the slowest has to be fast: on an unsteady way one of them
    is fast by chance.
    """
    provider = provider_hop(run, limits, of_family)
    if provider is not None and provider.rtt_p50_ms is not None and provider.sent - provider.lost >= limits.min_replies:
        return provider.rtt_p50_ms, provider.steps
    found: list[tuple[Ms, str]] = []
    for step, trace in signs.traces(run):
        if known_family(trace.target) is not of_family:
            continue
        for hop in trace.hops:
            if hop.ttl == 1:
                continue
            found += [
                (max(each.rtts_ms), step)
                for each in hop.responders
                if each.address != trace.target
                and known_scope(each.address) is Scope.INTERNET
                and len(each.rtts_ms) >= limits.min_hop_replies
            ]
    if not found:
        return None
    nearest_ms, step = min(found)
    return Ms(nearest_ms), (step,)


def _refused_in_their_names(run: Snapshot) -> bool:
    """Whether connections to anchors, which are there to be reached, are refused: by a router on the way, it seems."""
    refused = {FailureKind.REFUSED, FailureKind.FILTERED_LOCALLY}
    return any(
        attempt.failure is not None and attempt.failure.kind in refused
        for _, reach in run.facts(Reach, Subject.ANCHOR)
        for attempt in reach.attempts
    )


def carrier(run: Snapshot) -> tuple[str, ...] | None:
    """Outcome ids that show the carrier's own network answering; None where it does not, or was not asked.

    A connection to it proves nothing where a router on the way refuses connections in others' names.
    """
    refusing = _refused_in_their_names(run)
    asked: list[str] = []
    for step, line in run.facts(AccessLine, Subject.ACCESS_LINE):
        if any(
            target.reachable and (not refusing or not (target.answered_by or "").startswith("tcp"))
            for target in line.signs.carrier
        ):
            asked.append(step)
    asked += [step for step, echo in run.facts(EchoStats, Subject.ACCESS_LINE) if echo.received]
    return tuple(asked) or None


def carrier_fast(run: Snapshot, limits: Limits, than: RoundTrips) -> tuple[str, ...] | None:
    """Outcome ids that show a way to the carrier's own network without the trouble of `than`; None else.

    One answer tells of delay alone; loss takes the rounds of echo.
    """
    trips = tuple(round_trips(run, limits, Subject.ACCESS_LINE).values())
    whole = together(trips)
    if whole is None or whole.rtt_p50_ms is None:
        return None
    slow = than.rtt_p50_ms is not None and whole.rtt_p50_ms >= than.rtt_p50_ms * limits.same_delay_ratio
    high = whole.rtt_p50_ms > limits.rtt_ms or whole.unsteady(limits)
    if than.lossy(limits) and whole.may_share(than.interval(limits)[0], limits, than.burst):
        return None
    if not than.lossy(limits) and (slow or high):
        return None
    return whole.steps
