"""What the commands print of a run: its progress, and verdicts in words."""

from nexkit.diagnosis.verdict import Diagnosis, RungState
from nexkit.events import Event, StepFinished, StepsPlanned
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import percent
from nexkit.texts.suitability import graded, suitability_text
from nexkit.texts.verdicts import not_tested_text, rung_word, segment_name, severity_word, verdict_sentence
from report.visible import visible
from ui.cli.streams import ProgressLine

_MARKS = {
    RungState.PASS: "+",
    RungState.WARN: "!",
    RungState.FAIL: "X",
    RungState.INCONCLUSIVE: "?",
    RungState.NOT_RUN: "-",
}


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
    """Verdict, ladder, findings with advice and evidence, and what was not tested, for a terminal."""
    _ = texts.gettext
    measured = {result.id: outcome_text(result, texts) for result in record.results}
    lines = [verdict_sentence(diagnosis, texts), ""]
    lines += [
        f"  [{_MARKS[rung.state]}] {segment_name(rung.segment, texts)}: {rung_word(rung.state, texts)}"
        for rung in diagnosis.ladder
    ]
    for finding in diagnosis.findings:
        text = cause_text(finding, texts)
        lines += [
            "",
            f"{text.title}  ({finding.cause}, {severity_word(finding.severity, texts)}, {percent(finding.confidence)})",
            f"  {text.sentence}",
        ]
        lines += [f"  {number}. {advice}" for number, advice in enumerate(text.advice, start=1)]
        lines += [_("  For the support desk: {text}").format(text=text.desk)]
        lines += [_("  Evidence:")]
        # Addresses and names in there come from the network.
        lines += [f"    {step}: {visible(measured.get(step, ''))}" for step in finding.evidence]
        if finding.explains:
            lines += [_("  Explains: {causes}").format(causes=", ".join(finding.explains))]
    if uses := graded(diagnosis):
        lines += ["", _("What this connection is good for:")]
        lines += [f"  {suitability_text(use, texts)}" for use in uses]
    if diagnosis.not_tested:
        lines += ["", _("Not tested:")]
        lines += [f"  {item.step}: {not_tested_text(item, texts)}" for item in diagnosis.not_tested]
    return "\n".join(lines)
