"""Why the answer is what it is, for everybody: what was measured, what speaks against it, what stays open."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from nexkit.diagnosis.verdict import Diagnosis, Finding, RungState, Severity, VerdictState
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import cause_text, cause_title
from nexkit.texts.evidence import evidence_lines
from nexkit.texts.suitability import graded, suitability_text
from nexkit.texts.verdicts import (
    left_open_text,
    place_evidence,
    rung_word,
    segment_name,
    sureness_text,
    unheard_text,
)
from ui.gui.pages.base import card, plain_label, selectable_label
from ui.gui.theme import current_theme

_HAS_CARDS = frozenset({"device.permission_missing"})
"""Told on the page itself."""
_TELLS = frozenset({RungState.PASS, RungState.WARN, RungState.FAIL})


class Why(QWidget):
    """Cards, the cause that the answer names first."""

    def __init__(self, record: RunRecord, diagnosis: Diagnosis, texts: Texts) -> None:
        super().__init__()
        self._record, self._diagnosis, self._texts = record, diagnosis, texts
        em = current_theme().em
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, round(em * 0.3), 0, 0)
        self._layout.setSpacing(round(em * 0.6))
        faults = [each for each in diagnosis.findings if each.severity is not Severity.CONTEXT]
        for number, finding in enumerate(faults, start=1):
            self._add_finding(finding, number)
        if not faults:
            self._add_without_cause()
        self._add_open()
        self._add_known(
            [each for each in diagnosis.findings if each.severity is Severity.CONTEXT and each.cause not in _HAS_CARDS]
        )
        self._add_uses()

    def _add_finding(self, finding: Finding, number: int) -> None:
        _ = self._texts.gettext
        frame, layout = card()
        words = cause_text(finding, self._texts)
        layout.addWidget(plain_label(words.title, "heading"))
        if finding is not self._diagnosis.root:  # its sentence is the title of the page
            layout.addWidget(plain_label(words.sentence))
        sure = _("How sure: {sureness}").format(sureness=sureness_text(finding, self._diagnosis, self._texts))
        layout.addWidget(plain_label(sure, "", f"result.why.{number}.sure"))
        self._add_lines(layout, _("This speaks for it:"), self._lines(finding.evidence), f"result.why.{number}.for")
        against = self._lines(finding.against)
        self._add_lines(layout, _("This speaks against it:"), against, f"result.why.{number}.against")
        if not against:
            layout.addWidget(plain_label(_("Nothing that was measured speaks against it."), "muted"))
        explained = [f"{cause_title(cause, self._texts)}" for cause in finding.explains]
        self._add_lines(layout, _("It explains these as well:"), explained, f"result.why.{number}.explains")
        self._layout.addWidget(frame)

    def _add_without_cause(self) -> None:
        """What shows that all is well, or where it is not, or how far it could be told."""
        _ = self._texts.gettext
        frame, layout = card()
        state = self._diagnosis.verdict.state
        steps = place_evidence(self._diagnosis)
        if steps:
            self._add_lines(layout, _("It shows by this:"), self._lines(steps), "result.why.place")
        told = [
            _("{part}: {state}").format(
                part=segment_name(rung.segment, self._texts), state=rung_word(rung.state, self._texts)
            )
            for rung in self._diagnosis.ladder
            if rung.state in _TELLS
        ]
        heading = {
            VerdictState.HEALTHY: _("Each of these was tested and answered:"),
            VerdictState.FAULT: _("This is known of the parts of the way:"),
            VerdictState.INCONCLUSIVE: _("Only this could be told:"),
        }[state]
        self._add_lines(layout, heading, told, "result.why.parts")
        if not steps and not told:
            layout.addWidget(plain_label(_("Nothing was measured that would tell anything."), "muted"))
        self._layout.addWidget(frame)

    def _add_open(self) -> None:
        if not self._diagnosis.left_open:
            return
        _ = self._texts.gettext
        frame, layout = card()
        layout.addWidget(plain_label(_("What stays open"), "heading"))
        for number, item in enumerate(self._diagnosis.left_open, start=1):
            told = [each for each in item.because if each.means not in each.steps]  # others are called by their step
            lines = dict.fromkeys(unheard_text(each, self._texts) for each in told)
            heading = left_open_text(item, self._texts, codes=False)
            layout.addWidget(selectable_label(heading, f"result.left_open.{number}"))
            layout.addWidget(plain_label("\n".join(_bullet(line) for line in lines), "muted"))
        self._layout.addWidget(frame)

    def _add_known(self, findings: Sequence[Finding]) -> None:
        if not findings:
            return
        frame, layout = card()
        layout.addWidget(plain_label(self._texts.gettext("Good to know"), "heading"))
        for number, finding in enumerate(findings, start=1):
            words = cause_text(finding, self._texts)
            layout.addWidget(selectable_label(words.sentence, f"result.known.{number}"))
            for line in self._lines(finding.evidence):
                layout.addWidget(plain_label(_bullet(line), "muted"))
        self._layout.addWidget(frame)

    def _add_uses(self) -> None:
        """What the connection is good for, with the values beside what calls, desktops and the web ask for."""
        if not (uses := graded(self._diagnosis)):
            return
        frame, layout = card()
        layout.addWidget(plain_label(self._texts.gettext("What it is good for"), "heading"))
        for use in uses:
            layout.addWidget(selectable_label(suitability_text(use, self._texts), f"result.use.{use.use.value}"))
        self._layout.addWidget(frame)

    def _lines(self, steps: Sequence[str]) -> Sequence[str]:
        return evidence_lines(steps, self._record, self._texts)

    @staticmethod
    def _add_lines(layout: QVBoxLayout, heading: str, lines: Sequence[str], name: str) -> None:
        if lines:
            layout.addWidget(plain_label(heading))
            layout.addWidget(selectable_label("\n".join(_bullet(line) for line in lines), name))


def _bullet(line: str) -> str:
    return f"– {line}"
