"""Where the user is: the steps of the wizard in a row, the present one marked by weight, number and line."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.gui.accessible import read_as
from ui.gui.present import Mark
from ui.gui.theme import Theme, current_theme
from ui.gui.widgets.icons import draw, mark_shape


class StepsBar(QWidget):
    """The steps; in a narrow window only the present one has words."""

    def __init__(self, name: str, steps: tuple[str, ...], position_text: str) -> None:
        super().__init__()
        self._steps = steps
        self._position_text = position_text
        self._current = 0
        self.setObjectName(name)
        read_as(self, QAccessible.Role.StaticText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_step(0)

    def show_step(self, index: int) -> None:
        """Mark a step as the present one."""
        self._current = index
        self.setAccessibleName(
            self._position_text.format(number=index + 1, count=len(self._steps), name=self._steps[index])
        )
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        em = current_theme().em
        return QSize(round(em * 30), round(em * 2.6))

    def minimumSizeHint(self) -> QSize:
        """Numbers and one name."""
        em = current_theme().em
        return QSize(round(em * 14), round(em * 2.6))

    def _font(self, *, current: bool) -> QFont:
        font = QFont(self.font())
        if current:
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw circles, names and the lines between them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        em = theme.em
        margin, gap, side = em * 1.4, em * 0.45, em * 1.45
        painter.setFont(self._font(current=True))
        names = [painter.fontMetrics().horizontalAdvance(step) + 4.0 for step in self._steps]
        least = sum(names) + len(names) * (side + gap) + (len(names) - 1) * em * 2.2
        if least > self.width() - 2 * margin:
            names = [width if index == self._current else 0.0 for index, width in enumerate(names)]
        used = sum(width + gap if width else 0.0 for width in names) + len(names) * side
        line = (self.width() - 2 * margin - used) / max(1, len(names) - 1) - 2 * gap
        line = min(line, em * 4)
        x, middle = margin, self.height() / 2
        for index, (name, width) in enumerate(zip(self._steps, names, strict=True)):
            self._paint_circle(painter, theme, QRectF(x, middle - side / 2, side, side), index)
            x += side
            if width:
                painter.setFont(self._font(current=index == self._current))
                painter.setPen(theme.text if index == self._current else theme.muted)
                box = QRectF(x + gap, 0, width, self.height())
                painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), name)
                x += gap + width
            if index + 1 < len(names):
                painter.setPen(QPen(theme.accent if index < self._current else theme.border, 1.4))
                painter.drawLine(int(x + gap), int(middle), int(x + gap + line), int(middle))
                x += line + 2 * gap
        painter.end()

    def _paint_circle(self, painter: QPainter, theme: Theme, box: QRectF, index: int) -> None:
        done, current = index < self._current, index == self._current
        painter.setPen(QPen(theme.accent if done or current else theme.border, 1.5))
        painter.setBrush(theme.accent if current else theme.card)
        painter.drawEllipse(box.adjusted(1, 1, -1, -1))
        if done:
            inset = box.width() * 0.2
            draw(painter, mark_shape(Mark.OK), box.adjusted(inset, inset, -inset, -inset), theme.accent, weight=3.2)
            return
        font = QFont(self.font())
        font.setPointSizeF(self.font().pointSizeF() * 0.9)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(theme.on_accent if current else theme.muted)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(index + 1))
