"""The reach probe's QUIC against an HTTP/3 server on loopback, and against what only looks like one."""

import asyncio
import contextlib
import time

import pytest
from aioquic.asyncio import QuicConnectionProtocol, serve
from aioquic.h3.connection import H3Connection
from aioquic.h3.events import HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ProtocolNegotiated
from loopback import Authority, LoopbackPlatform, context, open_sockets

from nexkit.facts.reach import ReachLayer, TrustProblem
from nexkit.outcome import FailureKind
from probes.reach import ReachParams, ReachProbe

pytestmark = pytest.mark.measures

AUTHORITY = Authority()
NAME = "www.example.com"


async def reach(port, ctx=None, **more):
    params = ReachParams(
        host=NAME, address="127.0.0.1", port=port, layer=ReachLayer.HTTPS, quic=True, **{"step_timeout_s": 0.5, **more}
    )
    probe = ReachProbe()
    outcome = await probe.run(params, ctx or context(probe, LoopbackPlatform({}, AUTHORITY)))
    return outcome.fact.attempts[0].quic


@contextlib.asynccontextmanager
async def http3(folder, answer, *, names=(NAME,), alpn=("h3",), authority=AUTHORITY):
    """An HTTP/3 server that answers a request by a function on its connection; gives its port."""
    authority.server(folder, *names)
    (pem,) = folder.glob("*.pem")
    key, certificate = folder / "key", folder / "certificate"
    head, mark, rest = pem.read_text().partition("-----BEGIN CERTIFICATE-----")
    key.write_text(head)
    certificate.write_text(mark + rest)
    configuration = QuicConfiguration(is_client=False, alpn_protocols=list(alpn))
    configuration.load_cert_chain(certificate, key)

    class Protocol(QuicConnectionProtocol):
        http = None

        def quic_event_received(self, event):
            if isinstance(event, ProtocolNegotiated):
                self.http = H3Connection(self._quic)
            for each in self.http.handle_event(event) if self.http else ():
                if isinstance(each, HeadersReceived):
                    answer(self, each)
                    self.transmit()

    server = await serve("127.0.0.1", 0, configuration=configuration, create_protocol=Protocol)
    try:
        yield server._transport.get_extra_info("sockname")[1]
    finally:
        server.close()
        server._transport.abort()  # Windows writes while the program goes on: a last packet is not waited for
        await asyncio.sleep(0)


def asked(folder, answer, **options):
    more = {name: options.pop(name) for name in ("path", "step_timeout_s") if name in options}

    async def scene():
        async with http3(folder, answer, **options) as port:
            return await reach(port, **more)

    return asyncio.run(scene())


def ok(protocol, request):
    protocol.http.send_headers(request.stream_id, [(b":status", b"204"), (b"server", b"example/3")], end_stream=True)


def test_an_answer(tmp_path):
    seen = []

    def answer(protocol, request):
        seen.append(dict(request.headers))
        ok(protocol, request)

    quic = asked(tmp_path, answer, path="/a b")
    assert (quic.failure, quic.version, quic.trusted, quic.http.status) == (None, "QUICv1", True, 204)
    assert quic.http.server == "example/3"
    assert 0 < quic.http.first_byte_ms <= quic.http.total_ms
    assert seen[0][b":path"] == b"/a%20b"


def test_nothing_is_asked_of_a_server_that_is_not_the_right_one(tmp_path):
    seen = []
    quic = asked(tmp_path, lambda _, request: seen.append(request), names=("www.example.net",))
    assert (quic.trusted, quic.problem, quic.http, seen) == (False, TrustProblem.WRONG_NAME, None, [])
    assert quic.certificate.names == ("www.example.net",)
    (tmp_path / "other").mkdir()
    quic = asked(tmp_path / "other", lambda _, request: seen.append(request), authority=Authority("Filter"))
    assert (quic.trusted, quic.problem, quic.http, seen) == (False, TrustProblem.UNKNOWN_ISSUER, None, [])


def test_hints_are_no_answer_and_of_a_long_body_a_part_is_read(tmp_path):
    def answer(protocol, request):
        protocol.http.send_headers(request.stream_id, [(b":status", b"103")])
        protocol.http.send_headers(request.stream_id, [(b":status", b"200")])
        protocol.http.send_data(request.stream_id, b"x" * 5_000_000, end_stream=True)

    async def scene():
        probe = ReachProbe()
        ctx = context(probe, LoopbackPlatform({}, AUTHORITY))
        async with http3(tmp_path, answer) as port:
            return await reach(port, ctx), ctx.spent_bytes

    quic, spent_bytes = asyncio.run(scene())
    assert (quic.failure, quic.http.status) == (None, 200)
    assert spent_bytes < 100_000


def reset(protocol, request):
    protocol._quic.reset_stream(request.stream_id, 0x102)


def goodbye(protocol, request):
    protocol._quic.close(error_code=0x102)


def no_headers(protocol, request):
    protocol._quic.send_stream_data(request.stream_id, b"\x00\x04data", end_stream=True)


@pytest.mark.parametrize("answer", [reset, goodbye, no_headers])
def test_who_breaks_off_has_not_answered(tmp_path, answer):
    quic = asked(tmp_path, answer)
    assert (quic.failure.kind, quic.failure.step, quic.http) == (FailureKind.PROTOCOL, "http", None)
    assert quic.handshake_ms > 0


def test_silence_after_the_handshake_is_a_timeout_of_its_own(tmp_path):
    quic = asked(tmp_path, lambda _protocol, _request: None, step_timeout_s=0.3)
    assert (quic.failure.kind, quic.failure.step) == (FailureKind.TIMEOUT, "http")


def test_who_speaks_another_protocol_over_quic_refuses_the_handshake(tmp_path):
    quic = asked(tmp_path, ok, alpn=("doq",))
    assert (quic.failure.kind, quic.failure.step) == (FailureKind.TLS, "quic")


class Answering(asyncio.DatagramProtocol):
    """Answers datagrams by a function."""

    def __init__(self, answer):
        self.answer = answer
        self.received = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, source):
        self.received.set()
        for reply in self.answer(data):
            self.transport.sendto(reply, source)


@contextlib.asynccontextmanager
async def datagrams(answer):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: Answering(answer), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1], protocol
    finally:
        transport.abort()
        await asyncio.sleep(0)


def unknown_version(data):
    """RFC 9000, section 17.2.1; the connection ids change places."""
    own, theirs = data[6 : 6 + data[5]], data[7 + data[5] : 7 + data[5] + data[6 + data[5]]]
    return [b"\x80\x00\x00\x00\x00" + bytes([len(theirs)]) + theirs + bytes([len(own)]) + own + b"\x1a\x2a\x3a\x4a"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda _: [], FailureKind.TIMEOUT),
        (lambda data: [data], FailureKind.TIMEOUT),
        (lambda _: [b"", b"\xff", b"\xc0\x00\x00\x00\x01\xff", b"SSH-2.0-x\r\n" * 50], FailureKind.TIMEOUT),
        (unknown_version, FailureKind.PROTOCOL),
        (lambda _: [bytes(1400)] * 60, FailureKind.PROTOCOL),
    ],
)
def test_what_is_no_quic(answer, kind):
    async def scene():
        async with datagrams(answer) as (port, _):
            return await reach(port, step_timeout_s=0.3)

    quic = asyncio.run(scene())
    assert (quic.failure.kind, quic.failure.step) == (kind, "quic")
    assert (quic.version, quic.trusted, quic.http) == (None, None, None)


def test_cancelled_while_nobody_answers_it_ends_at_once():
    async def scene():
        async with datagrams(lambda _: []) as (port, server):
            task = asyncio.create_task(reach(port, step_timeout_s=60))
            await server.received.wait()
            began_s = time.monotonic()
            task.cancel()
            await asyncio.wait([task])
            return task.cancelled(), time.monotonic() - began_s

    before = open_sockets()
    cancelled, took_s = asyncio.run(scene())
    assert cancelled
    assert took_s < 0.5
    assert open_sockets() == before
