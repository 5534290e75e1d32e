"""DNS messages (RFC 1035) to and from facts. Importing dnspython takes 90 ms: only a running probe imports this."""

import random

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype

from nexkit.facts.dns import DnsQuery, DnsTransport
from nexkit.host_name import wire_name
from nexkit.outcome import Failure, FailureKind
from nexkit.units import Bytes, Ms
from probes.exchange.dns_question import Question
from probes.exchange.stream import ByteStream

MAX_ADDRESSES = 32
_MAX_EXTENDED_ERRORS = 4
_ADDRESS_TYPES = frozenset({"A", "AAAA"})


def message_of(question: Question, rng: random.Random) -> dns.message.Message:
    """The question with an id of its own: who does not see it must guess id and port (RFC 5452)."""
    name = dns.name.root if question.name == "." else wire_name(question.name)
    message = dns.message.make_query(name, question.rdtype, id=rng.randrange(1 << 16))
    if question.edns_bytes is not None:
        message.use_edns(0, dns.flags.DO if question.dnssec else 0, payload=question.edns_bytes)
    if question.dnssec:
        message.flags |= dns.flags.AD
    if question.unchecked:
        message.flags |= dns.flags.CD
    return message


def is_answer(question: dns.message.Message, payload: bytes) -> bool:
    """Whether a message answers the question: same id, same question, marked as a response."""
    try:
        return question.is_response(dns.message.from_wire(payload, question_only=True))
    except dns.exception.DNSException:
        return False


async def exchange_over_stream(stream: ByteStream, payload: bytes) -> bytes:
    """Send one message and receive one, each with its length before it (RFC 1035, section 4.2.2).

    EOFError where the other side hangs up before the answer is whole.
    """
    await stream.send(len(payload).to_bytes(2, "big") + payload)
    received = bytearray()
    while len(received) < 2 or len(received) < 2 + int.from_bytes(received[:2], "big"):  # noqa: PLR2004  length field
        data = await stream.receive()
        if not data:
            raise EOFError
        received += data
    return bytes(received[2 : 2 + int.from_bytes(received[:2], "big")])


def answered(question: Question, transport: DnsTransport, attempts: int, time_ms: Ms, payload: bytes) -> DnsQuery:
    """What an answer says. One cut short may end in the middle of a record: its code still counts."""
    head = dns.message.from_wire(payload, question_only=True)
    truncated = bool(head.flags & dns.flags.TC)
    try:
        whole = dns.message.from_wire(payload, ignore_trailing=True)
    except dns.exception.DNSException:
        if not truncated:
            return unanswered(question, transport, attempts, Failure(kind=FailureKind.PROTOCOL, step=transport.value))
        whole = head
    # Records of another class have other content: a resolver that answers with such a one gave no address.
    wanted = (dns.rdataclass.IN, dns.rdatatype.from_text(question.rdtype))
    records = [record for rrset in whole.answer if (rrset.rdclass, rrset.rdtype) == wanted for record in rrset]
    addresses = tuple(record.address for record in records) if question.rdtype in _ADDRESS_TYPES else ()
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
        edns_bytes=question.edns_bytes,
        unchecked=question.unchecked,
        answer_bytes=Bytes(len(payload)),
        authentic=bool(whole.flags & dns.flags.AD),
        signatures=_has_signatures(whole) if question.dnssec else None,
        extended_errors=_extended_errors(whole),
    )


def _has_signatures(message: dns.message.Message) -> bool:
    return any(rrset.rdtype == dns.rdatatype.RRSIG for rrset in (*message.answer, *message.authority))


def _extended_errors(message: dns.message.Message) -> tuple[int, ...]:
    codes = (int(option.code) for option in message.options if isinstance(option, dns.edns.EDEOption))
    return tuple(dict.fromkeys(codes))[:_MAX_EXTENDED_ERRORS]


def unanswered(question: Question, transport: DnsTransport, attempts: int, failure: Failure) -> DnsQuery:
    """A question without an answer, and why."""
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
        edns_bytes=question.edns_bytes,
        unchecked=question.unchecked,
    )
