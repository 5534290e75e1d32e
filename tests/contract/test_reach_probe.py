"""The reach probe against real servers on loopback, well and badly behaved."""

import asyncio
import contextlib
import socket
import sys
import time

import pytest
from loopback import Authority, LoopbackPlatform, answering, context, open_sockets, serve, silent

from nexkit import __version__
from nexkit.facts.reach import ReachLayer, TrustProblem
from nexkit.outcome import Completed, Failure, FailureKind
from probes.reach import ReachParams, ReachProbe

pytestmark = pytest.mark.measures

AUTHORITY = Authority()
NAME = "www.example.com"
PAGE = b"HTTP/1.1 200 OK\r\nServer: example/1\r\nContent-Length: 2\r\n\r\nok"


async def reach(port, layer, *, host=NAME, addresses=("127.0.0.1",), authority=AUTHORITY, step_timeout_s=0.5, **more):
    probe = ReachProbe()
    names = {host: addresses} if addresses else {}
    params = ReachParams(host=host, port=port, layer=layer, step_timeout_s=step_timeout_s, **more)
    outcome = await probe.run(params, context(probe, LoopbackPlatform(names, authority)))
    assert isinstance(outcome, Completed)
    return outcome.fact


def reached(handler, layer, *, tls=None, **options):
    async def scene():
        async with serve(handler, tls=tls) as port:
            return await reach(port, layer, **options)

    return asyncio.run(scene())


def failure_of(handler, layer, **options):
    (attempt,) = reached(handler, layer, **options).attempts
    return attempt.failure


def test_https_with_every_step_timed(tmp_path):
    handler = answering(PAGE)
    tls = AUTHORITY.server(tmp_path, NAME, "www.example.net", "192.0.2.7")
    fact = reached(handler, ReachLayer.HTTPS, tls=tls, path="/status?x=1", expected_status=(200, 302))
    (attempt,) = fact.attempts
    assert attempt.failure is None
    assert fact.resolve_failure is None
    assert 0 <= fact.resolve_ms < 100
    assert 0 < attempt.connect_ms < 100
    assert attempt.tls.trusted
    assert attempt.tls.problem is None
    assert attempt.tls.version == "TLSv1.3"
    assert attempt.tls.cipher.startswith("TLS_")
    assert attempt.tls.handshake_ms > 0
    certificate = attempt.tls.certificate
    assert certificate.subject == "CN=www.example.com,O=Example Corp"
    assert certificate.issuer == "CN=Example Root,O=Example Trust"
    assert certificate.issuer_organisation == "Example Trust"
    assert certificate.names == (NAME, "www.example.net", "192.0.2.7")
    assert certificate.not_before_at < certificate.not_after_at
    assert len(certificate.sha256) == 64
    assert (attempt.http.status, attempt.http.server, attempt.http.redirect_host) == (200, "example/1", None)
    assert 0 < attempt.http.first_byte_ms <= attempt.http.total_ms
    assert fact.expected_status == (200, 302)
    head = handler.requests[0].decode()
    assert head.startswith("GET /status?x=1 HTTP/1.1\r\n")
    assert f"\r\nHost: {NAME}:" in head
    assert f"\r\nUser-Agent: nexkit/{__version__}\r\n" in head


def test_plain_http_over_a_literal_address_is_not_looked_up():
    handler = answering(PAGE)
    fact = reached(handler, ReachLayer.HTTP, host="127.0.0.1", addresses=())
    assert (fact.resolve_ms, fact.resolve_failure) == (None, None)
    assert fact.attempts[0].http.status == 200
    assert b"\r\nHost: 127.0.0.1:" in handler.requests[0]


def test_a_name_is_asked_for_at_a_given_address_without_a_look_up(tmp_path):
    tls = AUTHORITY.server(tmp_path, NAME)
    fact = reached(answering(PAGE), ReachLayer.HTTPS, tls=tls, addresses=(), address="127.0.0.1")
    assert (fact.host, fact.resolve_ms) == (NAME, None)
    (attempt,) = fact.attempts
    assert attempt.address == "127.0.0.1"
    assert attempt.tls.trusted
    assert attempt.http.status == 200


def test_a_given_address_has_to_be_one():
    with pytest.raises(ValueError, match="address"):
        ReachParams(host=NAME, port=443, layer=ReachLayer.TLS, address="www.example.net")


def test_a_certificate_for_the_literal_address_is_trusted(tmp_path):
    tls = AUTHORITY.server(tmp_path, "127.0.0.1")
    (attempt,) = reached(answering(PAGE), ReachLayer.HTTPS, tls=tls, host="127.0.0.1").attempts
    assert attempt.tls.trusted
    tls = AUTHORITY.server(tmp_path, "127.0.0.2")
    (attempt,) = reached(answering(PAGE), ReachLayer.TLS, tls=tls, host="127.0.0.1").attempts
    assert attempt.tls.problem is TrustProblem.WRONG_NAME


@pytest.mark.parametrize(
    ("problem", "options"),
    [
        (TrustProblem.EXPIRED, {"starts_days": -60, "ends_days": -1}),
        (TrustProblem.NOT_YET_VALID, {"starts_days": 5}),
        (TrustProblem.SELF_SIGNED, {"self_signed": True}),
        (TrustProblem.WRONG_NAME, {}),
        (TrustProblem.UNKNOWN_ISSUER, {}),
    ],
)
def test_an_untrusted_certificate_is_described_and_nothing_is_asked(tmp_path, problem, options):
    handler = answering(PAGE)
    name = "www.example.net" if problem is TrustProblem.WRONG_NAME else NAME
    authority = Authority("Example Inspection") if problem is TrustProblem.UNKNOWN_ISSUER else AUTHORITY
    tls = authority.server(tmp_path, name, **options)
    (attempt,) = reached(handler, ReachLayer.HTTPS, tls=tls).attempts
    assert attempt.failure is None
    assert attempt.http is None
    assert (attempt.tls.trusted, attempt.tls.problem) == (False, problem)
    assert attempt.tls.certificate.names == (name,)
    assert handler.requests == []


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has one loopback address, unless another is set up")
def test_every_address_of_both_families_is_tried_by_itself():
    async def scene():
        async with serve(silent) as port:
            return await reach(port, ReachLayer.TCP, addresses=("::1", "127.0.0.1", "127.0.0.2"))

    by_address = {attempt.address: attempt for attempt in asyncio.run(scene()).attempts}
    assert list(by_address) == ["::1", "127.0.0.1", "127.0.0.2"]
    assert by_address["127.0.0.1"].failure is None
    assert by_address["127.0.0.1"].connect_ms > 0
    for address in ("::1", "127.0.0.2"):
        assert (by_address[address].failure.kind, by_address[address].failure.step) == (FailureKind.REFUSED, "connect")
        assert by_address[address].connect_ms is None


def test_a_name_that_is_not_found_fails_in_its_own_step():
    fact = asyncio.run(reach(443, ReachLayer.HTTPS, addresses=()))
    assert (fact.resolve_failure.kind, fact.resolve_failure.step) == (FailureKind.NAME_NOT_FOUND, "resolve")
    assert fact.attempts == ()
    assert fact.resolve_ms >= 0


@contextlib.asynccontextmanager
async def delayed(port, delay_s):
    """A relay that keeps everything from the server for a while; gives its port."""

    async def forward(reader, writer, wait_s):
        while data := await reader.read(65_536):
            asyncio.get_running_loop().call_later(wait_s, writer.write, data)
        await asyncio.sleep(2 * wait_s)
        writer.close()

    async def handle(reader, writer):
        there, back = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(forward(there, writer, delay_s), forward(reader, back, 0))
        finally:
            back.transport.abort()

    async with serve(handle) as relay:
        yield relay


def test_every_step_carries_its_own_delay_once(tmp_path):
    async def scene():
        tls = AUTHORITY.server(tmp_path, NAME)
        async with serve(answering(PAGE), tls=tls) as server, delayed(server, 0.3) as port:
            return await reach(port, ReachLayer.HTTPS, step_timeout_s=5)

    (attempt,) = asyncio.run(scene()).attempts
    assert attempt.failure is None
    assert attempt.connect_ms < 100
    assert 300 <= attempt.tls.handshake_ms < 590, "one round trip of TLS 1.3, not two"
    assert 300 <= attempt.http.first_byte_ms < 590
    assert attempt.total_ms == attempt.connect_ms + attempt.tls.handshake_ms + attempt.http.total_ms


def test_an_address_that_never_answers_is_a_connect_timeout():
    async def scene():
        with socket.socket() as full:  # its queue holds one connection, which nobody takes: further SYNs are dropped
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port)):
                return await reach(port, ReachLayer.TCP, step_timeout_s=0.2)

    assert asyncio.run(scene()).attempts[0].failure == Failure(kind=FailureKind.TIMEOUT, step="connect")


def test_garbage_instead_of_tls_is_a_protocol_failure():
    async def garbage(reader, writer):
        writer.write(b"SSH-2.0-example\r\n")
        await writer.drain()
        await asyncio.sleep(1)

    assert failure_of(garbage, ReachLayer.TLS) == Failure(kind=FailureKind.PROTOCOL, step="tls")


def test_a_server_that_says_nothing_is_a_tls_timeout():
    assert failure_of(silent, ReachLayer.TLS, step_timeout_s=0.2) == Failure(kind=FailureKind.TIMEOUT, step="tls")


def test_when_the_whole_time_is_up_what_was_measured_is_kept():
    async def scene():
        async with serve(silent) as port:
            return await reach(port, ReachLayer.TLS, step_timeout_s=30.0, total_s=1.0)

    attempt = asyncio.run(asyncio.wait_for(scene(), 5)).attempts[0]
    assert attempt.connect_ms is not None
    assert attempt.failure == Failure(kind=FailureKind.TIMEOUT, step="tls")


def test_hanging_up_in_the_handshake_is_a_reset():
    async def hang_up(reader, writer):
        await reader.read(100)

    async def close(reader, writer):
        await reader.read(100_000)
        writer.write_eof()
        await reader.read()

    for handler in (hang_up, close):
        failure = failure_of(handler, ReachLayer.TLS)
        assert (failure.kind, failure.step) == (FailureKind.RESET, "tls")


def test_an_alert_of_the_server_is_a_tls_failure():
    async def refuse(reader, writer):
        await reader.read(100_000)
        writer.write(b"\x15\x03\x03\x00\x02\x02\x46")  # fatal, protocol_version (RFC 8446, section 6)
        await reader.read()

    assert failure_of(refuse, ReachLayer.TLS) == Failure(kind=FailureKind.TLS, step="tls")


@pytest.mark.parametrize(
    ("kind", "chunks", "pause_s"),
    [
        pytest.param(FailureKind.PROTOCOL, (b"SSH-2.0-example\r\n\r\n",), 0, id="another protocol"),
        pytest.param(FailureKind.PROTOCOL, (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",), 0, id="bad length"),
        pytest.param(
            FailureKind.PROTOCOL, (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",), 0, id="length too long"
        ),
        pytest.param(
            FailureKind.PROTOCOL,
            (b"HTTP/1.1 200 OK\r\n", *(b"X-Filler: " + b"x" * 990 + b"\r\n" for _ in range(200))),
            0,
            id="endless headers",
        ),
        pytest.param(FailureKind.PROTOCOL, (b"HTTP/1.1 100 Continue\r\n\r\n",) * 3, 0, id="never a final answer"),
        pytest.param(
            FailureKind.TIMEOUT,
            tuple(bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\n" * 50),
            0.02,
            id="one byte a time",
        ),
        pytest.param(FailureKind.RESET, (), 0, id="no answer at all"),
    ],
)
def test_a_hostile_server_is_a_failure_of_the_http_step(kind, chunks, pause_s):
    failure = failure_of(answering(*chunks, pause_s=pause_s), ReachLayer.HTTP, step_timeout_s=0.4)
    assert (failure.kind, failure.step) == (kind, "http")


def test_of_an_endless_body_the_first_64_kib_are_read():
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()

    async def scene():
        async with serve(endless) as port:
            probe = ReachProbe()
            ctx = context(probe, LoopbackPlatform({NAME: ("127.0.0.1",)}))
            outcome = await probe.run(ReachParams(host=NAME, port=port, layer=ReachLayer.HTTP), ctx)
            return outcome.fact.attempts[0], ctx.spent_bytes

    attempt, spent_bytes = asyncio.run(scene())
    assert attempt.failure is None
    assert attempt.http.status == 200
    assert 65_536 < spent_bytes < 110_000


def test_endless_interim_answers_stop_at_the_budget():
    async def endless(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        while True:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)
            await writer.drain()

    assert failure_of(endless, ReachLayer.HTTP, step_timeout_s=20).kind is FailureKind.BUDGET


@pytest.mark.parametrize(
    ("location", "host"),
    [
        (b"https://login.example.net/a?b=c", "login.example.net"),
        (b"/elsewhere", NAME),
        (b"//198.18.0.9:8080/x", "198.18.0.9"),
        (b"http://[2001:db8::5]/", "2001:db8::5"),
        (b"http://[bad/", None),
        (b"http://" + b"a" * 300 + b"/", None),
        (b"http://\xe3\x81\x82/", None),
    ],
)
def test_a_redirect_is_not_followed_and_its_host_is_kept(location, host):
    handler = answering(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n")
    (attempt,) = reached(handler, ReachLayer.HTTP).attempts
    assert (attempt.http.status, attempt.http.redirect_host) == (302, host)
    assert len(handler.requests) == 1


def test_cancelled_in_any_step_it_ends_at_once_and_leaves_no_socket(tmp_path):
    async def scene(layer, tls):
        async with serve(silent, tls=tls) as port:
            before = open_sockets()
            task = asyncio.create_task(reach(port, layer, step_timeout_s=30))
            await asyncio.sleep(0.2)
            began = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            took_s = time.monotonic() - began
        return task.cancelled(), took_s, open_sockets() - before

    for layer, tls in (
        (ReachLayer.TLS, None),
        (ReachLayer.HTTP, None),
        (ReachLayer.HTTPS, AUTHORITY.server(tmp_path, NAME)),
    ):
        cancelled, took_s, left = asyncio.run(scene(layer, tls))
        assert cancelled
        assert took_s < 0.2
        assert left == set()
