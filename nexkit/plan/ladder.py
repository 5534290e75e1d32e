"""The second stage: gateway, resolvers, internet and services at once, and beside them what tells look-alikes apart."""

from collections.abc import Iterable

from nexkit.address import Family, family, with_zone
from nexkit.facts.network import NetworkState
from nexkit.outcome import SkipReason
from nexkit.plan.effort import (
    MAX_ANCHORS,
    MAX_CHECKS,
    MAX_COMPARISONS,
    MAX_CONTROLS,
    MAX_RESOLVERS,
    MAX_SUFFIXES,
    ROUTER_INTERVAL_S,
    Effort,
    effort_of,
)
from nexkit.plan.evidence import evidence
from nexkit.plan.kinds import WEB_PORT, echo_step, route_step, tcp_step, web_step
from nexkit.plan.known import fact, family_skip, hosts_of, services_of
from nexkit.plan.step import Outcomes, Step
from nexkit.plan.vpn import vpn
from nexkit.profile import Profile, Service
from nexkit.request import Request
from nexkit.subject import Subject
from nexkit.units import Seconds

LOOKUP_SHARE = 0.8
"""Of a stage's time: at standard depth a system has given up on one dead resolver by then (resolv.conf(5): 2 x 5 s)."""
COMPARISON_S = Seconds(2.5)
"""A resolver that is asked to compare: who is slower than this is silent."""


def ladder(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """All rungs at once."""
    effort = effort_of(request)
    network = fact(done, "interfaces", NetworkState)
    yield from _gateways(network, effort)
    yield from _resolvers(request, profile, network, effort)
    yield from _internet(profile, network, effort)
    for service in services_of(request, profile):
        yield from _service(service, effort)
    yield from evidence(request, profile, done)
    yield from vpn(request, profile, done)


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
        dict.fromkeys(host for service in services_of(request, profile) for host, _port in hosts_of(service))
    )
    yield Step(
        id="lookup.system",
        probe="lookup",
        subject=Subject.COMPUTER,
        params={
            "controls": controls,
            "services": services,
            "timeout_s": Seconds(effort.stage_s * LOOKUP_SHARE),
            "setup": True,
            "deep": effort.deep,
            "resolver_names": profile.internet.resolver_names,
        },
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
                    "timeout_s": effort.answer_s
                    if subject is Subject.RESOLVER
                    else Seconds(min(effort.answer_s, COMPARISON_S)),
                    "deep": effort.deep,
                    "signed": profile.internet.signed_names,
                    "bogus": profile.internet.bogus_names,
                    "suffixes": network.search_domains[:MAX_SUFFIXES] if network else (),
                    "resolver_names": profile.internet.resolver_names,
                },
                timeout_s=effort.stage_s,
                skip=family_skip(address, network),
            )


def _internet(profile: Profile, network: NetworkState | None, effort: Effort) -> Iterable[Step]:
    traced: set[Family] = set()
    for number, anchor in enumerate(profile.internet.anchors[:MAX_ANCHORS], start=1):
        skip = family_skip(anchor, network)
        yield echo_step(f"ping.anchor{number}", Subject.ANCHOR, anchor, effort, count=effort.anchor_echoes, skip=skip)
        yield tcp_step(f"reach.anchor{number}", Subject.ANCHOR, anchor, WEB_PORT, effort, skip)
        if family(anchor) not in traced:
            traced.add(family(anchor))
            digit = "4" if family(anchor) is Family.IPV4 else "6"
            yield route_step(f"route.anchor{digit}", Subject.ANCHOR, anchor, effort, skip)
    for number, name in enumerate(profile.internet.names[:MAX_CONTROLS], start=1):
        yield web_step(f"reach.control{number}", Subject.CONTROL, f"https://{name}/", (), effort)
    for number, check in enumerate(profile.internet.portal_checks[:MAX_CHECKS], start=1):
        yield Step(
            id=f"portal.{number}",
            probe="portal",
            subject=Subject.PORTAL_CHECK,
            params={"url": check.url, "body": check.body, "timeout_s": effort.step_s},
            timeout_s=effort.stage_s,
        )


def _service(service: Service, effort: Effort) -> Iterable[Step]:
    prefix = f"reach.service.{service.id}"
    if service.url:
        yield web_step(prefix, Subject.SERVICE, service.url, service.expect_status, effort)
    for number, target in enumerate(service.tcp, start=1):
        yield tcp_step(f"{prefix}.tcp{number}", Subject.SERVICE, target.host, target.port, effort)
    for number, target in enumerate(service.udp, start=1):
        yield Step(
            id=f"{prefix}.udp{number}",
            probe="udp_service",
            subject=Subject.SERVICE,
            params={"target": f"{target.host}:{target.port}", "timeout_s": effort.step_s},
            timeout_s=effort.stage_s,
        )
