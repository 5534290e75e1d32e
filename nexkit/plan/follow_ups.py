"""The third stage: where something looks wrong, what separates look-alikes; part by part, as the ladder is measured."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlsplit

from nexkit.address import Family, Scope, family, scope
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.network import AddressOrigin, GatewayReach, NeighbourState, NetworkState
from nexkit.facts.path import PathTrace
from nexkit.facts.portal import PortalCheck
from nexkit.facts.proxy import ProxyAttempt, ProxyCheck, ProxyKind, ProxyWay
from nexkit.facts.reach import Reach, ReachAttempt, ReachLayer, TrustProblem
from nexkit.facts.udp import UdpPath
from nexkit.outcome import FailureKind
from nexkit.params import ParamValue
from nexkit.plan.effort import (
    FIRST_HOPS,
    MARGIN_S,
    MAX_CONTROLS,
    MAX_SIZED,
    Effort,
    follow_up_effort_of,
)
from nexkit.plan.kinds import HOST_ECHOES, WEB_PORT, echo_step, host_step, route_step, tcp_step, web_step
from nexkit.plan.known import fact, facts, hanging_of, hosts_of, services_of, webs_of
from nexkit.plan.paths import beside, paths, stretches
from nexkit.plan.step import Outcomes, Part, Step
from nexkit.plan.vpn import past_the_tunnel, vpn_sizes
from nexkit.profile import USER_SERVICE_ID, Profile, Service
from nexkit.request import Request
from nexkit.subject import Subject
from nexkit.units import Seconds


def _wire(request: Request, _profile: Profile, done: Outcomes) -> Iterable[Step]:
    """Who hands out addresses here, where nobody answers for the router's that was set by hand."""
    network, reach = fact(done, "interfaces", NetworkState), fact(done, "lan.gateway4", GatewayReach)
    if network is None or reach is None or "segment.lan" in done:
        return
    absent = reach.neighbour in {NeighbourState.FAILED, NeighbourState.ABSENT}
    if absent and any(
        each.origin is AddressOrigin.STATIC
        for interface in network.interfaces
        if interface.name == reach.interface
        for each in interface.addresses
        if family(each.address) is Family.IPV4
    ):
        yield Step(
            id="segment.lan",
            probe="segment",
            subject=Subject.COMPUTER,
            timeout_s=follow_up_effort_of(request).stage_s,
        )


def _others_know(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    effort = follow_up_effort_of(request)
    for service in services_of(request, profile):
        if service.url:
            step = web_step("", Subject.SERVICE_HOST, service.url, service.expect_status, effort)
            yield from _elsewhere(f"service.{service.id}", f"host.{service.id}", step, done)
        for number, target in enumerate(service.tcp, start=1):
            step = tcp_step("", Subject.SERVICE_HOST, target.host, target.port, effort)
            yield from _elsewhere(f"service.{service.id}.tcp{number}", f"host.{service.id}.tcp{number}", step, done)
    for number, name in enumerate(profile.internet.names[:MAX_CONTROLS], start=1):
        step = web_step("", Subject.SERVICE_HOST, f"https://{name}/", (), effort)
        yield from _elsewhere(f"control{number}", f"host.control{number}", step, done)


def _elsewhere(name: str, own: str, step: Step, done: Outcomes) -> Iterable[Step]:
    """The same where another resolver says it is: once nothing is known of it here, or something wrong.

    Wrong are a certificate for somebody else, and inner addresses at which nothing is.
    """
    reach = fact(done, f"reach.{name}", Reach)
    if reach is None:
        return
    given = {each.address for each in reach.attempts}
    others = [
        address
        for _step_id, answers in facts(done, "dns.comparison", ResolverAnswers)
        for query in answers.queries
        if query.name == reach.host
        for address in query.addresses
    ]
    foreign = any(each.tls and each.tls.problem is TrustProblem.WRONG_NAME for each in reach.attempts)
    inner = bool(given) and all(scope(each) is not Scope.INTERNET for each in given)
    nowhere = inner and all(each.connect_ms is None for each in reach.attempts)
    if given & set(others) or not (reach.resolve_failure or foreign or nowhere):
        return
    wanted = tuple(Family) if reach.resolve_failure else (family(reach.attempts[0].address),)
    first = {family(each): each for each in reversed(others)}
    chosen = [first[each] for each in wanted if each in first] or others[:1]
    for address, ending in zip(chosen, ("", "6"), strict=False):
        yield replace(step, id=f"reach.{own}.elsewhere{ending}", params={**step.params, "address": address})


def _plain_web(request: Request, _profile: Profile, done: Outcomes) -> Iterable[Step]:
    """The port of plain pages where secure ones come from, once no plain page could be asked for anywhere."""
    effort = follow_up_effort_of(request)
    checks = [check for _step_id, check in facts(done, "portal.", PortalCheck)]
    attempts = [attempt for check in checks for attempt in check.attempts]
    if not attempts or any(each.failure is None or each.failure.step != "connect" for each in attempts):
        return
    for number in range(1, MAX_CONTROLS + 1):
        reach = fact(done, f"reach.control{number}", Reach)
        secure = [each.address for each in reach.attempts if each.tls is not None] if reach else []
        if secure:
            yield host_step(f"reach.host.control{number}.p80", Subject.SERVICE_HOST, secure[0], 80, effort)


def _hosts(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    effort = follow_up_effort_of(request)
    chosen = request.service_id or (USER_SERVICE_ID if request.url is not None else None)
    for service in services_of(request, profile):
        yield from _by_other_ways(service, done, effort, anyway=effort.hosts and service.id == chosen)


def _may_be_contacted(attempt: ReachAttempt) -> bool:
    """Whether the kit's own limits did not keep it from there."""
    return attempt.failure is None or attempt.failure.kind is not FailureKind.KIT_LIMIT


def _by_other_ways(service: Service, done: Outcomes, effort: Effort, *, anyway: bool) -> Iterable[Step]:
    """Other ways to the same host, once a port of it does not answer; `anyway`: also where all do."""
    tried = [
        reach
        for step_id, reach in facts(done, f"reach.service.{service.id}", Reach)
        # Not those of a service whose id begins alike: `mail-old` beside `mail`.
        if step_id.split(".")[2] == service.id and reach.attempts
    ]
    failing = [reach for reach in tried if all(attempt.failure is not None for attempt in reach.attempts)]
    asked = failing or (tried if anyway else [])
    address = next((each.address for reach in asked for each in reach.attempts if _may_be_contacted(each)), None)
    if address is None:
        return
    tested = {port for _host, port in hosts_of(service)}
    for port in (WEB_PORT, 80):
        if port not in tested:
            yield host_step(f"reach.host.{service.id}.p{port}", Subject.SERVICE_HOST, address, port, effort)
    yield echo_step(f"ping.host.{service.id}", Subject.SERVICE_HOST, address, effort, count=HOST_ECHOES)
    yield route_step(f"route.service.{service.id}", Subject.SERVICE, address, effort)


def _sizes_of_hanging(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """Where a large transfer hangs there is no time to lose, and nothing that a transfer could disturb."""
    if hanging_of(webs_of(done)):
        yield from _sizes(request, profile, done)


def _sizes(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """Which sizes get through: as the effort has it, else where large transfers hang."""
    effort = follow_up_effort_of(request)
    webs = webs_of(done)
    hanging = hanging_of(webs)
    if not effort.sizes and not hanging:
        return
    of_each: Counter[Family] = Counter()
    for step_id, reach in facts(done, "reach.anchor", Reach):
        of_family = family(reach.host)
        if any(attempt.connect_ms is not None for attempt in reach.attempts) and of_each[of_family] < MAX_SIZED:
            of_each[of_family] += 1
            yield _size_step(f"mtu.{step_id.removeprefix('reach.')}", Subject.ANCHOR, {"target": reach.host}, effort)
    urls = {f"reach.service.{service.id}": service.url for service in services_of(request, profile) if service.url}
    for step_id, reach in webs:
        # One control is enough for the large transfer; others that hang are seen by their own sizes.
        if step_id.startswith("reach.control") and step_id not in {"reach.control1", *hanging}:
            continue
        parts = urlsplit(urls.get(step_id, "/"))
        service = step_id.startswith("reach.service")
        for attempt in _one_of_each_family(reach):
            digit = "4" if family(attempt.address) is Family.IPV4 else "6"
            yield _size_step(
                f"mtu.{step_id.removeprefix('reach.')}.v{digit}",
                Subject.SERVICE if service else Subject.CONTROL,
                {"target": attempt.address, "port": reach.port, "host": reach.host, "path": parts.path or "/"},
                effort,
            )


def _one_of_each_family(reach: Reach) -> Iterable[ReachAttempt]:
    """The first address of each family that took the connection."""
    found: dict[Family, ReachAttempt] = {}
    for attempt in reach.attempts:
        if attempt.connect_ms is not None:
            found.setdefault(family(attempt.address), attempt)
    return found.values()


def _size_step(step_id: str, subject: Subject, params: Mapping[str, ParamValue], effort: Effort) -> Step:
    return Step(id=step_id, probe="mtu", subject=subject, params=params, timeout_s=effort.stage_s)


def _proxied(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """The same web addresses through the proxy that the system would use for them."""
    effort = follow_up_effort_of(request)
    check = fact(done, "proxy.system", ProxyCheck)
    ways = {each.url: each.ways[0] for each in check.decisions if each.ways} if check else {}
    targets: list[tuple[str, str, tuple[int, ...]]] = [
        (f"control{number}", f"https://{name}/", ())
        for number, name in enumerate(profile.internet.names[:MAX_CONTROLS], start=1)
    ]
    targets += [
        (f"service.{service.id}", service.url, service.expect_status)
        for service in services_of(request, profile)
        if service.url
    ]
    for name, url, expected in targets:
        way = ways.get(url)
        if way is not None and way.kind is ProxyKind.HTTP and way.host and way.port:
            step = web_step(f"reach.proxied.{name}", Subject.PROXY, url, expected, effort)
            more: dict[str, ParamValue] = {"proxy": _place(way), "http2": False, "quic": False, "browser": False}
            yield replace(step, params={**step.params, **more})
    if check is None:
        return
    first = next((way for way in ways.values() if way.kind is ProxyKind.HTTP), None)
    for service in services_of(request, profile):
        for number, target in enumerate(service.tcp, start=1):
            direct = fact(done, f"reach.service.{service.id}.tcp{number}", Reach)
            if first is None or direct is None or any(each.failure is None for each in direct.attempts):
                continue
            name = f"reach.proxied.service.{service.id}.tcp{number}"
            step = tcp_step(name, Subject.PROXY, target.host, target.port, effort)
            yield replace(step, params={**step.params, "proxy": _place(first)})
    yield from _proxied_anchors(profile, check, first, effort)
    yield from _proxy_itself(check, effort)


def _proxied_anchors(profile: Profile, check: ProxyCheck, way: ProxyWay | None, effort: Effort) -> Iterable[Step]:
    """Addresses in place of names, where the proxy got to none: whether names are what it fails at."""
    attempts = [attempt for decision in check.decisions for attempt in decision.attempts]
    tunnelled = any(attempt.answer is not None and attempt.answer.opened for attempt in attempts)
    if way is None or tunnelled or not any(_nowhere(attempt) for attempt in attempts):
        return
    for number, anchor in enumerate(profile.internet.anchors[:MAX_SIZED], start=1):
        step = tcp_step(f"reach.proxied.anchor{number}", Subject.PROXY, anchor, WEB_PORT, effort)
        yield replace(step, params={**step.params, "proxy": _place(way)})


def _nowhere(attempt: ProxyAttempt) -> bool:
    """Whether the proxy was there, and got nowhere."""
    if attempt.failure is not None:
        return attempt.failure.step == "tunnel"
    return attempt.answer is not None and attempt.answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _place(way: ProxyWay) -> str:
    host = way.host or ""
    return f"[{host}]:{way.port}" if ":" in host else f"{host}:{way.port}"


def _proxy_itself(check: ProxyCheck, effort: Effort) -> Iterable[Step]:
    """A request that a proxy need not pass on, where it kept silent at those that it should: whether it lives."""
    for attempt in (each for decision in check.decisions for each in decision.attempts):
        way = attempt.way
        if attempt.failure is None or attempt.failure.step != "tunnel" or way.kind is not ProxyKind.HTTP:
            continue
        yield Step(
            id="reach.proxy",
            probe="reach",
            subject=Subject.PROXY,
            params={
                "host": way.host or "",
                "port": way.port or 0,
                "layer": ReachLayer.HTTP,
                "step_timeout_s": Seconds(effort.step_s / 2),
                "total_s": Seconds(effort.stage_s - MARGIN_S),
            },
            timeout_s=effort.stage_s,
        )
        return


def _over_quic(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """QUIC to web servers that say they have it: where nobody offers it, silence says nothing."""
    effort = follow_up_effort_of(request)
    urls = {f"control{number}": f"https://{name}/" for number, name in enumerate(profile.internet.names, start=1)}
    urls |= {f"service.{service.id}": service.url for service in services_of(request, profile) if service.url}
    offering = [
        (name, url)
        for name, url in urls.items()
        if (reach := fact(done, f"reach.{name}", Reach)) is not None
        and any(each.http is not None and each.http.http3_offered for each in reach.attempts)
    ]
    for name, url in offering[:MAX_CONTROLS]:
        step = web_step(f"reach.quic.{name}", Subject.UDP_SERVER, url, (), effort)
        yield replace(step, params={**step.params, "quic": True})


def _udp_hosts(request: Request, _profile: Profile, done: Outcomes) -> Iterable[Step]:
    """Whether servers that keep silent over UDP answer otherwise."""
    effort = follow_up_effort_of(request)
    path = fact(done, "udp.check", UdpPath)
    told = [(each.server, each.address, each.failure) for each in path.stun] if path else []
    told += [(each.server, each.address, each.failure) for each in path.reflectors] if path else []
    alive = {server for server, _address, failure in told if failure is None}
    silent: dict[str, str] = {}
    for server, address, _failure in told:
        if server not in alive and address is not None:
            silent.setdefault(server, address)
    for number, address in enumerate(list(silent.values())[:MAX_SIZED], start=1):
        yield echo_step(f"ping.udp{number}", Subject.UDP_SERVER, address, effort, count=HOST_ECHOES)
        yield host_step(f"reach.udp{number}", Subject.UDP_SERVER, address, WEB_PORT, effort)


def _access(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """What kind of line this is, from what is known by now and a few questions more."""
    effort = follow_up_effort_of(request)
    if not (effort.deep or effort.stretches or profile.internet.carrier_internal):
        return
    trace = fact(done, "route.anchor4", PathTrace)
    nearest = {hop.ttl: hop.responders[0].address for hop in trace.hops if hop.responders} if trace else {}
    udp = fact(done, "udp.check", UdpPath)
    mapped = [
        each
        for each in (udp.stun if udp else ())
        if each.mapped_address is not None and family(each.mapped_address) is Family.IPV4
    ]
    yield Step(
        id="access.line",
        probe="access",
        subject=Subject.ACCESS_LINE,
        params={
            "trace_target": next((each for each in profile.internet.anchors if family(each) is Family.IPV4), None),
            "hops": tuple(nearest.get(ttl, "*") for ttl in range(1, FIRST_HOPS + 1)) if nearest else (),
            "carrier_internal": profile.internet.carrier_internal,
            "mapped4": mapped[0].mapped_address if mapped else None,
            "mapped_ports": tuple(each.mapped_port for each in mapped if each.mapped_port is not None),
        },
        timeout_s=effort.stage_s,
    )


FOLLOW_UPS = (
    Part(stretches, after=("route.anchor",)),
    Part(_hosts, after=("reach.service",)),
    Part(_others_know, after=("reach.service", "reach.control", "dns.comparison")),
    Part(_sizes_of_hanging, after=("reach.",)),
    Part(_plain_web, after=("portal.", "reach.control")),
    # Transfers would delay the round trips that are being measured.
    Part(_sizes, after=("reach.", "ping.", "udp.check")),
    Part(vpn_sizes, after=("reach.", "ping.", "udp.", "dns.vpn")),
    Part(past_the_tunnel, after=("reach.service",)),
    Part(_proxied, after=("reach.service", "proxy.system")),
    Part(_udp_hosts, after=("udp.check",)),
    Part(_over_quic, after=("reach.control", "reach.service")),
    Part(_access, after=("route.anchor4", "udp.check")),
    Part(paths, after=("ping.", "route.", "lan.", "wifi.")),
    Part(beside, after=("ping.", "route.", "reach.")),
    Part(_wire, after=("lan.gateway4", "segment.lan")),
)
