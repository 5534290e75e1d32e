"""Page: what came out. One sentence, the drawing, what to do now; everything else on demand."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nexkit.diagnosis.trials import Series
from nexkit.diagnosis.verdict import Diagnosis, Finding, VerdictState
from nexkit.profile import Support
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import cause_name, cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.numbers import byte_size
from nexkit.texts.probes import probe_text
from nexkit.texts.suitability import graded, suitability_text
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
from nexkit.texts.words import measured_text, subject_text
from report.visible import visible
from ui.gui.pages.base import Disclosure, PageBase, card, plain_label
from ui.gui.present import Mark, mark_word, places
from ui.gui.theme import current_theme
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.path_view import PathNode, PathView
from ui.gui.widgets.trial_cards import NextStepCard, change_card

_MARK_OF_VERDICT = {
    VerdictState.HEALTHY: Mark.OK,
    VerdictState.FAULT: Mark.BROKEN,
    VerdictState.INCONCLUSIVE: Mark.UNKNOWN,
}


class ResultPage(PageBase):
    """Shows one diagnosis; a new run replaces it as a whole."""

    retest_wanted = Signal(object)
    """The user has done what this Trial says."""
    told = Signal(object, bool)
    """The user has looked elsewhere, as this Trial says: whether it works there."""
    skipped = Signal(object)

    def __init__(self, texts: Texts, support: Support) -> None:
        _ = texts.gettext
        super().__init__("result", texts, _("Result"))
        self.title.setVisible(False)  # the sentence of the verdict is the title
        self._support = support
        self._content: QWidget | None = None
        self._details: Disclosure | None = None

    def show_result(self, series: Series) -> None:
        """Show what the latest run came to, what the last change made of it, and what to try next."""
        record, diagnosis = series.record, series.diagnosis
        if self._content is not None:
            self.column.removeWidget(self._content)
            self._content.hide()
            self._content.deleteLater()
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.8))
        self._add_sentence(layout, record, diagnosis)
        if series.done:
            layout.addWidget(change_card(series.done[-1], self.texts))
        self._add_path(layout, diagnosis)
        self._add_advice(layout, diagnosis)
        self._add_next_step(layout, series)
        self._details = Disclosure("result.details", self.texts.gettext("Show &details"), self._tabs(record, diagnosis))
        layout.addWidget(self._details)
        layout.addStretch(1)
        self.column.addWidget(self._content, 1)
        self.to_top()

    def focus_first(self) -> None:
        """Not on a button of the next step: who presses Enter goes on to the report, and starts no run by accident."""
        if self._details is not None:
            self._details.button.setFocus(Qt.FocusReason.TabFocusReason)

    def _add_next_step(self, layout: QVBoxLayout, series: Series) -> None:
        trial = series.offer()
        if trial is None:
            return
        step = NextStepCard(trial, series.record, self.texts)
        step.done.connect(lambda: self.retest_wanted.emit(trial))
        step.told.connect(lambda works: self.told.emit(trial, works))
        step.skipped.connect(lambda: self.skipped.emit(trial))
        layout.addWidget(step)

    def _add_sentence(self, layout: QVBoxLayout, record: RunRecord, diagnosis: Diagnosis) -> None:
        _ = self.texts.gettext
        row = QHBoxLayout()
        row.setSpacing(round(current_theme().em * 0.7))
        row.addWidget(MarkLabel(_MARK_OF_VERDICT[diagnosis.verdict.state], size_em=2.2), 0, Qt.AlignmentFlag.AlignTop)
        sentence = plain_label(verdict_sentence(diagnosis, self.texts), "title", "result.sentence")
        sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(sentence, 1)
        layout.addLayout(row)
        if sureness := verdict_sureness(diagnosis, self.texts):
            words = _("How sure: {sureness}").format(sureness=sureness)
            layout.addWidget(plain_label(words, "muted", "result.sureness"))
        if record.cancelled:
            layout.addWidget(plain_label(stopped_text(self.texts), "muted", "result.cancelled"))

    def _add_path(self, layout: QVBoxLayout, diagnosis: Diagnosis) -> None:
        _ = self.texts.gettext
        frame, inner = card()
        path = PathView("result.path", _("The way from this computer to the service"), _("The trouble is here"))
        path.show_nodes(
            [
                PathNode(
                    segment=place.segment,
                    mark=place.mark,
                    label=segment_name(place.segment, self.texts),
                    word=mark_word(place.mark, self.texts),
                    here=place.here,
                )
                for place in places(diagnosis)
            ]
        )
        inner.addWidget(path)
        layout.addWidget(frame)

    def _add_advice(self, layout: QVBoxLayout, diagnosis: Diagnosis) -> None:
        _ = self.texts.gettext
        frame, inner = card()
        inner.addWidget(plain_label(_("What you can do now"), "heading"))
        grid = QGridLayout()
        em = round(current_theme().em)
        grid.setHorizontalSpacing(em // 2)
        grid.setVerticalSpacing(em // 3)
        grid.setColumnStretch(1, 1)
        advice = list(verdict_advice(diagnosis, self.texts))
        contact = ", ".join(entry for entry in (self._support.name, self._support.email, self._support.url) if entry)
        if contact:
            advice.append(_("Your support desk: {contact}").format(contact=contact))
        for number, sentence in enumerate(advice, start=1):
            grid.addWidget(plain_label(f"{number}."), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_selectable(sentence, f"result.advice.{number}"), number, 1)
        inner.addLayout(grid)
        layout.addWidget(frame)

    def _tabs(self, record: RunRecord, diagnosis: Diagnosis) -> QTabWidget:
        _ = self.texts.gettext
        tabs = QTabWidget()
        tabs.setObjectName("result.tabs")
        tabs.setAccessibleName(_("Details"))
        tabs.setDocumentMode(True)
        tabs.addTab(self._findings(record, diagnosis), _("Why we think so"))
        tabs.addTab(self._ladder(diagnosis), _("Every part of the way"))
        if graded(diagnosis):
            tabs.addTab(self._uses(diagnosis), _("What it is good for"))
        tabs.addTab(self._not_tested(diagnosis), _("Not tested"))
        tabs.addTab(self._measurements(record), _("Measurements"))
        return tabs

    def _findings(self, record: RunRecord, diagnosis: Diagnosis) -> QWidget:
        _ = self.texts.gettext
        measured = {result.id: outcome_text(result, self.texts) for result in record.results}
        content, layout = _tab()
        if steps := place_evidence(diagnosis):
            frame, inner = card()
            inner.addWidget(plain_label(_("It shows by:")))
            inner.addWidget(_selectable(_told(steps, measured), "result.place"))
            layout.addWidget(frame)
        elif not diagnosis.findings:
            healthy = diagnosis.verdict.state is VerdictState.HEALTHY
            words = _("Nothing was found that is wrong.") if healthy else verdict_sentence(diagnosis, self.texts)
            layout.addWidget(plain_label(words, "muted"))
        for finding in diagnosis.findings:
            layout.addWidget(self._finding(finding, sureness_text(finding, diagnosis, self.texts), measured))
        if diagnosis.left_open:
            layout.addWidget(plain_label(_("What stays open"), "heading"))
        for number, item in enumerate(diagnosis.left_open, start=1):
            lines = (
                left_open_text(item, self.texts),
                *(f"– {unheard_text(each, self.texts)}" for each in item.because),
            )
            layout.addWidget(plain_label("\n".join(lines), name=f"result.left_open.{number}"))
        layout.addStretch(1)
        return content

    def _finding(self, finding: Finding, sureness: str, measured: Mapping[str, str]) -> QWidget:
        _ = self.texts.gettext
        frame, layout = card()
        words = cause_text(finding, self.texts)
        layout.addWidget(plain_label(words.title, "heading"))
        layout.addWidget(plain_label(words.sentence))
        facts = [
            (
                _("Kind"),
                _("{cause} ({severity})").format(
                    cause=finding.cause, severity=severity_word(finding.severity, self.texts)
                ),
            ),
            (_("How sure"), sureness),
            (_("Measured"), measured_text(finding, self.texts)),
            (_("Speaks for it"), _told(finding.evidence, measured)),
            (_("Speaks against it"), _told(finding.against, measured)),
            (_("Explains as well"), "\n".join(cause_name(cause, self.texts) for cause in finding.explains)),
            (_("For the support desk"), words.desk),
        ]
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(round(current_theme().em))
        for row, (name, value) in enumerate((name, value) for name, value in facts if value):
            grid.addWidget(plain_label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(_selectable(value), row, 1)
        layout.addLayout(grid)
        return frame

    def _ladder(self, diagnosis: Diagnosis) -> QTableWidget:
        _ = self.texts.gettext
        rows = [
            (segment_name(rung.segment, self.texts), rung_word(rung.state, self.texts), ", ".join(rung.because) or "–")
            for rung in diagnosis.ladder
        ]
        return _table("result.ladder", _("Every part of the way"), (_("Part"), _("State"), _("Because of")), rows)

    def _uses(self, diagnosis: Diagnosis) -> QWidget:
        """What the connection is good for, with the values beside what calls, desktops and the web ask for."""
        content, layout = _tab()
        for use in graded(diagnosis):
            layout.addWidget(_selectable(suitability_text(use, self.texts), f"result.use.{use.use.value}"))
        layout.addStretch(1)
        return content

    def _not_tested(self, diagnosis: Diagnosis) -> QTableWidget:
        _ = self.texts.gettext
        rows = [
            (item.step, probe_text(item.probe, self.texts).name, not_tested_text(item, self.texts))
            for item in diagnosis.not_tested
        ]
        return _table("result.not_tested", _("Not tested"), (_("Step"), _("Test"), _("Reason")), rows)

    def _measurements(self, record: RunRecord) -> QTableWidget:
        _ = self.texts.gettext
        rows = [
            (
                result.id,
                subject_text(result.subject, self.texts),
                outcome_text(result, self.texts),
                f"{result.took_s:.1f} s",
                byte_size(result.traffic_bytes),
            )
            for result in record.results
        ]
        heads = (_("Step"), _("Asked"), _("Outcome"), _("Took"), _("Data"))
        return _table("result.measurements", _("Measurements"), heads, rows)


def _told(steps: Sequence[str], measured: Mapping[str, str]) -> str:
    """Steps with what each measured, one a line."""
    return "\n".join(f"{step}: {visible(measured.get(step, ''))}" for step in steps)


def _selectable(words: str, name: str = "") -> QLabel:
    label = plain_label(words, name=name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _tab() -> tuple[QWidget, QVBoxLayout]:
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.setContentsMargins(0, round(current_theme().em * 0.6), 0, 0)
    return content, layout


def _table(name: str, title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> QTableWidget:
    """A read-only table whose text can be copied."""
    table = QTableWidget(len(rows), len(heads))
    table.setObjectName(name)
    table.setAccessibleName(title)
    table.setHorizontalHeaderLabels(heads)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(True)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setMinimumHeight(round(current_theme().em * 16))
    for row, words in enumerate(rows):
        for column, word in enumerate(words):
            item = QTableWidgetItem(visible(word, limit=len(word), keep="\n"))
            table.setItem(row, column, item)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setMaximumSectionSize(round(current_theme().em * 21))
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
    return table
