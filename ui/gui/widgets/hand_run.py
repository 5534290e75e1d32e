"""A run by hand as it goes on, and what came of it: round trips, tables, the fact as JSON, files of all three."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from nexkit.texts import Texts
from nexkit.texts.moments import time_of_day
from nexkit.texts.numbers import byte_size, milliseconds
from report.csv_table import Cell, csv_bytes
from report.visible import json_text, visible
from ui.gui.pages.base import CardGrid, Disclosure, card, empty, plain_label, push_button, selectable_label
from ui.gui.run_thread import Threads
from ui.gui.theme import current_theme
from ui.gui.widgets.code_view import CodeView
from ui.gui.widgets.fact_table import titled_table
from ui.gui.widgets.rtt_chart import RttChart
from ui.gui.widgets.samples_table import SamplesTable
from ui.gui.widgets.save_as import SaveAs
from ui.hand_run import HandRun, Shown, sample_rows, table_rows

_LONGEST_JSON = 200_000
"""Characters that are shown; the file has all."""


class LiveCard(QWidget):
    """The round trips of a run: counted, drawn, one by one."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        frame, layout = card()
        layout.addWidget(plain_label(_("Round trips"), "heading"))
        self.counted = plain_label("", name="expert.counted")
        layout.addWidget(self.counted)
        self.chart = RttChart("expert.chart", _("Round-trip times, live"), texts)
        self.chart.setMinimumHeight(round(current_theme().em * 9))
        layout.addWidget(self.chart)
        self.samples = SamplesTable("expert.samples", _("Every round trip"), texts)
        layout.addWidget(Disclosure("expert.show_samples", _("Every ro&und trip"), self.samples))
        _only(self, frame)
        self.setVisible(False)

    def show_run(self, run: HandRun) -> None:
        """All round trips of a run so far."""
        self.chart.clear()
        self.samples.samples.show_samples(run.samples)
        for at_s, rtt_ms in run.samples:
            self.chart.add(run.spec.id, _called(run), at_s, rtt_ms)
        self._count(run)

    def add(self, run: HandRun, at_s: float, rtt_ms: float | None) -> None:
        """One more of the run that is shown."""
        self.chart.add(run.spec.id, _called(run), at_s, rtt_ms)
        self.samples.add(at_s, rtt_ms)
        self._count(run)

    def _count(self, run: HandRun) -> None:
        _ = self._texts.gettext
        self.setVisible(bool(run.samples))
        came = [rtt_ms for _at_s, rtt_ms in run.samples if rtt_ms is not None]
        self.counted.setText(
            _("{count} sent, {lost} lost; last {last}, best {best}, worst {worst}").format(
                count=len(run.samples),
                lost=len(run.samples) - len(came),
                last=milliseconds(came[-1] if came else None),
                best=milliseconds(min(came, default=None)),
                worst=milliseconds(max(came, default=None)),
            )
        )


def _called(run: HandRun) -> str:
    return visible(run.target) or run.spec.id


class OutcomeCard(QWidget):
    """What a run came to; all of it can be saved."""

    def __init__(self, threads: Threads, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        self._shown: Shown | None = None
        frame, layout = card()
        self.heading = plain_label("", "heading", "expert.result_heading")
        layout.addWidget(self.heading)
        self.line = selectable_label("", "expert.result")
        self.cost = plain_label("", "muted", "expert.cost")
        layout.addWidget(self.line)
        layout.addWidget(self.cost)
        self._tables = QVBoxLayout()
        layout.addLayout(self._tables)
        layout.addWidget(self._build_raw())
        layout.addWidget(self._build_files())
        self.save_as = SaveAs("expert.saved", threads, texts)
        layout.addWidget(self.save_as)
        _only(self, frame)
        self.setVisible(False)

    def _build_raw(self) -> QWidget:
        _ = self._texts.gettext
        self.json = CodeView("expert.json", _("The fact as JSON"), 18)
        self.raw = Disclosure("expert.show_json", _("The fact as &JSON"), self.json)
        return self.raw

    def _build_files(self) -> QWidget:
        _ = self._texts.gettext
        self._files = QWidget()
        layout = QVBoxLayout(self._files)
        layout.setContentsMargins(0, 0, 0, 0)
        self.save_json = push_button("expert.save_json", _("Save as JSO&N …"), self._save_json)
        self.save_tables = push_button("expert.save_tables", _("Save tables as CS&V …"), self._save_tables)
        self.save_samples = push_button("expert.save_samples", _("Save round trips as &CSV …"), self._save_samples)
        grid = CardGrid(3, 14)
        for button in (self.save_json, self.save_tables, self.save_samples):
            grid.add(button)
        layout.addWidget(grid)
        note = _("These files hold all that was measured, names and addresses too; nothing in them is masked.")
        layout.addWidget(plain_label(note, "muted"))
        return self._files

    def show_shown(self, shown: Shown) -> None:
        """The outcome of a run, in place of what was there."""
        _ = self._texts.gettext
        self._shown = shown
        run = shown.run
        words = _("Result of {test}, {time}")
        self.heading.setText(
            words.format(
                test=f"{run.spec.id} {visible(run.target)}".strip(), time=time_of_day(run.started_at, seconds=True)
            )
        )
        self.line.setText(shown.line)
        self.cost.setText(
            _("Took {seconds:.1f} s; sent and received {size}").format(
                seconds=shown.took_s, size=byte_size(shown.traffic_bytes)
            )
        )
        empty(self._tables)
        for number, table in enumerate(shown.tables, start=1):
            self._tables.addWidget(titled_table(f"expert.table.{number}", table, self._texts))
        text = json_text(shown.document)
        if len(text) > _LONGEST_JSON:
            more = _("… and {count} more characters, which the saved file has")
            text = text[:_LONGEST_JSON] + "\n" + more.format(count=len(text) - _LONGEST_JSON)
        self.json.setPlainText(text)
        self.raw.setVisible(bool(text))
        self.save_json.setEnabled(bool(text))
        self.save_tables.setEnabled(bool(shown.tables))
        self.save_samples.setEnabled(bool(shown.run.samples))
        self._files.setVisible(bool(text or shown.run.samples))
        self.save_as.clear()
        self.setVisible(True)

    @Slot()
    def _save_json(self) -> None:
        if (shown := self._shown) is not None:
            self.save_as.ask(
                shown.run.file_name("", ".json"), self._texts.gettext("JSON files (*.json)"), shown.document.encode
            )

    @Slot()
    def _save_tables(self) -> None:
        if (shown := self._shown) is not None:
            self._save_csv(shown.run.file_name("-tables", ".csv"), table_rows(shown.tables))

    @Slot()
    def _save_samples(self) -> None:
        if (shown := self._shown) is not None:
            self._save_csv(shown.run.file_name("-round-trips", ".csv"), sample_rows(shown.run))

    def _save_csv(self, name: str, rows: Sequence[Sequence[Cell]]) -> None:
        self.save_as.ask(name, self._texts.gettext("CSV files (*.csv)"), partial(csv_bytes, rows))


def _only(widget: QWidget, frame: QFrame) -> None:
    """A widget that is nothing but the frame."""
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(frame)
