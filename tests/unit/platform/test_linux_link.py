"""How what kernel and drivers of Linux told becomes the state of the links."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("reads Linux", allow_module_level=True)

from pathlib import Path

from nexkit.facts.link import LinkCounters
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.platform.linux_link import link_states
from nexkit.platform.parse_ethtool import LinkMode
from nexkit.platform.parse_netlink import Link, Lookup, Message, messages, read_links, read_lookup

DATA = Path(__file__).parents[2] / "data" / "linux"
GIGABIT = LinkMode(
    speed_bit_s=1e9, duplex=Duplex.FULL, auto_negotiation=True, port_max_bit_s=1e9, partner_max_bit_s=1e9
)


def state(*, flags=0x1, carrier=True, mode=GIGABIT):
    link = Link(
        index=2,
        name="eth0",
        hardware_type=1,
        flags=flags,
        mtu_bytes=1500,
        mac=b"",
        carrier=carrier,
        master=None,
        kind=None,
        counters=LinkCounters(crc_errors=4),
    )
    (found,) = link_states((link,), {2: InterfaceKind.ETHERNET}, {} if mode is None else {"eth0": mode})
    return found


def test_a_link_has_what_the_driver_says_and_what_the_kernel_counts():
    found = state()
    assert (found.speed_bit_s, found.duplex, found.partner_max_bit_s) == (1e9, Duplex.FULL, 1e9)
    assert found.counters.crc_errors == 4


@pytest.mark.parametrize(("flags", "carrier", "told"), [(0x1, False, False), (0, True, None)])
def test_without_a_carrier_only_the_ability_of_the_port_counts(flags, carrier, told):
    """Some drivers repeat the last speed."""
    found = state(flags=flags, carrier=carrier)
    assert (found.carrier, found.speed_bit_s, found.duplex, found.partner_max_bit_s) == (told, None, None, None)
    assert found.port_max_bit_s == 1e9


def test_a_driver_that_says_nothing_leaves_nothing_known():
    found = state(mode=None)
    assert (found.speed_bit_s, found.duplex, found.auto_negotiation, found.port_max_bit_s) == (None,) * 4


def test_the_kernels_counters_are_read():
    """Of a recorded namespace, in which the peer of eth0 came up once."""
    links = {link.name: link.counters for link in read_links(messages((DATA / "netlink_links.bin").read_bytes()[:-20]))}
    assert links["eth0"].carrier_changes >= 1
    assert links["eth0"].received_packets is not None
    assert (links["eth0"].receive_errors, links["eth0"].crc_errors) == (0, 0)


def attribute(kind, data):
    return (4 + len(data)).to_bytes(2, "little") + kind.to_bytes(2, "little") + data


def test_each_counter_stands_where_the_header_puts_it():
    """struct rtnl_link_stats64 (linux/if_link.h); statistics that are cut off are none."""
    numbers = b"".join(number.to_bytes(8, "little") for number in range(1, 26))
    header = bytes(4) + (2).to_bytes(4, "little") + bytes(8)
    (link,) = read_links([Message(type=16, flags=0, body=header + attribute(23, numbers))])
    assert link.counters == LinkCounters(
        received_packets=1,
        sent_packets=2,
        received_bytes=3,
        sent_bytes=4,
        receive_errors=5,
        send_errors=6,
        receive_drops=7,
        send_drops=8,
        collisions=10,
        crc_errors=13,
    )
    (cut,) = read_links([Message(type=16, flags=0, body=header + attribute(23, numbers[:96]))])
    assert cut.counters == LinkCounters()


def test_a_route_answer_names_link_source_and_gateway():
    body = bytes([2, 32, 0, 0, 254, 0, 0, 1]) + bytes(4)
    body += attribute(1, bytes([198, 18, 0, 1])) + attribute(4, (2).to_bytes(4, "little"))
    body += attribute(7, bytes([192, 168, 10, 20])) + attribute(5, bytes([192, 168, 10, 1]))
    assert read_lookup(Message(type=24, flags=0, body=body)) == Lookup(
        link=2, source="192.168.10.20", gateway="192.168.10.1"
    )
    assert read_lookup(Message(type=24, flags=0, body=bytes(12))) == Lookup(link=None, source=None, gateway=None)
