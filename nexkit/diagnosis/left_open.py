"""What a diagnosis leaves open: look-alikes of what was found that nothing spoke to tell apart.

Which look-alikes a cause has, and which kinds of measurement tell them apart, stands in `causes.toml`. Here it shows
whether one of these spoke in a run, and if not, why. The names of the kinds are public: reports hold them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from nexkit.address import Family
from nexkit.diagnosis import signs, tunnel
from nexkit.diagnosis.causes import borders, causes
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import provider_hop
from nexkit.diagnosis.rules.dns import resolving_elsewhere
from nexkit.diagnosis.rules.line import OVER_IPV6
from nexkit.diagnosis.rules.link import way_out
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.stretches import delay
from nexkit.diagnosis.verdict import (
    Finding,
    Gap,
    Inconclusive,
    LeftOpen,
    RuleAnswer,
    Rung,
    RungState,
    Segment,
    Severity,
    Unheard,
    Verdict,
    VerdictState,
)
from nexkit.facts.access import AccessLine
from nexkit.facts.dns import NameRole, ResolverAnswers, large_answers
from nexkit.facts.echo import EchoStats
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkReading
from nexkit.facts.network import GatewayReach, InterfaceKind, NeighbourState
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach
from nexkit.facts.segment import SegmentSurvey
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Completed, Failed, FailureKind, Skipped, SkipReason
from nexkit.run_record import StepResult
from nexkit.subject import Subject

_PATH = (Segment.DEVICE, Segment.LAN, Segment.GATEWAY, Segment.ACCESS, Segment.INTERNET)
"""One behind the other; the rest stands beside the way."""
_UNSETTLED = frozenset({RungState.FAIL, RungState.INCONCLUSIVE})
_DEFINITE = frozenset({NeighbourState.REACHABLE, NeighbourState.FAILED, NeighbourState.ABSENT})

Reason = SkipReason | FailureKind | Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What was found, in the run it was found in."""

    run: Snapshot
    limits: Limits
    found: Finding | None
    """None where a segment alone is known, or nothing."""

    def value(self, name: str) -> object:
        """A value of the finding; None where it has none of the name."""
        return None if self.found is None else self.found.values.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    """A kind of measurement."""

    told: Callable[[_Asked], bool]
    """Whether it spoke, and so what it can tell apart is told apart."""
    subjects: tuple[Subject, ...] = ()
    probes: tuple[str, ...] = ()
    """Of the steps about the subjects, those by these probes; all where none is named."""
    measured: Reason = Gap.SILENT
    """Why, where it was measured and did not speak."""
    not_planned: Reason = SkipReason.NO_TARGET
    """Why, where the plan had no such step."""


def _gateway_echo(asked: _Asked) -> bool:
    return any(echo.received for _, echo in asked.run.facts(EchoStats, Subject.GATEWAY))


def _gateway_neighbour(asked: _Asked) -> bool:
    return any(reach.neighbour in _DEFINITE for _, reach in asked.run.facts(GatewayReach, Subject.GATEWAY))


def _gateway_ports(asked: _Asked) -> bool:
    """A refusal, and an answer to a question for a name, are words too."""
    return any(
        any(answer.failure is None or answer.failure.kind is FailureKind.REFUSED for answer in reach.tcp)
        or (reach.dns is not None and reach.dns.rcode is not None)
        for _, reach in asked.run.facts(GatewayReach, Subject.GATEWAY)
    )


def _gateway_gone(asked: _Asked) -> bool:
    """The link says that nobody has the router's address; that it knows the router does not say that it works."""
    return any(gateway.absent for gateway in signs.gateways(asked.run))


def _carrier(asked: _Asked) -> bool:
    """Silence of the carrier's own network tells as much as its answer."""
    lines = asked.run.facts(AccessLine, Subject.ACCESS_LINE)
    return any(line.signs.carrier for _, line in lines) or bool(asked.run.facts(EchoStats, Subject.ACCESS_LINE))


def _line_kind(asked: _Asked) -> bool:
    lines = asked.run.facts(AccessLine, Subject.ACCESS_LINE)
    return any(line.has(kind) for _, line in lines for kind in OVER_IPV6)


def _provider_times(asked: _Asked) -> bool:
    way = delay(asked.run, asked.limits, *Family)
    return way is not None and way.near_ms is not None


def _radio(asked: _Asked) -> bool:
    """Traffic that takes a cable has nothing of a radio to ask."""
    way = way_out(asked.run)
    return (
        way is None
        or way[0] is not InterfaceKind.WIFI
        or any(
            link.interface == way[1] and link.rssi_dbm is not None
            for _, reading in asked.run.facts(WifiReading, Subject.COMPUTER)
            for link in reading.links
        )
    )


def _cable(asked: _Asked) -> bool:
    way = way_out(asked.run)
    return (
        way is None
        or way[0] is not InterfaceKind.ETHERNET
        or any(
            link.name == way[1] and link.speed_bit_s is not None
            for _, reading in asked.run.facts(LinkReading, Subject.COMPUTER)
            for link in reading.links
        )
    )


def _lease(asked: _Asked) -> bool:
    life = signs.gateway(asked.run, Family.IPV4)
    return life is None or not life.static


def _network_name(asked: _Asked) -> bool:
    expected = asked.run.record.expectations
    return expected is not None and expected.network is not None and expected.network.ssid is not None


def _expected_resolver(asked: _Asked) -> bool:
    """The organisation's name server: that it answers tells of a false setting, that it does not of another network."""
    if not asked.run.facts(ResolverAnswers, Subject.EXPECTED_RESOLVER):
        return False
    here = asked.found is not None and asked.found.cause == "lan.rogue_dhcp"
    return here is _resolver(asked, Subject.EXPECTED_RESOLVER)


def _vpn(asked: _Asked) -> bool:
    expected = asked.run.record.expectations
    return (expected is not None and expected.vpn is not None) or tunnel.vpn(asked.run) is not None


def _host(asked: _Asked) -> bool:
    return any(state.cpu_busy_ratio is not None for _, state in asked.run.facts(HostState))


def _own_answer(asked: _Asked) -> bool:
    return any(state.own_answer_p50_ms is not None for _, state in asked.run.facts(HostState))


def _resolver(asked: _Asked, subject: Subject) -> bool:
    resolvers = asked.run.facts(ResolverAnswers, subject)
    return any(query.rcode is not None for _, resolver in resolvers for query in resolver.queries)


def _udp_hosts(asked: _Asked) -> bool:
    hosts = asked.value("hosts")
    return isinstance(hosts, int) and hosts >= asked.limits.min_destinations


def _connected(asked: _Asked, subject: Subject) -> bool:
    reaches = asked.run.facts(Reach, subject)
    return any(attempt.connect_ms is not None for _, reach in reaches for attempt in reach.attempts)


MEANS: Mapping[str, _Means] = {
    "interfaces": _Means(
        told=lambda asked: signs.network(asked.run) is not None, subjects=(Subject.COMPUTER,), probes=("interfaces",)
    ),
    "host": _Means(told=_host, subjects=(Subject.COMPUTER,), probes=("host",), measured=SkipReason.NOT_SUPPORTED),
    "own_answer": _Means(
        told=_own_answer, subjects=(Subject.COMPUTER,), probes=("host",), measured=SkipReason.NOT_SUPPORTED
    ),
    "radio": _Means(told=_radio, subjects=(Subject.COMPUTER,), probes=("wifi",), measured=SkipReason.NOT_SUPPORTED),
    "cable": _Means(told=_cable, subjects=(Subject.COMPUTER,), probes=("link",), measured=SkipReason.NOT_SUPPORTED),
    "lease": _Means(told=_lease, subjects=(Subject.COMPUTER,), probes=("interfaces",), measured=Gap.NO_SIGN),
    "dhcp_survey": _Means(
        told=lambda asked: bool(asked.run.facts(SegmentSurvey)),
        subjects=(Subject.COMPUTER,),
        probes=("segment",),
        not_planned=Gap.DEEPER,
    ),
    "dhcp_offer": _Means(
        told=lambda asked: any(survey.offers for _, survey in asked.run.facts(SegmentSurvey)),
        subjects=(Subject.COMPUTER,),
        probes=("segment",),
        not_planned=Gap.DEEPER,
    ),
    "network_name": _Means(
        told=_network_name, subjects=(Subject.COMPUTER,), probes=("wifi",), measured=SkipReason.NO_TARGET
    ),
    "expected_resolver": _Means(told=_expected_resolver, subjects=(Subject.EXPECTED_RESOLVER,), measured=Gap.NO_SIGN),
    "other_in_lan": _Means(told=lambda _asked: False),
    "gateway_echo": _Means(told=_gateway_echo, subjects=(Subject.GATEWAY,), probes=("ping",)),
    "gateway_neighbour": _Means(
        told=_gateway_neighbour, subjects=(Subject.GATEWAY,), probes=("lan",), measured=FailureKind.PERMISSION
    ),
    "gateway_ports": _Means(told=_gateway_ports, subjects=(Subject.GATEWAY,), probes=("lan",)),
    "gateway_gone": _Means(told=_gateway_gone, subjects=(Subject.GATEWAY,), probes=("lan",), measured=Gap.NO_SIGN),
    "carrier": _Means(told=_carrier, subjects=(Subject.ACCESS_LINE,), measured=SkipReason.NO_TARGET),
    "line_kind": _Means(told=_line_kind, subjects=(Subject.ACCESS_LINE,), probes=("access",), measured=Gap.NO_SIGN),
    "provider": _Means(
        told=lambda asked: bool(signs.beyond_gateway(asked.run)),
        subjects=(Subject.ANCHOR, Subject.PROVIDER_HOP),
        probes=("route", "ping"),
    ),
    "provider_echo": _Means(
        told=lambda asked: provider_hop(asked.run, asked.limits, *Family) is not None,
        subjects=(Subject.PROVIDER_HOP,),
        not_planned=Gap.SILENT,
    ),
    "provider_times": _Means(told=_provider_times, subjects=(Subject.PROVIDER_HOP,), not_planned=Gap.SILENT),
    "ipv6": _Means(
        told=lambda asked: signs.in_use(asked.run, Family.IPV6),
        not_planned=SkipReason.NO_FAMILY,
    ),
    "internet": _Means(
        told=lambda asked: bool(signs.internet(asked.run).reached_ids), subjects=(Subject.ANCHOR, Subject.CONTROL)
    ),
    "resolver": _Means(told=lambda asked: _resolver(asked, Subject.RESOLVER), subjects=(Subject.RESOLVER,)),
    "lookup": _Means(
        told=lambda asked: any(lookup.addresses for _, lookup in signs.lookups(asked.run, *NameRole)),
        subjects=(Subject.COMPUTER,),
        probes=("lookup",),
    ),
    "comparison_resolver": _Means(
        told=lambda asked: bool(resolving_elsewhere(asked.run)), subjects=(Subject.COMPARISON_RESOLVER,)
    ),
    "comparison_large": _Means(
        told=lambda asked: any(
            large_answers(answers) is not None
            for _, answers in asked.run.facts(ResolverAnswers, Subject.COMPARISON_RESOLVER)
        ),
        subjects=(Subject.COMPARISON_RESOLVER,),
    ),
    "portal_check": _Means(
        told=lambda asked: any(
            attempt.as_expected is not None
            for _, check in asked.run.facts(PortalCheck, Subject.PORTAL_CHECK)
            for attempt in check.attempts
        ),
        subjects=(Subject.PORTAL_CHECK,),
    ),
    "udp_hosts": _Means(told=_udp_hosts),
    "vpn": _Means(told=_vpn),
    "vpn_server": _Means(
        told=lambda asked: asked.value("server") in {"reachable", "unreachable"},
        subjects=(Subject.VPN,),
        probes=("reach", "udp_service"),
    ),
    "vpn_resolver": _Means(told=lambda asked: _resolver(asked, Subject.VPN), subjects=(Subject.VPN,), probes=("dns",)),
    "direct_way": _Means(told=lambda asked: _connected(asked, Subject.DIRECT_WAY), subjects=(Subject.DIRECT_WAY,)),
    "service": _Means(told=lambda asked: _connected(asked, Subject.SERVICE), subjects=(Subject.SERVICE,)),
    "service_word": _Means(
        told=lambda asked: asked.value("answer") in {"refused", "hangs"}, subjects=(Subject.SERVICE_HOST,)
    ),
    "other_network": _Means(told=lambda _asked: False, not_planned=Gap.ELSEWHERE),
}
"""Every kind of measurement that tells look-alikes apart, by its name."""


def left_open(
    run: Snapshot,
    limits: Limits,
    *,
    verdict: Verdict,
    findings: Iterable[Finding],
    rungs: tuple[Rung, ...],
    answers: Mapping[str, RuleAnswer],
) -> tuple[LeftOpen, ...]:
    """What the findings leave open; without a cause, which places on the way, and which causes at the place.

    `findings` are the roots, `answers` what every rule said.
    """
    if verdict.state is VerdictState.HEALTHY:
        return ()
    if verdict.cause is None:
        asked = _Asked(run=run, limits=limits, found=None)
        return (*_places(asked, verdict, rungs), *_causes_there(run, verdict, answers))
    return tuple(
        LeftOpen(between=(each.cause, look_alike.other), because=because)
        for each in findings
        if each.severity is not Severity.CONTEXT
        for look_alike in causes()[each.cause].look_alikes
        if (because := _unheard(_Asked(run=run, limits=limits, found=each), look_alike.by))
    )


def _places(asked: _Asked, verdict: Verdict, rungs: tuple[Rung, ...]) -> Iterable[LeftOpen]:
    """The segments that the fault may be in, each beside the one before it; and what is open by itself."""
    by = {border.other: border.by for border in borders()}
    state = {rung.segment: rung.state for rung in rungs}
    unsettled = [segment for segment in Segment if state.get(segment) in _UNSETTLED]
    for nearer, farther in pairwise(_PATH):
        if nearer in unsettled and farther in unsettled and (because := _unheard(asked, by[farther.value])):
            yield LeftOpen(between=(farther.value, nearer.value), because=because)
    if verdict.state is VerdictState.INCONCLUSIVE:
        for segment in unsettled if verdict.segment is None else (verdict.segment,):
            if segment.value in by and (because := _unheard(asked, by[segment.value])):
                yield LeftOpen(between=(segment.value,), because=because)


def _causes_there(run: Snapshot, verdict: Verdict, answers: Mapping[str, RuleAnswer]) -> Iterable[LeftOpen]:
    """The causes of such a fault there that could be neither found nor excluded, by what was missing for them."""
    by_missing: dict[tuple[str, ...], list[str]] = {}
    for cause, answer in answers.items():
        cause_there = causes()[cause]
        if cause_there.segment is not verdict.segment or cause_there.severity is not Severity.BLOCKING:
            continue
        if isinstance(answer, Inconclusive):
            by_missing.setdefault(answer.missing, []).append(cause)
    for missing, open_causes in by_missing.items():
        because = tuple(each for name in missing if (each := _missed(run, name)) is not None)
        if because and verdict.segment is not None:
            yield LeftOpen(between=(verdict.segment.value, *open_causes), because=because)


def _missed(run: Snapshot, name: str) -> Unheard | None:
    """What became of what a rule asked for: a step, or all about a subject; None for what stands for no measurement."""
    step = run.record.by_id().get(name)
    if step is not None:
        return _why(name, (step,), Gap.NO_SIGN, SkipReason.NO_TARGET)
    if name not in {subject.value for subject in Subject}:
        return None
    return _why(name, run.steps(Subject(name)), Gap.NO_SIGN, SkipReason.NO_TARGET)


def _unheard(asked: _Asked, names: Iterable[str]) -> tuple[Unheard, ...]:
    """Why each of these did not tell; empty as soon as one did."""
    found: list[Unheard] = []
    for name in names:
        means = MEANS[name]
        if means.told(asked):
            return ()
        steps = tuple(
            result
            for result in (asked.run.steps(*means.subjects) if means.subjects else ())
            if not means.probes or result.probe in means.probes
        )
        found.append(_why(name, steps, means.measured, means.not_planned))
    return tuple(found)


def _why(name: str, steps: tuple[StepResult, ...], measured: Reason, not_planned: Reason) -> Unheard:
    """The reason of what got furthest: measured, else tried, else left out."""
    for reached in (Completed, Failed, Skipped):
        there = [step for step in steps if isinstance(step.outcome, reached)]
        if there:
            reason = _reason(there[0], measured)
            alike = tuple(step.id for step in there if _reason(step, measured) is reason)
            return Unheard(means=name, steps=alike, reason=reason)
    return Unheard(means=name, steps=(), reason=not_planned)


def _reason(step: StepResult, measured: Reason) -> Reason:
    match step.outcome:
        case Failed(failure=failure):
            return failure.kind
        case Skipped(reason=reason):
            return reason
        case Completed(fact=Reach() as reach) if (kind := signs.kept_from(reach)) is not None:
            return kind
        case Completed(fact=GatewayReach() | ResolverAnswers() as fact) if signs.not_permitted(fact):
            return FailureKind.PERMISSION
        case _:
            return measured
