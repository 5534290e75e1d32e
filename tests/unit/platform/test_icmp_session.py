"""The session over a double of an ICMP socket, which answers at once or never."""

import asyncio
import errno
import queue
import struct

import pytest

from nexkit.address import Family
from nexkit.outcome import FailureKind
from nexkit.platform.icmp_session import IcmpMessage, IcmpSession, same_checksum_payload

TARGET = "198.51.100.1"
ROUTER = "192.0.2.1"


class ScriptedSocket:
    """Answers each request by a function of (address, sequence, ttl): a message, None (silence), or an OSError."""

    def __init__(self, answer):
        self.answer = answer
        self.inbox = queue.Queue()
        self.sent = []
        self.closed = False

    def send(self, address, sequence, payload, ttl):
        self.sent.append((address, sequence, payload, ttl))
        answer = self.answer(address, sequence, ttl)
        if isinstance(answer, OSError):
            raise answer
        if answer is not None:
            self.inbox.put(answer)

    def receive(self, timeout_s):
        try:
            message = self.inbox.get(timeout=0.001)
        except queue.Empty:
            return None
        if isinstance(message, OSError):
            raise message
        return message

    def close(self):
        self.closed = True


def message(sequence, kind=0, code=0, source=TARGET):
    return IcmpMessage(source=source, sequence=sequence, type=kind, code=code)


def over(sock, work, family=Family.IPV4):
    async def run():
        async with IcmpSession.over(sock, family) as session:
            return await work(session)

    return asyncio.run(run())


def echo_once(answer, family=Family.IPV4, timeout_s=5.0):
    return over(ScriptedSocket(answer), lambda session: session.echo(TARGET, timeout_s=timeout_s), family)


def test_a_reply_is_a_round_trip():
    reply = echo_once(lambda address, sequence, ttl: message(sequence))
    assert reply.error is None
    assert 0 < reply.rtt_ms < 5000


def test_a_reply_of_ipv6_has_its_own_type():
    assert echo_once(lambda address, sequence, ttl: message(sequence, 129), Family.IPV6).rtt_ms is not None
    assert (
        echo_once(lambda address, sequence, ttl: message(sequence, 1, 0), Family.IPV6).error
        is FailureKind.NET_UNREACHABLE
    )


def test_silence_is_neither_round_trip_nor_error():
    reply = echo_once(lambda address, sequence, ttl: None, timeout_s=0.01)
    assert (reply.rtt_ms, reply.error) == (None, None)


def test_a_router_that_cannot_forward_is_an_error():
    reply = echo_once(lambda address, sequence, ttl: message(sequence, 3, 1, ROUTER))
    assert (reply.rtt_ms, reply.error) == (None, FailureKind.HOST_UNREACHABLE)


def test_an_error_of_sending_is_an_error():
    reply = echo_once(lambda address, sequence, ttl: PermissionError(13, "refused"))
    assert (reply.rtt_ms, reply.error) == (None, FailureKind.FILTERED_LOCALLY)


def test_many_requests_at_once_get_their_own_replies():
    held = []

    def answer(address, sequence, ttl):
        held.append(message(sequence, source=address))

    sock = ScriptedSocket(answer)
    addresses = [f"198.51.100.{number}" for number in range(1, 21)]

    async def work(session):
        asked = [
            asyncio.create_task(session.ask(address, ttl=64, payload_bytes=8, timeout_s=5.0)) for address in addresses
        ]
        await asyncio.sleep(0)
        for late in reversed(held):
            sock.inbox.put(late)
        return await asyncio.gather(*asked)

    assert [answer.message.source for answer in over(sock, work)] == addresses


def test_strangers_and_repeated_replies_are_passed_over():
    sock = ScriptedSocket(lambda address, sequence, ttl: message(sequence))
    sock.inbox.put(message(4711))

    async def work(session):
        first = await session.echo(TARGET, timeout_s=5.0)
        sock.inbox.put(message(1))
        return first, await session.echo(TARGET, timeout_s=5.0)

    assert all(reply.rtt_ms is not None for reply in over(sock, work))


def test_an_error_that_the_system_keeps_for_the_socket_ends_nothing():
    sock = ScriptedSocket(lambda address, sequence, ttl: message(sequence))
    sock.inbox.put(OSError(errno.ENETDOWN, "network is down"))
    assert over(sock, lambda session: session.echo(TARGET, timeout_s=5.0)).rtt_ms is not None


def test_the_socket_is_closed_after_the_session():
    sock = ScriptedSocket(lambda address, sequence, ttl: None)
    closed = []
    sock.close = lambda: closed.append(True)

    async def run():
        async with IcmpSession.over(sock, Family.IPV4):
            pass
        while not closed:  # noqa: ASYNC110  the thread has no event to wait for
            await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(run(), 5))
    assert closed == [True]


def checksum(packet):
    total = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def test_every_request_of_a_flow_has_the_same_checksum():
    packets = [
        struct.pack("!BBHHH", 8, 0, 0, 77, number) + same_checksum_payload(number, 32) for number in (0, 1, 65535)
    ]
    assert len({checksum(packet) for packet in packets}) == 1


@pytest.mark.parametrize("size", [0, 1, 2, 56])
def test_a_payload_has_the_size_that_was_asked_for(size):
    assert len(same_checksum_payload(5, size)) == size
