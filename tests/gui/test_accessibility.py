"""Every page and room for whoever hears, sees or moves otherwise, and in a language that is not there yet."""

import contextlib
from collections import Counter
from pathlib import Path

import pytest
from fitting import settled
from pseudo import make_language, not_translated, use_language
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QListWidget, QPlainTextEdit, QWidget
from scenes import SCENES, Studio
from sweep import interfaces, mnemonics_twice, out_of_reach, too_small, unnamed
from test_wizard import WAIT_MS, measure

from ui.gui import accessible
from ui.gui.app import dress
from ui.gui.flow import Page
from ui.gui.rooms import Room
from ui.gui.theme import contrast, current_theme, style_sheet

OTHERS_WORDS = ("details-", "expert-")
"""Scenes full of what engineers read: host names, codes, command lines."""
LISTS_OF_NAMES = frozenset({"about.parts", "share.files", "trouble.service", "watch.service"})
TEXT, FOCUS = 4.5, 3.0
"""Contrasts (WCAG 2.2, 1.4.3 and 1.4.11)."""


def colours(window: str, base: str, text: str, accent: str, button: str = "") -> QPalette:
    palette = QPalette(QColor(button or window))
    roles = QPalette.ColorRole
    for role, colour in (
        (roles.Window, window),
        (roles.Base, base),
        (roles.Button, button or window),
        (roles.WindowText, text),
        (roles.Text, text),
        (roles.ButtonText, text),
        (roles.Accent, accent),
        (roles.Highlight, accent),
    ):
        palette.setColor(role, QColor(colour))
    return palette


PALETTES = {
    "light": colours("#efefef", "#ffffff", "#000000", "#2a7ab0"),
    "dark": colours("#202326", "#2a2e32", "#fcfcfc", "#5aa2ff"),
    "white on black": colours("#000000", "#000000", "#ffffff", "#1aebff"),
    "black on white": colours("#ffffff", "#ffffff", "#000000", "#37006e"),
}


@pytest.fixture(scope="module")
def locales(tmp_path_factory):
    folder = tmp_path_factory.mktemp("locales")
    make_language(folder)
    return folder


@pytest.fixture
def enter(tmp_path: Path, qapp: QApplication):
    """Brings a window to a scene."""
    studios: list[Studio] = []

    def begin(scene: str, language: str) -> QWidget:
        studio = Studio(language, dark=False, double=False, home=tmp_path / "home")
        studios.append(studio)
        shown = SCENES[scene](studio)
        QTest.qWait(80)
        return shown

    before = QPalette(qapp.palette())
    yield begin
    for studio in studios:
        for window in studio._windows:
            window.close()
            window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qapp.setPalette(before)
    dress(qapp, "en")


@pytest.fixture
def pseudo(locales, monkeypatch):
    """The third language, which the program finds by its file."""
    return use_language(locales, monkeypatch)


@pytest.mark.parametrize("scene", SCENES)
def test_a_page_is_heard_worked_without_a_mouse_and_said_in_another_language(qtbot, enter, scene, pseudo):
    window = enter(scene, pseudo)
    assert unnamed(window) == []
    assert out_of_reach(window) == []
    assert too_small(window) == []
    assert mnemonics_twice(window) == []
    settled(qtbot, window)
    if not scene.startswith(OTHERS_WORDS):
        assert [words for words in spoken_words(window) if not_translated(words) not in ([], ["https"])] == []


def spoken_words(window: QWidget) -> list[str]:
    """Everything that is shown or read out, but for names in lists of them."""
    words = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.objectName() in LISTS_OF_NAMES:
            continue
        words += [widget.accessibleName(), widget.accessibleDescription(), widget.toolTip()]
        if isinstance(widget, QLabel | QAbstractButton):
            words.append(widget.text())
        elif isinstance(widget, QListWidget):
            words += [widget.item(row).text() for row in range(widget.count())]
        elif isinstance(widget, QLineEdit | QPlainTextEdit):
            words.append(widget.placeholderText())
    return words


def test_what_a_drawing_shows_is_told_in_words(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    path = QAccessible.queryAccessibleInterface(window.findChild(QWidget, "result.path"))
    assert path.role() is QAccessible.Role.Graphic
    assert path.text(QAccessible.Text.Name)
    assert "Router" in path.text(QAccessible.Text.Description)
    steps = QAccessible.queryAccessibleInterface(window.steps)
    assert steps.text(QAccessible.Text.Name) == "Step 4 of 5: Result"


def test_titles_are_headings(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    found = [each for each in interfaces(QAccessible.queryAccessibleInterface(window)) if each.role().name == "Heading"]
    assert "What is wrong?" in [each.text(QAccessible.Text.Name) for each in found]


def test_states_are_told(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    answer = window.findChild(QAbstractButton, "trouble.slow")
    answer.click()
    assert QAccessible.queryAccessibleInterface(answer).state().checked
    window.main.click()
    assert QAccessible.queryAccessibleInterface(window.main).state().disabled
    more = QAccessible.queryAccessibleInterface(window.menu)
    assert more.state().hasPopup


@pytest.fixture
def heard(monkeypatch):
    """What a screen reader was told."""
    words: list[str] = []

    def update(event) -> None:
        if event.type() is QAccessible.Event.Announcement:
            words.append(event.message())

    monkeypatch.setattr(accessible.QAccessible, "updateAccessibility", update)
    monkeypatch.setattr(accessible.QAccessible, "isActive", lambda: True)
    return words


def test_a_new_page_is_told_and_the_result_once(qtbot, make_window, no_licence, heard):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    assert window.agree.title.text() in heard[0]
    assert Counter(heard)[window.result.spoken()] == 1
    assert len(heard) < 8, "it tells of every tick"
    window.enter_room(Room.HISTORY)
    assert "Earlier reports" in heard[-1]


def test_a_mistake_in_a_field_is_told(qtbot, make_window, no_licence, heard):
    window = make_window(loaded=no_licence)
    window.trouble.url.setText("no address")
    window.main.click()
    assert heard[-1].startswith("This is not a web address")


def test_the_focus_is_never_lost(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    window.activateWindow()
    for act in (
        window.main.click,
        window.agree.consent.click,
        window.back.click,
        lambda: window.enter_room(Room.ABOUT),
        window.leave_room,
        lambda: window.speak("ja"),
    ):
        act()
        focused = window.focusWidget()
        assert focused is not None
        assert focused.isVisible()
        assert focused.isEnabled()


@pytest.mark.parametrize("scene", ["first-filled", "agree", "result-dns", "share", "about"])
def test_words_and_focus_can_be_seen_in_the_colours_that_are_painted(qtbot, qapp, enter, scene):
    window = enter(scene, "en")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=WAIT_MS)
    for name, palette in PALETTES.items():
        qapp.setPalette(palette)
        qtbot.waitUntil(lambda: window.styleSheet() == style_sheet(current_theme()), timeout=WAIT_MS)
        assert (name, faint(window), unseen(window)) == (name, [], [])


def faint(window: QWidget) -> list[str]:
    """Words that cannot be read."""
    picture = window.grab().toImage()
    faint = []
    for widget in window.findChildren(QWidget):
        is_text = isinstance(widget, QLabel | QAbstractButton) and widget.text().strip()
        if (
            is_text
            and widget.isVisible()
            and widget.isEnabled()
            and (ratio := ratio_in(picture, widget, window)) < TEXT
        ):
            faint.append(f"{widget.objectName() or widget.text()[:40]}: {ratio:.1f}")
    return faint


def ratio_in(picture: QImage, widget: QWidget, window: QWidget) -> float:
    """Contrast of the most frequent colour of a widget with the one that differs from it most."""
    corner = widget.mapTo(window, QPoint(0, 0))
    area = widget.rect().translated(corner).intersected(window.rect())
    for above in iter_parents(widget, window):
        area = area.intersected(above.rect().translated(above.mapTo(window, QPoint(0, 0))))
    if area.height() < widget.height() or area.width() < 3:
        return TEXT  # scrolled out of sight
    seen = Counter(
        picture.pixel(x, y) for y in range(area.top(), area.bottom()) for x in range(area.left(), area.right())
    )
    ground = QColor(seen.most_common(1)[0][0])
    return max(contrast(QColor(colour), ground) for colour in seen)


def iter_parents(widget: QWidget, window: QWidget):
    parent = widget.parentWidget()
    while parent is not None and parent is not window:
        yield parent
        parent = parent.parentWidget()


def unseen(window: QWidget) -> list[str]:
    """Controls that look with the focus as they look without."""
    unseen = []
    for widget in window.findChildren(QWidget):
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible() and widget.isEnabled()
        if not takes or "." not in widget.objectName() or widget.visibleRegion().isEmpty():
            continue
        with contextlib.suppress(AttributeError):
            widget.setCursorWidth(0)
        window.setFocus()
        before = around(widget, window)
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        after = around(widget, window)
        if marked(before, after) < min(widget.width(), 60):
            unseen.append(widget.objectName())
    return unseen


def around(widget: QWidget, window: QWidget) -> QImage:
    """The widget as it is seen: with what lies behind it."""
    return window.grab(widget.rect().translated(widget.mapTo(window, QPoint(0, 0)))).toImage()


def marked(before: QImage, after: QImage) -> int:
    """Pixels that stand out from what they were before."""
    count = 0
    for y in range(before.height()):
        for x in range(before.width()):
            one, other = before.pixel(x, y), after.pixel(x, y)
            if one != other and contrast(QColor(one), QColor(other)) >= FOCUS:
                count += 1
    return count


def test_enter_space_and_escape_do_what_they_do_elsewhere(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    answer = window.findChild(QAbstractButton, "trouble.slow")
    qtbot.keyClick(answer, Qt.Key.Key_Space)
    assert answer.isChecked()
    qtbot.keyClick(answer, Qt.Key.Key_Return)
    assert window.flow.page is Page.AGREE
    window.enter_room(Room.ABOUT)
    qtbot.waitUntil(lambda: not window.threads(), timeout=WAIT_MS)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.in_room is None
    assert window.flow.page is Page.AGREE
