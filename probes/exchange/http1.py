"""One GET over HTTP/1.1 (RFC 9112), redirects not followed, the body read up to a limit; answers of all versions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

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
_MAX_LOCATION_CHARACTERS = 2000
CHALLENGE = "X-Nexkit-Challenge"
_CHALLENGE_REPLY = b"x-nexkit-response"
_CHALLENGED = {b"cf-mitigated": (b"challenge",), b"x-amzn-waf-action": (b"challenge", b"captcha")}
_HTTP3_OFFER = re.compile(rb'(?:^|,)[ \t]*h3="')
"""One of the alternatives of an Alt-Svc header (RFC 7838, section 3)."""

Headers = Sequence[tuple[bytes, bytes]]
"""Names in small letters, and values."""


class HttpError(Exception):
    """The answer is no HTTP of the version, or not whole."""


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
    """No more than was asked for."""
    content_type: str | None
    """The Content-Type header, printable and cut off."""
    http3_offered: bool
    """An Alt-Svc header names HTTP/3."""
    proxy_challenges: tuple[str, ...]
    """Proxy-Authenticate headers."""
    location: str | None
    """The whole web address that a redirect points to, made absolute; None where it is none of HTTP or HTTPS."""
    challenge_reply: str | None
    """The X-Nexkit-Response header; few servers know of it."""
    challenged: bool
    """A header says that this is a task for a browser or its user (Cloudflare, Detect a Challenge Page response; AWS
    WAF, CAPTCHA and challenge actions)."""


def user_agent() -> str:
    """How every request names this program."""
    return f"nexkit/{__version__}"


def request_target(path: str) -> str:
    """A path as a request has it; it cannot leave its line."""
    return quote(path if path.startswith("/") else f"/{path}", safe=_SAFE_IN_TARGET)


def http_answer(
    status: int, headers: Headers, *, host: str, first_byte_ms: Ms, total_ms: Ms, body: bytes
) -> HttpAnswer:
    """What a response says; `host` is where a relative redirect stays."""
    first = dict(reversed(headers))  # of repeated ones the first
    return HttpAnswer(
        status=status,
        first_byte_ms=first_byte_ms,
        total_ms=total_ms,
        redirect_host=_redirect_host(first.get(b"location"), host) if status in _REDIRECTS else None,
        server=_printable(first.get(b"server", b"")),
        body=body,
        content_type=_printable(first.get(b"content-type", b"")),
        http3_offered=any(_HTTP3_OFFER.search(value) for name, value in headers if name == b"alt-svc"),
        proxy_challenges=tuple(value.decode("latin-1") for name, value in headers if name == b"proxy-authenticate"),
        location=_location(first.get(b"location"), host) if status in _REDIRECTS else None,
        challenge_reply=_printable(first.get(_CHALLENGE_REPLY, b"")),
        challenged=any(first.get(name, b"").strip().lower() in words for name, words in _CHALLENGED.items()),
    )


async def get(
    stream: ByteStream,
    *,
    host: str,
    authority: str,
    path: str,
    clock: Clock,
    of_proxy: bool = False,
    max_body_bytes: int = MAX_BODY_BYTES,
    challenge: str | None = None,
) -> HttpAnswer:
    """Fetch one page over a connection that is used once; `host` is where a relative redirect stays.

    With `of_proxy` the other side is a proxy, which is told the whole address (RFC 9112, section 3.2.2). A challenge is
    a word that a server which knows of it repeats, so that nobody in between can answer in its stead. HttpError,
    EOFError (hung up before the answer), and whatever the stream raises.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MAX_HEAD_BYTES)
    target = request_target(path)
    request = h11.Request(
        method="GET",
        target=f"http://{authority}{target}" if of_proxy else target,
        headers=[
            ("Host", authority),
            ("User-Agent", user_agent()),
            ("Accept", "*/*"),
            ("Connection", "close"),
            *([(CHALLENGE, challenge)] if challenge is not None else ()),
        ],
    )
    began_s = clock.monotonic()
    await stream.send((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    first_byte_ms: Ms | None = None
    response: h11.Response | None = None
    body = bytearray()
    while len(body) < max_body_bytes:
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
    return http_answer(
        response.status_code,
        list(response.headers),
        host=host,
        first_byte_ms=first_byte_ms,
        total_ms=_ms_since(began_s, clock),
        body=bytes(body[:max_body_bytes]),
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


def _location(location: bytes | None, host: str) -> str | None:
    """A Location header as a whole web address."""
    if location is None or len(location) > _MAX_LOCATION_CHARACTERS:
        return None
    try:
        address = urljoin(f"http://{host}/", location.decode("ascii"))
        parts = urlsplit(address)
        wire_host(parts.hostname or "")
        usable = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return None
    return address if usable else None


def _printable(header: bytes) -> str | None:
    text = "".join(
        character for character in header.decode("latin-1") if character.isascii() and character.isprintable()
    )
    return text[:_MAX_SERVER_CHARACTERS].strip() or None
