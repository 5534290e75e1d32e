import os
import sys

# Before Qt is loaded: without a screen the pages are painted into memory. On Windows each session has one, and Qt finds
# no fonts otherwise.
if sys.platform != "win32" and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from gui_doubles import PROFILE_TOML, double_runner
from PySide6.QtCore import Qt, QThread, QTimer
from PySide6.QtWidgets import QApplication

from nexkit.profile import LoadedProfile
from nexkit.profile_file import loaded_profile
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.profile_state import ProfileMemory
from ui.gui.app import dress
from ui.gui.window import WizardWindow


@pytest.fixture(scope="session", autouse=True)
def dressed(qapp: QApplication):
    # A system's own dialogue for files runs outside of Qt, and cannot be asked and closed by a test.
    qapp.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    dress(qapp, "en")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch):
    """Fails a test that leaves a thread of Qt or of Python, or a timer, running."""
    started = [*_remembered(monkeypatch, QThread), *_remembered(monkeypatch, QTimer)]
    before = set(threading.enumerate())
    yield
    for kind, running, each in started:
        for one in each:
            # What is deleted is over; its Python side only says that it is gone.
            try:
                assert not running(one), f"{kind.__name__} {one.objectName()} of {one.parent()} outlived its test"
            except RuntimeError as gone:
                assert "deleted" in str(gone)  # noqa: PT017  the other kind of ending
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    assert left == []


def _remembered(monkeypatch: pytest.MonkeyPatch, kind: type[QThread] | type[QTimer]):
    """What is started of a kind from here on, and how to ask whether it still runs."""
    started: list[QThread | QTimer] = []
    start = kind.start

    def remember(one: QThread | QTimer, *arguments: object) -> None:
        started.append(one)
        start(one, *arguments)

    monkeypatch.setattr(kind, "start", remember)
    return [(kind, QThread.isRunning if kind is QThread else QTimer.isActive, started)]


@pytest.fixture
def profile(tmp_path: Path):
    file = tmp_path / "profile.toml"
    file.write_text(PROFILE_TOML, encoding="utf-8")
    return loaded_profile(file.read_bytes(), file.name, datetime(2026, 11, 20, tzinfo=UTC), ProfileTrust.NAMED)


@pytest.fixture
def no_licence(tmp_path: Path, profile: LoadedProfile):
    file = tmp_path / "plain.toml"
    head, _, rest = PROFILE_TOML.partition("[licence]")
    file.write_text(head + "[support]" + rest.partition("[support]")[2], encoding="utf-8")
    return loaded_profile(file.read_bytes(), file.name, profile.profile.not_before, ProfileTrust.NAMED)


@pytest.fixture
def memory(tmp_path: Path):
    return ProfileMemory(tmp_path / "profiles.json")


@pytest.fixture
def make_window(qtbot, profile, memory):
    """Windows that are closed, and so waited for, at the end of the test."""
    windows: list[WizardWindow] = []

    def make(*, loaded=profile, runner=double_runner, language="en", shown=True) -> WizardWindow:
        window = WizardWindow(Texts(language), loaded, memory, runner)
        qtbot.addWidget(window)
        windows.append(window)
        if shown:
            window.show()
            qtbot.waitExposed(window)
        return window

    yield make
    for window in windows:
        window.close()
