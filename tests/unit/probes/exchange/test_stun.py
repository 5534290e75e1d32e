import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.exchange.stun import BindingAnswer, Endpoint, binding_request, is_answer, read_answer, transaction_of

REQUEST = bytes.fromhex("000100002112a442b7e7a701bc34d686fa87dfae")
# The sample responses of RFC 5769, sections 2.2 and 2.3, without their integrity and fingerprint.
IPV4_RESPONSE = bytes.fromhex(
    "0101001c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643"
)
IPV6_RESPONSE = bytes.fromhex(
    "010100282112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220"
    "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
)


def response(*attributes, kind=0x0101):
    body = b"".join(struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4) for name, value in attributes)
    return struct.pack("!HH", kind, len(body)) + REQUEST[4:] + body


@pytest.mark.parametrize(
    ("payload", "address"),
    [(IPV4_RESPONSE, "192.0.2.1"), (IPV6_RESPONSE, "2001:db8:1234:5678:11:2233:4455:6677")],
)
def test_the_mapped_address_of_the_samples_is_read(payload, address):
    assert is_answer(REQUEST, payload)
    assert read_answer(payload) == BindingAnswer(mapped=Endpoint(address=address, port=32853), other=None)


def test_the_other_address_is_read_beside_an_old_mapped_address():
    payload = response(
        (0x0001, bytes.fromhex("00010d96c6336401")), (0x802C, bytes.fromhex("00010d97c612020b")), (0x8022, b"x")
    )
    assert read_answer(payload) == BindingAnswer(
        mapped=Endpoint(address="198.51.100.1", port=3478), other=Endpoint(address="198.18.2.11", port=3479)
    )


def test_an_error_response_is_an_answer_without_an_address():
    payload = response((0x0009, b"\0\0\4\24Unknown"), kind=0x0111)
    assert is_answer(REQUEST, payload)
    assert read_answer(payload) == BindingAnswer(mapped=None, other=None)


def test_each_request_has_an_id_of_its_own_and_only_its_answer_is_taken():
    rng = random.Random(1)
    first, second = binding_request(rng), binding_request(rng)
    assert transaction_of(first) != transaction_of(second)
    assert not is_answer(first, IPV4_RESPONSE)
    assert not is_answer(REQUEST, REQUEST), "a request is no answer"
    assert not is_answer(REQUEST, IPV4_RESPONSE[:19])


@pytest.mark.parametrize(
    "payload",
    [
        IPV4_RESPONSE[:-1],
        response(),
        response((0x0020, b"\0\3\1\1\1\1\1\1")),
        response((0x0020, b"\0\1\1\1\1")),
        response((0x0020, b"")),
        response()[:2] + b"\xff\xff" + REQUEST[4:],
        response((0x0020, b"\0\1\1\1\1\1\1\1"))[:22],
    ],
)
def test_what_is_cut_off_or_nonsense_is_no_answer(payload):
    assert read_answer(payload) is None


@given(st.binary(max_size=200), st.sampled_from([IPV4_RESPONSE[:20], IPV6_RESPONSE[:24], b""]))
def test_no_datagram_breaks_the_reader(noise, begin):
    read_answer(begin + noise)
    is_answer(REQUEST, begin + noise)
