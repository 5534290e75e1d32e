"""The result page: how sure it is, why, what was not permitted, which setting mends it, before and after a change."""

from dataclasses import replace
from functools import partial

import pytest
from fitting import settled
from gui_doubles import double_runner, line_down
from PySide6.QtCore import QProcess, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel
from results import RECORDS, page_of, recorded, series_of
from test_manners import check_page
from test_wizard import measure, press, text
from watch_logs import watch_log

from nexkit.diagnosis.trials import begin, measured_again
from nexkit.diagnosis.verdict import Segment, Verdict, VerdictState
from nexkit.facts.wifi import WifiLink, WifiReading
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.platform.settings import SettingAddress, SettingProgram, SystemSetting
from nexkit.run_record import StepResult
from nexkit.subject import Subject
from ui.gui import links


def words(page):
    return "\n".join(label.text() for label in page.findChildren(QLabel))


def open_part(qtbot, page, name):
    qtbot.mouseClick(page.findChild(QAbstractButton, name), Qt.MouseButton.LeftButton)


def test_the_answer_says_how_sure_it_is_and_what_stays_open_stands_beside_the_finding(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    assert "90 %" in text(window, "result.sureness")
    press(qtbot, window, "result.why")
    assert "90 %" in text(window, "result.why.1.sure")
    assert "Router: answered every time" in text(window, "result.why.1.for")
    assert "Internet: never answered" in text(window, "result.why.1.for")
    assert text(window, "result.left_open.1")
    check_page(window)


def test_a_healthy_line_tells_what_it_is_good_for(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    press(qtbot, window, "result.why")
    assert "Router: works" in text(window, "result.why.parts")
    assert "good" in text(window, "result.use.calls")
    assert "round trip" in text(window, "result.use.calls")


def test_a_fault_without_a_name_shows_by_what_it_is_there(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    run = window.run
    unnamed = Verdict(state=VerdictState.FAULT, segment=Segment.ACCESS, cause=None, confidence=0.6)
    window.result.show_result(begin(run.record, replace(run.diagnosis, verdict=unnamed, findings=())))
    qtbot.waitUntil(lambda: len(window.findChildren(QAbstractButton, "result.why")) == 1)
    press(qtbot, window, "result.why")
    assert "Internet: never answered" in text(window, "result.why.place")
    press(qtbot, window, "result.details")
    assert "reach.anchor1" in text(window, "result.place")
    assert not any("Nothing was found" in label.text() for label in window.result.findChildren(QLabel))


# Settings of the system


@pytest.fixture
def opened(monkeypatch):
    """What the system was asked to open; every page of settings is there."""
    asked = []
    monkeypatch.setattr(links, "setting_way", lambda setting: SettingAddress(f"ms-settings:{setting.value}"))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(asked.append(url.toString()) or True))
    return asked


def test_an_advice_that_names_a_setting_has_a_button_to_it(qtbot, opened):
    page = page_of(qtbot, series_of("device_clock_ahead_certificates"))
    button = page.findChild(QAbstractButton, "result.setting")
    assert button.text() == "Open the date and time settings"
    button.click()
    assert opened == ["ms-settings:date_time"]


def test_where_there_is_no_such_page_there_is_no_button(qtbot, monkeypatch):
    monkeypatch.setattr(links, "setting_way", lambda _setting: None)
    page = page_of(qtbot, series_of("device_clock_ahead_certificates"))
    assert page.findChild(QAbstractButton, "result.setting") is None
    assert not links.open_setting(SystemSetting.PROXY)


def test_a_program_of_the_desktop_is_started_by_its_path_with_our_words_alone(monkeypatch):
    started = []

    class Process(QProcess):
        def startDetached(self):  # noqa: N802  Qt calls it so
            started.append((self.program(), self.arguments()))
            return True

    monkeypatch.setattr(links, "QProcess", Process)
    monkeypatch.setattr(links, "setting_way", lambda _: SettingProgram("/usr/bin/systemsettings", ("kcm_proxy",)))
    assert links.open_setting(SystemSetting.PROXY)
    assert started == [("/usr/bin/systemsettings", ["kcm_proxy"])]


def with_nameless_wifi(record, system):
    link = WifiLink(
        **dict.fromkeys(WifiLink.__dataclass_fields__),
    )
    link = replace(link, interface="wlan0", joined=True, names_permitted=False, rssi_dbm=-58)
    step = StepResult(
        id="wifi.start",
        probe="wifi",
        probe_version=1,
        subject=Subject.COMPUTER,
        outcome=Completed(WifiReading(links=(link,))),
        started_s=0.1,
        took_s=0.1,
        traffic_bytes=0,
    )
    return replace(record, system=replace(record.system, system=system), results=(*record.results, step))


@pytest.mark.parametrize("system", ["windows", "macos"])
def test_what_was_not_permitted_has_a_card_with_the_way_to_permit_it(qtbot, opened, system):
    record = with_nameless_wifi(recorded("healthy"), system)
    page = page_of(qtbot, series_of(record))
    assert page.findChild(QFrame, "result.permission.wifi_names") is not None
    assert "location services" in page.findChild(QLabel, "result.permission.wifi_names.mend").text()
    page.findChild(QAbstractButton, "result.permission.wifi_names.open").click()
    assert opened == ["ms-settings:location"]


def test_on_linux_only_an_administrator_permits_pings(qtbot, opened):
    page = page_of(qtbot, series_of("healthy_icmp_refused"))
    assert "administrator" in page.findChild(QLabel, "result.permission.pings.mend").text()
    assert page.findChild(QAbstractButton, "result.permission.pings.open") is None


def failed(record, kinds):
    """The record with every step after the first failing, in turn of these kinds."""
    first, *rest = record.results
    outcomes = [Failed(Failure(kind=kinds[n % len(kinds)], step="x")) for n in range(len(rest))]
    return replace(record, results=(first, *(replace(r, outcome=o) for r, o in zip(rest, outcomes, strict=True))))


def test_no_answer_says_what_could_not_be_tested_and_why(qtbot):
    record = failed(recorded("healthy"), [FailureKind.PERMISSION, FailureKind.INTERNAL, FailureKind.NOT_INSTALLED])
    series = series_of(record)
    assert series.diagnosis.verdict.state is VerdictState.INCONCLUSIVE
    page = page_of(qtbot, series)
    gaps = words(page.findChild(QFrame, "result.gaps"))
    assert "This program made a mistake" in gaps
    assert "is not installed" in gaps
    assert "did not permit" not in gaps, "what was not permitted has a card of its own"
    assert page.findChild(QFrame, "result.permission.pings") is not None
    assert page.findChild(QLabel, "result.advice.1") is not None


def test_a_stopped_run_says_calmly_that_this_is_what_is_there(qtbot):
    record = recorded("access_line_down")
    results = [
        result if number < 20 else replace(result, outcome=Skipped(SkipReason.CANCELLED))
        for number, result in enumerate(record.results)
    ]
    page = page_of(qtbot, series_of(replace(record, results=tuple(results), cancelled=True)))
    assert "what it had shown until then" in page.findChild(QLabel, "result.cancelled").text()


# Before and after


@pytest.mark.parametrize("narrow", [False, True])
def test_before_and_after_stand_side_by_side_with_what_the_change_is_worth(qtbot, narrow):
    series = series_of("lan_loss")
    better = recorded("lan_loss_few_percent")
    series = measured_again(series, series.offer(), better, series_of(better).diagnosis)
    page = page_of(qtbot, series, narrow=narrow)
    shown = {column: page.findChild(QLabel, f"result.change.1.{column}").text() for column in range(4)}
    assert "lost" in shown[0]
    assert shown[1] != shown[2]
    assert shown[3] == "improved"
    settled(qtbot, page)


def test_the_records_are_there():
    assert len(RECORDS) > 300


@pytest.mark.parametrize("language", ["en", "ja"])
def test_after_a_watch_the_page_tells_what_it_saw(qtbot, language):
    watched = replace(recorded("healthy"), watch=watch_log(60))
    page = page_of(qtbot, series_of(watched), language=language, narrow=True)
    settled(qtbot, page)
    if language == "en":
        assert page.findChild(QLabel, "result.watched").text().endswith("The trouble came 3 times.")
        assert page.findChild(QLabel, "result.episodes_0_title").text() == "3. Name service (DNS): worked badly"


def test_without_a_watch_nothing_is_said_of_one(qtbot):
    page = page_of(qtbot, series_of("healthy"))
    assert page.findChild(QLabel, "result.watched") is None
