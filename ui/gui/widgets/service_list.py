"""The services of the profile as a list to choose from, searched as one types."""

import unicodedata

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from nexkit.profile import Profile, in_language
from nexkit.texts import Texts
from report.visible import visible
from ui.gui.pages.base import buddy_label, plain_label
from ui.gui.theme import current_theme

_ROWS = 5
"""So many are in sight at once; where there are more services than that, one can search among them."""
_LONGEST_NAME = 200
_KATAKANA = range(0x30A1, 0x30F7)
_TO_HIRAGANA = {letter: letter - 0x60 for letter in _KATAKANA}
_SEARCHED = Qt.ItemDataRole.UserRole + 1


def search_key(words: str) -> str:
    """What is compared: wide and narrow, big and small letters, katakana and hiragana are the same."""
    return unicodedata.normalize("NFKC", words).casefold().translate(_TO_HIRAGANA)


class ServiceList(QWidget):
    """One of the services, or none of them: the first row, in the words of whoever asks."""

    changed = Signal()

    def __init__(self, name: str, profile: Profile, texts: Texts, *, unchosen: str) -> None:
        super().__init__()
        _ = texts.gettext
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.addItem(unchosen)
        for service in profile.services:
            shown = visible(in_language(service.name, texts.language) or service.id, limit=_LONGEST_NAME)
            item = QListWidgetItem(shown)
            item.setData(Qt.ItemDataRole.UserRole, service.id)
            item.setData(_SEARCHED, search_key(" ".join((shown, service.id, *service.name.values()))))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.search = QLineEdit()
        self.search.setPlaceholderText(_("Type a part of the name"))
        self.search.setClearButtonEnabled(True)
        self.search.setObjectName(f"{name}_search")
        self.search.setAccessibleName(_("Search for a service"))
        self.search.setVisible(len(profile.services) > _ROWS)
        self.none_found = plain_label(_("No service is called that."), "muted", f"{name}_none")
        self.none_found.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.25))
        layout.addWidget(buddy_label(name, _("&Service"), self.list))
        layout.addWidget(self.search)
        layout.addWidget(self.none_found)
        layout.addWidget(self.list)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.list.currentRowChanged.connect(self.changed)

    def service_id(self) -> str | None:
        """The service that is chosen; None for all."""
        chosen = self.list.currentItem()
        found = chosen.data(Qt.ItemDataRole.UserRole) if chosen is not None else None
        return str(found) if found else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As high as the rows that are in sight at once."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """From the search on to the list: Down goes there, Enter chooses the first that is found."""
        if watched is not self.search or not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        if event.key() == Qt.Key.Key_Down:
            self.list.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        found = self._found()
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.search.text().strip():
            if found:
                self.list.setCurrentRow(found[0])
            return True
        return super().eventFilter(watched, event)

    def _found(self) -> list[int]:
        """Rows whose service has what was typed."""
        wanted = search_key(self.search.text().strip())
        return [row for row in range(1, self.list.count()) if wanted in self.list.item(row).data(_SEARCHED)]

    def _filter(self) -> None:
        """Show what is found, and what is chosen whatever is typed."""
        found = set(self._found())
        searching = bool(self.search.text().strip())
        for row in range(self.list.count()):
            in_sight = not searching or row in found or row == self.list.currentRow()
            self.list.setRowHidden(row, not in_sight)
        self.none_found.setVisible(searching and not found)

    def _fit(self) -> None:
        heights = [self.list.sizeHintForRow(row) for row in range(min(_ROWS + 1, self.list.count()))]
        frame = 2 * self.list.frameWidth() + round(current_theme().em * 0.7)
        self.list.setFixedHeight(sum(heights) + frame)
