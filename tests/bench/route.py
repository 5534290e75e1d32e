"""Hops, ten rounds, beside mtr."""

import json
import statistics
from typing import Any

from side_by_side import NEXKIT, ROUNDS, TARGET, on_client, table, timed

NEEDS = ("mtr",)


def bench() -> None:
    """Ten rounds over seven hops, whole processes in turn."""
    found = json.loads(on_client("healthy", "route"))
    rows = [
        (
            name,
            f"{statistics.median(run['seconds'] for run in runs):.2f}",
            f"{min(run['seconds'] for run in runs):.2f}-{max(run['seconds'] for run in runs):.2f}",
            f"{sum(run['hops'] == found['mtr'][0]['hops'] for run in runs)}/{len(runs)}",
            len(runs[0]["hops"]),
        )
        for name, runs in found.items()
    ]
    table("Route, 10 rounds 0.1 s apart", ("tool", "median s", "min-max s", "same hops", "hops"), rows)


def measure() -> dict[str, list[dict[str, Any]]]:
    """The measurement itself, on the lab's client."""
    ours = [*NEXKIT, "probe", "run", "route", TARGET, "rounds=10", "interval_s=0.1"]
    peer = ["mtr", "-4", "-n", "-r", "-c", "10", "-i", "0.1", "-G", "1", "-Z", "1", "--json", TARGET]
    found: dict[str, list[dict[str, Any]]] = {"mtr": [], "nexkit": []}
    for _round in range(ROUNDS):
        output, seconds = timed(peer)
        hops = [hub["host"] for hub in json.loads(output)["report"]["hubs"]]
        found["mtr"].append({"seconds": seconds, "hops": hops})
        output, seconds = timed(ours)
        hops = [
            ",".join(answer["address"] for answer in hop["responders"]) for hop in json.loads(output)["data"]["hops"]
        ]
        found["nexkit"].append({"seconds": seconds, "hops": hops})
    return found
