"""Filters that answer in a service's place, or let TCP through and UDP not."""

from collections.abc import Iterator
from dataclasses import dataclass

from nexkit.address import Scope, known_scope
from nexkit.diagnosis import needs, signs, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, STRONG, finding
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.rules.device import refused_locally
from nexkit.diagnosis.rules.inspection import is_copy
from nexkit.diagnosis.rules.security import one_for_each_service
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Finding, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.dns import DnsTransport, ResolverAnswers
from nexkit.facts.echo import EchoStats
from nexkit.facts.path import PathMethod, PathTrace
from nexkit.facts.reach import HttpResult, Reach, ReachAttempt, ReachLayer
from nexkit.facts.time import ClockCheck, TimeMethod
from nexkit.facts.udp import UdpPath, UdpPortState, UdpService
from nexkit.outcome import Failure, FailureKind
from nexkit.subject import Subject

_REFUSED = frozenset({FailureKind.REFUSED, FailureKind.RESET, FailureKind.FILTERED_LOCALLY})
"""Over UDP these come of an ICMP error, from the host or in its name."""
_UDP_SILENT = signs.SILENT


# --- pages in place of the service's own ---


def web_filter(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A proxy refuses the service and nothing else, or a page that speaks of blocking comes in the service's place.

    What comes over TLS with a publicly trusted certificate of the service's name is the service's own word, whatever it
    says. Plain HTTP and connections with a copied certificate can be answered by anything on the way.
    """
    tested = run.facts(Reach, Subject.SERVICE)
    if not tested:
        return Inconclusive(missing=(Subject.SERVICE.value,))
    controls = signs.passing_controls(run)
    if len(controls) < limits.min_controls:
        return Inconclusive(missing=(Subject.CONTROL.value,))
    found: list[Finding] = []
    for step, reach in tested:
        way = ways.proxied(run, reach)
        if way is not None and way.passage is ways.Passage.REFUSED and reach.layer is not ReachLayer.TCP:
            values: dict[str, FindingValue] = {
                "service": signs.service_id(step),
                "status": way.status,
                "by": "proxy",
            }
            evidence = (*way.steps, *controls)
            found.append(finding("security.web_filter", confidence=STRONG, evidence=evidence, values=values))
    for step, reach in ways.reaches(run, Subject.SERVICE):
        pages = _block_pages(reach)
        if not pages:
            continue
        marks = min(len(page.block_marks) for page in pages)
        whole = len(pages) == sum(signs.passing(each) and each.http is not None for each in reach.attempts)
        found.append(
            finding(
                "security.web_filter",
                confidence=STRONG if marks > 1 else LIKELY,
                evidence=(step, *controls),
                values={"service": signs.service_id(step), "status": pages[0].status, "by": "page"},
                # Where the filter stands on the way to a part of its addresses, the others give the service itself.
                severity=Severity.BLOCKING if whole else Severity.DEGRADED,
            )
        )
    return one_for_each_service(found) or Clear()


def _block_pages(reach: Reach) -> list[HttpResult]:
    """The answers that are a filter's; empty where one that anybody may have given can be the service's own."""
    pages = [
        attempt.http
        for attempt in reach.attempts
        if attempt.http is not None and signs.passing(attempt) and _anybody_may_answer(reach, attempt)
    ]
    # Without marks the service itself may forbid it, through an inspection that passes its answers on.
    return pages if all(page.block_marks for page in pages) else []


def _anybody_may_answer(reach: Reach, attempt: ReachAttempt) -> bool:
    """Whether something on the way can have sent the answer: nothing protects it, or a copied certificate does."""
    return reach.layer is ReachLayer.HTTP or (attempt.tls is not None and is_copy(attempt.tls))


# --- UDP ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """One UDP port of a host."""

    step: str
    host: str
    port: int
    addresses: tuple[str, ...]
    answers: bool
    refused: bool
    alive: tuple[str, ...]
    """Outcome ids that show the host alive by other means."""


def udp_blocked(run: Snapshot, limits: Limits) -> RuleAnswer:
    """UDP to several hosts fails that answer otherwise: all of it (DNS and NTP may pass), or QUIC alone."""
    targets = list(_targets(run))
    if not targets:
        return Inconclusive(missing=(Subject.UDP_SERVER.value,))
    failing = [each for each in targets if not each.answers and each.alive]
    if not failing:
        unknown = any(not each.answers for each in targets)
        return Inconclusive(missing=(Subject.UDP_SERVER.value,)) if unknown else Clear()
    silent = [address for each in failing if not each.refused for address in each.addresses]
    if silent and by_chance(run, limits, silent):
        return Inconclusive(missing=(Subject.UDP_SERVER.value,))
    quic = [each for each in failing if each.port == _QUIC_PORT]
    quic_works = any(each.answers for each in targets if each.port == _QUIC_PORT)
    others_work = any(each.answers for each in targets if each.port != _QUIC_PORT)
    if not quic_works and others_work and len({each.host for each in quic}) >= limits.min_destinations:
        return (_udp_finding(quic, LIKELY, "quic"),)
    if quic_works or others_work:
        return Clear()
    traced = tuple(_traced_over_udp(run))
    more = _plain_udp_lost(run)
    if len({each.host for each in failing}) >= limits.min_destinations:
        return (_all_blocked(run, failing, STRONG, more=more, against=traced),)
    if traced:
        return Inconclusive(missing=(Subject.UDP_SERVER.value,))
    if more:
        return (_all_blocked(run, failing, LIKELY, more=more),)
    if len(failing) >= limits.min_signs and not any(each.refused for each in failing):
        # Two programs of one host would have to hang at once.
        return (_all_blocked(run, failing, FAIR),)
    return Inconclusive(missing=(Subject.UDP_SERVER.value,))


_QUIC_PORT = 443


def _udp_finding(
    failing: list[_Target], confidence: float, what: str, *, more: tuple[str, ...] = (), against: tuple[str, ...] = ()
) -> Finding:
    evidence = [step for each in failing for step in (each.step, *each.alive)]
    answer = "refused" if all(each.refused for each in failing) else "silent"
    hosts = len({each.host for each in failing})
    return finding(
        "security.udp_blocked",
        confidence=confidence,
        evidence=(*evidence, *more),
        against=against[:1],
        values={"udp": what, "hosts": hosts, "answer": answer},
    )


def _all_blocked(
    run: Snapshot,
    failing: list[_Target],
    confidence: float,
    *,
    more: tuple[str, ...] = (),
    against: tuple[str, ...] = (),
) -> Finding:
    found = _udp_finding(failing, confidence, "all", more=more, against=against)
    return needs.needed_by(found, needs.needing(run, lambda service: service.udp))


def _targets(run: Snapshot) -> Iterator[_Target]:
    yield from _of_profile(run)
    yield from _of_services(run)
    yield from _over_quic(run)


def _trouble(failure: Failure | None) -> bool:
    """Whether the network is what failed."""
    return failure is not None and failure.kind in _UDP_SILENT | _REFUSED


def _of_profile(run: Snapshot) -> Iterator[_Target]:
    """STUN servers and reflectors, each port of a host once, whichever of its addresses answers."""
    for step, path in run.facts(UdpPath, Subject.UDP_SERVER):
        answers = [(each.server, each.port, each.address, each.failure) for each in path.stun]
        answers += [(each.server, each.port, each.address, each.failure) for each in path.reflectors]
        for host, port in dict.fromkeys((host, port) for host, port, _, _ in answers):
            own = [(address, failure) for name, number, address, failure in answers if (name, number) == (host, port)]
            tried = [(address, failure) for address, failure in own if address is not None]
            works = any(failure is None for _, failure in tried)
            if any(refused_locally(address, failure) for address, failure in tried):
                continue  # device.firewall
            if tried and (works or all(_trouble(failure) for _, failure in tried)):
                addresses = tuple(address for address, _ in tried if address is not None)
                everywhere = tuple(address for name, _, address, _ in answers if name == host and address is not None)
                yield _Target(
                    step=step,
                    host=host,
                    port=port,
                    addresses=addresses,
                    answers=works,
                    refused=any(failure is not None and failure.kind in _REFUSED for _, failure in tried),
                    alive=_alive(run, everywhere, Subject.UDP_SERVER),
                )


def _of_services(run: Snapshot) -> Iterator[_Target]:
    """Ports of services whose protocol answers strangers."""
    for step, service in run.facts(UdpService, Subject.SERVICE):
        states = {each.state for each in service.ports}
        works = bool(states & {UdpPortState.ANSWERS, UdpPortState.ANSWERS_OTHERWISE})
        told = service.silence_tells and states <= {UdpPortState.SILENT, UdpPortState.FAILED}
        if service.ports and (works or told) and service.port != _QUIC_PORT:
            addresses = tuple(each.address for each in service.ports)
            yield _Target(
                step=step,
                host=service.host,
                port=service.port,
                addresses=addresses,
                answers=works,
                refused=False,
                alive=_alive(run, addresses, Subject.SERVICE, Subject.SERVICE_HOST),
            )


def _over_quic(run: Snapshot) -> Iterator[_Target]:
    """Web servers that offered HTTP/3 in an answer over TCP, just before."""
    for step, reach in run.facts(Reach, Subject.CONTROL, Subject.SERVICE, Subject.UDP_SERVER):
        offered = [each for each in reach.attempts if each.quic is not None and _offers_http3(each)]
        if not offered:
            continue
        answers = [each.quic.version is not None for each in offered if each.quic is not None]
        failures = [each.quic.failure for each in offered if each.quic is not None]
        if any(answers) or all(_trouble(failure) for failure in failures):
            yield _Target(
                step=step,
                host=reach.host,
                port=reach.port,
                addresses=tuple(each.address for each in offered),
                answers=any(answers),
                refused=any(failure is not None and failure.kind in _REFUSED for failure in failures),
                alive=(step,),
            )


def _offers_http3(attempt: ReachAttempt) -> bool:
    pages = (attempt.http, attempt.http2.http if attempt.http2 is not None else None)
    return signs.passing(attempt) and any(page is not None and page.http3_offered for page in pages)


def _alive(run: Snapshot, addresses: tuple[str, ...], *subjects: Subject) -> tuple[str, ...]:
    """Outcome ids of other answers from the addresses: echo, an open port, or a port that is closed by TCP."""
    pinged = [step for step, echo in run.facts(EchoStats, *subjects) if echo.target in addresses and echo.received]
    asked = [
        step
        for step, reach in run.facts(Reach, *subjects)
        if any(
            attempt.address in addresses
            and (
                attempt.connect_ms is not None
                or (attempt.failure is not None and attempt.failure.kind is FailureKind.REFUSED)
            )
            for attempt in reach.attempts
        )
    ]
    return (*pinged, *asked)


def _traced_over_udp(run: Snapshot) -> list[str]:
    """Outcome ids of paths whose far end answered to UDP: any port of it but few comes through then."""
    return [
        step
        for step, trace in run.facts(PathTrace, Subject.ANCHOR, Subject.SERVICE)
        if trace.method is PathMethod.UDP and trace.reached and known_scope(trace.target) is Scope.INTERNET
    ]


def _plain_udp_lost(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of clocks and resolvers in the internet that no datagram came back from."""
    found: list[str] = []
    for step, clocks in run.facts(ClockCheck, Subject.TIME_SERVER):
        ntp = [each for each in clocks.sources if each.method is TimeMethod.NTP and each.address is not None]
        if ntp and all(_trouble(each.failure) for each in ntp):
            found.append(step)
    for step, resolver in run.facts(ResolverAnswers, Subject.COMPARISON_RESOLVER):
        over_udp = [each for each in resolver.queries if each.transport is DnsTransport.UDP]
        if over_udp and all(each.rcode is None for each in over_udp):
            found.append(step)
    return tuple(found)
