"""One address of the target: TCP, TLS and HTTP/1.1, then HTTP/2 and QUIC where they are asked for."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from nexkit.facts.reach import (
    Http2Reach,
    HttpResult,
    QuicReach,
    ReachAttempt,
    ReachLayer,
    TrustProblem,
)
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Ms
from probes.exchange import certificate, http2
from probes.exchange.http1 import HttpError
from probes.exchange.quic import QuicClosedError, open_quic
from probes.exchange.stream import ByteStream, TcpStream, open_stream
from probes.reach.params import Setting
from probes.reach.steps import HTTP1_ALPN, Steps, http_result

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store


class DirectAttempt:
    """All that is asked for, with one address; `measure` comes first."""

    def __init__(self, address: str, setting: Setting) -> None:
        self._address = address
        self._setting = setting
        self._main = _Direct(address, setting)
        self._failure: Failure | None = None
        self._http2: Http2Reach | None = None
        self._quic: _OverQuic | None = None

    async def measure(self) -> None:
        """Go the ways one after the other, so that none slows another down."""
        setting, main = self._setting, self._main
        self._failure = await main.walk()
        if setting.params.layer is not ReachLayer.HTTPS:
            return
        if setting.params.http2 and main.handshake is not None and main.handshake.problem is None:
            self._http2 = await _try_http2(self._address, setting)
        if setting.params.quic:
            self._quic = _OverQuic(self._address, setting)
            await self._quic.walk()

    def fact(self, public: "X509Store | None") -> ReachAttempt:
        """What was measured; reads certificates, so all clocks have to have stopped."""
        main = self._main
        return ReachAttempt(
            address=self._address,
            connect_ms=main.connect_ms,
            tls=main.tls(public),
            http=main.http,
            failure=self._failure,
            failed_after_ms=main.failed_after_ms,
            http2=self._http2,
            quic=self._quic.fact() if self._quic is not None else None,
        )


class _Direct(Steps):
    """A connection to the address itself."""

    def __init__(self, address: str, setting: Setting) -> None:
        super().__init__(setting, "connect")
        self._address = address
        self.connect_ms: Ms | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[TcpStream]:
        """A new connection."""
        setting = self.setting
        async with open_stream(
            setting.ctx,
            self._address,
            setting.params.port,
            timeout_s=setting.step_s(),
            interface=setting.params.interface,
        ) as stream:
            if self.connect_ms is None:
                self.connect_ms = stream.connect_ms
            yield stream


class _OverHttp2(_Direct):
    """The same, with HTTP/2 offered before HTTP/1.1."""

    alpn = (http2.ALPN, HTTP1_ALPN)

    async def fetch(self, stream: ByteStream) -> HttpResult | None:
        """The exchange, where HTTP/2 was agreed on."""
        if self.handshake is None or self.handshake.stream.alpn != http2.ALPN:
            return None
        setting = self.setting
        return http_result(
            await http2.get(
                stream,
                host=setting.params.host,
                authority=setting.authority,
                path=setting.params.path,
                clock=setting.ctx.clock,
            )
        )

    async def distrust(self, error: ssl.SSLCertVerificationError) -> None:
        """Not looked at again: the connection before was trusted."""
        raise error


async def _try_http2(address: str, setting: Setting) -> Http2Reach:
    way = _OverHttp2(address, setting)
    failure = await way.walk()
    shaken = way.handshake
    return Http2Reach(
        connect_ms=way.connect_ms,
        handshake_ms=shaken.took_ms if shaken is not None else None,
        alpn=certificate.printable(shaken.stream.alpn) if shaken is not None and shaken.stream.alpn else None,
        http=way.http,
        failure=failure,
    )


class _OverQuic:
    """QUIC and HTTP/3 to an address; what is set when a step fails has succeeded before."""

    def __init__(self, address: str, setting: Setting) -> None:
        self._address = address
        self._setting = setting
        self._step = "quic"
        self._chain: tuple[bytes, ...] = ()
        self._version: str | None = None
        self._handshake_ms: Ms | None = None
        self._problem: TrustProblem | None = None
        self._http: HttpResult | None = None
        self._failure: Failure | None = None

    async def walk(self) -> None:
        """Go as far as it goes."""
        try:
            await self._go()
        except HttpError:
            self._failure = Failure(kind=FailureKind.PROTOCOL, step=self._step)
        except QuicClosedError as error:
            self._failure = Failure(kind=error.kind, step=self._step)
        except (OSError, BudgetExceededError) as error:
            self._failure = classify(error, step=self._step)

    def fact(self) -> QuicReach:
        """What was measured."""
        shaken = self._version is not None
        return QuicReach(
            version=self._version,
            handshake_ms=self._handshake_ms,
            trusted=self._problem is None if shaken else None,
            problem=self._problem,
            certificate=certificate.read_certificate(self._chain[0]) if self._chain else None,
            http=self._http,
            failure=self._failure,
        )

    async def _go(self) -> None:
        setting, params = self._setting, self._setting.params
        async with open_quic(setting.ctx, self._address, params.port, setting.server_name) as client:
            async with asyncio.timeout(setting.step_s()):
                await client.handshake()
            self._version, self._handshake_ms, self._chain = client.version, client.handshake_ms, client.chain
            assert setting.roots is not None  # noqa: S101  made for QUIC
            self._problem = await in_daemon_thread(
                certificate.problem_with, self._chain, setting.server_name, setting.roots
            )
            if self._problem is not None:
                return
            self._step = "http"
            async with asyncio.timeout(setting.step_s()):
                answer = await client.get(host=params.host, authority=setting.authority, path=params.path)
            self._http = http_result(answer)
