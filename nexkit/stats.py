"""Statistics of round-trip times and loss. Pure arithmetic; `None` where nothing was measured."""

from collections.abc import Sequence
from math import ceil

from nexkit.units import Ms, Ratio


def loss_ratio(sent: int, received: int) -> Ratio | None:
    """Round-trip loss (RFC 6673), 0..1; None if nothing was sent."""
    if sent == 0:
        return None
    return Ratio((sent - min(received, sent)) / sent)


def quantile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank quantile: a value that was really measured; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def jitter_ms(rtts_ms: Sequence[float | None]) -> Ms | None:
    """Interarrival jitter by the estimator of RFC 3550 section 6.4.1, `J += (|D| - J) / 16`.

    Successive round-trip times are fed where the RFC has one-way transit times. A lost packet (None) breaks the
    chain: no difference is taken across a gap. None without two successive replies.
    """
    jitter: float | None = None
    previous: float | None = None
    for rtt in rtts_ms:
        if rtt is not None and previous is not None:
            jitter = (jitter or 0.0) + (abs(rtt - previous) - (jitter or 0.0)) / 16
        previous = rtt
    return None if jitter is None else Ms(jitter)


def pdv_p95_ms(rtts_ms: Sequence[float]) -> Ms | None:
    """Packet delay variation, 95th percentile above the minimum seen (RFC 5481); None without values."""
    p95 = quantile(rtts_ms, 0.95)
    return None if p95 is None else Ms(p95 - min(rtts_ms))
