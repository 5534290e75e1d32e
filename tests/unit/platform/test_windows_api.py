"""Layouts and decoders of the Windows structures; the bytes were laid out by a C compiler from the system headers."""

import ctypes
import itertools
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.address import Family
from nexkit.facts.network import AddressOrigin, NeighbourState
from nexkit.outcome import FailureKind
from nexkit.platform import windows_api as api

DATA = Path(__file__).parents[2] / "data" / "windows"
ETHERNET_LUID = 0x6008001000000


def recorded(name):
    return bytes.fromhex((DATA / f"{name}.hex").read_text())


@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (api.AdapterAddresses, 448),
        (api.UnicastAddress, 64),
        (api.DnsServerAddress, 32),
        (api.DnsSuffix, 520),
        (api.SocketAddress, 16),
        (api.IpOptions, 16),
        (api.IpNetRow, 88),
        (api.ProxyConfig, 32),
    ],
)
def test_structures_have_their_documented_size(structure, size):
    assert ctypes.sizeof(structure) == size


@pytest.mark.parametrize(
    ("structure", "field", "offset"),
    [
        (api.AdapterAddresses, "if_index", 4),
        (api.AdapterAddresses, "first_unicast", 24),
        (api.AdapterAddresses, "first_dns_server", 48),
        (api.AdapterAddresses, "dns_suffix", 56),
        (api.AdapterAddresses, "friendly_name", 72),
        (api.AdapterAddresses, "physical_address", 80),
        (api.AdapterAddresses, "mtu", 96),
        (api.AdapterAddresses, "if_type", 100),
        (api.AdapterAddresses, "oper_status", 104),
        (api.AdapterAddresses, "ipv6_if_index", 108),
        (api.AdapterAddresses, "transmit_link_speed", 184),
        (api.AdapterAddresses, "ipv4_metric", 216),
        (api.AdapterAddresses, "luid", 224),
        (api.AdapterAddresses, "dhcpv4_server", 232),
        (api.AdapterAddresses, "first_dns_suffix", 440),
        (api.UnicastAddress, "address", 16),
        (api.UnicastAddress, "prefix_origin", 32),
        (api.UnicastAddress, "dad_state", 40),
        (api.UnicastAddress, "on_link_prefix_length", 56),
        (api.DnsServerAddress, "address", 16),
        (api.IpNetRow, "interface_luid", 32),
        (api.IpNetRow, "physical_address", 40),
        (api.IpNetRow, "physical_address_length", 72),
        (api.IpNetRow, "state", 76),
        (api.ProxyConfig, "proxy", 16),
        (api.IpOptions, "options_data", 8),
    ],
)
def test_fields_stand_where_the_headers_put_them(structure, field, offset):
    assert getattr(structure, field).offset == offset


def test_interface_rows_of_a_japanese_windows_are_read():
    rows = api.read_interface_rows(recorded("if_table2_ja"))
    assert [row.name for row in rows] == [
        "イーサネット",
        "Wi-Fi",
        "vEthernet (Default Switch)",
        "イーサネット-QoS Packet Scheduler-0000",
    ]
    ethernet, wifi, virtual, layer = rows
    assert ethernet == api.InterfaceRow(
        luid=ETHERNET_LUID,
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
        counters=ethernet.counters,
    )
    assert (wifi.admin_up, wifi.connected, wifi.speed_bit_s) == (False, False, None)
    assert not virtual.hardware
    assert layer.filter
    assert (layer.connected, layer.mac, layer.mtu_bytes) == (None, None, None)


def test_forward_rows_keep_the_zone_of_a_link_local_gateway():
    rows = api.read_forward_rows(recorded("ip_forward_table2"))
    assert [(row.family, row.prefix_length, row.next_hop, row.metric) for row in rows] == [
        (Family.IPV4, 0, "192.168.1.1", 0),
        (Family.IPV4, 0, "192.168.20.254", 0),
        (Family.IPV4, 24, None, 256),
        (Family.IPV6, 0, "fe80::1%12", 256),
        (Family.IPV4, 0, None, 5),
    ]


def test_a_forward_row_of_another_family_is_left_out():
    row = bytearray(recorded("ip_forward_table2")[: 8 + 104])
    row[8 + 12] = 99
    assert api.read_forward_rows(bytes(row)) == ()


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_without_an_error(data):
    assert len(api.read_interface_rows(data)) == max(0, len(data) - 8) // 1352
    assert len(api.read_forward_rows(data)) <= max(0, len(data) - 8) // 104
    api.read_socket_address(data)


def test_a_table_has_a_header_and_rows():
    assert api.INTERFACE_TABLE.size_bytes(4) == len(recorded("if_table2_ja"))
    assert api.FORWARD_TABLE.size_bytes(5) == len(recorded("ip_forward_table2"))
    assert api.NEIGHBOUR_TABLE.size_bytes(5) == len(recorded("ip_net_table2_wine"))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (0, NeighbourState.FAILED),
        (1, NeighbourState.FAILED),
        (4, NeighbourState.STALE),
        (5, NeighbourState.REACHABLE),
        (77, NeighbourState.STALE),
    ],
)
def test_neighbour_states(state, expected):
    row = api.IpNetRow.from_buffer_copy(recorded("ip_net_row2"))
    row.state = state
    found = api.find_neighbour(bytes(8) + bytes(row), row.interface_luid, "192.168.1.1")
    assert (found.state, found.mac) == (expected, "00:00:5e:00:53:01")


def test_a_neighbour_without_an_answer_has_no_mac():
    row = api.IpNetRow.from_buffer_copy(recorded("ip_net_row2"))
    ctypes.memset(row.physical_address, 0, 6)
    assert api.find_neighbour(bytes(8) + bytes(row), row.interface_luid, "192.168.1.1").mac is None


def test_a_neighbour_is_found_among_those_of_every_interface():
    """The table of Wine 8.0 in the lab: the router, and groups of multicast on two interfaces."""
    table = recorded("ip_net_table2_wine")
    found = api.find_neighbour(table, 6 << 48 | 2 << 24, "192.168.10.1")
    assert (found.state, found.mac) == (NeighbourState.REACHABLE, "02:00:00:00:01:02")
    assert api.find_neighbour(table, 24 << 48 | 1 << 24, "192.168.10.1").state is NeighbourState.ABSENT
    assert api.find_neighbour(table, 6 << 48 | 2 << 24, "192.168.10.2").state is NeighbourState.ABSENT


@pytest.mark.parametrize("address", ["192.168.1.1", "2001:db8::1", "fe80::1%12"])
def test_socket_addresses_survive_a_round_trip(address):
    of_family = Family.IPV6 if ":" in address else Family.IPV4
    written = api.write_socket_address(address, of_family)
    assert len(written) == 28
    assert api.read_socket_address(written) == address


def test_a_zone_that_is_a_name_is_not_a_number_of_windows():
    assert api.read_socket_address(api.write_socket_address("fe80::1%eth0", Family.IPV6)) == "fe80::1"


def test_no_address_is_written_as_the_unspecified_one():
    assert api.read_socket_address(api.write_socket_address(None, Family.IPV6)) == "::"
    assert api.read_socket_address(api.write_socket_address(None, Family.IPV4)) == "0.0.0.0"


@pytest.mark.parametrize("data", [b"", b"\x02\x00\x00", struct.pack("<H20x", 23), struct.pack("<H26x", 99)])
def test_other_socket_addresses_are_none(data):
    assert api.read_socket_address(data) is None


def test_a_hop_of_ipv4_is_read():
    answer = api.read_echo_reply(recorded("icmp_echo_reply_ttl_expired"), Family.IPV4)
    assert answer == api.IcmpAnswer(address="192.168.1.1", status=11013, rtt_ms=7)


def test_a_reply_of_ipv6_is_read_behind_its_packed_address():
    # IPV6_ADDRESS_EX: port, flow, address, scope id in 26 bytes; then two bytes of padding.
    reply = struct.pack("<HI", 0, 0) + bytes.fromhex("fe80" + "00" * 13 + "01") + struct.pack("<I2xII", 12, 0, 23)
    assert api.read_echo_reply(reply, Family.IPV6) == api.IcmpAnswer(address="fe80::1%12", status=0, rtt_ms=23)


@pytest.mark.parametrize(("elapsed_ms", "expected"), [(7.4, 7.4), (6.9, 7.0), (12.0, 8.0)])
def test_a_round_trip_stays_within_the_systems_millisecond(elapsed_ms, expected):
    answer = api.IcmpAnswer(address="192.0.2.1", status=0, rtt_ms=7)
    reply = api.echo_reply(answer, elapsed_ms)
    assert (reply.rtt_ms, reply.error) == (expected, None)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (11010, None),
        (11002, FailureKind.NET_UNREACHABLE),
        (11003, FailureKind.HOST_UNREACHABLE),
        (11009, FailureKind.MESSAGE_TOO_BIG),
        (5, FailureKind.FILTERED_LOCALLY),
        (11050, FailureKind.OTHER),
    ],
)
def test_status_codes_of_echo_requests(status, error):
    reply = api.echo_reply(api.IcmpAnswer(address=None, status=status, rtt_ms=0), 3.0)
    assert (reply.rtt_ms, reply.error) == (None, error)


@pytest.mark.parametrize(
    ("address", "status", "expected"),
    [
        (None, 11010, (None, None, False, None)),
        ("192.0.2.1", 11013, ("192.0.2.1", 3.0, False, None)),
        ("198.51.100.1", 0, ("198.51.100.1", 3.0, True, None)),
        ("198.51.100.1", 11005, ("198.51.100.1", 3.0, True, None)),
        ("192.0.2.1", 11002, ("192.0.2.1", 3.0, False, FailureKind.NET_UNREACHABLE)),
        (None, 1231, (None, None, False, FailureKind.NET_UNREACHABLE)),
    ],
)
def test_hops(address, status, expected):
    hop = api.hop_reply(api.IcmpAnswer(address=address, status=status, rtt_ms=2), 3.0, "198.51.100.1")
    assert (hop.address, hop.rtt_ms, hop.reached, hop.unreachable) == expected


def test_a_target_is_recognised_however_it_is_written():
    answer = api.IcmpAnswer(address="2001:db8::1", status=11005, rtt_ms=2)
    assert api.hop_reply(answer, 3.0, "2001:DB8:0::1").reached


def wide(text):
    units = (text + "\0").encode("utf-16-le")
    return (ctypes.c_uint16 * (len(units) // 2)).from_buffer_copy(units)


def test_wide_text_is_read_up_to_its_end():
    text = ctypes.cast(wide("ワイヤレス 𠮟"), ctypes.POINTER(ctypes.c_uint16))
    assert api.wide_text(text) == "ワイヤレス 𠮟"
    assert api.wide_text(ctypes.POINTER(ctypes.c_uint16)()) == ""


class Memory:
    """Structures that point to each other, kept alive as the buffer of GetAdaptersAddresses keeps them."""

    def __init__(self):
        self.kept = []

    def text(self, text):
        self.kept.append(wide(text))
        return ctypes.cast(self.kept[-1], ctypes.POINTER(ctypes.c_uint16))

    def socket_address(self, address):
        data = api.write_socket_address(address, Family.IPV6 if ":" in address else Family.IPV4)
        buffer = ctypes.create_string_buffer(data, len(data))
        self.kept.append(buffer)
        return api.SocketAddress(sockaddr=ctypes.addressof(buffer), length=len(data))

    def chain(self, entries):
        self.kept.extend(entries)
        for entry, following in itertools.pairwise(entries):
            entry.next = ctypes.pointer(following)
        return ctypes.pointer(entries[0])


def test_adapters_are_read_from_linked_lists():
    memory = Memory()
    suffix = api.DnsSuffix()
    ctypes.memmove(suffix.text, wide("corp.example.com"), 34)
    ethernet = api.AdapterAddresses(
        if_index=12,
        friendly_name=memory.text("イーサネット"),
        dns_suffix=memory.text("home.example.net"),
        physical_address=(0, 0, 0x5E, 0, 0x53, 0x10),
        physical_address_length=6,
        mtu=1500,
        if_type=6,
        oper_status=1,
        transmit_link_speed=1_000_000_000,
        ipv6_if_index=14,
        ipv4_metric=25,
        ipv6_metric=35,
        luid=ETHERNET_LUID,
        first_unicast=memory.chain(
            [
                api.UnicastAddress(
                    address=memory.socket_address("192.168.1.20"),
                    prefix_origin=3,
                    dad_state=4,
                    on_link_prefix_length=24,
                ),
                api.UnicastAddress(
                    address=memory.socket_address("fe80::20%12"),
                    prefix_origin=2,
                    dad_state=1,
                    on_link_prefix_length=64,
                ),
                api.UnicastAddress(
                    address=memory.socket_address("2001:db8:1::20"),
                    prefix_origin=1,
                    dad_state=2,
                    on_link_prefix_length=64,
                ),
                api.UnicastAddress(),
            ]
        ),
        first_dns_server=memory.chain(
            [
                api.DnsServerAddress(address=memory.socket_address("192.168.1.1")),
                api.DnsServerAddress(address=memory.socket_address("fe80::1")),
                api.DnsServerAddress(),
            ]
        ),
        first_dns_suffix=memory.chain([suffix]),
    )
    tunnel = api.AdapterAddresses(
        ipv6_if_index=31, friendly_name=memory.text("Example VPN"), mtu=2**32 - 1, oper_status=2, if_type=131
    )
    first, second = api.read_adapters(memory.chain([ethernet, tunnel]))
    assert first.name == "イーサネット"
    assert [(each.address, each.prefix_length, each.origin, each.duplicate) for each in first.addresses] == [
        ("192.168.1.20", 24, AddressOrigin.DYNAMIC, False),
        ("fe80::20", 64, AddressOrigin.LINK_LOCAL, None),
        ("2001:db8:1::20", 64, AddressOrigin.STATIC, True),
    ]
    assert first.resolvers == ("192.168.1.1", "fe80::1%14")
    assert first.suffixes == ("home.example.net", "corp.example.com")
    assert (first.luid, first.index, first.up, first.mtu_bytes) == (ETHERNET_LUID, 12, True, 1500)
    assert (first.speed_bit_s, first.mac) == (1_000_000_000, "00:00:5e:00:53:10")
    assert (first.metric(Family.IPV4), first.metric(Family.IPV6)) == (25, 35)
    assert (second.index, second.up, second.mtu_bytes, second.speed_bit_s, second.mac) == (31, False, None, None, None)
    assert (second.addresses, second.resolvers, second.suffixes) == ((), (), ())


def test_no_adapters_are_an_empty_list():
    assert api.read_adapters(ctypes.POINTER(api.AdapterAddresses)()) == ()
