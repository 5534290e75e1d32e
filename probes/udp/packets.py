"""The two kinds of packets of a stream: to a session reflector (RFC 8762) and to a STUN server (RFC 8489)."""

from dataclasses import dataclass
from random import Random
from typing import Protocol

from nexkit.facts.udp import StreamMethod, StreamReply
from nexkit.platform.api import Datagram
from nexkit.units import Bytes, Ms, Seconds
from probes.exchange import stamp, stun

STAMP_PORT = 862
LEFT_OUT = 16
"""Numbers that no packet has, between greeting and stream: a stateful reflector, which counts, does not notice; a
stateless one, which repeats our numbers, does."""
_FARTHEST = 2
"""A count above so many times the packets sent is no count."""


class Packets(Protocol):
    """Makes the packets of a stream and recognises what answers them."""

    method: StreamMethod

    def make(self, number: int, at_s: Seconds) -> bytes:
        """The packet of a number; `at_s` is now."""
        ...

    def read(self, datagram: Datagram) -> StreamReply | None:
        """What a datagram answers; None where it answers none of the packets."""
        ...

    def sent(self, number: int, at_s: Seconds) -> None:
        """Tell when a packet was really sent."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeted:
    """A reflector that answered a greeting, and where its count and ours stand."""

    next_number: int
    """Of ours, after the greetings and those left out."""
    next_count: int
    """The count that a stateful reflector gives to the next packet, if none is lost on the way."""


class StampPackets:
    """Test packets to a reflector that has been greeted."""

    method = StreamMethod.STAMP

    def __init__(self, greeted: Greeted, payload_bytes: Bytes) -> None:
        self._greeted = greeted
        self._payload_bytes = payload_bytes
        self._packets: list[bytes] = []
        self._sent_s: list[Seconds] = []

    def make(self, number: int, at_s: Seconds) -> bytes:
        """The packet of a number; `at_s` is now."""
        packet = stamp.packet(self._greeted.next_number + number, at_s, self._payload_bytes)
        self._packets.append(packet)
        self._sent_s.append(at_s)
        return packet

    def sent(self, number: int, at_s: Seconds) -> None:
        """Tell when a packet was really sent."""
        self._sent_s[number] = at_s

    def read(self, datagram: Datagram) -> StreamReply | None:
        """What a datagram answers; None where it answers none of the packets."""
        theirs = stamp.number_in(datagram.payload)
        number = -1 if theirs is None else theirs - self._greeted.next_number
        if not 0 <= number < len(self._packets):
            return None
        reflection = stamp.answered(self._packets[number], datagram.payload)
        if reflection is None:
            return None
        sent_s = self._sent_s[number]
        waited_s = datagram.at_s - sent_s
        inside_s = min(max(0.0, reflection.sent - reflection.received), max(0.0, waited_s))
        return StreamReply(
            number=number,
            rtt_ms=Ms(max(0.0, waited_s - inside_s) * 1000),
            reflected=self._count(reflection.number, number),
            out_ms=Ms((reflection.received - sent_s) * 1000),
            back_ms=Ms((datagram.at_s - reflection.sent) * 1000),
        )

    def _count(self, told: int, number: int) -> int | None:
        """How many packets of the stream had got there before; None where the reflector does not count."""
        count = told - self._greeted.next_count
        stateless = told == self._greeted.next_number + number
        return None if stateless or not 0 <= count <= _FARTHEST * len(self._packets) else count


class StunPackets:
    """Binding requests, each with a transaction id of its own."""

    method = StreamMethod.STUN

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._requests: list[bytes] = []
        self._sent_s: list[Seconds] = []
        self._number_of: dict[bytes, int] = {}

    def make(self, number: int, at_s: Seconds) -> bytes:
        """The packet of a number; `at_s` is now."""
        request = stun.binding_request(self._rng)
        self._requests.append(request)
        self._sent_s.append(at_s)
        self._number_of[stun.transaction_of(request)] = number
        return request

    def sent(self, number: int, at_s: Seconds) -> None:
        """Tell when a packet was really sent."""
        self._sent_s[number] = at_s

    def read(self, datagram: Datagram) -> StreamReply | None:
        """What a datagram answers; None where it answers none of the packets."""
        number = self._number_of.get(stun.transaction_of(datagram.payload))
        if number is None or not stun.is_answer(self._requests[number], datagram.payload):
            return None
        return StreamReply(number=number, rtt_ms=Ms(max(0.0, datagram.at_s - self._sent_s[number]) * 1000))
