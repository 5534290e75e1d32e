"""After a verdict on the command line: the next step is offered, tested again, and told."""

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from diagnosis_records import ANCHORS, GATEWAY4, echo, healthy, record

from nexkit.diagnosis.engine import diagnose
from nexkit.texts import Texts
from nexkit.trial import Effect, Trial
from ui.bootstrap import Run
from ui.cli import main
from ui.cli.again import Again, again_of, try_out
from ui.cli.errors import CommandError

EN = Texts("en")
OLD_REPORT = str(Path(__file__).parents[2] / "data" / "reports" / "schema-1.nexkit.zip")


def run_with(lost=0, *, cancelled=False):
    facts = {"ping.gateway4": echo(GATEWAY4, 100, lost, 3.0)}
    facts |= {f"ping.anchor{number}": echo(at, 100, lost, 12.0) for number, at in enumerate(ANCHORS, start=1)}
    made = replace(record(healthy() | facts), cancelled=cancelled)
    return Run(record=made, diagnosis=diagnose(made))


LOSSY, GOOD = run_with(15), run_with()


class Person(io.StringIO):
    """Somebody at the keyboard; after the last line the input ends."""

    def __init__(self, *lines):
        super().__init__("".join(f"{line}\n" for line in lines))


def going_through(monkeypatch, again, lines, later, first=LOSSY):
    runs = list(later)
    monkeypatch.setattr(sys, "stdin", Person(*lines))
    report, last = try_out(first, again, lambda: runs.pop(0), EN, silent=False)
    assert runs == []
    return report, last


def test_enter_tests_again_and_says_what_changed(monkeypatch, capsys):
    report, last = going_through(monkeypatch, Again(ask=True), [""], [GOOD])
    said = capsys.readouterr()
    assert "another network cable" in said.err
    assert "With the other cable it works" in said.out
    assert "15 % before, 0 % now" in said.out
    assert last == GOOD
    done = report.record.trials[0]
    assert (done.trial, done.effect) == (Trial.OTHER_CABLE, Effect.GONE)
    assert replace(report.record, trials=()) == LOSSY.record


def test_after_no_change_the_next_step_is_offered_until_none_is_left(monkeypatch, capsys):
    report, last = going_through(monkeypatch, Again(ask=True), ["", ""], [LOSSY, LOSSY])
    said = capsys.readouterr()
    assert [each.trial for each in report.record.trials] == [Trial.OTHER_CABLE, Trial.RESTART_ROUTER]
    assert said.out.count("Nothing has changed.") == 2
    assert last == LOSSY


def test_a_step_that_cannot_be_done_is_skipped_for_the_next(monkeypatch, capsys):
    report, _last = going_through(monkeypatch, Again(ask=True), ["s", ""], [GOOD])
    assert [each.trial for each in report.record.trials] == [Trial.RESTART_ROUTER]
    assert "restart_router" in capsys.readouterr().err


def test_another_word_is_answered_with_what_can_be_typed(monkeypatch, capsys):
    report, _last = going_through(monkeypatch, Again(ask=True), ["done", ""], [GOOD])
    assert len(report.record.trials) == 1
    assert capsys.readouterr().err.count("press Enter alone when it is done") == 1


@pytest.mark.parametrize("lines", [["q"], [], ["n"], ["ｑ"], ["what?", "Q"]])  # noqa: RUF001  full width
def test_q_and_the_end_of_the_input_are_a_no(monkeypatch, capsys, lines):
    report, last = going_through(monkeypatch, Again(ask=True), lines, [])
    assert report.record.trials == ()
    assert last is LOSSY
    assert capsys.readouterr().out == ""


def test_ctrl_c_at_the_question_is_a_no(monkeypatch, capsys):
    class Interrupted(io.StringIO):
        def readline(self, *_):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", Interrupted())
    report, last = try_out(LOSSY, Again(ask=True), lambda: GOOD, EN, silent=False)
    assert (report.record.trials, last) == ((), LOSSY)
    assert "another network cable" in capsys.readouterr().err


def test_a_test_that_is_stopped_says_nothing_and_ends_it(monkeypatch):
    stopped = run_with(cancelled=True)
    report, last = going_through(monkeypatch, Again(ask=True), ["", ""], [stopped])
    assert report.record.trials == ()
    assert last is stopped


def test_what_was_looked_at_elsewhere_is_asked_and_not_measured(monkeypatch, capsys):
    report, last = going_through(monkeypatch, Again(named=(Trial.OTHER_DEVICE,)), ["", "n"], [])
    assert report.record.trials[0].effect is Effect.SAME
    assert last is LOSSY
    assert "The other device fails too" in capsys.readouterr().out


def test_named_steps_are_taken_in_their_order_until_all_is_well(monkeypatch, capsys):
    named = again_of("restart_router,use_cable,rejoin", EN, on_terminal=False)
    report, _last = going_through(monkeypatch, named, ["", ""], [LOSSY, GOOD])
    assert [each.trial for each in report.record.trials] == [Trial.RESTART_ROUTER, Trial.USE_CABLE]
    assert capsys.readouterr().err.count("To find out more") == 2


def test_nobody_is_asked_where_all_is_well_or_nobody_is_there(monkeypatch):
    assert going_through(monkeypatch, Again(ask=True), [""], [], first=GOOD)[0].record.trials == ()
    assert again_of("ask", EN, on_terminal=False) == Again()
    assert again_of("no", EN, on_terminal=True) == Again()
    assert again_of("ask", EN, on_terminal=True) == Again(ask=True)


def test_another_word_is_refused_with_the_known_ones():
    with pytest.raises(CommandError, match=r"'shout'.*use_cable"):
        again_of("shout", EN, on_terminal=True)


def test_reports_are_compared_in_words_and_as_a_document(capsys):
    assert main(["--lang", "en", "compare", OLD_REPORT, OLD_REPORT]) == 0
    out = capsys.readouterr().out
    assert "What changed: the same" in out
    assert "Still there: access.bufferbloat" in out
    assert main(["--lang", "en", "compare", OLD_REPORT, OLD_REPORT, "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "nexkit/comparison/1"
    assert document["effect"] == "same"
    assert {"gone", "new", "still", "untested", "ladder", "values", "before", "after"} <= document.keys()
    assert any(value["name"] == "up_goodput_bit_s" for value in document["values"])


def test_what_is_no_report_is_not_compared(capsys, tmp_path):
    assert main(["--lang", "en", "compare", OLD_REPORT, str(tmp_path / "missing.zip")]) == 2
    assert "missing.zip: there is no such file" in capsys.readouterr().err
