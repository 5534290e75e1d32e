"""A live chart of round-trip times: a line with shapes of its own for each target, losses as crosses at the foot."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import ceil
from statistics import median

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QFontMetricsF,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from nexkit.texts import Texts
from nexkit.texts.numbers import milliseconds
from ui.gui.accessible import read_as
from ui.gui.theme import Theme, current_theme
from ui.gui.widgets.plotting import nice_top_ms, paint_cross, paint_scale, small_font

_LEAST_SPAN_S = 5.0
_REPAINT_MS = 100
"""Samples come faster than anybody looks, and painting takes time from the measuring."""
_DESCRIBE_MS = 2000
"""A screen reader that is told of every sample says nothing else."""
_DASHES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_SHAPES: tuple[tuple[tuple[float, float], ...], ...] = (
    (),  # round
    ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
    ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    ((0, 1.2), (1.1, -0.9), (-1.1, -0.9)),
)
"""Corners, in units of a marker's radius. Their number and that of the dashes have no common factor."""


@dataclass(slots=True)
class _Series:
    number: int
    word: str
    points: list[tuple[float, float | None]] = field(default_factory=list)

    def rtts_ms(self) -> list[float]:
        return [rtt for _at, rtt in self.points if rtt is not None]

    def stretches(self) -> Iterator[list[tuple[float, float]]]:
        """Points with a round trip, as far as nothing was lost between them."""
        for answered, points in groupby(self.points, key=lambda point: point[1] is not None):
            if answered:
                yield [(at_s, rtt) for at_s, rtt in points if rtt is not None]


class RttChart(QWidget):
    """Takes samples one by one; what it shows is told in words too, for those who do not see it."""

    def __init__(self, name: str, title: str, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._series: dict[str, _Series] = {}
        self._legend_lines = 1
        self.setObjectName(name)
        self.setAccessibleName(title)
        read_as(self, QAccessible.Role.Graphic)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self._repaint = QTimer(self, singleShot=True, interval=_REPAINT_MS)
        self._repaint.timeout.connect(self.update)
        self._describe = QTimer(self, singleShot=True, interval=_DESCRIBE_MS)
        self._describe.timeout.connect(self._tell)
        self._tell()

    def clear(self) -> None:
        """Forget all samples."""
        self._series.clear()
        self._fit_legend()
        self._tell()
        self.update()

    def add(self, series_id: str, word: str, at_s: float, rtt_ms: float | None) -> None:
        """One round trip of a target, which is called by the word (and a number, where several are); None is a loss."""
        if series_id not in self._series:
            self._series[series_id] = _Series(number=len(self._series), word=word)
            self._fit_legend()
        self._series[series_id].points.append((at_s, rtt_ms))
        for timer in (self._repaint, self._describe):
            if self.isVisible() and not timer.isActive():
                timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Tell what came meanwhile."""
        super().showEvent(event)
        self._tell()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: rest."""
        super().hideEvent(event)
        self._repaint.stop()
        self._describe.stop()

    def count(self) -> int:
        """How many samples the chart holds."""
        return sum(len(series.points) for series in self._series.values())

    def summary(self) -> str:
        """What the chart shows, in words."""
        _ = self._texts.gettext
        if not self._series:
            return _("No round trip yet")
        words = _("{name}: latest {latest}, median {median}, {lost} of {sent} lost")
        told = []
        for series, name in zip(self._series.values(), self._names(), strict=True):
            rtts = series.rtts_ms()
            told.append(
                words.format(
                    name=name,
                    latest=milliseconds(series.points[-1][1]),
                    median=milliseconds(median(rtts) if rtts else None),
                    lost=len(series.points) - len(rtts),
                    sent=len(series.points),
                )
            )
        return "; ".join(told)

    @Slot()
    def _tell(self) -> None:
        self.setAccessibleDescription(self.summary())

    def _names(self) -> list[str]:
        """Of the targets; those of one word are numbered."""
        times = Counter(series.word for series in self._series.values())
        seen: Counter[str] = Counter()
        names = []
        for series in self._series.values():
            seen[series.word] += 1
            names.append(series.word if times[series.word] == 1 else f"{series.word} {seen[series.word]}")
        return names

    # Size

    def sizeHint(self) -> QSize:
        """A flat, wide chart."""
        em = current_theme().em
        return QSize(round(em * 36), round(em * (7.5 + 1.3 * self._legend_lines)))

    def minimumSizeHint(self) -> QSize:
        """Small enough for a narrow window."""
        em = current_theme().em
        return QSize(round(em * 14), round(em * (6 + 1.3 * self._legend_lines)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the legend anew."""
        super().resizeEvent(event)
        self._fit_legend()

    def _legend(self) -> list[tuple[float, int, str]]:
        """Where each entry begins: x, line, word; the last one says what a cross is."""
        em = current_theme().em
        metrics = QFontMetricsF(small_font(self))
        places, x, line = [], 0.0, 0
        for word in (*self._names(), self._texts.gettext("lost")):
            width = em * 2.4 + metrics.horizontalAdvance(word) + em * 0.8
            if x and x + width > self.width():
                x, line = 0.0, line + 1
            places.append((x, line, word))
            x += width
        return places

    def _fit_legend(self) -> None:
        lines = self._legend()[-1][1] + 1
        if lines != self._legend_lines:
            self._legend_lines = lines
            self.updateGeometry()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the axes, the lines and the legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(small_font(self))
        theme = current_theme()
        em = theme.em
        highest = max((rtt for series in self._series.values() for rtt in series.rtts_ms()), default=0.0)
        top_ms = nice_top_ms(highest)
        left = QFontMetricsF(painter.font()).horizontalAdvance(f"{top_ms:.0f} ms") + em * 0.5
        head = em * (1.3 * self._legend_lines + 0.4)
        plot = QRectF(left, head, self.width() - left - em * 0.4, self.height() - head - em * 1.6)
        span_s = max(_LEAST_SPAN_S, max((series.points[-1][0] for series in self._series.values()), default=0))
        self._paint_axes(painter, theme, plot, top_ms, span_s)
        if not self._series:
            painter.setPen(theme.muted)
            painter.drawText(plot, int(Qt.AlignmentFlag.AlignCenter), self._texts.gettext("No round trip yet"))
        for series in self._series.values():
            self._paint_series(painter, theme, plot, series, (top_ms, span_s))
        self._paint_legend(painter, theme)
        painter.end()

    def _colour(self, theme: Theme, series: _Series) -> QColor:
        colours = (theme.good, theme.accent, theme.doubt, theme.muted)
        return colours[series.number % len(colours)]

    def _paint_axes(self, painter: QPainter, theme: Theme, plot: QRectF, top_ms: float, span_s: float) -> None:
        em = theme.em
        paint_scale(painter, theme, plot, top_ms)
        for share, side in (
            (0.0, Qt.AlignmentFlag.AlignLeft),
            (0.5, Qt.AlignmentFlag.AlignHCenter),
            (1.0, Qt.AlignmentFlag.AlignRight),
        ):
            box = QRectF(plot.left(), plot.bottom() + em * 0.25, plot.width(), em * 1.2)
            painter.drawText(box, int(side), f"{span_s * share:.0f} s" if span_s >= 10 else f"{span_s * share:.1f} s")  # noqa: PLR2004

    def _paint_series(
        self, painter: QPainter, theme: Theme, plot: QRectF, series: _Series, top: tuple[float, float]
    ) -> None:
        top_ms, span_s = top
        em = theme.em
        colour = self._colour(theme, series)

        def place(at_s: float, rtt_ms: float) -> QPointF:
            return QPointF(
                plot.left() + at_s / span_s * plot.width(), plot.bottom() - min(1.0, rtt_ms / top_ms) * plot.height()
            )

        # Shapes of a line stand clear of each other, however close its samples are.
        apart_px = em * 1.2
        per_point = plot.width() * (series.points[-1][0] - series.points[0][0]) / span_s / len(series.points)
        every = max(1, ceil(apart_px / per_point)) if per_point > 0 else 1
        for stretch in series.stretches():
            line = [place(at_s, rtt) for at_s, rtt in stretch]
            painter.setPen(QPen(colour, 1.5, _DASHES[series.number % len(_DASHES)]))
            painter.drawPolyline(QPolygonF(line))
            self._paint_markers(painter, colour, series, line[::every], em * 0.2)
        for at_s, rtt in series.points:
            if rtt is None:
                paint_cross(painter, theme, place(at_s, 0) - QPointF(0, em * 0.35))

    def _paint_markers(
        self, painter: QPainter, colour: QColor, series: _Series, places: Sequence[QPointF], radius: float
    ) -> None:
        corners = _SHAPES[series.number % len(_SHAPES)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for at in places:
            if corners:
                painter.drawPolygon(QPolygonF([at + QPointF(x, y) * radius for x, y in corners]))
            else:
                painter.drawEllipse(at, radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_legend(self, painter: QPainter, theme: Theme) -> None:
        em = theme.em
        *targets, lost = self._legend()
        for series, (x, line, word) in zip(self._series.values(), targets, strict=True):
            middle = em * (0.65 + 1.3 * line)
            colour = self._colour(theme, series)
            painter.setPen(QPen(colour, 1.8, _DASHES[series.number % len(_DASHES)]))
            painter.drawLine(QPointF(x, middle), QPointF(x + em * 2.0, middle))
            self._paint_markers(painter, colour, series, [QPointF(x + em, middle)], em * 0.27)
            self._legend_word(painter, theme, x, middle, word)
        if any(rtt is None for series in self._series.values() for _at, rtt in series.points):
            x, line, word = lost
            middle = em * (0.65 + 1.3 * line)
            paint_cross(painter, theme, QPointF(x + em * 1.8, middle))
            self._legend_word(painter, theme, x, middle, word)

    def _legend_word(self, painter: QPainter, theme: Theme, x: float, middle: float, word: str) -> None:
        em = theme.em
        painter.setPen(theme.text)
        box = QRectF(x + em * 2.4, middle - em * 0.65, self.width(), em * 1.3)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), word)
