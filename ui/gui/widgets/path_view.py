"""The way from this computer to the service as a drawing: a place, a shape and a word for each part of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nexkit.diagnosis.verdict import Segment
from ui.gui.accessible import read_as
from ui.gui.present import Mark
from ui.gui.theme import Theme, current_theme, mixed
from ui.gui.widgets.icons import draw, draw_badge, segment_icon

_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignHCenter)
_PASSED = frozenset({Mark.OK, Mark.WARN})


@dataclass(frozen=True, slots=True, kw_only=True)
class PathNode:
    """One place of the drawing, in words."""

    segment: Segment
    mark: Mark
    label: str
    word: str
    here: bool = False
    wired: bool = False
    """The first stretch is a cable."""


class PathView(QWidget):
    """Draws the places in a row, or one below the other where the window is narrow or the text large."""

    def __init__(self, name: str, title: str, here_text: str, words: Sequence[str] = ()) -> None:
        """`words` may stand at a place later: there is room for them from the beginning, so that nothing turns."""
        super().__init__()
        self._words = tuple(words)
        self._nodes: tuple[PathNode, ...] = ()
        self._title = title
        self._here_text = here_text
        self.setObjectName(name)
        self.setAccessibleName(title)
        read_as(self, QAccessible.Role.Graphic)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_nodes(self, nodes: Sequence[PathNode]) -> None:
        """Draw these places; the description for assistive technology follows."""
        if tuple(nodes) == self._nodes:
            return
        self._nodes = tuple(nodes)
        self.setAccessibleDescription("; ".join(f"{node.label}: {node.word}" for node in self._nodes))
        self.updateGeometry()
        self.update()

    def nodes(self) -> tuple[PathNode, ...]:
        """What is drawn now."""
        return self._nodes

    def hasHeightForWidth(self) -> bool:
        """The drawing turns upright when it gets narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height that the drawing needs."""
        em = current_theme().em
        if self._is_row(width, em):
            return round(self._flag_height(em) + em * 3.7 + self._label_height(width, em) + em * 1.3)
        return round(em * 3.4 * max(1, len(self._nodes)))

    def sizeHint(self) -> QSize:
        """Wide enough for a row."""
        em = current_theme().em
        return QSize(round(em * 40), round(em * 8.6))

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for the upright drawing."""
        em = current_theme().em
        return QSize(round(em * 14), round(em * 6))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn between row and upright."""
        super().resizeEvent(event)
        self.updateGeometry()

    def _flag_height(self, em: float) -> float:
        """Room above the row for the pointer at the broken place."""
        return em * 1.8 if any(node.here for node in self._nodes) else em * 0.2

    def _label_font(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _label_height(self, width: float, em: float) -> float:
        """Height of the longest name in the row, wrapped to its column."""
        column = QRect(0, 0, int(width / max(1, len(self._nodes))) - 4, 1000)
        metrics = QFontMetrics(self._label_font())
        return max((metrics.boundingRect(column, _WRAP, node.label).height() for node in self._nodes), default=em)

    def _is_row(self, width: int, em: float) -> bool:
        metrics = QFontMetrics(self.font())
        words = (*self._words, *(node.word for node in self._nodes))
        widest = max((metrics.horizontalAdvance(word) for word in words), default=0)
        return width >= max(1, len(self._nodes)) * max(em * 5.4, widest + em * 0.4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw with the palette as it is now."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        if self._nodes:
            if self._is_row(self.width(), theme.em):
                self._paint_row(painter, theme)
            else:
                self._paint_column(painter, theme)
        painter.end()

    def _paint_row(self, painter: QPainter, theme: Theme) -> None:
        em = theme.em
        step = self.width() / len(self._nodes)
        size = em * 3.0
        y = self._flag_height(em)
        label_height = self._label_height(self.width(), em)
        boxes = [QRectF((index + 0.5) * step - size / 2, y, size, size) for index in range(len(self._nodes))]
        for index in range(len(boxes) - 1):
            gap = em * 0.35
            start = QPointF(boxes[index].right() + gap, boxes[index].center().y())
            end = QPointF(boxes[index + 1].left() - gap, boxes[index + 1].center().y())
            self._paint_link(painter, theme, QLineF(start, end), index)
        for index, (node, box) in enumerate(zip(self._nodes, boxes, strict=True)):
            self._paint_node(painter, theme, node, box)
            column = QRectF(index * step + 2, box.bottom() + em * 0.55, step - 4, label_height)
            self._paint_words(painter, theme, node, column, Qt.AlignmentFlag.AlignHCenter)
            if node.here:
                flag = self._paint_flag(painter, theme, box.center().x(), 0)
                self._paint_tip(painter, theme, QPointF(box.center().x(), em * 1.65), flag.bottom())

    def _paint_column(self, painter: QPainter, theme: Theme) -> None:
        em = theme.em
        size = em * 2.4
        boxes = [QRectF(em * 0.4, index * em * 3.4 + em * 0.4, size, size) for index in range(len(self._nodes))]
        for index in range(len(boxes) - 1):
            start = QPointF(boxes[index].center().x(), boxes[index].bottom() + em * 0.15)
            end = QPointF(boxes[index + 1].center().x(), boxes[index + 1].top() - em * 0.15)
            self._paint_link(painter, theme, QLineF(start, end), index)
        for node, box in zip(self._nodes, boxes, strict=True):
            self._paint_node(painter, theme, node, box)
            left = box.right() + em * 1.0
            words = QRectF(left, box.top(), self.width() - left, em * 1.1)
            beside = left + self.fontMetrics().horizontalAdvance(node.word) + em * 0.8
            covered = node.here and beside + self._flag_width(painter) > self.width()
            shown = replace(node, word="") if covered else node  # the flag says more than the word
            self._paint_words(painter, theme, shown, words, Qt.AlignmentFlag.AlignLeft)
            if node.here:
                flag_left = left if covered else beside
                self._paint_flag(painter, theme, flag_left + self._flag_width(painter) / 2, box.top() + em * 1.2)

    def _paint_link(self, painter: QPainter, theme: Theme, line: QLineF, index: int) -> None:
        near, far = self._nodes[index], self._nodes[index + 1]
        passed = near.mark in _PASSED and far.mark in _PASSED
        pen = QPen(theme.good if passed else theme.border, theme.em * 0.14)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if not passed:
            pen.setDashPattern([0.1, 2.2])
            pen.setColor(mixed(theme.muted, theme.card, 0.3))
        painter.setPen(pen)
        painter.drawLine(line)

    def _paint_node(self, painter: QPainter, theme: Theme, node: PathNode, box: QRectF) -> None:
        colour = theme.of_mark(node.mark)
        quiet = node.mark in {Mark.NOT_RUN, Mark.UNKNOWN}
        pen = QPen(theme.border if quiet else mixed(colour, theme.card, 0.35), 1.2)
        if node.mark is Mark.BROKEN:
            pen = QPen(colour, 2.4)
        if quiet:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.card if quiet else mixed(theme.card, colour, 0.1))
        radius = box.width() * 0.26
        painter.drawRoundedRect(box, radius, radius)
        inset = box.width() * 0.22
        draw(
            painter,
            segment_icon(node.segment, wired=node.wired),
            box.adjusted(inset, inset, -inset, -inset),
            theme.muted if quiet else theme.text,
        )
        side = box.width() * 0.42
        badge = QRectF(box.right() - side * 0.62, box.bottom() - side * 0.62, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.card)
        painter.drawEllipse(badge.adjusted(-2, -2, 2, 2))
        draw_badge(painter, node.mark, badge, colour, theme.card)

    def _paint_words(
        self, painter: QPainter, theme: Theme, node: PathNode, box: QRectF, side: Qt.AlignmentFlag
    ) -> None:
        em = theme.em
        painter.setFont(self._label_font())
        painter.setPen(theme.text)
        painter.drawText(box, int(Qt.TextFlag.TextWordWrap) | int(side | Qt.AlignmentFlag.AlignTop), node.label)
        painter.setFont(self.font())
        painter.setPen(theme.of_mark(node.mark))
        below = QRectF(box.left(), box.bottom() + em * 0.1, box.width(), em * 1.15)
        painter.drawText(below, int(side | Qt.AlignmentFlag.AlignVCenter), node.word)

    def _paint_flag(self, painter: QPainter, theme: Theme, middle: float, top: float) -> QRectF:
        """The words that point at the broken place, as near to the middle asked for as fits."""
        em = theme.em
        width = self._flag_width(painter)
        flag = QRectF(min(max(0.0, middle - width / 2), self.width() - width), top, width, em * 1.3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.bad)
        painter.drawRoundedRect(flag, em * 0.35, em * 0.35)
        painter.setPen(theme.card)
        painter.drawText(flag, int(Qt.AlignmentFlag.AlignCenter), self._here_text)
        return flag

    def _flag_width(self, painter: QPainter) -> float:
        painter.setFont(self._label_font())
        return painter.fontMetrics().horizontalAdvance(self._here_text) + current_theme().em * 1.2

    def _paint_tip(self, painter: QPainter, theme: Theme, tip: QPointF, foot: float) -> None:
        """The point of the flag."""
        half = theme.em * 0.4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.bad)
        painter.drawPolygon(QPolygonF([QPointF(tip.x() - half, foot - 1), QPointF(tip.x() + half, foot - 1), tip]))
