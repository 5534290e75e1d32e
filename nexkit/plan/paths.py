"""Of the third stage: where packets are lost or late, what tells on which stretch of the way, and towards whom."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nexkit.address import Family, family
from nexkit.facts.echo import EchoStats
from nexkit.facts.network import GatewayReach
from nexkit.facts.path import PathTrace
from nexkit.facts.reach import Reach
from nexkit.facts.wifi import WifiReading
from nexkit.outcome import FailureKind
from nexkit.plan.effort import (
    ANCHOR_INTERVAL_S,
    LEAST_ECHOES,
    MARGIN_S,
    MAX_AGAIN,
    MAX_CARRIER,
    MAX_OTHERS,
    REPEATED_MS,
    REPLY_S,
    ROUTER_INTERVAL_S,
    SETTLED_S,
    SLOW_MS,
    SPIKE_MS,
    Effort,
    effort_of,
    follow_up_effort_of,
)
from nexkit.plan.kinds import HOST_ECHOES, echo_step, host_step, route_step
from nexkit.plan.known import fact, facts, provider_hop
from nexkit.plan.step import Outcomes, Step
from nexkit.profile import Profile
from nexkit.request import Request
from nexkit.subject import Subject
from nexkit.units import Ms, Seconds

_LOST = frozenset({FailureKind.TIMEOUT, FailureKind.HOST_UNREACHABLE, FailureKind.NET_UNREACHABLE})
"""A connection came to nothing, and no word of it from the other end."""
_FAMILIES = ((Family.IPV4, "4"), (Family.IPV6, "6"))


def paths(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """The same ways once more, and by stretches."""
    effort = follow_up_effort_of(request)
    lossy, sending_s = _lossy(done), _sending_s(done)
    if lossy:
        yield from _more(done, effort)
        yield from _gateways_by_tcp(done, effort)
    else:
        yield from _pausing(done, effort)
    if lossy or (not effort.stretches and _any_slow(done)):
        yield from _stretches(profile, done, effort, sending_s, again=effort.stretches)


def beside(request: Request, _profile: Profile, done: Outcomes) -> Iterable[Step]:
    """Other ways, where one is lossy or slow; and connections once more that came to nothing."""
    effort = follow_up_effort_of(request)
    if _lossy(done) or _any_slow(done):
        yield from _other_ways(done, effort)
        yield from _others(done, effort, _sending_s(done))
    yield from _again(done, effort)


def _any_slow(done: Outcomes) -> bool:
    return any(_slow(echo) for _step_id, echo in _first_rounds(done, "anchor"))


def _sending_s(done: Outcomes) -> Seconds | None:
    """How long follow-up echoes go: as long as they can where packets are lost."""
    return None if _lossy(done) else SETTLED_S


def stretches(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """The way by stretches, beside the ladder's own echoes and as long as these, where the symptom asks for it."""
    effort = effort_of(request)
    if effort.stretches:
        sending_s = Seconds(effort.anchor_echoes * ANCHOR_INTERVAL_S)
        yield from _stretches(profile, done, effort, sending_s, again=False)


def _stretches(
    profile: Profile, done: Outcomes, effort: Effort, sending_s: Seconds | None, *, again: bool
) -> Iterator[Step]:
    """The provider's first router, and targets in the carrier's network; `again`: they were asked once before."""
    more = ".more" if again else ""
    for of_family, digit in _FAMILIES:
        if (beyond := provider_hop(done, of_family)) is not None:
            yield _echoes(f"ping.provider{digit}{more}", Subject.PROVIDER_HOP, beyond, effort, sending_s)
    for number, target in enumerate(profile.internet.carrier_internal[:MAX_CARRIER], start=1):
        yield _echoes(f"ping.carrier{number}{more}", Subject.ACCESS_LINE, target, effort, sending_s)


def _first_rounds(done: Outcomes, kind: str) -> Iterator[tuple[str, EchoStats]]:
    for step_id, echo in facts(done, f"ping.{kind}", EchoStats):
        if not step_id.endswith((".more", ".tcp")):
            yield step_id, echo


def _lossy(done: Outcomes) -> bool:
    """A packet was lost to somebody who answers."""
    return any(
        0 < echo.received < echo.sent for kind in ("gateway", "anchor") for _step_id, echo in _first_rounds(done, kind)
    )


def _slow(echo: EchoStats) -> bool:
    return echo.rtt_p50_ms is not None and echo.rtt_p50_ms > SLOW_MS


def _more(done: Outcomes, effort: Effort, sending_s: Seconds | None = None) -> Iterator[Step]:
    """More rounds. All are asked again, clean ones too: whether they share the loss decides where the fault is."""
    for kind, subject in (("gateway", Subject.GATEWAY), ("anchor", Subject.ANCHOR)):
        for step_id, echo in _first_rounds(done, kind):
            if echo.received:
                yield _echoes(f"{step_id}.more", subject, echo.target, effort, sending_s)


def _pausing(done: Outcomes, effort: Effort) -> Iterator[Step]:
    """The router once more, where some of its answers over Wi-Fi came late: whether they do so in a rhythm."""
    if not any(link.joined for _step_id, reading in facts(done, "wifi.start", WifiReading) for link in reading.links):
        return
    for step_id, echo in _first_rounds(done, "gateway"):
        late = [each for each in echo.samples[1:] if each.rtt_ms is not None and each.rtt_ms > SPIKE_MS]
        if echo.rtt_p50_ms is not None and echo.rtt_p50_ms <= SPIKE_MS and len(late) > 1:
            yield _echoes(f"{step_id}.more", Subject.GATEWAY, echo.target, effort)


def _gateways_by_tcp(done: Outcomes, effort: Effort) -> Iterator[Step]:
    """A router that answers no echo, but connections: these tell whether packets are lost on the way to it."""
    for _of_family, digit in _FAMILIES:
        echo = fact(done, f"ping.gateway{digit}", EchoStats)
        reach = fact(done, f"lan.gateway{digit}", GatewayReach)
        if echo is None or echo.received or reach is None:
            continue
        ports = [
            each.port
            for each in reach.tcp
            if each.connect_ms is not None or (each.failure and each.failure.kind is FailureKind.REFUSED)
        ]
        if ports:
            step = _echoes(f"ping.gateway{digit}.tcp", Subject.GATEWAY, echo.target, effort)
            yield replace(step, params={**step.params, "tcp": True, "tcp_port": ports[0]})


def _echoes(step_id: str, subject: Subject, target: str, effort: Effort, sending_s: Seconds | None = None) -> Step:
    """Echoes for so long, at most and where nothing is said for as long as the step may take."""
    interval_s = ANCHOR_INTERVAL_S if subject is Subject.ANCHOR else ROUTER_INTERVAL_S
    longest_s = effort.stage_s - REPLY_S - MARGIN_S
    count = max(LEAST_ECHOES, int((longest_s if sending_s is None else min(sending_s, longest_s)) / interval_s))
    return echo_step(step_id, subject, target, effort, count=count, interval_s=interval_s)


def _other_ways(done: Outcomes, effort: Effort) -> Iterator[Step]:
    """The ways to anchors that were not traced yet, the worst one of each family: they show where ways part."""
    traced = {trace.target for _step_id, trace in facts(done, "route.", PathTrace)}
    worst: dict[Family, tuple[tuple[float, Ms], str]] = {}
    for _step_id, echo in _first_rounds(done, "anchor"):
        if echo.received and echo.target not in traced:
            badness = ((echo.loss_ratio or 0.0), echo.rtt_p50_ms or Ms(0.0))
            of_family = family(echo.target)
            if of_family not in worst or badness > worst[of_family][0]:
                worst[of_family] = (badness, echo.target)
    for of_family, digit in _FAMILIES:
        if of_family in worst:
            yield route_step(f"route.anchor{digit}.other", Subject.ANCHOR, worst[of_family][1], effort)


def _others(done: Outcomes, effort: Effort, sending_s: Seconds | None) -> Iterator[Step]:
    """Sites and services, where some anchors are bad and others are not: these show who else is."""
    anchors = [echo for _step_id, echo in _first_rounds(done, "anchor") if echo.received]
    if not any(echo.received == echo.sent and not _slow(echo) for echo in anchors):
        return
    chosen: dict[str, tuple[str, Subject]] = {}
    for kind, subject in (("service", Subject.SERVICE_HOST), ("control", Subject.CONTROL)):
        for step_id, reach in facts(done, f"reach.{kind}", Reach):
            for address in _first_of_each_family(reach):
                digit = "4" if family(address) is Family.IPV4 else "6"
                chosen.setdefault(address, (f"ping.{step_id.removeprefix('reach.')}.v{digit}", subject))
    for address, (step_id, subject) in list(chosen.items())[:MAX_OTHERS]:
        step = _echoes(step_id, Subject.ANCHOR, address, effort, sending_s)
        yield Step(id=step_id, probe=step.probe, subject=subject, params=step.params, timeout_s=step.timeout_s)


def _first_of_each_family(reach: Reach) -> Iterable[str]:
    """Addresses that took a connection."""
    found: dict[Family, str] = {}
    for attempt in reach.attempts:
        if attempt.connect_ms is not None:
            found.setdefault(family(attempt.address), attempt.address)
    return found.values()


def _again(done: Outcomes, effort: Effort) -> Iterator[Step]:
    """Connections that came to nothing at the first try, once more, and some of those that did not.

    Only where others of the family were opened: are these destinations dead, or do new connections fail at random.
    """
    failed: dict[tuple[str, int], None] = {}
    opened: dict[tuple[str, int], None] = {}
    for step_id, reach in facts(done, "reach.", Reach):
        if step_id.startswith(("reach.anchor", "reach.service", "reach.control")):
            for attempt in reach.attempts:
                lost = attempt.failure is not None and attempt.failure.kind in _LOST
                if (attempt.connect_ms is None and lost) or (attempt.connect_ms or 0.0) >= REPEATED_MS:
                    failed[attempt.address, reach.port] = None
                if attempt.connect_ms is not None:
                    opened[attempt.address, reach.port] = None
    families = {family(address) for address, _port in opened} & {family(address) for address, _port in failed}
    chosen = [each for each in dict.fromkeys((*failed, *opened)) if family(each[0]) in families][:MAX_AGAIN]
    if not chosen:
        return
    # New connections are compared with what established flows lose.
    if not _lossy(done):
        yield from _more(done, effort, effort.step_s)
    for number, (address, port) in enumerate(chosen, start=1):
        yield host_step(f"reach.again{number}", Subject.SERVICE_HOST, address, port, effort)
    for number, address in enumerate(dict.fromkeys(address for address, _port in chosen), start=1):
        yield echo_step(f"ping.again{number}", Subject.SERVICE_HOST, address, effort, count=HOST_ECHOES)
