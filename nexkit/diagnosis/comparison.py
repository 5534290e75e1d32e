"""Two runs side by side: what is gone, what is new, and which values differ by more than chance."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from nexkit.address import known_family
from nexkit.diagnosis import signs
from nexkit.diagnosis.limits import DEFAULT_LIMITS, Limits
from nexkit.diagnosis.loss import RoundTrips, round_trips, together
from nexkit.diagnosis.rules.dns import uncached_ms
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Diagnosis, Finding, RungState, Segment, Severity, Verdict, VerdictState
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.facts.reach import Reach
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import Completed
from nexkit.request import Depth
from nexkit.run_record import RunRecord
from nexkit.stats import mean_difference_ms, quantile, quantile_interval
from nexkit.subject import Subject
from nexkit.trial import Effect, ValueChange

_LEAST_MS, _LEAST_RATIO = 1.0, 0.1
"""A smaller difference of round trips is felt by nobody, however certain it is (own choice)."""
_SINGLE_FACTOR, _SINGLE_MS = 2.0, 50.0
"""A time that is measured once or twice hangs on foreign servers too: it has changed where it doubled or halved, and
by so much (own choice)."""
_RATE_RATIO = 0.25
"""Two load tests of one line, minutes apart, differ by so much every day (own choice); more where the test itself was
unsteady."""
_SIGNAL_DB = 6.0
"""A Wi-Fi signal swings by some dB where nobody moves; this is four times the power (own choice)."""
_MORE_IS_BETTER = ("goodput_bit_s", "rssi_dbm")
_SEVERITIES = (Severity.CONTEXT, Severity.DEGRADED, Severity.BLOCKING)
_DEPTHS = tuple(Depth)
_NEAR = frozenset({Segment.DEVICE, Segment.LAN, Segment.GATEWAY})

Judged = tuple[RunRecord, Diagnosis]


@dataclass(frozen=True, slots=True, kw_only=True)
class RungChange:
    """One segment that came out otherwise."""

    segment: Segment
    before: RungState
    after: RungState


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What lies between two runs."""

    effect: Effect
    before: Verdict
    after: Verdict
    gone: tuple[Finding, ...]
    """Findings of the first run whose evidence was asked for again, and is no longer there."""
    new: tuple[Finding, ...]
    still: tuple[Finding, ...]
    """As the second run has them; what another finding explains there is still there."""
    untested: tuple[Finding, ...]
    """Findings of the first run that the second one had no evidence about."""
    rungs: tuple[RungChange, ...]
    values: tuple[ValueChange, ...]
    """What both have measured at the same other end, nearest first."""

    @property
    def changed(self) -> tuple[ValueChange, ...]:
        """The values that differ by more than chance."""
        return tuple(each for each in self.values if each.beyond_noise)


def compare(before: Judged, after: Judged, limits: Limits = DEFAULT_LIMITS) -> Comparison:
    """What lies between two runs, the earlier one first. Pure: the same two give the same answer."""
    (_, then), (now_record, now) = before, after
    seen_then, seen_now = {_key(each) for each in then.findings}, {_key(each) for each in now.findings}
    folded_then = {cause for each in then.findings for cause in each.explains}
    folded_now = {cause for each in now.findings for cause in each.explains}
    missing = [each for each in then.findings if _key(each) not in seen_now and each.cause not in folded_now]
    untested = [each for each in missing if now_record.cancelled or not _asked_again(each, before[0], now_record)]
    values = tuple(_values(Snapshot(before[0]), Snapshot(now_record), limits))
    gone = tuple(each for each in missing if each not in untested)
    new = tuple(each for each in now.findings if _key(each) not in seen_then and each.cause not in folded_then)
    return Comparison(
        effect=_effect(before, after, gone, new, values),
        before=then.verdict,
        after=now.verdict,
        gone=gone,
        new=new,
        still=tuple(each for each in now.findings if each not in new),
        untested=tuple(untested),
        rungs=tuple(
            RungChange(segment=was.segment, before=was.state, after=rung.state)
            for was, rung in zip(then.ladder, now.ladder, strict=False)
            if was.segment is rung.segment and was.state is not rung.state
        ),
        values=values,
    )


def _key(finding: Finding) -> tuple[str, object]:
    """One cause at one service is one finding."""
    return finding.cause, finding.values.get("service")


def _asked_again(finding: Finding, before: RunRecord, after: RunRecord) -> bool:
    """Whether the second run has evidence of the kind that the finding rests on.

    In a run that was to be as thorough some of it is enough: without a VPN nothing is asked inside it.
    """
    known = before.by_id()
    wanted = {(known[step].probe, known[step].subject) for step in finding.evidence if step in known}
    given = {(result.probe, result.subject) for result in after.results if isinstance(result.outcome, Completed)}
    if _DEPTHS.index(after.request.depth) < _DEPTHS.index(before.request.depth):
        return wanted <= given
    return not wanted or bool(wanted & given)


# --- what the change came to ---


def _effect(
    before: Judged, after: Judged, gone: tuple[Finding, ...], new: tuple[Finding, ...], values: tuple[ValueChange, ...]
) -> Effect:
    then, now = before[1], after[1]
    states = (then.verdict.state, now.verdict.state)
    if before[0].cancelled or after[0].cancelled:
        return Effect.UNCLEAR
    if now.verdict.state is VerdictState.INCONCLUSIVE:
        same = then.verdict.state is VerdictState.INCONCLUSIVE and then.verdict.segment is now.verdict.segment
        return Effect.SAME if same else Effect.UNCLEAR
    if then.verdict.state is VerdictState.HEALTHY:
        return Effect.SAME if now.verdict.state is VerdictState.HEALTHY else Effect.WORSE
    root = then.root
    if root is None:
        return _effect_without_root(states, then, now)
    if root in gone:
        if not _more_than_chance(root, values):
            return Effect.UNCLEAR
        if now.verdict.state is VerdictState.HEALTHY:
            return Effect.GONE
        return Effect.OTHER if any(each.severity is not Severity.CONTEXT for each in new) else Effect.BETTER
    if now.verdict.state is VerdictState.HEALTHY:
        return Effect.UNCLEAR  # nothing was asked about it
    return _same_fault(root, now, values)


def _effect_without_root(states: tuple[VerdictState, VerdictState], then: Diagnosis, now: Diagnosis) -> Effect:
    """Of a run that named no cause."""
    if states[1] is VerdictState.HEALTHY:
        return Effect.GONE
    if states[0] is VerdictState.INCONCLUSIVE:
        return Effect.UNCLEAR
    return Effect.SAME if then.verdict.segment is now.verdict.segment else Effect.OTHER


def _same_fault(root: Finding, now: Diagnosis, values: tuple[ValueChange, ...]) -> Effect:
    """The fault is still there: whether it weighs less, and whether its own values moved."""
    its = next((each for each in now.findings if _key(each) == _key(root)), None)
    weight = 0 if its is None else _SEVERITIES.index(its.severity) - _SEVERITIES.index(root.severity)
    moves = {_improves(each) for each in _own_values(root, values) if each.beyond_noise}
    if weight < 0 or (weight == 0 and moves == {True}):
        return Effect.BETTER
    if weight > 0 or moves == {False}:
        return Effect.WORSE
    return Effect.SAME


def _own_values(root: Finding, values: tuple[ValueChange, ...]) -> list[ValueChange]:
    """The values that the finding itself rests on, where it is: those to the router for the first stretch."""
    near = root.segment in _NEAR
    return [
        each
        for each in values
        if (each.subject in {Subject.COMPUTER, Subject.GATEWAY}) is near
        and any(each.name.endswith(name) for name in root.values)
    ]


def _more_than_chance(root: Finding, values: tuple[ValueChange, ...]) -> bool:
    """Whether a fault that comes and goes by chance went away by more than that, as far as it can be compared."""
    own = _own_values(root, values)
    return not own or any(each.beyond_noise and _improves(each) for each in own)


def _improves(value: ValueChange) -> bool:
    return (value.after > value.before) is value.name.endswith(_MORE_IS_BETTER)


# --- values ---


def _values(before: Snapshot, after: Snapshot, limits: Limits) -> Iterator[ValueChange]:
    yield from _signal(before, after)
    for subject in (Subject.GATEWAY, Subject.ANCHOR):
        yield from _echoes(before, after, limits, subject)
    yield from _single("dns_ms", Subject.RESOLVER, _dns_ms(before), _dns_ms(after))
    yield from _single("first_byte_ms", Subject.SERVICE, _first_byte_ms(before), _first_byte_ms(after))
    yield from _load(before, after)


def _change(name: str, subject: Subject, before: float, after: float, *, beyond_noise: bool) -> ValueChange:
    return ValueChange(name=name, subject=subject, before=before, after=after, beyond_noise=beyond_noise)


def _common(before: dict[str, RoundTrips], after: dict[str, RoundTrips]) -> list[tuple[str, RoundTrips, RoundTrips]]:
    """(address, before, after) of targets asked in the same way both times: of the family that lost more at first."""
    both = [(at, was, after[at]) for at, was in before.items() if at in after and was.tcp is after[at].tcp]
    both = [each for each in both if each[1].sent and each[2].sent]
    if not both:
        return []
    worst = known_family(max(both, key=lambda each: each[1].ratio)[0])
    return [each for each in both if known_family(each[0]) is worst]


def _echoes(before: Snapshot, after: Snapshot, limits: Limits, subject: Subject) -> Iterator[ValueChange]:
    """Loss of all targets of a kind that both runs have; round trips of the one that was nearest."""
    common = _common(round_trips(before, limits, subject), round_trips(after, limits, subject))
    was, now = together(tuple(each[1] for each in common)), together(tuple(each[2] for each in common))
    if was is None or now is None:
        return
    differs = _loss_differs(was, now, limits)
    yield _change("loss_ratio", subject, was.ratio, now.ratio, beyond_noise=differs)
    nearest = min(common, key=lambda each: each[1].rtt_p50_ms or float("inf"))[0]
    first, second = _samples(before, subject, nearest), _samples(after, subject, nearest)
    replies, later = ([rtt for rtt in each if rtt is not None] for each in (first, second))
    for name, share in (("rtt_p50_ms", 0.5), ("rtt_p95_ms", 0.95)):
        then_ms, now_ms = quantile(replies, share), quantile(later, share)
        if then_ms is not None and now_ms is not None:
            differs = _felt(then_ms, now_ms) and _apart(replies, later, share, limits)
            yield _change(name, subject, then_ms, now_ms, beyond_noise=differs)
    then_ms, now_ms = mean_difference_ms(first), mean_difference_ms(second)
    if then_ms is not None and now_ms is not None:
        differs = _felt(then_ms, now_ms) and _apart(_steps(first), _steps(second), 0.5, limits)
        yield _change("jitter_ms", subject, then_ms, now_ms, beyond_noise=differs)


def _samples(run: Snapshot, subject: Subject, target: str) -> list[float | None]:
    return [
        sample.rtt_ms for _, echo in run.facts(EchoStats, subject) if echo.target == target for sample in echo.samples
    ]


def _steps(rtts_ms: Iterable[float | None]) -> list[float]:
    """From each reply to the next."""
    return [abs(b - a) for a, b in pairwise(rtts_ms) if a is not None and b is not None]


def _loss_differs(before: RoundTrips, after: RoundTrips, limits: Limits) -> bool:
    """Whether two loss rates differ beyond doubt: the interval of their difference leaves out zero.

    Newcombe 1998, method 10, over Wilson's intervals; packets lost in a row count as one event.
    """
    more, less = (before, after) if before.ratio > after.ratio else (after, before)
    (low, _), (_, high) = more.interval(limits), less.interval(limits)
    return more.ratio - less.ratio > hypot(more.ratio - low, high - less.ratio)


def _felt(before_ms: float, after_ms: float) -> bool:
    return abs(after_ms - before_ms) >= max(_LEAST_MS, _LEAST_RATIO * max(before_ms, after_ms))


def _apart(before: list[float], after: list[float], share: float, limits: Limits) -> bool:
    """Whether two quantiles differ beyond doubt: their intervals have nothing in common."""
    first, second = (quantile_interval(each, share, limits.loss_z) for each in (before, after))
    return first is not None and second is not None and (first[1] < second[0] or second[1] < first[0])


def _single(name: str, subject: Subject, before: float | None, after: float | None) -> Iterator[ValueChange]:
    if before is not None and after is not None:
        low, high = sorted((before, after))
        differs = high >= _SINGLE_FACTOR * low and high - low >= _SINGLE_MS
        yield _change(name, subject, before, after, beyond_noise=differs)


def _dns_ms(run: Snapshot) -> float | None:
    """Of the first configured resolver that answers, as the system asks them."""
    asked = (uncached_ms(each) for each in signs.resolvers(run, Subject.RESOLVER))
    return next((time_ms for time_ms in asked if time_ms is not None), None)


def _first_byte_ms(run: Snapshot) -> float | None:
    """Of the slowest service that answers."""
    times = [
        min(first_bytes)
        for _, reach in run.facts(Reach, Subject.SERVICE)
        if (first_bytes := [each.http.first_byte_ms for each in reach.attempts if each.http is not None])
    ]
    return max(times, default=None)


def _signal(before: Snapshot, after: Snapshot) -> Iterator[ValueChange]:
    was, now = _rssi_dbm(before), _rssi_dbm(after)
    if was is not None and now is not None:
        yield _change("rssi_dbm", Subject.COMPUTER, was, now, beyond_noise=abs(now - was) >= _SIGNAL_DB)


def _rssi_dbm(run: Snapshot) -> float | None:
    """As last read, of the radio that hears its cell best; None where none is joined or the system does not tell."""
    readings = [reading for _, reading in run.facts(WifiReading, Subject.COMPUTER)]
    heard = [link.rssi_dbm for link in (readings[-1].links if readings else ()) if link.rssi_dbm is not None]
    return max(heard, default=None)


def _load(before: Snapshot, after: Snapshot) -> Iterator[ValueChange]:
    was, now = _load_test(before), _load_test(after)
    if was is None or now is None:
        return
    for name, first, second in (("down", was.down, now.down), ("up", was.up, now.up)):
        if first is None or second is None:
            continue
        was_bit_s, now_bit_s = first.goodput_bit_s, second.goodput_bit_s
        if was_bit_s is not None and now_bit_s is not None:
            noise = max(_RATE_RATIO, 2 * (first.variation_ratio or 0.0), 2 * (second.variation_ratio or 0.0))
            differs = abs(now_bit_s - was_bit_s) > noise * max(was_bit_s, now_bit_s)
            yield _change(f"{name}_goodput_bit_s", Subject.LOAD_SERVER, was_bit_s, now_bit_s, beyond_noise=differs)
        yield from _single(f"{name}_working_rtt_ms", Subject.LOAD_SERVER, _working(first), _working(second))


def _load_test(run: Snapshot) -> LoadTest | None:
    return next((test for _, test in run.facts(LoadTest, Subject.LOAD_SERVER)), None)


def _working(way: DirectionLoad) -> float | None:
    return None if way.working is None else way.working.rtt_p50_ms
