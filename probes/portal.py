"""Portal probe: does a plain-HTTP check page arrive unchanged (RFC 8952 calls what changes it a captive portal)."""

import asyncio
import hashlib
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from nexkit.address import Family, family, is_address
from nexkit.consent import Consent
from nexkit.facts.portal import PortalAttempt, PortalCheck, SignInPage
from nexkit.failures import BudgetExceededError, KitLimitError, classify
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.hosts import authority, check_port, wire_host
from probes.exchange.http1 import HttpAnswer, HttpError, get
from probes.exchange.stream import TcpStream, open_stream
from probes.exchange.traffic import LOOKUP_BYTES

FETCHES = 2
MAX_FETCHES = 3
"""Where two differ, a third one shows which of them happens more often."""
PAUSE_S = Seconds(0.3)
_HTTP_PORT = 80
_HTTPS_PORT = 443
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
    """Fetch the page twice, directly and without following redirects; a third time where the two differ.

    Where a redirect points to another host, see whether that one answers: a portal whose page is down is a fault too.
    """

    spec: ClassVar = ProbeSpec(
        id="portal",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=PortalParams,
        fact=PortalCheck,
        timeout_s=Seconds(20),
        max_bytes=Bytes(400_000),
    )

    async def run(self, params: PortalParams, ctx: ProbeContext) -> Outcome[PortalCheck]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        fetched = [await _fetch(params, ctx)]
        while len(fetched) < FETCHES or (
            len(fetched) < MAX_FETCHES and len({each.attempt.as_expected for each in fetched}) > 1
        ):
            ctx.progress(Ratio(len(fetched) / MAX_FETCHES))
            await ctx.sleep(PAUSE_S)
            fetched.append(await _fetch(params, ctx))
        sums = [each.attempt.body_sha256 for each in fetched if each.attempt.status is not None]
        return Completed(
            PortalCheck(
                url=params.url,
                attempts=tuple(each.attempt for each in fetched),
                same_body=len(set(sums)) == 1 if len(sums) >= FETCHES else None,
                sign_in=await _sign_in(fetched, params, ctx),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fetched:
    """One fetch, and where it was sent on to."""

    attempt: PortalAttempt
    location: str | None = None


async def _fetch(params: PortalParams, ctx: ProbeContext) -> _Fetched:
    parts = urlsplit(params.url)
    host, port = parts.hostname or "", parts.port or _HTTP_PORT
    challenge = f"{ctx.random.getrandbits(64):016x}"
    step = "resolve"
    address: str | None = None
    try:
        async with asyncio.timeout(params.timeout_s), AsyncExitStack() as stack:
            addresses = await _addresses(host, ctx)
            step = "connect"
            address, stream = await _open_any(addresses, port, params.timeout_s, stack, ctx)
            step = "http"
            answer = await get(
                stream,
                host=host,
                authority=authority(host, port, default_port=_HTTP_PORT),
                path=_path(parts),
                clock=ctx.clock,
                challenge=challenge,
            )
        return _Fetched(attempt=_answered(answer, params.body, address, challenge), location=answer.location)
    except HttpError:
        failure = Failure(kind=FailureKind.PROTOCOL, step=step)
    except (OSError, EOFError, BudgetExceededError) as error:
        failure = classify(error, step=step)
    return _Fetched(
        attempt=PortalAttempt(
            status=None, as_expected=None, redirect_host=None, total_ms=None, failure=failure, address=address
        )
    )


def _path(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def _sign_in(fetched: list[_Fetched], params: PortalParams, ctx: ProbeContext) -> SignInPage | None:
    """Whether the host that a redirect points to answers, as a browser would find it; its page is not read."""
    location = next((each.location for each in fetched if each.location is not None), None)
    if location is None:
        return None
    parts = urlsplit(location)
    host, secure = parts.hostname or "", parts.scheme == "https"
    if host == urlsplit(params.url).hostname:
        return None
    port = parts.port or (_HTTPS_PORT if secure else _HTTP_PORT)
    failure: Failure | None = None
    status: int | None = None
    step = "resolve"
    try:
        async with asyncio.timeout(params.timeout_s), AsyncExitStack() as stack:
            addresses = await _addresses(host, ctx)
            step = "connect"
            _address, stream = await _open_any(addresses, port, params.timeout_s, stack, ctx)
            if not secure:
                step = "http"
                answer = await get(
                    stream,
                    host=host,
                    authority=authority(host, port, default_port=_HTTP_PORT),
                    path=_path(parts),
                    clock=ctx.clock,
                    max_body_bytes=1,
                )
                status = answer.status
    except KitLimitError:
        return None  # a redirect does not make this program call where it must not
    except HttpError:
        failure = Failure(kind=FailureKind.PROTOCOL, step=step)
    except (OSError, EOFError, BudgetExceededError) as error:
        failure = classify(error, step=step)
    return SignInPage(host=wire_host(host), secure=secure, reached=failure is None, status=status, failure=failure)


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
) -> tuple[str, TcpStream]:
    """A connection to the first address that takes one; each has the same share of the time, as has the answer."""
    share_s = Seconds(timeout_s / (len(addresses) + 1))
    for address in addresses[:-1]:
        with suppress(OSError):
            return address, await stack.enter_async_context(open_stream(ctx, address, port, timeout_s=share_s))
    last = addresses[-1]
    return last, await stack.enter_async_context(open_stream(ctx, last, port, timeout_s=share_s))


def _answered(answer: HttpAnswer, body: str | None, address: str, challenge: str) -> PortalAttempt:
    if body is None:
        as_expected = answer.status == _NO_CONTENT
    else:
        as_expected = answer.status == _OK and answer.body.strip() == body.strip().encode()
    reply = answer.challenge_reply
    return PortalAttempt(
        status=answer.status,
        as_expected=as_expected,
        redirect_host=answer.redirect_host,
        total_ms=answer.total_ms,
        failure=None,
        address=address,
        server=answer.server,
        body_bytes=Bytes(len(answer.body)),
        body_sha256=hashlib.sha256(answer.body).hexdigest() if answer.body else None,
        challenge_answered=None if reply is None else reply == f"response {challenge}",
    )
