"""A client's NTP request and the server's answer (RFC 5905; the subset of SNTP, section 14). Answers are hostile."""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from nexkit.facts.time import LeapIndicator
from nexkit.units import Ms, Seconds

NTP_PORT = 123
_PACKET = struct.Struct("!BBBb4s4s4sQ8sQQ")
"""Flags, stratum, poll, precision, root delay, root dispersion, reference id, and the times: reference, origin,
receive, transmit."""
PACKET_BYTES = _PACKET.size
_VERSION = 4
_MODE_CLIENT, _MODE_SERVER = 3, 4
_ERA_SECONDS = 1 << 32
_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)
_MAX_STRATUM = 15
_LEAPS = tuple(LeapIndicator)


@dataclass(frozen=True, slots=True, kw_only=True)
class NtpAnswer:
    """What a server says; times are of its clock, in seconds since 1900 modulo an era."""

    stratum: int
    leap: LeapIndicator
    kiss: str | None
    root_distance_s: Seconds
    """Half its root delay and its root dispersion: how far it may be from the true time."""
    received: float
    sent: float

    @property
    def has_time(self) -> bool:
        """Whether it claims to know the time."""
        return 1 <= self.stratum <= _MAX_STRATUM and self.leap is not LeapIndicator.UNSYNCHRONISED and self.sent > 0


def request(rng: Random) -> bytes:
    """A client's request.

    It tells nothing of this computer: the transmit time is a random number, by which the answer is known (the data
    minimisation of draft-ietf-ntp-data-minimization); all else is zero.
    """
    return _PACKET.pack(
        _VERSION << 3 | _MODE_CLIENT, 0, 0, 0, bytes(4), bytes(4), bytes(4), 0, bytes(8), 0, rng.getrandbits(64)
    )


def is_answer(asked: bytes, payload: bytes) -> bool:
    """Whether a datagram answers the request: of a server, with our transmit time as its origin."""
    return len(payload) >= _PACKET.size and payload[0] & 7 == _MODE_SERVER and payload[24:32] == asked[40:48]


def read_answer(payload: bytes) -> NtpAnswer:
    """What is in an answer that `is_answer` took."""
    flags, stratum, _, _, delay, dispersion, reference, _, _, received, sent = _PACKET.unpack_from(payload)
    return NtpAnswer(
        stratum=stratum,
        leap=_LEAPS[flags >> 6],
        kiss=_kiss(reference) if stratum == 0 else None,
        root_distance_s=Seconds(_short(delay) / 2 + _short(dispersion)),
        received=received / _ERA_SECONDS,
        sent=sent / _ERA_SECONDS,
    )


def offset(answer: NtpAnswer, sent_at: datetime, rtt_ms: Ms) -> tuple[Seconds, Ms, Seconds]:
    """Offset of the server's clock from ours, round trip without the server's own time, and uncertainty.

    `sent_at` is when we asked by our clock. The offset is taken in the era that brings it nearest to zero: years off
    are told truly, up to 68 (RFC 5905, section 6).
    """
    asked = (sent_at - _EPOCH) / timedelta(seconds=1)
    got = asked + rtt_ms / 1000
    served_ms = min(max(0.0, answer.sent - answer.received) * 1000, rtt_ms)
    delay_ms = Ms(rtt_ms - served_ms)
    middle = (_near(answer.received - asked) + _near(answer.sent - got)) / 2
    return Seconds(middle), delay_ms, Seconds(delay_ms / 2000 + answer.root_distance_s)


def _near(difference: float) -> float:
    """A difference of two times modulo an era, as the one nearest to zero."""
    return (difference + _ERA_SECONDS / 2) % _ERA_SECONDS - _ERA_SECONDS / 2


def _short(packed: bytes) -> float:
    """NTP short format: seconds in 16.16 bits."""
    return int.from_bytes(packed, "big") / 65_536


def _kiss(reference: bytes) -> str | None:
    """Four letters of ASCII, zeros at the end left out; None for anything else."""
    text = reference.rstrip(b"\0")
    return text.decode() if text.isalnum() and text.isascii() and text.isupper() else None
