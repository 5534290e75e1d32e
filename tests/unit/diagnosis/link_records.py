"""Readings of links, of Wi-Fi, of the computer and of clocks, made by hand."""

from dataclasses import replace

from diagnosis_records import (
    ANCHORS,
    DUAL_STACK,
    GATEWAY4,
    GATEWAY6,
    ROUTE4,
    ROUTE6,
    STARTED,
    echo,
    healthy,
    interface,
    network,
)

from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkCounters, LinkReading, LinkState
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.facts.time import Agreement, ClockCheck, TimeMethod, TimeSource, consensus
from nexkit.facts.wifi import WifiBand, WifiCells, WifiFrames, WifiLink, WifiReading

# --- Wi-Fi ---


def cells(heard=3, same_channel=1, overlapping=0, best_dbm=None, age_s=5.0, own=1):
    return WifiCells(
        heard=heard,
        same_channel=same_channel,
        overlapping=overlapping,
        own_network=own,
        own_network_same_channel=0,
        own_network_stronger=None if best_dbm is None else 1,
        own_network_best_dbm=best_dbm,
        newest_age_s=age_s,
    )


def wifi(rssi_dbm=-55, *, interface_name="wlan0", joined=True, noise_dbm=None, rate_bit_s=300e6, **more):
    """One reading of one radio."""
    return WifiReading(
        links=(
            WifiLink(
                interface=interface_name,
                radio_on=True,
                joined=joined,
                names_permitted=True,
                ssid="Home",
                bssid="00:00:5e:00:53:aa",
                rssi_dbm=rssi_dbm,
                noise_dbm=noise_dbm,
                band=WifiBand.GHZ_5,
                channel=36,
                send_rate_bit_s=rate_bit_s,
                receive_rate_bit_s=rate_bit_s,
                joined_for_s=100.0,
                **more,
            ),
        )
    )


def frames(sent, retried, failed=0):
    return WifiFrames(sent=sent, retried=retried, failed=failed, beacons_missed=0)


def over_wifi(start=None, end=None, **facts):
    """The healthy run over Wi-Fi, with its readings; `__` stands for the dot of an id."""
    start = start or wifi()
    radio = interface("wlan0", *DUAL_STACK, kind=InterfaceKind.WIFI, speed_bit_s=None)
    routes = (replace(ROUTE4, interface="wlan0"), replace(ROUTE6, interface="wlan0"))
    return {
        **healthy(),
        "interfaces": network(radio, routes=routes),
        "wifi.start": start,
        "wifi.end": end or start,
        **{step_id.replace("__", "."): fact for step_id, fact in facts.items()},
    }


def lossy(facts, lost=24, sent=120):
    """Loss on the first stretch, and so to everything beyond."""
    bad = {"ping.gateway4": GATEWAY4, "ping.gateway6": GATEWAY6}
    bad |= {f"ping.anchor{number}": anchor for number, anchor in enumerate(ANCHORS, start=1)}
    return {**facts, **{step_id: echo(target, sent, lost) for step_id, target in bad.items()}}


def unsteady(facts, sent=120):
    """Delay that swings by 90 ms on the first stretch, and so to everything beyond."""
    bad = {"ping.gateway4": GATEWAY4, "ping.gateway6": GATEWAY6}
    bad |= {f"ping.anchor{number}": anchor for number, anchor in enumerate(ANCHORS, start=1)}
    return {**facts, **{step_id: echo(target, sent, rtt_ms=12, vary_ms=90) for step_id, target in bad.items()}}


def pauses(moments_s, *, pause_s=0.12, rtt_ms=2.0, sent=120, pace_s=0.05, target=GATEWAY4, deep_ms=60.0):
    """Round trips to the router that wait whenever the way pauses."""
    samples = []
    for number in range(sent):
        at_s = number * pace_s
        waits = [begin + pause_s - at_s for begin in moments_s if begin <= at_s < begin + pause_s]
        samples.append(EchoSample(at_s=at_s, rtt_ms=rtt_ms + (deep_ms + waits[0] * 1000 if waits else number % 3)))
    return echo_stats(target, EchoMethod.ICMP, samples)


# --- cable ---

GIGABIT = 1e9
FAST = 1e8


def cable(
    speed_bit_s=GIGABIT,
    *,
    name="eth0",
    kind=InterfaceKind.ETHERNET,
    duplex=Duplex.FULL,
    port=GIGABIT,
    partner=GIGABIT,
    auto=True,
    **counted,
):
    """One reading of one link."""
    counters = {"received_packets": 0, "sent_packets": 0, "receive_errors": 0, "crc_errors": 0, "carrier_changes": 2}
    link = LinkState(
        name=name,
        kind=kind,
        admin_up=True,
        carrier=True,
        speed_bit_s=speed_bit_s,
        duplex=duplex,
        auto_negotiation=auto,
        port_max_bit_s=port,
        partner_max_bit_s=partner,
        counters=LinkCounters(**(counters | counted)),
    )
    return LinkReading(links=(link,), routes=())


def over_cable(start=None, end=None, **facts):
    """The healthy run over a cable, with its readings."""
    start = start or cable()
    return {
        **healthy(),
        "link.start": start,
        "link.end": end or start,
        **{step_id.replace("__", "."): fact for step_id, fact in facts.items()},
    }


# --- the computer ---


def host(busy_s=100.0, idle_s=900.0, *, own_ms=0.4, free=0.5, swapped=0, uptime_s=1000.0, busy_ratio=0.1):
    return HostState(
        uptime_s=uptime_s,
        cpu_count=4,
        cpu_busy_s=busy_s,
        cpu_idle_s=idle_s,
        cpu_busy_ratio=busy_ratio,
        load_1min=None,
        memory_total_bytes=8_000_000_000,
        memory_available_bytes=round(8_000_000_000 * free),
        swap_total_bytes=8_000_000_000,
        swap_used_bytes=swapped,
        swapped_bytes=swapped,
        battery_ratio=None,
        on_battery=None,
        power_mode=None,
        slept_s=0.0,
        woke_ago_s=None,
        connectivity=None,
        connectivity_by=None,
        agents=(),
        own_answer_p50_ms=own_ms,
    )


def time_source(offset_s, server="ntp.example.com", method=TimeMethod.NTP, uncertainty_s=None):
    exact = method is TimeMethod.NTP
    return TimeSource(
        method=method,
        server=server,
        address=None,
        offset_s=offset_s,
        uncertainty_s=(0.02 if exact else 1.0) if uncertainty_s is None else uncertainty_s,
        rtt_ms=10.0,
        stratum=2 if exact else None,
        leap=None,
        kiss=None,
        attempts=1,
        failure=None,
    )


def clock(*sources):
    """What the sources say together, as the probe puts it."""
    together = consensus(sources)
    assert together.agreement in set(Agreement)
    return ClockCheck(
        checked_at=STARTED,
        sources=sources,
        agreement=together.agreement,
        offset_s=together.offset_s,
        uncertainty_s=together.uncertainty_s,
        agreeing=together.agreeing,
        disagreeing=together.disagreeing,
        zone=None,
        sync=None,
    )


def off_by(offset_s):
    """An NTP server and two web servers that agree."""
    return clock(
        time_source(offset_s),
        time_source(offset_s, "www.example.com", TimeMethod.HTTPS_DATE),
        time_source(offset_s, "www.example.net", TimeMethod.HTTPS_DATE),
    )
