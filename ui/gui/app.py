"""Starts the wizard: the application, its language, its window."""

import sys
from collections.abc import Sequence

from PySide6.QtCore import QLibraryInfo, QLocale, QSettings, QTranslator
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo
from PySide6.QtWidgets import QApplication

from nexkit.platform.owner import data_folder
from nexkit.profile import LoadedProfile
from nexkit.texts import Texts
from ui.gui.window import WizardWindow

SETTINGS_FILE = "wizard.ini"
_LEAST_POINTS = 10.0
"""Where the system names no font size, Qt takes 9 pt: too small for a text that everybody has to read."""


_JAPANESE = ("Noto Sans CJK JP", "IPAPGothic", "IPAexGothic", "TakaoPGothic", "VL PGothic")
"""Families that Linux systems bring for Japanese; Windows and macOS have a system font that knows it."""


def wizard_settings() -> QSettings:
    """What the wizard remembers for this user, in the folder where the kit keeps its things."""
    return QSettings(str(data_folder() / SETTINGS_FILE), QSettings.Format.IniFormat)


def dress(application: QApplication, language: str) -> None:
    """Name, style and language of the application; Qt's own buttons speak the language too."""
    application.setApplicationName("nexkit")
    application.setApplicationDisplayName("nexkit")
    application.setDesktopFileName("nexkit")
    application.setStyle("Fusion")
    application.setFont(_reading_font(application.font(), language))
    QLocale.setDefault(QLocale(language))
    translator = QTranslator(application)
    if translator.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)


def _reading_font(font: QFont, language: str) -> QFont:
    """The system's font, large enough, and from one family where its own has no Japanese letters."""
    font = QFont(font)
    if font.pointSizeF() < _LEAST_POINTS:
        font.setPointSizeF(_LEAST_POINTS)
    if language == "ja":
        japanese = QFontDatabase.families(QFontDatabase.WritingSystem.Japanese)
        if QFontInfo(font).family() not in japanese:
            chosen = next((family for family in _JAPANESE if family in japanese), None)
            font.setFamilies([chosen, font.family()] if chosen else [font.family()])
    return font


def run_wizard(argv: Sequence[str], profile: LoadedProfile, language: str | None) -> int:
    """Show the wizard until its window closes; the exit status."""
    application = QApplication([sys.argv[0], *argv])
    texts = Texts(language)
    dress(application, texts.language)
    window = WizardWindow(texts, profile, wizard_settings())
    window.show()
    return application.exec()
