"""A small badge with the shape of a mark, for rows of text."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.gui.present import Mark
from ui.gui.theme import current_theme
from ui.gui.widgets.icons import draw_badge


class MarkLabel(QWidget):
    """Shows one mark; the words beside it say the same."""

    def __init__(self, mark: Mark = Mark.NOT_RUN, *, size_em: float = 1.1) -> None:
        super().__init__()
        self._mark = mark
        self._size_em = size_em
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_mark(self, mark: Mark) -> None:
        """Show another mark."""
        if mark is not self._mark:
            self._mark = mark
            self.update()

    def sizeHint(self) -> QSize:
        """A square of its size."""
        side = round(current_theme().em * self._size_em)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the badge."""
        theme = current_theme()
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        draw_badge(painter, self._mark, box, theme.of_mark(self._mark), theme.card)
        painter.end()
