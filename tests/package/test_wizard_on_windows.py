"""The window on Windows' own window system, tried under Wine on a screen of its own; without a network.

What runs inside stands in `tests/gui`: a walk through the wizard's pages, and tests of what differs on Windows.
"""

import re
import subprocess
from pathlib import Path

import pytest

from installer.screen import FOR_EVER
from installer.wine import ROOT, Windows, windows_python

TESTS = ("windows_pages.py", "test_one_window.py", "test_windows_start.py")
QUIET = "Dpi"
"""Wine 8 lacks calls of Windows 10 for several screens, of which Qt warns."""
ALONE = 'echo localhost >/proc/sys/kernel/hostname && ip link set lo up && exec "$@"'
"""Wine looks up this computer's name when it starts, and waits long where nobody answers."""
ON_A_SCREEN = ("xvfb-run", "-a", "-s", f"-screen 0 1400x1000x24 {FOR_EVER}")
PATIENCE_S = 200


TWICE = """
set -o pipefail
wine "$0" </dev/null 2>&1 | cat &
for _ in $(seq 300); do xdotool search --onlyvisible --name nexkit && break; sleep 0.2; done
timeout 60 wine "$0" </dev/null 2>&1 | cat || exit 3
xdotool search --onlyvisible --name nexkit | wc -l
wineserver -k
"""
"""Starts a program, and again when its window is there; says how many windows there are then."""


def on_a_screen(windows: Windows, *words: str | Path, **more: str) -> list[str]:
    """What runs a program on a screen, in a network of its own that leads nowhere."""
    settings = [f"{name}={value}" for name, value in (windows.environment | more).items()]
    alone = ("unshare", "--user", "--map-root-user", "--net", "--uts", "sh", "-c", ALONE, "sh")
    return [*alone, *ON_A_SCREEN, "env", *settings, *map(str, words)]


@pytest.mark.timeout(PATIENCE_S + 60)
def test_the_wizard_is_walked_on_windows(windows: Windows, tmp_path: Path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    words = [
        "wine",
        windows_python(),
        "-m",
        "pytest",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        "-o",
        f"qt_log_ignore={QUIET}",
    ]
    words += [f"tests/gui/{test}" for test in TESTS]
    # A crash ends the program; Wine's debugger would wait.
    overrides = windows.environment["WINEDLLOVERRIDES"] + ";winedbg.exe="
    run = subprocess.run(
        on_a_screen(windows, *words, NEXKIT_PICTURES=windows.path(pictures), WINEDLLOVERRIDES=overrides),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:]
    assert re.search(r"\b\d+ passed", run.stdout)
    assert len(list(pictures.glob("*.png"))) == 12


@pytest.mark.timeout(PATIENCE_S + 60)
def test_the_frozen_wizard_opens_its_window_once(windows: Windows, dist: Path):
    program = dist / "windows" / "nexkit" / "nexkit-wizard.exe"
    run = subprocess.run(
        on_a_screen(windows, "bash", "-c", TWICE, program),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.split()[-1] == "1"
