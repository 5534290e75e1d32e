"""What the commands print: progress on stderr, verdicts in words and JSON on stdout."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from nexkit.diagnosis.verdict import Diagnosis, RungState
from nexkit.events import Event, StepFinished, StepsPlanned
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text
from nexkit.texts.numbers import percent
from nexkit.texts.verdicts import not_tested_text, rung_word, segment_name, severity_word, verdict_sentence
from report.files import write_whole

_MARKS = {
    RungState.PASS: "+",
    RungState.WARN: "!",
    RungState.FAIL: "X",
    RungState.INCONCLUSIVE: "?",
    RungState.NOT_RUN: "-",
}


class Progress:
    """One line on a terminal that tells what is going on; silent where stderr is no terminal."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._visible = sys.stderr.isatty()
        self._began = time.monotonic()
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
        if self._visible:
            line = self._texts.gettext("Measuring: {done} of {planned} done, {seconds:.0f} s").format(
                done=self._finished, planned=self._planned, seconds=time.monotonic() - self._began
            )
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._visible:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def verdict_text(diagnosis: Diagnosis, texts: Texts) -> str:
    """Verdict, ladder, findings with advice, and what was not tested, for a terminal."""
    _ = texts.gettext
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
        lines += [_("  Evidence: {ids}").format(ids=", ".join(finding.evidence))]
        if finding.explains:
            lines += [_("  Explains: {causes}").format(causes=", ".join(finding.explains))]
    if diagnosis.not_tested:
        lines += ["", _("Not tested:")]
        lines += [f"  {item.step}: {not_tested_text(item, texts)}" for item in diagnosis.not_tested]
    return "\n".join(lines)


def write_json(document: Any, place: str) -> None:  # noqa: ANN401  any JSON value
    """Write a JSON document to a file, whole or not at all, or to standard output where the place is `-`."""
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if place == "-":
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_whole(Path(place), text.encode())
