"""The line to the provider: up or down, per family, loss, delay, queue and speed."""

from nexkit.address import Family, Scope, known_family, known_scope
from nexkit.diagnosis import needs, signs, ways
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, PROVED, STRONG, finding
from nexkit.diagnosis.connects import by_chance
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import (
    FAMILY_SETS,
    RoundTrips,
    gateway_clean,
    gateway_prompt,
    near_without,
    neighbours_lost,
    provider_hop,
    round_trips,
    shared_loss,
    through_provider,
    together,
)
from nexkit.diagnosis.sizes import Hole, destinations, hole, narrow
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.stretches import carrier, delay
from nexkit.diagnosis.verdict import Clear, Finding, FindingValue, Inconclusive, RuleAnswer
from nexkit.diagnosis.working import deepest_queue
from nexkit.facts.load import DirectionLoad, LoadConfidence, LoadTest
from nexkit.facts.mtu import PathMtu
from nexkit.facts.network import InterfaceKind
from nexkit.facts.reach import Reach
from nexkit.subject import Subject


def line_down(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The router lives, no hop behind it answers, and nothing in the internet does."""
    view = signs.internet(run)
    if view.reached_ids:
        return Clear()
    known = signs.gateways(run)
    alive = tuple(step for gateway in known for step in gateway.alive)
    paths = tuple(step for step, _ in signs.traces(run))
    if not alive or not paths or not view.broken(limits.min_destinations) or signs.behind_proxy(run):
        return Inconclusive(missing=(Subject.GATEWAY.value, Subject.ANCHOR.value))
    if signs.beyond_gateway(run) or carrier(run):
        return Clear()
    # The neighbour table forgets a router that has just died only after a while.
    confidence = STRONG if any(gateway.answered for gateway in known) else POSSIBLE
    return (finding("access.line_down", confidence=confidence, evidence=(*alive, *paths, *view.dead_ids)),)


def _open_without_proxy(run: Snapshot, limits: Limits, of_family: Family) -> bool:
    """Whether enough destinations take direct connections of the family."""
    return limits.min_destinations <= len(
        {
            attempt.address
            for _, reach in run.facts(Reach, Subject.ANCHOR, Subject.CONTROL)
            for attempt in reach.attempts
            if attempt.connect_ms is not None and known_family(attempt.address) is of_family
        }
    )


def _one_family_broken(run: Snapshot, limits: Limits, broken: Family, working: Family) -> tuple[str, ...] | None:
    """The evidence that one family fails everywhere while the other works; None where it is not so."""
    view = signs.internet(run)
    closed = ways.carried(run) or view.dead_count[working] >= limits.min_destinations
    if closed and not _open_without_proxy(run, limits, working):
        return None  # nothing gets out directly, whatever the family
    if not view.reached[working] or neighbours_lost(run, limits):
        return None
    if not view.reached[broken] and view.dead_count[broken] >= limits.min_destinations:
        return (*view.dead[broken], *view.reached[working])
    # Pings may pass all the same: what programs need are connections.
    lost = view.unconnected[broken]
    if not lost or by_chance(run, limits, _asked(run, broken)) or not _open_without_proxy(run, limits, working):
        return None
    return (*lost, *view.reached[working])


def _asked(run: Snapshot, of_family: Family) -> tuple[str, ...]:
    """The address of every attempt to connect to an anchor or control of a family."""
    return tuple(
        attempt.address
        for _, reach in run.facts(Reach, Subject.ANCHOR, Subject.CONTROL)
        for attempt in reach.attempts
        if known_family(attempt.address) is of_family
    )


def ipv6_broken(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A global IPv6 address and a default route lead nowhere, while IPv4 works: programs try IPv6 first and wait."""
    known = signs.network(run)
    if known is None:
        return Inconclusive(missing=("interfaces",))
    step, state = known
    global_address = any(known_scope(address.address) is Scope.INTERNET for address in signs.usable(state, Family.IPV6))
    if not global_address or state.gateway(Family.IPV6) is None:
        return Clear()
    evidence = _one_family_broken(run, limits, Family.IPV6, Family.IPV4)
    if evidence is None:
        return Clear()
    # A run goes by the preferred router alone: with others beside it, that one may be what is wrong.
    routers = {route.gateway or route.interface for route in state.default_routes if route.family is Family.IPV6}
    return (
        finding(
            "access.ipv6_broken",
            confidence=STRONG if len(routers) == 1 else POSSIBLE,
            evidence=(step, *evidence),
            values={"routers6": len(routers)} if len(routers) > 1 else {},
        ),
    )


def ipv4_broken(run: Snapshot, limits: Limits) -> RuleAnswer:
    """IPv4 ends behind the router, while IPv6 works."""
    known = signs.network(run)
    if known is None:
        return Inconclusive(missing=("interfaces",))
    step, _ = known
    if not signs.in_use(run, Family.IPV4):
        return Clear()
    life = signs.gateway(run, Family.IPV4)
    if life is not None and not life.alive and (life.absent or life.silent):
        return Clear()  # the fault is nearer: gateway.unreachable or device.wrong_ip_settings
    evidence = _one_family_broken(run, limits, Family.IPV4, Family.IPV6)
    if evidence is None:
        return Clear()
    return (finding("access.ipv4_broken", confidence=STRONG, evidence=(step, *evidence)),)


def loss(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Loss to every destination that the way to the router does not have, from the provider's first hop on."""
    answer: RuleAnswer = Clear()
    for families in FAMILY_SETS:
        whole = shared_loss(run, limits, *families)
        if whole is None:
            continue
        near = near_without(run, limits, whole, *families)
        if near is None:
            answer = Inconclusive(missing=(Subject.GATEWAY.value,))
            continue
        provider = through_provider(run, limits, whole, *families)
        if provider is not None and whole.exceeds(provider, limits):
            return Clear()  # internet.path_loss: it begins behind the provider's first hop
        seen = provider is not None and provider.lossy(limits)
        return (
            finding(
                "access.loss",
                confidence=STRONG if seen else FAIR,
                evidence=(*whole.steps, *(provider.steps if provider is not None else ()), *near),
                values={"loss_ratio": whole.ratio, "sent": whole.sent, "family": families_word(families)},
            ),
        )
    return answer


def families_word(families: tuple[Family, ...]) -> str:
    """The stable word for one family or both."""
    return families[0].value if len(families) == 1 else "both"


def _delay(run: Snapshot, limits: Limits) -> RoundTrips | Inconclusive:
    """Round trips to all destinations together: the fastest median, the least jitter."""
    anchors = tuple(round_trips(run, limits, Subject.ANCHOR).values())
    whole = together(anchors)
    if whole is None or len(anchors) < limits.min_destinations or whole.rtt_p50_ms is None:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    return whole


def latency(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A long and unsteady way to every destination on an idle line, while the way to the router is prompt."""
    whole = _delay(run, limits)
    if isinstance(whole, Inconclusive):
        return whole
    if whole.rtt_p50_ms is None:
        return Clear()
    if whole.tcp and whole.lossy(limits):
        return Inconclusive(missing=(Subject.ANCHOR.value,))  # a connect whose SYN was lost is late for that alone
    if whole.rtt_p50_ms <= limits.rtt_ms or not whole.swings(limits):
        return _wavering(run, limits, whole)
    way = delay(run, limits, *Family)
    if way is not None and way.beyond(limits):
        return Clear()  # internet.path_latency: it begins behind the provider's first router
    near = gateway_prompt(run, limits)
    if near is None:
        return Inconclusive(missing=(Subject.GATEWAY.value,))
    return (
        finding(
            "access.latency",
            confidence=LIKELY,
            evidence=(*whole.steps, *near),
            values={"rtt_p50_ms": whole.rtt_p50_ms, "jitter_ms": whole.jitter_ms},
        ),
    )


def _wavering(run: Snapshot, limits: Limits, whole: RoundTrips) -> RuleAnswer:
    """A way that is not long by its median, but wanders all the time as a queue does, to most destinations alike."""
    anchors = tuple(round_trips(run, limits, Subject.ANCHOR).values())
    wavering = [each.pdv_p95_ms for each in anchors if each.wavers(limits) and each.pdv_p95_ms is not None]
    enough = len(wavering) >= limits.min_destinations and len(wavering) * 2 > len(anchors)
    if not enough or any(each.steady(limits) for each in anchors):
        return Clear()
    provider = provider_hop(run, limits, *Family)
    if provider is not None and provider.steady(limits):
        return Clear()  # it begins behind the provider's first router
    gateways = round_trips(run, limits, Subject.GATEWAY)
    near = gateway_prompt(run, limits)
    if near is None or not all(each.steady(limits) for each in gateways.values()):
        return Inconclusive(missing=(Subject.GATEWAY.value,))
    seen = provider is not None and provider.wavers(limits)
    return (
        finding(
            "access.latency",
            confidence=LIKELY if seen else FAIR,
            evidence=(*whole.steps, *(provider.steps if seen and provider is not None else ()), *near),
            values={"rtt_p50_ms": whole.rtt_p50_ms, "jitter_ms": whole.jitter_ms, "pdv_p95_ms": min(wavering)},
        ),
    )


def long_delay(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A long but steady way to every destination, as by satellite."""
    whole = _delay(run, limits)
    if isinstance(whole, Inconclusive):
        return whole
    if whole.rtt_p50_ms is None or whole.rtt_p50_ms <= limits.long_delay_rtt_ms:
        return Clear()
    if whole.swings(limits) or whole.lossy(limits) or gateway_clean(run, limits) is None:
        return Clear()
    way = delay(run, limits, *Family)
    if way is not None and way.beyond(limits) and whole.rtt_p50_ms <= limits.satellite_rtt_ms:
        return Clear()  # internet.path_latency
    values = {"rtt_p50_ms": whole.rtt_p50_ms}
    return (finding("access.long_delay", confidence=LIKELY, evidence=whole.steps, values=values),)


def bufferbloat(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Latency that rises under load by what a too deep queue adds; idle latency is steady and the router near."""
    tests = run.facts(LoadTest, Subject.LOAD_SERVER)
    if not tests:
        return Inconclusive(missing=("load.test",))
    step, test = tests[0]
    idle = test.idle
    if idle is None or idle.rtt_p50_ms is None:
        return Inconclusive(missing=("load.test",))
    queue = deepest_queue(test, limits)
    if queue is None:
        return Inconclusive(missing=("load.test",))
    if queue.added_ms < limits.working_rtt_added_ms or queue.gateway is not None:
        return Clear()  # with a gateway as late as all beyond it: lan.latency
    if idle.jitter_ms is not None and idle.jitter_ms > limits.jitter_ms:
        return Inconclusive(missing=("load.test",))  # unsteady before any load: not what the load did
    near = gateway_clean(run, limits)
    if near is None and round_trips(run, limits, Subject.GATEWAY):
        return Clear()
    confidence = PROVED if queue.by_median else LIKELY
    return (
        finding(
            "access.bufferbloat",
            confidence=confidence if near else confidence * limits.against_factor,
            evidence=(step, *(near or ())),
            values={
                "idle_rtt_ms": idle.rtt_p50_ms,
                "working_rtt_ms": queue.working_ms,
                "added_rtt_ms": queue.added_ms,
                "direction": queue.direction,
            },
        ),
    )


def _too_slow(direction: DirectionLoad | None, expected_bit_s: float | None, limits: Limits) -> bool:
    return (
        direction is not None
        and expected_bit_s is not None
        and direction.goodput_bit_s is not None
        and direction.confidence is not LoadConfidence.LOW
        and direction.goodput_bit_s < expected_bit_s * limits.slow_goodput_ratio
    )


def slow(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Far less than the profile expects of this line; said only where the computer's own link could carry it."""
    tests = run.facts(LoadTest, Subject.LOAD_SERVER)
    known = signs.network(run)
    if not tests or known is None:
        return Inconclusive(missing=("load.test", "interfaces"))
    step, test = tests[0]
    directions = (("down", test.down, test.expected_down_bit_s), ("up", test.up, test.expected_up_bit_s))
    too_slow = [each for each in directions if _too_slow(each[1], each[2], limits)]
    if not too_slow:
        return Clear()
    name, direction, expected_bit_s = too_slow[0]
    route = known[1].gateway(Family.IPV4) or known[1].gateway(Family.IPV6)
    link = next((each for each in known[1].interfaces if route is not None and each.name == route.interface), None)
    narrow = link is None or (
        link.speed_bit_s is not None and expected_bit_s is not None and link.speed_bit_s <= expected_bit_s
    )
    if direction is None or narrow or (link is not None and link.kind is InterfaceKind.WIFI):
        return Inconclusive(missing=("wifi",))  # radio or cable may be what is slow
    values: dict[str, FindingValue] = {
        "direction": name,
        "goodput_bit_s": direction.goodput_bit_s,
        "expected_bit_s": expected_bit_s,
    }
    return (finding("access.slow", confidence=LIKELY, evidence=(step,), values=values),)


def cgnat(run: Snapshot, _limits: Limits) -> RuleAnswer:
    """A hop behind the router has a carrier-NAT address (RFC 6598)."""
    paths = signs.traces(run)
    if not paths:
        return Inconclusive(missing=(Subject.ANCHOR.value,))
    found: list[Finding] = []
    for step, trace in paths:
        by_ttl = {
            ttl: {known_scope(address) for address in addresses} for ttl, addresses in signs.routers(run, trace).items()
        }
        # Overlay VPNs use the same range for themselves: there it is the first hop, not one behind a private router.
        if by_ttl.get(1) == {Scope.PRIVATE} and any(
            Scope.SHARED in scopes for ttl, scopes in by_ttl.items() if ttl > 1
        ):
            found.append(finding("access.cgnat", confidence=STRONG, evidence=(step,)))
    return (found[0],) if found else Clear()


def hole_values(found: Hole) -> dict[str, FindingValue]:
    """What the words for a black hole are filled with."""
    return {"family": found.family.value, "mtu": found.passed_bytes, "tested": len(found.bad)}


def mtu_black_hole(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Large packets vanish on the way to every destination, and nobody says so; small ones pass."""
    if not run.facts(PathMtu):
        return Inconclusive(missing=("mtu",))
    for of_family in Family:
        found = hole(run, limits, of_family)
        if found is None or found.clean:
            continue  # internet.mtu_black_hole: some destinations take them
        if destinations(run, found.bad) < limits.min_destinations:
            return Inconclusive(missing=(Subject.ANCHOR.value,))
        blocked = finding(
            "access.mtu_black_hole",
            confidence=STRONG if found.searched else LIKELY,
            evidence=(*found.bad, *found.hanging),
            values=hole_values(found),
        )
        return (needs.needed_by(blocked, needs.needing(run, lambda service: service.large_packets)),)
    return _too_narrow(run, limits) or Clear()


def _too_narrow(run: Snapshot, limits: Limits) -> tuple[Finding, ...]:
    """Connections get through as a router keeps their segments small; a service that needs large packets does not."""
    demanding = needs.needing(run, lambda service: service.large_packets)
    standing = needs.addresses(run, demanding)
    for of_family in Family:
        found, wide = narrow(run, limits, of_family)
        targets = {fact.target for fact in found.values()}
        if targets & standing and len(targets) >= limits.min_destinations and not wide:
            smallest = min(fact.passed_bytes or 0 for fact in found.values())
            values: dict[str, FindingValue] = {"family": of_family.value, "mtu": smallest, "tested": len(found)}
            blocked = finding("access.mtu_black_hole", confidence=LIKELY, evidence=tuple(found), values=values)
            return (needs.needed_by(blocked, demanding),)
    return ()
