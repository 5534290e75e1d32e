"""Spikes in a series of round trips, and whether they come in a rhythm."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from nexkit.diagnosis.limits import Limits
from nexkit.facts.echo import EchoSample
from nexkit.stats import quantile
from nexkit.units import Ms, Seconds

_MOST_MISSED = 3
"""A gap of more than so many beats says nothing of the beat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Spikes that come at fixed gaps, over a median that is good."""

    spikes: int
    period_s: Seconds
    spike_ms: Ms
    """Their median."""
    rtt_p50_ms: Ms
    """Of all round trips."""


def rhythm(rounds: Iterable[Sequence[EchoSample]], limits: Limits) -> Rhythm | None:
    """The rhythm of the spikes in some rounds of echo to one target; None where there is none."""
    # The first of a round waits for a neighbour's address, or for a radio that wakes up.
    series = [[(each.at_s, each.rtt_ms) for each in samples[1:] if each.rtt_ms is not None] for samples in rounds]
    rtts = [rtt for each in series for _, rtt in each]
    median = quantile(rtts, 0.5)
    if median is None or median > limits.spike_median_ms:
        return None
    late = [[(at_s, rtt) for at_s, rtt in each if rtt > median + limits.spike_ms] for each in series]
    if sum(map(len, late)) > len(rtts) * limits.spike_max_ratio:
        return None
    spikes = [_joined(each, limits) for each in late]
    gaps = [later - earlier for each in spikes for (earlier, _), (later, _) in pairwise(each)]
    pace_s = quantile([later[0] - earlier[0] for each in series for earlier, later in pairwise(each)], 0.5)
    period_s = _period(gaps, pace_s or 0.0, limits)
    height = quantile([rtt for each in spikes for _, rtt in each], 0.5)
    if period_s is None or height is None:
        return None
    return Rhythm(spikes=sum(map(len, spikes)), period_s=Seconds(period_s), spike_ms=Ms(height), rtt_p50_ms=Ms(median))


def _joined(late: Sequence[tuple[float, float]], limits: Limits) -> list[tuple[float, float]]:
    """When each spike began, and its longest round trip: what was sent meanwhile waits for the same moment."""
    spikes: list[tuple[float, float]] = []
    last_s = 0.0
    for at_s, rtt in late:
        if spikes and at_s - last_s <= limits.spike_join_s:
            spikes[-1] = (spikes[-1][0], max(spikes[-1][1], rtt))
        else:
            spikes.append((at_s, rtt))
        last_s = at_s
    return spikes


def _period(gaps: Sequence[float], pace_s: float, limits: Limits) -> float | None:
    """The gap that most gaps are, or are a small multiple of; None where no gap is."""
    if len(gaps) < limits.spike_min_gaps:
        return None
    best: tuple[int, float] | None = None
    for candidate in gaps:
        tolerance = candidate * limits.spike_tolerance_ratio + pace_s
        if tolerance >= candidate / 4:
            continue  # everything would fit
        beats = [max(1, round(gap / candidate)) for gap in gaps]
        fitting = [
            (gap, beat)
            for gap, beat in zip(gaps, beats, strict=True)
            if beat <= _MOST_MISSED and abs(gap - beat * candidate) <= tolerance
        ]
        single = sum(beat == 1 for _, beat in fitting)
        if len(fitting) < len(gaps) * limits.spike_fit_ratio or single * 2 < len(gaps):
            continue
        period_s = sum(gap for gap, _ in fitting) / sum(beat for _, beat in fitting)
        if best is None or len(fitting) > best[0]:
            best = (len(fitting), period_s)
    return None if best is None else best[1]
