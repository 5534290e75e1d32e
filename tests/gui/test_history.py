"""Earlier reports: what was saved here is found again, opened warily, compared, looked up, taken back and deleted."""

import asyncio
import errno
import functools
import json
import os
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gui_doubles import PROFILE_TOML, double_runner, healthy, line_down
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget
from test_wizard import WAIT_MS, measure, press, text

from nexkit.platform.owner import data_folder
from nexkit.probe import Consent
from nexkit.profile import LoadedProfile
from nexkit.profile_file import loaded_profile
from nexkit.request import Request, Symptom
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.consent import Category
from report.decoder import has_decoder
from report.draft import Draft
from report.keys import Keys
from report.notes import check_withdrawal
from report.receipts import receipt_path
from report.saved import saved_path, saved_reports
from report.trust import read_trust
from report.unfinished import unfinished_runs
from ui.bootstrap import Run, measure_and_diagnose
from ui.cli import main
from ui.earlier import EarlierError, FileState, delete_earlier, earlier_reports, open_earlier, place_for_withdrawal
from ui.gui.flow import Page
from ui.gui.rooms import Room
from ui.handover import consent_asked, draft_report, save_report, suggested_file

EN = Texts("en")


@functools.cache
def measured(fact) -> tuple[Run, LoadedProfile]:
    """A run on a made-up network; the same for all tests."""
    toml = PROFILE_TOML.replace("[licence]", "[unused]").partition("[unused]")
    plain = toml[0] + "[support]" + toml[2].partition("[support]")[2]
    loaded = loaded_profile(plain.encode(), "profile.toml", datetime.now(UTC), ProfileTrust.SIGNED)
    request = Request(symptom=Symptom.CHECK_UP, ticket="T-4711", consent=frozenset(Consent))
    begin = measure_and_diagnose(double_runner(fact), loaded, request, lambda _event: None, asyncio.Event())
    return asyncio.run(begin), loaded


def save_one(file: Path, fact=healthy) -> Draft:
    """A report that was made and saved here."""
    run, loaded = measured(fact)
    draft = draft_report(run, loaded, frozenset(Category), EN)
    save_report(draft, consent_asked(draft, EN, method="wizard"), EN, file)
    return draft


def enter(qtbot, window, rows: int):
    window.enter_room(Room.HISTORY)
    page = window.room(Room.HISTORY)
    rows_are_there(qtbot, page, rows)
    return page


def rows_are_there(qtbot, page, rows: int) -> None:
    qtbot.waitUntil(
        lambda: page.findChild(QListWidget, "history.list").count() == rows and not page._context.threads.under_way(),
        timeout=WAIT_MS,
    )


def said(qtbot, window) -> str:
    qtbot.waitUntil(lambda: bool(text(window, "history.said")), timeout=WAIT_MS)
    return text(window, "history.said")


def test_without_any_report_the_room_says_so(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 0)
    assert text(window, "history.empty")
    assert page.empty.isVisible()
    assert not page.details.isVisible()


def test_a_saved_report_is_listed_and_opened_in_the_window(qtbot, make_window, no_licence, tmp_path):
    file = tmp_path / "mine.nexkit.zip"
    save_one(file, line_down)
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 1)
    line = page.list.item(0).text()
    assert "Example Helpdesk" in line
    assert "The file is there" in line
    assert str(file) in text(window, "history.about")
    assert "T-4711" in text(window, "history.about")
    press(qtbot, window, "history.open")
    qtbot.waitUntil(lambda: page._shown_layout.count() == 1, timeout=WAIT_MS)
    assert text(window, "history.sentence") in line
    assert "unchanged" in text(window, "history.worth")
    press(qtbot, window, "history.why")
    press(qtbot, window, "history.receipt")
    assert "Example Helpdesk" in text(window, "history.receipt_text")


def test_what_is_remembered_is_for_its_user_alone_and_names_nothing_private(qtbot, make_window, no_licence, tmp_path):
    save_one(tmp_path / "mine.nexkit.zip")
    (report,) = saved_reports()
    path = saved_path(report.note.report_id)
    assert path.parent == data_folder() / "reports"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "02:00:00:00:00:01" not in path.read_text()
    assert json.loads(path.read_text())["note"]["ticket"] == "T-4711"


def exchange_for_another_report(file: Path, other: Path) -> None:
    file.write_bytes(other.read_bytes())


def damage(file: Path, _other: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(bytes(data))


def make_a_bomb(file: Path, _other: Path) -> None:
    file.write_bytes(b"PK\x03\x04" + bytes(64 << 20))


def remove(file: Path, _other: Path) -> None:
    file.unlink()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (exchange_for_another_report, "exchanged"),
        (damage, "no valid report"),
        (make_a_bomb, "no valid report"),
        (remove, "not there any more"),
    ],
)
def test_a_file_that_is_another_one_now_is_not_shown(qtbot, make_window, no_licence, tmp_path, act, words):
    file, other = tmp_path / "mine.nexkit.zip", tmp_path / "other.nexkit.zip"
    save_one(other)
    save_one(file)
    earlier = next(each for each in earlier_reports() if each.note.path == str(file))
    act(file, other)
    with pytest.raises(EarlierError, match=words):
        open_earlier(earlier, EN)


def test_a_bundle_of_the_same_number_by_another_key_is_another_report(
    qtbot, make_window, no_licence, tmp_path, monkeypatch
):
    file = tmp_path / "mine.nexkit.zip"
    draft = save_one(file)
    make_window(loaded=no_licence)
    (earlier,) = earlier_reports()
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "stranger"))
    key = Keys().current(draft.redacted.record.profile.id)
    forged = replace(draft, key_storage=key.storage, principal=key.key.install_id)
    save_report(forged, consent_asked(forged, EN, method="wizard"), EN, file)
    with pytest.raises(EarlierError, match="exchanged"):
        open_earlier(earlier, EN)


def test_two_reports_are_compared_in_the_order_of_time(qtbot, make_window, no_licence, tmp_path):
    save_one(tmp_path / "a.nexkit.zip", line_down)
    save_one(tmp_path / "b.nexkit.zip")
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 2)
    assert page.other.count() == 1
    press(qtbot, window, "history.compare")
    qtbot.waitUntil(lambda: page._shown_layout.count() == 1, timeout=WAIT_MS)
    compared = text(window, "history.compared")
    before, after = compared.index("none of 3 tested places"), compared.index("Everything that was tested works")
    assert compared.index("Before, ") < before < compared.index("After, ") < after
    assert "the trouble is gone" in compared
    assert "The internet line is down" in compared


def test_a_pseudonym_of_an_earlier_report_is_looked_up(qtbot, make_window, no_licence, tmp_path):
    draft = save_one(tmp_path / "a.nexkit.zip")
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 1)
    press(qtbot, window, "history.replaced")
    qtbot.waitUntil(lambda: page.lookup.list.count() > 0, timeout=WAIT_MS)
    assert not page.lookup.answer.text()
    token = next(token for token, value in draft.redacted.decoder.items() if value == "02:00:00:00:00:01")
    page.lookup.field.setText(token)
    assert "02:00:00:00:00:01" in page.lookup.answer.text()


def test_the_consent_to_an_earlier_report_is_taken_back(qtbot, make_window, no_licence, tmp_path):
    draft = save_one(tmp_path / "a.nexkit.zip")
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 1)
    press(qtbot, window, "history.withdraw")
    assert "withdrawal" in said(qtbot, window)
    note = next(tmp_path.glob("*.withdrawal.json"))
    assert check_withdrawal(note, read_trust(None, None)).note.report_id == draft.report_id
    qtbot.waitUntil(lambda: "taken back" in text(window, "history.about"), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not page._context.threads.under_way(), timeout=WAIT_MS)


@pytest.mark.wine_lacks("Windows brings OpenSSH, Wine does not")
def test_a_desk_checks_the_withdrawal_with_nothing_but_openssh(qtbot, make_window, no_licence, tmp_path):
    save_one(tmp_path / "a.nexkit.zip")
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 1)
    press(qtbot, window, "history.withdraw")
    assert "withdrawal" in said(qtbot, window)
    note = next(tmp_path.glob("*.withdrawal.json"))
    listed = tmp_path / "signers"
    signer = json.loads(note.read_bytes())["signer"]
    key = Keys().find(signer)
    listed.write_bytes(f"{signer} {key.public.line}\n".encode())
    checked = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", listed, "-I", signer, "-n", "withdraw", "-s", f"{note}.sig"],
        input=note.read_bytes(),
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    qtbot.waitUntil(lambda: not page._context.threads.under_way(), timeout=WAIT_MS)


@pytest.mark.parametrize("receipt_too", [False, True])
def test_deleting_asks_first_and_tells_what_stays(qtbot, make_window, no_licence, tmp_path, receipt_too):
    file = tmp_path / "a.nexkit.zip"
    draft = save_one(file)
    window = make_window(loaded=no_licence)
    report_id = draft.report_id
    page = enter(qtbot, window, 1)
    press(qtbot, window, "history.delete")
    assert "support desk" in text(window, "history.delete_question")
    assert window.focusWidget() is page.keep
    press(qtbot, window, "history.keep")
    assert file.exists()
    press(qtbot, window, "history.delete")
    assert not page.receipt_too.isChecked()
    if receipt_too:
        press(qtbot, window, "history.receipt_too")
    press(qtbot, window, "history.really_delete")
    rows_are_there(qtbot, page, 0 if receipt_too else 1)
    assert not file.exists()
    assert not has_decoder(report_id)
    assert receipt_path(report_id).exists() is not receipt_too
    assert "The file is deleted." in text(window, "history.intro")
    assert receipt_too or "Only the receipt" in page.list.item(0).text()


def test_another_file_in_its_place_is_not_deleted(qtbot, make_window, no_licence, tmp_path):
    file = tmp_path / "a.nexkit.zip"
    save_one(file)
    (earlier,) = earlier_reports()
    file.write_bytes(b"my thesis")
    assert "stays" in delete_earlier(earlier, EN, with_receipt=True)
    assert file.read_bytes() == b"my thesis"
    assert earlier_reports() == ()


def test_a_file_that_is_gone_is_told(qtbot, make_window, no_licence, tmp_path):
    file = tmp_path / "a.nexkit.zip"
    save_one(file)
    file.unlink()
    (earlier,) = earlier_reports()
    assert earlier.file is FileState.GONE
    assert "not there" in delete_earlier(earlier, EN, with_receipt=False)


def test_a_result_that_is_not_finished_is_listed_finished_and_deleted(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    window.close()
    again = make_window(loaded=no_licence)
    page = enter(qtbot, again, 1)
    assert "Not finished" in page.list.item(0).text()
    press(qtbot, again, "history.finish")
    assert again.flow.page is Page.RESULT
    assert again.in_room is None
    page = enter(qtbot, again, 1)
    press(qtbot, again, "history.delete")
    press(qtbot, again, "history.really_delete")
    rows_are_there(qtbot, page, 0)
    assert unfinished_runs(datetime.now(UTC)) == ((), ())


def test_the_room_is_used_by_keyboard(qtbot, make_window, no_licence, tmp_path):
    save_one(tmp_path / "a.nexkit.zip")
    save_one(tmp_path / "b.nexkit.zip")
    window = make_window(loaded=no_licence)
    page = enter(qtbot, window, 2)
    assert window.focusWidget() is page.list
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.currentRow() == 1
    qtbot.keyClick(page.list, Qt.Key.Key_Tab)
    assert window.focusWidget() is page.open
    qtbot.keyClick(page.open, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page._shown_layout.count() == 1, timeout=WAIT_MS)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert window.in_room is None


def test_what_cannot_be_read_of_the_list_is_passed_over(qtbot, make_window, no_licence, tmp_path):
    save_one(tmp_path / "a.nexkit.zip")
    folder = data_folder() / "reports"
    (folder / "20261120T101500Z-00000000.saved.json").write_bytes(b"{")
    (folder / "20261120T101500Z-00000001.saved.json").write_bytes(next(folder.glob("*.json")).read_bytes())
    assert len(saved_reports()) == 1
    assert len(earlier_reports()) == 1
    assert earlier_reports()[0].made_at > datetime.now(UTC) - timedelta(minutes=5)


def test_the_command_line_lists_and_deletes_the_same(tmp_path, capsys):
    file = tmp_path / "a.nexkit.zip"
    draft = save_one(file)
    assert main(["report", "saved", "--lang", "en", "--json", "-"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["report_id"], listed["file"], listed["state"]) == (draft.report_id, str(file), "there")
    assert main(["report", "saved", "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert str(file) in said
    assert "The file is there" in said
    assert main(["report", "delete", draft.report_id, "--receipt", "--lang", "en"]) == 0
    assert "The file is deleted." in capsys.readouterr().out
    assert not file.exists()
    assert main(["report", "delete", draft.report_id, "--lang", "en"]) == 2
    assert "no report of this number" in capsys.readouterr().err


@pytest.mark.posix("pipes of POSIX")
def test_a_report_that_goes_into_a_pipe_is_not_waited_for_again(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        save_one(pipe)
        assert reader.stdout.read().startswith(b"PK")
    assert saved_reports() == ()


@pytest.mark.posix("pipes of POSIX")
def test_a_pipe_in_the_place_of_a_report_is_not_read(tmp_path):
    file = tmp_path / "report.nexkit.zip"
    save_one(file)
    file.unlink()
    os.mkfifo(file)
    (earlier,) = earlier_reports()
    assert earlier.file is FileState.CHANGED
    with pytest.raises(EarlierError):
        open_earlier(earlier, EN)
    assert "stays" in delete_earlier(earlier, EN, with_receipt=True)
    assert file.exists()


@pytest.mark.posix("names of POSIX")
def test_a_note_that_cannot_be_read_goes_with_its_report(tmp_path):
    draft = save_one(tmp_path / "report.nexkit.zip")
    note = saved_path(draft.report_id)
    note.write_text(note.read_text().replace(str(tmp_path), "/a\\u0000b"))
    (earlier,) = earlier_reports()
    assert earlier.note is None
    delete_earlier(earlier, EN, with_receipt=True)
    assert not note.exists()


def test_a_place_that_cannot_be_asked_keeps_nothing_else_from_being_listed_or_saved(tmp_path, monkeypatch):
    (tmp_path / "lost").mkdir()
    save_one(tmp_path / "report.nexkit.zip")
    save_one(tmp_path / "lost" / "report.nexkit.zip")
    asked = os.stat

    def stat_of_a_lost_share(path, **how):
        if f"{os.sep}lost" in str(path):
            raise OSError(errno.ENOTCONN, os.strerror(errno.ENOTCONN), str(path))
        return asked(path, **how)

    monkeypatch.setattr(os, "stat", stat_of_a_lost_share)
    found = earlier_reports()
    assert sorted(each.file.value for each in found) == ["gone", "there"]
    lost = next(each for each in found if each.file is FileState.GONE)
    assert place_for_withdrawal(lost) == Path.home()
    assert suggested_file([tmp_path / "lost", tmp_path], "x.nexkit.zip") == tmp_path / "x.nexkit.zip"
