"""Portal probe: does a plain-HTTP check page arrive unchanged (RFC 8952 calls what changes it a captive portal)."""

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from nexkit.address import Family, family, is_address
from nexkit.consent import Consent
from nexkit.facts.portal import PortalAttempt, PortalCheck
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.hosts import authority, check_port, wire_host
from probes.exchange.http1 import HttpAnswer, HttpError, get
from probes.exchange.stream import TcpStream, open_stream
from probes.exchange.traffic import LOOKUP_BYTES

FETCHES = 2
PAUSE_S = Seconds(0.3)
_HTTP_PORT = 80
_OK = 200
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalParams:
    """The check page and what it always answers."""

    url: str
    body: str | None = None
    """What the page holds, white space around it left out; None: it answers 204 without a body."""
    timeout_s: Seconds = Seconds(3.0)
    """Of one fetch, lookup and connecting included."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"url: {self.url!r} must begin with http:// and name a host")
        wire_host(parts.hostname)
        check_port(_HTTP_PORT if parts.port is None else parts.port)


class PortalProbe:
    """Fetch the page twice, directly and without following redirects."""

    spec: ClassVar = ProbeSpec(
        id="portal",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=PortalParams,
        fact=PortalCheck,
        timeout_s=Seconds(20),
        max_bytes=Bytes(300_000),
    )

    async def run(self, params: PortalParams, ctx: ProbeContext) -> Outcome[PortalCheck]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        attempts = []
        for number in range(FETCHES):
            if number:
                await ctx.sleep(PAUSE_S)
            attempts.append(await _fetch(params, ctx))
            ctx.progress(Ratio((number + 1) / FETCHES))
        return Completed(PortalCheck(url=params.url, attempts=tuple(attempts)))


async def _fetch(params: PortalParams, ctx: ProbeContext) -> PortalAttempt:
    parts = urlsplit(params.url)
    host, port = parts.hostname or "", parts.port or _HTTP_PORT
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    step = "resolve"
    try:
        async with asyncio.timeout(params.timeout_s), AsyncExitStack() as stack:
            addresses = await _addresses(host, ctx)
            step = "connect"
            stream = await _open_any(addresses, port, params.timeout_s, stack, ctx)
            step = "http"
            answer = await get(
                stream,
                host=host,
                authority=authority(host, port, default_port=_HTTP_PORT),
                path=path,
                clock=ctx.clock,
            )
        return _answered(answer, params.body)
    except HttpError:
        failure = Failure(kind=FailureKind.PROTOCOL, step=step)
    except (OSError, EOFError, BudgetExceededError) as error:
        failure = classify(error, step=step)
    return PortalAttempt(status=None, as_expected=None, redirect_host=None, total_ms=None, failure=failure)


async def _addresses(host: str, ctx: ProbeContext) -> tuple[str, ...]:
    """The first address of each family, in the system's order."""
    if is_address(host):
        return (host,)
    ctx.spend(LOOKUP_BYTES)
    by_family: dict[Family, str] = {}
    for address in await ctx.platform.resolve(host):
        by_family.setdefault(family(address), address)
    return tuple(by_family.values())


async def _open_any(
    addresses: tuple[str, ...], port: int, timeout_s: Seconds, stack: AsyncExitStack, ctx: ProbeContext
) -> TcpStream:
    """A connection to the first address that takes one; each has the same share of the time, as has the answer."""
    share_s = Seconds(timeout_s / (len(addresses) + 1))
    for address in addresses[:-1]:
        with suppress(OSError):
            return await stack.enter_async_context(open_stream(ctx, address, port, timeout_s=share_s))
    return await stack.enter_async_context(open_stream(ctx, addresses[-1], port, timeout_s=share_s))


def _answered(answer: HttpAnswer, body: str | None) -> PortalAttempt:
    if body is None:
        as_expected = answer.status == _NO_CONTENT
    else:
        as_expected = answer.status == _OK and answer.body.strip() == body.strip().encode()
    return PortalAttempt(
        status=answer.status,
        as_expected=as_expected,
        redirect_host=answer.redirect_host,
        total_ms=answer.total_ms,
        failure=None,
    )
