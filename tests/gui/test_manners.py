"""What holds for every page: names for assistive technology, plain text, a window that never freezes."""

import time
from functools import partial
from itertools import pairwise

import pytest
from gui_doubles import double_runner
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget
from sweep import LEAST_TARGET, in_reach
from test_wizard import WAIT_MS, measure, press, to_agree, to_preview

from ui.gui.flow import Page
from ui.gui.rooms import Room
from ui.gui.theme import contrast, style_sheet, theme_of
from ui.gui.widgets.choice import Tick

CONTROLS = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox)


def visible_controls(window: QWidget) -> list[QWidget]:
    return [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, CONTROLS) and widget.isVisible() and not widget.objectName().startswith("qt_")
    ]


def check_page(window: QWidget) -> None:
    for control in visible_controls(window):
        assert "." in control.objectName(), f"{type(control).__name__} without a name"
        words = control.accessibleName() or (control.text() if isinstance(control, QAbstractButton) else "")
        assert words, f"{control.objectName()} has no name for a screen reader"
        assert in_reach(control), f"{control.objectName()} cannot be reached by Tab"
    for label in window.findChildren(QLabel):
        if label.isVisible() and label.buddy() is None:
            assert label.textFormat() is Qt.TextFormat.PlainText or not label.text(), label.text()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_control_of_every_page_is_named_and_reachable(qtbot, make_window, no_licence, tmp_path, language):
    window = make_window(loaded=no_licence, language=language)
    check_page(window)
    to_agree(qtbot, window)
    check_page(window)
    press(qtbot, window, "wizard.main")
    check_page(window)
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    press(qtbot, window, "result.details")
    check_page(window)
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    check_page(window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    window.findChild(QLineEdit, "save.file").setText(str(tmp_path / "r.nexkit.zip"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    check_page(window)


def test_tab_goes_down_the_page_and_then_to_the_buttons(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    with qtbot.waitActive(window):
        window.activateWindow()
    press(qtbot, window, "trouble.which")
    window.trouble.focus_first()
    order = []
    for _step in range(9):
        order.append(QApplication.focusWidget().objectName())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert order == [
        "trouble.no_internet",
        "trouble.which",
        "trouble.service",
        "trouble.url",
        "trouble.more",
        "wizard.main",
        "wizard.menu",
        "trouble.no_internet",
        "trouble.which",
    ]


def test_enter_presses_the_main_button(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    qtbot.keyClick(window.findChild(QLineEdit, "trouble.ticket"), Qt.Key.Key_Return)
    assert window.flow.page is Page.AGREE
    qtbot.keyClick(window.agree.consent, Qt.Key.Key_Return)
    assert window.flow.page is Page.AGREE
    window.back.setFocus()
    qtbot.keyClick(window.back, Qt.Key.Key_Return)
    assert window.flow.page is Page.TROUBLE


@pytest.mark.measures
def test_the_window_never_freezes_while_measuring(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, endless=frozenset({"route"})))
    to_agree(qtbot, window)
    beats: list[float] = []
    heart = QTimer()
    heart.setInterval(5)
    heart.timeout.connect(lambda: beats.append(time.monotonic()))
    press(qtbot, window, "wizard.main")
    heart.start()
    qtbot.waitUntil(lambda: any(row.probe == "ping" and row.finished for row in window.running.rows()), timeout=WAIT_MS)
    heart.stop()
    press(qtbot, window, "wizard.stop")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    assert len(beats) > 3
    assert max(late - early for early, late in pairwise(beats)) < 1.0


@pytest.mark.parametrize("colours", [("#efefef", "#000000", "#ffffff"), ("#202326", "#fcfcfc", "#141618")])
def test_texts_can_be_read_in_light_and_dark(colours, qapp):
    window, text, base = (QColor(colour) for colour in colours)
    palette = QPalette(window)
    for role, colour in ((QPalette.ColorRole.WindowText, text), (QPalette.ColorRole.Base, base)):
        palette.setColor(role, colour)
    theme = theme_of(palette)
    assert contrast(theme.text, theme.window) >= 4.5
    assert contrast(theme.muted, theme.window) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    for colour in (theme.good, theme.doubt, theme.bad, theme.accent):
        assert contrast(colour, theme.card) >= 4.5
    assert theme.text.name() in style_sheet(theme)


def test_there_are_letters_for_japanese(qapp):
    if not QFontDatabase.families(QFontDatabase.WritingSystem.Japanese):
        pytest.skip("no Japanese font on this computer: install fonts-noto-cjk")
    window = QLabel("日本語")
    assert window.fontMetrics().inFontUcs4(ord("A"))


def test_a_narrow_window_shows_the_way_upright(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    path = window.findChild(QWidget, "result.path")
    wide = path.heightForWidth(2000)
    assert path.heightForWidth(200) > wide


def test_the_result_page_shows_hostile_text_as_it_is(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    window.trouble.note.setPlainText("<img src='http://192.0.2.1/x'><b>bold</b>")
    to_preview(qtbot, window)
    for label in window.findChildren(QLabel):
        assert not label.openExternalLinks()
    assert "<b>bold</b>" in window.draft.files["data/report.json"].decode()


def test_ticks_and_cards_are_checkable_for_assistive_technology(qtbot, make_window, no_licence):
    from PySide6.QtGui import QAccessible

    window = make_window(loaded=no_licence)
    card = window.findChild(QAbstractButton, "trouble.slow")
    assert QAccessible.queryAccessibleInterface(card).role() is QAccessible.Role.RadioButton
    press(qtbot, window, "wizard.main")
    tick = window.findChild(QAbstractButton, "agree.consent")
    assert QAccessible.queryAccessibleInterface(tick).role() is QAccessible.Role.CheckBox


def test_the_application_follows_a_change_to_dark(qtbot, qapp: QApplication, make_window, no_licence):
    window = make_window(loaded=no_licence)
    before = window.styleSheet()
    light = QPalette(qapp.palette())
    try:
        qapp.setPalette(QPalette(QColor("#202326")))
        qtbot.waitUntil(lambda: window.styleSheet() != before, timeout=WAIT_MS)
    finally:
        qapp.setPalette(light)


def test_nothing_can_be_measured_by_the_menu_before_the_licence_is_accepted(qtbot, make_window):
    window = make_window()
    entries = {action.data(): action for action in window.menu._rooms.actions()}
    assert window.flow.page is Page.LICENCE
    assert {room for room, action in entries.items() if not action.isEnabled()} == {Room.WATCH, Room.EXPERT}
    press(qtbot, window, "licence.accept")
    press(qtbot, window, "wizard.main")
    assert all(action.isEnabled() for action in entries.values())


@pytest.fixture
def small_font(qapp):
    """Words as small as those of Windows, where a line has 14 pixels."""
    before = qapp.font()
    font = QFont(before)
    font.setPointSizeF(7)
    qapp.setFont(font)
    yield
    qapp.setFont(before)


@pytest.mark.usefixtures("small_font")
def test_a_tick_in_a_small_font_can_still_be_met(qtbot):
    tick = Tick("agree.small", "x")
    qtbot.addWidget(tick)
    assert tick.heightForWidth(400) >= LEAST_TARGET
    assert tick.minimumSizeHint().height() >= LEAST_TARGET
