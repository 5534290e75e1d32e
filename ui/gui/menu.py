"""The menu of the window: the rooms beside the steps, and the language."""

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton

from nexkit.texts import LANGUAGES, Texts
from ui.gui.flow import Flow, Page, reworded
from ui.gui.rooms import MEASURING_ROOMS, Room, room_title
from ui.gui.theme import current_theme


class Menu(QToolButton):
    """A button with the entries behind it."""

    room_chosen = Signal(Room)
    language_chosen = Signal(str)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        self.setObjectName("wizard.menu")
        self.setText(_("&Menu"))
        self.setAccessibleName(_("Menu"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._entries = QMenu(self)
        self._entries.setObjectName("wizard.menu_entries")
        rooms = QActionGroup(self._entries)
        for room in Room:
            entry = self._entries.addAction(room_title(room, texts))
            entry.setObjectName(f"menu.{room.value}")
            entry.setData(room)
            rooms.addAction(entry)
        rooms.triggered.connect(self._room_picked)
        self._rooms = rooms
        self._entries.addSeparator()
        self._languages = self._build_languages()
        self._entries.addMenu(self._languages)
        self.setMenu(self._entries)

    def sizeHint(self) -> QSize:
        """With room for the mark that tells of entries: styled buttons forget it and cut the word off."""
        hint = super().sizeHint()
        return QSize(hint.width() + round(current_theme().em * 0.8), hint.height())

    def _build_languages(self) -> QMenu:
        """Each by its own name; the word for it also in English, for whoever reads nothing else here."""
        word = self._texts.gettext("&Language")
        languages = QMenu(word if self._texts.language == "en" else f"{word} / Language", self._entries)
        languages.setObjectName("menu.language")
        group = QActionGroup(languages)
        for language in LANGUAGES:
            action = languages.addAction(Texts(language).language_name)
            action.setObjectName(f"menu.language.{language}")
            action.setCheckable(True)
            action.setChecked(language == self._texts.language)
            action.setData(language)
            group.addAction(action)
        group.triggered.connect(self._language_picked)
        return languages

    def follow(self, state: Flow) -> None:
        """What is open in this state of the wizard."""
        self.setEnabled(state.page is not Page.RUNNING)
        why = self._texts.gettext("Not while tests are running: they would measure each other.")
        self.setToolTip("" if self.isEnabled() else why)
        self.setAccessibleDescription(self.toolTip())
        for entry in self._rooms.actions():
            # Nothing is measured before the licence is accepted.
            entry.setEnabled(state.page is not Page.LICENCE or entry.data() not in MEASURING_ROOMS)
        self._languages.setEnabled(reworded(state) is not None)

    @Slot(QAction)
    def _room_picked(self, entry: QAction) -> None:
        self.room_chosen.emit(entry.data())

    @Slot(QAction)
    def _language_picked(self, action: QAction) -> None:
        if action.data() != self._texts.language:
            self.language_chosen.emit(action.data())
