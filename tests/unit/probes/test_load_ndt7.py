"""NDT7: what the locate service and a hostile server may say, byte for byte, without a network."""

import asyncio
import errno
import json
import struct

import pytest
import wsproto
from scripted import ManualClock
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)

from nexkit.outcome import FailureKind
from probes.load.connection import TransferError
from probes.load.ndt7 import read_servers
from probes.load.websocket import MAX_OTHER_BYTES, MAX_TEXT_CHARACTERS, SUBPROTOCOL, NdtConnection


def result(host="mlab1.example.com", **urls):
    named = {f"wss:///ndt/v7/{test}": f"wss://{host}/ndt/v7/{test}?access_token=x" for test in ("download", "upload")}
    return {"machine": host, "urls": named | urls}


def answer(*results):
    return json.dumps({"results": results}).encode()


def test_servers_are_taken_in_their_order():
    first, second = read_servers(answer(result(), result("mlab2.example.com:8443")))
    assert (first.scheme, first.host, first.port) == ("wss", "mlab1.example.com", None)
    assert (second.host, second.port, second.authority) == ("mlab2.example.com", 8443, "mlab2.example.com:8443")
    assert first.download.startswith("/ndt/v7/download?access_token=x&client_name=nexkit&client_version=")
    assert first.upload.startswith("/ndt/v7/upload?")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"[" * 100_000,
        b'{"results": {}}',
        b'{"results": [7, {"urls": []}, {"urls": {}}]}',
        answer(result(**{"wss:///ndt/v7/upload": "wss://other.example.net/ndt/v7/upload"})),
        answer(result(**{"wss:///ndt/v7/upload": "https://mlab1.example.com/ndt/v7/upload"})),
        answer(result(**{"wss:///ndt/v7/upload": "wss://mlab1.example.com:99999/ndt/v7/upload"})),
        answer(result(**{"wss:///ndt/v7/upload": "wss://mlab1.example.com/x y\r\nHost: z"})),
    ],
)
def test_what_names_no_server_with_both_tests_is_left_out(body):
    assert read_servers(body) == ()


class NoSocket:
    """A socket of which the system tells nothing."""

    def getsockopt(self, *arguments):
        raise OSError

    def fileno(self):
        raise OSError

    def setsockopt(self, *arguments):
        pass


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.closing

    def abort(self):
        self.closing = True


class Scene:
    """A connection whose other end is wsproto's server side."""

    def __init__(self, *, protocol=SUBPROTOCOL, accepts=True):
        self.connection = NdtConnection(
            NoSocket(),
            authority="speed.example.com",
            target="/ndt/v7/download",
            payload=b"x" * 1000,
            tls_payload_share=1.0,
            congestion_control="cubic",
            clock=ManualClock(),
        )
        self.transport = Transport()
        self.connection.connection_made(self.transport)
        self.server = wsproto.WSConnection(wsproto.ConnectionType.SERVER)
        self.protocol, self.accepts = protocol, accepts

    async def open(self):
        task = asyncio.ensure_future(self.connection.upgrade())
        await asyncio.sleep(0)
        (request,) = self.heard()
        assert isinstance(request, Request)
        self.asked = request
        self.say(AcceptConnection(subprotocol=self.protocol) if self.accepts else RejectConnection(status_code=400))
        await task
        return self

    def heard(self):
        self.server.receive_data(self.transport.written)
        self.transport.written = b""
        return list(self.server.events())

    def say(self, event):
        self.feed(self.server.send(event))

    def feed(self, data):
        while data:
            buffer = self.connection.get_buffer(-1)
            part = data[: len(buffer)]
            buffer[: len(part)] = part
            self.connection.buffer_updated(len(part))
            data = data[len(part) :]


def run(coroutine):
    return asyncio.run(coroutine)


def measurement(**parts):
    return TextMessage(data=json.dumps({"Origin": "server", **parts}))


def test_a_download_counts_binary_payload_and_reads_what_the_server_says_of_itself():
    async def scene():
        there = await Scene().open()
        assert there.asked.subprotocols == [SUBPROTOCOL]
        task = asyncio.ensure_future(there.connection.download(10_000))
        await asyncio.sleep(0)
        there.say(BytesMessage(data=b"y" * 3000))
        there.say(measurement(Test="download", TCPInfo={"RTT": 42_000}, BBRInfo={"BW": 1}))
        there.say(BytesMessage(data=b"y" * 4000))
        there.say(CloseConnection(code=1000))
        return await task, there.connection

    count, connection = run(scene())
    assert count == 7000
    assert [ms for _at_s, ms in connection.told_round_trips] == [42.0]
    assert connection.server_congestion_control == "bbr"


def test_the_limit_of_a_download_cuts_the_connection():
    async def scene():
        there = await Scene().open()
        task = asyncio.ensure_future(there.connection.download(5000))
        await asyncio.sleep(0)
        there.say(BytesMessage(data=b"y" * 8000))
        return await task, there.transport.closing

    assert run(scene()) == (5000, True)


def test_an_upload_is_masked_and_counted_and_answers_pings():
    async def scene():
        there = await Scene().open()
        task = asyncio.ensure_future(there.connection.upload(1_000_000))
        for _ in range(5):
            await asyncio.sleep(0)
        there.connection.pause_writing()
        there.say(Ping(payload=b"?"))
        there.say(measurement(Test="upload", TCPInfo={"BytesReceived": 2000}))
        events = there.heard()
        sent = sum(len(event.data) for event in events if isinstance(event, BytesMessage))
        assert sent == there.connection.written_bytes >= 3000
        assert any(isinstance(event, Pong) for event in events)
        delivered = there.connection.delivered_bytes()
        there.say(CloseConnection(code=1000))
        assert await task == sent
        return delivered

    assert 1900 < run(scene()) <= 2000  # the server's count, less its frames


def test_an_upload_ends_with_its_bytes():
    async def scene():
        there = await Scene().open()
        assert await there.connection.upload(2500) == 2500
        return sum(len(event.data) for event in there.heard() if isinstance(event, BytesMessage))

    assert run(scene()) == 2500


@pytest.mark.parametrize("values", [{"protocol": None}, {"accepts": False}])
def test_a_server_that_does_not_agree_is_a_failure(values):
    async def scene():
        with pytest.raises(TransferError) as caught:
            await Scene(**values).open()
        return caught.value.failure

    failure = run(scene())
    assert (failure.kind, failure.step) == (FailureKind.PROTOCOL, "http")


@pytest.mark.parametrize(
    "data",
    [
        b"\x82\x85mask" + b"y" * 5,  # a server must not mask
        b"\xff\x00",  # reserved bits and opcode
        b"\x89\x7e\xff\xff",  # a ping longer than 125 bytes
        struct.pack("!BBQ", 0x81, 127, MAX_TEXT_CHARACTERS + 1000) + b"a" * (MAX_TEXT_CHARACTERS + 1000),
        b"\x01\x02\xc3\x28",  # no UTF-8
        (b"\x81\x7d{}" + b" " * 123) * (MAX_OTHER_BYTES // 127 + 1),
        (b"\x89\x7d" + b"!" * 125) * (MAX_OTHER_BYTES // 127 + 1),
    ],
)
def test_frames_that_break_the_protocol_end_the_test(data):
    async def scene():
        there = await Scene().open()
        task = asyncio.ensure_future(there.connection.download(10_000_000))
        await asyncio.sleep(0)
        there.feed(data)
        with pytest.raises(TransferError) as caught:
            await task
        return caught.value.failure.kind, there.transport.closing

    assert run(scene()) == (FailureKind.PROTOCOL, True)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "[" * 5000, '{"TCPInfo": 7}', '{"TCPInfo": {"RTT": "fast"}}', '{"TCPInfo": {"RTT": -1}}']
)
def test_measurements_that_are_none_are_passed_over(text):
    async def scene():
        there = await Scene().open()
        task = asyncio.ensure_future(there.connection.download(10_000))
        await asyncio.sleep(0)
        there.say(TextMessage(data=text))
        there.say(CloseConnection(code=1000))
        await task
        return there.connection.told_round_trips, there.connection.server_congestion_control

    assert run(scene()) == ([], None)


@pytest.mark.parametrize(("error", "fails"), [(None, False), (ConnectionResetError(errno.ECONNRESET, "reset"), True)])
def test_a_connection_that_ends_in_a_test_has_measured_so_far(error, fails):
    async def scene():
        there = await Scene().open()
        task = asyncio.ensure_future(there.connection.download(10_000))
        await asyncio.sleep(0)
        there.say(BytesMessage(data=b"y" * 3000))
        there.connection.connection_lost(error)
        if not fails:
            return await task
        with pytest.raises(TransferError) as caught:
            await task
        assert caught.value.failure.kind is FailureKind.RESET
        return there.connection.received_bytes

    assert run(scene()) == 3000
