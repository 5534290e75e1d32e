"""The packet filter, run by an interpreter of classic BPF as the kernel would."""

import struct

import pytest

from nexkit.platform.segment_filter import FILTER

MAC = bytes.fromhex("020000000001")
PROGRAM = list(struct.iter_unpack("=HBBI", FILTER))


def passes(frame):
    """How many bytes of the frame are let through; a read beyond its end drops it (bpf(4))."""
    accumulator = index = place = 0
    while True:
        code, if_true, if_false, operand = PROGRAM[place]
        place += 1
        size = {0x00: 4, 0x08: 2, 0x10: 1}[code & 0x18]
        match code & 0x07:
            case 0x00:
                start = operand + (index if code & 0xE0 == 0x40 else 0)
                if start + size > len(frame):
                    return 0
                accumulator = int.from_bytes(frame[start : start + size])
            case 0x01:
                if operand >= len(frame):
                    return 0
                index = 4 * (frame[operand] & 0x0F)
            case 0x05:
                holds = accumulator == operand if code & 0xF0 == 0x10 else bool(accumulator & operand)
                place += if_true if holds else if_false
            case 0x06:
                return operand


def frame(kind, payload, destination=b"\xff" * 6):
    return destination + MAC + kind.to_bytes(2) + payload


def ipv4(port, *, protocol=17, fragment=0, options=b""):
    head = bytes([0x45 + len(options) // 4, 0, 0, 0, 0, 0]) + fragment.to_bytes(2) + bytes([64, protocol])
    return head + bytes(10) + options + struct.pack("!HHHH", 67, port, 8, 0)


def ipv6(kind, *, next_header=58):
    return bytes([0x60, 0, 0, 0, 0, 8, next_header, 255]) + bytes(32) + bytes([kind]) + bytes(7)


@pytest.mark.parametrize(
    ("data", "through"),
    [
        (frame(0x0806, bytes([0, 1, 8, 0, 6, 4, 0, 2]) + bytes(20)), True),
        (frame(0x0806, bytes([0, 1, 8, 0, 6, 4, 0, 1]) + bytes(20)), False),
        (frame(0x88CC, bytes(20)), True),
        (frame(0x0800, ipv4(68)), True),
        (frame(0x0800, ipv4(68, options=bytes(8))), True),
        (frame(0x0800, ipv4(67)), False),
        (frame(0x0800, ipv4(68, protocol=6)), False),
        (frame(0x0800, ipv4(68, fragment=0x0005)), False),
        (frame(0x0800, ipv4(68, fragment=0x4000)), True),
        (frame(0x0800, ipv4(68)[:20]), False),
        (frame(0x86DD, ipv6(134)), True),
        (frame(0x86DD, ipv6(135)), False),
        (frame(0x86DD, ipv6(134, next_header=17)), False),
        (frame(60, bytes(60), bytes.fromhex("01000ccccccc")), True),
        (frame(60, bytes(60), bytes.fromhex("01000ccccccd")), False),
        (frame(60, bytes(60)), False),
        (frame(0x1234, bytes(60)), False),
        (b"", False),
    ],
)
def test_only_what_is_read_gets_through(data, through):
    assert bool(passes(data)) is through
