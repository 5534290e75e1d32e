"""The computer itself: adapters, link, addresses, routes, resolver settings, local filter."""

from nexkit.address import Family, Scope, in_prefix, known_family, known_scope
from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import FAIR, LIKELY, PROVED, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.dns import NameRole, ResolverAnswers
from nexkit.facts.echo import EchoMethod, EchoStats
from nexkit.facts.network import GatewayReach, NetworkState
from nexkit.facts.reach import Reach, ReachAttempt
from nexkit.facts.segment import DhcpAnswerKind, DhcpOffer, SegmentSurvey
from nexkit.facts.udp import UdpPath
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Failed, Failure, FailureKind
from nexkit.subject import Subject

NO_STATE = Inconclusive(missing=("interfaces",))


def adapter_off(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """No interface that could be the way out is switched on."""
    known = signs.network(run)
    if known is None:
        return NO_STATE
    step, state = known
    if signs.internet(run).reached_ids or any(interface.admin_up for interface in signs.ways_out(state)):
        return Clear()
    return (finding("device.adapter_off", confidence=PROVED, evidence=(step,)),)


def no_link(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """Every interface that is switched on lacks a cable or a joined Wi-Fi."""
    known = signs.network(run)
    if known is None:
        return NO_STATE
    step, state = known
    switched_on = [interface for interface in signs.ways_out(state) if interface.admin_up]
    if not switched_on or signs.internet(run).reached_ids:
        return Clear()
    linked = [interface for interface in switched_on if interface.carrier is not False]
    if any(interface.carrier or interface.addresses for interface in linked):
        return Clear()
    if linked:
        return Inconclusive(missing=(step,))  # the system does not say whether there is a link
    return (finding("device.no_link", confidence=PROVED, evidence=(step,)),)


def no_default_route(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """An address that reaches beyond the link, and no way there.

    With IPv6 at work, IPv4 without a way is a flaw (IPv4-only services fail), not a stop. The other way round nothing
    is lost: an IPv6 address alone promises no internet.
    """
    known = signs.network(run)
    if known is None:
        return NO_STATE
    step, state = known
    view = signs.internet(run)
    if view.reached[Family.IPV4] or state.gateway(Family.IPV4) is not None:
        return Clear()
    if view.reached[Family.IPV6] or state.default_routes:
        return _no_way_for_ipv4(run, step, state, view)
    has_address = signs.usable(state, Family.IPV4) or any(
        known_scope(address.address) is Scope.INTERNET for address in signs.usable(state, Family.IPV6)
    )
    if not has_address:
        return Clear()
    return (finding("device.no_default_route", confidence=PROVED, evidence=(step,)),)


def _no_way_for_ipv4(run: Snapshot, step: str, state: NetworkState, view: signs.Internet) -> RuleAnswer:
    """IPv4 without a default route on the very interface that IPv6 takes; another one may be a closed network."""
    route = state.gateway(Family.IPV6)
    its_interface = next((each for each in state.interfaces if route and each.name == route.interface), None)
    own = () if its_interface is None else its_interface.addresses
    stranded = any(each in own for each in signs.usable(state, Family.IPV4))
    if not stranded or not view.reached[Family.IPV6] or signs.synthesised(run):
        return Clear()
    evidence = (step, *view.reached[Family.IPV6])
    return (
        finding(
            "device.no_default_route",
            confidence=LIKELY,
            evidence=evidence,
            values={"family": Family.IPV4.value},
            severity=Severity.DEGRADED,
        ),
    )


def wrong_ip_settings(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The gateway lies outside this computer's own network and does not answer; or a manual address meets silence.

    Some networks (cloud, single-address prefixes) have an off-link gateway on purpose; there it answers, or the
    internet does. A gateway on the same wire may still answer ARP, so only an answer by IP counts.
    """
    known = signs.network(run)
    if known is None:
        return NO_STATE
    step, state = known
    route = state.gateway(Family.IPV4)
    if route is None or route.gateway is None:
        return Clear()
    life = signs.gateway(run, Family.IPV4)
    view = signs.internet(run)
    if life is None or life.answered or view.reached[Family.IPV4]:
        return Clear()
    nothing_back = (*life.silent, *life.absent, *view.dead[Family.IPV4])
    if route.gateway_on_link is False:
        if not nothing_back:
            return Inconclusive(missing=("lan.gateway4", "ping.gateway4"))
        return (finding("device.wrong_ip_settings", confidence=STRONG, evidence=(step, *nothing_back)),)
    offered = tuple(
        survey_step
        for survey_step, survey in run.facts(SegmentSurvey, Subject.COMPUTER)
        if any(_other_network(state, route.gateway, offer) for offer in survey.offers)
    )
    if life.absent and offered:
        return (finding("device.wrong_ip_settings", confidence=STRONG, evidence=(step, *life.absent, *offered)),)
    other = signs.gateway(run, Family.IPV6)
    if life.static and life.absent and other is not None and other.alive:
        evidence = (step, *life.absent, *other.alive)
        return (finding("device.wrong_ip_settings", confidence=FAIR, evidence=evidence),)
    return Clear()


def _other_network(state: NetworkState, gateway: str, offer: DhcpOffer) -> bool:
    """Whether a DHCP server here offers another network, with another router, than this computer is set to."""
    if offer.kind is not DhcpAnswerKind.OFFER or offer.offered is None or offer.prefix_length is None:
        return False
    own = [each.address for each in state.usable_addresses(Family.IPV4)]
    inside = any(in_prefix(address, offer.offered, offer.prefix_length) for address in own)
    return bool(offer.routers) and gateway not in offer.routers and not inside


def dns_not_set(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """No resolver configured, no name found, while the internet answers by address."""
    known = signs.network(run)
    if known is None:
        return NO_STATE
    step, state = known
    if state.resolvers:
        return Clear()
    asked = signs.lookups(run, NameRole.CONTROL, NameRole.SERVICE)
    if any(lookup.addresses for _, lookup in asked):
        return Clear()
    reached = signs.internet(run).reached_ids
    if not reached:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    evidence = (step, *(lookup_step for lookup_step, _ in asked), *reached)
    return (finding("device.dns_not_set", confidence=PROVED if asked else LIKELY, evidence=evidence),)


def firewall(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The own system refuses to send to services, to several destinations or over UDP, while other traffic passes.

    Over IPv6 alone that is no proof: a router's "administratively prohibited" (RFC 4443 section 3.1) comes as the same
    error of the system.
    """
    refused: list[str] = []
    of_service: list[str] = []
    for result in run.steps(Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE):
        reach = run.get(result.id, Reach)
        if reach is None or any(attempt.failure is None for attempt in reach.attempts):
            continue
        if any(_refused_by_own_system(attempt) for attempt in reach.attempts):
            refused.append(result.id)
            if result.subject is Subject.SERVICE:
                of_service.append(result.id)
    datagrams = _datagrams_refused(run)
    if not of_service and not datagrams and len(refused) < limits.min_destinations:
        return Clear()
    alive = tuple(step for gateway in signs.gateways(run) for step in gateway.answered)
    passes = (*signs.internet(run).reached_ids, *alive)
    if not passes:
        return Inconclusive(missing=(Subject.GATEWAY.value, Subject.ANCHOR.value))
    values = {"service": signs.service_id(of_service[0])} if of_service else {}
    return (finding("device.firewall", confidence=STRONG, evidence=(*refused, *datagrams, *passes), values=values),)


def _refused_by_own_system(attempt: ReachAttempt) -> bool:
    return refused_locally(attempt.address, attempt.failure)


def refused_locally(address: str | None, failure: Failure | None) -> bool:
    """Whether this system itself refused to send: an error that nothing from the network turns into over IPv4."""
    return (
        failure is not None
        and failure.kind is FailureKind.FILTERED_LOCALLY
        and address is not None
        and known_family(address) is Family.IPV4
    )


def _datagrams_refused(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of UDP servers to which nothing could be sent, because this system refused it."""
    found: list[str] = []
    for step, path in run.facts(UdpPath, Subject.UDP_SERVER):
        tried = [(each.address, each.failure) for each in path.stun]
        tried += [(each.address, each.failure) for each in path.reflectors]
        refused = any(refused_locally(address, failure) for address, failure in tried)
        if refused and all(failure is not None for _, failure in tried):
            found.append(step)
    return tuple(found)


def permission_missing(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The system refused a measurement, or left a way round only (TCP in place of ICMP), or kept a part to itself.

    That is nothing of the network's: it says what is missing from the picture.
    """
    refused = [
        result.id
        for result in run.steps()
        if isinstance(result.outcome, Failed) and result.outcome.failure.kind is FailureKind.PERMISSION
    ]
    echoes = run.facts(EchoStats)
    # Who answers no echo is asked by TCP as well; that is no way round.
    by_icmp = {echo.target for _, echo in echoes if echo.method is EchoMethod.ICMP}
    fallback = [step for step, echo in echoes if echo.method is EchoMethod.TCP_CONNECT and echo.target not in by_icmp]
    # Names and addresses of Wi-Fi cells need the permission for the location; the neighbour table may be closed too.
    nameless = [
        step
        for step, reading in run.facts(WifiReading)
        if any(link.joined and not link.names_permitted for link in reading.links)
    ]
    unseen = [step for step, reach in run.facts(GatewayReach) if reach.neighbour is None or signs.not_permitted(reach)]
    # Others of the own network than the gateway: services and resolvers of a home or an office.
    near = [step for step, reach in run.facts(Reach) if signs.kept_from(reach) is FailureKind.PERMISSION]
    near += [step for step, answers in run.facts(ResolverAnswers) if signs.not_permitted(answers)]
    steps = tuple(dict.fromkeys((*refused, *fallback, *nameless, *unseen, *near)))
    if not steps:
        return Clear()
    by_id = run.record.by_id()
    probes = ", ".join(sorted({by_id[step].probe for step in steps}))
    values: dict[str, FindingValue] = {"steps": len(steps), "probes": probes}
    return (finding("device.permission_missing", confidence=PROVED, evidence=steps, values=values),)


def self_assigned(state: NetworkState) -> bool:
    """Whether a linked interface has given itself an IPv4 address (RFC 3927): it asked for a lease and got none."""
    return any(
        known_family(address.address) is Family.IPV4 and known_scope(address.address) is Scope.LINK_LOCAL
        for interface in signs.ways_out(state)
        if interface.admin_up and interface.carrier is not False
        for address in interface.addresses
    )
