"""One HTTP/1.1 connection that carries bulk data (RFC 9112).

h11 reads and writes the heads and undoes chunked coding. A body of known length goes past it: its bytes are counted in
one buffer that is used again and again, and never copied.
"""

import asyncio
import socket

import h11

from nexkit import __version__
from nexkit.clock import Clock
from nexkit.facts.load import FlowRttMethod
from nexkit.failures import classify
from nexkit.outcome import Failure, FailureKind
from nexkit.platform import tcp
from nexkit.units import Ms

BLOCK_BYTES = 256 * 1024
"""Smaller blocks cost throughput on fast links, larger ones do not gain any."""
MAX_UPLOAD_ANSWER_BYTES = 64 * 1024
_OK = 200
_PARTIAL_CONTENT = 206
TLS_PAYLOAD_SHARE = 16_384 / (16_384 + 22)
"""Of a full TLS 1.3 record: header 5, content type 1, tag 16 bytes (RFC 8446 section 5.2)."""


class TransferError(Exception):
    """A transfer ended before its time."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class BulkConnection(asyncio.BufferedProtocol):
    """Downloads and uploads over one connection, one after the other, counting what was delivered."""

    told_method = FlowRttMethod.FIRST_BYTE

    def __init__(
        self,
        sock: socket.socket,
        *,
        authority: str,
        tls: bool,
        payload: bytes,
        congestion_control: str | None,
        clock: Clock,
        buffer_bytes: int = BLOCK_BYTES,
    ) -> None:
        self.congestion_control = congestion_control
        """Of this side, where the system tells."""
        self.server_congestion_control: str | None = None
        """HTTP does not tell."""
        self.told_round_trips: list[tuple[float, Ms]] = []
        """Moments, and how long the first byte of an answer to a download's request took."""
        self.received_bytes = 0
        """Body bytes of all downloads so far."""
        self.written_bytes = 0
        """Body bytes of all uploads that were handed to the system so far."""
        self.reusable = True
        """Another request may follow on this connection."""
        self._sock = sock
        self._payload_share = TLS_PAYLOAD_SHARE if tls else 1.0
        self._headers = [
            ("Host", authority),
            ("User-Agent", f"nexkit/{__version__}"),
            ("Accept-Encoding", "identity"),
            ("Cache-Control", "no-cache"),
        ]
        self._payload = memoryview(payload)
        self._buffer = memoryview(bytearray(buffer_bytes))
        self._transport: asyncio.Transport | None = None
        self._http = h11.Connection(h11.CLIENT)
        self._answer: asyncio.Future[None] | None = None
        self._is_download = False
        self._limit_bytes = 0
        self._body_left = 0
        self._upload_left = 0
        self._answered = False
        self._paused = False
        self._delivered_before = 0
        self._delivered = 0
        self._clock = clock
        self._asked_at_s: float | None = None

    async def download(self, target: str, count: int, *, as_range: bool) -> int:
        """Fetch up to `count` bytes and give how many came; TransferError.

        `as_range`: the target does not say how many bytes are wanted, so a range is asked for (RFC 9110 section 14.2).
        """
        before = self.received_bytes
        headers = [("Range", f"bytes=0-{count - 1}")] if as_range else []
        self._limit_bytes = before + count
        await self._exchange(h11.Request(method="GET", target=target, headers=[*self._headers, *headers]), upload=0)
        return self.received_bytes - before

    async def upload(self, target: str, count: int) -> None:
        """Send `count` bytes and wait for the answer that they have arrived; TransferError."""
        headers = [("Content-Type", "application/octet-stream"), ("Content-Length", str(count))]
        self._limit_bytes = self.received_bytes + MAX_UPLOAD_ANSWER_BYTES
        await self._exchange(
            h11.Request(method="POST", target=target, headers=[*self._headers, *headers]), upload=count
        )

    def delivered_bytes(self) -> int:
        """How many body bytes of all uploads the server has, by the acknowledgements that this system saw.

        What lies in this system's send buffer is not delivered. Where the system does not tell, everything that
        asyncio could hand to it counts.
        """
        acknowledged = tcp.delivered_bytes(self._sock)
        if acknowledged is not None:
            delivered = (acknowledged - self._delivered_before) * self._payload_share
        elif self._transport is not None and not self._transport.is_closing():
            delivered = self.written_bytes - self._transport.get_write_buffer_size()
        else:
            delivered = 0
        self._delivered = max(self._delivered, min(int(delivered), self.written_bytes))
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

    async def _exchange(self, request: h11.Request, *, upload: int) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            raise TransferError(Failure(kind=FailureKind.RESET, step="transfer"))
        self._http = h11.Connection(h11.CLIENT)
        self._is_download = request.method == b"GET"
        self._answer = asyncio.get_running_loop().create_future()
        head = self._http.send(request)
        assert head is not None  # noqa: S101  only ConnectionClosed gives None
        if self._is_download:
            self._http.send(h11.EndOfMessage())
            self._asked_at_s = self._clock.monotonic()
        transport.write(head)
        self._answered = False
        self._upload_left = upload
        self._send_block()
        try:
            await self._answer
        finally:
            self._answer = None

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
        if self._asked_at_s is not None:
            now_s = self._clock.monotonic()
            self.told_round_trips.append((now_s, Ms((now_s - self._asked_at_s) * 1000)))
            self._asked_at_s = None
        if self._answer is None or self._answer.done():
            self._fail(FailureKind.PROTOCOL)
        elif self._body_left:
            self._count_body(nbytes)
        else:
            self._http.receive_data(bytes(self._buffer[:nbytes]))
            self._read_events()

    def eof_received(self) -> bool:
        """The server will send no more; a body that ends with the connection ends here."""
        if self._answer is not None and not self._answer.done() and not self._body_left:
            self._http.receive_data(b"")
            self._read_events()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            error = exc or ConnectionResetError()
            self._answer.set_exception(TransferError(classify(error, step="transfer")))

    def pause_writing(self) -> None:
        """The system takes no more for now."""
        self._paused = True

    def resume_writing(self) -> None:
        """The system takes more."""
        self._paused = False
        self._send_block()

    # Bodies.

    def _send_block(self) -> None:
        """Write one block, and let other connections have their turn before the next."""
        if self._paused or not self._upload_left or self._transport is None or self._transport.is_closing():
            return
        block = self._payload[: self._upload_left]
        self._upload_left -= len(block)
        self.written_bytes += len(block)
        self._transport.write(block)
        if self._answered:
            self._finish()
        if not self._paused:
            asyncio.get_running_loop().call_soon(self._send_block)

    def _read_events(self) -> None:
        """Follow the answer as far as it is here."""
        try:
            while (event := self._http.next_event()) is not h11.NEED_DATA:
                match event:
                    case h11.Response():
                        if not self._begin_body(event):
                            return
                    case h11.Data():
                        self._count(len(event.data))
                    case h11.EndOfMessage():
                        self._finish()
                        return
                    case h11.ConnectionClosed() | h11.PAUSED:
                        self._fail(FailureKind.PROTOCOL)
                        return
        except h11.RemoteProtocolError:
            self._fail(FailureKind.PROTOCOL)

    def _begin_body(self, response: h11.Response) -> bool:
        """Look at the head; whether h11 reads the body as well."""
        wanted = {_OK, _PARTIAL_CONTENT} if self._is_download else range(_OK, 300)
        if response.status_code not in wanted:
            self._fail(FailureKind.PROTOCOL)
            return False
        headers = dict(response.headers)
        if b"close" in headers.get(b"connection", b"").lower() or response.http_version < b"1.1":
            self.reusable = False
        if b"transfer-encoding" in headers or not self._is_download or b"content-length" not in headers:
            return True
        self._body_left = int(headers[b"content-length"])
        already, _ = self._http.trailing_data
        if self._body_left:
            self._count_body(len(already))
        else:
            self._finish()
        return False

    def _count_body(self, nbytes: int) -> None:
        """Count bytes of a body of known length."""
        if nbytes > self._body_left:
            self._fail(FailureKind.PROTOCOL)
            return
        self._body_left -= nbytes
        self._count(nbytes)
        if not self._body_left:
            self._finish()

    def _count(self, nbytes: int) -> None:
        """Count body bytes; a server that sends more than was asked for is cut off."""
        self.received_bytes += nbytes
        if self.received_bytes > self._limit_bytes:
            self._fail(FailureKind.PROTOCOL)

    def _finish(self) -> None:
        """The answer is whole. A server may give it before the body has arrived: that is still to be sent."""
        self._answered = True
        if not self._upload_left and self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def _fail(self, kind: FailureKind) -> None:
        self.reusable = False
        self._upload_left = self._body_left = 0
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TransferError(Failure(kind=kind, step="http")))
        self.abort()
