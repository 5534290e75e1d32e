"""One window for each user, in the language and place that were chosen."""

import os
import stat
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QLibraryInfo, QProcess
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPushButton, QWidget
from test_wizard import WAIT_MS, measure

from nexkit.texts import Texts
from ui.gui import flow
from ui.gui.app import dress, other_profile_box
from ui.gui.flow import Page
from ui.gui.single import SingleWindow, Start
from ui.gui.window_memory import WINDOW_FILE, WindowMemory

ONE, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def first(tmp_path):
    window = SingleWindow(ONE, tmp_path)
    assert window.begin() is Start.FIRST
    yield window
    window.end()


_SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from ui.gui.single import SingleWindow
application = QCoreApplication([])
sys.exit(["first", "shown", "other_profile"].index(SingleWindow(sys.argv[1], Path(sys.argv[2])).begin().value))
"""


def call(folder, profile, qtbot):
    """A second start: a process of its own, as it is in life."""
    process = QProcess()
    process.start(sys.executable, ["-c", _SECOND, profile, str(folder)])
    qtbot.waitUntil(lambda: process.state() is QProcess.ProcessState.NotRunning, timeout=WAIT_MS)
    return list(Start)[process.exitCode()]


def test_a_second_start_shows_the_first_window(qtbot, first, tmp_path):
    with qtbot.waitSignal(first.wanted, timeout=WAIT_MS):
        assert call(tmp_path, ONE, qtbot) is Start.SHOWN


def test_a_second_start_with_another_profile_is_told_so(qtbot, first, tmp_path):
    assert call(tmp_path, OTHER, qtbot) is Start.OTHER_PROFILE
    assert "another organisation" in other_profile_box(Texts("en")).text()


def test_another_folder_is_another_place(first, tmp_path):
    other = SingleWindow(ONE, tmp_path / "other")
    assert other.begin() is Start.FIRST
    other.end()


def test_the_place_is_free_again_at_the_end(tmp_path):
    for _round in range(2):
        window = SingleWindow(ONE, tmp_path)
        assert window.begin() is Start.FIRST
        window.end()


@pytest.mark.skipif(os.name == "nt", reason="a pipe has no mode")
def test_nobody_else_may_speak_to_the_window(first, tmp_path):
    socket = first._server.fullServerName()
    assert stat.S_IMODE(Path(socket).stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE((tmp_path / "window.name").stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="a pipe has no owner to ask for")
def test_a_socket_of_another_user_is_not_spoken_to(qtbot, first, tmp_path, monkeypatch):
    seen = []
    first.wanted.connect(lambda: seen.append(True))
    monkeypatch.setattr("test_one_window._SECOND", "import os\nos.geteuid = lambda: 54321\n" + _SECOND)
    assert call(tmp_path, ONE, qtbot) is Start.FIRST
    assert seen == []


def test_a_name_that_others_have_seen_is_not_used_again(tmp_path, monkeypatch):
    window = SingleWindow(ONE, tmp_path)
    assert window.begin() is Start.FIRST
    window.end()
    assert not (tmp_path / "window.name").exists()
    (tmp_path / "window.name").write_text("nexkit-" + "0" * 16)  # of a program that was killed
    monkeypatch.setattr("ui.gui.single.QLocalServer.listen", lambda *_: False)
    window = SingleWindow(ONE, tmp_path)
    assert window.begin() is Start.FIRST
    assert not (tmp_path / "window.name").exists()
    window.end()


def test_a_window_that_does_not_answer_keeps_nobody_out(qtbot, first, tmp_path):
    first._server.close()
    assert call(tmp_path, ONE, qtbot) is Start.FIRST


@pytest.mark.parametrize("name", [b"", b"../../tmp/x", b"nexkit-" + b"g" * 16, b"\xff" * 500])
def test_a_damaged_name_leads_nowhere(qtbot, first, tmp_path, name):
    (tmp_path / "window.name").write_bytes(name)
    assert call(tmp_path, ONE, qtbot) is Start.FIRST


def test_a_peer_that_says_something_else_gets_nothing(qtbot, first):
    seen = []
    first.wanted.connect(lambda: seen.append(True))
    socket = QLocalSocket()
    socket.connectToServer(first._server.serverName())
    assert socket.waitForConnected(WAIT_MS)
    socket.write(b"open /etc/passwd; " * 10)
    qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState, timeout=WAIT_MS)
    assert seen == []
    assert socket.readAll().data() == b""


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only for the administrator")
def test_a_folder_that_cannot_be_written_to_hinders_nothing(tmp_path):
    tmp_path.chmod(0o500)
    window, remembered = SingleWindow(ONE, tmp_path), WindowMemory(tmp_path)
    assert window.begin() is Start.FIRST
    remembered.remember_language("ja")


def test_no_home_hinders_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "folder"
    assert SingleWindow(ONE, place).begin() is Start.FIRST
    remembered = WindowMemory(place)
    remembered.remember_language("ja")
    assert WindowMemory(place).language is None


def test_language_and_place_are_remembered_in_the_programs_own_folder(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(40, 50, 420, 310)
    WindowMemory(tmp_path).remember_place(window)
    WindowMemory(tmp_path).remember_language("ja")
    other = QWidget()
    qtbot.addWidget(other)
    WindowMemory(tmp_path).place(other)
    assert other.size() == window.size()
    assert WindowMemory(tmp_path).language == "ja"
    assert [file.name for file in tmp_path.iterdir()] == [WINDOW_FILE]
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / WINDOW_FILE).stat().st_mode) == 0o600


def test_a_window_of_a_screen_that_is_gone_comes_back_on_one_that_is_there(qtbot, tmp_path):
    window = QWidget()
    qtbot.addWidget(window)
    window.setGeometry(20_000, 20_000, 420, 310)
    WindowMemory(tmp_path).remember_place(window)
    other = QWidget()
    qtbot.addWidget(other)
    WindowMemory(tmp_path).place(other)
    assert other.screen().availableGeometry().intersects(other.geometry())


@pytest.mark.parametrize(
    "content",
    [
        b'{"language": "xx", "geometry": "xx"}',
        b'{"language": 7, "geometry": ["AAAA"]}',
        b'{"language": "\xff"}',
        b'{"geometry": "\\ud800", "language": "\\ud800"}',
        b'{"geometry": "ZGFtYWdlZA=="}',
        b"[" * 5000,
        b"7",
        b"",
    ],
)
def test_what_cannot_be_used_counts_as_not_there(qtbot, tmp_path, content):
    (tmp_path / WINDOW_FILE).write_bytes(content)
    window = QWidget()
    qtbot.addWidget(window)
    before = window.size()
    WindowMemory(tmp_path).place(window)
    assert WindowMemory(tmp_path).language is None
    assert window.size() == before


def test_the_language_changes_at_once_and_what_was_typed_stays(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    heard = []
    window.language_chosen.connect(heard.append)
    window.findChild(QLineEdit, "trouble.ticket").setText("INC-1")
    window.speak("ja")
    assert heard == ["ja"]
    assert window.trouble.title.text() == Texts("ja").gettext("What is wrong?")
    assert window.findChild(QLineEdit, "trouble.ticket").text() == "INC-1"
    assert window.focusWidget() is not None


def test_a_result_stays_in_the_other_language(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    window.speak("ja")
    assert window.flow.page is Page.RESULT
    assert window.result.title.text()
    assert window.result.title.text() != Texts("en").gettext("Result")


def test_what_was_agreed_to_is_asked_again_in_the_other_words():
    agreed = flow.Flow(page=Page.AGREE, measuring_agreed=True)
    assert flow.reworded(agreed).measuring_agreed is False
    assert flow.reworded(flow.Flow(page=Page.SHARE, draft_ready=True, sharing_agreed=True)).page is Page.RESULT
    assert flow.reworded(flow.Flow(page=Page.SAVE, saved=True)) is None
    assert flow.reworded(flow.Flow(page=Page.RUNNING)) is None


def test_buttons_of_qt_speak_the_language_of_the_window(qapp):
    def cancel() -> str:
        box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        return box.findChild(QPushButton).text()

    assert QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    try:
        dress(qapp, "ja")
        assert cancel() == "キャンセル"
    finally:
        dress(qapp, "en")
    assert cancel().replace("&", "") == "Cancel"
