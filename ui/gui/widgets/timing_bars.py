"""How long each step to an address took, as bars on one scale; the numbers stand beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nexkit.facts.reach import Reach, ReachAttempt
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.facts import host_port
from nexkit.texts.numbers import milliseconds
from report.tables.table import failure_word, measured
from ui.gui.accessible import read_as
from ui.gui.pages.base import CardGrid, plain_label
from ui.gui.theme import Theme, current_theme, mixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One address of one target; each part in ms, None where it was not come to."""

    target: str
    address: str
    lookup_ms: float | None
    connect_ms: float | None
    tls_ms: float | None
    first_byte_ms: float | None
    failed: str | None

    @property
    def parts(self) -> tuple[float | None, ...]:
        """In the order in which they follow each other."""
        return self.lookup_ms, self.connect_ms, self.tls_ms, self.first_byte_ms

    @property
    def total_ms(self) -> float:
        """All that was timed."""
        return sum(part for part in self.parts if part is not None)


def timings(record: RunRecord) -> tuple[Timing, ...]:
    """Every address of every target that a connection was made to, or tried."""
    return tuple(_timing(reach, attempt) for _result, reach in measured(record, Reach) for attempt in reach.attempts)


def _timing(reach: Reach, attempt: ReachAttempt) -> Timing:
    return Timing(
        target=host_port(reach.host, reach.port),
        address=attempt.address if attempt.address != reach.host else "",
        lookup_ms=reach.resolve_ms,
        connect_ms=attempt.connect_ms,
        tls_ms=attempt.tls.handshake_ms if attempt.tls else None,
        first_byte_ms=attempt.http.first_byte_ms if attempt.http else None,
        failed=failure_word(attempt.failure) if attempt.failure else None,
    )


def part_names(texts: Texts) -> tuple[str, ...]:
    """What the parts of a bar are."""
    _ = texts.gettext
    return "DNS", "TCP", "TLS", _("first byte")


def timing_words(timing: Timing, texts: Texts) -> str:
    """The numbers of a bar."""
    words = [
        f"{name} {milliseconds(part)}"
        for name, part in zip(part_names(texts), timing.parts, strict=True)
        if part is not None
    ]
    return " · ".join([*words, timing.failed] if timing.failed else words)


def _brush(theme: Theme, part: int) -> QBrush:
    """Parts differ by pattern as well as by shade."""
    shade = mixed(theme.card, theme.accent, (0.35, 1.0, 0.6, 0.85)[part])
    pattern = (
        Qt.BrushStyle.SolidPattern,
        Qt.BrushStyle.SolidPattern,
        Qt.BrushStyle.BDiagPattern,
        Qt.BrushStyle.Dense5Pattern,
    )[part]
    return QBrush(QColor(shade), pattern)


class _Bar(QWidget):
    """One bar; its row tells the same in words."""

    def __init__(self, timing: Timing, longest_ms: float) -> None:
        super().__init__()
        self._timing = timing
        self._longest_ms = longest_ms
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A flat bar."""
        em = current_theme().em
        return QSize(round(em * 16), round(em * 0.9))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the parts one after the other."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        full = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mixed(theme.card, theme.text, 0.07))
        painter.drawRoundedRect(full, 2, 2)
        x = full.left()
        for number, part in enumerate(self._timing.parts):
            if part is None:
                continue
            width = max(1.5, full.width() * part / self._longest_ms)
            box = QRectF(x, full.top(), min(width, full.right() - x), full.height())
            painter.setPen(QPen(theme.accent, 1))
            painter.setBrush(_brush(theme, number))
            painter.drawRect(box)
            x = box.right()
        painter.end()


class _Swatch(QWidget):
    """What one part looks like."""

    def __init__(self, part: int) -> None:
        super().__init__()
        self._part = part
        side = round(current_theme().em * 0.9)
        self.setFixedSize(round(side * 1.6), side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        theme = current_theme()
        painter = QPainter(self)
        painter.setPen(QPen(theme.accent, 1))
        painter.setBrush(_brush(theme, self._part))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


class TimingBars(QWidget):
    """A bar for every address, with its target before it and its numbers below."""

    def __init__(self, rows: Sequence[Timing], texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        em = current_theme().em
        self.setObjectName("result.bars")
        self.setAccessibleName(_("Time to connect, for each address"))
        read_as(self, QAccessible.Role.Graphic)
        self.setAccessibleDescription(
            "; ".join(f"{each.target} {each.address}: {timing_words(each, texts)}" for each in rows)
        )
        longest_ms = max((each.total_ms for each in rows), default=0.0) or 1.0
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(plain_label(_("Time to connect, for each address"), "heading"))
        layout.addWidget(self._legend(texts))
        grid = QGridLayout()
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        grid.setHorizontalSpacing(round(em * 0.8))
        grid.setVerticalSpacing(round(em * 0.15))
        for row, each in enumerate(rows):
            name = "\n".join(part for part in (each.target, each.address) if part)
            grid.addWidget(plain_label(name), row * 3, 0, 2, 1)
            grid.addWidget(_Bar(each, longest_ms), row * 3, 1)
            grid.addWidget(plain_label(timing_words(each, texts), "muted", f"result.bar.{row + 1}"), row * 3 + 1, 1)
            grid.setRowMinimumHeight(row * 3 + 2, round(em * 0.4))
        layout.addLayout(grid)

    @staticmethod
    def _legend(texts: Texts) -> CardGrid:
        em = current_theme().em
        names = part_names(texts)
        legend = CardGrid(len(names), least_em=5)
        for part, name in enumerate(names):
            entry = QWidget()
            line = QHBoxLayout(entry)
            line.setContentsMargins(0, 0, round(em * 0.6), 0)
            label = QLabel(name)
            label.setTextFormat(Qt.TextFormat.PlainText)
            line.addWidget(_Swatch(part))
            line.addWidget(label)
            line.addStretch(1)
            legend.add(entry)
        return legend
