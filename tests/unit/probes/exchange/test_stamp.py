import struct

import pytest

from probes.exchange import stamp


def reflect(packet, *, number=0, received=100.0, sent=100.5):
    theirs, their_stamp, _ = struct.unpack_from("!IQH", packet)
    head = struct.pack("!IQHHQ", number, round(sent * 2**32), 1, 0, round(received * 2**32))
    return head + struct.pack("!IQHHB3x", theirs, their_stamp, 1, 0, 64)


def test_a_packet_has_the_length_that_is_asked_for_and_a_padding_that_says_so():
    packet = stamp.packet(7, 12.5, 172)
    assert len(packet) == 172
    assert struct.unpack_from("!IQH", packet) == (7, round(12.5 * 2**32), 1)
    assert packet[14:44] == bytes(30)
    assert packet[44:48] == b"\x80\x01" + (172 - 48).to_bytes(2, "big")
    assert len(stamp.packet(7, 0.0, 44)) == len(stamp.packet(7, 0.0, 47)) == 44
    assert len(stamp.packet(7, 0.0, 48)) == 48


def test_a_reflection_repeats_number_and_time():
    packet = stamp.packet(7, 12.5, 44)
    reflection = stamp.answered(packet, reflect(packet, number=3))
    assert (reflection.number, reflection.received, reflection.sent) == (3, 100.0, 100.5)
    assert stamp.number_in(reflect(packet)) == 7


@pytest.mark.parametrize("length", [0, 12, 43])
def test_what_is_too_short_is_no_reflection(length):
    packet = stamp.packet(7, 12.5, 44)
    assert stamp.answered(packet, reflect(packet)[:length]) is None
    assert stamp.number_in(reflect(packet)[:length]) is None


def test_the_reflection_of_another_packet_is_not_taken():
    packet = stamp.packet(7, 12.5, 44)
    assert stamp.answered(packet, reflect(stamp.packet(7, 12.6, 44))) is None
    assert stamp.answered(packet, reflect(stamp.packet(8, 12.5, 44))) is None
