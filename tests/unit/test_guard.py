"""The guard between probes and the system: where it lets nobody go, how often, and what it costs."""

import asyncio
import inspect
from dataclasses import replace

import pytest

from nexkit import kit_limits
from nexkit.address import Family
from nexkit.consent import Consent
from nexkit.declared import NOTHING_DECLARED, Declared, declared_by, declared_by_user
from nexkit.facts.network import DefaultRoute, Interface, InterfaceAddress, InterfaceKind, NetworkState, Resolver
from nexkit.failures import BudgetExceededError, KitLimitError, classify
from nexkit.guard import Guard, GuardedPlatform
from nexkit.outcome import FailureKind
from nexkit.platform.api import HopReply, Platform
from nexkit.platform.fake import UNPLUGGED, FakePlatform
from nexkit.probe import ProbeSpec
from nexkit.profile_file import ProfileError, parse_profile
from nexkit.request import Request
from probes.ping import PingProbe
from probes.proxy import ProxyProbe

SPEC = PingProbe.spec
HEAD = b"""
schema = 1
id = "x"
name = {en = "X"}
serial = 1
not_before = 2020-01-01T00:00:00Z
not_after = 2099-12-31T23:59:59Z
"""


def interface(name, kind, *addresses):
    return Interface(
        name=name,
        kind=kind,
        admin_up=True,
        carrier=True,
        mtu_bytes=1500,
        speed_bit_s=None,
        duplex=None,
        mac=None,
        addresses=tuple(InterfaceAddress(address=each, prefix_length=length) for each, length in addresses),
    )


HOME = NetworkState(
    interfaces=(
        interface("lo", InterfaceKind.LOOPBACK, ("127.0.0.1", 8), ("::1", 128)),
        interface("eth0", InterfaceKind.ETHERNET, ("192.168.10.20", 24), ("2001:db8:10::20", 64), ("fe80::20", 64)),
        interface("docker0", InterfaceKind.BRIDGE, ("172.17.0.1", 16)),
    ),
    default_routes=(
        DefaultRoute(family=Family.IPV4, interface="eth0", gateway="192.168.11.1", metric=1, gateway_on_link=False),
        DefaultRoute(family=Family.IPV6, interface="eth0", gateway="fe80::1", metric=1, gateway_on_link=True),
    ),
    resolvers=tuple(Resolver(address=each, is_gateway=False) for each in ("127.0.0.53", "169.254.169.254", "10.3.3.3")),
    search_domains=(),
    proxy=UNPLUGGED.proxy,
)


class StillClock:
    time_s = 0.0

    def monotonic(self):
        return self.time_s


class Scene:
    """A guard over a scripted system."""

    def __init__(self, declared=NOTHING_DECLARED, **script):
        self.clock = StillClock()
        self.system = FakePlatform(state=HOME, udp=lambda *_: b"yes", **script)
        self.guard = Guard(self.system, self.clock, declared)

    def goes(self, address, port=443, spec=SPEC):
        async def connect():
            try:
                await self.guard.platform(spec).connect_tcp(address, port, timeout_s=1)
            except KitLimitError:
                return False
            except TimeoutError:  # nobody in the script answers
                return True

        return asyncio.run(connect())

    def resolves(self, name, spec=SPEC):
        return asyncio.run(self.guard.platform(spec).resolve(name))


def test_every_way_of_the_platform_is_guarded():
    methods = {name for name, _ in inspect.getmembers(Platform, inspect.isfunction) if not name.startswith("_")}
    assert {name for name in vars(GuardedPlatform) if not name.startswith("_")} == methods
    for name in methods:
        assert inspect.signature(getattr(Platform, name)).parameters.keys() == (
            inspect.signature(getattr(GuardedPlatform, name)).parameters.keys()
        )


@pytest.mark.parametrize(
    ("address", "port", "allowed"),
    [
        ("198.51.100.7", 443, True),
        ("2001:db8:99::7", 443, True),
        ("127.0.0.1", 443, False),
        ("127.8.8.8", 443, False),
        ("::1", 443, False),
        ("::ffff:127.0.0.1", 443, False),
        ("::ffff:10.0.0.1", 443, False),
        ("0.0.0.0", 443, False),
        ("::", 443, False),
        ("224.0.0.251", 5353, False),
        ("ff02::1", 443, False),
        ("255.255.255.255", 443, False),
        ("192.168.10.255", 443, False),
        ("169.254.169.254", 80, False),
        ("169.254.1.1", 80, False),
        ("fe80::99%eth0", 80, False),
        ("fd00:ec2::254", 80, False),
        ("10.0.0.8", 443, False),
        ("172.20.0.8", 443, False),
        ("192.168.77.1", 443, False),
        ("100.64.0.8", 443, False),
        ("fd12::8", 443, False),
        # The same by way of IPv6.
        ("64:ff9b::10.0.0.8", 443, False),
        ("64:ff9b::169.254.169.254", 80, False),
        ("64:ff9b::198.51.100.7", 443, True),
        ("2002:a00:8::1", 443, False),
        ("::10.0.0.8", 443, False),
        # This computer itself, and the containers on it.
        ("192.168.10.20", 443, False),
        ("2001:db8:10::20", 443, False),
        ("172.17.0.1", 443, False),
        ("172.17.0.5", 443, False),
        # Its neighbours, its router (off the link here), its resolvers.
        ("192.168.10.40", 631, True),
        ("192.168.11.1", 80, True),
        ("fe80::1%eth0", 53, True),
        ("10.3.3.3", 443, True),
        ("127.0.0.53", 53, True),
        ("127.0.0.53", 443, False),
        ("169.254.169.254", 53, True),
    ],
)
def test_an_address_is_contacted_or_not(address, port, allowed):
    assert Scene().goes(address, port) is allowed


def test_what_the_profile_declares_is_contacted():
    declared = Declared(
        addresses=frozenset({"10.1.1.1"}), networks=("10.50.0.0/24",), names=frozenset({"corp.example.com"})
    )
    names = {"files.corp.example.com": ("10.8.8.8", "64:ff9b::10.8.8.8"), "evilcorp.example.com": ("10.9.9.9",)}
    scene = Scene(declared, names=names)
    assert scene.goes("10.1.1.1")
    assert scene.goes("10.50.0.80")
    assert not scene.goes("10.50.1.80")
    assert not scene.goes("10.8.8.8")
    for name in names:
        scene.resolves(name)
    assert scene.goes("10.8.8.8")
    assert scene.goes("64:ff9b::10.8.8.8")  # where the name server translates (DNS64)
    assert not scene.goes("10.9.9.9")


def test_what_the_user_typed_is_contacted_wherever_it_is():
    scene = Scene(
        declared_by_user(["http://127.0.0.1:8080/x", "box.example.com:22", ("10.1.1.1", "[fd12::1]:53")]),
        names={"Box.example.com.": ("10.2.2.2",), "other.example.com": ("10.2.2.3",)},
    )
    for address in ("127.0.0.1", "10.1.1.1", "fd12::1"):
        assert scene.goes(address)
    scene.resolves("Box.example.com.")
    scene.resolves("other.example.com")
    assert scene.goes("10.2.2.2")
    assert not scene.goes("10.2.2.3")
    assert not scene.goes("127.0.0.2")


def test_a_proxy_that_the_system_uses_may_stand_anywhere_and_nothing_else_there():
    scene = Scene(names={"proxy.example.com": ("10.4.4.4",), "www.example.com": ("10.4.4.5",)})
    scene.resolves("proxy.example.com", ProxyProbe.spec)
    assert not scene.goes("10.4.4.4", 3128)
    assert scene.goes("10.4.4.4", 3128, ProxyProbe.spec)
    assert scene.goes("127.0.0.1", 3128, ProxyProbe.spec)
    assert not scene.goes("224.0.0.1", 3128, ProxyProbe.spec)
    assert scene.goes("10.4.4.4", 3128)
    assert not scene.goes("10.4.4.4", 22)
    assert not scene.goes("127.0.0.1", 22)
    # The same proxy at another address of its name.
    scene.system.names = {"proxy.example.com": ("10.4.4.6",), "www.example.com": ("10.4.4.5",)}
    scene.resolves("proxy.example.com")
    scene.resolves("www.example.com")
    assert scene.goes("10.4.4.6", 3128)
    assert not scene.goes("10.4.4.5", 3128)


def test_a_router_that_answered_a_trace_is_sent_echoes_alone():
    scene = Scene(hops={2: [HopReply(address="100.64.0.1", rtt_ms=1.0, reached=False, unreachable=None)]})

    async def trace_and_echo():
        platform = scene.guard.platform(SPEC)
        async with platform.open_trace("198.51.100.7") as session:
            await session.probe(2, timeout_s=1)
        async with platform.open_echo(Family.IPV4) as session:
            await session.echo("100.64.0.1", timeout_s=1)
            with pytest.raises(KitLimitError):
                await session.echo("100.64.0.2", timeout_s=1)

    asyncio.run(trace_and_echo())
    assert not scene.goes("100.64.0.1", 80)


def test_no_kind_of_sending_gets_past():
    async def try_all():
        platform, refused = Scene().guard.platform(SPEC), 0
        where = "10.0.0.8"
        for opening in (platform.open_trace(where), platform.open_sizes(where), platform.open_udp_to(where, 9)):
            with pytest.raises(KitLimitError):
                await opening.__aenter__()
        async with platform.open_echo(Family.IPV4) as echo, platform.open_udp(Family.IPV4) as udp:
            for sending in (
                lambda: echo.echo(where, timeout_s=1),
                lambda: platform.exchange_udp(where, 9, b"", timeout_s=1, accept=bool),
                lambda: platform.connect_tcp(where, 9, timeout_s=1),
                lambda: platform.run_program(["/bin/iperf3", "-c", where], timeout_s=1, max_output_bytes=1),
            ):
                with pytest.raises(KitLimitError):
                    await sending()
                refused += 1
            with pytest.raises(KitLimitError):
                udp.send(where, 9, b"")
        return refused

    assert asyncio.run(try_all()) == 4


def test_a_refusal_is_a_failure_of_its_own():
    assert classify(KitLimitError(), step="connect").kind is FailureKind.KIT_LIMIT


def test_ports_and_addresses_are_not_searched():
    scene = Scene()
    assert sum(scene.goes("198.51.100.7", port) for port in range(1, 100)) == kit_limits.MAX_DESTINATION_PORTS
    assert sum(scene.goes(f"198.18.{each // 200}.{each % 200 + 1}") for each in range(600)) == (
        kit_limits.MAX_DESTINATIONS - 1
    )


@pytest.mark.parametrize(
    ("spec", "rate"),
    [(SPEC, kit_limits.CONNECTIONS), (replace(SPEC, consent=Consent.BULK_TRAFFIC), kit_limits.BULK_CONNECTIONS)],
)
def test_connections_to_an_address_have_a_rate(spec, rate):
    scene = Scene()
    assert sum(scene.goes("198.51.100.7", 443, spec) for _ in range(rate.burst + 50)) == rate.burst
    assert scene.goes("198.51.100.8", 443, spec)  # another one is not held up
    scene.clock.time_s += 3 / rate.per_s
    assert sum(scene.goes("198.51.100.7", 443, spec) for _ in range(50)) == 3


def test_connections_to_an_address_have_an_end():
    scene = Scene()
    went = 0
    for _ in range(2000):
        went += scene.goes("198.51.100.7")
        scene.clock.time_s += 1
    assert went == kit_limits.CONNECTIONS.most


@pytest.mark.parametrize("kind", ["echo", "trace", "datagram"])
def test_packets_to_an_address_have_a_rate(kind):
    scene = Scene()
    rate = {"echo": kit_limits.ECHOES, "trace": kit_limits.TRACES, "datagram": kit_limits.DATAGRAMS}[kind]

    async def flood():
        platform, sent = scene.guard.platform(SPEC), 0
        async with (
            platform.open_echo(Family.IPV4) as echo,
            platform.open_trace("198.51.100.7") as trace,
            platform.open_udp(Family.IPV4) as udp,
        ):
            for _ in range(2000):
                try:
                    match kind:
                        case "echo":
                            await echo.echo("198.51.100.7", timeout_s=1)
                        case "trace":
                            await trace.probe(1, timeout_s=1)
                        case "datagram":
                            udp.send("198.51.100.7", 9, b"")
                except KitLimitError:
                    continue
                sent += 1
        return sent

    assert rate.burst - 1 <= asyncio.run(flood()) <= rate.burst


def test_a_run_has_a_limit_of_bytes_that_a_load_test_is_not_part_of():
    guard = Scene().guard
    guard.book_of(replace(SPEC, consent=Consent.BULK_TRAFFIC))(kit_limits.RUN_BYTES)
    one, other = guard.book_of(SPEC), guard.book_of(ProxyProbe.spec)
    one(kit_limits.RUN_BYTES - 10)
    other(10)
    with pytest.raises(BudgetExceededError):
        one(1)


def test_where_the_system_tells_nothing_no_private_address_is_its_own():
    scene = Scene()
    scene.system.state = PermissionError()
    assert not scene.goes("192.168.10.40")
    assert scene.goes("198.51.100.7")


def declared_in(text):
    return declared_by(parse_profile(HEAD + text, "x"), Request(url="https://typed.example.com/"))


def test_a_profile_declares_what_it_writes_out():
    declared = declared_in(b"""
[network]
prefixes = ["192.168.10.0/24", "203.0.113.0/24"]
internal = ["10.20.0.0/16", "10.7.7.7/32"]
resolvers = ["fd12::1"]
[vpn]
name = "V"
server = "10.7.7.7:4500/udp"
routes = ["0.0.0.0/0", "fd50::/64", "8.0.0.0/5"]
names = ["corp.example.com"]
[[service]]
id = "a"
name = {en = "A"}
tcp = ["10.20.1.1:80"]
""")
    assert declared.addresses == {"10.7.7.7", "10.20.1.1", "fd12::1"}
    assert declared.networks == ("192.168.10.0/24", "10.20.0.0/16", "10.7.7.7/32", "fd50::/64")
    assert (declared.names, declared.typed) == ({"corp.example.com"}, {"typed.example.com"})


def service(number, lines):
    return f'[[service]]\nid = "s{number}"\nname = {{en = "S"}}\n{lines}\n'.encode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"".join(service(n, f'tcp = ["h{n}-{m}.example.com:1" ]') for n in range(16) for m in (0,)), None),
        (
            b"".join(
                service(n, "tcp = [" + ",".join(f'"h{n}-{m}.example.com:1"' for m in range(8)) + "]") for n in range(5)
            ),
            "at most 32",
        ),
        (
            service(1, "tcp = [" + ",".join(f'"h.example.com:{port}"' for port in range(1, 9)) + "]")
            + service(2, 'udp = ["H.example.com:99"]'),
            "at most 8",
        ),
        (b'[network]\ninternal = ["0.0.0.0/0"]', "private network"),
        (b'[network]\ninternal = ["127.0.0.0/8"]', "private network"),
        (b'[network]\ninternal = ["8.0.0.0/5"]', "private network"),
        (b'[internet]\nanchors = ["169.254.169.254"]', "other hosts can have"),
        (b'[internet]\nanchors = ["198.51.100.0/24"]', "other hosts can have"),
        (b'[internet]\nnames = ["*.example.com"]', "neither a host name nor an address"),
        (b'[internet]\nnames = ["localhost"]', "neither a host name nor an address"),
        (b'[internet]\nstun = ["stun.example.com:1-65535"]', "HOST:PORT"),
        (b'[probe]\nid = "shell"', "unknown"),
        (b'[[service]]\nid = "a"\nname = {en = "A"}\nurl = "https://a.example.com/"\ncommand = "id"', "command"),
        (b'[[service]]\nid = "a"\nname = {en = "A"}\nurl = "file:///etc/passwd"', "web address"),
        (b'[[service]]\nid = "a"\nname = {en = "A"}\nurl = "https://u:p@example.com/"', "web address"),
        (b'[load]\nserver = "https://s.example.com/"\ndownload = "d?host={hostname}"', "only placeholder"),
        (b'[load]\nbackend = "iperf3"\nserver = "s.example.com"\nmax_bytes = 2000000000', "must lie between"),
    ],
)
def test_a_profile_cannot_ask_for_more(text, words):
    if words is None:
        parse_profile(HEAD + text, "x")
        return
    with pytest.raises(ProfileError, match=words):
        parse_profile(HEAD + text, "x")


def test_the_consent_of_a_probe_and_its_freedom_are_its_own():
    """Only what is built to follow the system's settings may go anywhere."""
    from probes import BUILTIN

    assert [probe.spec.id for probe in BUILTIN if probe.spec.follows_system] == ["proxy"]
    assert ProbeSpec.__dataclass_fields__["follows_system"].default is False
