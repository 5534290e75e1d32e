"""The room of a watch: the real engine on a made-up network, and logs of made-up watches."""

import errno
import gc
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QSystemTrayIcon, QWidget
from test_manners import check_page
from test_wizard import WAIT_MS, press, text, to_agree
from watch_logs import BEGAN, watch_log

from nexkit.platform.autostart_linux import LinuxAutostart
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.units import Bytes, Seconds
from nexkit.watch.events import (
    EpisodeBegan,
    EpisodeEnded,
    GapSeen,
    MomentMarked,
    SampleState,
    WatchRound,
    WatchSample,
    WatchTotals,
)
from nexkit.watch.record import GapReason, ToldBy
from report.unfinished import unfinished_runs
from report.watch_store import interrupted_watches, take_up
from ui.gui import watch_run
from ui.gui.flow import Page
from ui.gui.pages import watch as watch_module
from ui.gui.pages.watch import WatchPage
from ui.gui.present import Mark
from ui.gui.rooms import Room
from ui.gui.tray import WatchTray, state_icon
from ui.gui.watch_state import WatchMood, WatchState
from ui.gui.widgets.timeline import Timeline

NO_RAISE = pytest.mark.qt_log_ignore("This plugin does not support raise")
"""The screen in memory has no other windows."""
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def make_window(make_window):
    """Windows that may go at the end of the test, although a watch goes on."""
    windows = []

    def make(**options):
        windows.append(make_window(**options))
        return windows[-1]

    yield make
    for window in windows:
        window.room(Room.WATCH)._quitting = True


def room(qtbot, window) -> WatchPage:
    window.enter_room(Room.WATCH)
    page = window.room(Room.WATCH)
    qtbot.waitUntil(lambda: not window.threads() and page._context.runner() is not None, timeout=WAIT_MS)
    return page


def begin(qtbot, window) -> WatchPage:
    page = room(qtbot, window)
    page.consent.setChecked(True)
    qtbot.waitUntil(page.start.isEnabled, timeout=WAIT_MS)
    press(qtbot, window, "watch.start")
    assert page.watching
    return page


def measured(qtbot, page: WatchPage) -> None:
    qtbot.waitUntil(lambda: page.run.worker.log is not None and page.run.worker.log.rounds > 0, timeout=WAIT_MS)


def leave(window) -> None:
    """End the program while the watch goes on."""
    window.room(Room.WATCH)._quitting = True
    window.close()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_begins_before_the_consent(qtbot, make_window, no_licence, language):
    window = make_window(loaded=no_licence, language=language)
    page = room(qtbot, window)
    check_page(window)
    assert not any(tick.isChecked() for tick in page.findChildren(QCheckBox))
    assert not page.start.isEnabled()
    page.consent.setChecked(True)
    assert page.start.isEnabled()
    assert page.before.length.currentData() is None
    begin(qtbot, window)
    check_page(window)
    page.live.ask_what_closing_means(True)
    check_page(window)
    leave(window)


def test_a_watch_from_start_to_report_by_keyboard_alone(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    page = room(qtbot, window)

    def to(name: str) -> QWidget:
        for _step in range(30):
            focused = QApplication.focusWidget()
            if focused is not None and focused.objectName() == name:
                return focused
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        raise AssertionError(name)

    with qtbot.waitActive(window):
        window.activateWindow()
    QTest.keyClick(to("watch.consent"), Qt.Key.Key_Space)
    QTest.keyClick(to("watch.start"), Qt.Key.Key_Return)
    assert QApplication.focusWidget() is page.now
    measured(qtbot, page)
    QTest.keyClicks(to("watch.words"), "The call froze")
    QTest.keyClick(to("watch.now"), Qt.Key.Key_Return)
    assert "Noted" in text(window, "watch.noted")
    qtbot.waitUntil(lambda: page.run.state.episode is not None, timeout=WAIT_MS)
    assert page.run.state.mood is WatchMood.TROUBLE
    QTest.keyClick(to("watch.stop"), Qt.Key.Key_Return)
    qtbot.waitUntil(page.report.isVisible, timeout=WAIT_MS)
    assert "1 disturbance" in text(window, "watch.state")
    check_page(window)
    assert interrupted_watches(NOW) == ()
    assert len(unfinished_runs(datetime.now(UTC))[0]) == 1
    assert QApplication.focusWidget() is page.report
    QTest.keyClick(page.report, Qt.Key.Key_Return)
    assert window.flow.page is Page.RESULT
    assert window.in_room is None
    log = window.run.record.watch
    assert [mark.words for mark in log.marks] == ["The call froze"]
    assert [episode.number for episode in log.episodes] == [1]


def test_the_result_can_be_thrown_away(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    press(qtbot, window, "watch.stop")
    qtbot.waitUntil(page.report.isVisible, timeout=WAIT_MS)
    press(qtbot, window, "watch.discard")
    qtbot.waitUntil(lambda: not window.threads(), timeout=WAIT_MS)
    assert unfinished_runs(datetime.now(UTC))[0] == ()
    assert page.start.isVisible()


def interrupted(qtbot, make_window, no_licence) -> WatchPage:
    """A watch that was interrupted, in the room of the next start."""
    first = make_window(loaded=no_licence)
    measured(qtbot, begin(qtbot, first))
    leave(first)
    second = make_window(loaded=no_licence)
    page = room(qtbot, second)
    qtbot.waitUntil(lambda: "was interrupted" in text(second, "watch.earlier"), timeout=WAIT_MS)
    qtbot.waitUntil(page.before.go_on.isEnabled, timeout=WAIT_MS)
    check_page(second)
    return page


def test_an_interrupted_watch_goes_on(qtbot, make_window, no_licence):
    page = interrupted(qtbot, make_window, no_licence)
    window = page.window()
    press(qtbot, window, "watch.continue")
    qtbot.waitUntil(lambda: page.run.worker.log is not None and bool(page.run.worker.log.gaps), timeout=WAIT_MS)
    assert page.run.worker.log.gaps[0].reason is GapReason.NOT_RUNNING
    leave(window)
    assert len(interrupted_watches(NOW)) == 1


def test_an_interrupted_watch_is_finished(qtbot, make_window, no_licence):
    page = interrupted(qtbot, make_window, no_licence)
    press(qtbot, page.window(), "watch.finish_earlier")
    qtbot.waitUntil(page.report.isVisible, timeout=WAIT_MS)
    press(qtbot, page.window(), "watch.report")
    assert page.window().run.record.watch.rounds >= 1


def test_an_interrupted_watch_is_thrown_away(qtbot, make_window, no_licence):
    page = interrupted(qtbot, make_window, no_licence)
    press(qtbot, page.window(), "watch.discard_earlier")
    qtbot.waitUntil(lambda: not page.window().threads(), timeout=WAIT_MS)
    assert not page.before.earlier.isVisible()
    assert interrupted_watches(NOW) == ()


def test_of_two_the_second_is_offered_when_the_first_is_gone(qtbot, make_window, no_licence):
    page = interrupted(qtbot, make_window, no_licence)
    measured(qtbot, begin(qtbot, page.window()))
    leave(page.window())
    window = make_window(loaded=no_licence)
    page = room(qtbot, window)
    qtbot.waitUntil(page.before.earlier.isVisible, timeout=WAIT_MS)
    assert len(interrupted_watches(NOW)) == 2
    press(qtbot, window, "watch.discard_earlier")
    assert not page.before.earlier.isVisible()
    qtbot.waitUntil(page.before.earlier.isVisible, timeout=WAIT_MS)
    assert len(interrupted_watches(NOW)) == 1


def test_what_cannot_be_read_of_a_watch_can_be_thrown_away(qtbot, make_window, no_licence, own_folder):
    folder = own_folder / "home" / "watch"
    folder.mkdir(parents=True)
    (folder / "20261119T120000Z-0123abcd.jsonl").write_text('{"schema": "other"}\n')
    window = make_window(loaded=no_licence)
    page = room(qtbot, window)
    qtbot.waitUntil(lambda: "cannot be used" in text(window, "watch.earlier"), timeout=WAIT_MS)
    assert not page.before.go_on.isVisible()
    press(qtbot, window, "watch.discard_earlier")
    qtbot.waitUntil(lambda: not window.threads(), timeout=WAIT_MS)
    assert not page.before.earlier.isVisible()


@pytest.mark.wine_lacks("_locking fails without an errno")
def test_a_watch_that_another_program_has_by_now_is_said_to_be_there(qtbot, make_window, no_licence):
    page = interrupted(qtbot, make_window, no_licence)
    other = take_up(page._interrupted[0].id)
    press(qtbot, page.window(), "watch.continue")
    qtbot.waitUntil(page.refused.isVisible, timeout=WAIT_MS)
    assert "under way in another window" in page.refused.text()
    assert page.start.isVisible()
    other.close()


def test_a_full_disk_is_told_and_nothing_goes_on(qtbot, make_window, no_licence, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "watch")

    monkeypatch.setattr("report.watch_store.begin_watch", full)
    page = begin(qtbot, make_window(loaded=no_licence))
    qtbot.waitUntil(page.refused.isVisible, timeout=WAIT_MS)
    assert not page.watching
    assert "no room left" in page.refused.text()
    assert page.start.isVisible()


def test_it_ends_by_itself_after_the_time_that_was_chosen(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    page = room(qtbot, window)
    page.before.length.setCurrentIndex(1)
    page = begin(qtbot, window)
    measured(qtbot, page)
    assert page.run.worker.limit_s == 3600
    page.run.take(totals(3599))
    assert page.stop.isVisible()
    page.run.take(totals(3600))
    qtbot.waitUntil(page.report.isVisible, timeout=WAIT_MS)


def test_a_diagnosis_beside_it_is_a_gap_and_no_trouble(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    measured(qtbot, page)
    window.leave_room()
    to_agree(qtbot, window)
    press(qtbot, window, "wizard.main")
    assert page.run.state.mood is WatchMood.HELD
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not page.run.state.held, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: bool(page.run.worker.log.gaps), timeout=WAIT_MS)
    log = page.run.worker.log
    assert [gap.reason for gap in log.gaps] == [GapReason.OWN_TEST]
    assert log.episodes == ()
    leave(window)


# Closing


@NO_RAISE
def test_without_a_place_beside_the_clock_the_room_asks(qtbot, make_window, no_licence, monkeypatch):
    monkeypatch.setattr(watch_run, "has_tray", lambda: False)
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    window.leave_room()
    assert not window.close()
    assert window.isVisible()
    assert window.in_room is page
    press(qtbot, window, "watch.minimise")
    assert window.isMinimized()
    assert page.watching
    assert not window.close()
    assert not window.isMinimized()
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        press(qtbot, window, "watch.quit")
    assert len(interrupted_watches(NOW)) == 1


@pytest.fixture
def with_tray(monkeypatch):
    said = []
    monkeypatch.setattr(watch_run, "has_tray", lambda: True)
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda _icon: None)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _icon, *words: said.append(words[0]))
    return said


@NO_RAISE
def test_with_one_the_window_goes_there_and_says_so_once(qtbot, make_window, no_licence, with_tray):
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    tray = page.run.tray
    for _time in range(2):
        assert not window.close()
        assert not window.isVisible()
        tray._activated(QSystemTrayIcon.ActivationReason.Trigger)
        assert window.isVisible()
        assert window.in_room is page
    assert with_tray == ["The watch goes on"]
    entries = {action.objectName(): action for action in tray._menu.actions()}
    measured(qtbot, page)
    window.close()
    entries["tray.now"].trigger()
    qtbot.waitUntil(lambda: page.run.state.episode is not None, timeout=WAIT_MS)
    assert tray._mark is Mark.BROKEN
    entries["tray.stop"].trigger()
    qtbot.waitUntil(lambda: not page.watching, timeout=WAIT_MS)
    assert with_tray[1:] == ["The watch is over"]
    entries["tray.open"].trigger()
    assert page.report.isVisible()
    assert page.run.tray is None


def test_its_menu_ends_the_program_and_keeps_the_watch(qtbot, make_window, no_licence, with_tray):
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    window.close()
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        next(each for each in page.run.tray._menu.actions() if each.objectName() == "tray.quit").trigger()
    assert len(interrupted_watches(NOW)) == 1


def test_the_icons_of_the_states_differ_in_shape(qtbot):
    """By the paper that is cut out of the badge, whatever the colour of the badge."""
    shapes = set()
    for mark in (Mark.OK, Mark.BROKEN, Mark.UNKNOWN, Mark.NOT_RUN, Mark.RUNNING):
        image = state_icon(mark).pixmap(32, 32).toImage()
        shapes.add(tuple(image.pixelColor(x, y).lightness() > 200 for x in range(8, 24) for y in range(8, 24)))
    assert len(shapes) == 5


def test_a_tray_shows_only_what_is_new(qtbot, with_tray, monkeypatch):
    parent = QWidget()
    qtbot.addWidget(parent)
    tray = WatchTray(Texts("en"), parent)
    icons = []
    monkeypatch.setattr(QSystemTrayIcon, "setIcon", lambda _icon, new: icons.append(new))
    for _time in range(3):
        tray.show_state(Mark.OK, "Everything works")
    assert len(icons) == 1
    tray.remove()


# After a restart of the computer


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What is started at log-in is a file of the test's own, on systems too that keep it elsewhere."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("nexkit.platform.autostart.system_autostart", LinuxAutostart)
    return tmp_path / "config" / "autostart" / "nexkit-watch.desktop"


def test_going_on_after_a_restart_is_a_tick_that_leaves_nothing(qtbot, make_window, no_licence, own_home):
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    qtbot.waitUntil(page.live.after_restart.isVisible, timeout=WAIT_MS)
    assert not page.live.after_restart.isChecked()
    page._scroll.ensureWidgetVisible(page.live.after_restart)
    page.live.after_restart.click()
    qtbot.waitUntil(own_home.exists, timeout=WAIT_MS)
    assert "wizard --watching" in own_home.read_text(encoding="utf-8")
    page.stop.click()
    qtbot.waitUntil(lambda: page.report.isVisible() and not window.threads(), timeout=WAIT_MS)
    assert not own_home.parent.exists()


@NO_RAISE
def test_started_at_log_in_it_goes_on_beside_the_clock(qtbot, make_window, no_licence, own_home, with_tray):
    first = make_window(loaded=no_licence)
    page = begin(qtbot, first)
    page.live.after_restart.click()
    qtbot.waitUntil(own_home.exists, timeout=WAIT_MS)
    measured(qtbot, page)
    leave(first)
    assert own_home.exists()
    second = make_window(loaded=no_licence, shown=False)
    second.go_on_watching()
    again = second.room(Room.WATCH)
    qtbot.waitUntil(lambda: again.watching, timeout=WAIT_MS)
    assert not second.isVisible()
    qtbot.waitUntil(lambda: again.run.tray is not None, timeout=WAIT_MS)
    again.run.tray.open_wanted.emit()
    assert second.isVisible()
    qtbot.waitUntil(again.live.after_restart.isChecked, timeout=WAIT_MS)
    again.stop.click()
    qtbot.waitUntil(lambda: again.report.isVisible() and not second.threads(), timeout=WAIT_MS)
    assert not own_home.exists()


def test_started_at_log_in_with_nothing_to_watch_it_takes_the_entry_away(
    qtbot, make_window, no_licence, own_home, with_tray
):
    own_home.parent.mkdir(parents=True)
    own_home.write_text("[Desktop Entry]\n")
    window = make_window(loaded=no_licence, shown=False)
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        window.go_on_watching()
    assert not own_home.exists()


@NO_RAISE
def test_started_at_log_in_without_such_a_place_its_window_is_made_small(
    qtbot, make_window, no_licence, own_home, monkeypatch
):
    monkeypatch.setattr(watch_run, "has_tray", lambda: False)
    first = make_window(loaded=no_licence)
    measured(qtbot, begin(qtbot, first))
    leave(first)
    monkeypatch.setattr(watch_module, "_TRAY_TIMES", 1)
    second = make_window(loaded=no_licence, shown=False)
    second.go_on_watching()
    qtbot.waitUntil(lambda: second.isMinimized() and second.room(Room.WATCH).watching, timeout=WAIT_MS)


def test_the_first_page_tells_of_an_interrupted_watch(qtbot, make_window, no_licence):
    first = make_window(loaded=no_licence)
    measured(qtbot, begin(qtbot, first))
    leave(first)
    second = make_window(loaded=no_licence)
    qtbot.waitUntil(second.trouble.interrupted.isVisible, timeout=WAIT_MS)
    press(qtbot, second, "trouble.look_at_watch")
    assert second.in_room is second.room(Room.WATCH)
    qtbot.waitUntil(second.room(Room.WATCH).before.go_on.isVisible, timeout=WAIT_MS)


# What is said


def totals(elapsed_s: float, episodes: int = 0) -> WatchTotals:
    return WatchTotals(
        elapsed_s=Seconds(elapsed_s),
        measured_s=Seconds(elapsed_s),
        rounds=int(elapsed_s / 5),
        traffic_bytes=Bytes(1000),
        traffic_last_hour_bytes=Bytes(1000),
        episodes=episodes,
        marks=0,
        cpu_share=None,
    )


def watch_round(state: SampleState, at_s: float = 0.0) -> WatchRound:
    sample = WatchSample(target="gateway", subject=Subject.GATEWAY, sent=2, lost=0, rtt_ms=None, state=state)
    at = BEGAN + timedelta(seconds=at_s)
    return WatchRound(at=at, elapsed_s=Seconds(at_s), samples=(sample,), in_episode=False)


def test_the_state_is_one_calm_sentence():
    state, texts = WatchState(), Texts("en")
    assert (state.mood, state.mark) == (WatchMood.BEGINNING, Mark.RUNNING)
    state.feed(watch_round(SampleState.GOOD))
    assert state.sentence(texts) == "Everything works so far. Just go on with what you are doing."
    episode = watch_log(60).episodes[0]
    state.feed(EpisodeBegan(episode=episode, diagnosing=True))
    assert (state.mood, state.mark) == (WatchMood.TROUBLE, Mark.BROKEN)
    assert state.sentence(texts) == "Something is wrong right now (Access line: interrupted). It is being looked into."
    by_user = replace(episode, told_by=ToldBy.USER, signs=(), segment=None, cause=None)
    state.feed(EpisodeBegan(episode=by_user, diagnosing=False))
    assert state.sentence(texts) == "You noticed that something is wrong. It has been noted."
    state.feed(EpisodeEnded(episode=episode))
    state.feed(totals(60, episodes=1))
    assert state.sentence(texts) == "Right now everything works. There was 1 disturbance so far."
    state.feed(watch_round(SampleState.UNKNOWN))
    assert (state.mood, state.mark) == (WatchMood.UNKNOWN, Mark.UNKNOWN)


def test_the_timeline_is_walked_by_keys_and_told_in_words(qtbot):
    timeline = Timeline("watch.timeline", Texts("en"))
    qtbot.addWidget(timeline)
    timeline.show()
    timeline.show_log(watch_log(200))
    words = timeline.accessibleDescription()
    assert "3 disturbances." in words
    assert "the computer was asleep" in words
    assert "Joined another network" in words
    told = []
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Home):
        QTest.keyClick(timeline, key)
        told.append(timeline.chosen)
    assert told == [1, 2, 3, 3, 2, 1]
    assert timeline.accessibleDescription().startswith("Disturbance 1 of 3: ")
    assert "80 % of the answers missing" in timeline.accessibleDescription()
    QTest.keyClick(timeline, Qt.Key.Key_Escape)
    assert timeline.chosen is None


def test_a_click_chooses_the_nearest_episode(qtbot):
    timeline = Timeline("watch.timeline", Texts("en"))
    qtbot.addWidget(timeline)
    timeline.resize(800, 300)
    timeline.show()
    timeline.show_log(watch_log(200))
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=timeline.rect().center())
    assert timeline.chosen == 2
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton, pos=QPoint(5, 100))
    assert timeline.chosen is None


def test_a_gap_is_painted_as_not_measured(qtbot):
    """A log that differs in its gap alone gives another picture, exactly in the gap's place."""
    pictures = []
    whole = watch_log(200)
    for log in (whole, watch_log(200, gap=False)):
        timeline = Timeline("watch.timeline", Texts("en"))
        qtbot.addWidget(timeline)
        timeline.resize(800, 300)
        timeline.show()
        timeline.show_log(log)
        pictures.append(timeline.grab().toImage())
    one, other = pictures
    differing = {
        x for x in range(one.width()) if any(one.pixel(x, y) != other.pixel(x, y) for y in range(one.height()))
    }
    left, right = min(differing), max(differing)
    assert left == pytest.approx(0.55 * 800, abs=20)
    assert right == pytest.approx(0.68 * 800, abs=20)


def test_three_days_are_painted_at_once(qtbot):
    """As the engine keeps them: minutes put together, so that there are never more than 480."""
    timeline = Timeline("watch.timeline", Texts("en"))
    qtbot.addWidget(timeline)
    timeline.resize(1000, 400)
    timeline.show()
    took_s = []
    for _time in range(5):
        timeline.show_log(watch_log(480, length=9.0, episodes=14))
        began = time.thread_time()
        timeline.grab()
        took_s.append(time.thread_time() - began)
    assert min(took_s) < 0.05


def test_nothing_is_painted_anew_where_nothing_is_new_and_nobody_looks(qtbot, make_window, no_licence, monkeypatch):
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    measured(qtbot, page)
    log = watch_log(30)
    monkeypatch.setattr(type(page.run.worker), "log", property(lambda _thread: log))
    shown = []
    monkeypatch.setattr(page.live.timeline, "show_log", lambda log, **_options: shown.append(log))
    window.hide()
    for _time in range(5):
        page.run.take(totals(60))
    assert not page._repaint.isActive()
    assert shown == []
    window.show()
    qtbot.waitUntil(lambda: shown == [log], timeout=WAIT_MS)
    for _time in range(5):
        page.run.take(totals(60))
    assert shown == [log]
    leave(window)


def test_two_hours_of_watching_need_no_more_than_their_first_minutes(qtbot, make_window, no_licence, monkeypatch):
    """Rounds every five seconds, an episode every six minutes, everything shown."""
    window = make_window(loaded=no_licence)
    page = begin(qtbot, window)
    measured(qtbot, page)
    page.run.worker.event_came.disconnect(page.run.take)
    logs = {}
    base = watch_log(120, episodes=20)
    monkeypatch.setattr(type(page.run.worker), "log", property(lambda _thread: logs["now"]))

    def watch(from_minute: int, to_minute: int) -> None:
        for number in range(from_minute, to_minute):
            logs["now"] = log = replace(base)
            if number % 6 == 0:
                page.run.take(EpisodeBegan(episode=log.episodes[number % 20], diagnosing=True))
                page.run.take(MomentMarked(mark=log.marks[0]))
                page.run.take(EpisodeEnded(episode=log.episodes[number % 20]))
                page.run.take(GapSeen(gap=log.gaps[0]))
            for second in range(0, 60, 5):
                page.run.take(watch_round(SampleState.GOOD, number * 60 + second))
                page.run.take(totals(number * 60 + second))
            page._show_news()
            page.live.timeline.repaint()

    watch(0, 12)
    gc.collect()
    objects, widgets = len(gc.get_objects()), len(window.findChildren(QWidget))
    tracemalloc.start()
    try:
        watch(12, 18)
        gc.collect()
        before, _peak = tracemalloc.get_traced_memory()
        watch(18, 120)
        gc.collect()
        after, _peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(window.findChildren(QWidget)) == widgets
    assert len(gc.get_objects()) < objects + 2000
    assert after - before < 200_000
    leave(window)
