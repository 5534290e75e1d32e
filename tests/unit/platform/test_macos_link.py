"""Links and ways of macOS over texts of its tools; it says nothing about a real macOS."""

import asyncio
import socket
from pathlib import Path
from types import SimpleNamespace

import foreign_systems
import psutil
import pytest

from nexkit.facts.link import LinkCounters
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.platform.api import ProcessResult, RouteTo
from nexkit.platform.macos_facts import PlainInterface
from nexkit.platform.macos_link_facts import link_states, parse_route
from nexkit.platform.parse_ifconfig import Media, parse_ifconfig

DATA = Path(__file__).parents[2] / "data" / "macos"
LISTED = (DATA / "ifconfig_media.txt").read_text()
COUNTED = LinkCounters(receive_errors=3)


def plain(name, *, up=True, speed_mbit_s=0):
    return PlainInterface(
        name=name, up=up, mtu_bytes=1500, speed_mbit_s=speed_mbit_s, duplex=None, mac=None, addresses=()
    )


def state(name, **more):
    (link,) = link_states((plain(name, **more),), parse_ifconfig(LISTED), {name: COUNTED})
    return link


def test_a_cable_shows_what_was_negotiated_and_what_the_port_can_do():
    link = state("en5")
    assert (link.kind, link.carrier, link.auto_negotiation) == (InterfaceKind.ETHERNET, True, True)
    assert (link.speed_bit_s, link.duplex, link.port_max_bit_s) == (1e8, Duplex.FULL, 2.5e9)
    assert link.counters == COUNTED


def test_a_port_set_by_hand_is_told():
    link = state("en6")
    assert (link.auto_negotiation, link.speed_bit_s, link.duplex, link.port_max_bit_s) == (
        False,
        1e7,
        Duplex.HALF,
        1e10,
    )


def test_a_cable_that_is_out_has_no_speed():
    link = state("en7", speed_mbit_s=1000)
    assert (link.carrier, link.speed_bit_s, link.duplex, link.port_max_bit_s) == (False, None, None, 1e9)


def test_a_radio_has_nothing_to_negotiate():
    link = state("en0", speed_mbit_s=866)
    assert (link.kind, link.auto_negotiation, link.port_max_bit_s) == (InterfaceKind.WIFI, None, None)
    assert link.speed_bit_s == 8.66e8


def test_an_interface_that_ifconfig_does_not_list_is_hardly_known():
    link = state("en99", up=False)
    assert (link.kind, link.admin_up, link.carrier, link.speed_bit_s) == (InterfaceKind.UNKNOWN, False, None, None)


def test_media_lines_are_read():
    found = parse_ifconfig(LISTED)
    assert found["en5"].media == Media(automatic=True, speed_mbit_s=100, duplex=Duplex.FULL)
    assert found["en7"].media == Media(automatic=True, speed_mbit_s=None, duplex=None)
    assert found["lo0"].media is None


def route_text(name):
    return (DATA / f"route_get_{name}.txt").read_text()


@pytest.mark.parametrize(
    ("name", "gateway", "interface"),
    [
        ("default", "192.168.1.1", "en0"),
        ("neighbour", None, "en0"),
        ("tunnel", None, "utun4"),
        ("inet6", "fe80::1", "en0"),
    ],
)
def test_ways_are_read(name, gateway, interface):
    assert parse_route(route_text(name), "192.168.1.20") == RouteTo(
        interface=interface, source="192.168.1.20", gateway=gateway
    )


def test_a_text_of_another_kind_says_nothing():
    assert parse_route("route: writing to routing socket\n", "::") == RouteTo(interface=None, source="::", gateway=None)


@pytest.fixture
def macos():
    with foreign_systems.macos(lambda version: None) as module:
        yield module


def test_the_platform_asks_tools_and_counters(macos, monkeypatch):
    counted = SimpleNamespace(
        bytes_recv=1, bytes_sent=2, packets_recv=3, packets_sent=4, errin=5, errout=6, dropin=7, dropout=0
    )
    monkeypatch.setattr(psutil, "net_io_counters", lambda *, pernic, nowrap: {"en5": counted})
    system = macos.MacosPlatform()
    macos._plain_interfaces = lambda: (plain("en5"),)
    asked = []

    async def run_program(arguments, *, timeout_s, max_output_bytes):
        asked.append(tuple(arguments))
        text = LISTED if arguments[0].endswith("ifconfig") else route_text("default")
        return ProcessResult(exit_status=0, stdout=text.encode(), stderr=b"")

    system.run_program = run_program
    (link,) = asyncio.run(system.links())
    assert link.speed_bit_s == 1e8
    assert link.counters == LinkCounters(
        received_bytes=1,
        sent_bytes=2,
        received_packets=3,
        sent_packets=4,
        receive_errors=5,
        send_errors=6,
        receive_drops=7,
    )
    way = asyncio.run(system.route_to("127.0.0.1"))
    assert (way.interface, way.source, way.gateway) == ("en0", "127.0.0.1", "192.168.1.1")
    assert asked == [("/sbin/ifconfig", "-a", "-v", "-m"), ("/sbin/route", "-n", "get", "-inet", "127.0.0.1")]


def test_a_target_without_a_way_is_an_error(macos, monkeypatch):
    def refuse(sock, address):
        raise OSError(51, "network is unreachable")

    async def ask():
        # Only now, as the event loop of Windows connects a pair of sockets for itself.
        monkeypatch.setattr(socket.socket, "connect", refuse, raising=False)
        return await macos.MacosPlatform().route_to("192.0.2.1")

    with pytest.raises(OSError, match="unreachable"):
        asyncio.run(ask())
