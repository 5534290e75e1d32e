"""Profiles in the window: whose it is, its licence, a recipient that has changed, one that is refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from gui_doubles import PROFILE_TOML
from PySide6.QtWidgets import QLabel, QMessageBox, QPlainTextEdit
from test_wizard import measure, press

from nexkit.profile_file import built_in_profile, loaded_profile
from nexkit.run_record import LicenceAccepter, ProfileTrust
from nexkit.texts import Texts
from ui.gui.app import refusal_box
from ui.gui.flow import Page

NOW = datetime(2026, 11, 20, tzinfo=UTC)
KEY = "SHA256:uNiVr8AiAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def with_trust(loaded, trust, signer=None):
    return replace(loaded, reference=replace(loaded.reference, trust=trust, signer=signer))


def banner(window):
    return window.findChild(QLabel, "wizard.whose")


@pytest.mark.parametrize("signer", [None, KEY])
def test_an_unknown_organisation_is_told_on_every_page(make_window, no_licence, signer):
    window = make_window(loaded=with_trust(no_licence, ProfileTrust.NAMED, signer))
    assert "Unknown organisation" in banner(window).text()
    assert (signer or "not signed") in banner(window).text()
    assert banner(window).isVisible()


def test_a_signed_profile_is_told_by_its_name(make_window, no_licence):
    window = make_window(loaded=with_trust(no_licence, ProfileTrust.SIGNED, KEY))
    assert banner(window).text() == "Profile of Example Corp, signed"


def test_the_built_in_profile_needs_no_words(make_window):
    assert banner(make_window(loaded=built_in_profile(NOW))) is None


def test_the_accepted_licence_stands_in_the_record(qtbot, make_window):
    window = make_window()
    text = window.findChild(QPlainTextEdit, "licence.text").toPlainText()
    assert text == "Use this program kindly."
    press(qtbot, window, "licence.accept")
    press(qtbot, window, "wizard.main")
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    reference = window.run.record.profile
    assert reference.licence_sha256 is not None
    assert reference.licence_accepted_by is LicenceAccepter.USER
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=20_000)
    assert reference.licence_sha256.encode() in window.draft.files["data/report.json"]


def test_each_language_has_its_own_text(qtbot, make_window):
    window = make_window()
    press(qtbot, window, "licence.accept")
    press(qtbot, window, "wizard.main")
    window.close()
    other = make_window(language="ja")
    assert other.flow.page is Page.LICENCE
    assert "やさしく" in other.findChild(QPlainTextEdit, "licence.text").toPlainText()


def test_another_recipient_is_confirmed_before_the_consent_opens(qtbot, make_window, memory, no_licence, tmp_path):
    memory.confirm_recipient(no_licence)
    file = tmp_path / "later.toml"
    head, _, rest = PROFILE_TOML.replace("serial = 7", "serial = 8").partition("[licence]")
    text = head + "[support]" + rest.partition("[support]")[2].replace("help@", "collector@")
    file.write_text(text, encoding="utf-8")
    window = make_window(loaded=loaded_profile(file.read_bytes(), file.name, NOW, ProfileTrust.NAMED))
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=20_000)
    tick = window.share.new_recipient
    assert "help@example.com" in tick.accessibleDescription()
    assert "collector@example.com" in tick.accessibleDescription()
    assert not tick.isChecked()
    assert not window.share.consent.isEnabled()
    press(qtbot, window, "share.new_recipient")
    assert window.share.consent.isEnabled()
    press(qtbot, window, "share.consent")
    assert window.flow.sharing_agreed
    press(qtbot, window, "share.new_recipient")
    assert not window.flow.sharing_agreed


def test_the_first_recipient_is_part_of_the_consent(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    assert window.share.new_recipient is None


def test_a_refused_profile_is_said_in_a_window_as_plain_text(qtbot):
    box = refusal_box("p.toml: <b>x</b>", Texts("en"))
    qtbot.addWidget(box)
    assert isinstance(box, QMessageBox)
    assert box.informativeText() == "p.toml: <b>x</b>"
    assert "nothing was tested" in box.text()
