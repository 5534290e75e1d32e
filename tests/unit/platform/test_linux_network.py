"""How Linux' own words become the facts about this computer's network."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("reads Linux", allow_module_level=True)

from nexkit.address import Family
from nexkit.facts.network import (
    AddressOrigin,
    DefaultRoute,
    Duplex,
    InterfaceKind,
    NeighbourState,
    Proxy,
    ProxySettings,
    Resolver,
)
from nexkit.platform import linux_network
from nexkit.platform.api import Neighbour
from nexkit.platform.linux_network import Device, interface_kind, neighbour, network_state
from nexkit.platform.parse_ethtool import LinkMode
from nexkit.platform.parse_netlink import AF_INET, AF_INET6, Address, Link, NeighbourEntry, Route
from nexkit.platform.parse_resolv_conf import ResolvConf
from nexkit.platform.system_proxy import environment_settings

ETHER = 1
UP = 0x1
PERMANENT = 0x80
DUPLICATE = 0x08
MAC = bytes.fromhex("020000000001")
HARDWARE = Device(hardware=True, type_word=None)
SOFTWARE = Device(hardware=False, type_word=None)
UNKNOWN = Device(hardware=None, type_word=None)


def link(index=2, name="eth0", *, kind=None, hardware_type=ETHER, flags=UP, carrier=True, master=None):
    return Link(
        index=index,
        name=name,
        hardware_type=hardware_type,
        flags=flags,
        mtu_bytes=1500,
        mac=MAC,
        carrier=carrier,
        master=master,
        kind=kind,
    )


def address(text, prefix_length, *, link_index=2, flags=0, finite=True):
    return Address(link=link_index, address=text, prefix_length=prefix_length, flags=flags, finite=finite)


def default(gateway, *, link_index=2, metric=0, family=AF_INET, table=254):
    return Route(
        family=family,
        table=table,
        destination=None,
        prefix_length=0,
        link=link_index,
        gateway=gateway,
        metric=metric,
    )


def state(*, links=None, addresses=(), routes=(), devices=None, modes=None, nameservers=()):
    links = (link(),) if links is None else links
    return network_state(
        links=links,
        addresses=addresses,
        routes=routes,
        devices=devices or {each.index: HARDWARE for each in links},
        modes=modes or {},
        resolv_conf=ResolvConf(nameservers=nameservers, search_domains=()),
        proxy=ProxySettings(),
    )


@pytest.mark.parametrize(
    ("its_link", "device", "way_out", "kind"),
    [
        (link(hardware_type=772), SOFTWARE, False, InterfaceKind.LOOPBACK),
        (link(), HARDWARE, False, InterfaceKind.ETHERNET),
        (link(), UNKNOWN, False, InterfaceKind.ETHERNET),
        (link(name="vmnet8"), SOFTWARE, False, InterfaceKind.VIRTUAL),
        (link(), Device(hardware=True, type_word="wlan"), False, InterfaceKind.WIFI),
        (link(hardware_type=519), Device(hardware=True, type_word="wwan"), True, InterfaceKind.MOBILE),
        (link(hardware_type=519), HARDWARE, True, InterfaceKind.MOBILE),
        (link(hardware_type=776), HARDWARE, True, InterfaceKind.VPN),
        (link(hardware_type=32), HARDWARE, True, InterfaceKind.UNKNOWN),
        (link(), Device(hardware=True, type_word="bluetooth"), False, InterfaceKind.VIRTUAL),
        (link(kind="ip6gretap"), SOFTWARE, False, InterfaceKind.VPN),
        (link(kind="wireguard", hardware_type=65534), SOFTWARE, True, InterfaceKind.VPN),
        (link(kind="tun"), SOFTWARE, False, InterfaceKind.VPN),
        (link(kind="tun", master=3), SOFTWARE, False, InterfaceKind.VIRTUAL),
        (link(kind="bridge"), SOFTWARE, True, InterfaceKind.BRIDGE),
        (link(kind="vlan"), SOFTWARE, True, InterfaceKind.ETHERNET),
        (link(kind="ifb"), SOFTWARE, True, InterfaceKind.VIRTUAL),
        (link(kind="veth"), SOFTWARE, True, InterfaceKind.ETHERNET),
        (link(kind="veth"), SOFTWARE, False, InterfaceKind.VIRTUAL),
        (link(kind="veth", master=3), SOFTWARE, True, InterfaceKind.VIRTUAL),
    ],
)
def test_the_kind_of_an_interface(its_link, device, way_out, kind):
    assert interface_kind(its_link, device, way_out=way_out) is kind


def test_in_a_container_the_veth_is_the_cable_even_without_route_and_address():
    (interface,) = state(links=(link(kind="veth", flags=0),), devices={2: SOFTWARE}).interfaces
    assert interface.kind is InterfaceKind.ETHERNET


def test_beside_real_hardware_a_veth_is_plumbing():
    links = (link(), link(3, "veth1", kind="veth"))
    assert state(links=links, devices={2: HARDWARE, 3: SOFTWARE}).interfaces[1].kind is InterfaceKind.VIRTUAL


def test_the_carrier_of_an_interface_that_is_switched_off_is_not_known():
    (interface,) = state(links=(link(flags=0, carrier=True),)).interfaces
    assert (interface.admin_up, interface.carrier) == (False, None)


def test_speed_and_duplex_are_those_of_the_interface():
    modes = {"eth0": LinkMode(speed_bit_s=1e9, duplex=Duplex.HALF), "eth1": LinkMode(speed_bit_s=1e8, duplex=None)}
    (interface,) = state(modes=modes).interfaces
    assert (interface.speed_bit_s, interface.duplex) == (1e9, Duplex.HALF)


@pytest.mark.parametrize(
    ("its_address", "origin", "duplicate"),
    [
        (address("192.168.10.20", 24), AddressOrigin.DYNAMIC, None),
        (address("192.168.10.20", 24, flags=PERMANENT, finite=False), AddressOrigin.STATIC, None),
        (address("169.254.7.7", 16, flags=PERMANENT, finite=False), AddressOrigin.LINK_LOCAL, None),
        (address("2001:db8::20", 64), AddressOrigin.DYNAMIC, False),
        (address("2001:db8::20", 64, flags=DUPLICATE), AddressOrigin.DYNAMIC, True),
        (address("fe80::20", 64, flags=PERMANENT, finite=False), AddressOrigin.LINK_LOCAL, False),
    ],
)
def test_where_an_address_comes_from(its_address, origin, duplicate):
    ((found,),) = (interface.addresses for interface in state(addresses=(its_address,)).interfaces)
    assert (found.origin, found.duplicate) == (origin, duplicate)


def test_default_routes_are_those_of_the_main_table_and_the_lowest_metric_is_first():
    routes = (
        default("192.168.10.2", metric=600),
        default("192.168.10.1", metric=100),
        default("192.168.10.9", table=100),
        default("fe80::1", family=AF_INET6, metric=1024),
    )
    found = state(addresses=(address("192.168.10.20", 24),), routes=routes).default_routes
    assert found == (
        DefaultRoute(family=Family.IPV4, interface="eth0", gateway="192.168.10.1", metric=100, gateway_on_link=True),
        DefaultRoute(family=Family.IPV4, interface="eth0", gateway="192.168.10.2", metric=600, gateway_on_link=True),
        DefaultRoute(family=Family.IPV6, interface="eth0", gateway="fe80::1", metric=1024, gateway_on_link=True),
    )


@pytest.mark.parametrize(
    ("addresses", "on_link"),
    [
        ((address("192.168.20.20", 24),), False),
        ((address("192.168.10.20", 24),), True),
        ((), False),
        ((address("169.254.7.7", 16), address("192.168.10.20", 32)), None),
        ((address("192.168.20.20", 24), address("192.168.30.20", 32)), False),
    ],
)
def test_a_gateway_outside_of_all_prefixes_is_not_on_the_link_unless_the_prefixes_are_single_addresses(
    addresses, on_link
):
    (route,) = state(addresses=addresses, routes=(default("192.168.10.1"),)).default_routes
    assert route.gateway_on_link is on_link


def test_a_resolver_that_is_the_gateway_is_marked():
    found = state(
        addresses=(address("192.168.10.20", 24),),
        routes=(default("192.168.10.1"), default("fe80::1", family=AF_INET6)),
        nameservers=("192.168.10.1", "fe80::1%eth0", "198.18.53.53"),
    ).resolvers
    assert found == (
        Resolver(address="192.168.10.1", is_gateway=True),
        Resolver(address="fe80::1%eth0", is_gateway=True, interface="eth0"),
        Resolver(address="198.18.53.53", is_gateway=False),
    )


@pytest.mark.parametrize(
    ("kernel_state", "found"),
    [
        (0x01, Neighbour(state=NeighbourState.FAILED, mac=None)),
        (0x20, Neighbour(state=NeighbourState.FAILED, mac=None)),
        (0x02, Neighbour(state=NeighbourState.REACHABLE, mac="02:00:00:00:00:01")),
        (0x04, Neighbour(state=NeighbourState.STALE, mac="02:00:00:00:00:01")),
        (0x08, Neighbour(state=NeighbourState.STALE, mac="02:00:00:00:00:01")),
        (0x80, Neighbour(state=NeighbourState.STALE, mac="02:00:00:00:00:01")),
    ],
)
def test_the_state_of_a_neighbour(kernel_state, found):
    assert neighbour([NeighbourEntry(link=2, address="192.168.10.1", state=kernel_state, mac=MAC)]) == found


def test_a_neighbour_without_entry_is_absent():
    assert neighbour([]) == Neighbour(state=NeighbourState.ABSENT, mac=None)


def write_resolv_conf(monkeypatch, folder, told, upstream=None):
    (folder / "resolv.conf").write_text(told)
    if upstream is not None:
        (folder / "upstream").write_text(upstream)
    monkeypatch.setattr(linux_network, "RESOLV_CONF", folder / "resolv.conf")
    monkeypatch.setattr(linux_network, "RESOLVED_UPSTREAM", folder / "upstream")


STUB = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch home.example.net\n"


def test_behind_the_stub_of_systemd_its_own_resolvers_are_read(monkeypatch, tmp_path):
    write_resolv_conf(monkeypatch, tmp_path, STUB, "nameserver 192.168.10.1\nnameserver 2001:db8::53\nsearch .\n")
    assert linux_network.read_resolv_conf() == ResolvConf(
        nameservers=("192.168.10.1", "2001:db8::53"), search_domains=("home.example.net",)
    )


def test_a_stub_without_resolvers_behind_it_means_that_none_is_set(monkeypatch, tmp_path):
    write_resolv_conf(monkeypatch, tmp_path, STUB, "# nothing\n")
    assert linux_network.read_resolv_conf().nameservers == ()


def test_a_stub_of_which_nothing_more_is_known_is_the_resolver(monkeypatch, tmp_path):
    write_resolv_conf(monkeypatch, tmp_path, STUB)
    assert linux_network.read_resolv_conf().nameservers == ("127.0.0.53",)


def test_resolvers_of_the_file_itself_are_kept(monkeypatch, tmp_path):
    write_resolv_conf(monkeypatch, tmp_path, "nameserver 192.168.10.1\n", "nameserver 192.168.10.9\n")
    assert linux_network.read_resolv_conf().nameservers == ("192.168.10.1",)


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, None),
        ({"HTTP_PROXY": "http://proxy.example.com:3128"}, None),
        (
            {"http_proxy": "http://user:word@proxy.example.com:3128/"},
            ProxySettings(http=Proxy(host="proxy.example.com", port=3128)),
        ),
        (
            {"https_proxy": "", "HTTPS_PROXY": "proxy.example.com:8080"},
            ProxySettings(https=Proxy(host="proxy.example.com", port=8080)),
        ),
        ({"https_proxy": "http://[2001:db8::8]"}, ProxySettings(https=Proxy(host="2001:db8::8", port=80))),
        ({"http_proxy": "http://proxy.example.com:port"}, None),
    ],
)
def test_the_proxies_of_the_environment(environment, found):
    settings = environment_settings(environment)
    assert (settings.summary() if settings.says_something else None) == found
