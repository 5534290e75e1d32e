"""Filters and inspection between this computer and a service that is there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nexkit.diagnosis import signs, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, STRONG, finding
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Finding, Inconclusive, RuleAnswer, Severity
from nexkit.facts.echo import EchoStats
from nexkit.facts.mtu import MtuState, PathMtu
from nexkit.facts.portal import PortalCheck
from nexkit.facts.proxy import ProxyKind
from nexkit.facts.reach import Reach, ReachAttempt
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

_REFUSED = frozenset({FailureKind.REFUSED, FailureKind.RESET})
_PLAIN_PORT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedPort:
    """A port that gives nothing while its host does otherwise."""

    refused: bool
    """It says no, and may do so itself."""
    reset: bool = False
    """Something on the way ends connections to it at their first words."""
    hangs: bool = False
    """Or swallows what is said in them."""
    alive: tuple[str, ...]
    """Outcome ids that show the host alive."""


def blocked_port(run: Snapshot, limits: Limits, reach: Reach) -> BlockedPort | None:
    """Whether the port of a target is cut off although one of its addresses answers otherwise; None where not.

    A silent port is cut off when the host gives any sign of life; a reply to echo is one as long as no other port was
    asked in vain. A refused one may be the host's own word: it counts only when another port of the same address is
    open. So may a connection that is reset at its first words, unless unrelated hosts do the same, or the reset comes
    sooner than anything can from where the connection was taken.
    """
    attempts = signs.fair_attempts(run, reach)
    kinds = {_refusal(attempt) for attempt in attempts}
    if (muted := _muted(run, limits, reach, attempts)) is not None:
        return muted
    refused = bool(kinds & _REFUSED)
    if not kinds or not kinds <= signs.SILENT | _REFUSED:
        return None
    if not refused and by_chance(run, limits, [attempt.address for attempt in attempts]):
        return None
    addresses = {attempt.address for attempt in attempts}
    alive = _open_ports(run, reach, addresses, answer_is_enough=not refused)
    alive += _open_by_proxy(run, reach, forbidden_is_enough=not refused)
    if not refused and not _other_ports_silent(run, reach, addresses):
        alive += tuple(
            step
            for step, echo in run.facts(EchoStats, Subject.SERVICE_HOST)
            if echo.target in addresses and echo.received
        )
    return BlockedPort(refused=refused, alive=alive) if alive else None


def _refusal(attempt: ReachAttempt) -> FailureKind | None:
    """How the port gave nothing; None where it took the connection and did not end it at once."""
    if attempt.failure is None or (attempt.connect_ms is not None and not signs.cut_off_at_greeting(attempt)):
        return None
    return attempt.failure.kind


def _too_soon(limits: Limits, attempt: ReachAttempt) -> bool:
    """The reset came in much less than the round trip to where the connection was taken."""
    times = (attempt.connect_ms, attempt.failed_after_ms)
    if not signs.cut_off_at_greeting(attempt):
        return False
    if times[0] is None or times[1] is None or times[0] < limits.far_enough_ms:
        return False
    return times[1] < times[0] / 2


def _muted(run: Snapshot, limits: Limits, reach: Reach, attempts: tuple[ReachAttempt, ...]) -> BlockedPort | None:
    """Connections to the port are taken, and end or go silent at the first words of TLS, by no doing of the host.

    Unrelated hosts all do so, and large packets get through; or the end comes too soon to be the host's.
    """
    if not attempts or not all(signs.without_greeting(attempt) for attempt in attempts):
        return None
    reset = all(signs.cut_off_at_greeting(attempt) for attempt in attempts)
    others = signs.controls_without_greeting(run, reach.port)
    everybody = len(others) >= limits.min_destinations and (reset or not _sizes_lost(run))
    if not reset and by_chance(run, limits, [attempt.address for attempt in attempts]):
        return None
    if not everybody and not any(_too_soon(limits, attempt) for attempt in attempts):
        return None
    alive = _open_ports(run, reach, {attempt.address for attempt in attempts}, answer_is_enough=True)
    return BlockedPort(refused=False, reset=reset, hangs=not reset, alive=(*others, *alive))


def _sizes_lost(run: Snapshot) -> bool:
    """Whether large packets may be what does not get through."""
    return any(fact.state is MtuState.BLACK_HOLE for _, fact in run.facts(PathMtu))


def _open_ports(run: Snapshot, reach: Reach, addresses: set[str], *, answer_is_enough: bool) -> tuple[str, ...]:
    """Outcome ids of other ports on the addresses that accept, or with `answer_is_enough` at least refuse."""
    return tuple(
        step
        for step, other in run.facts(Reach, Subject.SERVICE, Subject.SERVICE_HOST)
        if other.port != reach.port
        and any(
            attempt.address in addresses
            and (
                (attempt.connect_ms is not None and (answer_is_enough or not signs.without_greeting(attempt)))
                or (answer_is_enough and attempt.failure is not None and attempt.failure.kind in _REFUSED)
            )
            for attempt in other.attempts
        )
    )


def _other_ports_silent(run: Snapshot, reach: Reach, addresses: set[str]) -> bool:
    """Whether a further port was asked on the addresses, and nothing came of it either: then it is the host."""
    return any(
        attempt.address in addresses and attempt.failure is not None and attempt.failure.kind in signs.SILENT
        for _, other in run.facts(Reach, Subject.SERVICE, Subject.SERVICE_HOST)
        if other.port != reach.port
        for attempt in other.attempts
        if attempt.connect_ms is None
    )


def _open_by_proxy(run: Snapshot, reach: Reach, *, forbidden_is_enough: bool) -> tuple[str, ...]:
    """Outcome ids that show the host alive on another port, as a proxy sees it.

    With `forbidden_is_enough` also those of a proxy that gives no way to this port, as long as it gets to the others.
    """
    own = ways.proxied(run, reach)
    found = [
        way
        for _, other in run.facts(Reach, Subject.SERVICE)
        if other.host == reach.host
        and other.port != reach.port
        and (way := ways.proxied(run, other)) is not None
        and not way.direct
    ]
    if any(way.passage is ways.Passage.UNREACHED for way in found):
        return ()
    forbidden = own is not None and own.passage is ways.Passage.REFUSED and forbidden_is_enough
    return (
        *(own.steps[:1] if own is not None and forbidden else ()),
        *(way.steps[0] for way in found if way.passage is ways.Passage.OPENED),
    )


def port_blocked(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A service's port is cut off while its host answers on others, or the web's for everybody.

    A refusal by a filter on the way and one by a host whose program for this port has stopped look the same.
    """
    tested = ways.found(run, Subject.SERVICE)
    if not tested:
        return Inconclusive(missing=(Subject.SERVICE.value,))
    controls = signs.passing_controls(run)
    found: list[Finding] = list(_plain_web(run, limits))
    for step, reach in tested:
        blocked = blocked_port(run, limits, reach)
        if blocked is None:
            continue
        certain = STRONG if len(controls) >= limits.min_controls else FAIR
        found.append(
            finding(
                "security.port_blocked",
                confidence=POSSIBLE if blocked.refused else certain,
                evidence=(step, *blocked.alive, *controls),
                values={
                    "service": signs.service_id(step),
                    "port": reach.port,
                    "answer": _answer(blocked),
                },
            )
        )
    return one_for_each_service(found) or Clear()


def _answer(blocked: BlockedPort) -> str:
    if blocked.reset or blocked.hangs:
        return "reset" if blocked.reset else "hangs"
    return "refused" if blocked.refused else "silent"


def _plain_web(run: Snapshot, limits: Limits) -> Iterator[Finding]:
    """Web servers of several operators take no connection on the port of plain pages, while secure ones are fine.

    Behind a proxy that is set it is policy, and hurts nobody.
    """
    known = ways.proxy_check(run)
    if known is None or any(way.kind is not ProxyKind.DIRECT for each in known[1].decisions for way in each.ways):
        return
    answered = [step for step, check in run.facts(PortalCheck, Subject.PORTAL_CHECK) if _any_answer(check)]
    secure = {
        attempt.address: step
        for step, reach in run.facts(Reach, Subject.CONTROL)
        for attempt in reach.attempts
        if signs.passing(attempt)
    }
    plain = [
        (step, attempt)
        for step, reach in run.facts(Reach, Subject.SERVICE_HOST)
        for attempt in reach.attempts
        if reach.port == _PLAIN_PORT and attempt.address in secure
    ]
    kinds = {_refusal(attempt) for _, attempt in plain}
    steps = {secure[attempt.address] for _, attempt in plain}
    if answered or len(steps) < limits.min_destinations or not kinds <= signs.SILENT | _REFUSED:
        return
    silent = not kinds & _REFUSED
    if silent and by_chance(run, limits, [attempt.address for _, attempt in plain]):
        return
    yield finding(
        "security.port_blocked",
        confidence=LIKELY,
        evidence=(*(step for step, _ in plain), *sorted(steps)),
        values={"service": "HTTP", "port": _PLAIN_PORT, "answer": "silent" if silent else "refused"},
        severity=Severity.DEGRADED,
    )


def _any_answer(check: PortalCheck) -> bool:
    return any(attempt.failure is None for attempt in check.attempts)


def one_for_each_service(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of one cause, several ports of a service taken together under the surest one."""
    together: dict[object, Finding] = {}
    for each in found:
        name = each.values.get("service")
        known = together.get(name)
        if known is None:
            together[name] = each
            continue
        surest = each if each.confidence > known.confidence else known
        evidence = tuple(dict.fromkeys((*known.evidence, *each.evidence)))
        together[name] = replace(surest, evidence=evidence)
    return tuple(together.values())
