"""Altered reports: what the kit answers, what the programs of others answer, and what it costs to look at them."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attack_cases import CASES
from attack_vectors import FOLDER, README, RECEIVED_AT, companions, documented, index_text, made

from ui.cli import main

ROOT = Path(__file__).resolve().parents[2]
STORED = json.loads((FOLDER / "cases.json").read_text("utf-8"))
EACH = pytest.mark.parametrize("entry", STORED["cases"], ids=lambda entry: entry["id"])
MAX_CPU_S = 2.0
MAX_MEMORY_KB = 200_000
RECIPE = re.search(
    r"<!-- recipe: linux -->\n```sh\n(.*?)```", (ROOT / "report" / "README.md").read_text("utf-8"), re.DOTALL
)[1]


def bytes_of(entry):
    return made(CASES[entry["id"]])


def laid_out(folder, entry):
    """The file and the desk's lists in a folder."""
    for name, data in companions().items():
        (folder / name).write_bytes(data)
    (folder / "REPORT.nexkit.zip").write_bytes(bytes_of(entry))


def test_the_stored_files_are_what_the_recipes_make():
    assert (FOLDER / "cases.json").read_text("utf-8") == index_text()
    expected = {f"{case.id}.nexkit.zip": made(case) for case in CASES.values() if case.stored} | companions()
    assert {file.name for file in FOLDER.iterdir()} == {*expected, "cases.json"}
    for name, data in expected.items():
        assert (FOLDER / name).read_bytes() == data, name


def test_the_table_of_the_documentation_is_this_one():
    assert README.read_text("utf-8") == documented()


def test_the_stored_files_are_small():
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 1_500_000


@EACH
def test_the_kit_answers_as_the_table_says(entry, tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    laid_out(tmp_path, entry)
    words = ["verify", "REPORT.nexkit.zip", "--signers", "org_signers", "--received-at", RECEIVED_AT]
    words += ["--require", "org-vouched", "--json", "answer.json", "--lang", "en", *entry["options"]]
    assert main(words) == entry["exit_status"]
    answer = json.loads(Path("answer.json").read_text("utf-8"))
    assert answer["tier"] == entry["tier"]
    said = [f"{problem['kind']}: {problem['place']}" for problem in answer["problems"]]
    assert len(said) == len(entry["problems"])
    assert all(one.startswith(expected) for one, expected in zip(said, entry["problems"], strict=True)), said


@pytest.mark.skipif(
    # With CI=true they have to be there: the tests then fail instead.
    os.environ.get("CI") != "true" and not all(map(shutil.which, ("ssh-keygen", "sha256sum", "unzip", "bash"))),
    reason="needs ssh-keygen, sha256sum, unzip and bash",
)
@pytest.mark.linux("a Mac's sha256sum has other options than GNU's")
@EACH
def test_the_programs_of_others_answer_as_the_table_says(entry, tmp_path):
    laid_out(tmp_path, entry)
    unzip, enter, _, signer, verify, *sums, find = RECIPE.splitlines()
    if "--revoked" in entry["options"]:
        verify = verify.replace("-I ", "-r ../revoked.krl -I ")
    steps = {"unzip": (unzip, enter), "ssh-keygen": (signer, verify), "sha256sum": sums, "find": (find,)}
    refused_by = None
    script = "\n".join(f"step={name}\n" + "\n".join(lines) for name, lines in steps.items())
    done = subprocess.run(
        ["bash", "-e", "-c", f"trap 'echo >&3 $step' ERR; exec 3>refused; {script}"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    refused_by = (tmp_path / "refused").read_text().strip() or None
    assert (refused_by is None) == (done.returncode == 0)
    assert refused_by == entry["stock"], done.stderr


_MEASURE = """
import json, resource, sys, time
from datetime import datetime
from pathlib import Path
from report.revoked import read_revoked
from report.verify import verify
resource.setrlimit(resource.RLIMIT_CPU, (120, 120))
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
folder = Path(sys.argv[1])
at = datetime.fromisoformat(sys.argv[2])
took = {}
for file in sorted(folder.glob("*.nexkit.zip")):
    began = time.process_time()
    verify(file, folder / "org_signers", received_at=at)
    took[file.name] = time.process_time() - began
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps([took, int(status["VmHWM"].split()[0])]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the memory from /proc")
def test_no_file_takes_long_or_much_memory(tmp_path):
    for entry in STORED["cases"]:
        (tmp_path / f"{entry['id']}.nexkit.zip").write_bytes(bytes_of(entry))
    for name, data in companions().items():
        (tmp_path / name).write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(tmp_path), RECEIVED_AT],
        capture_output=True,
        check=True,
        timeout=110,
        cwd=ROOT,
    )
    took, memory_kb = json.loads(done.stdout)
    assert len(took) == len(STORED["cases"])
    slowest = max(took, key=took.get)
    told = f"slowest: {slowest} with {took[slowest]:.2f} s of CPU; memory: {memory_kb} kB"
    assert took[slowest] < MAX_CPU_S, told
    assert memory_kb < MAX_MEMORY_KB, told
