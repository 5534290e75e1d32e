"""Requests of given sizes on one socket, many at once, each matched with what came of it by a key."""

import asyncio
import itertools
import secrets
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from nexkit.facts.path import PathMethod
from nexkit.failures import classify
from nexkit.outcome import FailureKind
from nexkit.platform.api import SizeReply
from nexkit.units import Bytes, Ms, Seconds

KEYS = 0x1000
"""Keys go round; so many requests are never under way at once."""
NOTHING = SizeReply(arrived=False, too_big=False, rtt_ms=None, mtu_bytes=None, reporter=None, error=None)
"""What silence is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeAnswer:
    """Something that came back for the request of a key."""

    key: int
    arrived: bool
    too_big: bool
    mtu_bytes: int | None
    """As it stands in the message; 0 and nonsense included."""
    reporter: str | None
    error: FailureKind | None
    """Another ICMP error."""


class SizeSocket(Protocol):
    """A non-blocking socket that sends packets which nobody may cut up."""

    @property
    def method(self) -> PathMethod:
        """What is sent."""
        ...

    def fileno(self) -> int:
        """The number to wait on."""
        ...

    def own_mtu_bytes(self) -> int | None:
        """The largest packet that the interface on the way takes; sends nothing."""
        ...

    def send(self, key: int, size_bytes: int) -> None:
        """Send one request; OSError, EMSGSIZE where it is larger than the interface takes."""
        ...

    def receive(self) -> Iterable[SizeAnswer]:
        """Everything that has come by now."""
        ...

    def close(self) -> None:
        """Give the socket back."""
        ...


class SizeExchange:
    """The session; implements SizeSession."""

    def __init__(self, sock: SizeSocket) -> None:
        self._sock = sock
        self._keys = itertools.count(secrets.randbelow(KEYS))
        self._waiting: dict[int, tuple[asyncio.Future[SizeReply], int]] = {}

    @classmethod
    @asynccontextmanager
    async def over(cls, sock: SizeSocket) -> AsyncGenerator["SizeExchange", None]:
        """A session that closes the socket at its end."""
        session = cls(sock)
        loop = asyncio.get_running_loop()
        loop.add_reader(sock.fileno(), session._on_readable)
        try:
            yield session
        finally:
            loop.remove_reader(sock.fileno())
            sock.close()

    @property
    def method(self) -> PathMethod:
        """What is sent."""
        return self._sock.method

    async def own_mtu_bytes(self) -> Bytes | None:
        """The largest packet that the interface on the way takes; None where the system does not say."""
        found = self._sock.own_mtu_bytes()
        return None if found is None else Bytes(found)

    async def probe(self, size_bytes: int, *, timeout_s: Seconds) -> SizeReply:
        """Send one packet of this size and wait for what comes back."""
        loop = asyncio.get_running_loop()
        key = next(self._keys) % KEYS
        future: asyncio.Future[SizeReply] = loop.create_future()
        self._waiting[key] = future, time.perf_counter_ns()
        timer = loop.call_later(timeout_s, lambda: None if future.done() else future.set_result(NOTHING))
        try:
            self._sock.send(key, size_bytes)
            return await future
        except OSError as error:
            kind = classify(error, step="send").kind
            too_big = kind is FailureKind.MESSAGE_TOO_BIG
            return SizeReply(
                arrived=False,
                too_big=too_big,
                rtt_ms=None,
                mtu_bytes=None,
                reporter=None,
                error=None if too_big else kind,
            )
        finally:
            timer.cancel()
            self._waiting.pop(key, None)

    def _on_readable(self) -> None:
        for answer in self._sock.receive():
            future, sent_ns = self._waiting.get(answer.key, (None, 0))
            if future is not None and not future.done():
                future.set_result(
                    SizeReply(
                        arrived=answer.arrived,
                        too_big=answer.too_big,
                        rtt_ms=Ms((time.perf_counter_ns() - sent_ns) / 1e6),
                        mtu_bytes=Bytes(answer.mtu_bytes) if answer.mtu_bytes else None,
                        reporter=answer.reporter,
                        error=answer.error,
                    )
                )
