"""The network that this computer stands in: another one, false settings, computers kept apart, one address twice."""

from dataclasses import replace

import pytest
from diagnosis_records import (
    ANCHORS,
    DUAL_STACK,
    GATEWAY4,
    OWN4,
    SERVICE_HOST,
    T,
    address,
    answers,
    echo,
    healthy,
    interface,
    network,
    on_link,
    reach,
    record,
    silent_echo,
    system_lookups,
    tcp,
    without_internet,
)
from vpn_records import connected, reading

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.rules.segment import contradicting_offers, contradicting_routers
from nexkit.diagnosis.verdict import Severity, VerdictState
from nexkit.facts.network import NeighbourState
from nexkit.facts.reach import ReachLayer
from nexkit.facts.segment import (
    AdvertisedPrefix,
    ArpAnswers,
    DhcpAnswerKind,
    DhcpOffer,
    RouterAdvertisement,
    RouterPreference,
    SegmentSurvey,
)
from nexkit.facts.wifi import WifiLink, WifiReading
from nexkit.outcome import Failed, Failure, FailureKind
from nexkit.run_record import Expectations, NetworkMet, VpnMet

ROUTER_MAC = "00:00:5e:00:53:aa"
OTHER_MAC = "00:00:5e:00:53:bb"
NO_HOST = FailureKind.HOST_UNREACHABLE
PRINTER = "192.168.10.40"


def met(ssid=None, prefix=None, resolvers=None, vpn=None):
    return Expectations(
        network=NetworkMet(ssid=ssid, prefix=prefix, resolvers=resolvers, steps=("interfaces",)), vpn=vpn
    )


def diagnosis(facts, expected=None):
    return diagnose(record(facts, expected))


def causes(facts, expected=None):
    return [finding.cause for finding in diagnosis(facts, expected).findings]


def changed(**facts):
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


# --- another network ---


@pytest.mark.parametrize(
    ("ssid", "prefix", "resolvers"),
    [(None, False, False), (False, False, None), (False, None, None), (None, False, None), (None, False, True)],
)
def test_another_network_than_the_expected_one(ssid, prefix, resolvers):
    (finding,) = diagnosis(healthy(), met(ssid, prefix, resolvers)).findings
    assert (finding.cause, finding.severity) == ("lan.wrong_network", Severity.DEGRADED)
    assert (finding.confidence >= 0.9) == ([ssid, prefix, resolvers].count(False) > 1)


@pytest.mark.parametrize(
    ("ssid", "prefix", "resolvers"),
    [(None, True, True), (True, True, True), (None, None, None), (None, True, None), (False, True, True)],
)
def test_the_expected_network(ssid, prefix, resolvers):
    assert causes(healthy(), met(ssid, prefix, resolvers)) == []


def test_another_network_stops_the_user_where_something_fails():
    facts = changed(reach__service__mail=reach(SERVICE_HOST, [PRINTER], kind=T))
    (finding, *_) = diagnosis(facts, met(prefix=False, resolvers=False)).findings
    assert (finding.cause, finding.severity) == ("lan.wrong_network", Severity.BLOCKING)


def test_with_the_vpn_up_another_network_is_told_and_no_fault():
    vpn = VpnMet(inside=("reach.service.intranet",), names=True)
    found = diagnosis(connected(), met(prefix=False, resolvers=True, vpn=vpn))
    assert found.verdict.state is VerdictState.HEALTHY
    assert [(each.cause, each.severity) for each in found.findings] == [("lan.wrong_network", Severity.CONTEXT)]


def test_a_name_of_the_inside_is_not_found_in_another_network():
    nowhere = answers(GATEWAY4, service="NXDOMAIN")
    facts = changed(dns__resolver1=nowhere, dns__comparison1=answers("198.18.53.53", service="NXDOMAIN"))
    facts |= {"dns.comparison2": answers("198.18.54.54", service="NXDOMAIN")}
    facts["lookup.system"] = system_lookups(without=(SERVICE_HOST,))
    facts["reach.service.mail"] = reach(SERVICE_HOST, [], resolve=FailureKind.NAME_NOT_FOUND)
    assert causes(facts, met(prefix=False)) == ["lan.wrong_network"]
    assert causes(facts) == ["dns.name_missing"]


# --- false settings ---


def told(resolver, **more):
    return changed(interfaces=network(interface("eth0", *DUAL_STACK), resolvers=(resolver,)), **more)


def test_another_name_server_while_the_right_one_is_here():
    facts = told("192.168.10.66", dns__resolver1=answers("192.168.10.66"), dns__expected1=answers(GATEWAY4))
    (finding,) = diagnosis(facts, met(prefix=True, resolvers=False)).findings
    assert (finding.cause, finding.severity) == ("lan.rogue_dhcp", Severity.DEGRADED)
    assert "dns.expected1" in finding.evidence


def test_another_name_server_that_fails():
    settings = told("192.168.10.66")["interfaces"]
    dead = {"dns.resolver1": answers("192.168.10.66", kind=T), "dns.expected1": answers(GATEWAY4, kind=T)}
    facts = {**without_internet(healthy()), "interfaces": settings, **dead}
    found = diagnosis(facts, met(prefix=True, resolvers=False))
    assert found.verdict.cause == "lan.rogue_dhcp"
    assert found.findings[0].severity is Severity.BLOCKING
    assert "access.line_down" in found.findings[0].explains


def test_a_public_name_server_that_was_set_by_hand_is_no_false_setting():
    facts = told("198.18.53.53", dns__resolver1=answers("198.18.53.53"), dns__expected1=answers(GATEWAY4))
    assert causes(facts, met(prefix=True, resolvers=False)) == []


def test_another_name_server_alone_is_one_sign_only():
    facts = told("192.168.10.66", dns__resolver1=answers("192.168.10.66"))
    assert causes(facts, met(prefix=True, resolvers=False)) == []


def test_the_right_wifi_with_addresses_of_another_network():
    found = diagnosis(healthy(), met(ssid=True, prefix=False, resolvers=False))
    assert found.verdict.cause == "lan.rogue_dhcp"


def offer(mac, server, router, *, kind=DhcpAnswerKind.OFFER):
    return DhcpOffer(
        kind=kind,
        server=server,
        mac=mac,
        relay=None,
        answer_ms=3.0,
        offered="192.168.10.70",
        prefix_length=24,
        routers=(router,),
        resolvers=(router,),
        domain=None,
        pac_url=None,
        lease_s=3600.0,
    )


def advertisement(mac, prefix, *, lifetime_s=1800.0):
    return RouterAdvertisement(
        router=f"fe80::{mac[-2:]}",
        mac=mac,
        answer_ms=3.0,
        lifetime_s=lifetime_s,
        preference=RouterPreference.MEDIUM,
        managed=False,
        other=False,
        prefixes=(AdvertisedPrefix(prefix=prefix, length=64, on_link=True, autonomous=True, preferred_s=1800.0),),
        resolvers=(),
        mtu_bytes=None,
    )


def survey(arp=(), offers=(), routers=()):
    return SegmentSurvey(
        interface="eth0",
        listened_s=4.0,
        dhcp_asked=True,
        routers_asked=True,
        arp=tuple(arp),
        offers=tuple(offers),
        routers=tuple(routers),
        switches=(),
        failure=None,
    )


RIGHT = offer(ROUTER_MAC, GATEWAY4, GATEWAY4)


def test_two_servers_that_name_different_ways_out():
    facts = changed(segment__lan=survey(offers=(RIGHT, offer(OTHER_MAC, "192.168.10.66", "192.168.10.66"))))
    (finding,) = diagnosis(facts).findings
    assert (finding.cause, finding.values["kind"], finding.values["servers"]) == ("lan.rogue_dhcp", "servers", 2)


@pytest.mark.parametrize(
    "offers",
    [
        (),
        (RIGHT,),
        (RIGHT, offer(OTHER_MAC, "192.168.10.2", GATEWAY4)),
        (RIGHT, offer(ROUTER_MAC, GATEWAY4, GATEWAY4, kind=DhcpAnswerKind.ACK)),
        (RIGHT, offer(OTHER_MAC, "192.168.10.66", "192.168.10.66", kind=DhcpAnswerKind.NAK)),
    ],
    ids=("silent", "one", "two that share the work", "offer and settings", "a refusal"),
)
def test_servers_that_agree_are_none(offers):
    assert contradicting_offers(offers) is None
    assert causes(changed(segment__lan=survey(offers=offers))) == []


def test_two_routers_with_prefixes_of_their_own():
    routers = (advertisement(ROUTER_MAC, "2001:db8:10::"), advertisement(OTHER_MAC, "2001:db8:66::"))
    facts = changed(segment__lan=survey(routers=routers))
    (finding,) = diagnosis(facts).findings
    assert (finding.cause, finding.values["kind"]) == ("lan.rogue_dhcp", "routers")
    assert finding.confidence < 0.9


@pytest.mark.parametrize(
    "other",
    [
        advertisement(OTHER_MAC, "2001:db8:10::"),
        advertisement(OTHER_MAC, "fd12:3456::", lifetime_s=0.0),
        advertisement(ROUTER_MAC, "2001:db8:66::"),
    ],
    ids=("the same prefix", "no way out", "the same router"),
)
def test_routers_that_go_together_are_none(other):
    assert contradicting_routers((advertisement(ROUTER_MAC, "2001:db8:10::"), other)) is None


# --- kept apart ---


def with_printer(kind=NO_HOST, **more):
    return changed(
        reach__service__printer=reach(PRINTER, [PRINTER], port=631, layer=ReachLayer.TCP, kind=kind),
        link__end=reading({**dict.fromkeys(ANCHORS, "eth0"), PRINTER: "lan"}),
        **more,
    )


@pytest.mark.parametrize(("kind", "answer"), [(NO_HOST, "absent"), (T, "silent")])
def test_a_silent_device_in_the_own_network(kind, answer):
    (finding,) = diagnosis(with_printer(kind, ping__host__printer=silent_echo(PRINTER))).findings
    assert (finding.cause, finding.severity) == ("lan.client_isolation", Severity.DEGRADED)
    assert finding.values == {"service": "printer", "answer": answer}
    assert finding.confidence <= 0.7


def test_a_device_that_refuses_is_there():
    assert "lan.client_isolation" not in causes(with_printer(FailureKind.REFUSED))


def test_a_device_that_answers_another_way_is_there():
    assert "lan.client_isolation" not in causes(with_printer(T, ping__host__printer=echo(PRINTER)))


def test_where_another_device_of_the_network_is_reached_nobody_is_kept_apart():
    facts = with_printer(T, reach__service__files=reach("192.168.10.41", ["192.168.10.41"], layer=ReachLayer.TCP))
    facts["link.end"] = reading({PRINTER: "lan", "192.168.10.41": "lan"})
    assert "lan.client_isolation" not in causes(facts)


def test_without_the_router_or_the_internet_it_is_something_else():
    facts = {**with_printer(), **without_internet(healthy())}
    facts["reach.service.printer"] = with_printer()["reach.service.printer"]
    assert "lan.client_isolation" not in causes(facts)


def test_a_service_behind_the_router_is_not_in_the_own_network():
    facts = with_printer(T)
    facts["link.end"] = reading({PRINTER: "eth0"})
    assert "lan.client_isolation" not in causes(facts)


def test_a_working_device_is_nothing():
    assert causes(with_printer(None)) == []


# --- one address twice ---


def test_somebody_else_answers_for_the_own_address():
    facts = changed(segment__lan=survey(arp=(ArpAnswers(address=OWN4, own=True, macs=(OTHER_MAC,)),)))
    assert causes(facts) == ["lan.duplicate_address"]


def test_two_signs_prove_it():
    claimed = survey(arp=(ArpAnswers(address=OWN4, own=True, macs=(OTHER_MAC,)),))
    twice = network(interface("eth0", address(OWN4, duplicate=True), *DUAL_STACK[1:]))
    one, both = changed(segment__lan=claimed), changed(segment__lan=claimed, interfaces=twice)
    assert diagnosis(both).findings[0].confidence > diagnosis(one).findings[0].confidence


def test_a_router_that_answers_for_everybody_is_nobody_else():
    arp = (ArpAnswers(address=OWN4, own=True, macs=(ROUTER_MAC,)), ArpAnswers(address=GATEWAY4, own=False, macs=()))
    facts = changed(segment__lan=survey(arp=arp), lan__gateway4=replace(on_link(), mac=ROUTER_MAC))
    assert causes(facts) == []


def test_the_routers_own_address_is_claimed_by_the_router():
    facts = changed(segment__lan=survey(arp=(ArpAnswers(address=GATEWAY4, own=False, macs=(ROUTER_MAC, OTHER_MAC)),)))
    assert causes(facts) == []


def test_an_ipv6_address_that_is_another_ones_too_is_not_ipv6_that_is_broken():
    gone = interface("eth0", address(OWN4), address("2001:db8:10::50", duplicate=True))
    facts = changed(interfaces=network(gone))
    for number, anchor in enumerate(ANCHORS, start=1):
        if ":" in anchor:
            facts[f"reach.anchor{number}"] = tcp(anchor, FailureKind.NET_UNREACHABLE)
            facts[f"ping.anchor{number}"] = silent_echo(anchor)
    assert causes(facts) == ["lan.duplicate_address"]


# --- what was not permitted ---


def wifi(*, permitted, joined=True):
    return WifiReading(
        links=(WifiLink(interface="wlan0", radio_on=True, joined=joined, names_permitted=permitted, rssi_dbm=-50),)
    )


def test_names_of_wifi_that_the_system_keeps_to_itself_are_told():
    (finding,) = diagnosis(changed(wifi__start=wifi(permitted=False))).findings
    assert (finding.cause, finding.values) == ("device.permission_missing", {"steps": 1, "probes": "wifi"})


def test_without_a_joined_wifi_there_is_no_name_to_keep():
    assert causes(changed(wifi__start=wifi(permitted=False, joined=False))) == []
    assert causes(changed(wifi__start=wifi(permitted=True))) == []


def test_refused_frames_and_a_closed_neighbour_table_are_told_together():
    refused = Failed(Failure(kind=FailureKind.PERMISSION, step="open"))
    facts = changed(segment__lan=refused, lan__gateway4=on_link(neighbour=None))
    (finding,) = diagnosis(facts).findings
    assert finding.values == {"steps": 2, "probes": "lan, segment"}
    assert causes(changed(lan__gateway4=on_link(neighbour=NeighbourState.STALE))) == []
