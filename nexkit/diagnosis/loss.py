"""Round trips to one target over all its rounds, and what their loss is worth statistically."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from math import hypot, sqrt

from nexkit.address import Family, known_family
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.facts.echo import EchoMethod, EchoSample, EchoStats, echo_stats
from nexkit.stats import mean_difference_ms
from nexkit.subject import Subject
from nexkit.units import Ms, Ratio

_APART_S = 0.1
"""Losses to several targets closer than their packets are one event."""


def wilson_interval(lost: float, sent: float, z: float) -> tuple[Ratio, Ratio]:
    """The confidence interval of a loss rate (Wilson 1927): fit for few samples and for none lost; sent > 0."""
    share = lost / sent
    denominator = 1 + z * z / sent
    centre = (share + z * z / (2 * sent)) / denominator
    half = z / denominator * sqrt(share * (1 - share) / sent + z * z / (4 * sent * sent))
    return Ratio(max(0.0, centre - half)), Ratio(min(1.0, centre + half))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrips:
    """All rounds of echo to one or more targets, taken together."""

    steps: tuple[str, ...]
    tcp: bool
    """Timed TCP connects are among them."""
    sent: int
    lost: int
    runs: int
    """How often packets were lost in a row to one target, single ones included."""
    bursts: int
    """Independent events: packets lost together count as one, or a few bursts would look like much evidence."""
    lost_at: tuple[tuple[float, float], ...]
    """From when to when in the run packets were lost in a row, in s."""
    rtt_min_ms: Ms | None
    """With several targets, of the fastest one."""
    rtt_p50_ms: Ms | None
    """With several targets, of the fastest one."""
    jitter_ms: Ms | None
    """The mean difference of successive round trips; with several targets, of the steadiest one."""
    pdv_p95_ms: Ms | None
    """With several targets, of the steadiest one."""

    @property
    def ratio(self) -> Ratio:
        """Loss, 0..1."""
        return Ratio(self.lost / self.sent)

    @property
    def burst(self) -> float:
        """How much longer the runs of lost packets are than chance makes them (1 / (1 - ratio)); 1 without bursts."""
        return max(1.0, self.lost / self.runs * (1 - self.ratio)) if self.runs else 1.0

    def interval(self, limits: Limits, burst: float = 1.0) -> tuple[Ratio, Ratio]:
        """Between which rates the true loss lies, by the number of independent events.

        `burst`: how long the bursts are as far as known from elsewhere.
        """
        length = max(self.lost / self.bursts if self.bursts else 1.0, burst)
        return wilson_interval(self.lost / length, self.sent / length, limits.loss_z)

    def lossy(self, limits: Limits) -> bool:
        """Whether the loss is above the limit beyond the doubt that so few samples leave."""
        low, _ = self.interval(limits)
        limit = limits.tcp_loss_ratio if self.tcp else limits.loss_ratio
        return self.bursts >= limits.loss_min_bursts and low > limit

    def may_share(self, ratio: Ratio, limits: Limits, burst: float = 1.0) -> bool:
        """Whether as much loss as `ratio`, in bursts so long, may go on here: what was seen does not rule it out."""
        return self.interval(limits, burst)[1] >= ratio

    def exceeds(self, other: "RoundTrips", limits: Limits) -> bool:
        """Whether more is lost here than there, beyond the doubt that so few samples of both leave (Newcombe 1998)."""
        burst = max(self.burst, other.burst)
        low, _ = self.interval(limits, burst)
        _, high = other.interval(limits, burst)
        return self.ratio - other.ratio > hypot(self.ratio - low, high - other.ratio)

    def swings(self, limits: Limits) -> bool:
        """Whether round trips vary throughout, or slowly by as much as a queue adds that keeps filling and emptying."""
        slowly = self.pdv_p95_ms is not None and self.pdv_p95_ms > limits.working_rtt_added_ms
        return self.unsteady(limits) or (slowly and self.sent - self.lost >= limits.min_replies)

    def wavers(self, limits: Limits) -> bool:
        """Whether the delay wanders all the time: late ones are late by a queue, and the usual one is late as well.

        Rare spikes leave the median where the fastest round trip is, a long steady way leaves all of them there.
        """
        return (
            self.pdv_p95_ms is not None
            and self.rtt_p50_ms is not None
            and self.rtt_min_ms is not None
            and self.sent - self.lost >= limits.min_replies
            and self.pdv_p95_ms > limits.working_rtt_added_ms
            and self.rtt_p50_ms - self.rtt_min_ms > limits.jitter_ms
        )

    def steady(self, limits: Limits) -> bool:
        """Whether enough round trips are nearly the same."""
        return (
            self.pdv_p95_ms is not None
            and self.sent - self.lost >= limits.min_replies
            and self.pdv_p95_ms <= limits.jitter_ms
        )

    def unsteady(self, limits: Limits) -> bool:
        """Whether round trips vary throughout; one late packet alone raises jitter, but not the percentile."""
        return (
            self.jitter_ms is not None
            and self.pdv_p95_ms is not None
            and self.jitter_ms > limits.jitter_ms
            and self.pdv_p95_ms > limits.jitter_ms
        )


def _of_target(run: Snapshot, rounds: list[tuple[str, EchoStats]], limits: Limits) -> RoundTrips:
    facts = [fact for _, fact in rounds]
    whole = (
        facts[0]
        if len(facts) == 1
        else echo_stats(facts[0].target, facts[0].method, [sample for fact in facts for sample in fact.samples])
    )
    gone = [[_lost(sample, fact.method, limits) for sample in fact.samples] for fact in facts]
    runs = sum(is_lost for each in gone for is_lost, _ in groupby(each))
    return RoundTrips(
        steps=tuple(step for step, _ in rounds),
        tcp=any(fact.method is EchoMethod.TCP_CONNECT for fact in facts),
        sent=len(whole.samples),
        lost=sum(sum(each) for each in gone),
        runs=runs,
        bursts=runs,
        lost_at=tuple(
            row for (step, fact), lost in zip(rounds, gone, strict=True) for row in _rows(run, step, fact, lost)
        ),
        rtt_min_ms=whole.rtt_min_ms,
        rtt_p50_ms=whole.rtt_p50_ms,
        jitter_ms=mean_difference_ms([sample.rtt_ms for sample in whole.samples]),
        pdv_p95_ms=whole.pdv_p95_ms,
    )


def _lost(sample: EchoSample, method: EchoMethod, limits: Limits) -> bool:
    """Whether the packet was lost; a TCP connect hides it by sending the SYN again."""
    if sample.rtt_ms is None:
        return True
    return method is EchoMethod.TCP_CONNECT and sample.rtt_ms >= limits.tcp_retransmit_ms


def round_trips(run: Snapshot, limits: Limits, *subjects: Subject) -> dict[str, RoundTrips]:
    """By target address, the targets that answered at all; silence is no loss rate (it may be policy)."""
    return run.once(("round_trips", limits, subjects), lambda: _round_trips(run, limits, *subjects))


def _round_trips(run: Snapshot, limits: Limits, *subjects: Subject) -> dict[str, RoundTrips]:
    rounds: dict[str, list[tuple[str, EchoStats]]] = {}
    for step, fact in run.facts(EchoStats, *subjects):
        if fact.samples:
            rounds.setdefault(fact.target, []).append((step, fact))
    return {
        target: _of_target(run, speaking, limits)
        for target, of_target in rounds.items()
        if (speaking := _speaking(of_target))
    }


def _speaking(rounds: list[tuple[str, EchoStats]]) -> list[tuple[str, EchoStats]]:
    """The rounds by the methods that the target answers at all; who answers no echo may answer connections."""
    methods = {fact.method for _, fact in rounds if fact.received}
    return [(step, fact) for step, fact in rounds if fact.method in methods]


def _rows(run: Snapshot, step: str, fact: EchoStats, lost: list[bool]) -> Iterator[tuple[float, float]]:
    """When packets were lost in a row, the first and the last one."""
    begun_s = run.started_s(step)
    for is_lost, row in groupby(zip(lost, fact.samples, strict=True), key=lambda each: each[0]):
        if is_lost:
            times = [begun_s + sample.at_s for _, sample in row]
            yield times[0], times[-1]


def _events(rows: Iterable[tuple[float, float]]) -> int:
    """How many moments of loss there were, over all targets."""
    count, end_s = 0, -_APART_S
    for first_s, last_s in sorted(rows):
        count += first_s >= end_s + _APART_S
        end_s = max(end_s, last_s)
    return count


def together(parts: tuple[RoundTrips, ...]) -> RoundTrips | None:
    """Several targets as one; None without any.

    They are asked at the same time, and one moment's fault hits all of them: what they lose at once is one event.
    """
    if not parts:
        return None
    lost_at = tuple(row for part in parts for row in part.lost_at)
    return RoundTrips(
        steps=tuple(step for part in parts for step in part.steps),
        tcp=any(part.tcp for part in parts),
        sent=sum(part.sent for part in parts),
        lost=sum(part.lost for part in parts),
        runs=sum(part.runs for part in parts),
        bursts=max(*(part.bursts for part in parts), _events(lost_at)),
        lost_at=lost_at,
        rtt_min_ms=min((part.rtt_min_ms for part in parts if part.rtt_min_ms is not None), default=None),
        rtt_p50_ms=min((part.rtt_p50_ms for part in parts if part.rtt_p50_ms is not None), default=None),
        jitter_ms=min((part.jitter_ms for part in parts if part.jitter_ms is not None), default=None),
        pdv_p95_ms=min((part.pdv_p95_ms for part in parts if part.pdv_p95_ms is not None), default=None),
    )


def of_families(trips: dict[str, RoundTrips], *families: Family) -> tuple[RoundTrips, ...]:
    """Those to targets of these families."""
    return tuple(each for target, each in trips.items() if known_family(target) in families)


FAMILY_SETS = (*((each,) for each in Family), tuple(Family))
"""Each family by itself, as a fault may hit one alone; and both as one, which gives the more evidence."""


def shared_loss(run: Snapshot, limits: Limits, *families: Family) -> RoundTrips | None:
    """The loss that all destinations of the families have in common; None where there is none, or only some have it."""
    anchors = of_families(round_trips(run, limits, Subject.ANCHOR), *families)
    whole = together(anchors)
    if whole is None or not whole.lossy(limits):
        return None
    hit = [each for each in anchors if each.lost]
    provider = provider_hop(run, limits, *families)
    enough = len(hit) >= limits.min_destinations or (provider is not None and provider.lossy(limits))
    low, _ = whole.interval(limits)
    if not enough or not all(each.may_share(low, limits) for each in anchors):
        return None
    return whole


def neighbours_lost(run: Snapshot, limits: Limits) -> bool:
    """Whether loss on the first stretch may well be why a gateway is not found, and so its whole family silent."""
    near = together(tuple(round_trips(run, limits, Subject.GATEWAY).values()))
    return near is not None and near.ratio**limits.solicitations > limits.chance_ratio


def gateway_clean(run: Snapshot, limits: Limits) -> tuple[str, ...] | None:
    """Outcome ids that show a good way to every gateway; None where it is bad or not known."""
    trips = round_trips(run, limits, Subject.GATEWAY)
    good = all(
        not each.lossy(limits) and each.rtt_p50_ms is not None and each.rtt_p50_ms <= limits.gateway_rtt_ms
        for each in trips.values()
    )
    return tuple(step for each in trips.values() for step in each.steps) if trips and good else None


def gateway_prompt(run: Snapshot, limits: Limits) -> tuple[str, ...] | None:
    """Outcome ids that show no delay up to any gateway, nor an unsteady one; None where it is so, or not known.

    What comes back tells of the delay, whatever is lost besides.
    """
    trips = round_trips(run, limits, Subject.GATEWAY)
    prompt = all(
        each.rtt_p50_ms is not None and each.rtt_p50_ms <= limits.gateway_rtt_ms and not each.unsteady(limits)
        for each in trips.values()
    )
    return tuple(step for each in trips.values() for step in each.steps) if trips and prompt else None


def near_without(run: Snapshot, limits: Limits, loss: RoundTrips, *families: Family) -> tuple[str, ...] | None:
    """Outcome ids that show a good way to the gateway, too clean for `loss` to begin there; None where it may."""
    near = gateway_clean(run, limits)
    trips = round_trips(run, limits, Subject.GATEWAY)
    own = of_families(trips, *families) or tuple(trips.values())
    return None if any(each.may_share(loss.ratio, limits, loss.burst) for each in own) else near


def provider_hop(run: Snapshot, limits: Limits, *families: Family) -> RoundTrips | None:
    """Round trips to the first router of the provider; None where it was not measured or never answers echo."""
    return together(of_families(round_trips(run, limits, Subject.PROVIDER_HOP), *families))


def through_provider(run: Snapshot, limits: Limits, whole: RoundTrips, *families: Family) -> RoundTrips | None:
    """The same, unless it loses more than `whole`, what goes through it: then it just limits what it answers."""
    provider = provider_hop(run, limits, *families)
    if provider is None or provider.interval(limits)[0] > whole.interval(limits)[1]:
        return None
    return provider
