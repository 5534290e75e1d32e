"""DNS probe: what one resolver answers, asked directly over UDP and TCP (RFC 1035, RFC 7766)."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from nexkit.address import is_address
from nexkit.consent import Consent
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers
from nexkit.failures import BudgetExceededError, classify
from nexkit.host_name import wire_name
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.hosts import check_port, wire_host
from probes.exchange.stream import TcpStream, open_stream
from probes.exchange.traffic import udp_bytes

SPACING_S = Seconds(0.01)
"""Between two questions, because forwarders in small routers drop bursts."""
UDP_ATTEMPTS = 2
MAX_ADDRESSES = 32
_LABEL_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LABEL_LENGTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsParams:
    """Whom to ask for what; literal addresses among the names are left out."""

    resolver: str
    """A literal address, link-local ones with their zone."""
    port: int = 53
    controls: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    timeout_s: Seconds = Seconds(2.0)
    """Of one question; over UDP it is asked twice."""

    def __post_init__(self) -> None:
        if not is_address(self.resolver):
            raise ValueError(f"resolver: {self.resolver!r} is no IP address")
        check_port(self.port)
        for name in (*self.controls, *self.services):
            wire_host(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    name: str
    role: NameRole
    rdtype: str = "A"
    transport: DnsTransport = DnsTransport.UDP


class DnsProbe:
    """Ask one resolver for every name, for a name that no cache holds and for one that does not exist.

    A silent resolver is a result. All questions are under way at once, so it costs two time-outs, not two for each.
    """

    spec: ClassVar = ProbeSpec(
        id="dns",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=DnsParams,
        fact=ResolverAnswers,
        timeout_s=Seconds(20),
        max_bytes=Bytes(200_000),
    )

    async def run(self, params: DnsParams, ctx: ProbeContext) -> Outcome[ResolverAnswers]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        questions = tuple(_questions(params, ctx.random))
        answered = 0

        async def ask(question: _Question) -> tuple[DnsQuery, ...]:
            nonlocal answered
            queries = await _ask(question, params, ctx)
            answered += 1
            ctx.progress(Ratio(answered / len(questions)))
            return queries

        async with asyncio.TaskGroup() as group:
            tasks = []
            for question in questions:
                tasks.append(group.create_task(ask(question)))
                await ctx.sleep(SPACING_S)
        queries = tuple(query for task in tasks for query in task.result())
        return Completed(ResolverAnswers(resolver=params.resolver, port=params.port, queries=queries))


def _questions(params: DnsParams, rng: random.Random) -> Iterator[_Question]:
    controls = [name for name in params.controls if not is_address(name)]
    services = [name for name in params.services if not is_address(name)]
    for role, names in ((NameRole.CONTROL, controls), (NameRole.SERVICE, services)):
        for name in names:
            for rdtype in ("A", "AAAA"):
                yield _Question(name=name, role=role, rdtype=rdtype)
    if controls:
        yield _Question(name=f"{_random_label(rng)}.{controls[0]}", role=NameRole.UNCACHED)
        yield _Question(name=controls[0], role=NameRole.CONTROL, transport=DnsTransport.TCP)
    yield _Question(name=f"{_random_label(rng)}.invalid", role=NameRole.NONEXISTENT)


def _random_label(rng: random.Random) -> str:
    return "".join(rng.choices(_LABEL_LETTERS, k=_LABEL_LENGTH))


async def _ask(question: _Question, params: DnsParams, ctx: ProbeContext) -> tuple[DnsQuery, ...]:
    """The query of one question, and for an answer cut short the one that repeats it over TCP."""
    if question.transport is DnsTransport.TCP:
        return (await _ask_tcp(question, params, ctx),)
    query = await _ask_udp(question, params, ctx)
    return (query, await _ask_tcp(question, params, ctx)) if query.truncated else (query,)


async def _ask_udp(question: _Question, params: DnsParams, ctx: ProbeContext) -> DnsQuery:
    attempts = 0
    while True:
        attempts += 1
        message = _message(question, ctx.random)
        payload = message.to_wire()
        try:
            ctx.spend(udp_bytes(len(payload)))
            reply = await ctx.platform.exchange_udp(
                params.resolver,
                params.port,
                payload,
                timeout_s=params.timeout_s,
                accept=partial(_is_answer, message),
            )
            ctx.spend(udp_bytes(len(reply.payload)))
        except (OSError, BudgetExceededError) as error:
            if not isinstance(error, TimeoutError) or attempts == UDP_ATTEMPTS:
                return _unanswered(question, DnsTransport.UDP, attempts, classify(error, step="udp"))
        else:
            return _answered(question, DnsTransport.UDP, attempts, reply.rtt_ms, reply.payload)


async def _ask_tcp(question: _Question, params: DnsParams, ctx: ProbeContext) -> DnsQuery:
    message = _message(question, ctx.random)
    payload = message.to_wire()
    try:
        async with (
            asyncio.timeout(params.timeout_s),
            open_stream(ctx, params.resolver, params.port, timeout_s=params.timeout_s) as stream,
        ):
            began_s = ctx.clock.monotonic()
            await stream.send(len(payload).to_bytes(2, "big") + payload)
            reply = await _receive_message(stream)
            time_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)
    except (OSError, EOFError, BudgetExceededError) as error:
        return _unanswered(question, DnsTransport.TCP, 1, classify(error, step="tcp"))
    if not _is_answer(message, reply):
        return _unanswered(question, DnsTransport.TCP, 1, Failure(kind=FailureKind.PROTOCOL, step="tcp"))
    return _answered(question, DnsTransport.TCP, 1, time_ms, reply)


def _message(question: _Question, rng: random.Random) -> dns.message.Message:
    """The question with an id of its own: who does not see it must guess id and port (RFC 5452)."""
    return dns.message.make_query(wire_name(question.name), question.rdtype, id=rng.randrange(1 << 16))


def _is_answer(question: dns.message.Message, payload: bytes) -> bool:
    """Whether a message answers the question: same id, same question, marked as a response."""
    try:
        return question.is_response(dns.message.from_wire(payload, question_only=True))
    except dns.exception.DNSException:
        return False


async def _receive_message(stream: TcpStream) -> bytes:
    """One message with its length before it (RFC 1035, section 4.2.2); EOFError where it is not whole."""
    received = bytearray()
    while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):  # noqa: PLR2004  length field
        data = await stream.receive()
        if not data:
            raise EOFError
        received += data
    return bytes(received[2 : 2 + int.from_bytes(received[:2], "big")])


def _answered(question: _Question, transport: DnsTransport, attempts: int, time_ms: Ms, payload: bytes) -> DnsQuery:
    """What an answer says. One cut short may end in the middle of a record: its code still counts."""
    head = dns.message.from_wire(payload, question_only=True)
    truncated = bool(head.flags & dns.flags.TC)
    try:
        whole = dns.message.from_wire(payload, ignore_trailing=True)
    except dns.exception.DNSException:
        if not truncated:
            return _unanswered(question, transport, attempts, Failure(kind=FailureKind.PROTOCOL, step=transport.value))
        whole = head
    # Records of another class have other content: a resolver that answers with such a one gave no address.
    wanted = (dns.rdataclass.IN, dns.rdatatype.from_text(question.rdtype))
    addresses = tuple(
        record.address for rrset in whole.answer if (rrset.rdclass, rrset.rdtype) == wanted for record in rrset
    )
    return DnsQuery(
        name=question.name,
        role=question.role,
        rdtype=question.rdtype,
        transport=transport,
        attempts=attempts,
        time_ms=time_ms,
        rcode=dns.rcode.to_text(whole.rcode()),
        addresses=addresses[:MAX_ADDRESSES],
        truncated=truncated,
        failure=None,
    )


def _unanswered(question: _Question, transport: DnsTransport, attempts: int, failure: Failure) -> DnsQuery:
    return DnsQuery(
        name=question.name,
        role=question.role,
        rdtype=question.rdtype,
        transport=transport,
        attempts=attempts,
        time_ms=None,
        rcode=None,
        addresses=(),
        truncated=None,
        failure=failure,
    )
