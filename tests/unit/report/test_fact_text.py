"""One line for every fact: what an engineer looks at first."""

from dataclasses import replace

import pytest
from any_fact import knowing_all, knowing_nothing, values
from hypothesis import HealthCheck, given, settings
from sample_report import echo, load_test, network_state, path_trace, reach, resolver_answers, step

from nexkit.facts import BUILTIN_FACTS
from nexkit.facts.host import Agent, AgentKind, HostState
from nexkit.facts.link import LinkReading, LinkState, RouteChoice
from nexkit.facts.mtu import MtuState, PathMtu
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.facts.path import PathMethod
from nexkit.facts.time import ClockCheck
from nexkit.facts.wifi import WifiBand, WifiLink, WifiReading
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.facts import fact_text, host_port, outcome_text
from report.plain import UnknownFact

each_fact = pytest.mark.parametrize("fact_type", BUILTIN_FACTS, ids=lambda fact: fact.__name__)


@each_fact
@pytest.mark.parametrize("make", [knowing_nothing, knowing_all])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_fact_has_a_line_of_words(fact_type, make, language):
    line = fact_text(make(fact_type), Texts(language))
    assert line
    assert line != fact_type.__name__, "nexkit/texts/facts.py has no words for it"
    assert "\n" not in line
    assert "None" not in line


@each_fact
def test_any_values_have_a_line(fact_type, texts):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(fact_type))
    def check(fact):
        assert fact_text(fact, texts)

    check()


def test_a_fact_of_another_author_is_called_by_its_kind(texts):
    assert fact_text(step("x", "x", Subject.ANCHOR, None), texts) == "StepResult"
    assert fact_text(UnknownFact(kind="WifiScan", data={}), texts) == "WifiScan"


def link(**changes):
    plain = replace(knowing_nothing(LinkState), name="eth0", kind=InterfaceKind.ETHERNET, admin_up=True, carrier=True)
    return replace(plain, **changes)


def way(interface):
    return replace(knowing_nothing(RouteChoice), target="198.18.0.10", interface=interface)


def wifi(**changes):
    return WifiLink(interface="wlan0", radio_on=True, joined=True, names_permitted=True, **changes)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (
            network_state(),
            "Interfaces: 2; router: 192.168.1.1; name servers: 192.168.1.1, 8.8.8.8; enx3c22fb9a0b7d: not connected",
        ),
        (echo("198.18.0.10", 4, 0.0, (0, 1, 2, 3)), "198.18.0.10: no answer to 4 packets"),
        (resolver_answers(), "192.168.1.1: 4 of 5 questions answered; slowest 11.4 ms"),
        (path_trace(), "198.18.0.10: reached after 5 hops"),
        (
            replace(path_trace(), hops=path_trace().hops[:1], reached=False),
            "198.18.0.10: last answer 1 hop away",
        ),
        (
            reach(),
            "mail.example.com port 443: 1 of 2 addresses answered; timeout; certificate: unknown_issuer",
        ),
        (
            replace(load_test(), up=None, idle=None),
            "download 84.3 Mbit/s, upload –; round trip – without load, 40.4 ms and – under it",
        ),
        (
            LinkReading(
                links=(
                    link(speed_bit_s=1e8, duplex=Duplex.HALF),
                    link(kind=InterfaceKind.BRIDGE),
                    link(carrier=False),
                ),
                routes=(way("tun0"), way("eth0"), way("tun0"), way(None)),
            ),
            "eth0: 100 Mbit/s half, damaged frames –; eth0: not connected; ways out: tun0 (2), eth0 (1), – (1)",
        ),
        (
            WifiReading(links=(wifi(rssi_dbm=-71, channel=6, band=WifiBand.GHZ_2_4, send_rate_bit_s=54e6),)),
            "wlan0: -71 dBm, channel 6 (2.4 GHz), sends at 54.0 Mbit/s",
        ),
        (WifiReading(links=()), "–"),
        (
            replace(
                knowing_nothing(HostState),
                cpu_busy_ratio=0.12,
                on_battery=True,
                battery_ratio=0.4,
                agents=(Agent(product="wireguard", kind=AgentKind.VPN),),
            ),
            "processors 12 % busy; memory free: – of –; known programs: wireguard; on battery: 40 %",
        ),
        (
            replace(knowing_nothing(PathMtu), target="198.18.0.10", state=MtuState.BLACK_HOLE, own_mtu_bytes=1500),
            "198.18.0.10: black_hole; largest packet –, of 1500 B that this computer sends",
        ),
        (
            replace(knowing_nothing(ClockCheck), offset_s=-94.0, uncertainty_s=0.02, agreeing=2),
            "other clocks minus this one: -94 s (± 0.020 s); 2 of 0 say so",
        ),
    ],
)
def test_the_figures_that_count_come_first(fact, words, texts):
    assert fact_text(fact, texts) == words


def test_loss_that_goes_on_is_told_and_other_loss_is_not(texts):
    trace = replace(path_trace(), method=PathMethod.ICMP)
    silent_now_and_then = replace(trace, hops=(replace(trace.hops[0], received=1), *trace.hops[1:]))
    assert "loses" not in fact_text(silent_now_and_then, texts)
    lossy = [replace(hop, sent=10, received=8) for hop in trace.hops[3:]]
    assert "loses 20 % from hop 4 on" in fact_text(replace(trace, hops=(*trace.hops[:3], *lossy)), texts)


def test_an_outcome_without_a_fact_says_why(texts):
    failed = Failed(Failure(kind=FailureKind.PERMISSION, step="open"))
    assert "did not permit" in outcome_text(step("x", "ping", Subject.ANCHOR, failed), texts)
    skipped = Skipped(SkipReason.NO_CONSENT)
    assert "did not agree" in outcome_text(step("x", "ping", Subject.ANCHOR, skipped), texts)
    measured = Completed(echo("198.18.0.10", 4))
    assert "198.18.0.10" in outcome_text(step("x", "ping", Subject.ANCHOR, measured), texts)


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [("a.example", 53, "a.example:53"), ("2001:db8::1", 53, "[2001:db8::1]:53"), ("a.example", None, "a.example")],
)
def test_an_ipv6_address_with_a_port_stands_in_brackets(host, port, words):
    assert host_port(host, port) == words
