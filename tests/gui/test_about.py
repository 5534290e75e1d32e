from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QPlainTextEdit
from test_wizard import WAIT_MS

from nexkit import __version__
from ui.gui.rooms import Room


def entered(qtbot, window):
    window.enter_room(Room.ABOUT)
    parts = window.findChild(QListWidget, "about.parts")
    qtbot.waitUntil(lambda: parts.count() > 10, timeout=WAIT_MS)
    return window.room(Room.ABOUT)


def shown(parts):
    return [parts.item(row).text() for row in range(parts.count()) if not parts.item(row).isHidden()]


def test_the_version_and_the_profile_in_force_are_told(qtbot, make_window, profile):
    room = entered(qtbot, make_window(loaded=profile))
    assert __version__ in room.findChild(QLabel, "about.version").text()
    words = room.findChild(QLabel, "about.profile").text()
    for told in ("example-corp", "serial 7", "Example Corp", "help@example.com"):
        assert told in words


def test_a_licence_is_found_by_name_and_by_its_words_and_read_in_full(qtbot, make_window, no_licence):
    room = entered(qtbot, make_window(loaded=no_licence))
    parts, text = room.findChild(QListWidget, "about.parts"), room.findChild(QPlainTextEdit, "about.licence")
    qtbot.keyClicks(room.findChild(QLineEdit, "about.search"), "pyside6")
    assert [name.split()[0] for name in shown(parts)] == ["PySide6_Essentials", "shiboken6"]
    assert "END OF TERMS AND CONDITIONS" in text.toPlainText()
    room.search.setText("Redistribution and use in source")
    assert len(shown(parts)) > 3
    room.search.setText("no such thing")
    assert shown(parts) == []
    assert text.toPlainText() == ""


def test_the_room_is_left_by_escape_and_the_list_walked_by_arrows(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    room = entered(qtbot, window)
    qtbot.keyClick(room.list, Qt.Key.Key_Down)
    assert room.list.currentRow() == 1
    qtbot.keyClick(room.list, Qt.Key.Key_Escape)
    assert window.in_room is None
