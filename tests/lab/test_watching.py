"""A real network that breaks and heals while it is watched: what is told, and what stands in the report."""

import json
import sys
from pathlib import Path

import pytest
from scenario import find, load
from world import run_in_lab

from nexkit.watch.light import ROUND_S
from nexkit.watch.watch_clock import GAP_S

pytestmark = [pytest.mark.lab, pytest.mark.usefixtures("lab")]

DISTURB = Path(__file__).parent / "disturb.py"
BREAK = (
    "nft 'add table inet broken; add chain inet broken f { type filter hook forward priority 0; };"
    " add rule inet broken f reject with icmpx type no-route'"
)
"""The provider says that there is no way on: nobody waits for answers, and the test is short."""
HEAL = "nft delete table inet broken"
HELD_UP_S = GAP_S + ROUND_S + 0.8
"""Longer than anything that the watch plans."""
ROUND = ("until", "Watching for ")
KNOWN = (ROUND,) * 3
"""By then everybody has answered once and again."""


def watched(tmp_path, *events, further=()):
    """(run, JSON document) of `nexkit watch` on a terminal in a healthy network, to which things happen."""
    document = tmp_path / "watch.json"
    watch = [sys.executable, "-m", "ui.cli", "watch", "--lang", "en", "--symptom", "no_internet"]
    watch += ["--profile", str(load(find("healthy")).profile_path), "--json", str(document), *further]
    command = [sys.executable, str(DISTURB), json.dumps([list(each) for each in events]), "--", *watch]
    run = run_in_lab("healthy", command, privileged=True)
    assert "[never shown" not in run.stdout, run.stdout + run.stderr
    assert document.exists(), run.stdout + run.stderr
    return run, json.loads(document.read_text())


def at(node, command):
    return ("sh", f"ip netns exec {node} {command}")


def test_trouble_on_the_line_is_told_marked_diagnosed_and_reported(tmp_path):
    bundle = tmp_path / "r.nexkit.zip"
    run, document = watched(
        tmp_path,
        *KNOWN,
        at("isp1", BREAK),
        ("until", "Trouble: Access line: interrupted"),
        ("type", "the video froze\n"),
        ("until", "Noted."),
        ("until", "Diagnosis:"),
        at("isp1", HEAL),
        ("until", "Over after"),
        ("type", "\x03"),
        further=("--agree", "all", "--out", str(bundle)),
    )
    assert run.exit_status == 1, run.stdout
    assert document["verdict"]["segment"] in {"access", "internet"}
    (episode,) = document["watch"]["episodes"]
    assert episode["run"] == document["watch"]["run"]
    assert {sign["target"] for sign in episode["signs"]} >= {"anchor1", "anchor2"}
    assert episode["ended_at"] is not None
    (mark,) = document["watch"]["marks"]
    assert (mark["words"], mark["episode"]) == ("the video froze", episode["number"])
    # A busy computer may have held the program up; it does not sleep.
    assert {gap["reason"] for gap in document["watch"]["gaps"]} <= {"not_running"}
    shown = run_in_lab("healthy", [sys.executable, "-m", "ui.cli", "show", "--lang", "en", "--json", "-", str(bundle)])
    assert json.loads(shown.stdout)["verdict"] == document["verdict"]
    assert bundle.stat().st_size


def test_a_program_that_is_stopped_and_one_that_is_killed_leave_gaps_and_no_trouble(tmp_path):
    run, document = watched(
        tmp_path,
        ROUND,
        ("signal", "SIGSTOP"),
        ("wait", HELD_UP_S),
        ("signal", "SIGCONT"),
        ("until", "Not measured: this program was not running"),
        ("signal", "SIGKILL"),
        ("again", None),
        ("until", "Go on with it?"),
        ("type", "y\n"),
        ("until", "Not measured: this program was not running"),
        ("until", "trouble: 0"),
        ("type", "\x03\x03"),
    )
    # 130: a last measurement was stopped before it found anything; 0: the first one of the watch was over in time.
    assert run.exit_status in {0, 130}, run.stdout
    assert document["verdict"]["state"] != "fault"
    assert [gap["reason"] for gap in document["watch"]["gaps"]] == ["not_running"] * 2
    assert document["watch"]["episodes"] == []
