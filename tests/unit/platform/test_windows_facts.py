from dataclasses import replace

import pytest

from nexkit.address import Family
from nexkit.facts.network import AddressOrigin, InterfaceAddress, InterfaceKind, ProxySettings, Resolver
from nexkit.platform.windows_api import Adapter, ForwardRow, InterfaceRow
from nexkit.platform.windows_facts import kind_of, network_state

ETHERNET = Adapter(
    luid=1,
    index=12,
    name="イーサネット",
    if_type=6,
    up=True,
    mtu_bytes=1500,
    speed_bit_s=1_000_000_000,
    mac="00:00:5e:00:53:10",
    metric4=25,
    metric6=25,
    addresses=(
        InterfaceAddress(address="192.168.1.20", prefix_length=24, origin=AddressOrigin.DYNAMIC, duplicate=False),
    ),
    resolvers=("192.168.1.1", "fec0:0:0:ffff::1"),
    suffixes=("home.example.net",),
)
WIFI = replace(
    ETHERNET,
    luid=2,
    index=7,
    name="Wi-Fi",
    if_type=71,
    metric4=10,
    metric6=50,
    resolvers=("192.168.20.53", "192.168.1.1"),
    suffixes=("home.example.net", "corp.example.com"),
    addresses=(),
)
ETHERNET_ROW = InterfaceRow(
    luid=1,
    name="イーサネット",
    if_type=6,
    physical_medium=14,
    hardware=True,
    filter=False,
    admin_up=True,
    connected=True,
    mtu_bytes=1500,
    speed_bit_s=1_000_000_000,
    mac="00:00:5e:00:53:10",
)
DEFAULT4 = ForwardRow(family=Family.IPV4, luid=1, index=12, prefix_length=0, next_hop="192.168.1.1", metric=0)


def state(adapters=(), rows=(), routes=()):
    return network_state(adapters, rows, routes, ProxySettings())


@pytest.mark.parametrize(
    ("if_type", "row", "kind"),
    [
        (6, ETHERNET_ROW, InterfaceKind.ETHERNET),
        (6, None, InterfaceKind.ETHERNET),
        (71, ETHERNET_ROW, InterfaceKind.WIFI),
        (6, replace(ETHERNET_ROW, hardware=False), InterfaceKind.VIRTUAL),
        (6, replace(ETHERNET_ROW, physical_medium=10), InterfaceKind.VIRTUAL),
        (6, replace(ETHERNET_ROW, physical_medium=8), InterfaceKind.MOBILE),
        (24, replace(ETHERNET_ROW, hardware=False), InterfaceKind.LOOPBACK),
        (131, None, InterfaceKind.VPN),
        (53, replace(ETHERNET_ROW, hardware=False), InterfaceKind.VPN),
        (999, None, InterfaceKind.UNKNOWN),
    ],
)
def test_kinds_of_interfaces(if_type, row, kind):
    assert kind_of(if_type, row) is kind


def test_an_interface_is_described_by_both_lists():
    (interface,) = state([ETHERNET], [ETHERNET_ROW]).interfaces
    assert (interface.name, interface.kind) == ("イーサネット", InterfaceKind.ETHERNET)
    assert (interface.admin_up, interface.carrier, interface.duplex) == (True, True, None)
    assert (interface.mtu_bytes, interface.speed_bit_s, interface.mac) == (1500, 1e9, "00:00:5e:00:53:10")


def test_an_unplugged_cable_has_no_carrier_and_no_speed():
    (interface,) = state([replace(ETHERNET, up=False)], [replace(ETHERNET_ROW, connected=False)]).interfaces
    assert (interface.carrier, interface.speed_bit_s) == (False, None)


def test_what_windows_does_not_say_is_not_known():
    (interface,) = state([replace(ETHERNET, up=False, mtu_bytes=None, speed_bit_s=None)]).interfaces
    assert (interface.carrier, interface.mtu_bytes, interface.speed_bit_s) == (None, None, None)


def test_hardware_that_is_switched_off_is_listed_as_such():
    off = replace(ETHERNET_ROW, luid=9, name="Wi-Fi", if_type=71, admin_up=False, connected=False, mtu_bytes=None)
    hidden = [replace(off, luid=10, filter=True), replace(off, luid=11, hardware=False)]
    interfaces = state([ETHERNET], [ETHERNET_ROW, off, *hidden]).interfaces
    assert [(each.name, each.admin_up, each.kind) for each in interfaces] == [
        ("イーサネット", True, InterfaceKind.ETHERNET),
        ("Wi-Fi", False, InterfaceKind.WIFI),
    ]


def test_the_best_default_route_has_the_lowest_sum_of_metrics():
    over_wifi = replace(DEFAULT4, luid=2, next_hop="192.168.20.254", metric=5)
    routes = state([ETHERNET, WIFI], [], [DEFAULT4, over_wifi]).default_routes
    assert [(route.interface, route.gateway, route.metric) for route in routes] == [
        ("Wi-Fi", "192.168.20.254", 15),
        ("イーサネット", "192.168.1.1", 25),
    ]
    assert [route.gateway_on_link for route in routes] == [False, True]


def test_a_link_local_gateway_is_on_the_link_and_a_tunnel_has_none():
    six = replace(DEFAULT4, family=Family.IPV6, next_hop="fe80::1%12")
    tunnel = replace(DEFAULT4, next_hop=None)
    routes = state([ETHERNET], [], [six, tunnel]).default_routes
    assert [(route.gateway, route.gateway_on_link) for route in routes] == [("fe80::1%12", True), (None, None)]


def test_other_routes_and_those_of_unknown_interfaces_are_left_out():
    routes = state([ETHERNET], [], [replace(DEFAULT4, prefix_length=24), replace(DEFAULT4, luid=77)]).default_routes
    assert routes == ()


def test_resolvers_are_in_the_order_windows_asks_them_without_placeholders():
    found = state([ETHERNET, WIFI, replace(ETHERNET, up=False, resolvers=("192.0.2.53",))], [], [DEFAULT4])
    assert found.resolvers == (
        Resolver(address="192.168.20.53", is_gateway=False, interface="Wi-Fi"),
        Resolver(address="192.168.1.1", is_gateway=True, interface="Wi-Fi"),
    )
    assert found.search_domains == ("home.example.net", "corp.example.com")
