"""The steps towards a target over one way: TLS, HTTP/1.1; how the stream comes about is the way's own."""

import asyncio
import ssl
from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nexkit.facts.reach import HttpResult, ReachLayer, TlsResult, TrustProblem
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind
from nexkit.units import Ms, Seconds
from probes.exchange import certificate
from probes.exchange.block_page import block_marks
from probes.exchange.http1 import HttpAnswer, HttpError, get
from probes.exchange.stream import ByteStream, TimedStream
from probes.exchange.tls import NotTlsError, TlsStream
from probes.exchange.trust import unverified
from probes.reach.params import Setting

if TYPE_CHECKING:
    from OpenSSL.crypto import X509Store

HTTP1_ALPN = "http/1.1"
_HTTP_LAYERS = (ReachLayer.HTTP, ReachLayer.HTTPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """A finished TLS handshake, its certificates not yet read."""

    stream: TlsStream
    took_ms: Ms
    offered: tuple[str, ...]
    problem: TrustProblem | None


class Steps(ABC):
    """The way through the steps; what is set when a step fails has succeeded before."""

    alpn: tuple[str, ...] = (HTTP1_ALPN,)
    """What is offered in TLS."""

    def __init__(self, setting: Setting, first_step: str) -> None:
        self.setting = setting
        self.http: HttpResult | None = None
        self.failed_after_ms: Ms | None = None
        self._handshake: Handshake | None = None
        self.begin(first_step)

    @abstractmethod
    def open(self) -> AbstractAsyncContextManager[ByteStream | None]:
        """A new stream to the target; None where the way has ended with an answer of its own."""

    async def fetch(self, stream: ByteStream) -> HttpResult | None:
        """The exchange over a stream that is there; None where the other side agreed to something else."""
        setting = self.setting
        return http_result(
            await get(
                stream,
                host=setting.params.host,
                authority=setting.authority,
                path=setting.params.path,
                clock=setting.ctx.clock,
            )
        )

    def begin(self, step: str) -> None:
        """The step that fails if one fails from now on."""
        self.step = step
        self._step_began_s = self.setting.ctx.clock.monotonic()

    async def walk(self) -> Failure | None:
        """Go as far as it goes; why it went no further."""
        failure: Failure | None = None
        try:
            try:
                await self._go()
            except ssl.SSLCertVerificationError as error:
                await self.distrust(error)
        except (HttpError, NotTlsError):
            failure = Failure(kind=FailureKind.PROTOCOL, step=self.step)
        except (OSError, EOFError, BudgetExceededError) as error:
            failure = classify(error, step=self.step)
        if failure is not None:
            self.failed_after_ms = self._ms_since(self._step_began_s)
        return failure

    async def distrust(self, error: ssl.SSLCertVerificationError) -> None:
        """Shake hands once more without checking, because a refused certificate cannot be read from Python."""
        async with self.open() as stream:
            if stream is not None:
                await self._secure(stream, unverified(), certificate.trust_problem(error.verify_code))

    @property
    def handshake(self) -> Handshake | None:
        """How TLS went, if it came to that."""
        return self._handshake

    def tls(self, public: "X509Store | None") -> TlsResult | None:
        """What the handshake showed; reads certificates, so all clocks have to have stopped.

        With `public` they are checked against these authorities too.
        """
        return None if self._handshake is None else _tls_result(self._handshake, self.setting.server_name, public)

    async def _go(self) -> None:
        async with self.open() as tcp:
            if tcp is None:
                return
            stream: ByteStream = tcp
            if self.setting.trust is not None:
                self.begin("tls")
                stream = await self._secure(tcp, self.setting.trust, None)
            if self.setting.params.layer in _HTTP_LAYERS:
                self.begin("http")
                async with asyncio.timeout(self.setting.step_s()):
                    self.http = await self.fetch(stream)

    async def _secure(self, stream: ByteStream, context: ssl.SSLContext, problem: TrustProblem | None) -> TlsStream:
        timed = TimedStream(stream, self.setting.ctx.clock)
        context.set_alpn_protocols(list(self.alpn))  # read when the stream below is made: attempts share the context
        secured = TlsStream(timed, context, self.setting.server_name)
        async with asyncio.timeout(self.setting.step_s()):
            await secured.handshake()
        self._handshake = Handshake(stream=secured, took_ms=timed.waited_ms, offered=self.alpn, problem=problem)
        return secured

    def _ms_since(self, began_s: Seconds) -> Ms:
        return Ms((self.setting.ctx.clock.monotonic() - began_s) * 1000)


def http_result(answer: HttpAnswer) -> HttpResult:
    """An answer as the fact has it."""
    return HttpResult(
        status=answer.status,
        first_byte_ms=answer.first_byte_ms,
        total_ms=answer.total_ms,
        redirect_host=answer.redirect_host,
        server=answer.server,
        http3_offered=answer.http3_offered,
        block_marks=block_marks(answer),
        challenged=answer.challenged,
    )


def _tls_result(handshake: Handshake, host: str, public: "X509Store | None") -> TlsResult:
    stream = handshake.stream
    own, chain = stream.certificate, stream.chain
    public_problem = None if public is None else certificate.problem_with(chain, host, public)
    return TlsResult(
        version=stream.version,
        cipher=stream.cipher,
        handshake_ms=handshake.took_ms,
        trusted=handshake.problem is None,
        problem=handshake.problem,
        certificate=certificate.read_certificate(own) if own is not None else None,
        name_matches=_name_matches(handshake.problem, own, host),
        publicly_trusted=None if public is None else public_problem is None,
        public_problem=public_problem,
        chain=certificate.read_chain(chain),
        chain_length=len(chain),
        alpn_offered=handshake.offered,
        alpn=certificate.printable(stream.alpn) if stream.alpn is not None else None,
    )


def _name_matches(problem: TrustProblem | None, own: bytes | None, host: str) -> bool | None:
    """Said by the handshake itself where it was right or wrong in nothing else; read from the certificate if not."""
    if problem in (None, TrustProblem.WRONG_NAME):
        return problem is None
    return certificate.name_matches(own, host) if own is not None else None
