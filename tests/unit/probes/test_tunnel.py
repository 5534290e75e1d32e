import asyncio

import pytest
from scripted import ManualClock

from nexkit.facts.proxy import ProxyScheme
from probes.exchange.http1 import HttpError
from probes.exchange.tunnel import MAX_HEAD_BYTES, Credentials, open_tunnel


class ScriptedStream:
    def __init__(self, *pieces):
        self.pieces = list(pieces)
        self.sent = b""

    async def send(self, data):
        self.sent += data

    async def receive(self):
        return self.pieces.pop(0) if self.pieces else b""


def tunnel(stream, host="www.example.com", port=443, **more):
    return asyncio.run(open_tunnel(stream, host=host, port=port, clock=ManualClock(), **more))


def answer(*pieces):
    return tunnel(ScriptedStream(*pieces)).answer


def test_the_request_names_host_and_port_and_nothing_of_the_user():
    stream = ScriptedStream(b"HTTP/1.1 200 Connection established\r\n\r\n")
    opened = tunnel(stream)
    head, *headers = stream.sent.split(b"\r\n")
    assert head == b"CONNECT www.example.com:443 HTTP/1.1"
    assert b"Host: www.example.com:443" in headers
    assert b"authorization" not in stream.sent.lower()
    assert opened.answer.opened
    assert opened.answer.answer_ms > 0


def test_an_ipv6_address_is_bracketed():
    stream = ScriptedStream(b"HTTP/1.1 200 OK\r\n\r\n")
    tunnel(stream, host="2001:db8::1", port=8443)
    assert stream.sent.startswith(b"CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n")


def test_credentials_go_to_the_proxy_and_into_no_text():
    stream = ScriptedStream(b"HTTP/1.1 200 OK\r\n\r\n")
    credentials = Credentials(user="alice", password="se:cret")
    tunnel(stream, credentials=credentials)
    assert b"Proxy-Authorization: Basic YWxpY2U6c2U6Y3JldA==\r\n" in stream.sent
    assert "alice" not in repr(credentials)


def test_what_the_far_server_says_first_comes_through_the_tunnel():
    opened = tunnel(ScriptedStream(b"HTTP/1.1 200 OK\r\nVia: 1.1 gate (squid)\r\n\r\n220 mail", b" ready"))

    async def read():
        return await opened.stream.receive(), await opened.stream.receive(), await opened.stream.receive()

    assert asyncio.run(read()) == (b"220 mail", b" ready", b"")


def test_a_length_with_success_means_nothing():
    opened = tunnel(ScriptedStream(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhello"))
    assert asyncio.run(opened.stream.receive()) == b"hello"


def test_the_answer_may_come_byte_by_byte_and_after_interim_ones():
    wire = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Connection established\r\n\r\n"
    assert answer(*(bytes([byte]) for byte in wire)).status == 200


def test_407_names_its_schemes_without_their_parameters():
    got = answer(
        b"HTTP/1.1 407 Proxy Authentication Required\r\n"
        b"Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM TlRMTVNTUAAC=\r\n"
        b'Proxy-Authenticate: Basic realm="corp, Bearer \\" gate", charset="UTF-8", Digest realm="x", nonce="y"\r\n'
        b"Proxy-Authenticate: Hawk, basic\r\nContent-Length: 10\r\n\r\n"
    )
    assert not got.opened
    assert got.schemes == (
        ProxyScheme.NEGOTIATE,
        ProxyScheme.NTLM,
        ProxyScheme.BASIC,
        ProxyScheme.DIGEST,
        ProxyScheme.OTHER,
    )


def test_schemes_of_other_answers_are_not_offers():
    assert answer(b"HTTP/1.1 403 Forbidden\r\nProxy-Authenticate: Basic\r\n\r\n").schemes == ()


@pytest.mark.parametrize(
    ("headers", "product"),
    [
        (b"Via: 1.1 gate.corp.example (squid/5.7)", "squid/5.7"),
        (b"Via: 1.1 outer (first), 1.1 gate.corp.example (second)\r\nServer: other", "second"),
        (b"Via: 1.1 gate.corp.example\r\nServer: squid/6.1", "squid/6.1"),
        (b"Proxy-Agent: tinyproxy/1.11", "tinyproxy/1.11"),
        (b"Via: 1.1 gate.corp.example", None),
        (b"Server: \x01" + b"x" * 500, "x" * 80),
    ],
)
def test_the_product_is_told_and_host_names_are_not(headers, product):
    if b"\x01" in headers:
        headers = headers.replace(b"\x01", b"\xe4")
    assert answer(b"HTTP/1.1 403 Forbidden\r\n" + headers + b"\r\n\r\n").product == product


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (b"Proxy-Status: gate.corp.example; error=dns_error; rcode=NXDOMAIN", "dns_error"),
        (b"X-Squid-Error: ERR_DNS_FAIL 0", "ERR_DNS_FAIL 0"),
        (b"X-Other: 1", None),
    ],
)
def test_the_proxys_own_word_for_an_error_is_kept(header, error):
    assert answer(b"HTTP/1.1 503 Service Unavailable\r\n" + header + b"\r\n\r\n").error == error


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ((), EOFError),
        ((b"HTTP/1.1 200 O",), HttpError),
        ((b"\x05\x00\x00\x01",), HttpError),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), HttpError),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"a" * (MAX_HEAD_BYTES + 1),), HttpError),
        ((b"HTTP/1.1 100 Continue\r\n\r\n" * 100,) * 100, HttpError),
    ],
)
def test_what_is_no_answer_raises(pieces, error):
    with pytest.raises(error):
        answer(*pieces)


@pytest.mark.parametrize(("host", "port"), [("www.example.com\r\nX: y", 443), ("www.example.com", 0)])
def test_a_target_that_cannot_be_written_is_refused_before_anything_is_sent(host, port):
    stream = ScriptedStream()
    with pytest.raises(ValueError):  # noqa: PT011  its words are the host parser's
        tunnel(stream, host=host, port=port)
    assert stream.sent == b""
