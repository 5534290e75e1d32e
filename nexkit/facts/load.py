"""Facts of a load test: goodput and the latency meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from nexkit import stats
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


# After draft-ietf-ippm-responsiveness: stable is a standard deviation of at most 5 % over four averages in a row; we
# average over half a second each.
HIGH_VARIATION_RATIO = 0.05
HIGH_WINDOWS = 4
MEDIUM_VARIATION_RATIO = 0.15
MEDIUM_WINDOWS = 2


def load_confidence(window_rates_bit_s: Sequence[float]) -> LoadConfidence:
    """How far a goodput can be trusted, from the rates of successive windows of its steady part."""
    variation = stats.variation_ratio(window_rates_bit_s)
    if variation is None:
        return LoadConfidence.LOW
    if variation <= HIGH_VARIATION_RATIO and len(window_rates_bit_s) >= HIGH_WINDOWS:
        return LoadConfidence.HIGH
    if variation <= MEDIUM_VARIATION_RATIO and len(window_rates_bit_s) >= MEDIUM_WINDOWS:
        return LoadConfidence.MEDIUM
    return LoadConfidence.LOW


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionLoad:
    """One direction. Payload only; the ramp-up is excluded and its length stated."""

    goodput_bit_s: BitPerSecond | None
    """None where nothing steady was measured."""
    confidence: LoadConfidence
    variation_ratio: Ratio | None
    """Standard deviation of the intervals' goodput over their mean."""
    connections: int | None
    """None where the back end does not tell."""
    transferred_bytes: Bytes
    """All of it, ramp-up included."""
    ramp_up_s: Seconds
    measured_s: Seconds
    capped: bool
    """The byte cap of profile or consent ended it early."""
    working: EchoStats | None
    """Latency under this load; None where echo was not permitted or not measured."""
    failure: Failure | None
    """The first trouble of any connection; the goodput may be known all the same, from the others."""


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
