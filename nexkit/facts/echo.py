"""Facts of echo measurements: RTT, loss and jitter to one address."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from nexkit import stats
from nexkit.address import Family, family
from nexkit.outcome import FailureKind
from nexkit.sensitivity import IpAddress
from nexkit.units import Ms, Ratio, Seconds


class EchoMethod(Enum):
    """How the round trip was measured."""

    ICMP = "icmp"
    """Echo request and reply (RFC 792, RFC 4443)."""
    TCP_CONNECT = "tcp_connect"
    """SYN to SYN+ACK or RST: the fallback where the system refuses ICMP to programs without privilege."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoSample:
    """One request and what came of it."""

    at_s: Seconds
    """When it was sent, counted from the first request."""
    rtt_ms: Ms | None
    """None: no reply in time."""
    error: FailureKind | None = None
    """What the network or this system answered instead of a reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoStats:
    """Round trips to one address; every sample is kept."""

    target: IpAddress
    method: EchoMethod
    sent: int
    received: int
    loss_ratio: Ratio | None
    rtt_min_ms: Ms | None
    rtt_p50_ms: Ms | None
    rtt_p95_ms: Ms | None
    rtt_max_ms: Ms | None
    jitter_ms: Ms | None
    """RFC 3550 estimator fed with successive RTTs."""
    pdv_p95_ms: Ms | None
    samples: tuple[EchoSample, ...]

    @property
    def family(self) -> Family:
        """Family of the target."""
        return family(self.target)


def echo_stats(target: str, method: EchoMethod, samples: Sequence[EchoSample]) -> EchoStats:
    """Summary of the samples, in the order they were sent."""
    rtts = [sample.rtt_ms for sample in samples]
    replies = [rtt for rtt in rtts if rtt is not None]

    def ms(value: float | None) -> Ms | None:
        return None if value is None else Ms(value)

    return EchoStats(
        target=target,
        method=method,
        sent=len(samples),
        received=len(replies),
        loss_ratio=stats.loss_ratio(len(samples), len(replies)),
        rtt_min_ms=ms(min(replies, default=None)),
        rtt_p50_ms=ms(stats.quantile(replies, 0.5)),
        rtt_p95_ms=ms(stats.quantile(replies, 0.95)),
        rtt_max_ms=ms(max(replies, default=None)),
        jitter_ms=stats.jitter_ms(rtts),
        pdv_p95_ms=stats.pdv_p95_ms(replies),
        samples=tuple(samples),
    )
