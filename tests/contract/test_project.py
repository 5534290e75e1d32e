"""The project itself: lock file, commands of the README, and what may stand in a tree that others clone."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from probes import BUILTIN
from ui.cli.commands import build_parser

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def load_dev():
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names(requirements):
    return {re.split(r"[^A-Za-z0-9_-]", entry)[0].lower().replace("_", "-") for entry in requirements}


@pytest.fixture(scope="module")
def lock():
    dev = load_dev()
    program, _mark, tools = dev.LOCK.read_text(encoding="utf-8").partition(dev.TEST_PART)
    return dev.entries(program), dev.entries(tools)


def test_the_lock_holds_what_the_program_needs_in_its_first_part(lock):
    program, tools = (names(part) for part in lock)
    optional = PROJECT["optional-dependencies"]
    assert names([*PROJECT["dependencies"], *optional["ookla"], *optional["develop"]]) <= program
    assert names(optional["test"]) <= tools


def test_every_locked_file_has_its_hash(lock):
    for entry in [*lock[0], *lock[1]]:
        assert "--hash=sha256:" in entry


def test_nothing_gpl_only_is_shipped(lock):
    assert "scapy" not in names(lock[0])


def test_dev_names_its_commands_when_asked_wrongly():
    done = subprocess.run([sys.executable, "dev.py", "dance"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for command in ("run", "test", "bench", "lab", "freeze", "lock", "texts"):
        assert f"dev.py {command}" in done.stderr


@pytest.mark.parametrize(
    ("words", "passed_on"),
    [
        ([], ["diagnose"]),
        (["--lang", "ja"], ["diagnose", "--lang", "ja"]),
        (["--version"], ["--version"]),
        (["verify", "x.zip"], ["verify", "x.zip"]),
    ],
)
def test_run_passes_its_words_on(monkeypatch, words, passed_on):
    dev, started = load_dev(), []
    monkeypatch.setattr(dev, "has_screen", lambda: False)
    monkeypatch.setattr(dev, "environment", lambda *, with_tests: "python")
    monkeypatch.setattr(dev, "start", lambda command, folder: started.append(command) or 0)
    assert dev.run(words) == 0
    assert started == [["python", "-m", "ui.cli", *passed_on]]


@pytest.mark.linux("other systems have no Debian packages")
def test_what_is_missing_is_named_by_its_debian_package():
    dev = load_dev()
    assert dev.missing_programs({"no-such-program-anywhere": "a-package", "sh": "dash"}) == ["a-package"]


@pytest.mark.posix("there is no root")
def test_a_user_without_root_is_told_what_to_type(monkeypatch):
    dev = load_dev()
    monkeypatch.setattr(dev.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(dev.shutil, "which", lambda _name: "/usr/bin/apt-get")
    with pytest.raises(SystemExit, match="sudo apt-get install -y --no-install-recommends libegl1 xvfb"):
        dev.install_system_packages(["xvfb", "libegl1"])


def test_the_readme_documents_every_command():
    from nexkit.texts import Texts

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    parser = build_parser(Texts("en"))
    commands = next(action for action in parser._actions if action.dest == "command").choices
    for name, command in commands.items():
        assert f"nexkit {name}" in readme
        for action in command._actions:
            for option in action.option_strings:
                if option.startswith("--") and option not in {"--help", "--lang", "--json"}:
                    assert option in readme, f"{name} {option}"


def test_pictures_of_the_readme_are_there():
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert (ROOT / picture).is_file(), picture


@pytest.mark.parametrize("probe", BUILTIN, ids=lambda probe: probe.spec.id)
def test_every_probe_has_its_paragraph(probe):
    documented = (ROOT / "probes" / "README.md").read_text(encoding="utf-8").split("\n## ")
    paragraph = next((text for text in documented if text.partition("\n")[0] == probe.spec.id), "")
    assert len(paragraph) > 200
    assert f"`{probe.spec.id}`" in (ROOT / "README.md").read_text(encoding="utf-8")
