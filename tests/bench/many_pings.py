"""Many ping probes at once in one process: `many_pings.py HOST ...` prints round trips in ms by host."""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Sequence

from nexkit.clock import SystemClock
from nexkit.outcome import Completed
from nexkit.platform import system_platform
from nexkit.probe import ProbeContext
from nexkit.single_run import run_once
from probes.ping import PingProbe


def inside(hosts: Sequence[str], count: int, interval_s: float) -> tuple[float, dict[str, list[float]]]:
    """One probe for each host, all at once in this process."""
    nothing: Callable[[object], None] = lambda _: None  # noqa: E731

    async def one(host: str) -> tuple[str, list[float]]:
        ctx = ProbeContext(
            platform=system_platform(),
            clock=SystemClock(),
            random=random.Random(1),
            max_bytes=PingProbe.spec.max_bytes,
            on_progress=nothing,
            on_sample=nothing,
        )
        outcome = await run_once(
            PingProbe(),
            {"target": host, "count": count, "interval_s": interval_s},
            ctx,
            deadline_s=PingProbe.spec.timeout_s,
            ended=asyncio.get_running_loop().create_future(),
            name=host,
        )
        assert isinstance(outcome, Completed)
        return host, [sample.rtt_ms for sample in outcome.fact.samples]

    async def all_of_them() -> tuple[float, dict[str, list[float]]]:
        began = time.perf_counter()
        told = dict(await asyncio.gather(*(one(host) for host in hosts)))
        return time.perf_counter() - began, told

    return asyncio.run(all_of_them())


if __name__ == "__main__":
    print(json.dumps(inside(sys.argv[1:], 10, 0.1)[1]))
