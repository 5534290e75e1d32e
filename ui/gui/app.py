"""Starts the wizard: the application, its language, its window."""

import signal
import sys
from collections.abc import Collection, Sequence

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTranslator, Slot
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo
from PySide6.QtWidgets import QApplication, QMessageBox

from nexkit.platform.managed_settings import managed_language
from nexkit.profile import LoadedProfile
from nexkit.texts import LANGUAGES, Texts, language_of
from report.profile_state import ProfileMemory
from ui.gui import accessible
from ui.gui.single import SingleWindow, Start
from ui.gui.window import WizardWindow
from ui.gui.window_memory import WindowMemory

_LEAST_POINTS = 10.0
"""Where the system names no font size, Qt takes 9 pt: too small for a text that everybody has to read."""


_SYSTEM_FONT = "nexkit_system_font"
_JAPANESE = (
    "Yu Gothic UI",
    "Meiryo UI",
    "Meiryo",
    "Hiragino Sans",
    "Hiragino Kaku Gothic ProN",
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "BIZ UDPGothic",
    "IPAexGothic",
    "IPAPGothic",
    "TakaoPGothic",
    "VL PGothic",
)
"""Families for Japanese that Windows, macOS and Linux bring, best first. Without one of them first, letters that
Chinese has too may come in their Chinese form."""
_CHINESE_AND_KOREAN = (" SC", " TC", " HK", " KR")


def dress(application: QApplication, language: str) -> None:
    """Name, style and language of the application; Qt's own buttons speak the language too."""
    application.setApplicationName("nexkit")
    application.setApplicationDisplayName("nexkit")
    application.setDesktopFileName("nexkit")
    application.setStyle("Fusion")
    accessible.install()
    for effect in Qt.UIEffect:  # nothing moves by itself, whether the system asks for less motion or not
        application.setEffectEnabled(effect, False)
    application.setFont(_reading_font(_system_font(application), language))
    QLocale.setDefault(QLocale(language))
    for former in application.findChildren(QTranslator):
        application.removeTranslator(former)
        former.setParent(None)
        former.deleteLater()
    translator = QTranslator(application)
    if translator.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)


def _system_font(application: QApplication) -> QFont:
    """The font before anything was changed for a language."""
    if not isinstance(application.property(_SYSTEM_FONT), QFont):
        application.setProperty(_SYSTEM_FONT, application.font())
    return QFont(application.property(_SYSTEM_FONT))


def _reading_font(font: QFont, language: str) -> QFont:
    """The system's font, large enough, and from one family where its own has no Japanese letters."""
    font = QFont(font)
    if font.pointSizeF() < _LEAST_POINTS:
        font.setPointSizeF(_LEAST_POINTS)
    there = frozenset(QFontDatabase.families(QFontDatabase.WritingSystem.Japanese)) if language == "ja" else frozenset()
    families = reading_families(QFontInfo(font).family(), language, there)
    if len(families) > 1:
        font.setFamilies(families)
    return font


def reading_families(system: str, language: str, japanese: Collection[str]) -> list[str]:
    """The families to read in, best first: that of the system, unless it has no Japanese and one of `japanese` does."""
    if language != "ja" or (system in japanese and not system.endswith(_CHINESE_AND_KOREAN)):
        return [system]
    chosen = next((family for family in _JAPANESE if family in japanese), None)
    return [chosen, system] if chosen else [system]


def run_wizard(
    argv: Sequence[str],
    profile: LoadedProfile,
    memory: ProfileMemory,
    language: str | None,
    *,
    watching: bool = False,
) -> int:
    """Show the wizard until its window closes; the exit status. `watching`: go on with an interrupted watch.

    `language`: what was asked for at the start; None: what was chosen in the menu before, else the IT department's,
    else the system's.
    """
    # Python would hear of Ctrl-C only when one of its own functions runs next.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    application = QApplication([sys.argv[0], *argv])
    remembered = WindowMemory()
    texts = Texts(language or remembered.language or _language_without_a_choice())
    dress(application, texts.language)
    single = SingleWindow(profile.reference.sha256)
    start = single.begin()
    if start is Start.OTHER_PROFILE:
        box = other_profile_box(texts)
        if sys.stderr is not None:  # a windowed program on Windows has none
            sys.stderr.write(f"nexkit: {box.text()} {box.informativeText()}\n")
        box.exec()
        return 2
    if start is Start.SHOWN:
        return 0
    window = WizardWindow(texts, profile, memory)
    at_home = _AtHome(application, window, remembered)
    single.wanted.connect(at_home.show)
    # A window that was beside the clock is not the last one to be closed, as Qt counts.
    window.closed.connect(application.quit, Qt.ConnectionType.QueuedConnection)
    remembered.place(window)
    if watching:
        window.go_on_watching()
    else:
        window.show()
    status = application.exec()
    remembered.remember_place(window)
    single.end()
    return status


def _language_without_a_choice() -> str:
    """The language that the IT department has set, else the system's as Qt knows it."""
    managed = managed_language()
    return managed if managed in LANGUAGES else language_of(QLocale.system().uiLanguages())


class _AtHome(QObject):
    """What the window leaves to the application: its language, and being seen when somebody starts it again."""

    def __init__(self, application: QApplication, window: WizardWindow, remembered: WindowMemory) -> None:
        super().__init__(window)
        self._application, self._window, self._remembered = application, window, remembered
        window.language_chosen.connect(self.speak)

    @Slot(str)
    def speak(self, language: str) -> None:
        dress(self._application, language)
        self._remembered.remember_language(language)

    @Slot()
    def show(self) -> None:
        self._window.setWindowState(self._window.windowState() & ~Qt.WindowState.WindowMinimized)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()


def refusal_box(words: str, texts: Texts) -> QMessageBox:
    """What the user sees in place of the wizard where its profile is not used."""
    _ = texts.gettext
    return _box("refusal", _("The settings for this program cannot be used, so nothing was tested."), words)


def other_profile_box(texts: Texts) -> QMessageBox:
    """What a second start says where the window that is open is about another profile."""
    _ = texts.gettext
    return _box(
        "other_profile",
        _("nexkit is open already, with the settings of another organisation."),
        _("Close that window first, then start nexkit again."),
    )


def _box(name: str, title: str, words: str) -> QMessageBox:
    box = QMessageBox(QMessageBox.Icon.Warning, "nexkit", title, QMessageBox.StandardButton.Close)
    box.setObjectName(name)
    # Plain: the words may hold what stands in a file.
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(words)
    return box


def show_refusal(words: str, language: str | None) -> None:
    """Say in a window why the profile is not used; its text can be copied for the support desk."""
    application = QApplication(sys.argv[:1])
    texts = Texts(language)
    dress(application, texts.language)
    refusal_box(words, texts).exec()
