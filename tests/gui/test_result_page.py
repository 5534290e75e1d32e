"""The result page: how sure it is, what shows the place of a fault without a name, and what the line is good for."""

from dataclasses import replace
from functools import partial

from gui_doubles import double_runner, line_down
from PySide6.QtWidgets import QLabel, QTabWidget
from test_manners import check_page
from test_wizard import measure, press, text

from nexkit.diagnosis.trials import begin
from nexkit.diagnosis.verdict import Segment, Verdict, VerdictState


def test_the_answer_says_how_sure_it_is_and_what_stays_open_stands_beside_the_finding(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    assert "90 %" in text(window, "result.sureness")
    press(qtbot, window, "result.details")
    assert window.findChild(QTabWidget, "result.tabs").widget(0).findChild(QLabel, "result.left_open.1") is not None
    check_page(window)


def test_a_healthy_line_tells_what_it_is_good_for(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    assert "good" in text(window, "result.use.calls")
    assert "round trip" in text(window, "result.use.calls")


def test_a_fault_without_a_name_shows_by_what_it_is_there(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    run = window.run
    unnamed = Verdict(state=VerdictState.FAULT, segment=Segment.ACCESS, cause=None, confidence=0.6)
    window.result.show_result(begin(run.record, replace(run.diagnosis, verdict=unnamed, findings=())))
    assert "reach.anchor1" in text(window, "result.place")
    assert not any("Nothing was found" in label.text() for label in window.result.findChildren(QLabel))
