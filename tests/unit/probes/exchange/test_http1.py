import asyncio
import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.exchange.http1 import MAX_BODY_BYTES, HttpError, get


class StepClock:
    """Goes forward by 10 ms whenever it is read."""

    def __init__(self):
        self.time_s = 0.0

    def monotonic(self):
        self.time_s += 0.01
        return self.time_s

    def now(self):
        return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)

    async def sleep(self, seconds):
        self.time_s += seconds


class ScriptedStream:
    """Gives these pieces, then the end of the stream for ever."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = b""

    async def send(self, data):
        self.sent += data

    async def receive(self):
        return self.pieces.pop(0) if self.pieces else b""


def fetch(*pieces, path="/"):
    stream = ScriptedStream(*pieces)
    answer = asyncio.run(get(stream, host="www.example.com", authority="www.example.com", path=path, clock=StepClock()))
    return answer, stream


def test_a_chunked_answer_in_pieces():
    answer, stream = fetch(
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Enc",
        b"oding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    assert (answer.status, answer.body) == (200, b"abcde")
    assert answer.first_byte_ms == pytest.approx(10)
    assert answer.total_ms > answer.first_byte_ms
    assert stream.sent.startswith(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n")
    assert b"\r\nConnection: close\r\n" in stream.sent


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a?b=c&d=%20e", b"/a?b=c&d=%20e"),
        ("status", b"/status"),
        ("/a b\r\nX: y", b"/a%20b%0D%0AX:%20y"),
        ("/あ#f", b"/%E3%81%82%23f"),
    ],
)
def test_a_path_cannot_leave_its_line(path, target):
    _, stream = fetch(b"HTTP/1.1 204 No Content\r\n\r\n", path=path)
    assert stream.sent.split(b"\r\n")[0] == b"GET " + target + b" HTTP/1.1"


def test_a_body_without_length_ends_with_the_stream():
    answer, _ = fetch(b"HTTP/1.0 200 OK\r\n\r\npart one", b", part two")
    assert answer.body == b"part one, part two"


def test_a_long_body_is_cut_off():
    answer, stream = fetch(b"HTTP/1.1 200 OK\r\n\r\n", *(b"x" * 10_000 for _ in range(20)))
    assert len(answer.body) == MAX_BODY_BYTES
    assert stream.pieces


def test_the_server_header_is_made_harmless():
    answer, _ = fetch(b"HTTP/1.1 204 No Content\r\nServer: a\xc3\xa9\x7fb" + b"c" * 200 + b"\r\n\r\n")
    assert answer.server == "ab" + "c" * 78


def test_of_repeated_headers_the_first_counts():
    answer, _ = fetch(
        b"HTTP/1.1 302 Found\r\nLocation: http://one.example.com/\r\nLocation: http://two.example.com/\r\n\r\n"
    )
    assert answer.redirect_host == "one.example.com"


def test_a_location_without_redirect_means_nothing():
    answer, _ = fetch(b"HTTP/1.1 201 Created\r\nLocation: http://one.example.com/\r\nContent-Length: 0\r\n\r\n")
    assert answer.redirect_host is None


@pytest.mark.parametrize(
    "pieces",
    [
        (b"220 mail.example.com ESMTP\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000,),
        (b"HTTP/1.1 200",),
        (b"\x00\xff" * 100,),
    ],
)
def test_what_is_no_whole_answer(pieces):
    with pytest.raises(HttpError):
        fetch(*pieces)


def test_hanging_up_without_a_word():
    with pytest.raises(EOFError):
        fetch()


PIECES = st.lists(
    st.sampled_from(
        [
            b"HTTP/1.1 ",
            b"200 OK",
            b"100 Continue",
            b"\r\n",
            b"\r\n\r\n",
            b"Content-Length: 3",
            b"Transfer-Encoding: chunked",
            b"3\r\nabc\r\n",
            b"0\r\n\r\n",
            b"\x00",
            b"x",
        ]
    )
    | st.binary(min_size=1, max_size=8),
    max_size=12,
)


@settings(deadline=None, max_examples=300)
@given(PIECES)
def test_no_answer_however_broken_raises_anything_else(pieces):
    try:
        answer, _ = fetch(*pieces)
    except (HttpError, EOFError):
        return
    assert 200 <= answer.status <= 999
