"""Large packets, lines, ports, delay and peering: named by their signs, and not by those of their look-alikes."""

from dataclasses import replace

import diagnosis_records as build
import pytest
from access_records import CARRIER4, far_path, hole, line, sizes, transfer, with_large_answers
from diagnosis_records import (
    ANCHORS,
    COMPARISONS,
    CONTROLS,
    GATEWAY4,
    GATEWAY6,
    PROVIDER4,
    PROVIDER6,
    SERVICE,
    SERVICE_HOST,
    answers,
    attempt,
    echo,
    healthy,
    reach,
    record,
    silent_echo,
    tcp,
    trace,
    without_family,
    without_internet,
)

from nexkit.address import Family
from nexkit.diagnosis.engine import diagnose
from nexkit.facts.access import LineKind
from nexkit.facts.mtu import MtuState, TransferStep
from nexkit.facts.network import AddressOrigin, NeighbourState
from nexkit.facts.reach import ReachLayer
from nexkit.facts.segment import DhcpAnswerKind, DhcpOffer, SegmentSurvey
from nexkit.outcome import FailureKind

TIMEOUT = FailureKind.TIMEOUT
FOURTH = "2001:db8:19::11"
WWW4, WWW6 = CONTROLS["www.example.com"]


def named(facts):
    return [finding.cause for finding in diagnose(record(facts)).findings]


def changed(**facts):
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


# --- sizes ---


def sized(**each):
    """The healthy run with sizes to both IPv4 anchors and a control."""
    facts = {
        "mtu__anchor1": sizes(ANCHORS[0]),
        "mtu__anchor2": sizes(ANCHORS[1]),
        "mtu__control1__v4": sizes(WWW4, carried=transfer()),
    }
    return changed(**{**facts, **each})


def test_every_size_gets_through():
    assert named(sized()) == []


def test_large_packets_vanish_everywhere():
    facts = sized(
        mtu__anchor1=hole(ANCHORS[0]), mtu__anchor2=hole(ANCHORS[1]), mtu__control1__v4=hole(WWW4, carried=True)
    )
    (finding,) = diagnose(record(facts)).findings
    assert (finding.cause, finding.values["mtu"], finding.values["family"]) == ("access.mtu_black_hole", 1400, "ipv4")
    assert {"mtu.anchor1", "mtu.anchor2", "mtu.control1.v4"} <= set(finding.evidence)


def test_large_packets_vanish_to_some():
    assert named(sized(mtu__control1__v4=hole(WWW4, carried=True))) == ["internet.mtu_black_hole"]


def test_transfers_alone_tell_where_nobody_answers_pings():
    stalled = transfer(TransferStep.UP, stalled=True)
    silent = {"state": MtuState.NO_ANSWER, "carried": stalled, "clamped": transfer()}
    facts = changed(mtu__control1__v4=sizes(WWW4, **silent), mtu__service__mail__v4=sizes(SERVICE[0], **silent))
    assert named(facts) == ["access.mtu_black_hole"]


def test_pings_alone_may_be_filtered_by_size():
    holes = {"mtu__anchor1": hole(ANCHORS[0]), "mtu__anchor2": hole(ANCHORS[1])}
    assert named(sized(**holes)) == []
    assert named(changed(**holes)) == []


def test_a_router_that_clamps_spares_programs_the_hole():
    carried = sizes(WWW4, MtuState.BLACK_HOLE, 1454, carried=transfer())
    facts = sized(mtu__anchor1=hole(ANCHORS[0]), mtu__anchor2=hole(ANCHORS[1]), mtu__control1__v4=carried)
    assert named(facts) == []


@pytest.mark.parametrize("mtu", [1454, 1460, 1492, 1280])
def test_a_narrow_line_that_says_so_is_fine(mtu):
    told = {"state": MtuState.TOLD, "passed": mtu}
    facts = sized(
        mtu__anchor1=sizes(ANCHORS[0], **told),
        mtu__anchor2=sizes(ANCHORS[1], **told),
        mtu__control1__v4=sizes(WWW4, carried=transfer(), **told),
    )
    assert named(facts) == []


def test_a_server_that_hangs_with_small_segments_too_is_no_matter_of_size():
    stalled = transfer(TransferStep.HANDSHAKE, stalled=True)
    facts = sized(mtu__control1__v4=sizes(WWW4, carried=stalled, clamped=stalled))
    assert "internet.mtu_black_hole" not in named(facts)


def test_heavy_loss_stalls_transfers_too():
    facts = sized(
        mtu__control1__v4=sizes(WWW4, carried=transfer(TransferStep.UP, stalled=True), clamped=transfer()),
        mtu__service__mail__v4=sizes(SERVICE[0], carried=transfer(TransferStep.UP, stalled=True), clamped=transfer()),
        ping__provider4=echo(PROVIDER4, 60, 12),
        ping__provider6=echo(PROVIDER6, 60, 12),
    )
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 60, 12)
    assert named(facts) == ["access.loss"]


def test_what_hangs_by_its_size_is_explained():
    hanging = replace(attempt(SERVICE[0], kind=TIMEOUT), connect_ms=10.0)
    facts = sized(
        mtu__anchor1=hole(ANCHORS[0]),
        mtu__anchor2=hole(ANCHORS[1]),
        mtu__service__mail__v4=hole(SERVICE[0], carried=True),
        reach__service__mail=reach(SERVICE_HOST, [hanging]),
    )
    del facts["mtu.control1.v4"]
    (finding,) = diagnose(record(facts)).findings
    assert (finding.cause, finding.explains) == ("access.mtu_black_hole", ("service.down",))


# --- sessions over the line ---


def ipv4_home(facts):
    """Without IPv6 beyond the link."""
    own = build.interface("eth0", build.address(build.OWN4), build.address("fe80::50"))
    gone = {"ping.gateway6", "lan.gateway6", "ping.provider6", "ping.anchor3", "reach.anchor3", "route.anchor6"}
    kept = {step_id: fact for step_id, fact in facts.items() if step_id not in gone}
    return {**kept, "interfaces": build.network(own, routes=[build.ROUTE4])}


def test_the_carrier_answers_and_ipv4_ends():
    facts = ipv4_home(without_internet(healthy())) | {"access.line": line(carrier=True)}
    assert named(facts) == ["access.pppoe_down"]


def test_ipv6_may_work_beside_a_session_that_is_down():
    facts = without_family(healthy(), Family.IPV4) | {"access.line": line(LineKind.DUAL_STACK, carrier=True)}
    assert named(facts)[0] == "access.pppoe_down"


def test_a_tunnel_over_ipv6_is_no_pppoe():
    facts = without_family(healthy(), Family.IPV4) | {"access.line": line(LineKind.DS_LITE, carrier=True)}
    assert named(facts)[0] == "access.ipv4_broken"


@pytest.mark.parametrize("kinds", [(), (LineKind.PROVISIONED,)])
def test_ipv6_and_what_runs_over_it_are_down(kinds):
    facts = without_internet(healthy()) | {"access.line": line(*kinds, carrier=True)}
    found = diagnose(record(facts)).findings
    assert [each.cause for each in found] == ["access.ipoe_down"]
    assert found[0].confidence > 0.8 if kinds else found[0].confidence < 0.8


@pytest.mark.parametrize("carrier", [False, None])
def test_a_silent_carrier_is_a_line_that_is_down(carrier):
    assert named(without_internet(healthy()) | {"access.line": line(carrier=carrier)}) == ["access.line_down"]


def test_a_closed_ipv6_network_is_not_an_outage():
    facts = without_family(healthy(), Family.IPV6) | {"access.line": line(carrier=True)}
    assert named(facts) == ["access.ipv6_broken"]


def test_a_refused_connection_does_not_prove_the_carrier():
    facts = without_family(without_family(healthy(), Family.IPV4, FailureKind.REFUSED), Family.IPV6)
    facts |= {f"ping.anchor{number}": silent_echo(anchor) for number, anchor in enumerate(ANCHORS, start=1)}
    facts["access.line"] = line(carrier=True, answered_by="tcp443")
    assert not {"access.pppoe_down", "access.ipoe_down"} & set(named(facts))


def evening(**more):
    """IPv4 lossy from the provider's first router on, IPv6 clean."""
    facts = changed(
        access__line=line(carrier=True),
        ping__carrier1=echo(CARRIER4, 110, rtt_ms=4),
        ping__provider4=echo(PROVIDER4, 110, 11),
        ping__anchor4=echo(FOURTH, 120),
        ping__anchor1=echo(ANCHORS[0], 120, 14, rtt_ms=40),
        ping__anchor2=echo(ANCHORS[1], 120, 13, rtt_ms=40),
        ping__anchor3=echo(ANCHORS[2], 120),
        ping__gateway4=echo(GATEWAY4, 230, rtt_ms=1),
    )
    return {**facts, **{step_id.replace("__", "."): fact for step_id, fact in more.items()}}


def test_a_full_entry_point():
    assert named(evening()) == ["access.pppoe_congestion"]


def test_familiar_sizes_confirm_it():
    narrow = sizes(ANCHORS[0], MtuState.TOLD, 1454, familiar=("flets_pppoe",))
    sure = diagnose(record(evening(mtu__anchor1=narrow))).findings[0].confidence
    assert sure > diagnose(record(evening())).findings[0].confidence


@pytest.mark.parametrize(
    "more",
    [
        {"ping__carrier1": echo(CARRIER4, 110, 11)},
        {"access__line": line()},
        {"access__line": line(LineKind.DS_LITE, carrier=True)},
    ],
    ids=["the line itself", "no carrier target", "a tunnel over IPv6"],
)
def test_loss_that_is_not_of_pppoe(more):
    facts = evening(**more)
    if more.get("access__line") == line():
        del facts["ping.carrier1"]
    assert named(facts) == ["access.loss"]


# --- new connections ---


def flows(hit4, hit6=0, *, retried=True):
    """Ten addresses connected to over each family, of which some came to nothing; another try of the first is good."""
    facts = healthy()
    for digit, prefix, hit in (("4", "198.18.7.", hit4), ("6", "2001:db8:18:7::", hit6)):
        for number in range(1, 11):
            to = f"{prefix}{number}"
            facts[f"reach.host.x{digit}{number}"] = tcp(to, TIMEOUT if number <= hit else None)
            facts[f"ping.host.x{digit}{number}"] = echo(to, 10)
        if hit and retried:
            facts[f"reach.host.x{digit}0"] = tcp(f"{prefix}1")
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 115)
    return facts


def test_new_ipv4_connections_fail_at_random():
    assert named(flows(4)) == ["access.port_exhaustion"]


def test_both_families_point_at_the_router():
    assert named(flows(4, 4)) == ["gateway.session_table_full"]


def test_a_few_of_the_other_family_are_enough():
    assert named(flows(5, 2)) == ["gateway.session_table_full"]


def test_one_that_fails_is_no_pattern():
    assert named(flows(1, 1)) == []


def test_destinations_that_never_answer_a_port_are_no_pattern():
    assert named(flows(4, retried=False)) == []


def test_loss_hits_new_connections_as_well():
    facts = flows(2)
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 115, 20)
    assert not {"access.port_exhaustion", "gateway.session_table_full"} & set(named(facts))


def test_ipv4_alone_is_told_by_the_kind_of_line():
    facts = ipv4_home({step_id: fact for step_id, fact in flows(4).items() if not step_id.startswith("reach.host.x6")})
    assert named(facts | {"access.line": line(LineKind.IPV4_ONLY, LineKind.CARRIER_NAT)}) == ["access.port_exhaustion"]
    assert named(facts | {"access.line": line(LineKind.IPV4_ONLY)}) == ["gateway.session_table_full"]
    assert named(facts) == []


def test_a_service_is_not_blamed_for_random_failures():
    facts = flows(4)
    facts["reach.service.mail"] = reach(SERVICE_HOST, [attempt(SERVICE[0], kind=TIMEOUT), attempt(SERVICE[1])])
    assert named(facts) == ["access.port_exhaustion"]


# --- delay ---


def away(rtt_ms, near_ms=5.0, vary_ms=0.2):
    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 60, rtt_ms=rtt_ms, vary_ms=vary_ms)
    for digit, provider in ((4, PROVIDER4), (6, PROVIDER6)):
        facts[f"ping.provider{digit}"] = echo(provider, 60, rtt_ms=near_ms)
    return facts


def test_a_long_way_behind_the_provider():
    assert named(away(160)) == ["internet.path_latency"]
    assert named(away(160, vary_ms=140)) == ["internet.path_latency"]


def test_a_long_way_that_is_still_fine():
    assert named(away(95)) == []


def test_a_satellite_is_context_wherever_it_stands():
    assert named(away(620)) == ["access.long_delay"]
    assert named(away(620, near_ms=600)) == ["access.long_delay"]


def test_a_silent_provider_leaves_it_to_the_trace():
    facts = away(160)
    del facts["ping.provider4"], facts["ping.provider6"]
    assert named(facts | {"route.anchor4": far_path(ANCHORS[0], 1, 6, 7, 160)}) == ["internet.path_latency"]
    assert named(facts | {"route.anchor4": far_path(ANCHORS[0], 1, 158, 159, 160)}) == []


# --- some destinations ---


def test_some_destinations_lose_packets():
    facts = changed(
        ping__anchor1=echo(ANCHORS[0], 115),
        ping__anchor2=echo(ANCHORS[1], 115, 20),
        ping__control1__v4=echo(CONTROLS["www.example.com"][0], 55, 9),
        ping__control2__v4=echo(CONTROLS["www.example.net"][0], 55),
    )
    assert named(facts) == ["internet.peering"]


def test_some_destinations_are_behind_a_detour():
    facts = changed(ping__anchor2=echo(ANCHORS[1], 60, rtt_ms=320, vary_ms=80))
    slow = replace(attempt(CONTROLS["www.example.com"][0]), connect_ms=330.0)
    facts["reach.control1"] = reach("www.example.com", [slow, attempt(WWW6)])
    assert named(facts) == ["internet.peering"]


@pytest.mark.parametrize(
    "bad",
    [
        echo(ANCHORS[1], 60, 12),
        silent_echo(ANCHORS[1], 60),
        echo(ANCHORS[1], 60, rtt_ms=180),
        echo(ANCHORS[1], 60, rtt_ms=400, vary_ms=100),
    ],
    ids=["lossy", "silent", "far", "slow"],
)
def test_one_destination_may_itself_be_what_is_bad(bad):
    assert named(changed(ping__anchor2=bad)) == []


def test_loss_to_all_is_no_peering():
    facts = changed(ping__provider4=echo(PROVIDER4, 110, 20), ping__provider6=echo(PROVIDER6, 110, 20))
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 115, 20)
    assert named(facts) == ["access.loss"]


# --- loss ---


def lossy_beyond(provider4, provider6):
    facts = changed(ping__provider4=provider4, ping__provider6=provider6)
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 115, 18)
    facts["ping.gateway4"] = echo(GATEWAY4, 230, rtt_ms=1.0)
    facts["ping.gateway6"] = echo(GATEWAY6, 230, rtt_ms=1.0)
    return facts


def test_one_lost_packet_does_not_make_the_provider_lossy():
    assert named(lossy_beyond(echo(PROVIDER4, 110, 1), echo(PROVIDER6, 110))) == ["internet.path_loss"]


def test_a_provider_that_answers_few_pings_leaves_it_open():
    found = diagnose(record(lossy_beyond(echo(PROVIDER4, 110, 70), echo(PROVIDER6, 110, 70)))).findings
    assert [each.cause for each in found] == ["access.loss"]
    assert found[0].confidence < 0.8


def test_slight_loss_shows_over_all_destinations_together():
    facts = changed(ping__provider4=echo(PROVIDER4, 110, 3), ping__provider6=echo(PROVIDER6, 110, 3))
    for number, anchor in enumerate((*ANCHORS, FOURTH), start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 112 + 7 * number, 3)
    facts["ping.gateway4"] = echo(GATEWAY4, 230, rtt_ms=1.0)
    facts["ping.gateway6"] = echo(GATEWAY6, 230, rtt_ms=1.0)
    assert named(facts) == ["access.loss"]


def test_one_moment_that_hits_all_destinations_is_one_event():
    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        stats = echo(anchor, 60)
        gone = [replace(each, rtt_ms=None) if 4.0 < each.at_s < 5.0 else each for each in stats.samples]
        facts[f"ping.anchor{number}"] = build.echo_stats(anchor, stats.method, gone)
    assert named(facts) == []


def test_connections_stand_in_for_a_router_that_answers_no_ping():
    facts = lossy_beyond(echo(PROVIDER4, 110, 17), echo(PROVIDER6, 110, 17))
    for digit, gateway in ((4, GATEWAY4), (6, GATEWAY6)):
        facts[f"ping.gateway{digit}"] = silent_echo(gateway, 120)
    assert "access.loss" not in named(facts)
    for digit, gateway in ((4, GATEWAY4), (6, GATEWAY6)):
        facts[f"ping.gateway{digit}.tcp"] = echo(gateway, 110, rtt_ms=1.0, method=build.EchoMethod.TCP_CONNECT)
    assert named(facts) == ["access.loss"]


# --- large answers ---


@pytest.mark.parametrize(
    ("udp", "tcp_kind", "found"),
    [
        (TIMEOUT, TIMEOUT, ["dns.large_answers_blocked"]),
        (TIMEOUT, FailureKind.REFUSED, ["dns.large_answers_blocked"]),
        (TIMEOUT, None, []),
        (None, TIMEOUT, []),
        (None, None, []),
    ],
    ids=["both lost", "refused", "TCP works", "UDP works", "all work"],
)
def test_large_answers_need_one_way_that_works(udp, tcp_kind, found):
    assert named(changed(dns__resolver1=with_large_answers(answers(GATEWAY4), udp=udp, tcp=tcp_kind))) == found


def test_another_resolver_without_trouble_confirms_it():
    facts = changed(
        dns__resolver1=with_large_answers(answers(GATEWAY4), udp=TIMEOUT, tcp=TIMEOUT),
        dns__comparison1=with_large_answers(answers(COMPARISONS[0])),
    )
    (finding,) = diagnose(record(facts)).findings
    assert "dns.comparison1" in finding.evidence
    assert finding.confidence > 0.8


# --- odd and healthy ---


def test_shared_load_gives_a_hop_several_routers():
    path = trace(ANCHORS[0], GATEWAY4, PROVIDER4, "198.51.100.1")
    twice = replace(path.hops[2], responders=path.hops[2].responders + path.hops[1].responders)
    assert named(changed(route__anchor4=replace(path, hops=(*path.hops[:2], twice, *path.hops[3:])))) == []


def test_a_fast_control_over_plain_http_is_no_sign():
    facts = changed(reach__control1=reach("www.example.com", [WWW4], port=80, layer=ReachLayer.HTTP))
    assert named(facts) == []


# --- settings by hand ---


def typed_in(*offers):
    """A wrong network set by hand: its router, which would be on the link, is not there."""
    gateway, static = "10.1.2.1", AddressOrigin.STATIC
    own = build.interface("eth0", build.address("10.1.2.50", origin=static))
    route = replace(build.ROUTE4, gateway=gateway)
    facts = {
        **without_internet(healthy()),
        "interfaces": build.network(own, routes=[route], resolvers=[gateway]),
        "lan.gateway4": build.on_link(gateway, NeighbourState.FAILED, tcp=FailureKind.HOST_UNREACHABLE),
        "ping.gateway4": silent_echo(gateway, error=FailureKind.HOST_UNREACHABLE),
        "route.anchor4": trace(ANCHORS[0], reached=False),
    }
    if offers:
        facts["segment.lan"] = SegmentSurvey(
            interface="eth0",
            listened_s=3.0,
            dhcp_asked=True,
            routers_asked=False,
            arp=(),
            offers=offers,
            routers=(),
            switches=(),
            failure=None,
        )
    gone = {"lan.gateway6", "ping.gateway6", "ping.provider4", "ping.provider6", "dns.resolver1", "route.anchor6"}
    return {step_id: fact for step_id, fact in facts.items() if step_id not in gone}


def offer(offered, router):
    return DhcpOffer(
        kind=DhcpAnswerKind.OFFER,
        server=router,
        mac="00:00:5e:00:53:02",
        relay=None,
        answer_ms=5.0,
        offered=offered,
        prefix_length=24,
        routers=(router,),
        resolvers=(router,),
        domain=None,
        pac_url=None,
        lease_s=3600.0,
    )


def test_an_offer_of_another_network_tells_wrong_settings_from_a_dead_router():
    assert named(typed_in(offer("192.168.10.77", GATEWAY4))) == ["device.wrong_ip_settings"]
    assert named(typed_in(offer("10.1.2.77", "10.1.2.1"))) == ["gateway.unreachable"]


def test_without_an_offer_a_dead_router_is_said_with_less_confidence():
    (finding,) = diagnose(record(typed_in())).findings
    assert (finding.cause, finding.confidence < 0.8) == ("gateway.unreachable", True)
