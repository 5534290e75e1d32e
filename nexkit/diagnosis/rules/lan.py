"""Wi-Fi or cable up to the router: lease, conflicts, loss and delay on the first stretch, captive portals."""

from nexkit.address import Family
from nexkit.diagnosis import signs, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, PROVED, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import RoundTrips, of_families, round_trips, together
from nexkit.diagnosis.rules.access import families_word
from nexkit.diagnosis.rules.device import NO_STATE, self_assigned
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.diagnosis.working import deepest_queue
from nexkit.facts.load import LoadTest
from nexkit.facts.network import GatewayReach
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach
from nexkit.facts.segment import SegmentSurvey
from nexkit.subject import Subject

_TWICE = 2
"""A check page counts as changed when it was changed both times (lan.captive_portal: "twice")."""


def dhcp_failed(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """A link, and no IPv4 address but a self-assigned one; a network of IPv6 alone is healthy.

    With IPv6 at work the missing lease is a flaw (IPv4-only services fail), not a stop.
    """
    known = signs.network(run)
    if known is None:
        return NO_STATE
    step, state = known
    if signs.usable(state, Family.IPV4):
        return Clear()
    linked = [interface for interface in signs.ways_out(state) if interface.admin_up and interface.carrier is not False]
    self_made = self_assigned(state)
    if not self_made and not any(interface.carrier for interface in linked):
        return Clear()
    view = signs.internet(run)
    if view.reached[Family.IPV6]:
        if not self_made or signs.synthesised(run):
            return Clear()
        return (finding("lan.dhcp_failed", confidence=FAIR, evidence=(step,), severity=Severity.DEGRADED),)
    if view.reached[Family.IPV4]:
        return Clear()
    if signs.in_use(run, Family.IPV6) and not self_made:
        return Inconclusive(missing=("ipv4",))  # perhaps a network of IPv6 alone, with another fault
    return (finding("lan.dhcp_failed", confidence=PROVED if self_made else LIKELY, evidence=(step,)),)


def duplicate_address(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """Another computer has the same address: the system found it out itself, or somebody else answers ARP for it.

    A router may answer for every address (proxy ARP, RFC 1027); that is no other computer.
    """
    known = signs.network(run)
    claimed = [
        step
        for step, survey in run.facts(SegmentSurvey, Subject.COMPUTER)
        if any(each.own and set(each.macs) - _proxies(run, survey) for each in survey.arp)
    ]
    reported = [
        step
        for step, state in (() if known is None else (known,))
        for interface in signs.ways_out(state)
        if interface.admin_up
        for address in interface.addresses
        if address.duplicate
    ]
    if not reported and not claimed:
        return NO_STATE if known is None else Clear()
    confidence = PROVED if reported and claimed else STRONG
    return (finding("lan.duplicate_address", confidence=confidence, evidence=(*reported, *claimed)),)


def _proxies(run: Snapshot, survey: SegmentSurvey) -> frozenset[str]:
    """Hardware addresses of routers, as far as they are known."""
    gateways = [reach.mac for _, reach in run.facts(GatewayReach, Subject.GATEWAY) if reach.mac is not None]
    return frozenset([*gateways, *(router.mac for router in survey.routers)])


def _first_stretch(run: Snapshot, limits: Limits) -> tuple[tuple[RoundTrips, ...], RoundTrips | None]:
    """Round trips to each gateway, and to everything beyond taken together."""
    to_gateways = round_trips(run, limits, Subject.GATEWAY)
    beyond = round_trips(run, limits, Subject.ANCHOR)
    return tuple(to_gateways.values()), together(tuple(beyond.values()))


_TOGETHER = (*((each,) for each in Family), tuple(Family))
"""Each family by itself, as a fault may hit one alone; and both as one, which gives the more evidence."""


def loss(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Loss to the router that goes on to everything beyond it; a router that just answers few pings is none."""
    to_gateways = round_trips(run, limits, Subject.GATEWAY)
    to_anchors = round_trips(run, limits, Subject.ANCHOR)
    if not to_gateways:
        return Inconclusive(missing=("ping.gateway4", "ping.gateway6"))
    for families in _TOGETHER:
        near = together(of_families(to_gateways, *families))
        beyond = together(of_families(to_anchors, *families))
        if near is not None and beyond is not None and _goes_on(near, beyond, limits):
            return (
                finding(
                    "lan.loss",
                    confidence=STRONG,
                    evidence=(*near.steps, *beyond.steps),
                    values={
                        "loss_ratio": near.ratio,
                        "sent": near.sent,
                        "beyond_loss_ratio": beyond.ratio,
                        "family": families_word(families),
                    },
                ),
            )
    if not to_anchors and any(each.lossy(limits) for each in to_gateways.values()):
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    return Clear()


def _goes_on(near: RoundTrips, beyond: RoundTrips, limits: Limits) -> bool:
    """Whether the loss beyond the router is the one on the way to it.

    Loss to the router may be too rare for a rate of its own; where it is as frequent as the one beyond, it is the same.
    """
    if not beyond.lossy(limits):
        return False
    if near.lossy(limits):
        low, _ = near.interval(limits)
        return beyond.may_share(low, limits)
    return near.bursts >= limits.loss_min_bursts and near.may_share(beyond.ratio, limits, beyond.burst)


def latency(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A slow or unsteady way to the router that goes on to everything beyond; a router slow at pings alone is none."""
    to_gateways, beyond = _first_stretch(run, limits)
    if not to_gateways:
        return Inconclusive(missing=("ping.gateway4", "ping.gateway6"))
    slow = max(to_gateways, key=lambda trips: trips.rtt_p50_ms or 0.0)
    if slow.rtt_p50_ms is None or slow.sent < limits.min_replies:
        return Inconclusive(missing=slow.steps)
    high = slow.rtt_p50_ms > limits.gateway_rtt_ms
    if not (high or slow.unsteady(limits)):
        return _under_load(run, limits)
    if beyond is None or beyond.rtt_p50_ms is None:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    goes_on = beyond.rtt_p50_ms >= slow.rtt_p50_ms * limits.same_delay_ratio if high else beyond.unsteady(limits)
    if not goes_on:
        return _under_load(run, limits)
    return (
        finding(
            "lan.latency",
            confidence=LIKELY if high else FAIR,
            evidence=(*slow.steps, *beyond.steps),
            values={"rtt_p50_ms": slow.rtt_p50_ms, "jitter_ms": slow.jitter_ms},
        ),
    )


def _under_load(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A way to the router that is good until a load fills it: the queue is that of Wi-Fi or cable, not the line's."""
    for step, test in run.facts(LoadTest, Subject.LOAD_SERVER):
        queue = deepest_queue(test, limits)
        if queue is None or queue.gateway is None or queue.added_ms < limits.working_rtt_added_ms:
            continue
        values: dict[str, FindingValue] = {
            "rtt_p50_ms": queue.gateway.rtt_p50_ms,
            "jitter_ms": queue.gateway.jitter_ms,
            "direction": queue.direction,
        }
        return (finding("lan.latency", confidence=LIKELY, evidence=(step,), values=values),)
    return Clear()


def first_stretch_trouble(run: Snapshot, limits: Limits) -> tuple[str, ...]:
    """Outcome ids of loss or delay on the way to the router; none where there is neither, or it is not known."""
    answers = (loss(run, limits), latency(run, limits))
    return tuple(step for answer in answers if isinstance(answer, tuple) for each in answer for step in each.evidence)


def captive_portal(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The plain-HTTP check pages come back changed, every time.

    One changed page alone may have changed at its source, so it takes a second one, or other traffic that is held up
    (a name or certificate that is not theirs, no control reached).
    """
    checks = run.facts(PortalCheck, Subject.PORTAL_CHECK)
    answered = {
        step: [attempt.as_expected for attempt in check.attempts if attempt.as_expected is not None]
        for step, check in checks
    }
    changed = tuple(step for step, seen in answered.items() if len(seen) >= _TWICE and not any(seen))
    unchanged = tuple(step for step, seen in answered.items() if any(seen))
    if changed and ways.carried(run):
        return Clear()  # whoever has to use a proxy may be told so by any page; portals let no proxy through
    if not changed:
        return Clear() if unchanged else Inconclusive(missing=(Subject.PORTAL_CHECK.value,))
    passing = signs.passing_controls(run)
    encrypted = {step for step, reach in run.facts(Reach, Subject.CONTROL) if signs.encrypted(reach)}
    through = tuple(step for step in passing if step in encrypted)
    if len(changed) < limits.min_destinations:
        held_up = tuple(sorted(encrypted - set(through)))
        if through or not held_up or unchanged:
            return Inconclusive(missing=(Subject.PORTAL_CHECK.value,))
        return (finding("lan.captive_portal", confidence=FAIR, evidence=(*changed, *held_up)),)
    return (finding("lan.captive_portal", confidence=PROVED, evidence=changed, against=(*unchanged, *through)),)
