"""What comes first for whom, and what a time limit leaves out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nexkit.outcome import SkipReason
from nexkit.plan.step import Step
from nexkit.request import Request, Symptom
from nexkit.subject import Subject
from nexkit.units import Seconds

_LEAST_S: Mapping[str, Seconds] = {
    "route": Seconds(5.0),
    "proxy": Seconds(5.0),
    "wifi": Seconds(5.0),
    "host": Seconds(8.0),
    "time": Seconds(8.0),
    "udp": Seconds(8.0),
    "access": Seconds(10.0),
    "mtu": Seconds(10.0),
    "encrypted_dns": Seconds(15.0),
    "segment": Seconds(15.0),
    "load": Seconds(60.0),
}
"""With less than this to spend a probe is left out, and says so. The rungs of the ladder are never left out: without
them nobody knows where to look. The others tell look-alikes apart; a probe that is cut off tells nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interest:
    """What a symptom is about."""

    subjects: frozenset[Subject] = frozenset()
    probes: frozenset[str] = frozenset()


_NEAR = frozenset({Subject.COMPUTER, Subject.GATEWAY})
_INTERESTS: Mapping[Symptom, _Interest] = {
    Symptom.NO_INTERNET: _Interest(subjects=_NEAR | {Subject.ANCHOR, Subject.RESOLVER}),
    Symptom.SLOW: _Interest(
        subjects=frozenset({Subject.ANCHOR, Subject.PROVIDER_HOP}), probes=frozenset({"route", "access"})
    ),
    Symptom.UNSTABLE: _Interest(subjects=_NEAR | {Subject.ANCHOR}, probes=frozenset({"wifi", "host", "route"})),
    Symptom.CALLS: _Interest(subjects=frozenset({Subject.UDP_SERVER, Subject.ANCHOR}), probes=frozenset({"route"})),
    Symptom.ONE_SERVICE: _Interest(
        subjects=frozenset({Subject.SERVICE, Subject.SERVICE_HOST, Subject.CONTROL}), probes=frozenset({"proxy"})
    ),
    Symptom.VPN: _Interest(subjects=frozenset({Subject.VPN, Subject.DIRECT_WAY})),
    Symptom.CHECK_UP: _Interest(),
}


def in_order(steps: Iterable[Step], request: Request) -> tuple[Step, ...]:
    """What the symptom is about before the rest; what the time limit has no room for is marked as left out."""
    interest = _INTERESTS[request.symptom]

    def concerns(step: Step) -> bool:
        return step.subject in interest.subjects or step.probe in interest.probes

    def fits(step: Step) -> bool:
        limit_s = request.time_limit_s
        return limit_s is None or limit_s >= _LEAST_S.get(step.probe, 0.0) / (2 if concerns(step) else 1)

    known = [step if step.skip or fits(step) else replace(step, skip=SkipReason.TIME_LIMIT) for step in steps]
    return tuple(sorted(known, key=lambda step: not concerns(step)))
