"""Causes that lie near each other, told apart by what only one of them does."""

from dataclasses import replace

import pytest
from access_records import hole, sizes
from diagnosis_records import (
    ANCHORS,
    COMPARISONS,
    CONTROLS,
    DUAL_STACK,
    GATEWAY4,
    PROVIDER4,
    ROUTE6,
    SERVICE,
    SERVICE_HOST,
    T,
    answers,
    attempt,
    echo,
    failure,
    healthy,
    interface,
    network,
    reach,
    record,
    system_lookups,
    tcp,
    without_family,
)
from proxy_records import udp_path

from nexkit.address import Family
from nexkit.diagnosis.causes import finding
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Severity, VerdictState
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.reach import ReachLayer, TrustProblem
from nexkit.outcome import FailureKind
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text
from nexkit.units import Ms

ROUTER6 = "2001:db8:10::1"
"""The router's own address in the home's prefix: the first hop of the healthy run's IPv6 path."""
UNKNOWN = {"problem": TrustProblem.UNKNOWN_ISSUER, "issuer": "CN=Example Filter"}
L = FailureKind.FILTERED_LOCALLY
ENGLISH = Texts("en")


def findings(facts):
    return diagnose(record(facts)).findings


def named(facts):
    return [each.cause for each in findings(facts)]


def changed(**facts):
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


# --- what this system itself refuses ---


def test_datagrams_that_this_system_refuses_are_its_own_filter():
    assert named(changed(udp__check=udp_path(L, L))) == ["device.firewall"]


def test_over_ipv6_alone_a_router_may_have_said_so():
    fact = udp_path(L, L, address="2001:db8:18:8::80")
    assert "device.firewall" not in named(changed(udp__check=fact))


def test_datagrams_that_vanish_are_nobodys_filter_here():
    assert "device.firewall" not in named(changed(udp__check=udp_path(T, T)))


# --- a family without connections ---


def only_pings(*, anchors=True, controls=True):
    """IPv6 answers echo, and takes no connection."""
    facts = healthy()
    if anchors:
        facts["reach.anchor3"] = tcp(ANCHORS[2], T)
    if controls:
        for number, (name, (own4, own6)) in enumerate(CONTROLS.items(), start=1):
            facts[f"reach.control{number}"] = reach(name, [own4, attempt(own6, kind=T)])
    return facts


def test_pings_alone_make_no_internet():
    assert named(only_pings()) == ["access.ipv6_broken"]


def test_a_service_is_not_blamed_for_its_whole_family():
    facts = only_pings()
    facts["reach.service.mail"] = reach(SERVICE_HOST, [SERVICE[0], attempt("2001:db8:18:3::30", kind=T)])
    assert named(facts) == ["access.ipv6_broken"]


def test_one_that_takes_connections_clears_the_family():
    facts = only_pings()
    facts["reach.host.other"] = tcp("2001:db8:18:9::1")
    assert named(facts) == []


def test_a_single_destination_says_nothing_of_its_family():
    assert named(only_pings(controls=False)) == []


def test_lost_packets_may_be_why_no_connection_came_about():
    facts = only_pings()
    facts["ping.anchor3"] = echo(ANCHORS[2], 60, 40)
    assert "access.ipv6_broken" not in named(facts)


# --- new connections ---


def test_room_that_a_router_says_it_lacks_is_a_lack_of_room():
    facts = healthy()
    for number in range(1, 11):
        to = f"198.18.7.{number}"
        facts[f"reach.host.x{number}"] = tcp(to, FailureKind.HOST_UNREACHABLE if number <= 4 else None)
        facts[f"ping.host.x{number}"] = echo(to, 10)
    facts["reach.host.x0"] = tcp("198.18.7.1")
    for number in range(1, 11):
        facts[f"reach.host.y{number}"] = tcp(f"2001:db8:18:7::{number}")
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 115)
    assert named(facts) == ["access.port_exhaustion"]


def slow_connects(rtt_ms, connect_ms):
    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 60, rtt_ms=rtt_ms, vary_ms=100.0)
        late = replace(attempt(anchor), connect_ms=connect_ms)
        facts[f"reach.anchor{number}"] = reach(anchor, [late])
    for number in range(1, 9):
        facts[f"reach.host.x{number}"] = reach("other", [replace(attempt(f"198.18.7.{number}"), connect_ms=connect_ms)])
    return facts


def test_connections_as_late_as_pings_were_not_repeated():
    assert not {"gateway.session_table_full", "access.port_exhaustion"} & set(named(slow_connects(980.0, 1060.0)))


# --- where loss begins ---


@pytest.mark.parametrize(("to_provider", "found"), [(5, ["access.loss"]), (0, ["internet.path_loss"])])
def test_few_packets_to_the_provider_do_not_make_the_loss_begin_behind_it(to_provider, found):
    facts = healthy()
    facts["ping.provider4"] = echo(PROVIDER4, 50, to_provider, rtt_ms=5.0)
    for name in ("ping.gateway4", "ping.gateway6"):
        facts[name] = echo(facts[name].target, 120, rtt_ms=1.0)
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 55, 13 if number < 3 else 0)
    assert named(facts) == found


# --- names ---


def test_the_router_answers_by_another_of_its_addresses():
    facts = changed(
        interfaces=network(interface("eth0", *DUAL_STACK), resolvers=(ROUTER6,)),
        dns__resolver1=answers(ROUTER6, kind=FailureKind.REFUSED),
        lookup__system=system_lookups(kind=FailureKind.NAME_SERVER),
    )
    for step_id in ("reach.control1", "reach.control2", "reach.service.mail"):
        facts[step_id] = replace(facts[step_id], attempts=(), resolve_failure=failure(FailureKind.NAME_SERVER))
    assert named(facts) == ["gateway.dns_broken"]


def two_resolvers(rcode):
    state = network(interface("eth0", *DUAL_STACK), resolvers=("198.51.100.53", "198.51.100.61"))
    return changed(
        interfaces=state,
        dns__resolver1=answers("198.51.100.53", rcode=rcode),
        dns__resolver2=answers("198.51.100.61"),
    )


def test_a_first_resolver_that_fails_is_told_though_another_stands_in():
    (finding,) = findings(two_resolvers("SERVFAIL"))
    assert (finding.cause, finding.severity) == ("dns.resolver_error", Severity.DEGRADED)


def test_a_first_resolver_that_refuses_may_be_there_for_other_names():
    assert named(two_resolvers("REFUSED")) == []


def sent_nowhere(to, *, works=False):
    replaced = {SERVICE_HOST: (to,)}
    return changed(
        dns__resolver1=answers(GATEWAY4, replaced=replaced),
        dns__comparison1=answers(COMPARISONS[0]),
        reach__service__mail=reach(SERVICE_HOST, [attempt(to, kind=None if works else FailureKind.REFUSED)]),
    )


@pytest.mark.parametrize("to", ["0.0.0.0", "127.0.0.1"])
def test_a_service_whose_name_leads_to_nobody_was_sent_there(to):
    assert named(sent_nowhere(to)) == ["dns.tampered"]


@pytest.mark.parametrize(("to", "works"), [("10.1.2.3", False), ("127.0.0.1", True)], ids=["inner", "works"])
def test_a_service_may_stand_within(to, works):
    assert "dns.tampered" not in named(sent_nowhere(to, works=works))


# --- certificates ---


def untrusted(*hosts):
    """A healthy run but for certificates of an unknown issuer."""
    facts = healthy()
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, addresses, **(UNKNOWN if name in hosts else {}))
    facts["reach.service.mail"] = reach(SERVICE_HOST, SERVICE, **(UNKNOWN if SERVICE_HOST in hosts else {}))
    return facts


def test_a_site_of_others_and_the_service_signed_alike_are_copies():
    assert named(untrusted("www.example.com", SERVICE_HOST)) == ["security.inspection_root_missing"]


def test_the_service_alone_may_have_an_authority_of_its_own():
    assert named(untrusted(SERVICE_HOST)) == ["service.cert_invalid"]


# --- the service's own answer ---


def served(**answer):
    return changed(reach__service__mail=reach(SERVICE_HOST, [attempt(each, **answer) for each in SERVICE]))


def test_an_error_that_took_long_is_an_error():
    assert named(served(status=504, first_byte_ms=2500.0)) == ["service.http_error"]


def waiting(after_ms=4000.0, step="http"):
    ended = [replace(attempt(each), http=None, failure=failure(T, step), failed_after_ms=after_ms) for each in SERVICE]
    return changed(reach__service__mail=reach(SERVICE_HOST, ended))


def test_a_server_that_took_the_request_and_keeps_silent_is_slow():
    (finding,) = findings(waiting())
    assert (finding.cause, finding.values["first_byte_ms"]) == ("service.slow", 4000.0)


def test_an_answer_may_be_too_large_to_come():
    facts = waiting()
    for number, to in enumerate(SERVICE, start=1):
        facts[f"mtu.service.mail.{number}"] = hole(to, carried=True)
    for number, anchor in enumerate(ANCHORS[:2], start=1):
        facts[f"mtu.anchor{number}"] = sizes(anchor)
    assert "service.slow" not in named(facts)


def test_a_task_for_browsers_is_a_limit_and_no_sign_in():
    facts = served(status=403)
    asked = facts["reach.service.mail"]
    tasks = [replace(each, http=replace(each.http, challenged=True)) for each in asked.attempts]
    facts["reach.service.mail"] = replace(asked, attempts=tuple(tasks))
    assert named(facts) == ["service.rate_limited"]
    assert named(served(status=403)) == ["service.sign_in"]


# --- a host or a port ---


def silent_ports(*ports):
    """The service's ports; the rest of its host answers echo."""
    facts = healthy()
    facts["reach.service.mail"] = reach(SERVICE_HOST, SERVICE, kind=T if 443 in ports else None)
    facts["reach.service.mail.tcp1"] = replace(
        reach(SERVICE_HOST, SERVICE, layer=ReachLayer.TCP, kind=T if 993 in ports else None), port=993
    )
    for number, to in enumerate(SERVICE, start=1):
        facts[f"ping.host.mail{number}"] = echo(to)
    return facts


@pytest.mark.parametrize(
    ("ports", "found"),
    [((993,), ["security.port_blocked"]), ((443,), ["security.port_blocked"]), ((443, 993), ["service.down"])],
)
def test_a_host_whose_every_port_is_silent_is_not_blocked_at_one(ports, found):
    assert named(silent_ports(*ports)) == found


# --- delay and destinations ---


def wandering(low_ms, high_ms):
    """Round trips that rise and fall slowly: each is much like the one before."""
    facts = healthy()
    there = [low_ms + (high_ms - low_ms) * step / 15 for step in range(16)]
    times = (there + there[::-1]) * 2
    for number, anchor in enumerate(ANCHORS, start=1):
        samples = [EchoSample(at_s=index * 0.2, rtt_ms=Ms(each), error=None) for index, each in enumerate(times)]
        facts[f"ping.anchor{number}"] = echo_stats(anchor, EchoMethod.ICMP, samples)
    for name in ("ping.provider4", "ping.provider6"):
        facts[name] = echo(facts[name].target, 60, rtt_ms=low_ms, vary_ms=50.0)
    return facts


@pytest.mark.parametrize(("low_ms", "high_ms", "found"), [(110, 300, ["access.latency"]), (110, 140, [])])
def test_a_queue_that_fills_and_empties_slowly_is_unsteady_too(low_ms, high_ms, found):
    assert named(wandering(low_ms, high_ms)) == found


def wavering(low_ms, high_ms, *, near=(0.4, 0.6), provider=None, every=1):
    """A delay that wanders between two values on the line; `every`: so many round trips apart, the rest at the low."""

    def times(low, high, count=60):
        """Evenly spread, in an order that neither rises nor falls for long, with small steps between."""
        there = [low + (high - low) * step / 15 for step in range(16)]
        many = ((there + there[::-1]) * 4)[:count]
        return [each if index % every == 0 else low for index, each in enumerate(many)]

    def trips(target, low, high):
        samples = [EchoSample(at_s=n * 0.2, rtt_ms=Ms(each), error=None) for n, each in enumerate(times(low, high))]
        return echo_stats(target, EchoMethod.ICMP, samples)

    facts = healthy()
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = trips(anchor, low_ms, high_ms)
    for name in ("ping.provider4", "ping.provider6"):
        facts[name] = trips(facts[name].target, *(provider or (low_ms, high_ms)))
    for name in ("ping.gateway4", "ping.gateway6"):
        facts[name] = trips(facts[name].target, *near)
    return facts


def test_a_line_whose_delay_wanders_is_unsteady_though_its_median_is_short():
    (found,) = findings(wavering(20, 130))
    assert found.cause == "access.latency"
    assert found.values["rtt_p50_ms"] < 100
    assert found.values["pdv_p95_ms"] > 60


def test_without_an_echo_of_the_provider_a_wandering_line_is_less_sure():
    facts = wavering(20, 130)
    (seen,) = findings(facts)
    del facts["ping.provider4"], facts["ping.provider6"]
    (unseen,) = findings(facts)
    assert unseen.cause == seen.cause == "access.latency"
    assert unseen.confidence < seen.confidence


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(wavering(20, 60), id="everyday unsteadiness"),
        pytest.param(wavering(20, 130, every=6), id="rare spikes"),
        pytest.param(wavering(599, 601), id="satellite"),
        pytest.param(wavering(20, 130, provider=(8, 9)), id="behind the provider"),
        pytest.param(wavering(20, 130, near=(15, 125)), id="before the router"),
    ],
)
def test_what_wanders_little_seldom_or_elsewhere_is_not_the_line(facts):
    assert "access.latency" not in named(facts)


def test_one_destination_that_wanders_is_not_the_line():
    facts = wavering(20, 130)
    for number, anchor in enumerate(ANCHORS[1:], start=2):
        facts[f"ping.anchor{number}"] = healthy()[f"ping.anchor{number}"]
        assert facts[f"ping.anchor{number}"].target == anchor
    assert diagnose(record(facts)).verdict.state is VerdictState.HEALTHY


def bad_destinations(*bad):
    facts = healthy()
    for number, anchor in enumerate((*ANCHORS, "2001:db8:19::11"), start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 115, 25 if anchor in bad else 0)
    for number, to in enumerate(("198.18.7.1", "198.18.7.2"), start=1):
        facts[f"ping.control{number}"] = echo(to, 115, 25 if to in bad else 0)
    return facts


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (("198.18.0.11", "2001:db8:19::11"), []),
        (("198.18.0.11", "2001:db8:19::11", "198.18.7.2"), ["internet.peering"]),
    ],
    ids=["perhaps one host", "two of a family"],
)
def test_one_host_with_two_addresses_is_no_network(bad, found):
    assert named(bad_destinations(*bad)) == found


def test_a_service_that_was_sent_where_all_names_lead_is_a_consequence():
    one = "198.18.5.50"
    replaced = dict.fromkeys((*CONTROLS, SERVICE_HOST), (one,))
    refused = {"kind": FailureKind.REFUSED}
    facts = changed(
        dns__resolver1=answers(GATEWAY4, replaced=replaced),
        reach__service__mail=reach(SERVICE_HOST, [one], **refused),
        reach__host__mail=tcp(one, port=80),
    )
    for number, name in enumerate(CONTROLS, start=1):
        facts[f"reach.control{number}"] = reach(name, [one], **refused)
    assert named(facts) == ["dns.tampered"]


# --- two faults at once, or one and what follows from it ---


def lossy_at_home(gateway_ms, *, vary_ms=0.2):
    """A fifth is lost on the way to the router; the line is long and unsteady besides."""
    facts = healthy()
    for name in ("ping.gateway4", "ping.gateway6"):
        facts[name] = echo(facts[name].target, 120, 24, gateway_ms, vary_ms=vary_ms)
    for name in ("ping.provider4", "ping.provider6"):
        facts[name] = echo(facts[name].target, 120, 24, 150, vary_ms=140)
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, 120, 24, 160, vary_ms=140)
    return facts


def test_a_prompt_router_parts_a_slow_line_from_the_loss_at_home():
    assert named(lossy_at_home(1.0)) == ["lan.loss", "access.latency"]


@pytest.mark.parametrize(("gateway_ms", "vary_ms"), [(150, 140), (5, 60)], ids=["late", "unsteady"])
def test_a_late_or_unsteady_router_explains_what_comes_beyond_it(gateway_ms, vary_ms):
    assert named(lossy_at_home(gateway_ms, vary_ms=vary_ms)) == ["lan.loss"]


def test_repeated_syns_are_no_slow_line_beside_the_loss_at_home():
    facts = lossy_at_home(1.0)
    for number, anchor in enumerate(ANCHORS, start=1):
        late = echo(anchor, 60, rtt_ms=120, vary_ms=0.2, method=EchoMethod.TCP_CONNECT)
        samples = [
            replace(each, rtt_ms=Ms(1120.0)) if index % 4 == 0 else each for index, each in enumerate(late.samples)
        ]
        facts[f"ping.anchor{number}"] = echo_stats(anchor, EchoMethod.TCP_CONNECT, samples)
    for name in ("ping.provider4", "ping.provider6"):
        facts[name] = echo(facts[name].target, 120, 24, 119)
    assert "access.latency" not in named(facts)


# --- one IPv6 router of several ---


def test_of_several_ipv6_routers_the_one_tried_is_known_to_be_bad_alone():
    facts = without_family(healthy(), Family.IPV6)
    (sure,) = findings(facts)
    state = facts["interfaces"]
    other = replace(ROUTE6, gateway="fe80::66", metric=200)
    facts["interfaces"] = replace(state, default_routes=(*state.default_routes, other))
    (unsure,) = findings(facts)
    assert unsure.cause == sure.cause == "access.ipv6_broken"
    assert unsure.confidence < 0.7 < sure.confidence
    assert unsure.values["routers6"] == 2
    assert "routers6" not in sure.values


def test_two_routes_by_one_ipv6_router_are_one_router():
    facts = without_family(healthy(), Family.IPV6)
    state = facts["interfaces"]
    facts["interfaces"] = replace(state, default_routes=(*state.default_routes, replace(ROUTE6, metric=200)))
    (found,) = findings(facts)
    assert "routers6" not in found.values
    assert found.confidence >= 0.9


# --- words ---


def words(cause, **values):
    return cause_text(finding(cause, confidence=0.8, evidence=("a",), values=values), ENGLISH)


def test_a_queue_before_the_router_is_told_with_its_load():
    slow = {"rtt_p50_ms": 120.0, "jitter_ms": 5.0}
    assert "only while data flows" in words("lan.latency", **slow, direction="down").sentence
    assert "only while data flows" not in words("lan.latency", **slow).sentence


def test_a_network_that_is_cut_off_is_told_to_be_out_of_reach():
    gone = words("internet.peering", bad=3, tested=9, loss_ratio=1.0, rtt_p50_ms=None)
    assert "3 of 9 tested places cannot be reached" in gone.sentence
    assert "–" not in gone.sentence + gone.desk
    assert "20" in words("internet.peering", bad=3, tested=9, loss_ratio=0.2, rtt_p50_ms=80.0).sentence


def test_a_wandering_delay_is_told_by_how_far_it_wanders():
    long = {"rtt_p50_ms": 95.0, "jitter_ms": 17.0}
    assert "110 ms later than the fastest" in words("access.latency", **long, pdv_p95_ms=110.0).sentence
    assert "95 ms as a rule" in words("access.latency", **long).sentence


def test_further_ipv6_routers_are_told():
    assert "2 IPv6 routers" in words("access.ipv6_broken", silent6=4, routers6=2).sentence
    assert "IPv6 routers" not in words("access.ipv6_broken", silent6=4).sentence
