"""Goodput beside iperf3, on shaped links."""

import json
import statistics
from collections.abc import Sequence

from side_by_side import LAB, NEXKIT, SPEED, TARGET, on_client, table, timed

NEEDS = ("iperf3",)


def bench() -> None:
    """Goodput on shaped links, in turn with iperf3 over the same path."""
    rows: list[Sequence[object]] = []
    for rate in (100, 20):
        found = json.loads(on_client(str(LAB / "lines" / f"line_{rate}.toml"), "load"))
        for direction in ("down", "up"):
            peer = statistics.median(found[f"iperf3_{direction}"])
            ours = statistics.median(found[f"nexkit_{direction}"])
            rows.append(
                (rate, direction, f"{ours / 1e6:.2f}", f"{peer / 1e6:.2f}", f"{(ours / peer - 1) * 100:+.1f} %")
            )
    table("Goodput", ("link Mbit/s", "direction", "nexkit Mbit/s", "iperf3 -P4 Mbit/s", "difference"), rows)


def measure() -> dict[str, list[float]]:
    """The measurement itself, on the lab's client."""
    found: dict[str, list[float]] = {f"{tool}_{way}": [] for tool in ("iperf3", "nexkit") for way in ("down", "up")}
    ours = [*NEXKIT, "probe", "run", "load", "backend=http", f"server=http://{SPEED}/", f"echo_target={TARGET}"]
    for _round in range(3):
        for way, reverse in (("down", ["-R"]), ("up", [])):
            # Over IPv6, as nexkit goes to a name that has it: the larger header costs 1.4 % of the goodput.
            output, _seconds = timed(["iperf3", "-c", SPEED, "-6", "-P4", "-t5", "-O1", "-J", *reverse])
            found[f"iperf3_{way}"].append(json.loads(output)["end"]["sum_received"]["bits_per_second"])
        fact = json.loads(timed(ours)[0])["data"]
        for way in ("down", "up"):
            found[f"nexkit_{way}"].append(fact[way]["goodput_bit_s"])
    return found
