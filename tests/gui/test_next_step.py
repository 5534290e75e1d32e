"""The next step on the result page: tested again, told before and after, and in the report."""

from functools import partial

from gui_doubles import double_runner, healthy, line_down
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QTabWidget
from test_manners import check_page
from test_wizard import WAIT_MS, measure, press, text

from nexkit.trial import Effect, Trial
from ui.gui.flow import Page, RunState


class Mended:
    """A line that is down until somebody mends it."""

    def __init__(self):
        self.mended = False

    def __call__(self, probe, params):
        return (healthy if self.mended else line_down)(probe, params)


def again(qtbot, window):
    press(qtbot, window, "result.next.again")
    assert window.flow.page is Page.RUNNING
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    settled(qtbot, window)


def settled(qtbot, window):
    """Until what the page showed before is deleted."""
    qtbot.waitUntil(lambda: len(window.findChildren(QTabWidget, "result.tabs")) == 1, timeout=WAIT_MS)


def test_a_mended_line_is_found_and_told_with_both_tests(qtbot, make_window, no_licence):
    line = Mended()
    window = make_window(loaded=no_licence, runner=partial(double_runner, line))
    measure(qtbot, window)
    assert "Restart the router" in text(window, "result.next.instruction")
    assert "as you agreed to" in text(window, "result.next.cost")
    check_page(window)
    request = window.run.record.request
    line.mended = True
    again(qtbot, window)
    assert "The restart has helped" in text(window, "result.change.meaning")
    assert "Everything that was tested works" in text(window, "result.sentence")
    assert window.findChild(QFrame, "result.next") is None
    check_page(window)
    record = window.run.record
    assert [(each.trial, each.effect) for each in record.trials] == [(Trial.RESTART_ROUTER, Effect.GONE)]
    assert window.run.diagnosis.verdict.cause == "access.line_down"
    assert record.request == request
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert "after restarting the router" in window.draft.files["data/summary.txt"].decode()


def test_where_nothing_has_changed_no_step_is_offered_twice(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    again(qtbot, window)
    assert "it is not the router" in text(window, "result.change.meaning")
    assert window.findChild(QFrame, "result.next") is None
    assert window.findChild(QLabel, "result.advice.1") is not None


def test_a_step_that_cannot_be_done_makes_way(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    press(qtbot, window, "result.next.skip")
    settled(qtbot, window)
    assert window.findChild(QFrame, "result.next") is None
    assert window.run.record.trials == ()
    assert window.flow.page is Page.RESULT


def test_a_test_again_that_is_cancelled_leaves_the_result_as_it_was(qtbot, make_window, no_licence):
    runner = double_runner(line_down)
    window = make_window(loaded=no_licence, runner=lambda: runner)
    measure(qtbot, window)
    runner.registry.get("route").endless = True
    press(qtbot, window, "result.next.again")
    qtbot.waitUntil(lambda: any(row.probe == "ping" and row.finished for row in window.running.rows()), timeout=WAIT_MS)
    press(qtbot, window, "wizard.stop")
    qtbot.waitUntil(lambda: window.flow.page is Page.RESULT, timeout=WAIT_MS)
    assert window.run.record.trials == ()
    assert not window.run.record.cancelled
    assert window.findChild(QFrame, "result.next") is not None
    assert window.findChild(QFrame, "result.change") is None


def test_a_test_again_that_breaks_leads_back_to_the_result(qtbot, make_window, no_licence, monkeypatch):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)

    def broken(*_arguments: object) -> None:
        raise RuntimeError("planned")

    monkeypatch.setattr("nexkit.whole_run.make_planner", broken)
    press(qtbot, window, "result.next.again")
    qtbot.waitUntil(lambda: window.flow.run is RunState.FAILED, timeout=WAIT_MS)
    press(qtbot, window, "wizard.back")
    assert window.flow.page is Page.RESULT
    assert window.findChild(QFrame, "result.next") is not None


def test_what_was_seen_elsewhere_is_told_by_a_button(qtbot, make_window, no_licence, monkeypatch):
    monkeypatch.setattr("nexkit.diagnosis.trials.next_trial", lambda *_: Trial.OTHER_DEVICE)
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    check_page(window)
    assert window.findChild(QAbstractButton, "result.next.again") is None
    press(qtbot, window, "result.next.fails")
    settled(qtbot, window)
    assert "The other device fails too" in text(window, "result.change.meaning")
    assert window.run.record.trials[0].effect is Effect.SAME


def test_enter_on_the_result_page_starts_no_run(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence, runner=partial(double_runner, line_down))
    measure(qtbot, window)
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_Return)
    assert window.flow.page is Page.SHARE
