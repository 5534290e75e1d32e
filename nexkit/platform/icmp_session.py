"""Echo requests over one ICMP socket, many at once, each matched with what came of it by its sequence number.

For systems whose datagram ICMP sockets hand over replies and ICMP errors alike by a plain receive.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from nexkit.address import Family
from nexkit.failures import classify
from nexkit.outcome import FailureKind
from nexkit.platform.api import EchoReply
from nexkit.platform.parse_icmp_error import icmp_failure
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Ms, Seconds

_ECHO_REPLY = {4: 0, 6: 129}
"""ICMP type by IP version (RFC 792, RFC 4443)."""
_DEFAULT_TTL = 64
_POLL_S = Seconds(0.2)
"""How long the receiving thread outlives its session at most."""
_SEQUENCES = 0x10000


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpMessage:
    """An ICMP message that answers a request of ours."""

    source: str
    sequence: int
    """The request's."""
    type: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    message: IcmpMessage
    rtt_ms: Ms


class IcmpSocket(Protocol):
    """A blocking ICMP socket that knows its own requests."""

    def send(self, address: str, sequence: int, payload: bytes, ttl: int) -> None:
        """Send an echo request; OSError."""
        ...

    def receive(self, timeout_s: Seconds) -> IcmpMessage | None:
        """The next message that belongs to this socket; None where there is none in time. OSError."""
        ...

    def close(self) -> None:
        """Give the socket back."""
        ...


class IcmpSession:
    """The session; implements EchoSession."""

    def __init__(self, sock: IcmpSocket, family: Family) -> None:
        self._sock = sock
        self._version = 4 if family is Family.IPV4 else 6
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[int, asyncio.Future[tuple[IcmpMessage, int]]] = {}
        self._sequence = 0
        self._ended = False

    @classmethod
    @asynccontextmanager
    async def over(cls, sock: IcmpSocket, family: Family) -> AsyncGenerator["IcmpSession", None]:
        """A session that closes the socket at its end."""
        session = cls(sock, family)
        receiving = asyncio.create_task(in_daemon_thread(session._receive_until_ended))
        await asyncio.sleep(0)  # starts the thread, so that the first reply is not stamped late
        try:
            yield session
        finally:
            session._ended = True
            receiving.cancel()

    def _receive_until_ended(self) -> None:
        """Runs in a thread of its own, which alone reads and closes the socket."""
        try:
            while not self._ended:
                try:
                    message = self._sock.receive(_POLL_S)
                except OSError:
                    # An error that the system keeps for the socket, such as "network is down": a request that fails
                    # by it stays without an answer.
                    time.sleep(_POLL_S / 10)
                    continue
                if message is not None:
                    self._loop.call_soon_threadsafe(self._settle, message, time.perf_counter_ns())
        except RuntimeError:
            return  # the loop is closed: nobody waits any more
        finally:
            self._sock.close()

    def _settle(self, message: IcmpMessage, at_ns: int) -> None:
        waiting = self._waiting.get(message.sequence)
        if waiting is not None and not waiting.done():
            waiting.set_result((message, at_ns))

    async def ask(self, address: str, *, ttl: int, payload_bytes: int, timeout_s: Seconds) -> _Answer | None:
        """Send one request and wait for what comes back; None: nothing in time. OSError of sending."""
        sequence = self._sequence = (self._sequence + 1) % _SEQUENCES
        answered: asyncio.Future[tuple[IcmpMessage, int]] = self._loop.create_future()
        self._waiting[sequence] = answered
        try:
            began_ns = time.perf_counter_ns()
            self._sock.send(address, sequence, same_checksum_payload(sequence, payload_bytes), ttl)
            done, _ = await asyncio.wait({answered}, timeout=timeout_s)
            if not done:
                return None
            message, at_ns = answered.result()
            return _Answer(message=message, rtt_ms=Ms((at_ns - began_ns) / 1e6))
        finally:
            del self._waiting[sequence]

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply; an OSError of sending becomes `error`."""
        try:
            answer = await self.ask(address, ttl=_DEFAULT_TTL, payload_bytes=payload_bytes, timeout_s=timeout_s)
        except OSError as error:
            return EchoReply(rtt_ms=None, error=classify(error, step="send").kind)
        if answer is None:
            return EchoReply(rtt_ms=None, error=None)
        if answer.message.type == _ECHO_REPLY[self._version]:
            return EchoReply(rtt_ms=answer.rtt_ms, error=None)
        return EchoReply(rtt_ms=None, error=self._failure(answer.message))

    def _failure(self, message: IcmpMessage) -> FailureKind:
        return icmp_failure(self._version, message.type, message.code)


def same_checksum_payload(sequence: int, size: int) -> bytes:
    """A payload that makes up for the sequence number in the checksum, where it has room for two bytes."""
    return ((_SEQUENCES - 1 - sequence).to_bytes(2, "big") + bytes(size))[:size]
