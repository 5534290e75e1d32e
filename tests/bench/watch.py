"""What watching costs: processor time, memory and traffic of light rounds and of the diagnosis runs beside them.

`NEXKIT_WATCH_BENCH_S` says how long is watched (default 300 s); hours are extrapolated from what is measured.
"""

import asyncio
import json
import os
import resource
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from side_by_side import on_client, table

WATCHED_S = float(os.environ.get("NEXKIT_WATCH_BENCH_S", "300"))
SETTLED_S = 30.0
"""Imports and the first diagnosis run are over by then; what follows is light rounds alone."""


def bench() -> None:
    """One real watch of a healthy network."""
    found = json.loads(on_client("healthy", "watch"))
    light_s = found["watched_s"] - SETTLED_S
    table(
        f"Watching for {found['watched_s']:.0f} s",
        ("what", "measured", "allowed"),
        [
            ("light rounds, of one core", f"{100 * found['light_cpu_s'] / light_s:.2f} %", "1 %"),
            ("light rounds, an hour", f"{found['light_bytes'] * 3600 / light_s / 1e6:.2f} MB", "5 MB with runs"),
            ("one diagnosis run, processor", f"{found['run_cpu_s']:.2f} s", "-"),
            ("one diagnosis run, traffic", f"{found['run_bytes'] / 1e6:.2f} MB", "-"),
            ("memory beyond the idle program, after", f"{found['memory_bytes'] / 1e6:.1f} MB", "20 MB"),
            ("the same at its most, in a run", f"{found['peak_bytes'] / 1e6:.1f} MB", "-"),
        ],
    )


def measure() -> dict[str, Any]:
    """Watch in this process, on the lab's client."""
    return asyncio.run(_measure())


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def _measure() -> dict[str, Any]:
    from scenario import find, load

    from nexkit.profile_file import loaded_profile
    from nexkit.request import Request, Symptom
    from nexkit.run_record import ProfileTrust
    from nexkit.watch.events import WatchTotals
    from nexkit.watch.logbook import Unkept
    from nexkit.watch.watcher import Watcher
    from nexkit.whole_run import measure_and_diagnose
    from ui.bootstrap import build_runner

    path = load(find("healthy")).profile_path
    profile = loaded_profile(path.read_bytes(), path.name, datetime.now(UTC), ProfileTrust.NAMED)
    runner, request = build_runner(), Request(symptom=Symptom.UNSTABLE)
    # What a program has loaded that has made one test: the idle wizard.
    await measure_and_diagnose(runner, profile, request, lambda _event: None, asyncio.Event())
    idle = _resident_bytes()
    totals: list[tuple[float, float, int]] = []

    def listen(event: object) -> None:
        if isinstance(event, WatchTotals):
            totals.append((event.elapsed_s, time.process_time(), event.traffic_bytes))

    began_s = time.process_time()
    watcher = Watcher(runner, profile, request, Unkept(), listen)
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(WATCHED_S, stop.set)
    peak = 0

    async def look() -> None:
        nonlocal peak
        while True:
            peak = max(peak, _resident_bytes())
            await asyncio.sleep(0.5)

    looking = asyncio.create_task(look())
    await watcher.run(stop)
    looking.cancel()
    settled = next(each for each in totals if each[0] >= SETTLED_S)
    share = (totals[-1][1] - settled[1]) / (totals[-1][0] - settled[0])
    rate = (totals[-1][2] - settled[2]) / (totals[-1][0] - settled[0])
    return {
        "watched_s": WATCHED_S,
        "light_cpu_s": share * (WATCHED_S - SETTLED_S),
        "light_bytes": rate * (WATCHED_S - SETTLED_S),
        "run_cpu_s": settled[1] - began_s - share * settled[0],
        "run_bytes": settled[2] - rate * settled[0],
        "memory_bytes": _resident_bytes() - idle,
        "peak_bytes": peak - idle,
    }
