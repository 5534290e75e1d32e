"""The internet checksum (RFC 1071). Pure."""

import struct

_CARRY = 0xFFFF


def internet_sum(data: bytes) -> int:
    """The sum of the internet checksum, not complemented: 0xFFFF over what holds its own checksum."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1]))
    if len(data) % 2:
        total += data[-1] << 8
    while total > _CARRY:
        total = (total & _CARRY) + (total >> 16)
    return total
