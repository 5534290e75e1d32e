"""The probe of encrypted resolvers against real TLS servers on loopback."""

import asyncio
import base64
import time
from urllib.parse import parse_qs, urlsplit

import dns.message
import dns.rrset
import pytest
from loopback import Authority, LoopbackPlatform, context, open_sockets, serve, silent

from nexkit.facts.dns import DnsTransport, EncryptedAnswers
from nexkit.facts.reach import TrustProblem
from nexkit.outcome import Completed, FailureKind
from probes.encrypted_dns import EncryptedDnsParams, EncryptedDnsProbe

pytestmark = pytest.mark.measures

NAME = "dns.example.com"


@pytest.fixture(scope="module")
def authority():
    return Authority()


def answer(wire):
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", "198.18.0.1"))
    return reply.to_wire()


async def over_tls(reader, writer):
    while length := await reader.read(2):
        reply = answer(await reader.readexactly(int.from_bytes(length, "big")))
        # In two pieces, as a stream may come.
        writer.write(len(reply).to_bytes(2, "big") + reply[:5])
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(reply[5:])
        await writer.drain()


def over_https(*, status=200, change=lambda body: body, seen=None):
    async def handle(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = head.split()[1]
        if seen is not None:
            seen.append(head)
        text = parse_qs(urlsplit(target).query)["dns"][0]
        body = change(answer(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Type: application/dns-message\r\n".encode())
        writer.write(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    return handle


async def ask(port, authority, *, scheme="tls", path="", **params):
    probe = EncryptedDnsProbe()
    platform = LoopbackPlatform(names={NAME: ("127.0.0.1",)}, authority=authority)
    built = EncryptedDnsParams(
        **{"resolver": f"{scheme}://{NAME}:{port}{path}", "controls": ("www.example.com", "www.example.net"), **params}
    )
    outcome = await probe.run(built, context(probe, platform))
    assert isinstance(outcome, Completed)
    return outcome.fact


def run(handler, authority, tls, **options):
    async def scene():
        async with serve(handler, tls=tls) as port:
            return await ask(port, authority, **options)

    fact = asyncio.run(scene())
    assert isinstance(fact, EncryptedAnswers)
    return fact


def test_every_name_is_answered_over_tls(authority, tmp_path):
    fact = run(over_tls, authority, authority.server(tmp_path, NAME))
    (attempt,) = fact.attempts
    assert (fact.transport, fact.resolve_failure, attempt.failure) == (DnsTransport.TLS, None, None)
    assert (attempt.tls.trusted, attempt.tls.problem, attempt.tls.name_matches) == (True, None, True)
    assert [(query.name, query.addresses, query.transport) for query in attempt.queries] == [
        ("www.example.com", ("198.18.0.1",), DnsTransport.TLS),
        ("www.example.net", ("198.18.0.1",), DnsTransport.TLS),
    ]
    assert all(10 <= query.time_ms < 1000 for query in attempt.queries), "the answer comes in two pieces, 10 ms apart"


def test_every_name_is_answered_over_https(authority, tmp_path):
    seen = []
    tls = authority.server(tmp_path, NAME)
    fact = run(over_https(seen=seen), authority, tls, scheme="https", path="/dns-query")
    (attempt,) = fact.attempts
    assert (fact.transport, attempt.failure, attempt.http_status) == (DnsTransport.HTTPS, None, 200)
    assert [query.addresses for query in attempt.queries] == [("198.18.0.1",), ("198.18.0.1",)]
    assert all(head.startswith("GET /dns-query?dns=AAAB") for head in seen), "id 0: caches can answer (RFC 8484)"


@pytest.mark.parametrize("scheme", ["tls", "https"])
@pytest.mark.parametrize(
    ("name", "fault", "problem"),
    [
        ("other.example.com", {}, TrustProblem.WRONG_NAME),
        (NAME, {"ends_days": -0.5}, TrustProblem.EXPIRED),
        (NAME, {"self_signed": True}, TrustProblem.SELF_SIGNED),
    ],
)
def test_nothing_is_asked_of_a_server_that_is_not_trusted(authority, tmp_path, scheme, name, fault, problem):
    asked = []

    async def spy(reader, writer):
        asked.append(await reader.read(100))

    (attempt,) = run(spy, authority, authority.server(tmp_path, name, **fault), scheme=scheme).attempts
    assert (attempt.tls.trusted, attempt.tls.problem, attempt.failure, attempt.queries) == (False, problem, None, ())
    assert attempt.tls.certificate.names == (name,)
    assert set(asked) <= {b""}


@pytest.mark.parametrize("scheme", ["tls", "https"])
def test_without_names_the_handshake_is_tried_all_the_same(authority, tmp_path, scheme):
    (attempt,) = run(silent, authority, authority.server(tmp_path, NAME), scheme=scheme, controls=()).attempts
    assert (attempt.failure, attempt.tls.trusted, attempt.queries) == (None, True, ())


def test_a_status_other_than_200_is_told(authority, tmp_path):
    (attempt,) = run(over_https(status=403), authority, authority.server(tmp_path, NAME), scheme="https").attempts
    assert (attempt.http_status, attempt.queries) == (403, ())
    assert (attempt.failure.kind, attempt.failure.step) == (FailureKind.PROTOCOL, "http")


def test_an_answer_to_another_question_is_not_believed(authority, tmp_path):
    handler = over_https(change=lambda body: body[:-20])
    (attempt,) = run(handler, authority, authority.server(tmp_path, NAME), scheme="https").attempts
    assert {query.failure.kind for query in attempt.queries} == {FailureKind.PROTOCOL}
    handler = over_https(change=lambda body: b"\x12\x34" + body[2:])
    (attempt,) = run(handler, authority, authority.server(tmp_path, NAME), scheme="https").attempts
    assert {(query.rcode, query.failure.step) for query in attempt.queries} == {(None, "dns")}


def test_a_server_that_is_silent_after_the_handshake(authority, tmp_path):
    (attempt,) = run(silent, authority, authority.server(tmp_path, NAME), step_timeout_s=0.2).attempts
    assert attempt.tls.trusted
    assert (attempt.failure.kind, attempt.failure.step) == (FailureKind.TIMEOUT, "dns")


def test_a_server_that_does_not_speak_tls(authority):
    async def greet(reader, writer):
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        await reader.read(1000)

    (attempt,) = run(greet, authority, None).attempts
    assert (attempt.failure.kind, attempt.failure.step) == (FailureKind.PROTOCOL, "tls")


def test_a_name_that_is_not_found_and_a_closed_port(authority):
    async def scene():
        async with serve(silent) as port:
            pass
        closed = await ask(port, authority)
        return closed, await ask(port, authority, resolver=f"tls://none.example.com:{port}")

    closed, missing = asyncio.run(scene())
    assert closed.attempts[0].failure.kind is FailureKind.REFUSED
    assert (missing.resolve_failure.kind, missing.attempts) == (FailureKind.NAME_NOT_FOUND, ())


def test_cancelled_it_ends_at_once_and_leaves_no_socket(authority, tmp_path):
    async def scene():
        async with serve(silent, tls=authority.server(tmp_path, NAME)) as port:
            before = open_sockets()
            task = asyncio.create_task(ask(port, authority, step_timeout_s=30, total_s=30))
            await asyncio.sleep(0.4)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled(), time.monotonic() - began, open_sockets() - before

    cancelled, took_s, left = asyncio.run(scene())
    assert (cancelled, took_s < 1) == (True, True)
    assert len(left) <= 1, "the server's side of the connection"


@pytest.mark.parametrize(
    "resolver", ["dns.example.com", "http://dns.example.com/", "tls://", "tls://user@dns.example.com", "tls://a:99999"]
)
def test_what_is_no_encrypted_resolver_is_refused_beforehand(resolver):
    with pytest.raises(ValueError, match="resolver"):
        EncryptedDnsParams(resolver=resolver)
