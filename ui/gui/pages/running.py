"""Page: the measuring, as it goes on."""

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from nexkit.diagnosis.verdict import Segment
from nexkit.events import Event, StepSample
from nexkit.facts.network import InterfaceKind
from nexkit.probe import ProbeSpec
from nexkit.profile import Load
from nexkit.request import Request
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.probes import probe_text
from nexkit.texts.words import subject_text
from ui.gui.accessible import announce
from ui.gui.pages.base import CardGrid, PageBase, TurningBox, card, plain_label
from ui.gui.present import LiveRun, Mark, ProbeRow, live_word, most_bytes, place_name
from ui.gui.theme import current_theme, mark_quiet
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.path_view import PathNode, PathView
from ui.gui.widgets.rtt_chart import RttChart

_REFRESH_MS = 100
_FINE = 1000
"""Steps of a progress bar."""
_NAMED = 3
"""So many of what is waited for are named."""


def _bar(name: str, words: str) -> QProgressBar:
    bar = QProgressBar()
    bar.setObjectName(name)
    bar.setAccessibleName(words)
    bar.setTextVisible(False)
    bar.setRange(0, _FINE)
    return bar


class _Row(QWidget):
    """One probe: its shape, its name, how far it is and since when, and a bar."""

    def __init__(self, probe: str, texts: Texts) -> None:
        super().__init__()
        em = round(current_theme().em)
        self._texts = texts
        name = probe_text(probe, texts).name
        self.mark = MarkLabel()
        self.state = plain_label("", "muted", f"running.state.{probe}")
        self.state.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        self.bar = _bar(f"running.progress.{probe}", name)
        top = QHBoxLayout()
        top.setSpacing(em // 2)
        top.addWidget(self.mark)
        top.addWidget(plain_label(name), 1)
        top.addWidget(self.state, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, em // 4)
        layout.setSpacing(em // 4)
        layout.addLayout(top)
        layout.addWidget(self.bar)

    def show_row(self, row: ProbeRow) -> None:
        _ = self._texts.gettext
        elapsed = round(row.elapsed_s)
        if not row.finished:
            self.mark.show_mark(Mark.RUNNING)
            words = _("{done} of {total}").format(done=row.done, total=row.total)
            most = max(elapsed, round(row.most_s))
            state = _("{state}; {elapsed} s, at most {most} s").format(state=words, elapsed=elapsed, most=most)
        else:
            self.mark.show_mark(Mark.OK if row.measured else Mark.NOT_RUN)
            words = _("measured") if row.measured else _("not measured")
            state = _("{state}; {elapsed} s").format(state=words, elapsed=elapsed)
        self.state.setText(state)
        mark_quiet(self.bar, row.finished)
        self.bar.setValue(round(row.ratio * _FINE))
        # Without the seconds: a screen reader would be told of nothing else.
        self.bar.setAccessibleDescription(words)


class RunningPage(PageBase):
    """Shows the drawing filling in, the chart, the rows, the time and the data used."""

    def __init__(self, texts: Texts) -> None:
        _ = texts.gettext
        super().__init__("running", texts, _("Measuring …"))
        self._live: LiveRun | None = None
        self._most_bytes = 0
        self._stopping = False
        self._told_late = False
        self._rows: dict[str, _Row] = {}
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self._refresh)

        self.status = plain_label("", name="running.status")
        self.column.addWidget(self.status)
        self.problem = plain_label("", "problem", "running.problem")
        self.problem.setVisible(False)
        self.column.addWidget(self.problem)

        frame, layout = card()
        marks = (Mark.OK, Mark.RUNNING, Mark.UNKNOWN, Mark.NOT_RUN)
        may_come = [live_word(segment, mark, texts) for segment in Segment for mark in marks]
        self.path = PathView("running.path", _("The way from this computer to the service"), "", may_come)
        layout.addWidget(self.path)
        self.column.addWidget(frame)

        chart_card, chart_layout = card()
        chart_layout.addWidget(plain_label(_("How long an answer takes, live"), "heading"))
        self.chart = RttChart("running.chart", _("How long an answer takes, live"), texts)
        chart_layout.addWidget(self.chart, 1)
        self.column.addWidget(chart_card)

        rows_card, self._rows_layout = card()
        self.traffic = plain_label("", "muted", "running.traffic")
        self.data = _bar("running.data", _("Data used"))
        data = QWidget()
        data_layout = QVBoxLayout(data)
        data_layout.setContentsMargins(0, 0, 0, 0)
        data_layout.setSpacing(round(current_theme().em * 0.3))
        data_layout.addWidget(self.traffic)
        data_layout.addWidget(self.data)
        heading = plain_label(_("What is being tested"), "heading")
        self._rows_layout.addWidget(TurningBox(heading, data, least_em=30))
        self._grid = CardGrid(columns=2, least_em=20, widen_last=False, gap_em=1.4)
        self._rows_layout.addWidget(self._grid)
        self.column.addWidget(rows_card)
        self.column.addStretch(1)

    def begin(self, specs: Iterable[ProbeSpec], request: Request, load: Load) -> None:
        """A new run starts now."""
        _ = self.texts.gettext
        self._rows.clear()
        self._rows_layout.removeWidget(self._grid)
        self._grid.hide()  # without a parent it would be a window of its own until it is deleted
        self._grid.deleteLater()
        self._grid = CardGrid(columns=2, least_em=20, widen_last=False, gap_em=1.4)
        self._rows_layout.addWidget(self._grid)
        self.chart.clear()
        self.problem.setVisible(False)
        self.title.setText(_("Measuring …"))
        self._stopping = self._told_late = False
        by_id: Mapping[str, ProbeSpec] = {spec.id: spec for spec in specs}
        self._most_bytes = most_bytes(request, load, by_id)
        self._live = LiveRun(request=request)
        self._clock.start()
        self._timer.start()
        self._refresh()

    def take(self, event: object) -> None:
        """One event of the run."""
        if self._live is None:
            return
        told: Event = event  # type: ignore[assignment]  # the signal carries events alone
        self._live.feed(told, self._now_s())
        if isinstance(told, StepSample):
            subject = self._live.steps[told.step_id].subject
            self.chart.add(told.step_id, subject_text(subject, self.texts), told.at_s, told.rtt_ms)
        if self._live.finished:
            self._refresh()

    def rows(self) -> tuple[ProbeRow, ...]:
        """The probes of the run and how far each is."""
        return self._live.rows(self._now_s()) if self._live is not None else ()

    def stopping(self) -> None:
        """The user wants no more."""
        _ = self.texts.gettext
        self._stopping = True
        self.title.setText(_("Stopping …"))
        self.to_top()
        self._refresh()
        announce(self, self.status.text())

    def end(self) -> None:
        """The run is over."""
        self._refresh()
        self._timer.stop()

    def failed(self) -> None:
        """The run ended by a mistake of this program."""
        _ = self.texts.gettext
        self.end()
        self.title.setText(_("Measuring did not work"))
        self.status.setText("")
        self.problem.setText(_("The program made a mistake and had to stop. Go back and try again."))
        self.problem.setVisible(True)

    def _now_s(self) -> float:
        return self._clock.elapsed() / 1000

    def _refresh(self) -> None:
        live = self._live
        if live is None:
            return
        texts = self.texts
        now_s = self._now_s()
        self.path.show_nodes(
            [
                PathNode(
                    segment=place.segment,
                    mark=place.mark,
                    label=place_name(place.segment, live.link, texts),
                    word=live_word(place.segment, place.mark, texts),
                    wired=live.link is InterfaceKind.ETHERNET,
                )
                for place in live.places()
            ]
        )
        for row in live.rows(now_s):
            if row.probe not in self._rows:
                self._rows[row.probe] = _Row(row.probe, texts)
                self._grid.add(self._rows[row.probe])
            self._rows[row.probe].show_row(row)
        self.status.setText(self._time_words(live, now_s))
        self._show_traffic(live.traffic_bytes)
        if live.late(now_s) and not self._told_late and not live.finished:
            self._told_late = True
            announce(self, self.status.text())

    def _show_traffic(self, used_bytes: int) -> None:
        words = self.texts.gettext("Data used: {used} of at most {most}").format(
            used=byte_size(used_bytes), most=byte_size(self._most_bytes)
        )
        self.traffic.setText(words)
        # What was sent is seen, however little it is.
        share = round(_FINE * used_bytes / self._most_bytes)
        self.data.setValue(max(share, 1) if used_bytes else 0)

    def _time_words(self, live: LiveRun, now_s: float) -> str:
        _ = self.texts.gettext
        if live.took_s is not None:
            took = round(live.took_s, 1)
            return _("Measured in {took} s. Working out what it means …").format(took=took)
        if self._stopping:
            return _("What was measured is kept. Its result comes in a moment.")
        elapsed, left = round(now_s), round(live.remaining_s(now_s) + 0.5)
        if not live.late(now_s):
            return _("{elapsed} s so far, about {left} s to go").format(elapsed=elapsed, left=left)
        what = ", ".join(probe_text(probe, self.texts).name for probe in live.waiting_for()[:_NAMED])
        if not what:
            return _("{elapsed} s so far. Deciding what to test next …").format(elapsed=elapsed)
        return _(
            "{elapsed} s so far. It takes longer because something answers late or not at all. "
            "Waiting for: {what} (at most {left} s)"
        ).format(elapsed=elapsed, left=left, what=what)
