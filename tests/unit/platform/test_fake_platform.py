import asyncio
import socket

import pytest

from nexkit.address import Family
from nexkit.facts.network import NeighbourState
from nexkit.facts.path import PathMethod
from nexkit.platform.api import EchoReply, HopReply, Neighbour, ProcessResult
from nexkit.platform.fake import SILENCE, UNPLUGGED, FakePlatform

REPLY = EchoReply(rtt_ms=3.0, error=None)
TARGET = HopReply(address="198.51.100.1", rtt_ms=9.0, reached=True, unreachable=None)


def test_without_a_script_there_is_nothing():
    fake = FakePlatform()

    async def work():
        assert (await fake.system_info()).system == "linux"
        assert await fake.capabilities() == ()
        assert await fake.network_state() == UNPLUGGED
        assert (await fake.neighbour("192.0.2.1", "eth0")).state is NeighbourState.ABSENT
        async with fake.open_echo(Family.IPV4) as session:
            assert await session.echo("192.0.2.1", timeout_s=1.0) == SILENCE
        async with fake.open_trace("192.0.2.1") as session:
            assert (await session.probe(1, timeout_s=1.0)).address is None
            assert session.method is PathMethod.ICMP

    asyncio.run(work())
    assert fake.calls == [
        ("network_state",),
        ("neighbour", "192.0.2.1", "eth0"),
        ("open_echo", "ipv4"),
        ("echo", "192.0.2.1"),
        ("open_trace", "192.0.2.1"),
        ("probe", "1"),
    ]


def test_replies_come_in_turn_and_the_last_stays():
    fake = FakePlatform(echoes={"192.0.2.1": [SILENCE, REPLY]})

    async def work():
        async with fake.open_echo(Family.IPV4) as session:
            return [await session.echo("192.0.2.1", timeout_s=1.0) for _ in range(3)]

    assert asyncio.run(work()) == [SILENCE, REPLY, REPLY]


def test_the_target_answers_beyond_its_own_distance():
    fake = FakePlatform(hops={2: [TARGET]})

    async def work():
        async with fake.open_trace("198.51.100.1") as session:
            return [(await session.probe(ttl, timeout_s=1.0)).reached for ttl in (1, 2, 7)]

    assert asyncio.run(work()) == [False, True, True]


def test_names_are_filtered_by_family():
    fake = FakePlatform(names={"www.example.com": ("192.0.2.1", "2001:db8::1")})
    assert asyncio.run(fake.resolve("www.example.com")) == ("192.0.2.1", "2001:db8::1")
    assert asyncio.run(fake.resolve("www.example.com", Family.IPV6)) == ("2001:db8::1",)


@pytest.mark.parametrize(
    ("fake", "call", "error"),
    [
        (FakePlatform(), lambda fake: fake.resolve("www.example.com"), socket.gaierror),
        (
            FakePlatform(names={"www.example.com": ("192.0.2.1",)}),
            lambda fake: fake.resolve("www.example.com", Family.IPV6),
            socket.gaierror,
        ),
        (FakePlatform(state=OSError(5)), FakePlatform.network_state, OSError),
        (FakePlatform(), lambda fake: fake.connect_tcp("192.0.2.1", 80, timeout_s=1.0), TimeoutError),
        (
            FakePlatform(tcp={("192.0.2.1", 80): ConnectionRefusedError()}),
            lambda fake: fake.connect_tcp("192.0.2.1", 80, timeout_s=1.0),
            ConnectionRefusedError,
        ),
        (
            FakePlatform(),
            lambda fake: fake.exchange_udp("192.0.2.1", 53, b"?", timeout_s=1.0, accept=lambda _: True),
            TimeoutError,
        ),
        (
            FakePlatform(udp=lambda *question: b"!"),
            lambda fake: fake.exchange_udp("192.0.2.1", 53, b"?", timeout_s=1.0, accept=lambda _: False),
            TimeoutError,
        ),
        (
            FakePlatform(),
            lambda fake: fake.run_program(["/no"], timeout_s=1.0, max_output_bytes=1),
            FileNotFoundError,
        ),
        (
            FakePlatform(echo_refusal=PermissionError()),
            lambda fake: enter(fake.open_echo(Family.IPV4)),
            PermissionError,
        ),
        (FakePlatform(trace_refusal=OSError(101)), lambda fake: enter(fake.open_trace("192.0.2.1")), OSError),
    ],
)
def test_what_is_not_there_or_refused_is_raised(fake, call, error):
    with pytest.raises(error):
        asyncio.run(call(fake))


async def enter(session):
    async with session:
        pass


def test_scripted_answers():
    known = Neighbour(state=NeighbourState.REACHABLE, mac="00:00:5e:00:53:01")
    result = ProcessResult(exit_status=0, stdout=b"ok", stderr=b"")
    fake = FakePlatform(
        neighbours={"192.0.2.1": known},
        tcp={("192.0.2.1", 443): 7.0},
        udp=lambda address, port, payload: payload[::-1],
        programs={"/bin/tool": result},
    )

    async def work():
        assert await fake.neighbour("192.0.2.1", "eth0") == known
        connected = await fake.connect_tcp("192.0.2.1", 443, timeout_s=1.0)
        connected.sock.close()
        assert connected.connect_ms == 7.0
        reply = await fake.exchange_udp("192.0.2.1", 53, b"abc", timeout_s=1.0, accept=lambda data: data == b"cba")
        assert reply.rtt_ms == 1.0
        assert await fake.run_program(["/bin/tool"], timeout_s=1.0, max_output_bytes=9) == result

    asyncio.run(work())


def test_the_double_trusts_nobody():
    assert FakePlatform().trust().get_ca_certs() == []
