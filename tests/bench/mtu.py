"""Path MTU on every kind of path, beside tracepath."""

import json
import re
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from typing import Any

from side_by_side import NEXKIT, ROUNDS, on_client, table, timed

NEEDS = ("tracepath",)
TARGETS = {4: "198.18.0.10", 6: "2001:db8:18::10"}
PATHS = [(1500, "told")] + [(mtu, way) for mtu in (1492, 1460, 1454, 1400, 1280) for way in ("told", "silent", "lossy")]


def bench() -> None:
    """Every path, both families, whole processes in turn; tracepath waits long where routers are silent."""
    rows: list[Sequence[object]] = []
    for mtu, way in PATHS:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(_scenario(mtu, way))
            file.flush()
            found = json.loads(on_client(file.name, "mtu"))
        for version in ("4", "6"):
            ours = found["nexkit"][version]
            peer = found["tracepath"][version]
            rows.append(
                (
                    mtu,
                    way,
                    f"IPv{version}",
                    f"{sum(run['mtu'] == mtu for run in ours)}/{len(ours)}",
                    f"{statistics.median(run['probe_s'] for run in ours):.2f}",
                    f"{max(run['seconds'] for run in ours):.2f}",
                    f"{max(run['bytes'] for run in ours) / 1000:.0f}",
                    f"{sum(run['mtu'] == mtu for run in peer)}/{len(peer)}" if peer else "–",
                    f"{statistics.median(run['seconds'] for run in peer):.2f}" if peer else "–",
                )
            )
    table(
        "Path MTU",
        ("MTU", "path", "family", "exact", "probe s", "max s whole", "max kB sent", "tracepath exact", "tracepath s"),
        rows,
    )


def _scenario(mtu: int, way: str) -> str:
    """A link in the provider's network that takes less, with routers that say so, do not, or lose a packet in fifty."""
    injected = [
        {"do": "ip", "node": "isp1", "lines": [f"link set uplink mtu {mtu}"]},
        {"do": "ip", "node": "isp2", "lines": [f"link set downlink mtu {mtu}"]},
    ]
    if way == "silent":
        rules = _rules(
            "output", "icmp type destination-unreachable icmp code 4 drop", "icmpv6 type packet-too-big drop"
        )
        injected += [{"do": "nft", "node": node, "rules": rules} for node in ("isp1", "isp2")]
    if way == "lossy":
        rules = _rules("forward", "numgen random mod 100 < 2 drop")
        injected.append({"do": "nft", "node": "core1", "rules": rules})
    lines = ['story = "A path that takes less."', *(_toml(action) for action in injected)]
    return "\n".join([*lines, "[expect]", 'verdict = "healthy"', 'visible = "true"', ""])


def _rules(hook: str, *rules: str) -> str:
    """A table of nftables."""
    lines = [f"type filter hook {hook} priority filter;", *rules]
    return "\n".join(["table inet narrow {", "chain faults {", *lines, "}", "}", ""])


def _toml(action: dict[str, Any]) -> str:
    """One action of a scenario file."""
    return "\n".join(["[[inject]]", *(f"{key} = {json.dumps(value)}" for key, value in action.items())])


def measure() -> dict[str, dict[str, list[dict[str, Any]]]]:
    """The measurement itself, on the lab's client."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {tool: {"4": [], "6": []} for tool in ("nexkit", "tracepath")}
    given_up: set[str] = set()
    for _round in range(ROUNDS):
        for version, target in TARGETS.items():
            _forget()
            output, seconds = timed([*NEXKIT, "probe", "run", "mtu", target])
            fact = json.loads(output)["data"]
            sent = sum(sample["sent"] * sample["size_bytes"] for sample in fact["samples"])
            found["nexkit"][str(version)].append(
                {"mtu": fact["path_mtu_bytes"], "probe_s": fact["took_ms"] / 1000, "seconds": seconds, "bytes": sent}
            )
            _forget()
            if str(version) in given_up:
                continue
            try:
                output, seconds = timed(["timeout", "8", "tracepath", f"-{version}", "-n", target])
            except subprocess.CalledProcessError:
                given_up.add(str(version))  # it sends on to where nothing comes back from
                continue
            told = re.findall(r"pmtu (\d+)", output)
            found["tracepath"][str(version)].append({"mtu": int(told[-1]) if told else None, "seconds": seconds})
    return found


def _forget() -> None:
    """What the kernel has learnt of paths; a peer leaves that behind."""
    for family in ("-4", "-6"):
        subprocess.run(["ip", family, "route", "flush", "cache"], check=True)
