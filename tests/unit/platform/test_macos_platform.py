"""The macOS side over recorded output and a double of icmplib; it says nothing about a real macOS."""

import asyncio
import contextlib
import errno
import socket
from pathlib import Path
from types import SimpleNamespace

import foreign_systems
import psutil
import pytest

from nexkit.address import Family
from nexkit.facts.network import AddressOrigin, Duplex, InterfaceAddress, InterfaceKind, NeighbourState, Resolver
from nexkit.facts.path import PathMethod
from nexkit.platform.api import CapabilityState, HopReply, ProcessResult
from nexkit.platform.macos_facts import PlainInterface

DATA = Path(__file__).parents[2] / "data" / "macos"
PLAIN = (
    PlainInterface(
        name="en0",
        up=True,
        mtu_bytes=1500,
        speed_mbit_s=0,
        duplex=None,
        mac="00:00:5e:00:53:20",
        addresses=(
            ("192.168.1.20", "255.255.255.0"),
            ("fe80::20%en0", "ffff:ffff:ffff:ffff::"),
            ("2001:db8:1::20", "ffff:ffff:ffff:ffff::"),
            ("2001:db8:1::21", "ffff:ffff:ffff:ffff::"),
            ("2001:db8:1::22", "ffff:ffff:ffff:ffff::"),
            ("2001:db8:1::23", "ffff:ffff:ffff:ffff::"),
        ),
    ),
    PlainInterface(name="en7", up=True, mtu_bytes=0, speed_mbit_s=1000, duplex=Duplex.FULL, mac=None, addresses=()),
    PlainInterface(name="en9", up=False, mtu_bytes=1500, speed_mbit_s=0, duplex=None, mac=None, addresses=()),
)
TOOLS = {
    ("/sbin/ifconfig", "-a", "-v"): "ifconfig",
    ("/usr/sbin/arp", "-an"): "arp",
    ("/usr/sbin/ndp", "-an"): "ndp",
    ("/usr/sbin/netstat", "-rn", "-f", "inet"): "netstat_inet",
    ("/usr/sbin/netstat", "-rn", "-f", "inet6"): "netstat_inet6",
    ("/usr/sbin/scutil", "--dns"): "scutil_dns",
    ("/usr/sbin/scutil", "--proxy"): "scutil_proxy",
    ("/usr/sbin/ipconfig", "getsummary", "en0"): "ipconfig_getsummary_dhcp_ja",
}


class EchoingSocket:
    """Answers every request of its own at once."""

    def __init__(self, version):
        self.version = version
        self.sock = SimpleNamespace(setsockopt=lambda *option: self.options.append(option))
        self.options = []
        self.requests = []
        self.answers = []

    def send(self, request):
        self.requests.append(request)
        stranger = SimpleNamespace(id=5, sequence=request.sequence, source="192.0.2.9", type=0, code=0)
        kind = 0 if self.version == 4 else 129
        own = SimpleNamespace(id=request.id, sequence=request.sequence, source=request.destination, type=kind, code=0)
        self.answers += [stranger, own]

    def receive(self, *, timeout):
        if not self.answers:
            raise foreign_systems.TimeoutExceeded
        answer = self.answers.pop(0)
        if isinstance(answer, OSError):
            fail(answer)
        return answer

    def close(self):
        pass


def fail(error):
    """As icmplib does: its own error, raised while the system's is handled."""
    try:
        raise error
    except OSError:
        raise foreign_systems.ICMPSocketError(str(error))  # noqa: B904  this is how icmplib raises it


@pytest.fixture
def sockets():
    return []


@pytest.fixture
def platform(sockets):
    def make(version):
        sockets.append(EchoingSocket(version))
        return sockets[-1]

    with foreign_systems.macos(make) as module:
        system = module.MacosPlatform()
        module._plain_interfaces = lambda: PLAIN
        module.open_whole_trace = open_answering_trace
        answer_tools(system)
        yield system


def answer_tools(system, **failures):
    async def run_program(arguments, *, timeout_s, max_output_bytes):
        name = TOOLS[tuple(arguments)]
        failure = failures.get(name)
        if isinstance(failure, OSError):
            raise failure
        output = (DATA / f"{name}.txt").read_bytes()
        return failure or ProcessResult(exit_status=0, stdout=output, stderr=b"")

    system.run_program = run_program


FAILED = ProcessResult(exit_status=1, stdout=b"", stderr=b"no")


def test_the_network_state_is_put_together(platform):
    state = asyncio.run(platform.network_state())
    wifi, cable, off = state.interfaces
    assert (wifi.kind, wifi.carrier, wifi.admin_up, wifi.mtu_bytes) == (InterfaceKind.WIFI, True, True, 1500)
    assert (wifi.speed_bit_s, wifi.mac) == (None, "00:00:5e:00:53:20")
    assert wifi.addresses == tuple(
        InterfaceAddress(address=address, prefix_length=length, origin=origin, duplicate=duplicate)
        for address, length, origin, duplicate in [
            ("192.168.1.20", 24, AddressOrigin.DYNAMIC, False),
            ("fe80::20", 64, AddressOrigin.LINK_LOCAL, False),
            ("2001:db8:1::20", 64, AddressOrigin.DYNAMIC, False),
            ("2001:db8:1::21", 64, AddressOrigin.STATIC, True),
            ("2001:db8:1::22", 64, AddressOrigin.DYNAMIC, None),
            ("2001:db8:1::23", 64, None, None),
        ]
    )
    assert (cable.kind, cable.carrier, cable.duplex, cable.speed_bit_s) == (
        InterfaceKind.ETHERNET,
        False,
        Duplex.FULL,
        1e9,
    )
    assert cable.mtu_bytes is None
    assert (off.admin_up, off.carrier) == (False, None)
    assert [
        (route.family, route.interface, route.gateway, route.gateway_on_link) for route in state.default_routes
    ] == [
        (Family.IPV4, "en0", "192.168.1.1", True),
        (Family.IPV4, "utun4", None, None),
        (Family.IPV6, "en0", "fe80::1", True),
    ]
    assert state.resolvers == (
        Resolver(address="192.168.1.1", is_gateway=True, interface="en0"),
        Resolver(address="fe80::1%en0", is_gateway=True, interface="en0"),
    )
    assert state.search_domains == ("home.example.net", "corp.example.com")
    assert state.proxy.pac_url == "http://wpad.example.com/proxy.pac"


def test_details_that_cannot_be_read_are_not_known(platform):
    answer_tools(platform, ifconfig=FAILED, scutil_proxy=TimeoutError(), ipconfig_getsummary_dhcp_ja=FAILED)
    state = asyncio.run(platform.network_state())
    wifi = state.interfaces[0]
    assert (wifi.kind, wifi.carrier, wifi.addresses[0].origin) == (InterfaceKind.UNKNOWN, None, None)
    assert (state.proxy.http, state.proxy.auto_detect) == (None, None)


@pytest.mark.parametrize("tool", ["netstat_inet", "netstat_inet6", "scutil_dns"])
def test_routes_or_resolvers_that_cannot_be_read_are_an_error(platform, tool):
    answer_tools(platform, **{tool: FAILED})
    with pytest.raises(OSError, match="tool"):
        asyncio.run(platform.network_state())


def test_neighbours_of_both_families(platform):
    four = asyncio.run(platform.neighbour("192.168.1.1", "en0"))
    six = asyncio.run(platform.neighbour("fe80::5%en0", "en0"))
    assert (four.state, six.state) == (NeighbourState.STALE, NeighbourState.REACHABLE)


async def echo(platform, family, address):
    async with platform.open_echo(family) as session:
        return await session.echo(address, timeout_s=5.0)


def test_echo_takes_the_reply_with_its_own_identifier(platform, sockets):
    assert asyncio.run(echo(platform, Family.IPV4, "192.0.2.1")).rtt_ms is not None
    (request,) = sockets[0].requests
    assert (request.id, request.ttl, len(request.payload)) == (77, 64, 56)


@contextlib.asynccontextmanager
async def open_answering_trace(target, method, port, kind):
    """A trace whose target answers, and which tells how it was opened."""

    async def probe(ttl, *, timeout_s):
        return HopReply(address=target, rtt_ms=1.0, reached=True, unreachable=None)

    yield SimpleNamespace(method=method, port=port, kind=kind, probe=probe)


@pytest.mark.parametrize(
    ("asked_for", "method", "port"),
    [((), PathMethod.ICMP, None), ((PathMethod.UDP, 53), PathMethod.UDP, 53)],
)
def test_a_trace_uses_the_sockets_that_every_user_may_have(platform, asked_for, method, port):
    async def work():
        async with platform.open_trace("198.51.100.1", *asked_for) as trace:
            return trace

    trace = asyncio.run(work())
    assert (trace.method, trace.port, trace.kind) == (method, port, socket.SOCK_DGRAM)


def test_a_trace_by_tcp_is_not_supported(platform):
    with pytest.raises(OSError, match="only") as refused:
        platform.open_trace("198.51.100.1", PathMethod.TCP, 443)
    assert refused.value.errno == errno.EOPNOTSUPP


def test_an_error_of_sending_keeps_its_number(platform, sockets):
    async def work():
        async with platform.open_echo(Family.IPV4) as session:
            sockets[0].send = lambda request: fail(OSError(errno.ENETUNREACH, "no route"))
            return await session.echo("192.0.2.1", timeout_s=5.0)

    assert asyncio.run(work()).error.value == "net_unreachable"


def test_an_error_of_receiving_is_survived(platform, sockets):
    async def work():
        async with platform.open_echo(Family.IPV4) as session:
            sockets[0].answers.append(OSError(50, "network is down"))
            return await session.echo("192.0.2.1", timeout_s=5.0)

    assert asyncio.run(work()).rtt_ms is not None


def refuse(error):
    def make(version):
        fail(error)

    return make


def refuse_whole(error):
    def open_whole_trace(target, method, port, kind):
        raise error

    return open_whole_trace


def test_a_system_that_refuses_the_socket_refuses_the_session():
    with foreign_systems.macos(refuse(PermissionError(1, "refused"))) as module, pytest.raises(PermissionError):
        asyncio.run(echo(module.MacosPlatform(), Family.IPV4, "192.0.2.1"))


def test_an_error_of_icmplib_alone_is_an_oserror():
    def make(version):
        raise foreign_systems.ICMPSocketError

    with foreign_systems.macos(make) as module, pytest.raises(OSError, match="ICMP"):
        asyncio.run(echo(module.MacosPlatform(), Family.IPV4, "192.0.2.1"))


def test_everything_can_be_measured_where_nothing_is_refused(platform):
    found = asyncio.run(platform.capabilities())
    assert {each.id: each.state for each in found} == dict.fromkeys(
        ("icmp4", "icmp6", "trace4", "trace6", "neighbours", "resolvers"), CapabilityState.AVAILABLE
    ) | dict.fromkeys(("wifi", "segment"), CapabilityState.MISSING)


def test_refusals_are_told():
    with foreign_systems.macos(refuse(PermissionError(1, "refused"))) as module:
        system = module.MacosPlatform()
        module.open_whole_trace = refuse_whole(PermissionError(1, "refused"))
        answer_tools(system, arp=FAILED)
        found = {each.id: (each.state, each.reason) for each in asyncio.run(system.capabilities())}
    assert found["icmp4"] == (CapabilityState.LIMITED, "refused")
    assert found["trace6"] == (CapabilityState.REFUSED, "refused")
    assert found["neighbours"] == (CapabilityState.REFUSED, "refused")


def test_a_computer_without_a_family_is_told():
    with foreign_systems.macos(refuse(OSError(47, "no such family"))) as module:
        system = module.MacosPlatform()
        module.open_whole_trace = refuse_whole(OSError(47, "no such family"))
        answer_tools(system)
        found = {each.id: (each.state, each.reason) for each in asyncio.run(system.capabilities())}
    assert found["icmp6"] == found["trace6"] == (CapabilityState.MISSING, "no_family")


def test_the_systems_list_of_interfaces_is_read(monkeypatch):
    stats = SimpleNamespace(
        flags="up,broadcast,running", mtu=1500, speed=1000, duplex=psutil.NIC_DUPLEX_FULL, isup=True
    )
    off = SimpleNamespace(flags="broadcast", mtu=1500, speed=0, duplex=psutil.NIC_DUPLEX_UNKNOWN, isup=False)
    addresses = {
        "en0": [
            SimpleNamespace(family=psutil.AF_LINK, address="00:00:5E:00:53:20", netmask=None),
            SimpleNamespace(family=2, address="192.168.1.20", netmask="255.255.255.0"),
            SimpleNamespace(family=30, address="fe80::20%en0", netmask="ffff:ffff:ffff:ffff::"),
            SimpleNamespace(family=30, address="2001:db8::1", netmask=None),
        ]
    }
    monkeypatch.setattr(psutil, "net_if_stats", lambda: {"en0": stats, "en9": off})
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: addresses)
    with foreign_systems.macos(EchoingSocket) as module:
        first, second = module._plain_interfaces()
    assert first == PlainInterface(
        name="en0",
        up=True,
        mtu_bytes=1500,
        speed_mbit_s=1000,
        duplex=Duplex.FULL,
        mac="00:00:5e:00:53:20",
        addresses=(("192.168.1.20", "255.255.255.0"), ("fe80::20%en0", "ffff:ffff:ffff:ffff::")),
    )
    assert (second.up, second.duplex, second.mac, second.addresses) == (False, None, None, ())


def test_the_name_service_is_that_of_the_tool(platform):
    service = asyncio.run(platform.name_service(["www.example.com"]))
    assert service.servers == ("192.168.1.1", "fe80::1%en0")
    assert [scope.domains for scope in service.scopes] == [(".",), ("corp.example.com",), ()]
