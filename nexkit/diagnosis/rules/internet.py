"""The internet beyond the provider's first router."""

from collections.abc import Mapping

from nexkit.address import Family, known_family
from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import FAIR, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import near_without, provider_hop, shared_loss
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Inconclusive, RuleAnswer
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
    for of_family in Family:
        whole = shared_loss(run, limits, of_family)
        provider = provider_hop(run, limits, of_family)
        if whole is None or provider is None or provider.lost or provider.may_share(whole.ratio, limits, whole.burst):
            continue
        near = near_without(run, limits, whole, of_family)
        if near is None:
            answer = Inconclusive(missing=(Subject.GATEWAY.value,))
            continue
        return (
            finding(
                "internet.path_loss",
                confidence=FAIR,
                evidence=(*whole.steps, *provider.steps, *near),
                values={"loss_ratio": whole.ratio, "sent": whole.sent, "family": of_family.value},
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
    return (finding("internet.routing_loop", confidence=STRONG, evidence=(*looping, *view.dead_ids)),)


def _family_reached(view: signs.Internet, address: str) -> bool:
    its_family = known_family(address)
    return its_family is not None and bool(view.reached[its_family])
