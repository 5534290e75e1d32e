"""Facts of a load test: goodput and the latency meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from nexkit import stats
from nexkit.facts.echo import EchoStats
from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, Open
from nexkit.units import BitPerSecond, Bytes, Ms, Ratio, Rpm, Seconds


class LoadBackend(Enum):
    """Who is at the other end; the word of the profile."""

    HTTP = "http"
    """Any web server that gives a download of a wanted size and swallows an upload."""
    NDT7 = "ndt7"
    """M-Lab's protocol over WebSocket: one connection each way."""
    LIBRESPEED = "librespeed"
    OOKLA = "ookla"
    """speedtest-cli, if it is installed."""
    IPERF3 = "iperf3"
    """iperf3, if it is installed."""


class LoadConfidence(Enum):
    """How steady goodput or responsiveness had become when the measurement ended."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


LOSS_BASED = frozenset({"cubic", "reno"})
"""Congestion controls that fill the queue of the bottleneck until it drops (RFC 9438, RFC 5681)."""
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


class FlowRttMethod(Enum):
    """Who told the round trips of the connections that carried the load."""

    OWN_SYSTEM = "own_system"
    """This system's TCP: smoothed, as seen by the sender or, for a download on Linux, by the receiver."""
    SERVER = "server"
    """The server's TCP, in the measurements that it sends (NDT7)."""
    FIRST_BYTE = "first_byte"
    """From a request on a connection under load to the first byte of its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRtt:
    """Round trips of the load-carrying connections themselves.

    Far above those of other packets at the same moment: the queue is of each connection (fair queueing), or in the
    sender; else all share one queue.
    """

    method: FlowRttMethod
    samples: int
    rtt_p50_ms: Ms
    rtt_p95_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsiveness:
    """Round trips per minute under load, after draft-ietf-ippm-responsiveness.

    The times are one-sided trimmed means: the slowest 5 % are left out. They stand for the last two seconds.
    """

    responsiveness_rpm: Rpm | None
    """The mean of the two below; None where one of them is not known."""
    foreign_rpm: Rpm | None
    """Of connections opened meanwhile: every part of them that was timed counts the same."""
    self_rpm: Rpm | None
    """Of the load-carrying connections; by their TCP's round trip or the first byte of an answer, because HTTP/1.1
    cannot put a request between others."""
    tcp_ms: Ms | None
    """TCP handshake."""
    tls_ms: Ms | None
    """TLS handshake, for each of its round trips; None without TLS."""
    http_ms: Ms | None
    """From a request for a byte to the whole answer; None where the server has nothing small."""
    self_ms: Ms | None
    foreign_probes: int
    self_probes: int
    confidence: LoadConfidence
    """High: its last four values, half a second apart, vary by at most 5 %; medium: they vary more; low: fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectionLoad:
    """One direction. Payload only; the ramp-up is excluded and its length stated."""

    goodput_bit_s: BitPerSecond | None
    """None where nothing steady was measured."""
    confidence: LoadConfidence
    variation_ratio: Ratio | None
    """Standard deviation of the intervals' goodput over their mean."""
    connections: int | None
    """At the end; None where the back end does not tell."""
    transferred_bytes: Bytes
    """All of it, ramp-up included."""
    ramp_up_s: Seconds
    measured_s: Seconds
    capped: bool
    """The byte cap of profile or consent ended it early."""
    working: EchoStats | None
    """Latency under this load to the echo target; None where echo was not permitted or not measured."""
    failure: Failure | None
    """The first trouble of any connection; the goodput may be known all the same, from the others."""
    working_gateway: EchoStats | None = None
    """The same to the gateway at the same time: it rises where the queue is in the home network."""
    working_provider: EchoStats | None = None
    """The same to the first router behind the gateway: it alone rises where the access line queues."""
    one_flow_bit_s: BitPerSecond | None = None
    """Goodput of a single connection, before others joined; far below `goodput_bit_s` where the path loses packets.
    None where it did not become steady in its time."""
    flow_rtt: FlowRtt | None = None
    responsiveness: Responsiveness | None = None
    congestion_control: Open | None = None
    """Of the side that sent (this one for an upload, the server for a download); None: not known. See
    `hides_queue`."""

    @property
    def hides_queue(self) -> bool | None:
        """Whether the sender keeps queues short, so that a low latency says nothing about their depth (BBR).

        None where the sender's congestion control is not known.
        """
        return None if self.congestion_control is None else self.congestion_control not in LOSS_BASED


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
    gateway_target: IpAddress | None = None
    provider_target: IpAddress | None = None
    idle_gateway: EchoStats | None = None
    idle_provider: EchoStats | None = None
    metered: bool | None = None
    """Whether the system counts this connection's data, or holds it for dear; None: the system does not say."""
