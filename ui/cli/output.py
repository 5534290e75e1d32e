"""What the commands print of a run: its progress, and verdicts in words."""

from collections.abc import Iterable, Iterator, Mapping

from nexkit.diagnosis.verdict import Diagnosis, Finding, RungState
from nexkit.events import Event, StepFinished, StepsPlanned
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import cause_name, cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import percent
from nexkit.texts.suitability import graded, suitability_text
from nexkit.texts.trials import trial_line
from nexkit.texts.verdicts import (
    left_open_text,
    not_tested_text,
    place_evidence,
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
from report.visible import visible
from ui.cli.streams import ProgressLine

_MARKS = {
    RungState.PASS: "+",
    RungState.WARN: "!",
    RungState.FAIL: "X",
    RungState.INCONCLUSIVE: "?",
    RungState.NOT_RUN: "-",
}
_MAX_STEPS = 8
"""Of a finding, with their figures; the rest is named."""


class Progress:
    """The events of a run as a line of progress."""

    def __init__(self, texts: Texts) -> None:
        self._line = ProgressLine(texts)
        self._planned = 0
        self._finished = 0

    def show(self, event: Event) -> None:
        """Take an event of the run into the line."""
        if isinstance(event, StepsPlanned):
            self._planned += len(event.steps)
        elif isinstance(event, StepFinished):
            self._finished += 1
        else:
            return
        self._line.show(self._finished, self._planned)

    def clear(self) -> None:
        """Take the line away."""
        self._line.clear()


def verdict_text(diagnosis: Diagnosis, record: RunRecord, texts: Texts) -> str:
    """The whole diagnosis for a terminal: the answer and what to do first, then what it rests on and leaves open."""
    parts = (
        _answer(diagnosis, record, texts),
        _way(diagnosis, texts),
        _place(diagnosis, record, texts),
        *_findings(diagnosis, record, texts),
        _left_open(diagnosis, texts),
        _trials(record, texts),
        _uses(diagnosis, texts),
        _not_tested(diagnosis, texts),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _answer(diagnosis: Diagnosis, record: RunRecord, texts: Texts) -> Iterator[str]:
    _ = texts.gettext
    yield verdict_sentence(diagnosis, texts)
    if record.cancelled:
        yield stopped_text(texts)
    if sureness := verdict_sureness(diagnosis, texts):
        yield _("How sure: {sureness}").format(sureness=sureness)
    yield ""
    yield _("What you can do now:")
    yield from _numbered(verdict_advice(diagnosis, texts))


def _numbered(advice: Iterable[str]) -> Iterator[str]:
    return (f"  {number}. {step}" for number, step in enumerate(advice, start=1))


def _way(diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    yield texts.gettext("The way from this computer to the service:")
    for rung in diagnosis.ladder:
        yield f"  [{_MARKS[rung.state]}] {segment_name(rung.segment, texts)}: {rung_word(rung.state, texts)}"


def _measured(record: RunRecord, texts: Texts) -> Mapping[str, str]:
    """By outcome id, what was measured; addresses and names in there come from the network."""
    return {result.id: visible(outcome_text(result, texts)) for result in record.results}


def _place(diagnosis: Diagnosis, record: RunRecord, texts: Texts) -> Iterator[str]:
    """What shows the place of a fault whose cause is not known."""
    if steps := place_evidence(diagnosis):
        yield texts.gettext("It shows by:")
        yield from _steps(steps, _measured(record, texts), texts)


def _findings(diagnosis: Diagnosis, record: RunRecord, texts: Texts) -> Iterator[Iterator[str]]:
    measured = _measured(record, texts)
    for finding in diagnosis.findings:
        yield _finding(finding, diagnosis, measured, texts)


def _finding(finding: Finding, diagnosis: Diagnosis, measured: Mapping[str, str], texts: Texts) -> Iterator[str]:
    """A finding with what it rests on; sentence and advice of the root stand at the top already."""
    _ = texts.gettext
    text = cause_text(finding, texts)
    yield f"{text.title}  ({finding.cause}, {severity_word(finding.severity, texts)}, {percent(finding.confidence)})"
    if finding is not diagnosis.root:
        yield f"  {text.sentence}"
        yield _("  How sure: {sureness}").format(sureness=sureness_text(finding, diagnosis, texts))
        yield from _numbered(text.advice)
    yield _("  For the support desk: {text}").format(text=text.desk)
    yield _("  Evidence:")
    yield from _steps(finding.evidence, measured, texts)
    if finding.against:
        yield _("  Against it:")
        yield from _steps(finding.against, measured, texts)
    if finding.explains:
        yield _("  Explains as well:")
        yield from (f"    {cause_name(cause, texts)}" for cause in finding.explains)


def _steps(steps: tuple[str, ...], measured: Mapping[str, str], texts: Texts) -> Iterator[str]:
    for step in steps[:_MAX_STEPS]:
        yield f"    {step}: {measured.get(step, '')}"
    if more := steps[_MAX_STEPS:]:
        yield "    " + texts.gettext("and: {steps}").format(steps=", ".join(more))


def _left_open(diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    if not diagnosis.left_open:
        return
    yield texts.gettext("What stays open:")
    for item in diagnosis.left_open:
        yield f"  {left_open_text(item, texts)}"
        yield from (f"    - {unheard_text(each, texts)}" for each in item.because)


def _trials(record: RunRecord, texts: Texts) -> Iterator[str]:
    if record.trials:
        yield texts.gettext("Changed after this run, and tested again:")
        yield from (f"  {visible(trial_line(done, texts))}" for done in record.trials)


def _uses(diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    if uses := graded(diagnosis):
        yield texts.gettext("What this connection is good for:")
        yield from (f"  {suitability_text(use, texts)}" for use in uses)


def _not_tested(diagnosis: Diagnosis, texts: Texts) -> Iterator[str]:
    """Steps without evidence, those with the same reason together."""
    by_reason: dict[str, list[str]] = {}
    for item in diagnosis.not_tested:
        by_reason.setdefault(not_tested_text(item, texts), []).append(item.step)
    if by_reason:
        yield texts.gettext("Not tested:")
        yield from (f"  {reason} ({', '.join(steps)})" for reason, steps in by_reason.items())
