"""Netlink messages as a Linux 6.18 kernel wrote them (x86-64): a namespace with bridge, veths, tun and routes."""

from pathlib import Path

import pytest

from nexkit.platform.parse_netlink import (
    AF_INET,
    AF_INET6,
    NLMSG_DONE,
    Address,
    Route,
    error_number,
    messages,
    read_addresses,
    read_links,
    read_neighbours,
    read_routes,
)

DATA = Path(__file__).parents[2] / "data" / "linux"


def recorded(name):
    return [message for message in messages((DATA / f"netlink_{name}.bin").read_bytes()) if message.type != NLMSG_DONE]


def test_a_link_has_its_kind_its_bridge_and_its_carrier():
    links = {link.name: link for link in read_links(recorded("links"))}
    assert list(links) == ["lo", "br0", "veth1", "eth0", "tun0"]
    assert (links["lo"].kind, links["br0"].kind, links["eth0"].kind, links["tun0"].kind) == (
        None,
        "bridge",
        "veth",
        "tun",
    )
    assert links["veth1"].master == links["br0"].index
    assert links["eth0"].master is None
    assert (links["eth0"].carrier, links["tun0"].carrier) == (True, False)
    assert (links["eth0"].mac.hex(":"), links["eth0"].mtu_bytes) == ("02:00:00:00:00:01", 1500)
    assert links["tun0"].mac == b""


def test_an_address_with_a_lifetime_is_finite():
    addresses = {address.address: address for address in read_addresses(recorded("addresses"))}
    assert addresses["192.168.10.20"] == Address(
        link=4, address="192.168.10.20", prefix_length=24, flags=0, finite=True
    )
    assert addresses["2001:db8:10::20"].finite
    assert not addresses["127.0.0.1"].finite


def test_on_a_point_to_point_link_the_own_address_counts_and_not_the_peers():
    addresses = {address.address for address in read_addresses(recorded("addresses"))}
    assert "10.8.0.2" in addresses
    assert "10.8.0.1" not in addresses


def test_every_way_of_a_default_route_is_read_and_an_unreachable_one_is_none():
    defaults = [route for route in read_routes(recorded("routes")) if route.destination is None]
    assert [(route.family, route.table, route.link, route.gateway, route.metric) for route in defaults] == [
        (AF_INET, 100, 4, "192.168.10.9", 0),
        (AF_INET, 254, 5, "10.8.0.1", 50),
        (AF_INET, 254, 4, "192.168.10.1", 100),
        (AF_INET, 254, 4, "192.168.10.2", 200),
        (AF_INET, 254, 4, "192.168.10.3", 200),
        (AF_INET6, 254, 4, "fe80::1", 1024),
    ]


def test_an_ipv4_route_over_an_ipv6_gateway_is_read():
    assert Route(
        family=AF_INET,
        table=254,
        destination="203.0.113.0",
        prefix_length=24,
        link=4,
        gateway="fe80::1",
        metric=0,
    ) in read_routes(recorded("routes"))


def test_neighbours_have_state_and_hardware_address():
    entries = {entry.address: entry for entry in read_neighbours(recorded("neighbours"))}
    assert (entries["192.168.10.1"].state, entries["192.168.10.1"].mac.hex(":")) == (0x02, "02:00:00:00:00:fe")
    assert (entries["192.168.10.3"].state, entries["192.168.10.3"].mac) == (0x20, b"")
    assert entries["fe80::1"].link == 4


@pytest.mark.parametrize("cut", [1, 15, 17, 100])
def test_a_message_that_is_cut_off_is_left_out(cut):
    whole = (DATA / "netlink_addresses.bin").read_bytes()
    every = list(messages(whole))
    assert list(messages(whole[:-cut])) == every[: len(list(messages(whole[:-cut])))]
    assert len(list(messages(whole[:-cut]))) < len(every)


def test_an_error_message_gives_its_number():
    refused = bytes.fromhex("24000000020000000100000000000000ffffffff") + bytes(16)
    (message,) = messages(refused)
    assert error_number(message) == 1
