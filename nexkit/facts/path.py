"""Facts of path discovery: which routers answer on the way to a target."""

from dataclasses import dataclass
from enum import Enum

from nexkit.outcome import FailureKind
from nexkit.sensitivity import IpAddress
from nexkit.units import Ms


class PathMethod(Enum):
    """What was sent to make the hops speak."""

    UDP = "udp"
    ICMP = "icmp"


@dataclass(frozen=True, slots=True, kw_only=True)
class HopResponder:
    """One address that answered for a hop."""

    address: IpAddress
    rtts_ms: tuple[Ms, ...]
    """Every round trip, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One step of the path. Silence means only that the router does not speak, or limits its ICMP errors."""

    ttl: int
    """Counted from 1; IPv4 TTL or IPv6 hop limit."""
    sent: int
    received: int
    responders: tuple[HopResponder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathTrace:
    """The path to one target, all hops asked in parallel over several rounds with one flow (Paris)."""

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
