"""Half-lost names, services behind lost names, and connections that end at their first words."""

from dataclasses import replace

import pytest
from diagnosis_records import (
    COMPARISONS,
    CONTROLS,
    GATEWAY4,
    SERVICE,
    SERVICE_HOST,
    answers,
    attempt,
    failure,
    healthy,
    reach,
    record,
    system_lookups,
    tcp,
)

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Severity
from nexkit.facts.dns import NameRole
from nexkit.facts.reach import TrustProblem
from nexkit.outcome import FailureKind

TIMEOUT = FailureKind.TIMEOUT
RESET = FailureKind.RESET
LOST = FailureKind.NAME_SERVER
ISP = "203.0.113.53"


def findings(facts):
    return diagnose(record(facts)).findings


def causes(facts):
    return [finding.cause for finding in findings(facts)]


def changed(**facts):
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


def about_service(resolver, *, rdtypes=("A", "AAAA"), **changes):
    """A resolver whose answers about the service's name alone are others."""
    good = answers(resolver)
    queries = [
        replace(each, **changes) if each.role is NameRole.SERVICE and each.rdtype in rdtypes else each
        for each in good.queries
    ]
    return replace(good, queries=tuple(queries))


def silent(each=TIMEOUT):
    return {"rcode": None, "addresses": (), "time_ms": None, "failure": failure(each, "query")}


def without_service(resolver):
    """Programs get no address of the service from that resolver."""
    return changed(
        dns__resolver1=resolver,
        lookup__system=system_lookups(without=(SERVICE_HOST,)),
        reach__service__mail=reach(SERVICE_HOST, [], resolve=LOST),
    )


@pytest.mark.parametrize(
    ("changes", "cause", "kind"),
    [
        ({"rcode": "SERVFAIL", "addresses": ()}, "dns.resolver_error", "error"),
        ({"rcode": "NOERROR", "addresses": ()}, "dns.resolver_error", "nothing_there"),
        (silent(), "dns.resolver_error", "silent"),
        ({"rcode": "NXDOMAIN", "addresses": ()}, "dns.tampered", "denied"),
    ],
)
def test_a_service_that_one_resolver_alone_loses_is_that_resolvers_fault(changes, cause, kind):
    (finding,) = findings(without_service(about_service(GATEWAY4, **changes)))
    assert (finding.cause, finding.values["kind"]) == (cause, kind)


@pytest.mark.parametrize("rcode", ["SERVFAIL", "NOERROR"])
def test_a_name_without_address_anywhere_is_missing(rcode):
    facts = without_service(about_service(GATEWAY4, rcode=rcode, addresses=()))
    for number, comparison in enumerate(COMPARISONS, start=1):
        facts[f"dns.comparison{number}"] = about_service(comparison, rcode=rcode, addresses=())
    (finding,) = findings(facts)
    assert (finding.cause, finding.values["kind"]) == ("dns.name_missing", "unknown")


def test_a_name_without_address_is_not_missing_where_programs_have_one():
    facts = changed(dns__resolver1=about_service(GATEWAY4, rcode="NOERROR", addresses=()))
    for number, comparison in enumerate(COMPARISONS, start=1):
        facts[f"dns.comparison{number}"] = about_service(comparison, rcode="NOERROR", addresses=())
    assert causes(facts) == []


@pytest.mark.parametrize("rcode", ["NXDOMAIN", "NOERROR"])
def test_a_resolver_that_knows_no_public_name_fails(rcode):
    facts = healthy()
    empty = [replace(each, rcode=rcode, addresses=()) if each.addresses else each for each in answers(GATEWAY4).queries]
    facts["dns.resolver1"] = replace(answers(ISP), queries=tuple(empty))
    facts["lookup.system"] = system_lookups(kind=LOST)
    for step_id in list(facts):
        if step_id.startswith(("reach.control", "reach.service")):
            facts[step_id] = reach(facts[step_id].host, [], resolve=LOST)
    assert causes(facts) == ["dns.resolver_error"]


def test_late_answers_about_ipv6_are_half_of_the_answers():
    late = tuple(
        replace(each, time_ms=2000.0) if each.rdtype == "AAAA" else replace(each, time_ms=3.0)
        for each in answers(GATEWAY4).queries
    )
    assert causes(changed(dns__resolver1=replace(answers(GATEWAY4), queries=late))) == ["dns.aaaa_broken"]
    repeated = tuple(replace(each, attempts=2) for each in late)
    assert causes(changed(dns__resolver1=replace(answers(GATEWAY4), queries=repeated))) == []
    hardly = tuple(replace(each, time_ms=600.0) if each.rdtype == "AAAA" else each for each in late)
    assert causes(changed(dns__resolver1=replace(answers(GATEWAY4), queries=hardly))) == []


def test_one_silent_answer_about_ipv6_counts_where_programs_wait_for_it():
    half = about_service(GATEWAY4, rdtypes=("AAAA",), **silent())
    assert causes(changed(dns__resolver1=half)) == []
    lost = {"lookup__system": system_lookups(without=(SERVICE_HOST,))}
    lost["reach__service__mail"] = reach(SERVICE_HOST, [], resolve=TIMEOUT)
    assert causes(changed(dns__resolver1=half, **lost)) == ["dns.aaaa_broken"]


# --- what stands behind lost names ---


def without_names(**elsewhere):
    facts = changed(dns__resolver1=answers(GATEWAY4, rcode="SERVFAIL"), lookup__system=system_lookups(kind=LOST))
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, [], resolve=LOST)
        facts[f"reach.host.control{number}.elsewhere"] = reach(name, addresses[:1])
    facts["reach.service.mail"] = reach(SERVICE_HOST, [], resolve=LOST)
    facts["reach.host.mail.elsewhere"] = reach(SERVICE_HOST, SERVICE[:1], **elsewhere)
    return facts


@pytest.mark.parametrize(
    ("elsewhere", "also"),
    [
        ({}, []),
        ({"kind": FailureKind.REFUSED}, ["service.down"]),
        ({"problem": TrustProblem.EXPIRED}, ["service.cert_invalid"]),
        ({"status": 503}, ["service.http_error"]),
    ],
)
def test_a_fault_of_the_service_shows_where_another_resolver_knows_it(elsewhere, also):
    assert causes(without_names(**elsewhere)) == ["gateway.dns_broken", *also]


# --- the first words of a connection ---


def muted(to, kind=RESET, after_ms=10.0):
    return replace(attempt(to), tls=None, http=None, failure=failure(kind, "tls"), failed_after_ms=after_ms)


def everywhere(kind):
    facts = healthy()
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, [muted(each, kind) for each in addresses])
    facts["reach.service.mail"] = reach(SERVICE_HOST, [muted(each, kind) for each in SERVICE])
    return facts


@pytest.mark.parametrize(("kind", "answer"), [(RESET, "reset"), (TIMEOUT, "hangs")])
def test_greetings_that_end_everywhere_are_the_networks_doing(kind, answer):
    (finding,) = findings(everywhere(kind))
    assert (finding.cause, finding.values["answer"]) == ("security.port_blocked", answer)


def test_one_servers_own_reset_is_its_own_fault_and_one_that_comes_too_soon_is_not():
    own = changed(reach__service__mail=reach(SERVICE_HOST, [muted(each) for each in SERVICE]))
    assert causes(own) == ["service.down"]
    soon = changed(reach__service__mail=reach(SERVICE_HOST, [muted(each, after_ms=0.5) for each in SERVICE]))
    assert causes(soon) == ["security.port_blocked"]


def test_a_port_that_only_takes_connections_does_not_show_the_other_one_blocked():
    facts = changed(reach__service__mail=reach(SERVICE_HOST, [muted(each) for each in SERVICE]))
    facts["reach.service.mail.tcp1"] = replace(tcp(SERVICE[0], kind=FailureKind.REFUSED, port=993), host=SERVICE_HOST)
    assert causes(facts) == ["service.down"]


def test_one_of_two_servers_that_ends_greetings_is_a_bad_address():
    assert causes(changed(reach__service__mail=reach(SERVICE_HOST, [muted(SERVICE[0]), SERVICE[1]]))) == [
        "service.address_bad"
    ]


def test_one_bad_certificate_of_two_is_told_as_no_block():
    bad = attempt(SERVICE[0], problem=TrustProblem.EXPIRED)
    (finding,) = findings(changed(reach__service__mail=reach(SERVICE_HOST, [bad, SERVICE[1]])))
    assert (finding.cause, finding.severity) == ("service.cert_invalid", Severity.DEGRADED)


def test_a_challenge_is_not_told_as_too_many_requests():
    asked = attempt(SERVICE[0], status=403)
    asked = replace(asked, http=replace(asked.http, challenged=True))
    (finding,) = findings(changed(reach__service__mail=reach(SERVICE_HOST, [asked])))
    assert (finding.cause, finding.values["kind"]) == ("service.rate_limited", "challenge")
