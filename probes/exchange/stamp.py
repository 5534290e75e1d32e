"""Test packets of STAMP (RFC 8762), unauthenticated, and their reflections. Reflections are hostile.

A TWAMP Light reflector (RFC 5357, appendix I) answers them as well: the first 44 bytes are laid out alike.
"""

import struct
from dataclasses import dataclass

_SENDER = struct.Struct("!IQH30x")
_REFLECTOR = struct.Struct("!IQHxxQIQHxxBxxx")
_TLV = struct.Struct("!BBH")
_UNRECOGNISED = 0x80
"""The flag that every sender sets and a reflector that knows the TLV takes away (RFC 8972, section 4)."""
_EXTRA_PADDING = 1
_ERROR_ESTIMATE = 0x0001
"""Not synchronised, no promise: multiplier 1 (RFC 4656, section 4.1.2)."""
_FRACTION = 1 << 32
PACKET_BYTES = _SENDER.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Reflection:
    """What a reflector sent back; times are of its clock, in seconds modulo an era of NTP."""

    number: int
    """Its own: a stateful reflector counts what it got, a stateless one repeats ours (RFC 8762, section 4)."""
    received: float
    sent: float


def packet(number: int, at_s: float, payload_bytes: int) -> bytes:
    """A test packet, padded to the length that is asked for; never shorter than `PACKET_BYTES`."""
    stamp = round(at_s % _FRACTION * _FRACTION) & 0xFFFF_FFFF_FFFF_FFFF
    head = _SENDER.pack(number & 0xFFFF_FFFF, stamp, _ERROR_ESTIMATE)
    padding = payload_bytes - _SENDER.size - _TLV.size
    return head if padding < 0 else head + _TLV.pack(_UNRECOGNISED, _EXTRA_PADDING, padding) + bytes(padding)


def answered(asked: bytes, payload: bytes) -> Reflection | None:
    """The reflection of a packet; None where a datagram is none of it: it repeats number and time stamp."""
    if len(payload) < _REFLECTOR.size:
        return None
    number, sent, _, received, their_number, their_stamp, _, _ = _REFLECTOR.unpack_from(payload)
    if (their_number, their_stamp) != _SENDER.unpack_from(asked)[:2]:
        return None
    return Reflection(number=number, received=received / _FRACTION, sent=sent / _FRACTION)


def number_in(payload: bytes) -> int | None:
    """The number of ours that a datagram claims to reflect."""
    return _REFLECTOR.unpack_from(payload)[4] if len(payload) >= _REFLECTOR.size else None
