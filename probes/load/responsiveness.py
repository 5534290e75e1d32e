"""Responsiveness under load in round trips per minute, after draft-ietf-ippm-responsiveness.

The draft's intervals of a second are halved here, so that a line that is steady at once needs three seconds, not five.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from nexkit import stats
from nexkit.facts.load import HIGH_VARIATION_RATIO, HIGH_WINDOWS, FlowRtt, FlowRttMethod, LoadConfidence, Responsiveness
from nexkit.units import Ms, Rpm

INTERVAL_S = 0.5
MOVING_INTERVALS = 4
"""A value stands for so many intervals before its moment (the draft's MAD)."""
_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignProbe:
    """What a connection took that was opened under load; None for what was not there to time."""

    done_at_s: float
    tcp_ms: Ms
    tls_ms: Ms | None
    """For each round trip of the handshake."""
    http_ms: Ms | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowTimes:
    """Round trips of the load-carrying connections, with their moments."""

    method: FlowRttMethod
    samples: Sequence[tuple[float, Ms]]

    def between(self, from_s: float, to_s: float) -> list[Ms]:
        """Those of a span of time."""
        return [ms for at_s, ms in self.samples if from_s < at_s <= to_s]

    def fact(self, from_s: float, to_s: float) -> FlowRtt | None:
        """Their summary over a span of time; None without any."""
        times = self.between(from_s, to_s)
        median, p95 = stats.quantile(times, 0.5), stats.quantile(times, 0.95)
        if median is None or p95 is None:
            return None
        return FlowRtt(method=self.method, samples=len(times), rtt_p50_ms=Ms(median), rtt_p95_ms=Ms(p95))


def responsiveness(
    foreign: Sequence[ForeignProbe], flows: FlowTimes, *, saturated_at_s: float, end_s: float
) -> Responsiveness | None:
    """The last value, and how steady the ones before it were; None without a single probe in its time.

    `saturated_at_s` is when the goodput had stopped growing.
    """
    last = _at(foreign, flows, end_s)
    if not last.foreign_probes and not last.self_probes:
        return None
    count = int((end_s - saturated_at_s) / INTERVAL_S + 1e-9)
    earlier = [_at(foreign, flows, end_s - number * INTERVAL_S) for number in range(1, min(count, HIGH_WINDOWS))]
    values = [each.responsiveness_rpm for each in (last, *earlier) if each.responsiveness_rpm is not None]
    if len(values) >= HIGH_WINDOWS:
        variation = stats.variation_ratio(values)
        steady = variation is not None and variation <= HIGH_VARIATION_RATIO
        confidence = LoadConfidence.HIGH if steady else LoadConfidence.MEDIUM
    else:
        confidence = LoadConfidence.LOW
    return Responsiveness(
        responsiveness_rpm=last.responsiveness_rpm,
        foreign_rpm=last.foreign_rpm,
        self_rpm=last.self_rpm,
        tcp_ms=last.tcp_ms,
        tls_ms=last.tls_ms,
        http_ms=last.http_ms,
        self_ms=last.self_ms,
        foreign_probes=last.foreign_probes,
        self_probes=last.self_probes,
        confidence=confidence,
    )


def _at(foreign: Sequence[ForeignProbe], flows: FlowTimes, end_s: float) -> Responsiveness:
    """The value at a moment, from the moving intervals before it; its confidence is not known here."""
    from_s = end_s - MOVING_INTERVALS * INTERVAL_S
    probes = [probe for probe in foreign if from_s < probe.done_at_s <= end_s]
    own = flows.between(from_s, end_s)
    tcp_ms = stats.trimmed_mean([probe.tcp_ms for probe in probes])
    tls_ms = stats.trimmed_mean([probe.tls_ms for probe in probes if probe.tls_ms is not None])
    http_ms = stats.trimmed_mean([probe.http_ms for probe in probes if probe.http_ms is not None])
    self_ms = stats.trimmed_mean(own)
    parts = [part for part in (tcp_ms, tls_ms, http_ms) if part is not None]
    foreign_rpm = _rpm(sum(parts) / len(parts) if parts else None)
    self_rpm = _rpm(self_ms)
    return Responsiveness(
        responsiveness_rpm=Rpm((foreign_rpm + self_rpm) / 2) if foreign_rpm and self_rpm else None,
        foreign_rpm=foreign_rpm,
        self_rpm=self_rpm,
        tcp_ms=_ms(tcp_ms),
        tls_ms=_ms(tls_ms),
        http_ms=_ms(http_ms),
        self_ms=_ms(self_ms),
        foreign_probes=len(probes),
        self_probes=len(own),
        confidence=LoadConfidence.LOW,
    )


def _rpm(round_trip_ms: float | None) -> Rpm | None:
    return Rpm(_MS_PER_MINUTE / round_trip_ms) if round_trip_ms else None


def _ms(value: float | None) -> Ms | None:
    return None if value is None else Ms(value)
