"""What the charts of round trips share: a scale with round numbers, its lines, the cross of a lost answer."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen
from PySide6.QtWidgets import QWidget

from ui.gui.theme import Theme, mixed

_LEAST_TOP_MS = 20.0
_NICE = (1.0, 2.0, 5.0, 10.0)


def nice_top_ms(highest_ms: float) -> float:
    """A round number above the highest round trip, for the top of a scale."""
    wanted = max(_LEAST_TOP_MS, highest_ms * 1.1)
    size = 1.0
    while size * 10 < wanted:
        size *= 10
    return next(size * nice for nice in _NICE if size * nice >= wanted)


def small_font(widget: QWidget) -> QFont:
    """For the words in a drawing."""
    small = QFont(widget.font())
    small.setPointSizeF(widget.font().pointSizeF() * 0.9)
    return small


def paint_scale(painter: QPainter, theme: Theme, plot: QRectF, top_ms: float) -> None:
    """Lines at the foot, the middle and the top of the plot, with their round-trip times on its left."""
    em = theme.em
    side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for share in (0.0, 0.5, 1.0):
        y = plot.bottom() - share * plot.height()
        painter.setPen(QPen(mixed(theme.border, theme.card, 0.3), 1))
        painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        painter.setPen(theme.muted)
        box = QRectF(0, y - em * 0.6, plot.left() - em * 0.4, em * 1.2)
        painter.drawText(box, int(side), f"{top_ms * share:.0f} ms")


def paint_cross(painter: QPainter, theme: Theme, at: QPointF) -> None:
    """An answer that is missing."""
    arm = theme.em * 0.2
    painter.setPen(QPen(theme.bad, 1.8))
    painter.drawLine(at + QPointF(-arm, -arm), at + QPointF(arm, arm))
    painter.drawLine(at + QPointF(arm, -arm), at + QPointF(-arm, arm))
