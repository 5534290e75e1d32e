"""The computer itself besides its network settings: its clock, its hosts file, how busy it is."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from nexkit.address import Scope, known_scope
from nexkit.diagnosis import needs, signs, ways
from nexkit.diagnosis.causes import LIKELY, POSSIBLE, PROVED, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.rules.lan import first_stretch_trouble
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.dns import NameRole, SystemLookups
from nexkit.facts.host import HostChange, HostState, host_change
from nexkit.facts.reach import Reach, TlsResult, TrustProblem
from nexkit.facts.time import TOLERANCE_S, Agreement, ClockCheck, TimeMethod
from nexkit.subject import Subject

_NO_CLOCK = Inconclusive(missing=(Subject.TIME_SERVER.value,))
_NO_HOSTS = Inconclusive(missing=("lookup.system",))
_NO_READING = Inconclusive(missing=("host.start", "host.end"))
_BY_DATE = frozenset({TrustProblem.EXPIRED, TrustProblem.NOT_YET_VALID})
_TESTED = (NameRole.CONTROL, NameRole.SERVICE)


# --- the clock ---


def clock_wrong(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Other clocks agree that this one is off by so much that something refuses it.

    Whoever answers for everybody on the way (a portal, a router that takes over NTP) may have the wrong clock itself:
    certificates that this system trusts were valid when they were shown, and contradict it then.
    """
    known = next(iter(run.facts(ClockCheck, Subject.TIME_SERVER)), None)
    if known is None or known[1].offset_s is None:
        return _NO_CLOCK
    step, check = known
    offset_s = known[1].offset_s
    certainly_s = abs(offset_s) - (check.uncertainty_s or 0.0)
    strict = needs.refusing_clock(run, certainly_s)
    if certainly_s <= limits.clock_codes_s and not strict:
        return Clear() if check.agreement is Agreement.MAJORITY else _NO_CLOCK
    truth = check.checked_at + timedelta(seconds=offset_s)
    shown = list(_certificates(run))
    if any(tls.trusted and not _valid(tls, truth) for _, tls in shown):
        return _NO_CLOCK
    misjudged = tuple(own for own, tls in shown if tls.problem in _BY_DATE and _valid(tls, truth))
    sources = _agreeing(check)
    if not misjudged and (check.agreement is not Agreement.MAJORITY or sources < limits.min_signs):
        return _NO_CLOCK
    certain = misjudged or sources > limits.min_signs
    values: dict[str, FindingValue] = {
        "off_s": abs(offset_s),
        "clock": "behind" if offset_s > 0 else "ahead",
        "breaks": "certificates" if misjudged else "kerberos" if abs(offset_s) > limits.clock_kerberos_s else "codes",
    }
    if not misjudged and certainly_s <= limits.clock_codes_s:
        values["breaks"] = "service"
    found = finding(
        "device.clock_wrong",
        confidence=LIKELY if check.disagreeing and not misjudged else PROVED if certain else STRONG,
        evidence=(step, *misjudged),
        values=values,
    )
    return (needs.needed_by(found, strict),)


def _certificates(run: Snapshot) -> Iterator[tuple[str, TlsResult]]:
    """(step id, handshake) of controls and services, directly and through a proxy."""
    for step, reach in run.facts(Reach, Subject.CONTROL, Subject.SERVICE, Subject.PROXY):
        shown = [attempt.tls for attempt in reach.attempts]
        shown += [] if reach.through_proxy is None else [reach.through_proxy.tls]
        yield from ((step, tls) for tls in shown if tls is not None and tls.certificate is not None)


def _valid(tls: TlsResult, at: datetime) -> bool:
    """Whether the certificate is valid at a moment; one that was not read is no contradiction."""
    own = tls.certificate
    return own is None or own.not_before_at <= at <= own.not_after_at


def _agreeing(check: ClockCheck) -> int:
    """How many servers say it; 0 where none of them speaks for itself, as all plain HTTP may be a portal's answer."""
    agreeing = [
        source
        for source in check.sources
        if source.offset_s is not None
        and check.offset_s is not None
        and abs(source.offset_s - check.offset_s) <= (source.uncertainty_s or 0.0) + TOLERANCE_S
    ]
    if all(source.method is TimeMethod.HTTP_DATE for source in agreeing):
        return 0
    return len({source.address or source.server for source in agreeing})


# --- the hosts file ---


def hosts_override(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The hosts file sends a tested name to another address than every name server does.

    Where that address serves the name, somebody meant it so: told, and no fault.
    """
    files = [
        (step, fact.service.hosts)
        for step, fact in run.facts(SystemLookups, Subject.COMPUTER)
        if fact.service is not None and fact.service.hosts is not None
    ]
    if not files:
        return _NO_HOSTS
    evidence: list[str] = []
    services: list[str] = []
    works = True
    for step, entries in files:
        for name in dict.fromkeys(entry.name for entry in entries):
            taken = _taken(run, name, {entry.address for entry in entries if entry.name == name})
            elsewhere = _elsewhere(run, name)
            if not taken or not elsewhere or any(taken & addresses for addresses in elsewhere.values()):
                continue
            reaches = [each for each in run.facts(Reach, Subject.CONTROL, Subject.SERVICE) if each[1].host == name]
            works = works and bool(reaches) and all(_serves(run, reach, taken) for _, reach in reaches)
            by_id = run.record.by_id()
            services += [signs.service_id(own) for own, _ in reaches if by_id[own].subject is Subject.SERVICE]
            evidence += [step, *elsewhere, *(own for own, _ in reaches)]
    if not evidence:
        return Clear()
    values: dict[str, FindingValue] = {
        "service": ", ".join(dict.fromkeys(services)) or None,
        "overridden": "service" if services else "site",
    }
    return (
        finding(
            "device.hosts_override",
            confidence=STRONG if works else PROVED,
            evidence=tuple(evidence),
            values=values,
            severity=Severity.CONTEXT if works else None,
        ),
    )


def _taken(run: Snapshot, name: str, given: set[str]) -> set[str]:
    """The addresses of the file that programs get."""
    return given & {
        address for _, lookup in signs.lookups(run, *_TESTED) if lookup.name == name for address in lookup.addresses
    }


def _elsewhere(run: Snapshot, name: str) -> dict[str, frozenset[str]]:
    """What each name server says, by outcome id. One on this computer itself may read the hosts file too."""
    found: dict[str, frozenset[str]] = {}
    for subject in (Subject.RESOLVER, Subject.COMPARISON_RESOLVER):
        for each in signs.resolvers(run, subject):
            addresses = frozenset(
                address for query in each.asked(*_TESTED) if query.name == name for address in query.addresses
            )
            if addresses and known_scope(each.address) is not Scope.LOOPBACK:
                found[each.step] = addresses
    return found


def _serves(run: Snapshot, reach: Reach, addresses: set[str]) -> bool:
    attempts = [attempt for attempt in reach.attempts if attempt.address in addresses]
    way = ways.proxied(run, reach)
    return signs.service_works(reach, attempts) or (way is not None and way.passage is ways.Passage.OPENED)


# --- how busy it is ---


def overloaded(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Processors or memory are exhausted during the run, and a program here waits long for an answer of its own.

    A computer that is merely busy serves its programs all the same. Where it does not tell how long they wait, a bad
    way to the router may be its doing as well as the network's.
    """
    readings = run.facts(HostState, Subject.COMPUTER)
    if not readings:
        return _NO_READING
    steps = tuple(step for step, _ in readings)
    last = readings[-1][1]
    change = host_change(readings[0][1], last) if len(readings) > 1 else None
    busy_ratio = last.cpu_busy_ratio if change is None else change.cpu_busy_ratio
    busy = busy_ratio is not None and busy_ratio >= limits.cpu_busy_ratio
    if not busy and not _memory_exhausted(last, change, limits):
        return Clear() if busy_ratio is not None else _NO_READING
    # The reading at the beginning is taken while the run itself does most.
    own_ms = min(
        (state.own_answer_p50_ms for _, state in readings if state.own_answer_p50_ms is not None), default=None
    )
    near = first_stretch_trouble(run, limits)
    if own_ms is not None and own_ms <= limits.own_answer_ms:
        return Clear()
    if own_ms is None and not near:
        return _NO_READING
    return (
        finding(
            "device.overloaded",
            confidence=POSSIBLE if own_ms is None else STRONG if len(readings) > 1 else LIKELY,
            evidence=(*steps, *near),
            values={
                "exhausted": "processors" if busy else "memory",
                "cpu_busy_ratio": busy_ratio,
                "memory_free_bytes": last.memory_available_bytes,
                "own_answer_ms": own_ms,
            },
        ),
    )


def _memory_exhausted(last: HostState, change: HostChange | None, limits: Limits) -> bool:
    """Hardly any memory is left, and the system moves it to and from the disk meanwhile."""
    if change is None or not last.memory_total_bytes or change.memory_available_bytes is None:
        return False
    free_ratio = change.memory_available_bytes / last.memory_total_bytes
    return free_ratio <= limits.memory_free_ratio and bool(change.swapped_bytes)
