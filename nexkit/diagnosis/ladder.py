"""The ladder: one rung for every segment from the user outward, passed only by positive evidence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nexkit.diagnosis import signs, tunnel, ways
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import FAMILY_SETS, shared_loss
from nexkit.diagnosis.signs import ResolverState
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.tunnel import TunnelState
from nexkit.diagnosis.verdict import Finding, Rung, RungState, Segment, Severity
from nexkit.facts.dns import NameRole
from nexkit.facts.portal import PortalCheck
from nexkit.facts.reach import Reach, ReachAttempt
from nexkit.outcome import Skipped, SkipReason
from nexkit.subject import Subject


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the facts alone say of a segment."""

    state: RungState
    because: tuple[str, ...] = ()


_CUT_SHORT = frozenset({SkipReason.CANCELLED, SkipReason.TIME_LIMIT, SkipReason.WITHHELD})
_NOT_RUN = _Seen(RungState.NOT_RUN)
_UNKNOWN = _Seen(RungState.INCONCLUSIVE)


def _asked(run: Snapshot, *subjects: Subject) -> bool:
    """Whether the plan meant to find something out about the subjects."""
    idle = {SkipReason.NOT_NEEDED, SkipReason.NO_CONSENT, SkipReason.NO_TARGET, SkipReason.NOT_SUPPORTED}
    return any(
        not (isinstance(result.outcome, Skipped) and result.outcome.reason in idle) for result in run.steps(*subjects)
    )


def _reached(run: Snapshot) -> tuple[str, ...]:
    """Answers from the internet, directly or through a proxy: whoever gets there has passed all that lies before."""
    return (*signs.internet(run).reached_ids, *ways.carried(run))


def _device(run: Snapshot, _limits: Limits) -> _Seen:
    reached = _reached(run)
    known = signs.network(run)
    if known is not None:
        step, state = known
        linked = any(interface.admin_up and interface.carrier for interface in signs.ways_out(state))
        if state.default_routes and (linked or reached):
            return _Seen(RungState.PASS, (step,))
    if reached:
        return _Seen(RungState.PASS, reached)
    return _UNKNOWN if _asked(run, Subject.COMPUTER) else _NOT_RUN


def _lan(run: Snapshot, _limits: Limits) -> _Seen:
    alive = tuple(step for gateway in signs.gateways(run) for step in gateway.alive)
    passed = alive or _reached(run)
    if passed:
        return _Seen(RungState.PASS, passed)
    return _UNKNOWN if _asked(run, Subject.GATEWAY) else _NOT_RUN


def _gateway(run: Snapshot, limits: Limits) -> _Seen:
    known = signs.gateways(run)
    alive = tuple(step for gateway in known for step in gateway.alive)
    passed = alive or _reached(run)
    if passed:
        return _Seen(RungState.PASS, passed) if known else _NOT_RUN
    silent = tuple(step for gateway in known for step in (*gateway.absent, *gateway.silent))
    if len(set(silent)) >= limits.min_signs and signs.internet(run).broken(limits.min_destinations):
        return _Seen(RungState.FAIL, silent)
    return _UNKNOWN if _asked(run, Subject.GATEWAY) else _NOT_RUN


def _access(run: Snapshot, _limits: Limits) -> _Seen:
    passed = (*signs.beyond_gateway(run), *_reached(run))
    if passed:
        return _Seen(RungState.PASS, passed)
    return _UNKNOWN if _asked(run, Subject.ANCHOR, Subject.PROVIDER_HOP) else _NOT_RUN


def _internet(run: Snapshot, limits: Limits) -> _Seen:
    view = signs.internet(run)
    lossy = [whole for each in FAMILY_SETS if (whole := shared_loss(run, limits, *each)) is not None]
    if lossy:
        return _Seen(RungState.WARN, tuple(step for whole in lossy for step in whole.steps))
    # Through a proxy that gets nowhere, its users have no internet, whatever is reached without it.
    named = ways.nameless(run)
    nowhere = [way for way in ways.not_carried(run) if way not in named]
    through = (*ways.carried(run), *ways.carried_by_address(run))
    if len(nowhere) >= limits.min_destinations and not through:
        return _Seen(RungState.FAIL, tuple(step for way in nowhere for step in way.steps))
    if through or view.reached_ids:
        return _Seen(RungState.PASS, (*through, *view.reached_ids))
    if view.broken(limits.min_destinations) and not signs.behind_proxy(run):
        return _Seen(RungState.FAIL, view.dead_ids)
    return _UNKNOWN if _asked(run, Subject.ANCHOR, Subject.CONTROL) else _NOT_RUN


def _dns(run: Snapshot, limits: Limits) -> _Seen:
    through = ways.carried(run)
    nameless = ways.nameless(run)
    if len(nameless) >= limits.min_destinations and not through:
        return _Seen(RungState.FAIL, tuple(step for way in nameless for step in way.steps))
    configured = signs.resolvers(run, Subject.RESOLVER)
    good = tuple(each.step for each in configured if each.state is ResolverState.GOOD)
    programs = signs.lookups(run, NameRole.CONTROL)
    found = tuple(step for step, lookup in programs if lookup.addresses)
    if programs and len(found) == len(programs):
        return _Seen(RungState.PASS, found)
    asked = (*(each.step for each in configured), *(step for step, _ in programs))
    if found or (good and not programs):
        return _Seen(RungState.WARN if programs else RungState.PASS, asked)
    if through and any(query.rcode is not None for each in configured for query in each.queries):
        # A proxy looks names up itself; resolvers of a closed network may know none but those within.
        return _Seen(RungState.PASS, through)
    failing = [each for each in configured if each.state in {ResolverState.SILENT, ResolverState.ERRING}]
    if signs.internet(run).reached_ids and len(programs) + len(failing) >= limits.min_signs:
        return _Seen(RungState.FAIL, asked)
    return _UNKNOWN if _asked(run, Subject.RESOLVER) or programs else _NOT_RUN


def _security(run: Snapshot, _limits: Limits) -> _Seen:
    unchanged = tuple(
        step
        for step, check in run.facts(PortalCheck, Subject.PORTAL_CHECK)
        if any(attempt.as_expected for attempt in check.attempts)
    )
    passed = (*unchanged, *signs.trusted_controls(run))
    if passed:
        return _Seen(RungState.PASS, passed)
    return _UNKNOWN if _asked(run, Subject.PORTAL_CHECK, Subject.CONTROL) else _NOT_RUN


def _vpn(run: Snapshot, _limits: Limits) -> _Seen:
    its = tunnel.vpn(run)
    if its is None:
        return _NOT_RUN
    if its.state is TunnelState.UP:
        return _Seen(RungState.PASS, its.answers)
    return _UNKNOWN if its.state is not TunnelState.SILENT else _Seen(RungState.FAIL, its.silent)


def _lost_on_the_way(run: Snapshot, limits: Limits, attempts: tuple[ReachAttempt, ...]) -> bool:
    """Whether loss alone may be why none of the attempts got an answer."""
    silent = [each.address for each in attempts if each.failure is not None and each.failure.kind in signs.SILENT]
    return bool(attempts) and len(silent) == len(attempts) and by_chance(run, limits, silent)


def _service(run: Snapshot, limits: Limits) -> _Seen:
    asked = run.facts(Reach, Subject.SERVICE)
    by_proxy = [way for _, reach in asked if (way := ways.proxied(run, reach)) is not None and not way.direct]
    opened = tuple(way.steps[0] for way in by_proxy if ways.passed(way) and way.attempt is None)
    turned_away = tuple(
        way.steps[0] for way in by_proxy if way.passage in {ways.Passage.REFUSED, ways.Passage.UNREACHED}
    )
    tested = ways.reaches(run, Subject.SERVICE)
    planned = [
        result
        for result in run.steps(Subject.SERVICE)
        if result.probe == "reach" and not isinstance(result.outcome, Skipped)
    ]
    bad = {
        step: attempts
        for step, reach in tested
        if signs.kept_from(reach) is None
        and not signs.service_works(reach, attempts := signs.fair_attempts(run, reach))
    }
    failing = (
        *(step for step, attempts in bad.items() if not _lost_on_the_way(run, limits, attempts)),
        *(step for step in turned_away if step not in {each for each, _ in tested}),
    )
    if failing:
        enough = len(signs.passing_controls(run)) >= limits.min_controls
        return _Seen(RungState.FAIL if enough else RungState.INCONCLUSIVE, failing)
    cut_short = any(
        isinstance(result.outcome, Skipped) and result.outcome.reason in _CUT_SHORT
        for result in run.steps(Subject.SERVICE)
    )
    good = (*(step for step, reach in tested if signs.kept_from(reach) is None), *opened)
    if good and len(good) == len(planned) and not cut_short and not bad:
        return _Seen(RungState.PASS, good)
    return _UNKNOWN if planned or cut_short else _NOT_RUN


_RUNGS = {
    Segment.DEVICE: _device,
    Segment.LAN: _lan,
    Segment.GATEWAY: _gateway,
    Segment.ACCESS: _access,
    Segment.INTERNET: _internet,
    Segment.DNS: _dns,
    Segment.SECURITY: _security,
    Segment.VPN: _vpn,
    Segment.SERVICE: _service,
}
_BY_SEVERITY: Mapping[Severity, RungState] = {
    Severity.BLOCKING: RungState.FAIL,
    Severity.DEGRADED: RungState.WARN,
}
_WORST_FIRST = (RungState.FAIL, RungState.WARN, RungState.PASS, RungState.INCONCLUSIVE, RungState.NOT_RUN)


def ladder(run: Snapshot, limits: Limits, findings: Iterable[Finding]) -> tuple[Rung, ...]:
    """The rungs in order; `findings` are the roots.

    Behind the first broken rung nothing that fails can be judged any more: such rungs are inconclusive, unless a root
    of their own was found there.
    """
    roots = [each for each in findings if each.severity in _BY_SEVERITY]
    rungs: list[Rung] = []
    broken = False
    for segment in Segment:
        seen = _RUNGS[segment](run, limits)
        own = [each for each in roots if each.segment is segment]
        if (
            segment is Segment.SERVICE
            and seen.state is RungState.PASS
            and any(each.cause == "security.web_filter" and set(each.evidence) & set(seen.because) for each in roots)
        ):
            seen = _Seen(RungState.INCONCLUSIVE, seen.because)  # a filter answered in its place
        if broken and not own and seen.state in {RungState.FAIL, RungState.WARN}:
            seen = _Seen(RungState.INCONCLUSIVE, seen.because)
        if own:
            state = min((_BY_SEVERITY[each.severity] for each in own), key=_WORST_FIRST.index)
            if seen.state is RungState.FAIL:
                state = RungState.FAIL
            because = tuple(dict.fromkeys(step for each in own for step in each.evidence))
        else:
            state, because = seen.state, tuple(dict.fromkeys(seen.because))
        broken = broken or state is RungState.FAIL
        rungs.append(Rung(segment=segment, state=state, because=because))
    return tuple(rungs)
