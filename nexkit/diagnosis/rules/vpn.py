"""The organisation's VPN: down, a detour, names asked at the wrong place, packets too large for it."""

from statistics import median

from nexkit.address import Family, known_family
from nexkit.diagnosis import signs, tunnel
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, PROVED, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import round_trips
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.tunnel import ServerState, TunnelState, Vpn
from nexkit.diagnosis.verdict import Clear, Finding, Inconclusive, RuleAnswer
from nexkit.facts.dns import NameRole, ResolverAnswers, SystemLookups
from nexkit.facts.mtu import MtuState, PathMtu, TransferStep
from nexkit.facts.reach import Reach
from nexkit.facts.udp import UdpService
from nexkit.subject import Subject
from nexkit.units import Ms

_NO_VPN = Inconclusive(missing=(Subject.VPN.value,))


def down(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Nothing leads into the tunnel; or it is there, and nothing comes out of it.

    A VPN needs the internet: where that is gone, so is the tunnel, unless the tunnel is the way to the internet itself.
    """
    its = tunnel.vpn(run)
    carries = _dead_way_out(run)
    if its is None or its.state in {TunnelState.UP, TunnelState.STANDS, TunnelState.UNKNOWN}:
        if carries and (its is None or its.state is not TunnelState.UP):
            return _swallowed(run, its, carries)
        return Clear() if its is None or its.state is TunnelState.UP else _NO_VPN
    if carries:
        return _swallowed(run, its, carries)
    outside = (*signs.internet(run).reached_ids, *signs.passing_controls(run))
    if not outside and its.server is not ServerState.REACHABLE:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    return _missing(run, its) if its.state is TunnelState.MISSING else _silent(run, its, limits)


def _missing(run: Snapshot, its: Vpn) -> RuleAnswer:
    """No way leads into the tunnel. In the organisation's own network that is as it should be, if all else works."""
    met = run.record.expectations.network if run.record.expectations else None
    if met is not None and met.prefix and not its.affected and not its.lost_names:
        return Clear()
    nobody = bool(its.silent or its.lost_names)
    return (
        _found(
            its,
            "interface" if its.interface is False else "route",
            confidence=STRONG if nobody else LIKELY,
            evidence=(*its.ways, *its.silent, *its.lost_names),
        ),
    )


def _silent(run: Snapshot, its: Vpn, limits: Limits) -> RuleAnswer:
    """The tunnel stands. One silent computer inside may be off itself; a server that is gone takes all with it."""
    gone = its.server is ServerState.UNREACHABLE and not _carries(run)
    if not gone and its.silent_hosts < limits.min_signs:
        return Inconclusive(missing=its.silent)
    confidence = STRONG if gone else LIKELY
    return (_found(its, "silent", confidence=confidence, evidence=(*its.ways, *its.silent, *its.lost_names)),)


def _carries(run: Snapshot) -> bool:
    """Whether the internet answers by way of a tunnel: the profile's server has no word for strangers then."""
    through = tunnel.through(run)
    return any(
        reach.host in through and any(attempt.connect_ms is not None for attempt in reach.attempts)
        for _, reach in run.facts(Reach, Subject.ANCHOR)
    )


def _found(its: Vpn, kind: str, *, confidence: float, evidence: tuple[str, ...]) -> Finding:
    return finding(
        "vpn.down",
        confidence=confidence,
        evidence=(*evidence, *its.server_steps, *its.affected),
        values={"kind": kind, "server": its.server.value},
    )


def _dead_way_out(run: Snapshot) -> tuple[str, ...]:
    """Outcome ids of a way to the whole internet that leads through a tunnel, and of its silence; empty where none.

    Each family by itself: many tunnels take IPv4 alone.
    """
    view = signs.internet(run)
    through, past = tunnel.through(run), tunnel.direct(run)
    found: list[str] = []
    for of_family in Family:
        anchors = {
            reach.host for _, reach in run.facts(Reach, Subject.ANCHOR) if known_family(reach.host) is of_family
        } & (through.keys() | past)
        if anchors and anchors <= through.keys() and view.dead[of_family] and not view.reached[of_family]:
            found += [step for anchor in sorted(anchors) for step in through[anchor]]
            found += view.dead[of_family]
    return tuple(found)


def _swallowed(run: Snapshot, its: Vpn | None, carries: tuple[str, ...]) -> RuleAnswer:
    """Everything is sent into a tunnel out of which nothing comes; what is outside it (the router, its server) lives.

    Whether the line beneath it is gone as well shows only where the tunnel's server is known and answers.
    """
    alive = tuple(step for gateway in signs.gateways(run) for step in gateway.alive)
    server = ServerState.UNKNOWN if its is None else its.server
    if server is not ServerState.REACHABLE and not alive and not _own_link(run):
        return Inconclusive(missing=(Subject.GATEWAY.value,))
    steps = () if its is None else (*its.ways, *its.silent, *its.lost_names, *its.server_steps, *its.affected)
    return (
        finding(
            "vpn.down",
            confidence=STRONG if server is ServerState.REACHABLE else POSSIBLE,
            evidence=(*carries, *alive, *steps),
            values={"kind": "silent", "server": server.value},
        ),
    )


def _own_link(run: Snapshot) -> bool:
    """Whether a cable or Wi-Fi is there at all, with an address."""
    known = signs.network(run)
    return known is not None and any(
        interface.admin_up and interface.carrier and interface.addresses for interface in signs.ways_out(known[1])
    )


def hairpin(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The way to a service that does not stand behind the VPN leads through it all the same, and is a long detour.

    A service may be far away by itself. So its round trip is compared with one past the tunnel; where that cannot be
    had, with those of other destinations past it, or with what the tunnel alone costs.
    """
    through = tunnel.through(run)
    found = (_detour(run, limits, through, step, reach) for step, reach in run.facts(Reach, Subject.SERVICE))
    worst = max((each for each in found if each is not None), key=lambda each: each.confidence, default=None)
    return Clear() if worst is None else (worst,)


def _detour(
    run: Snapshot, limits: Limits, through: dict[str, tuple[str, ...]], step: str, reach: Reach
) -> Finding | None:
    expected = run.record.expectations
    times = {each.address: _round_trip_ms(run, each.address) for each in reach.attempts if each.connect_ms is not None}
    stands_inside = expected is not None and expected.vpn is not None and step in expected.vpn.inside
    if stands_inside or not times or not all(address in through for address in times):
        return None
    known = {address: found for address in times if (found := _past(run, address)) is not None}
    address = min(known or times, key=lambda each: times[each])
    past = known.get(address)
    beside = past or _beside(run, limits, through)
    if beside is None:
        return None
    steps, direct_ms = beside
    added_ms = times[address] - direct_ms
    if added_ms <= limits.detour_added_ms or added_ms <= direct_ms:
        return None
    return finding(
        "vpn.hairpin",
        confidence=STRONG if past else FAIR,
        evidence=(step, *through[address], *steps),
        values={"service": signs.service_id(step), "tunnel_rtt_ms": times[address], "direct_rtt_ms": direct_ms},
    )


def _round_trip_ms(run: Snapshot, address: str) -> Ms:
    """The shortest wait for a service: a first connection also waits for neighbours on the way (RFC 826, RFC 4861)."""
    waits: list[Ms | None] = []
    for _, reach in run.facts(Reach, Subject.SERVICE):
        for attempt in (each for each in reach.attempts if each.address == address):
            waits.append(attempt.connect_ms)
            waits.append(attempt.tls.handshake_ms if attempt.tls is not None else None)
            waits.append(attempt.http.first_byte_ms if attempt.http is not None else None)
    return min(wait for wait in waits if wait is not None)


def _past(run: Snapshot, address: str) -> tuple[tuple[str, ...], Ms] | None:
    """The round trip to the very same address past the tunnel, with the outcome id that tells."""
    return next(
        (
            ((step,), attempt.connect_ms)
            for step, reach in run.facts(Reach, Subject.DIRECT_WAY)
            for attempt in reach.attempts
            if attempt.address == address and attempt.connect_ms is not None
        ),
        None,
    )


def _beside(run: Snapshot, limits: Limits, through: dict[str, tuple[str, ...]]) -> tuple[tuple[str, ...], Ms] | None:
    """The round trip to what else lies past the tunnel, where all that lies in it is as far away as the service.

    Without anything else in the tunnel, the service may just be far away.
    """
    anchors = round_trips(run, limits, Subject.ANCHOR)
    past = {target: trips for target, trips in anchors.items() if target in tunnel.direct(run)}
    inner = [
        *(trips for target, trips in anchors.items() if target in through),
        *round_trips(run, limits, Subject.VPN).values(),
    ]
    server = _server_times(run)
    steps = (*(step for trips in past.values() for step in trips.steps), *(server if not past else ()))
    times = [trips.rtt_p50_ms for trips in past.values() if trips.rtt_p50_ms is not None] or list(server.values())
    inner_ms = [trips.rtt_p50_ms for trips in inner if trips.rtt_p50_ms is not None]
    if not times or not inner_ms or min(inner_ms) - median(times) <= limits.detour_added_ms:
        return None
    return (*steps, *(step for trips in inner for step in trips.steps)), Ms(median(times))


def _server_times(run: Snapshot) -> dict[str, Ms]:
    """By outcome id, the round trip to the VPN's server."""
    found = {
        step: attempt.connect_ms
        for step, reach in run.facts(Reach, Subject.VPN)
        for attempt in reach.attempts
        if attempt.connect_ms is not None
    }
    return found | {
        step: port.rtt_ms
        for step, service in run.facts(UdpService, Subject.VPN)
        for port in service.ports
        if port.rtt_ms is not None
    }


def dns_mismatch(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """Internal names are not found, or elsewhere, although the tunnel is up and its own resolvers know them."""
    its = tunnel.vpn(run)
    if its is None or not its.lost_names:
        return Clear()
    public = tuple(step for step, lookup in signs.lookups(run, NameRole.CONTROL) if lookup.addresses)
    if its.state not in {TunnelState.UP, TunnelState.STANDS} or not public:
        return _NO_VPN
    knowing = tuple(
        step
        for step, resolver in run.facts(ResolverAnswers, Subject.VPN)
        if any(query.addresses for query in resolver.queries)
    )
    asked = run.facts(ResolverAnswers, Subject.VPN)
    if asked and not knowing:
        return Inconclusive(missing=tuple(step for step, _ in asked))  # nobody inside knows them either
    elsewhere = any(lookup.addresses for _, fact in run.facts(SystemLookups, Subject.VPN) for lookup in fact.lookups)
    return (
        finding(
            "vpn.dns_mismatch",
            confidence=PROVED if knowing else FAIR,
            evidence=(*its.lost_names, *knowing, *its.ways, *public, *its.affected),
            values={"kind": "elsewhere" if elsewhere else "unknown"},
        ),
    )


def mtu(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """Large packets vanish in the tunnel alone: past it they pass, or are turned back with a word."""
    through = tunnel.through(run)
    measured = run.facts(PathMtu, Subject.VPN, Subject.SERVICE, Subject.ANCHOR, Subject.CONTROL)
    inner = [(step, fact) for step, fact in measured if fact.target in through]
    own = {step for step, _ in run.facts(PathMtu, Subject.VPN)}  # what is not inside is its server
    past = tunnel.direct(run)
    outer = [
        (step, fact) for step, fact in measured if fact.target in past or (fact.target not in through and step in own)
    ]
    holes = [(step, fact) for step, fact in inner if fact.state is MtuState.BLACK_HOLE or fact.stalled_by_size]
    if not holes:
        return Clear() if inner else _NO_VPN
    clean = tuple(step for step, fact in outer if _passes(fact))
    if any(fact.state is MtuState.BLACK_HOLE or fact.stalled_by_size for _, fact in outer):
        return Clear()  # the fault is beneath the tunnel
    if not clean:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    both = len(holes) > 1 or any(fact.state is MtuState.BLACK_HOLE and fact.stalled_by_size for _, fact in holes)
    hole = holes[0][1]
    return (
        finding(
            "vpn.mtu",
            confidence=STRONG if both else LIKELY,
            evidence=(*(step for step, _ in holes), *_about(run, hole.target), *through[hole.target], *clean),
            against=tuple(step for step, fact in inner if _passes(fact)),
            values={"passed_bytes": hole.passed_bytes, "own_mtu_bytes": hole.own_mtu_bytes},
        ),
    )


def _about(run: Snapshot, address: str) -> tuple[str, ...]:
    """Outcome ids of the services that stand there."""
    return tuple(
        step
        for step, reach in run.facts(Reach, Subject.SERVICE)
        if any(attempt.address == address for attempt in reach.attempts)
    )


def _passes(fact: PathMtu) -> bool:
    carried = fact.transfer is None or fact.transfer.reached is TransferStep.DONE
    return fact.state in {MtuState.FITS, MtuState.TOLD} and carried
