"""Reach probe: every address of a host, step by step: TCP, TLS (RFC 8446), HTTP (RFC 9112)."""

import asyncio
import ssl
from collections import Counter
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import ClassVar

from nexkit.address import family, is_address
from nexkit.consent import Consent
from nexkit.facts.reach import (
    HttpResult,
    Reach,
    ReachAttempt,
    ReachLayer,
    TlsResult,
    TrustProblem,
)
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.certificate import read_certificate
from probes.exchange.hosts import authority, check_port, wire_host
from probes.exchange.http1 import HttpError, get
from probes.exchange.stream import ByteStream, TcpStream, open_stream
from probes.exchange.tls import NotTlsError, TlsStream
from probes.exchange.traffic import LOOKUP_BYTES

MAX_ADDRESSES = 8
_LOOKUP_SHARE = 0.8
_TLS_LAYERS = (ReachLayer.TLS, ReachLayer.HTTPS)
_HTTP_LAYERS = (ReachLayer.HTTP, ReachLayer.HTTPS)
_DEFAULT_PORTS = {ReachLayer.HTTP: 80, ReachLayer.HTTPS: 443}
_PROBLEMS = {  # X509_V_ERR_... of openssl/x509_vfy.h
    9: TrustProblem.NOT_YET_VALID,
    10: TrustProblem.EXPIRED,
    18: TrustProblem.SELF_SIGNED,
    19: TrustProblem.SELF_SIGNED,
    20: TrustProblem.UNKNOWN_ISSUER,
    21: TrustProblem.UNKNOWN_ISSUER,
    62: TrustProblem.WRONG_NAME,
    64: TrustProblem.WRONG_NAME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachParams:
    """What to reach and how far to go."""

    host: str
    """A name or a literal address."""
    port: int
    layer: ReachLayer
    address: str | None = None
    """Where to connect in place of looking the host up."""
    path: str = "/"
    expected_status: tuple[int, ...] = ()
    """Handed through to the fact."""
    step_timeout_s: Seconds = Seconds(3.0)
    """For each address of connecting, the handshake and the exchange."""
    total_s: Seconds = Seconds(15.0)
    """Of everything together: what was measured by then is kept. The lookup may take most of it, because a system
    with a dead first resolver answers late (5 s on Linux, resolv.conf(5)) and then correctly."""

    def __post_init__(self) -> None:
        wire_host(self.host)
        check_port(self.port)
        if self.address is not None and not is_address(self.address):
            raise ValueError("address: must be an IP address")


class ReachProbe:
    """Look a host up and go through the steps with each of its addresses, all at once.

    What cannot be reached is a result, with the step that failed. An untrusted certificate is described and ends the
    attempt: nothing is asked of a server that is not the right one.
    """

    spec: ClassVar = ProbeSpec(
        id="reach",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=ReachParams,
        fact=Reach,
        timeout_s=Seconds(30),
        max_bytes=Bytes(1_000_000),
    )

    async def run(self, params: ReachParams, ctx: ProbeContext) -> Outcome[Reach]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        until_s = Seconds(ctx.clock.monotonic() + params.total_s)
        addresses: tuple[str, ...] = (params.address or params.host,)
        resolve_ms: Ms | None = None
        resolve_failure: Failure | None = None
        if not is_address(addresses[0]):
            began_s = ctx.clock.monotonic()
            try:
                ctx.spend(LOOKUP_BYTES)
                async with asyncio.timeout(params.total_s * _LOOKUP_SHARE):
                    addresses = _fair_share(await ctx.platform.resolve(params.host))
            except (OSError, BudgetExceededError) as error:
                addresses = ()
                resolve_failure = classify(error, step="resolve")
            resolve_ms = _ms_since(began_s, ctx)
        attempts = await _attempt_all(addresses, params, until_s, ctx)
        return Completed(
            Reach(
                host=params.host,
                port=params.port,
                layer=params.layer,
                expected_status=params.expected_status,
                resolve_ms=resolve_ms,
                resolve_failure=resolve_failure,
                attempts=attempts,
            )
        )


def _fair_share(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """At most `MAX_ADDRESSES`, the first ones of both families, in the order given."""
    seen: Counter[object] = Counter()
    ranks: dict[str, int] = {}
    for address in addresses:
        ranks[address] = seen[family(address)]
        seen[family(address)] += 1
    kept = sorted(addresses, key=ranks.__getitem__)[:MAX_ADDRESSES]
    return tuple(address for address in addresses if address in kept)


async def _attempt_all(
    addresses: tuple[str, ...], params: ReachParams, until_s: Seconds, ctx: ProbeContext
) -> tuple[ReachAttempt, ...]:
    trust: ssl.SSLContext | None = None
    if addresses and params.layer in _TLS_LAYERS:
        # Reading the system's certificates takes 20 ms or more, in which no clock of another probe would run.
        trust = _for_http1(await in_daemon_thread(ctx.platform.trust))
    ended = 0

    async def attempt(address: str) -> ReachAttempt:
        nonlocal ended
        result = await _Attempt(address, params, until_s, trust, ctx).run()
        ended += 1
        ctx.progress(Ratio(ended / len(addresses)))
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(attempt(address)) for address in addresses]
    return tuple(task.result() for task in tasks)


def _for_http1(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_alpn_protocols(["http/1.1"])
    return context


def _unverified() -> ssl.SSLContext:
    """For looking at the certificate of a server that is not trusted; nothing else is done with such a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _for_http1(context)


def _ms_since(began_s: Seconds, ctx: ProbeContext) -> Ms:
    return Ms((ctx.clock.monotonic() - began_s) * 1000)


class _Attempt:
    """The way through the steps with one address; what is set when a step fails has succeeded before."""

    def __init__(
        self, address: str, params: ReachParams, until_s: Seconds, trust: ssl.SSLContext | None, ctx: ProbeContext
    ) -> None:
        self._address = address
        self._params = params
        self._until_s = until_s
        self._trust = trust
        self._ctx = ctx
        self._step = "connect"
        self._connect_ms: Ms | None = None
        self._tls: TlsResult | None = None
        self._certificate: bytes | None = None
        self._http: HttpResult | None = None

    async def run(self) -> ReachAttempt:
        """Go as far as it goes."""
        failure: Failure | None = None
        try:
            try:
                await self._go()
            except ssl.SSLCertVerificationError as error:
                await self._look_at(_PROBLEMS.get(error.verify_code, TrustProblem.OTHER))
        except (HttpError, NotTlsError):
            failure = Failure(kind=FailureKind.PROTOCOL, step=self._step)
        except (OSError, EOFError, BudgetExceededError) as error:
            failure = classify(error, step=self._step)
        if self._tls is not None and self._certificate is not None:
            certificate = await in_daemon_thread(read_certificate, self._certificate)
            self._tls = replace(self._tls, certificate=certificate)
        return ReachAttempt(
            address=self._address, connect_ms=self._connect_ms, tls=self._tls, http=self._http, failure=failure
        )

    async def _go(self) -> None:
        async with self._open() as tcp:
            self._connect_ms = tcp.connect_ms
            stream: ByteStream = tcp
            if self._trust is not None:
                self._step = "tls"
                stream = await self._handshake(tcp, self._trust, None)
            if self._params.layer in _HTTP_LAYERS:
                self._step = "http"
                self._http = await self._fetch(stream)

    async def _look_at(self, problem: TrustProblem) -> None:
        """Shake hands once more without checking, because a refused certificate cannot be read from Python."""
        async with self._open() as tcp:
            await self._handshake(tcp, _unverified(), problem)

    def _open(self) -> AbstractAsyncContextManager[TcpStream]:
        return open_stream(self._ctx, self._address, self._params.port, timeout_s=self._step_s())

    def _step_s(self) -> Seconds:
        """What the next step may take."""
        return Seconds(max(0.0, min(self._params.step_timeout_s, self._until_s - self._ctx.clock.monotonic())))

    async def _handshake(self, tcp: TcpStream, context: ssl.SSLContext, problem: TrustProblem | None) -> TlsStream:
        stream = TlsStream(tcp, context, wire_host(self._params.host).removesuffix("."))
        began_s = self._ctx.clock.monotonic()
        async with asyncio.timeout(self._step_s()):
            await stream.handshake()
        self._tls = TlsResult(
            version=stream.version,
            cipher=stream.cipher,
            handshake_ms=_ms_since(began_s, self._ctx),
            trusted=problem is None,
            problem=problem,
            certificate=None,
        )
        self._certificate = stream.certificate
        return stream

    async def _fetch(self, stream: ByteStream) -> HttpResult:
        params = self._params
        async with asyncio.timeout(self._step_s()):
            answer = await get(
                stream,
                host=params.host,
                authority=authority(params.host, params.port, default_port=_DEFAULT_PORTS[params.layer]),
                path=params.path,
                clock=self._ctx.clock,
            )
        return HttpResult(
            status=answer.status,
            first_byte_ms=answer.first_byte_ms,
            total_ms=answer.total_ms,
            redirect_host=answer.redirect_host,
            server=answer.server,
        )
