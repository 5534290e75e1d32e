"""What the standard set of probes costs on a healthy network: time, traffic on the wire, CPU time."""

import json
import resource
import statistics
from pathlib import Path

from scenario import load
from side_by_side import LAB, MB, ROUNDS, on_client, table, timed
from world import diagnose_command


def bench() -> None:
    """Medians of whole processes."""
    runs = json.loads(on_client("healthy", "standard"))
    rows = [
        (what, f"{statistics.median(values):.2f}", f"{min(values):.2f}-{max(values):.2f}")
        for what, values in ((what, [run[what] for run in runs]) for what in runs[0])
    ]
    table("Standard depth, healthy network, no load test", ("what", "median", "min-max"), rows)


def measure() -> list[dict[str, float]]:
    """The measurement itself, on the lab's client."""
    command = diagnose_command(load(LAB / "scenarios" / "healthy.toml"))
    command[command.index("--depth") + 1] = "standard"
    return [_one(command) for _round in range(ROUNDS)]


def _one(command: list[str]) -> dict[str, float]:
    wire_before, cpu_before = _wire_bytes(), _cpu_s()
    _output, seconds = timed(command)
    return {"s": seconds, "MB on the wire": (_wire_bytes() - wire_before) / MB, "CPU s": _cpu_s() - cpu_before}


def _wire_bytes() -> int:
    """Both ways, link headers included, of all cards."""
    cards = [card for card in Path("/sys/class/net").iterdir() if card.name != "lo"]
    return sum(int((card / "statistics" / f"{way}_bytes").read_text()) for card in cards for way in ("rx", "tx"))


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
