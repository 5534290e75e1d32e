"""The tables of the page: every kind of fact has one, and what changed or stands out is in it."""

from dataclasses import replace

import pytest
from any_fact import knowing_all, knowing_nothing, values
from hypothesis import HealthCheck, given, settings
from sample_report import echo, home_record, load_test, path_trace, step

from nexkit.facts import BUILTIN_FACTS
from nexkit.facts.host import Agent, AgentKind, HostState
from nexkit.facts.link import LinkCounters, LinkReading, LinkState, RouteChoice
from nexkit.facts.mtu import MtuState, PathMtu, SizeSample
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.facts.path import MplsLabel, PathMethod
from nexkit.facts.wifi import WifiLink, WifiReading
from nexkit.outcome import Completed
from nexkit.subject import Subject
from nexkit.texts import Texts
from report.html import report_html
from report.tables import chapters

HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\"'&\u202egnp.exe\x00\x1b[31m"
each_fact = pytest.mark.parametrize("fact_type", BUILTIN_FACTS, ids=lambda fact: fact.__name__)


def record_of(*facts):
    return home_record(
        results=tuple(
            step(f"x.{number}", "x", Subject.COMPUTER, Completed(fact), float(number))
            for number, fact in enumerate(facts)
        )
    )


def tables_of(*facts, language="en"):
    """Tables by title."""
    found = {}
    for chapter in chapters(record_of(*facts), Texts(language)):
        for table in chapter.tables:
            found.setdefault(table.title, table)
    return found


def cells(table):
    """Rows as tables of name and value by their first cell."""
    return {row[0]: row[1:] for row in table.rows}


@each_fact
def test_every_fact_has_a_table(fact_type):
    tables = tables_of(knowing_all(fact_type))
    assert tables, "report/tables/ has none for it"
    for table in tables.values():
        assert all(len(row) == len(table.columns) for row in table.rows), table.title
        assert not [cell for row in table.rows for cell in row if cell == "" or "None" in cell], table.title
        assert all(any(cell != "–" for cell in row[1:]) for row in table.rows), table.title


@each_fact
def test_a_fact_that_knows_nothing_is_a_page(fact_type, diagnosis, profile, texts):
    facts = knowing_nothing(fact_type), knowing_all(fact_type), knowing_nothing(fact_type)
    assert report_html(record_of(*facts), diagnosis, profile.profile, texts, report_id="x")


@each_fact
def test_any_values_are_a_page(fact_type, diagnosis, profile, texts):
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(fact_type), values(fact_type))
    def check(first, second):
        assert report_html(record_of(first, second), diagnosis, profile.profile, texts, report_id="x")

    check()


@each_fact
def test_hostile_text_anywhere_in_a_fact_is_harmless(fact_type, diagnosis, profile, texts):
    page = report_html(record_of(knowing_all(fact_type, HOSTILE)), diagnosis, profile.profile, texts, report_id="x")
    assert "<script" not in page
    assert "<img" not in page
    assert not {"\u202e", "\x00", "\x1b"} & set(page)


def link(name="eth0", **changes):
    plain = replace(knowing_nothing(LinkState), name=name, kind=InterfaceKind.ETHERNET, admin_up=True, carrier=True)
    return replace(plain, **changes)


def test_links_show_what_was_counted_in_between_and_what_changed():
    before = LinkReading(
        links=(
            link(speed_bit_s=1e9, duplex=Duplex.FULL, counters=LinkCounters(receive_errors=7, carrier_changes=2)),
            link("tun0"),
        ),
        routes=(way("198.18.0.10", "eth0"),),
    )
    after = LinkReading(
        links=(
            link(speed_bit_s=1e8, duplex=Duplex.HALF, counters=LinkCounters(receive_errors=19, carrier_changes=4)),
            link("wg0"),
        ),
        routes=(way("198.18.0.10", "wg0"),),
    )
    tables = tables_of(before, after)
    eth0 = cells(tables["Links"])["eth0"]
    assert "errors 19 / –" in eth0[-2]
    assert "errors 12 / –" in eth0[-1]
    assert tables["What changed during the run"].rows == [
        ("eth0", "1.0 Gbit/s full → 100 Mbit/s half"),
        ("eth0", "connection lost: 1"),
        ("wg0", "appeared"),
        ("tun0", "is gone"),
        ("198.18.0.10", "– · eth0 → – · wg0"),
    ]


def way(target, interface):
    return RouteChoice(target=target, interface=interface, source=None, gateway=None, failure=None)


def test_links_that_stayed_as_they_were_make_no_table_of_changes():
    reading = LinkReading(links=(link(),), routes=())
    assert "What changed during the run" not in tables_of(reading, reading)
    assert "What changed during the run" not in tables_of(reading)


def test_wifi_shows_the_beginning_and_the_end_side_by_side():
    def reading(bssid, rssi_dbm):
        station = WifiLink(
            interface="wlan0",
            radio_on=True,
            joined=True,
            names_permitted=True,
            ssid="x",
            bssid=bssid,
            rssi_dbm=rssi_dbm,
        )
        return WifiReading(links=(station,))

    tables = tables_of(reading("a", -60), reading("b", -75))
    assert cells(tables["Wi-Fi"])["signal"] == ("-60 dBm", "-75 dBm")
    assert tables["Wi-Fi during the run"].rows == [("wlan0", "yes", "no", "-15 dB")]
    assert cells(tables_of(reading("a", -60))["Wi-Fi"])["signal"] == ("-60 dBm",)


def test_the_computer_shows_what_a_run_cost_it():
    start = replace(knowing_nothing(HostState), uptime_s=100.0, cpu_busy_s=10.0, cpu_idle_s=90.0, agents=())
    vpn = Agent(product="wireguard", kind=AgentKind.VPN)
    end = replace(start, uptime_s=110.0, cpu_busy_s=19.0, cpu_idle_s=91.0, agents=(vpn,))
    during = cells(tables_of(start, end)["The computer during the run"])
    assert during["processors busy"] == ("90 %",)
    assert during["programs appeared"] == ("wireguard (vpn)",)


def test_a_path_shows_where_its_loss_begins():
    trace = replace(path_trace(), method=PathMethod.ICMP)
    hops = (
        replace(trace.hops[0], received=1),
        *trace.hops[1:3],
        *(replace(hop, sent=10, received=9) for hop in trace.hops[3:]),
    )
    table = tables_of(replace(trace, hops=hops, flow_stable=False))["Routers on the way"]
    assert [row[2] for row in table.rows] == [
        "first router",
        "carrier's address translation (100.64.0.0/10)",
        "–",
        "provider",
        "destination",
    ]
    lost = "10 %, goes on to the destination"
    assert [row[4] for row in table.rows] == ["harmless: a later hop loses nothing", "0 %", "–", lost, lost]
    assert "several ways" in table.note


def test_a_column_of_which_nothing_is_known_is_left_out():
    trace = path_trace()
    assert "label" not in tables_of(trace)["Routers on the way"].columns
    (responder,) = trace.hops[1].responders
    labelled = replace(responder, mpls=(MplsLabel(label=16004, traffic_class=0, bottom=True, ttl=1),))
    hops = (trace.hops[0], replace(trace.hops[1], responders=(labelled,)), *trace.hops[2:])
    table = tables_of(replace(trace, hops=hops))["Routers on the way"]
    assert table.columns[-1] == "label"
    assert [row[-1] for row in table.rows] == ["–", "MPLS 16004", "–", "–", "–"]


def test_sizes_tell_silence_from_a_refusal():
    def sample(size, *, arrived=False, too_big=False):
        return SizeSample(size_bytes=size, sent=2, arrived=arrived, too_big=too_big)

    fact = replace(
        knowing_nothing(PathMtu),
        state=MtuState.BLACK_HOLE,
        samples=(sample(1280, arrived=True), sample(1400), sample(1500, too_big=True)),
    )
    (row,) = tables_of(fact)["Largest packets that get through"].rows
    assert "1280 ok\n1400 silent (2×)\n1500 too big (2×)" in row


def test_a_load_test_shows_which_queue_fills():
    load = load_test()
    full = replace(
        load,
        gateway_target="192.168.1.1",
        idle_gateway=echo("192.168.1.1", 10, 1.0),
        up=replace(load.up, working_gateway=echo("192.168.1.1", 10, 1.0), congestion_control="bbr"),
    )
    tables = tables_of(full)
    queues = cells(tables["Which queue fills: round trips without and under load"])
    assert list(queues) == ["Router\n192.168.1.1", "Internet\n198.18.0.10"]
    assert cells(tables["Load test"])["sender keeps queues short"] == ("–", "yes")
