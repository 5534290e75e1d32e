"""The link probe on real interfaces: a cable with two ends, a bridge, a tunnel, and policy routing, in a namespace."""

import ctypes
import fcntl
import os
import pickle
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from nexkit.facts.link import link_changes
from nexkit.facts.network import Duplex, InterfaceKind
from nexkit.outcome import Completed, FailureKind

REPOSITORY = Path(__file__).parents[2]
BUILD = """
set -e
mount -t tmpfs tmpfs /run && mkdir /run/netns
ip netns add far; ip link set lo up
sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
ip netns exec far sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
ip link add eth0 type veth peer name lan netns far
ip -n far link set lan up; ip -n far addr add 192.168.10.1/24 dev lan; ip -n far addr add 2001:db8:10::1/64 dev lan
ip addr add 192.168.10.20/24 dev eth0; ip addr add 2001:db8:10::20/64 dev eth0; ip link set eth0 up
ip route add default via 192.168.10.1; ip -6 route add default via 2001:db8:10::1
ip link add br0 type bridge; ip link set br0 up
ip tuntap add mode tun tun0; ip addr add 10.50.0.2/24 dev tun0; ip link set tun0 up
ip route add 10.60.0.0/24 via 10.50.0.1
ip route add unreachable 198.51.100.0/24; ip route add prohibit 203.0.113.0/24
ip rule add to 198.18.9.9 table 77; ip route add default via 192.168.10.9 table 77
echo built
exec sleep infinity
"""
GIGABIT_MODES, FAST_ETHERNET_MODES = 0b111111, 0b001111
TARGETS = ("198.18.0.1", "2001:db8:18::1", "192.168.10.7", "10.60.0.5", "198.18.9.9", "198.51.100.1", "203.0.113.1")


class World:
    """A namespace with a cable to another one, held by a process that ends with this object."""

    def __init__(self):
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

    def readings(self, *between, targets=(), part="links"):
        """A reading, then each script with a reading after it, all by one program without any privilege."""
        done = subprocess.run(
            [*self.enter, sys.executable, __file__, part, ",".join(targets), *between],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={"PYTHONPATH": str(REPOSITORY), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            check=True,
        )
        outcomes = pickle.loads(done.stdout)
        assert all(isinstance(outcome, Completed) for outcome in outcomes)
        return [outcome.fact for outcome in outcomes]


@pytest.fixture(scope="module")
def world(lab):
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        pytest.skip("no /dev/net/tun here")
    built = World()
    yield built
    built.end()


pytestmark = pytest.mark.lab


def cable_of(reading):
    return next(link for link in reading.links if link.name == "eth0")


def test_a_cable_shows_what_it_negotiated(world):
    """The kernel's pair of virtual interfaces says 10 Gbit/s full duplex, and names no abilities of a port."""
    (reading,) = world.readings()
    cable = cable_of(reading)
    assert (cable.kind, cable.admin_up, cable.carrier) == (InterfaceKind.ETHERNET, True, True)
    assert (cable.speed_bit_s, cable.duplex, cable.port_max_bit_s) == (10e9, Duplex.FULL, None)


def test_a_gigabit_port_at_half_duplex_on_a_slow_switch(world):
    """A tap gives back by ethtool what was set, as a driver tells what it found out; its cable is this very program."""
    (reading,) = world.readings(part="port")
    (port,) = (link for link in reading.links if link.name == "port0")
    assert (port.carrier, port.speed_bit_s, port.duplex) == (True, 1e8, Duplex.HALF)
    assert (port.port_max_bit_s, port.partner_max_bit_s, port.auto_negotiation) == (1e9, 1e8, True)


def test_bridge_and_tunnel_are_told_from_cables(world):
    (reading,) = world.readings()
    kinds = {link.name: link.kind for link in reading.links}
    assert (kinds["lo"], kinds["br0"], kinds["tun0"]) == (
        InterfaceKind.LOOPBACK,
        InterfaceKind.BRIDGE,
        InterfaceKind.VPN,
    )


def test_the_way_to_each_target_is_the_kernels_own(world):
    (reading,) = world.readings(targets=TARGETS)
    ways = {way.target: way for way in reading.routes}
    assert {target: (way.interface, way.source, way.gateway) for target, way in ways.items()} == {
        "198.18.0.1": ("eth0", "192.168.10.20", "192.168.10.1"),
        "2001:db8:18::1": ("eth0", "2001:db8:10::20", "2001:db8:10::1"),
        "192.168.10.7": ("eth0", "192.168.10.20", None),
        "10.60.0.5": ("tun0", "10.50.0.2", "10.50.0.1"),
        # Another table, which no list of routes shows.
        "198.18.9.9": ("eth0", "192.168.10.20", "192.168.10.9"),
        "198.51.100.1": (None, None, None),
        "203.0.113.1": (None, None, None),
    }
    assert ways["198.51.100.1"].failure.kind is FailureKind.HOST_UNREACHABLE
    assert ways["203.0.113.1"].failure.kind is FailureKind.FILTERED_LOCALLY


def test_interruptions_between_two_readings_are_counted(world):
    pull = "ip netns exec far ip link set lan down; ip netns exec far ip link set lan up;"
    before, after = world.readings(pull * 3)
    (change,) = (each for each in link_changes(before, after).links if each.after.name == "eth0")
    assert change.carrier_losses == 3
    assert change.after.carrier


def test_a_cable_that_stays_out_has_no_speed(world):
    before, out, back = world.readings("ip -n far link set lan down", "ip -n far link set lan up")
    assert (cable_of(out).carrier, cable_of(out).speed_bit_s, cable_of(out).duplex) == (False, None, None)
    (lost,) = (each for each in link_changes(before, out).links if each.after.name == "eth0")
    (restored,) = (each for each in link_changes(out, back).links if each.after.name == "eth0")
    assert (lost.carrier_losses, restored.carrier_losses) == (1, 0)


def test_drops_between_two_readings_are_counted(world):
    """A frame of an unknown kind, with nobody to take it, is one that this computer threw away."""
    send = (
        'ip netns exec far python3 -c "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); '
        "s.bind(('lan', 0)); [s.send(bytes([255] * 6) + bytes(6) + bytes([0x77, 0x77]) + bytes(50))"
        ' for _ in range(20)]"'
    )
    before, after = world.readings(send)
    (change,) = (each for each in link_changes(before, after).links if each.after.name == "eth0")
    assert change.counted.receive_drops >= 20
    assert change.counted.received_packets >= 20
    assert (change.counted.receive_errors, change.counted.crc_errors, change.carrier_losses) == (0, 0, 0)


def test_a_tunnel_that_comes_up_takes_the_way(world):
    try:
        before, after = world.readings(
            "ip tuntap add mode tun tun1; ip addr add 10.51.0.2/24 dev tun1; ip link set tun1 up;"
            "ip route add 198.18.0.0/24 via 10.51.0.1",
            targets=TARGETS[:2],
        )
    finally:
        world.shell("ip link del tun1")
    changes = link_changes(before, after)
    assert [(link.name, link.kind) for link in changes.appeared] == [("tun1", InterfaceKind.VPN)]
    assert [(way.before.interface, way.after.interface) for way in changes.routes] == [("eth0", "tun1")]


def set_up_port(tun):
    """A tap named port0, up for as long as the file is open: 100 Mbit/s and half duplex on a gigabit port."""
    set_interface, set_settings, tap_without_header = 0x400454CA, 0x4D, 0x1002
    fcntl.ioctl(tun, set_interface, struct.pack("16sH22x", b"port0", tap_without_header))
    masks = b"".join(mask.to_bytes(16, "little") for mask in (GIGABIT_MODES, GIGABIT_MODES, FAST_ETHERNET_MODES))
    settings = struct.pack("=IIBBBBBBBbBBBB28x", set_settings, 100, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0) + masks
    memory = ctypes.create_string_buffer(settings, len(settings))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, 0x8946, struct.pack("16sP16x", b"port0", ctypes.addressof(memory)))
    subprocess.run(["ip", "link", "set", "port0", "up"], check=True)


def main():
    """Readings with commands between them; in the namespace."""
    import asyncio
    import random

    from nexkit.clock import SystemClock
    from nexkit.platform import system_platform
    from nexkit.probe import ProbeContext
    from probes.link import LinkParams, LinkProbe

    targets = tuple(part for part in sys.argv[2].split(",") if part)
    outcomes = []

    async def read():
        ctx = ProbeContext(
            platform=system_platform(),
            clock=SystemClock(),
            random=random.Random(1),
            max_bytes=LinkProbe.spec.max_bytes,
            on_progress=lambda ratio: None,
            on_sample=lambda rtt_ms: None,
        )
        outcomes.append(await LinkProbe().run(LinkParams(targets=targets), ctx))

    with Path("/dev/net/tun").open("r+b", buffering=0) as tun:
        if sys.argv[1] == "port":
            set_up_port(tun)
        asyncio.run(read())
    for script in sys.argv[3:]:
        subprocess.run(["bash", "-ec", script], check=True, stdin=subprocess.DEVNULL)
        asyncio.run(read())
    sys.stdout.buffer.write(pickle.dumps(outcomes))


if __name__ == "__main__":
    main()
