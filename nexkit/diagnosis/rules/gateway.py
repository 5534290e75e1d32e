"""The router: there or not, its name service, a second router behind it."""

from nexkit.address import Family, Scope, known_scope
from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, PROVED, finding
from nexkit.diagnosis.connects import established, new_flows
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.rules.dns import all_failing, fast_elsewhere, resolving_elsewhere, uncached_ms
from nexkit.diagnosis.signs import ResolverState
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Inconclusive, RuleAnswer, Severity
from nexkit.facts.access import AccessLine, LineKind
from nexkit.subject import Subject

_PERHAPS_SHARED = frozenset(LineKind) - {
    LineKind.IPV4_ONLY,
    LineKind.PUBLIC_IPV4,
    LineKind.DOUBLE_NAT,
    LineKind.CARRIER_NETWORK,
    LineKind.DUAL_STACK,
}
"""Kinds of line on which many customers may share one IPv4 address."""


def unreachable(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The link is fine, the router's address is asked for in vain, and nothing beyond answers.

    Silence of ICMP and TCP without a word from ARP or ND may be policy of a router that lives: not named. Nor is one
    that ARP or ND knows, unless it is set as resolver here and keeps silent at that too: then it has hung up.
    """
    known = signs.gateways(run)
    if not known:
        return Inconclusive(missing=(Subject.GATEWAY.value,))
    gone = [each for each in known if each.absent] or _hung(run, known)
    if not gone:
        return Clear()
    view = signs.internet(run)
    dead = gone[0]
    if view.reached[dead.family] or (dead.family is Family.IPV6 and view.reached_ids):
        return Clear()
    if dead.absent and dead.static and any(each.alive for each in known):
        return Clear()  # device.wrong_ip_settings: the router lives, the manual address does not fit
    # Then IPv4 alone is gone, and what answers over IPv6 says nothing of it.
    one_family = bool(view.reached[Family.IPV6])
    rest = [each for each in known if not one_family or each.family is dead.family]
    against = (
        *(() if one_family else view.reached_ids),
        *(step for each in rest for step in (each.alive if dead.absent else each.answered)),
    )
    evidence = (*dead.absent, *dead.silent, *view.dead_ids)
    return (
        finding(
            "gateway.unreachable",
            # An address that was typed in may belong to another network, where nobody has that router.
            confidence=POSSIBLE if not dead.absent else FAIR if dead.static else LIKELY if one_family else PROVED,
            severity=Severity.DEGRADED if one_family else None,
            evidence=evidence,
            against=against,
            values={
                "family": dead.family.value,
                "answer": "silent" if dead.absent else "known",
                "working": Family.IPV6.value if one_family else None,
            },
        ),
    )


def _hung(run: Snapshot, known: tuple[signs.Gateway, ...]) -> list[signs.Gateway]:
    """Gateways that the link knows and that answer nothing by IP, not even as the resolver they are set to be."""
    asked = {each.address for each in signs.resolvers(run, Subject.RESOLVER) if each.is_gateway}
    if any(each.answered for each in known) or not any(each.address in asked for each in known):
        return []
    return [each for each in known if each.neighbour and each.silent]


def dns_broken(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The router is the only resolver and does not resolve, or very slowly, while the internet answers by address."""
    configured = signs.resolvers(run, Subject.RESOLVER)
    if not configured:
        return Inconclusive(missing=(Subject.RESOLVER.value,))
    if not all(each.is_gateway for each in configured):
        return Clear()
    reached = signs.internet(run).reached_ids
    failing = all_failing(run, limits, configured)
    if failing is not None:
        if not reached:
            return Inconclusive(missing=(Subject.ANCHOR.value,))
        others = resolving_elsewhere(run)
        erring_everywhere = any(
            each.state is ResolverState.ERRING for each in signs.resolvers(run, Subject.COMPARISON_RESOLVER)
        )
        if erring_everywhere and not others:
            return Inconclusive(missing=(Subject.COMPARISON_RESOLVER.value,))
        return (
            finding(
                "gateway.dns_broken",
                confidence=PROVED if others else FAIR,
                evidence=(*failing, *others, *reached),
            ),
        )
    times = [time_ms for each in configured if (time_ms := uncached_ms(each)) is not None]
    others = fast_elsewhere(run, limits)
    if reached and others and times and min(times) > limits.dns_very_slow_ms:
        evidence = (*(each.step for each in configured), *others)
        return (finding("gateway.dns_broken", confidence=LIKELY, evidence=evidence, values={"dns_ms": min(times)}),)
    return Clear()


def double_nat(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """A second private hop right behind the router, and the public or carrier network right after it.

    Private networks of offices are many hops deep; they are not meant.
    """
    paths = signs.traces(run)
    if not paths:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    for step, trace in paths:
        scopes = {
            ttl: {known_scope(address) for address in addresses} for ttl, addresses in signs.routers(run, trace).items()
        }
        first, second, third = (scopes.get(ttl, set()) for ttl in (1, 2, 3))
        if first == second == {Scope.PRIVATE} and third and Scope.PRIVATE not in third:
            return (finding("gateway.double_nat", confidence=POSSIBLE, evidence=(step,)),)
    return Clear()


def session_table_full(run: Snapshot, limits: Limits) -> RuleAnswer:
    """New connections of both families fail in part and at random, while what is established goes on.

    A table that both families share stands in one's own router, and so does most likely one that IPv6 has, which nobody
    translates. IPv4 alone cannot be told from a lack of ports at the provider (access.port_exhaustion), unless nothing
    there translates addresses.
    """
    flows = {each: new_flows(run, limits, each) for each in Family}
    if not any(each.at_random for each in flows.values()):
        return Clear()
    hit = [each for each in Family if flows[each].scattered or flows[each].touched]
    alive = tuple(step for each in signs.gateways(run) for step in each.alive)
    lives = tuple(step for each in hit for step in established(run, limits, each) or ())
    if not alive or not lives:
        return Inconclusive(missing=(Subject.GATEWAY.value,))
    both = len(hit) == len(Family)
    lines = run.facts(AccessLine, Subject.ACCESS_LINE)
    own_address = any(
        line.has(LineKind.IPV4_ONLY) and not any(line.has(kind) for kind in _PERHAPS_SHARED) for _, line in lines
    )
    if not both and hit[0] is Family.IPV4 and (signs.in_use(run, Family.IPV6) or not own_address):
        return Clear()
    return (
        finding(
            "gateway.session_table_full",
            confidence=LIKELY if both else POSSIBLE,
            evidence=(*(step for each in hit for step in flows[each].steps), *lives, *alive),
            values={
                "hit": sum(len(flows[each].hit) for each in hit),
                "tried": sum(flows[each].tried for each in hit),
            },
        ),
    )
