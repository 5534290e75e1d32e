"""The profile's VPN: which way leads into its networks, who answers there, and whether its server can be reached.

Beside them the resolvers that the profile names for this network, where this computer asks others.
"""

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_network

from nexkit.address import Family, family, is_address
from nexkit.expectation import stands_inside
from nexkit.facts.dns import ResolverAnswers
from nexkit.facts.network import Interface, InterfaceKind, NetworkState
from nexkit.facts.reach import Reach
from nexkit.facts.udp import UdpService
from nexkit.plan.effort import MARGIN_S, MAX_COMPARISONS, Effort, effort_of, follow_up_effort_of
from nexkit.plan.kinds import echo_step, tcp_step
from nexkit.plan.known import fact, facts, family_skip, hanging_of, services_of, webs_of
from nexkit.plan.step import Outcomes, Step
from nexkit.profile import Profile
from nexkit.request import Request
from nexkit.subject import Subject
from nexkit.units import Ms, Seconds

MAX_ROUTES = 8
MAX_INNER_NAMES = 4
READING_S = Seconds(2.0)
MAX_PAST = 2
LONG_MS = Ms(100.0)
"""A connection that took no longer needs no shorter way (Microsoft Teams, network requirements: below 100 ms)."""
_BENEATH = frozenset({InterfaceKind.ETHERNET, InterfaceKind.WIFI, InterfaceKind.MOBILE})


def vpn(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """With the ladder: the ways, the server, the resolvers and names inside."""
    effort = effort_of(request)
    network = fact(done, "interfaces", NetworkState)
    yield from _expected_resolvers(profile, network, effort)
    its = profile.vpn
    if its is None:
        return
    ways = (*(_first_host(route) for route in its.routes[:MAX_ROUTES]), *its.resolvers[:MAX_COMPARISONS])
    yield Step(
        id="link.vpn",
        probe="link",
        subject=Subject.VPN,
        params={"targets": tuple(dict.fromkeys(ways))},
        timeout_s=READING_S,
    )
    if its.server is not None:
        yield _server(its.server, effort)
    names = tuple(name for name in its.names if not is_address(name))[:MAX_INNER_NAMES]
    if names:
        yield Step(
            id="lookup.vpn",
            probe="lookup",
            subject=Subject.VPN,
            params={"services": names, "timeout_s": Seconds(effort.stage_s - MARGIN_S)},
            timeout_s=effort.stage_s,
        )
    for number, address in enumerate(its.resolvers[:MAX_COMPARISONS], start=1):
        skip = family_skip(address, network)
        yield _resolver(f"dns.vpn{number}", Subject.VPN, address, names, effort, network)
        yield echo_step(f"ping.vpn{number}", Subject.VPN, address, effort, count=effort.tunnel_echoes, skip=skip)


def vpn_sizes(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """With the follow-ups: which sizes get through the tunnel, and to the server that it ends at."""
    effort = follow_up_effort_of(request)
    if profile.vpn is None or not (effort.sizes or hanging_of(webs_of(done))):
        return
    answering = [
        answers.resolver
        for _step_id, answers in facts(done, "dns.vpn", ResolverAnswers)
        if any(query.rcode is not None for query in answers.queries)
    ]
    targets = {f"mtu.vpn{number}": address for number, address in enumerate(answering[:1], start=1)}
    if answering and (server := _server_address(done)) is not None:
        targets["mtu.vpn.server"] = server
    for step_id, target in targets.items():
        yield Step(id=step_id, probe="mtu", subject=Subject.VPN, params={"target": target}, timeout_s=effort.stage_s)


def _first_host(route: str) -> str:
    """An address that stands for a network."""
    network = ip_network(route)
    return str(network[1] if network.num_addresses > 1 else network[0])


def _server(server: str, effort: Effort) -> Step:
    target, _, transport = server.partition("/")
    if transport == "udp":
        return Step(
            id="udp.vpn",
            probe="udp_service",
            subject=Subject.VPN,
            params={"target": target, "timeout_s": effort.step_s},
            timeout_s=effort.stage_s,
        )
    host, _, port = target.rpartition(":")
    return tcp_step("reach.vpn", Subject.VPN, host.strip("[]"), int(port), effort)


def _server_address(done: Outcomes) -> str | None:
    """Where the server was found, in the system's order."""
    over_udp, over_tcp = fact(done, "udp.vpn", UdpService), fact(done, "reach.vpn", Reach)
    found = [port.address for port in over_udp.ports] if over_udp else []
    found += [attempt.address for attempt in over_tcp.attempts] if over_tcp else []
    return found[0] if found else None


def _expected_resolvers(profile: Profile, network: NetworkState | None, effort: Effort) -> Iterable[Step]:
    asked = {resolver.address for resolver in network.resolvers} if network else set()
    others = [address for address in profile.network.resolvers if address not in asked]
    for number, address in enumerate(others[:MAX_COMPARISONS], start=1):
        names = profile.internet.names[:1]
        yield _resolver(f"dns.expected{number}", Subject.EXPECTED_RESOLVER, address, names, effort, network)


def _resolver(
    step_id: str, subject: Subject, address: str, names: tuple[str, ...], effort: Effort, network: NetworkState | None
) -> Step:
    return Step(
        id=step_id,
        probe="dns",
        subject=subject,
        params={"resolver": address, "services": names, "timeout_s": effort.answer_s},
        timeout_s=effort.stage_s,
        skip=family_skip(address, network),
    )


def past_the_tunnel(request: Request, profile: Profile, done: Outcomes) -> Iterable[Step]:
    """A service that takes long, once more past the tunnel that is up and may be the way to it: one connection."""
    effort = follow_up_effort_of(request)
    network = fact(done, "interfaces", NetworkState)
    if network is None or not any(_is_up(each) and each.kind is InterfaceKind.VPN for each in network.interfaces):
        return
    for service in services_of(request, profile)[:MAX_PAST]:
        for step_id, reach in facts(done, f"reach.service.{service.id}", Reach):
            taken = [each for each in reach.attempts if each.connect_ms is not None]
            if step_id.split(".")[2] != service.id or not taken or _stands_inside(profile, reach):
                continue
            nearest = min(taken, key=lambda each: each.connect_ms or 0.0)
            way_out = _way_out(network, family(nearest.address))
            if (nearest.connect_ms or 0.0) > LONG_MS and way_out is not None:
                step = tcp_step(f"reach.direct.{service.id}", Subject.DIRECT_WAY, nearest.address, reach.port, effort)
                yield replace(step, params={**step.params, "interface": way_out})
                break


def _is_up(interface: Interface) -> bool:
    return interface.admin_up and interface.carrier is not False and bool(interface.addresses)


def _stands_inside(profile: Profile, reach: Reach) -> bool:
    return profile.vpn is not None and stands_inside(
        profile.vpn, reach.host, tuple(each.address for each in reach.attempts)
    )


def _way_out(network: NetworkState, of_family: Family) -> str | None:
    """The cable, Wi-Fi or modem beneath the tunnel."""
    usable = network.usable_addresses(of_family)
    names = [
        interface.name
        for interface in network.interfaces
        if _is_up(interface)
        and interface.kind in _BENEATH
        and any(address in usable for address in interface.addresses)
    ]
    routed = [route.interface for route in network.default_routes]
    return next(iter(sorted(names, key=lambda name: name not in routed)), None)
