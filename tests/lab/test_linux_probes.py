"""The probes for interfaces, gateway, echo and route on real Linux sockets, through two routers in namespaces.

    client (192.168.10.20) - near (192.168.10.1) - far (198.18.1.1) - server (198.18.2.10)

The same over IPv6. The client is an ordinary program in three versions: with raw sockets (root), with datagram ICMP
sockets only (net.ipv4.ping_group_range), and with neither.
"""

import asyncio
import contextlib
import pickle
import random
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nexkit.address import Family
from nexkit.clock import SystemClock
from nexkit.facts.echo import EchoMethod
from nexkit.facts.network import InterfaceKind, NeighbourState
from nexkit.facts.path import PathMethod
from nexkit.outcome import Completed, Failed, FailureKind
from nexkit.params import build_params
from nexkit.platform import system_platform
from nexkit.platform.api import CapabilityState
from nexkit.probe import ProbeContext
from probes import builtin_probe

REPOSITORY = Path(__file__).parents[2]
NEAR = {4: "192.168.10.1", 6: "2001:db8:10::1"}
FAR = {4: "198.18.1.1", 6: "2001:db8:18:1::1"}
SERVER = {4: "198.18.2.10", 6: "2001:db8:18:2::10"}
BUILD = """
set -e
mount -t tmpfs tmpfs /run && mkdir /run/netns
no_waiting="echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad" # for duplicates of addresses, a second or two
sh -c "$no_waiting"
for node in near far server; do
    ip netns add $node; ip -n $node link set lo up; ip netns exec $node sh -c "$no_waiting"
done
cable() { # node device addresses, node device addresses
    ip link add left type veth peer name right
    for end in "left $1 $2 $3 $4" "right $5 $6 $7 $8"; do
        set -- $end
        in=""; [ $2 = client ] || { ip link set $1 netns $2; in="-n $2"; }
        ip $in link set $1 name $3
        ip $in addr add $4 dev $3
        ip $in addr add $5 dev $3 nodad
        ip $in link set $3 up
    done
}
ip link set lo up
cable client eth0 192.168.10.20/24 2001:db8:10::20/64 near lan 192.168.10.1/24 2001:db8:10::1/64
ip -n near addr add fe80::1/64 dev lan nodad
cable near wan 198.18.1.2/24 2001:db8:18:1::2/64 far near 198.18.1.1/24 2001:db8:18:1::1/64
cable far out 198.18.2.1/24 2001:db8:18:2::1/64 server eth0 198.18.2.10/24 2001:db8:18:2::10/64
ip route add default via 192.168.10.1; ip -6 route add default via 2001:db8:10::1
ip -n near route add default via 198.18.1.1; ip -n near -6 route add default via 2001:db8:18:1::1
ip -n far route add 192.168.10.0/24 via 198.18.1.2; ip -n far -6 route add 2001:db8:10::/64 via 2001:db8:18:1::2
ip -n server route add default via 198.18.2.1; ip -n server -6 route add default via 2001:db8:18:2::1
for node in near far server; do # a node is asked by many tests in a short time: no limit on its ICMP errors
    ip netns exec $node sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding
        echo 0 >ipv4/icmp_ratelimit; echo 0 >ipv6/icmp/ratelimit'
done
ip ntable change name arp_cache dev eth0 retrans 100 # a neighbour that is silent is given up after 0.3 s
echo built
exec sleep infinity
"""
DATAGRAM_ICMP = "echo 0 0 >/proc/sys/net/ipv4/ping_group_range"
WITHOUT_RAW_SOCKETS = ("setpriv", "--bounding-set=-net_raw")


class World:
    """The namespaces, held by a process that ends with this object; `privilege` is how programs are started there."""

    PROGRAMS = __file__
    """Where `program` finds its parts."""

    def __init__(self, privilege=()):
        self.privilege = privilege
        self.holder = subprocess.Popen(
            ["unshare", "-Urnm", "--fork", "--kill-child", "bash", "-c", BUILD], stdout=subprocess.PIPE, text=True
        )
        assert self.holder.stdout.readline() == "built\n"
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text()
        self.enter = ["nsenter", "-t", children.split()[0], "-U", "-n", "-m", "--preserve-credentials"]

    def end(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    def shell(self, script):
        subprocess.run([*self.enter, "bash", "-ec", script], check=True)

    @contextlib.contextmanager
    def broken(self, script, mend):
        self.shell(script)
        try:
            yield
        finally:
            self.shell(mend)

    @contextlib.contextmanager
    def filtered(self, node, hook, rule):
        inside = f"ip netns exec {node} " if node else ""
        chain = f"type filter hook {hook} priority 0;"
        rules = f"table inet fault {{\n chain fault {{\n {chain}\n {rule}\n }}\n}}\n"
        with self.broken(f"{inside}nft -f - <<'END'\n{rules}END", f"{inside}nft delete table inet fault"):
            yield

    @contextlib.contextmanager
    def program(self, node, part):
        """A part of a file as a program on a node, from when it says that it is ready."""
        command = [*self.enter, "ip", "netns", "exec", node, sys.executable, self.PROGRAMS, part]
        environment = {"PYTHONPATH": f"{REPOSITORY}:{Path(__file__).parent}", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        running = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPOSITORY, env=environment)
        try:
            assert running.stdout.readline() == b"ready\n"
            yield
        finally:
            running.kill()
            running.wait()
            running.stdout.close()

    def outcome(self, probe, *, part="measure", privilege=None, **params):
        """What a probe of the client came to."""
        if probe == "route":
            params.setdefault("names", "false")  # nobody answers for names here
        words = [f"{name}={value}" for name, value in params.items()]
        done = subprocess.run(
            [
                *self.enter,
                *(self.privilege if privilege is None else privilege),
                sys.executable,
                __file__,
                part,
                probe,
                *words,
            ],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            check=True,
        )
        return pickle.loads(done.stdout)

    def fact(self, probe, **more):
        outcome = self.outcome(probe, **more)
        assert isinstance(outcome, Completed)
        return outcome.fact


@pytest.fixture(scope="module")
def world(lab):
    built = World()
    yield built
    built.end()


@pytest.fixture(scope="module")
def datagram_world(lab):
    """Separate, because namespaces without root cannot take the permission back."""
    built = World(WITHOUT_RAW_SOCKETS)
    built.shell(DATAGRAM_ICMP)
    yield built
    built.end()


@pytest.fixture(params=["world", "datagram_world"])
def icmp_world(request):
    """The two ways to an ICMP socket."""
    return request.getfixturevalue(request.param)


pytestmark = pytest.mark.lab
both_families = pytest.mark.parametrize("version", [4, 6])


def test_the_state_is_that_of_the_namespace(world):
    state = world.fact("interfaces")
    (cable,) = (interface for interface in state.interfaces if interface.name == "eth0")
    assert (cable.kind, cable.admin_up, cable.carrier) == (InterfaceKind.ETHERNET, True, True)
    assert {"192.168.10.20", "2001:db8:10::20"} <= {each.address for each in cable.addresses}
    assert [
        (route.family, route.interface, route.gateway, route.gateway_on_link) for route in state.default_routes
    ] == [
        (Family.IPV4, "eth0", NEAR[4], True),
        (Family.IPV6, "eth0", NEAR[6], True),
    ]


def test_a_cable_pulled_out_is_seen(world):
    addresses = f"for own in fe80::1 {NEAR[6]}; do ip -n near addr add $own/64 dev lan nodad; done"
    mend = f"ip -n near link set lan up; {addresses}"
    with world.broken("ip -n near link set lan down", mend):
        state = world.fact("interfaces")
    (cable,) = (interface for interface in state.interfaces if interface.name == "eth0")
    assert (cable.kind, cable.admin_up, cable.carrier) == (InterfaceKind.ETHERNET, True, False)


@pytest.mark.parametrize(
    ("which", "privilege", "state"),
    [
        ("world", (), CapabilityState.AVAILABLE),
        ("world", WITHOUT_RAW_SOCKETS, CapabilityState.LIMITED),
        ("datagram_world", WITHOUT_RAW_SOCKETS, CapabilityState.AVAILABLE),
    ],
)
def test_what_the_system_permits_is_found_by_trying(request, which, privilege, state):
    found = request.getfixturevalue(which).outcome("capabilities", part="permitted", privilege=privilege)
    states = {each.id: each.state for each in found}
    assert (states["icmp4"], states["icmp6"]) == (state, state)
    assert {states[each] for each in ("trace4", "trace6", "neighbours")} == {CapabilityState.AVAILABLE}


@both_families
def test_every_request_is_answered(icmp_world, version):
    fact = icmp_world.fact("ping", target=SERVER[version], count=20, interval_s=0.01)
    assert (fact.method, fact.sent, fact.received) == (EchoMethod.ICMP, 20, 20)
    assert 0 < fact.rtt_min_ms < 5


@both_families
def test_where_icmp_sockets_are_refused_the_handshake_is_timed(world, version):
    fact = world.fact("ping", privilege=WITHOUT_RAW_SOCKETS, target=SERVER[version], count=5, interval_s=0.01)
    assert (fact.method, fact.received) == (EchoMethod.TCP_CONNECT, 5)
    assert 0 < fact.rtt_min_ms < 10


def test_a_busy_event_loop_does_not_show_as_round_trip_time(icmp_world):
    target = SERVER[4]
    fact = icmp_world.fact("ping", part="busy", target=target, count=10, interval_s=0.02)
    assert fact.received == 10
    assert fact.rtt_p50_ms < 5, "the loop stood still for 20 ms at a time"


def test_loss_is_measured_as_it_is(world):
    """30 % of 300 requests: the standard deviation of the share is 2.6 %, the tolerance four of them."""
    with world.filtered("far", "forward", "icmp type echo-request numgen random mod 100 < 30 drop"):
        fact = world.fact("ping", target=SERVER[4], count=300, interval_s=0.005)
    assert fact.loss_ratio == pytest.approx(0.30, abs=0.106)


@both_families
def test_a_router_that_has_no_route_is_heard(icmp_world, version):
    family = f"-{version}"
    with icmp_world.broken(
        f"ip -n near {family} route add unreachable {SERVER[version]}",
        f"ip -n near {family} route del unreachable {SERVER[version]}",
    ):
        echo = icmp_world.fact("ping", target=SERVER[version], count=3, interval_s=0.05)
        trace = icmp_world.fact("route", target=SERVER[version])
    # `ip route add unreachable` answers "host unreachable" in IPv4 and "no route" in IPv6.
    kind = {4: FailureKind.HOST_UNREACHABLE, 6: FailureKind.NET_UNREACHABLE}[version]
    assert {sample.error for sample in echo.samples} == {kind}
    assert (trace.reached, trace.unreachable, trace.unreachable_from) == (False, kind, NEAR[version])
    assert len(trace.hops) == 1


def test_a_neighbour_that_does_not_answer_is_unreachable_and_no_hop(icmp_world):
    target = "192.168.10.99"
    echo = icmp_world.fact("ping", target=target, count=2, reply_timeout_s=5)
    assert {sample.error for sample in echo.samples} == {FailureKind.HOST_UNREACHABLE}
    trace = icmp_world.fact("route", target=target, reply_timeout_s=5, rounds=1)
    assert (trace.hops, trace.unreachable, trace.unreachable_from) == ((), FailureKind.HOST_UNREACHABLE, None)


def test_a_local_firewall_is_told_from_the_network(world):
    with world.filtered("", "output", "meta l4proto { icmp, icmpv6 } drop"):
        echo = world.fact("ping", target=SERVER[4], count=2, interval_s=0.01)
        trace = world.fact("route", target=SERVER[4], rounds=1)
    assert {sample.error for sample in echo.samples} == {FailureKind.FILTERED_LOCALLY}
    assert (trace.reached, trace.unreachable) == (False, FailureKind.FILTERED_LOCALLY)


@both_families
def test_without_a_route_there_is_no_trace(world, version):
    family, target = f"-{version}", SERVER[version]
    with world.broken(f"ip {family} route del default", f"ip {family} route add default via {NEAR[version]}"):
        outcome = world.outcome("route", target=target)
        echo = world.fact("ping", target=target, count=1)
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.NET_UNREACHABLE, "open")
    assert echo.samples[0].error is FailureKind.NET_UNREACHABLE


def test_a_link_local_gateway_is_reached_by_its_interface(icmp_world):
    icmp_world.shell("ip neigh flush dev eth0")
    echo = icmp_world.fact("ping", target="fe80::1%eth0", count=3, interval_s=0.01)
    assert (echo.method, echo.received) == (EchoMethod.ICMP, 3)
    fact = icmp_world.fact("lan", gateway="fe80::1", interface="eth0")
    assert fact.neighbour is NeighbourState.REACHABLE
    assert {answer.failure.kind for answer in fact.tcp} == {FailureKind.REFUSED}


def hops(trace):
    return [[responder.address for responder in hop.responders] for hop in trace.hops]


def whole_path(version):
    return [[NEAR[version]], [FAR[version]], [SERVER[version]]]


@both_families
def test_every_hop_is_found_by_icmp(icmp_world, version):
    trace = icmp_world.fact("route", target=SERVER[version])
    assert (trace.method, trace.reached, hops(trace)) == (PathMethod.ICMP, True, whole_path(version))
    assert [(hop.sent, hop.received) for hop in trace.hops] == [(3, 3)] * 3


@both_families
def test_every_hop_is_found_by_udp_without_any_privilege(world, version):
    trace = world.fact("route", privilege=WITHOUT_RAW_SOCKETS, target=SERVER[version])
    assert (trace.method, trace.reached, hops(trace)) == (PathMethod.UDP, True, whole_path(version))
    assert [(hop.sent, hop.received) for hop in trace.hops] == [(3, 3)] * 3


def test_all_udp_probes_are_of_one_flow(world):
    with world.broken(
        "nft -f - <<'END'\ntable inet count {\n set flows {\n type inet_service . inet_service; flags dynamic\n }\n"
        " chain out {\n type filter hook output priority 0;\n oifname != lo meta l4proto udp add @flows"
        " { udp sport . udp dport }\n }\n}\nEND",
        "nft list set inet count flows >/run/flows; nft delete table inet count",
    ):
        world.fact("route", privilege=WITHOUT_RAW_SOCKETS, target=SERVER[4])
    listed = subprocess.run([*world.enter, "cat", "/run/flows"], capture_output=True, text=True, check=True).stdout
    assert listed.partition("elements")[2].count(" . ") == 1


def test_a_router_that_quotes_the_udp_header_alone_is_found_in_the_next_round(world):
    with world.filtered("far", "prerouting", "ip ttl 1 drop"), world.program("far", "quote_shortly"):
        trace = world.fact("route", privilege=WITHOUT_RAW_SOCKETS, target=SERVER[4])
    assert (trace.reached, hops(trace)) == (True, whole_path(4))
    assert trace.hops[1].sent == 3
    assert trace.hops[1].received >= 2, "in the first round it can be told only when all others have answered"


def test_a_target_behind_a_firewall_is_not_reached(world):
    with world.filtered("far", "forward", "icmp type echo-request drop"):
        trace = world.fact("route", target=SERVER[4], reply_timeout_s=0.3)
    assert (trace.reached, trace.unreachable, hops(trace)) == (False, None, whole_path(4)[:2])


@both_families
def test_a_gateway_that_lives_is_a_neighbour_and_refuses_connections(world, version):
    world.shell("ip neigh flush dev eth0")
    fact = world.fact("lan", gateway=NEAR[version], interface="eth0")
    assert fact.neighbour is NeighbourState.REACHABLE
    assert fact.mac is not None
    assert {answer.failure.kind for answer in fact.tcp} == {FailureKind.REFUSED}


@both_families
def test_a_gateway_that_is_gone_has_failed(world, version):
    gone = {4: "192.168.10.254", 6: "fe80::254"}[version]
    fact = world.fact("lan", gateway=gone, interface="eth0", timeout_s=1)
    assert (fact.neighbour, fact.mac) == (NeighbourState.FAILED, None)


async def measure(probe_id, words, *, busy=False):
    probe = builtin_probe(probe_id)()
    ctx = ProbeContext(
        platform=system_platform(),
        clock=SystemClock(),
        random=random.Random(1),
        max_bytes=probe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )
    running = asyncio.create_task(
        probe.run(build_params(probe.spec.params, dict(word.split("=", 1) for word in words)), ctx)
    )
    while busy and not running.done():
        time.sleep(0.02)  # noqa: ASYNC251  it blocks the loop: that is what is tried
        await asyncio.sleep(0)
    return await running


def quote_shortly():
    """Answer datagrams at the end of their TTL with as little as RFC 792 asks for: IP header and eight bytes."""
    answers = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) as seen:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            packet, where = seen.recvfrom(2048)
            ttl, protocol, source = packet[8], packet[9], packet[12:16]
            if where[2] == socket.PACKET_HOST and ttl == 1 and protocol == socket.IPPROTO_UDP:
                message = bytes([11, 0, 0, 0]) + bytes(4) + packet[:28]
                total = sum(struct.unpack("!18H", message))
                total = (total & 0xFFFF) + (total >> 16)
                checksum = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
                answers.sendto(message[:2] + struct.pack("!H", checksum) + message[4:], (socket.inet_ntoa(source), 0))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["quote_shortly"]:
            quote_shortly()
        case ["permitted", "capabilities"]:
            sys.stdout.buffer.write(pickle.dumps(asyncio.run(system_platform().capabilities())))
        case [("measure" | "busy") as part, probe_id, *words]:
            sys.stdout.buffer.write(pickle.dumps(asyncio.run(measure(probe_id, words, busy=part == "busy"))))
