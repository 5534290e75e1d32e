"""What the access line is made of: PPPoE and IPoE sessions, and the ports of an address that many lines share.

The carrier's own network behind the modem answers without any provider: where the profile has targets in it, they tell
the line from the session that runs over it.
"""

from nexkit.address import Family, Scope, known_scope
from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, STRONG, finding
from nexkit.diagnosis.connects import established, new_flows, spared
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import (
    RoundTrips,
    gateway_clean,
    near_without,
    of_families,
    round_trips,
    shared_loss,
    together,
)
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.stretches import carrier, carrier_fast, delay
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer
from nexkit.facts.access import AccessLine, LineKind
from nexkit.facts.mtu import PathMtu
from nexkit.subject import Subject

OVER_IPV6 = frozenset(
    {
        LineKind.DS_LITE,
        LineKind.SHARED_PORTS,
        LineKind.IPV4_OVER_IPV6,
        LineKind.NAT64,
        LineKind.XLAT464,
        LineKind.PROVISIONED,
    }
)
"""IPv4 comes by way of IPv6 there, or is offered so."""
_TRANSLATED = frozenset(
    {LineKind.SHARED_PORTS, LineKind.DS_LITE, LineKind.CARRIER_NAT, LineKind.NAT64, LineKind.XLAT464}
)
"""The provider translates IPv4 addresses, or many lines share one."""
_NO_CARRIER = Inconclusive(missing=(Subject.ACCESS_LINE.value,))


def _line(run: Snapshot, kinds: frozenset[LineKind]) -> tuple[str, ...]:
    """Outcome ids that prove one of the kinds."""
    return tuple(
        step for step, line in run.facts(AccessLine, Subject.ACCESS_LINE) if any(line.has(each) for each in kinds)
    )


def _dead(run: Snapshot, limits: Limits, of_family: Family) -> tuple[str, ...] | None:
    """Outcome ids that show no destination of the family answering; None where one does, or too few were asked."""
    view = signs.internet(run)
    enough = view.dead_count[of_family] >= limits.min_destinations or (
        view.dead_count[of_family] > 0 and view.broken(limits.min_destinations)
    )
    return view.dead[of_family] if enough and not view.reached[of_family] else None


def _global6(run: Snapshot) -> bool:
    """Whether IPv6 has an address of the internet here and a default route."""
    known = signs.network(run)
    return (
        known is not None
        and known[1].gateway(Family.IPV6) is not None
        and any(known_scope(each.address) is Scope.INTERNET for each in signs.usable(known[1], Family.IPV6))
    )


def pppoe_down(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The carrier's network answers, and IPv4 ends behind the router: the session with the provider is not up.

    Where IPv4 comes over IPv6, that tunnel is what is broken (access.ipv4_broken), or what it runs on
    (access.ipoe_down).
    """
    dead = _dead(run, limits, Family.IPV4)
    if dead is None or signs.behind_proxy(run):
        return Clear()
    alive = carrier(run)
    if alive is None:
        return _NO_CARRIER
    reached6 = signs.internet(run).reached[Family.IPV6]
    if (_global6(run) and not reached6) or _line(run, OVER_IPV6):
        return Clear()
    return (
        finding("access.pppoe_down", confidence=LIKELY if reached6 else STRONG, evidence=(*alive, *dead, *reached6)),
    )


def ipoe_down(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The carrier's network answers; IPv6 has its address and leads nowhere, and IPv4 is down with it.

    With IPv4 at work it is access.ipv6_broken: the closed network of a carrier gives addresses that lead nowhere.
    """
    dead4, dead6 = _dead(run, limits, Family.IPV4), _dead(run, limits, Family.IPV6)
    ipv4_gone = dead4 is not None or (not signs.in_use(run, Family.IPV4) and not signs.internet(run).reached_ids)
    if dead6 is None or not ipv4_gone or not _global6(run) or signs.behind_proxy(run):
        return Clear()
    alive = carrier(run)
    if alive is None:
        return _NO_CARRIER
    wrapped = _line(run, OVER_IPV6)
    # Without a sign of IPv4 over IPv6 a PPPoE session may be down beside addresses that never led anywhere.
    return (
        finding(
            "access.ipoe_down",
            confidence=STRONG if wrapped else FAIR,
            evidence=(*alive, *wrapped, *dead6, *(dead4 or ())),
        ),
    )


def _ipv6_fast(run: Snapshot, limits: Limits, than: RoundTrips) -> tuple[str, ...] | None:
    """Outcome ids of destinations that IPv6 reaches without the trouble of `than`; None else."""
    way = delay(run, limits, Family.IPV6)
    if way is None:
        return None
    if than.lossy(limits):
        return None if way.whole.may_share(than.interval(limits)[0], limits, than.burst) else way.whole.steps
    own_ms, other_ms = way.whole.rtt_p50_ms, than.rtt_p50_ms
    if own_ms is None or other_ms is None or way.whole.unsteady(limits):
        return None
    return way.whole.steps if own_ms <= min(limits.rtt_ms, other_ms * limits.same_delay_ratio) else None


def pppoe_congestion(run: Snapshot, limits: Limits) -> RuleAnswer:
    """IPv4 is lossy or slow to every destination, while the carrier's own network, and IPv6 beside it, are fast.

    The line itself is fine then; what is full is where the provider ends the sessions.
    """
    anchors = of_families(round_trips(run, limits, Subject.ANCHOR), Family.IPV4)
    whole = together(anchors)
    if whole is None or len(anchors) < limits.min_destinations or whole.rtt_p50_ms is None:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    lossy = shared_loss(run, limits, Family.IPV4) is not None
    if not lossy and not (whole.rtt_p50_ms > limits.rtt_ms and whole.unsteady(limits)):
        return Clear()
    near = near_without(run, limits, whole, Family.IPV4) if lossy else gateway_clean(run, limits)
    if near is None:
        return Inconclusive(missing=(Subject.GATEWAY.value,))
    fast = carrier_fast(run, limits, whole)
    alive = carrier(run)
    if alive is None:
        return _NO_CARRIER
    in_use6 = bool(signs.internet(run).reached[Family.IPV6])
    fast6 = _ipv6_fast(run, limits, whole) if in_use6 else None
    if fast is None or (in_use6 and fast6 is None):
        return Clear()  # the line itself: access.loss, access.latency
    if _line(run, OVER_IPV6):
        return Clear()
    way = delay(run, limits, Family.IPV4)
    if way is not None and way.beyond(limits):
        return Clear()
    sized = tuple(
        step
        for step, fact in run.facts(PathMtu)
        if fact.family is Family.IPV4 and any("pppoe" in each for each in fact.familiar)
    )
    values: dict[str, FindingValue] = {
        "rtt_p50_ms": whole.rtt_p50_ms,
        "jitter_ms": whole.jitter_ms,
        "loss_ratio": whole.ratio,
    }
    return (
        finding(
            "access.pppoe_congestion",
            confidence=STRONG if sized and fast6 else LIKELY if sized or fast6 else FAIR,
            evidence=(*whole.steps, *near, *alive, *fast, *(fast6 or ()), *sized),
            values=values,
        ),
    )


def port_exhaustion(run: Snapshot, limits: Limits) -> RuleAnswer:
    """New IPv4 connections fail in part and at random, while what is established goes on and IPv6 is spared."""
    flows = new_flows(run, limits, Family.IPV4)
    if not flows.at_random:
        return Clear()
    lives = established(run, limits, Family.IPV4)
    if lives is None:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    if new_flows(run, limits, Family.IPV6).scattered:
        return Clear()  # gateway.session_table_full: both families
    fine = spared(run, limits, Family.IPV6, flows.hit_ratio)
    shared = _line(run, _TRANSLATED)
    if fine is None and (not shared or signs.in_use(run, Family.IPV6)):
        return Inconclusive(missing=("ipv6",))
    return (
        finding(
            "access.port_exhaustion",
            confidence=STRONG if fine and shared else LIKELY if fine else POSSIBLE,
            evidence=(*flows.steps, *lives, *(fine or ()), *shared),
            values={"hit": len(flows.hit), "tried": flows.tried},
        ),
    )
