"""The facts of a run as they are stored: text to search and to copy."""

import json
from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication, QTextCursor, QTextDocument
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from report.visible import json_text
from ui.gui.pages.base import TurningBox, plain_label
from ui.gui.theme import current_theme
from ui.gui.widgets.code_view import CodeView


def raw_text(value: object) -> str:
    """JSON with what holds nothing deeper on a line of its own: a sample of a measurement is read as one."""
    lines = (line if line.isascii() and line.isprintable() else json_text(line) for line in _lines(value, ""))
    return "\n".join(lines)


def _lines(value: object, indent: str) -> Iterator[str]:
    """The first line without its indent, which its name stands before."""
    match value:
        case dict() if any(isinstance(part, dict | list) and part for part in value.values()):
            ends, parts = "{}", [(f"{json.dumps(name, ensure_ascii=False)}: ", part) for name, part in value.items()]
        case list() if any(isinstance(part, dict | list) for part in value):
            ends, parts = "[]", [("", part) for part in value]
        case _:
            yield json.dumps(value, ensure_ascii=False)
            return
    yield ends[0]
    for number, (name, part) in enumerate(parts, start=1):
        *lines, last = _lines(part, indent + " ")
        comma = "," if number < len(parts) else ""
        for row, line in enumerate([*lines, last + comma]):
            yield line if row else f"{indent} {name}{line}"
    yield indent + ends[1]


class RawFacts(QWidget):
    """JSON of a whole run, not redacted: it is the user's own, and nobody gets it from here."""

    def __init__(self, record: RunRecord, texts: Texts) -> None:
        from report.codec import encode_record

        super().__init__()
        _ = texts.gettext
        self._texts = texts
        em = current_theme().em
        self._text = raw_text(encode_record(record))
        self.field = QLineEdit()
        self.field.setObjectName("result.raw.search")
        self.field.setClearButtonEnabled(False)
        self.found = plain_label("", "muted", "result.raw.found")
        label = QLabel(_("&Search the facts"))
        label.setBuddy(self.field)
        self.field.setAccessibleName(_("Search the facts"))
        again = QPushButton(_("Find n&ext"))
        again.setObjectName("result.raw.next")
        copy = QPushButton(_("Copy as &JSON"))
        copy.setObjectName("result.raw.copy")
        self.view = CodeView("result.raw.text", _("Raw facts"), 24)
        self.view.setPlainText(self._text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, round(em * 0.6), 0, 0)
        layout.addWidget(label)
        layout.addWidget(self.field)
        layout.addWidget(TurningBox(again, copy, 20, fill=False))
        layout.addWidget(self.found)
        layout.addWidget(self.view)
        layout.addStretch(1)
        self.field.textChanged.connect(self._search)
        again.clicked.connect(self._next)
        copy.clicked.connect(self._copy)

    @Slot(str)
    def _search(self, words: str) -> None:
        """From the beginning, as the user types."""
        self.view.moveCursor(QTextCursor.MoveOperation.Start)
        count = self._text.casefold().count(words.casefold()) if words else 0
        told = self._texts.ngettext("{count} place", "{count} places", count).format(count=count)
        self.found.setText(told if words else "")
        if words:
            self.view.find(words)

    @Slot()
    def _next(self) -> None:
        words = self.field.text()
        if words and not self.view.find(words, QTextDocument.FindFlag(0)):
            self.view.moveCursor(QTextCursor.MoveOperation.Start)
            self.view.find(words)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self.found.setText(self._texts.gettext("Copied: the facts as JSON."))
