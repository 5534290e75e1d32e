"""What nexkit costs and how true it is, beside the peers, in the lab: `python3 dev.py bench [NAME ...]`.

    verdict   time and memory of `nexkit diagnose`, healthy and with every fault
    start     `nexkit --version`, and the wizard's first page on a virtual screen
    route     hops, ten rounds, beside mtr
    load      goodput beside iperf3, on shaped links

Prints Markdown tables. Times depend on the machine: compare what stands side by side.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE / "lab"))

from scenario import all_paths, load  # noqa: E402  the lab is no package
from world import diagnose_command, refusal, run_in_lab  # noqa: E402

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


def bench_verdict() -> None:
    """Every scenario at quick depth (or its own, where it needs the load test), the healthy one at all depths."""
    rows = [_verdict("healthy", depth) for depth in ("quick", "standard", "full")]
    faults = [path for path in all_paths() if path.stem != "healthy"]
    rows += [_verdict(path.stem, "full" if load(path).depth == "full" else "quick") for path in faults]
    rows += [_verdict("gateway_unreachable", "standard"), _verdict("access_line_down", "standard")]
    table("Verdict in the lab", ("scenario", "depth", "verdict", "s", "peak MB"), rows)


def _verdict(name: str, depth: str) -> Sequence[object]:
    command = diagnose_command(load(HERE / "lab" / "scenarios" / f"{name}.toml"))
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


def bench_start() -> None:
    """Median of whole processes, warm."""
    rows = [
        ("python -c pass", *_times([sys.executable, "-c", "pass"])),
        ("nexkit --version", *_times([*NEXKIT, "--version"])),
        ("nexkit probe list", *_times([*NEXKIT, "probe", "list"])),
    ]
    table("Start", ("command", "median s", "min-max s"), rows)
    display, screen = _screen()
    try:
        found = [_first_page(display) for _round in range(ROUNDS)]
    finally:
        screen.terminate()
        screen.wait()
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


def _screen() -> tuple[str, subprocess.Popen[bytes]]:
    """A virtual screen of its own."""
    readable, writable = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writable), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"],
        pass_fds=[writable],
        stderr=subprocess.DEVNULL,
    )
    os.close(writable)
    with os.fdopen(readable) as pipe:
        return f":{pipe.readline().strip()}", server


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


def bench_route() -> None:
    """Ten rounds over seven hops, whole processes in turn."""
    found = json.loads(_on_client("healthy", "route"))
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


def client_route() -> dict[str, list[dict[str, Any]]]:
    """The measurement itself, on the lab's client."""
    ours = [*NEXKIT, "probe", "run", "route", TARGET, "rounds=10", "interval_s=0.1"]
    peer = ["mtr", "-4", "-n", "-r", "-c", "10", "-i", "0.1", "-G", "1", "-Z", "1", "--json", TARGET]
    found: dict[str, list[dict[str, Any]]] = {"mtr": [], "nexkit": []}
    for _round in range(ROUNDS):
        output, seconds = _timed(peer)
        hops = [hub["host"] for hub in json.loads(output)["report"]["hubs"]]
        found["mtr"].append({"seconds": seconds, "hops": hops})
        output, seconds = _timed(ours)
        hops = [
            ",".join(answer["address"] for answer in hop["responders"]) for hop in json.loads(output)["data"]["hops"]
        ]
        found["nexkit"].append({"seconds": seconds, "hops": hops})
    return found


def bench_load() -> None:
    """Goodput on shaped links, in turn with iperf3 over the same path."""
    rows: list[Sequence[object]] = []
    for rate in (100, 20):
        found = json.loads(_on_client(str(HERE / "lab" / "lines" / f"line_{rate}.toml"), "load"))
        for direction in ("down", "up"):
            peer = statistics.median(found[f"iperf3_{direction}"])
            ours = statistics.median(found[f"nexkit_{direction}"])
            rows.append(
                (rate, direction, f"{ours / 1e6:.2f}", f"{peer / 1e6:.2f}", f"{(ours / peer - 1) * 100:+.1f} %")
            )
    table("Goodput", ("link Mbit/s", "direction", "nexkit Mbit/s", "iperf3 -P4 Mbit/s", "difference"), rows)


def client_load() -> dict[str, list[float]]:
    """The measurement itself, on the lab's client."""
    found: dict[str, list[float]] = {f"{tool}_{way}": [] for tool in ("iperf3", "nexkit") for way in ("down", "up")}
    ours = [*NEXKIT, "probe", "run", "load", "backend=http", f"server=http://{SPEED}/", f"echo_target={TARGET}"]
    for _round in range(3):
        for way, reverse in (("down", ["-R"]), ("up", [])):
            # Over IPv6, as nexkit goes to a name that has it: the larger header costs 1.4 % of the goodput.
            output, _seconds = _timed(["iperf3", "-c", SPEED, "-6", "-P4", "-t5", "-O1", "-J", *reverse])
            found[f"iperf3_{way}"].append(json.loads(output)["end"]["sum_received"]["bits_per_second"])
        fact = json.loads(_timed(ours)[0])["data"]
        for way in ("down", "up"):
            found[f"nexkit_{way}"].append(fact[way]["goodput_bit_s"])
    return found


def _timed(command: Sequence[str]) -> tuple[str, float]:
    began = time.perf_counter()
    output = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return output, time.perf_counter() - began


def _on_client(scenario: str, name: str) -> str:
    # mtr sends through raw sockets; nexkit needs no privilege, and takes none where datagram sockets are permitted.
    run = run_in_lab(
        scenario, [sys.executable, str(Path(__file__).resolve()), "--on-client", name], timeout_s=300, privileged=True
    )
    if run.exit_status:
        raise RuntimeError(run.stderr)
    return run.stdout


BENCHES: dict[str, Callable[[], None]] = {
    "verdict": bench_verdict,
    "start": bench_start,
    "route": bench_route,
    "load": bench_load,
}
ON_CLIENT: dict[str, Callable[[], object]] = {"route": client_route, "load": client_load}


def main(words: list[str]) -> int:
    """Exit status."""
    if words[:1] == ["--on-client"]:
        print(json.dumps(ON_CLIENT[words[1]]()))
        return 0
    unknown = [word for word in words if word not in BENCHES]
    reason = refusal() or next((f"{tool} is missing" for tool in ("mtr", "iperf3") if not shutil.which(tool)), None)
    if unknown or reason:
        print(f"bench: {reason or f'{unknown[0]!r} is none of ' + ', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in words or BENCHES:
        BENCHES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
