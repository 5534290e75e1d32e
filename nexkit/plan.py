"""The plan: pure functions from profile, request and what is known so far to the next steps.

The runner asks for a stage, runs it, and asks again with the outcomes. So a plan reacts (more rounds on a suspicious
segment, the load test last and alone), and stays a pure function that a table can test. The stages:

1. what this computer knows of its network (nothing is sent);
2. the whole ladder at once: gateway, resolvers, anchors, controls, services;
3. follow-ups where something looks wrong: they separate look-alikes;
4. the load test, at full depth only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar
from urllib.parse import SplitResult, urlsplit

from nexkit.address import Family, Scope, family, scope, with_zone
from nexkit.consent import Consent
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadBackend
from nexkit.facts.network import NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.reach import Reach, ReachLayer, TrustProblem
from nexkit.outcome import Completed, Outcome, SkipReason
from nexkit.params import ParamValue
from nexkit.profile import USER_SERVICE_ID, Profile, Service
from nexkit.request import Depth, Request, Symptom
from nexkit.subject import Subject
from nexkit.units import Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One probe on one target."""

    id: str
    probe: str
    subject: Subject
    params: Mapping[str, ParamValue] = field(default_factory=dict)
    timeout_s: Seconds
    """This step's deadline; the probe's own limit holds as well."""
    skip: SkipReason | None = None
    """Planned and knowingly not run, so that the report says so."""


Outcomes: TypeAlias = Mapping[str, Outcome[Any]]
Planner: TypeAlias = Callable[[Outcomes], tuple[Step, ...]]
"""From the outcomes so far to the steps of the next stage; empty when the plan is at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much a depth spends; the times are what the user is promised."""

    stage_s: Seconds
    """Deadline of a step."""
    follow_up_s: Seconds
    """The same in the stage of follow-ups."""
    step_s: Seconds
    """Deadline of one connect, handshake or answer."""
    gateway_echoes: int
    anchor_echoes: int
    route_rounds: int


ROUTER_INTERVAL_S = Seconds(0.05)
"""To the nearest routers: one's own, and the provider's first."""
ANCHOR_INTERVAL_S = Seconds(0.1)
"""Ten small packets a second disturb nobody's server."""
QUICK = Effort(
    stage_s=Seconds(7.5),
    follow_up_s=Seconds(4.0),
    step_s=Seconds(2.5),
    gateway_echoes=40,
    anchor_echoes=20,
    route_rounds=3,
)
STANDARD = Effort(
    stage_s=Seconds(13.0),
    follow_up_s=Seconds(7.0),
    step_s=Seconds(4.0),
    gateway_echoes=120,
    anchor_echoes=60,
    route_rounds=5,
)
MARGIN_S = 0.3
"""Between a probe's own end and the deadline at which the runner drops it with all it has measured."""
LOAD_DIRECTION_S = Seconds(6.0)
LOAD_CONNECTIONS = 8
LOAD_TIMEOUT_S = Seconds(25.0)
MAX_RESOLVERS = 4
MAX_COMPARISONS = 2
MAX_ANCHORS = 6
MAX_CONTROLS = 3
MAX_CHECKS = 3
_WEB_PORT = 443
_T = TypeVar("_T")


def effort_of(request: Request) -> Effort:
    """What the request's depth spends."""
    return QUICK if request.depth is Depth.QUICK else STANDARD


def make_planner(request: Request, profile: Profile) -> Planner:
    """The plan of one run, to be asked stage by stage."""

    def next_stage(done: Outcomes) -> tuple[Step, ...]:
        for stage in (_first, _ladder, _follow_ups, _load):
            steps = tuple(stage(request, profile, done))
            if steps and not any(step.id in done for step in steps):
                return steps
        return ()

    return next_stage


def services_of(request: Request, profile: Profile) -> tuple[Service, ...]:
    """The services that this request tests; a web address of the user's own comes as one more."""
    services = tuple(
        service for service in profile.services if request.service_id is None or service.id == request.service_id
    )
    if request.url is None:
        return services
    own = Service(id=USER_SERVICE_ID, name={"en": request.url}, url=request.url)
    return (own,) if request.service_id is None and request.symptom is Symptom.ONE_SERVICE else (*services, own)


def _fact(done: Outcomes, step_id: str, fact_type: type[_T]) -> _T | None:
    outcome = done.get(step_id)
    if isinstance(outcome, Completed) and isinstance(outcome.fact, fact_type):
        return outcome.fact
    return None


def _facts(done: Outcomes, prefix: str, fact_type: type[_T]) -> Iterator[tuple[str, _T]]:
    for step_id in done:
        if step_id.startswith(prefix) and (fact := _fact(done, step_id, fact_type)) is not None:
            yield step_id, fact


def _first(_request: Request, _profile: Profile, _done: Outcomes) -> Iterable[Step]:
    yield Step(id="interfaces", probe="interfaces", subject=Subject.COMPUTER, timeout_s=Seconds(5.0))


def _ladder(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    effort = effort_of(request)
    network = _fact(done, "interfaces", NetworkState)
    yield from _gateways(network, effort)
    yield from _resolvers(request, profile, network, effort)
    yield from _internet(request, profile, network, effort)
    for service in services_of(request, profile):
        yield from _service(service, effort)


def _gateways(network: NetworkState | None, effort: Effort) -> Iterable[Step]:
    for of_family, digit in ((Family.IPV4, "4"), (Family.IPV6, "6")):
        route = network.gateway(of_family) if network else None
        gateway = route.gateway if route else None
        if network is not None and gateway is None and not network.usable_addresses(of_family):
            continue
        skip = SkipReason.NO_TARGET if gateway is None else None
        yield Step(
            id=f"lan.gateway{digit}",
            probe="lan",
            subject=Subject.GATEWAY,
            params={
                "gateway": gateway,
                "interface": route.interface if route else None,
                "timeout_s": effort.step_s,
            },
            timeout_s=effort.stage_s,
            skip=skip,
        )
        yield Step(
            id=f"ping.gateway{digit}",
            probe="ping",
            subject=Subject.GATEWAY,
            params={
                "target": with_zone(gateway, route.interface) if gateway and route else gateway,
                "count": effort.gateway_echoes,
                "interval_s": ROUTER_INTERVAL_S,
                "tcp_port": 53,
            },
            timeout_s=effort.stage_s,
            skip=skip,
        )


def _resolvers(request: Request, profile: Profile, network: NetworkState | None, effort: Effort) -> Iterable[Step]:
    controls = profile.internet.names[:MAX_CONTROLS]
    services = tuple(
        dict.fromkeys(host for service in services_of(request, profile) for host, _port in _hosts_of(service))
    )
    yield Step(
        id="lookup.system",
        probe="lookup",
        subject=Subject.COMPUTER,
        params={"controls": controls, "services": services, "timeout_s": Seconds(effort.stage_s - MARGIN_S)},
        timeout_s=effort.stage_s,
        skip=None if controls or services else SkipReason.NO_TARGET,
    )
    configured = [resolver.address for resolver in network.resolvers] if network else []
    comparisons = [address for address in profile.internet.resolvers if address not in configured]
    for subject, role, addresses in (
        (Subject.RESOLVER, "resolver", configured[:MAX_RESOLVERS]),
        (Subject.COMPARISON_RESOLVER, "comparison", comparisons[:MAX_COMPARISONS]),
    ):
        for number, address in enumerate(addresses, start=1):
            yield Step(
                id=f"dns.{role}{number}",
                probe="dns",
                subject=subject,
                params={
                    "resolver": address,
                    "controls": controls,
                    "services": services,
                    "timeout_s": Seconds(effort.step_s - 0.5),
                },
                timeout_s=effort.stage_s,
                skip=_family_skip(address, network),
            )


def _port(address: SplitResult) -> int:
    """The port of a web address, said or meant."""
    return address.port or (_WEB_PORT if address.scheme == "https" else 80)


def _hosts_of(service: Service) -> Iterator[tuple[str, int]]:
    """Host and port of everything that a service needs over TCP."""
    if service.url:
        parts = urlsplit(service.url)
        yield parts.hostname or "", _port(parts)
    for target in service.tcp:
        yield target.host, target.port


def _family_skip(address: str, network: NetworkState | None) -> SkipReason | None:
    """Traffic to an address needs an address of its family here; loopback and link-local always have one."""
    if network is None or scope(address) in {Scope.LOOPBACK, Scope.LINK_LOCAL}:
        return None
    of_family = family(address)
    if network.usable_addresses(of_family) or (of_family is Family.IPV4 and not network.usable_addresses(Family.IPV6)):
        return None
    return SkipReason.NO_FAMILY


def _internet(request: Request, profile: Profile, network: NetworkState | None, effort: Effort) -> Iterable[Step]:
    steady = request.symptom in {Symptom.UNSTABLE, Symptom.CALLS}
    echoes = effort.anchor_echoes + (effort.anchor_echoes // 2 if steady else 0)
    traced: set[Family] = set()
    for number, anchor in enumerate(profile.internet.anchors[:MAX_ANCHORS], start=1):
        skip = _family_skip(anchor, network)
        yield Step(
            id=f"ping.anchor{number}",
            probe="ping",
            subject=Subject.ANCHOR,
            params={"target": anchor, "count": echoes, "interval_s": ANCHOR_INTERVAL_S},
            timeout_s=effort.stage_s,
            skip=skip,
        )
        yield _tcp_step(f"reach.anchor{number}", Subject.ANCHOR, anchor, _WEB_PORT, effort, skip)
        if family(anchor) not in traced:
            traced.add(family(anchor))
            digit = "4" if family(anchor) is Family.IPV4 else "6"
            yield _route_step(f"route.anchor{digit}", Subject.ANCHOR, anchor, effort, skip)
    for number, name in enumerate(profile.internet.names[:MAX_CONTROLS], start=1):
        yield _web_step(f"reach.control{number}", Subject.CONTROL, f"https://{name}/", (), effort)
    for number, check in enumerate(profile.internet.portal_checks[:MAX_CHECKS], start=1):
        yield Step(
            id=f"portal.{number}",
            probe="portal",
            subject=Subject.PORTAL_CHECK,
            params={"url": check.url, "body": check.body, "timeout_s": effort.step_s},
            timeout_s=effort.stage_s,
        )


def _route_step(step_id: str, subject: Subject, target: str, effort: Effort, skip: SkipReason | None = None) -> Step:
    return Step(
        id=step_id,
        probe="route",
        subject=subject,
        params={"target": target, "rounds": effort.route_rounds},
        timeout_s=effort.stage_s,
        skip=skip,
    )


def _tcp_step(
    step_id: str, subject: Subject, host: str, port: int, effort: Effort, skip: SkipReason | None = None
) -> Step:
    return Step(
        id=step_id,
        probe="reach",
        subject=subject,
        params={
            "host": host,
            "port": port,
            "layer": ReachLayer.TCP,
            "step_timeout_s": effort.step_s,
            "total_s": Seconds(effort.stage_s - MARGIN_S),
        },
        timeout_s=effort.stage_s,
        skip=skip,
    )


def _web_step(step_id: str, subject: Subject, url: str, expected_status: tuple[int, ...], effort: Effort) -> Step:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    return Step(
        id=step_id,
        probe="reach",
        subject=subject,
        params={
            "host": parts.hostname or "",
            "port": _port(parts),
            "layer": ReachLayer.HTTPS if secure else ReachLayer.HTTP,
            "path": (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            "expected_status": expected_status,
            "step_timeout_s": effort.step_s,
            "total_s": Seconds(effort.stage_s - MARGIN_S),
        },
        timeout_s=effort.stage_s,
    )


def _service(service: Service, effort: Effort) -> Iterable[Step]:
    prefix = f"reach.service.{service.id}"
    if service.url:
        yield _web_step(prefix, Subject.SERVICE, service.url, service.expect_status, effort)
    for number, target in enumerate(service.tcp, start=1):
        yield _tcp_step(f"{prefix}.tcp{number}", Subject.SERVICE, target.host, target.port, effort)
    for number, target in enumerate(service.udp, start=1):
        yield _tcp_step(
            f"{prefix}.udp{number}", Subject.SERVICE, target.host, target.port, effort, SkipReason.NOT_SUPPORTED
        )


def _follow_ups(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    effort = effort_of(request)
    effort = replace(effort, stage_s=effort.follow_up_s)
    for service in services_of(request, profile):
        yield from _service_follow_ups(service, done, effort)
        yield from _elsewhere(service, done, effort)
    echoes = [
        (step_id, echo)
        for kind in ("gateway", "anchor")
        for step_id, echo in _facts(done, f"ping.{kind}", EchoStats)
        if not step_id.endswith(".more")
    ]
    if not any(0 < echo.received < echo.sent for _step_id, echo in echoes):
        return
    for step_id, echo in echoes:
        # All are asked again, clean ones too: whether they share the loss decides where the fault is.
        if echo.received:
            near = step_id.startswith("ping.gateway")
            yield _more_echoes(f"{step_id}.more", Subject.GATEWAY if near else Subject.ANCHOR, echo.target, effort)
    for digit in ("4", "6"):
        trace = _fact(done, f"route.anchor{digit}", PathTrace)
        if trace is None:
            continue
        gateway = _fact(done, f"ping.gateway{digit}", EchoStats)
        beyond = [
            responder.address
            for hop in trace.hops
            for responder in hop.responders
            if hop.ttl == 2 and responder.address != trace.target  # noqa: PLR2004  right behind the gateway
        ]
        if beyond and (gateway is None or beyond[0] != gateway.target):
            yield _more_echoes(f"ping.provider{digit}", Subject.PROVIDER_HOP, beyond[0], effort)


def _more_echoes(step_id: str, subject: Subject, target: str, effort: Effort) -> Step:
    interval_s = ANCHOR_INTERVAL_S if subject is Subject.ANCHOR else ROUTER_INTERVAL_S
    return Step(
        id=step_id,
        probe="ping",
        subject=subject,
        params={
            "target": target,
            "count": int((effort.follow_up_s - 1.5) / interval_s),
            "interval_s": interval_s,
        },
        timeout_s=effort.stage_s,
    )


def _elsewhere(service: Service, done: Outcomes, effort: Effort) -> Iterable[Step]:
    """The service where another resolver says it is, once its certificate is somebody else's where this one says."""
    reach = _fact(done, f"reach.service.{service.id}", Reach)
    if reach is None or not service.url:
        return
    foreign = [each for each in reach.attempts if each.tls and each.tls.problem is TrustProblem.WRONG_NAME]
    given = {each.address for each in reach.attempts}
    others = [
        address
        for _step_id, answers in _facts(done, "dns.comparison", ResolverAnswers)
        for query in answers.queries
        if query.name == reach.host
        for address in query.addresses
    ]
    if not foreign or not others or given & set(others):
        return
    step = _web_step(
        f"reach.host.{service.id}.elsewhere", Subject.SERVICE_HOST, service.url, service.expect_status, effort
    )
    of_family = family(foreign[0].address)
    address = next((each for each in others if family(each) is of_family), others[0])
    yield replace(step, params={**step.params, "address": address})


def _service_follow_ups(service: Service, done: Outcomes, effort: Effort) -> Iterable[Step]:
    """Other ways to the same host, once a port of it does not answer."""
    failing = [
        reach
        for step_id, reach in _facts(done, f"reach.service.{service.id}", Reach)
        # Not those of a service whose id begins alike: `mail-old` beside `mail`.
        if step_id.split(".")[2] == service.id
        and reach.attempts
        and all(attempt.failure is not None for attempt in reach.attempts)
    ]
    if not failing:
        return
    address = failing[0].attempts[0].address
    tested = {port for _host, port in _hosts_of(service)}
    for port in (_WEB_PORT, 80):
        if port not in tested:
            yield _tcp_step(f"reach.host.{service.id}.p{port}", Subject.SERVICE_HOST, address, port, effort)
    yield Step(
        id=f"ping.host.{service.id}",
        probe="ping",
        subject=Subject.SERVICE_HOST,
        params={"target": address, "count": 10, "interval_s": ANCHOR_INTERVAL_S},
        timeout_s=effort.stage_s,
    )
    yield _route_step(f"route.service.{service.id}", Subject.SERVICE, address, effort)


def _load(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    if request.depth is not Depth.FULL:
        return
    load = profile.load
    alive = (echo.target for _id, echo in _facts(done, "ping.anchor", EchoStats) if echo.received)
    skip = None
    if load.backend is None:
        skip = SkipReason.NO_TARGET
    elif Consent.BULK_TRAFFIC not in request.consent or (
        load.backend is LoadBackend.OOKLA and Consent.PUBLIC_BACKEND not in request.consent
    ):
        skip = SkipReason.NO_CONSENT

    def bit_s(mbit_s: float | None) -> float | None:
        return None if mbit_s is None else mbit_s * 1e6

    yield Step(
        id="load.test",
        probe="load",
        subject=Subject.LOAD_SERVER,
        params={
            "backend": load.backend,
            "server": load.server,
            "download": load.download,
            "upload": load.upload,
            "max_bytes": load.max_bytes,
            "direction_s": LOAD_DIRECTION_S,
            "connections": LOAD_CONNECTIONS,
            "echo_target": next(alive, None),
            "expected_down_bit_s": bit_s(load.expect_down_mbit_s),
            "expected_up_bit_s": bit_s(load.expect_up_mbit_s),
        },
        timeout_s=LOAD_TIMEOUT_S,
        skip=skip,
    )
