"""What a report says in one language, for the page and for paper: every number a word, in the order of reading."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nexkit.diagnosis.verdict import Diagnosis, Finding, Grade, Rung, RungState, Segment, Severity
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.outcome import Completed, Skipped, SkipReason
from nexkit.profile import Profile
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import CauseText, cause_name, cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import bit_rate, milliseconds, percent
from nexkit.texts.suitability import grade_word, graded, graded_value_text, use_name
from nexkit.texts.trials import meaning, trial_text
from nexkit.texts.verdicts import (
    left_open_text,
    place_evidence,
    rung_word,
    segment_name,
    severity_word,
    stopped_text,
    sureness_text,
    unheard_text,
    verdict_advice,
    verdict_name,
    verdict_sentence,
    verdict_sureness,
)
from nexkit.texts.words import complaint_text, measured_values, subject_text
from report.figures import PAGE, Bar, Colours, bar_chart, echo_chart
from report.plain import UnknownFact
from report.summary import moment_text, organisation_name
from report.tables import Chapter, chapters
from report.tables.run import not_tested_table, steps_table, trial_table
from report.tables.table import Table
from report.tables.watch import WatchView, watch_view
from report.visible import visible

WAY = (Segment.DEVICE, Segment.LAN, Segment.GATEWAY, Segment.ACCESS, Segment.INTERNET, Segment.SERVICE)
"""Drawn one after the other; the rest stands beside the way."""
MAX_RAW = 4000
"""Characters of a fact that this version cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of the drawing."""

    segment: Segment
    name: str
    state: RungState
    word: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding, and what it stands on."""

    finding: Finding
    text: CauseText
    is_root: bool
    """The verdict is its sentence, which stands above everything."""
    severity: str
    sureness: str
    values: Sequence[tuple[str, str]]
    explains: Sequence[str]
    evidence: Sequence[tuple[str, str]]
    """Step and what it measured."""
    against: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UseView:
    """What the connection is good for."""

    name: str
    grade: Grade | None
    word: str
    values: Sequence[tuple[Grade, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """What was changed after the run, and what came of it."""

    name: str
    words: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture of numbers, with the numbers beside it."""

    title: str
    target: str
    """As measured; of unknown origin."""
    figures: Sequence[tuple[str, str]]
    picture: Markup
    """SVG."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFact:
    """A fact of a newer version: shown, not dropped."""

    step: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """All words of a report. Those of unknown origin have to be made harmless by whoever shows them."""

    texts: Texts
    report_id: str
    record: RunRecord
    diagnosis: Diagnosis
    organisation: str
    state: str
    sentence: str
    stopped: str | None
    sureness: str | None
    root_values: Sequence[tuple[str, str]]
    complaint: str
    began: str
    advice: Sequence[str]
    way: Sequence[Place]
    beside: Sequence[Place]
    place_evidence: Sequence[tuple[str, str]]
    """What shows where a fault is whose cause is not known."""
    findings: Sequence[FindingView]
    context: Sequence[FindingView]
    uses: Sequence[UseView]
    trials: Sequence[TrialView]
    watch: WatchView | None
    charts: Sequence[Chart]
    left_open: Sequence[tuple[str, Sequence[str]]]
    not_tested: Table
    withheld: Sequence[str]
    chapters: Sequence[Chapter]
    steps: Table
    unknown: Sequence[RawFact]
    colophon: Sequence[str]
    """What it was made with, and what it cannot prove."""

    @property
    def confidence(self) -> float | None:
        """How sure the whole answer is, 0..1."""
        root = self.diagnosis.root
        return root.confidence if root is not None else self.diagnosis.verdict.confidence

    @property
    def step_numbers(self) -> Mapping[str, int]:
        """Where a step stands in the table of all steps, counted from 1."""
        return {result.id: number for number, result in enumerate(self.record.results, start=1)}

    @property
    def place(self) -> str:
        """Where the fault is; "" where there is none."""
        return next((place.name for place in (*self.way, *self.beside) if place.here), "")


def report_view(
    record: RunRecord,
    diagnosis: Diagnosis,
    profile: Profile | None,
    texts: Texts,
    *,
    report_id: str,
    colours: Colours = PAGE,
) -> ReportView:
    """What a redacted run says. `profile` gives the organisation's name, which is left out without it."""
    measured = {result.id: outcome_text(result, texts) for result in record.results}
    findings = [_finding(finding, diagnosis, measured, texts) for finding in diagnosis.findings]
    places = [_place(rung, diagnosis, texts) for rung in diagnosis.ladder]
    return ReportView(
        texts=texts,
        report_id=report_id,
        record=record,
        diagnosis=diagnosis,
        organisation=organisation_name(profile, texts) or "",
        state=verdict_name(diagnosis.verdict.state, texts),
        sentence=verdict_sentence(diagnosis, texts),
        stopped=stopped_text(texts) if record.cancelled else None,
        sureness=verdict_sureness(diagnosis, texts),
        root_values=next((view.values for view in findings if view.is_root), ()),
        complaint=complaint_text(record.request, texts),
        began=moment_text(record.started_at),
        advice=verdict_advice(diagnosis, texts),
        way=[place for place in places if place.segment in WAY],
        beside=[place for place in places if place.segment not in WAY],
        place_evidence=[(step, measured.get(step, "")) for step in place_evidence(diagnosis)],
        findings=[view for view in findings if view.finding.severity is not Severity.CONTEXT],
        context=[view for view in findings if view.finding.severity is Severity.CONTEXT],
        uses=[
            UseView(
                name=use_name(each.use, texts),
                grade=each.grade,
                word=grade_word(each.grade, texts) if each.grade else "–",
                values=[(value.grade, graded_value_text(value, texts)) for value in each.values],
            )
            for each in graded(diagnosis)
        ],
        trials=[
            TrialView(
                name=trial_text(done.trial, texts).name, words=meaning(done, texts), table=trial_table(done, texts)
            )
            for done in record.trials
        ],
        watch=None if record.watch is None else watch_view(record.watch, texts, colours),
        charts=[*_echo_charts(record, texts, colours), *_load_charts(record, texts, colours)],
        left_open=[
            (left_open_text(item, texts), [unheard_text(each, texts) for each in item.because])
            for item in diagnosis.left_open
        ],
        not_tested=not_tested_table(diagnosis, texts),
        withheld=[result.id for result in record.results if result.outcome == Skipped(SkipReason.WITHHELD)],
        chapters=list(chapters(record, texts)),
        steps=steps_table(record, texts),
        unknown=list(_unknown(record)),
        colophon=_colophon(record, diagnosis, texts),
    )


def _colophon(record: RunRecord, diagnosis: Diagnosis, texts: Texts) -> tuple[str, ...]:
    _ = texts.gettext
    system, profile = record.system, record.profile
    system_word, profile_word, rules_word = _("System"), _("Profile"), _("Rules")
    made_with = (
        f"{system_word}: {' '.join(visible(word) for word in (system.system, system.release, system.architecture))}",
        f"{profile_word}: {visible(profile.id)} {profile.serial} ({profile.trust.value})",
        f"nexkit {visible(record.kit_version)}",
        f"{rules_word} {visible(diagnosis.rules_version)}",
    )
    return (
        " · ".join(made_with),
        _(
            "Public addresses, names and hardware addresses are shortened or replaced by pseudonyms; the same "
            "pseudonym stands for the same thing within this report only."
        ),
        _(
            "The signature of a report shows that nothing was changed since the user released it. It cannot show that "
            "the computer measured rightly."
        ),
    )


def _place(rung: Rung, diagnosis: Diagnosis, texts: Texts) -> Place:
    return Place(
        segment=rung.segment,
        name=segment_name(rung.segment, texts),
        state=rung.state,
        word=rung_word(rung.state, texts),
        here=rung.segment is diagnosis.verdict.segment and rung.state in {RungState.FAIL, RungState.WARN},
    )


def _finding(finding: Finding, diagnosis: Diagnosis, measured: Mapping[str, str], texts: Texts) -> FindingView:
    return FindingView(
        finding=finding,
        text=cause_text(finding, texts),
        is_root=finding is diagnosis.root,
        severity=severity_word(finding.severity, texts),
        sureness=sureness_text(finding, diagnosis, texts),
        values=list(measured_values(finding, texts)),
        explains=[cause_name(cause, texts) for cause in finding.explains],
        evidence=[(step, measured.get(step, "")) for step in finding.evidence],
        against=[(step, measured.get(step, "")) for step in finding.against],
    )


# Charts


def _echo_charts(record: RunRecord, texts: Texts, colours: Colours) -> Iterator[Chart]:
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, EchoStats):
            yield _echo_chart(subject_text(result.subject, texts), result.outcome.fact, texts, colours)


def _echo_chart(title: str, echo: EchoStats, texts: Texts, colours: Colours) -> Chart:
    _ = texts.gettext
    words = _("Round-trip times: {subject}").format(subject=title)
    return Chart(
        title=words,
        target=f"{echo.target} ({echo.method.value})",
        figures=[
            (_("median"), milliseconds(echo.rtt_p50_ms)),
            (_("95 % below"), milliseconds(echo.rtt_p95_ms)),
            (_("jitter"), milliseconds(echo.jitter_ms)),
            (_("lost"), f"{percent(echo.loss_ratio)} ({echo.sent - echo.received}/{echo.sent})"),
        ],
        picture=echo_chart(echo, lost_word=_("lost"), title=words, colours=colours),
    )


def _load_charts(record: RunRecord, texts: Texts, colours: Colours) -> Iterator[Chart]:
    _ = texts.gettext
    for result in record.results:
        if not isinstance(result.outcome, Completed) or not isinstance(result.outcome.fact, LoadTest):
            continue
        load = result.outcome.fact
        rates = (
            (_("Download"), load.down, load.expected_down_bit_s),
            (_("Upload"), load.up, load.expected_up_bit_s),
        )
        yield Chart(
            title=_("Rate under load"),
            target=f"{load.server} ({load.backend.value})",
            figures=[
                (name, _expected(expected, way, texts)) for name, way, expected in rates if way is not None or expected
            ],
            picture=bar_chart(
                [
                    Bar(
                        label=name,
                        value=way.goodput_bit_s if way else None,
                        words=bit_rate(way.goodput_bit_s if way else None),
                        mark_at=expected,
                    )
                    for name, way, expected in rates
                ],
                title=_("Rate under load"),
                colours=colours,
            ),
        )
        phases = (
            (_("Idle"), load.idle),
            (_("Download"), load.down.working if load.down else None),
            (_("Upload"), load.up.working if load.up else None),
        )
        if any(echo for _name, echo in phases):
            idle_ms = load.idle.rtt_p50_ms if load.idle else None
            yield Chart(
                title=_("Round-trip time without and under load"),
                target=load.echo_target or "",
                figures=[
                    (
                        name,
                        _("95 % below {rtt}, lost {loss}").format(
                            rtt=milliseconds(echo.rtt_p95_ms), loss=percent(echo.loss_ratio)
                        ),
                    )
                    for name, echo in phases
                    if echo
                ],
                picture=bar_chart(
                    [
                        Bar(
                            label=name,
                            value=echo.rtt_p50_ms if echo else None,
                            words=milliseconds(echo.rtt_p50_ms if echo else None),
                            mark_at=idle_ms,
                        )
                        for name, echo in phases
                    ],
                    title=_("Round-trip time without and under load"),
                    colours=colours,
                ),
            )


def _expected(expected: float | None, way: DirectionLoad | None, texts: Texts) -> str:
    _ = texts.gettext
    steadiness = way.confidence.value if way else "–"
    if expected is None:
        return _("steadiness: {word}").format(word=steadiness)
    return _("expected {rate}; steadiness: {word}").format(rate=bit_rate(expected), word=steadiness)


def _unknown(record: RunRecord) -> Iterator[RawFact]:
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, UnknownFact):
            raw = json.dumps(result.outcome.fact.data, ensure_ascii=False, indent=1)
            yield RawFact(step=result.id, kind=result.outcome.fact.kind, text=raw[:MAX_RAW])
