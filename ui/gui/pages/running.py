"""Page: the measuring, as it goes on."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QElapsedTimer, QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from nexkit.events import Event, StepSample
from nexkit.probe import ProbeSpec
from nexkit.request import Depth
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.probes import probe_text
from nexkit.texts.verdicts import segment_name
from nexkit.texts.words import subject_text
from ui.gui.pages.base import PageBase, PlainLabel, TurningBox, card, plain_label
from ui.gui.present import LiveRun, Mark, ProbeRow, live_word
from ui.gui.theme import current_theme
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.path_view import PathNode, PathView
from ui.gui.widgets.rtt_chart import RttChart

_REFRESH_MS = 100


class _Row(QWidget):
    """One probe: its shape, name, count and progress."""

    def __init__(self, probe: str, texts: Texts) -> None:
        super().__init__()
        em = round(current_theme().em)
        self._texts = texts
        self._name = probe_text(probe, texts).name
        self.mark = MarkLabel()
        self.count = PlainLabel()
        self.count.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setObjectName(f"running.progress.{probe}")
        self.bar.setAccessibleName(self._name)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        top = QHBoxLayout()
        top.setSpacing(em // 2)
        top.addWidget(self.mark)
        top.addWidget(plain_label(self._name), 1)
        top.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, em // 5)
        layout.setSpacing(em // 5)
        layout.addLayout(top)
        layout.addWidget(self.bar)

    def show_row(self, row: ProbeRow) -> None:
        _ = self._texts.gettext
        if not row.finished:
            self.mark.show_mark(Mark.RUNNING)
            words = _("{done} of {total}").format(done=row.done, total=row.total)
        elif row.measured:
            self.mark.show_mark(Mark.OK)
            words = _("measured")
        else:
            self.mark.show_mark(Mark.NOT_RUN)
            words = _("not measured")
        self.count.setText(words)
        self.bar.setValue(round(row.ratio * 1000))
        self.setAccessibleDescription(words)


class RunningPage(PageBase):
    """Shows the drawing filling in, the chart, the rows, the time and the data used."""

    def __init__(self, texts: Texts) -> None:
        _ = texts.gettext
        super().__init__("running", texts, _("Measuring …"))
        self._live: LiveRun | None = None
        self._rows: dict[str, _Row] = {}
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)

        self.status = plain_label("", name="running.status")
        self.traffic = plain_label("", "muted", "running.traffic")
        self.column.addWidget(TurningBox(self.status, self.traffic, least_em=30))
        self.problem = plain_label("", "problem", "running.problem")
        self.problem.setVisible(False)
        self.column.addWidget(self.problem)

        frame, layout = card()
        self.path = PathView("running.path", _("The way from this computer to the service"), "")
        layout.addWidget(self.path)
        self.column.addWidget(frame)

        rows_card, self._rows_layout = card()
        self._rows_layout.addStretch(1)
        chart_card, chart_layout = card()
        chart_layout.addWidget(plain_label(_("Round-trip times, live"), "heading"))
        self.chart = RttChart(
            "running.chart",
            _("Round-trip times, live"),
            {subject: subject_text(subject, texts) for subject in Subject},
            lost=_("lost"),
            empty=_("No round trip yet"),
        )
        chart_layout.addWidget(self.chart, 1)
        self.column.addWidget(TurningBox(rows_card, chart_card, least_em=40), 1)

    def begin(self, specs: Iterable[ProbeSpec], depth: Depth) -> None:
        """A new run starts now."""
        _ = self.texts.gettext
        for row in self._rows.values():
            self._rows_layout.removeWidget(row)
            row.hide()  # without a parent it would be a window of its own until it is deleted
            row.deleteLater()
        self._rows.clear()
        self.chart.clear()
        self.problem.setVisible(False)
        self.title.setText(_("Measuring …"))
        by_id: Mapping[str, ProbeSpec] = {spec.id: spec for spec in specs}
        self._live = LiveRun(specs=by_id, depth=depth)
        self._clock.start()
        self._timer.start()
        self._refresh()

    def take(self, event: object) -> None:
        """One event of the run."""
        if self._live is None:
            return
        told: Event = event  # type: ignore[assignment]  # the signal carries events alone
        self._live.feed(told, self._clock.elapsed() / 1000)
        if isinstance(told, StepSample):
            self.chart.add(told.step_id, self._live.steps[told.step_id].subject, told.at_s, told.rtt_ms)

    def rows(self) -> tuple[ProbeRow, ...]:
        """The probes of the run and how far each is."""
        return self._live.rows() if self._live is not None else ()

    def stopping(self) -> None:
        """The user wants no more."""
        _ = self.texts.gettext
        self.title.setText(_("Stopping: what was measured is kept …"))

    def end(self) -> None:
        """The run is over."""
        self._refresh()
        self._timer.stop()

    def failed(self) -> None:
        """The run ended by a mistake of this program."""
        _ = self.texts.gettext
        self.end()
        self.title.setText(_("Measuring did not work"))
        self.problem.setText(_("The program made a mistake and had to stop. Go back and try again."))
        self.problem.setVisible(True)

    def _refresh(self) -> None:
        live = self._live
        if live is None:
            return
        texts = self.texts
        _ = texts.gettext
        now_s = self._clock.elapsed() / 1000
        self.path.show_nodes(
            [
                PathNode(
                    segment=place.segment,
                    mark=place.mark,
                    label=segment_name(place.segment, texts),
                    word=live_word(place.mark, texts),
                )
                for place in live.places()
            ]
        )
        for row in live.rows():
            if row.probe not in self._rows:
                self._rows[row.probe] = _Row(row.probe, texts)
                self._rows_layout.insertWidget(self._rows_layout.count() - 1, self._rows[row.probe])
            self._rows[row.probe].show_row(row)
        self.status.setText(self._time_words(live, now_s))
        self.traffic.setText(
            _("Data used: {used}; limit of the tests so far: {most}").format(
                used=byte_size(live.traffic_bytes), most=byte_size(live.most_bytes)
            )
        )

    def _time_words(self, live: LiveRun, now_s: float) -> str:
        _ = self.texts.gettext
        elapsed, left = round(now_s), round(live.remaining_s(now_s) + 0.5)
        if not live.late(now_s):
            return _("{elapsed} s so far, about {left} s to go").format(elapsed=elapsed, left=left)
        waiting = [probe_text(probe, self.texts).name for probe in live.waiting_for()]
        return _("{elapsed} s so far, at most {left} s to go in this part. Waiting for: {what}").format(
            elapsed=elapsed, left=left, what=", ".join(waiting) or "–"
        )
