"""Facts of path discovery: which routers answer on the way to a target."""

from dataclasses import dataclass
from enum import Enum

from nexkit.address import Scope, known_scope
from nexkit.outcome import FailureKind
from nexkit.sensitivity import HostName, IpAddress
from nexkit.stats import loss_ratio
from nexkit.units import Ms, Ratio

_INITIAL_TTLS = (32, 64, 128, 255)
"""What systems send answers with: 64 (Linux, macOS; RFC 1700), 128 (Windows), 255 (most routers), 32 (old systems)."""
_STEADY_HOPS = 2
"""Ways back differ by this much from one hop to the next without a reason in between: routing is not symmetric."""


class PathMethod(Enum):
    """What was sent to make the hops speak."""

    UDP = "udp"
    ICMP = "icmp"
    TCP = "tcp"
    """The first packet of a connection (SYN) to a port on which the target serves."""


class Rewriting(Enum):
    """What a hop's quote of our packet shows to have been changed on the way there."""

    ADDRESS = "address"
    """The destination is another: translated before that hop."""
    PORT = "port"
    """A port or ICMP identifier is another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MplsLabel:
    """One entry of the label stack that our packet carried where its TTL ended (RFC 4950)."""

    label: int
    traffic_class: int
    bottom: bool
    """The last one of the stack."""
    ttl: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HopResponder:
    """One address that answered for a hop."""

    address: IpAddress
    rtts_ms: tuple[Ms, ...]
    """Every round trip, in order."""
    name: HostName | None = None
    """What the system's resolver calls the address; chosen by whoever runs it. None: not asked, or no answer."""
    mpls: tuple[MplsLabel, ...] | None = None
    """Label stack, top first; None where the answer tells of none, or this system does not show."""
    reply_ttl: int | None = None
    """TTL or hop limit left in its first answer; None where this system does not show it."""
    quoted_ttl: int | None = None
    """TTL of our packet as the first answer quotes it: 1 as a rule, 0 where the hop before forwarded an expired packet,
    more where a tunnel or MPLS network hides hops. None where this system does not show it."""
    rewritten: tuple[Rewriting, ...] = ()
    """What its quotes show to have been changed; empty also where this system does not show them."""

    @property
    def way_back_hops(self) -> int | None:
        """How many routers the answer passed on its way here, going by the nearest usual initial TTL."""
        if self.reply_ttl is None:
            return None
        initials = [initial for initial in _INITIAL_TTLS if initial >= self.reply_ttl]
        return initials[0] - self.reply_ttl if initials else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One step of the path. Silence means only that the router does not speak, or limits its ICMP errors."""

    ttl: int
    """Counted from 1; IPv4 TTL or IPv6 hop limit."""
    sent: int
    received: int
    responders: tuple[HopResponder, ...]
    """Several where routers share the load, or the path changed meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTrace:
    """The path to one target, all hops asked in parallel over several rounds."""

    target: IpAddress
    method: PathMethod
    rounds: int
    hops: tuple[Hop, ...]
    """From TTL 1 to the target, or to the last hop that answered."""
    reached: bool
    """The target itself answered."""
    unreachable: FailureKind | None
    """A router on the way said that it cannot forward."""
    unreachable_from: IpAddress | None
    """Which one."""
    port: int | None = None
    """Destination port; None with ICMP."""
    flow_stable: bool | None = None
    """All packets were of one flow (Paris traceroute), so routers that share load sent them one way. False: hops may be
    of several ways, and a seeming loop may be none. None in reports of versions that did not say."""


class HopPlace(Enum):
    """Where a hop stands, as far as its address tells."""

    SILENT = "silent"
    FIRST_ROUTER = "first_router"
    """Hop 1: one's own router, or a VPN's."""
    PRIVATE = "private"
    """A private, unique-local or link-local address further on: a second router, a VPN, or inside a provider."""
    CARRIER_NAT = "carrier_nat"
    """100.64.0.0/10: between a provider's customers and its address translator (RFC 6598)."""
    PROVIDER = "provider"
    """The first hop beyond the first router that has an address of the internet."""
    INTERNET = "internet"
    TARGET = "target"


_PRIVATE = frozenset({Scope.PRIVATE, Scope.UNIQUE_LOCAL, Scope.LINK_LOCAL})


def hop_places(trace: PathTrace) -> tuple[HopPlace, ...]:
    """For each hop where it stands; of several addresses the first counts."""
    places: list[HopPlace] = []
    for hop in trace.hops:
        if not hop.responders or (reach := known_scope(hop.responders[0].address)) is None:
            places.append(HopPlace.SILENT)
        elif trace.reached and hop is trace.hops[-1]:
            places.append(HopPlace.TARGET)
        elif hop.ttl == 1:
            places.append(HopPlace.FIRST_ROUTER)
        else:
            places.append(_place(reach, places))
    return tuple(places)


def _place(reach: Scope, before: list[HopPlace]) -> HopPlace:
    if reach in _PRIVATE:
        return HopPlace.PRIVATE
    if reach is Scope.SHARED:
        return HopPlace.CARRIER_NAT
    return HopPlace.INTERNET if HopPlace.PROVIDER in before else HopPlace.PROVIDER


@dataclass(frozen=True, slots=True, kw_only=True)
class HopLoss:
    """What of the loss seen at one hop is loss of the path."""

    ttl: int
    loss_ratio: Ratio | None
    """Requests to this hop without an answer; None if none was sent. By itself it says nothing: routers limit their
    ICMP errors (Linux: six at once to one destination, then one a second)."""
    continues_to_target: bool | None
    """Every later hop that answers at all loses too, the target included. None where the target does not tell."""
    carried_ratio: Ratio | None
    """As much of it as goes on to the target: the least of this and all later hops. None where the target does not
    tell."""


def hop_losses(trace: PathTrace) -> tuple[HopLoss, ...]:
    """For each hop its loss, and whether it goes on to the destination: only then packets were lost on the path.

    The target does not tell where it did not answer at all, and where answers are missing to UDP: they are ICMP errors
    too, and limited as those of routers are.
    """
    losses: list[HopLoss] = []
    carried = _loss_of_target(trace)
    for hop in reversed(trace.hops):
        own = loss_ratio(hop.sent, hop.received)
        if carried is not None and own is not None and hop.received:
            carried = Ratio(min(own, carried))
        of_path = None if carried is None or own is None else Ratio(min(own, carried))
        losses.append(
            HopLoss(
                ttl=hop.ttl,
                loss_ratio=own,
                continues_to_target=None if of_path is None else of_path > 0,
                carried_ratio=of_path,
            )
        )
    return tuple(reversed(losses))


def _loss_of_target(trace: PathTrace) -> Ratio | None:
    """None where it does not tell."""
    if not trace.reached or not trace.hops:
        return None
    own = loss_ratio(trace.hops[-1].sent, trace.hops[-1].received)
    return None if own and trace.method is PathMethod.UDP else own


def reply_ttl_jumps(trace: PathTrace) -> tuple[int, ...]:
    """TTLs of the hops whose answers come a way that is longer or shorter by more than routing alone explains.

    Where it becomes shorter at the target, something nearer answers in its name (address translation, a proxy).
    """
    jumps: list[int] = []
    before: tuple[int, int] | None = None
    for hop in trace.hops:
        back = hop.responders[0].way_back_hops if hop.responders else None
        if back is None:
            continue
        if before is not None and abs((back - before[1]) - (hop.ttl - before[0])) > _STEADY_HOPS:
            jumps.append(hop.ttl)
        before = (hop.ttl, back)
    return tuple(jumps)


def rewritten_from(trace: PathTrace) -> int | None:
    """The first TTL at which a quote shows our packet changed: a translator stands before it; None where none does."""
    return next((hop.ttl for hop in trace.hops if any(each.rewritten for each in hop.responders)), None)
