"""Encrypted DNS probe: a resolver over TLS (RFC 7858) or HTTPS (RFC 8484), step by step for each of its addresses."""

import asyncio
import importlib
import ssl
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import SplitResult, urlsplit

from nexkit.address import family, is_address
from nexkit.consent import Consent
from nexkit.facts.dns import DnsQuery, DnsTransport, EncryptedAnswers, EncryptedAttempt, NameRole
from nexkit.facts.reach import TlsResult, TrustProblem
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange import certificate, http1, http2
from probes.exchange.dns_question import Question
from probes.exchange.hosts import authority, check_port, wire_host
from probes.exchange.http1 import HttpAnswer, HttpError
from probes.exchange.stream import TimedStream, open_stream
from probes.exchange.tls import NotTlsError, TlsStream
from probes.exchange.traffic import LOOKUP_BYTES
from probes.exchange.trust import unverified

if TYPE_CHECKING:
    import dns.message

MAX_CONTROLS = 3
_LOOKUP_SHARE = 0.6
_TLS_PORT = 853
_HTTPS_PORT = 443
_HTTP_OK = 200
_DOT_PROTOCOL = "dot"
_DOH_PROTOCOLS = (http2.ALPN, "http/1.1")
"""In the order of preference: RFC 8484 section 5.2 recommends HTTP/2 as the least version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedDnsParams:
    """Whom to ask for what; literal addresses among the names are left out."""

    resolver: str
    """`tls://host` or `https://host/path`, with `:port` where it is not the usual one."""
    controls: tuple[str, ...] = ()
    step_timeout_s: Seconds = Seconds(3.0)
    """For each address of connecting, the handshake and each question."""
    total_s: Seconds = Seconds(10.0)
    """Of everything together: what was measured by then is kept."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.resolver)
            port = parts.port
        except ValueError:
            raise ValueError(f"resolver: {self.resolver!r} is no web address") from None
        if parts.scheme not in {"tls", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError(f"resolver: {self.resolver!r} is neither tls://host nor https://host/path")
        wire_host(parts.hostname)
        if port is not None:
            check_port(port)
        for name in self.controls:
            wire_host(name)


class EncryptedDnsProbe:
    """Look the resolver up, go to one address of each family, shake hands, and ask for every name.

    What cannot be reached is a result, with the step that failed. An untrusted certificate is described and ends the
    attempt: nothing is asked of a server that is not the right one.
    """

    spec: ClassVar = ProbeSpec(
        id="encrypted_dns",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=EncryptedDnsParams,
        fact=EncryptedAnswers,
        timeout_s=Seconds(20),
        max_bytes=Bytes(200_000),
    )

    async def run(self, params: EncryptedDnsParams, ctx: ProbeContext) -> Outcome[EncryptedAnswers]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        parts = urlsplit(params.resolver)
        until_s = Seconds(ctx.clock.monotonic() + params.total_s)
        # Its library takes 90 ms to import, in which the clock of no other probe would run.
        await in_daemon_thread(importlib.import_module, "probes.exchange.dns_message")
        if parts.scheme == "https":
            await in_daemon_thread(http2.load)
        addresses: tuple[str, ...] = (parts.hostname or "",)
        resolve_ms: Ms | None = None
        resolve_failure: Failure | None = None
        if not is_address(addresses[0]):
            began_s = ctx.clock.monotonic()
            try:
                ctx.spend(LOOKUP_BYTES)
                async with asyncio.timeout(params.total_s * _LOOKUP_SHARE):
                    addresses = _first_of_families(await ctx.platform.resolve(addresses[0]))
            except (OSError, BudgetExceededError) as error:
                addresses = ()
                resolve_failure = classify(error, step="resolve")
            resolve_ms = _ms_since(began_s, ctx)
        attempts: tuple[EncryptedAttempt, ...] = ()
        if addresses:
            trust = _for(parts, await in_daemon_thread(ctx.platform.trust))
            async with asyncio.TaskGroup() as group:
                running = [_Attempt(address, parts, params, until_s, trust, ctx) for address in addresses]
                tasks = [group.create_task(each.run()) for each in running]
            attempts = tuple(task.result() for task in tasks)
        ctx.progress(Ratio(1.0))
        return Completed(
            EncryptedAnswers(
                resolver=params.resolver,
                transport=_transport(parts),
                resolve_ms=resolve_ms,
                resolve_failure=resolve_failure,
                attempts=attempts,
            )
        )


def _transport(parts: SplitResult) -> DnsTransport:
    return DnsTransport.TLS if parts.scheme == "tls" else DnsTransport.HTTPS


def _for(parts: SplitResult, context: ssl.SSLContext) -> ssl.SSLContext:
    """The context with the protocols that are offered (RFC 7301)."""
    context.set_alpn_protocols(list(_protocols(parts)))
    return context


def _protocols(parts: SplitResult) -> tuple[str, ...]:
    return (_DOT_PROTOCOL,) if parts.scheme == "tls" else _DOH_PROTOCOLS


def _first_of_families(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """One address of each family, in the order given: enough to tell whether the family's way is open."""
    return tuple({family(address): address for address in reversed(addresses)}.values())[::-1]


def _ms_since(began_s: Seconds, ctx: ProbeContext) -> Ms:
    return Ms((ctx.clock.monotonic() - began_s) * 1000)


class _Attempt:
    """The way through the steps with one address; what is set when a step fails has succeeded before."""

    def __init__(
        self,
        address: str,
        parts: SplitResult,
        params: EncryptedDnsParams,
        until_s: Seconds,
        trust: ssl.SSLContext,
        ctx: ProbeContext,
    ) -> None:
        self._address = address
        self._parts = parts
        self._host = parts.hostname or ""
        self._default_port = _TLS_PORT if parts.scheme == "tls" else _HTTPS_PORT
        self._port = parts.port or self._default_port
        names = [name for name in params.controls if not is_address(name)][:MAX_CONTROLS]
        self._questions = [Question(name=name, role=NameRole.CONTROL, transport=_transport(parts)) for name in names]
        self._step_timeout_s = params.step_timeout_s
        self._until_s = until_s
        self._trust = trust
        self._ctx = ctx
        self._step = "connect"
        self._connect_ms: Ms | None = None
        self._tls: TlsResult | None = None
        self._certificate: bytes | None = None
        self._http_status: int | None = None
        self._queries: list[DnsQuery] = []

    async def run(self) -> EncryptedAttempt:
        """Go as far as it goes."""
        failure: Failure | None = None
        try:
            try:
                await (self._ask_over_tls() if self._parts.scheme == "tls" else self._ask_over_https())
            except ssl.SSLCertVerificationError as error:
                async with self._open(_for(self._parts, unverified()), certificate.trust_problem(error.verify_code)):
                    pass  # the certificate is kept; nothing is asked
        except (HttpError, NotTlsError):
            failure = Failure(kind=FailureKind.PROTOCOL, step=self._step)
        except (OSError, EOFError, BudgetExceededError) as error:
            failure = classify(error, step=self._step)
        if self._tls is not None and self._certificate is not None:
            own, host = self._certificate, wire_host(self._host).removesuffix(".")
            self._tls = replace(
                self._tls,
                certificate=await in_daemon_thread(certificate.read_certificate, own),
                name_matches=await in_daemon_thread(certificate.name_matches, own, host),
            )
        return EncryptedAttempt(
            address=self._address,
            connect_ms=self._connect_ms,
            tls=self._tls,
            http_status=self._http_status,
            queries=tuple(self._queries),
            failure=failure,
        )

    def _step_s(self) -> Seconds:
        """What the next step may take."""
        return Seconds(max(0.0, min(self._step_timeout_s, self._until_s - self._ctx.clock.monotonic())))

    @asynccontextmanager
    async def _open(self, context: ssl.SSLContext, problem: TrustProblem | None = None) -> AsyncIterator[TlsStream]:
        """A connection that has shaken hands."""
        self._step = "connect"
        async with open_stream(self._ctx, self._address, self._port, timeout_s=self._step_s()) as tcp:
            self._connect_ms = tcp.connect_ms
            self._step = "tls"
            timed = TimedStream(tcp, self._ctx.clock)
            stream = TlsStream(timed, context, wire_host(self._host).removesuffix("."))
            async with asyncio.timeout(self._step_s()):
                await stream.handshake()
            self._tls = TlsResult(
                version=stream.version,
                cipher=stream.cipher,
                handshake_ms=timed.waited_ms,
                trusted=problem is None,
                problem=problem,
                certificate=None,
                alpn_offered=_protocols(self._parts),
                alpn=certificate.printable(stream.alpn) if stream.alpn is not None else None,
            )
            self._certificate = stream.certificate
            yield stream

    async def _ask_over_tls(self) -> None:
        """All questions over one connection, one after the other."""
        from probes.exchange.dns_message import exchange_over_stream, message_of

        async with self._open(self._trust) as stream:
            for question in self._questions:
                self._step = "dns"
                message = message_of(question, self._ctx.random)
                began_s = self._ctx.clock.monotonic()
                async with asyncio.timeout(self._step_s()):
                    reply = await exchange_over_stream(stream, message.to_wire())
                self._keep(question, message, reply, _ms_since(began_s, self._ctx))

    async def _ask_over_https(self) -> None:
        """Each question over a connection of its own."""
        from probes.exchange.dns_message import message_of

        if not self._questions:
            async with self._open(self._trust):
                return
        for question in self._questions:
            # Without an id of its own, so that caches on the way can answer (RFC 8484 section 4.1).
            message = message_of(question, self._ctx.random)
            message.id = 0
            async with self._open(self._trust) as stream:
                self._step = "http"
                async with asyncio.timeout(self._step_s()):
                    answer = await self._fetch(stream, message.to_wire())
            self._http_status = answer.status
            if answer.status != _HTTP_OK:
                raise HttpError
            self._step = "dns"
            self._keep(question, message, answer.body, answer.total_ms)

    async def _fetch(self, stream: TlsStream, payload: bytes) -> HttpAnswer:
        get = http2.get if stream.alpn == http2.ALPN else http1.get
        parameter = urlsafe_b64encode(payload).rstrip(b"=").decode("ascii")
        return await get(
            stream,
            host=self._host,
            authority=authority(self._host, self._port, default_port=self._default_port),
            path=f"{self._parts.path or '/'}?dns={parameter}",
            clock=self._ctx.clock,
        )

    def _keep(self, question: Question, message: "dns.message.Message", reply: bytes, time_ms: Ms) -> None:
        from probes.exchange.dns_message import answered, is_answer, unanswered

        if is_answer(message, reply):
            self._queries.append(answered(question, question.transport, 1, time_ms, reply))
        else:
            failure = Failure(kind=FailureKind.PROTOCOL, step="dns")
            self._queries.append(unanswered(question, question.transport, 1, failure))
