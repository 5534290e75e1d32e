"""One GET over HTTP/2 (RFC 9113): redirects not followed, at most 8 KiB of the body read, floods cut off."""

from nexkit.clock import Clock
from nexkit.units import Ms
from probes.exchange.http1 import HttpAnswer, HttpError, http_answer, request_target, user_agent
from probes.exchange.stream import ByteStream

ALPN = "h2"
WINDOW_BYTES = 8_192
"""All that a server may send of a body: the window is never renewed."""
_MAX_BYTES = 65_536
"""All that is read, whatever frames it is made of (settings, pings, headers without end)."""
_STATUS = b":status"


def load() -> None:
    """Import what the exchange needs, which takes 20 ms that no clock should count."""
    import h2.connection  # noqa: F401


async def get(stream: ByteStream, *, host: str, authority: str, path: str, clock: Clock) -> HttpAnswer:
    """Fetch one page over a TLS connection that agreed on `ALPN`; `host` is where a relative redirect stays.

    HttpError, EOFError (hung up before the answer), and whatever the stream raises.
    """
    exchange = _Exchange(authority, path)
    began_s = clock.monotonic()
    await stream.send(exchange.request())
    first_byte_ms: Ms | None = None
    received_ms = Ms(0.0)
    read_bytes = 0
    while not exchange.ended:
        data = await stream.receive()
        received_ms = Ms((clock.monotonic() - began_s) * 1000)
        if not data:
            raise EOFError if first_byte_ms is None else HttpError
        read_bytes += len(data)
        if read_bytes > _MAX_BYTES:
            raise HttpError
        if reply := exchange.receive(data):
            await stream.send(reply)
        if first_byte_ms is None and exchange.headers:
            first_byte_ms = received_ms
    if first_byte_ms is None:
        raise HttpError
    return http_answer(
        exchange.status,
        exchange.headers,
        host=host,
        first_byte_ms=first_byte_ms,
        total_ms=received_ms,
        body=bytes(exchange.body),
    )


class _Exchange:
    """One request and what came back so far."""

    def __init__(self, authority: str, path: str) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection
        from h2.settings import SettingCodes, Settings

        self._connection = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self._connection.local_settings = Settings(
            client=True,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.INITIAL_WINDOW_SIZE: WINDOW_BYTES,
                SettingCodes.MAX_CONCURRENT_STREAMS: 1,
                SettingCodes.MAX_HEADER_LIST_SIZE: 32_768,
            },
        )
        self._head = [
            (":method", "GET"),
            (":scheme", "https"),
            (":authority", authority),
            (":path", request_target(path)),
            ("user-agent", user_agent()),
            ("accept", "*/*"),
        ]
        self._window_used = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.ended = False

    @property
    def status(self) -> int:
        """Of the answer; HttpError without a number."""
        text = dict(self.headers).get(_STATUS, b"")
        if not text.isdigit():
            raise HttpError
        return int(text)

    def request(self) -> bytes:
        """Preface, settings and request, in one piece."""
        self._connection.initiate_connection()
        self._connection.send_headers(1, self._head, end_stream=True)
        return self._connection.data_to_send()

    def receive(self, data: bytes) -> bytes:
        """Take in what came; what has to be sent for it. HttpError for what breaks the protocol or the request off."""
        from h2 import events
        from h2.exceptions import H2Error

        try:
            for event in self._connection.receive_data(data):
                match event:
                    case events.ResponseReceived(headers=headers):
                        self.headers = [(bytes(name), bytes(value)) for name, value in headers or ()]
                    case events.DataReceived(data=piece, flow_controlled_length=used):
                        self.body += piece or b""
                        self._window_used += used or 0
                        self.ended |= self._window_used >= WINDOW_BYTES
                    case events.StreamEnded():
                        self.ended = True
                    case events.StreamReset() | events.ConnectionTerminated() if not self.ended:
                        raise HttpError
            return self._connection.data_to_send()
        except (H2Error, ValueError, KeyError, IndexError) as error:  # the last three: header blocks made to break it
            raise HttpError from error
