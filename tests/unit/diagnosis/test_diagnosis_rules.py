"""Every cause is named by its signs, and not by those of its look-alikes."""

from dataclasses import replace

import diagnosis_records as build
import pytest
from diagnosis_records import (
    ANCHORS,
    COMPARISONS,
    CONTROLS,
    GATEWAY4,
    GATEWAY6,
    OWN4,
    OWN6,
    PROVIDER4,
    SERVICE,
    SERVICE_HOST,
    address,
    answers,
    attempt,
    echo,
    healthy,
    interface,
    load,
    network,
    on_link,
    portal,
    reach,
    record,
    silent_echo,
    system_lookups,
    tcp,
    trace,
    without_family,
    without_internet,
)

from nexkit.address import Family
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Segment, Severity, VerdictState
from nexkit.facts.echo import EchoMethod
from nexkit.facts.load import LoadConfidence
from nexkit.facts.network import AddressOrigin, InterfaceKind, NeighbourState, Proxy, ProxySettings
from nexkit.facts.reach import ReachLayer, TrustProblem
from nexkit.outcome import Failed, Failure, FailureKind

TIMEOUT = FailureKind.TIMEOUT
REFUSED = FailureKind.REFUSED
NO_HOST = FailureKind.HOST_UNREACHABLE
ISP = ("203.0.113.53", "203.0.113.54")
LINK_LOCAL6 = address("fe80::50", origin=AddressOrigin.LINK_LOCAL)
SELF_ASSIGNED = address("169.254.7.7", 16, AddressOrigin.LINK_LOCAL)
DEAD = {"kind": TIMEOUT}


def causes(facts):
    return [finding.cause for finding in diagnose(record(facts)).findings]


def cause(facts):
    """The root of a fault; None where the run is not one."""
    return diagnose(record(facts)).verdict.cause


def confidence(facts):
    return diagnose(record(facts)).verdict.confidence


def cut_off(*interfaces, routes=(), resolvers=()):
    """A computer that gets nowhere: only its own state can be read."""
    return {
        "interfaces": network(*interfaces, routes=routes, resolvers=resolvers),
        "lookup.system": system_lookups(kind=FailureKind.NAME_SERVER),
        **{f"reach.anchor{number}": tcp(anchor, FailureKind.NET_UNREACHABLE) for number, anchor in enumerate(ANCHORS)},
    }


def changed(**facts):
    """The healthy run with some facts replaced; `__` stands for the dot of an id."""
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


# --- healthy ---


def test_a_healthy_network_is_healthy():
    diagnosis = diagnose(record(healthy()))
    assert diagnosis.verdict.state is VerdictState.HEALTHY
    assert diagnosis.findings == ()


def ipv4_only():
    facts = without_family(healthy(), Family.IPV6, FailureKind.NET_UNREACHABLE)
    gone = {"lan.gateway6", "ping.gateway6", "ping.provider6", "ping.anchor3", "reach.anchor3", "route.anchor6"}
    kept = {step_id: fact for step_id, fact in facts.items() if step_id not in gone}
    return {**kept, "interfaces": network(interface("eth0", address(OWN4), LINK_LOCAL6), routes=[build.ROUTE4])}


def ipv6_only():
    facts = without_family(healthy(), Family.IPV4, FailureKind.NET_UNREACHABLE)
    return {
        **{step_id: fact for step_id, fact in facts.items() if not step_id.endswith("4")},
        "interfaces": network(
            interface("eth0", address(OWN6), LINK_LOCAL6), routes=[build.ROUTE6], resolvers=[GATEWAY6]
        ),
        "dns.resolver1": answers(GATEWAY6),
        "reach.service.mail": reach(SERVICE_HOST, ["2001:db8:18:3::10"]),
    }


def without_icmp():
    facts = healthy()
    return {
        step_id: silent_echo(fact.target) if step_id.startswith("ping") else fact for step_id, fact in facts.items()
    }


def by_tcp_echo():
    facts = healthy()
    return {
        step_id: replace(fact, method=EchoMethod.TCP_CONNECT) if step_id.startswith("ping") else fact
        for step_id, fact in facts.items()
    }


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(ipv4_only(), id="network of IPv4 alone"),
        pytest.param(ipv6_only(), id="network of IPv6 alone"),
        pytest.param(without_icmp(), id="nothing answers pings"),
        pytest.param(
            changed(ping__gateway4=silent_echo(GATEWAY4), lan__gateway4=on_link(tcp=TIMEOUT)), id="silent router"
        ),
        pytest.param(
            changed(ping__anchor1=silent_echo(ANCHORS[0]), reach__anchor1=tcp(ANCHORS[0], TIMEOUT)),
            id="one anchor down",
        ),
        pytest.param(changed(ping__gateway4=echo(GATEWAY4, lost=6)), id="router answers few pings"),
        pytest.param(changed(ping__gateway4=echo(GATEWAY4, rtt_ms=80)), id="router answers pings late"),
        pytest.param(changed(ping__provider4=echo(PROVIDER4, lost=12)), id="provider hop limits its replies"),
        pytest.param(changed(ping__anchor1=echo(ANCHORS[0], lost=8)), id="one anchor loses"),
        pytest.param(
            changed(ping__gateway4=echo(GATEWAY4, lost=1), ping__anchor1=echo(ANCHORS[0], lost=1)), id="one lost"
        ),
        pytest.param(changed(portal__1=portal((False, True))), id="check page changed once"),
        pytest.param(changed(portal__1=portal((False, False))), id="one check page changed at its source"),
        pytest.param(
            changed(dns__comparison1=answers(COMPARISONS[0], replaced={"www.example.com": ["198.18.1.99"]})),
            id="content network",
        ),
        pytest.param(changed(dns__resolver1=answers(GATEWAY4, **DEAD)), id="names come by another way than plain DNS"),
        pytest.param(changed(dns__comparison1=answers(COMPARISONS[0], **DEAD)), id="comparison resolver filtered"),
        pytest.param(
            changed(load__test=load(build.direction(working=echo(ANCHORS[0], rtt_ms=40)))), id="good load test"
        ),
    ],
)
def test_it_stays_healthy(facts):
    diagnosis = diagnose(record(facts))
    assert diagnosis.findings == ()
    assert diagnosis.verdict.state is VerdictState.HEALTHY


# --- this computer ---


def test_all_adapters_off():
    facts = cut_off(interface("eth0", admin_up=False, carrier=False), interface("docker0", kind=InterfaceKind.BRIDGE))
    assert cause(facts) == "device.adapter_off"


def test_no_link_on_any_interface():
    facts = cut_off(interface("eth0", carrier=False), interface("wlan0", kind=InterfaceKind.WIFI, carrier=False))
    assert cause(facts) == "device.no_link"
    assert causes(facts) == ["device.no_link"]


def test_no_link_is_not_hidden_by_a_container_bridge():
    bridge = interface("docker0", address("172.17.0.1", 16), kind=InterfaceKind.BRIDGE)
    assert cause(cut_off(interface("eth0", carrier=False), bridge)) == "device.no_link"


def test_a_link_that_the_system_does_not_tell_of_is_not_called_missing():
    assert cause(cut_off(interface("eth0", carrier=None))) is None


def test_a_second_port_without_cable_is_no_fault():
    facts = changed(interfaces=network(interface("eth0", *build.DUAL_STACK), interface("eth1", carrier=False)))
    assert diagnose(record(facts)).verdict.state is VerdictState.HEALTHY


def test_no_default_route():
    assert cause(cut_off(interface("eth0", address(OWN4), LINK_LOCAL6))) == "device.no_default_route"


def test_split_default_routes_of_a_vpn_are_no_fault():
    facts = changed(interfaces=network(interface("eth0", *build.DUAL_STACK), routes=[]))
    assert "device.no_default_route" not in causes(facts)


def test_gateway_outside_the_own_network():
    route = replace(build.ROUTE4, gateway="192.168.99.1", gateway_on_link=False)
    facts = {
        **without_internet(healthy()),
        "interfaces": network(interface("eth0", address(OWN4)), routes=[route]),
        "lan.gateway4": on_link("192.168.99.1", tcp=TIMEOUT),
        "ping.gateway4": silent_echo("192.168.99.1"),
        "route.anchor4": trace(ANCHORS[0], None, None, reached=False),
        "route.anchor6": trace(ANCHORS[2], None, None, reached=False),
    }
    assert cause(facts) == "device.wrong_ip_settings"
    assert len(causes(facts)) == 1


def test_an_off_link_gateway_that_works_is_no_fault():
    route = replace(build.ROUTE4, gateway_on_link=False)
    facts = changed(interfaces=network(interface("eth0", *build.DUAL_STACK), routes=[route, build.ROUTE6]))
    assert causes(facts) == []
    facts = {**without_internet(facts), "interfaces": facts["interfaces"]}
    assert cause(facts) == "access.line_down"


def test_a_manual_address_beside_a_living_router():
    static = (address(OWN4, origin=AddressOrigin.STATIC), address(OWN6), LINK_LOCAL6)
    facts = {
        **without_family(healthy(), Family.IPV4),
        "interfaces": network(interface("eth0", *static), resolvers=[GATEWAY6]),
        "dns.resolver1": answers(GATEWAY6),
        "lan.gateway4": on_link(neighbour=NeighbourState.FAILED, tcp=NO_HOST),
        "ping.gateway4": silent_echo(GATEWAY4),
        "route.anchor4": trace(ANCHORS[0], None, None, reached=False),
    }
    assert cause(facts) == "device.wrong_ip_settings"
    assert "gateway.unreachable" not in causes(facts)


def no_names(facts):
    return {
        **facts,
        "lookup.system": system_lookups(kind=FailureKind.NAME_SERVER),
        **{
            f"reach.control{number}": reach(name, [], resolve=FailureKind.NAME_SERVER)
            for number, name in enumerate(CONTROLS, start=1)
        },
        "reach.service.mail": reach(SERVICE_HOST, [], resolve=FailureKind.NAME_SERVER),
        "portal.1": portal((None, None), kind=FailureKind.NAME_SERVER),
        "portal.2": portal((None, None), kind=FailureKind.NAME_SERVER),
    }


def test_no_resolver_configured():
    facts = no_names(changed(interfaces=network(interface("eth0", *build.DUAL_STACK), resolvers=[])))
    del facts["dns.resolver1"]
    assert cause(facts) == "device.dns_not_set"
    assert "device.dns_not_set" not in causes({**facts, "lookup.system": system_lookups()})
    assert "device.dns_not_set" not in causes(
        {**without_internet(facts), "interfaces": facts["interfaces"], "dns.resolver1": build.answers(GATEWAY4, **DEAD)}
    )


def test_a_local_filter():
    blocked = reach(SERVICE_HOST, SERVICE, kind=FailureKind.FILTERED_LOCALLY)
    assert causes(changed(reach__service__mail=blocked)) == ["device.firewall"]
    everywhere = {
        step_id: replace(
            fact, attempts=tuple(attempt(each.address, kind=FailureKind.FILTERED_LOCALLY) for each in fact.attempts)
        )
        for step_id, fact in healthy().items()
        if step_id.startswith("reach")
    }
    assert causes({**healthy(), **everywhere}) == ["device.firewall"]
    assert causes({"interfaces": healthy()["interfaces"], **everywhere}) == []


def test_a_routers_prohibition_over_ipv6_is_not_taken_for_a_local_filter():
    prohibited = reach(
        SERVICE_HOST,
        [
            attempt(SERVICE[0], kind=NO_HOST),
            attempt("2001:db8:18:3::10", kind=FailureKind.FILTERED_LOCALLY),
        ],
        port=993,
        layer=ReachLayer.TCP,
    )
    assert causes(changed(reach__service__mail__tcp1=prohibited)) == ["security.port_blocked"]


def test_what_was_not_permitted_is_told_and_is_no_fault():
    refused = Failed(Failure(kind=FailureKind.PERMISSION, step="open"))
    diagnosis = diagnose(record(changed(ping__anchor1=refused, route__anchor4=refused)))
    assert diagnosis.verdict.state is VerdictState.HEALTHY
    assert [finding.cause for finding in diagnosis.findings] == ["device.permission_missing"]
    assert set(diagnosis.findings[0].evidence) == {"ping.anchor1", "route.anchor4"}


def test_round_trips_by_tcp_are_told_and_are_no_fault():
    diagnosis = diagnose(record(by_tcp_echo()))
    assert diagnosis.verdict.state is VerdictState.HEALTHY
    assert [finding.cause for finding in diagnosis.findings] == ["device.permission_missing"]


# --- Wi-Fi or cable ---


def test_no_lease():
    assert cause(cut_off(interface("eth0", SELF_ASSIGNED, LINK_LOCAL6))) == "lan.dhcp_failed"
    assert cause(cut_off(interface("eth0", LINK_LOCAL6))) == "lan.dhcp_failed"


def test_no_lease_with_ipv6_at_work_is_a_flaw_and_not_a_stop():
    addresses = (SELF_ASSIGNED, address(OWN6), LINK_LOCAL6)
    facts = {**ipv6_only(), "interfaces": network(interface("eth0", *addresses), routes=[build.ROUTE6])}
    (finding,) = diagnose(record(facts)).findings
    assert (finding.cause, finding.severity) == ("lan.dhcp_failed", Severity.DEGRADED)


def test_translated_ipv4_makes_up_for_a_missing_lease():
    addresses = (SELF_ASSIGNED, address(OWN6), LINK_LOCAL6)
    lookups = system_lookups()
    translated = replace(lookups.lookups[0], addresses=("64:ff9b::c612:10a",))
    facts = {
        **ipv6_only(),
        "interfaces": network(interface("eth0", *addresses), routes=[build.ROUTE6]),
        "lookup.system": replace(lookups, lookups=(translated, *lookups.lookups[1:])),
    }
    assert causes(facts) == []


def test_a_container_network_is_no_lease():
    bridge = interface("docker0", address("172.17.0.1", 16), kind=InterfaceKind.BRIDGE)
    assert cause(cut_off(interface("eth0", SELF_ASSIGNED), bridge)) == "lan.dhcp_failed"


def test_the_system_reports_a_duplicate_address():
    twice = address(OWN4, duplicate=True)
    facts = changed(interfaces=network(interface("eth0", twice, address(OWN6))))
    assert cause(facts) == "lan.duplicate_address"


def lossy(gateway=0, provider=0, anchors=0):
    facts = changed(
        ping__gateway4=echo(GATEWAY4, lost=gateway, rtt_ms=1),
        ping__gateway6=echo(GATEWAY6, lost=gateway, rtt_ms=1),
        ping__provider4=echo(PROVIDER4, lost=provider),
    )
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, lost=anchors)
    return facts


def test_loss_to_the_router_that_goes_on():
    facts = lossy(gateway=4, provider=4, anchors=4)
    assert causes(facts) == ["lan.loss"]
    (finding,) = diagnose(record(facts)).findings
    assert finding.values["loss_ratio"] == 0.2
    assert finding.values["sent"] == 20


def test_loss_to_the_router_over_one_family_alone():
    facts = lossy()
    facts["ping.gateway4"] = echo(GATEWAY4, sent=230, lost=46, rtt_ms=1)
    facts["ping.gateway6"] = echo(GATEWAY6, sent=230, rtt_ms=1)
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, sent=115, lost=0 if ":" in anchor else 20)
    assert causes(facts) == ["lan.loss"]


def test_loss_to_the_router_too_rare_for_a_rate_but_as_frequent_as_beyond_is_no_loss_of_the_line():
    facts = lossy()
    for number in (4, 6):
        facts[f"ping.gateway{number}"] = echo(GATEWAY4 if number == 4 else GATEWAY6, sent=230, lost=5, rtt_ms=1)
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, sent=115, lost=5)
    assert causes(facts) == ["lan.loss"]


def test_too_few_pings_to_the_router_leave_open_on_which_side_of_it_the_loss_is():
    facts = lossy(anchors=2)
    for number, gateway in (("4", GATEWAY4), ("6", GATEWAY6)):
        facts[f"ping.gateway{number}"] = echo(gateway, sent=15, rtt_ms=1)
    assert causes(facts) == []
    assert diagnose(record(facts)).verdict.state is VerdictState.INCONCLUSIVE


def test_few_clean_pings_do_not_rule_out_loss_in_bursts():
    facts = lossy()
    facts["ping.provider4"] = echo(PROVIDER4, sent=50)
    for number, anchor in enumerate(ANCHORS, start=1):
        whole = echo(anchor, sent=100)
        gone = {start + offset for start in range(2, 100, 25) for offset in range(5)}
        facts[f"ping.anchor{number}"] = build.echo_stats(
            anchor,
            whole.method,
            [replace(sample, rtt_ms=None) if index in gone else sample for index, sample in enumerate(whole.samples)],
        )
    for number, gateway in (("4", GATEWAY4), ("6", GATEWAY6)):
        facts[f"ping.gateway{number}"] = echo(gateway, sent=230, rtt_ms=1)
    assert causes(facts) == ["access.loss"]


def test_more_rounds_count_together():
    once = changed(ping__gateway4=echo(GATEWAY4, lost=1), ping__anchor1=echo(ANCHORS[0], lost=1))
    more = {
        "ping.gateway4.more": echo(GATEWAY4, sent=40, lost=5),
        "ping.anchor1.more": echo(ANCHORS[0], sent=40, lost=5),
        "ping.anchor2": echo(ANCHORS[1], lost=2),
    }
    assert causes(once) == []
    assert cause({**once, **more}) == "lan.loss"


def test_one_burst_is_an_event_and_no_loss_rate():
    facts = lossy()
    for step_id, fact in facts.items():
        if step_id.startswith("ping"):
            samples = tuple(
                replace(sample, rtt_ms=None) if 5 <= index < 10 else sample for index, sample in enumerate(fact.samples)
            )
            facts[step_id] = build.echo_stats(fact.target, fact.method, samples)
    assert causes(facts) == []


def test_loss_in_bursts_varies_more_from_target_to_target():
    def bursts(target, starts):
        gone = {start + offset for start in starts for offset in range(4)}
        whole = echo(target, sent=200)
        return build.echo_stats(
            target,
            whole.method,
            [replace(sample, rtt_ms=None) if index in gone else sample for index, sample in enumerate(whole.samples)],
        )

    facts = changed(
        ping__gateway4=bursts(GATEWAY4, range(0, 200, 17)), ping__gateway6=bursts(GATEWAY6, range(0, 200, 19))
    )
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = bursts(anchor, range(3, 200, 28))
    assert cause(facts) == "lan.loss"


def test_slow_way_to_the_router_that_goes_on():
    facts = changed(ping__gateway4=echo(GATEWAY4, rtt_ms=80))
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, rtt_ms=90)
    assert cause(facts) == "lan.latency"


def test_the_way_beyond_may_by_chance_be_a_little_faster_than_the_way_to_the_router():
    facts = changed(ping__gateway4=echo(GATEWAY4, rtt_ms=280))
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, rtt_ms=260)
    assert cause(facts) == "lan.latency"


def test_a_router_that_is_slow_at_pings_alone_is_no_fault():
    assert cause(changed(ping__gateway4=echo(GATEWAY4, rtt_ms=80))) is None


def test_unsteady_way_to_the_router_that_goes_on():
    facts = changed(ping__gateway4=echo(GATEWAY4, sent=60, rtt_ms=5, vary_ms=80))
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, sent=60, rtt_ms=15, vary_ms=80)
    assert cause(facts) == "lan.latency"


def behind_portal(facts, **page):
    return {**without_internet(facts), "portal.1": portal((False, False), **page), "portal.2": portal((False, False))}


def test_a_captive_portal_explains_what_is_behind_it():
    facts = behind_portal(healthy(), redirect_host="login.example.net")
    facts["dns.resolver1"] = answers(GATEWAY4, invented=["10.0.0.1"])
    diagnosis = diagnose(record(facts))
    assert diagnosis.verdict.cause == "lan.captive_portal"
    assert [finding.cause for finding in diagnosis.findings] == ["lan.captive_portal"]
    assert {"access.line_down", "dns.tampered"} <= set(diagnosis.findings[0].explains)


def test_one_check_page_needs_another_sign():
    facts = behind_portal(healthy())
    del facts["portal.2"]
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, addresses, problem=TrustProblem.SELF_SIGNED, issuer="CN=portal")
    assert cause(facts) == "lan.captive_portal"
    lone = changed(portal__1=portal((False, False)))
    del lone["portal.2"]
    assert cause(lone) is None


def test_secure_pages_that_pass_speak_against_a_captive_portal():
    page = portal((False, False))
    through = changed(portal__1=page, portal__2=page)
    assert cause(through) == "lan.captive_portal"
    assert confidence(through) < confidence(behind_portal(healthy()))


def test_few_round_trips_say_nothing_of_delay():
    facts = changed(ping__gateway4=echo(GATEWAY4, sent=3, rtt_ms=80), ping__gateway6=echo(GATEWAY6, sent=3, rtt_ms=80))
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, sent=3, rtt_ms=90)
    assert causes(facts) == []


def test_a_bad_way_to_the_router_needs_somebody_beyond_to_show_it():
    for bad in (echo(GATEWAY4, lost=6), echo(GATEWAY4, rtt_ms=80)):
        facts = changed(ping__gateway4=bad)
        for number, anchor in enumerate(ANCHORS, start=1):
            facts[f"ping.anchor{number}"] = silent_echo(anchor)
        assert causes(facts) == []


def test_a_missing_address_where_ipv6_should_work_is_not_blamed_on_the_lease():
    facts = {
        **without_internet(healthy()),
        "interfaces": network(interface("eth0", address(OWN6), LINK_LOCAL6), routes=[build.ROUTE6]),
    }
    assert "lan.dhcp_failed" not in causes(facts)


# --- router ---


def router_gone(neighbour=NeighbourState.FAILED, tcp_kind=NO_HOST, error=NO_HOST):
    return {
        **without_internet(healthy()),
        "lan.gateway4": on_link(neighbour=neighbour, tcp=tcp_kind),
        "lan.gateway6": on_link(GATEWAY6, neighbour=neighbour, tcp=tcp_kind),
        "ping.gateway4": silent_echo(GATEWAY4, error=error),
        "ping.gateway6": silent_echo(GATEWAY6, error=error),
        "dns.resolver1": answers(GATEWAY4, **DEAD),
        "route.anchor4": trace(ANCHORS[0], None, None, reached=False),
        "route.anchor6": trace(ANCHORS[2], None, None, reached=False),
    }


def test_no_router():
    assert causes(router_gone()) == ["gateway.unreachable"]
    assert causes(router_gone(NeighbourState.ABSENT, TIMEOUT, None)) == ["gateway.unreachable"]


def test_a_router_to_which_the_system_permits_nothing_is_not_gone():
    facts = router_gone(NeighbourState.ABSENT, FailureKind.PERMISSION)
    refused = Failed(Failure(kind=FailureKind.PERMISSION, step="open"))
    facts |= {"ping.gateway4": refused, "ping.gateway6": refused}
    assert "gateway.unreachable" not in causes(facts)
    assert "device.permission_missing" in causes(facts)


def test_a_healthy_network_whose_router_may_not_be_spoken_to_is_healthy():
    refused = Failed(Failure(kind=FailureKind.PERMISSION, step="open"))
    near = {
        f"lan__gateway{family}": on_link(address, NeighbourState.ABSENT, FailureKind.PERMISSION)
        for family, address in ((4, GATEWAY4), (6, GATEWAY6))
    }
    diagnosis = diagnose(record(changed(ping__gateway4=refused, ping__gateway6=refused, **near)))
    assert diagnosis.verdict.state is VerdictState.HEALTHY
    assert [finding.cause for finding in diagnosis.findings] == ["device.permission_missing"]


@pytest.mark.parametrize("kinds", [("permission",), ("permission", "no_address"), ("kit_limit",)])
def test_a_service_that_the_system_or_the_program_keeps_from_itself_is_not_tested_and_not_at_fault(kinds):
    addresses = [attempt(f"192.168.1.{number}", kind=FailureKind(kind)) for number, kind in enumerate(kinds, 20)]
    diagnosis = diagnose(record(changed(reach__service__mail=reach(SERVICE_HOST, addresses))))
    assert (diagnosis.verdict.state, diagnosis.verdict.cause) == (VerdictState.INCONCLUSIVE, None)
    assert [each.reason.value for open_yet in diagnosis.left_open for each in open_yet.because] == [kinds[0]]
    assert [(each.step, each.reason.value) for each in diagnosis.not_tested] == [("reach.service.mail", kinds[0])]
    told = [finding.cause for finding in diagnosis.findings]
    assert told == (["device.permission_missing"] if "permission" in kinds else [])


def test_a_service_that_refuses_at_its_other_address_is_judged_by_that():
    addresses = [attempt("192.168.1.20", kind=FailureKind.PERMISSION), attempt(SERVICE[0], kind=REFUSED)]
    diagnosis = diagnose(record(changed(reach__service__mail=reach(SERVICE_HOST, addresses))))
    assert diagnosis.verdict.segment is Segment.SERVICE


def test_a_router_that_answers_on_the_link_alone_has_hung_up_if_names_were_its_business():
    facts = router_gone(NeighbourState.REACHABLE, TIMEOUT, None)
    assert causes(facts) == ["gateway.unreachable"]
    assert confidence(facts) < confidence(router_gone())


def test_a_router_that_answers_on_the_link_alone_may_be_mute_by_policy():
    facts = router_gone(NeighbourState.REACHABLE, TIMEOUT, None)
    facts["interfaces"] = network(interface("eth0", *build.DUAL_STACK), resolvers=("198.51.100.53",))
    facts["dns.resolver1"] = answers("198.51.100.53", **DEAD)
    assert causes(facts) == ["access.line_down"]
    assert confidence(facts) < confidence(without_internet(healthy()))


def test_silence_without_a_word_of_the_link_names_the_place_alone():
    verdict = diagnose(record(router_gone(None, TIMEOUT, None))).verdict
    assert (verdict.state, verdict.segment.value, verdict.cause) == (VerdictState.FAULT, "gateway", None)


def test_an_ipv4_router_gone_while_ipv6_works():
    facts = {
        **without_family(healthy(), Family.IPV4),
        "lan.gateway4": on_link(neighbour=NeighbourState.FAILED, tcp=NO_HOST),
        "ping.gateway4": silent_echo(GATEWAY4, error=NO_HOST),
        "dns.resolver1": answers(GATEWAY6),
        "route.anchor4": trace(ANCHORS[0], None, None, reached=False),
    }
    facts["interfaces"] = replace(facts["interfaces"], resolvers=network(resolvers=[GATEWAY6]).resolvers)
    assert cause(facts) == "gateway.unreachable"
    assert "access.ipv4_broken" not in causes(facts)


def test_the_routers_name_service_fails():
    for broken in (answers(GATEWAY4, **DEAD), answers(GATEWAY4, rcode="SERVFAIL"), answers(GATEWAY4, kind=REFUSED)):
        assert causes(no_names(changed(dns__resolver1=broken))) == ["gateway.dns_broken"]


def test_the_routers_name_service_is_very_slow():
    facts = changed(dns__resolver1=answers(GATEWAY4, uncached_ms=1500))
    assert causes(facts) == ["gateway.dns_broken"]


def test_two_private_hops_are_a_second_router():
    facts = changed(route__anchor4=trace(ANCHORS[0], GATEWAY4, "192.168.1.1", PROVIDER4))
    diagnosis = diagnose(record(facts))
    assert [finding.cause for finding in diagnosis.findings] == ["gateway.double_nat"]
    assert diagnosis.verdict.state is VerdictState.HEALTHY


def test_many_private_hops_are_an_office():
    facts = changed(route__anchor4=trace(ANCHORS[0], GATEWAY4, "10.1.0.1", "10.2.0.1", PROVIDER4))
    assert causes(facts) == []


def test_names_that_fail_everywhere_are_not_the_routers_fault():
    facts = no_names(
        changed(
            dns__resolver1=answers(GATEWAY4, rcode="SERVFAIL"),
            dns__comparison1=answers(COMPARISONS[0], rcode="SERVFAIL"),
            dns__comparison2=answers(COMPARISONS[1], rcode="SERVFAIL"),
        )
    )
    assert causes(facts) == []


def test_a_router_that_neither_link_nor_internet_misses_is_there():
    facts = changed(
        lan__gateway6=on_link(GATEWAY6, neighbour=NeighbourState.ABSENT, tcp=TIMEOUT),
        ping__gateway6=silent_echo(GATEWAY6),
        route__anchor6=trace(ANCHORS[2], None, build.PROVIDER6),
    )
    assert causes(facts) == []


# --- line ---


def test_the_line_is_down():
    facts = without_internet(healthy())
    assert causes(facts) == ["access.line_down"]


def test_a_router_that_reports_no_route_for_every_hop_is_not_beyond_itself():
    gateway6 = "2001:db8:10::1"
    facts = {
        **without_internet(healthy()),
        "route.anchor4": trace(
            ANCHORS[0], GATEWAY4, GATEWAY4, GATEWAY4, reached=False, unreachable=FailureKind.NET_UNREACHABLE
        ),
        "route.anchor6": trace(ANCHORS[2], None, gateway6, gateway6, reached=False),
    }
    assert cause(facts) == "access.line_down"


def test_without_a_trace_the_line_is_not_blamed():
    facts = without_internet(healthy())
    del facts["route.anchor4"], facts["route.anchor6"]
    verdict = diagnose(record(facts)).verdict
    assert (verdict.state, verdict.segment.value, verdict.cause) == (VerdictState.FAULT, "internet", None)


def test_behind_a_proxy_silence_proves_nothing():
    facts = without_internet(healthy())
    proxy = ProxySettings(https=Proxy(host="proxy.example.com", port=3128))
    facts["interfaces"] = replace(facts["interfaces"], proxy=proxy)
    diagnosis = diagnose(record(facts))
    assert "access.line_down" not in [finding.cause for finding in diagnosis.findings]
    assert diagnosis.verdict.state is VerdictState.INCONCLUSIVE


def test_ipv6_leads_nowhere():
    assert causes(without_family(healthy(), Family.IPV6)) == ["access.ipv6_broken"]
    assert causes(without_family(healthy(), Family.IPV6, FailureKind.NET_UNREACHABLE)) == ["access.ipv6_broken"]


def test_one_dead_ipv6_destination_is_too_few():
    facts = without_family(healthy(), Family.IPV6)
    facts["reach.control1"] = reach("www.example.com", CONTROLS["www.example.com"][:1])
    facts["reach.control2"] = reach("www.example.net", CONTROLS["www.example.net"][:1])
    assert "access.ipv6_broken" not in causes(facts)


def test_ipv4_leads_nowhere():
    assert causes(without_family(healthy(), Family.IPV4)) == ["access.ipv4_broken"]


def test_loss_on_the_line():
    (finding,) = diagnose(record(lossy(provider=4, anchors=4))).findings
    assert finding.cause == "access.loss"
    assert finding.values["family"] == "ipv4"


def test_loss_without_a_provider_hop_is_the_lines_with_less_confidence():
    sure = lossy(provider=4, anchors=4)
    facts = lossy(anchors=4)
    del facts["ping.provider4"]
    assert cause(facts) == "access.loss"
    assert confidence(facts) < confidence(sure)


def test_lossy_everywhere_with_a_silent_router_is_not_healthy():
    facts = lossy(anchors=4)
    facts["ping.gateway4"] = silent_echo(GATEWAY4)
    facts["ping.gateway6"] = silent_echo(GATEWAY6)
    verdict = diagnose(record(facts)).verdict
    assert (verdict.state, verdict.segment.value) == (VerdictState.INCONCLUSIVE, "internet")


def test_repeated_syns_are_loss():
    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        stats = echo(anchor, lost=0, method=EchoMethod.TCP_CONNECT)
        late = tuple(
            replace(sample, rtt_ms=1010.0) if index % 5 == 0 else sample for index, sample in enumerate(stats.samples)
        )
        facts[f"ping.anchor{number}"] = replace(stats, samples=late)
    del facts["ping.provider4"]
    assert cause(facts) == "access.loss"


def test_long_and_unsteady():
    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, sent=60, rtt_ms=150, vary_ms=120)
    for digit, provider in ((4, PROVIDER4), (6, build.PROVIDER6)):
        facts[f"ping.provider{digit}"] = echo(provider, sent=60, rtt_ms=145, vary_ms=120)
    assert cause(facts) == "access.latency"


def test_long_but_steady_is_context():
    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, rtt_ms=620)
    diagnosis = diagnose(record(facts))
    assert [finding.cause for finding in diagnosis.findings] == ["access.long_delay"]
    assert diagnosis.verdict.state is VerdictState.HEALTHY


def test_a_deep_queue():
    working = echo(ANCHORS[0], sent=50, rtt_ms=412)
    facts = changed(
        load__test=load(build.direction(working=echo(ANCHORS[0], rtt_ms=12)), build.direction(working=working))
    )
    (finding,) = diagnose(record(facts)).findings
    assert finding.cause == "access.bufferbloat"
    assert finding.values["direction"] == "up"
    assert finding.values["working_rtt_ms"] == pytest.approx(412, abs=1)


def test_a_queue_that_fills_at_times():
    full = echo(ANCHORS[0], sent=50, lost=0, rtt_ms=20)
    late = tuple(
        replace(sample, rtt_ms=300.0) if index % 8 == 0 else sample for index, sample in enumerate(full.samples)
    )
    facts = changed(load__test=load(build.direction(working=build.echo_stats(ANCHORS[0], full.method, late))))
    assert cause(facts) == "access.bufferbloat"


def _cut_off(*hosts):
    """Nothing comes back from these addresses, by any means."""
    facts = build.healthy()
    for step, fact in list(facts.items()):
        if step.startswith("ping.anchor") and fact.target in hosts:
            facts[step] = build.silent_echo(fact.target)
        if step.startswith("route.anchor") and fact.target in hosts:
            facts[step] = replace(fact, reached=False)
        if step.startswith("reach."):
            attempts = tuple(
                build.attempt(each.address, kind=FailureKind.TIMEOUT) if each.address in hosts else each
                for each in fact.attempts
            )
            facts[step] = replace(fact, attempts=attempts)
    return facts


def test_a_network_that_is_cut_off_is_told_from_the_rest():
    gone = (ANCHORS[0], *CONTROLS["www.example.com"])
    assert cause(_cut_off(*gone)) == "internet.peering"


def test_one_anchor_or_controls_alone_that_are_gone_are_no_network():
    assert "internet.peering" not in causes(_cut_off(ANCHORS[0]))
    assert "internet.peering" not in causes(_cut_off(*CONTROLS["www.example.com"], *CONTROLS["www.example.net"][:1]))


def _loaded(gateway_ms):
    way = replace(
        build.direction(working=echo(ANCHORS[0], rtt_ms=412)), working_gateway=echo(GATEWAY4, rtt_ms=gateway_ms)
    )
    return changed(load__test=replace(load(way), idle_gateway=echo(GATEWAY4, rtt_ms=1)))


def test_a_queue_before_the_router_is_not_the_lines():
    (finding,) = diagnose(record(_loaded(gateway_ms=395))).findings
    assert finding.cause == "lan.latency"
    assert finding.values["direction"] == "down"
    assert finding.values["rtt_p50_ms"] == pytest.approx(395, abs=5)


@pytest.mark.parametrize("gateway_ms", [pytest.param(1, id="quick"), pytest.param(90, id="busy forwarding")])
def test_a_router_that_is_a_little_late_under_load_is_not_where_it_queues(gateway_ms):
    assert causes(_loaded(gateway_ms)) == ["access.bufferbloat"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"load__test": load(build.direction(working=echo(ANCHORS[0], sent=5, rtt_ms=400)))}, id="few replies"
        ),
        pytest.param(
            {
                "load__test": load(
                    build.direction(working=echo(ANCHORS[0], rtt_ms=400)),
                    idle=echo(ANCHORS[0], sent=60, rtt_ms=20, vary_ms=90),
                )
            },
            id="unsteady before the load",
        ),
        pytest.param(
            {
                "load__test": load(build.direction(working=echo(ANCHORS[0], rtt_ms=400))),
                "ping__gateway4": echo(GATEWAY4, rtt_ms=80),
            },
            id="router slow by itself",
        ),
    ],
)
def test_no_deep_queue(changes):
    assert "access.bufferbloat" not in causes(changed(**changes))


def test_much_slower_than_expected():
    slow = load(build.direction(20e6), build.direction(40e6), expect_down=90e6, expect_up=40e6)
    assert cause(changed(load__test=slow)) == "access.slow"
    unsure = load(build.direction(20e6, confidence=LoadConfidence.LOW), expect_down=90e6)
    assert cause(changed(load__test=unsure)) is None


def test_slow_wifi_is_not_the_line():
    slow = load(build.direction(20e6), expect_down=90e6)
    by_radio = network(interface("eth0", *build.DUAL_STACK, kind=InterfaceKind.WIFI))
    assert cause(changed(load__test=slow, interfaces=by_radio)) is None


def test_carrier_nat_is_context():
    facts = changed(route__anchor4=trace(ANCHORS[0], GATEWAY4, "100.64.0.1", PROVIDER4))
    assert causes(facts) == ["access.cgnat"]
    overlay = changed(route__anchor4=trace(ANCHORS[0], "100.100.0.1", PROVIDER4))
    assert causes(overlay) == []


# --- internet ---


def test_nothing_beyond_the_provider():
    assert causes(without_internet(healthy(), beyond=(PROVIDER4,))) == ["internet.unreachable"]


def test_a_provider_that_reports_no_route_is_beyond_the_gateway():
    facts = without_internet(healthy())
    unreachable = FailureKind.NET_UNREACHABLE
    path = trace(ANCHORS[0], GATEWAY4, PROVIDER4, PROVIDER4, reached=False, unreachable=unreachable)
    assert causes({**facts, "route.anchor4": path}) == ["internet.unreachable"]


def test_loss_behind_the_provider():
    assert cause(lossy(anchors=8)) == "internet.path_loss"


def test_packets_going_round():
    a, b = "203.0.113.9", "203.0.113.10"
    loop = trace(ANCHORS[0], GATEWAY4, PROVIDER4, a, b, a, b, a, b, reached=False)
    facts = {**without_internet(healthy(), beyond=(PROVIDER4,)), "route.anchor4": loop}
    assert causes(facts) == ["internet.routing_loop"]


def test_a_router_that_repeats_itself_is_no_loop():
    a = "203.0.113.9"
    path = trace(ANCHORS[0], GATEWAY4, PROVIDER4, a, a, a, a, a, a, reached=False)
    facts = {**without_internet(healthy(), beyond=(PROVIDER4,)), "route.anchor4": path}
    assert causes(facts) == ["internet.unreachable"]


# --- names ---


def with_isp_resolvers(first, second, **changes):
    facts = changed(
        interfaces=network(interface("eth0", *build.DUAL_STACK), resolvers=ISP),
        dns__resolver1=answers(ISP[0], **first),
        dns__resolver2=answers(ISP[1], **second),
        **changes,
    )
    both_bad = all("rcode" in each or "kind" in each for each in (first, second))
    return no_names(facts) if both_bad else facts


def test_no_resolver_answers():
    facts = with_isp_resolvers(DEAD, DEAD)
    assert causes(facts) == ["dns.resolver_unreachable"]
    assert diagnose(record(facts)).findings[0].values["port_53"] == "open"


def test_port_53_filtered_to_all():
    everyone_silent = {f"dns__comparison{number}": answers(each, **DEAD) for number, each in enumerate(COMPARISONS, 1)}
    facts = with_isp_resolvers(DEAD, DEAD, **everyone_silent)
    assert cause(facts) == "dns.resolver_unreachable"
    assert diagnose(record(facts)).findings[0].values["port_53"] == "filtered"


def test_resolvers_that_err():
    for code in ("SERVFAIL", "REFUSED"):
        facts = with_isp_resolvers({"rcode": code}, {"rcode": code})
        assert causes(facts) == ["dns.resolver_error"]
        assert diagnose(record(facts)).findings[0].values["rcode"] == code
    assert cause(with_isp_resolvers(DEAD, {"rcode": "SERVFAIL"})) == "dns.resolver_error"


def test_errors_everywhere_are_the_names_own():
    everyone = {
        f"dns__comparison{number}": answers(each, rcode="SERVFAIL") for number, each in enumerate(COMPARISONS, 1)
    }
    facts = with_isp_resolvers({"rcode": "SERVFAIL"}, {"rcode": "SERVFAIL"}, **everyone)
    verdict = diagnose(record(facts)).verdict
    assert (verdict.state, verdict.segment.value, verdict.cause) == (VerdictState.FAULT, "dns", None)


def test_a_service_name_refused_by_the_own_resolver():
    facts = changed(
        dns__resolver1=answers(GATEWAY4, service="SERVFAIL"),
        lookup__system=system_lookups(without=(SERVICE_HOST,)),
        reach__service__mail=reach(SERVICE_HOST, [], resolve=FailureKind.NAME_SERVER),
    )
    assert cause(facts) == "dns.resolver_error"


def test_the_first_resolver_is_dead():
    facts = with_isp_resolvers(DEAD, {}, lookup__system=system_lookups(time_ms=5010))
    assert causes(facts) == ["dns.first_resolver_dead"]


def test_a_first_resolver_whose_system_refuses_is_dead_too():
    facts = with_isp_resolvers({"kind": FailureKind.REFUSED}, {})
    assert causes(facts) == ["dns.first_resolver_dead"]


def test_a_first_resolver_without_way_costs_no_time():
    facts = with_isp_resolvers({"kind": FailureKind.NET_UNREACHABLE}, {})
    assert causes(facts) == []


def test_a_dead_first_resolver_of_a_dead_family_is_that_familys():
    resolver6 = "2001:db8:53::53"
    facts = {
        **without_family(healthy(), Family.IPV6),
        "interfaces": network(interface("eth0", *build.DUAL_STACK), resolvers=(resolver6, GATEWAY4)),
        "dns.resolver1": answers(resolver6, **DEAD),
        "dns.resolver2": answers(GATEWAY4),
    }
    assert causes(facts) == ["access.ipv6_broken"]


def test_slow_names():
    facts = with_isp_resolvers({"uncached_ms": 900}, {"uncached_ms": 700})
    assert causes(facts) == ["dns.slow"]
    everyone = {
        f"dns__comparison{number}": answers(each, uncached_ms=800) for number, each in enumerate(COMPARISONS, 1)
    }
    assert causes({**facts, **{key.replace("__", "."): fact for key, fact in everyone.items()}}) == []


def test_an_invented_address():
    facts = changed(dns__resolver1=answers(GATEWAY4, invented=["198.18.66.66"]))
    assert causes(facts) == ["dns.tampered"]


def replaced(given, **how):
    return changed(
        dns__resolver1=answers(GATEWAY4, replaced={"www.example.net": [given]}),
        reach__control2=reach("www.example.net", [given], **how),
    )


def test_a_public_name_sent_elsewhere():
    assert cause(replaced("10.11.12.13", kind=TIMEOUT)) == "dns.tampered"
    assert cause(replaced("198.18.66.66", problem=TrustProblem.WRONG_NAME)) == "dns.tampered"


def test_a_private_address_that_serves_the_name_is_a_split_horizon():
    assert causes(replaced("10.11.12.13")) == []


def test_another_address_that_is_just_dead_is_not_tampering():
    assert "dns.tampered" not in causes(replaced("198.18.66.66", kind=TIMEOUT))


def test_all_names_sent_to_one_place():
    sink = "198.18.66.66"
    facts = changed(dns__resolver1=answers(GATEWAY4, replaced={name: [sink] for name in CONTROLS}))
    for number, name in enumerate(CONTROLS, start=1):
        facts[f"reach.control{number}"] = reach(name, [sink], kind=REFUSED)
    assert "dns.tampered" in causes(facts)


def test_no_answer_to_ipv6_questions():
    assert causes(changed(dns__resolver1=answers(GATEWAY4, aaaa=TIMEOUT))) == ["dns.aaaa_broken"]


def test_a_name_that_nobody_knows():
    facts = changed(
        dns__resolver1=answers(GATEWAY4, service="NXDOMAIN"),
        dns__comparison1=answers(COMPARISONS[0], service="NXDOMAIN"),
        dns__comparison2=answers(COMPARISONS[1], service="NXDOMAIN"),
        lookup__system=system_lookups(without=(SERVICE_HOST,)),
        reach__service__mail=reach(SERVICE_HOST, [], resolve=FailureKind.NAME_NOT_FOUND),
    )
    (finding,) = diagnose(record(facts)).findings
    assert (finding.cause, finding.values["service"]) == ("dns.name_missing", "mail")
    assert "dns.name_missing" not in causes({**facts, "dns.comparison1": answers(COMPARISONS[0])})


def test_a_name_of_the_hosts_file_is_not_missing():
    everyone = {
        "dns.resolver1": answers(GATEWAY4, service="NXDOMAIN"),
        "dns.comparison1": answers(COMPARISONS[0], service="NXDOMAIN"),
        "dns.comparison2": answers(COMPARISONS[1], service="NXDOMAIN"),
    }
    assert causes({**healthy(), **everyone}) == []


def test_silent_and_erring_comparisons_leave_the_cause_open():
    facts = with_isp_resolvers(
        DEAD,
        DEAD,
        dns__comparison1=answers(COMPARISONS[0], rcode="SERVFAIL"),
        dns__comparison2=answers(COMPARISONS[1], **DEAD),
    )
    assert causes(facts) == []


def test_no_answer_to_ipv6_questions_anywhere_leaves_the_cause_open():
    everyone = {f"dns__comparison{number}": answers(each, aaaa=TIMEOUT) for number, each in enumerate(COMPARISONS, 1)}
    assert causes(changed(dns__resolver1=answers(GATEWAY4, aaaa=TIMEOUT), **everyone)) == []


# --- filters ---


def test_one_unknown_issuer_for_strangers():
    facts = healthy()
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(
            name, addresses, problem=TrustProblem.UNKNOWN_ISSUER, issuer="CN=Example Inspection"
        )
    assert cause(facts) == "security.inspection_root_missing"
    facts["reach.control2"] = reach("www.example.net", CONTROLS["www.example.net"])
    assert "security.inspection_root_missing" not in causes(facts)


def imap(kind):
    return {"reach__service__mail__tcp1": reach(SERVICE_HOST, SERVICE, port=993, layer=ReachLayer.TCP, kind=kind)}


@pytest.mark.parametrize("kind", [TIMEOUT, NO_HOST, REFUSED])
def test_a_port_cut_off_while_another_is_open(kind):
    (finding,) = diagnose(record(changed(**imap(kind)))).findings
    assert finding.cause == "security.port_blocked"
    assert finding.values["port"] == 993


def service_silent(**host):
    return changed(reach__service__mail=reach(SERVICE_HOST, SERVICE, kind=TIMEOUT), **host)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param({"ping__host__mail": echo(SERVICE[0])}, id="pings"),
        pytest.param({"reach__host__mail__p80": tcp(SERVICE[0], REFUSED, port=80)}, id="refusal on another port"),
        pytest.param({"reach__host__mail__p80": tcp(SERVICE[0], port=80)}, id="another port open"),
    ],
)
def test_a_silent_port_of_a_living_host_is_blocked(host):
    assert cause(service_silent(**host)) == "security.port_blocked"


# --- service ---


def test_a_service_that_is_gone():
    facts = service_silent(
        ping__host__mail=silent_echo(SERVICE[0]), reach__host__mail__p80=tcp(SERVICE[0], TIMEOUT, port=80)
    )
    (finding,) = diagnose(record(facts)).findings
    assert finding.cause == "service.down"
    assert finding.values == {"service": "mail", "port": 443, "answer": "silent"}


def test_a_service_that_refuses():
    refused = reach(SERVICE_HOST, SERVICE, kind=REFUSED)
    facts = changed(
        reach__service__mail=refused,
        reach__service__mail__tcp1=replace(refused, port=993, layer=ReachLayer.TCP),
        ping__host__mail=echo(SERVICE[0]),
    )
    assert causes(facts) == ["service.down"]


def test_without_controls_no_service_is_blamed():
    facts = service_silent()
    for step_id in [key for key in facts if key.startswith(("reach.anchor", "reach.control"))]:
        del facts[step_id]
    diagnosis = diagnose(record(facts))
    assert diagnosis.findings == ()
    assert diagnosis.verdict.state is VerdictState.INCONCLUSIVE


def test_an_inner_service_is_not_blamed_by_controls_of_the_internet():
    facts = changed(reach__service__mail=reach(SERVICE_HOST, ["10.50.0.7"], kind=TIMEOUT))
    verdict = diagnose(record(facts)).verdict
    assert (verdict.state, verdict.segment.value, verdict.cause) == (VerdictState.FAULT, "service", None)


@pytest.mark.parametrize("bad", [attempt(SERVICE[1], kind=TIMEOUT), attempt(SERVICE[1], status=502)])
def test_one_bad_address_of_several(bad):
    (finding,) = diagnose(record(changed(reach__service__mail=reach(SERVICE_HOST, [SERVICE[0], bad])))).findings
    assert (finding.cause, finding.values["bad"], finding.values["tested"]) == ("service.address_bad", 1, 2)


@pytest.mark.parametrize("problem", list(TrustProblem))
def test_a_bad_certificate(problem):
    facts = changed(reach__service__mail=reach(SERVICE_HOST, SERVICE, problem=problem, issuer="CN=own"))
    (finding,) = diagnose(record(facts)).findings
    assert (finding.cause, finding.values["problem"]) == ("service.cert_invalid", problem.value)


def test_bad_certificates_everywhere_are_not_the_services():
    expired = {"problem": TrustProblem.EXPIRED}
    facts = changed(reach__service__mail=reach(SERVICE_HOST, SERVICE, **expired))
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, addresses, **expired)
    assert "service.cert_invalid" not in causes(facts)


@pytest.mark.parametrize(
    ("status", "expected", "name"),
    [
        (503, (), "service.http_error"),
        (404, (200,), "service.http_error"),
        (404, (), None),
        (429, (), "service.rate_limited"),
        (302, (200, 302), None),
        (503, (503,), None),
    ],
)
def test_http_answers(status, expected, name):
    facts = changed(reach__service__mail=reach(SERVICE_HOST, SERVICE, status=status, expected=expected))
    assert cause(facts) == name


@pytest.mark.parametrize("expected", [(), (200,)])
def test_a_sign_in_is_context(expected):
    facts = changed(reach__service__mail=reach(SERVICE_HOST, SERVICE, status=401, expected=expected))
    diagnosis = diagnose(record(facts))
    assert [finding.cause for finding in diagnosis.findings] == ["service.sign_in"]
    assert diagnosis.verdict.state is VerdictState.HEALTHY


def test_a_slow_service():
    facts = changed(reach__service__mail=reach(SERVICE_HOST, SERVICE, first_byte_ms=4000))
    assert cause(facts) == "service.slow"
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, addresses, first_byte_ms=3000)
    assert causes(facts) == []


# --- loss gives silence by chance ---


def heavy_loss(lost=12):
    """So many of 20 packets lost beyond the router, each with an answer of its own."""
    return lossy(provider=lost, anchors=lost)


def test_loss_gives_silence_that_is_no_fault_of_a_server():
    facts = heavy_loss()
    one_of_two = [attempt(SERVICE[0], kind=TIMEOUT), attempt(SERVICE[1])]
    facts["reach.service.mail"] = reach(SERVICE_HOST, one_of_two)
    assert causes(facts) == ["access.loss"]
    facts["reach.service.mail"] = reach(SERVICE_HOST, SERVICE, kind=TIMEOUT)
    assert causes(facts) == ["access.loss"]
    rungs = {rung.segment.value: rung.state.value for rung in diagnose(record(facts)).ladder}
    assert rungs["service"] == "inconclusive"
    facts["reach.host.mail.p80"] = tcp(SERVICE[0], port=80)
    assert causes(facts) == ["access.loss"]


def test_a_service_that_never_answers_is_down_in_spite_of_loss():
    facts = heavy_loss(lost=4)
    facts["reach.service.mail"] = reach(SERVICE_HOST, SERVICE, kind=TIMEOUT)
    facts["reach.host.mail.p80"] = tcp(SERVICE[0], port=80, kind=TIMEOUT)
    facts["ping.host.mail"] = silent_echo(SERVICE[0])
    assert causes(facts) == ["service.down", "access.loss"]


def test_loss_gives_silence_that_is_no_fault_of_a_resolver():
    facts = {
        **heavy_loss(lost=17),
        **{key: fact for key, fact in healthy().items() if key.startswith("dns.comparison")},
    }
    facts["dns.resolver1"] = answers(GATEWAY4, kind=TIMEOUT)
    facts["lookup.system"] = system_lookups(kind=FailureKind.NAME_SERVER)
    assert causes(facts) == ["access.loss"]
    facts = {**with_isp_resolvers({"kind": TIMEOUT}, {}), **{k: v for k, v in heavy_loss(17).items() if "ping" in k}}
    assert causes(facts) == ["access.loss"]
    facts = {**heavy_loss(lost=17), "dns.resolver1": answers(GATEWAY4, aaaa=TIMEOUT)}
    assert causes(facts) == ["access.loss"]


def test_a_gateway_not_found_over_a_lossy_stretch_is_no_fault_of_its_family():
    facts = without_family(healthy(), Family.IPV6)
    for number, anchor in enumerate(ANCHORS[:2], start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, lost=10)
    facts["ping.gateway4"] = echo(GATEWAY4, lost=10, rtt_ms=1)
    assert causes(facts) == ["lan.loss"]


# --- refused on the way, hanging, half a way out ---


def test_a_family_refused_by_a_router_on_the_way_is_broken():
    for kind in (FailureKind.REFUSED, FailureKind.FILTERED_LOCALLY):
        facts = without_family(healthy(), Family.IPV6, kind)
        assert causes(facts) == ["access.ipv6_broken"]


def test_a_server_that_accepts_and_never_greets_is_down():
    hanging = [replace(attempt(each), tls=None, http=None, failure=build.failure(step="tls")) for each in SERVICE]
    (finding,) = diagnose(record(changed(reach__service__mail=reach(SERVICE_HOST, hanging)))).findings
    assert (finding.cause, finding.values["answer"]) == ("service.down", "hangs")
    half = [hanging[0], attempt(SERVICE[1])]
    assert "service.down" not in causes(changed(reach__service__mail=reach(SERVICE_HOST, half)))


def test_ipv4_without_a_way_beside_ipv6_that_works():
    nic = interface("eth0", *build.DUAL_STACK)
    facts = without_family(healthy(), Family.IPV4)
    facts["interfaces"] = network(nic, routes=[build.ROUTE6])
    (finding,) = diagnose(record(facts)).findings
    assert (finding.cause, finding.severity.value) == ("device.no_default_route", "degraded")


def test_ipv4_without_a_way_on_another_interface_may_be_a_closed_network():
    facts = without_family(healthy(), Family.IPV4)
    inner, outer = interface("eth1", address(OWN4)), interface("eth0", address(OWN6))
    facts["interfaces"] = network(inner, outer, routes=[build.ROUTE6])
    assert "device.no_default_route" not in causes(facts)


def test_an_ipv6_address_without_a_way_promises_nothing():
    facts = without_family(healthy(), Family.IPV6)
    facts["interfaces"] = network(interface("eth0", *build.DUAL_STACK), routes=[build.ROUTE4])
    assert causes(facts) == []


# --- a service's name sent elsewhere ---


def service_sent_elsewhere(**genuine):
    """Every configured answer for the service is somebody else's host; the comparison knows the real one."""
    foreign = {SERVICE_HOST: ("198.18.2.10",)}
    return changed(
        dns__resolver1=answers(GATEWAY4, replaced=foreign),
        reach__service__mail=reach(SERVICE_HOST, ["198.18.2.10"], problem=TrustProblem.WRONG_NAME),
        reach__service__mail__tcp1=reach(
            SERVICE_HOST, ["198.18.2.10"], port=993, layer=ReachLayer.TCP, kind=FailureKind.REFUSED
        ),
        reach__host__mail__elsewhere=reach(SERVICE_HOST, [SERVICE[0]], **genuine),
    )


def test_a_services_name_sent_to_somebody_elses_host():
    (finding,) = diagnose(record(service_sent_elsewhere())).findings
    assert finding.cause == "dns.tampered"
    assert set(finding.explains) == {"service.cert_invalid", "security.port_blocked"}


@pytest.mark.parametrize(("kind", "named"), [("timeout", True), ("permission", False), ("filtered_locally", False)])
def test_an_inner_address_at_which_nobody_could_be_asked_is_not_called_empty(kind, named):
    inner = "192.168.1.30"
    facts = changed(
        dns__resolver1=answers(GATEWAY4, replaced={SERVICE_HOST: (inner,)}),
        reach__service__mail=reach(SERVICE_HOST, [inner], kind=FailureKind(kind)),
        reach__host__mail__elsewhere=reach(SERVICE_HOST, [SERVICE[0]]),
    )
    assert ("dns.tampered" in causes(facts)) is named


def test_a_certificate_that_is_wrong_wherever_the_service_is_asked_is_its_own_fault():
    assert "dns.tampered" not in causes(service_sent_elsewhere(problem=TrustProblem.WRONG_NAME))
