"""The watch's place beside the clock: its state as an icon, and the few things to do without the window."""

from PySide6.QtCore import QObject, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from nexkit.texts import Texts
from ui.gui.present import Mark
from ui.gui.theme import current_theme
from ui.gui.widgets.icons import draw_badge

_SIDES = (16, 22, 24, 32, 48)
_TOLD_MS = 10_000


def has_tray() -> bool:
    """Whether this desktop has a place for such icons."""
    return QSystemTrayIcon.isSystemTrayAvailable()


def state_icon(mark: Mark) -> QIcon:
    """A mark as an icon, in the sizes that desktops show."""
    icon = QIcon()
    for side in _SIDES:
        pixmap = QPixmap(side, side)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        box = QRectF(0.5, 0.5, side - 1, side - 1)
        draw_badge(painter, mark, box, current_theme().of_mark(mark), QColor("white"))
        painter.end()
        icon.addPixmap(pixmap)
    return icon


class WatchTray(QObject):
    """The icon and its menu; there only while a watch goes on."""

    happening = Signal()
    open_wanted = Signal()
    stop_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, texts: Texts, parent: QWidget) -> None:
        super().__init__(parent)
        _ = texts.gettext
        self._mark: Mark | None = None
        self._menu = QMenu(parent)
        self._menu.setObjectName("tray.menu")
        for name, words, signal in (
            ("now", _("It is &happening now"), self.happening),
            ("open", _("&Open"), self.open_wanted),
            ("stop", _("&Stop watching"), self.stop_wanted),
            ("quit", _("&Quit; watch on at the next start"), self.quit_wanted),
        ):
            action = self._menu.addAction(words)
            action.setObjectName(f"tray.{name}")
            action.triggered.connect(signal)
        self.icon = QSystemTrayIcon(self)
        self.icon.setContextMenu(self._menu)
        self.icon.activated.connect(self._activated)

    def show_state(self, mark: Mark, words: str) -> None:
        """Show the state; the words come up under the pointer and are read to those who cannot see it."""
        if mark is not self._mark:
            self._mark = mark
            self.icon.setIcon(state_icon(mark))
        if words != self.icon.toolTip():
            self.icon.setToolTip(words)
        if not self.icon.isVisible():
            self.icon.show()

    def say(self, title: str, words: str) -> None:
        """Tell something beside the clock."""
        self.icon.showMessage(title, words, QSystemTrayIcon.MessageIcon.Information, _TOLD_MS)

    def remove(self) -> None:
        """Take the icon away."""
        self.icon.hide()
        self._menu.deleteLater()
        self.deleteLater()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}:
            self.open_wanted.emit()
