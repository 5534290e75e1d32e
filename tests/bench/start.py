"""Start-up: `nexkit --version`, and the wizard's first page on a virtual screen."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from side_by_side import MB, NEXKIT, ROOT, ROUNDS, table

from installer.screen import screen


def bench() -> None:
    """Median of whole processes, warm."""
    rows = [
        ("python -c pass", *_times([sys.executable, "-c", "pass"])),
        ("nexkit --version", *_times([*NEXKIT, "--version"])),
        ("nexkit probe list", *_times([*NEXKIT, "probe", "list"])),
    ]
    table("Start", ("command", "median s", "min-max s"), rows)
    with screen() as display:
        found = [_first_page(display) for _round in range(ROUNDS)]
    seconds = [first_s for first_s, _peak in found]
    table(
        "Wizard",
        ("what", "median", "min-max"),
        [
            ("first page on screen, s", f"{statistics.median(seconds):.2f}", f"{min(seconds):.2f}-{max(seconds):.2f}"),
            ("peak memory by then, MB", f"{statistics.median(peak for _first, peak in found):.0f}", ""),
        ],
    )


def _times(command: Sequence[str], rounds: int = 15) -> tuple[str, str]:
    seconds = []
    for _round in range(rounds + 1):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        seconds.append(time.perf_counter() - began)
    warm = seconds[1:]
    return f"{statistics.median(warm):.3f}", f"{min(warm):.3f}-{max(warm):.3f}"


def _first_page(display: str) -> tuple[float, float]:
    """Seconds from the start of the process to its window on the screen, and its peak memory then, MB."""
    environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    began = time.perf_counter()
    # Without a network: the wizard measures nothing before it is asked, and here it could not.
    with subprocess.Popen(["unshare", "-rn", *NEXKIT, "wizard"], cwd=ROOT, env=environment) as wizard:
        try:
            while time.perf_counter() - began < 20:
                search = ["xdotool", "search", "--onlyvisible", "--name", "nexkit"]
                if subprocess.run(search, env=environment, capture_output=True, check=False).stdout:
                    seconds = time.perf_counter() - began
                    status = Path(f"/proc/{wizard.pid}/status").read_text(encoding="ascii")
                    peak_kb = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
                    return seconds, int(peak_kb) * 1024 / MB
                time.sleep(0.01)
        finally:
            wizard.terminate()
    raise RuntimeError("the wizard showed no window")
