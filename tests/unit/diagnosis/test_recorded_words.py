"""The words for what was measured in the lab: filled in, plain, true of what was injected, and they say what to do."""

import re

import pytest
from test_recorded_runs import RECORDS, name, recorded

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Segment, VerdictState
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.causes import cause_text
from nexkit.texts.evidence import evidence_lines
from nexkit.texts.suitability import graded, suitability_text
from nexkit.texts.verdicts import place_evidence, verdict_advice, verdict_sentence
from ui.gui.present import Mark, place_name, place_word, places

_UNFILLED = re.compile(r"–|\{|\bNone\b")
_EXPLAINED = re.compile(r"[(\uff08][^)\uff09]*[)\uff09]|“[^”]*”|「[^」]*」")
"""What stands in brackets after its plain words, and the names of services."""
_JARGON = re.compile(
    r"DNS|TCP|UDP|ICMP|IPv[46]|DHCP|MTU|ARP|NAT|RTT|TLS|QUIC|HTTP|PPPoE|IPoE|NXDOMAIN|SERVFAIL|REFUSED|NOERROR|\bping|"
    r"[Rr]esolver|[Gg]ateway|[Pp]ackets?\b|\bports?\b|[Dd]uplex|[Jj]itter|[Pp]rotocol|[Ll]atency|[Ss]ocket|"
    r"リゾルバ|ゲートウェイ|パケット|ポート|プロトコル|レイテンシ|ジッタ|半二重"
)
_TINY = re.compile(r"(?<![\d.])0(\.\d+)? ?(ms|ミリ秒)")
ENGLISH = Texts("en")


def _for_people(record, diagnosis, texts):
    """The sentence of the answer and those of all findings; and all other lines of the page for everybody."""
    sentences = [verdict_sentence(diagnosis, texts)]
    lines = [*verdict_advice(diagnosis, texts), *evidence_lines(place_evidence(diagnosis), record, texts)]
    for finding in diagnosis.findings:
        words = cause_text(finding, texts)
        assert 1 <= len(words.advice) <= 3
        assert all((words.title, words.sentence, words.desk, *words.advice))
        assert not _UNFILLED.search(" ".join((words.title, words.sentence, words.desk, *words.advice)))
        sentences.append(words.sentence)
        lines += [*words.advice, *evidence_lines((*finding.evidence, *finding.against), record, texts)]
    return sentences, [*lines, *(suitability_text(use, texts) for use in graded(diagnosis))]


@pytest.mark.parametrize("file", RECORDS, ids=name)
def test_what_everybody_reads_is_filled_in_and_plain_and_the_drawing_points_at_the_same_place(file):
    record = recorded(file)
    diagnosis = diagnose(record)
    for texts in map(Texts, LANGUAGES):
        sentences, lines = _for_people(record, diagnosis, texts)
        for sentence in sentences:
            assert not _JARGON.search(_EXPLAINED.sub("", sentence)), sentence
        assert [line for line in (*sentences, *lines) if _TINY.search(line)] == []
    verdict = diagnosis.verdict
    here = [place for place in places(diagnosis) if place.here]
    assert [place.segment for place in here] == ([verdict.segment] if verdict.state is VerdictState.FAULT else [])
    assert {place.mark for place in here} <= {Mark.WARN, Mark.BROKEN}
    assert diagnosis.root is None or diagnosis.root.segment is verdict.segment


def _scenario(wanted):
    return next(file for file in RECORDS if name(file) == wanted)


@pytest.mark.parametrize(
    ("scenario", "said", "unsaid"),
    [
        # What was injected reaches less far than the cause's name: the sentence must not say more.
        ("gateway_unreachable_ipv4_only", "the newer way (IPv6) works", "This computer is connected"),
        ("device_no_default_route_ipv4", "older way through the internet (IPv4)", "IPv6"),
        ("internet_routing_loop_ipv6", "newer way through the internet (IPv6)", "your data"),
        ("internet_path_loss_ipv6", "newer way through the internet (IPv6)", "IPv4"),
        ("lan_loss_ipv6_only", "newer way through the internet (IPv6)", "IPv4"),
        ("security_udp_quic_dropped", "loading pages", "calls"),
        ("dns_service_denied", "does not exist", "false addresses"),
        ("dns_service_unanswered", "“mail”", "pages"),
        ("dns_aaaa_slow", "late", "gives no answer"),
        ("security_inspection_root_missing_in_part", "Secure pages that", "All "),
        ("internet_peering_loss_most", "6 of 10 tested places", "Most"),
        ("internet_peering_loss", "28 %", " ms"),
        ("internet_peering_latency", "354 ms", "%"),
        ("access_pppoe_congestion", "10 % of the data", "ms"),
        ("access_mtu_black_hole_down", "may stop", "vanish."),
        ("access_port_exhaustion_told", "failed at the first try", "no answer"),
        ("gateway_unreachable_hung", "does not answer", "no sign of life"),
        ("gateway_dns_servfail", "finds none", "15 of 15"),
        ("vpn_down_private_full_tunnel", "nothing comes back through it", "organisation"),
        ("security_web_filter_page", "filter", "200"),
    ],
)
def test_a_sentence_says_no_more_than_what_was_injected(scenario, said, unsaid):
    sentence = verdict_sentence(diagnose(recorded(_scenario(scenario))), ENGLISH)
    assert said in sentence
    assert unsaid not in sentence


@pytest.mark.parametrize(
    ("scenario", "first"),
    [
        ("vpn_down_not_connected", "Connect the VPN."),
        ("vpn_down_tunnel_dead", "Disconnect the VPN, wait 10 seconds, and connect it again."),
        ("service_challenge", "Open it in a web browser, and pass the check that it shows."),
        ("service_rate_limited", "Wait a few minutes before you try again."),
    ],
)
def test_the_first_advice_fits_the_situation(scenario, first):
    assert verdict_advice(diagnose(recorded(_scenario(scenario))), ENGLISH)[0] == first


@pytest.mark.parametrize(
    ("scenario", "told", "untold"),
    [
        (
            "security_proxy_refused_direct_open",
            "Proxy: mail.example.com was not reached through it.",
            "Proxy: answered",
        ),
        ("lan_client_isolation", "Service “printer”: never answered", "Service “printer”: answered"),
        ("vpn_down_tunnel_dead", "VPN: its server refuses.", "ike_nat"),
        ("device_clock_behind", "is 10 minutes behind", "±"),
        ("device_clock_ahead_slightly", "is 75 seconds ahead", "±"),
        ("lan_duplicate_address", "another device uses its address", "were read"),
        ("device_no_link", "no cable has a signal", "were read"),
        ("lan_dhcp_failed_self_assigned", "has made one up", "were read"),
        ("device_wrong_gateway", "the router that is set is 192.168.11.1", "were read"),
    ],
)
def test_the_evidence_tells_what_the_sentence_claims(scenario, told, untold):
    record = recorded(_scenario(scenario))
    _sentences, lines = _for_people(record, diagnose(record), ENGLISH)
    assert any(told in line for line in lines), lines
    assert not any(untold in line for line in lines)


def test_one_family_that_still_works_does_not_speak_against_the_loss_of_the_other():
    root = diagnose(recorded(_scenario("gateway_unreachable_ipv4_only"))).root
    assert root.against == ()
    assert root.confidence > 0.5


def test_a_service_that_a_filter_stands_in_for_is_not_called_working():
    drawn = {place.segment: place for place in places(diagnose(recorded(_scenario("security_web_filter_451"))))}
    assert drawn[Segment.SERVICE].mark is Mark.UNKNOWN


def test_what_fails_for_a_fault_elsewhere_is_not_called_its_cause():
    drawn = {place.segment: place for place in places(diagnose(recorded(_scenario("access_mtu_black_hole"))))}
    assert place_word(drawn[Segment.SERVICE], ENGLISH) == "does not work"
    drawn = {place.segment: place for place in places(diagnose(recorded(_scenario("service_down_refused"))))}
    assert place_word(drawn[Segment.SERVICE], ENGLISH) == "at fault"


def test_a_sign_in_page_is_no_fault_of_the_cable():
    diagnosis = diagnose(recorded(_scenario("lan_captive_portal_page")))
    assert place_name(Segment.LAN, None, ENGLISH, diagnosis.verdict.cause) == "This network"
