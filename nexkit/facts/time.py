"""Facts of time: what other clocks say of this computer's, its zone, and whether the system keeps the time itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from itertools import accumulate

from nexkit.outcome import Failure
from nexkit.sensitivity import HostName, IpAddress, Open
from nexkit.units import Ms, Seconds

TOLERANCE_S = Seconds(0.1)
"""Clocks that differ by less agree for every purpose here: uneven ways there and back alone make tens of milliseconds,
and servers promise less than they keep."""


class TimeMethod(Enum):
    """How a clock was read."""

    NTP = "ntp"
    """A client's request (RFC 5905, section 14)."""
    HTTPS_DATE = "https_date"
    """The Date header (RFC 9110, section 6.6.1) of a server whose certificate is of its name and trusted."""
    HTTP_DATE = "http_date"
    """The same without any protection."""


class LeapIndicator(Enum):
    """What an NTP server says of the next leap second, and of itself."""

    NONE = "none"
    INSERT = "insert"
    DELETE = "delete"
    UNSYNCHRONISED = "unsynchronised"
    """It does not know the time itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSource:
    """What one clock said; either an offset is known or a failure or a kiss code says why not."""

    method: TimeMethod
    server: HostName
    address: IpAddress | None
    offset_s: Seconds | None
    """Its time minus ours: above zero where this computer's clock is behind. None where it says it has no time."""
    uncertainty_s: Seconds | None
    """The true offset lies within so much of it, if the source is honest: half the round trip and what the server says
    of its own distance from the true time (RFC 5905, root distance); a Date header counts whole seconds."""
    rtt_ms: Ms | None
    stratum: int | None
    leap: LeapIndicator | None
    kiss: Open | None
    """Kiss-o'-death (RFC 5905, section 7.4): the server's word for why it does not serve us, such as `RATE`."""
    attempts: int
    failure: Failure | None


class Agreement(Enum):
    """What several clocks say together."""

    MAJORITY = "majority"
    """More than half of them, and at least two, agree."""
    SINGLE = "single"
    """There is one only."""
    NONE = "none"
    """They contradict each other, without a majority."""
    NO_SOURCE = "no_source"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeZone:
    """The zone in which this computer shows the time."""

    utc_offset_s: int
    """Now, summer time included; above zero east of Greenwich."""
    name: Open | None
    """As the system names it: `Asia/Tokyo`, on Windows `Tokyo Standard Time`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSync:
    """Whether the system keeps its clock itself."""

    enabled: bool | None
    """It is told to."""
    synchronised: bool | None
    """It says that it does."""
    service: Open | None
    """The program that does it, where known: `systemd-timesyncd`, `chronyd`, `w32time`, `timed`, ..."""
    last_sync_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSettings:
    """What the system says of time; nothing is sent for it."""

    zone: TimeZone
    sync: ClockSync


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCheck:
    """What other clocks say of the one of this computer."""

    checked_at: datetime
    """By this computer's clock."""
    sources: tuple[TimeSource, ...]
    agreement: Agreement
    offset_s: Seconds | None
    """What those agree on that are the majority, or the only one says; None without such."""
    uncertainty_s: Seconds | None
    agreeing: int
    """How many sources hold the offset possible."""
    disagreeing: int
    """How many sources do not: their clocks are wrong, if the majority is right."""
    zone: TimeZone | None
    sync: ClockSync | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """What several readings say together."""

    agreement: Agreement
    offset_s: Seconds | None
    uncertainty_s: Seconds | None
    agreeing: int
    disagreeing: int


def consensus(sources: Iterable[TimeSource]) -> Consensus:
    """The offset that most sources hold possible.

    Each source says that the truth lies in an interval. The part that most intervals share (Marzullo's algorithm, on
    which RFC 5905, section 11.2.1 stands) is taken where more than half of them share it, so that a lying minority
    changes nothing.
    """
    intervals = [
        (source.offset_s - reach_s, source.offset_s + reach_s)
        for source in sources
        if source.offset_s is not None and source.uncertainty_s is not None
        for reach_s in (max(source.uncertainty_s, TOLERANCE_S / 2),)
    ]
    if not intervals:
        return Consensus(agreement=Agreement.NO_SOURCE, offset_s=None, uncertainty_s=None, agreeing=0, disagreeing=0)
    most, low, high = _most_shared(intervals)
    alone = len(intervals) == 1
    if not alone and 2 * most <= len(intervals):
        return Consensus(
            agreement=Agreement.NONE, offset_s=None, uncertainty_s=None, agreeing=0, disagreeing=len(intervals)
        )
    return Consensus(
        agreement=Agreement.SINGLE if alone else Agreement.MAJORITY,
        offset_s=Seconds((low + high) / 2),
        uncertainty_s=Seconds((high - low) / 2),
        agreeing=most,
        disagreeing=len(intervals) - most,
    )


def _most_shared(intervals: Sequence[tuple[float, float]]) -> tuple[int, float, float]:
    """How many intervals share one part, and from where to where it goes; the first of several such parts."""
    # At the same place an interval begins before another ends: touching is sharing.
    edges = sorted([(low, -1) for low, _ in intervals] + [(high, 1) for _, high in intervals])
    depths = list(accumulate(-step for _, step in edges))
    most = max(depths)
    start = depths.index(most)
    return most, edges[start][0], edges[start + 1][0]
