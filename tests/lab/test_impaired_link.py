"""The link with faults does what it is told: its arithmetic by itself, and its frames as ping sees them."""

import random
import re
from itertools import pairwise

import pytest
from link import Direction, Impairment
from scenario import all_paths, load
from world import run_in_lab

FRAMES = 100_000


def departures(faults, *, gap_s=0.001):
    direction = Direction(faults, random.Random(7))
    return [direction.departures(number * gap_s) for number in range(FRAMES)]


def runs_of_losses(left):
    return [len(run) for run in re.findall("x+", "".join("." if times else "x" for times in left))]


def test_without_faults_every_frame_leaves_once_and_at_once():
    assert departures(Impairment()) == [[number * 0.001] for number in range(FRAMES)]


def test_random_loss_is_as_set():
    lost = sum(not times for times in departures(Impairment(loss_ratio=0.1)))
    assert lost / FRAMES == pytest.approx(0.1, rel=0.05)


def test_burst_loss_has_the_ratio_and_the_length_that_are_set():
    left = departures(Impairment(loss_ratio=0.1, loss_burst=4))
    runs = runs_of_losses(left)
    assert sum(runs) / FRAMES == pytest.approx(0.1, rel=0.1)
    assert sum(runs) / len(runs) == pytest.approx(4, rel=0.1)


def test_jitter_varies_the_delay_and_keeps_the_order():
    times = [due for (due,) in departures(Impairment(delay_ms=10, jitter_ms=5))]
    delays_ms = [1000 * (due - number * 0.001) for number, due in enumerate(times)]
    assert times == sorted(times)
    assert 5 <= min(delays_ms) < 6
    assert 14 < max(delays_ms) <= 15


def test_reordered_frames_are_overtaken():
    times = [due for (due,) in departures(Impairment(reorder_ratio=0.05, reorder_ms=5))]
    overtaken = sum(due > later for due, later in pairwise(times))
    assert overtaken / FRAMES == pytest.approx(0.05, rel=0.1)


def test_duplicates_leave_twice():
    twice = sum(len(times) == 2 for times in departures(Impairment(duplicate_ratio=0.2)))
    assert twice / FRAMES == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("wrong", [{"loss_ratio": 1}, {"loss_burst": 0.5}, {"delay_ms": 1, "jitter_ms": 2}])
def test_impossible_faults_are_refused(wrong):
    with pytest.raises(ValueError, match=r"ratio|burst"):
        Impairment(**wrong)


@pytest.mark.lab
@pytest.mark.usefixtures("lab")
def test_ping_sees_the_delay_the_jitter_the_loss_and_the_duplicates_that_are_set(tmp_path):
    scenario = tmp_path / "measured.toml"
    scenario.write_text("""
story = "A link to measure."

[[inject]]
do = "impair_link"
link = "access"
out = {delay_ms = 20, loss_ratio = 0.1, duplicate_ratio = 0.1}
back = {delay_ms = 20, jitter_ms = 2}

[expect]
verdict = "healthy"
visible = "true"
""")
    run = run_in_lab(str(scenario), ["ping", "-q", "-c1000", "-i0.005", "-W1", "198.18.0.10"])
    loss_percent = float(re.search(r"([\d.]+)% packet loss", run.stdout)[1])
    duplicates = int(re.search(r"\+(\d+) duplicates", run.stdout)[1])
    low_ms, mean_ms, _, _ = (float(value) for value in re.search(r"= ([\d./]+) ms", run.stdout)[1].split("/"))
    # Three standard deviations of 1000 tries at one in ten are 28.
    assert 7.0 <= loss_percent <= 13.0
    assert 60 <= duplicates <= 130
    # A busy machine only ever adds to a round trip.
    assert 38 <= low_ms < 40
    assert 40 <= mean_ms < 46


# Where the profile expects another network than this one, this one is what is wrong.
OTHERS = [each for each in map(load, all_paths()) if each.name != "healthy" and each.profile == "profile"]


@pytest.mark.lab
@pytest.mark.usefixtures("lab")
@pytest.mark.parametrize("part", range(3))
def test_no_fault_is_seen_in_the_healthy_network(tmp_path, part):
    """A third of the scenarios, in three parts, as with the other tests of every change."""
    checks = tmp_path / "checks.sh"
    checks.write_text(
        "".join(
            f"if ( {one.expect.visible} ) >/dev/null 2>&1; then echo {one.name}; fi\n" for one in OTHERS[::3][part::3]
        )
    )
    run = run_in_lab("healthy", ["sh", str(checks)])
    assert (run.exit_status, run.stdout) == (0, "")
