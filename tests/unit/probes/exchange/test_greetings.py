import random
import struct

import pytest

from nexkit.facts.udp import UdpProtocol
from probes.exchange.greetings import greeting


def hello(protocol):
    return greeting(protocol, random.Random(1))


@pytest.mark.parametrize(
    "protocol", [each for each in UdpProtocol if each not in {UdpProtocol.UNKNOWN, UdpProtocol.WIREGUARD}]
)
def test_a_greeting_is_its_own_and_no_answer_to_itself_or_to_noise(protocol):
    rng = random.Random(1)
    first, second = greeting(protocol, rng), greeting(protocol, rng)
    assert first.payload != second.payload
    for noise in (b"", b"\0", first.payload, bytes(1500), b"\xff" * 1500):
        assert not first.is_answer(noise)


def test_version_negotiation_names_both_connections_the_other_way_round():
    """RFC 8999, section 6."""
    quic = hello(UdpProtocol.QUIC)
    assert len(quic.payload) == 1200
    theirs, ours = quic.payload[6:14], quic.payload[15:23]
    answer = b"\xca" + bytes(4) + b"\x08" + ours + b"\x08" + theirs + bytes.fromhex("00000001")
    assert quic.is_answer(answer)
    assert not quic.is_answer(b"\xca" + bytes(4) + b"\x08" + theirs + b"\x08" + ours)


@pytest.mark.parametrize(("protocol", "marker"), [(UdpProtocol.IKE, b""), (UdpProtocol.IKE_NAT, bytes(4))])
def test_an_initiators_request_is_whole_and_a_refusal_answers_it(protocol, marker):
    ike = hello(protocol)
    message = ike.payload.removeprefix(marker) if marker else ike.payload
    assert int.from_bytes(message[24:28], "big") == len(message)
    kinds, kind, at = [], message[16], 28
    while kind:
        kinds.append(kind)
        kind, length = message[at], int.from_bytes(message[at + 2 : at + 4], "big")
        at += length
    assert (kinds, at) == ([33, 34, 40], len(message))
    refusal = message[:8] + b"responde" + struct.pack("!BBBBII", 41, 0x20, 34, 0x20, 0, 36) + bytes(8)
    assert ike.is_answer(marker + refusal)
    assert not ike.is_answer(marker + b"somebody" + refusal[8:])


def test_openvpns_reset_is_answered_by_a_reset_that_names_our_session():
    openvpn = hello(UdpProtocol.OPENVPN)
    ours = openvpn.payload[1:9]
    answer = b"\x40" + b"theirses" + b"\x01" + bytes(4) + ours + bytes(4)
    assert openvpn.payload[0] == 0x38
    assert openvpn.is_answer(answer)
    assert not openvpn.is_answer(answer.replace(ours, b"somebody"))


def test_a_name_server_answers_with_our_number():
    dns = hello(UdpProtocol.DNS)
    assert dns.is_answer(dns.payload[:2] + b"\x81\x05" + dns.payload[4:])


def test_of_an_unknown_protocol_any_datagram_with_content_counts():
    assert hello(UdpProtocol.UNKNOWN).is_answer(b"x")
    assert not hello(UdpProtocol.UNKNOWN).is_answer(b"")
