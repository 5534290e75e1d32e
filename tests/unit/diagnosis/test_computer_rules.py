"""Clock, hosts file and load of the computer: named by their signs, and not by those of their look-alikes."""

from dataclasses import replace
from datetime import timedelta

import pytest
from diagnosis_records import (
    CONTROLS,
    GATEWAY4,
    SERVICE,
    SERVICE_HOST,
    STARTED,
    answers,
    healthy,
    reach,
    record,
    system_lookups,
    tls,
)
from link_records import clock, host, off_by, time_source, unsteady

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Severity, VerdictState
from nexkit.facts.dns import HostsEntry, NameService, NameServiceKind
from nexkit.facts.reach import TrustProblem
from nexkit.facts.time import TimeMethod
from nexkit.outcome import FailureKind


def changed(**facts):
    return {**healthy(), **{step_id.replace("__", "."): fact for step_id, fact in facts.items()}}


def causes(facts):
    return [finding.cause for finding in diagnose(record(facts)).findings]


def named(facts):
    (found,) = diagnose(record(facts)).findings
    return found


# --- the clock ---


@pytest.mark.parametrize(("offset_s", "breaks"), [(45.0, "codes"), (-45.0, "codes"), (400.0, "kerberos")])
def test_a_wrong_clock_and_what_it_breaks(offset_s, breaks):
    found = named(changed(time__check=off_by(offset_s)))
    assert (found.cause, found.values["breaks"]) == ("device.clock_wrong", breaks)
    assert found.values["clock"] == ("behind" if offset_s > 0 else "ahead")
    assert found.confidence == 0.96


def with_certificates(facts, problem, begin, end, *prefixes):
    """The run with certificates that live from `begin` to `end`, counted from now, on some steps."""
    shown = tls(problem)
    own = replace(shown.certificate, not_before_at=STARTED + begin, not_after_at=STARTED + end)
    shown = replace(shown, certificate=own)
    return {
        step_id: replace(fact, attempts=tuple(replace(each, tls=shown) for each in fact.attempts))
        if step_id.startswith(prefixes)
        else fact
        for step_id, fact in facts.items()
    }


EVERYBODY = ("reach.control", "reach.service")
MONTH = timedelta(days=30)
OFF = {TrustProblem.NOT_YET_VALID: 2 * MONTH, TrustProblem.EXPIRED: -2 * MONTH}


@pytest.mark.parametrize("problem", OFF)
def test_certificates_that_only_this_clock_refuses_are_no_fault_of_theirs(problem):
    off = OFF[problem]
    facts = with_certificates(healthy(), problem, off - MONTH, off + MONTH, *EVERYBODY)
    diagnosis = diagnose(record({**facts, "time.check": off_by(off.total_seconds())}))
    assert [each.cause for each in diagnosis.findings] == ["device.clock_wrong"]
    assert diagnosis.findings[0].values["breaks"] == "certificates"
    assert diagnosis.verdict.state is VerdictState.FAULT


def test_one_time_server_and_the_certificates_are_two_signs():
    facts = with_certificates(healthy(), TrustProblem.NOT_YET_VALID, MONTH, 3 * MONTH, *EVERYBODY)
    assert causes({**facts, "time.check": clock(time_source((2 * MONTH).total_seconds()))}) == ["device.clock_wrong"]


def test_a_certificate_of_the_service_alone_that_only_this_clock_refuses():
    long = with_certificates(healthy(), None, -9 * MONTH, 9 * MONTH, "reach.control")
    facts = with_certificates(long, TrustProblem.EXPIRED, -3 * MONTH, -MONTH, "reach.service")
    found = named({**facts, "time.check": off_by((-2 * MONTH).total_seconds())})
    assert (found.cause, found.explains) == ("device.clock_wrong", ("service.cert_invalid",))


def test_a_certificate_that_has_expired_by_any_clock_is_still_the_services():
    facts = with_certificates(healthy(), TrustProblem.EXPIRED, -3 * MONTH, -MONTH, "reach.service")
    assert causes({**facts, "time.check": off_by(90.0)}) == ["service.cert_invalid", "device.clock_wrong"]


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(off_by(0.01), id="right"),
        pytest.param(off_by(20.0), id="a little off"),
        pytest.param(clock(time_source(600.0)), id="one source alone"),
        pytest.param(
            clock(time_source(600.0), time_source(0.0, "www.example.com", TimeMethod.HTTPS_DATE)), id="they contradict"
        ),
        pytest.param(
            clock(
                time_source(600.0),
                time_source(0.0, "www.example.com", TimeMethod.HTTPS_DATE),
                time_source(0.2, "www.example.net", TimeMethod.HTTPS_DATE),
            ),
            id="one wrong server among right ones",
        ),
        pytest.param(
            clock(
                time_source(5000.0, "a.example.com", TimeMethod.HTTP_DATE),
                time_source(5000.0, "b.example.com", TimeMethod.HTTP_DATE),
            ),
            id="whoever answers all plain HTTP",
        ),
        pytest.param(off_by(-20 * 365 * 86_400.0), id="certificates that are trusted contradict"),
        pytest.param(clock(), id="nobody answered"),
    ],
)
def test_other_clocks_are_no_fault_of_this_one(check):
    assert causes(changed(time__check=check)) == []


def test_a_report_of_before_has_no_clock_to_judge():
    assert causes(healthy()) == []


# --- the hosts file ---


def hosts(*entries, by=None):
    """What programs look up, with lines of the hosts file that they follow."""
    lookups = system_lookups()
    given = {name: tuple(address for other, address in entries if other == name) for name, _ in entries}
    followed = tuple(
        replace(each, addresses=given[each.name]) if each.name in given and by is not False else each
        for each in lookups.lookups
    )
    service = NameService(
        kind=NameServiceKind.RESOLV_CONF,
        sources=("files", "dns"),
        stub=(),
        servers=None,
        current=None,
        scopes=None,
        search_domains=(),
        ndots=1,
        hosts=tuple(HostsEntry(name=name, address=address) for name, address in entries),
    )
    return replace(lookups, lookups=followed, service=service)


OLD = "198.18.3.99"


def test_an_old_line_of_the_hosts_file_leads_nowhere():
    facts = changed(
        lookup__system=hosts((SERVICE_HOST, OLD)),
        reach__service__mail=reach(SERVICE_HOST, [OLD], kind=FailureKind.TIMEOUT),
    )
    found = named(facts)
    assert (found.cause, found.severity, found.values["service"]) == (
        "device.hosts_override",
        Severity.BLOCKING,
        "mail",
    )
    assert "service.down" in found.explains


def test_a_line_that_leads_to_somebody_elses_server():
    facts = changed(
        lookup__system=hosts((SERVICE_HOST, OLD)),
        reach__service__mail=reach(SERVICE_HOST, [OLD], problem=TrustProblem.WRONG_NAME),
    )
    assert causes(facts) == ["device.hosts_override"]


def test_a_site_that_a_blocker_took_away():
    facts = changed(
        lookup__system=hosts(("www.example.net", "0.0.0.0")),
        reach__control2=reach("www.example.net", ["0.0.0.0"], kind=FailureKind.REFUSED),
    )
    assert named(facts).values["overridden"] == "site"


def test_a_line_that_works_is_told_and_no_fault():
    facts = changed(lookup__system=hosts((SERVICE_HOST, OLD)), reach__service__mail=reach(SERVICE_HOST, [OLD]))
    diagnosis = diagnose(record(facts))
    assert [(each.cause, each.severity) for each in diagnosis.findings] == [("device.hosts_override", Severity.CONTEXT)]
    assert diagnosis.verdict.state is VerdictState.HEALTHY


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(changed(lookup__system=hosts()), id="no line about it"),
        pytest.param(changed(lookup__system=hosts((SERVICE_HOST, SERVICE[0]))), id="the same address"),
        pytest.param(changed(lookup__system=hosts((SERVICE_HOST, OLD), by=False)), id="a line that nobody follows"),
        pytest.param(
            changed(
                lookup__system=hosts((SERVICE_HOST, OLD)),
                reach__service__mail=reach(SERVICE_HOST, [OLD]),
                dns__resolver1=answers(GATEWAY4, service="NXDOMAIN"),
                dns__comparison1=answers("198.18.53.53", service="NXDOMAIN"),
                dns__comparison2=answers("198.18.54.54", service="NXDOMAIN"),
            ),
            id="a name of the file alone",
        ),
    ],
)
def test_hosts_files_that_override_nothing(facts):
    assert causes(facts) == []


def test_a_resolver_on_this_computer_that_reads_the_file_too_contradicts_nothing():
    replaced = {SERVICE_HOST: (OLD,)}
    facts = changed(
        lookup__system=hosts((SERVICE_HOST, OLD)),
        dns__resolver1=answers("127.0.0.53", replaced=replaced),
        reach__service__mail=reach(SERVICE_HOST, [OLD], kind=FailureKind.TIMEOUT),
    )
    assert causes(facts) == ["device.hosts_override"]


def test_resolvers_that_themselves_disagree_are_no_matter_of_the_hosts_file():
    replaced = dict.fromkeys(CONTROLS, ("10.1.2.3",))
    facts = changed(
        dns__resolver1=answers(GATEWAY4, replaced=replaced),
        reach__control1=reach("www.example.com", ["10.1.2.3"], kind=FailureKind.TIMEOUT),
        reach__control2=reach("www.example.net", ["10.1.2.3"], kind=FailureKind.TIMEOUT),
        lookup__system=hosts(),
    )
    assert causes(facts) == ["dns.tampered"]


# --- how busy it is ---


def loaded(own_ms, *, busy_s=100.0, idle_s=0.2, **more):
    """Two readings with so much of the processors used between them."""
    return {
        "host.start": host(1000.0, 9000.0, own_ms=own_ms, uptime_s=1000.0, **more),
        "host.end": host(1000.0 + busy_s, 9000.0 + idle_s, own_ms=own_ms, uptime_s=1025.0, busy_ratio=0.99, **more),
    }


def test_exhausted_processors_that_make_programs_wait():
    found = named({**healthy(), **loaded(120.0)})
    assert (found.cause, found.values["exhausted"]) == ("device.overloaded", "processors")


def test_exhausted_memory_that_makes_programs_wait():
    facts = {
        **healthy(),
        "host.start": host(own_ms=200.0, free=0.02, swapped=1_000_000),
        "host.end": host(own_ms=200.0, free=0.02, swapped=900_000_000, uptime_s=1010.0, busy_s=101.0, idle_s=930.0),
    }
    assert named(facts).values["exhausted"] == "memory"


def test_it_explains_slowness_that_it_makes_itself():
    found = diagnose(record({**unsteady(healthy()), **loaded(150.0)})).findings
    assert [each.cause for each in found] == ["device.overloaded"]
    assert "lan.latency" in found[0].explains


def test_without_word_of_what_programs_wait_it_is_possible_only():
    found = diagnose(record({**unsteady(healthy()), **loaded(None)})).findings[0]
    assert (found.cause, found.confidence) == ("device.overloaded", 0.6)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({**healthy(), **loaded(3.0)}, id="busy, and programs are served"),
        pytest.param({**healthy(), **loaded(None)}, id="busy, and the router is near"),
        pytest.param(
            {**healthy(), **loaded(190.0, busy_s=10.0, idle_s=90.0)}, id="one slow moment of an idle computer"
        ),
        pytest.param(
            {**healthy(), "host.start": host(own_ms=220.0), "host.end": host(own_ms=0.5, busy_s=130.0, idle_s=901.0)},
            id="busy at the beginning with the run itself",
        ),
        pytest.param(
            {**healthy(), "host.start": host(free=0.02), "host.end": host(free=0.02, uptime_s=1010.0)},
            id="memory in use, and nothing moves",
        ),
    ],
)
def test_a_computer_that_is_merely_busy(facts):
    assert causes(facts) == []


def test_a_bad_way_to_the_router_is_not_the_computers_where_programs_are_served():
    assert causes({**unsteady(healthy()), **loaded(2.0)}) == ["lan.latency"]
