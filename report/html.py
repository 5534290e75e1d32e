"""The report as a page: one file without script and without any outside reference, for a phone, a screen or paper."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nexkit.diagnosis.verdict import Diagnosis, Finding, Rung, RungState, Segment, Severity
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import DirectionLoad, LoadTest
from nexkit.outcome import Completed, Skipped, SkipReason
from nexkit.profile import Profile
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import CauseText, cause_name, cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import bit_rate, byte_size, milliseconds, percent
from nexkit.texts.probes import probe_text
from nexkit.texts.suitability import grade_word, graded, graded_value_text, use_name
from nexkit.texts.trials import meaning, result_text, shown_values, trial_text, value_name
from nexkit.texts.verdicts import (
    left_open_text,
    not_tested_text,
    rung_word,
    segment_name,
    severity_word,
    stopped_text,
    sureness_text,
    unheard_text,
    verdict_advice,
    verdict_sentence,
    verdict_sureness,
)
from nexkit.texts.words import complaint_text, measured_values, subject_text, value_text
from nexkit.trial import TrialDone
from report.figures import Bar, bar_chart, echo_chart
from report.plain import UnknownFact
from report.redact import user_text
from report.summary import moment_text, organisation_name
from report.tables import chapters
from report.tables.table import Table, cell
from report.visible import MAX_CHARACTERS, visible

_TEMPLATES = Path(__file__).parent / "templates"
_PATH = (Segment.DEVICE, Segment.LAN, Segment.GATEWAY, Segment.ACCESS, Segment.INTERNET, Segment.SERVICE)
"""Drawn one after the other; the rest stands beside the way."""
_MAX_RAW = 4000
"""Characters of a fact that this version cannot read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One place of the drawing."""

    segment: str
    name: str
    state: str
    word: str
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _FindingView:
    finding: Finding
    text: CauseText
    severity: str
    sureness: str
    values: Sequence[tuple[str, str]]
    explains: Sequence[str]
    evidence: Sequence[tuple[str, str]]
    """Step and what it measured."""
    against: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chart:
    title: str
    target: str
    """As measured; of unknown origin."""
    figures: Sequence[tuple[str, str]]
    picture: Markup


def shown(text: object, limit: int = MAX_CHARACTERS) -> Markup:
    """Text of unknown origin in a page: escaped, apart from the direction of what surrounds it, nothing invisible."""
    return Markup("<bdi>{}</bdi>").format(visible(str(text), limit=limit))


def typed(text: str) -> Markup:
    """Text of unknown origin that keeps its lines: what the user typed, the cells of a table, a raw fact."""
    return Markup("<bdi>{}</bdi>").format(user_text(text))


def _harmless(value: object) -> object:
    """Every text that is put into the page, our own sentences among them: some of them quote a word of the report."""
    return visible(value, limit=_MAX_RAW, keep="\n") if type(value) is str else value


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.filters["shown"] = shown
    environment.filters["typed"] = typed
    return environment


def report_html(
    record: RunRecord, diagnosis: Diagnosis, profile: Profile | None, texts: Texts, *, report_id: str
) -> str:
    """The page of a redacted run. `profile` gives the organisation's name; without it the page shows the id alone."""
    css = (_TEMPLATES / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    environment = _environment().overlay()
    environment.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=False)  # type: ignore[attr-defined]  # added by the i18n extension
    measured = {result.id: outcome_text(result, texts) for result in record.results}
    findings = [_finding(finding, diagnosis, measured, texts) for finding in diagnosis.findings]
    return environment.get_template("report.html").render(
        css=Markup(css),  # noqa: S704  our own file
        css_hash=digest,
        texts=texts,
        report_id=report_id,
        record=record,
        diagnosis=diagnosis,
        organisation=organisation_name(profile, texts),
        sentence=verdict_sentence(diagnosis, texts),
        stopped=stopped_text(texts) if record.cancelled else None,
        sureness=verdict_sureness(diagnosis, texts),
        advice=verdict_advice(diagnosis, texts),
        path=[_place(rung, diagnosis, texts) for rung in diagnosis.ladder if rung.segment in _PATH],
        beside=[_place(rung, diagnosis, texts) for rung in diagnosis.ladder if rung.segment not in _PATH],
        findings=[view for view in findings if view.finding.severity is not Severity.CONTEXT],
        context=[view for view in findings if view.finding.severity is Severity.CONTEXT],
        uses=[
            (
                use_name(each.use, texts),
                each.grade,
                grade_word(each.grade, texts) if each.grade else "–",
                [(value.grade, graded_value_text(value, texts)) for value in each.values],
            )
            for each in graded(diagnosis)
        ],
        trials=[
            (trial_text(done.trial, texts).name, meaning(done, texts), _trial_table(done, texts))
            for done in record.trials
        ],
        charts=[*_echo_charts(record, texts), *_load_charts(record, texts)],
        left_open=[
            (left_open_text(item, texts), [unheard_text(each, texts) for each in item.because])
            for item in diagnosis.left_open
        ],
        not_tested=_not_tested(diagnosis, texts),
        withheld=[result.id for result in record.results if result.outcome == Skipped(SkipReason.WITHHELD)],
        chapters=list(chapters(record, texts)),
        steps=_steps(record, texts),
        numbers={result.id: number for number, result in enumerate(record.results, start=1)},
        unknown=list(_unknown(record)),
        symptom=complaint_text(record.request, texts),
        began=moment_text(record.started_at),
    )


def _trial_table(done: TrialDone, texts: Texts) -> Table:
    """The second run's verdict and the values before and after."""
    _ = texts.gettext
    return Table(
        title=_("Before and after"),
        columns=(_("value"), _("before"), _("after")),
        rows=[
            (value_name(value, texts), value_text(value.name, value.before), value_text(value.name, value.after))
            for value in shown_values(done.values)
        ],
        note=result_text(done, texts),
    )


def _place(rung: Rung, diagnosis: Diagnosis, texts: Texts) -> _Place:
    return _Place(
        segment=rung.segment.value,
        name=segment_name(rung.segment, texts),
        state=rung.state.value,
        word=rung_word(rung.state, texts),
        here=rung.segment is diagnosis.verdict.segment and rung.state in {RungState.FAIL, RungState.WARN},
    )


def _finding(finding: Finding, diagnosis: Diagnosis, measured: Mapping[str, str], texts: Texts) -> _FindingView:
    return _FindingView(
        finding=finding,
        text=cause_text(finding, texts),
        severity=severity_word(finding.severity, texts),
        sureness=sureness_text(finding, diagnosis, texts),
        values=list(measured_values(finding, texts)),
        explains=[cause_name(cause, texts) for cause in finding.explains],
        evidence=[(step, measured.get(step, "")) for step in finding.evidence],
        against=[(step, measured.get(step, "")) for step in finding.against],
    )


# Charts


def _echo_charts(record: RunRecord, texts: Texts) -> Iterator[_Chart]:
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, EchoStats):
            yield _echo_chart(subject_text(result.subject, texts), result.outcome.fact, texts)


def _echo_chart(title: str, echo: EchoStats, texts: Texts) -> _Chart:
    _ = texts.gettext
    words = _("Round-trip times: {subject}").format(subject=title)
    return _Chart(
        title=words,
        target=f"{echo.target} ({echo.method.value})",
        figures=[
            (_("median"), milliseconds(echo.rtt_p50_ms)),
            (_("95 % below"), milliseconds(echo.rtt_p95_ms)),
            (_("jitter"), milliseconds(echo.jitter_ms)),
            (_("lost"), f"{percent(echo.loss_ratio)} ({echo.sent - echo.received}/{echo.sent})"),
        ],
        picture=echo_chart(echo, lost_word=_("lost"), title=words),
    )


def _load_charts(record: RunRecord, texts: Texts) -> Iterator[_Chart]:
    _ = texts.gettext
    for result in record.results:
        if not isinstance(result.outcome, Completed) or not isinstance(result.outcome.fact, LoadTest):
            continue
        load = result.outcome.fact
        rates = (
            (_("Download"), load.down, load.expected_down_bit_s),
            (_("Upload"), load.up, load.expected_up_bit_s),
        )
        yield _Chart(
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
            ),
        )
        phases = (
            (_("Idle"), load.idle),
            (_("Download"), load.down.working if load.down else None),
            (_("Upload"), load.up.working if load.up else None),
        )
        if any(echo for _name, echo in phases):
            idle_ms = load.idle.rtt_p50_ms if load.idle else None
            yield _Chart(
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
                ),
            )


def _expected(expected: float | None, way: DirectionLoad | None, texts: Texts) -> str:
    _ = texts.gettext
    steadiness = way.confidence.value if way else "–"
    if expected is None:
        return _("steadiness: {word}").format(word=steadiness)
    return _("expected {rate}; steadiness: {word}").format(rate=bit_rate(expected), word=steadiness)


def _not_tested(diagnosis: Diagnosis, texts: Texts) -> Table:
    _ = texts.gettext
    return Table(
        title=_("What was not tested"),
        columns=(_("step"), _("test"), _("reason")),
        rows=[
            (item.step, probe_text(item.probe, texts).name, not_tested_text(item, texts))
            for item in diagnosis.not_tested
        ],
    )


def _steps(record: RunRecord, texts: Texts) -> Table:
    _ = texts.gettext
    return Table(
        title=_("All steps"),
        columns=(_("step"), _("test"), _("result"), _("took"), _("traffic")),
        rows=[
            (
                result.id,
                cell((probe_text(result.probe, texts).name, subject_text(result.subject, texts))),
                outcome_text(result, texts),
                milliseconds(result.took_s * 1000),
                byte_size(result.traffic_bytes),
            )
            for result in record.results
        ],
    )


def _unknown(record: RunRecord) -> Iterator[tuple[str, str, str]]:
    """(step, kind, raw text) of facts of a newer version: shown, not dropped."""
    for result in record.results:
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, UnknownFact):
            raw = json.dumps(result.outcome.fact.data, ensure_ascii=False, indent=1)
            yield result.id, result.outcome.fact.kind, raw[:_MAX_RAW]
