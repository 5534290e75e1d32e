"""Text for machines: every letter of the same width, to read, to search and to copy."""

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from ui.gui.theme import current_theme


def fixed_font() -> QFont:
    """The system's font of fixed width, as large as the text beside it."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF() * 0.92)
    return font


class CodeView(QPlainTextEdit):
    """Read-only, with its lines as they are."""

    def __init__(self, name: str, title: str, height_em: float) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFont(fixed_font())
        self.setFixedHeight(round(current_theme().em * height_em))
