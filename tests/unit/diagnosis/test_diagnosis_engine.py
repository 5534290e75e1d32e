"""Folding, order, verdict, ladder; and that nothing a run may hold makes the diagnosis stumble or lie."""

from dataclasses import replace

import diagnosis_records as build
import pytest
from diagnosis_records import (
    ANCHORS,
    GATEWAY4,
    SERVICE,
    SERVICE_HOST,
    answers,
    echo,
    healthy,
    portal,
    reach,
    record,
    tcp,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from nexkit.address import Family
from nexkit.diagnosis.causes import finding
from nexkit.diagnosis.engine import diagnose, fold, judge, weigh
from nexkit.diagnosis.limits import DEFAULT_LIMITS, Limits
from nexkit.diagnosis.loss import wilson_interval
from nexkit.diagnosis.rules import Rule
from nexkit.diagnosis.snapshot import Snapshot
from nexkit.diagnosis.verdict import Inconclusive, RungState, Segment, Severity, VerdictState
from nexkit.facts.reach import TrustProblem
from nexkit.outcome import Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.texts import Texts
from report.html import report_html
from report.summary import summary_text
from ui.cli.output import verdict_text


def test_a_consequence_is_folded_under_its_root_and_its_fact_stays():
    root = finding("access.line_down", confidence=0.9, evidence=("a",))
    folded = fold([finding("service.down", confidence=0.9, evidence=("b",)), root])
    assert [each.cause for each in folded] == ["access.line_down"]
    assert folded[0].explains == ("service.down",)


def test_independent_faults_both_stay_and_the_blocking_one_comes_first():
    folded = fold(
        [
            finding("service.sign_in", confidence=0.9, evidence=("c",)),
            finding("access.ipv6_broken", confidence=0.9, evidence=("a",)),
            finding("service.http_error", confidence=0.9, evidence=("b",)),
            finding("dns.name_missing", confidence=0.9, evidence=("d",)),
        ]
    )
    assert [each.cause for each in folded] == [
        "dns.name_missing",
        "service.http_error",
        "access.ipv6_broken",
        "service.sign_in",
    ]


def test_a_degraded_root_accounts_for_a_blocking_consequence_only_by_a_common_measurement():
    root = finding("dns.tampered", confidence=0.9, evidence=("dns.resolver1", "reach.control1"))
    apart = finding("service.cert_invalid", confidence=0.9, evidence=("reach.service.mail",))
    shared = finding("security.inspection_root_missing", confidence=0.9, evidence=("reach.control1",))
    assert len(fold([root, apart])) == 2
    assert [each.cause for each in fold([root, shared])] == ["dns.tampered"]


def test_contradiction_lowers_confidence():
    sure = finding("lan.captive_portal", confidence=0.9, evidence=("a",))
    doubted = weigh(replace(sure, against=("b", "c")), DEFAULT_LIMITS)
    assert weigh(sure, DEFAULT_LIMITS).confidence == 0.9
    assert doubted.confidence == pytest.approx(0.9 * DEFAULT_LIMITS.against_factor**2)


def test_a_rule_that_breaks_knows_nothing():
    def broken(_run, _limits):
        raise LookupError

    answer = judge(Rule(cause="lan.loss", judge=broken), Snapshot(record({})), DEFAULT_LIMITS)
    assert isinstance(answer, Inconclusive)


def test_two_faults_are_both_named():
    facts = build.without_family(healthy(), Family.IPV6)
    facts["reach.service.mail"] = reach(SERVICE_HOST, SERVICE, problem=TrustProblem.EXPIRED)
    diagnosis = diagnose(record(facts))
    assert [each.cause for each in diagnosis.findings] == ["service.cert_invalid", "access.ipv6_broken"]
    assert diagnosis.verdict.cause == "service.cert_invalid"


def test_limits_can_be_tightened():
    facts = {**healthy(), "ping.gateway4": echo(GATEWAY4, rtt_ms=30)}
    assert diagnose(record(facts)).findings == ()
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor, rtt_ms=40)
    strict = diagnose(record(facts), Limits(gateway_rtt_ms=20))
    assert [each.cause for each in strict.findings] == ["lan.latency"]


def states(facts):
    return {rung.segment: rung.state for rung in diagnose(record(facts)).ladder}


def test_the_ladder_has_every_segment_in_order():
    assert tuple(rung.segment for rung in diagnose(record({})).ladder) == tuple(Segment)
    assert set(states({}).values()) == {RungState.NOT_RUN}


def test_a_passed_ladder_names_its_evidence():
    for rung in diagnose(record(healthy())).ladder:
        if rung.segment is Segment.VPN:
            assert rung.state is RungState.NOT_RUN
        else:
            assert rung.state is RungState.PASS
            assert rung.because


def test_behind_the_break_nothing_is_judged():
    found = states(build.without_internet(healthy()))
    assert found[Segment.GATEWAY] is RungState.PASS
    assert found[Segment.ACCESS] is RungState.FAIL
    assert {found[Segment.INTERNET], found[Segment.DNS], found[Segment.SERVICE]} == {RungState.INCONCLUSIVE}


def test_a_degraded_segment_is_a_warning():
    found = states({**healthy(), "dns.resolver1": answers(GATEWAY4, invented=["198.18.66.66"])})
    assert found[Segment.DNS] is RungState.WARN


def test_what_passes_without_a_gateway_answer_passed_the_gateway():
    facts = healthy()
    for step_id in ("lan.gateway4", "lan.gateway6", "ping.gateway4", "ping.gateway6"):
        facts[step_id] = Failed(Failure(kind=FailureKind.INTERNAL, step="probe"))
    assert states(facts)[Segment.GATEWAY] is RungState.PASS


def test_names_found_in_part_are_a_warning():
    lookups = build.system_lookups(without=("www.example.net",))
    verdict = diagnose(record({**healthy(), "lookup.system": lookups})).verdict
    assert (verdict.state, verdict.segment) == (VerdictState.INCONCLUSIVE, Segment.DNS)


def test_a_service_that_was_not_reached_in_time_is_not_called_healthy():
    for reason in (SkipReason.CANCELLED, SkipReason.TIME_LIMIT, SkipReason.WITHHELD):
        verdict = diagnose(record({**healthy(), "reach.service.mail": Skipped(reason)})).verdict
        assert (verdict.state, verdict.segment) == (VerdictState.INCONCLUSIVE, Segment.SERVICE)
    facts = {**healthy(), "reach.service.mail": Failed(Failure(kind=FailureKind.TIMEOUT, step="deadline"))}
    assert diagnose(record(facts)).verdict.state is VerdictState.INCONCLUSIVE


def test_without_a_service_the_network_can_be_healthy():
    facts = healthy()
    del facts["reach.service.mail"]
    assert diagnose(record(facts)).verdict.state is VerdictState.HEALTHY


def test_every_step_without_evidence_is_listed_with_its_reason():
    facts = {
        **healthy(),
        "load.test": Skipped(SkipReason.NO_CONSENT),
        "ping.anchor1": Failed(Failure(kind=FailureKind.PERMISSION, step="open")),
    }
    listed = {each.step: (each.probe, each.reason) for each in diagnose(record(facts)).not_tested}
    assert listed == {
        "load.test": ("load", SkipReason.NO_CONSENT),
        "ping.anchor1": ("ping", FailureKind.PERMISSION),
    }


def test_one_destination_is_too_few_to_call_the_internet_dead():
    facts = {"interfaces": healthy()["interfaces"], "reach.anchor1": tcp(ANCHORS[0], FailureKind.TIMEOUT)}
    assert diagnose(record(facts)).verdict.state is VerdictState.INCONCLUSIVE


def test_an_answer_is_the_same_for_a_report_with_pseudonyms():
    facts = build.without_internet(healthy(), beyond=(build.PROVIDER4,))

    def hidden(address):
        return f"{address.rpartition('.')[0]}.0/24#ip-{address.replace('.', 'x')}"

    path = facts["route.anchor4"]
    renamed = replace(
        path,
        target=hidden(path.target),
        hops=tuple(
            replace(
                hop,
                responders=tuple(
                    replace(each, address=each.address if each.address == GATEWAY4 else hidden(each.address))
                    for each in hop.responders
                ),
            )
            for hop in path.hops
        ),
    )
    for number, anchor in enumerate(ANCHORS[:2], start=1):
        facts[f"ping.anchor{number}"] = replace(facts[f"ping.anchor{number}"], target=hidden(anchor))
        facts[f"reach.anchor{number}"] = tcp(hidden(anchor), FailureKind.TIMEOUT)
    assert diagnose(record({**facts, "route.anchor4": renamed})).verdict.cause == "internet.unreachable"


_SICK = {
    **build.without_internet(healthy(), beyond=(build.PROVIDER4,)),
    "portal.1": portal((False, False)),
    "dns.resolver1": answers(GATEWAY4, rcode="SERVFAIL"),
    "load.test": build.load(build.direction(working=echo(ANCHORS[0], rtt_ms=400))),
    "reach.control1": reach("www.example.com", ["not an address"], kind=FailureKind.TIMEOUT),
    "ping.anchor1": replace(echo(ANCHORS[0]), target="not an address"),
}
_NO_EVIDENCE = st.one_of(
    st.sampled_from(list(SkipReason)).map(Skipped),
    st.sampled_from(list(FailureKind)).map(lambda kind: Failed(Failure(kind=kind, step="probe"))),
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_set_of_outcomes_makes_it_stumble(data):
    source = data.draw(st.sampled_from([healthy(), _SICK]))
    other = data.draw(st.sampled_from([healthy(), _SICK]))
    facts = {}
    for step_id, fact in source.items():
        match data.draw(st.integers(0, 3)):
            case 0:
                facts[step_id] = fact
            case 1:
                facts[step_id] = other.get(step_id, fact)
            case 2:
                facts[step_id] = data.draw(_NO_EVIDENCE)
            case _:
                pass
    diagnosis = diagnose(record(facts))
    ids = set(facts)
    for each in diagnosis.findings:
        assert 0 < each.confidence <= 1
        assert each.evidence
        assert set(each.evidence) <= ids
    assert all(set(rung.because) <= ids for rung in diagnosis.ladder)
    assert (diagnosis.verdict.state is VerdictState.FAULT) or not any(
        each.severity is not Severity.CONTEXT for each in diagnosis.findings
    )


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_without_any_evidence_there_is_no_fault(data):
    facts = {step_id: data.draw(_NO_EVIDENCE) for step_id in healthy()}
    diagnosis = diagnose(record(facts))
    assert diagnosis.verdict.state is VerdictState.INCONCLUSIVE
    assert {each.cause for each in diagnosis.findings} <= {"device.permission_missing"}
    assert all(rung.state in {RungState.NOT_RUN, RungState.INCONCLUSIVE} for rung in diagnosis.ladder)


@given(st.integers(1, 5000), st.data())
def test_the_loss_interval_holds_the_measured_loss(sent, data):
    lost = data.draw(st.integers(0, sent))
    low, high = wilson_interval(lost, sent, 1.96)
    assert 0 <= low <= lost / sent + 1e-12
    assert lost / sent - 1e-12 <= high <= 1


def test_of_a_run_that_was_stopped_nobody_knows_how_well_all_is():
    stopped = replace(record(healthy()), cancelled=True)
    found = diagnose(stopped)
    assert (found.verdict.state, found.verdict.confidence) == (VerdictState.HEALTHY, None)
    texts = Texts("en")
    page = report_html(stopped, found, None, texts, report_id="R")
    for shown in (verdict_text(found, stopped, texts), summary_text(stopped, found, None, texts, report_id="R"), page):
        assert "You stopped the measuring early" in shown
        assert "nearly certain" not in shown
    assert "You stopped" not in verdict_text(diagnose(record(healthy())), record(healthy()), texts)
