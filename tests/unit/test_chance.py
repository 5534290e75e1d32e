"""Which failures are made good by later runs: a real pytest with our conftest, on tests that are odd."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
CONFIG = "[pytest]\nmarkers =\n    measures\n    lab\n    screen\n"
COUNTED = """
import pathlib, time
import pytest
RUNS = pathlib.Path(__file__).with_name("runs")

@pytest.fixture(scope="module")
def run():
    "The number of the run, which only a fixture begun anew tells right."
    with RUNS.open("a") as file:
        file.write("x")
    return RUNS.stat().st_size

@pytest.mark.measures
def test_odd(run):
    {body}
"""


def tried(folder: Path, text: str, *words: str) -> tuple[str, int]:
    """What pytest said of a test, and how often it ran."""
    for name in ("conftest.py", "chance.py"):
        shutil.copy(TESTS / name, folder)
    (folder / "pytest.ini").write_text(CONFIG)
    (folder / "test_odd.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return said.stdout, (folder / "runs").stat().st_size


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["alone", "by a worker"])
def test_one_failure_is_made_good_by_two_passes_from_the_start_and_named(tmp_path, words):
    said, runs = tried(tmp_path, COUNTED.format(body="assert run > 1, 'the first run'"), *words)
    assert "1 passed" in said
    assert "failed once, then passed twice" in said
    assert "AssertionError: the first run" in said
    assert runs == 3


@pytest.mark.parametrize("right", ["run == 2", "run == 3", "False"])
def test_what_fails_twice_has_failed(tmp_path, right):
    said, runs = tried(tmp_path, COUNTED.format(body=f"assert {right}, f'run {{run}}'"))
    assert "1 failed" in said
    assert "run 1" in said
    assert "run again" in said
    assert runs == 3


def test_what_passes_runs_once_and_what_judges_no_time_has_no_second_chance(tmp_path):
    said, runs = tried(tmp_path, COUNTED.format(body="pass"))
    assert ("1 passed" in said, runs) == (True, 1)
    (tmp_path / "runs").unlink()
    said, runs = tried(tmp_path, COUNTED.format(body="assert False").replace("@pytest.mark.measures", ""))
    assert ("1 failed" in said, runs) == (True, 1)


@pytest.mark.posix("a test out of time ends the whole run elsewhere")
def test_what_ran_out_of_time_is_not_tried_again(tmp_path):
    said, runs = tried(tmp_path, COUNTED.format(body="time.sleep(30)"), "-o", "timeout=1")
    assert ("1 failed" in said, runs) == (True, 1)


def test_a_failing_end_is_a_failure_too(tmp_path):
    ending = COUNTED.replace("    return RUNS", "    yield RUNS").format(body="pass") + "    run\n"
    ending = ending.replace("st_size\n", "st_size\n    assert RUNS.stat().st_size > 1\n", 1)
    said, runs = tried(tmp_path, ending)
    assert "1 passed" in said
    assert "1 error" not in said
    assert runs == 3
