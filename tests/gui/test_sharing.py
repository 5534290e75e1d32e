"""Consent to share in the window: what is shown is what is written, and not to share is as easy as to share."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QFileDialog, QLabel, QLineEdit, QListWidget, QPlainTextEdit
from test_wizard import WAIT_MS, measure, press, text, to_preview

from report.consent import CONSENT_PATH, Category
from report.container import read_container
from report.notes import check_withdrawal
from report.trust import read_trust
from report.unfinished import unfinished_runs
from ui.gui.flow import Page, RunState

REFUSALS = ("share.own", "share.summary", "share.wipe")


def shown_record(window) -> str:
    """What the preview shows of the record of the consent."""
    files = window.findChild(QListWidget, "share.files")
    for row in range(files.count()):
        if files.item(row).data(Qt.ItemDataRole.UserRole) == CONSENT_PATH:
            files.setCurrentRow(row)
    return window.findChild(QPlainTextEdit, "share.content").toPlainText()


def to_share(qtbot, window) -> None:
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    assert window.flow.page is Page.SHARE


def refused(qtbot, window) -> str:
    qtbot.waitUntil(lambda: bool(text(window, "share.refused")), timeout=WAIT_MS)
    return text(window, "share.refused")


def test_nothing_is_ticked_beforehand_and_the_two_consents_are_apart(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    press(qtbot, window, "wizard.main")
    assert not any(tick.isChecked() for tick in window.agree.findChildren(QCheckBox))
    press(qtbot, window, "wizard.back")
    to_share(qtbot, window)
    assert window.flow.measuring_agreed
    assert not any(tick.isChecked() for tick in window.share.findChildren(QCheckBox))
    assert not window.main.isEnabled()


def test_whom_it_is_for_and_how_to_take_it_back_is_said_before(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_share(qtbot, window)
    assert "take back" in text(window, "share.intro")
    terms = text(window, "share.terms")
    assert "Example Helpdesk, help@example.com" in terms
    assert "nexkit report withdraw" in terms


def test_the_record_of_the_consent_is_shown_as_it_is_written(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    asked = json.loads(shown_record(window))
    assert (asked["event"]["state"], asked["event"]["time"]) == (None, None)
    press(qtbot, window, "share.consent")
    shown = shown_record(window)
    assert json.loads(shown)["event"]["state"] == "given"
    press(qtbot, window, "wizard.main")
    window.findChild(QLineEdit, "save.file").setText(str(tmp_path / "mine.nexkit.zip"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    files = read_container((tmp_path / "mine.nexkit.zip").read_bytes()).files
    assert files[CONSENT_PATH] == shown.encode()
    payload = {path: data for path, data in files.items() if path.startswith("data/")}
    assert payload == {**window.draft.files, CONSENT_PATH: shown.encode()}
    said = text(window, "save.receipt")
    receipt = said[said.index(": ") + 2 :].partition(".json")[0] + ".json"
    assert Path(receipt).read_bytes() == shown.encode()


@pytest.mark.parametrize("back_first", [False, True])
def test_a_tick_that_changes_after_the_consent_voids_it(qtbot, make_window, no_licence, back_first):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    assert window.flow.can_go_on
    if back_first:
        press(qtbot, window, "wizard.main")
        press(qtbot, window, "wizard.back")
    press(qtbot, window, f"share.{Category.LOAD.value}")
    assert not window.flow.sharing_agreed
    assert not window.main.isEnabled()
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert not window.findChild(QCheckBox, "share.consent").isChecked()
    assert json.loads(shown_record(window))["event"]["state"] is None
    assert not window.flow.can_go_on


def test_the_consent_can_be_taken_back_before_it_is_saved(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "share.consent")
    assert json.loads(shown_record(window))["event"]["state"] is None
    assert not window.main.isEnabled()


def test_the_ways_not_to_share_weigh_as_much_as_the_way_to_share(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_share(qtbot, window)
    sharing = window.main
    assert not sharing.property("role")
    for name in REFUSALS:
        button = window.findChild(QAbstractButton, name)
        assert button.isVisible()
        assert button.isEnabled()
        assert button.visibleRegion().boundingRect().size() == button.size()  # nothing has to be scrolled to
        assert not button.property("role")
        assert button.font() == sharing.font()
        assert button.height() >= sharing.height() * 0.9


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of every dialogue
def test_the_result_is_saved_for_oneself_without_any_consent(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_share(qtbot, window)
    press(qtbot, window, "share.own")
    dialog = window.findChild(QFileDialog, "share.own_dialog")
    dialog.fileSelected.emit(str(tmp_path / "mine.html"))
    dialog.close()
    assert "mine.html" in refused(qtbot, window)
    page = (tmp_path / "mine.html").read_text("utf-8")
    assert "not a report" in page
    assert not window.flow.sharing_agreed
    assert [file.name for file in tmp_path.glob("*.zip*")] == []


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_the_result_is_saved_for_oneself_as_a_pdf(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_share(qtbot, window)
    press(qtbot, window, "share.own")
    dialog = window.findChild(QFileDialog, "share.own_dialog")
    dialog.selectNameFilter("PDF (*.pdf)")
    dialog.filterSelected.emit(dialog.selectedNameFilter())
    assert dialog.defaultSuffix() == "pdf"
    dialog.fileSelected.emit(str(tmp_path / "mine.pdf"))
    dialog.close()
    assert "mine.pdf" in refused(qtbot, window)
    assert (tmp_path / "mine.pdf").read_bytes().startswith(b"%PDF")


def test_a_place_that_cannot_be_written_is_said(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_share(qtbot, window)
    window.share.own_wanted.emit(str(tmp_path / "none" / "mine.html"))
    assert "folder" in refused(qtbot, window)


def test_the_summary_alone_is_copied_without_any_consent(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    QGuiApplication.clipboard().setText("before")
    to_share(qtbot, window)
    press(qtbot, window, "share.summary")
    assert "Copied" in refused(qtbot, window)
    copied = QGuiApplication.clipboard().text()
    assert "none was made" in copied
    assert "Everything that was tested works" in copied
    assert not window.flow.sharing_agreed


def test_everything_is_deleted_at_one_press(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    qtbot.keyClicks(window.findChild(QLineEdit, "trouble.ticket"), "T-4711")
    to_preview(qtbot, window)
    qtbot.waitUntil(lambda: bool(unfinished_runs(datetime.now(UTC))[0]), timeout=WAIT_MS)
    press(qtbot, window, "share.wipe")
    assert window.flow.page is Page.TROUBLE
    assert window.flow.run is RunState.NONE
    assert not window.flow.measuring_agreed
    assert window.run is None
    assert window.draft is None
    assert window.trouble.findChild(QLineEdit, "trouble.ticket").text() == ""
    qtbot.waitUntil(lambda: not window.threads(), timeout=WAIT_MS)
    assert unfinished_runs(datetime.now(UTC)) == ((), ())
    to_share(qtbot, window)
    assert not any(tick.isChecked() for tick in window.share.findChildren(QCheckBox))


def test_one_s_own_result_is_there_whatever_is_decided(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_share(qtbot, window)
    press(qtbot, window, "wizard.back")
    assert window.flow.page is Page.RESULT
    assert window.findChild(QLabel, "result.title").text()


def test_to_take_a_consent_back_is_one_press_too(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    window.findChild(QLineEdit, "save.file").setText(str(tmp_path / "mine.nexkit.zip"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    press(qtbot, window, "save.withdraw")
    note = tmp_path / f"{window.draft.report_id}.withdrawal.json"
    qtbot.waitUntil(note.exists, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: note.name in text(window, "save.receipt"), timeout=WAIT_MS)
    assert "help@example.com" in text(window, "save.receipt")
    assert check_withdrawal(note, read_trust(None, None)).note.report_id == window.draft.report_id
