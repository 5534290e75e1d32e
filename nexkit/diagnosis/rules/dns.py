"""Name service: each resolver by itself, compared with others."""

from nexkit.address import Scope, known_family, known_scope
from nexkit.diagnosis import signs, tunnel, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, PROVED, STRONG, finding
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.signs import BAD_RCODES, ResolverState, ResolverView
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.tunnel import TunnelState
from nexkit.diagnosis.verdict import Clear, Finding, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.dns import DnsQuery, LargeAnswers, NameRole, ResolverAnswers, large_answers
from nexkit.facts.reach import Reach, ReachAttempt, TrustProblem
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

_NO_RESOLVER = Inconclusive(missing=(Subject.RESOLVER.value,))
_NO_INTERNET = Inconclusive(missing=(Subject.ANCHOR.value,))
_DEAD = frozenset({FailureKind.TIMEOUT, FailureKind.HOST_UNREACHABLE, FailureKind.REFUSED})
"""Asked and not answered; a resolver of a family without any way costs no time."""
_REAL = (NameRole.CONTROL, NameRole.SERVICE)
_NOBODY = frozenset({Scope.UNSPECIFIED, Scope.LOOPBACK})
"""Scopes of addresses that lead to no other host."""


def resolving_elsewhere(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of comparison resolvers that resolve."""
    return tuple(
        each.step for each in signs.resolvers(run, Subject.COMPARISON_RESOLVER) if each.state is ResolverState.GOOD
    )


def all_failing(run: Snapshot, limits: Limits, configured: tuple[ResolverView, ...]) -> tuple[str, ...] | None:
    """The evidence that no configured resolver resolves; None where one does, or where programs get names all the same.

    Programs may ask by another way than plain DNS (DNS over HTTPS, a VPN's own rules, a company's agent).
    """
    if not configured or not all(each.state in {ResolverState.SILENT, ResolverState.ERRING} for each in configured):
        return None
    if any(by_chance(run, limits, _silences(each)) for each in configured if each.state is ResolverState.SILENT):
        return None
    programs = signs.lookups(run, *_REAL)
    if programs and all(lookup.addresses for _, lookup in programs):
        return None
    return (*(each.step for each in configured), *(step for step, _ in programs))


def _silences(resolver: ResolverView) -> list[str]:
    """The address of the resolver, once for every question without an answer."""
    return [resolver.address for query in resolver.queries if query.rcode is None]


def uncached_ms(resolver: ResolverView) -> float | None:
    """The faster of its answers for names that no cache holds; None without one."""
    times = [query.time_ms for query in resolver.asked(NameRole.UNCACHED) if query.rcode and query.time_ms is not None]
    return min(times, default=None)


def fast_elsewhere(run: Snapshot, limits: Limits) -> tuple[str, ...]:
    """Outcome ids of comparison resolvers that look up uncached names at normal speed."""
    return tuple(
        each.step
        for each in signs.resolvers(run, Subject.COMPARISON_RESOLVER)
        if (time_ms := uncached_ms(each)) is not None and time_ms <= limits.dns_slow_ms
    )


def resolver_unreachable(run: Snapshot, limits: Limits) -> RuleAnswer:
    """No configured resolver answers, while the internet does by address."""
    configured = signs.resolvers(run, Subject.RESOLVER)
    if not configured:
        return _NO_RESOLVER
    failing = all_failing(run, limits, configured)
    silent = all(each.state is ResolverState.SILENT for each in configured)
    if failing is None or not silent or all(each.is_gateway for each in configured):
        return Clear()
    reached = signs.internet(run).reached_ids
    if not reached:
        return _NO_INTERNET
    others = signs.resolvers(run, Subject.COMPARISON_RESOLVER)
    good = resolving_elsewhere(run)
    filtered = bool(others) and all(each.state is ResolverState.SILENT for each in others)
    if not good and not filtered and others:
        return Inconclusive(missing=(Subject.COMPARISON_RESOLVER.value,))
    return (
        finding(
            "dns.resolver_unreachable",
            confidence=PROVED if good else FAIR,
            evidence=(*failing, *good, *reached),
            values={"resolvers": len(configured), "port_53": "filtered" if filtered else "open"},
        ),
    )


def resolver_error(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The configured resolvers answer with an error, for all names or a service's, and another one resolves."""
    configured = signs.resolvers(run, Subject.RESOLVER)
    if not configured:
        return _NO_RESOLVER
    failing = all_failing(run, limits, configured)
    if failing is None:
        return _first_one_fails(configured) or _service_name_lost(run, limits, configured)
    if all(each.state is ResolverState.SILENT for each in configured) or all(each.is_gateway for each in configured):
        return Clear()
    reached = signs.internet(run).reached_ids
    if not reached:
        return _NO_INTERNET
    good = resolving_elsewhere(run)
    others = signs.resolvers(run, Subject.COMPARISON_RESOLVER)
    if not good and any(each.state is ResolverState.ERRING for each in others):
        return Inconclusive(missing=(Subject.COMPARISON_RESOLVER.value,))
    codes = [query.rcode for each in configured for query in each.asked(*_REAL) if query.rcode is not None]
    return (
        finding(
            "dns.resolver_error",
            confidence=PROVED if good else FAIR,
            evidence=(*failing, *good, *reached),
            values=_answer_values(codes),
        ),
    )


def _answer_values(codes: list[str]) -> dict[str, FindingValue]:
    """What resolvers say in place of addresses: an error, that nothing is there, or no word at all."""
    errors = [code for code in codes if code in BAD_RCODES]
    rcode = next(iter(errors or codes), None)
    return {"rcode": rcode, "kind": "error" if errors else "nothing_there" if codes else "silent"}


def _first_one_fails(configured: tuple[ResolverView, ...]) -> tuple[Finding, ...]:
    """The resolver that is asked first fails for every name, and a later one stands in: most programs still get names.

    One that refuses may be there for an organisation's own names alone.
    """
    first, *later = configured
    good = tuple(each.step for each in later if each.state is ResolverState.GOOD)
    codes = {query.rcode for query in first.asked(*_REAL)}
    if first.state is not ResolverState.ERRING or not good or not codes <= BAD_RCODES - {"REFUSED"}:
        return ()
    values = _answer_values(sorted(code for code in codes if code is not None))
    evidence = (first.step, *good)
    return (
        finding("dns.resolver_error", confidence=LIKELY, evidence=evidence, values=values, severity=Severity.DEGRADED),
    )


def _service_name_lost(run: Snapshot, limits: Limits, configured: tuple[ResolverView, ...]) -> RuleAnswer:
    """A service's name for which no configured resolver has an address and a comparison has, and programs get none."""
    for name, resolved in _lost_names(run, configured).items():
        codes = [query.rcode for each in configured for query in _asked_for(each, name) if query.rcode is not None]
        if codes and set(codes) == {"NXDOMAIN"}:
            continue  # dns.tampered
        silences = [each.address for each in configured for query in _asked_for(each, name) if query.rcode is None]
        if not codes and by_chance(run, limits, silences):
            return Inconclusive(missing=(Subject.RESOLVER.value,))
        evidence = (*(each.step for each in configured), *resolved)
        values = {**_answer_values(codes), "service": _service_of(run).get(name)}
        return (finding("dns.resolver_error", confidence=LIKELY, evidence=evidence, values=values),)
    return Clear()


def _lost_names(run: Snapshot, configured: tuple[ResolverView, ...]) -> dict[str, tuple[str, ...]]:
    """Names of services that programs get no address for from the configured resolvers, with who resolves them."""
    others = signs.resolvers(run, Subject.COMPARISON_RESOLVER)
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(_without_address(run)):
        asked = [_asked_for(each, name) for each in configured]
        lost = all(queries and not any(query.addresses for query in queries) for queries in asked)
        resolved = tuple(each.step for each in others if any(query.addresses for query in _answers_for(each, name)))
        if asked and lost and resolved:
            found[name] = resolved
    return found


def _service_of(run: Snapshot) -> dict[str, str]:
    """The service that each name stands for."""
    return {reach.host: signs.service_id(step) for step, reach in run.facts(Reach, Subject.SERVICE)}


def _without_address(run: Snapshot) -> set[str]:
    """Names of services for which programs of this system get no address."""
    lost = {lookup.name for _, lookup in signs.lookups(run, NameRole.SERVICE) if not lookup.addresses}
    return lost | {reach.host for _, reach in run.facts(Reach, Subject.SERVICE) if reach.resolve_failure is not None}


def _asked_for(resolver: ResolverView, name: str) -> list[DnsQuery]:
    return [query for query in resolver.asked(*_REAL) if query.name == name]


def _answers_for(resolver: ResolverView, name: str) -> list[DnsQuery]:
    return [query for query in resolver.asked(*_REAL) if query.name == name and query.rcode is not None]


def first_resolver_dead(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The first resolver never answers and a later one does: most lookups wait for a time-out first.

    Where its system refuses at once, some systems ask the next one without a pause; its service is gone all the same.
    """
    configured = signs.resolvers(run, Subject.RESOLVER)
    if not configured:
        return _NO_RESOLVER
    first, *later = configured
    good = tuple(each.step for each in later if each.state is ResolverState.GOOD)
    waits = [query for query in first.queries if query.failure is not None and query.failure.kind in _DEAD]
    if first.state is not ResolverState.SILENT or not good or len(waits) < limits.min_signs:
        return Clear()
    if by_chance(run, limits, _silences(first)):
        return Inconclusive(missing=(first.step,))
    its_family = known_family(first.address)
    view = signs.internet(run)
    if its_family is not None and view.dead_count[its_family] and not view.reached[its_family]:
        return Clear()  # its whole family leads nowhere
    slow = tuple(step for step, lookup in signs.lookups(run, *_REAL) if lookup.time_ms >= limits.dns_very_slow_ms)
    return (
        finding(
            "dns.first_resolver_dead",
            confidence=PROVED if slow else LIKELY,
            evidence=(first.step, *good, *slow),
            values={"resolvers": len(configured)},
        ),
    )


def slow(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Names that no cache holds take long on every configured resolver, and not on another one."""
    answering = [each for each in signs.resolvers(run, Subject.RESOLVER) if each.state is ResolverState.GOOD]
    times = [time_ms for each in answering if (time_ms := uncached_ms(each)) is not None]
    if not times:
        return Inconclusive(missing=(Subject.RESOLVER.value,))
    if min(times) <= limits.dns_slow_ms:
        return Clear()
    others = fast_elsewhere(run, limits)
    if not others:
        return Inconclusive(missing=(Subject.COMPARISON_RESOLVER.value,))
    if all(each.is_gateway for each in answering) and min(times) > limits.dns_very_slow_ms:
        return Clear()  # gateway.dns_broken
    evidence = (*(each.step for each in answering), *others)
    return (finding("dns.slow", confidence=LIKELY, evidence=evidence, values={"dns_ms": min(times)}),)


def tampered(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A configured resolver gives false addresses: for a name that cannot exist, or in place of the real ones.

    Content networks give every resolver other addresses, and all of them serve the name: that is normal.
    """
    configured = signs.resolvers(run, Subject.RESOLVER)
    if not configured:
        return _NO_RESOLVER
    invented = tuple(
        each.step for each in configured if any(query.addresses for query in each.asked(NameRole.NONEXISTENT))
    )
    if invented:
        # `.invalid` never exists (RFC 6761 section 6.4), whoever else invents it too.
        return (finding("dns.tampered", confidence=STRONG, evidence=invented, values={"kind": "invented"}),)
    of_service = (
        _service_elsewhere(run, configured) or _service_nowhere(run, configured) or _service_denied(run, configured)
    )
    found = _foreign(run, configured, limits) or of_service
    return (found,) if found is not None else Clear()


def _service_elsewhere(run: Snapshot, configured: tuple[ResolverView, ...]) -> Finding | None:
    """A service's name with addresses of somebody else, while it works where a comparison resolver says it is.

    Somebody else is there with another name's certificate; or the addresses are inner ones, and nothing is there.
    """
    others = signs.resolvers(run, Subject.COMPARISON_RESOLVER)
    for step, reach in run.facts(Reach, Subject.SERVICE_HOST):
        asked = [each for each in configured if _answers_for(each, reach.host)]
        given = {address for each in asked for query in _answers_for(each, reach.host) for address in query.addresses}
        real = {address for each in others for query in _answers_for(each, reach.host) for address in query.addresses}
        of_service = [(own, other) for own, other in run.facts(Reach, Subject.SERVICE) if other.host == reach.host]
        foreign = any(
            attempt.address in given and attempt.tls is not None and attempt.tls.problem is TrustProblem.WRONG_NAME
            for _, other in of_service
            for attempt in other.attempts
        )
        tried = [attempt for _, other in of_service for attempt in other.attempts if attempt.address in given]
        inner = bool(given) and all(known_scope(address) is not Scope.INTERNET for address in given)
        empty = inner and bool(tried) and all(attempt.connect_ms is None and _let_go(attempt) for attempt in tried)
        genuine = any(attempt.address in real - given and signs.passing(attempt) for attempt in reach.attempts)
        if (foreign or empty) and genuine and signs.encrypted(reach) and not _inside(run, of_service):
            evidence = (*(each.step for each in asked), *(own for own, _ in of_service), step)
            values = {"kind": "replaced"}
            confidence = STRONG if foreign else LIKELY
            return finding("dns.tampered", confidence=confidence, evidence=evidence, values=values)
    return None


def _let_go(attempt: ReachAttempt) -> bool:
    """Whether the system refused nothing. What this program itself does not contact is no address of a service."""
    refused = {FailureKind.FILTERED_LOCALLY, FailureKind.PERMISSION}
    return attempt.failure is None or attempt.failure.kind not in refused


def _inside(run: Snapshot, of_service: list[tuple[str, Reach]]) -> bool:
    """Whether the profile says that the service stands inside the VPN: it may well have an inner address as well."""
    expected = run.record.expectations
    inside = () if expected is None or expected.vpn is None else expected.vpn.inside
    return any(step in inside for step, _ in of_service)


def _service_denied(run: Snapshot, configured: tuple[ResolverView, ...]) -> Finding | None:
    """A service's name that every configured resolver says does not exist, as filters do, while a comparison has it."""
    for name, resolved in _lost_names(run, configured).items():
        codes = {query.rcode for each in configured for query in _asked_for(each, name)}
        good = all(each.state is ResolverState.GOOD for each in configured)
        if codes == {"NXDOMAIN"} and good:
            of_service = (step for step, reach in run.facts(Reach, Subject.SERVICE) if reach.host == name)
            evidence = (*(each.step for each in configured), *resolved, *of_service)
            return finding("dns.tampered", confidence=LIKELY, evidence=evidence, values={"kind": "denied"})
    return None


def _service_nowhere(run: Snapshot, configured: tuple[ResolverView, ...]) -> Finding | None:
    """A service's name with addresses that are nobody's, as blocking resolvers give, while others know real ones.

    Inner addresses are left out: an organisation may well have its service within.
    """
    others = signs.resolvers(run, Subject.COMPARISON_RESOLVER)
    for step, reach in run.facts(Reach, Subject.SERVICE):
        asked = [each for each in configured if _answers_for(each, reach.host)]
        given = {address for each in asked for query in _answers_for(each, reach.host) for address in query.addresses}
        routed = tuple(each.step for each in others if _gives_routed(each, reach.host))
        nobody = bool(given) and all(known_scope(address) in _NOBODY for address in given)
        tried = [attempt for attempt in reach.attempts if attempt.address in given]
        if nobody and routed and tried and not any(signs.passing(attempt) for attempt in reach.attempts):
            of_service = [own for own, other in run.facts(Reach, Subject.SERVICE) if other.host == reach.host]
            evidence = (*(each.step for each in asked), *routed, step, *of_service)
            values = {"kind": "replaced"}
            return finding("dns.tampered", confidence=STRONG, evidence=evidence, values=values)
    return None


def _gives_routed(resolver: ResolverView, name: str) -> bool:
    addresses = (address for query in _answers_for(resolver, name) for address in query.addresses)
    return any(known_scope(address) is Scope.INTERNET for address in addresses)


def _foreign(run: Snapshot, configured: tuple[ResolverView, ...], limits: Limits) -> Finding | None:
    """A control name with addresses that no comparison resolver gives and that do not serve it."""
    others = signs.resolvers(run, Subject.COMPARISON_RESOLVER)
    by_host = {reach.host: (step, reach) for step, reach in run.facts(Reach, Subject.CONTROL)}
    replaced: dict[str, frozenset[str]] = {}
    evidence: list[str] = []
    proved = False
    for name in sorted({query.name for each in configured for query in each.asked(NameRole.CONTROL)}):
        given = {address for each in configured for query in _answers_for(each, name) for address in query.addresses}
        elsewhere = {each.step: query.addresses for each in others for query in _answers_for(each, name)}
        real = {address for addresses in elsewhere.values() for address in addresses}
        if not given or not real or given & real:
            continue
        step, reach = by_host.get(name, ("", None))
        tried = [] if reach is None else [each for each in reach.attempts if each.address in given]
        if any(signs.passing(attempt) for attempt in tried):
            continue
        unrouted = all(known_scope(address) is not Scope.INTERNET for address in given)
        somebody_else = any(
            attempt.tls is not None and attempt.tls.problem is TrustProblem.WRONG_NAME for attempt in tried
        )
        real_is_routed = any(known_scope(address) is Scope.INTERNET for address in real)
        proved = proved or somebody_else or (unrouted and real_is_routed)
        replaced[name] = frozenset(given)
        evidence += [each.step for each in configured if _answers_for(each, name)]
        evidence += [*elsewhere, *([step] if step else [])]
    one_for_all = len(replaced) >= limits.shared_names and len(set(replaced.values())) == 1
    if not (proved or one_for_all):
        return None
    false = {address for addresses in replaced.values() for address in addresses}
    # A service that was sent there as well fails for that reason.
    evidence += [step for step, reach in run.facts(Reach, Subject.SERVICE) if _all_among(reach, false)]
    return finding(
        "dns.tampered", confidence=STRONG if proved else FAIR, evidence=tuple(evidence), values={"kind": "replaced"}
    )


def _all_among(reach: Reach, addresses: set[str]) -> bool:
    return bool(reach.attempts) and all(attempt.address in addresses for attempt in reach.attempts)


def aaaa_broken(run: Snapshot, limits: Limits) -> RuleAnswer:
    """IPv4 addresses come at once, and IPv6 questions fail or take long: for every name, or for one of a service.

    For a single name only where it is told to fail, or programs feel it: one silent answer may be chance.
    """
    answering = [each for each in signs.resolvers(run, Subject.RESOLVER) if each.state is ResolverState.GOOD]
    if not answering:
        return _NO_RESOLVER
    controls = {query.name for each in answering for query in each.asked(NameRole.CONTROL, rdtype="AAAA")}
    half = _half_answered(run, limits, answering, controls)
    if half is not None and len(controls) >= limits.min_signs:
        return half
    felt = _without_address(run) | {
        lookup.name for _, lookup in signs.lookups(run, NameRole.SERVICE) if lookup.time_ms > limits.dns_very_slow_ms
    }
    felt |= {
        query.name
        for each in answering
        for query in each.asked(NameRole.SERVICE, rdtype="AAAA")
        if query.rcode in BAD_RCODES
    }
    for name in sorted(felt):
        if (of_service := _half_answered(run, limits, answering, {name})) is not None:
            return of_service
    return Clear() if controls else Inconclusive(missing=(Subject.RESOLVER.value,))


def _half_answered(run: Snapshot, limits: Limits, answering: list[ResolverView], names: set[str]) -> RuleAnswer | None:
    """The finding where no AAAA of the names comes and every A does, if a comparison has them; None where not so."""
    good = [query for each in answering for query in each.asked(*_REAL, rdtype="A") if query.name in names]
    bad = [query for each in answering for query in each.asked(*_REAL, rdtype="AAAA") if query.name in names]
    fine = all(query.rcode == "NOERROR" for query in good)
    # What had to be asked again was lost, and is late for that.
    first_time = all(query.attempts == 1 for query in (*good, *bad))
    at_once = first_time and all(query.time_ms is not None and query.time_ms <= limits.dns_slow_ms for query in good)
    late = [query for query in bad if query.time_ms is not None and query.time_ms > limits.dns_very_slow_ms]
    failing = all(query.rcode in BAD_RCODES or _timed_out(query) or (at_once and query in late) for query in bad)
    if not (good and bad and fine and failing):
        return None
    silent = [query for query in bad if query.rcode is None]
    if len(silent) == len(bad) and by_chance(run, limits, [each.address for each in answering for _ in silent]):
        return Inconclusive(missing=(Subject.RESOLVER.value,))
    others = [
        each.step
        for each in signs.resolvers(run, Subject.COMPARISON_RESOLVER)
        if any(
            query.rcode == "NOERROR" and query.name in names and (query.time_ms or 0.0) <= limits.dns_very_slow_ms
            for query in each.asked(*_REAL, rdtype="AAAA")
        )
    ]
    if not others:
        return Inconclusive(missing=(Subject.COMPARISON_RESOLVER.value,))
    of_service = (step for step, reach in run.facts(Reach, Subject.SERVICE) if reach.host in names)
    evidence = (*(each.step for each in answering), *others, *of_service)
    return (finding("dns.aaaa_broken", confidence=LIKELY, evidence=evidence),)


def _timed_out(query: DnsQuery) -> bool:
    return query.failure is not None and query.failure.kind is FailureKind.TIMEOUT


def name_missing(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """A service's name that no resolver knows, or has an address for, while other names resolve.

    A broken zone looks so too: every resolver says that it cannot tell (SERVFAIL).
    Names from inside a VPN out of which nothing answers are left out: who would know them was not heard.
    """
    configured = signs.resolvers(run, Subject.RESOLVER)
    if not any(each.state is ResolverState.GOOD for each in configured):
        return _NO_RESOLVER
    compared = [each for each in signs.resolvers(run, Subject.COMPARISON_RESOLVER) if each.state is ResolverState.GOOD]
    everyone = (*configured, *signs.resolvers(run, Subject.COMPARISON_RESOLVER))
    lost = _without_address(run)
    service_of = _service_of(run)
    unheard = _names_inside_unheard(run)
    found: list[Finding] = []
    for name in sorted({query.name for each in configured for query in each.asked(NameRole.SERVICE)}):
        answers = {each.step: _answers_for(each, name) for each in everyone}
        asked = {step: queries for step, queries in answers.items() if queries}
        everybodys = [query for queries in asked.values() for query in queries]
        missing = all(query.rcode == "NXDOMAIN" for query in everybodys)
        heard = [each for each in compared if answers[each.step]]
        unknown = bool(heard) and not any(query.addresses for query in everybodys) and name in lost
        if not asked or not (missing or unknown):
            continue
        if name in unheard:
            continue
        if any(lookup.addresses for _, lookup in signs.lookups(run, NameRole.SERVICE) if lookup.name == name):
            continue  # the hosts file or another source knows it
        if any(
            way.passage is ways.Passage.OPENED
            for _, reach in run.facts(Reach, Subject.SERVICE)
            if reach.host == name and (way := ways.proxied(run, reach)) is not None
        ):
            continue  # the proxy looks it up, and knows it
        found.append(
            finding(
                "dns.name_missing",
                confidence=FAIR if not resolving_elsewhere(run) else STRONG if missing else LIKELY,
                evidence=(*asked, *(step for step, reach in run.facts(Reach, Subject.SERVICE) if reach.host == name)),
                values={
                    "service": service_of.get(name),
                    "rcode": everybodys[0].rcode,
                    "kind": "missing" if missing else "unknown",
                },
            )
        )
    return tuple(found) or Clear()


def _names_inside_unheard(run: Snapshot) -> frozenset[str]:
    """Hosts that the profile says stand inside the VPN, where the way leads into it and nobody inside answers."""
    expected, its = run.record.expectations, tunnel.vpn(run)
    if expected is None or expected.vpn is None or its is None or its.state is not TunnelState.SILENT:
        return frozenset()
    inside = expected.vpn.inside
    return frozenset(reach.host for step, reach in run.facts(Reach, Subject.SERVICE) if step in inside)


def large_answers_blocked(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Answers larger than 512 bytes come neither over UDP nor over TCP, while small ones come at once.

    Where one of the two ways works, names resolve: that is no fault anybody notices.
    """
    answering = {each.step for each in signs.resolvers(run, Subject.RESOLVER) if each.state is ResolverState.GOOD}
    if not answering:
        return _NO_RESOLVER
    asked = [(step, answers) for step, answers in run.facts(ResolverAnswers, Subject.RESOLVER) if step in answering]
    states = {step: large_answers(answers) for step, answers in asked}
    told = {step: state for step, state in states.items() if state is not None}
    if not told:
        return Inconclusive(missing=(Subject.RESOLVER.value,))
    if any(state not in {LargeAnswers.LOST, LargeAnswers.TCP_LOST} for state in told.values()):
        return Clear()
    lost = [
        answers.resolver
        for step, answers in asked
        if step in told
        for query in answers.queries
        if query.role is NameRole.LARGE and _timed_out(query)
    ]
    if lost and by_chance(run, limits, lost):
        return Inconclusive(missing=(Subject.RESOLVER.value,))
    elsewhere = [
        (step, large_answers(answers)) for step, answers in run.facts(ResolverAnswers, Subject.COMPARISON_RESOLVER)
    ]
    whole = tuple(step for step, state in elsewhere if state in {LargeAnswers.WHOLE, LargeAnswers.OVER_TCP})
    blocked = tuple(step for step, state in elsewhere if state in {LargeAnswers.LOST, LargeAnswers.TCP_LOST})
    return (
        finding(
            "dns.large_answers_blocked",
            confidence=STRONG if whole or blocked else LIKELY,
            evidence=(*told, *whole, *blocked),
            values={"resolvers": len(told)},
        ),
    )
