"""What the tools of macOS print, in the format of their published sources."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.network import AddressOrigin, InterfaceKind, NeighbourState, Proxy, ProxySettings
from nexkit.platform.api import Neighbour
from nexkit.platform.parse_ifconfig import IfconfigEntry, interface_kind, parse_ifconfig
from nexkit.platform.parse_neighbours import parse_arp, parse_mac, parse_ndp
from nexkit.platform.parse_netstat import TableRoute, parse_default_routes
from nexkit.platform.parse_scutil import DnsSettings, parse_dns, parse_origin, parse_properties, parse_proxy_settings

DATA = Path(__file__).parents[2] / "data" / "macos"
RECORDED = sorted(DATA.glob("*.txt"))


def recorded(name):
    return (DATA / f"{name}.txt").read_text("utf-8")


def read_all(text):
    parse_dns(text)
    parse_proxy_settings(text)
    parse_origin(text)
    parse_default_routes(text)
    parse_ifconfig(text)
    parse_arp(text, "192.168.1.1", "en0")
    parse_ndp(text, "fe80::1", "en0")


def test_the_resolvers_for_all_names_are_read_and_no_others():
    assert parse_dns(recorded("scutil_dns")) == DnsSettings(
        resolvers=(("192.168.1.1", "en0"), ("fe80::1%en0", "en0")),
        search_domains=("home.example.net", "corp.example.com"),
    )


def test_without_a_network_there_are_no_resolvers():
    assert parse_dns(recorded("scutil_dns_offline")) == DnsSettings(resolvers=(), search_domains=())


def test_the_same_resolver_counts_once():
    text = "resolver #1\n nameserver[0] : 192.0.2.53\nresolver #2\n nameserver[0] : 192.0.2.53\n nameserver[1] : x\n"
    assert parse_dns(text).resolvers == (("192.0.2.53", None),)


def test_proxies_count_only_when_switched_on():
    assert parse_proxy_settings(recorded("scutil_proxy")).summary() == ProxySettings(
        http=Proxy(host="proxy.example.com", port=3128),
        https=None,
        pac_url="http://wpad.example.com/proxy.pac",
        auto_detect=False,
    )


def test_a_direct_connection_has_no_proxies():
    assert parse_proxy_settings(recorded("scutil_proxy_direct")).summary() == ProxySettings(auto_detect=False)


def test_nothing_printed_leaves_the_proxy_settings_open():
    assert parse_proxy_settings("").summary() == ProxySettings(auto_detect=None)


@pytest.mark.parametrize("port", ["0", "99999", "many", "٣١٢٨", ""])
def test_a_proxy_with_an_impossible_port_is_none(port):
    text = f"<dictionary> {{\n  HTTPEnable : 1\n  HTTPPort : {port}\n  HTTPProxy : proxy.example.com\n}}\n"
    assert parse_proxy_settings(text).by_scheme == {}


def test_an_address_from_dhcp_is_dynamic_whatever_the_lease_contains():
    assert parse_origin(recorded("ipconfig_getsummary_dhcp_ja")) is AddressOrigin.DYNAMIC


def test_what_follows_a_raw_packet_is_still_read():
    properties = parse_properties(recorded("ipconfig_getsummary_dhcp_ja"))
    assert properties["IPv4"]["0"]["DHCP"]["State"] == "Bound"
    assert properties["SSID"] == "事務所の無線"


@pytest.mark.parametrize(
    ("method", "origin"),
    [
        ("Manual", AddressOrigin.STATIC),
        ("BOOTP", AddressOrigin.DYNAMIC),
        ("LinkLocal", AddressOrigin.LINK_LOCAL),
        ("PPP", None),
    ],
)
def test_ways_to_an_address(method, origin):
    text = recorded("ipconfig_getsummary_manual").replace("Manual", method)
    assert parse_origin(text) is origin


@pytest.mark.parametrize(
    "text", ["", "<dictionary> {\n  IPv4 : none\n}\n", "<dictionary> {\n  IPv4 : <array> {\n    0 : x\n"]
)
def test_an_interface_without_a_summary_has_no_known_origin(text):
    assert parse_origin(text) is None


def test_scoped_default_routes_are_left_out():
    assert parse_default_routes(recorded("netstat_inet")) == (
        TableRoute(gateway="192.168.1.1", interface="en0"),
        TableRoute(gateway=None, interface="utun4"),
    )
    assert parse_default_routes(recorded("netstat_inet6")) == (TableRoute(gateway="fe80::1", interface="en0"),)


def test_the_interface_column_is_found_on_older_systems():
    assert parse_default_routes(recorded("netstat_inet_10_14")) == (TableRoute(gateway="192.168.1.1", interface="en0"),)


@pytest.mark.parametrize(
    "text", ["", "default 192.168.1.1 UGSc en0", "Destination Gateway\ndefault 192.168.1.1 UGSc en0"]
)
def test_routes_without_a_known_heading_are_not_guessed(text):
    assert parse_default_routes(text) == ()


def test_interfaces_are_described():
    found = parse_ifconfig(recorded("ifconfig"))
    assert list(found) == ["lo0", "en0", "en7", "awdl0", "utun4", "en9"]
    assert (found["en0"].active, found["en0"].type_word, found["en0"].up) == (True, "Wi-Fi", True)
    assert found["en0"].address_words["2001:db8:1::20"] >= {"autoconf"}
    assert "fe80::20" in found["en0"].address_words
    assert (found["en7"].active, found["en7"].type_word) == (False, "Ethernet")
    assert found["utun4"] == IfconfigEntry(
        up=True, address_words={"10.50.0.2": found["utun4"].address_words["10.50.0.2"]}
    )
    assert (found["en9"].up, found["en9"].active) == (False, None)


@pytest.mark.parametrize(
    ("name", "word", "kind"),
    [
        ("lo0", None, InterfaceKind.LOOPBACK),
        ("en0", "Wi-Fi", InterfaceKind.WIFI),
        ("en7", "Ethernet", InterfaceKind.ETHERNET),
        ("en9", None, InterfaceKind.UNKNOWN),
        ("en5", "Cellular", InterfaceKind.MOBILE),
        ("pdp_ip0", None, InterfaceKind.MOBILE),
        ("awdl0", "Wi-Fi", InterfaceKind.VIRTUAL),
        ("utun4", None, InterfaceKind.VPN),
        ("bridge100", "Ethernet", InterfaceKind.BRIDGE),
    ],
)
def test_kinds_by_name_and_type(name, word, kind):
    assert interface_kind(name, word) is kind


def neighbour(state, mac=None):
    return Neighbour(state=state, mac=mac)


@pytest.mark.parametrize(
    ("address", "interface", "expected"),
    [
        ("192.168.1.1", "en0", neighbour(NeighbourState.STALE, "00:00:5e:00:53:01")),
        ("192.168.1.1", "en7", neighbour(NeighbourState.STALE, "00:00:5e:00:53:ff")),
        ("192.168.1.9", "en0", neighbour(NeighbourState.FAILED)),
        ("192.168.1.77", "en0", neighbour(NeighbourState.ABSENT)),
    ],
)
def test_arp_entries(address, interface, expected):
    assert parse_arp(recorded("arp"), address, interface) == expected


@pytest.mark.parametrize(
    ("address", "interface", "expected"),
    [
        ("fe80::1%en0", "en0", neighbour(NeighbourState.STALE, "00:00:5e:00:53:01")),
        ("fe80::1", "en0", neighbour(NeighbourState.STALE, "00:00:5e:00:53:01")),
        ("fe80::5", "en0", neighbour(NeighbourState.REACHABLE, "00:00:5e:00:53:05")),
        ("fe80::6", "en0", neighbour(NeighbourState.FAILED)),
        ("fe80::7", "en0", neighbour(NeighbourState.ABSENT)),
    ],
)
def test_nd_entries(address, interface, expected):
    assert parse_ndp(recorded("ndp"), address, interface) == expected


@pytest.mark.parametrize(
    ("text", "mac"),
    [("0:0:5e:0:53:1", "00:00:5e:00:53:01"), ("(incomplete)", None), ("0:0:0:0:0:0", None), ("0:1", None)],
)
def test_hardware_addresses(text, mac):
    assert parse_mac(text) == mac


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_output_that_is_cut_off_anywhere_is_read_without_an_error(path):
    text = path.read_text("utf-8")
    for end in range(len(text)):
        read_all(text[:end])


@given(st.text(), st.data())
def test_any_text_is_read_without_an_error(garbage, data):
    lines = data.draw(st.sampled_from(RECORDED)).read_text("utf-8").splitlines()
    position = data.draw(st.integers(0, len(lines)))
    read_all(garbage)
    read_all("\n".join([*lines[:position], garbage, *lines[position:]]))


@given(st.lists(st.sampled_from(["  a : <dictionary> {", "}", "  }", "    b : 1", "      }", "    c : <array> {"])))
def test_unbalanced_braces_are_read_without_an_error(lines):
    assert isinstance(parse_properties("\n".join(lines)), dict)
