"""One HTTP connection under load, byte for byte, without a network."""

import asyncio
import errno

import pytest
from scripted import ManualClock

from nexkit.outcome import Failure, FailureKind
from probes.load.connection import BLOCK_BYTES, BulkConnection, TransferError


class NoSocket:
    """A socket of which the system tells nothing."""

    def getsockopt(self, *arguments):
        raise OSError

    def fileno(self):
        raise OSError

    def setsockopt(self, *arguments):
        pass


class Transport(asyncio.Transport):
    """Keeps what is written; takes it all at once unless `full`."""

    def __init__(self):
        super().__init__()
        self.written = b""
        self.closing = False
        self.unsent = 0

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.closing

    def abort(self):
        self.closing = True

    def get_write_buffer_size(self):
        return self.unsent


def connect(payload=b"x" * BLOCK_BYTES):
    connection = BulkConnection(
        NoSocket(),
        authority="speed.example.com",
        tls=False,
        payload=payload,
        congestion_control=None,
        clock=ManualClock(),
    )
    transport = Transport()
    connection.connection_made(transport)
    return connection, transport


def feed(connection, data):
    """As asyncio does it: into the connection's own buffer."""
    while data:
        buffer = connection.get_buffer(-1)
        part = data[: len(buffer)]
        buffer[: len(part)] = part
        connection.buffer_updated(len(part))
        data = data[len(part) :]


async def downloading(connection, *pieces, count=10, as_range=False):
    task = asyncio.ensure_future(connection.download("/d?bytes=10", count, as_range=as_range))
    await asyncio.sleep(0)
    for piece in pieces:
        feed(connection, piece)
    return await task


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"


def test_a_download_asks_politely():
    async def scene():
        connection, transport = connect()
        assert await downloading(connection, HEAD + b"0123456789") == 10
        return transport.written

    assert asyncio.run(scene()).split(b"\r\n")[:2] == [b"GET /d?bytes=10 HTTP/1.1", b"Host: speed.example.com"]


def test_a_file_of_fixed_size_is_asked_for_by_range():
    async def scene():
        connection, transport = connect()
        partial = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\n\r\n0123456789"
        assert await downloading(connection, partial, as_range=True) == 10
        return transport.written

    assert b"\r\nRange: bytes=0-9\r\n" in asyncio.run(scene())


@pytest.mark.parametrize(
    "pieces",
    [
        (HEAD + b"0123456789",),
        (HEAD, b"01234", b"56789"),
        tuple(bytes([byte]) for byte in HEAD + b"0123456789"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"0123456789",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\n0123\r\n6;x=y\r\n456", b"789\r\n0\r\n\r\n"),
    ],
)
def test_a_body_is_counted_however_it_arrives(pieces):
    async def scene():
        connection, _ = connect()
        assert await downloading(connection, *pieces) == 10
        assert connection.reusable
        assert connection.received_bytes == 10

    asyncio.run(scene())


def test_the_first_byte_of_each_answer_is_timed():
    async def scene():
        connection, _ = connect()
        assert connection.round_trip_ms(sending=True) is None  # the system does not tell
        for _ in range(2):
            await downloading(connection, HEAD, b"0123456789")
        return connection.told_round_trips

    (first_s, first_ms), (second_s, second_ms) = asyncio.run(scene())
    assert first_s < second_s
    assert first_ms == second_ms == pytest.approx(1.0)  # the clock goes on by a millisecond when it is read


def test_an_empty_body_is_an_answer():
    async def scene():
        connection, _ = connect()
        assert await downloading(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") == 0

    asyncio.run(scene())


def test_a_body_may_end_with_the_connection():
    async def scene():
        connection, _ = connect()
        task = asyncio.ensure_future(connection.download("/d", 10, as_range=False))
        await asyncio.sleep(0)
        feed(connection, b"HTTP/1.0 200 OK\r\n\r\n0123456")
        connection.eof_received()
        assert await task == 7
        assert not connection.reusable

    asyncio.run(scene())


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nConnection: Close\r\n", b"HTTP/1.0 200 OK\r\n"])
def test_a_connection_that_the_server_closes_is_not_used_again(head):
    async def scene():
        connection, _ = connect()
        await downloading(connection, head + b"Content-Length: 10\r\n\r\n0123456789")
        assert not connection.reusable

    asyncio.run(scene())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        HEAD + b"0123456789 and more",
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789+",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789+\r\n",
    ],
)
def test_an_answer_that_is_no_download_of_the_wanted_size_is_a_failure_of_http(answer):
    async def scene():
        connection, transport = connect()
        with pytest.raises(TransferError) as caught:
            await downloading(connection, answer)
        assert caught.value.failure == Failure(kind=FailureKind.PROTOCOL, step="http")
        assert transport.closing

    asyncio.run(scene())


@pytest.mark.parametrize("error", [None, ConnectionResetError(errno.ECONNRESET, "reset")])
def test_a_connection_that_is_lost_is_a_failure_of_the_transfer(error):
    async def scene():
        connection, _ = connect()
        task = asyncio.ensure_future(connection.download("/d", 10, as_range=False))
        await asyncio.sleep(0)
        feed(connection, HEAD + b"01234")
        connection.connection_lost(error)
        with pytest.raises(TransferError) as caught:
            await task
        assert (caught.value.failure.kind, caught.value.failure.step) == (FailureKind.RESET, "transfer")
        assert connection.received_bytes == 5

    asyncio.run(scene())


def test_bytes_that_nobody_asked_for_end_the_connection():
    async def scene():
        connection, transport = connect()
        await downloading(connection, HEAD + b"0123456789")
        feed(connection, b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        assert transport.closing
        assert not connection.reusable

    asyncio.run(scene())


def test_a_request_on_a_closed_connection_is_a_failure():
    async def scene():
        connection, transport = connect()
        transport.abort()
        with pytest.raises(TransferError):
            await connection.download("/d", 10, as_range=False)

    asyncio.run(scene())


async def uploading(connection, count):
    task = asyncio.ensure_future(connection.upload("/u", count))
    for _ in range(2 + count // BLOCK_BYTES):
        await asyncio.sleep(0)
    return task


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_an_upload_is_sent_in_full_and_ends_with_the_answer():
    async def scene():
        connection, transport = connect()
        count = 2 * BLOCK_BYTES + 5
        task = await uploading(connection, count)
        head, _, body = transport.written.partition(b"\r\n\r\n")
        assert head.startswith(b"POST /u HTTP/1.1\r\n")
        assert f"Content-Length: {count}".encode() in head
        assert len(body) == count == connection.written_bytes
        assert not task.done()
        feed(connection, OK)
        await task
        assert connection.reusable

    asyncio.run(scene())


def test_an_upload_pauses_when_the_system_takes_no_more():
    async def scene():
        connection, _ = connect()
        connection.pause_writing()
        task = await uploading(connection, 3 * BLOCK_BYTES)
        assert connection.written_bytes == 0
        connection.resume_writing()
        for _ in range(4):
            await asyncio.sleep(0)
        assert connection.written_bytes == 3 * BLOCK_BYTES
        feed(connection, OK)
        await task

    asyncio.run(scene())


def test_an_answer_before_the_body_was_sent_does_not_end_the_upload():
    async def scene():
        connection, _ = connect()
        connection.pause_writing()
        task = await uploading(connection, 3 * BLOCK_BYTES)
        feed(connection, OK)
        await asyncio.sleep(0)
        assert not task.done()
        connection.resume_writing()
        await task
        assert connection.written_bytes == 3 * BLOCK_BYTES

    asyncio.run(scene())


def test_a_refused_upload_stops_at_once():
    async def scene():
        connection, transport = connect()
        connection.pause_writing()
        task = await uploading(connection, 3 * BLOCK_BYTES)
        feed(connection, b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
        with pytest.raises(TransferError):
            await task
        connection.resume_writing()
        assert connection.written_bytes == 0
        assert transport.closing

    asyncio.run(scene())


def test_an_endless_answer_to_an_upload_is_cut_off():
    async def scene():
        connection, transport = connect()
        task = await uploading(connection, 10)
        feed(connection, b"HTTP/1.1 200 OK\r\n\r\n" + b"z" * 100_000)
        with pytest.raises(TransferError):
            await task
        assert transport.closing

    asyncio.run(scene())


def test_where_the_system_tells_nothing_what_it_has_not_taken_is_not_delivered():
    async def scene():
        connection, transport = connect()
        task = await uploading(connection, BLOCK_BYTES)
        transport.unsent = 1000
        assert connection.delivered_bytes() == BLOCK_BYTES - 1000
        feed(connection, OK)
        await task
        connection.abort()
        assert connection.delivered_bytes() == BLOCK_BYTES - 1000  # what is known stays known

    asyncio.run(scene())
