"""Traces in the lab's internet of seven hops, and between two routers that say what real ones say.

The first part runs whole scenarios on the lab's client, the second one crafts answers in the world of
`test_linux_probes`: client - near - far - server.
"""

import asyncio
import json
import pickle
import shlex
import socket
import struct
import subprocess
import sys
from ipaddress import ip_address

import pytest
from test_linux_probes import DATAGRAM_ICMP, FAR, NEAR, REPOSITORY, SERVER, WITHOUT_RAW_SOCKETS, World, hops, whole_path
from world import run_in_lab

from nexkit.facts.path import (
    HopPlace,
    MplsLabel,
    PathMethod,
    PathTrace,
    Rewriting,
    hop_losses,
    hop_places,
    reply_ttl_jumps,
    rewritten_from,
)
from nexkit.platform.internet_checksum import internet_sum
from nexkit.platform.whole_trace import open_whole_trace
from report.codec import decode

pytestmark = pytest.mark.lab
both_families = pytest.mark.parametrize("version", [4, 6])
TARGETS = {4: "198.18.0.10", 6: "2001:db8:18::10"}
PATHS = {
    4: ["192.168.10.1", "203.0.113.1", *(f"198.51.100.{number}" for number in (2, 6, 10, 14)), TARGETS[4]],
    6: ["2001:db8:10::1", "2001:db8:ac::1", *(f"2001:db8:b{link}::2" for link in ("", ":1", ":2", ":3")), TARGETS[6]],
}
LABELS = (
    MplsLabel(label=16004, traffic_class=0, bottom=False, ttl=1),
    MplsLabel(label=24015, traffic_class=3, bottom=True, ttl=1),
)


def traces(scenario, *commands):
    """The facts of some traces, one after the other on the client of one world."""
    nexkit = [sys.executable, "-m", "ui.cli", "probe", "run", "route"]
    script = " && ".join(shlex.join([*nexkit, *command]) for command in commands)
    run = run_in_lab(scenario, ["sh", "-c", script])
    assert run.exit_status == 0, run.stderr
    documents, text, reader = [], run.stdout, json.JSONDecoder()
    while text := text.lstrip():
        document, end = reader.raw_decode(text)
        documents.append(document)
        text = text[end:]
    return [decode(document["data"], PathTrace) for document in documents]


def addresses(trace):
    return [[each.address for each in hop.responders] for hop in trace.hops]


def test_limits_of_routers_are_no_loss(lab):
    """With Linux's own limits on every router, also right after another trace has used them up."""
    asked = ("rounds=10", "interval_s=0.02", "names=false")
    found = traces("healthy_icmp_limits", *((target, *asked) for target in (*TARGETS.values(), *TARGETS.values())))
    for trace in found[:2]:
        assert all(hop.sent <= 6 for hop in trace.hops[:-1]), "asked no more often than they answer"
        assert trace.hops[-1].sent == 10
        assert [len(hop.responders) for hop in trace.hops] == [1] * 7
    for trace in found:
        assert trace.reached
        losses = hop_losses(trace)
        assert [(loss.continues_to_target, loss.carried_ratio) for loss in losses] == [(False, 0.0)] * 7


def test_where_a_filter_stops_ping_tcp_and_udp_get_through(lab):
    icmp, tcp, tcp6, udp = traces(
        "healthy_icmp_filtered",
        (TARGETS[4], "reply_timeout_s=0.3", "rounds=1"),
        (TARGETS[4], "method=tcp", "port=443", "rounds=1"),
        (TARGETS[6], "method=tcp", "rounds=1"),
        (TARGETS[4], "method=udp", "rounds=1"),
    )
    assert (icmp.reached, addresses(icmp)) == (False, [["192.168.10.1"]])
    assert (tcp.method, tcp.port, tcp.reached, tcp.flow_stable) == (PathMethod.TCP, 443, True, False)
    assert (udp.method, udp.reached, udp.flow_stable) == (PathMethod.UDP, True, True)
    for trace, version in ((tcp, 4), (tcp6, 6), (udp, 4)):
        assert addresses(trace) == [[address] for address in PATHS[version]]
    assert hop_places(tcp) == (
        HopPlace.FIRST_ROUTER,
        HopPlace.PROVIDER,
        *[HopPlace.INTERNET] * 4,
        HopPlace.TARGET,
    )


def test_hops_have_the_names_that_the_resolver_knows(lab):
    named, plain = traces("healthy", (TARGETS[4], "rounds=1"), (TARGETS[4], "rounds=1", "names=false"))
    assert [hop.responders[0].name for hop in named.hops] == [None] * 6 + ["anchor1.example.com"]
    assert {hop.responders[0].name for hop in plain.hops} == {None}
    # Each router's answer starts with 64: it shows how far it is.
    assert [hop.responders[0].way_back_hops for hop in named.hops] == list(range(7))
    assert reply_ttl_jumps(named) == ()


def test_carrier_addresses_are_told_from_the_providers(lab):
    (trace,) = traces("healthy_carrier_nat", (TARGETS[4], "rounds=1", "names=false"))
    assert trace.reached
    assert HopPlace.CARRIER_NAT in hop_places(trace)


def test_a_routing_loop_ends_at_the_last_hop_asked(lab):
    (trace,) = traces("internet_routing_loop", (TARGETS[4], "rounds=2", "names=false", "max_ttl=20"))
    assert (trace.reached, len(trace.hops)) == (False, 20)
    assert {hop.responders[0].address for hop in trace.hops[3:]} == {"198.51.100.6", "198.51.100.2"}


class CraftingWorld(World):
    """The two routers, with programs of this file."""

    PROGRAMS = __file__

    def whole_trace(self, method, target):
        """Hops as the sockets see them that hand over whole messages."""
        command = [*self.enter, sys.executable, __file__, "whole", method.value, target]
        environment = {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests' / 'lab'}"}
        done = subprocess.run(command, stdout=subprocess.PIPE, cwd=REPOSITORY, env=environment, check=True)
        return pickle.loads(done.stdout)

    def answering(self, how):
        """The far router answers at the end of a TTL by a program instead of its kernel."""
        return self.program("far", how)


@pytest.fixture(scope="module")
def routers(lab):
    built = CraftingWorld()
    built.shell(DATAGRAM_ICMP)
    yield built
    built.end()


ONE_ROUND = {"rounds": 1}


@both_families
def test_every_hop_is_found_by_tcp_without_any_privilege(routers, version):
    """The server refuses the connection, which is an answer as good as any."""
    trace = routers.fact("route", privilege=WITHOUT_RAW_SOCKETS, target=SERVER[version], method="tcp", **ONE_ROUND)
    assert (trace.method, trace.reached, hops(trace)) == (PathMethod.TCP, True, whole_path(version))
    assert trace.hops[0].responders[0].reply_ttl == 64


@both_families
@pytest.mark.parametrize("method", [PathMethod.ICMP, PathMethod.UDP])
def test_whole_messages_show_the_same_path(routers, method, version):
    """What macOS gives to every user, here from raw sockets."""
    found = routers.whole_trace(method, SERVER[version])
    assert [reply.address for reply in found] == [NEAR[version], FAR[version], SERVER[version]]
    assert [reply.reached for reply in found] == [False, False, True]
    assert [reply.quoted_ttl for reply in found[:2]] == [1, 1]
    assert all(not reply.rewritten and reply.rtt_ms > 0 for reply in found)


@pytest.mark.parametrize(
    ("method", "privilege"),
    [
        ("icmp", WITHOUT_RAW_SOCKETS),
        ("udp", WITHOUT_RAW_SOCKETS),
        ("tcp", WITHOUT_RAW_SOCKETS),
        ("icmp", ()),
        ("udp", ()),
    ],
)
@pytest.mark.parametrize("how", ["labels", "labels_untold"])
def test_mpls_labels_are_read_without_privilege(routers, method, privilege, how):
    with routers.filtered("far", "prerouting", "ip ttl 1 drop"), routers.answering(how):
        trace = routers.fact("route", privilege=privilege, target=SERVER[4], method=method, **ONE_ROUND)
    assert hops(trace) == whole_path(4)
    assert [hop.responders[0].mpls for hop in trace.hops] == [None, LABELS, None]


@pytest.mark.parametrize(("privilege", "quoted"), [((), [1, 0]), (WITHOUT_RAW_SOCKETS, [None, None])])
def test_a_router_that_quotes_an_expired_packet_is_a_hop_as_any(routers, privilege, quoted):
    with routers.filtered("far", "prerouting", "ip ttl 1 drop"), routers.answering("expired"):
        trace = routers.fact("route", privilege=privilege, target=SERVER[4], **ONE_ROUND)
    assert hops(trace) == whole_path(4)
    assert [hop.responders[0].quoted_ttl for hop in trace.hops[:2]] == quoted


@pytest.mark.parametrize("method", ["icmp", "udp"])
@pytest.mark.parametrize("privilege", [(), WITHOUT_RAW_SOCKETS])
def test_a_quote_that_a_translator_did_not_turn_back_is_seen(routers, method, privilege):
    with routers.filtered("far", "prerouting", "ip ttl 1 drop"), routers.answering("translated"):
        trace = routers.fact("route", privilege=privilege, target=SERVER[4], method=method, **ONE_ROUND)
    assert hops(trace) == whole_path(4)
    assert (trace.hops[1].responders[0].rewritten, rewritten_from(trace)) == ((Rewriting.ADDRESS,), 2)


def test_a_hop_that_answers_in_the_name_of_the_target_is_not_the_target(routers):
    with routers.filtered("far", "prerouting", "ip ttl 1 drop"), routers.answering("in_its_name"):
        trace = routers.fact("route", target=SERVER[4], **ONE_ROUND)
    assert (trace.reached, hops(trace)) == (True, [[NEAR[4]], [SERVER[4]], [SERVER[4]]])


def test_a_target_that_somebody_answers_for_comes_another_way_back(routers):
    with routers.filtered("far", "forward", "icmp type echo-reply ip ttl set 101"):
        trace = routers.fact("route", target=SERVER[4], **ONE_ROUND)
    assert reply_ttl_jumps(trace) == (3,)


def test_load_sharing_makes_no_false_loops_where_the_flow_is_one(routers):
    """Two ways from near to far by the ports; far answers with the address that a packet came to."""
    second = (
        "ip link add second netns near type veth peer name second netns far;"
        "ip -n near addr add 198.18.3.2/24 dev second; ip -n far addr add 198.18.3.1/24 dev second;"
        "ip -n near link set second up; ip -n far link set second up;"
        "ip -n near route replace default nexthop via 198.18.1.1 nexthop via 198.18.3.1;"
        "ip netns exec near sh -c 'echo 1 >/proc/sys/net/ipv4/fib_multipath_hash_policy';"
        "ip netns exec far sh -c 'echo 1 >/proc/sys/net/ipv4/icmp_errors_use_inbound_ifaddr'"
    )
    mend = (
        "ip -n near route replace default via 198.18.1.1; ip -n near link del second;"
        "ip netns exec far sh -c 'echo 0 >/proc/sys/net/ipv4/icmp_errors_use_inbound_ifaddr'"
    )
    both = {"198.18.1.1", "198.18.3.1"}
    with routers.broken(second, mend):
        for method in ("udp", "icmp"):
            trace = routers.fact("route", target=SERVER[4], method=method, rounds=5, interval_s=0.01)
            assert (trace.reached, trace.flow_stable) == (True, True)
            assert [len(hop.responders) for hop in trace.hops] == [1, 1, 1]
        seen = set()
        for _trace in range(10):  # five attempts each: that all of them take one way happens once in 2^49
            trace = routers.fact("route", target=SERVER[4], method="tcp", rounds=5, interval_s=0.01)
            assert (trace.reached, trace.flow_stable) == (True, False)
            seen |= {each.address for each in trace.hops[1].responders}
            if seen == both:
                break
    assert seen == both


@pytest.mark.parametrize("method", ["icmp", "udp", "tcp"])
def test_with_limits_on_the_target_as_well_nothing_is_lost(routers, method):
    everywhere = "for node in near far server; do ip netns exec $node sh -c 'echo {} >/proc/sys/net/ipv4/{}'; done"
    limited = ";".join([everywhere.format(1000, "icmp_ratelimit"), everywhere.format(6168, "icmp_ratemask")])
    # What one of these uses up the next one misses: the kernel counts by address, not by protocol.
    with routers.broken(limited, everywhere.format(0, "icmp_ratelimit")):
        trace = routers.fact("route", target=SERVER[4], method=method, rounds=10, interval_s=0.02)
    assert trace.reached
    assert not any(loss.continues_to_target for loss in hop_losses(trace)), trace


def crafted(how, packet):
    """The ICMP error that the router sends about a packet."""
    quote = bytearray(packet)
    source = FAR[4]
    tail = b""
    match how:
        case "expired":
            quote[8] = 0
        case "translated":
            quote[16:20] = ip_address("198.51.100.77").packed
        case "in_its_name":
            source = SERVER[4]
        case "labels" | "labels_untold":
            quote = quote[:128].ljust(128, b"\0")
            entries = b"".join(
                struct.pack("!I", each.label << 12 | each.traffic_class << 9 | each.bottom << 8 | each.ttl)
                for each in LABELS
            )
            tail = summed(struct.pack("!BBHHBB", 0x20, 0, 0, 4 + len(entries), 1, 1) + entries)
    length = len(quote) // 4 if how == "labels" else 0
    message = summed(struct.pack("!BBHBBH", 11, 0, 0, 0, length, 0) + bytes(quote) + tail)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0)
    return head + ip_address(source).packed + packet[12:16] + message


def summed(data):
    return data[:2] + struct.pack("!H", ~internet_sum(data) & 0xFFFF) + data[4:]


def answer_as_a_router(how):
    """Answer what comes with its last TTL."""
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with sender, socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) as seen:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            packet, where = seen.recvfrom(2048)
            if where[2] == socket.PACKET_HOST and packet[8] == 1:
                sender.sendto(crafted(how, packet), (socket.inet_ntoa(packet[12:16]), 0))


async def trace_whole(method, target):
    async with open_whole_trace(target, PathMethod(method), None, socket.SOCK_RAW) as session:
        return await asyncio.gather(*(session.probe(ttl, timeout_s=2) for ttl in (1, 2, 3)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["whole", method, target]:
            sys.stdout.buffer.write(pickle.dumps(asyncio.run(trace_whole(method, target))))
        case [how]:
            answer_as_a_router(how)
