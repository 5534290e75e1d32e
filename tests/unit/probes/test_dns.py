import errno
from dataclasses import replace

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import ResolverPlatform, context, measure

from nexkit.facts.dns import DnsTransport, NameRole
from nexkit.outcome import FailureKind
from probes.dns import DnsParams, DnsProbe

PARAMS = DnsParams(
    resolver="192.0.2.53",
    controls=("www.example.com",),
    services=("mail.example.net", "198.18.0.7", "2001:db8::7"),
)


def reply_to(payload, *addresses, rcode=dns.rcode.NOERROR, flags=0):
    query = dns.message.from_wire(payload)
    reply = dns.message.make_response(query)
    reply.set_rcode(rcode)
    reply.flags |= flags
    question = query.question[0]
    if addresses:
        rdtype = dns.rdatatype.to_text(question.rdtype)
        reply.answer.append(dns.rrset.from_text("real.example.org.", 60, "IN", "A", *addresses))
        if rdtype != "A":
            reply.answer.clear()
    return reply.to_wire()


def udp_queries(answer, params=PARAMS, **options):
    fact = measure(DnsProbe(), params, context(ResolverPlatform(answer), **options))
    return [query for query in fact.queries if query.transport is DnsTransport.UDP]


def test_the_questions_of_a_run():
    platform = ResolverPlatform(lambda payload: [reply_to(payload)])
    fact = measure(DnsProbe(), PARAMS, context(platform))
    assert [(query.role, query.rdtype, query.transport) for query in fact.queries] == [
        (NameRole.CONTROL, "A", DnsTransport.UDP),
        (NameRole.CONTROL, "AAAA", DnsTransport.UDP),
        (NameRole.SERVICE, "A", DnsTransport.UDP),
        (NameRole.SERVICE, "AAAA", DnsTransport.UDP),
        (NameRole.UNCACHED, "A", DnsTransport.UDP),
        (NameRole.CONTROL, "A", DnsTransport.TCP),
        (NameRole.NONEXISTENT, "A", DnsTransport.UDP),
    ]
    names = {query.role: query.name for query in fact.queries}
    assert names[NameRole.SERVICE] == "mail.example.net"  # a literal address is no question
    assert names[NameRole.UNCACHED].endswith(".www.example.com")
    assert names[NameRole.NONEXISTENT].endswith(".invalid")
    assert len(names[NameRole.NONEXISTENT]) > 20
    assert {sent[:2] for sent in platform.sent} == {("192.0.2.53", 53)}


def test_addresses_behind_an_alias_are_found():
    queries = udp_queries(lambda payload: [reply_to(payload, "198.18.0.1")])
    assert {query.addresses for query in queries if query.rdtype == "A"} == {("198.18.0.1",)}
    assert {query.addresses for query in queries if query.rdtype == "AAAA"} == {()}
    assert {query.time_ms for query in queries} == {12.5}


def test_answers_to_other_questions_are_not_believed():
    def spoof(payload):
        other_id = bytes([payload[0] ^ 1]) + payload[1:]
        other_name = dns.message.make_query("www.example.org", "A", id=int.from_bytes(payload[:2], "big")).to_wire()
        return [
            b"",
            b"garbage",
            payload,
            reply_to(other_id, "203.0.113.66"),
            reply_to(other_name, "203.0.113.66"),
        ]

    for query in udp_queries(spoof):
        assert (query.addresses, query.attempts) == ((), 2)
        assert (query.failure.kind, query.failure.step) == (FailureKind.TIMEOUT, "udp")


def test_a_refusal_is_not_repeated():
    for query in udp_queries(lambda payload: [ConnectionRefusedError(errno.ECONNREFUSED, "refused")]):
        assert (query.failure.kind, query.failure.step, query.attempts) == (FailureKind.REFUSED, "udp", 1)


def test_an_answer_cut_off_within_a_record_still_counts():
    queries = udp_queries(lambda payload: [reply_to(payload, "198.18.0.1", flags=dns.flags.TC)[:-3]])
    assert {(query.rcode, query.truncated) for query in queries if query.rdtype == "A"} == {("NOERROR", True)}


def test_an_answer_broken_behind_its_question_is_a_protocol_failure():
    queries = udp_queries(lambda payload: [reply_to(payload, "198.18.0.1")[:-3]])
    assert {query.failure.kind for query in queries if query.rdtype == "A"} == {FailureKind.PROTOCOL}


@pytest.mark.parametrize("record_class", ["CH", "CLASS5"])
def test_a_record_of_another_class_is_no_address(record_class):
    def other_class(payload):
        reply = dns.message.make_response(dns.message.from_wire(payload))
        data = r"\# 4 c6120001" if record_class == "CLASS5" else "example.org. 1"
        reply.answer.append(dns.rrset.from_text("www.example.com.", 60, record_class, "A", data))
        return [reply.to_wire()]

    assert {(query.rcode, query.addresses) for query in udp_queries(other_class)} == {("NOERROR", ())}


def test_without_control_names_less_is_asked():
    queries = udp_queries(lambda payload: [reply_to(payload)], DnsParams(resolver="2001:db8::53"))
    assert [query.role for query in queries] == [NameRole.NONEXISTENT]


def test_the_budget_is_a_failure_of_the_queries_beyond_it():
    queries = udp_queries(lambda payload: [reply_to(payload)], max_bytes=200)
    assert FailureKind.BUDGET in {query.failure.kind for query in queries if query.failure}


def test_progress_ends_at_one():
    progress = []
    udp_queries(lambda payload: [reply_to(payload)], progress=progress)
    assert progress == sorted(progress)
    assert progress[-1] == 1


@pytest.mark.parametrize(
    "params",
    [
        {"resolver": "dns.example.com"},
        {"resolver": "192.0.2.53", "port": 0},
        {"resolver": "192.0.2.53", "port": 65_536},
        {"resolver": "192.0.2.53", "controls": ("a..example.com",)},
        {"resolver": "192.0.2.53", "services": ("bad name.example.com",)},
    ],
)
def test_what_cannot_be_asked_is_refused_beforehand(params):
    with pytest.raises(ValueError, match=r"resolver|port|host name"):
        DnsParams(**params)


@settings(deadline=None, max_examples=300)
@given(tail=st.binary(max_size=60), counts=st.binary(min_size=6, max_size=6), flags=st.integers(0, 0xFFFF))
def test_no_answer_however_broken_raises(tail, counts, flags):
    def broken(payload):
        flag_bytes = (flags | 0x8000).to_bytes(2, "big")
        return [payload[:2] + flag_bytes + payload[4:6] + counts + payload[12:] + tail]

    for query in udp_queries(broken, DnsParams(resolver="192.0.2.53")):
        assert (query.rcode is None) != (query.failure is None)


DEEP = DnsParams(
    resolver="192.0.2.53",
    controls=("www.example.com",),
    deep=True,
    large=("./DNSKEY", "large.example.net/TXT"),
    signed=("good.example.org",),
    bogus=("bad.example.org",),
    suffixes=("corp.example.com",),
    resolver_names=("reveal.example.com",),
)


def test_the_thorough_questions():
    platform = ResolverPlatform(lambda payload: [reply_to(payload)])
    fact = measure(DnsProbe(), DEEP, context(platform))
    quick = measure(DnsProbe(), replace(DEEP, deep=False), context(ResolverPlatform(lambda payload: [])))
    further = fact.queries[len(quick.queries) :]
    tcp, udp = DnsTransport.TCP, DnsTransport.UDP
    assert [(query.role, query.rdtype, query.transport, query.edns_bytes, query.unchecked) for query in further] == [
        (NameRole.EDNS, "A", udp, 1232, False),
        (NameRole.UNREGISTERED, "A", udp, None, False),
        *(
            (NameRole.LARGE, rdtype, *how, False)
            for rdtype in ("DNSKEY", "TXT")
            for how in ((udp, None), (udp, 1232), (udp, 4096), (tcp, 1232))
        ),
        *(
            (role, "A", udp, 1232, unchecked)
            for role in (NameRole.SIGNED, NameRole.BOGUS)
            for unchecked in (False, True)
        ),
        (NameRole.SUFFIX, "A", udp, None, False),
        (NameRole.ASKING_RESOLVER, "A", udp, None, False),
        (NameRole.ASKING_RESOLVER, "AAAA", udp, None, False),
    ]
    names = {query.role: query.name for query in further}
    assert names[NameRole.UNREGISTERED].startswith("www.")
    assert names[NameRole.UNREGISTERED].endswith(".com")
    assert names[NameRole.SUFFIX].endswith(".corp.example.com")


def test_what_the_thorough_questions_ask_for():
    platform = ResolverPlatform(lambda payload: [reply_to(payload)])
    measure(DnsProbe(), DEEP, context(platform))
    asked = [dns.message.from_wire(payload) for _, _, payload in platform.sent]
    checked, unchecked = (each for each in asked if each.question[0].name.to_text() == "bad.example.org.")
    for message in (checked, unchecked):
        assert (message.payload, bool(message.ednsflags & dns.flags.DO), bool(message.flags & dns.flags.AD)) == (
            1232,
            True,
            True,
        )
    assert (bool(checked.flags & dns.flags.CD), bool(unchecked.flags & dns.flags.CD)) == (False, True)


def test_flags_sizes_and_extended_errors_are_kept():
    def answer(payload):
        reply = dns.message.make_response(dns.message.from_wire(payload))
        reply.set_rcode(dns.rcode.SERVFAIL)
        reply.flags |= dns.flags.AD
        reply.use_edns(0, options=[dns.edns.EDEOption(6), dns.edns.EDEOption(17, "filtered")])
        return [reply.to_wire()]

    queries = udp_queries(answer, DEEP)
    (signed, _) = (query for query in queries if query.role is NameRole.SIGNED)
    assert (signed.rcode, signed.authentic, signed.signatures, signed.extended_errors) == (
        "SERVFAIL",
        True,
        False,
        (6, 17),
    )
    assert signed.answer_bytes > 12
    assert {query.signatures for query in queries if query.role is NameRole.CONTROL} == {None}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("large", ("www.example.com",)),
        ("large", ("www.example.com/AXFR",)),
        ("large", ("bad name/TXT",)),
        ("signed", ("192.0.2.1",)),
        ("bogus", ("a..b",)),
        ("suffixes", ("bad name",)),
        ("resolver_names", tuple(f"n{number}.example.com" for number in range(9))),
    ],
)
def test_thorough_questions_that_cannot_be_asked_are_refused_beforehand(field, value):
    with pytest.raises(ValueError, match=r"large|host name|more than"):
        DnsParams(resolver="192.0.2.53", **{field: value})


def test_all_thorough_questions_stay_within_the_budget():
    many = tuple(f"n{number}.example.com" for number in range(8))
    params = replace(
        DEEP,
        large=tuple(f"{name}/TXT" for name in many),
        signed=many,
        bogus=many,
        suffixes=many,
        resolver_names=many,
    )
    queries = udp_queries(lambda payload: [reply_to(payload)], params, max_bytes=DnsProbe.spec.max_bytes)
    assert not [query.failure for query in queries if query.failure]
