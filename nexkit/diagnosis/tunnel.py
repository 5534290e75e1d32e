"""What the facts of a run say of tunnels: which ways lead through one, and whether the profile's VPN is at work."""

from dataclasses import dataclass
from enum import Enum

from nexkit.address import Scope, known_scope
from nexkit.diagnosis import needs, signs
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.dns import ResolverAnswers, SystemLookups
from nexkit.facts.echo import EchoStats
from nexkit.facts.link import LinkReading, RouteChoice
from nexkit.facts.network import InterfaceKind
from nexkit.facts.reach import Reach
from nexkit.facts.udp import UdpPortState, UdpService
from nexkit.outcome import FailureKind
from nexkit.subject import Subject

_GONE = signs.SILENT | {FailureKind.REFUSED, FailureKind.NO_ADDRESS}
_PLUMBING = frozenset({InterfaceKind.LOOPBACK, InterfaceKind.BRIDGE})
"""Networks within this computer."""


class TunnelState(Enum):
    """How the profile's VPN came out."""

    UP = "up"
    """Something inside answered."""
    STANDS = "stands"
    """The ways lead into it; nobody inside was asked."""
    SILENT = "silent"
    """The ways lead into it, and nobody inside answers."""
    MISSING = "missing"
    """No way leads into it, and nobody inside answers."""
    UNKNOWN = "unknown"


class ServerState(Enum):
    """Whether the VPN's server can be reached; the values stand in findings."""

    REACHABLE = "reachable"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
    """Not asked, or it answers no strangers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpn:
    """The profile's VPN."""

    state: TunnelState
    ways: tuple[str, ...]
    """Outcome ids that tell which ways lead into it."""
    interface: bool | None
    """An interface of a tunnel is up and has an address; None: not known."""
    answers: tuple[str, ...]
    """Outcome ids of answers from inside."""
    silent: tuple[str, ...]
    """Outcome ids of those inside who were asked and kept silent."""
    silent_hosts: int
    """How many addresses that are."""
    server: ServerState
    server_steps: tuple[str, ...]
    lost_names: tuple[str, ...]
    """Outcome ids of lookups of internal names that found nothing, or other addresses than those inside."""
    affected: tuple[str, ...]
    """Outcome ids about services inside, or that need it, that failed; and about resolvers inside that this computer
    is set to ask."""


def through(run: Snapshot) -> dict[str, tuple[str, ...]]:
    """Addresses whose way led into a tunnel whenever it was looked up, each with the outcome ids that tell."""
    ways: dict[str, list[tuple[str, bool]]] = {}
    for step, reading in run.facts(LinkReading, Subject.COMPUTER, Subject.VPN):
        for way in reading.routes:
            if way.interface is not None:
                ways.setdefault(way.target, []).append((step, _leads_in(run, reading, way)))
    return {
        target: tuple(step for step, _ in seen) for target, seen in ways.items() if all(tunnel for _, tunnel in seen)
    }


def direct(run: Snapshot) -> frozenset[str]:
    """Addresses whose way led past every tunnel whenever it was looked up."""
    ways: dict[str, list[bool]] = {}
    for _, reading in run.facts(LinkReading, Subject.COMPUTER, Subject.VPN):
        for way in reading.routes:
            if way.interface is not None:
                ways.setdefault(way.target, []).append(_leads_in(run, reading, way))
    return frozenset(target for target, seen in ways.items() if not any(seen))


def on_link(run: Snapshot) -> frozenset[str]:
    """Addresses that stand on a link of this computer itself, tunnels and networks within this computer left out."""
    return frozenset(
        way.target
        for _, reading in run.facts(LinkReading, Subject.COMPUTER)
        for way in reading.routes
        if way.interface is not None
        and way.gateway is None
        and _kind(reading, way.interface) not in {InterfaceKind.VPN, InterfaceKind.VIRTUAL, *_PLUMBING}
    )


def _kind(reading: LinkReading, interface: str) -> InterfaceKind | None:
    return next((link.kind for link in reading.links if link.name == interface), None)


def _leads_in(run: Snapshot, reading: LinkReading, way: RouteChoice) -> bool:
    """Whether the way is a tunnel's.

    Some VPNs show an Ethernet or software interface: one that is no default way, and has the way to the address all
    the same, is taken for a tunnel where the profile says that the address stands inside.
    """
    if way.interface is None:
        return False
    kind = _kind(reading, way.interface)
    if kind is InterfaceKind.VPN:
        return True
    known = signs.network(run)
    defaults = frozenset[str]() if known is None else {route.interface for route in known[1].default_routes}
    return (
        any(way in other.routes for _, other in run.facts(LinkReading, Subject.VPN))
        and bool(defaults)
        and way.interface not in defaults
        and kind not in _PLUMBING
    )


def vpn(run: Snapshot) -> Vpn | None:
    """The profile's VPN as the run saw it; None where the profile has none, or the record is of a time before."""
    expected = run.record.expectations
    if expected is None or expected.vpn is None:
        return None
    inside = expected.vpn.inside
    readings = run.facts(LinkReading, Subject.VPN)
    leads_in = [_leads_in(run, reading, way) for _, reading in readings for way in reading.routes]
    tunnelled = {way.target for _, reading in readings for way in reading.routes if _leads_in(run, reading, way)}
    interface = _interface_up(run)
    routed = any(leads_in) if leads_in else interface
    answers, silent = _inside(run, inside, tunnelled)
    if answers:
        state = TunnelState.UP
    elif routed is None:
        state = TunnelState.UNKNOWN
    elif not routed:
        state = TunnelState.MISSING
    else:
        state = TunnelState.SILENT if silent else TunnelState.STANDS
    server, server_steps = _server(run)
    return Vpn(
        state=state,
        ways=tuple(step for step, _ in readings),
        interface=interface,
        answers=tuple(answers),
        silent=tuple(dict.fromkeys(step for step, _ in silent)),
        silent_hosts=len({address for _, address in silent}),
        server=server,
        server_steps=server_steps,
        lost_names=_lost_names(run),
        affected=(
            *(step for step in inside if _failed(run, step)),
            *(step for each in needs.needing(run, lambda one: one.vpn) for step in needs.failing(run, each)),
            *_set_resolvers(run, {at for _, at in silent}),
        ),
    )


def _interface_up(run: Snapshot) -> bool | None:
    known = signs.network(run)
    if known is None:
        return None
    return any(
        interface.kind is InterfaceKind.VPN
        and interface.admin_up
        and interface.carrier is not False
        and any(known_scope(own.address) is not Scope.LINK_LOCAL for own in interface.addresses)
        for interface in known[1].interfaces
    )


def _inside(run: Snapshot, inside: tuple[str, ...], tunnelled: set[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Outcome ids of answers from inside; and (outcome id, address) of who was asked there and kept silent.

    Elsewhere another network may use the same addresses, and some routers answer every DNS question themselves: an
    answer that did not come through the tunnel counts only where it knows an internal name.
    """
    answers: list[str] = []
    silent: list[tuple[str, str]] = []
    for step, resolver in run.facts(ResolverAnswers, Subject.VPN):
        replied = any(query.rcode is not None for query in resolver.queries)
        if any(query.addresses for query in resolver.queries) or (replied and resolver.resolver in tunnelled):
            answers.append(step)
        elif not replied and resolver.queries and not signs.not_permitted(resolver):
            silent.append((step, resolver.resolver))
    answers += [step for step, echo in run.facts(EchoStats, Subject.VPN) if echo.received and echo.target in tunnelled]
    for step in inside:
        reach = run.get(step, Reach)
        attempts = () if reach is None else reach.attempts
        if any(attempt.connect_ms is not None for attempt in attempts):
            answers.append(step)
        silent += [(step, attempt.address) for attempt in attempts if attempt.failure and attempt.failure.kind in _GONE]
        datagrams = run.get(step, UdpService)
        if datagrams is not None and any(port.state is UdpPortState.ANSWERS for port in datagrams.ports):
            answers.append(step)
    return answers, silent


def _server(run: Snapshot) -> tuple[ServerState, tuple[str, ...]]:
    """Whether the server's port answers, and the outcome ids that tell."""
    for step, reach in run.facts(Reach, Subject.VPN):
        if signs.kept_from(reach) is not None:
            continue
        if any(attempt.connect_ms is not None for attempt in reach.attempts):
            return ServerState.REACHABLE, (step,)
        if reach.attempts or reach.resolve_failure is not None:
            return ServerState.UNREACHABLE, (step,)
    for step, service in run.facts(UdpService, Subject.VPN):
        states = {port.state for port in service.ports}
        if states & {UdpPortState.ANSWERS, UdpPortState.ANSWERS_OTHERWISE}:
            return ServerState.REACHABLE, (step,)
        if service.resolve_failure is not None:
            return ServerState.UNREACHABLE, (step,)
        if UdpPortState.REFUSED in states or (UdpPortState.SILENT in states and service.silence_tells):
            return ServerState.UNREACHABLE, (step,)
    return ServerState.UNKNOWN, ()


def _lost_names(run: Snapshot) -> tuple[str, ...]:
    expected = run.record.expectations
    inside = None if expected is None or expected.vpn is None else expected.vpn.names
    real = inner_addresses(run)
    return tuple(
        step
        for step, fact in run.facts(SystemLookups, Subject.VPN)
        if any(
            not lookup.addresses
            or (lookup.name in real and not real[lookup.name] & set(lookup.addresses) and inside is not True)
            or (lookup.name not in real and inside is False)
            for lookup in fact.lookups
        )
    )


def inner_addresses(run: Snapshot) -> dict[str, set[str]]:
    """What the VPN's own resolvers say of the internal names."""
    found: dict[str, set[str]] = {}
    for _, resolver in run.facts(ResolverAnswers, Subject.VPN):
        for query in resolver.queries:
            if query.addresses:
                found.setdefault(query.name, set()).update(query.addresses)
    return found


def _set_resolvers(run: Snapshot, silent: set[str]) -> tuple[str, ...]:
    return tuple(step for step, resolver in run.facts(ResolverAnswers, Subject.RESOLVER) if resolver.resolver in silent)


def _failed(run: Snapshot, step: str) -> bool:
    reach = run.get(step, Reach)
    return reach is not None and not any(signs.passing(attempt) for attempt in reach.attempts)
