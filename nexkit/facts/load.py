"""Facts of a load test: goodput and the latency meanwhile."""

from dataclasses import dataclass
from enum import Enum

from nexkit.facts.echo import EchoStats
from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, Open
from nexkit.units import BitPerSecond, Bytes, Ratio, Seconds


class LoadBackend(Enum):
    """Who is at the other end; the word of the profile."""

    HTTP = "http"
    OOKLA = "ookla"


class LoadConfidence(Enum):
    """How steady the goodput had become when the measurement ended."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionLoad:
    """One direction. Payload only; the ramp-up is excluded and its length stated."""

    goodput_bit_s: BitPerSecond | None
    """None where nothing steady was measured."""
    confidence: LoadConfidence
    variation_ratio: Ratio | None
    """Standard deviation of the intervals' goodput over their mean."""
    connections: int
    transferred_bytes: Bytes
    """All of it, ramp-up included."""
    ramp_up_s: Seconds
    measured_s: Seconds
    capped: bool
    """The byte cap of profile or consent ended it early."""
    working: EchoStats | None
    """Latency under this load; None where echo was not permitted or not measured."""
    failure: Failure | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadTest:
    """Idle latency first, then download, then upload."""

    backend: LoadBackend
    server: HostName
    echo_target: IpAddress | None
    idle: EchoStats | None
    down: DirectionLoad | None
    up: DirectionLoad | None
    expected_down_bit_s: BitPerSecond | None
    expected_up_bit_s: BitPerSecond | None
    congestion_control: Open | None
    """Of our own sending side, where the system says (`cubic`, `bbr`): BBR hides a deep queue."""
