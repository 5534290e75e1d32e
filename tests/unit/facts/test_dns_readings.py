"""What the facts of name resolution are read as."""

import pytest

from nexkit.facts.dns import (
    AaaaAnswers,
    Comparison,
    DnsQuery,
    Dnssec,
    DnsTransport,
    LargeAnswers,
    NameRole,
    NameService,
    NameServiceKind,
    ResolverAnswers,
    ResolverScope,
    aaaa_answers,
    asking_resolvers,
    compare,
    compare_names,
    dnssec,
    large_answers,
    rewritten_to,
    scope_of,
    search_names,
    takes_edns,
)
from nexkit.outcome import Failure, FailureKind

WWW = "www.example.com"


def query(role, name=WWW, rdtype="A", *, rcode="NOERROR", addresses=(), transport=DnsTransport.UDP, **more):
    """An answered question; `rcode=None` is a time-out."""
    silent = rcode is None
    return DnsQuery(
        name=name,
        role=role,
        rdtype=rdtype,
        transport=transport,
        attempts=1,
        time_ms=None if silent else 1.0,
        rcode=rcode,
        addresses=addresses,
        truncated=None if silent else more.pop("truncated", False),
        failure=Failure(kind=FailureKind.TIMEOUT, step="udp") if silent else None,
        **more,
    )


def answers(*queries):
    return ResolverAnswers(resolver="192.0.2.53", port=53, queries=queries)


def control(rdtype="A", *addresses, **more):
    return query(NameRole.CONTROL, rdtype=rdtype, addresses=addresses, **more)


@pytest.mark.parametrize(
    ("given", "elsewhere", "found"),
    [
        (["198.18.0.1"], [], None),
        ([], ["198.18.0.1"], Comparison.MISSING),
        (["198.18.0.1", "198.18.9.9"], ["198.18.0.1"], Comparison.SAME),
        (["198.18.0.9"], ["198.18.0.1"], Comparison.SAME_NETWORK),
        (["2001:db8:1:2::9"], ["2001:db8:1:f::1"], Comparison.SAME_NETWORK),
        (["198.18.1.9"], ["198.18.0.1"], Comparison.DIFFERENT),
        (["2001:db8:2::9"], ["2001:db8:1::1", "198.18.0.1"], Comparison.DIFFERENT),
        (["192.168.1.1"], ["198.18.0.1"], Comparison.PRIVATE),
        (["0.0.0.0"], ["198.18.0.1"], Comparison.PRIVATE),
        (["127.0.0.1"], ["198.18.0.1"], Comparison.PRIVATE),
        (["100.64.0.1"], ["198.18.0.1"], Comparison.PRIVATE),
        (["192.168.1.9"], ["192.168.1.1"], Comparison.SAME_NETWORK),
        (["192.168.1.1", "198.18.1.9"], ["198.18.0.1"], Comparison.DIFFERENT),
    ],
)
def test_addresses_beside_those_of_another_resolver(given, elsewhere, found):
    assert compare(given, elsewhere) is found


def test_only_names_that_both_answered_are_compared():
    given = answers(
        control("A", "198.18.0.1"),
        control("AAAA", rcode="NXDOMAIN"),
        control("A", name="silent.example.com", rcode=None),
        control("A", name="failing.example.com", rcode="SERVFAIL"),
        control("A", name="only-here.example.com"),
    )
    elsewhere = answers(
        *(control("A", "198.18.0.1", name=name) for name in (WWW, "silent.example.com", "failing.example.com")),
        control("AAAA", "2001:db8::1"),
    )
    assert compare_names(given, elsewhere) == {(WWW, "A"): Comparison.SAME, (WWW, "AAAA"): Comparison.MISSING}


@pytest.mark.parametrize(
    ("aaaa", "elsewhere", "found"),
    [
        (control("AAAA", rcode=None), None, AaaaAnswers.SILENT),
        (control("AAAA", rcode="NXDOMAIN"), None, AaaaAnswers.ERROR),
        (control("AAAA", rcode="NOTIMP"), None, AaaaAnswers.ERROR),
        (control("AAAA", "2001:db8::1"), None, AaaaAnswers.ANSWERED),
        (control("AAAA"), None, None),
        (control("AAAA"), control("AAAA", "2001:db8::1"), AaaaAnswers.FILTERED),
        (control("AAAA"), control("AAAA"), None),
    ],
)
def test_how_aaaa_questions_fare(aaaa, elsewhere, found):
    comparison = None if elsewhere is None else answers(elsewhere)
    assert aaaa_answers(answers(control("A", "198.18.0.1"), aaaa), comparison) is found


def test_without_an_a_answer_nothing_is_said_of_aaaa():
    assert aaaa_answers(answers(control("A", rcode=None), control("AAAA", rcode=None))) is None


def checks(role, *, checked, unchecked="NOERROR", address="198.18.1.20"):
    def one(rcode, **more):
        return query(role, role.value, rcode=rcode, addresses=(address,) if rcode == "NOERROR" else (), **more)

    return one(checked), one(unchecked, unchecked=True)


@pytest.mark.parametrize(
    ("signed", "bogus", "found"),
    [
        ("NOERROR", "SERVFAIL", Dnssec.VALIDATES),
        ("NOERROR", "NOERROR", Dnssec.ACCEPTS_BOGUS),
        ("SERVFAIL", "SERVFAIL", Dnssec.REFUSES_GOOD),
        (None, "SERVFAIL", Dnssec.VALIDATES),
        ("NOERROR", None, None),
        ("NOERROR", "REFUSED", None),
    ],
)
def test_validation(signed, bogus, found):
    good, bad = checks(NameRole.SIGNED, checked=signed), checks(NameRole.BOGUS, checked=bogus)
    assert dnssec(answers(*good, *bad)) is found


@pytest.mark.parametrize("unchecked", ["SERVFAIL", "NXDOMAIN", None])
def test_a_bogus_name_that_does_not_answer_unchecked_proves_nothing(unchecked):
    assert dnssec(answers(*checks(NameRole.BOGUS, checked="SERVFAIL", unchecked=unchecked))) is None


def test_an_invented_address_is_no_answer_to_a_bogus_name():
    invented = query(NameRole.NONEXISTENT, "x.invalid", addresses=("198.18.3.30",))
    assert dnssec(answers(invented, *checks(NameRole.BOGUS, checked="NOERROR", address="198.18.3.30"))) is None


def large(edns_bytes, rcode="NOERROR", *, answer_bytes=900, **more):
    size = None if rcode is None else answer_bytes
    return query(NameRole.LARGE, rdtype="TXT", rcode=rcode, edns_bytes=edns_bytes, answer_bytes=size, **more)


TCP = DnsTransport.TCP
CUT = {"truncated": True, "answer_bytes": 100}


@pytest.mark.parametrize(
    ("queries", "found"),
    [
        ((large(None, **CUT), large(1232), large(4096), large(1232, transport=TCP)), LargeAnswers.WHOLE),
        ((large(None, **CUT), large(1232), large(4096), large(1232, None, transport=TCP)), LargeAnswers.WHOLE),
        ((large(1232, **CUT), large(4096, **CUT), large(1232, transport=TCP)), LargeAnswers.OVER_TCP),
        ((large(1232, **CUT), large(4096, None), large(1232, transport=TCP)), LargeAnswers.LARGEST_LOST),
        ((large(1232), large(4096, None), large(1232, transport=TCP)), LargeAnswers.LARGEST_LOST),
        ((large(None, **CUT), large(1232, None), large(4096, None), large(1232, transport=TCP)), LargeAnswers.UDP_LOST),
        ((large(None, **CUT), large(1232, None), large(1232, None, transport=TCP)), LargeAnswers.LOST),
        ((large(1232, **CUT), large(4096, None), large(1232, None, transport=TCP)), LargeAnswers.TCP_LOST),
        ((large(1232, **CUT), large(4096, **CUT)), None),
        ((large(1232, answer_bytes=90), large(4096, answer_bytes=90)), None),
        ((large(1232, None), large(4096, None), large(1232, None, transport=TCP)), None),
        ((), None),
    ],
)
def test_how_large_answers_come_through(queries, found):
    assert large_answers(answers(control("A", "198.18.0.1"), *queries)) is found


def test_a_resolver_that_never_answers_says_nothing_of_sizes():
    assert large_answers(answers(control(rcode=None), large(1232, None))) is None


def test_edns_is_judged_beside_the_same_question_without_it():
    assert takes_edns(answers(control("A", "198.18.0.1"), query(NameRole.EDNS))) is True
    assert takes_edns(answers(control("A", "198.18.0.1"), query(NameRole.EDNS, rcode="FORMERR"))) is False
    assert takes_edns(answers(control("A", rcode=None), query(NameRole.EDNS, rcode=None))) is None


def test_rewriting_is_known_only_where_the_question_was_answered():
    assert rewritten_to(answers(query(NameRole.NONEXISTENT, rcode="NXDOMAIN"))) == ()
    assert rewritten_to(answers(query(NameRole.NONEXISTENT, addresses=("198.18.3.30",)))) == ("198.18.3.30",)
    assert rewritten_to(answers(query(NameRole.NONEXISTENT, rcode=None))) is None


def test_the_asking_resolvers_are_told_once():
    revealed = [query(NameRole.ASKING_RESOLVER, addresses=("192.0.2.7",)) for _ in range(2)]
    assert asking_resolvers((*revealed, control("A", "198.18.0.1"))) == ("192.0.2.7",)


def service(kind=NameServiceKind.RESOLV_CONF, **more):
    given = {
        "sources": ("files", "dns"),
        "stub": (),
        "servers": (),
        "current": None,
        "scopes": (),
        "search_domains": ("corp.example.com", "example.net."),
        "ndots": None,
        "hosts": (),
    }
    return NameService(kind=kind, **(given | more))


BARE = ("wiki.corp.example.com", "wiki.example.net")


@pytest.mark.parametrize(
    ("setting", "name", "found"),
    [
        (service(), "wiki", (*BARE, "wiki")),
        (service(), "a.b", ("a.b", "a.b.corp.example.com", "a.b.example.net")),
        (service(ndots=5), "a.b", ("a.b.corp.example.com", "a.b.example.net", "a.b")),
        (service(ndots=5), "a.b.", ("a.b.",)),
        (service(search_domains=(".",)), "wiki", ("wiki",)),
        (service(NameServiceKind.WINDOWS), "wiki", BARE),
        (service(NameServiceKind.WINDOWS), "a.b", ("a.b",)),
        (service(NameServiceKind.SYSTEMD_RESOLVED, sources=("resolve", "dns")), "wiki", BARE),
        (service(NameServiceKind.SYSTEMD_RESOLVED, ndots=1), "wiki", (*BARE, "wiki")),
        (service(NameServiceKind.MACOS), "wiki", (*BARE, "wiki")),
    ],
)
def test_the_names_that_one_lookup_asks_for(setting, name, found):
    assert search_names(setting, name) == found


def test_the_longest_domain_claims_a_name():
    everything, corp, lab = (
        ResolverScope(interface=None, servers=(), domains=domains)
        for domains in ((".",), ("corp.example.com",), ("lab.corp.example.com", "example.org"))
    )
    split = service(scopes=(everything, corp, lab))
    assert scope_of(split, "x.LAB.corp.example.com.") is lab
    assert scope_of(split, "corp.example.com") is corp
    assert scope_of(split, "notcorp.example.com") is everything
    assert scope_of(service(scopes=(corp,)), WWW) is None
    assert scope_of(service(scopes=None), WWW) is None
