"""Statistics of round-trip times and loss. Pure arithmetic; `None` where nothing was measured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, fsum, sqrt

from nexkit.units import BitPerSecond, Ms, Ratio, Seconds

RAMP_UP_MIN_S = 0.5
"""The least that is left out at the start of a transfer: slow start doubles its rate every round trip."""
GROWTH_WINDOW_S = 0.3
"""The rate before a moment is compared with the rate after it over windows of this length."""
GROWTH_WINDOW_ROUND_TRIPS = 2
"""On a long path the windows span this many round trips, because slow start sends in bursts, one a round trip."""
GROWTH_RATIO = 1.05
"""A rate that grows by less than this from one window to the next has reached its limit."""
STEADY_MIN_S = 0.2
"""A shorter steady part says nothing."""
STEADINESS_WINDOW_S = 0.5
"""The steady part is cut into windows of this length to see how much its rate varies."""


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


def quantile_interval(values: Sequence[float], share: float, z: float) -> tuple[float, float] | None:
    """Between which of the values the true quantile lies, whatever their distribution is (Conover 1999, section 3.2).

    None where there are too few: the middle of any six, the 95th percentile of about eighty.
    """
    middle, half = len(values) * share, z * sqrt(len(values) * share * (1 - share))
    first, last = floor(middle - half), ceil(middle + half)
    if not values or first < 1 or last > len(values):
        return None
    ordered = sorted(values)
    return ordered[first - 1], ordered[last - 1]


def trimmed_mean(values: Sequence[float], share: float = 0.95) -> float | None:
    """The mean of the lowest `share` of the values; None without values."""
    if not values:
        return None
    kept = sorted(values)[: ceil(share * len(values))]
    return fsum(kept) / len(kept)


def jitter_ms(rtts_ms: Sequence[float | None]) -> Ms | None:
    """Interarrival jitter by the estimator of RFC 3550 section 6.4.1, `J += (|D| - J) / 16`.

    Successive round-trip times are fed where the RFC has one-way transit times. A lost packet (None) breaks the
    chain: no difference is taken across a gap. None without two successive replies.
    """
    jitter: float | None = None
    for difference in _differences(rtts_ms):
        jitter = (jitter or 0.0) + (difference - (jitter or 0.0)) / 16
    return None if jitter is None else Ms(jitter)


def mean_difference_ms(rtts_ms: Sequence[float | None]) -> Ms | None:
    """The mean of |D|, towards which the estimator of RFC 3550 tends.

    That one starts at zero and reads 29 % low after 20 packets; a judgement of a short series needs this. None without
    two successive replies.
    """
    differences = list(_differences(rtts_ms))
    return Ms(sum(differences) / len(differences)) if differences else None


def _differences(rtts_ms: Sequence[float | None]) -> Iterator[float]:
    """Between successive replies; none across a lost packet."""
    for earlier, later in pairwise(rtts_ms):
        if earlier is not None and later is not None:
            yield abs(later - earlier)


def pdv_p95_ms(rtts_ms: Sequence[float]) -> Ms | None:
    """Packet delay variation, 95th percentile above the minimum seen (RFC 5481); None without values."""
    p95 = quantile(rtts_ms, 0.95)
    return None if p95 is None else Ms(p95 - min(rtts_ms))


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyRate:
    """The rate of a transfer after its ramp-up."""

    rate_bit_s: BitPerSecond | None
    """None where the rate grew to the end, or nothing was left to measure."""
    ramp_up_s: Seconds
    """What was left out at the start; all of it where `rate_bit_s` is None."""
    measured_s: Seconds
    window_rates_bit_s: tuple[BitPerSecond, ...]
    """The rates of the full windows of the steady part, in order."""


def _bytes_at(marks: Sequence[tuple[float, float]], at_s: float) -> float:
    """The count at a moment, on the straight line between the marks around it."""
    for (before_s, before), (after_s, after) in pairwise(marks):
        if at_s <= after_s:
            return before + (after - before) * (at_s - before_s) / (after_s - before_s)
    return marks[-1][1]


def _rate_bit_s(marks: Sequence[tuple[float, float]], start_s: float, end_s: float) -> BitPerSecond:
    return BitPerSecond(8 * (_bytes_at(marks, end_s) - _bytes_at(marks, start_s)) / (end_s - start_s))


def steady_rate(
    marks: Sequence[tuple[float, float]], round_trip_s: float = 0.0, *, ramp_up_min_s: float = RAMP_UP_MIN_S
) -> SteadyRate:
    """The rate of a transfer once it has stopped growing.

    `marks` are pairs (seconds since the start, bytes so far), strictly rising in time, the first at 0 s. The ramp-up
    ends at the first mark after `ramp_up_min_s` where the rate in the window that follows is not above the rate in the
    window before it by more than `GROWTH_RATIO`. `round_trip_s` is the idle round-trip time, zero if not known.
    """
    end_s = marks[-1][0] if marks else 0.0
    window_s = max(GROWTH_WINDOW_S, GROWTH_WINDOW_ROUND_TRIPS * round_trip_s)
    for at_s, _ in marks:
        if at_s < max(ramp_up_min_s, window_s) or end_s - at_s < STEADY_MIN_S:
            continue
        before = _rate_bit_s(marks, at_s - window_s, at_s)
        after = _rate_bit_s(marks, at_s, min(at_s + window_s, end_s))
        if after <= GROWTH_RATIO * before:
            count = int((end_s - at_s) / STEADINESS_WINDOW_S + 1e-9)
            starts = [at_s + number * STEADINESS_WINDOW_S for number in range(count)]
            return SteadyRate(
                rate_bit_s=_rate_bit_s(marks, at_s, end_s),
                ramp_up_s=Seconds(at_s),
                measured_s=Seconds(end_s - at_s),
                window_rates_bit_s=tuple(
                    _rate_bit_s(marks, start_s, min(start_s + STEADINESS_WINDOW_S, end_s)) for start_s in starts
                ),
            )
    return SteadyRate(rate_bit_s=None, ramp_up_s=Seconds(end_s), measured_s=Seconds(0.0), window_rates_bit_s=())


def variation_ratio(values: Sequence[float]) -> Ratio | None:
    """Standard deviation (of all the values, not of a sample) over the mean; None for less than two, or mean zero."""
    if len(values) < 2:  # noqa: PLR2004  one value does not vary
        return None
    mean = fsum(values) / len(values)
    if mean == 0:
        return None
    return Ratio(sqrt(fsum((value - mean) ** 2 for value in values) / len(values)) / mean)
