"""The plan: what is done for whom, in which stages, and what is knowingly left out."""

from dataclasses import replace

import pytest

from nexkit.address import Family
from nexkit.consent import Consent
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.load import LoadBackend
from nexkit.facts.network import (
    DefaultRoute,
    GatewayReach,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NeighbourState,
    NetworkState,
    ProxySettings,
    Resolver,
    TcpAnswer,
)
from nexkit.facts.path import Hop, HopResponder, PathMethod, PathTrace
from nexkit.facts.proxy import (
    ProxyAttempt,
    ProxyCheck,
    ProxyDecision,
    ProxyKind,
    ProxyReason,
    ProxyRequest,
    ProxyWay,
    TunnelAnswer,
)
from nexkit.facts.reach import HttpResult, Reach, ReachAttempt, ReachLayer, TlsResult, TrustProblem
from nexkit.facts.udp import StunAnswer, UdpPath
from nexkit.facts.wifi import WifiLink, WifiReading
from nexkit.outcome import Completed, Failed, Failure, FailureKind, SkipReason
from nexkit.params import build_params
from nexkit.plan import make_planner
from nexkit.plan.effort import QUICK
from nexkit.plan.known import services_of
from nexkit.profile import HostPort, Internet, Load, PortalTarget, Profile, Service
from nexkit.request import Depth, Request, Symptom
from nexkit.subject import Subject
from nexkit.units import Ms, Seconds
from probes import BUILTIN

PROFILE = Profile(
    id="lab",
    name={"en": "Lab"},
    serial=1,
    not_before=None,
    not_after=None,
    internet=Internet(
        portal_checks=(PortalTarget(url="http://check.example.com/", body=None),),
        anchors=("198.18.0.10", "2001:db8:18::10"),
        names=("www.example.com", "www.example.net"),
        resolvers=("198.18.53.53", "192.168.10.1"),
    ),
    load=Load(backend=LoadBackend.HTTP, server="http://speed.example.com/", expect_down_mbit_s=90),
    services=(
        Service(
            id="mail",
            name={"en": "Mail"},
            url="https://mail.example.com/in?x=1",
            tcp=(HostPort(host="imap.example.com", port=993),),
            udp=(HostPort(host="vpn.example.com", port=4500),),
        ),
        Service(id="web", name={"en": "Web"}, url="http://web.example.com:8080/"),
    ),
)


QUICK_RUN = Request(depth=Depth.QUICK)
END = {"link.end", "host.end"}
"""The stage that ends every run."""


def network(*, ipv6=True, routes=True):
    addresses = [InterfaceAddress(address="192.168.10.5", prefix_length=24)]
    default = [
        DefaultRoute(family=Family.IPV4, interface="eth0", gateway="192.168.10.1", metric=0, gateway_on_link=True)
    ]
    if ipv6:
        addresses.append(InterfaceAddress(address="2001:db8:10::5", prefix_length=64))
        default.append(
            DefaultRoute(family=Family.IPV6, interface="eth0", gateway="fe80::1", metric=0, gateway_on_link=True)
        )
    return NetworkState(
        interfaces=(
            Interface(
                name="eth0",
                kind=InterfaceKind.ETHERNET,
                admin_up=True,
                carrier=True,
                mtu_bytes=None,
                speed_bit_s=None,
                duplex=None,
                mac=None,
                addresses=tuple(addresses),
            ),
        ),
        default_routes=tuple(default) if routes else (),
        resolvers=(Resolver(address="192.168.10.1", is_gateway=True),),
        search_domains=(),
        proxy=ProxySettings(),
    )


def echo(target, rtts):
    samples = [EchoSample(at_s=Seconds(0.0), rtt_ms=None if rtt is None else Ms(rtt)) for rtt in rtts]
    return Completed(echo_stats(target, EchoMethod.ICMP, samples))


def stages(request, outcomes=None, profile=PROFILE, state=None):
    """All stages of a plan in which every step ends with the outcome given for it, or with a failure."""
    planner = make_planner(request, profile)
    known = {"interfaces": Completed(state or network())} | (outcomes or {})
    nothing = Failed(Failure(kind=FailureKind.OTHER, step="test"))
    done, found = {}, []
    while steps := planner(done):
        found.append({step.id: step for step in steps})
        done |= {step.id: known.get(step.id, nothing) for step in steps}
        assert len(found) < 10
    return found


def test_the_computer_comes_first_and_alone():
    first, ladder, *_ = stages(Request())
    assert list(first) == ["interfaces"]
    assert {"lan.gateway4", "ping.gateway6", "dns.resolver1", "lookup.system", "reach.control2"} <= set(ladder)


def test_every_planned_step_is_one_that_its_probe_can_run():
    specs = {probe.spec.id: probe.spec for probe in BUILTIN}
    request = Request(depth=Depth.FULL, consent=frozenset(Consent), url="https://own.example.com/a?b=c")
    for steps in stages(request, follow_up_outcomes()):
        for step in steps.values():
            if step.skip is None:
                build_params(specs[step.probe].params, step.params)


def test_a_resolver_that_is_configured_is_not_compared_with_itself():
    ladder = stages(Request())[1]
    assert ladder["dns.comparison1"].params["resolver"] == "198.18.53.53"
    assert "dns.comparison2" not in ladder


def test_a_link_local_gateway_is_pinged_through_its_interface():
    assert stages(Request())[1]["ping.gateway6"].params["target"] == "fe80::1%eth0"


def test_without_ipv6_here_its_targets_are_skipped_and_said_so():
    ladder = stages(Request(), state=network(ipv6=False))[1]
    assert ladder["ping.anchor2"].skip is SkipReason.NO_FAMILY
    assert ladder["route.anchor6"].skip is SkipReason.NO_FAMILY
    assert "ping.gateway6" not in ladder
    assert ladder["ping.anchor1"].skip is None


def test_addresses_without_a_default_route_leave_the_gateway_without_target():
    ladder = stages(Request(), state=network(routes=False))[1]
    assert ladder["lan.gateway4"].skip is SkipReason.NO_TARGET
    assert ladder["ping.anchor1"].skip is None


def test_the_ladder_is_walked_even_where_the_computer_could_not_be_read():
    outcomes = {"interfaces": Failed(Failure(kind=FailureKind.PERMISSION, step="read"))}
    planner = make_planner(Request(), PROFILE)
    ladder = {step.id: step for step in planner(outcomes)}
    assert ladder["ping.anchor2"].skip is None
    assert "dns.comparison2" in ladder


def test_a_services_address_keeps_its_path_and_port():
    ladder = stages(Request())[1]
    assert ladder["reach.service.mail"].params["path"] == "/in?x=1"
    assert ladder["reach.service.mail"].params["layer"] is ReachLayer.HTTPS
    assert ladder["reach.service.web"].params["port"] == 8080
    assert ladder["reach.service.mail.tcp1"].params["layer"] is ReachLayer.TCP
    assert ladder["reach.service.mail.udp1"].probe == "udp_service"
    assert ladder["reach.service.mail.udp1"].params["target"] == "vpn.example.com:4500"


def test_one_service_can_be_asked_for():
    assert [service.id for service in services_of(Request(service_id="web"), PROFILE)] == ["web"]
    own = Request(symptom=Symptom.ONE_SERVICE, url="https://own.example.com/")
    assert [service.id for service in services_of(own, PROFILE)] == ["url"]


def lossy_outcomes():
    hops = (
        Hop(ttl=1, sent=3, received=3, responders=(HopResponder(address="192.168.10.1", rtts_ms=(Ms(1.0),)),)),
        Hop(ttl=2, sent=3, received=3, responders=(HopResponder(address="203.0.113.1", rtts_ms=(Ms(2.0),)),)),
        Hop(ttl=3, sent=3, received=3, responders=(HopResponder(address="198.18.0.10", rtts_ms=(Ms(3.0),)),)),
    )
    return {
        "ping.gateway4": echo("192.168.10.1", [1.0] * 10),
        "ping.anchor1": echo("198.18.0.10", [1.0, None] * 5),
        "ping.anchor2": echo("2001:db8:18::10", [1.0] * 10),
        "route.anchor4": Completed(
            PathTrace(
                target="198.18.0.10",
                method=PathMethod.UDP,
                rounds=3,
                hops=hops,
                reached=True,
                unreachable=None,
                unreachable_from=None,
            )
        ),
    }


def follow_up_outcomes():
    refused = ReachAttempt(
        address="198.18.1.1",
        connect_ms=None,
        tls=None,
        http=None,
        failure=Failure(kind=FailureKind.TIMEOUT, step="connect"),
    )
    reach = Reach(
        host="imap.example.com",
        port=993,
        layer=ReachLayer.TCP,
        expected_status=(),
        resolve_ms=Ms(1.0),
        resolve_failure=None,
        attempts=(refused,),
    )
    return lossy_outcomes() | {"reach.service.mail.tcp1": Completed(reach)}


def test_loss_is_looked_at_again_everywhere_and_on_both_sides_of_the_gateway():
    follow_ups = stages(QUICK_RUN, lossy_outcomes())[2]
    more = {"ping.gateway4.more", "ping.anchor1.more", "ping.anchor2.more"}
    assert set(follow_ups) == {*more, "ping.provider4", "route.anchor6.other"}
    assert follow_ups["ping.provider4"].params["target"] == "203.0.113.1"
    assert follow_ups["ping.provider4"].subject is Subject.PROVIDER_HOP


def test_a_slow_way_is_looked_at_by_stretches_and_in_the_carriers_network():
    slow = lossy_outcomes() | {"ping.anchor1": echo("198.18.0.10", [180.0] * 10)}
    internet = replace(PROFILE.internet, carrier_internal=("203.0.113.53",))
    follow_ups = stages(QUICK_RUN, slow, replace(PROFILE, internet=internet))[2]
    assert {"ping.provider4", "ping.carrier1", "access.line", "route.anchor6.other"} <= set(follow_ups)
    assert follow_ups["ping.carrier1"].subject is Subject.ACCESS_LINE


def test_a_router_that_answers_no_echo_is_asked_by_tcp():
    near = GatewayReach(
        gateway="192.168.10.1",
        interface="eth0",
        neighbour=NeighbourState.REACHABLE,
        mac=None,
        tcp=(TcpAnswer(port=80, connect_ms=Ms(1.0), failure=None),),
    )
    silent = {"ping.gateway4": echo("192.168.10.1", [None] * 10), "lan.gateway4": Completed(near)}
    step = stages(QUICK_RUN, lossy_outcomes() | silent)[2]["ping.gateway4.tcp"]
    assert (step.params["tcp"], step.params["tcp_port"], step.subject) == (True, 80, Subject.GATEWAY)


def connected(address, *, opened, kind=FailureKind.TIMEOUT):
    attempt = ReachAttempt(
        address=address,
        connect_ms=Ms(1.0) if opened else None,
        tls=None,
        http=None,
        failure=None if opened else Failure(kind=kind, step="connect"),
    )
    return Completed(
        Reach(
            host=address,
            port=443,
            layer=ReachLayer.TCP,
            expected_status=(),
            resolve_ms=None,
            resolve_failure=None,
            attempts=(attempt,),
        )
    )


@pytest.mark.parametrize("kind", [FailureKind.TIMEOUT, FailureKind.HOST_UNREACHABLE])
def test_a_connection_that_came_to_nothing_is_tried_again_beside_one_that_did_not(kind):
    outcomes = lossy_outcomes() | {
        "ping.anchor1": echo("198.18.0.10", [1.0] * 10),
        "reach.anchor1": connected("198.18.0.10", opened=False, kind=kind),
        "reach.control1": connected("198.18.1.1", opened=True),
    }
    follow_ups = stages(QUICK_RUN, outcomes)[2]
    again = {step.params["host"] for step_id, step in follow_ups.items() if step_id.startswith("reach.again")}
    assert again == {"198.18.0.10", "198.18.1.1"}
    assert "ping.anchor1.more" in follow_ups


def test_a_family_in_which_nothing_opens_is_not_tried_again():
    outcomes = lossy_outcomes() | {
        "ping.anchor1": echo("198.18.0.10", [1.0] * 10),
        "reach.anchor1": connected("198.18.0.10", opened=False),
    }
    assert not any(step.startswith("reach.again") for steps in stages(QUICK_RUN, outcomes) for step in steps)


def test_nothing_is_asked_again_where_nothing_was_lost():
    clean = lossy_outcomes() | {"ping.anchor1": echo("198.18.0.10", [1.0] * 10)}
    assert set(stages(QUICK_RUN, clean)[2]) == END


def test_total_silence_is_not_asked_again():
    silent = lossy_outcomes() | {"ping.anchor1": echo("198.18.0.10", [None] * 10)}
    assert set(stages(QUICK_RUN, silent)[2]) == END


def test_a_wifi_that_pauses_now_and_then_is_watched_longer():
    state = network()
    wireless = replace(state, interfaces=(replace(state.interfaces[0], kind=InterfaceKind.WIFI),))
    joined = WifiReading(links=(WifiLink(interface="eth0", radio_on=True, joined=True, names_permitted=True),))
    late = {"ping.gateway4": echo("192.168.10.1", [1.0, 2.0, 120.0, 2.0, 1.0, 130.0, 2.0, 1.0])}
    by_cable = {step_id for steps in stages(QUICK_RUN, late) for step_id in steps}
    assert "ping.gateway4.more" not in by_cable
    follow_ups = stages(QUICK_RUN, late | {"wifi.start": Completed(joined)}, state=wireless)[2]
    assert follow_ups["ping.gateway4.more"].subject is Subject.GATEWAY
    steady = {"ping.gateway4": echo("192.168.10.1", [1.0, 2.0, 1.0, 90.0, 1.0]), "wifi.start": Completed(joined)}
    assert "ping.gateway4.more" not in {each for steps in stages(QUICK_RUN, steady, state=wireless) for each in steps}


def test_a_silent_port_makes_the_plan_try_the_host_by_other_ways():
    follow_ups = stages(Request(), follow_up_outcomes())[2]
    assert follow_ups["reach.host.mail.p80"].params["host"] == "198.18.1.1"
    assert "reach.host.mail.p443" not in follow_ups, "port 443 is tested by the service itself"
    assert follow_ups["ping.host.mail"].subject is Subject.SERVICE_HOST
    assert "route.service.mail" in follow_ups


def test_a_failing_service_is_not_taken_for_one_whose_id_begins_alike():
    outcomes = follow_up_outcomes()
    outcomes["reach.service.web-old"] = outcomes.pop("reach.service.mail.tcp1")
    old = Service(id="web-old", name={"en": "Old"}, url="https://imap.example.com/")
    profile = replace(PROFILE, services=(*PROFILE.services, old))
    follow_ups = stages(Request(), outcomes, profile)[2]
    assert {step for step in follow_ups if "web" in step} == {
        "reach.host.web-old.p80",
        "ping.host.web-old",
        "route.service.web-old",
    }


def wrong_host_outcomes(real, problem=TrustProblem.WRONG_NAME):
    """The service's name leads to 198.18.9.9, and the comparison resolver knows other addresses."""
    tls = TlsResult(
        version="TLSv1.3", cipher="x", handshake_ms=Ms(1.0), trusted=False, problem=problem, certificate=None
    )
    attempt = ReachAttempt(address="198.18.9.9", connect_ms=Ms(1.0), tls=tls, http=None, failure=None)
    reach = Reach(
        host="mail.example.com",
        port=443,
        layer=ReachLayer.HTTPS,
        expected_status=(),
        resolve_ms=Ms(1.0),
        resolve_failure=None,
        attempts=(attempt,),
    )
    query = DnsQuery(
        name="mail.example.com",
        role=NameRole.SERVICE,
        rdtype="A",
        transport=DnsTransport.UDP,
        attempts=1,
        time_ms=Ms(1.0),
        rcode="NOERROR",
        addresses=real,
        truncated=False,
        failure=None,
    )
    answers = ResolverAnswers(resolver="198.18.53.53", port=53, queries=(query,))
    return {"reach.service.mail": Completed(reach), "dns.comparison1": Completed(answers)}


def test_a_wrong_certificate_is_looked_for_where_another_resolver_says_the_service_is():
    (step,) = stages(QUICK_RUN, wrong_host_outcomes(("2001:db8:9::1", "198.18.3.30")))[2].values()
    assert (step.id, step.subject) == ("reach.host.mail.elsewhere", Subject.SERVICE_HOST)
    assert (step.params["host"], step.params["address"]) == ("mail.example.com", "198.18.3.30")
    assert step.params["path"] == "/in?x=1"


def test_a_name_that_leads_nowhere_is_tried_in_both_families_where_another_resolver_knows_it():
    outcomes = wrong_host_outcomes(("198.18.3.30", "198.18.3.31", "2001:db8:9::1"))
    lost = Failure(kind=FailureKind.NAME_SERVER, step="resolve")
    reach = replace(outcomes["reach.service.mail"].fact, attempts=(), resolve_failure=lost)
    steps = stages(QUICK_RUN, {**outcomes, "reach.service.mail": Completed(reach)})[2]
    asked = {step_id: step.params["address"] for step_id, step in steps.items() if "elsewhere" in step_id}
    assert asked == {"reach.host.mail.elsewhere": "198.18.3.30", "reach.host.mail.elsewhere6": "2001:db8:9::1"}


@pytest.mark.parametrize(
    ("real", "problem"),
    [
        (("198.18.9.9", "198.18.9.10"), TrustProblem.WRONG_NAME),
        ((), TrustProblem.WRONG_NAME),
        (("198.18.3.30",), TrustProblem.EXPIRED),
    ],
)
def test_a_certificate_that_is_wrong_at_the_right_host_is_not_looked_for_elsewhere(real, problem):
    assert set(stages(QUICK_RUN, wrong_host_outcomes(real, problem))[2]) == END


@pytest.mark.parametrize(
    ("consent", "backend", "skip"),
    [
        (frozenset(Consent), LoadBackend.HTTP, None),
        (frozenset(Consent), None, SkipReason.NO_TARGET),
        (frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC}), LoadBackend.HTTP, SkipReason.NO_CONSENT),
        (
            frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC, Consent.BULK_TRAFFIC}),
            LoadBackend.OOKLA,
            SkipReason.NO_CONSENT,
        ),
        (
            frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC, Consent.BULK_TRAFFIC}),
            LoadBackend.NDT7,
            SkipReason.NO_CONSENT,
        ),
    ],
)
def test_the_load_test_comes_last_alone_and_only_with_consent(consent, backend, skip):
    server = "" if backend is LoadBackend.NDT7 else PROFILE.load.server  # a public one is found then
    profile = replace(PROFILE, load=replace(PROFILE.load, backend=backend, server=server))
    found = stages(Request(depth=Depth.FULL, consent=consent), lossy_outcomes(), profile)
    assert list(found[-2]) == ["load.test"]
    assert set(found[-1]) == END
    assert found[-2]["load.test"].skip is skip
    assert found[-2]["load.test"].params["echo_target"] == "198.18.0.10"
    assert found[-2]["load.test"].params["expected_down_bit_s"] == 90e6


def test_there_is_no_load_test_below_full_depth():
    assert all("load.test" not in steps for steps in stages(Request(depth=Depth.STANDARD)))


def test_an_unsteady_line_is_watched_longer():
    calm = stages(Request(depth=Depth.QUICK))[1]["ping.anchor1"].params["count"]
    assert calm == QUICK.anchor_echoes
    assert stages(Request(depth=Depth.QUICK, symptom=Symptom.UNSTABLE))[1]["ping.anchor1"].params["count"] > calm


def test_quick_ends_in_time_whatever_is_broken():
    found = stages(Request(depth=Depth.QUICK), follow_up_outcomes())
    assert sum(max(step.timeout_s for step in steps.values()) for steps in found[1:]) <= 14


def test_wifi_is_read_where_there_is_one():
    assert "wifi.start" not in stages(QUICK_RUN)[1]
    state = network()
    wireless = replace(state, interfaces=(replace(state.interfaces[0], kind=InterfaceKind.WIFI),))
    found = stages(QUICK_RUN, state=wireless)
    assert "wifi.start" in found[1]
    assert "wifi.end" in found[-1]


def web_reach(host, failure=None):
    attempt = ReachAttempt(address="198.18.3.30", connect_ms=Ms(1.0), tls=None, http=None, failure=failure)
    return Completed(
        Reach(
            host=host,
            port=443,
            layer=ReachLayer.HTTPS,
            expected_status=(),
            resolve_ms=Ms(1.0),
            resolve_failure=None,
            attempts=(attempt,),
        )
    )


def test_sizes_are_tried_in_a_quick_run_only_where_a_transfer_hangs():
    fine = {"reach.control1": web_reach("www.example.com"), "reach.service.mail": web_reach("mail.example.com")}
    assert not any(step.startswith("mtu.") for steps in stages(QUICK_RUN, fine) for step in steps)
    hung = fine | {
        "reach.service.mail": web_reach("mail.example.com", Failure(kind=FailureKind.TIMEOUT, step="http")),
        "reach.anchor1": web_reach("198.18.0.10"),
    }
    follow_ups = stages(QUICK_RUN, hung)[2]
    assert {"mtu.anchor1", "mtu.control1.v4", "mtu.service.mail.v4"} <= set(follow_ups)
    assert follow_ups["mtu.service.mail.v4"].params["host"] == "mail.example.com"
    assert follow_ups["mtu.anchor1"].params == {"target": "198.18.0.10"}


def test_what_the_proxy_is_used_for_is_reached_through_it_too():
    way = ProxyWay(kind=ProxyKind.HTTP, host="2001:db8::7", port=3128)
    decisions = (
        ProxyDecision(url="https://www.example.com/", reason=ProxyReason.SETTINGS, ways=(way,), attempts=()),
        ProxyDecision(
            url="https://mail.example.com/in?x=1",
            reason=ProxyReason.EXCEPTION,
            ways=(ProxyWay(kind=ProxyKind.DIRECT),),
            attempts=(),
        ),
    )
    check = ProxyCheck(settings=(), wpad=None, pac=(), servers=(), decisions=decisions)
    follow_ups = stages(QUICK_RUN, {"proxy.system": Completed(check)})[2]
    proxied = {step for step in follow_ups if step.startswith("reach.proxied.")}
    assert len(proxied) == 1
    assert follow_ups[proxied.pop()].params["proxy"] == "[2001:db8::7]:3128"


def asked_for_all(failure=None, status=200):
    """The proxy probe's outcome: one proxy for the control, asked with that result."""
    way = ProxyWay(kind=ProxyKind.HTTP, host="192.168.10.9", port=3128)
    answer = TunnelAnswer(status=status, answer_ms=Ms(5.0), schemes=(), product=None, error=None)
    attempt = ProxyAttempt(
        way=way,
        request=ProxyRequest.TUNNEL,
        answer=None if failure else answer,
        answer_with_password=None,
        socks_reply=None,
        failure=failure,
    )
    decision = ProxyDecision(
        url="https://www.example.com/", reason=ProxyReason.SETTINGS, ways=(way,), attempts=(attempt,)
    )
    return Completed(ProxyCheck(settings=(), wpad=None, pac=(), servers=(), decisions=(decision,)))


def test_a_proxy_that_gets_nowhere_is_asked_for_addresses():
    nowhere = stages(QUICK_RUN, {"proxy.system": asked_for_all(status=503)})[2]
    assert nowhere["reach.proxied.anchor1"].params["proxy"] == "192.168.10.9:3128"
    assert "reach.proxied.anchor1" not in stages(QUICK_RUN, {"proxy.system": asked_for_all()})[2]
    assert "reach.proxied.anchor1" not in stages(QUICK_RUN, {"proxy.system": asked_for_all(status=407)})[2]


def test_a_proxy_that_keeps_silent_is_asked_something_of_its_own():
    silent = asked_for_all(Failure(kind=FailureKind.TIMEOUT, step="tunnel"))
    own = stages(QUICK_RUN, {"proxy.system": silent})[2]["reach.proxy"].params
    assert (own["host"], own["port"], own["layer"]) == ("192.168.10.9", 3128, ReachLayer.HTTP)
    gone = asked_for_all(Failure(kind=FailureKind.TIMEOUT, step="connect"))
    assert "reach.proxy" not in stages(QUICK_RUN, {"proxy.system": gone})[2]


def test_servers_that_keep_silent_over_udp_are_tried_otherwise():
    answer = StunAnswer(
        server="stun.example.com",
        port=3478,
        address="198.18.8.80",
        attempts=3,
        rtt_ms=None,
        mapped_address=None,
        mapped_port=None,
        failure=Failure(kind=FailureKind.TIMEOUT, step="stun"),
    )
    silent = Completed(UdpPath(stun=(answer,), nat=(), reflectors=(), stream=None))
    follow_ups = stages(QUICK_RUN, {"udp.check": silent})[2]
    assert follow_ups["ping.udp1"].params["target"] == follow_ups["reach.udp1"].params["host"] == "198.18.8.80"
    works = Completed(UdpPath(stun=(replace(answer, failure=None),), nat=(), reflectors=(), stream=None))
    assert "ping.udp1" not in stages(QUICK_RUN, {"udp.check": works})[2]


def test_quic_is_tried_in_a_quick_run_where_it_is_offered():
    page = HttpResult(
        status=200, first_byte_ms=Ms(1.0), total_ms=Ms(1.0), redirect_host=None, server=None, http3_offered=True
    )
    reach = web_reach("www.example.com").fact
    offering = replace(reach, attempts=tuple(replace(each, http=page) for each in reach.attempts))
    assert stages(QUICK_RUN, {"reach.control1": Completed(offering)})[2]["reach.quic.control1"].params["quic"]
    assert "reach.quic.control1" not in stages(QUICK_RUN, {"reach.control1": Completed(reach)})[2]


def test_a_call_gets_a_longer_stream_than_a_check_up():
    internet = replace(PROFILE.internet, stun=(HostPort(host="stun.example.com", port=3478),))
    profile = replace(PROFILE, internet=internet)
    lengths = [
        stages(request, profile=profile)[1]["udp.check"].params["duration_s"]
        for request in (QUICK_RUN, Request(), Request(symptom=Symptom.CALLS))
    ]
    assert lengths[0] == 0
    assert lengths[0] < lengths[1] < lengths[2]


def test_the_line_is_named_from_what_is_known_by_then():
    access = stages(Request(), lossy_outcomes())[2]["access.line"]
    assert access.params["hops"] == ("192.168.10.1", "203.0.113.1", "198.18.0.10", "*")
