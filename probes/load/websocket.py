"""One WebSocket connection of an NDT7 test (RFC 6455; ndt7 protocol specification, github.com/m-lab/ndt-server).

Binary messages are load, text messages are measurements of the server. wsproto reads and writes both.
"""

import asyncio
import json
import socket
from collections.abc import Mapping
from typing import Any

import wsproto
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from nexkit import __version__
from nexkit.clock import Clock
from nexkit.facts.load import FlowRttMethod
from nexkit.failures import classify
from nexkit.outcome import Failure, FailureKind
from nexkit.platform import tcp
from nexkit.units import Ms
from probes.load.connection import BLOCK_BYTES, TransferError

SUBPROTOCOL = "net.measurementlab.ndt.v7"
MESSAGE_BYTES = 1 << 16
"""Of an upload; the protocol asks for no more than 2**17 to be accepted."""
MAX_TEXT_CHARACTERS = 100_000
MAX_OTHER_BYTES = 1_000_000
"""Of all that is no load: a server measures itself some hundred times at most, with some kilobytes each."""
_FRAME_HEAD_BYTES = 14
_BBR = "bbr"
_ORDINARY_ENDS = frozenset({CloseReason.NORMAL_CLOSURE, CloseReason.GOING_AWAY, CloseReason.NO_STATUS_RCVD})


class NdtConnection(asyncio.BufferedProtocol):
    """Takes what the server sends, or sends until it is told to stop; counts what was delivered."""

    told_method = FlowRttMethod.SERVER

    def __init__(
        self,
        sock: socket.socket,
        *,
        authority: str,
        target: str,
        payload: bytes,
        tls_payload_share: float,
        congestion_control: str | None,
        clock: Clock,
    ) -> None:
        self.congestion_control = congestion_control
        """Of this side, where the system tells."""
        self.server_congestion_control: str | None = None
        """BBR, where the server's measurements have its figures; the protocol names no other."""
        self.received_bytes = 0
        """Payload of binary messages."""
        self.written_bytes = 0
        """Payload that was handed to the system."""
        self.reusable = False
        self.told_round_trips: list[tuple[float, Ms]] = []
        """Moments, and the smoothed round trip of the server's TCP."""
        self._sock = sock
        self._clock = clock
        self._request = Request(
            host=authority,
            target=target,
            subprotocols=[SUBPROTOCOL],
            extra_headers=[(b"User-Agent", f"nexkit/{__version__}".encode())],
        )
        self._socket = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self._buffer = memoryview(bytearray(BLOCK_BYTES))
        self._payload = payload[:MESSAGE_BYTES]
        self._payload_share = tls_payload_share * len(self._payload) / (len(self._payload) + _FRAME_HEAD_BYTES)
        self._transport: asyncio.Transport | None = None
        self._upgraded: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._text = ""
        self._raw_bytes = 0
        self._limit_bytes = 0
        self._upload_left = 0
        self._paused = False
        self._delivered_before = 0
        self._delivered = 0
        self._server_has = 0

    async def upgrade(self) -> None:
        """From HTTP to WebSocket; TransferError."""
        self._send(self._request)
        await self._upgraded

    async def download(self, count: int) -> int:
        """Take what comes until `count` bytes are here or the server ends the test; how many came. TransferError."""
        self._limit_bytes = count
        self._look_at_limit()
        await self._ended
        return self.received_bytes

    async def upload(self, count: int) -> int:
        """Send until `count` bytes are under way or the server ends the test; how many were sent. TransferError."""
        self._upload_left = count
        self._send_block()
        await self._ended
        return self.written_bytes

    def delivered_bytes(self) -> int:
        """How many bytes of its upload the server has: by this system's TCP, else by the server's own count."""
        acknowledged = tcp.delivered_bytes(self._sock)
        if acknowledged is not None:
            delivered = int((acknowledged - self._delivered_before) * self._payload_share)
        else:
            delivered = self._server_has
        self._delivered = max(self._delivered, min(delivered, self.written_bytes))
        return self._delivered

    def round_trip_ms(self, *, sending: bool) -> Ms | None:
        """Its own, by the system's TCP."""
        return tcp.round_trip_ms(self._sock, sending=sending)

    def abort(self) -> None:
        """Cut the connection off; nothing more is sent."""
        if self._transport is not None and not self._transport.is_closing():
            self.delivered_bytes()
            tcp.reset_on_close(self._sock)
            self._transport.abort()
        for future in (self._upgraded, self._ended):
            future.cancel()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open, TLS included."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a stream socket has no other
        self._transport = transport
        self._delivered_before = tcp.delivered_bytes(self._sock) or 0

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  asyncio's hint is always -1 here
        """Where the next bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        if self._ended.done():
            return
        self._raw_bytes += nbytes
        try:
            self._socket.receive_data(bytes(self._buffer[:nbytes]))
            for event in self._socket.events():
                self._follow(event)
            if not self._ended.done() and self._raw_bytes - self.received_bytes > MAX_OTHER_BYTES:
                self._fail(Failure(kind=FailureKind.PROTOCOL, step="http"))
        except (RemoteProtocolError, LocalProtocolError):
            self._fail(Failure(kind=FailureKind.PROTOCOL, step="http"))

    def eof_received(self) -> bool:
        """The server sends no more, with or without the closing that WebSocket wants."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; while a test runs, that is how servers end it as well."""
        if exc is None and self.received_bytes + self.written_bytes:
            self._end()
        else:
            self._fail(classify(exc or ConnectionResetError(), step="transfer"))

    def pause_writing(self) -> None:
        """The system takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """The system takes more."""
        self._paused = False
        self._send_block()

    # Messages.

    def _follow(self, event: Event) -> None:
        match event:
            case AcceptConnection(subprotocol=subprotocol) if subprotocol == SUBPROTOCOL:
                if not self._upgraded.done():
                    self._upgraded.set_result(None)
            case AcceptConnection() | RejectConnection():
                self._fail(Failure(kind=FailureKind.PROTOCOL, step="http"))
            case BytesMessage():
                self.received_bytes += len(event.data)
                self._look_at_limit()
            case TextMessage():
                self._collect(event.data, whole=event.message_finished)
            case Ping():
                self._send(event.response())
            case CloseConnection(code=code) if code in _ORDINARY_ENDS:
                self._send(event.response())
                self._end()
            case CloseConnection():  # the server's word, or wsproto's where a frame breaks the protocol
                self._fail(Failure(kind=FailureKind.PROTOCOL, step="http"))

    def _collect(self, text: str, *, whole: bool) -> None:
        """A measurement, which may come in pieces."""
        self._text += text
        if len(self._text) > MAX_TEXT_CHARACTERS:
            self._fail(Failure(kind=FailureKind.PROTOCOL, step="http"))
        elif whole:
            self._read_measurement(self._text)
            self._text = ""

    def _look_at_limit(self) -> None:
        """What comes before it is asked for is counted as well; a server never sends that much."""
        if self._limit_bytes and self.received_bytes >= self._limit_bytes:
            self.received_bytes = self._limit_bytes
            self._end()
            self.abort()

    def _read_measurement(self, text: str) -> None:
        """What the server's TCP says of itself; anything else is passed over."""
        try:
            measurement = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(measurement, Mapping):
            return
        told = _figures(measurement, "TCPInfo")
        round_trip_us = _count(told.get("RTT"))
        if round_trip_us:
            self.told_round_trips.append((self._clock.monotonic(), Ms(round_trip_us / 1000)))
        if _figures(measurement, "BBRInfo"):
            self.server_congestion_control = _BBR
        if measurement.get("Test") == "upload":
            self._server_has = max(self._server_has, int(_count(told.get("BytesReceived")) * self._payload_share))

    def _send(self, event: Event) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._socket.send(event))

    def _send_block(self) -> None:
        """Write one message, and let other work have its turn before the next."""
        if self._paused or self._ended.done() or self._transport is None or self._transport.is_closing():
            return
        if not self._upload_left:
            return
        data = self._payload[: self._upload_left]
        self._upload_left -= len(data)
        self.written_bytes += len(data)
        self._transport.write(self._socket.send(BytesMessage(data=data)))
        if not self._upload_left:
            self._end()
        elif not self._paused:
            asyncio.get_running_loop().call_soon(self._send_block)

    def _end(self) -> None:
        self._upload_left = 0
        if not self._ended.done():
            self._ended.set_result(None)
        if not self._upgraded.done():
            self._upgraded.set_exception(TransferError(Failure(kind=FailureKind.PROTOCOL, step="http")))

    def _fail(self, failure: Failure) -> None:
        self._upload_left = 0
        waiting = self._ended if self._upgraded.done() else self._upgraded
        if not waiting.done():
            waiting.set_exception(TransferError(failure))
        if self._transport is not None:
            self._transport.abort()


def _figures(measurement: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part of a measurement; empty where it has none."""
    figures = measurement.get(name)
    return figures if isinstance(figures, Mapping) else {}


def _count(value: object) -> int:
    """A number of something, 0 for what is none."""
    return value if type(value) is int and 0 <= value < 1 << 53 else 0
