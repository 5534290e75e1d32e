"""The target through a proxy: a tunnel (CONNECT), or plain HTTP asked of the proxy itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from nexkit.address import is_address
from nexkit.facts.proxy import ProxyScheme, TunnelAnswer
from nexkit.facts.reach import HttpResult, ProxyReach, ReachLayer
from nexkit.outcome import Failure
from nexkit.units import Ms
from probes.exchange.hosts import host_and_port
from probes.exchange.http1 import get
from probes.exchange.stream import ByteStream, TcpStream, open_stream
from probes.exchange.traffic import LOOKUP_BYTES
from probes.exchange.tunnel import challenge_schemes, open_tunnel
from probes.reach.params import PROXY_PORT, Setting
from probes.reach.steps import Steps, http_result

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store

_MAX_ADDRESSES = 3
"""Of a proxy: the first that accepts is taken, as programs do."""


class ProxiedAttempt(Steps):
    """The way through a proxy given as `HOST:PORT`; `measure` comes first."""

    def __init__(self, proxy: str, setting: Setting) -> None:
        super().__init__(setting, "proxy_resolve")
        self._host, self._port = host_and_port(proxy, PROXY_PORT)
        self._addresses: tuple[str, ...] = (self._host,) if is_address(self._host) else ()
        self._failure: Failure | None = None
        self.address: str | None = None
        self.resolve_ms: Ms | None = None
        self.connect_ms: Ms | None = None
        self.tunnel: TunnelAnswer | None = None
        self.schemes: tuple[ProxyScheme, ...] = ()

    async def measure(self) -> None:
        """Go as far as it goes."""
        self._failure = await self.walk()

    def fact(self, public: "X509Store | None") -> ProxyReach:
        """What was measured; reads certificates, so all clocks have to have stopped."""
        return ProxyReach(
            proxy=self._host,
            proxy_port=self._port,
            address=self.address,
            resolve_ms=self.resolve_ms,
            connect_ms=self.connect_ms,
            tunnel=self.tunnel,
            tls=self.tls(public),
            http=self.http,
            schemes=self.schemes,
            failure=self._failure,
            failed_after_ms=self.failed_after_ms,
        )

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ByteStream | None]:
        """A new connection, with a tunnel where the proxy gives one; None where it does not."""
        setting = self.setting
        await self._look_up()
        self.begin("proxy_connect")
        async with AsyncExitStack() as stack:
            stream: ByteStream | None = await self._connect(stack)
            if stream is not None and setting.params.layer is not ReachLayer.HTTP:
                self.begin("tunnel")
                async with asyncio.timeout(setting.step_s()):
                    tunnel = await open_tunnel(
                        stream, host=setting.params.host, port=setting.params.port, clock=setting.ctx.clock
                    )
                self.tunnel = tunnel.answer
                stream = tunnel.stream if tunnel.answer.opened else None
            yield stream

    async def fetch(self, stream: ByteStream) -> HttpResult | None:
        """The exchange: with the target in a tunnel, else with the proxy."""
        if self.tunnel is not None:
            return await super().fetch(stream)
        setting = self.setting
        answer = await get(
            stream,
            host=setting.params.host,
            authority=setting.authority,
            path=setting.params.path,
            clock=setting.ctx.clock,
            of_proxy=True,
        )
        self.schemes = challenge_schemes(answer.proxy_challenges)
        return http_result(answer)

    async def _look_up(self) -> None:
        if self._addresses:
            return
        ctx = self.setting.ctx
        ctx.spend(LOOKUP_BYTES)
        began_s = ctx.clock.monotonic()
        async with asyncio.timeout(self.setting.step_s()):
            self._addresses = (await ctx.platform.resolve(self._host))[:_MAX_ADDRESSES]
        self.resolve_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)

    async def _connect(self, stack: AsyncExitStack) -> TcpStream:
        """To the first address that accepts; what the last one raised where none does."""
        *others, last = self._addresses
        for address in others:
            with contextlib.suppress(OSError):
                return await self._accepted(address, stack)
        return await self._accepted(last, stack)

    async def _accepted(self, address: str, stack: AsyncExitStack) -> TcpStream:
        setting = self.setting
        stream = await stack.enter_async_context(
            open_stream(setting.ctx, address, self._port, timeout_s=setting.step_s())
        )
        self.address = address
        self.connect_ms = stream.connect_ms
        return stream
