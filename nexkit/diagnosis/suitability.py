"""What the connection is good for: measured values beside what calls, remote desktops and the web publicly ask for."""

from collections.abc import Iterator

from nexkit.diagnosis import signs
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import round_trips, together
from nexkit.diagnosis.rules.dns import uncached_ms
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Grade, GradedValue, Suitability, Use
from nexkit.facts.dns import NameRole
from nexkit.facts.load import LoadTest
from nexkit.facts.reach import Reach
from nexkit.facts.udp import UdpPath
from nexkit.stats import quantile
from nexkit.subject import Subject

_WORST_FIRST = (Grade.POOR, Grade.FAIR, Grade.GOOD)
_ESSENTIAL = {
    Use.CALLS: frozenset({"rtt_p50_ms", "loss_ratio"}),
    Use.REMOTE_DESKTOP: frozenset({"rtt_p50_ms", "loss_ratio"}),
    Use.WEB: frozenset({"first_byte_ms"}),
}
"""Without these nothing is said of a use as a whole."""

_Measured = dict[str, tuple[float, tuple[str, ...]]]
"""By name, a value and the outcome ids that it is from."""


def suitability(run: Snapshot, limits: Limits) -> tuple[Suitability, ...]:
    """Every use with its grade, the worst of its values; None where too little was measured for one."""
    echoes, stream, web, load = _echoes(run, limits), _stream(run), _web(run), _load(run)
    return (
        _graded(Use.CALLS, limits, echoes | stream | load),
        _graded(Use.REMOTE_DESKTOP, limits, echoes | load),
        _graded(Use.WEB, limits, web | load),
    )


def _requirements(use: Use, limits: Limits) -> dict[str, tuple[float, float | None]]:
    """By value, up to where it is good and from where it is bad; where the first is the larger, more is better."""
    match use:
        case Use.CALLS:
            return {
                "rtt_p50_ms": (limits.rtt_ms, limits.call_rtt_poor_ms),
                "jitter_ms": (limits.jitter_ms, limits.call_jitter_poor_ms),
                "loss_ratio": (limits.loss_ratio, limits.call_loss_poor_ratio),
                "burst_loss_ratio": (limits.call_burst_loss_ratio, None),
                "working_rtt_ms": (limits.rtt_ms, limits.call_rtt_poor_ms),
            }
        case Use.REMOTE_DESKTOP:
            return {
                "rtt_p50_ms": (limits.rtt_ms, limits.desktop_rtt_poor_ms),
                "jitter_ms": (limits.jitter_ms, limits.desktop_jitter_poor_ms),
                "loss_ratio": (limits.loss_ratio, None),
                "working_rtt_ms": (limits.rtt_ms, limits.desktop_rtt_poor_ms),
            }
        case Use.WEB:
            return {
                "dns_ms": (limits.dns_slow_ms, limits.dns_very_slow_ms),
                "first_byte_ms": (limits.first_byte_fast_ms, limits.first_byte_slow_ms),
                "goodput_bit_s": (limits.web_goodput_bit_s, limits.web_goodput_poor_bit_s),
                "working_rtt_ms": (limits.working_rtt_added_ms, limits.web_working_rtt_poor_ms),
            }


def _graded(use: Use, limits: Limits, measured: _Measured) -> Suitability:
    values = tuple(
        GradedValue(
            name=name,
            value=measured[name][0],
            grade=_grade(measured[name][0], good, poor),
            good=good,
            poor=poor,
            because=measured[name][1],
        )
        for name, (good, poor) in _requirements(use, limits).items()
        if name in measured
    )
    enough = {each.name for each in values} >= _ESSENTIAL[use]
    return Suitability(
        use=use,
        grade=min((each.grade for each in values), key=_WORST_FIRST.index) if enough else None,
        values=values,
    )


def _grade(value: float, good: float, poor: float | None) -> Grade:
    if poor is not None and poor < good:
        value, good, poor = -value, -good, -poor
    if value <= good:
        return Grade.GOOD
    return Grade.POOR if poor is not None and value > poor else Grade.FAIR


def _echoes(run: Snapshot, limits: Limits) -> _Measured:
    """What the way to the internet itself does: of several anchors the nearest, the steadiest, the cleanest."""
    anchors = tuple(each for each in round_trips(run, limits, Subject.ANCHOR).values() if each.sent)
    whole = together(anchors)
    if whole is None:
        return {}
    found = {
        "rtt_p50_ms": whole.rtt_p50_ms,
        "jitter_ms": whole.jitter_ms,
        "loss_ratio": min(each.ratio for each in anchors),
    }
    return {name: (value, whole.steps) for name, value in found.items() if value is not None}


def _stream(run: Snapshot) -> _Measured:
    """What a stream like a call's met; it is nearer to a call than echo is."""
    for step, path in run.facts(UdpPath, Subject.UDP_SERVER):
        stream = path.stream
        if stream is not None and stream.received:
            found = {
                "rtt_p50_ms": stream.rtt_p50_ms,
                "jitter_ms": stream.jitter_ms,
                "loss_ratio": stream.loss_ratio,
                "burst_loss_ratio": stream.burst_loss_ratio,
            }
            return {name: (value, (step,)) for name, value in found.items() if value is not None}
    return {}


def _web(run: Snapshot) -> _Measured:
    found: _Measured = {}
    asked = [(each.step, uncached_ms(each)) for each in signs.resolvers(run, Subject.RESOLVER)]
    # A computer asks the first one that answers; what it does before, and beside that, its own lookups tell.
    told = [each for each in asked if each[1] is not None][:1]
    looked_up = [(step, each.time_ms) for step, each in signs.lookups(run, NameRole.CONTROL) if each.addresses]
    usual_ms = quantile([time_ms for _, time_ms in looked_up], 0.5)
    told += [(looked_up[0][0], usual_ms)] if looked_up else []
    slowest = max(((time_ms, (step,)) for step, time_ms in told if time_ms is not None), default=None)
    if slowest is not None:
        found["dns_ms"] = slowest
    pages = dict(_first_bytes(run))
    median = quantile(list(pages.values()), 0.5)
    if median is not None:
        found["first_byte_ms"] = (median, tuple(pages))
    return found


def _first_bytes(run: Snapshot) -> Iterator[tuple[str, float]]:
    """(step id, time) of well-known sites, each by its fastest address."""
    for step, reach in run.facts(Reach, Subject.CONTROL):
        times = [each.http.first_byte_ms for each in reach.attempts if each.http is not None and signs.passing(each)]
        if times:
            yield step, min(times)


def _load(run: Snapshot) -> _Measured:
    """What is left while the line is full, in the worse direction."""
    found: _Measured = {}
    for step, test in run.facts(LoadTest, Subject.LOAD_SERVER):
        working = [
            each.working.rtt_p50_ms
            for each in (test.down, test.up)
            if each is not None and each.working is not None and each.working.rtt_p50_ms is not None
        ]
        if working:
            found["working_rtt_ms"] = (max(working), (step,))
        if test.down is not None and test.down.goodput_bit_s is not None:
            found["goodput_bit_s"] = (test.down.goodput_bit_s, (step,))
    return found
