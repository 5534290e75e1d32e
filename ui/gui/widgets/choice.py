"""Answers to choose from: radio buttons and ticks whose words wrap, with an icon and an explanation where given."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QEnterEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QCheckBox, QRadioButton, QSizePolicy, QWidget

from ui.gui.present import Mark
from ui.gui.theme import Theme, current_theme
from ui.gui.widgets.icons import draw, draw_badge, mark_shape

_WRAP = int(Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextShowMnemonic)
_TALL = 100_000
_LEAST_TARGET = 24
"""Pixels, device-independent (WCAG 2.2, 2.5.8): one line in the font of Windows is less."""
_WAYS = {
    int(Qt.Key.Key_Left): QPoint(-1, 0),
    int(Qt.Key.Key_Right): QPoint(1, 0),
    int(Qt.Key.Key_Up): QPoint(0, -1),
    int(Qt.Key.Key_Down): QPoint(0, 1),
}


class _Words:
    """The geometry of a button: indicator or icon, title, explanation below it."""

    def __init__(
        self, button: QAbstractButton, detail: str, *, card: bool, icon: QPainterPath | None, small: bool = False
    ) -> None:
        self.button = button
        self.small = small
        # The explanation names what a profile says, whose "&" is no mnemonic.
        self.detail = detail.replace("&", "&&")
        self.card = card
        self.icon = icon
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        button.setSizePolicy(policy)
        button.setAccessibleDescription(detail)
        button.setCursor(Qt.CursorShape.PointingHandCursor)

    def title_font(self) -> QFont:
        font = QFont(self.button.font())
        if self.detail or (self.card and not self.small):
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def pad(self, em: float) -> float:
        return em * (0.7 if self.card and not self.small else 0.4 if self.card else 0.25)

    def left(self, em: float) -> float:
        """Where the words begin."""
        return self.pad(em) + (em * 2.5 if self.icon else em * 1.6)

    def right(self, em: float) -> float:
        """Room behind the words: beside an icon, for the tick that marks what is chosen."""
        return self.pad(em) + (em * 1.6 if self.icon else 0)

    def text_height(self, font: QFont, text: str, width: float) -> int:
        if not text:
            return 0
        return QFontMetrics(font).boundingRect(0, 0, max(1, int(width)), _TALL, _WRAP, text).height()

    def height(self, width: int) -> int:
        em = current_theme().em
        room = width - self.left(em) - self.right(em)
        words = self.text_height(self.title_font(), self.button.text(), room)
        if self.detail:
            words += round(em * 0.15) + self.text_height(self.button.font(), self.detail, room)
        least = em * 1.9 if self.icon else em * 1.1
        return max(_LEAST_TARGET, round(max(words, least) + 2 * self.pad(em)))

    def size_hint(self) -> QSize:
        em = current_theme().em
        title = QFontMetrics(self.title_font()).horizontalAdvance(self.button.text())
        detail = QFontMetrics(self.button.font()).horizontalAdvance(self.detail)
        width = round(min(self.left(em) + max(title, detail) + self.right(em) + em * 0.5, em * 32))
        return QSize(width, self.height(width))

    def paint(self, *, round_mark: bool) -> None:
        button = self.button
        theme = current_theme()
        em = theme.em
        painter = QPainter(button)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(button.rect()).adjusted(1, 1, -1, -1)
        if self.card:
            self._paint_card(painter, theme, frame)
        elif button.hasFocus():
            painter.setPen(QPen(theme.accent, 2.0))
            painter.drawRoundedRect(frame, em * 0.3, em * 0.3)
        pad = self.pad(em)
        if self.icon:
            box = QRectF(pad, pad, em * 1.9, em * 1.9)
            draw(painter, self.icon, box, theme.accent if button.isChecked() else theme.muted, weight=1.5)
            if button.isChecked():
                side = em * 1.2
                tick = QRectF(button.width() - pad - side, (button.height() - side) / 2, side, side)
                draw_badge(painter, Mark.OK, tick, theme.accent, theme.on_accent)
        else:
            self._paint_mark(painter, theme, QRectF(pad, pad + em * 0.05, em, em), round_mark=round_mark)
        words_width = button.width() - self.left(em) - self.right(em)
        room = QRectF(self.left(em), pad, words_width, button.height() - 2 * pad)
        painter.setPen(theme.text if button.isEnabled() else theme.muted)
        painter.setFont(self.title_font())
        title_height = self.text_height(self.title_font(), button.text(), room.width())
        top = QRectF(room.left(), room.top(), room.width(), title_height)
        if self.icon and not self.detail:
            top = room
        painter.drawText(top, _WRAP | int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), button.text())
        painter.setFont(button.font())
        painter.setPen(theme.muted)
        below = room.adjusted(0, title_height + em * 0.15, 0, 0)
        painter.drawText(below, _WRAP | int(Qt.AlignmentFlag.AlignLeft), self.detail)
        painter.end()

    def _paint_card(self, painter: QPainter, theme: Theme, frame: QRectF) -> None:
        button = self.button
        chosen = button.isChecked()
        painter.setBrush(theme.soft_accent if chosen else theme.card)
        edge = theme.accent if chosen or button.underMouse() else theme.border
        painter.setPen(QPen(edge, 2.0 if chosen else 1.0))
        radius = theme.em * 0.5
        painter.drawRoundedRect(frame, radius, radius)
        if button.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.text, 2.0))
            painter.drawRoundedRect(frame.adjusted(3, 3, -3, -3), radius, radius)

    def _paint_mark(self, painter: QPainter, theme: Theme, box: QRectF, *, round_mark: bool) -> None:
        button = self.button
        on = button.isChecked()
        edge = theme.accent if on else theme.edge
        painter.setPen(QPen(edge if button.isEnabled() else theme.border, 1.5))
        box = box.adjusted(1, 1, -1, -1)
        if round_mark:
            painter.setBrush(theme.card)
            painter.drawEllipse(box)
            if on:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.accent)
                inset = box.width() * 0.25
                painter.drawEllipse(box.adjusted(inset, inset, -inset, -inset))
        else:
            painter.setBrush(theme.accent if on else theme.card)
            radius = box.width() * 0.22
            painter.drawRoundedRect(box, radius, radius)
            if on:
                draw(painter, mark_shape(Mark.OK), box, theme.on_accent, weight=3.0)
        painter.setBrush(Qt.BrushStyle.NoBrush)


class _Wordy:
    """What a button of either kind tells Qt from its words; stands before Qt's class among the bases."""

    _words: _Words

    def hasHeightForWidth(self) -> bool:
        """The words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of the wrapped words."""
        return self._words.height(width)

    def sizeHint(self) -> QSize:
        """Wide enough for the words in one line, up to a limit."""
        return self._words.size_hint()

    def hitButton(self, pos: QPoint) -> bool:
        """The words are part of the button."""
        return self._words.button.rect().contains(pos)


class ChoiceCard(_Wordy, QRadioButton):
    """One answer of several, as a card; a `small` one has room for a word or two."""

    def __init__(
        self, name: str, title: str, detail: str = "", icon: QPainterPath | None = None, *, small: bool = False
    ) -> None:
        super().__init__(title)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._words = _Words(self, detail, card=True, icon=icon, small=small)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for large text."""
        em = current_theme().em
        return QSize(round(em * (7 if self._words.small else 11)), round(em * 1.9))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go to the next answer where one need not be chosen; Qt does so in exclusive groups alone."""
        group = self.group()
        if not (isinstance(group, OneOrNone) and event.key() in _WAYS and group.go(self, _WAYS[event.key()])):
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be pressed."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Back to rest."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw card, icon and words."""
        self._words.paint(round_mark=True)


class Tick(_Wordy, QCheckBox):
    """A consent: never ticked beforehand, its whole sentence to be read."""

    def __init__(self, name: str, title: str, detail: str = "", parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.setObjectName(name)
        self.setAccessibleName(title.replace("&", ""))
        self._words = _Words(self, detail, card=False, icon=None)

    def minimumSizeHint(self) -> QSize:
        """Narrow enough for large text."""
        em = current_theme().em
        return QSize(round(em * 11), max(_LEAST_TARGET, round(em * 1.5)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap anew."""
        super().resizeEvent(event)
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw tick and words."""
        self._words.paint(round_mark=False)


class OneOrNone(QButtonGroup):
    """Answers of which one may be chosen, and taken back by choosing it once more. Arrow keys go from one to the next.

    Qt's own exclusive groups never let the last answer go.
    """

    changed = Signal()
    """Another answer is chosen, or none any more."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.setExclusive(False)
        self.buttonToggled.connect(self._toggled)

    def chosen(self) -> QAbstractButton | None:
        """What is chosen."""
        return next((button for button in self.buttons() if button.isChecked()), None)

    def go(self, origin: QAbstractButton, way: QPoint) -> bool:
        """Give the focus to the nearest answer that way; whether there is one."""
        found = []
        for button in self.buttons():
            apart = button.mapTo(button.window(), button.rect().center())
            apart -= origin.mapTo(origin.window(), origin.rect().center())
            along = QPoint.dotProduct(apart, way)
            if along > 0 and button.isVisible() and button.isEnabled():
                across = abs(apart.x() * way.y()) + abs(apart.y() * way.x())
                found.append((along + 3 * across, button))
        if not found:
            return False
        min(found, key=lambda pair: pair[0])[1].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    @Slot(QAbstractButton, bool)
    def _toggled(self, toggled: QAbstractButton, on: bool) -> None:
        others = [button for button in self.buttons() if button is not toggled and button.isChecked()]
        for button in others if on else []:
            button.setChecked(False)
        if on or not others:
            self.changed.emit()
