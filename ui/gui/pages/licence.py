"""Page: the licence text of the profile, shown once for each text."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit

from nexkit.profile import Licence, Profile, in_language
from nexkit.texts import Texts
from ui.gui.pages.base import PageBase
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import Tick


class LicencePage(PageBase):
    """Shows the text and asks for its acceptance."""

    accepted = Signal(bool)

    def __init__(self, texts: Texts, profile: Profile, licence: Licence) -> None:
        _ = texts.gettext
        super().__init__(
            "licence",
            texts,
            _("Before you begin"),
            _("{organisation} asks you to read this text. You are asked once.").format(
                organisation=in_language(profile.name, texts.language)
            ),
        )
        text = QPlainTextEdit(licence.text)
        text.setObjectName("licence.text")
        text.setAccessibleName(_("Licence text"))
        text.setReadOnly(True)
        text.setTabChangesFocus(True)
        text.setMinimumHeight(round(current_theme().em * 12))
        self.column.addWidget(text, 1)
        self.accept = Tick("licence.accept", _("I have read the text and &accept it"))
        self.accept.toggled.connect(self.accepted)
        self.add_to_foot(self.accept)
