"""Causes: data, rules and texts hold together."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nexkit.diagnosis import rules
from nexkit.diagnosis.causes import borders, causes, finding
from nexkit.diagnosis.left_open import MEANS
from nexkit.diagnosis.limits import Limits
from nexkit.diagnosis.rules import RULES
from nexkit.diagnosis.verdict import (
    RULES_VERSION,
    Diagnosis,
    Gap,
    LeftOpen,
    NotTested,
    RungState,
    Segment,
    Severity,
    Verdict,
    VerdictState,
)
from nexkit.outcome import FailureKind, SkipReason
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts import causes as cause_texts
from nexkit.texts.causes import cause_text
from nexkit.texts.verdicts import (
    failure_text,
    gap_text,
    means_name,
    not_tested_text,
    rung_word,
    segment_name,
    severity_word,
    skip_text,
    sureness_text,
    verdict_advice,
    verdict_sentence,
)

REQUIRED = {
    "device.no_link",
    "device.no_default_route",
    "device.dns_not_set",
    "device.wrong_ip_settings",
    "lan.dhcp_failed",
    "lan.loss",
    "lan.captive_portal",
    "gateway.unreachable",
    "gateway.dns_broken",
    "access.line_down",
    "access.ipv6_broken",
    "access.loss",
    "access.bufferbloat",
    "internet.unreachable",
    "dns.resolver_unreachable",
    "dns.resolver_error",
    "dns.first_resolver_dead",
    "dns.tampered",
    "security.port_blocked",
    "service.down",
    "service.cert_invalid",
    "service.http_error",
}


@pytest.fixture(params=LANGUAGES)
def texts(request):
    return Texts(request.param)


def test_every_cause_has_one_rule_and_every_rule_a_cause():
    assert [rule.cause for rule in RULES] == list(dict.fromkeys(rule.cause for rule in RULES))
    assert {rule.cause for rule in RULES} == set(causes())


def test_the_causes_that_must_be_named_are_there():
    assert set(causes()) >= REQUIRED


def test_no_cause_explains_itself():
    assert [code for code, cause in causes().items() if code in cause.explains] == []


def test_a_cause_explains_nothing_nearer_to_the_user():
    order = list(Segment)
    nearer = [
        (code, other)
        for code, cause in causes().items()
        for other in cause.explains
        if order.index(causes()[other].segment) < order.index(cause.segment)
        and not (code == "internet.routing_loop" and other == "access.ipv4_broken")
        and not (code in {"access.line_down", "access.ipv4_broken"} and other == "gateway.dns_broken")
        and causes()[other].segment not in {Segment.DEVICE, Segment.LAN, Segment.GATEWAY, Segment.ACCESS}
    ]
    assert nearer == []


def test_rules_are_called_by_their_cause():
    assert [rule.cause for rule in RULES if rule.judge.__name__ != rule.cause.partition(".")[2]] == []


def test_every_limit_says_where_it_comes_from():
    source = (Path(rules.__file__).parents[1] / "limits.py").read_text(encoding="utf-8").splitlines()
    for field in fields(Limits):
        line = next(number for number, text in enumerate(source) if text.strip().startswith(f"{field.name}:"))
        assert source[line + 1].strip().startswith('"""'), field.name


def test_every_cause_has_words_and_no_word_is_without_cause(texts):
    assert set(cause_texts._TEXTS) == set(causes())
    for code in causes():
        text = cause_text(finding(code, confidence=0.9, evidence=("x",)), texts)
        assert text.title
        assert text.sentence
        assert 1 <= len(text.advice) <= 3
        assert text.desk
        assert "{" not in "".join((text.title, text.sentence, *text.advice, text.desk))


def test_english_sentences_end_and_titles_do_not():
    for code in causes():
        text = cause_text(finding(code, confidence=0.9, evidence=("x",)), Texts("en"))
        assert not text.title.endswith(".")
        assert all(sentence.endswith(".") for sentence in (text.sentence, *text.advice, text.desk))


def test_values_are_filled_in_as_people_read_them():
    values = {"working_rtt_ms": 412.0, "idle_rtt_ms": 11.2, "direction": "up"}
    text = cause_text(finding("access.bufferbloat", confidence=0.9, evidence=("x",), values=values), Texts("en"))
    assert "412 ms" in text.sentence
    assert "11 ms" in text.sentence
    assert "11.2 ms" in text.desk
    assert "upload" in text.desk


def test_values_cannot_smuggle_placeholders_in():
    text = cause_text(
        finding("service.down", confidence=0.9, evidence=("x",), values={"service": "{port}{0}"}), Texts("en")
    )
    assert "{port}{0}" in text.sentence


def test_a_cause_of_a_newer_version_is_called_by_its_code():
    newer = replace(finding("service.down", confidence=0.9, evidence=("x",)), cause="service.haunted")
    assert cause_text(newer, Texts("en")).title == "service.haunted"


@pytest.mark.parametrize(
    ("members", "say"),
    [
        (Segment, segment_name),
        (Severity, severity_word),
        (RungState, rung_word),
        (SkipReason, skip_text),
        (FailureKind, failure_text),
        (Gap, gap_text),
    ],
)
def test_every_member_has_words_of_its_own(members, say, texts):
    words = [say(member, texts) for member in members]
    assert all(words)
    assert len(set(words)) == len(words)


def test_a_step_without_evidence_is_explained_by_its_reason(texts):
    for reason in (*SkipReason, *FailureKind):
        assert not_tested_text(NotTested(step="ping.anchor1", probe="ping", reason=reason), texts)


def _diagnosis(state, segment=None, cause=None, findings=()):
    return Diagnosis(
        verdict=Verdict(state=state, segment=segment, cause=cause, confidence=None),
        findings=findings,
        ladder=(),
        not_tested=(),
        rules_version=RULES_VERSION,
        started_at=datetime(2026, 11, 20, tzinfo=UTC),
        took_s=1.0,
    )


def test_every_way_to_tell_look_alikes_apart_has_a_name(texts):
    names = [means_name(means, texts) for means in MEANS]
    assert not set(names) & set(MEANS)
    assert len(set(names)) == len(names)


def test_look_alikes_are_causes_or_segments_and_are_told_apart_by_what_there_is():
    known = {*causes(), *(segment.value for segment in Segment)}
    declared = [look_alike for cause in causes().values() for look_alike in cause.look_alikes]
    assert {each.other for each in declared} <= known
    assert {border.other for border in borders()} <= {segment.value for segment in Segment}
    assert {name for each in (*declared, *borders()) for name in each.by} == set(MEANS)


def test_every_verdict_says_what_to_do_and_how_sure_it_is(texts):
    for state in VerdictState:
        for segment in (None, *Segment):
            assert 1 <= len(verdict_advice(_diagnosis(state, segment), texts)) <= 3


def test_a_stopped_run_that_cannot_tell_is_to_be_run_to_its_end():
    unsure = _diagnosis(VerdictState.INCONCLUSIVE, None)
    stopped = NotTested(step="ping.gateway4", probe="ping", reason=SkipReason.CANCELLED)
    refused = replace(stopped, reason=SkipReason.NO_CONSENT)
    first = [
        verdict_advice(replace(unsure, not_tested=missing), Texts("en"))[0] for missing in ((), (refused,), (stopped,))
    ]
    assert ["run to its end" in each for each in first] == [False, False, True]


@pytest.mark.parametrize(
    ("link", "said", "unsaid"), [("wifi", "Wi-Fi", "able"), ("cable", "able", "the Wi-Fi"), (None, "Wi-Fi", "\n")]
)
def test_words_about_the_first_stretch_are_about_the_link_in_use(link, said, unsaid):
    for cause in ("lan.loss", "lan.latency"):
        text = cause_text(finding(cause, confidence=0.9, evidence=("x",), values={"link": link}), Texts("en"))
        assert said in text.sentence
        assert unsaid not in text.sentence
        assert ("On Wi-Fi" in " ".join(text.advice)) is (link is None)


def test_a_finding_is_as_sure_as_its_confidence_says(texts):
    confidences = (0.96, 0.9, 0.8, 0.7, 0.6, 0.3)
    said = [_sureness(finding("lan.loss", confidence=each, evidence=("x",)), texts) for each in confidences]
    assert len(set(said)) == len(said)


def test_what_speaks_against_a_finding_and_what_it_leaves_open_is_why_it_is_less_sure(texts):
    doubted = finding("lan.loss", confidence=0.9, evidence=("x",), against=("y", "z"))
    sure = finding("lan.loss", confidence=0.9, evidence=("x",))
    item = LeftOpen(between=("lan.loss", "lan"), because=())
    assert len({_sureness(doubted, texts), _sureness(sure, texts), _sureness(sure, texts, item)}) == 3
    assert "2" in _sureness(doubted, texts)


def _sureness(found, texts, *left_open):
    diagnosis = _diagnosis(VerdictState.FAULT, Segment.LAN, found.cause, (found,))
    return sureness_text(found, replace(diagnosis, left_open=left_open), texts)


def test_every_verdict_is_a_sentence(texts):
    for state in VerdictState:
        for segment in (None, *Segment):
            assert verdict_sentence(_diagnosis(state, segment), texts)


def test_a_named_fault_speaks_in_the_words_of_its_cause(texts):
    down = finding("service.down", confidence=0.9, evidence=("x",), values={"service": "mail"})
    diagnosis = _diagnosis(VerdictState.FAULT, Segment.SERVICE, "service.down", (down,))
    assert verdict_sentence(diagnosis, texts) == cause_text(down, texts).sentence
