"""What a diagnosis leaves open: said where nothing told look-alikes apart, and not said where something did."""

import json
from dataclasses import replace

import pytest
from access_records import line
from diagnosis_records import (
    ANCHORS,
    GATEWAY4,
    GATEWAY6,
    T,
    address,
    answers,
    echo,
    failure,
    healthy,
    interface,
    network,
    on_link,
    portal,
    record,
    silent_echo,
    system_lookups,
    trace,
    without_internet,
)

from nexkit.diagnosis import left_open as left_open_module
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.limits import DEFAULT_LIMITS
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Gap, Segment, Verdict, VerdictState
from nexkit.facts.network import NeighbourState
from nexkit.outcome import Failed, FailureKind, SkipReason
from nexkit.texts import Texts
from report.codec import decode_diagnosis, dumps, encode_diagnosis, loads
from report.html import report_html
from report.summary import summary_text
from ui.cli.output import verdict_text


def diagnosis(facts):
    return diagnose(record(facts))


def left_open(facts):
    """By what could not be told apart: what would have told, with its steps and why it did not."""
    return {
        each.between: {unheard.means: (unheard.steps, unheard.reason) for unheard in each.because}
        for each in diagnosis(facts).left_open
    }


def mute_router(neighbour):
    """Nothing in the internet answers, and the router no ping and no port; `neighbour` is what the link says."""
    return {
        **without_internet(healthy()),
        "lan.gateway4": on_link(neighbour=neighbour, tcp=FailureKind.TIMEOUT),
        "lan.gateway6": on_link(GATEWAY6, neighbour=neighbour, tcp=FailureKind.TIMEOUT),
        "ping.gateway4": silent_echo(GATEWAY4),
        "ping.gateway6": silent_echo(GATEWAY6),
        "dns.resolver1": answers("198.18.53.1", kind=T),
        "route.anchor4": trace(ANCHORS[0], None, None, reached=False),
        "route.anchor6": trace(ANCHORS[2], None, None, reached=False),
    }


def test_names_that_programs_find_tell_that_the_name_service_works():
    unknown = Verdict(state=VerdictState.INCONCLUSIVE, segment=Segment.DNS, cause=None, confidence=None)

    def opened(facts):
        run = Snapshot(record(facts))
        return left_open_module.left_open(run, DEFAULT_LIMITS, verdict=unknown, findings=(), rungs=(), answers={})

    assert [item.between for item in opened({})] == [("dns",)]
    assert opened({"lookup.system": system_lookups()}) == ()


def test_a_healthy_network_leaves_nothing_open():
    assert left_open(healthy()) == {}


def test_the_line_and_the_router_cannot_be_told_apart_where_the_router_is_mute_and_arp_not_permitted():
    told = left_open(mute_router(None))
    assert told["access", "gateway"] == {
        "gateway_neighbour": (("lan.gateway4", "lan.gateway6"), FailureKind.PERMISSION),
        "gateway_echo": (("ping.gateway4", "ping.gateway6"), Gap.SILENT),
        "gateway_ports": (("lan.gateway4", "lan.gateway6"), Gap.SILENT),
    }
    text = verdict_text(diagnosis(mute_router(None)), record(mute_router(None)), Texts("en"))
    assert "Could not be told apart: Access line / Router" in text
    assert "The router's answer to ping: No answer came." in text
    assert "did not permit" in text


@pytest.mark.parametrize("neighbour", [NeighbourState.REACHABLE, NeighbourState.FAILED])
def test_a_word_of_the_link_tells_them_apart(neighbour):
    assert ("access", "gateway") not in left_open(mute_router(neighbour))


def test_a_line_that_is_down_is_told_from_its_session_by_the_carriers_own_network_alone():
    down = {**without_internet(healthy()), "access.line": line()}
    assert left_open(down)["access.line_down", "access.pppoe_down"] == {
        "carrier": (("access.line",), SkipReason.NO_TARGET)
    }
    asked = {**down, "ping.carrier1": silent_echo("198.18.99.1")}
    assert ("access.line_down", "access.pppoe_down") not in left_open(asked)


def test_loss_on_the_line_is_told_from_loss_behind_it_where_the_provider_answers():
    lossy = {
        **healthy(),
        **{f"ping.anchor{number}": echo(anchor, sent=100, lost=20) for number, anchor in enumerate(ANCHORS, start=1)},
        "ping.gateway4": echo(GATEWAY4, sent=100),
        "ping.gateway6": echo(GATEWAY6, sent=100),
    }
    silent = {
        **lossy,
        "ping.provider4": silent_echo("198.18.1.1"),
        "ping.provider6": Failed(failure(FailureKind.TIMEOUT, "resolve")),
    }
    assert diagnosis(silent).verdict.cause == "access.loss"
    assert left_open(silent)["access.loss", "internet.path_loss"] == {
        "provider_echo": (("ping.provider4",), Gap.SILENT)
    }
    heard = {step: fact for step, fact in lossy.items() if step != "ping.provider6"}
    heard["ping.provider4"] = replace(lossy["ping.anchor1"], target="198.18.1.1")
    assert diagnosis(heard).verdict.cause == "access.loss"
    assert left_open(heard) == {}


def test_a_manual_address_is_told_from_a_dead_router_by_an_offer_of_the_network():
    own = (address("192.168.10.50", 24),)
    state = network(interface("eth0", *own), routes=(replace(network().default_routes[0], gateway_on_link=False),))
    facts = {
        **without_internet(healthy()),
        "interfaces": state,
        "lan.gateway4": on_link(neighbour=NeighbourState.FAILED, tcp=FailureKind.TIMEOUT),
        "ping.gateway4": silent_echo(GATEWAY4),
        "route.anchor4": trace(ANCHORS[0], None, reached=False),
        "dns.resolver1": answers(GATEWAY4, kind=T),
    }
    for gone in ("lan.gateway6", "ping.gateway6", "route.anchor6"):
        del facts[gone]
    assert diagnosis(facts).verdict.cause == "device.wrong_ip_settings"
    assert left_open(facts) == {
        ("device.wrong_ip_settings", "gateway.unreachable"): {"dhcp_offer": ((), Gap.DEEPER)},
    }


def test_what_is_left_open_survives_the_document():
    made = diagnosis(mute_router(None))
    assert made.left_open
    assert decode_diagnosis(loads(dumps(encode_diagnosis(made)))) == made


def test_a_document_of_before_leaves_nothing_open():
    document = encode_diagnosis(diagnosis(mute_router(None)))
    del document["left_open"]
    assert decode_diagnosis(json.loads(json.dumps(document))).left_open == ()


def test_what_speaks_against_a_finding_is_shown_with_its_figures():
    page = portal((False, False))
    run = record({**healthy(), "portal.1": page, "portal.2": page})
    made = diagnose(run)
    assert made.findings[0].against
    texts = Texts("en")
    terminal = verdict_text(made, run, texts)
    ticket = summary_text(run, made, None, texts, report_id="x")
    sheet = report_html(run, made, None, texts, report_id="x")
    for shown in (terminal, ticket, sheet):
        assert "Against it" in shown
        assert "www.example.com port 443: 2 of 2 addresses answered" in shown
        assert "measurements speak against it" in shown
