"""The VPN's causes are named by their signs, and not by those of their look-alikes."""

from dataclasses import replace

import pytest
from diagnosis_records import (
    ANCHORS,
    DUAL_STACK,
    GATEWAY4,
    SERVICE,
    SERVICE_HOST,
    T,
    address,
    answers,
    attempt,
    echo,
    healthy,
    interface,
    network,
    query,
    reach,
    record,
    silent_echo,
    system_lookups,
    tcp,
    without_family,
    without_internet,
)
from vpn_records import (
    EXPECTED,
    INNER_RESOLVERS,
    INNER_WEB,
    INTRANET,
    LOST,
    NETWORK,
    SERVER,
    STALLED,
    all_ways,
    connected,
    dead_inside,
    inner_answers,
    inner_lookup,
    not_connected,
    reading,
    sizes,
    slow,
    transfer,
    vpn_server,
)

from nexkit.address import Family
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import RungState, Segment, Severity, VerdictState
from nexkit.facts.dns import NameRole, ResolverAnswers
from nexkit.facts.mtu import MtuState
from nexkit.facts.network import InterfaceKind
from nexkit.facts.reach import ReachLayer
from nexkit.facts.udp import UdpPortState
from nexkit.outcome import Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.run_record import Expectations, NetworkMet, VpnMet

OFFICE = NetworkMet(ssid=None, prefix=True, resolvers=True, steps=("interfaces",))


def diagnosis(facts, expected=EXPECTED):
    return diagnose(record(facts, expected))


def causes(facts, expected=EXPECTED):
    return [finding.cause for finding in diagnosis(facts, expected).findings]


def rung(facts, expected=EXPECTED):
    return next(each.state for each in diagnosis(facts, expected).ladder if each.segment is Segment.VPN)


# --- nothing to say ---


def test_a_vpn_at_work_is_healthy():
    for default in ("eth0", "tun0"):
        found = diagnosis(connected(default))
        assert found.verdict.state is VerdictState.HEALTHY
        assert found.findings == ()
    assert rung(connected()) is RungState.PASS


def test_an_idle_adapter_of_a_vpn_is_nothing():
    facts = healthy()
    tunnel = interface("tun0", address("10.8.0.2"), kind=InterfaceKind.VPN)
    facts |= {"interfaces": network(interface("eth0", *DUAL_STACK), tunnel), "link.start": reading({})}
    assert causes(facts, None) == []
    assert rung(facts, None) is RungState.NOT_RUN


def test_reports_of_a_time_before_say_nothing_of_a_vpn():
    assert not [cause for cause in causes(not_connected(), None) if cause.startswith("vpn.")]


# --- down ---


def test_no_way_in_and_nobody_inside():
    (finding,) = diagnosis(not_connected(), LOST).findings
    assert (finding.cause, finding.severity) == ("vpn.down", Severity.BLOCKING)
    assert finding.values == {"kind": "interface", "server": "reachable"}
    assert finding.confidence >= 0.9
    assert {"link.vpn", "dns.vpn1", "lookup.vpn", "udp.vpn"} <= set(finding.evidence)


def test_the_names_and_services_inside_are_consequences():
    nowhere = answers(GATEWAY4)
    asked = query(INTRANET, NameRole.SERVICE, rcode="NXDOMAIN")
    facts = not_connected(dns__resolver1=replace(nowhere, queries=(*nowhere.queries, asked)))
    assert causes(facts, LOST) == ["vpn.down"]
    assert "dns.name_missing" in diagnosis(facts, LOST).findings[0].explains


def test_a_missing_route_beside_an_interface():
    tunnel = interface("tun0", address("10.50.1.2"), kind=InterfaceKind.VPN)
    facts = not_connected(interfaces=network(interface("eth0", *DUAL_STACK), tunnel))
    (finding,) = diagnosis(facts, LOST).findings
    assert finding.values["kind"] == "route"


@pytest.mark.parametrize(
    ("state", "tells", "said"),
    [
        (UdpPortState.ANSWERS, True, "reachable"),
        (UdpPortState.ANSWERS_OTHERWISE, False, "reachable"),
        (UdpPortState.REFUSED, False, "unreachable"),
        (UdpPortState.SILENT, True, "unreachable"),
        (UdpPortState.SILENT, False, "unknown"),
    ],
)
def test_what_is_known_of_the_server_is_said(state, tells, said):
    facts = not_connected(udp__vpn=vpn_server(state, silence_tells=tells))
    (finding,) = diagnosis(facts, LOST).findings
    assert finding.values["server"] == said


def test_a_server_over_tcp():
    for kind, said in ((None, "reachable"), (T, "unreachable"), (FailureKind.PERMISSION, "unknown")):
        facts = not_connected(reach__vpn=tcp(SERVER, kind))
        del facts["udp.vpn"]
        assert diagnosis(facts, LOST).findings[0].values["server"] == said


def test_a_vpn_without_networks_is_seen_by_its_interface():
    met = Expectations(network=None, vpn=VpnMet(inside=(), names=None))
    facts = {**healthy(), "link.vpn": reading({}), "udp.vpn": vpn_server()}
    (finding,) = diagnosis(facts, met).findings
    assert (finding.cause, finding.values["kind"]) == ("vpn.down", "interface")
    tunnel = interface("tun0", address("10.50.1.2"), kind=InterfaceKind.VPN)
    facts["interfaces"] = network(interface("eth0", *DUAL_STACK), tunnel)
    assert causes(facts, met) == []


def test_in_the_office_no_vpn_is_needed_while_all_else_works():
    met = Expectations(network=OFFICE, vpn=VpnMet(inside=("reach.service.intranet",), names=True))
    works = {"lookup.vpn": inner_lookup(INNER_WEB), "reach.service.intranet": reach(INTRANET, [INNER_WEB])}
    facts = {**not_connected(), **works, "dns.vpn1": inner_answers(INNER_RESOLVERS[0])}
    assert causes(facts, met) == []
    alone = {step: fact for step, fact in facts.items() if step not in {"dns.vpn1", "ping.vpn1", *works}}
    assert causes(alone, met) == []


def test_a_vpn_without_ways_of_its_own_is_up_where_the_inside_answers():
    facts = connected(link__vpn=reading(dict.fromkeys((NETWORK, *INNER_RESOLVERS), "eth0")))
    assert causes(facts) == []
    assert rung(facts) is RungState.PASS


def test_a_name_server_on_the_way_that_answers_in_the_place_of_the_inner_one_is_no_sign_of_a_tunnel():
    facts = not_connected(dns__vpn1=inner_answers(INNER_RESOLVERS[0], rcode="NXDOMAIN"))
    assert causes(facts, LOST) == ["vpn.down"]


def test_without_internet_the_vpn_is_not_the_fault():
    facts = {**not_connected(), **without_internet(healthy()), "udp.vpn": vpn_server(UdpPortState.SILENT)}
    assert "vpn.down" not in causes(facts, LOST)


def test_what_was_not_measured_is_no_sign():
    skipped = dict.fromkeys(
        ("link.vpn", "udp.vpn", "dns.vpn1", "ping.vpn1", "lookup.vpn"), Skipped(SkipReason.TIME_LIMIT)
    )
    facts = {**healthy(), **skipped, "interfaces": Failed(Failure(kind=T, step="read"))}
    met = Expectations(network=None, vpn=VpnMet(inside=(), names=None))
    assert not [cause for cause in causes(facts, met) if cause.startswith("vpn.")]
    assert rung(facts, met) is RungState.INCONCLUSIVE


def test_a_tunnel_that_stands_and_a_server_that_is_gone():
    facts = {**dead_inside(connected()), "udp.vpn": vpn_server(UdpPortState.REFUSED)}
    (finding,) = diagnosis(facts, LOST).findings
    assert (finding.cause, finding.values["kind"], finding.values["server"]) == ("vpn.down", "silent", "unreachable")


def test_a_tunnel_that_stands_and_two_silent_computers_inside():
    facts = {**dead_inside(connected()), "dns.vpn2": inner_answers(INNER_RESOLVERS[1], kind=T)}
    assert causes(facts, LOST) == ["vpn.down"]


def test_one_silent_resolver_inside_names_the_place_alone():
    facts = dead_inside(connected())
    del facts["reach.service.intranet"]
    met = Expectations(network=None, vpn=VpnMet(inside=(), names=False))
    found = diagnosis(facts, met)
    assert [finding.cause for finding in found.findings] == []
    assert (found.verdict.state, found.verdict.segment, found.verdict.cause) == (
        VerdictState.FAULT,
        Segment.VPN,
        None,
    )


def test_a_name_from_inside_that_nobody_inside_was_heard_about_is_not_missing():
    unknown = query(INTRANET, NameRole.SERVICE, rcode="NXDOMAIN")
    asked = answers(GATEWAY4)
    facts = {
        **dead_inside(connected()),
        "dns.resolver1": replace(asked, queries=(*asked.queries, unknown)),
    }
    assert "dns.name_missing" not in causes(facts, LOST)
    nobodys = Expectations(network=None, vpn=None)
    assert "dns.name_missing" in causes(facts, nobodys)


def test_a_silent_resolver_inside_that_programs_ask_is_a_consequence():
    facts = {
        **dead_inside(connected()),
        "interfaces": network(
            interface("eth0", *DUAL_STACK),
            interface("tun0", address("10.50.1.2"), kind=InterfaceKind.VPN),
            resolvers=INNER_RESOLVERS[:1],
        ),
        "dns.resolver1": answers(INNER_RESOLVERS[0], kind=T),
        "lookup.system": system_lookups(kind=FailureKind.NAME_SERVER),
        "udp.vpn": vpn_server(UdpPortState.REFUSED),
    }
    found = diagnosis(facts, LOST)
    assert found.verdict.cause == "vpn.down"
    assert "dns.resolver_unreachable" in found.findings[0].explains


def test_an_independent_fault_beside_the_vpn_is_named_too():
    facts = without_family(not_connected(), Family.IPV6)
    assert set(causes(facts, LOST)) == {"vpn.down", "access.ipv6_broken"}
    facts = not_connected(dns__resolver1=answers(GATEWAY4, rcode="SERVFAIL"))
    facts["lookup.system"] = system_lookups(kind=FailureKind.NAME_SERVER)
    assert set(causes(facts, LOST)) == {"vpn.down", "gateway.dns_broken"}


# --- a full tunnel out of which nothing comes ---


def swallowed(**changes):
    dead = without_internet(healthy())
    tunnel = interface("tun0", address("10.50.1.2"), kind=InterfaceKind.VPN)
    facts = {
        **dead_inside(connected("tun0")),
        **dead,
        **all_ways("tun0", "tun0"),
        "interfaces": network(interface("eth0", *DUAL_STACK), tunnel),
    }
    facts["reach.service.intranet"] = reach(INTRANET, [], resolve=FailureKind.NAME_SERVER)
    return facts | {step.replace("__", "."): fact for step, fact in changes.items()}


def test_a_tunnel_that_takes_everything_and_gives_nothing_back():
    found = diagnosis(swallowed(), LOST)
    assert found.verdict.cause == "vpn.down"
    assert found.verdict.confidence >= 0.9
    assert [finding.cause for finding in found.findings] == ["vpn.down"]


def test_the_same_without_a_word_in_the_profile_is_less_sure():
    facts = {step: fact for step, fact in swallowed().items() if ".vpn" not in step and "intranet" not in step}
    found = diagnosis(facts, None)
    assert found.verdict.cause == "vpn.down"
    assert found.verdict.confidence < 0.7


def test_a_dead_line_beneath_ways_that_lead_past_the_tunnel_is_the_line():
    facts = swallowed(link__start=reading(dict.fromkeys(ANCHORS, "eth0")))
    facts["link.end"] = facts["link.start"]
    facts["udp.vpn"] = vpn_server(UdpPortState.SILENT)
    assert diagnosis(facts, LOST).verdict.cause == "access.line_down"


# --- a detour ---


def through_tunnel(rtt_ms=190.0, **changes):
    facts = slow(connected(), "reach.service.mail", rtt_ms=rtt_ms)
    ways = dict.fromkeys(ANCHORS, "eth0") | dict.fromkeys(SERVICE, "tun0") | {INNER_WEB: "tun0"}
    facts["link.end"] = reading(ways)
    return facts | {step.replace("__", "."): fact for step, fact in changes.items()}


def past(rtt_ms):
    return replace(
        tcp(SERVICE[0]), attempts=tuple(replace(attempt(to, layer=ReachLayer.TCP), connect_ms=rtt_ms) for to in SERVICE)
    )


def test_a_service_by_way_of_a_far_vpn():
    (finding,) = diagnosis(through_tunnel(reach__direct__mail=past(9.0))).findings
    assert (finding.cause, finding.severity) == ("vpn.hairpin", Severity.DEGRADED)
    assert finding.values == {"service": "mail", "tunnel_rtt_ms": 190.0, "direct_rtt_ms": 9.0}
    assert finding.confidence >= 0.9


@pytest.mark.parametrize("measured", SERVICE)
def test_an_address_is_compared_with_itself(measured):
    """Which of several addresses was the quickest is chance; only one may have been tried past the tunnel."""
    direct = past(9.0)
    direct = replace(direct, attempts=tuple(each for each in direct.attempts if each.address == measured))
    (finding,) = diagnosis(through_tunnel(reach__direct__mail=direct)).findings
    assert finding.cause == "vpn.hairpin"


def test_a_service_that_is_far_away_by_itself_is_no_detour():
    assert causes(through_tunnel(reach__direct__mail=past(175.0))) == []
    assert causes(through_tunnel()) == []


def test_a_slow_tunnel_is_a_sign_where_the_way_past_it_is_closed():
    facts = through_tunnel(ping__vpn1=echo(INNER_RESOLVERS[0], 10, rtt_ms=185.0))
    (finding,) = diagnosis(facts).findings
    assert finding.cause == "vpn.hairpin"
    assert finding.confidence < 0.9


def test_one_late_connection_is_no_detour():
    facts = through_tunnel(12.0, reach__direct__mail=past(9.0))
    late = facts["reach.service.mail"]
    facts["reach.service.mail"] = replace(
        late, attempts=tuple(replace(each, connect_ms=400.0) for each in late.attempts)
    )
    assert causes(facts) == []


def test_a_moderate_price_of_the_vpn_is_none():
    assert causes(through_tunnel(80.0, reach__direct__mail=past(9.0))) == []


def test_a_service_that_stands_inside_has_no_other_way():
    met = Expectations(network=None, vpn=VpnMet(inside=("reach.service.mail", "reach.service.intranet"), names=True))
    assert causes(through_tunnel(reach__direct__mail=past(9.0)), met) == []


def test_a_service_past_the_tunnel_is_no_detour():
    facts = slow(connected(), "reach.service.mail", rtt_ms=190.0)
    assert causes({**facts, "reach.direct.mail": past(9.0)}) == []


# --- names ---


def test_internal_names_that_the_router_does_not_know():
    facts = connected(lookup__vpn=inner_lookup())
    (finding,) = diagnosis(facts, LOST).findings
    assert (finding.cause, finding.values["kind"]) == ("vpn.dns_mismatch", "unknown")
    assert {"lookup.vpn", "dns.vpn1"} <= set(finding.evidence)


def test_internal_names_with_other_addresses():
    facts = connected(lookup__vpn=inner_lookup("198.19.2.20"))
    (finding,) = diagnosis(facts, LOST).findings
    assert finding.values["kind"] == "elsewhere"


def test_without_resolvers_in_the_profile_the_names_alone_are_a_weaker_sign():
    facts = connected(lookup__vpn=inner_lookup())
    del facts["dns.vpn1"]
    (finding,) = diagnosis(facts, LOST).findings
    assert finding.cause == "vpn.dns_mismatch"
    assert finding.confidence < 0.9


def test_a_name_that_nobody_inside_knows_either_is_no_mismatch():
    facts = connected(lookup__vpn=inner_lookup(), dns__vpn1=inner_answers(INNER_RESOLVERS[0], rcode="NXDOMAIN"))
    assert "vpn.dns_mismatch" not in causes(facts, LOST)


def test_where_no_name_is_found_at_all_the_vpn_is_not_the_reason():
    facts = connected(lookup__vpn=inner_lookup(), lookup__system=system_lookups(kind=FailureKind.NAME_SERVER))
    facts["dns.resolver1"] = answers(GATEWAY4, kind=T)
    assert "vpn.dns_mismatch" not in causes(facts, LOST)


def test_other_addresses_of_the_inside_are_none_of_our_business():
    facts = connected(lookup__vpn=inner_lookup("10.50.0.81"))
    assert causes(facts, EXPECTED) == []


def test_with_the_vpn_down_missing_names_are_a_consequence():
    assert causes(not_connected(), LOST) == ["vpn.down"]


# --- sizes ---


def test_large_packets_vanish_in_the_tunnel_alone():
    facts = connected(
        mtu__vpn1=sizes(INNER_RESOLVERS[0], MtuState.BLACK_HOLE, own=1400, passed=1250), mtu__vpn__server=sizes(SERVER)
    )
    (finding,) = diagnosis(facts).findings
    assert (finding.cause, finding.severity) == ("vpn.mtu", Severity.DEGRADED)
    assert finding.values == {"passed_bytes": 1250, "own_mtu_bytes": 1400}


def test_two_signs_make_it_surer():
    one = connected(
        mtu__vpn1=sizes(INNER_RESOLVERS[0], MtuState.BLACK_HOLE, own=1400, passed=1250), mtu__vpn__server=sizes(SERVER)
    )
    stalls = sizes(INNER_WEB, MtuState.NO_ANSWER, own=1400, transfer=STALLED, clamped=transfer())
    two = {**one, "mtu.vpn2": stalls, "link.vpn": reading({INNER_WEB: "tun0", INNER_RESOLVERS[0]: "tun0"})}
    assert diagnosis(two).findings[0].confidence > diagnosis(one).findings[0].confidence


@pytest.mark.parametrize("state", [MtuState.TOLD, MtuState.FITS, MtuState.NO_ANSWER])
def test_a_smaller_size_that_is_told_is_none(state):
    inner = sizes(INNER_RESOLVERS[0], state, own=1400, passed=1250, transfer=transfer())
    assert causes(connected(mtu__vpn1=inner, mtu__vpn__server=sizes(SERVER))) == []


def test_without_a_clean_way_past_the_tunnel_nothing_is_said_of_it():
    facts = connected(mtu__vpn1=sizes(INNER_RESOLVERS[0], MtuState.BLACK_HOLE, own=1400, passed=1250))
    assert "vpn.mtu" not in causes(facts)


def test_where_packets_vanish_past_the_tunnel_too_it_is_not_the_tunnel():
    hole = sizes(INNER_RESOLVERS[0], MtuState.BLACK_HOLE, own=1400, passed=1250)
    facts = connected(mtu__vpn1=hole, mtu__vpn__server=sizes(SERVER, MtuState.BLACK_HOLE, passed=1400))
    assert "vpn.mtu" not in causes(facts)


def test_silence_of_echo_inside_proves_nothing():
    facts = connected(ping__vpn1=silent_echo(INNER_RESOLVERS[0], 10))
    assert causes(facts) == []
    assert rung(facts) is RungState.PASS


def test_a_vpn_that_shows_a_software_interface_is_known_by_its_own_way():
    facts = connected()
    tunnel = interface("tun0", address("10.50.1.2"), kind=InterfaceKind.VIRTUAL)
    facts["interfaces"] = network(interface("eth0", *DUAL_STACK), tunnel)
    facts["link.vpn"] = reading(dict.fromkeys((NETWORK, *INNER_RESOLVERS), "tun0"), InterfaceKind.VIRTUAL)
    unknown = ResolverAnswers(
        resolver=INNER_RESOLVERS[0], port=53, queries=(query(INTRANET, NameRole.SERVICE, rcode="NXDOMAIN"),)
    )
    assert causes({**facts, "dns.vpn1": unknown}) == []


def test_services_elsewhere_are_not_touched():
    assert diagnosis(not_connected(), LOST).findings[0].explains == ()
    facts = not_connected(reach__service__mail=reach(SERVICE_HOST, SERVICE, kind=FailureKind.REFUSED))
    assert set(causes(facts, LOST)) == {"vpn.down", "service.down"}
