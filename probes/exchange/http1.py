"""One GET over HTTP/1.1 (RFC 9112): redirects are not followed, proxies not used, at most 64 KiB of the body read."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import h11

from nexkit import __version__
from nexkit.clock import Clock
from nexkit.units import Ms, Seconds
from probes.exchange.hosts import wire_host
from probes.exchange.stream import ByteStream

MAX_BODY_BYTES = 65_536
_MAX_HEAD_BYTES = 32_768
_MAX_SERVER_CHARACTERS = 80
_REDIRECTS = range(300, 400)
_SAFE_IN_TARGET = "%/?:@!$&'()*+,;=~[]"


class HttpError(Exception):
    """The answer is no HTTP/1.1, or not whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back; times run from the request's first byte."""

    status: int
    first_byte_ms: Ms
    total_ms: Ms
    redirect_host: str | None
    """Where a redirect points to; None without one, or where it names no readable host."""
    server: str | None
    """The Server header, printable and cut off."""
    body: bytes
    """At most `MAX_BODY_BYTES`."""


async def get(stream: ByteStream, *, host: str, authority: str, path: str, clock: Clock) -> HttpAnswer:
    """Fetch one page over a connection that is used once; `host` is where a relative redirect stays.

    HttpError, EOFError (hung up before the answer), and whatever the stream raises.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
    request = h11.Request(
        method="GET",
        target=quote(path if path.startswith("/") else f"/{path}", safe=_SAFE_IN_TARGET),
        headers=[
            ("Host", authority),
            ("User-Agent", f"nexkit/{__version__}"),
            ("Accept", "*/*"),
            ("Connection", "close"),
        ],
    )
    began_s = clock.monotonic()
    await stream.send((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    first_byte_ms: Ms | None = None
    response: h11.Response | None = None
    body = bytearray()
    while len(body) < MAX_BODY_BYTES:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            raise HttpError from error
        if event is h11.NEED_DATA:
            data = await stream.receive()
            if first_byte_ms is None:
                if not data:
                    raise EOFError
                first_byte_ms = _ms_since(began_s, clock)
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
    if response is None or first_byte_ms is None:
        raise HttpError
    headers = dict(reversed(list(response.headers)))  # of repeated ones the first
    return HttpAnswer(
        status=response.status_code,
        first_byte_ms=first_byte_ms,
        total_ms=_ms_since(began_s, clock),
        redirect_host=_redirect_host(headers.get(b"location"), host) if response.status_code in _REDIRECTS else None,
        server=_printable(headers.get(b"server", b"")),
        body=bytes(body[:MAX_BODY_BYTES]),
    )


def _ms_since(began_s: Seconds, clock: Clock) -> Ms:
    return Ms((clock.monotonic() - began_s) * 1000)


def _redirect_host(location: bytes | None, host: str) -> str | None:
    """The host of a Location header, chosen by a stranger: a plain name or address, or nothing."""
    if location is None:
        return None
    try:
        return wire_host(urlsplit(location.decode("ascii")).hostname or host)
    except ValueError:
        return None


def _printable(header: bytes) -> str | None:
    text = "".join(
        character for character in header.decode("latin-1") if character.isascii() and character.isprintable()
    )
    return text[:_MAX_SERVER_CHARACTERS].strip() or None
