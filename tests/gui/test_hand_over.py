"""Handing over: a name that every system takes, the file by drag or clipboard, and links that no profile can bend."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote

import pytest
from gui_doubles import healthy
from PySide6.QtCore import QEvent, QPointF, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from test_history import EN, measured, save_one
from test_wizard import WAIT_MS, press, text, to_preview

from nexkit.platform.reveal import reveal_command
from nexkit.profile import Support
from nexkit.run_record import ProfileTrust
from report.consent import Category
from ui.gui.links import mail_draft, mail_holds, support_page
from ui.gui.widgets.file_tile import FileTile, file_data
from ui.handover import draft_report, problem_text, report_name, suggested_file

GOOD = Support(name="Example Helpdesk", email="help@example.com", url="https://help.example.com/new")


def to_save(qtbot, window) -> None:
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")


def save(qtbot, window, file: Path) -> None:
    window.save.file.setText(str(file))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)


# Links


def test_the_support_page_is_opened_as_the_profile_has_it():
    assert support_page(GOOD) == QUrl("https://help.example.com/new")
    assert support_page(replace(GOOD, url="https://help.example.com/new?kind=net#form")) is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,<script>alert(1)</script>",
        "mailto:help@example.com",
        "ms-settings:network",
        "https://user:password@help.example.com/",
        "https:///nohost",
        "//help.example.com/",
        "https://help.example.com/\njavascript:alert(1)",
        "https://help.example.com/\u202egnp",
        " javascript:alert(1)",
        "https://help.example.com/" + "a" * 3000,
        r"\\server\share",
        "C:\\Windows\\System32\\calc.exe",
    ],
)
def test_nothing_but_a_web_page_is_opened(url):
    assert support_page(replace(GOOD, url=url)) is None


def test_a_mail_draft_has_one_address_one_subject_and_a_body():
    url = mail_draft(GOOD, "Report 1\r\nBcc: x@example.net", "line one\nline & two?\n日本語")
    assert url.scheme() == "mailto"
    assert url.path() == "help@example.com"
    assert parse_qs(url.query(QUrl.ComponentFormattingOption.FullyEncoded)) == {
        "subject": ["Report 1 Bcc: x@example.net"],
        "body": ["line one\r\nline & two?\r\n日本語"],
    }


@pytest.mark.parametrize(
    "email",
    [
        "",
        "help@example.com?bcc=x@example.net",
        "help@example.com&body=x",
        "help@example.com,x@example.net",
        "help@example.com%0ABcc:x@example.net",
        "help@example.com\nBcc: x@example.net",
        "help@example.com;x@example.net",
        "Help <help@example.com>",
        "@example.com",
        "help@",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_more_than_one_gets_no_mail(email):
    assert mail_draft(replace(GOOD, email=email), "subject", "body") is None


def test_a_long_japanese_summary_stays_within_what_windows_passes_on():
    summary = "\n".join(["ルーターは応答していますが、プロバイダーの回線からは何も返ってきません。"] * 60)
    url = mail_draft(GOOD, "件名" * 100, summary)
    encoded = url.toEncoded().data().decode()
    assert len(encoded) < 2048
    assert encoded.isascii()
    body = unquote(encoded.partition("&body=")[2])
    assert body
    assert "\ufffd" not in body
    assert set(body.split("\r\n")) == {summary.split("\n")[0]}  # whole lines
    assert not mail_holds(GOOD, "件名", summary)
    assert mail_holds(GOOD, "件名", "短い")


@pytest.mark.parametrize("trust", [ProfileTrust.NAMED, ProfileTrust.SIGNED])
def test_only_a_profile_that_somebody_vouches_for_gets_links(qtbot, make_window, no_licence, tmp_path, trust):
    loaded = replace(no_licence, reference=replace(no_licence.reference, trust=trust))
    window = make_window(loaded=loaded)
    to_save(qtbot, window)
    save(qtbot, window, tmp_path / "a.nexkit.zip")
    links = {"save.ticket_page", "save.mail"}
    there = {button.objectName() for button in window.save.findChildren(QAbstractButton)} & links
    assert there == (links if trust is ProfileTrust.SIGNED else set())


def test_links_open_on_a_click_alone_and_say_that_nothing_is_sent(
    qtbot, make_window, no_licence, tmp_path, monkeypatch
):
    opened: list[QUrl] = []
    monkeypatch.setattr("ui.gui.links.QDesktopServices.openUrl", lambda url: not opened.append(url))
    window = make_window(loaded=replace(no_licence, reference=replace(no_licence.reference, trust=ProfileTrust.SIGNED)))
    to_save(qtbot, window)
    save(qtbot, window, tmp_path / "a.nexkit.zip")
    assert opened == []
    assert "Nothing is sent by itself" in text(window, "save.hand_over")
    press(qtbot, window, "save.ticket_page")
    assert opened == [QUrl("https://help.example.com/new")]
    assert "Attach the file" in text(window, "save.copied")
    press(qtbot, window, "save.mail")
    assert opened[1].scheme() == "mailto"
    assert "a.nexkit.zip" in unquote(opened[1].toEncoded().data().decode())
    assert "Attach the file" in text(window, "save.copied")


# The file


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of a window by itself
def test_the_file_is_dragged_and_copied_as_a_file(qtbot, tmp_path):
    file = tmp_path / "報告 1.nexkit.zip"
    file.write_bytes(b"x")
    tile = FileTile("save.tile", EN)
    qtbot.addWidget(tile)
    assert tile.drag() is None
    tile.show_file(file)
    drag = tile.drag()
    assert drag.mimeData().urls() == [QUrl.fromLocalFile(str(file))]
    assert drag.mimeData().formats() == ["text/uri-list"]
    tile.show()
    tile.setFocus()
    qtbot.keyClick(tile, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().mimeData()
    assert copied.urls() == [QUrl.fromLocalFile(str(file))]
    assert bytes(file_data(file, copied=True).data("x-special/gnome-copied-files")).startswith(b"copy\nfile:///")
    assert file.read_bytes() == b"x"


def test_the_program_ends_in_good_order_with_a_file_on_the_clipboard():
    program = (
        "from pathlib import Path; from PySide6.QtWidgets import QApplication; "
        "from ui.gui.widgets.file_tile import file_data; "
        "application = QApplication(['', '-platform', 'offscreen']); "
        "application.clipboard().setMimeData(file_data(Path('a'), copied=True))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_drag_begins_only_when_the_pointer_has_moved(qtbot, tmp_path, monkeypatch):
    begun: list[Qt.DropAction] = []
    monkeypatch.setattr("ui.gui.widgets.file_tile.QDrag.exec", lambda _drag, action: begun.append(action))
    tile = FileTile("save.tile", EN)
    qtbot.addWidget(tile)
    tile.show_file(tmp_path / "a")
    send(tile, QEvent.Type.MouseButtonPress, 5)
    send(tile, QEvent.Type.MouseMove, 6)
    assert begun == []
    send(tile, QEvent.Type.MouseMove, 5 + 2 * QApplication.startDragDistance())
    assert begun == [Qt.DropAction.CopyAction]


def send(widget: QWidget, kind: QEvent.Type, x: int) -> None:
    left = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        kind, QPointF(x, 5), widget.mapToGlobal(QPointF(x, 5)), left, left, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(widget, event)


def test_the_name_has_number_organisation_and_ticket_in_letters_that_every_system_takes():
    run, loaded = measured(healthy)
    typed = 'INC/42: "a|b"?*<> \u202e..'
    request = replace(run.record.request, ticket=typed)
    odd = replace(run, record=replace(run.record, request=request))
    draft = draft_report(odd, loaded, frozenset(Category), EN)
    name = report_name(draft, "example-corp")
    assert name.startswith(f"{draft.report_id}_example-corp_INC-42-a-b")
    assert name.endswith(".nexkit.zip")
    assert not set(name) & set('<>:"/\\|?*') | {each for each in name if not each.isprintable()}
    without = draft_report(odd, loaded, {Category.VERDICT}, EN)
    assert report_name(without, "") == f"{without.report_id}.nexkit.zip"


def test_the_place_is_the_last_one_else_the_first_that_can_be_written_to(tmp_path):
    documents, home = tmp_path / "Documents", tmp_path
    assert suggested_file((documents, home), "a.nexkit.zip") == home / "a.nexkit.zip"
    documents.mkdir()
    assert suggested_file((documents, home), "a.nexkit.zip") == documents / "a.nexkit.zip"
    (documents / "a.nexkit.zip").touch()
    assert suggested_file((documents, home), "a.nexkit.zip") == documents / "a-2.nexkit.zip"
    (tmp_path / "last").mkdir()
    save_one(tmp_path / "last" / "b.nexkit.zip")
    assert suggested_file((documents, home), "a.nexkit.zip") == tmp_path / "last" / "a.nexkit.zip"


def test_a_file_that_is_there_is_replaced_only_after_it_was_said(qtbot, make_window, no_licence, tmp_path):
    file = tmp_path / "thesis.nexkit.zip"
    file.write_bytes(b"mine")
    window = make_window(loaded=no_licence)
    to_save(qtbot, window)
    window.save.file.setText(str(file))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: "already" in text(window, "save.problem"), timeout=WAIT_MS)
    assert file.read_bytes() == b"mine"
    assert not window.flow.saved
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    assert file.read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("code", "words"),
    [(errno.ENOSPC, "no room"), (errno.EROFS, "Nothing can be written"), (errno.ENAMETOOLONG, "too long")],
)
def test_what_keeps_a_file_from_being_written_is_said_in_words(code, words):
    assert words in problem_text(OSError(code, os.strerror(code)), EN)


def test_the_file_manager_is_asked_by_its_fixed_place_and_without_a_shell(tmp_path):
    file = tmp_path / "a b;$(x).nexkit.zip"
    assert reveal_command(file, "darwin") == ("/usr/bin/open", "-R", str(file))
    command = reveal_command(file, "linux")
    assert command[0] == "/usr/bin/busctl"
    assert command[-5:] == ("ShowItems", "ass", "1", file.as_uri(), "")
