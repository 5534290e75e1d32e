"""No answer of a stranger, however broken, raises anything but what its reader promises, or is waited for forever."""

import asyncio
import contextlib
import random

import dns.edns
import dns.message
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import ManualClock
from test_tunnel import ScriptedStream

from nexkit.facts.udp import UdpProtocol
from probes.exchange import dns_message, dns_records, stamp
from probes.exchange.greetings import greeting
from probes.exchange.http1 import HttpError
from probes.exchange.http_date import ask_date
from probes.exchange.socks import SocksError, SocksRefusedError, open_socks4, open_socks5
from probes.exchange.tunnel import Credentials, open_tunnel

ASKED = dns.message.make_query("www.example.com", "TXT", id=7)
HEAD = (
    b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="a, b", NTLM\r\nVia: 1.1 gate (squid/5.7)\r\n'
    b"Proxy-Status: gate; error=dns_error\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
)
SOCKS = b"\x05\x02\x01\x00\x05\x00\x00\x03\x04gate\x04\x38"


def dns_answer():
    message = dns.message.make_response(ASKED)
    for name, kind, text in (
        ("www.example.com.", "CNAME", "a.example.com."),
        ("a.example.com.", "TXT", '"v=v6mig-1 url=https://example.com/ t=b" "more"'),
        ("a.example.com.", "A", "192.0.2.1"),
    ):
        message.answer.append(dns.rrset.from_text(name, 60, "IN", kind, text))
    message.use_edns(options=[dns.edns.EDEOption(15, "blocked"), dns.edns.ECSOption("192.0.2.0", 24)])
    return message.to_wire()


@st.composite
def damaged(draw, *samples):
    """One of the samples with a few bytes changed, left out or put in."""
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 6))] = draw(
            st.binary(max_size=6) | st.sampled_from([b"\xc0\x0c", b"\xff\xff"])
        )
    return bytes(data)


@given(damaged(dns_answer()), st.sampled_from(["A", "AAAA", "TXT", "NS"]))
def test_records(data, rdtype):
    dns_message.is_answer(ASKED, data)
    found = dns_records.records_in(data, rdtype)
    assert found is None or all(isinstance(text, str) for text in found)


@given(damaged(bytes(44), stamp.packet(3, 5.0, 172)))
def test_reflections(data):
    number = stamp.number_in(data)
    assert number is None or 0 <= number < 1 << 32
    stamp.answered(stamp.packet(3, 5.0, 172), data)


@pytest.mark.parametrize("protocol", UdpProtocol)
@given(data=st.binary(max_size=80))
def test_greetings(protocol, data):
    hello = greeting(protocol, random.Random(1))
    assert hello.is_answer(hello.payload[:8] + data) in {True, False}


@given(damaged(HEAD), st.integers(1, 200))
def test_proxies_and_dates(data, piece_bytes):
    pieces = [data[at : at + piece_bytes] for at in range(0, len(data), piece_bytes)]
    for ask in (
        lambda stream: open_tunnel(stream, host="www.example.com", port=443, clock=ManualClock()),
        lambda stream: ask_date(stream, authority="www.example.com", clock=ManualClock()),
    ):
        with contextlib.suppress(HttpError, EOFError):
            asyncio.run(ask(ScriptedStream(*pieces)))


@given(damaged(SOCKS, SOCKS[2:]), st.booleans())
def test_socks(data, with_password):
    credentials = Credentials(user="alice", password="secret") if with_password else None
    for ask in (
        lambda stream: open_socks5(stream, host="www.example.com", port=443, credentials=credentials),
        lambda stream: open_socks4(stream, host="www.example.com", port=443),
    ):
        with contextlib.suppress(SocksError, SocksRefusedError, EOFError):
            asyncio.run(ask(ScriptedStream(data)))
