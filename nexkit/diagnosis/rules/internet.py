"""The internet beyond the provider's first router."""

from collections.abc import Mapping

from nexkit.address import Family, known_family
from nexkit.diagnosis import needs, signs
from nexkit.diagnosis.causes import FAIR, LIKELY, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import FAMILY_SETS, gateway_clean, near_without, shared_loss, through_provider
from nexkit.diagnosis.rules.access import families_word, hole_values
from nexkit.diagnosis.sizes import hole
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.stretches import delay
from nexkit.diagnosis.towards import towards
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer
from nexkit.facts.mtu import PathMtu
from nexkit.facts.path import PathTrace
from nexkit.subject import Subject


def unreachable(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Routers beyond one's own answer, and no destination does."""
    view = signs.internet(run)
    if view.reached_ids:
        return Clear()
    if not view.broken(limits.min_destinations) or signs.behind_proxy(run):
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    beyond = signs.beyond_gateway(run)
    if not beyond:
        return Clear() if signs.traces(run) else Inconclusive(missing=("route.anchor4", "route.anchor6"))
    return (finding("internet.unreachable", confidence=STRONG, evidence=(*beyond, *view.dead_ids)),)


def path_loss(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Loss to every destination that neither the router nor the provider's first hop shows."""
    answer: RuleAnswer = Clear()
    for families in FAMILY_SETS:
        whole = shared_loss(run, limits, *families)
        provider = None if whole is None else through_provider(run, limits, whole, *families)
        if whole is None or provider is None or not whole.exceeds(provider, limits):
            continue
        near = near_without(run, limits, whole, *families)
        if near is None:
            answer = Inconclusive(missing=(Subject.GATEWAY.value,))
            continue
        return (
            finding(
                "internet.path_loss",
                confidence=FAIR,
                evidence=(*whole.steps, *provider.steps, *near),
                values={"loss_ratio": whole.ratio, "sent": whole.sent, "family": families_word(families)},
            ),
        )
    return answer


def _loops(answers: Mapping[int, frozenset[str]], rounds: int) -> bool:
    """Whether the same two or more routers (by TTL) answer in the same order that many times in a row."""
    order = [
        next(iter(there)) if len(there := answers.get(ttl, frozenset())) == 1 else None
        for ttl in range(1, max(answers, default=0) + 1)
    ]
    for start, first in enumerate(order):
        for period in range(2, (len(order) - start) // rounds + 1):
            cycle = order[start : start + period]
            if first is None or None in cycle or len(set(cycle)) < period:
                continue
            if order[start : start + period * rounds] == cycle * rounds:
                return True
    return False


def routing_loop(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Packets go round between the same routers, on the way to a service, or to anything where nothing answers."""
    paths = run.facts(PathTrace, Subject.ANCHOR, Subject.SERVICE)
    if not paths:
        return Inconclusive(missing=("route.anchor4", "route.anchor6"))
    of_services = {step for step, _ in run.facts(PathTrace, Subject.SERVICE)}
    view = signs.internet(run)
    looping = tuple(
        step
        for step, trace in paths
        if not trace.reached
        and _loops(signs.routers(run, trace), limits.loop_rounds)
        and (step in of_services or not _family_reached(view, trace.target))
    )
    if not looping:
        return Clear()
    hit = {known_family(trace.target) for step, trace in paths if step in looping}
    return (
        finding(
            "internet.routing_loop",
            confidence=STRONG,
            evidence=(*looping, *view.dead_ids),
            values={"family": families_word(tuple(each for each in Family if each in hit))},
        ),
    )


def _family_reached(view: signs.Internet, address: str) -> bool:
    its_family = known_family(address)
    return its_family is not None and bool(view.reached[its_family])


def mtu_black_hole(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Large packets vanish on the way to some destinations, while others take them: the access line does too."""
    if not run.facts(PathMtu):
        return Inconclusive(missing=("mtu",))
    found = [each for of_family in Family if (each := hole(run, limits, of_family)) is not None and each.clean]
    if not found:
        return Clear()
    worst = max(found, key=lambda each: each.stalled)
    bad = {fact.target for each in found for step in each.bad if (fact := run.get(step, PathMtu)) is not None}
    hit = needs.needing(run, lambda service: service.large_packets and bad & needs.addresses(run, (service,)))
    blocked = finding(
        "internet.mtu_black_hole",
        confidence=STRONG if worst.searched and worst.stalled >= limits.min_destinations else LIKELY,
        evidence=tuple(step for each in found for step in (*each.bad, *each.hanging, *each.clean)),
        values=hole_values(worst),
    )
    return (needs.needed_by(blocked, hit),)


def path_latency(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The way to every destination is long, and most of it lies behind the provider's first router."""
    found = [way for each in Family if (way := delay(run, limits, each)) is not None]
    if not found:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    for way in found:
        if way.whole.rtt_p50_ms is None or way.whole.rtt_p50_ms <= limits.rtt_ms:
            continue
        if way.near_ms is None:
            return Inconclusive(missing=(Subject.PROVIDER_HOP.value,))
        unsteady = way.whole.swings(limits)
        satellite = not unsteady and way.whole.rtt_p50_ms > limits.satellite_rtt_ms
        if not way.beyond(limits) or satellite:
            continue
        return (
            finding(
                "internet.path_latency",
                confidence=LIKELY if unsteady else FAIR,
                evidence=(*way.whole.steps, *way.near_steps),
                values={
                    "rtt_p50_ms": way.whole.rtt_p50_ms,
                    "near_rtt_ms": way.near_ms,
                    "jitter_ms": way.whole.jitter_ms,
                },
            ),
        )
    return Clear()


def peering(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Some destinations are lossy, far or cut off, and others of the family are good: the trouble lies towards them.

    Two of one family at least: addresses of different families may be one host, with a bad line of its own.
    """
    compared = [towards(run, limits, each) for each in Family]
    bad = tuple(each for side in compared for each in side.bad)
    good = tuple(each for side in compared for each in side.good)
    same_family = any(side.bad and side.good for side in compared)
    most = max(len({each.address for each in side.bad}) for side in compared)
    if most < limits.min_destinations or not same_family:
        return Clear()
    if len({each.address for each in good}) < limits.min_destinations:
        return Inconclusive(missing=(Subject.ANCHOR.value, Subject.CONTROL.value))
    measured = [each.trips for each in bad if each.trips is not None]
    worst = max(measured, key=lambda each: (each.lossy(limits), each.ratio, each.rtt_p50_ms or 0.0), default=None)
    near = gateway_clean(run, limits)
    values: dict[str, FindingValue] = {
        "bad": len({each.address for each in bad}),
        "tested": len({each.address for each in (*bad, *good)}),
        "loss_ratio": 1.0 if worst is None else worst.ratio,
        "rtt_p50_ms": None if worst is None else worst.rtt_p50_ms,
    }
    return (
        finding(
            "internet.peering",
            confidence=LIKELY if near is not None else FAIR,
            evidence=(*(step for each in (*bad, *good) for step in each.steps), *(near or ())),
            values=values,
        ),
    )
