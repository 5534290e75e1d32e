"""Echo beside fping and iputils ping: 100 requests to one host, 10 to each of 50; told round trips against the wire."""

import asyncio
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import many_pings
from side_by_side import LAB, NEXKIT, ROOT, ROUNDS, TARGET, on_client, table
from wire import captured

NEEDS = ("fping", "ping")
MANY = [f"198.18.0.{number}" for number in range(101, 151)]
TARGET6 = "2001:db8:18::10"


def bench() -> None:
    """Whole processes in turn, without capture for the time they take and with it for what they tell."""
    found = json.loads(on_client(str(LAB / "lines" / "many_hosts.toml"), "ping"))
    for title, peer in (("100 echoes to one host, 10 ms apart", "fping"), ("10 echoes to each of 50 hosts", "fping")):
        group = found[title]
        peer_s = statistics.median(group["seconds"][peer])
        rows = [
            (tool, f"{statistics.median(times):.3f}", f"{min(times):.3f}-{max(times):.3f}", _ratio(times, peer_s))
            for tool, times in group["seconds"].items()
        ]
        table(f"Ping: {title}", ("tool", "median s", "min-max s", "of fping's"), rows)
    rows = []
    for situation, tools in found["errors"].items():
        for tool, runs in tools.items():
            told, wire, error, error_p95 = (
                statistics.median(run[what] for run in runs) for what in ("told", "wire", "error", "error_p95")
            )
            rows.append((situation, tool, *(f"{1000 * value:+.0f}" for value in (told, wire, error, error_p95))))
    header = ("situation", "tool", "told, us", "on the wire, us", "error, median us", "error, p95 us")
    table("Ping: round trips told and on the wire", header, rows)


def _ratio(times: Sequence[float], peer_s: float) -> str:
    return f"{statistics.median(times) / peer_s:.3f}"


def measure() -> dict[str, Any]:
    """The measurement itself, on the lab's client."""
    one = {
        "fping": (lambda: _fping([TARGET], 100, 10)),
        "iputils ping": (lambda: _iputils(TARGET)),
        "nexkit, whole process": (lambda: _nexkit(TARGET)),
        "nexkit, the probe alone": (lambda: many_pings.inside([TARGET], 100, 0.01)),
    }
    many = {
        "fping": (lambda: _fping(MANY, 10, 100)),
        "nexkit, 50 probes in one process": _many_in_a_process,
        "nexkit, 50 probes alone": (lambda: many_pings.inside(MANY, 10, 0.1)),
        "nexkit, a runner of 50 steps alone": (lambda: _runner(MANY)),
    }
    found: dict[str, Any] = {"errors": {}}
    for title, tools in (("100 echoes to one host, 10 ms apart", one), ("10 echoes to each of 50 hosts", many)):
        seconds: dict[str, list[float]] = {}
        for _round in range(ROUNDS):
            for tool, run in tools.items():
                seconds.setdefault(tool, []).append(run()[0])
        found[title] = {"seconds": seconds}
    one6 = {
        "iputils ping": (lambda: _iputils(TARGET6)),
        "nexkit, whole process": (lambda: _nexkit(TARGET6)),
    }
    few = {name: one[name] for name in ("fping", "iputils ping", "nexkit, whole process")}
    for situation, tools, busy in (
        ("one host", few, 0),
        ("one host, IPv6", one6, 0),
        ("one host, both cores busy", few, 2),
        ("50 hosts", many, 0),
    ):
        with _busy(busy):
            for _round in range(ROUNDS):
                for tool, run in tools.items():
                    with captured() as wire:
                        _seconds, told = run()
                    found["errors"].setdefault(situation, {}).setdefault(tool, []).append(_against(told, wire))
    return found


def _against(told: dict[str, list[float]], wire: dict[str, list[float]]) -> dict[str, float]:
    """Medians of one run, ms; each told round trip is compared with the same request on the wire."""
    pairs = [pair for host, rtts in told.items() for pair in zip(rtts, wire[host], strict=True)]
    errors = sorted(rtt - true for rtt, true in pairs)
    return {
        "told": statistics.median(rtt for rtt, _ in pairs),
        "wire": statistics.median(true for _, true in pairs),
        "error": statistics.median(errors),
        "error_p95": errors[int(len(errors) * 0.95)],
    }


@contextmanager
def _busy(count: int) -> Iterator[None]:
    """So many loops that use a whole core each."""
    loops = [subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _timed(command: Sequence[str]) -> tuple[str, str, float]:
    began = time.perf_counter()
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return run.stdout, run.stderr, time.perf_counter() - began


def _fping(hosts: Sequence[str], count: int, period_ms: int) -> tuple[float, dict[str, list[float]]]:
    _output, told, seconds = _timed(["fping", f"-C{count}", f"-p{period_ms}", "-i1", "-q", *hosts])
    lines = (line.split(" : ") for line in told.splitlines())
    return seconds, {host.strip(): [float(word) for word in rtts.split()] for host, rtts in lines}


def _iputils(host: str) -> tuple[float, dict[str, list[float]]]:
    output, _told, seconds = _timed(["ping", "-n", "-c100", "-i0.01", host])
    return seconds, {host: [float(word) for word in re.findall(r"time=([\d.]+) ms", output)]}


def _nexkit(host: str) -> tuple[float, dict[str, list[float]]]:
    output, _told, seconds = _timed([*NEXKIT, "probe", "run", "ping", host, "count=100", "interval_s=0.01"])
    return seconds, {host: [sample["rtt_ms"] for sample in json.loads(output)["data"]["samples"]]}


def _many_in_a_process() -> tuple[float, dict[str, list[float]]]:
    output, _told, seconds = _timed([sys.executable, many_pings.__file__, *MANY])
    return seconds, json.loads(output)


def _runner(hosts: Sequence[str]) -> tuple[float, dict[str, list[float]]]:
    """As a diagnosis does it: one stage of a plan with a step for each host."""
    from nexkit.consent import Consent
    from nexkit.plan.step import Step
    from nexkit.request import Request
    from nexkit.run_record import ProfileReference, ProfileTrust
    from nexkit.subject import Subject
    from nexkit.units import Seconds
    from ui.bootstrap import build_runner

    steps = tuple(
        Step(
            id=host,
            probe="ping",
            subject=Subject.ANCHOR,
            params={"target": host, "count": 10, "interval_s": 0.1},
            timeout_s=Seconds(10),
        )
        for host in hosts
    )
    nobody = ProfileReference(id="none", serial=0, trust=ProfileTrust.BUILT_IN, sha256="")

    async def measured() -> tuple[float, dict[str, list[float]]]:
        runner = build_runner()
        began = time.perf_counter()
        record = await runner.measure(
            lambda done: () if done else steps,
            Request(consent=frozenset(Consent)),
            nobody,
            lambda _event: None,
            asyncio.Event(),
        )
        seconds = time.perf_counter() - began
        return seconds, {each.id: [s.rtt_ms for s in each.outcome.fact.samples] for each in record.results}

    return asyncio.run(measured())
