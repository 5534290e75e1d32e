"""Connections to hosts by name: every name is looked up once, every address tried in turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from nexkit.address import is_address
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.hosts import wire_host
from probes.exchange.stream import ByteStream, TcpStream, open_stream
from probes.exchange.tls import TlsStream
from probes.exchange.traffic import LOOKUP_BYTES

_MAX_ADDRESSES = 4


class StepError(Exception):
    """A step failed; the failure says which."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class Connector:
    """Opens connections for one run of the probe."""

    def __init__(self, ctx: ProbeContext, step_timeout_s: Seconds) -> None:
        self.ctx = ctx
        self.step_timeout_s = step_timeout_s
        self._found: dict[str, asyncio.Task[tuple[str, ...]]] = {}

    def since_ms(self, began_s: Seconds) -> Ms:
        """Time gone by."""
        return Ms((self.ctx.clock.monotonic() - began_s) * 1000)

    async def addresses(self, host: str) -> tuple[str, ...]:
        """At most four addresses of a host; OSError or BudgetExceededError without any."""
        if is_address(host):
            return (host,)
        if host not in self._found:
            self._found[host] = asyncio.create_task(self._look_up(host))
        return (await asyncio.shield(self._found[host]))[:_MAX_ADDRESSES]

    async def _look_up(self, host: str) -> tuple[str, ...]:
        self.ctx.spend(LOOKUP_BYTES)
        async with asyncio.timeout(self.step_timeout_s):
            return await self.ctx.platform.resolve(host)

    async def close(self) -> None:
        """End the lookups that are still under way."""
        for task in self._found.values():
            task.cancel()
        await asyncio.gather(*self._found.values(), return_exceptions=True)

    @asynccontextmanager
    async def tcp(self, host: str, port: int) -> AsyncIterator[TcpStream]:
        """A connection to the first address that takes one; StepError at `resolve` or `connect`."""
        try:
            addresses = await self.addresses(host)
        except (OSError, BudgetExceededError) as error:
            raise StepError(classify(error, step="resolve")) from error
        async with AsyncExitStack() as stack:
            yield await self._first(addresses, port, stack)

    async def _first(self, addresses: tuple[str, ...], port: int, stack: AsyncExitStack) -> TcpStream:
        failures: list[Failure] = []
        for address in addresses:
            share_s = Seconds(self.step_timeout_s / len(addresses))
            try:
                return await stack.enter_async_context(open_stream(self.ctx, address, port, timeout_s=share_s))
            except (OSError, BudgetExceededError) as error:
                failures.append(classify(error, step="connect"))
        raise StepError(failures[0])

    async def secured(self, tcp: TcpStream, host: str) -> ByteStream:
        """TLS on a connection, the certificate checked; raises as `TlsStream.handshake` does."""
        trust = await in_daemon_thread(self.ctx.platform.trust)
        stream = TlsStream(tcp, trust, wire_host(host).removesuffix("."))
        async with asyncio.timeout(self.step_timeout_s):
            await stream.handshake()
        return stream
