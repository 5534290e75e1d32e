"""Starts the wizard: the application, its language, its window."""

import sys
from collections.abc import Sequence

from PySide6.QtCore import QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo
from PySide6.QtWidgets import QApplication, QMessageBox

from nexkit.profile import LoadedProfile
from nexkit.texts import Texts
from report.profile_state import ProfileMemory
from ui.gui.window import WizardWindow

_LEAST_POINTS = 10.0
"""Where the system names no font size, Qt takes 9 pt: too small for a text that everybody has to read."""


_JAPANESE = ("Noto Sans CJK JP", "IPAPGothic", "IPAexGothic", "TakaoPGothic", "VL PGothic")
"""Families that Linux systems bring for Japanese; Windows and macOS have a system font that knows it."""


def dress(application: QApplication, language: str) -> None:
    """Name, style and language of the application; Qt's own buttons speak the language too."""
    application.setApplicationName("nexkit")
    application.setApplicationDisplayName("nexkit")
    application.setDesktopFileName("nexkit")
    application.setStyle("Fusion")
    for effect in Qt.UIEffect:  # nothing moves by itself, whether the system asks for less motion or not
        application.setEffectEnabled(effect, False)
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


def run_wizard(
    argv: Sequence[str],
    profile: LoadedProfile,
    memory: ProfileMemory,
    language: str | None,
    *,
    watching: bool = False,
) -> int:
    """Show the wizard until its window closes; the exit status. `watching`: go on with an interrupted watch."""
    application = QApplication([sys.argv[0], *argv])
    texts = Texts(language)
    dress(application, texts.language)
    window = WizardWindow(texts, profile, memory)
    # A window that was beside the clock is not the last one to be closed, as Qt counts.
    window.closed.connect(application.quit, Qt.ConnectionType.QueuedConnection)
    if watching:
        window.go_on_watching()
    else:
        window.show()
    return application.exec()


def refusal_box(words: str, texts: Texts) -> QMessageBox:
    """What the user sees in place of the wizard where its profile is not used."""
    _ = texts.gettext
    box = QMessageBox(
        QMessageBox.Icon.Warning,
        "nexkit",
        _("The settings for this program cannot be used, so nothing was tested."),
        QMessageBox.StandardButton.Close,
    )
    box.setObjectName("refusal")
    # Plain: the words hold what stands in the file.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(words)
    return box


def show_refusal(words: str, language: str | None) -> None:
    """Say in a window why the profile is not used; its text can be copied for the support desk."""
    application = QApplication(sys.argv[:1])
    texts = Texts(language)
    dress(application, texts.language)
    refusal_box(words, texts).exec()
