"""What is in each picture: the window brought to one page, with what was measured in the lab."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gui_doubles import PROFILE_TOML, double_runner
from PySide6.QtCore import QCoreApplication, QEvent, QPoint
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QScrollArea, QTabWidget, QWidget
from replay import ReplayRunner, recorded, replay
from watch_logs import watch_events, watch_log

from nexkit.diagnosis.engine import diagnose
from nexkit.profile import LoadedProfile
from nexkit.profile_file import loaded_profile
from nexkit.run_record import ProfileTrust
from nexkit.runner import Runner
from nexkit.texts import Texts
from report.profile_state import ProfileMemory
from report.unfinished import Unfinished
from ui.gui.app import dress
from ui.gui.pages.expert import ExpertPage
from ui.gui.pages.watch import WatchPage
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

    def window(self, runner: ReplayRunner | Runner | None = None, *, licence: bool = False) -> WizardWindow:
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


def _scroll_to(window: WizardWindow, part: QWidget) -> None:
    QTest.qWait(60)
    page = window.page(window.flow.page)
    for area in page.findChildren(QScrollArea, f"{page.objectName()}.scroll"):
        area.verticalScrollBar().setValue(part.mapTo(area.widget(), QPoint(0, 0)).y())


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
        tabs.setCurrentIndex(number)
        _scroll_to(window, tabs)
        return window

    return scene


def _why(studio: Studio) -> QWidget:
    window = studio.result("dns_resolver_unreachable")
    studio.press(window, "result.why")
    why = _button(window, "result.why")
    assert why is not None
    _scroll_to(window, why)
    return window


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
    studio.until(lambda: bool(file.text()))
    file.setText(str(studio.home / file.text().rpartition("/")[2]))
    studio.press(window, "save.save")
    studio.until(lambda: window.flow.saved)
    return window


def _room(room: Room) -> Callable[[Studio], WizardWindow]:
    def scene(studio: Studio) -> WizardWindow:
        window = studio.window()
        window.enter_room(room)
        QTest.qWait(100)
        studio.until(lambda: not window.threads())
        return window

    return scene


def _filled(studio: Studio) -> QWidget:
    """The first page with everything in it."""
    window = studio.window()
    studio.press(window, "trouble.unstable")
    studio.press(window, "trouble.which")
    studio.press(window, "trouble.more")
    return window


def _watching(studio: Studio) -> QWidget:
    """The room of a watch that has gone on for some hours, and told of what is in its log."""
    window = studio.window(double_runner())
    window.enter_room(Room.WATCH)
    page = window.room(Room.WATCH)
    assert isinstance(page, WatchPage)
    studio.until(lambda: not window.threads())
    page.consent.setChecked(True)
    studio.press(window, "watch.start")
    worker = page.run.worker
    assert worker is not None
    studio.until(lambda: worker.log is not None and worker.log.rounds > 0)
    worker.event_came.disconnect(page.run.take)
    log = watch_log(240)
    for event in watch_events(log):
        page.run.take(event)
    page._show_news()
    page._show_log(log)
    page._repaint.stop()
    page._quitting = True
    return window


def _history(studio: Studio) -> QWidget:
    """Two reports made here."""
    _saved(studio)
    window = _saved(studio)
    window.enter_room(Room.HISTORY)
    QTest.qWait(100)
    studio.until(lambda: not window.threads())
    return window


def _expert(number: int) -> Callable[[Studio], QWidget]:
    def scene(studio: Studio) -> QWidget:
        window = _room(Room.EXPERT)(studio)
        page = window.room(Room.EXPERT)
        assert isinstance(page, ExpertPage)
        page.tabs.setCurrentIndex(number)
        QTest.qWait(300)
        studio.until(lambda: not window.threads())
        return window

    return scene


SCENES: dict[str, Callable[[Studio], QWidget]] = {
    "licence": _licence,
    "first": _first,
    "first-filled": _filled,
    "agree": _agree,
    "running": _early,
    "running-late": _late,
    "result-healthy": _result_of("healthy"),
    "result-dns": _result_of("dns_resolver_unreachable"),
    "result-line": _result_of("access_line_down"),
    "result-loss": _result_of("access_loss"),
    "result-load": _result_of("access_bufferbloat"),
    "result-why": _why,
    **{f"details-{number}": _tab("access_bufferbloat", number) for number in range(8)},
    "share": _share,
    "review": _review,
    "save": _save,
    "saved": _saved,
    "watch": _room(Room.WATCH),
    "watching": _watching,
    "history": _history,
    **{f"expert-{number}": _expert(number) for number in range(3)},
    "about": _room(Room.ABOUT),
}
