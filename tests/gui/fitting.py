"""What of a window's words would be cut off."""

from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ui.gui.widgets.choice import ChoiceCard, Tick

PATIENCE_MS = 5000


def settled(qtbot: QtBot, window: QWidget) -> None:
    """Until the layout has come to rest with nothing cut off."""

    def fits() -> None:
        found = cut_off(window)
        assert not found, "\n".join(found)

    qtbot.waitUntil(fits, timeout=PATIENCE_MS)


def cut_off(window: QWidget) -> list[str]:
    """Names, sizes and words of labels, cards and buttons that have less room than their words need."""
    found = []
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.text():
            needed = label.heightForWidth(label.width()) if label.wordWrap() else label.sizeHint().height()
            wide = 0 if label.wordWrap() else label.sizeHint().width()
            if needed > label.height() or wide > label.width() + 1:
                found.append(f"{label.objectName()} {label.size()} needs {wide}x{needed}: {label.text()[:60]}")
    for button in window.findChildren(QAbstractButton):
        if not button.isVisible():
            continue
        if isinstance(button, ChoiceCard | Tick) and button.heightForWidth(button.width()) > button.height() + 1:
            found.append(f"{button.objectName()} {button.size()} needs {button.heightForWidth(button.width())}")
        if isinstance(button, QPushButton) and button.sizeHint().width() > button.width() + 1:
            found.append(f"{button.objectName()} {button.size()} needs {button.sizeHint()}")
    beyond = [
        child.objectName() or type(child).__name__
        for child in window.findChildren(QWidget)
        if child.isVisible()
        and (child.objectName() or isinstance(child, QLabel))
        and child.mapTo(window, child.rect().topRight()).x() > window.width()
    ]
    return found + [f"{name} stands out on the right" for name in beyond if not name.startswith("qt_")]
