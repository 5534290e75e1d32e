"""A watch while it goes on and at its end: how it is right now, the hours as a picture, what was disturbed."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.watch import length_text
from nexkit.watch.events import WatchTotals
from nexkit.watch.record import WatchLog
from ui.gui.pages.base import card, plain_label, push_button
from ui.gui.present import Mark
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.episode_list import EpisodeList
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.timeline import Timeline


class LivePart(QWidget):
    """Shows what it is given of a watch; keeps nothing of it."""

    minimise_wanted = Signal()
    finish_wanted = Signal()
    quit_wanted = Signal()
    """The three answers to what closing the window means."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.8))
        self._closing = self._build_closing()
        layout.addWidget(self._closing)
        layout.addWidget(self._build_state())

        self._hours, hours = card()
        self.timeline = Timeline("watch.timeline", texts)
        self.timeline.episode_chosen.connect(self._show_chosen)
        hours.addWidget(self.timeline)
        self.chosen = plain_label("", "", "watch.chosen")
        self.chosen.setVisible(False)
        hours.addWidget(self.chosen)
        layout.addWidget(self._hours)

        disturbed, inner = card()
        inner.addWidget(plain_label(_("Disturbances"), "heading"))
        self.episodes = EpisodeList("watch.episodes", texts)
        inner.addWidget(self.episodes)
        layout.addWidget(disturbed)

        self.after_restart = Tick(
            "watch.after_restart",
            _("Go on after the computer was &restarted"),
            _("The program is then started when you log in, until this watch ends. Nothing of it is left afterwards."),
        )
        layout.addWidget(self.after_restart)

    def _build_closing(self) -> QWidget:
        """What closing the window means, where it cannot just go beside the clock."""
        _ = self._texts.gettext
        frame, layout = card()
        layout.addWidget(plain_label(_("The watch is still going on"), "heading", "watch.closing"))
        layout.addWidget(plain_label(_("It can go on only while this program is open. What shall happen?")))
        for button in (
            push_button("watch.minimise", _("Go on, with the window made s&mall"), self.minimise_wanted),
            push_button("watch.finish_now", _("Stop and see the res&ult"), self.finish_wanted),
            push_button("watch.quit", _("&Quit and go on another time"), self.quit_wanted),
        ):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        frame.setVisible(False)
        return frame

    def _build_state(self) -> QWidget:
        frame, layout = card()
        self._mark = MarkLabel(size_em=2.0)
        self.state = plain_label("", "heading", "watch.state")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(current_theme().em * 0.7))
        row.addWidget(self._mark)
        row.addWidget(self.state, 1)
        layout.addWidget(head)
        self.totals = plain_label("", "muted", "watch.totals")
        self.where = plain_label("", "muted", "watch.where")
        self.problem = plain_label("", "problem", "watch.problem")
        for label in (self.totals, self.where, self.problem):
            layout.addWidget(label)
        self.show_problem("")
        return frame

    def ask_what_closing_means(self, asked: bool) -> None:
        """Put the question, or take it back."""
        self._closing.setVisible(asked)

    def show_state(self, mark: Mark, words: str) -> None:
        """How it is right now."""
        self._mark.show_mark(mark)
        self.state.setText(words)

    def show_problem(self, words: str) -> None:
        """What went wrong beside the watch itself; "" takes it back."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def show_log(self, log: WatchLog, totals: WatchTotals | None, *, over: bool) -> None:
        """Show a log; `totals`: how far the watch that goes on is, None where none does. `over`: it has ended."""
        _ = self._texts.gettext
        self.timeline.show_log(log, over=over)
        self.episodes.show_log(log, over=over)
        self._show_chosen()
        words = _("Watched for {length}; data used: {size}.")
        if totals is not None:
            words = _("Watched for {length}; data used: {size}, {hour} in the last hour.")
        self.totals.setText(
            words.format(
                length=length_text((log.ended_at - log.started_at).total_seconds(), self._texts),
                size=byte_size(log.traffic_bytes),
                hour=byte_size(0 if totals is None else totals.traffic_last_hour_bytes),
            )
        )

    def show_hours(self, shown: bool) -> None:
        """Whether there is, or will be, anything in the picture."""
        self._hours.setVisible(shown)

    @Slot()
    def _show_chosen(self) -> None:
        chosen = self.timeline.chosen is not None
        self.chosen.setText(self.timeline.description() if chosen else "")
        self.chosen.setVisible(chosen)
