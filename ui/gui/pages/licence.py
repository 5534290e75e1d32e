"""Page: the licence text of the profile, shown once for each text."""

from hashlib import sha256

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QPlainTextEdit

from nexkit.profile import Profile
from nexkit.texts import Texts
from ui.gui.pages.base import PageBase
from ui.gui.present import localised
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import Tick

_ACCEPTED = "licence/accepted"


def licence_digest(profile: Profile, language: str) -> str:
    """What stands for this text of this profile; "" where the profile has no licence text."""
    text = localised(profile.licence, language)
    return sha256(f"{profile.id}\n{text}".encode()).hexdigest() if text else ""


class LicenceMemory:
    """Which licence texts this user has accepted."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def _accepted(self) -> list[str]:
        value = self._settings.value(_ACCEPTED, [], list)
        return [str(entry) for entry in value] if isinstance(value, list) else []

    def needs(self, digest: str) -> bool:
        """Whether this text must be shown; never where there is none."""
        return bool(digest) and digest not in self._accepted()

    def remember(self, digest: str) -> None:
        """The user has accepted this text."""
        self._settings.setValue(_ACCEPTED, [*self._accepted(), digest])


class LicencePage(PageBase):
    """Shows the text and asks for its acceptance."""

    accepted = Signal(bool)

    def __init__(self, texts: Texts, profile: Profile) -> None:
        _ = texts.gettext
        super().__init__(
            "licence",
            texts,
            _("Before you begin"),
            _("{organisation} asks you to read this text. You are asked once.").format(
                organisation=localised(profile.name, texts.language)
            ),
        )
        text = QPlainTextEdit(localised(profile.licence, texts.language))
        text.setObjectName("licence.text")
        text.setAccessibleName(_("Licence text"))
        text.setReadOnly(True)
        text.setTabChangesFocus(True)
        text.setMinimumHeight(round(current_theme().em * 12))
        self.column.addWidget(text, 1)
        self.accept = Tick("licence.accept", _("I have read the text and &accept it"))
        self.accept.toggled.connect(self.accepted)
        self.add_to_foot(self.accept)
