"""Goodput, loaded latency, cost of the load test: beside iperf3, ping and curl, on shaped and unshaped lines."""

import contextlib
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from side_by_side import HERE, LAB, NEXKIT, SPEED, TARGET, table, timed
from world import run_in_lab

NEEDS = ("iperf3", "ping", "curl")
PAYLOAD_RATIO = 1428 / 1514
"""Of a full frame, over IPv6 with time stamps: nexkit goes that way to a name that has it, iperf3 is told to."""
ROUNDS = 3
OURS = [*NEXKIT, "probe", "run", "load", f"server=http://{SPEED}/", f"echo_target={TARGET}"]
WAYS = (("down", ["-R"]), ("up", []))


def bench() -> None:
    """Everything in turn; the lab's lines stand in tests/lab/lines/."""
    rows: list[Sequence[object]] = []
    for rate, cap in ((20, 200), (100, 200), (1000, 1000)):
        found = _in_lab(f"line_{rate}", "goodput", str(cap))
        ideal = rate * 1e6 * PAYLOAD_RATIO
        for way, _options in WAYS:
            figures = {tool: statistics.median(found[f"{tool}_{way}"]) for tool in ("iperf3", "http", "https")}
            errors = [f"{(figures[tool] / ideal - 1) * 100:+.2f} %" for tool in figures]
            rows.append((rate, way, *errors, f"{statistics.median(found[f'seconds_{way}']):.1f}"))
    header = ("line Mbit/s", "way", "iperf3 -P4 -t10", "nexkit", "nexkit, TLS", "nexkit's seconds of 10")
    table("Goodput: error against rate x 1428/1514, medians", header, rows)

    found = _in_lab("line_100_loss", "loss")
    rows = [
        (way, *(f"{statistics.median(found[f'{what}_{way}']) / 1e6:.1f}" for what in ("iperf3", "ours", "one")))
        for way, _options in WAYS
    ]
    table("100 Mbit/s, 40 ms, 1 % loss: Mbit/s", ("way", "iperf3 -P16", "nexkit", "nexkit's first flow"), rows)

    rows = []
    for line in ("line_20_deep", "line_20", "line_100"):
        found = _in_lab(line, "latency")
        for way, _options in WAYS:
            ours, theirs = found[f"ours_{way}"], found[f"iperf3_{way}"]
            rows.append((line, way, *(f"{theirs[q]:.0f}" for q in (0, 1)), *(f"{ours[q]:.0f}" for q in (0, 1))))
    header = ("line", "way", "ping beside iperf3 -P4: median ms", "p95", "nexkit: median ms", "p95")
    table("Round trips under load (ping: 11 s, the first 4 left out)", header, rows)

    found = _in_lab("open", "ceiling")
    rows = [
        (scheme, *(f"{statistics.median(found[f'{tool}_{scheme}']) / 1e9:.1f}" for tool in ("curl", "ours")))
        for scheme in ("http", "https")
    ]
    table("One connection, no shaping: Gbit/s", ("scheme", "curl", "nexkit"), rows)

    found = _in_lab("line_100", "whole")
    rows = [(tool, f"{found[tool][0]:.1f}", f"{found[tool][1] / 1e6:.0f}") for tool in ("speedtest-cli", "nexkit")]
    table("Whole test at 100 Mbit/s", ("program", "seconds", "peak memory, MB"), rows)


def _in_lab(line: str, what: str, *words: str) -> dict[str, Any]:
    """What one of the measurements below gives on the lab's client."""
    command = [sys.executable, str(HERE / "load.py"), what, *words]
    run = run_in_lab(str(LAB / "lines" / f"{line}.toml"), command, timeout_s=900, privileged=True)
    if run.exit_status:
        raise RuntimeError(run.stderr)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def _iperf3(*options: str) -> float:
    for _try in range(3):
        output, _seconds = timed(["iperf3", "-c", SPEED, "-6", "-J", *options])
        if "sum_received" in (end := json.loads(output)["end"]):
            rate: float = end["sum_received"]["bits_per_second"]
            return rate
        time.sleep(1)  # its server still ends the test before
    raise RuntimeError(f"iperf3 measured nothing: {output[-500:]}")


def _nexkit(*options: str) -> dict[str, Any]:
    fact: dict[str, Any] = json.loads(timed([*OURS, *options])[0])["data"]
    return fact


def goodput(cap_mb: str) -> dict[str, list[float]]:
    """iperf3 for ten seconds each way, and the probe, over plain HTTP and TLS."""
    found: dict[str, list[float]] = {}
    for _round in range(ROUNDS):
        for way, options in WAYS:
            found.setdefault(f"iperf3_{way}", []).append(_iperf3("-P4", "-t10", *options))
        for scheme in ("http", "https"):
            fact = _nexkit(f"server={scheme}://{SPEED}/", f"max_bytes={cap_mb}000000")
            for way, _options in WAYS:
                found.setdefault(f"{scheme}_{way}", []).append(fact[way]["goodput_bit_s"] or 0.0)
                lasted_s = fact[way]["ramp_up_s"] + fact[way]["measured_s"]
                found.setdefault(f"seconds_{way}", []).append(lasted_s)
    return found


def loss() -> dict[str, list[float]]:
    """Many flows on a path that loses packets."""
    found: dict[str, list[float]] = {}
    for _round in range(ROUNDS):
        for way, options in WAYS:
            found.setdefault(f"iperf3_{way}", []).append(_iperf3("-P16", "-t10", *options))
        fact = _nexkit()
        for way, _options in WAYS:
            found.setdefault(f"ours_{way}", []).append(fact[way]["goodput_bit_s"])
            found.setdefault(f"one_{way}", []).append(fact[way]["one_flow_bit_s"] or 0.0)
    return found


def latency() -> dict[str, list[float]]:
    """ping beside iperf3, as the truth; medians of the runs' medians and p95."""
    runs: dict[str, list[tuple[float, float]]] = {}
    for _round in range(ROUNDS):
        for way, options in WAYS:
            runs.setdefault(f"iperf3_{way}", []).append(_pinged(options))
        fact = _nexkit()
        for way, _options in WAYS:
            working = fact[way]["working"]
            runs.setdefault(f"ours_{way}", []).append((working["rtt_p50_ms"], working["rtt_p95_ms"]))
    return {name: [statistics.median(pair[q] for pair in pairs) for q in (0, 1)] for name, pairs in runs.items()}


def _pinged(options: Sequence[str]) -> tuple[float, float]:
    ping = subprocess.Popen(["ping", "-n", "-D", "-i0.05", TARGET], stdout=subprocess.PIPE, text=True)
    began_s = time.time()
    _iperf3("-P4", "-t11", *options)
    ping.send_signal(2)
    output, _ = ping.communicate()
    replies = re.findall(r"\[([\d.]+)\].*time=([\d.]+)", output)
    times = sorted(float(ms) for at, ms in replies if 4 <= float(at) - float(ms) / 1000 - began_s < 11)
    return times[len(times) // 2], times[int(len(times) * 0.95)]


def ceiling() -> dict[str, list[float]]:
    """One connection for some seconds, on a line without limits."""
    found: dict[str, list[float]] = {}
    for scheme in ("http", "https"):
        for _round in range(ROUNDS):
            url = f"{scheme}://{SPEED}/download?bytes=1000000000000"
            fetch = ["curl", "-s", "-o", "/dev/null", "-w", "%{speed_download}", "--max-time", "2", url]
            output = subprocess.run(fetch, check=False, capture_output=True, text=True).stdout
            found.setdefault(f"curl_{scheme}", []).append(8 * float(output))
            found.setdefault(f"ours_{scheme}", []).append(_one_connection(scheme))
    return found


def _one_connection(scheme: str) -> float:
    """Bits per second of the probe's own connection, without its limits of bytes and time."""
    import asyncio
    import random

    sys.path.insert(0, str(HERE.parents[1]))
    from nexkit.clock import SystemClock
    from nexkit.platform import system_platform
    from nexkit.probe import ProbeContext
    from probes.load.http_backend import HttpCarrier, Paths
    from probes.load.server import find_server

    ctx = ProbeContext(
        platform=system_platform(),
        clock=SystemClock(),
        random=random.Random(1),
        max_bytes=10**15,
        on_progress=lambda _ratio: None,
        on_sample=lambda _rtt_ms: None,
    )

    async def run() -> float:
        server = await find_server(ctx, scheme=scheme, host=SPEED, port=None, authority=SPEED)
        paths = Paths(download="/download?bytes={bytes}", upload="/upload", small=None, unit_bytes=1)
        carrier = HttpCarrier(ctx, server, paths, payload=b"", is_download=True, most_connections=1)
        flow = await carrier.open()
        began_s = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await carrier.carry(flow, 10**12)
        seconds = time.perf_counter() - began_s
        flow.abort()
        return 8 * flow.received_bytes / seconds

    return asyncio.run(run())


def whole() -> dict[str, tuple[float, float]]:
    """Seconds and peak memory of a whole test: speedtest-cli's transfers against the same server, and the probe."""
    found = {}
    for name, command in (("speedtest-cli", [sys.executable, __file__, "peer"]), ("nexkit", OURS)):
        runs = [_used(command) for _round in range(ROUNDS)]
        found[name] = (statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs))
    return found


def _used(command: Sequence[str]) -> tuple[float, float]:
    """Wall time, and peak memory of the process alone."""
    began_s = time.perf_counter()
    script = "import os,subprocess,sys,resource;subprocess.run(sys.argv[1:],stdout=-3,check=True);"
    script += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    output = subprocess.run([sys.executable, "-c", script, *command], check=True, capture_output=True, text=True)
    return time.perf_counter() - began_s, int(output.stdout) * 1024


def peer() -> dict[str, float]:
    """speedtest-cli as it measures, with the configuration that its service would have sent."""
    import speedtest

    class Local(speedtest.Speedtest):  # type: ignore[misc]  it ships no types
        """Asks nobody for its configuration."""

        def get_config(self) -> dict[str, Any]:
            """The service's own sizes and counts."""
            sides = [350, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000]
            upload = [32768, 65536, 131072, 262144, 524288, 1048576, 7340032]
            self.config.update(
                client={"ip": "192.0.2.1", "isp": "", "country": "JP", "lat": "0", "lon": "0"},
                ignore_servers=[],
                sizes={"upload": upload[4:], "download": sides},
                counts={"upload": 11, "download": 4},
                threads={"upload": 8, "download": 8},
                length={"upload": 10, "download": 10},
                upload_max=32,
            )
            self.lat_lon = (0.0, 0.0)
            return self.config

    client = Local()
    client._best.update(url=f"http://{SPEED}/speedtest/upload.php", latency=1.0)
    client.download()
    client.upload(pre_allocate=False)
    return {"down": client.results.download, "up": client.results.upload}


MEASURES: dict[str, Callable[..., Any]] = {
    function.__name__: function for function in (goodput, loss, latency, ceiling, whole, peer)
}

if __name__ == "__main__":
    print(json.dumps(MEASURES[sys.argv[1]](*sys.argv[2:])))
