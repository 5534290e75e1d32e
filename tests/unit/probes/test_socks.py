import asyncio

import pytest
from test_tunnel import ScriptedStream

from probes.exchange.socks import SocksError, SocksRefusedError, open_socks4, open_socks5
from probes.exchange.tunnel import Credentials

ALICE = Credentials(user="alice", password="secret")
BOUND = b"\x01\xc0\x00\x02\x01\x04\x38"


def five(stream, host="www.example.com", credentials=None):
    return asyncio.run(open_socks5(stream, host=host, port=443, credentials=credentials))


def test_a_name_is_handed_to_the_proxy():
    stream = ScriptedStream(b"\x05\x00", b"\x05\x00\x00", BOUND)
    assert five(stream) == 0
    assert stream.sent == b"\x05\x01\x00" + b"\x05\x01\x00\x03\x0fwww.example.com\x01\xbb"


@pytest.mark.parametrize(
    ("host", "sent"),
    [("192.0.2.1", b"\x01\xc0\x00\x02\x01"), ("2001:db8::1", b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01")],
)
def test_an_address_is_written_as_one(host, sent):
    stream = ScriptedStream(b"\x05\x00\x05\x00\x00" + BOUND)
    five(stream, host)
    assert stream.sent.endswith(b"\x05\x01\x00" + sent + b"\x01\xbb")


def test_a_password_is_told_when_the_proxy_wants_it():
    stream = ScriptedStream(b"\x05\x02", b"\x01\x00", b"\x05\x00\x00\x03\x04gate\x04\x38")
    assert five(stream, credentials=ALICE) == 0
    assert b"\x01\x05alice\x06secret" in stream.sent


@pytest.mark.parametrize("reply", [1, 2, 5])
def test_a_refusal_is_a_reply(reply):
    assert five(ScriptedStream(b"\x05\x00", bytes([5, reply, 0, 1]))) == reply


@pytest.mark.parametrize(
    ("pieces", "credentials", "error"),
    [
        ((b"\x05\xff",), None, SocksRefusedError),
        ((b"\x05\x02",), None, SocksRefusedError),
        ((b"\x05\x02", b"\x01\x01"), ALICE, SocksRefusedError),
        ((b"HTTP/1.1 400 Bad",), None, SocksError),
        ((b"\x05\x00", b"HTTP"), None, SocksError),
        ((b"\x05",), None, EOFError),
        ((b"\x05\x00\x05\x00\x00\x01",), None, EOFError),
    ],
)
def test_what_is_no_answer_raises(pieces, credentials, error):
    with pytest.raises(error):
        five(ScriptedStream(*pieces), credentials=credentials)


def four(stream, host):
    return asyncio.run(open_socks4(stream, host=host, port=80))


def test_version_4_hands_over_names_and_addresses():
    named, plain = ScriptedStream(bytes([0, 90]) + bytes(6)), ScriptedStream(bytes([0, 91]) + bytes(6))
    assert (four(named, "www.example.com"), four(plain, "192.0.2.1")) == (0, 91)
    assert named.sent == b"\x04\x01\x00\x50\x00\x00\x00\x01\x00www.example.com\x00"
    assert plain.sent == b"\x04\x01\x00\x50\xc0\x00\x02\x01\x00"


def test_version_4_has_no_ipv6_and_another_language_is_noticed():
    with pytest.raises(ValueError, match="IPv6"):
        four(ScriptedStream(), "2001:db8::1")
    with pytest.raises(SocksError):
        four(ScriptedStream(b"HTTP/1.1 400 Bad"), "192.0.2.1")
