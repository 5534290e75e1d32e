import re
from functools import partial

import pytest
from fitting import settled
from gui_doubles import double_runner, line_down
from PySide6.QtCore import QAbstractAnimation, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QProgressBar
from replay import replay

from nexkit import kit_limits
from nexkit.events import RunFinished, StepsPlanned
from nexkit.profile import Load
from nexkit.request import Depth, Request
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from probes import BUILTIN
from ui.gui.flow import Page, RunState
from ui.gui.widgets.rtt_chart import RttChart

WAIT_MS = 10_000
SPECS = [probe.spec for probe in BUILTIN]


def text(window, name) -> str:
    label = window.findChild(QLabel, name)
    assert label is not None, name
    return label.text()


def begin(qtbot, window) -> None:
    """By keyboard alone."""
    QTest.keyClick(window.main, Qt.Key.Key_Space)
    QTest.keyClick(window.findChild(QAbstractButton, "agree.consent"), Qt.Key.Key_Space)
    qtbot.waitUntil(window.main.isEnabled, timeout=WAIT_MS)
    QTest.keyClick(window.main, Qt.Key.Key_Space)
    assert window.flow.page is Page.RUNNING


@pytest.fixture
def held(qtbot, make_window, no_licence):
    """A run that goes on until it is stopped."""
    window = make_window(loaded=no_licence, runner=partial(double_runner, endless=frozenset({"route"})))
    begin(qtbot, window)
    qtbot.waitUntil(lambda: any(row.probe == "ping" and row.finished for row in window.running.rows()), timeout=WAIT_MS)
    yield window
    window.close()


def test_the_way_is_told_in_words_of_every_day(qtbot, held):
    qtbot.waitUntil(lambda: held.running.path.nodes()[-1].word == "answers", timeout=WAIT_MS)
    nodes = held.running.path.nodes()
    assert [node.label for node in nodes] == [
        "This computer",
        "Cable",
        "Router",
        "Provider’s line",
        "Internet",
        "Service",
    ]
    assert nodes[1].wired
    assert nodes[0].word == "ready"
    assert "Router: answers" in held.running.path.accessibleDescription()


def test_what_is_silent_is_told_without_a_verdict(qtbot, make_window, no_licence):
    endless = frozenset({"portal"})
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down, endless=endless))
    begin(qtbot, window)
    qtbot.waitUntil(lambda: window.running.path.nodes()[4].word == "no answer yet", timeout=WAIT_MS)
    assert window.running.path.nodes()[2].word == "answers"


def test_each_test_has_its_row_with_progress_and_time(qtbot, held):
    qtbot.waitUntil(lambda: text(held, "running.state.ping").startswith("measured"), timeout=WAIT_MS)
    assert held.findChild(QProgressBar, "running.progress.ping").value() == 1000
    qtbot.waitUntil(lambda: "at most" in text(held, "running.state.route"), timeout=WAIT_MS)
    route = held.findChild(QProgressBar, "running.progress.route")
    assert route.accessibleName()
    assert " s" not in route.accessibleDescription()


def test_the_data_used_stands_against_the_limit_of_the_run(qtbot, held):
    assert byte_size(kit_limits.RUN_BYTES) in text(held, "running.traffic")
    bar = held.findChild(QProgressBar, "running.data")
    qtbot.waitUntil(lambda: bar.value() >= 1, timeout=WAIT_MS)


def test_cancelling_is_answered_at_once_and_ends_with_the_result(qtbot, held):
    QTest.keyClick(held.stop, Qt.Key.Key_Space)
    assert held.flow.run is RunState.STOPPING
    assert text(held, "running.title") == held.stop.text() == "Stopping …"
    assert "kept" in text(held, "running.status")
    qtbot.waitUntil(lambda: held.flow.page is Page.RESULT, timeout=3000)
    assert held.run.record.cancelled


def test_the_time_between_measuring_and_result_is_told(qtbot, make_window, no_licence):
    page = make_window(loaded=no_licence).running
    page.begin(SPECS, Request(), Load())
    page.take(RunFinished(took_s=6.4, traffic_bytes=1000))
    assert "Measured in 6.4 s. Working out" in text(page, "running.status")
    page.end()


def test_a_late_network_is_told_calmly_with_what_is_waited_for(qtbot, make_window, no_licence, monkeypatch):
    page = make_window(loaded=no_licence).running
    page.begin(SPECS, Request(depth=Depth.QUICK), Load())
    page.take(StepsPlanned(steps=(("reach.1", "reach", Subject.SERVICE),), expected_s=13.0))
    monkeypatch.setattr(page, "_now_s", lambda: 8.0)
    qtbot.waitUntil(lambda: "takes longer" in text(page, "running.status"), timeout=WAIT_MS)
    page.end()
    assert re.search(r"Connections to services \(at most [56] s\)", text(page, "running.status"))


def test_nothing_moves_by_itself(held):
    """Neither animations nor bars that run to and fro: there is nothing to switch off for who wants less motion."""
    assert not held.findChildren(QAbstractAnimation)
    assert all(bar.maximum() > bar.minimum() for bar in held.findChildren(QProgressBar))
    assert not any(QApplication.isEffectEnabled(effect) for effect in Qt.UIEffect)


# The chart


@pytest.fixture
def chart(qtbot, make_window, no_licence):
    return RttChart("chart", "Round trips", Texts("en"))


def test_an_empty_chart_says_so(chart):
    assert chart.accessibleDescription() == "No round trip yet"


def test_a_chart_is_told_in_words_by_target(chart):
    for at_s, rtt in ((0.0, 1.0), (0.1, 3.0), (0.2, None)):
        chart.add("ping.gateway4", "Router", at_s, rtt)
    chart.add("ping.anchor1", "Internet", 0.1, 10.0)
    chart.add("ping.anchor2", "Internet", 0.1, None)
    assert chart.summary().split("; ") == [
        "Router: latest –, median 2.0 ms, 1 of 3 lost",
        "Internet 1: latest 10.0 ms, median 10.0 ms, 0 of 1 lost",
        "Internet 2: latest –, median –, 1 of 1 lost",
    ]


def test_a_reader_is_told_now_and_then_and_not_of_every_sample(qtbot, held):
    told = []
    chart = held.running.chart
    setter = chart.setAccessibleDescription
    chart.setAccessibleDescription = lambda words: (told.append(words), setter(words))
    for number in range(50):
        chart.add("ping.more", "Service", number * 0.1, 5.0)
    assert told == []
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    assert len(told) == 1
    assert "Service: latest 5.0 ms" in told[0]


def test_twenty_targets_look_different_without_colour(chart):
    from ui.gui.widgets.rtt_chart import _DASHES, _SHAPES

    looks = {(number % len(_DASHES), number % len(_SHAPES)) for number in range(20)}
    assert len(looks) == 20


def test_a_chart_with_many_targets_makes_room_for_their_names(chart):
    chart.resize(300, 300)
    before = chart.minimumSizeHint().height()
    for number in range(10):
        chart.add(f"ping.{number}", "Internet", 0.0, 1.0)
    assert chart.minimumSizeHint().height() > before
    assert not chart.grab().isNull()


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("scale", "width_em"), [(1, 24), (1, 60), (2, 24), (2, 40)])
def test_nothing_is_cut_off(qtbot, qapp, make_window, no_licence, language, scale, width_em):
    before = QFont(qapp.font())
    larger = QFont(before)
    larger.setPointSizeF(before.pointSizeF() * scale)
    qapp.setFont(larger)
    try:
        runner = partial(replay, "healthy", speed=20.0, hold_at_s=5.0)
        window = make_window(loaded=no_licence, language=language, runner=runner)
        em = window.fontMetrics().height()
        window.resize(width_em * em, 40 * em)
        begin(qtbot, window)
        qtbot.waitUntil(lambda: len(window.running.rows()) > 8, timeout=WAIT_MS)
        settled(qtbot, window)
    finally:
        window.close()
        qapp.setFont(before)
