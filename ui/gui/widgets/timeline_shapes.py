"""The shapes of the timeline, of which each means one thing, in whatever colour it is seen."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPen, QPolygonF

from ui.gui.theme import Theme, mixed


def hatch(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """Stripes for what is not known."""
    painter.fillRect(box, theme.window)
    painter.fillRect(box, QBrush(theme.muted, Qt.BrushStyle.BDiagPattern))


def episode_shape(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """A band of small crosses with a firm edge."""
    painter.setPen(QPen(theme.doubt, 1.4))
    painter.setBrush(QBrush(mixed(theme.card, theme.doubt, 0.25)))
    painter.drawRect(box)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(theme.doubt, Qt.BrushStyle.DiagCrossPattern))
    painter.drawRect(box)


def flag(painter: QPainter, theme: Theme, top: QPointF) -> None:
    """A triangle that points down at its moment."""
    arm = theme.em * 0.36
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.text)
    painter.drawPolygon(QPolygonF([top + QPointF(-arm, 0), top + QPointF(arm, 0), top + QPointF(0, arm * 1.8)]))


def flag_sample(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """A flag in a box."""
    flag(painter, theme, QPointF(box.center().x(), box.top()))


def diamond(painter: QPainter, theme: Theme, centre: QPointF) -> None:
    """Hollow, on the line that it stands on."""
    arm = theme.em * 0.34
    painter.setPen(QPen(theme.text, 1.4))
    painter.setBrush(theme.card)
    painter.drawPolygon(QPolygonF([centre + QPointF(x, y) for x, y in ((0, -arm), (arm, 0), (0, arm), (-arm, 0))]))


def diamond_sample(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """A diamond in a box."""
    diamond(painter, theme, box.center())


def rtt_sample(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """Bars that stand."""
    for index, tall in enumerate((0.45, 0.7, 0.55)):
        bar = QRectF(box.left() + index * box.width() / 3, box.bottom() - tall * box.height(), box.width() / 3, 1)
        bar.setBottom(box.bottom())
        painter.fillRect(bar, mixed(theme.card, theme.accent, 0.7))


def loss_sample(painter: QPainter, theme: Theme, box: QRectF) -> None:
    """Bars that hang."""
    painter.setPen(QPen(theme.border, 1))
    painter.drawLine(box.bottomLeft(), box.bottomRight())
    for index, tall in ((0, 0.4), (2, 0.8)):
        painter.fillRect(
            QRectF(box.left() + index * box.width() / 3, box.top(), box.width() / 3, tall * box.height()), theme.bad
        )
