"""Whatever ends the program or refuses its files: no half report, no lost result, nothing raw elsewhere."""

import errno
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "report"))

from sample_report import SECRET_IPV4, SECRET_MAC

from report.container import read_container
from report.unfinished import unfinished_runs
from ui.cli import main

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, str(Path(__file__).with_name("crash_program.py"))]
DIAGNOSE = ("diagnose", "--agree", "all", "--out")
SEED = 5
KNOWN = ("unfinished", "decoder")
"""Folders of the user's data folder that hold private values, for their owner alone."""


class World:
    """Folders for the data, the temporary files and the report of one job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home, self.temp, self.out = folder / "home", folder / "temp", folder / "out"
        self.report, self.said = self.out / "r.nexkit.zip", folder / "said"
        for each in (self.home, self.temp, self.out):
            each.mkdir(parents=True)

    def job(self, *words: str, **more: object) -> dict[str, object]:
        places = {"home": self.home, "temp": self.temp, "said": self.said, "folder": self.folder}
        return {"words": words} | {name: str(place) for name, place in places.items()} | more

    @property
    def words(self) -> str:
        """What the job said; "" where it did not come to that."""
        return self.said.read_text() if self.said.exists() else ""

    def raw_files(self) -> list[Path]:
        """Files with private values in them, outside of the places for that."""
        return [
            path
            for path in self.folder.rglob("*")
            if path.is_file()
            and path != self.said
            and not (path.suffix == ".json" and path.parent.parent == self.home and path.parent.name in KNOWN)
            and any(secret.encode() in content(path) for secret in (SECRET_MAC, SECRET_IPV4))
        ]


def content(path: Path) -> bytes:
    """The bytes of a file; of a report, those of its members too."""
    data = path.read_bytes()
    if data.startswith(b"PK"):
        data += b"".join(read_container(data).files.values())
    return data


@pytest.fixture(scope="module")
def do():
    """Does jobs in processes of their own."""
    with subprocess.Popen(PROGRAM, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:

        def ask(job):
            server.stdin.write(json.dumps(job) + "\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())

        yield ask
        server.stdin.close()
        assert server.wait(10) == 0


@pytest.fixture
def worlds(tmp_path):
    numbers = itertools.count()
    return lambda: World(tmp_path / str(next(numbers)))


def is_valid(report: Path) -> bool:
    return main(["verify", str(report)]) == 0


def check_after(do, world: World, *, resume: bool = True) -> bool:
    """Nothing half, nothing raw, nothing lost that the user has seen; whether the report was there."""
    assert "Traceback" not in world.words
    assert world.raw_files() == []
    for part in world.out.iterdir():
        assert is_valid(part), "a report is there whole or not at all"
    if world.report.exists():
        return True
    if world.words:  # the result was on the screen
        (kept,), unreadable = unfinished_runs(datetime.now(UTC), world.home / "unfinished")
        assert kept.record.results
        assert unreadable == ()
    if world.words and resume:
        resumed = do(world.job("report", "resume", "--agree", "all", "--out", str(world.report)))
        assert resumed["status"] == 0, world.words
        assert is_valid(world.report)
        assert list((world.home / "unfinished").iterdir()) == []
    return False


@pytest.mark.parametrize("when", ["kill_at", "kill_right_after"])
def test_killed_at_every_file_operation_nothing_is_half_raw_or_lost(do, worlds, when):
    world = worlds()
    operations = do(world.job(*DIAGNOSE, str(world.report)))["operations"]
    assert operations > 8
    there = []
    for number in range(1, operations + 1):
        world = worlds()
        assert do(world.job(*DIAGNOSE, str(world.report), **{when: number}))["killed"]
        there.append(check_after(do, world, resume=number % 4 == 0))
    assert there == sorted(there), "once it is there, it stays"
    assert {False, True} <= set(there)


@pytest.mark.parametrize(("way", "kills"), [("command line", 30), ("wizard", 20)])
def test_killed_at_random_moments_nothing_is_half_raw_or_lost(do, worlds, way, kills):
    def job(world: World, **more: object) -> dict[str, object]:
        if way == "wizard":
            return world.job(wizard=str(world.report), **more)
        return world.job(*DIAGNOSE, str(world.report), **more)

    chance = random.Random(SEED)
    # On a busy computer some are slow: the quickest of a few is about what the others take at least.
    whole_s = min(do(job(worlds()))["took_s"] for _ in range(3))
    killed = 0
    for number in range(kills):
        world = worlds()
        killed += do(job(world, kill_after_s=chance.uniform(0, whole_s)))["killed"]
        check_after(do, world, resume=number % 5 == 0)
    assert killed > kills // 4


def test_refused_at_any_writing_the_user_is_told_and_nothing_is_half_raw_or_lost(do, worlds):
    errors = itertools.cycle((errno.ENOSPC, errno.EDQUOT, errno.EIO))
    for number, error in enumerate(errors, start=1):
        world = worlds()
        done = do(world.job(*DIAGNOSE, str(world.report), refuse_at=number, error=error))
        assert not done["crashed"], world.words
        if done["operations"] < number:
            break
        assert done["status"] in {1, 2}
        if done["status"] == 1:
            assert check_after(do, world), "done means that it is there"
        else:
            assert "nexkit: " in world.words
            if "cannot be taken up again" not in world.words:
                assert not check_after(do, world, resume=False)
        assert world.raw_files() == []
    assert number > 8


@pytest.fixture
def alone():
    """The words before a command that give it a world without network, where file systems can be mounted."""
    command = ["unshare", "--map-root-user", "--mount", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], check=False).returncode != 0:
        if os.environ.get("CI") == "true":
            pytest.fail("namespaces are refused")
        pytest.skip("namespaces are refused")
    return command


@pytest.fixture
def in_a_namespace(alone):
    """Does jobs where file systems can be mounted: `mounts` are made before, what `after` says is done at the end."""

    def do_all(jobs: list[dict[str, object]], mounts: list[str], after: list[str]) -> list[dict[str, object]]:
        script = " && ".join([*mounts, '"$@"', *after])
        command = [*alone, "sh", "-c", script, "sh", *PROGRAM]
        lines = "".join(json.dumps(job) + "\n" for job in jobs)
        done = subprocess.run(command, cwd=ROOT, input=lines, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return do_all


def test_full_and_read_only_file_systems_are_told_and_nothing_is_half_raw_or_lost(do, worlds, in_a_namespace):
    sizes = (4, 12, 24, 48, 96, 192, 4096)
    full_out, full_home, read_only_out, read_only_home = worlds(), [worlds() for _ in sizes], worlds(), worlds()
    everywhere = [full_out, *full_home, read_only_out, read_only_home]
    mounts = [f"mount -t tmpfs -o size=8k none {full_out.out}"]
    mounts += [f"mount -t tmpfs -o size={size}k none {each.home}" for size, each in zip(sizes, full_home, strict=True)]
    mounts += [f"mount -t tmpfs -o ro none {place}" for place in (read_only_out.out, read_only_home.home)]
    # What is on these is gone with the namespace: it is looked at from outside.
    after = [f"cp -a {place} {place}.copy" for each in everywhere for place in (each.home, each.out)]
    answers = in_a_namespace([each.job(*DIAGNOSE, str(each.report)) for each in everywhere], mounts, after)
    for world, answer in zip(everywhere, answers, strict=True):
        for place in (world.home, world.out):
            shutil.rmtree(place)
            place.with_name(place.name + ".copy").rename(place)
        assert not answer["crashed"]
        assert world.raw_files() == []
        if answer["status"] == 1:
            assert is_valid(world.report)
        else:
            assert answer["status"] == 2
            assert not world.report.exists()
            assert [*world.out.iterdir()] == []
        assert "Traceback" not in world.words
    for world, mend in ((full_out, "the disk is full"), (read_only_out, "this place is read-only")):
        assert mend in world.words
        assert not check_after(do, world), "what did not fit there is taken up again elsewhere"
    assert "cannot be taken up again" in full_home[0].words
    assert "cannot be taken up again" in read_only_home.words
    assert answers[len(sizes)]["status"] == 1, "with room for it, all is well"


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_a_clock_that_jumps_changes_no_duration_and_breaks_nothing(tmp_path, monkeypatch, alone):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    shift, report, diagnosis = tmp_path / "shift", tmp_path / "r.nexkit.zip", tmp_path / "d.json"
    shift.write_text("+0d")
    jumping = {
        "LD_PRELOAD": "/usr/$LIB/faketime/libfaketime.so.1",
        "FAKETIME_TIMESTAMP_FILE": str(shift),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    words = ["--depth", "quick", "--time-limit", "2", "--agree", "all", "--out", report, "--json", diagnosis]
    began = time.monotonic()
    with subprocess.Popen(
        [*alone, sys.executable, "-m", "ui.cli", "diagnose", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **jumping},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for shown in itertools.cycle(("-20h", "+20h")):
            beside = tmp_path / "next"
            beside.write_text(shown)
            beside.replace(shift)
            time.sleep(0.03)
            if process.poll() is not None:
                break
        said = process.stderr.read()
    took_s = time.monotonic() - began
    assert process.returncode == 1, said
    assert "Traceback" not in said
    assert is_valid(report)
    document = json.loads(diagnosis.read_text())
    assert 0 < document["took_s"] < took_s
    started_at = datetime.fromisoformat(document["started_at"])
    assert abs(datetime.now(UTC) - started_at) < timedelta(days=1)
    steps = json.loads(read_container(report.read_bytes()).files["data/report.json"])["results"]
    assert all(0 <= step["started_s"] <= took_s and 0 <= step["took_s"] <= took_s for step in steps)
    assert unfinished_runs(datetime.now(UTC), tmp_path / "home" / "unfinished") == ((), ())
