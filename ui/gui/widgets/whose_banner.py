"""Whose profile is in force, on every page: in plain sight where nobody vouches for it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.gui.pages.base import plain_label
from ui.gui.present import Mark
from ui.gui.theme import current_theme
from ui.gui.widgets.mark_label import MarkLabel


class WhoseBanner(QWidget):
    """A line below the steps."""

    def __init__(self, words: str, *, alarming: bool) -> None:
        super().__init__()
        em = round(current_theme().em)
        self.label = plain_label(words, "" if alarming else "muted", "wizard.whose")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(round(em * 1.4), round(em * 0.4), round(em * 1.4), round(em * 0.4))
        layout.setSpacing(round(em * 0.6))
        if alarming:
            layout.addWidget(MarkLabel(Mark.WARN), 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.label, 1)
