"""What is in each picture: the window brought to one page, with what was measured in the lab."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gui_doubles import PROFILE_TOML
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QScrollArea, QTabWidget, QWidget
from replay import ReplayRunner, recorded, replay

from nexkit.diagnosis.engine import diagnose
from nexkit.profile import LoadedProfile
from nexkit.profile_file import loaded_profile
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.profile_state import ProfileMemory
from report.unfinished import Unfinished
from ui.gui.app import dress
from ui.gui.rooms import Room
from ui.gui.window import WizardWindow

WIDTH, HEIGHT = 1040, 800
"""The window, in device-independent pixels."""
WIDTH_DOUBLE, HEIGHT_DOUBLE = 1400, 860
"""With letters of double size: as much as a screen of 1440 by 900 has."""
TALLEST = 6000
PATIENCE_S = 20.0
SERVICES = """
[[service]]
id = "groupware"
name = {en = "Groupware and calendar", ja = "グループウェアとカレンダー"}
url = "https://groupware.example.com/"

[[service]]
id = "files"
name = {en = "File exchange", ja = "ファイル転送サービス"}
url = "https://files.example.com/"
"""


class Studio:
    """One application, in one language, theme and size of text."""

    def __init__(self, language: str, *, dark: bool, double: bool, home: Path) -> None:
        application = QApplication.instance() or QApplication([])
        assert isinstance(application, QApplication)
        dress(application, language)
        if dark:
            application.setPalette(_dark())
        if double:
            font = QFont(application.font())
            font.setPointSizeF(font.pointSizeF() * 2)
            application.setFont(font)
        self._size = (WIDTH_DOUBLE, HEIGHT_DOUBLE) if double else (WIDTH, HEIGHT)
        self.home = home
        self._windows: list[WizardWindow] = []
        self.texts = Texts(language)
        self.memory = ProfileMemory(home / "profiles.json")

    def profile(self, *, licence: bool = False) -> LoadedProfile:
        """An organisation's."""
        text = PROFILE_TOML + SERVICES
        if not licence:
            head, _, rest = text.partition("[licence]")
            text = head + "[support]" + rest.partition("[support]")[2]
        return loaded_profile(text.encode(), "profile.toml", datetime.now(UTC), ProfileTrust.SIGNED)

    def window(self, runner: ReplayRunner | None = None, *, licence: bool = False) -> WizardWindow:
        """The window at its first page, ready to go on."""
        window = WizardWindow(
            self.texts, self.profile(licence=licence), self.memory, lambda: runner or replay("healthy", speed=50)
        )
        self._windows.append(window)
        window.resize(*self._size)
        window.show()
        self.until(lambda: not window.threads())
        return window

    def running(self, scenario: str, hold_at_s: float) -> WizardWindow:
        """The window while it measures, held at a moment."""
        window = self.window(replay(scenario, speed=4, hold_at_s=hold_at_s))
        self.press(window, "wizard.main")
        self.press(window, "agree.consent")
        self.press(window, "wizard.main")
        QTest.qWait(round(hold_at_s / 4 * 1000) + 300)
        return window

    def result(self, scenario: str) -> WizardWindow:
        """The window with the result of a run."""
        window = self.window()
        profile = self.profile()
        record = replace(recorded(scenario), profile=profile.reference)
        window.show_result(Unfinished(id="shot", record=record, diagnosis=diagnose(record), profile=profile))
        return window

    def press(self, window: WizardWindow, name: str) -> None:
        """Press a button once it can be pressed."""
        self.until(lambda: (button := _button(window, name)) is not None and button.isEnabled())
        button = _button(window, name)
        assert button is not None
        button.click()
        QTest.qWait(20)

    def until(self, true: Callable[[], bool]) -> None:
        """Let the window work until something is so."""
        end = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > end:
                raise TimeoutError("the page did not come")
            QTest.qWait(10)

    def picture(self, scene: Callable[["Studio"], QWidget], file: Path, *, whole: bool) -> None:
        """Draw a scene; a whole page is drawn as high as it is."""
        widget = scene(self)
        QTest.qWait(60)
        if whole and isinstance(widget, WizardWindow):
            _unroll(widget)
            QTest.qWait(60)
        assert widget.grab().save(str(file)), file
        for window in self._windows:
            window.close()
            window.deleteLater()
        self._windows.clear()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _button(window: WizardWindow, name: str) -> QAbstractButton | None:
    return next((found for found in window.findChildren(QAbstractButton, name) if found.isVisible()), None)


def _unroll(window: WizardWindow) -> None:
    """Make the window as high as what its page holds."""
    page = window.in_room or window.page(window.flow.page)
    for area in page.findChildren(QScrollArea, f"{page.objectName()}.scroll"):
        window.resize(window.width(), min(TALLEST, window.height() + area.verticalScrollBar().maximum()))


def _dark() -> QPalette:
    palette = QPalette(QColor("#202326"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#2a2e32"))
    palette.setColor(QPalette.ColorRole.Accent, QColor("#5aa2ff"))
    palette.setColor(QPalette.ColorRole.Highlight, QColor("#5aa2ff"))
    return palette


def _licence(studio: Studio) -> QWidget:
    return studio.window(licence=True)


def _first(studio: Studio) -> QWidget:
    return studio.window()


def _agree(studio: Studio) -> QWidget:
    window = studio.window()
    studio.press(window, "wizard.main")
    return window


def _early(studio: Studio) -> QWidget:
    return studio.running("healthy", 1.2)


def _late(studio: Studio) -> QWidget:
    return studio.running("access_line_down_silent", 6.0)


def _result_of(scenario: str) -> Callable[[Studio], QWidget]:
    return lambda studio: studio.result(scenario)


def _tab(scenario: str, number: int) -> Callable[[Studio], QWidget]:
    def scene(studio: Studio) -> QWidget:
        window = studio.result(scenario)
        studio.press(window, "result.details")
        tabs = window.findChild(QTabWidget, "result.tabs")
        assert isinstance(tabs, QTabWidget)
        tabs.setCurrentIndex(min(number, tabs.count() - 1))
        return window

    return scene


def _share(studio: Studio) -> WizardWindow:
    window = studio.result("dns_resolver_unreachable")
    studio.press(window, "wizard.main")
    return window


def _review(studio: Studio) -> WizardWindow:
    window = _share(studio)
    studio.press(window, "share.tick_all")
    studio.until(lambda: window.flow.draft_ready)
    return window


def _save(studio: Studio) -> WizardWindow:
    window = _review(studio)
    studio.press(window, "share.consent")
    studio.press(window, "wizard.main")
    return window


def _saved(studio: Studio) -> WizardWindow:
    window = _save(studio)
    file = window.findChild(QLineEdit, "save.file")
    assert isinstance(file, QLineEdit)
    file.setText(str(studio.home / file.text().rpartition("/")[2]))
    studio.press(window, "save.save")
    studio.until(lambda: window.flow.saved)
    return window


def _room(room: Room) -> Callable[[Studio], QWidget]:
    def scene(studio: Studio) -> QWidget:
        window = studio.window()
        window.enter_room(room)
        QTest.qWait(100)
        studio.until(lambda: not window.threads())
        return window

    return scene


SCENES: dict[str, Callable[[Studio], QWidget]] = {
    "licence": _licence,
    "first": _first,
    "agree": _agree,
    "running": _early,
    "running-late": _late,
    "result-healthy": _result_of("healthy"),
    "result-dns": _result_of("dns_resolver_unreachable"),
    "result-line": _result_of("access_line_down"),
    "result-loss": _result_of("access_loss"),
    "result-load": _result_of("access_bufferbloat"),
    **{f"details-{number}": _tab("access_bufferbloat", number) for number in range(8)},
    "share": _share,
    "review": _review,
    "save": _save,
    "saved": _saved,
    **{room.value: _room(room) for room in Room},
}
