"""The wizard's pages on Windows' own window system, walked as a user does; `tests/package` runs this under Wine.

What is measured is a run of the lab, played. A picture of every page goes to the folder NEXKIT_PICTURES.
"""

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontInfo, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget
from replay import replay
from test_wizard import WAIT_MS, press, text

from ui.gui.app import dress
from ui.gui.flow import Page
from ui.gui.window import WizardWindow

PICTURES = Path(os.environ.get("NEXKIT_PICTURES", "."))


@pytest.fixture(params=["en", "ja"])
def language(request: pytest.FixtureRequest, qapp: QApplication):
    """The application in a language; English again afterwards."""
    dress(qapp, request.param)
    yield request.param
    dress(qapp, "en")


def picture(widget: QWidget, name: str) -> None:
    """Keep what is shown; it is not all of one colour."""
    image = widget.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}
    assert len(colours) > 10
    assert image.save(str(PICTURES / f"{name}.png"))


def test_the_windows_own_platform_shows_the_letters_of_the_language(qapp, language):
    assert sys.platform == "win32"
    assert QGuiApplication.platformName() == "windows"
    if language == "ja":
        assert "CJK" in QFontInfo(qapp.font()).family()  # of this computer: Wine brings no Japanese


def test_the_wizard_is_walked_from_the_trouble_to_the_saved_report(qtbot, make_window, no_licence, language, tmp_path):
    window: WizardWindow = make_window(
        loaded=no_licence, language=language, runner=lambda: replay("dns_resolver_unreachable", speed=8)
    )
    assert window.flow.page is Page.TROUBLE
    picture(window, f"{language}-1-trouble")
    trouble = window.findChild(QAbstractButton, "trouble.no_internet")
    qtbot.keyClick(trouble, Qt.Key.Key_Space)
    press(qtbot, window, "wizard.main")
    assert window.flow.page is Page.AGREE
    assert not window.main.isEnabled()
    picture(window, f"{language}-2-agree")
    press(qtbot, window, "agree.consent")
    qtbot.waitUntil(window.main.isEnabled, timeout=WAIT_MS)
    press(qtbot, window, "wizard.main")
    assert window.flow.page is Page.RUNNING
    picture(window, f"{language}-3-running")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    assert "DNS" in text(window, "result.sentence")
    picture(window, f"{language}-4-result")
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    picture(window, f"{language}-5-share")
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    file = tmp_path / "report.nexkit.zip"
    window.findChild(QLineEdit, "save.file").setText(str(file))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    picture(window, f"{language}-6-saved")
    assert file.read_bytes()[:2] == b"PK"
