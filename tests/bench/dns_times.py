"""Query times told beside those on the wire, next to dig: 100 queries in turn, and 100 at once."""

import asyncio
import contextlib
import json
import random
import re
import select
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

from side_by_side import ROUNDS, on_client, table

from nexkit.clock import SystemClock
from nexkit.facts.dns import NameRole
from nexkit.platform import system_platform
from nexkit.platform.linux_datagram import ANCILLARY_BYTES, ask_for_stamps, stamp_ns
from nexkit.probe import ProbeContext

NEEDS = ("dig",)
RESOLVER = "198.18.53.53"
DEVICE = "eth0"
QUERIES = 100
_QUERY_TIME = re.compile(r"Query time: ([0-9]+) usec")
_UDP_BYTES, _DNS_HEADER_BYTES = 8, 12
_DNS_PORT = 53

Told = dict[str, float]
"""Microseconds by the name that was asked for."""


def bench() -> None:
    """Errors of the told times, in turn with dig against the same server; the truth is a capture on the client."""
    found = json.loads(on_client("healthy", "dns_times"))
    rows = [
        (
            name,
            f"{statistics.median(runs['told_us']):.0f}",
            f"{statistics.median(runs['wire_us']):.0f}",
            f"{statistics.median(runs['error_us']):+.0f}",
            f"{statistics.quantiles(runs['error_us'], n=20)[-1]:+.0f}",
            f"{max(runs['error_us']):+.0f}",
            f"{statistics.median(runs['seconds']):.2f}",
        )
        for name, runs in found.items()
    ]
    header = ("tool, 100 queries", "told us", "wire us", "error us", "p95 of it", "most", "wall s")
    table("DNS, told against the wire", header, rows)


def measure() -> dict[str, dict[str, list[float]]]:
    """The measurement itself, on the lab's client."""
    found: dict[str, dict[str, list[float]]] = {}
    runs: dict[str, Callable[[list[str]], Told]] = {
        "dig, in turn": _dig_in_turn,
        "nexkit, in turn": lambda names: asyncio.run(_nexkit(names, _in_turn)),
        "dig, at once": _dig_at_once,
        "nexkit, at once": lambda names: asyncio.run(_nexkit(names, asyncio.gather)),
    }
    for number in range(ROUNDS):
        for label, run in runs.items():
            names = [f"q{number}x{index}.{label[:3]}.{'turn' in label}.example.com" for index in range(QUERIES)]
            with _capture() as wire_us:
                began_s = time.perf_counter()
                told_us = run(names)
                seconds = time.perf_counter() - began_s
            kept = found.setdefault(label, {"told_us": [], "wire_us": [], "error_us": [], "seconds": []})
            kept["seconds"].append(seconds)
            for name, told in told_us.items():
                kept["told_us"].append(told)
                kept["wire_us"].append(wire_us[name.lower()])
                kept["error_us"].append(told - wire_us[name.lower()])
    return found


async def _in_turn(*asked: Awaitable[object]) -> list[object]:
    return [await each for each in asked]


async def _nexkit(names: list[str], gather: Callable[..., Awaitable[list[object]]]) -> Told:
    from probes.dns.asking import Asker
    from probes.exchange.dns_question import Question

    ctx = ProbeContext(
        platform=system_platform(),
        clock=SystemClock(),
        random=random.Random(),
        max_bytes=1_000_000,
        on_progress=lambda _ratio: None,
        on_sample=lambda _rtt_ms: None,
    )
    asker = Asker(RESOLVER, _DNS_PORT, 2.0, ctx)
    asked = await gather(*(asker.ask(Question(name=name, role=NameRole.CONTROL)) for name in names))
    return {query.name: query.time_ms * 1000 for (query,) in asked}


def _dig(name: str) -> "subprocess.Popen[str]":
    command = ["dig", "-u", "+tries=1", f"@{RESOLVER}", name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _told(output: str) -> float:
    match = _QUERY_TIME.search(output)
    if match is None:
        raise RuntimeError(output)
    return float(match[1])


def _dig_in_turn(names: list[str]) -> Told:
    return {name: _told(_dig(name).communicate()[0]) for name in names}


def _dig_at_once(names: list[str]) -> Told:
    running = {name: _dig(name) for name in names}
    return {name: _told(process.communicate()[0]) for name, process in running.items()}


@contextlib.contextmanager
def _capture() -> Iterator[Told]:
    """From question to answer on the client's interface, by the name; filled when the block is left."""
    seen: Told = {}
    # A process of its own: a thread would take its time from what is measured.
    with subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        child.stdout.readline()
        yield seen
        child.stdin.close()
        seen |= json.loads(child.stdout.readline())


def capture() -> None:
    """Read packets with the kernel's stamps until standard input ends; then print what each name took."""
    asked_ns: dict[str, int] = {}
    took_us: Told = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003)) as sock:
        sock.bind((DEVICE, 0x0003))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        ask_for_stamps(sock)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([sock, sys.stdin], [], [])
            if sock not in ready:
                break
            packet, ancillary, _, _ = sock.recvmsg(2048, ANCILLARY_BYTES)
            udp = packet[(packet[0] & 0x0F) * 4 :]
            ports = struct.unpack_from("!HH", udp) if packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP else ()
            at_ns = stamp_ns(ancillary)
            if _DNS_PORT not in ports or at_ns is None:
                continue
            name = _asked_name(udp[_UDP_BYTES + _DNS_HEADER_BYTES :])
            if ports[1] == _DNS_PORT:
                asked_ns[name] = at_ns
            elif name in asked_ns:
                took_us[name] = (at_ns - asked_ns[name]) / 1000
    print(json.dumps(took_us))


def _asked_name(question: bytes) -> str:
    labels = []
    while length := question[0]:
        labels.append(question[1 : 1 + length].decode("ascii"))
        question = question[1 + length :]
    return ".".join(labels).lower()


if __name__ == "__main__":
    capture()
