import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from gui_doubles import PROFILE_TOML, double_runner, line_down
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QTableWidget,
    QTabWidget,
)

from nexkit.probe import Consent
from nexkit.profile import Encrypt
from nexkit.profile_file import loaded_profile
from nexkit.request import Affected, Depth, Occurrence, Since, Symptom
from nexkit.run_record import ProfileTrust
from report.consent import Category
from report.encryption import is_encrypted
from ui.gui.flow import Page, RunState
from ui.gui.present import Mark
from ui.gui.widgets.path_view import PathView
from ui.gui.window import WizardWindow

WAIT_MS = 20_000


def press(qtbot, window: WizardWindow, name: str) -> None:
    button = window.findChild(QAbstractButton, name)
    assert button is not None, name
    assert button.isVisible(), name
    assert button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def text(window: WizardWindow, name: str) -> str:
    label = window.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def to_agree(qtbot, window: WizardWindow) -> None:
    press(qtbot, window, "wizard.main")
    assert window.flow.page is Page.AGREE
    press(qtbot, window, "agree.consent")
    qtbot.waitUntil(window.main.isEnabled, timeout=WAIT_MS)


def measure(qtbot, window: WizardWindow) -> None:
    to_agree(qtbot, window)
    press(qtbot, window, "wizard.main")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)


def to_preview(qtbot, window: WizardWindow) -> None:
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)


def test_the_licence_is_asked_for_once(qtbot, make_window):
    first = make_window()
    assert first.flow.page is Page.LICENCE
    assert first.findChild(QPlainTextEdit, "licence.text").toPlainText() == "Use this program kindly."
    assert not first.main.isEnabled()
    press(qtbot, first, "licence.accept")
    press(qtbot, first, "wizard.main")
    assert first.flow.page is Page.TROUBLE
    first.close()
    assert make_window().flow.page is Page.TROUBLE


def test_an_accepted_text_does_not_stand_for_another_text(qtbot, make_window, tmp_path, profile):
    first = make_window()
    press(qtbot, first, "licence.accept")
    press(qtbot, first, "wizard.main")
    first.close()
    file = tmp_path / "changed.toml"
    file.write_text(PROFILE_TOML.replace("kindly", "with care"), encoding="utf-8")
    changed = loaded_profile(file.read_bytes(), file.name, profile.profile.not_before, ProfileTrust.NAMED)
    assert make_window(loaded=changed).flow.page is Page.LICENCE


def test_what_was_chosen_and_typed_goes_into_the_request(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    press(qtbot, window, "trouble.slow")
    press(qtbot, window, "trouble.which")
    services = window.findChild(QListWidget, "trouble.service")
    services.setFocus()
    qtbot.keyClick(services, Qt.Key.Key_Down)
    qtbot.keyClicks(window.findChild(QLineEdit, "trouble.url"), "intranet.example.com/start")
    press(qtbot, window, "trouble.more")
    for answer in ("trouble.since.days", "trouble.occurs.now_and_then", "trouble.affects.others_too"):
        qtbot.keyClick(window.findChild(QAbstractButton, answer), Qt.Key.Key_Space)
    qtbot.keyClicks(window.findChild(QLineEdit, "trouble.ticket"), "T-4711")
    qtbot.keyClicks(window.findChild(QPlainTextEdit, "trouble.note"), "since Monday")
    to_agree(qtbot, window)
    press(qtbot, window, "wizard.main")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    request = window.run.record.request
    assert request.symptom is Symptom.SLOW
    assert request.depth is Depth.STANDARD
    assert request.service_id == "mail"
    assert request.url == "https://intranet.example.com/start"
    assert request.ticket == "T-4711"
    assert request.note == "since Monday"
    assert request.since is Since.DAYS
    assert request.occurs is Occurrence.NOW_AND_THEN
    assert request.affects is Affected.OTHERS_TOO
    assert request.consent == {Consent.SYSTEM, Consent.ACTIVE_TRAFFIC}


@pytest.mark.parametrize("typed", ["not an address", "ftp://www.example.com/", "https://", "http://[::1"])
def test_what_is_no_web_address_is_not_accepted(qtbot, make_window, no_licence, typed):
    window = make_window(loaded=no_licence)
    window.findChild(QLineEdit, "trouble.url").setText(typed)
    press(qtbot, window, "wizard.main")
    assert window.flow.page is Page.TROUBLE
    assert "web address" in text(window, "trouble.problem")


def test_too_many_words_are_not_cut_off_in_silence(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    window.findChild(QPlainTextEdit, "trouble.note").setPlainText("x" * 2001)
    press(qtbot, window, "wizard.main")
    assert window.flow.page is Page.TROUBLE
    assert "2000" in text(window, "trouble.problem")


def test_nothing_is_ticked_beforehand(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    press(qtbot, window, "wizard.main")
    assert not window.agree.consent.isChecked()
    assert not window.agree.load_consent.isChecked()
    assert not window.main.isEnabled()
    press(qtbot, window, "agree.consent")
    qtbot.waitUntil(window.main.isEnabled, timeout=WAIT_MS)
    press(qtbot, window, "wizard.main")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    press(qtbot, window, "wizard.main")
    assert window.share.categories() == frozenset()
    assert not window.share.consent.isEnabled()
    assert not window.main.isEnabled()


def test_the_load_test_has_a_consent_of_its_own_with_its_cost(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    press(qtbot, window, "wizard.main")
    assert not window.agree.load_consent.isVisible()
    press(qtbot, window, "agree.full")
    assert window.agree.load_consent.isVisible()
    assert "50.0 MB" in window.agree.load_consent.text()
    press(qtbot, window, "agree.consent")
    assert Consent.BULK_TRAFFIC not in window.agree.consents()
    press(qtbot, window, "agree.load_consent")
    assert Consent.BULK_TRAFFIC in window.agree.consents()
    assert Consent.PUBLIC_BACKEND not in window.agree.consents()


def test_every_probe_is_named_with_its_traffic(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "agree.full")
    qtbot.waitUntil(lambda: window.findChild(QLabel, "agree.probe.ping") is not None, timeout=WAIT_MS)
    for probe in ("interfaces", "lan", "ping", "lookup", "dns", "portal", "reach", "route", "load"):
        assert text(window, f"agree.probe.{probe}") != probe
    targets = text(window, "agree.target_list")
    for target in ("198.18.0.10", "www.example.net", "198.18.53.53", "ntp.example.com", "https://mail.example.com/"):
        assert target in targets


def test_a_healthy_network_is_shown_as_a_way_that_works(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    marks = {node.segment.value: node.mark for node in window.findChild(PathView, "result.path").nodes()}
    assert marks["device"] is marks["gateway"] is marks["internet"] is marks["service"] is Mark.OK
    assert not any(node.here for node in window.findChild(PathView, "result.path").nodes())
    assert window.running.chart.count() > 0


def test_a_dead_line_is_marked_where_it_is_with_advice(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    here = [node.segment.value for node in window.findChild(PathView, "result.path").nodes() if node.here]
    assert here == ["access"]
    assert text(window, "result.advice.1")
    assert window.run.diagnosis.verdict.cause == "access.line_down"


def test_details_show_evidence_and_every_measurement(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    tabs = window.findChild(QTabWidget, "result.tabs")
    assert not tabs.isVisible()
    press(qtbot, window, "result.details")
    assert tabs.isVisible()
    assert window.findChild(QTableWidget, "result.ladder").rowCount() == len(window.run.diagnosis.ladder)
    tabs.setCurrentIndex(6)
    assert window.findChild(QTableWidget, "result.steps").rowCount() == len(window.run.record.results)


def test_cancelling_keeps_what_was_measured(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, endless=frozenset({"route"})))
    to_agree(qtbot, window)
    press(qtbot, window, "wizard.main")
    qtbot.waitUntil(lambda: any(row.probe == "ping" and row.finished for row in window.running.rows()), timeout=WAIT_MS)
    assert window.flow.run is RunState.RUNNING
    press(qtbot, window, "wizard.stop")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=3000)
    record = window.run.record
    assert record.cancelled
    assert record.by_id()["ping.gateway4"].traffic_bytes > 0
    assert "early" in text(window, "result.cancelled")


def test_closing_the_window_ends_the_run(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, endless=frozenset({"route"})))
    to_agree(qtbot, window)
    press(qtbot, window, "wizard.main")
    qtbot.waitUntil(lambda: bool(window.running.rows()), timeout=WAIT_MS)
    window.close()
    assert window.threads() == frozenset()


def test_a_run_that_breaks_is_told_and_can_be_repeated(qtbot, make_window, no_licence, monkeypatch):
    window = make_window(loaded=no_licence)
    to_agree(qtbot, window)

    def broken(*_arguments: object) -> None:
        raise RuntimeError("planned")

    monkeypatch.setattr("nexkit.whole_run.make_planner", broken)
    press(qtbot, window, "wizard.main")
    qtbot.waitUntil(lambda: window.flow.run is RunState.FAILED, timeout=WAIT_MS)
    assert text(window, "running.problem")
    monkeypatch.undo()
    press(qtbot, window, "wizard.back")
    assert window.flow.page is Page.AGREE
    assert not window.agree.consent.isChecked()


def test_the_preview_holds_exactly_what_is_ticked(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    press(qtbot, window, f"share.{Category.VERDICT.value}")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert window.draft.categories == {Category.VERDICT}
    files = window.findChild(QListWidget, "share.files")
    assert files.count() == len(window.draft.files) + 1  # the record of the consent
    files.setCurrentRow(0)
    path = files.currentItem().data(Qt.ItemDataRole.UserRole)
    shown = window.findChild(QPlainTextEdit, "share.content").toPlainText()
    assert shown == window.draft.files[path].decode()


def test_a_changed_tick_voids_the_consent(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    assert window.main.isEnabled()
    press(qtbot, window, "share.names")
    assert not window.main.isEnabled()
    assert not window.share.consent.isChecked()
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert not window.main.isEnabled()
    assert Category.NAMES not in window.draft.categories


def test_without_the_result_there_is_no_report(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.names")
    assert not window.share.consent.isEnabled()
    assert "Result" in text(window, "share.state")


def test_the_report_is_saved_and_its_summary_copied(qtbot, qapp, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    file = window.findChild(QLineEdit, "save.file")
    qtbot.waitUntil(lambda: bool(file.text()), timeout=WAIT_MS)
    assert Path(file.text()).name == f"{window.draft.report_id}_example-corp.nexkit.zip"
    bundle = tmp_path / "mine.nexkit.zip"
    file.setText(str(bundle))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    with zipfile.ZipFile(bundle) as archive:
        written = archive.read(f"{window.draft.report_id}/data/report.json")
    assert written == window.draft.files["data/report.json"]
    press(qtbot, window, "save.copy")
    assert qapp.clipboard().text() == window.draft.files["data/summary.txt"].decode()


def test_a_place_that_cannot_be_written_is_told_with_the_mend(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    window.findChild(QLineEdit, "save.file").setText(str(tmp_path / "missing" / "r.nexkit.zip"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: not window.flow.saving and bool(text(window, "save.problem")), timeout=WAIT_MS)
    assert "folder" in text(window, "save.problem")
    assert not window.flow.saved
    assert window.findChild(QAbstractButton, "save.save").isEnabled()


RECIPIENT = "age1d5tq8jz0zllqd9c4axpeuagfyxzhcs08ezryey3zs0ku2pcdv4jqcm7qv3"


def encrypting(profile, mode):
    support = replace(profile.profile.support, recipients=(RECIPIENT,), encrypt=mode)
    return replace(profile, profile=replace(profile.profile, support=support))


def test_a_report_for_the_desk_alone_is_written_encrypted(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=encrypting(no_licence, Encrypt.OFFERED))
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    file, tick = window.findChild(QLineEdit, "save.file"), window.findChild(QAbstractButton, "save.encrypt")
    qtbot.waitUntil(lambda: file.text().endswith(".nexkit.zip.age"), timeout=WAIT_MS)
    file.setText(str(tmp_path / "mine"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    assert [path.name for path in tmp_path.glob("mine*")] == ["mine.nexkit.zip.age"]
    assert is_encrypted((tmp_path / "mine.nexkit.zip.age").read_bytes())
    qtbot.mouseClick(tick, Qt.MouseButton.LeftButton)
    assert file.text().endswith("mine.nexkit.zip")
    press(qtbot, window, "save.save")
    qtbot.waitUntil((tmp_path / "mine.nexkit.zip").is_file, timeout=WAIT_MS)
    assert zipfile.is_zipfile(tmp_path / "mine.nexkit.zip")


def test_where_the_organisation_wants_it_the_tick_stays(qtbot, make_window, no_licence):
    window = make_window(loaded=encrypting(no_licence, Encrypt.REQUIRED))
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    tick = window.findChild(QAbstractButton, "save.encrypt")
    assert tick.isChecked()
    assert not tick.isEnabled()


def test_only_the_folder_of_the_saved_file_is_opened(qtbot, make_window, no_licence, tmp_path, monkeypatch):
    opened: list[str] = []
    monkeypatch.setattr("ui.gui.links.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    monkeypatch.setattr("ui.gui.links.reveal", lambda file: False)  # a desktop without a file manager that can do more
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    window.findChild(QLineEdit, "save.file").setText(str(tmp_path / "r.nexkit.zip"))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    press(qtbot, window, "save.show_folder")
    qtbot.waitUntil(lambda: bool(opened), timeout=WAIT_MS)
    assert [Path(folder) for folder in opened] == [tmp_path]


@pytest.mark.qt_log_ignore("propagateSizeHints")  # the offscreen platform says so of every dialogue
def test_another_place_is_chosen_in_a_dialogue(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "save.choose")
    dialog = window.findChild(QFileDialog, "save.dialog")
    assert dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "mine"))
    dialog.reject()
    assert window.findChild(QLineEdit, "save.file").text() == str(tmp_path / "mine.nexkit.zip")


def test_a_saved_report_is_not_touched_by_going_back(qtbot, make_window, no_licence, tmp_path):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    bundle = tmp_path / "r.nexkit.zip"
    window.findChild(QLineEdit, "save.file").setText(str(bundle))
    press(qtbot, window, "save.save")
    qtbot.waitUntil(lambda: window.flow.saved, timeout=WAIT_MS)
    before = bundle.read_bytes()
    press(qtbot, window, "wizard.back")
    press(qtbot, window, "share.names")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    press(qtbot, window, "share.consent")
    press(qtbot, window, "wizard.main")
    assert bundle.read_bytes() == before
    assert window.draft.report_id not in str(bundle)
    assert not window.flow.saved


def test_testing_again_asks_for_consent_again(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    press(qtbot, window, "wizard.again")
    assert window.flow.page is Page.TROUBLE
    press(qtbot, window, "wizard.main")
    assert not window.agree.consent.isChecked()
