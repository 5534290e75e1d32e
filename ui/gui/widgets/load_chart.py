"""Round trips over the phases of a load test: without load, while data comes in, while data goes out."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from nexkit.facts.echo import EchoSample, EchoStats
from nexkit.facts.load import LoadTest
from nexkit.texts import Texts
from nexkit.texts.numbers import bit_rate, milliseconds, percent
from ui.gui.accessible import read_as
from ui.gui.theme import Theme, current_theme
from ui.gui.widgets.plotting import nice_top_ms, paint_cross, paint_scale, small_font


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase of the test."""

    name: str
    goodput_bit_s: float | None
    """None without load, or where none was measured."""
    echo: EchoStats


def phases(load: LoadTest, texts: Texts) -> tuple[Phase, ...]:
    """Those in which round trips were measured."""
    _ = texts.gettext
    ways = ((_("Download"), load.down), (_("Upload"), load.up))
    idle = [] if load.idle is None else [Phase(name=_("Idle"), goodput_bit_s=None, echo=load.idle)]
    return (
        *idle,
        *(
            Phase(name=name, goodput_bit_s=way.goodput_bit_s, echo=way.working)
            for name, way in ways
            if way is not None and way.working is not None
        ),
    )


def phase_words(phase: Phase, texts: Texts) -> str:
    """The numbers of a phase."""
    _ = texts.gettext
    echo = phase.echo
    words = _("{phase}: median {median}, 95 % below {late}, lost {loss}").format(
        phase=phase.name,
        median=milliseconds(echo.rtt_p50_ms),
        late=milliseconds(echo.rtt_p95_ms),
        loss=percent(echo.loss_ratio),
    )
    return words if phase.goodput_bit_s is None else f"{words}; {bit_rate(phase.goodput_bit_s)}"


class LoadChart(QWidget):
    """The phases side by side on one scale; losses are crosses at the foot."""

    def __init__(self, name: str, shown: Sequence[Phase], texts: Texts) -> None:
        super().__init__()
        self._phases = tuple(shown)
        self._lost = texts.gettext("lost")
        self.setObjectName(name)
        self.setAccessibleName(texts.gettext("Round-trip times without and under load"))
        read_as(self, QAccessible.Role.Graphic)
        self.setAccessibleDescription("; ".join(phase_words(phase, texts) for phase in shown))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A flat, wide chart."""
        em = current_theme().em
        return QSize(round(em * 30), round(em * 11))

    def minimumSizeHint(self) -> QSize:
        """Small enough for a narrow window."""
        em = current_theme().em
        return QSize(round(em * 12), round(em * 11))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the scale and every phase."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        em = theme.em
        painter.setFont(small_font(self))
        left = painter.fontMetrics().horizontalAdvance("10000 ms") + em * 0.4
        plot = QRectF(left, em * 2.7, self.width() - left - em * 0.2, self.height() - em * 3.4)
        rtts = [each.rtt_ms for phase in self._phases for each in phase.echo.samples if each.rtt_ms is not None]
        top_ms = nice_top_ms(max(rtts, default=0.0))
        paint_scale(painter, theme, plot, top_ms)
        width = plot.width() / max(1, len(self._phases))
        for number, phase in enumerate(self._phases):
            band = QRectF(plot.left() + number * width, plot.top(), width, plot.height())
            self._paint_phase(painter, theme, band, phase, top_ms)
            if number:
                painter.setPen(QPen(theme.border, 1.4))
                painter.drawLine(band.topLeft() - QPointF(0, em * 2.5), band.bottomLeft())
        painter.end()

    def _paint_phase(self, painter: QPainter, theme: Theme, band: QRectF, phase: Phase, top_ms: float) -> None:
        em = theme.em
        painter.setPen(theme.text)
        middle = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
        fit = painter.fontMetrics()
        head = QRectF(band.left() + 2, band.top() - em * 2.6, band.width() - 4, em * 1.1)
        painter.drawText(head, middle, fit.elidedText(phase.name, Qt.TextElideMode.ElideRight, int(head.width())))
        if phase.goodput_bit_s is not None:
            rate = fit.elidedText(bit_rate(phase.goodput_bit_s), Qt.TextElideMode.ElideRight, int(head.width()))
            painter.setPen(theme.muted)
            painter.drawText(head.translated(0, em * 1.1), middle, rate)
        span_s = max((each.at_s for each in phase.echo.samples), default=0.0) or 1.0
        inset = em * 0.3

        def place(sample: EchoSample, rtt_ms: float) -> QPointF:
            x = band.left() + inset + sample.at_s / span_s * (band.width() - 2 * inset)
            return QPointF(x, band.bottom() - min(1.0, rtt_ms / top_ms) * band.height())

        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.accent)
        for sample in phase.echo.samples:
            if sample.rtt_ms is not None:
                painter.drawEllipse(place(sample, sample.rtt_ms), 1.9, 1.9)
        for sample in phase.echo.samples:
            if sample.rtt_ms is None:
                paint_cross(painter, theme, place(sample, 0.0) - QPointF(0, em * 0.35))
        if phase.echo.rtt_p50_ms is not None:
            y = band.bottom() - min(1.0, phase.echo.rtt_p50_ms / top_ms) * band.height()
            painter.setPen(QPen(theme.text, 1.4, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(band.left() + inset, y), QPointF(band.right() - inset, y))
