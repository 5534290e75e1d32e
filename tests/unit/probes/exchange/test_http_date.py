import asyncio
import datetime as dt

import pytest
from scripted import ManualClock

from probes.exchange.http1 import HttpError
from probes.exchange.http_date import ask_date


class Page:
    """A stream that answers in pieces."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = b""

    async def send(self, data):
        self.sent += data

    async def receive(self):
        return self.pieces.pop(0) if self.pieces else b""


def ask(*pieces):
    page = Page(*pieces)
    return asyncio.run(ask_date(page, authority="www.example.com", clock=ManualClock())), page


def test_the_date_of_any_answer_is_read_without_its_body():
    answer, page = ask(b"HTTP/1.1 404 Not Found\r\n", b"Date: Fri, 20 Nov 2026 00:01:30 GMT\r\n\r\n")
    assert answer.date == dt.datetime(2026, 11, 20, 0, 1, 30, tzinfo=dt.UTC)
    assert answer.got_s > answer.asked_s
    assert page.sent.startswith(b"HEAD / HTTP/1.1\r\nHost: www.example.com\r\n")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 99999 00:01:30 GMT\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nDate: " + b"9" * 30_000 + b"\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"x" * 40_000,
    ],
)
def test_what_has_no_date_is_no_answer(head):
    with pytest.raises(HttpError):
        ask(head)


def test_a_server_that_hangs_up_is_told_as_such():
    with pytest.raises(EOFError):
        ask(b"HTTP/1.1 200 OK\r\n")
