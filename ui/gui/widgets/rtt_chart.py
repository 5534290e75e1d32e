"""A live chart of round-trip times: one line for each target, losses as crosses at the foot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nexkit.subject import Subject
from nexkit.texts.numbers import milliseconds
from ui.gui.theme import Theme, current_theme, mixed

_LEAST_TOP_MS = 20.0
_LEAST_SPAN_S = 5.0
_NICE = (1.0, 2.0, 5.0, 10.0)
_DASHES: Mapping[Subject, Qt.PenStyle] = {
    Subject.GATEWAY: Qt.PenStyle.SolidLine,
    Subject.PROVIDER_HOP: Qt.PenStyle.DashLine,
}


def nice_top_ms(highest_ms: float) -> float:
    """A round number above the highest round trip, for the top of a scale."""
    wanted = max(_LEAST_TOP_MS, highest_ms * 1.1)
    size = 1.0
    while size * 10 < wanted:
        size *= 10
    return next(size * nice for nice in _NICE if size * nice >= wanted)


@dataclass(slots=True)
class _Series:
    subject: Subject
    points: list[tuple[float, float | None]] = field(default_factory=list)


class RttChart(QWidget):
    """Takes samples one by one and repaints at most once a frame."""

    def __init__(self, name: str, title: str, words: Mapping[Subject, str], lost: str, empty: str) -> None:
        super().__init__()
        self._series: dict[str, _Series] = {}
        self._words = words
        self._lost = lost
        self._empty = empty
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def clear(self) -> None:
        """Forget all samples."""
        self._series.clear()
        self.setAccessibleDescription("")
        self.update()

    def add(self, step_id: str, subject: Subject, at_s: float, rtt_ms: float | None) -> None:
        """One round trip; None is a loss."""
        series = self._series.setdefault(step_id, _Series(subject))
        series.points.append((at_s, rtt_ms))
        if rtt_ms is not None:
            self.setAccessibleDescription(f"{self._words.get(subject, step_id)}: {milliseconds(rtt_ms)}")
        self.update()

    def count(self) -> int:
        """How many samples the chart holds."""
        return sum(len(series.points) for series in self._series.values())

    def sizeHint(self) -> QSize:
        """A flat, wide chart."""
        em = current_theme().em
        return QSize(round(em * 36), round(em * 8))

    def minimumSizeHint(self) -> QSize:
        """Small enough for a narrow window."""
        em = current_theme().em
        return QSize(round(em * 14), round(em * 7))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the axes, the lines and the legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        em = theme.em
        small = QFont(self.font())
        small.setPointSizeF(self.font().pointSizeF() * 0.88)
        painter.setFont(small)
        plot = QRectF(em * 3.4, em * 1.5, self.width() - em * 3.8, self.height() - em * 2.9)
        top_ms = self._top_ms()
        span_s = max(
            _LEAST_SPAN_S, max((point[0] for line in self._series.values() for point in line.points), default=0)
        )
        self._paint_axes(painter, theme, plot, top_ms, span_s)
        if not self._series:
            painter.setPen(theme.muted)
            painter.drawText(plot, int(Qt.AlignmentFlag.AlignCenter), self._empty)
        for series in self._series.values():
            self._paint_series(painter, theme, plot, series, top_ms, span_s)
        self._paint_legend(painter, theme, plot)
        painter.end()

    def _top_ms(self) -> float:
        """A round number above the highest sample."""
        highest = max(
            (rtt for line in self._series.values() for _, rtt in line.points if rtt is not None), default=_LEAST_TOP_MS
        )
        return nice_top_ms(highest)

    def _colour(self, theme: Theme, subject: Subject) -> QColor:
        match subject:
            case Subject.GATEWAY:
                return theme.good
            case Subject.PROVIDER_HOP:
                return theme.doubt
            case _:
                return theme.accent

    def _paint_axes(self, painter: QPainter, theme: Theme, plot: QRectF, top_ms: float, span_s: float) -> None:
        em = theme.em
        for share in (0.0, 0.5, 1.0):
            y = plot.bottom() - share * plot.height()
            painter.setPen(QPen(mixed(theme.border, theme.card, 0.3), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(theme.muted)
            box = QRectF(0, y - em * 0.6, plot.left() - em * 0.4, em * 1.2)
            painter.drawText(
                box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{top_ms * share:.0f} ms"
            )
        for share, side in (
            (0.0, Qt.AlignmentFlag.AlignLeft),
            (0.5, Qt.AlignmentFlag.AlignHCenter),
            (1.0, Qt.AlignmentFlag.AlignRight),
        ):
            box = QRectF(plot.left(), plot.bottom() + em * 0.25, plot.width(), em * 1.1)
            painter.drawText(box, int(side), f"{span_s * share:.0f} s" if span_s >= 10 else f"{span_s * share:.1f} s")  # noqa: PLR2004

    def _paint_series(
        self, painter: QPainter, theme: Theme, plot: QRectF, series: _Series, top_ms: float, span_s: float
    ) -> None:
        colour = self._colour(theme, series.subject)
        style = _DASHES.get(series.subject, Qt.PenStyle.SolidLine)

        def place(at_s: float, rtt_ms: float) -> QPointF:
            return QPointF(
                plot.left() + at_s / span_s * plot.width(), plot.bottom() - min(1.0, rtt_ms / top_ms) * plot.height()
            )

        painter.setPen(QPen(colour, 1.6, style))
        for (before_s, before), (at_s, rtt) in pairwise(series.points):
            if before is not None and rtt is not None:
                painter.drawLine(place(before_s, before), place(at_s, rtt))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        for at_s, rtt in series.points:
            if rtt is not None:
                painter.drawEllipse(place(at_s, rtt), 1.8, 1.8)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.bad, 1.8))
        arm = theme.em * 0.2
        for at_s, rtt in series.points:
            if rtt is None:
                foot = place(at_s, 0) - QPointF(0, arm * 1.6)
                painter.drawLine(foot + QPointF(-arm, -arm), foot + QPointF(arm, arm))
                painter.drawLine(foot + QPointF(arm, -arm), foot + QPointF(-arm, arm))

    def _paint_legend(self, painter: QPainter, theme: Theme, plot: QRectF) -> None:
        em = theme.em
        x = plot.left()
        middle = em * 0.6
        for subject in dict.fromkeys(series.subject for series in self._series.values()):
            painter.setPen(QPen(self._colour(theme, subject), 2.2, _DASHES.get(subject, Qt.PenStyle.SolidLine)))
            painter.drawLine(QPointF(x, middle), QPointF(x + em * 1.5, middle))
            x = self._legend_word(painter, theme, x + em * 1.9, self._words.get(subject, subject.value))
        if any(rtt is None for series in self._series.values() for _, rtt in series.points):
            arm = em * 0.2
            painter.setPen(QPen(theme.bad, 1.8))
            painter.drawLine(QPointF(x, middle - arm), QPointF(x + 2 * arm, middle + arm))
            painter.drawLine(QPointF(x, middle + arm), QPointF(x + 2 * arm, middle - arm))
            self._legend_word(painter, theme, x + em * 0.8, self._lost)

    def _legend_word(self, painter: QPainter, theme: Theme, x: float, word: str) -> float:
        em = theme.em
        width = painter.fontMetrics().horizontalAdvance(word)
        painter.setPen(theme.text)
        painter.drawText(
            QRectF(x, 0, width + em, em * 1.2), int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), word
        )
        return x + width + em * 1.4
