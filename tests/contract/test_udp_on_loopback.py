"""The UDP session of the platform with real sockets on loopback."""

import asyncio
import contextlib
import socket
import sys
import threading
import time

import pytest
from loopback import open_sockets

from nexkit.address import Family
from nexkit.platform.sockets import SocketPlatform

pytestmark = pytest.mark.measures

PLATFORM = SocketPlatform()
HOSTS = {Family.IPV4: "127.0.0.1", Family.IPV6: "::1"}
both_families = pytest.mark.parametrize("family", Family)


@contextlib.contextmanager
def echo_server(family, *, delay_s=0.0, times=1):
    """Sends back what comes, from a thread of its own, whatever the event loop does."""
    with socket.socket(socket.AF_INET if family is Family.IPV4 else socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        sock.bind((HOSTS[family], 0))
        sock.settimeout(5)

        def answer():
            with contextlib.suppress(OSError):
                for _ in range(times):
                    payload, source = sock.recvfrom(1000)
                    time.sleep(delay_s)
                    sock.sendto(payload, source)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            thread.join()


@both_families
def test_one_socket_talks_to_several_hosts_from_one_port(family):
    async def scene():
        with echo_server(family) as first, echo_server(family) as second:
            async with PLATFORM.open_udp(family) as session:
                assert session.port > 0
                assert session.own_address(HOSTS[family]) == HOSTS[family]
                sent_s = {port: session.send(HOSTS[family], port, b"%d" % port) for port in (first, second)}
                for _ in range(2):
                    got = await asyncio.wait_for(session.receive(), 2)
                    assert (got.address, got.payload) == (HOSTS[family], b"%d" % got.port)
                    assert 0 <= got.at_s - sent_s.pop(got.port) < 1
                assert not sent_s

    asyncio.run(scene())


@pytest.mark.skipif(sys.platform != "linux", reason="a stamp of the kernel")
def test_a_busy_event_loop_does_not_make_a_datagram_late():
    async def scene():
        with echo_server(Family.IPV4, delay_s=0.02) as port:
            async with PLATFORM.open_udp(Family.IPV4) as session:
                sent_s = session.send(HOSTS[Family.IPV4], port, b"first")
                time.sleep(0.15)  # noqa: ASYNC251  the very thing
                got = await asyncio.wait_for(session.receive(), 2)
                return got.at_s - sent_s

    assert 0.02 <= asyncio.run(scene()) < 0.12


@both_families
def test_a_closed_port_makes_nothing_but_silence(family):
    async def scene():
        with socket.socket(socket.AF_INET if family is Family.IPV4 else socket.AF_INET6, socket.SOCK_DGRAM) as gone:
            gone.bind((HOSTS[family], 0))
            port = gone.getsockname()[1]
        async with PLATFORM.open_udp(family) as session:
            for _ in range(2):
                session.send(HOSTS[family], port, b"x")
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(session.receive(), 0.1)

    asyncio.run(scene())


def test_who_only_reads_keeps_nobody_from_working():
    """A flood is read one datagram at a time."""

    async def scene():
        async with PLATFORM.open_udp(Family.IPV4) as session:
            for _ in range(50):
                session.send("127.0.0.1", session.port, b"flood")
            turns = 0

            async def other():
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            task = asyncio.create_task(other())
            for _ in range(50):
                await session.receive()
            task.cancel()
            assert turns >= 50

    asyncio.run(scene())


def test_leaving_closes_the_socket_also_while_it_is_read():
    async def scene():
        before = open_sockets()

        async def read():
            async with PLATFORM.open_udp(Family.IPV4) as session:
                await session.receive()

        task = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        assert len(open_sockets()) == len(before) + 1
        task.cancel()
        await asyncio.wait([task])
        assert open_sockets() == before

    asyncio.run(scene())


def test_an_address_without_a_route_cannot_be_sent_to():
    async def scene():
        async with PLATFORM.open_udp(Family.IPV6) as session:
            with pytest.raises(OSError, match=r"."):
                session.send("fe80::1%gone0", 53, b"x")

    asyncio.run(scene())
