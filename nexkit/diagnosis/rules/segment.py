"""The network that this computer stands in: the organisation's or another, its settings, its other computers."""

from nexkit.address import Scope, known_scope
from nexkit.diagnosis import signs, tunnel
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.tunnel import TunnelState
from nexkit.diagnosis.verdict import Clear, Finding, Inconclusive, RuleAnswer, Severity
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.echo import EchoStats
from nexkit.facts.reach import Reach
from nexkit.facts.segment import DhcpAnswerKind, DhcpOffer, RouterAdvertisement, SegmentSurvey
from nexkit.outcome import FailureKind
from nexkit.run_record import NetworkMet
from nexkit.subject import Subject

_NOTHING_EXPECTED = Inconclusive(missing=("expectations",))
_INNER = frozenset({Scope.PRIVATE, Scope.SHARED, Scope.UNIQUE_LOCAL, Scope.LINK_LOCAL})


def wrong_network(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """Wi-Fi name or addresses are of another network than the profile's.

    Right name and wrong addresses is lan.rogue_dhcp. With the VPN up, another network is where people work from.
    """
    met = _met(run)
    if met is None:
        return _NOTHING_EXPECTED
    answers = (met.ssid, met.prefix, met.resolvers)
    if met.ssid is True or answers.count(True) > answers.count(False):
        return Clear()
    by_resolver = met.resolvers is False and met.prefix is None and _strange_resolvers(run)
    if met.ssid is not False and met.prefix is not False and not by_resolver:
        return Clear()
    alive = _expected_alive(run)
    if alive and met.prefix is not False:
        return Clear()  # lan.rogue_dhcp
    confidence = STRONG if answers.count(False) > 1 else FAIR
    return (
        finding(
            "lan.wrong_network",
            confidence=POSSIBLE if True in answers or alive else confidence,
            evidence=(*met.steps, *_expected_silent(run)),
            values={"kind": "wifi" if met.ssid is False else "addresses"},
            severity=_severity(run),
        ),
    )


def rogue_dhcp(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """Two servers hand out settings that contradict each other; or the settings are not those of this network."""
    for step, survey in run.facts(SegmentSurvey, Subject.COMPUTER):
        if servers := contradicting_offers(survey.offers):
            return (_rogue(run, STRONG, (step,), "servers", servers),)
        if routers := contradicting_routers(survey.routers):
            return (_rogue(run, FAIR, (step,), "routers", routers),)
    met = _met(run)
    if met is None:
        return _NOTHING_EXPECTED
    if met.ssid is True and met.prefix is False and met.resolvers is not True:
        confidence = STRONG if met.resolvers is False else LIKELY
        return (_rogue(run, confidence, met.steps, "settings", None),)
    if met.resolvers is not False or met.prefix is False or met.ssid is False or not _strange_resolvers(run):
        return Clear()
    # The name server is another one: a second sign is the right one, which is here, or that the other one fails.
    alive = _expected_alive(run)
    failing = tuple(
        each.step
        for each in signs.resolvers(run, Subject.RESOLVER)
        if each.state in {signs.ResolverState.SILENT, signs.ResolverState.ERRING}
    )
    if not alive and (not failing or met.prefix is not True):
        return Inconclusive(missing=(Subject.EXPECTED_RESOLVER.value,))
    confidence = STRONG if alive and met.prefix else LIKELY
    return (_rogue(run, confidence, (*met.steps, *alive, *failing), "settings", None),)


def _rogue(run: Snapshot, confidence: float, evidence: tuple[str, ...], kind: str, servers: int | None) -> Finding:
    return finding(
        "lan.rogue_dhcp",
        confidence=confidence,
        evidence=evidence,
        values={"kind": kind, "servers": servers},
        severity=_severity(run),
    )


def contradicting_offers(offers: tuple[DhcpOffer, ...]) -> int | None:
    """How many DHCP servers name different ways out; None where they agree, as two that share the work do."""
    by_server = {
        (offer.server, offer.mac): offer for offer in offers if offer.kind is not DhcpAnswerKind.NAK and offer.routers
    }
    told = {offer.routers for offer in by_server.values()}
    macs = {offer.mac for offer in by_server.values()}
    return len(by_server) if len(told) > 1 and len(macs) > 1 else None


def contradicting_routers(routers: tuple[RouterAdvertisement, ...]) -> int | None:
    """How many IPv6 routers offer a way out with prefixes of their own; None where they share them, or there is one.

    Who advertises no default route (a lifetime of 0) offers none: border routers of smart-home networks do that.
    """
    offering = [
        (router.mac, {(prefix.prefix, prefix.length) for prefix in router.prefixes if prefix.autonomous})
        for router in routers
        if router.lifetime_s > 0
    ]
    apart = [
        first_mac
        for first_mac, first in offering
        for other_mac, other in offering
        if first_mac != other_mac and first and other and not first & other
    ]
    return len(set(apart)) or None


def client_isolation(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A service in this very network is silent, while router and internet answer.

    It cannot be told from one that is switched off: the words say so.
    """
    alive = tuple(step for gateway in signs.gateways(run) for step in gateway.answered)
    reached = signs.internet(run).reached_ids
    here = tunnel.on_link(run) - {gateway.address for gateway in signs.gateways(run)}
    tested = [
        (step, reach)
        for step, reach in run.facts(Reach, Subject.SERVICE)
        if reach.attempts and all(attempt.address in here for attempt in reach.attempts)
    ]
    if not tested:
        return Clear()
    if not alive or not reached:
        return Inconclusive(missing=(Subject.GATEWAY.value, Subject.ANCHOR.value))
    speaking = _speaking(run)
    silent = [(step, reach) for step, reach in tested if not {each.address for each in reach.attempts} & speaking]
    if not silent or here & speaking:
        return Clear()  # another computer of this network is reached
    first, reach = silent[0]
    no_neighbour = any(
        each.failure is not None and each.failure.kind is FailureKind.HOST_UNREACHABLE for each in reach.attempts
    )
    return (
        finding(
            "lan.client_isolation",
            confidence=FAIR if len({each.host for _, each in silent}) >= limits.min_signs else POSSIBLE,
            evidence=(*(step for step, _ in silent), *alive, *reached),
            values={"service": signs.service_id(first), "answer": "absent" if no_neighbour else "silent"},
        ),
    )


def _speaking(run: Snapshot) -> frozenset[str]:
    """Addresses that said anything at all; a refusal and a reset are words too."""
    attempts = [
        attempt
        for _, reach in run.facts(Reach, Subject.SERVICE, Subject.SERVICE_HOST)
        for attempt in reach.attempts
        if attempt.connect_ms is not None
        or (attempt.failure is not None and attempt.failure.kind in {FailureKind.REFUSED, FailureKind.RESET})
    ]
    echoes = [echo.target for _, echo in run.facts(EchoStats, Subject.SERVICE_HOST) if echo.received]
    return frozenset([*(attempt.address for attempt in attempts), *echoes])


def _met(run: Snapshot) -> NetworkMet | None:
    expected = run.record.expectations
    return None if expected is None else expected.network


def _strange_resolvers(run: Snapshot) -> bool:
    """Whether this computer asks name servers of an inner network; public ones may have been set by hand."""
    known = signs.network(run)
    return known is not None and any(known_scope(resolver.address) in _INNER for resolver in known[1].resolvers)


def _expected_alive(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of the profile's own name servers of this network that answer, though others were set."""
    return tuple(
        step
        for step, resolver in run.facts(ResolverAnswers, Subject.EXPECTED_RESOLVER)
        if any(query.rcode is not None for query in resolver.queries)
    )


def _expected_silent(run: Snapshot) -> tuple[str, ...]:
    return tuple(
        step
        for step, resolver in run.facts(ResolverAnswers, Subject.EXPECTED_RESOLVER)
        if resolver.queries and all(query.rcode is None for query in resolver.queries)
    )


def _severity(run: Snapshot) -> Severity:
    """Blocking where something that was tested fails; with the VPN up, another network is just told."""
    vpn = tunnel.vpn(run)
    if vpn is not None and vpn.state is TunnelState.UP and vpn.interface:
        return Severity.CONTEXT
    works = bool(signs.internet(run).reached_ids) and all(
        signs.service_works(reach, reach.attempts) for _, reach in run.facts(Reach, Subject.SERVICE)
    )
    return Severity.DEGRADED if works else Severity.BLOCKING
