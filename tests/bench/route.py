"""The path to a host, beside traceroute and mtr: seven hops, 20 ms, one silent, one that drops a fifth of its words."""

import asyncio
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from side_by_side import LAB, NEXKIT, ROUNDS, TARGET, on_client, table, timed

NEEDS = ("mtr", "traceroute")
TARGETS = {4: TARGET, 6: "2001:db8:18::10"}
VISIBLE = {
    4: ("192.168.10.1", "203.0.113.1", None, "198.51.100.6", "198.51.100.10", "198.51.100.14", TARGET),
    6: (
        "2001:db8:10::1",
        "2001:db8:ac::1",
        None,
        "2001:db8:b:1::2",
        "2001:db8:b:2::2",
        "2001:db8:b:3::2",
        "2001:db8:18::10",
    ),
}
ONE_SHOTS = 25
INSIDE = 60
"""Runs of the probe in one process, for its time without a start and for how often a hop is missed."""


def bench() -> None:
    """Whole processes in turn; the probe alone beside them."""
    found = json.loads(on_client(str(LAB / "lines" / "route.toml"), "route"))
    for title, pairs in (
        ("Route, once", (("traceroute -n", "nexkit, whole process"), (None, "nexkit, the probe alone"))),
        ("Route, 10 rounds 0.1 s apart", (("mtr -r -c10 -i0.1 -G1 -Z1", "nexkit, whole process, 10 rounds"),)),
    ):
        rows = []
        for version in TARGETS:
            peer_s: float | None = None
            for pair in pairs:
                for name in filter(None, pair):
                    runs = found[f"{name} IPv{version}"]
                    median_s = statistics.median(run["seconds"] for run in runs)
                    peer_s = peer_s or median_s
                    rows.append(
                        (
                            f"{name}, IPv{version}",
                            f"{median_s:.3f}",
                            f"{min(run['seconds'] for run in runs):.3f}-{max(run['seconds'] for run in runs):.3f}",
                            f"{median_s / peer_s:.2f}",
                            f"{sum(run['whole'] for run in runs)}/{len(runs)}",
                        )
                    )
        table(title, ("tool", "median s", "min-max s", "of the peer's", "every visible hop"), rows)


def measure() -> dict[str, list[dict[str, Any]]]:
    """The measurement itself, on the lab's client."""
    found: dict[str, list[dict[str, Any]]] = {}
    for version, target in TARGETS.items():
        ours = [*NEXKIT, "probe", "run", "route", target, "names=false"]
        once = [
            ("traceroute -n", ["traceroute", f"-{version}", "-n", target], traceroute_hops),
            ("nexkit, whole process", [*ours, "rounds=1"], nexkit_hops),
        ]
        rounds = [
            ("mtr -r -c10 -i0.1 -G1 -Z1", [*_mtr(version), target], mtr_hops),
            ("nexkit, whole process, 10 rounds", [*ours, "rounds=10", "interval_s=0.1"], nexkit_hops),
        ]
        for count, tools in ((ONE_SHOTS, once), (ROUNDS, rounds)):
            for _run in range(count):
                for name, command, hops in tools:
                    output, seconds = timed(command)
                    told = {"seconds": seconds, "whole": whole(hops(output), version)}
                    found.setdefault(f"{name} IPv{version}", []).append(told)
        found[f"nexkit, the probe alone IPv{version}"] = asyncio.run(_inside(target, version))
    return found


def _mtr(version: int) -> list[str]:
    return ["mtr", f"-{version}", "-n", "-r", "-c", "10", "-i", "0.1", "-G", "1", "-Z", "1", "--json"]


def whole(hops: Sequence[Sequence[str]], version: int) -> bool:
    """Whether every hop that shows itself stands in its place, and nothing else does."""
    return [list(hop) for hop in hops] == [[address] if address else [] for address in VISIBLE[version]]


def traceroute_hops(output: str) -> list[list[str]]:
    """Addresses by hop."""
    lines = [line for line in output.splitlines() if re.match(r" *\d+ ", line)]
    return [list(dict.fromkeys(re.findall(r"\d+(?:\.\d+){3}|[0-9a-f]*:[0-9a-f:]+", line))) for line in lines]


def mtr_hops(output: str) -> list[list[str]]:
    """Addresses by hop."""
    return [[] if hub["host"] == "???" else [hub["host"]] for hub in json.loads(output)["report"]["hubs"]]


def nexkit_hops(output: str) -> list[list[str]]:
    """Addresses by hop."""
    return [[answer["address"] for answer in hop["responders"]] for hop in json.loads(output)["data"]["hops"]]


async def _inside(target: str, version: int) -> list[dict[str, Any]]:
    from nexkit.clock import SystemClock
    from nexkit.platform import system_platform
    from nexkit.probe import ProbeContext
    from probes.route import RouteParams, RouteProbe

    nothing: Callable[[object], None] = lambda _: None  # noqa: E731
    runs = []
    for _run in range(INSIDE):
        ctx = ProbeContext(
            platform=system_platform(),
            clock=SystemClock(),
            random=random.Random(1),
            max_bytes=RouteProbe.spec.max_bytes,
            on_progress=nothing,
            on_sample=nothing,
        )
        began = time.perf_counter()
        outcome = await RouteProbe().run(RouteParams(target=target, rounds=1, names=False), ctx)
        seconds = time.perf_counter() - began
        hops = [[each.address for each in hop.responders] for hop in outcome.fact.hops]
        runs.append({"seconds": seconds, "whole": whole(hops, version)})
    return runs
