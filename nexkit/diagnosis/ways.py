"""The way that programs take to a web address: directly, or through the proxy that the settings name for it.

Behind a mandatory proxy silence of direct connections is policy, and what counts is what the proxy gives.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from http import HTTPStatus
from urllib.parse import urlsplit

from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.proxy import ProxyAttempt, ProxyCheck, ProxyDecision, ProxyKind, ProxyRequest, TunnelAnswer
from nexkit.facts.reach import ProxyReach, Reach, ReachAttempt, ReachLayer
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

_SOCKS_NO_AUTH = 0
_WEB = {ReachLayer.HTTP: "http", ReachLayer.HTTPS: "https"}
_PORTS = {"http": 80, "https": 443}
_OF_THE_PROXY_ITSELF = frozenset({"resolve", "connect", "tls", "proxy_resolve", "proxy_connect"})
"""Steps that fail before the proxy was asked for anything."""


class Passage(IntEnum):
    """What came of asking for a web address by way of a proxy; the better the higher."""

    NO_PROXY = 0
    """The proxy itself was not found or not reached."""
    UNREACHED = 1
    """The proxy is there, and gets nowhere (its own 5xx, or no word from it)."""
    REFUSED = 2
    """The proxy will not (4xx)."""
    SIGN_IN = 3
    """The proxy wants to know who asks (407)."""
    OPENED = 4
    """The proxy is through to the other end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxied:
    """One host and port by way of the proxy."""

    steps: tuple[str, ...]
    passage: Passage
    status: int | None = None
    """What the proxy answered; None where it said nothing, or does not speak HTTP."""
    error: str | None = None
    """The proxy's own word for what went wrong."""
    attempt: ReachAttempt | None = None
    """What came of the other end, once it was through; its address is the proxy's, its connect time the tunnel's."""
    silent: bool = False
    """No answer to the request came at all."""
    direct: bool = False
    """The proxies failed, and the direct way that is allowed after them works."""


def proxy_check(run: Snapshot) -> tuple[str, ProxyCheck] | None:
    """(step id, fact) of the system's proxies; None where they were not looked at."""
    return next(iter(run.facts(ProxyCheck, Subject.PROXY)), None)


def decision_for(run: Snapshot, reach: Reach) -> ProxyDecision | None:
    """The way that web programs take to the target; None where it is no web address or nothing is known."""
    known = proxy_check(run)
    scheme = _WEB.get(reach.layer)
    if known is None or scheme is None:
        return None
    for decision in known[1].decisions:
        try:
            parts = urlsplit(decision.url)
            port = parts.port or _PORTS.get(parts.scheme)
        except ValueError:
            continue
        if (parts.scheme, parts.hostname, port) == (scheme, reach.host.lower(), reach.port):
            return decision
    return None


def proxied(run: Snapshot, reach: Reach) -> Proxied | None:
    """What came of a target by way of its proxy; None where programs go directly or nothing was asked."""
    found = sorted(_all_ways(run, reach), key=lambda each: (each.passage, each.attempt is not None))
    if not found:
        return None
    best = found[-1]
    return replace(best, steps=tuple(dict.fromkeys(step for each in reversed(found) for step in each.steps)))


def _all_ways(run: Snapshot, reach: Reach) -> Iterator[Proxied]:
    known, decision = proxy_check(run), decision_for(run, reach)
    if decision is not None and decision.direct:
        return
    for step, other in run.facts(Reach, Subject.PROXY):
        same = (other.host, other.port, other.layer) == (reach.host, reach.port, reach.layer)
        if same and other.through_proxy is not None:
            yield _of_reach(step, other, other.through_proxy)
    if known is None or decision is None:
        return
    for attempt in decision.attempts:
        yield _of_attempt(known[0], attempt)
    falls_back = any(way.kind is ProxyKind.DIRECT for way in decision.ways)
    passing = any(each.failure is None and each.connect_ms is not None for each in reach.attempts)
    if falls_back and passing and all(each.failure is not None for each in decision.attempts):
        yield Proxied(steps=(known[0],), passage=Passage.OPENED, direct=True)


def _of_answer(step: str, answer: TunnelAnswer) -> Proxied:
    """What the status of an answer to CONNECT says."""
    status = answer.status
    if answer.opened:
        passage = Passage.OPENED
    elif status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        passage = Passage.SIGN_IN
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
    }:
        passage = Passage.UNREACHED
    else:
        passage = Passage.REFUSED
    return Proxied(steps=(step,), passage=passage, status=status, error=answer.error)


def _of_attempt(step: str, attempt: ProxyAttempt) -> Proxied:
    """What the proxy probe came to."""
    answers = [each for each in (attempt.answer_with_password, attempt.answer) if each is not None]
    if attempt.socks_reply is not None:
        passed = attempt.socks_reply == _SOCKS_NO_AUTH
        return Proxied(steps=(step,), passage=Passage.OPENED if passed else Passage.UNREACHED)
    if answers and attempt.failure is None:
        if attempt.request is ProxyRequest.PAGE and answers[0].error is None:
            # Without a word of the proxy's own the status is that of the page, but for the one that is a proxy's only.
            asks = answers[0].status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
            passage = Passage.SIGN_IN if asks else Passage.OPENED
            return Proxied(steps=(step,), passage=passage, status=answers[0].status)
        return _of_answer(step, answers[0])
    failed_at = "" if attempt.failure is None else attempt.failure.step
    passage = Passage.NO_PROXY if failed_at in _OF_THE_PROXY_ITSELF else Passage.UNREACHED
    return Proxied(steps=(step,), passage=passage, silent=_silent(attempt))


def _silent(attempt: ProxyAttempt) -> bool:
    return attempt.failure is not None and attempt.failure.kind is FailureKind.TIMEOUT


def _of_reach(step: str, reach: Reach, way: ProxyReach) -> Proxied:
    """What the reach probe came to."""
    if way.failure is not None and way.failure.step in _OF_THE_PROXY_ITSELF - {"tls"}:
        silent = way.failure.kind is FailureKind.TIMEOUT
        return Proxied(steps=(step,), passage=Passage.NO_PROXY, silent=silent)
    if way.tunnel is not None and not way.tunnel.opened:
        return _of_answer(step, way.tunnel)
    if way.tunnel is None and reach.layer is not ReachLayer.HTTP:
        silent = way.failure is not None and way.failure.kind is FailureKind.TIMEOUT
        return Proxied(steps=(step,), passage=Passage.UNREACHED, silent=silent)
    if way.tunnel is None and way.http is None:
        return Proxied(steps=(step,), passage=Passage.UNREACHED, silent=True)
    if way.schemes and way.http is not None:
        return Proxied(steps=(step,), passage=Passage.SIGN_IN, status=way.http.status)
    attempt = ReachAttempt(
        address=way.address or way.proxy,
        connect_ms=way.tunnel.answer_ms if way.tunnel is not None else way.connect_ms,
        tls=way.tls,
        http=way.http,
        failure=way.failure,
        failed_after_ms=way.failed_after_ms,
    )
    status = None if way.tunnel is None else way.tunnel.status
    return Proxied(steps=(step,), passage=Passage.OPENED, status=status, attempt=attempt)


def reaches(run: Snapshot, subject: Subject) -> tuple[tuple[str, Reach], ...]:
    """(step id, reach) of controls or services, each by the way that programs take.

    Where that is a proxy, there is one attempt: what came of the other end. A target of which the proxy gave nothing
    is left out: what it says of the proxy says nothing of the target.
    """
    asked: list[tuple[str, Reach]] = []
    for step, reach in run.facts(Reach, subject):
        way = proxied(run, reach)
        web = reach.layer in _WEB
        # Other programs than those of the web go directly first.
        if way is None or way.direct or (not web and way.passage is not Passage.OPENED):
            asked.append((step, reach))
        elif way.attempt is not None:
            asked.append((way.steps[0], replace(reach, attempts=(way.attempt,), resolve_failure=None)))
    return tuple(asked)


def found(run: Snapshot, subject: Subject) -> tuple[tuple[str, Reach], ...]:
    """Like `reaches`, and where a name led nowhere, what stands at the addresses that another resolver gives for it.

    It tells how the target itself does, not how programs of this computer do.
    """
    return tuple(_elsewhere(run, reach) or (step, reach) for step, reach in reaches(run, subject))


def _elsewhere(run: Snapshot, reach: Reach) -> tuple[str, Reach] | None:
    if reach.resolve_failure is None or reach.attempts:
        return None
    same = [
        (own, other)
        for own, other in run.facts(Reach, Subject.SERVICE_HOST)
        if (other.host, other.port, other.layer) == (reach.host, reach.port, reach.layer) and other.attempts
    ]
    if not same:
        return None
    attempts = tuple(attempt for _, other in same for attempt in other.attempts)
    return same[0][0], replace(reach, attempts=attempts, resolve_failure=None)


def passed(way: Proxied) -> bool:
    """Whether the other end did all that was asked of it, as far as it was asked."""
    if way.passage is not Passage.OPENED:
        return False
    attempt = way.attempt
    return attempt is None or (attempt.failure is None and (attempt.tls is None or attempt.tls.trusted))


def carried(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids that show controls reached through a proxy: the internet works for programs that obey it."""
    return tuple(
        way.steps[0]
        for _, reach in run.facts(Reach, Subject.CONTROL)
        if (way := proxied(run, reach)) is not None and not way.direct and passed(way)
    )


def carried_by_address(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids that show destinations reached through a proxy without a name."""
    return tuple(
        way.steps[0]
        for _, reach in run.facts(Reach, Subject.ANCHOR)
        if (way := proxied(run, reach)) is not None and passed(way)
    )


def nameless(run: Snapshot) -> tuple[Proxied, ...]:
    """Controls that the proxy does not get to because it cannot look them up: it says so, or gets to addresses."""
    by_address = bool(carried_by_address(run))
    return tuple(way for way in not_carried(run) if by_address or name_unknown(way))


def name_unknown(way: Proxied) -> bool:
    """Whether the proxy says that it cannot look the name up (RFC 9209, section 2.3.2; Squid's ERR_DNS_FAIL)."""
    return "dns" in (way.error or "").lower()


def proxy_answers(run: Snapshot) -> bool | None:
    """Whether a proxy answers a request that it need not pass on; None where it was not asked one."""
    own = [reach for _, reach in run.facts(Reach, Subject.PROXY) if reach.through_proxy is None]
    attempts = [attempt for reach in own for attempt in reach.attempts if attempt.connect_ms is not None]
    if not attempts:
        return None
    return any(
        attempt.http is not None or (attempt.failure is not None and attempt.failure.kind is not FailureKind.TIMEOUT)
        for attempt in attempts
    )


def not_carried(run: Snapshot) -> tuple[Proxied, ...]:
    """Controls that a living proxy does not get to; one that answers nothing at all may not live."""
    found = (proxied(run, reach) for _, reach in run.facts(Reach, Subject.CONTROL))
    lives = proxy_answers(run)
    return tuple(
        way for way in found if way is not None and way.passage is Passage.UNREACHED and (lives or not way.silent)
    )
