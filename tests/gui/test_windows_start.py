"""What a start of the wizard meets on Windows, with what Windows has put in place of it where it is another system."""

import sys

import pytest
from PySide6.QtCore import QLockFile
from PySide6.QtWidgets import QMessageBox

from nexkit.platform.foreground import hand_on_foreground
from nexkit.profile import LoadedProfile
from report.profile_state import ProfileMemory
from ui.gui import app
from ui.gui.single import SingleWindow, Start


def test_a_killed_program_that_had_the_same_number_does_not_keep_the_place(tmp_path):
    file = tmp_path / "window.lock"
    killed = QLockFile(str(file))
    assert killed.tryLock(0)
    left = file.read_bytes()
    killed.unlock()
    file.write_bytes(left)
    window = SingleWindow("a" * 64, tmp_path)
    assert window.begin() is Start.FIRST
    assert window._server is not None
    window.end()


def test_a_start_without_streams_says_in_a_window_that_another_profile_is_open(
    qapp, no_licence: LoadedProfile, memory: ProfileMemory, monkeypatch: pytest.MonkeyPatch
):
    said: list[str] = []
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(app, "QApplication", lambda _words: qapp)
    monkeypatch.setattr(app.signal, "signal", lambda *_what: None)
    monkeypatch.setattr(SingleWindow, "begin", lambda _self: Start.OTHER_PROFILE)
    monkeypatch.setattr(QMessageBox, "exec", lambda box: said.append(box.text()))
    assert app.run_wizard([], no_licence, memory, "en") == 2
    assert said == ["nexkit is open already, with the settings of another organisation."]


def test_whoever_was_just_started_can_hand_on_the_foreground():
    hand_on_foreground()
