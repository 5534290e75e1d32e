"""The disturbances of a watch in words, the latest first."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nexkit.diagnosis.verdict import Severity
from nexkit.texts import Texts
from nexkit.texts.watch import episode_details, episode_time, episode_title
from nexkit.watch.record import Episode, WatchLog
from ui.gui.pages.base import plain_label, rule
from ui.gui.present import Mark
from ui.gui.theme import current_theme
from ui.gui.widgets.mark_label import MarkLabel

SHOWN = 20
"""More than that nobody reads here; the report has them all."""


class _Row(QWidget):
    """One of them."""

    def __init__(self, name: str, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._episode: tuple[Episode, object] | None = None
        em = round(current_theme().em)
        self._mark = MarkLabel()
        self._title = plain_label("", "heading", f"{name}_title")
        self._time = plain_label("", "muted", f"{name}_time")
        self._details = plain_label("", "", f"{name}_details")
        words = QVBoxLayout()
        words.setSpacing(em // 6)
        for label in (self._title, self._time, self._details):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(em // 2)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em // 2)
        self._rule: QFrame = rule()
        layout.addWidget(self._rule)
        layout.addLayout(row)

    def show_episode(self, episode: Episode, log: WatchLog, *, over: bool) -> None:
        """Show it; one that is over and told stays as it is."""
        state = (episode, (log.ended_at, over) if episode.ended_at is None else None)
        if state == self._episode:
            return
        self._episode = state
        texts = self._texts
        self._mark.show_mark(Mark.BROKEN if episode.severity is Severity.BLOCKING else Mark.WARN)
        self._title.setText(
            texts.gettext("{number}. {title}").format(number=episode.number, title=episode_title(episode, texts))
        )
        self._time.setText(episode_time(episode, log, texts, over=over))
        details = "\n".join(episode_details(episode, texts))
        self._details.setText(details)
        self._details.setVisible(bool(details))

    def show_rule(self, shown: bool) -> None:
        self._rule.setVisible(shown)


class EpisodeList(QWidget):
    """Keeps its rows: as many widgets at the end of a day as after the first hour."""

    def __init__(self, name: str, texts: Texts) -> None:
        super().__init__()
        self.setObjectName(name)
        self._texts = texts
        self._rows: list[_Row] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(round(current_theme().em * 0.5))
        self._none = plain_label(texts.gettext("None so far."), "muted", f"{name}_none")
        self._more: QLabel = plain_label("", "muted", f"{name}_more")
        self._layout.addWidget(self._none)
        self._layout.addWidget(self._more)
        self._more.setVisible(False)

    def show_log(self, log: WatchLog, *, over: bool) -> None:
        """Show the latest of them; `over`: the watch is."""
        latest = log.episodes[::-1][:SHOWN]
        while len(self._rows) < len(latest):
            row = _Row(f"{self.objectName()}_{len(self._rows)}", self._texts)
            row.show_rule(bool(self._rows))
            self._rows.append(row)
            self._layout.insertWidget(self._layout.count() - 1, row)
        for index, row in enumerate(self._rows):
            row.setVisible(index < len(latest))
            if index < len(latest):
                row.show_episode(latest[index], log, over=over)
        self._none.setText(self._texts.gettext("None.") if over else self._texts.gettext("None so far."))
        self._none.setVisible(not latest)
        older = len(log.episodes) - len(latest) + log.left_out
        self._more.setText(self._texts.gettext("Earlier ones stand in the report: {count}.").format(count=older))
        self._more.setVisible(older > 0)
