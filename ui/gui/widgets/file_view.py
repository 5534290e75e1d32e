"""The files of a report as they are, and a search over all of them.

Long files come in pieces: the window waits for none.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QPushButton, QTextEdit, QVBoxLayout, QWidget

from nexkit.texts import Texts
from ui.gui.pages.base import TurningBox, plain_label
from ui.gui.theme import current_theme

_PIECE = 16_384
"""Characters; a document of Qt takes some milliseconds for so many."""
_MOST = 9_999
"""Places that are counted."""
_MARKED = 200
"""Places around the current one that are marked: a document of Qt gets slow with all of many."""
_SETTLE_MS = 150


class Place(NamedTuple):
    """Where something was found."""

    path: str
    start: int
    """In characters of Python; a document of Qt counts in UTF-16."""


class Search:
    """Finds a text in files, without regard to upper and lower case."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {path: _lowered(text) for path, text in files.items()}

    def places(self, wanted: str) -> tuple[Place, ...]:
        """Where it stands, file by file; no more than are counted, and nothing for no text."""
        found: list[Place] = []
        wanted = wanted.lower()
        for path, text in self._files.items():
            at = text.find(wanted) if wanted else -1
            while at >= 0 and len(found) <= _MOST:
                found.append(Place(path, at))
                at = text.find(wanted, at + len(wanted))
        return tuple(found)


def _lowered(text: str) -> str:
    """The text in small letters, where that leaves every character in its place."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


class FieldOfOne(QLineEdit):
    """A field with a use of its own for the Enter key, which elsewhere presses the page's main button."""

    entered = Signal(bool)
    """The Enter key; with Shift it is True."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep the Enter key."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered.emit(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            event.accept()
            return
        super().keyPressEvent(event)


class FileView(QPlainTextEdit):
    """One file, read-only. It is filled piece by piece between the events of the window."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self._text = ""
        self._taken = 0
        self._starts: Sequence[int] = ()
        self._length = 0
        self._current: int | None = None
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(0)
        self._next.timeout.connect(self._take)

    @property
    def whole(self) -> bool:
        """Whether all of the file is there."""
        return self._taken >= len(self._text)

    def show_text(self, text: str) -> None:
        """Show another file."""
        self._text, self._taken = text, 0
        self._starts, self._current = (), None
        self.setExtraSelections([])
        self.clear()
        self._take()

    def mark(self, starts: Sequence[int], length: int, current: int | None) -> None:
        """Mark what was found and go to the current one of them, as soon as it is there."""
        self._starts, self._length, self._current = starts, length, current
        self._show_marks()

    def _take(self) -> None:
        end = min(len(self._text), self._taken + _PIECE)
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(self._text[self._taken : end])
        self._taken = end
        if self.whole:
            self._show_marks()
        else:
            self._next.start()

    def _show_marks(self) -> None:
        near = self._current or 0
        shown = list(enumerate(self._starts))[max(0, near - _MARKED) : near + _MARKED]
        last = shown[-1][1] + self._length if shown else 0
        if last > self._taken:
            return  # it is marked when all is there
        marks = []
        for number, start in shown:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = self._cursor(start)
            mark.format = _mark_format(current=number == self._current)
            marks.append(mark)
            if number == self._current:
                place = self._cursor(start)
                place.clearSelection()
                self.setTextCursor(place)
                self.centerCursor()
        self.setExtraSelections(marks)

    def _cursor(self, start: int) -> QTextCursor:
        cursor = QTextCursor(self.document())
        cursor.setPosition(_utf16(self._text, start))
        cursor.setPosition(_utf16(self._text, start + self._length), QTextCursor.MoveMode.KeepAnchor)
        return cursor


def _utf16(text: str, place: int) -> int:
    """A place as Qt counts it."""
    return place if text.isascii() else len(text[:place].encode("utf-16-le", "surrogatepass")) // 2


def _mark_format(*, current: bool) -> QTextCharFormat:
    """The current one stands out by its ground and its line; the others are underlined."""
    theme = current_theme()
    look = QTextCharFormat()
    look.setFontUnderline(True)
    look.setBackground(theme.accent if current else theme.soft_accent)
    look.setForeground(theme.on_accent if current else theme.text)
    return look


class FindBar(QWidget):
    """A field to search all files, with the number of places and the way from one to the next."""

    path_wanted = Signal(str)
    """The next place is in another file."""

    def __init__(self, page: QWidget, name: str, texts: Texts, view: FileView) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        self._view = view
        self._index = Search({})
        self._path = ""
        self._places: tuple[Place, ...] = ()
        self._at = -1
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.search)
        self.field = FieldOfOne()
        self.field.setObjectName(f"{name}.find")
        self.field.setAccessibleName(_("Search in all files"))
        self.field.setPlaceholderText(_("Search in all files"))
        self.field.setClearButtonEnabled(True)
        self.field.textChanged.connect(self._typed)
        self.field.entered.connect(self._go)
        self.count = plain_label("", "muted", f"{name}.found")
        back = self._button(f"{name}.find_back", _("Pre&vious"))
        back.clicked.connect(self.back)
        on = self._button(f"{name}.find_next", _("&Next"))
        on.clicked.connect(self.on)
        buttons = TurningBox(back, on, least_em=10, fill=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.3))
        layout.addWidget(TurningBox(self.field, buttons, least_em=22))
        layout.addWidget(self.count)
        self.count.setVisible(False)
        for keys, slot in (
            (QKeySequence.StandardKey.Find, self._begin),
            (QKeySequence.StandardKey.FindNext, self.on),
            (QKeySequence.StandardKey.FindPrevious, self.back),
        ):
            QShortcut(QKeySequence(keys), page, slot, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)

    @staticmethod
    def _button(name: str, words: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.setEnabled(False)
        return button

    def set_files(self, files: Mapping[str, str]) -> None:
        """Search these files from now on."""
        self._index = Search(files)
        self.search()

    def show_path(self, path: str) -> None:
        """Another file is shown now: mark what was found in it."""
        self._path = path
        self._mark()

    def search(self) -> None:
        """Search for what is in the field; from the file that is shown on."""
        self._settle.stop()
        wanted = self.field.text()
        self._places = self._index.places(wanted)
        here = next((number for number, place in enumerate(self._places) if place.path == self._path), 0)
        self._at = here if self._places else -1
        self.count.setVisible(bool(wanted))
        for button in self.findChildren(QPushButton):
            button.setEnabled(bool(self._places))
        self._show()

    def on(self) -> None:
        """Go to the next place."""
        self._step(1)

    def back(self) -> None:
        """Go to the place before."""
        self._step(-1)

    def _typed(self) -> None:
        self._settle.start()

    def _begin(self) -> None:
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def _go(self, backward: bool) -> None:
        if self._settle.isActive():
            self.search()
        else:
            self._step(-1 if backward else 1)

    def _step(self, by: int) -> None:
        if self._places:
            self._at = (self._at + by) % len(self._places)
            self._show()

    def _show(self) -> None:
        _ = self._texts.gettext
        if not self._places:
            self.count.setText(_("Not found in any file"))
            self._mark()
            return
        place = self._places[self._at]
        count = f"{_MOST}+" if len(self._places) > _MOST else str(len(self._places))
        self.count.setText(
            _("{number} of {count}, in {file}").format(number=self._at + 1, count=count, file=place.path)
        )
        if place.path != self._path:
            self.path_wanted.emit(place.path)
        self._mark()

    def _mark(self) -> None:
        here = [(number, place.start) for number, place in enumerate(self._places) if place.path == self._path]
        current = next((place for place, (number, _start) in enumerate(here) if number == self._at), None)
        self._view.mark([start for _number, start in here], len(self.field.text()), current)
