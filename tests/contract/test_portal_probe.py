"""The portal probe against real servers on loopback, with and without somebody in between."""

import asyncio
import sys
import time

import pytest
from loopback import LoopbackPlatform, answering, context, open_sockets, serve, silent

from nexkit.clock import SystemClock
from nexkit.declared import Declared
from nexkit.guard import Guard
from nexkit.outcome import Completed, Failure, FailureKind
from probes.portal import PortalParams, PortalProbe

pytestmark = pytest.mark.measures

NAME = "connect.example.com"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
SUCCESS = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsuccess\n"
LOGIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nlogin"
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: https://portal.example.net/login?mac=1\r\nContent-Length: 0\r\n\r\n"


async def check(port, *, addresses=("127.0.0.1",), host=NAME, body=None, timeout_s=0.4):
    probe = PortalProbe()
    ctx = context(probe, LoopbackPlatform({host: addresses} if addresses else {}))
    url = f"http://{host}:{port}/generate_204?x=1"
    outcome = await probe.run(PortalParams(url=url, body=body, timeout_s=timeout_s), ctx)
    assert isinstance(outcome, Completed)
    assert outcome.fact.url == url
    return outcome.fact.attempts


def checked(handler, **options):
    async def scene():
        async with serve(handler) as port:
            return await check(port, **options)

    return asyncio.run(scene())


@pytest.mark.parametrize(
    ("answer", "body", "as_expected"),
    [
        (EMPTY, None, True),
        (SUCCESS, "success", True),
        (SUCCESS, None, False),
        (EMPTY, "success", False),
        (LOGIN, "success", False),
        (REDIRECT, None, False),
    ],
)
def test_the_page_arrives_unchanged_or_not_and_twice(answer, body, as_expected):
    handler = answering(answer)
    attempts = checked(handler, body=body)
    assert [attempt.as_expected for attempt in attempts] == [as_expected] * 2
    assert all(attempt.failure is None and attempt.total_ms > 0 for attempt in attempts)
    assert len(handler.requests) == 2
    assert handler.requests[0].startswith(b"GET /generate_204?x=1 HTTP/1.1\r\nHost: connect.example.com:")


def test_of_a_redirect_the_host_is_kept():
    (attempt, _) = checked(answering(REDIRECT))
    assert (attempt.status, attempt.redirect_host) == (302, "portal.example.net")


def test_the_other_family_is_tried_where_the_first_does_not_connect():
    attempts = checked(answering(EMPTY), addresses=("::1", "127.0.0.1"))
    assert [attempt.as_expected for attempt in attempts] == [True, True]


def test_a_literal_address_is_not_looked_up():
    assert checked(answering(EMPTY), host="127.0.0.1", addresses=())[0].as_expected


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (silent, FailureKind.TIMEOUT),
        (answering(b"SSH-2.0-example\r\n\r\n"), FailureKind.PROTOCOL),
        (answering(), FailureKind.RESET),
    ],
)
def test_no_answer_is_no_evidence_of_a_portal(handler, kind):
    for attempt in checked(handler, timeout_s=0.2):
        assert (attempt.failure.kind, attempt.failure.step) == (kind, "http")
        assert (attempt.status, attempt.as_expected, attempt.total_ms) == (None, None, None)


def test_a_failed_lookup_or_connection_is_named():
    async def scene():
        async with serve(silent) as port:
            pass
        return await check(port), await check(port, addresses=())

    refused, unknown = asyncio.run(scene())
    assert {(attempt.failure.kind, attempt.failure.step) for attempt in refused} == {(FailureKind.REFUSED, "connect")}
    assert unknown[0].failure.kind is FailureKind.NAME_NOT_FOUND
    assert unknown[0].failure.step == "resolve"


def test_a_lookup_that_hangs_is_a_timeout_of_its_step():
    class StuckPlatform(LoopbackPlatform):
        async def resolve(self, host, family=None):
            await asyncio.sleep(60)

    probe = PortalProbe()
    params = PortalParams(url="http://connect.example.com/", timeout_s=0.1)
    outcome = asyncio.run(probe.run(params, context(probe, StuckPlatform())))
    assert {attempt.failure for attempt in outcome.fact.attempts} == {Failure(kind=FailureKind.TIMEOUT, step="resolve")}


def test_cancelled_it_ends_at_once_and_leaves_no_socket():
    async def scene():
        async with serve(silent) as port:
            before = open_sockets()
            task = asyncio.create_task(check(port, timeout_s=30))
            await asyncio.sleep(0.1)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            took_s = time.monotonic() - began
        return task.cancelled(), took_s, open_sockets() - before

    cancelled, took_s, left = asyncio.run(scene())
    assert cancelled
    assert took_s < 0.2
    assert left == set()


def repeating(word=None):
    """A server that repeats the random word, or says another one."""

    async def handle(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked = next(line for line in head.split("\r\n") if line.startswith("X-Nexkit-Challenge: "))
        said = word or f"response {asked.partition(': ')[2]}"
        writer.write(f"HTTP/1.1 204 No Content\r\nX-Nexkit-Response: {said}\r\n\r\n".encode())
        await writer.drain()

    return handle


@pytest.mark.parametrize(
    ("handler", "answered"), [(repeating(), True), (repeating("response 0"), False), (answering(EMPTY), None)]
)
def test_a_server_that_knows_the_challenge_proves_itself(handler, answered):
    assert [attempt.challenge_answered for attempt in checked(handler)] == [answered] * 2


def test_where_two_answers_differ_there_is_a_third():
    answers = [EMPTY, LOGIN, LOGIN]

    async def handle(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        await writer.drain()

    attempts = checked(handle)
    assert [attempt.as_expected for attempt in attempts] == [True, False, False]
    assert attempts[1].body_sha256 == attempts[2].body_sha256 != attempts[0].body_sha256
    assert [attempt.body_bytes for attempt in attempts] == [0, 5, 5]


def test_bodies_are_compared():
    async def scene(body):
        async with serve(answering(body)) as port:
            probe = PortalProbe()
            params = PortalParams(url=f"http://127.0.0.1:{port}/", body="success", timeout_s=0.4)
            return (await probe.run(params, context(probe, LoopbackPlatform()))).fact

    fact = asyncio.run(scene(LOGIN))
    assert (fact.same_body, fact.sign_in) == (True, None)
    assert {attempt.address for attempt in fact.attempts} == {"127.0.0.1"}


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has one loopback address, unless another is set up")
def test_a_redirect_to_this_computer_is_not_followed():
    """A stranger's redirect may not reach what listens here for this computer alone."""

    async def scene():
        other = answering(EMPTY)
        async with serve(other, address="127.0.0.2") as inner:
            redirect = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:{inner}/\r\nContent-Length: 0\r\n\r\n"
            async with serve(answering(redirect.encode())) as port:
                probe = PortalProbe()
                params = PortalParams(url=f"http://127.0.0.1:{port}/", timeout_s=0.4)
                guard = Guard(LoopbackPlatform(), SystemClock(), Declared(typed=frozenset({"127.0.0.1"})))
                return (await probe.run(params, context(probe, guard.platform(probe.spec)))).fact, other.requests

    fact, requests = asyncio.run(scene())
    assert (fact.sign_in, requests) == (None, [])
    assert fact.attempts[0].redirect_host == "127.0.0.2"
