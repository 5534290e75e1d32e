import asyncio
import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.exchange.tls import NotTlsError, TlsStream


class ScriptedStream:
    """Gives these pieces, then the end of the stream for ever."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = []

    async def send(self, data):
        self.sent.append(data)

    async def receive(self):
        return self.pieces.pop(0) if self.pieces else b""


def shake_hands(*pieces):
    stream = ScriptedStream(*pieces)
    asyncio.run(TlsStream(stream, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "www.example.com").handshake())
    return stream


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n", b"\x17\x03\x03\x00\x01x"])
def test_another_protocol_is_known_by_its_first_bytes(greeting):
    with pytest.raises(NotTlsError):
        shake_hands(greeting)


def test_a_greeting_may_arrive_byte_by_byte():
    alert = b"\x15\x03\x03\x00\x02\x02\x28"
    with pytest.raises(ssl.SSLError):
        shake_hands(*(bytes([byte]) for byte in alert))


def test_hanging_up_is_no_fault_of_tls():
    for pieces in ((), (b"\x16\x03\x03\x40\x00part of a record",)):
        with pytest.raises(EOFError):
            shake_hands(*pieces)


@settings(deadline=None, max_examples=300)
@given(st.binary(min_size=1, max_size=200))
def test_no_answer_however_broken_raises_anything_else(tail):
    with pytest.raises((NotTlsError, ssl.SSLError, EOFError)):
        shake_hands(b"\x16\x03\x03" + tail)
