"""Beside the ladder: what tells look-alikes apart and costs little (the computer itself, proxies, clocks, UDP)."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from nexkit.facts.network import InterfaceKind, NetworkState
from nexkit.outcome import SkipReason
from nexkit.plan.effort import MARGIN_S, MAX_ANCHORS, MAX_CHECKS, MAX_CONTROLS, REPLY_S, Effort, effort_of
from nexkit.plan.known import fact, host_port, services_of
from nexkit.plan.step import Outcomes, Step
from nexkit.profile import Profile
from nexkit.request import Depth, Request
from nexkit.subject import Subject
from nexkit.units import Seconds

READING_S = Seconds(2.5)
"""Of what the system tells at once."""
BUSY_READING_S = Seconds(6.0)
"""The same beside everything else: an overloaded one takes its time."""
UDP_ANSWER_S = Seconds(2.5)
"""A request is sent at 0, 0.5 and 1.5 s (RFC 8489 section 6.2.1); the last one has a second left."""
STREAM_REPLIES = 7
"""A reflector is greeted three times, and a stage has to have room for that and for the servers before it."""


def evidence(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """All of it."""
    effort = effort_of(request)
    network = fact(done, "interfaces", NetworkState)
    yield from readings("start", network, profile.internet.anchors[:MAX_ANCHORS])
    yield _proxy(request, profile, effort)
    yield _time(profile, effort)
    yield _udp(profile, effort)
    if request.depth is not Depth.QUICK:
        yield from _encrypted_resolvers(profile, effort)
    if request.depth is Depth.FULL:
        yield Step(id="segment.lan", probe="segment", subject=Subject.COMPUTER, timeout_s=effort.stage_s)


def readings(when: str, network: NetworkState | None, targets: tuple[str, ...]) -> Iterable[Step]:
    """What this computer says of its links, its Wi-Fi and its load; read twice, so that the run can be seen."""
    params = {"link": {"targets": targets}}
    for probe in ("link", "wifi", "host"):
        if probe == "wifi" and network and all(each.kind is not InterfaceKind.WIFI for each in network.interfaces):
            continue
        yield Step(
            id=f"{probe}.{when}",
            probe=probe,
            subject=Subject.COMPUTER,
            params=params.get(probe, {}),
            timeout_s=BUSY_READING_S if when == "start" else READING_S,
        )


def _proxy(request: Request, profile: Profile, effort: Effort) -> Step:
    urls = (
        *(f"https://{name}/" for name in profile.internet.names[:MAX_CONTROLS]),
        *(service.url for service in services_of(request, profile) if service.url),
    )
    return Step(
        id="proxy.system",
        probe="proxy",
        subject=Subject.PROXY,
        params={"urls": urls, "step_timeout_s": effort.step_s},
        timeout_s=effort.stage_s,
        skip=None if urls else SkipReason.NO_TARGET,
    )


def _time(profile: Profile, effort: Effort) -> Step:
    pages = [urlsplit(check.url) for check in profile.internet.portal_checks[:MAX_CHECKS]]
    params = {
        "ntp": profile.internet.time,
        "https": profile.internet.names[:MAX_CONTROLS],
        "http": tuple(host_port(page) for page in pages),
    }
    return Step(
        id="time.check",
        probe="time",
        subject=Subject.TIME_SERVER,
        params=params | {"timeout_s": Seconds(effort.step_s / 2)},
        timeout_s=effort.stage_s,
        skip=None if any(params.values()) else SkipReason.NO_TARGET,
    )


def _udp(profile: Profile, effort: Effort) -> Step:
    stun = tuple(f"{each.host}:{each.port}" for each in profile.internet.stun)
    reflectors = tuple(f"{each.host}:{each.port}" for each in profile.internet.reflectors)
    longer = effort.stream_s >= effort.call_s
    return Step(
        id="udp.check",
        probe="udp",
        subject=Subject.UDP_SERVER,
        params={
            "stun": stun,
            "reflectors": reflectors,
            "duration_s": effort.stream_s,
            # Servers and reflectors are asked one after the other.
            "timeout_s": Seconds(min(effort.step_s, UDP_ANSWER_S, effort.stage_s / 3)),
            "reply_timeout_s": Seconds(min(REPLY_S, effort.stage_s / STREAM_REPLIES)),
        },
        timeout_s=Seconds(effort.stage_s + (effort.stream_s if longer else 0.0)),
        skip=None if stun or reflectors else SkipReason.NO_TARGET,
    )


def _encrypted_resolvers(profile: Profile, effort: Effort) -> Iterable[Step]:
    for number, resolver in enumerate(profile.internet.encrypted_resolvers, start=1):
        yield Step(
            id=f"encrypted_dns.{number}",
            probe="encrypted_dns",
            subject=Subject.COMPARISON_RESOLVER,
            params={
                "resolver": resolver,
                "controls": profile.internet.names[:1],
                "step_timeout_s": effort.step_s,
                "total_s": Seconds(effort.stage_s - MARGIN_S),
            },
            timeout_s=effort.stage_s,
        )
