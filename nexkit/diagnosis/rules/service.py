"""The tested service itself; blamed only when unrelated controls pass in the same run."""

from collections.abc import Callable, Iterable, Iterator

from nexkit.address import Scope, known_family, known_scope
from nexkit.diagnosis import signs, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, STRONG, finding
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.rules.security import blocked_port, one_for_each_service
from nexkit.diagnosis.signs import HttpState
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, Finding, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.echo import EchoStats
from nexkit.facts.mtu import MtuState, PathMtu
from nexkit.facts.reach import HttpResult, Reach, ReachAttempt, TrustProblem
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

_UNANSWERED = signs.SILENT | {FailureKind.REFUSED, FailureKind.RESET}
_NO_SERVICE = Inconclusive(missing=(Subject.SERVICE.value,))
_NO_CONTROLS = Inconclusive(missing=(Subject.CONTROL.value,))

Judge = Callable[[Snapshot, str, Reach], Finding | None]


def _judge_each(run: Snapshot, judge: Judge) -> RuleAnswer:
    tested = ways.found(run, Subject.SERVICE)
    if not tested:
        return _NO_SERVICE
    found = [each for step, reach in tested if (each := judge(run, step, reach)) is not None]
    return one_for_each_service(found) or Clear()


def _blaming(run: Snapshot, limits: Limits, judge: Judge) -> RuleAnswer:
    """Like `_judge_each`, with controls that pass as a condition of any finding."""
    answer = _judge_each(run, judge)
    few = len(signs.passing_controls(run)) < limits.min_controls
    return _NO_CONTROLS if isinstance(answer, tuple) and few else answer


def _kind(attempt: ReachAttempt) -> FailureKind | None:
    return None if attempt.failure is None else attempt.failure.kind


def _refused_connect(attempt: ReachAttempt) -> bool:
    return attempt.connect_ms is None and _kind(attempt) in _UNANSWERED


def _hangs(attempt: ReachAttempt) -> bool:
    """The system of the server accepts, and the program behind says nothing to a TLS greeting, or ends it."""
    return signs.without_greeting(attempt)


def down(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Every address refuses or is silent, port and host alike; or accepts and then never greets."""

    def judge(run: Snapshot, step: str, reach: Reach) -> Finding | None:
        attempts = signs.fair_attempts(run, reach)
        hangs = any(_hangs(attempt) for attempt in attempts) and signs.encrypted(reach)
        if not attempts or not all(_refused_connect(attempt) or (hangs and _hangs(attempt)) for attempt in attempts):
            return None
        refused = any(_kind(attempt) is FailureKind.REFUSED for attempt in attempts)
        reset = any(signs.cut_off_at_greeting(attempt) for attempt in attempts)
        if blocked_port(run, limits, reach) is not None:
            return None  # security.port_blocked
        if hangs and len(signs.controls_without_greeting(run, reach.port)) >= limits.min_destinations:
            return None  # so do strangers
        if not (refused or reset) and by_chance(run, limits, _silences(run, attempts)):
            return None
        outside = any(known_scope(attempt.address) is Scope.INTERNET for attempt in attempts)
        if not refused and not outside:
            return None  # controls in the internet say nothing of the way to an inner network
        if ways.carried(run) and not signs.internet(run).reached_ids:
            return None  # nothing gets out but through the proxy, and that was not asked for this port
        return finding(
            "service.down",
            confidence=STRONG if refused else FAIR if hangs else LIKELY,
            evidence=(step, *_other_steps(run, reach), *signs.passing_controls(run)),
            values={
                "service": signs.service_id(step),
                "port": reach.port,
                "answer": "refused" if refused else "reset" if reset else "hangs" if hangs else "silent",
            },
        )

    answer = _blaming(run, limits, judge)
    unreached = _not_reached_by_proxy(run, limits)
    return one_for_each_service((*answer, *unreached) if isinstance(answer, tuple) else unreached) or answer


def _not_reached_by_proxy(run: Snapshot, limits: Limits) -> tuple[Finding, ...]:
    """Services that the proxy does not get to, while it gets to the controls."""
    carried = ways.carried(run)
    if len(carried) < limits.min_controls:
        return ()
    return tuple(
        finding(
            "service.down",
            confidence=LIKELY,
            evidence=(*way.steps, *carried),
            values={"service": signs.service_id(step), "port": reach.port, "answer": "not_reached_by_proxy"},
        )
        for step, reach in run.facts(Reach, Subject.SERVICE)
        if (way := ways.proxied(run, reach)) is not None
        and way.passage is ways.Passage.UNREACHED
        and not ways.name_unknown(way)
    )


def _silences(run: Snapshot, attempts: Iterable[ReachAttempt]) -> list[str]:
    """The address of every silent attempt on the host, those of follow-ups and pings included."""
    addresses = {attempt.address for attempt in attempts}
    others = (attempt for _, other in run.facts(Reach, Subject.SERVICE_HOST) for attempt in other.attempts)
    found = [
        attempt.address
        for attempt in (*attempts, *others)
        if attempt.address in addresses and _kind(attempt) in signs.SILENT
    ]
    for _, echo in run.facts(EchoStats, Subject.SERVICE_HOST):
        found += [echo.target] * (echo.sent if echo.target in addresses and not echo.received else 0)
    return found


def _other_steps(run: Snapshot, reach: Reach) -> tuple[str, ...]:
    """Follow-ups about the same host."""
    return tuple(step for step, other in run.facts(Reach, Subject.SERVICE_HOST) if other.host == reach.host)


def address_bad(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Some addresses of the service fail and others work, while the failing ones' family works elsewhere."""

    def judge(run: Snapshot, step: str, reach: Reach) -> Finding | None:
        attempts = signs.fair_attempts(run, reach)
        muted = signs.encrypted(reach) and not _large_ones_lost(run, reach)
        bad = [
            attempt
            for attempt in attempts
            if _refused_connect(attempt) or _server_error(reach, attempt) or (muted and _hangs(attempt))
        ]
        if not bad or not signs.service_works(reach, attempts):
            return None
        if all(_kind(attempt) in signs.SILENT for attempt in bad) and by_chance(
            run, limits, [attempt.address for attempt in bad]
        ):
            return None
        reached = signs.internet(run).reached
        families = {found for attempt in bad if (found := known_family(attempt.address)) is not None}
        elsewhere = tuple(
            other for each in families for other in reached[each] if signs.service_id(other) != signs.service_id(step)
        )
        if not elsewhere:
            return None
        return finding(
            "service.address_bad",
            confidence=LIKELY,
            evidence=(step, *elsewhere),
            values={
                "service": signs.service_id(step),
                "bad": len(bad),
                "tested": len(attempts),
            },
        )

    return _blaming(run, limits, judge)


def _server_error(reach: Reach, attempt: ReachAttempt) -> bool:
    return attempt.http is not None and signs.http_state(reach, attempt.http) is HttpState.ERROR


def cert_invalid(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The certificate of the service, or of one of its servers, is not valid, and this system trusts the controls'.

    Trusted controls also show that the own clock is about right.
    """

    def judge(run: Snapshot, step: str, reach: Reach) -> Finding | None:
        shown = [attempt.tls for attempt in reach.attempts if attempt.tls is not None]
        bad = [tls for tls in shown if not tls.trusted]
        if not bad:
            return None
        problem = bad[0].problem or TrustProblem.OTHER
        return finding(
            "service.cert_invalid",
            confidence=STRONG,
            evidence=(step, *signs.trusted_controls(run)),
            values={"service": signs.service_id(step), "problem": problem.value},
            # Where another address shows a good one, it fails for some, or now and then.
            severity=Severity.BLOCKING if len(bad) == len(shown) else Severity.DEGRADED,
        )

    answer = _judge_each(run, judge)
    few = len(signs.trusted_controls(run)) < limits.min_controls
    return _NO_CONTROLS if isinstance(answer, tuple) and few else answer


def _answers(reach: Reach) -> Iterator[HttpResult]:
    """HTTP answers that came over a connection worth believing."""
    return (attempt.http for attempt in reach.attempts if attempt.http is not None and signs.passing(attempt))


def _all_answers_are(wanted: HttpState, code: str, confidence: float) -> Judge:
    """A judge that finds a service whose every HTTP answer is of one kind."""

    def judge(_run: Snapshot, step: str, reach: Reach) -> Finding | None:
        answers = list(_answers(reach))
        if not answers or any(signs.http_state(reach, each) is not wanted for each in answers):
            return None
        values: dict[str, FindingValue] = {"service": signs.service_id(step), "status": answers[0].status}
        if wanted is HttpState.RATE_LIMITED:
            values["kind"] = "challenge" if answers[0].challenged else "requests"
        return finding(code, confidence=confidence, evidence=(step,), values=values)

    return judge


def http_error(run: Snapshot, limits: Limits) -> RuleAnswer:
    """TCP and TLS are fine, and the answer is an error of the server or not what the profile expects."""
    return _blaming(run, limits, _all_answers_are(HttpState.ERROR, "service.http_error", STRONG))


def rate_limited(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The service says that it gets too many requests (RFC 6585), or wants a proof that no program is asking."""
    return _judge_each(run, _all_answers_are(HttpState.RATE_LIMITED, "service.rate_limited", STRONG))


def sign_in(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The service asks for a sign-in or refuses the account: the network is fine."""
    return _judge_each(run, _all_answers_are(HttpState.SIGN_IN, "service.sign_in", STRONG))


def _keeps_waiting(attempt: ReachAttempt) -> bool:
    """The server took connection and request, and had not begun to answer when the patience was over."""
    answering = attempt.tls is None or attempt.tls.trusted
    failure = attempt.failure
    waited = failure is not None and failure.kind is FailureKind.TIMEOUT and failure.step == "http"
    return waited and answering and attempt.http is None


def _large_ones_lost(run: Snapshot, reach: Reach) -> bool:
    """Whether large packets do not get through to or from an address of the service."""
    addresses = {attempt.address for attempt in reach.attempts}
    return any(
        fact.target in addresses and (fact.stalled_by_size or fact.state is MtuState.BLACK_HOLE)
        for _, fact in run.facts(PathMtu)
    )


def slow(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The server thinks long before its first byte, while the way to it and other servers are fast."""
    quick = [
        step
        for step, reach in ways.reaches(run, Subject.CONTROL)
        if any(answer.first_byte_ms <= limits.first_byte_fast_ms for answer in _answers(reach))
    ]

    def judge(_run: Snapshot, step: str, reach: Reach) -> Finding | None:
        answers = list(_answers(reach))
        given_up = [each.failed_after_ms for each in reach.attempts if _keeps_waiting(each) and each.failed_after_ms]
        times = [*(answer.first_byte_ms for answer in answers), *given_up]
        connects = [attempt.connect_ms for attempt in reach.attempts if attempt.connect_ms is not None]
        if not times or min(connects) > limits.connect_fast_ms:
            return None
        if answers and all(signs.http_state(reach, each) is HttpState.ERROR for each in answers):
            return None  # service.http_error: what stands before the service gave up waiting for it
        first_byte_ms = min(times)
        if first_byte_ms <= limits.first_byte_slow_ms:
            return None
        if not answers and _large_ones_lost(run, reach):
            return None  # the answer may be there, and not come through
        return finding(
            "service.slow",
            confidence=LIKELY if answers else FAIR,
            evidence=(step, *quick),
            values={"service": signs.service_id(step), "first_byte_ms": first_byte_ms, "connect_ms": min(connects)},
        )

    answer = _judge_each(run, judge)
    return _NO_CONTROLS if isinstance(answer, tuple) and len(quick) < limits.min_controls else answer
