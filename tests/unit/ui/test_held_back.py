"""What holds a report back is said with its place and the mend; what is said drives no terminal."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "report"))
from sample_report import busy_line_diagnosis, example_profile, home_record

from nexkit.texts import Texts
from report.consent import DEFAULT_CATEGORIES
from report.draft import ResidueError
from ui.bootstrap import Run
from ui.cli import main
from ui.handover import draft_report, problem_text


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path))
    monkeypatch.setattr("report.draft.system_own_names", lambda: ("lantern-77",))


@pytest.fixture
def run():
    record = home_record()
    leaking = replace(record, system=replace(record.system, release="6.1 on lantern-77\u202e"))
    return Run(record=leaking, diagnosis=busy_line_diagnosis())


def test_what_was_found_is_said_with_its_place_and_the_mend(run):
    with pytest.raises(ResidueError) as caught:
        draft_report(run, example_profile(), DEFAULT_CATEGORIES, Texts("en"))
    said = problem_text(caught.value, Texts("en"))
    assert "1 private value was found" in said
    assert "“lantern-77”" in said
    assert "data/report.json" in said
    assert "6.1 on lantern-77" in said
    assert "leave out: This computer" in said
    assert "\u202e" not in said


def test_a_released_value_holds_nothing_back(run):
    draft = draft_report(run, example_profile(), DEFAULT_CATEGORIES, Texts("en"), released=("lantern-77",))
    assert b'"hits_resolved": 1' in draft.files["data/report.json"]


@pytest.mark.parametrize(
    "words", [["show", "x\x1b[31m\u202ey"], ["profile", "check", "x\x1b]0;t\x07"], ["verify", "a\x9bb"], ["\x1b[2J"]]
)
def test_no_words_of_others_drive_the_terminal(words, capsys):
    try:
        main(["--lang", "en", *words])
    except SystemExit as end:
        assert end.code == 2  # noqa: PT017  how the parser ends
    said = capsys.readouterr()
    assert said.err
    assert not {"\x1b", "\u202e", "\x07", "\x9b"} & set(said.out + said.err)
