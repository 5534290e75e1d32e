"""Proxies that the system is told to use: there or not, what they want to know, and the script that names them."""

from nexkit.diagnosis import signs, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, PROVED, STRONG, finding
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import round_trips
from nexkit.diagnosis.signs import ResolverState
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.proxy import PacFile, ProxyAttempt, ProxyCheck, ProxyDecision, ProxyKind, ProxyScheme
from nexkit.facts.reach import Reach
from nexkit.outcome import Failure, FailureKind
from nexkit.request import Symptom
from nexkit.subject import Subject

_NO_CHECK = Inconclusive(missing=(Subject.PROXY.value,))
_NO_SUCH_NAME = frozenset({FailureKind.NAME_NOT_FOUND, FailureKind.NAME_NO_DATA})
_OWN = frozenset(
    {
        FailureKind.PERMISSION,
        FailureKind.FILTERED_LOCALLY,
        FailureKind.NO_ADDRESS,
        FailureKind.NOT_INSTALLED,
        FailureKind.BUDGET,
        FailureKind.INTERNAL,
    }
)
"""What this computer or this program itself is the reason for."""
_BY_THE_ACCOUNT = frozenset({ProxyScheme.NEGOTIATE, ProxyScheme.NTLM})
"""Programs of the system sign in by these with the account of the computer, without a question (RFC 4559)."""
_ASKS = 407


def proxy_unreachable(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The proxies for a web address refuse, are silent or have no address, and no other way is left for it.

    Programs go on to the next way that the settings name, if there is one: a dead proxy that only costs them the wait
    is a flaw, and one that refuses at once costs nothing.
    """
    known = ways.proxy_check(run)
    if known is None:
        return _NO_CHECK
    step, check = known
    asked = [each for each in check.decisions if each.attempts]
    stuck = [each for each in asked if all(attempt.failure is not None for attempt in each.attempts)]
    if not stuck:
        waits = any(
            attempt.failure is not None and attempt.failure.kind is FailureKind.TIMEOUT
            for each in asked
            for attempt in each.attempts
        )
        return _only_waits(step, check) if waits else Clear()
    reached = signs.internet(run).reached_ids
    blocked = [each for each in stuck if not (_falls_back(each) and reached)]
    trouble = (blocked or stuck)[0].attempts[-1]
    answer = _answer(trouble)
    if answer is None or trouble.failure is None:
        return Inconclusive(missing=(step,))
    if answer == "no_name_server" and not any(
        each.state is ResolverState.GOOD for each in signs.resolvers(run, Subject.RESOLVER)
    ):
        return Inconclusive(missing=(Subject.RESOLVER.value,))
    if not blocked:
        return _only_waits(step, check) if trouble.failure.kind is FailureKind.TIMEOUT else Clear()
    alive = ways.proxy_answers(run)
    if any(attempt.way == trouble.way and attempt.failure is None for each in asked for attempt in each.attempts) or (
        answer == "hangs" and alive
    ):
        return Clear()  # it lives, and what is behind it does not
    attempts = [attempt for each in stuck for attempt in each.attempts]
    if answer == "silent" and by_chance(run, limits, [attempt.way.host or "" for attempt in attempts]):
        return Inconclusive(missing=(step,))
    again = _failing_steps(run)
    around = (*(one for gateway in signs.gateways(run) for one in gateway.alive), *signs.beyond_gateway(run), *reached)
    told = answer in {"refused", "unknown_name"} or (answer == "hangs" and alive is False)
    values: dict[str, FindingValue] = {"answer": answer, "port": trouble.way.port}
    return (
        finding(
            "security.proxy_unreachable",
            confidence=STRONG if told or (answer == "silent" and reached) else LIKELY if around else FAIR,
            evidence=(step, *again, *around),
            values=values,
        ),
    )


def _falls_back(decision: ProxyDecision) -> bool:
    """Whether programs may go directly where the proxies fail."""
    return any(way.kind is ProxyKind.DIRECT for way in decision.ways)


def _answer(attempt: ProxyAttempt) -> str | None:
    """In what way a proxy fails; None where this computer itself is the reason, or it cannot be told."""
    failure = attempt.failure
    if failure is None or failure.kind in _OWN:
        return None
    if failure.step == "resolve":
        return "unknown_name" if failure.kind in _NO_SUCH_NAME else "no_name_server"
    if failure.step == "connect":
        return "refused" if failure.kind is FailureKind.REFUSED else "silent" if failure.kind in signs.SILENT else None
    if failure.kind in {FailureKind.TIMEOUT, FailureKind.RESET}:
        return "hangs"
    return "no_proxy"


def _failing_steps(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of later tries that found no proxy either."""
    return tuple(
        step
        for step, reach in run.facts(Reach, Subject.PROXY)
        if reach.through_proxy is not None
        and reach.through_proxy.failure is not None
        and reach.through_proxy.failure.step.startswith(("proxy_", "tunnel"))
    )


def _only_waits(step: str, check: ProxyCheck) -> RuleAnswer:
    dead = next((each for each in check.servers if each.failure is not None), None)
    port = None if dead is None else dead.way.port
    return (
        finding(
            "security.proxy_unreachable",
            confidence=FAIR,
            evidence=(step,),
            values={"answer": "silent", "port": port},
            severity=Severity.DEGRADED,
        ),
    )


def proxy_auth(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """The proxy lets nobody through who does not say who asks.

    Where it takes the account of the computer (Negotiate, NTLM), programs of the system answer by themselves, which
    this one cannot: then it is no more than what could not be tested, unless nothing works for the user either.
    """
    known = ways.proxy_check(run)
    if known is None:
        return _NO_CHECK
    step, check = known
    attempts = [attempt for each in check.decisions for attempt in each.attempts]
    turned_away = [each for each in attempts if _wants_sign_in(each)]
    if not turned_away:
        return Clear()
    rejected = any(each.answer_with_password is not None for each in turned_away)
    schemes = tuple(dict.fromkeys(scheme for each in turned_away if each.answer for scheme in each.answer.schemes))
    by_the_account = bool(_BY_THE_ACCOUNT & set(schemes)) and not rejected
    complained = run.record.request.symptom is Symptom.NO_INTERNET
    again = tuple(
        other
        for other, reach in run.facts(Reach, Subject.PROXY)
        if reach.through_proxy is not None
        and reach.through_proxy.tunnel is not None
        and reach.through_proxy.tunnel.status == _ASKS
    )
    return (
        finding(
            "security.proxy_auth",
            confidence=PROVED if rejected else POSSIBLE if by_the_account else STRONG,
            evidence=(step, *again),
            against=ways.carried(run),
            values={
                "password": "rejected" if rejected else "missing",
                "scheme": schemes[0].value if schemes else None,
            },
            severity=Severity.CONTEXT if by_the_account and not complained else None,
        ),
    )


def _wants_sign_in(attempt: ProxyAttempt) -> bool:
    last = attempt.answer_with_password or attempt.answer
    return last is not None and last.status == _ASKS


def pac_failed(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The automatic configuration script cannot be had, cannot be evaluated, or holds every program up.

    A script that the network may offer (WPAD) and does not have is normal; it counts where programs wait for it.
    """
    known = ways.proxy_check(run)
    if known is None:
        return _NO_CHECK
    step, check = known
    for pac in check.pac:
        failed = _pac_failure(pac, pac.failure, limits) if pac.failure is not None else _pac_slow(run, pac, limits)
        if failed is not None:
            kind, confidence = failed
            values: dict[str, FindingValue] = {"kind": kind, "pac_ms": pac.fetch_ms, "status": pac.status}
            if kind == "lookups":
                values["pac_ms"] = max(each.took_ms for each in pac.lookups)
            held_up = () if pac.failure is None else _held_up(run)
            return (finding("security.pac_failed", confidence=confidence, evidence=(step, *held_up), values=values),)
    return Clear()


def _held_up(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of web addresses that are not reached without the proxy that nobody named."""
    asked = run.facts(Reach, Subject.CONTROL, Subject.SERVICE)
    if any(
        attempt.connect_ms is not None for _, reach in run.facts(Reach, Subject.CONTROL) for attempt in reach.attempts
    ):
        return ()
    return tuple(
        step for step, reach in asked if reach.attempts and all(each.connect_ms is None for each in reach.attempts)
    )


def _pac_failure(pac: PacFile, failure: Failure, limits: Limits) -> tuple[str, float] | None:
    """What is wrong with a script that came to nothing, and how sure that is."""
    if failure.kind in _OWN and not (failure.kind is FailureKind.BUDGET and failure.step == "pac_evaluate"):
        return None
    if pac.from_wpad and failure.step == "pac_fetch" and (pac.fetch_ms is None or pac.fetch_ms <= limits.pac_slow_ms):
        return None
    if failure.step == "pac_fetch":
        certain = failure.kind in {FailureKind.PROTOCOL, FailureKind.REFUSED, *_NO_SUCH_NAME}
        return "fetch", STRONG if certain else LIKELY
    # A computer that is busy itself may be why the evaluation took too long.
    return "evaluate", STRONG if failure.kind is FailureKind.PROTOCOL else FAIR


def _pac_slow(run: Snapshot, pac: PacFile, limits: Limits) -> tuple[str, float] | None:
    """Whether a good script takes long, beyond what the way to its server explains."""
    trips = round_trips(run, limits, Subject.ANCHOR, Subject.GATEWAY).values()
    rtt_ms = max((each.rtt_p50_ms or 0.0 for each in trips), default=0.0)
    allowed_ms = max(limits.pac_slow_ms, limits.pac_round_trips * rtt_ms)
    if any(each.lost for each in trips):
        allowed_ms += limits.pac_repeats_ms
    if pac.fetch_ms is not None and pac.fetch_ms > allowed_ms:
        return "slow", LIKELY
    if any(each.took_ms > allowed_ms for each in pac.lookups):
        return "lookups", FAIR
    return None
