"""Time and memory of `nexkit diagnose`, healthy and with every fault."""

import json
from collections.abc import Sequence

from scenario import all_paths, load
from side_by_side import LAB, MB, table
from world import diagnose_command, run_in_lab


def bench() -> None:
    """Every scenario at quick depth (or its own, where it needs the load test), the healthy one at all depths."""
    rows = [_verdict("healthy", depth) for depth in ("quick", "standard", "full")]
    faults = [path for path in all_paths() if path.stem != "healthy"]
    rows += [_verdict(path.stem, "full" if load(path).depth == "full" else "quick") for path in faults]
    rows += [_verdict("gateway_unreachable", "standard"), _verdict("access_line_down", "standard")]
    table("Verdict in the lab", ("scenario", "depth", "verdict", "s", "peak MB"), rows)


def _verdict(name: str, depth: str) -> Sequence[object]:
    command = diagnose_command(load(LAB / "scenarios" / f"{name}.toml"))
    command[command.index("--depth") + 1] = depth
    if depth == "full" and "--agree" not in command:
        command += ["--agree", "all"]
    run = run_in_lab(name, command)
    verdict = json.loads(run.stdout)["verdict"] if run.stdout else {"state": "error", "cause": run.stderr[-80:]}
    return (
        name,
        depth,
        verdict["cause"] or verdict["state"],
        f"{run.took_s or 0:.1f}",
        f"{(run.peak_memory_bytes or 0) / MB:.0f}",
    )
