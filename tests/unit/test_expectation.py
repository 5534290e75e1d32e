"""What of the profile's network, VPN and services a run met."""

from dataclasses import replace

import pytest

from nexkit.address import Family
from nexkit.expectation import expectations, stands_inside
from nexkit.facts.dns import NameRole, SystemLookup, SystemLookups
from nexkit.facts.network import (
    DefaultRoute,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NetworkState,
    ProxySettings,
    Resolver,
)
from nexkit.facts.reach import Reach, ReachAttempt, ReachLayer
from nexkit.facts.wifi import WifiLink, WifiReading
from nexkit.outcome import Completed
from nexkit.profile import ExpectedNetwork, Profile, Service, Vpn
from nexkit.run_record import ServiceNeeds, StepResult
from nexkit.subject import Subject

NOTHING = Profile(id="lab", name={"en": "Lab"}, serial=1, not_before=None, not_after=None)
NETWORK = ExpectedNetwork(
    ssids=("Example-Office",), resolvers=("192.168.10.1",), prefixes=("192.168.10.0/24", "2001:db8:10::/64")
)
VPN = Vpn(
    name="Lab VPN",
    routes=("10.50.0.0/24", "fd50::/64"),
    resolvers=("10.50.0.53",),
    names=("intranet.corp.example",),
)
OFFICE = replace(NOTHING, network=NETWORK)
REMOTE = replace(NOTHING, network=NETWORK, vpn=VPN)


def result(step_id, subject, fact):
    return StepResult(
        id=step_id,
        probe=step_id.partition(".")[0],
        probe_version=1,
        subject=subject,
        started_s=0.0,
        took_s=0.1,
        traffic_bytes=0,
        outcome=Completed(fact),
    )


def interface(name, *addresses, kind=InterfaceKind.ETHERNET, carrier=True):
    return Interface(
        name=name,
        kind=kind,
        admin_up=True,
        carrier=carrier,
        mtu_bytes=1500,
        speed_bit_s=None,
        duplex=None,
        mac=None,
        addresses=tuple(InterfaceAddress(address=each, prefix_length=24) for each in addresses),
    )


def state(*interfaces, resolvers=("192.168.10.1",), way="eth0"):
    route = DefaultRoute(family=Family.IPV4, interface=way, gateway=None, metric=0, gateway_on_link=None)
    found = NetworkState(
        interfaces=interfaces,
        default_routes=(route,) if way else (),
        resolvers=tuple(Resolver(address=each, is_gateway=False) for each in resolvers),
        search_domains=(),
        proxy=ProxySettings(),
    )
    return result("interfaces", Subject.COMPUTER, found)


def wifi(*names, joined=True):
    links = tuple(
        WifiLink(interface="wlan0", radio_on=True, joined=joined, names_permitted=bool(name), ssid=name)
        for name in names
    )
    return result("wifi.start", Subject.COMPUTER, WifiReading(links=links))


def lookup(*addresses):
    found = SystemLookup(
        name="intranet.corp.example", role=NameRole.SERVICE, time_ms=5.0, addresses=addresses, failure=None
    )
    return result("lookup.vpn", Subject.VPN, SystemLookups(lookups=(found,)))


def service(host, *addresses):
    attempts = tuple(
        ReachAttempt(address=each, connect_ms=1.0, tls=None, http=None, failure=None) for each in addresses
    )
    fact = Reach(
        host=host,
        port=443,
        layer=ReachLayer.TCP,
        expected_status=(),
        resolve_ms=1.0,
        resolve_failure=None,
        attempts=attempts,
    )
    return result(f"reach.service.{host.partition('.')[0]}", Subject.SERVICE, fact)


def network_met(*results, profile=OFFICE):
    return expectations(profile, results).network


HERE = interface("eth0", "192.168.10.7")
ELSEWHERE = interface("eth0", "192.168.77.7")


def test_a_profile_that_expects_nothing_has_nothing_to_meet():
    assert expectations(NOTHING, (state(HERE),)) is None


@pytest.mark.parametrize(
    ("found", "met"),
    [
        (HERE, True),
        (ELSEWHERE, False),
        (interface("eth0", "2001:db8:10::7"), True),
        (interface("eth0", "2001:db8:77::7"), False),
        (interface("eth0", "169.254.1.2", "fe80::7"), None),
        (interface("eth0"), None),
        (interface("eth0", "192.168.77.7", carrier=False), None),
    ],
)
def test_an_own_address_tells_the_network(found, met):
    assert network_met(state(found)).prefix is met


def test_addresses_of_tunnels_and_inner_networks_tell_nothing():
    tunnel = interface("tun0", "192.168.10.9", kind=InterfaceKind.VPN)
    bridge = interface("br0", "192.168.10.1", kind=InterfaceKind.BRIDGE)
    assert network_met(state(ELSEWHERE, tunnel, bridge)).prefix is False
    assert network_met(state(ELSEWHERE, tunnel, way="tun0")).prefix is False
    assert network_met(state(HERE, interface("eth1", "198.51.100.7"))).prefix is True


@pytest.mark.parametrize(
    ("resolvers", "met"),
    [
        (("192.168.10.1", "198.18.53.53"), True),
        (("198.18.53.53",), False),
        (("127.0.0.53",), None),
        (("2001:db8:53::53",), None),
        ((), None),
    ],
)
def test_a_listed_resolver_is_asked(resolvers, met):
    assert network_met(state(HERE, resolvers=resolvers)).resolvers is met


def test_the_resolvers_of_the_vpn_are_expected_too():
    assert network_met(state(HERE, resolvers=("10.50.0.53",)), profile=REMOTE).resolvers is True
    assert network_met(state(HERE, resolvers=("10.50.0.53",))).resolvers is False


@pytest.mark.parametrize(
    ("names", "joined", "met"),
    [
        (("Example-Office",), True, True),
        (("Example-Guest",), True, False),
        ((None,), True, None),
        (("Example-Office",), False, None),
        ((), True, None),
    ],
)
def test_the_name_of_the_wifi_where_it_may_be_known(names, joined, met):
    found = network_met(state(HERE), wifi(*names, joined=joined))
    assert found.ssid is met
    assert found.steps == ("interfaces", "wifi.start")


def test_what_was_not_read_is_not_known():
    found = network_met()
    assert (found.ssid, found.prefix, found.resolvers, found.steps) == (None, None, None, ())


def test_services_stand_inside_by_name_or_by_address():
    results = (
        service("mail.example.com", "198.18.3.30"),
        service("wiki.intranet.corp.example"),
        service("files.example.com", "10.50.0.9", "fd50::9"),
        service("half.example.com", "10.50.0.9", "198.18.3.30"),
    )
    assert expectations(REMOTE, results).vpn.inside == ("reach.service.wiki", "reach.service.files")
    assert not stands_inside(VPN, "nointranet.corp.example", ())


@pytest.mark.parametrize(
    ("addresses", "met"),
    [(("10.50.0.80",), True), (("10.50.0.80", "fd50::80"), True), (("198.19.2.20",), False), ((), False)],
)
def test_internal_names_are_found_inside(addresses, met):
    assert expectations(REMOTE, (lookup(*addresses),)).vpn.names is met


def test_without_networks_nobody_knows_where_the_inside_is():
    blind = replace(NOTHING, vpn=replace(VPN, routes=()))
    assert expectations(blind, (lookup("10.50.0.80"),)).vpn.names is None
    assert expectations(REMOTE, ()).vpn.names is None


def demanding(*needs):
    mail = Service(id="mail", name={"en": "Mail"}, url="https://mail.example.com/", needs=needs)
    other = Service(id="mail-old", name={"en": "Old"}, url="https://old.example.com/")
    return replace(NOTHING, services=(mail, other))


TESTED = (service("mail.example.com", "198.18.3.30"),)


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (("clock:30s",), {"clock_s": 30.0}),
        (("clock:30s", "clock:5s"), {"clock_s": 5.0}),
        (("udp", "vpn", "large_packets"), {"udp": True, "vpn": True, "large_packets": True}),
    ],
)
def test_what_tested_services_need_goes_into_the_record(words, needs):
    (found,) = expectations(demanding(*words), TESTED).services
    assert found == ServiceNeeds(service="mail", steps=("reach.service.mail",), **needs)


def test_services_that_need_nothing_or_were_not_tested_are_not_told():
    assert expectations(demanding(), TESTED) is None
    assert expectations(demanding("udp"), ()) is None


def test_a_service_is_not_taken_for_one_whose_id_begins_alike():
    old = replace(TESTED[0], id="reach.service.mail-old")
    assert expectations(demanding("udp"), (old,)) is None
    more = replace(TESTED[0], id="reach.service.mail.tcp1")
    assert expectations(demanding("udp"), (*TESTED, more)).services[0].steps == (
        "reach.service.mail",
        "reach.service.mail.tcp1",
    )
