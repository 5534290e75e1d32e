"""What an HTTP proxy answers to CONNECT (RFC 9110, section 9.3.6; RFC 9112, section 3.2.3) and to asking for a page."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import h11

from nexkit.address import Family, family, is_address
from nexkit.clock import Clock
from nexkit.facts.proxy import ProxyScheme, TunnelAnswer
from nexkit.units import Ms
from probes.exchange.hosts import check_port, wire_host
from probes.exchange.http1 import HttpError, request_target, user_agent
from probes.exchange.stream import ByteStream

MAX_HEAD_BYTES = 32_768
"""Of everything that comes before the tunnel is there, interim answers included."""
_MAX_CHARACTERS = 80
_PROXY_AUTHENTICATION_REQUIRED = 407
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"?')
_VIA_COMMENT = re.compile(r"\(([^()]*)\)")
_PROXY_STATUS_ERROR = re.compile(r';\s*error="?([a-z0-9_.:*-]+)')
_SCHEME_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tunnel:
    """What the proxy answered, and the way through it."""

    answer: TunnelAnswer
    stream: ByteStream
    """To the other end; of use only where `answer.opened`. Closing is the business of the stream below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Name and password for a proxy; never part of a fact."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def basic(self) -> str:
        """As the Basic scheme sends them (RFC 7617)."""
        return "Basic " + b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")


async def open_tunnel(
    stream: ByteStream, *, host: str, port: int, clock: Clock, credentials: Credentials | None = None
) -> Tunnel:
    """Ask the proxy at the other end of a connected stream for a tunnel to a host, which the proxy looks up.

    A refusal is an answer (`answer.opened` is False), and the stream is then used up. What raises is a tunnel that was
    not answered: HttpError (no HTTP, or more than `MAX_HEAD_BYTES`), EOFError (hung up before the answer), and
    whatever the stream raises; `classify(error, step="tunnel")` takes the last two. ValueError for a host or port that
    cannot be written. Waiting is limited by the caller.
    """
    check_port(port)
    target = _target(host, port)
    answer, rest = await _ask(stream, b"CONNECT", target, target, clock, credentials)
    return Tunnel(answer=answer, stream=_After(rest, stream))


async def ask_for_page(
    stream: ByteStream, *, authority: str, path: str, clock: Clock, credentials: Credentials | None = None
) -> TunnelAnswer:
    """Ask the proxy for a plain HTTP page (RFC 9112, section 3.2.2); its body is not read, the stream is used up.

    A status other than 407 may come from the page's own server. Raises as `open_tunnel` does.
    """
    target = f"http://{authority}{request_target(path)}"
    return (await _ask(stream, b"GET", target, authority, clock, credentials))[0]


async def _ask(
    stream: ByteStream, method: bytes, target: str, host: str, clock: Clock, credentials: Credentials | None
) -> tuple[TunnelAnswer, bytes]:
    """The answer to a request without a body, and the bytes that came after its head."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
    headers = [("Host", host), ("User-Agent", user_agent())]
    if credentials is not None:
        headers.append(("Proxy-Authorization", credentials.basic()))
    request = h11.Request(method=method, target=target, headers=headers)
    began_s = clock.monotonic()
    await stream.send((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    response = await _response(connection, stream)
    answer_ms = Ms((clock.monotonic() - began_s) * 1000)
    asks = response.status_code == _PROXY_AUTHENTICATION_REQUIRED
    answer = TunnelAnswer(
        status=response.status_code,
        answer_ms=answer_ms,
        schemes=challenge_schemes(_values(response, b"proxy-authenticate")) if asks else (),
        product=_product(response),
        error=_error(response),
    )
    return answer, connection.trailing_data[0]


def _target(host: str, port: int) -> str:
    """Host and port in authority form, in which the port is never left out."""
    name = wire_host(host)
    return f"[{name}]:{port}" if is_address(name) and family(name) is Family.IPV6 else f"{name}:{port}"


async def _response(connection: h11.Connection, stream: ByteStream) -> h11.Response:
    """The final answer; interim ones are read over."""
    received_bytes = 0
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            raise HttpError from error
        if isinstance(event, h11.Response):
            return event
        if event is not h11.NEED_DATA:
            continue
        data = await stream.receive()
        received_bytes += len(data)
        if not data and not received_bytes:
            raise EOFError
        if received_bytes > MAX_HEAD_BYTES:
            raise HttpError
        connection.receive_data(data)


def _values(response: h11.Response, name: bytes) -> list[str]:
    return [value.decode("latin-1") for header, value in response.headers if header == name]


def challenge_schemes(challenges: Iterable[str]) -> tuple[ProxyScheme, ...]:
    """The schemes of Proxy-Authenticate headers, each once; one header may hold several (RFC 9110, section 11.6.1)."""
    return tuple(dict.fromkeys(_schemes(challenges)))


def _schemes(challenges: Iterable[str]) -> Iterator[ProxyScheme]:
    for challenge in challenges:
        for part in _QUOTED.sub("", challenge).split(","):
            word = part.split(maxsplit=1)[0] if part.strip() else ""
            if not _SCHEME_TOKEN.match(word):
                continue  # a parameter of the scheme before
            try:
                yield ProxyScheme(word.lower())
            except ValueError:
                yield ProxyScheme.OTHER


def _product(response: h11.Response) -> str | None:
    """`squid/5.7` of `Via: 1.1 gate.corp.example (squid/5.7)`, or what another header says.

    Of several proxies the last in Via: it is the one that was asked.
    """
    for via in reversed(_values(response, b"via")):
        if comments := _VIA_COMMENT.findall(via):
            return _printable(comments[-1])
    for name in (b"proxy-agent", b"server"):
        for value in _values(response, name):
            return _printable(value)
    return None


def _error(response: h11.Response) -> str | None:
    for status in _values(response, b"proxy-status"):
        if found := _PROXY_STATUS_ERROR.search(status):
            return _printable(found[1])
    for value in _values(response, b"x-squid-error"):
        return _printable(value)
    return None


def _printable(text: str) -> str | None:
    kept = "".join(character for character in text if character.isascii() and character.isprintable())
    return kept[:_MAX_CHARACTERS].strip() or None


class _After:
    """A stream whose first bytes have been read already: a server that speaks first may be as fast as the proxy."""

    def __init__(self, first: bytes, stream: ByteStream) -> None:
        self._first = first
        self._stream = stream

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._stream.send(data)

    async def receive(self) -> bytes:
        """The next bytes; empty at the end."""
        if self._first:
            first, self._first = self._first, b""
            return first
        return await self._stream.receive()
