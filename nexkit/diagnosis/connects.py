"""All TCP connections of the run by family: how many of the new ones fail while what is established goes on.

Nothing is opened for this: it is the count of what was connected anyway (an address translator that is short of ports
or entries must not be asked for hundreds more).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import comb

from nexkit.address import Family, known_family
from nexkit.diagnosis import signs
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import of_families, round_trips, together
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.echo import EchoMethod, EchoStats
from nexkit.facts.mtu import LargeTransfer, PathMtu
from nexkit.facts.reach import Reach
from nexkit.outcome import Failure, FailureKind
from nexkit.subject import Subject
from nexkit.units import Ms, Ratio

_DESTINATIONS = (Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE, Subject.SERVICE_HOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """One attempt to open a connection that was accepted or came to nothing."""

    step: str
    address: str
    port: int
    took_ms: Ms | None
    """None: no answer to any of its SYNs from the host itself."""

    def hit(self, limits: Limits, fastest_ms: Ms, slowest_ms: Ms) -> bool:
        """Its first SYN at least came to nothing; round trips of the family take between so much and so much."""
        repeated_ms = limits.tcp_retransmit_ms + fastest_ms
        return self.took_ms is None or (self.took_ms >= repeated_ms and self.took_ms > slowest_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFlows:
    """How new connections of one family fare."""

    tried: int
    hit: tuple[Connect, ...]
    """Those that came to nothing, or that only a repeated SYN opened, at destinations that are alive."""
    scattered: bool
    """More of them than lost packets explain, at several destinations, beside others that open at once."""
    touched: bool
    """At least one at a port that takes others, which lost packets hardly explain: too few for a pattern of their own,
    and one more sign of what the other family shows."""
    at_random: bool
    """And so many that it is a pattern, at one port of one address now so, now so: no destination, port or path is what
    they have in common."""

    @property
    def hit_ratio(self) -> Ratio:
        """How many of those tried."""
        return Ratio(len(self.hit) / self.tried if self.tried else 0.0)

    @property
    def steps(self) -> tuple[str, ...]:
        """Outcome ids of those hit."""
        return tuple(dict.fromkeys(each.step for each in self.hit))


def _of(step: str, address: str, port: int, connect_ms: Ms | None, failure: Failure | None) -> Iterator[Connect]:
    """Accepted or not answered; a refusal and what this system itself refused is neither.

    A router may say that it had no room for the flow (ICMP "administratively prohibited", RFC 6888 section 4).
    """
    if connect_ms is not None:
        yield Connect(step=step, address=address, port=port, took_ms=connect_ms)
    elif failure is not None and failure.kind in signs.SILENT:
        yield Connect(step=step, address=address, port=port, took_ms=None)


def _connects(run: Snapshot) -> Iterator[Connect]:
    for step, reach in run.facts(Reach, *_DESTINATIONS):
        for attempt in reach.attempts:
            yield from _of(step, attempt.address, reach.port, attempt.connect_ms, attempt.failure)
            if attempt.http2 is not None:
                yield from _of(step, attempt.address, reach.port, attempt.http2.connect_ms, attempt.http2.failure)
    for step, fact in run.facts(PathMtu, *_DESTINATIONS):
        for transfer in (fact.transfer, fact.clamped_transfer):
            if isinstance(transfer, LargeTransfer):
                failure = transfer.failure or (
                    Failure(kind=FailureKind.TIMEOUT, step="connect") if transfer.stalled else None
                )
                yield from _of(step, fact.target, transfer.port, transfer.connect_ms, failure)


def _alive(run: Snapshot, connects: list[Connect]) -> frozenset[str]:
    """Addresses that answered anything."""
    found = {each.address for each in connects if each.took_ms is not None}
    for _, echo in run.facts(EchoStats, *_DESTINATIONS):
        if echo.received:
            found.add(echo.target)
    return frozenset(found)


def _round_trips_ms(run: Snapshot, of_family: Family) -> tuple[Ms, Ms]:
    """The shortest and the longest round trip of the family to an anchor; zeros where no echo came back."""
    echoes = [
        echo
        for _, echo in run.facts(EchoStats, Subject.ANCHOR)
        if echo.method is EchoMethod.ICMP and known_family(echo.target) is of_family
    ]
    shortest = [echo.rtt_min_ms for echo in echoes if echo.rtt_min_ms is not None]
    longest = [echo.rtt_max_ms for echo in echoes if echo.rtt_max_ms is not None]
    return min(shortest, default=Ms(0.0)), max(longest, default=Ms(0.0))


def _tail(tried: int, hit: int, ratio: float) -> float:
    """The chance of so many or more hits where each attempt is hit with this chance (binomial)."""
    return sum(comb(tried, each) * ratio**each * (1 - ratio) ** (tried - each) for each in range(hit, tried + 1))


def new_flows(run: Snapshot, limits: Limits, of_family: Family) -> NewFlows:
    """New connections of one family beside what established flows lose (echo goes on as one flow)."""
    return run.once(("new_flows", limits, of_family), lambda: _new_flows(run, limits, of_family))


def _new_flows(run: Snapshot, limits: Limits, of_family: Family) -> NewFlows:
    tried = [each for each in _connects(run) if known_family(each.address) is of_family]
    alive = _alive(run, tried)
    tried = [each for each in tried if each.address in alive]
    fastest_ms, slowest_ms = _round_trips_ms(run, of_family)
    hit = [each for each in tried if each.hit(limits, fastest_ms, slowest_ms)]
    trips = [
        each
        for each in of_families(round_trips(run, limits, Subject.ANCHOR), of_family)
        if not each.tcp  # timed connects are new flows themselves
    ]
    whole = together(tuple(trips))
    mixed = {(each.address, each.port) for each in hit if each.took_ms is not None} | (
        {(each.address, each.port) for each in hit} & {(each.address, each.port) for each in tried if each not in hit}
    )
    silent = sum(each.took_ms is None for each in hit)
    # The way there and the way back of one round trip are what a SYN and its answer take.
    ratio = 1.0 if whole is None else whole.interval(limits)[1]
    chance = min(_tail(len(tried), len(hit), ratio), _tail(len(tried), silent, ratio**limits.packets_each))
    scattered = (
        len(tried) - len(hit) >= limits.min_destinations
        and len({each.address for each in hit}) >= limits.min_destinations
        and chance < limits.chance_ratio
    )
    return NewFlows(
        tried=len(tried),
        hit=tuple(hit),
        scattered=scattered,
        touched=bool(mixed) and chance < limits.spared_ratio,
        at_random=scattered and bool(mixed) and len(hit) >= limits.min_hit_connects,
    )


def by_chance(run: Snapshot, limits: Limits, silent: Iterable[str]) -> bool:
    """Whether lost packets, or new connections that fail at random, may well be the reason for all of these silences.

    One address for each attempt. What all destinations lose is at most what the cleanest of them loses.
    """
    trips = round_trips(run, limits, Subject.ANCHOR)
    flows = {each: new_flows(run, limits, each) for each in Family}
    at_random = any(each.at_random for each in flows.values())
    chance_of: dict[Family, float] = {}
    for each in Family:
        lost = min((one.ratio for one in of_families(trips, each)), default=0.0) ** limits.packets_each
        chance_of[each] = max(lost, flows[each].hit_ratio) if at_random else lost
    chance = 1.0
    for address in silent:
        its_family = known_family(address)
        chance *= 0.0 if its_family is None else chance_of[its_family]
    return chance > limits.chance_ratio


def established(run: Snapshot, limits: Limits, of_family: Family) -> tuple[str, ...] | None:
    """Outcome ids of flows of the family that go on without much loss; None without any."""
    trips = of_families(round_trips(run, limits, Subject.ANCHOR), of_family)
    good = [each for each in trips if not each.tcp and not each.lossy(limits)]
    return tuple(step for each in good for step in each.steps) or None


def spared(run: Snapshot, limits: Limits, of_family: Family, hit_ratio: float) -> tuple[str, ...] | None:
    """Outcome ids that show a family without what the other one suffers at that rate; None where that may be chance."""
    flows = new_flows(run, limits, of_family)
    chance = (1 - hit_ratio) ** flows.tried
    if not signs.in_use(run, of_family) or flows.hit or chance > limits.spared_ratio:
        return None
    return signs.internet(run).reached[of_family]
