"""Connecting to proxies, and asking them for a web address."""

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from nexkit.address import is_address
from nexkit.facts.proxy import ProxyAttempt, ProxyKind, ProxyRequest, ProxyScheme, ProxyServer, ProxyWay, TunnelAnswer
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind
from nexkit.units import Ms
from probes.exchange.hosts import authority
from probes.exchange.http1 import HttpError
from probes.exchange.socks import SocksError, SocksRefusedError, open_socks4, open_socks5
from probes.exchange.stream import ByteStream
from probes.exchange.tls import NotTlsError
from probes.exchange.tunnel import Credentials, ask_for_page, open_tunnel
from probes.proxy.params import place_of
from probes.proxy.streams import Connector, StepError

Passwords = Mapping[tuple[str, int], Credentials]
"""By host and port of the proxy that they stand beside in the settings."""

_HTTP_PORT = 80
_SOCKS = (ProxyKind.SOCKS4, ProxyKind.SOCKS5)


async def reach_server(way: ProxyWay, connector: Connector) -> ProxyServer:
    """Whether a proxy is there."""
    host, port = place_of_way(way)
    clock = connector.ctx.clock
    resolve_ms: Ms | None = None
    connect_ms: Ms | None = None
    failure: Failure | None = None
    count = 0
    began_s = clock.monotonic()
    try:
        count = len(await connector.addresses(host))
    except (OSError, BudgetExceededError) as error:
        failure = classify(error, step="resolve")
    if not is_address(host):
        resolve_ms = connector.since_ms(began_s)
    if failure is None:
        try:
            async with connector.tcp(host, port) as tcp:
                connect_ms = tcp.connect_ms
        except StepError as error:
            failure = error.failure
    return ProxyServer(way=way, addresses=count, resolve_ms=resolve_ms, connect_ms=connect_ms, failure=failure)


def place_of_way(way: ProxyWay) -> tuple[str, int]:
    """Host and port of a way that has a proxy."""
    return way.host or "", way.port or 0


async def ask(way: ProxyWay, url: str, passwords: Passwords, connector: Connector) -> ProxyAttempt:
    """One web address through one proxy: a tunnel, or for plain HTTP the page itself."""
    scheme = place_of(url)[0]
    page = scheme == "http" and way.kind not in _SOCKS
    attempt = _Attempt(way, url, page=page, connector=connector)
    credentials = passwords.get(place_of_way(way))
    answer: TunnelAnswer | None = None
    with_password: TunnelAnswer | None = None
    socks_reply: int | None = None
    failure: Failure | None = None
    try:
        if way.kind in _SOCKS:
            socks_reply = await attempt.socks(credentials)
        else:
            answer = await attempt.http(None)
            if credentials is not None and ProxyScheme.BASIC in answer.schemes:
                with_password = await attempt.http(credentials)
    except StepError as error:
        failure = error.failure
    except SocksRefusedError:
        failure = Failure(kind=FailureKind.REFUSED, step=attempt.step)
    except (OSError, EOFError, BudgetExceededError) as error:
        failure = classify(error, step=attempt.step)
    except (HttpError, NotTlsError, SocksError, ValueError):  # after OSError: an untrusted certificate is both
        failure = Failure(kind=FailureKind.PROTOCOL, step=attempt.step)
    return ProxyAttempt(
        way=way,
        request=ProxyRequest.PAGE if page else ProxyRequest.TUNNEL,
        answer=answer,
        answer_with_password=with_password,
        socks_reply=socks_reply,
        failure=failure,
    )


class _Attempt:
    """The way through the steps; `step` is the one under way."""

    def __init__(self, way: ProxyWay, url: str, *, page: bool, connector: Connector) -> None:
        self._way = way
        self._proxy = place_of_way(way)
        self._target = place_of(url)[1:]
        parts = urlsplit(url)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._page = page
        self._connector = connector
        self.step = "connect"

    async def http(self, credentials: Credentials | None) -> TunnelAnswer:
        """What an HTTP proxy says."""
        clock = self._connector.ctx.clock
        host, port = self._target
        self.step = "connect"
        async with self._connector.tcp(*self._proxy) as tcp:
            stream: ByteStream = tcp
            if self._way.kind is ProxyKind.HTTPS:
                self.step = "tls"
                stream = await self._connector.secured(tcp, self._proxy[0])
            self.step = "tunnel"
            async with asyncio.timeout(self._connector.step_timeout_s):
                if self._page:
                    place = authority(host, port, default_port=_HTTP_PORT)
                    return await ask_for_page(
                        stream, authority=place, path=self._path, clock=clock, credentials=credentials
                    )
                tunnel = await open_tunnel(stream, host=host, port=port, clock=clock, credentials=credentials)
                return tunnel.answer

    async def socks(self, credentials: Credentials | None) -> int:
        """What a SOCKS proxy says."""
        host, port = self._target
        async with self._connector.tcp(*self._proxy) as tcp:
            self.step = "tunnel"
            async with asyncio.timeout(self._connector.step_timeout_s):
                if self._way.kind is ProxyKind.SOCKS4:
                    return await open_socks4(tcp, host=host, port=port)
                return await open_socks5(tcp, host=host, port=port, credentials=credentials)
