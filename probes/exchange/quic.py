"""QUIC (RFC 9000) and one GET over HTTP/3 (RFC 9114): redirects not followed, at most 8 KiB of the body read.

The protocol is aioquic's, which does no I/O of its own; the socket, the clock and the byte budget are those of the run.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from nexkit.failures import BudgetExceededError
from nexkit.outcome import FailureKind
from nexkit.platform.api import UdpConnection
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.http1 import HttpAnswer, HttpError, http_answer, request_target, user_agent
from probes.exchange.traffic import icmp_error_bytes, udp_bytes

if TYPE_CHECKING:
    from aioquic.quic.connection import QuicConnection
    from aioquic.quic.events import ConnectionTerminated, QuicEvent

ALPN = "h3"
MAX_BODY_BYTES = 8_192
_MAX_BYTES = 65_536
"""All that is received over one connection, handshake included."""
_FIRST_DATAGRAM_BYTES = 1200
"""At least (RFC 9000, section 14.1)."""
_LONG_HEADER = 0x80
"""Of a packet's first byte: the version follows in four bytes (RFC 8999, section 5.1)."""
_VERSIONS = {1: "QUICv1", 0x6B3343CF: "QUICv2"}
_TLS_ALERTS = range(0x100, 0x200)
"""Transport errors that carry a TLS alert (RFC 9000, section 20.1)."""
_CONNECTION_REFUSED = 2
_PEER = ("", 0)
"""The one address that the library is told of: it comes to know no other, because the socket is connected."""
_STATUS = b":status"
_BROKEN = (ValueError, AssertionError, IndexError, KeyError, TypeError, AttributeError)
"""What aioquic's parsers may raise for packets made to break them, besides closing the connection."""


class QuicClosedError(Exception):
    """The connection was ended by either side before it was of use."""

    def __init__(self, kind: FailureKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


def load() -> None:
    """Import what the exchange needs, which takes a tenth of a second that no clock should count."""
    import aioquic.h3.connection
    import aioquic.quic.connection  # noqa: F401

    for name in ("quic", "http3"):  # they warn of what others did wrong, on the user's screen
        logging.getLogger(name).setLevel(logging.CRITICAL)


@asynccontextmanager
async def open_quic(ctx: ProbeContext, address: str, port: int, server_name: str) -> AsyncIterator["QuicClient"]:
    """A client for one connection to an address; closed at the end, whatever happens. OSError without a route."""
    async with ctx.platform.open_udp_to(address, port) as datagrams:
        client = QuicClient(datagrams, ctx, server_name)
        try:
            yield client
        finally:
            client.close()


class QuicClient:
    """One connection; `handshake` comes first. Whoever calls limits the time."""

    def __init__(self, datagrams: UdpConnection, ctx: ProbeContext, server_name: str) -> None:
        from aioquic.quic.configuration import QuicConfiguration
        from aioquic.quic.connection import QuicConnection

        self._datagrams = datagrams
        self._ctx = ctx
        # The certificate is checked by the caller, after the clock of the handshake has stopped.
        configuration = QuicConfiguration(
            alpn_protocols=[ALPN],
            server_name=server_name,
            verify_mode=0,  # ssl.CERT_NONE, which the library compares as a number
            max_data=_MAX_BYTES,
            max_stream_data=2 * MAX_BODY_BYTES,
        )
        self._quic: QuicConnection = QuicConnection(configuration=configuration)
        self._received_bytes = 0
        self._long_version = 0
        self._waited_s = Seconds(0.0)
        self._waits_since_s: Seconds | None = None
        self._received_at_s = Seconds(0.0)
        self.handshake_ms: Ms | None = None

    @property
    def version(self) -> str:
        """The version that both sides speak; after the handshake."""
        return _VERSIONS.get(self._long_version, f"0x{self._long_version:08x}")

    @property
    def chain(self) -> tuple[bytes, ...]:
        """All certificates in DER as the server sent them, its own first; after the handshake."""
        from cryptography.hazmat.primitives.serialization import Encoding

        # The library has no public name for them; without checking it does nothing with them either.
        own = self._quic.tls._peer_certificate  # noqa: SLF001
        rest = self._quic.tls._peer_certificate_chain  # noqa: SLF001
        return tuple(each.public_bytes(Encoding.DER) for each in (own, *rest) if each is not None)

    async def handshake(self) -> None:
        """Agree on keys.

        QuicClosedError where a side gave up, ConnectionRefusedError where nobody listens, other OSErrors as they come.
        """
        from aioquic.quic.events import HandshakeCompleted

        completed = False

        def see(event: "QuicEvent") -> bool:
            nonlocal completed
            completed |= isinstance(event, HandshakeCompleted)
            return completed

        self._quic.connect(_PEER, now=self._now())
        await self._carry(see)
        self.handshake_ms = Ms(self._waited_s * 1000)

    async def get(self, *, host: str, authority: str, path: str) -> HttpAnswer:
        """Fetch one page; `host` is where a relative redirect stays. HttpError, and what `handshake` raises."""
        exchange = _Exchange(self._quic, authority, path)
        began_s = self._ctx.clock.monotonic()
        await self._carry(exchange.see, until=lambda: bool(exchange.headers))
        first_byte_ms = self._ms_since(began_s)
        if not exchange.ended:
            await self._carry(exchange.see)
        return http_answer(
            exchange.status,
            exchange.headers,
            host=host,
            first_byte_ms=first_byte_ms,
            total_ms=self._ms_since(began_s),
            body=bytes(exchange.body[:MAX_BODY_BYTES]),
        )

    def close(self) -> None:
        """Say goodbye, if anybody knows us; what cannot be sent is left."""
        with contextlib.suppress(OSError, BudgetExceededError, *_BROKEN):
            if self._received_bytes:
                self._quic.close()
                self._send()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _ms_since(self, began_s: Seconds) -> Ms:
        return Ms(max(0.0, self._received_at_s - began_s) * 1000)

    async def _carry(self, see: Callable[["QuicEvent"], bool], *, until: Callable[[], bool] = lambda: False) -> None:
        """Carry datagrams both ways until an event is what is waited for."""
        while True:
            self._send()
            try:
                async with asyncio.timeout_at(self._quic.get_timer()) as timer:
                    data = await self._receive()
            except TimeoutError:
                if not timer.expired():
                    raise
                self._quic.handle_timer(now=max(self._now(), self._quic.get_timer() or 0.0))
            else:
                self._take(data)
            if self._saw(see) or until():
                self._send()  # acknowledgements
                return

    def _send(self) -> None:
        for data, _ in self._quic.datagrams_to_send(now=self._now()):
            self._ctx.spend(udp_bytes(len(data)))
            with contextlib.suppress(BlockingIOError):  # a full queue drops it; the protocol repeats it
                sent_at_s = self._datagrams.send(data)
                self._waits_since_s = sent_at_s if self._waits_since_s is None else self._waits_since_s

    async def _receive(self) -> bytes:
        began_s = self._ctx.clock.monotonic() if self._waits_since_s is None else self._waits_since_s
        self._waits_since_s = None
        arrived_s = began_s
        try:
            datagram = await self._datagrams.receive()
            arrived_s = datagram.at_s
        except asyncio.CancelledError:  # the library's timer, among others
            arrived_s = self._ctx.clock.monotonic()
            raise
        except OSError:  # an ICMP error, which quotes a datagram
            self._ctx.spend(icmp_error_bytes(_FIRST_DATAGRAM_BYTES))
            raise
        finally:
            self._waited_s = Seconds(self._waited_s + max(0.0, arrived_s - began_s))
        self._received_at_s = arrived_s
        self._ctx.spend(udp_bytes(len(datagram.payload)))
        self._received_bytes += len(datagram.payload)
        if self._received_bytes > _MAX_BYTES:
            raise QuicClosedError(FailureKind.PROTOCOL)
        return datagram.payload

    def _take(self, data: bytes) -> None:
        if data and data[0] & _LONG_HEADER:
            self._long_version = int.from_bytes(data[1:5], "big") or self._long_version
        try:
            self._quic.receive_datagram(data, _PEER, now=self._now())
        except _BROKEN as error:
            raise QuicClosedError(FailureKind.PROTOCOL) from error

    def _saw(self, see: Callable[["QuicEvent"], bool]) -> bool:
        """Whether one of the events that came was what is waited for; QuicClosedError where it cannot come any more."""
        while (event := self._quic.next_event()) is not None:
            if see(event):
                return True
        # The library makes it an event only when the closing period is over (RFC 9000, section 10.2), a second later.
        if (closed := self._quic._close_event) is not None:  # noqa: SLF001
            raise QuicClosedError(_closed_kind(closed))
        return False


def _closed_kind(closed: "ConnectionTerminated") -> FailureKind:
    if closed.frame_type is None:  # the application's own codes
        return FailureKind.PROTOCOL
    if closed.error_code in _TLS_ALERTS:
        return FailureKind.TLS
    return FailureKind.REFUSED if closed.error_code == _CONNECTION_REFUSED else FailureKind.PROTOCOL


class _Exchange:
    """One request over HTTP/3 and what came back so far."""

    def __init__(self, quic: "QuicConnection", authority: str, path: str) -> None:
        from aioquic.h3.connection import H3Connection

        self._http = H3Connection(quic)
        self._stream = quic.get_next_available_stream_id()
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.ended = False
        self._http.send_headers(
            self._stream,
            [
                (b":method", b"GET"),
                (b":scheme", b"https"),
                (b":authority", authority.encode("ascii")),
                (b":path", request_target(path).encode("ascii")),
                (b"user-agent", user_agent().encode("ascii")),
                (b"accept", b"*/*"),
            ],
            end_stream=True,
        )

    @property
    def status(self) -> int:
        """Of the answer; HttpError without a number."""
        text = dict(self.headers).get(_STATUS, b"")
        if not text.isdigit():
            raise HttpError
        return int(text)

    def see(self, event: "QuicEvent") -> bool:
        """Take in what came; whether the answer is whole, or as much of it as is read."""
        from aioquic.h3.events import DataReceived, HeadersReceived
        from aioquic.quic.events import StreamReset

        if isinstance(event, StreamReset) and event.stream_id == self._stream:
            raise HttpError
        try:
            found = self._http.handle_event(event)
        except _BROKEN as error:
            raise HttpError from error
        for each in found:
            if isinstance(each, HeadersReceived) and each.stream_id == self._stream:
                if not self.headers and not _interim(each.headers):
                    self.headers = list(each.headers)
                self.ended |= each.stream_ended
            elif isinstance(each, DataReceived) and each.stream_id == self._stream:
                self.body += each.data
                self.ended |= each.stream_ended or len(self.body) >= MAX_BODY_BYTES
        return self.ended


def _interim(headers: list[tuple[bytes, bytes]]) -> bool:
    return dict(headers).get(_STATUS, b"").startswith(b"1")
