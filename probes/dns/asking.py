"""Asking one resolver over UDP and TCP."""

import asyncio
from functools import partial

from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Failure, FailureKind
from nexkit.probe import ProbeContext
from nexkit.units import Ms, Seconds
from probes.exchange.dns_message import answered, exchange_over_stream, is_answer, message_of, unanswered
from probes.exchange.dns_question import Question
from probes.exchange.stream import open_stream
from probes.exchange.udp import ask_udp

UDP_ATTEMPTS = 2


class Asker:
    """Asks one resolver; many questions may be under way at once."""

    def __init__(self, resolver: str, port: int, timeout_s: Seconds, ctx: ProbeContext) -> None:
        self._resolver = resolver
        self._port = port
        self._timeout_s = timeout_s
        self._ctx = ctx

    async def ask(self, question: Question) -> tuple[DnsQuery, ...]:
        """The query of one question, and for an answer cut short the one that repeats it over TCP."""
        if question.transport is DnsTransport.TCP:
            return (await self._ask_tcp(question),)
        query = await self._ask_udp(question)
        # Large answers are asked for over TCP anyway.
        repeat = query.truncated and question.role is not NameRole.LARGE
        return (query, await self._ask_tcp(question)) if repeat else (query,)

    async def _ask_udp(self, question: Question) -> DnsQuery:
        ctx = self._ctx
        attempts = 0
        while True:
            attempts += 1
            message = message_of(question, ctx.random)
            payload = message.to_wire()
            try:
                reply = await ask_udp(
                    ctx,
                    self._resolver,
                    self._port,
                    payload,
                    timeout_s=self._timeout_s,
                    accept=partial(is_answer, message),
                )
            except (OSError, BudgetExceededError) as error:
                if not isinstance(error, TimeoutError) or attempts == UDP_ATTEMPTS:
                    return unanswered(question, DnsTransport.UDP, attempts, classify(error, step="udp"))
            else:
                return answered(question, DnsTransport.UDP, attempts, reply.rtt_ms, reply.payload)

    async def _ask_tcp(self, question: Question) -> DnsQuery:
        ctx = self._ctx
        message = message_of(question, ctx.random)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                open_stream(ctx, self._resolver, self._port, timeout_s=self._timeout_s) as stream,
            ):
                began_s = ctx.clock.monotonic()
                reply = await exchange_over_stream(stream, message.to_wire())
                time_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)
        except (OSError, EOFError, BudgetExceededError) as error:
            return unanswered(question, DnsTransport.TCP, 1, classify(error, step="tcp"))
        if not is_answer(message, reply):
            failure = Failure(kind=FailureKind.PROTOCOL, step="tcp")
            return unanswered(question, DnsTransport.TCP, 1, failure)
        return answered(question, DnsTransport.TCP, 1, time_ms, reply)
