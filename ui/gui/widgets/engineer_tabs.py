"""Everything that was measured, for engineers: the tables of the report, charts, the raw facts. Made tab by tab."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QTabWidget, QVBoxLayout, QWidget

from nexkit.diagnosis.verdict import Diagnosis, Finding
from nexkit.facts.load import LoadTest
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.causes import cause_name, cause_text
from nexkit.texts.facts import outcome_text
from nexkit.texts.verdicts import (
    left_open_text,
    place_evidence,
    rung_word,
    segment_name,
    severity_word,
    sureness_text,
    unheard_text,
)
from nexkit.texts.words import measured_text
from report.tables import Topic, chapter
from report.tables.run import not_tested_table, steps_table
from report.tables.table import DASH, Table, measured
from report.visible import visible
from ui.gui.pages.base import card, plain_label, selectable_label
from ui.gui.theme import current_theme
from ui.gui.widgets.fact_table import titled_table
from ui.gui.widgets.lazy import Lazy
from ui.gui.widgets.load_chart import LoadChart, phase_words, phases
from ui.gui.widgets.raw_facts import RawFacts
from ui.gui.widgets.timing_bars import TimingBars, timings


class EngineerTabs(QTabWidget):
    """One run and its diagnosis."""

    def __init__(self, record: RunRecord, diagnosis: Diagnosis, texts: Texts) -> None:
        _ = texts.gettext
        super().__init__()
        self._record, self._diagnosis, self._texts = record, diagnosis, texts
        self.setObjectName("result.tabs")
        self.setAccessibleName(_("Details"))
        self.setDocumentMode(True)
        self.tabBar().setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.tabBar().setAccessibleName(_("Details"))
        for name, make in (
            (_("Findings"), self._findings),
            (_("Path"), lambda: self._tables(Topic.WAY)),
            ("DNS", lambda: self._tables(Topic.NAMES)),
            (_("Addresses"), lambda: self._tables(Topic.COMPUTER, Topic.NEAR)),
            (_("Reach"), self._reach),
            (_("Load"), self._load),
            (_("All steps"), self._steps),
            (_("Raw facts"), lambda: RawFacts(record, texts)),
        ):
            self.addTab(Lazy(make), name)

    def _findings(self) -> QWidget:
        """Codes, evidence by step, and every part of the way."""
        _ = self._texts.gettext
        content, layout = _column()
        told = {result.id: outcome_text(result, self._texts) for result in self._record.results}
        if steps := place_evidence(self._diagnosis):
            frame, inner = card()
            inner.addWidget(plain_label(_("It shows by:")))
            inner.addWidget(selectable_label(_steps_told(steps, told), "result.place"))
            layout.addWidget(frame)
        elif not self._diagnosis.findings:
            layout.addWidget(plain_label(_("No finding."), "muted"))
        for finding in self._diagnosis.findings:
            layout.addWidget(self._finding(finding, told))
        for number, item in enumerate(self._diagnosis.left_open, start=1):
            lines = [left_open_text(item, self._texts), *(unheard_text(each, self._texts) for each in item.because)]
            layout.addWidget(selectable_label("\n– ".join(lines), f"result.left_open.codes.{number}"))
        self._add_table(layout, "result.ladder", self._ladder())
        layout.addStretch(1)
        return content

    def _finding(self, finding: Finding, told: Mapping[str, str]) -> QWidget:
        _ = self._texts.gettext
        frame, layout = card()
        words = cause_text(finding, self._texts)
        layout.addWidget(plain_label(words.title, "heading"))
        facts = [
            (
                _("Kind"),
                _("{cause} ({severity})").format(
                    cause=finding.cause, severity=severity_word(finding.severity, self._texts)
                ),
            ),
            (_("How sure"), sureness_text(finding, self._diagnosis, self._texts)),
            (_("Measured"), measured_text(finding, self._texts)),
            (_("Speaks for it"), _steps_told(finding.evidence, told)),
            (_("Speaks against it"), _steps_told(finding.against, told)),
            (_("Explains as well"), "\n".join(cause_name(cause, self._texts) for cause in finding.explains)),
            (_("For the support desk"), words.desk),
        ]
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setHorizontalSpacing(round(current_theme().em))
        for row, (name, value) in enumerate((name, value) for name, value in facts if value):
            grid.addWidget(plain_label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(selectable_label(value), row, 1)
        layout.addLayout(grid)
        return frame

    def _ladder(self) -> Table:
        _ = self._texts.gettext
        return Table(
            title=_("Every part of the way"),
            columns=(_("part"), _("state"), _("because of")),
            rows=[
                (
                    segment_name(rung.segment, self._texts),
                    rung_word(rung.state, self._texts),
                    ", ".join(rung.because) or DASH,
                )
                for rung in self._diagnosis.ladder
            ],
        )

    def _reach(self) -> QWidget:
        """Bars of every address first, then all that is known of connections."""
        content, layout = _column()
        if rows := timings(self._record):
            layout.addWidget(TimingBars(rows, self._texts))
        self._add_topics(layout, Topic.SERVICES, Topic.PROXY, Topic.UDP)
        self._finish(layout)
        return content

    def _load(self) -> QWidget:
        """The phases of each load test, then its tables."""
        content, layout = _column()
        for number, (_result, load) in enumerate(measured(self._record, LoadTest), start=1):
            if shown := phases(load, self._texts):
                layout.addWidget(plain_label(self._texts.gettext("Round-trip times without and under load"), "heading"))
                layout.addWidget(LoadChart(f"result.load.{number}", shown, self._texts))
                lines = "\n".join(phase_words(phase, self._texts) for phase in shown)
                layout.addWidget(selectable_label(lines, f"result.load.{number}.words"))
        self._add_topics(layout, Topic.LOAD)
        self._finish(layout)
        return content

    def _steps(self) -> QWidget:
        content, layout = _column()
        self._add_table(layout, "result.steps", steps_table(self._record, self._texts))
        self._add_table(layout, "result.not_tested", not_tested_table(self._diagnosis, self._texts))
        self._finish(layout)
        return content

    def _tables(self, *topics: Topic) -> QWidget:
        content, layout = _column()
        self._add_topics(layout, *topics)
        self._finish(layout)
        return content

    def _add_topics(self, layout: QVBoxLayout, *topics: Topic) -> None:
        for topic in topics:
            found = chapter(topic, self._record, self._texts)
            for number, table in enumerate(found.tables if found else (), start=1):
                self._add_table(layout, f"result.{topic.value}.{number}", table)

    def _add_table(self, layout: QVBoxLayout, name: str, table: Table) -> None:
        if table.rows:
            layout.addWidget(titled_table(name, table, self._texts))

    def _finish(self, layout: QVBoxLayout) -> None:
        if layout.isEmpty():
            layout.addWidget(plain_label(self._texts.gettext("Nothing of this was measured in this run."), "muted"))
        layout.addStretch(1)


def _steps_told(steps: tuple[str, ...], told: Mapping[str, str]) -> str:
    """Steps with what each measured, one a line."""
    return "\n".join(f"{step}: {visible(told.get(step, ''))}" for step in steps)


def _column() -> tuple[QWidget, QVBoxLayout]:
    content = QWidget()
    layout = QVBoxLayout(content)
    em = current_theme().em
    layout.setContentsMargins(0, round(em * 0.6), 0, 0)
    layout.setSpacing(round(em * 0.6))
    return content, layout
