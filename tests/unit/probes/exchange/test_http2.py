import asyncio

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from hypothesis import given, settings
from hypothesis import strategies as st

from nexkit.clock import SystemClock
from probes.exchange.http1 import HttpError
from probes.exchange.http2 import WINDOW_BYTES, get

OK = [(":status", "200"), ("server", "example/2"), ("alt-svc", 'h2=":444", h3=":443"; ma=60')]


class ServedStream:
    """A server that answers the request by a function on its connection; afterwards these bytes, then the end."""

    def __init__(self, answer, *after):
        self.server = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.server.initiate_connection()
        self.answer = answer
        self.after = list(after)
        self.request = None
        self.given = 0

    async def send(self, data):
        for event in self.server.receive_data(data):
            if isinstance(event, RequestReceived):
                self.request = dict(event.headers)
                self.answer(self.server, event.stream_id)

    async def receive(self):
        data = self.server.data_to_send() or (self.after.pop(0) if self.after else b"")
        self.given += len(data)
        return data


def fetch(answer, *after):
    stream = ServedStream(answer, *after)
    fetching = get(stream, host="www.example.com", authority="www.example.com:8443", path="/a b", clock=SystemClock())
    return asyncio.run(fetching), stream


def test_an_answer():
    def answer(server, stream):
        server.send_headers(stream, OK)
        server.send_data(stream, b"hello", end_stream=True)

    got, stream = fetch(answer)
    assert (got.status, got.body, got.server, got.http3_offered) == (200, b"hello", "example/2", True)
    assert 0 <= got.first_byte_ms <= got.total_ms
    assert stream.request[":path"] == "/a%20b"
    assert stream.request[":authority"] == "www.example.com:8443"


def test_hints_are_no_answer():
    def answer(server, stream):
        server.send_headers(stream, [(":status", "103"), ("link", "</a>")])
        server.send_headers(stream, [(":status", "302"), ("location", "https://other.example.com/")], end_stream=True)

    got, _ = fetch(answer)
    assert (got.status, got.redirect_host) == (302, "other.example.com")


def test_of_a_long_body_no_more_is_read_than_the_window():
    def answer(server, stream):
        server.send_headers(stream, OK)
        for _ in range(8):
            server.send_data(stream, b"x" * (WINDOW_BYTES // 8))

    got, _ = fetch(answer)
    assert len(got.body) == WINDOW_BYTES


def reset(server, stream):
    server.reset_stream(stream)


def goodbye(server, stream):
    server.close_connection()


def nothing(server, stream):
    pass


@pytest.mark.parametrize("answer", [reset, goodbye])
def test_who_breaks_off_has_not_answered(answer):
    with pytest.raises(HttpError):
        fetch(answer)


def test_who_hangs_up_has_not_answered():
    with pytest.raises(EOFError):
        fetch(nothing)


SETTINGS, PING = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00", b"\x00\x00\x08\x06\x00\x00\x00\x00\x00" + bytes(8)
EMPTY_DATA = b"\x00\x00\x00\x00\x00\x00\x00\x00\x01"


@pytest.mark.parametrize("frame", [SETTINGS, PING, b"\x00\x10\x00\xff\x00\x00\x00\x00\x00" + bytes(4096)])
def test_a_flood_of_frames_is_cut_off(frame):
    stream = ServedStream(nothing, *([frame * 100] * 1000))
    with pytest.raises(HttpError):
        asyncio.run(get(stream, host="a.example", authority="a.example", path="/", clock=SystemClock()))
    assert stream.given < 500_000


def test_empty_pieces_without_end_are_cut_off():
    with pytest.raises(HttpError):
        fetch(lambda server, stream: server.send_headers(stream, OK), *([EMPTY_DATA * 100] * 1000))


def test_headers_without_end_are_cut_off():
    head = b"\x00\x10\x00\x01\x00\x00\x00\x00\x01" + b"\x00\x01a\x01b" * 819 + b"\x00"
    more = b"\x00\x10\x00\x09\x00\x00\x00\x00\x01" + b"\x00\x01a\x01b" * 819 + b"\x00"
    with pytest.raises(HttpError):
        fetch(nothing, head, *([more] * 1000))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.binary(min_size=1, max_size=40) | st.sampled_from([SETTINGS, PING, EMPTY_DATA]), max_size=8))
def test_no_answer_however_broken_raises_anything_else(pieces):
    with pytest.raises((HttpError, EOFError)):
        fetch(nothing, *pieces)
