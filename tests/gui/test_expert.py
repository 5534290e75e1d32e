"""Expert mode: any probe from a form, live, stopped, repeated, saved; the profile in force; what is permitted here."""

import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic

import pytest
from fitting import settled
from gui_doubles import double_runner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QFileDialog, QLabel, QLineEdit
from test_manners import check_page
from test_wizard import WAIT_MS, press, text

from nexkit.facts.path import PathMethod
from nexkit.outcome import Completed, Skipped
from nexkit.params import ParamError, ParamKind, build_params, param_fields
from nexkit.platform.api import Capability, CapabilityState
from nexkit.platform.fake import FakePlatform
from nexkit.texts import Texts
from probes import BUILTIN
from report.plain import encode_fact
from ui.bootstrap import build_runner
from ui.cli.run_probe import _params
from ui.cli.streams import write_json
from ui.gui import links
from ui.gui.pages import expert_probe
from ui.gui.rooms import Room
from ui.gui.widgets.param_form import ParamForm
from ui.hand_run import command_words

CAPABILITIES = (
    Capability(id="icmp4", state=CapabilityState.AVAILABLE),
    Capability(id="trace4", state=CapabilityState.LIMITED, reason="udp"),
    Capability(id="wifi", state=CapabilityState.REFUSED, reason="location_windows"),
)


class System(FakePlatform):
    async def capabilities(self):
        return CAPABILITIES


def runner_of(**arguments):
    return replace(double_runner(**arguments), platform=System())


@pytest.fixture
def room(qtbot, make_window, no_licence):
    """The room with the tests loaded, in a window."""

    def make(runner=runner_of, **arguments):
        window = make_window(loaded=no_licence, runner=runner, **arguments)
        window.enter_room(Room.EXPERT)
        page = window.room(Room.EXPERT)
        qtbot.waitUntil(lambda: page.probe.choice.count() > 0, timeout=WAIT_MS)
        QApplication.sendPostedEvents()
        return window, page

    return make


def choose(page, probe_id, **words):
    page.probe.choice.setCurrentIndex(page.probe.choice.findData(probe_id))
    page.probe.form.set_words(words)
    QApplication.sendPostedEvents()  # what is new in a layout is shown by one of these


def run(qtbot, window, page):
    press(qtbot, window, "expert.start")
    over(qtbot, page)


def over(qtbot, page):
    qtbot.waitUntil(lambda: not page.probe.running and page.probe.outcome.isVisible(), timeout=WAIT_MS)


def save(qtbot, window, button, file):
    press(qtbot, window, button)
    dialog = window.findChild(QFileDialog, "expert.saved.dialog")
    assert not dialog.isModal() or dialog.windowModality() is Qt.WindowModality.WindowModal
    dialog.fileSelected.emit(str(file))
    dialog.close()
    qtbot.waitUntil(file.exists, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: file.name in text(window, "expert.saved.said"), timeout=WAIT_MS)
    return file.read_bytes()


# The form

PLACES = ("198.18.0.1", "2001:db8::1", "www.example.com", "https://a.example.com/", "tls://dns.example.com")
ODD = ("", "198.18.0.1,198.18.0.2", "./DNSKEY", "/path", "vpn.example.com:1194", "two words", "x=y", "-v")
TEXT = st.sampled_from([*PLACES, *ODD])
NUMBER = st.sampled_from(["", "0", "1", "3", "0.5", "443", "70000", "53,443", "many", "nan"])


def word_for(field):
    if field.kind is ParamKind.CHOICE and not field.many:
        return st.sampled_from([field.default, *field.choices])
    return TEXT if field.kind is ParamKind.TEXT else st.one_of(NUMBER, st.just(field.default))


def outcome_of(spec, words):
    try:
        return build_params(spec.params, words)
    except ParamError:
        return "refused"


@pytest.mark.parametrize("spec", [probe.spec for probe in BUILTIN], ids=lambda spec: spec.id)
def test_the_form_of_every_probe_gives_what_the_command_line_gives(qtbot, spec):
    form = ParamForm("expert.param", Texts("en"))
    qtbot.addWidget(form)
    fields = param_fields(spec.params)
    form.show_fields(fields)

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.fixed_dictionaries({field.name: word_for(field) for field in fields}))
    def same(typed):
        form.set_words(typed)
        words = {name: word for name, word in typed.items() if word or not form_field(fields, name).required}
        line = command_words(spec, form.words())
        assert line[:4] == ["nexkit", "probe", "run", spec.id]
        by_command = outcome_of(spec, _params(spec, line[4:], Texts("en")))
        assert outcome_of(spec, form.words()) == by_command == outcome_of(spec, words)

    same()


def form_field(fields, name):
    return next(field for field in fields if field.name == name)


def test_choices_are_boxes_and_limits_are_told_beforehand(room):
    window, page = room()
    choose(page, "route", target="198.18.0.10")
    method = window.findChild(QComboBox, "expert.param.method")
    assert [method.itemData(row) for row in range(method.count())] == ["", *(method.value for method in PathMethod)]
    choose(page, "ping")
    hints = [label.text() for label in page.findChildren(QLabel)]
    assert "whole number · at least 1 · otherwise 20" in hints


def test_what_is_wrong_is_said_at_its_field_as_it_is_typed(room):
    window, page = room()
    choose(page, "ping", target="198.18.0.10", count="0")
    assert "at least 1" in text(window, "expert.param.count.problem")
    assert window.findChild(QLineEdit, "expert.param.count").isVisible()
    window.findChild(QLineEdit, "expert.param.count").setText("many")
    assert "whole number" in text(window, "expert.param.count.problem")
    window.findChild(QLineEdit, "expert.param.count").setText("4")
    assert text(window, "expert.param.count.problem") == ""
    assert text(window, "expert.command") == "nexkit probe run ping 198.18.0.10 count=4"


def test_what_is_missing_is_said_when_the_test_is_started(qtbot, room):
    window, page = room()
    assert text(window, "expert.param.target.problem") == ""
    press(qtbot, window, "expert.start")
    assert not page.probe.running
    assert text(window, "expert.param.target.problem") != ""
    assert "Not started" in text(window, "expert.state")


# A run


def test_a_test_is_run_live_and_shown_as_tables_and_json(qtbot, room):
    window, page = room()
    choose(page, "ping", target="198.18.0.10")
    run(qtbot, window, page)
    assert page.probe.live.samples.samples.rowCount() == 3
    assert page.probe.live.chart.count() == 3
    assert "3 sent, 0 lost" in text(window, "expert.counted")
    assert "198.18.0.10" in text(window, "expert.result_heading")
    assert "median" in text(window, "expert.result")
    document = json.loads(page.probe.outcome.json.toPlainText())
    assert document["kind"] == "EchoStats"
    assert page.findChild(QLabel, "expert.cost").text().endswith("100 B")
    tables = [table.objectName() for table in page.findChildren(object) if "expert.table." in table.objectName()]
    assert tables


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_the_files_hold_what_the_command_line_writes(qtbot, room, tmp_path):
    window, page = room()
    choose(page, "ping", target="198.18.0.10")
    run(qtbot, window, page)
    outcome = page.probe._runs[-1].result.outcome
    assert isinstance(outcome, Completed)
    write_json(encode_fact(outcome.fact), str(tmp_path / "cli.json"))
    assert save(qtbot, window, "expert.save_json", tmp_path / "a.json") == (tmp_path / "cli.json").read_bytes()
    rows = save(qtbot, window, "expert.save_samples", tmp_path / "a.csv")
    assert rows.startswith(b"\xef\xbb\xbfprobe,started_at,number,at_s,rtt_ms,lost\r\nping,20")
    assert rows.count(b"\r\n") == 4
    assert rows.endswith(b",16.0,false\r\n")
    tables = save(qtbot, window, "expert.save_tables", tmp_path / "t.csv").decode("utf-8-sig")
    assert tables.splitlines()[0] == "Round trips"
    assert tables.splitlines()[2].startswith("198.18.0.10,icmp,")
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_a_file_that_cannot_be_written_is_said(qtbot, room, tmp_path):
    window, page = room()
    choose(page, "ping", target="198.18.0.10")
    run(qtbot, window, page)
    press(qtbot, window, "expert.save_json")
    dialog = window.findChild(QFileDialog, "expert.saved.dialog")
    dialog.fileSelected.emit(str(tmp_path / "no_folder" / "a.json"))
    dialog.close()
    qtbot.waitUntil(lambda: text(window, "expert.saved.said") != "", timeout=WAIT_MS)
    assert "Saved" not in text(window, "expert.saved.said")


@pytest.mark.measures
@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_a_stop_comes_within_a_second_and_keeps_what_is_there(qtbot, room, tmp_path):
    window, page = room(partial_runner("ping"))
    choose(page, "ping", target="198.18.0.10")
    press(qtbot, window, "expert.start")
    qtbot.waitUntil(lambda: page.probe.live.samples.samples.rowCount() == 3, timeout=WAIT_MS)
    asked = monotonic()
    press(qtbot, window, "expert.stop")
    qtbot.waitUntil(lambda: not page.probe.running, timeout=WAIT_MS)
    assert monotonic() - asked < 2.0
    over(qtbot, page)
    assert isinstance(page.probe._runs[-1].result.outcome, Skipped)
    assert page.probe.live.samples.samples.rowCount() == 3
    assert "kept" in text(window, "expert.state")
    assert not window.findChild(QAbstractButton, "expert.save_json").isEnabled()
    assert save(qtbot, window, "expert.save_samples", tmp_path / "a.csv").count(b"ping,") == 3


def partial_runner(*endless):
    return lambda: runner_of(endless=frozenset(endless))


def test_leaving_the_room_ends_the_test(qtbot, room):
    window, page = room(partial_runner("ping"))
    choose(page, "ping", target="198.18.0.10")
    press(qtbot, window, "expert.start")
    press(qtbot, window, "expert.back")
    qtbot.waitUntil(lambda: not page.probe.running, timeout=WAIT_MS)


def test_closing_the_window_ends_the_test(qtbot, room):
    window, page = room(partial_runner("ping"))
    choose(page, "ping", target="198.18.0.10")
    press(qtbot, window, "expert.start")
    window.close()
    assert window.threads() == frozenset()


def test_a_load_test_is_asked_for_each_time(qtbot, room):
    window, page = room(partial_runner("load"))
    choose(page, "load", server="https://speed.example.com/", max_bytes="5000000")
    assert "5.0 MB" in window.findChild(QAbstractButton, "expert.consent").text()
    assert "speed.example.com" in text(window, "expert.consent_detail")
    assert not page.probe._repeating.isVisible()
    press(qtbot, window, "expert.start")
    assert not page.probe.running
    assert "consent" in text(window, "expert.state")
    press(qtbot, window, "expert.consent")
    page.probe.form.set_words({"server": "https://elsewhere.example.com/"})
    assert not page.probe.consent.isChecked(), "it was for another server"
    press(qtbot, window, "expert.consent")
    press(qtbot, window, "expert.start")
    assert page.probe.running
    press(qtbot, window, "expert.stop")
    qtbot.waitUntil(lambda: not page.probe.running, timeout=WAIT_MS)
    assert not page.probe.consent.isChecked()


def test_runs_are_repeated_until_they_are_stopped_and_only_the_last_are_kept(qtbot, room, monkeypatch):
    monkeypatch.setattr(expert_probe, "MOST_RUNS", 3)
    window, page = room()
    choose(page, "ping", target="198.18.0.10")
    press(qtbot, window, "expert.repeat")
    page.probe.every.setMinimum(0)
    page.probe.every.setValue(0)
    press(qtbot, window, "expert.start")
    begins = set()

    def enough():
        begins.update(run.started_at for run in page.probe._runs)
        return len(begins) > 4

    qtbot.waitUntil(enough, timeout=WAIT_MS)
    press(qtbot, window, "expert.stop")
    qtbot.waitUntil(lambda: not page.probe.running, timeout=WAIT_MS)
    assert len(page.probe._runs) == page.probe.runs.count() == 3


def test_an_earlier_run_is_looked_at_and_run_again(qtbot, room):
    window, page = room()
    choose(page, "ping", target="198.18.0.10", count="7")
    run(qtbot, window, page)
    choose(page, "route", target="198.18.0.11")
    run(qtbot, window, page)
    qtbot.waitUntil(lambda: "route" in text(window, "expert.result_heading"), timeout=WAIT_MS)
    assert not page.probe.live.isVisible()
    page.probe.runs.setCurrentRow(0)
    qtbot.waitUntil(lambda: "ping" in text(window, "expert.result_heading"), timeout=WAIT_MS)
    assert page.probe.live.isVisible()
    press(qtbot, window, "expert.again")
    over(qtbot, page)
    assert len(page.probe._runs) == 3
    assert page.probe._runs[-1].words == {"target": "198.18.0.10", "count": "7"}
    assert page.probe.spec.id == "ping"


@contextmanager
def listening():
    """A server on loopback that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        over = threading.Event()
        came = []

        def take():
            while not over.is_set():
                try:
                    connection, _peer = server.accept()
                except TimeoutError:
                    continue
                came.append(_peer)
                connection.close()

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            over.set()
            thread.join()


def test_a_real_connection_is_measured_where_the_user_says(qtbot, room):
    window, page = room(build_runner)
    with listening() as (port, came):
        choose(page, "reach", host="127.0.0.1", port=str(port), layer="tcp")
        run(qtbot, window, page)
        assert came
    fact = page.probe._runs[-1].result.outcome.fact
    assert fact.attempts[0].failure is None
    assert f"127.0.0.1 port {port}: 1 of 1" in text(window, "expert.result")


@pytest.mark.qt_log_ignore("propagateSizeHints")
def test_in_the_keyboards_reach_from_the_target_to_the_file(qtbot, room, tmp_path):
    window, page = room()
    with qtbot.waitActive(window):
        window.activateWindow()
    page.focus_first()

    def tab_to(name):
        seen = []
        for _step in range(40):
            seen.append(QApplication.focusWidget().objectName())
            if QApplication.focusWidget().objectName() == name:
                return
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        raise AssertionError(f"{name}: {seen}")

    tab_to("expert.tabs")
    tab_to("expert.param.target")
    QTest.keyClicks(QApplication.focusWidget(), "198.18.0.10")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    over(qtbot, page)
    assert isinstance(page.probe._runs[-1].result.outcome, Completed)
    assert QApplication.focusWidget().objectName() == "expert.start"
    tab_to("expert.save_json")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    dialog = window.findChild(QFileDialog, "expert.saved.dialog")
    assert dialog.isVisible()
    dialog.close()
    window.activateWindow()
    tab_to("expert.start")


# The other two parts


def test_the_profile_is_told_with_the_reason_why_it_holds(qtbot, room):
    _window, page = room()
    page.tabs.setCurrentIndex(1)
    qtbot.waitUntil(lambda: page.findChild(QLabel, "expert.profile.2") is not None, timeout=WAIT_MS)
    whole = "\n".join(label.text() for label in page.profile.findChildren(QLabel))
    for words in ("Example Corp (example-corp), serial 7", "named with --profile", "Example Helpdesk", "198.18.53.53"):
        assert words in whole, words
    assert not page.probe.foot.isVisible()


def test_what_this_system_permits_is_told_with_the_button_that_mends_it(qtbot, room, monkeypatch):
    opened = []
    monkeypatch.setattr(links, "can_open_setting", lambda setting: True)
    monkeypatch.setattr(links, "open_setting", opened.append)
    window, page = room()
    page.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: page.findChild(QLabel, "expert.can.ping") is not None, timeout=WAIT_MS)
    QApplication.sendPostedEvents()
    assert text(window, "expert.capability.icmp4.state") == "available"
    assert "Location" in text(window, "expert.capability.wifi.mend")
    assert {spec.id for spec in runner_of().registry} == {
        label.objectName().removeprefix("expert.can.")
        for label in page.check.findChildren(QLabel)
        if label.objectName().startswith("expert.can.") and not label.objectName().endswith(".state")
    }
    press(qtbot, window, "expert.capability.wifi.open")
    assert [setting.value for setting in opened] == ["location"]
    page.tabs.setCurrentIndex(0)
    choose(page, "wifi")
    assert "refused" in text(window, "expert.here")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_control_of_the_room_is_named_and_reachable(qtbot, room, language):
    window, page = room(language=language)
    choose(page, "reach", host="www.example.com", port="443", layer="https", path="/x")
    run(qtbot, window, page)
    for index in range(page.tabs.count()):
        page.tabs.setCurrentIndex(index)
        qtbot.wait(20)
        check_page(window)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_cut_off_in_a_narrow_window(qtbot, make_window, profile, language):
    window = make_window(loaded=profile, runner=runner_of, language=language)
    window.resize(window.minimumSize())
    window.enter_room(Room.EXPERT)
    page = window.room(Room.EXPERT)
    qtbot.waitUntil(lambda: page.findChild(QLabel, "expert.profile.2") is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: page.findChild(QLabel, "expert.can.ping") is not None, timeout=WAIT_MS)
    choose(page, "ping", target="198.18.0.10", count="4")
    run(qtbot, window, page)
    for index in range(page.tabs.count()):
        page.tabs.setCurrentIndex(index)
        qtbot.wait(50)
        settled(qtbot, window)
        assert page.column.parentWidget().width() <= window.width()
