"""What all benchmarks share: tables, whole processes timed in turn, and the lab's client."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LAB = HERE.parent / "lab"
sys.path[:0] = [str(LAB), str(ROOT)]

from world import run_in_lab  # noqa: E402  the lab is no package

NEXKIT = [sys.executable, "-m", "ui.cli"]
TARGET = "198.18.0.10"
SPEED = "speed.example.com"
ROUNDS = 5
MB = 1_000_000


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print(f"\n### {title}\n\n| {' | '.join(header)} |\n|{' --- |' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |", flush=True)


def timed(command: Sequence[str]) -> tuple[str, float]:
    """What a whole process printed, and how many seconds it took."""
    began = time.perf_counter()
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return output, time.perf_counter() - began


def on_client(scenario: str, name: str) -> str:
    """What the `on_client` function of a benchmark gives on the client of a lab world, as JSON.

    With privilege: peers such as mtr send through raw sockets; nexkit takes none where datagram sockets are permitted.
    """
    run = run_in_lab(scenario, [sys.executable, str(HERE), "--on-client", name], timeout_s=600, privileged=True)
    if run.exit_status:
        raise RuntimeError(run.stderr)
    return run.stdout
