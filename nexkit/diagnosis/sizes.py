"""What becomes of large packets: the facts of all destinations read together.

There are two signs, and each has look-alikes of its own. The search by echo finds a size from which on nothing comes
back and no router says why: some hosts and filters just drop large pings. A transfer that stalls with full segments
and gets through with small ones (RFC 2923 section 2.1) is what programs suffer from: heavy loss stalls transfers too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from nexkit.address import Family, known_family
from nexkit.diagnosis import signs
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import of_families, round_trips
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.link import LinkReading
from nexkit.facts.mtu import MtuState, PathMtu, TransferStep
from nexkit.facts.network import InterfaceKind
from nexkit.facts.reach import Reach
from nexkit.outcome import FailureKind
from nexkit.subject import Subject
from nexkit.units import Bytes

_FLOOR_BYTES = {Family.IPV4: Bytes(576), Family.IPV6: Bytes(1280)}
"""What every path takes (RFC 791, RFC 8200), and small segments fit in."""
_HEADERS_BYTES = {Family.IPV4: 40, Family.IPV6: 60}
"""Of IP and TCP without options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Large packets of one family that vanish on the way to some or all destinations."""

    family: Family
    bad: tuple[str, ...]
    """Outcome ids of the destinations that large packets do not get to or from."""
    hanging: tuple[str, ...]
    """Outcome ids of web addresses there that took the connection and then hung."""
    clean: tuple[str, ...]
    """Outcome ids of destinations that take every size, or a smaller one that is told of."""
    searched: bool
    """The search by echo found it; else the transfers alone."""
    stalled: int
    """To so many destinations a transfer stalled that small segments carried through."""
    passed_bytes: Bytes
    """What still passes at the least."""


def tunnelled(run: Snapshot, address: str) -> bool:
    """Whether the system sends packets for the address into a VPN or another tunnel, as far as known."""
    known = signs.network(run)
    kinds = {} if known is None else {each.name: each.kind for each in known[1].interfaces}
    chosen = {
        route.target: route.interface
        for _, reading in run.facts(LinkReading, Subject.COMPUTER)
        for route in reading.routes
        if route.interface is not None
    }
    its_family = known_family(address)
    default = None if known is None or its_family is None else known[1].gateway(its_family)
    name = chosen.get(address, None if default is None else default.interface)
    return name is not None and kinds.get(name) is InterfaceKind.VPN


def _vanish(fact: PathMtu, loss: float, limits: Limits) -> bool:
    """A size and all larger ones are silent, which lost packets alone do not explain."""
    if fact.state is not MtuState.BLACK_HOLE:
        return False
    silent = sum(
        sample.sent for sample in fact.samples if not sample.arrived and sample.size_bytes > (fact.passed_bytes or 0)
    )
    return loss**silent <= limits.chance_ratio


def _clean(fact: PathMtu) -> bool:
    """Programs get through with full segments, or with the size that they are told."""
    if fact.transfer is not None:
        return fact.transfer.reached is TransferStep.DONE
    return fact.state in {MtuState.FITS, MtuState.TOLD}


def _hanging(run: Snapshot, addresses: frozenset[str]) -> Iterator[str]:
    """Web addresses that took the connection and then said nothing: the first full segments come there."""
    for step, reach in run.facts(Reach, Subject.CONTROL, Subject.SERVICE):
        for attempt in reach.attempts:
            timed_out = attempt.failure is not None and attempt.failure.kind is FailureKind.TIMEOUT
            if attempt.address in addresses and attempt.connect_ms is not None and timed_out:
                yield step


def hole(run: Snapshot, limits: Limits, of_family: Family) -> Hole | None:
    """The sizes that vanish; None where none do, or a second sign is missing. Tunnels are left out."""
    trips = of_families(round_trips(run, limits, Subject.ANCHOR), of_family)
    loss = min((each.ratio for each in trips), default=0.0)
    facts = [
        (step, fact)
        for step, fact in run.facts(PathMtu, Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE)
        if known_family(fact.target) is of_family and not tunnelled(run, fact.target)
    ]
    stalled = {step: fact for step, fact in facts if fact.stalled_by_size}
    if loss**limits.transfer_repeats > limits.chance_ratio:
        stalled = {}
    clean = {step for step, fact in facts if _clean(fact) and step not in stalled}
    searched = {step: fact for step, fact in facts if _vanish(fact, loss, limits) and step not in clean}
    bad = {**searched, **stalled}
    targets = {fact.target for fact in stalled.values()}
    if not targets or not (searched or len(targets) >= limits.min_destinations):
        return None
    passed = [fact.passed_bytes for fact in searched.values() if fact.passed_bytes is not None]
    return Hole(
        family=of_family,
        bad=tuple(bad),
        hanging=tuple(dict.fromkeys(_hanging(run, frozenset(fact.target for fact in bad.values())))),
        clean=tuple(step for step, _ in facts if step in clean),
        searched=bool(searched),
        stalled=len(targets),
        passed_bytes=min(passed, default=_FLOOR_BYTES[of_family]),
    )


def narrow(run: Snapshot, limits: Limits, of_family: Family) -> tuple[dict[str, PathMtu], tuple[str, ...]]:
    """Destinations that no large packet gets to, though connections work because somebody keeps their segments small.

    By outcome id; and the outcome ids of those that large packets do get to. A host or a filter that drops large pings
    alone is none of them: full segments get through there.
    """
    trips = of_families(round_trips(run, limits, Subject.ANCHOR), of_family)
    loss = min((each.ratio for each in trips), default=0.0)
    found: dict[str, PathMtu] = {}
    wide: list[str] = []
    for step, fact in run.facts(PathMtu, Subject.ANCHOR, Subject.CONTROL, Subject.SERVICE):
        if known_family(fact.target) is not of_family or tunnelled(run, fact.target):
            continue
        carried = _largest_segment(fact)
        if fact.state is MtuState.FITS or (carried is not None and carried > (fact.passed_bytes or 0)):
            wide.append(step)
        elif carried is not None and _vanish(fact, loss, limits):
            found[step] = fact
    return found, tuple(wide)


def _largest_segment(fact: PathMtu) -> int | None:
    """The size of the largest packet of a transfer that came to its end; None where it did not, or nobody told."""
    transfer = fact.transfer
    if transfer is None or transfer.reached is not TransferStep.DONE:
        return None
    told = (transfer.sent_segment_bytes, transfer.received_segment_bytes)
    return None if None in told else max(each or 0 for each in told) + _HEADERS_BYTES[fact.family]


def destinations(run: Snapshot, steps: tuple[str, ...]) -> int:
    """How many destinations the steps are about."""
    found = {run.get(step, PathMtu) for step in steps}
    return len({fact.target for fact in found if fact is not None})
