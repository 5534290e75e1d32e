"""The Wi-Fi or cable that this computer's traffic takes: why its first stretch is bad, as far as the link tells."""

from collections.abc import Sequence
from dataclasses import dataclass

from nexkit.address import Family
from nexkit.diagnosis import signs
from nexkit.diagnosis.causes import FAIR, LIKELY, POSSIBLE, PROVED, STRONG, finding
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.loss import FAMILY_SETS, round_trips, shared_loss
from nexkit.diagnosis.rhythm import rhythm
from nexkit.diagnosis.rules.lan import first_stretch_trouble
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Clear, FindingValue, Inconclusive, RuleAnswer, Severity
from nexkit.facts.echo import EchoSample, EchoStats
from nexkit.facts.link import LinkChange, LinkReading, LinkState, link_changes
from nexkit.facts.load import LoadTest
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.facts.wifi import WifiCells, WifiLink, WifiReading, wifi_changes
from nexkit.request import Symptom
from nexkit.subject import Subject
from nexkit.units import BitPerSecond, Ratio

_NO_RADIO = Inconclusive(missing=("wifi.start", "wifi.end"))
_NO_LINK = Inconclusive(missing=("link.start", "link.end"))
_NO_GATEWAY = Inconclusive(missing=(Subject.GATEWAY.value,))
_FLAPS = 2
"""A cable that was pulled and put back went away once."""


def way_out(run: Snapshot) -> tuple[InterfaceKind, str] | None:
    """(kind, name) of the hardware that traffic takes; beneath a VPN the one that has an address. None: not known."""
    known = signs.network(run)
    if known is None:
        return None
    _, state = known
    hardware = [each for each in signs.ways_out(state) if each.admin_up and each.carrier is not False]
    routed = [route.interface for route in state.default_routes]
    usable = {address for family in Family for address in signs.usable(state, family)}
    addressed = [each for each in hardware if any(address in usable for address in each.addresses)]
    chosen = next((each for name in routed for each in hardware if each.name == name), None)
    if chosen is None and len(addressed) == 1:
        chosen = addressed[0]
    return None if chosen is None else (chosen.kind, chosen.name)


# --- Wi-Fi ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Radio:
    """The Wi-Fi that carries the traffic, over all its readings."""

    steps: tuple[str, ...]
    rssi_dbm: float | None
    """The mean: a single reading swings by several dB."""
    snr_db: float | None
    rate_bit_s: BitPerSecond | None
    """The best seen in either direction: an idle radio falls back to the slowest rate."""
    retry_ratio: Ratio | None
    """Repeats for each frame sent meanwhile; None where too little was counted."""
    cells: WifiCells | None
    """The latest list."""
    roamed: bool

    def slow(self, limits: Limits) -> bool:
        """Whether it sends and receives at the lowest rates alone."""
        return self.rate_bit_s is not None and self.rate_bit_s <= limits.wifi_low_rate_bit_s

    def crowded(self, limits: Limits) -> bool:
        """Whether many others share the channel or reach into it."""
        return self.cells is not None and self.cells.same_channel + self.cells.overlapping >= limits.wifi_crowded_cells


def _radio(run: Snapshot, limits: Limits) -> _Radio | None:
    way = way_out(run)
    if way is None or way[0] is not InterfaceKind.WIFI:
        return None
    readings = [
        (step, reading, link)
        for step, reading in run.facts(WifiReading, Subject.COMPUTER)
        for link in reading.links
        if link.interface == way[1] and link.joined is not False
    ]
    if not readings:
        return None
    links = [link for _, _, link in readings]
    change = next(
        (each for each in wifi_changes(readings[0][1], readings[-1][1]) if each.after.interface == way[1]), None
    )
    frames = None if change is None or len(readings) == 1 else change.frames
    counted = frames is not None and (frames.sent or 0) >= limits.wifi_min_frames
    return _Radio(
        steps=tuple(step for step, _, _ in readings),
        rssi_dbm=_mean([link.rssi_dbm for link in links]),
        snr_db=_mean([link.snr_db for link in links]),
        rate_bit_s=max((rate for link in links for rate in _rates(link)), default=None),
        retry_ratio=Ratio(frames.retried / frames.sent)
        if counted and frames is not None and frames.sent and frames.retried is not None
        else None,
        cells=next((link.cells for link in reversed(links) if link.cells is not None), None),
        roamed=change is not None and bool(change.roamed),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _rates(link: WifiLink) -> tuple[BitPerSecond, ...]:
    return tuple(rate for rate in (link.send_rate_bit_s, link.receive_rate_bit_s) if rate is not None)


def _values(radio: _Radio, **more: FindingValue) -> dict[str, FindingValue]:
    return {"rssi_dbm": radio.rssi_dbm, "rate_bit_s": radio.rate_bit_s, **more}


def _no_radio(run: Snapshot) -> RuleAnswer:
    """Clear where the traffic takes another way than Wi-Fi."""
    way = way_out(run)
    return Clear() if way is not None and way[0] is not InterfaceKind.WIFI else _NO_RADIO


def _trouble(run: Snapshot, limits: Limits) -> tuple[tuple[str, ...], bool]:
    """(outcome ids of loss or delay on the first stretch, whether the router itself was measured).

    Where the router answers no pings, what everything beyond it loses may be lost here.
    """
    near = first_stretch_trouble(run, limits)
    if near or round_trips(run, limits, Subject.GATEWAY):
        return near, True
    lossy = [whole for each in FAMILY_SETS if (whole := shared_loss(run, limits, *each)) is not None]
    return tuple(dict.fromkeys(step for whole in lossy for step in whole.steps)), False


def wifi_weak(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A weak signal, and loss, delay or a low rate on the first stretch. A weak signal that carries well is none."""
    radio = _radio(run, limits)
    if radio is None:
        return _no_radio(run)
    if radio.rssi_dbm is None:
        return _NO_RADIO
    if radio.rssi_dbm >= limits.wifi_weak_dbm:
        return Clear()
    trouble, at_router = _trouble(run, limits)
    if not trouble and not radio.slow(limits):
        return Clear()
    return (
        finding(
            "lan.wifi_weak",
            confidence=STRONG if trouble and at_router else FAIR,
            evidence=(*radio.steps, *trouble),
            values=_values(radio),
        ),
    )


def wifi_sticky(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A cell that is hardly heard is held on to, while a better one of the same network is there.

    Where nothing suffers and nobody complains, it is only told.
    """
    radio = _radio(run, limits)
    if radio is None:
        return _no_radio(run)
    if radio.rssi_dbm is None:
        return _NO_RADIO
    if radio.rssi_dbm > limits.wifi_roam_dbm or radio.roamed:
        return Clear()
    cells = radio.cells
    if cells is None or cells.own_network_best_dbm is None:
        return _NO_RADIO if cells is None or cells.own_network is None else Clear()
    if cells.newest_age_s is not None and cells.newest_age_s > limits.wifi_cells_age_s:
        return _NO_RADIO
    if cells.own_network_best_dbm - radio.rssi_dbm < limits.wifi_better_db:
        return Clear()
    trouble, _ = _trouble(run, limits)
    complaint = run.record.request.symptom is not Symptom.CHECK_UP
    return (
        finding(
            "lan.wifi_sticky",
            confidence=STRONG if trouble else LIKELY,
            evidence=(*radio.steps, *trouble),
            values=_values(radio, best_dbm=cells.own_network_best_dbm),
            severity=None if trouble or radio.slow(limits) or complaint else Severity.CONTEXT,
        ),
    )


def wifi_interference(run: Snapshot, limits: Limits) -> RuleAnswer:
    """A good signal, a bad first stretch, and signs that the air is busy: repeats, noise, or a crowded channel.

    Many cells around are everyday life in a town: without repeats or noise they are a weak sign, and where hardly
    anything is repeated the air is not the reason.
    """
    radio = _radio(run, limits)
    if radio is None:
        return _no_radio(run)
    if radio.rssi_dbm is None:
        return _NO_RADIO
    if radio.rssi_dbm < limits.wifi_weak_dbm:
        return Clear()
    repeats = radio.retry_ratio is not None and radio.retry_ratio >= limits.wifi_retry_ratio
    noisy = radio.snr_db is not None and radio.snr_db < limits.wifi_snr_db
    crowded = radio.crowded(limits)
    trouble, at_router = _trouble(run, limits)
    if not trouble and not (radio.slow(limits) and (repeats or noisy)):
        return Clear()
    if not (repeats or noisy) and (not crowded or radio.retry_ratio is not None):
        return Clear()
    certain = bool(trouble) and at_router and repeats + noisy + crowded > 1
    return (
        finding(
            "lan.wifi_interference",
            confidence=STRONG if certain else LIKELY if trouble and (repeats or noisy) else POSSIBLE,
            evidence=(*radio.steps, *trouble),
            values=_values(
                radio,
                retry_ratio=radio.retry_ratio,
                snr_db=radio.snr_db,
                cells=None if radio.cells is None else radio.cells.same_channel + radio.cells.overlapping,
            ),
        ),
    )


def wifi_spikes(run: Snapshot, limits: Limits) -> RuleAnswer:
    """Round trips to the router over a good Wi-Fi that are long in a rhythm, and good in between.

    A radio does that which leaves its channel again and again, to look for other cells or to save power. Spikes without
    a rhythm are everyday Wi-Fi, or interference.
    """
    radio = _radio(run, limits)
    if radio is None:
        return _no_radio(run)
    if radio.rssi_dbm is None:
        return _NO_RADIO
    if radio.rssi_dbm < limits.wifi_weak_dbm:
        return Clear()
    by_target: dict[str, list[tuple[str, tuple[EchoSample, ...]]]] = {}
    for step, echo in run.facts(EchoStats, Subject.GATEWAY):
        if echo.received:
            by_target.setdefault(echo.target, []).append((step, echo.samples))
    if not by_target:
        return _NO_GATEWAY
    for rounds in by_target.values():
        found = rhythm([samples for _, samples in rounds], limits)
        if found is not None:
            return (
                finding(
                    "lan.wifi_spikes",
                    confidence=STRONG if found.spikes > 2 * limits.spike_min_gaps else LIKELY,
                    evidence=(*radio.steps, *(step for step, _ in rounds)),
                    values=_values(
                        radio, period_ms=found.period_s * 1000, spike_ms=found.spike_ms, rtt_p50_ms=found.rtt_p50_ms
                    ),
                ),
            )
    return Clear()


# --- cable ---


def cable_degraded(run: Snapshot, limits: Limits) -> RuleAnswer:
    """The cable that carries the traffic runs below what both its ends can do, half duplex, or damages frames.

    A port of 100 Mbit/s at either end is none: its link is as fast as it can be.
    """
    way = way_out(run)
    if way is not None and way[0] is not InterfaceKind.ETHERNET:
        return Clear()
    readings = [
        (step, reading)
        for step, reading in run.facts(LinkReading, Subject.COMPUTER)
        if way is not None
        and any(link.name == way[1] and link.kind is InterfaceKind.ETHERNET for link in reading.links)
    ]
    if way is None or not readings:
        return _NO_LINK
    steps = tuple(step for step, _ in readings)
    change = next(each for each in link_changes(readings[0][1], readings[-1][1]).links if each.after.name == way[1])
    link = change.after
    possible = _possible(link)
    below = link.speed_bit_s is not None and possible is not None and link.speed_bit_s < possible
    half = link.duplex is Duplex.HALF and link.speed_bit_s is not None
    damaged = _damaged(change, limits) if len(readings) > 1 else 0
    trouble = first_stretch_trouble(run, limits)
    flaps = (change.carrier_losses or 0) if len(readings) > 1 else 0
    broken_off = flaps >= _FLAPS or bool(flaps and trouble)
    ceiling = () if below else _ceiling(run, link, limits)
    found = [
        name
        for name, there in (
            ("half", half),
            ("slow", below or bool(ceiling)),
            ("errors", bool(damaged)),
            ("breaks", broken_off),
        )
        if there
    ]
    if not found:
        return Clear()
    sure = below or half or bool(damaged and change.counted.crc_errors)
    idle = below and len(found) == 1 and not trouble and (link.speed_bit_s or 0.0) >= limits.cable_fast_bit_s
    return (
        finding(
            "lan.cable_degraded",
            confidence=PROVED if sure and (len(found) > 1 or trouble) else STRONG if sure else FAIR,
            evidence=(*steps, *trouble, *ceiling),
            values={
                "cable": found[0],
                "speed_bit_s": link.speed_bit_s,
                "possible_bit_s": possible or link.port_max_bit_s,
                "duplex": None if link.duplex is None else link.duplex.value,
                "errors": damaged,
                "interruptions": flaps,
            },
            severity=Severity.CONTEXT if idle else None,
        ),
    )


def _possible(link: LinkState) -> float | None:
    """What both ends can do; None where one of them does not tell."""
    if link.port_max_bit_s is None or link.partner_max_bit_s is None:
        return None
    return min(link.port_max_bit_s, link.partner_max_bit_s)


def _damaged(change: LinkChange, limits: Limits) -> int:
    """Frames that came or went damaged meanwhile; 0 for so few that they are chance.

    Frames that were thrown away whole are not among them: who does not speak their protocol does that.
    """
    counted = change.counted
    errors = max(counted.crc_errors or 0, counted.receive_errors or 0) + (counted.send_errors or 0)
    frames = (counted.received_packets or 0) + (counted.sent_packets or 0) + errors
    return errors if errors >= limits.cable_min_errors and errors >= frames * limits.cable_error_ratio else 0


def _ceiling(run: Snapshot, link: LinkState, limits: Limits) -> tuple[str, ...]:
    """Outcome ids of a load test that ends where 100 Mbit/s do, though more is expected and the own port can do more.

    Where the other end does not tell what it can do, only this shows that the link holds the line up.
    """
    low, high = limits.fast_ethernet_bit_s
    fits = link.speed_bit_s is not None and low <= link.speed_bit_s * _PAYLOAD <= high
    if not fits or link.partner_max_bit_s is not None or (link.port_max_bit_s or 0.0) < limits.cable_fast_bit_s:
        return ()
    return tuple(
        step
        for step, test in run.facts(LoadTest, Subject.LOAD_SERVER)
        for direction, expected in ((test.down, test.expected_down_bit_s), (test.up, test.expected_up_bit_s))
        if direction is not None
        and direction.goodput_bit_s is not None
        and low <= direction.goodput_bit_s <= high
        and expected is not None
        and expected > high
    )


_PAYLOAD = 1448 / 1538
"""Of what a link carries: TCP with time stamps in frames of 1500 bytes (RFC 7323, IEEE 802.3)."""
