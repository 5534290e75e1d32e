"""What psutil tells of this computer on every system, as the fact that all systems fill."""

import contextlib
import hashlib
import os
import socket
import time
from dataclasses import dataclass
from typing import Any

from nexkit.data.host_agents import agents_among
from nexkit.facts.host import Agent, HostState, PowerMode, SystemConnectivity, busy_ratio
from nexkit.stats import quantile
from nexkit.units import Bytes, Ms, Ratio, Seconds

_IDLE_FIELDS = ("idle", "iowait")
_COUNTED_TWICE = frozenset({"guest", "guest_nice"})
"""Linux counts them in `user` and `nice` as well (proc(5))."""
_PERCENT = 100
_LOOPBACK = "127.0.0.1"
_PACE_S = 0.04
_COMPUTING_S = 0.01
_LEAST_ANSWERS = 3
_ENOUGH_S = 0.6
"""Where answers take so long that there are fewer until then, even one tells."""
_LOOPBACK_TIMEOUT_S = 1.0
_DATAGRAM = b"nexkit"
_WORK = bytes(500_000)
"""To be hashed: short, and other threads of this program may run meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemReading:
    """What each system tells in its own way."""

    uptime_s: Seconds | None = None
    slept_s: Seconds | None = None
    woke_ago_s: Seconds | None = None
    power_mode: PowerMode | None = None
    connectivity: SystemConnectivity | None = None
    connectivity_by: str | None = None


def program_names() -> tuple[str, ...] | None:
    """The names of all programs that run; None where the system does not list them."""
    import psutil

    try:
        processes = psutil.process_iter(["name"])  # type: ignore[no-untyped-call]  # psutil ships no types
        return tuple(str(process.info["name"] or "") for process in processes)
    except (psutil.Error, OSError):
        return None


def host_state(system: SystemReading, programs: tuple[str, ...] | None, interval_s: Seconds) -> HostState:
    """Everything together; takes as long as the interval that the processors are watched for."""
    import psutil

    busy_before, idle_before = _cpu_seconds(psutil)
    own_answer_p50_ms = _own_answers(interval_s)
    busy_s, idle_s = _cpu_seconds(psutil)
    memory = _read(psutil.virtual_memory)
    swap = _read(psutil.swap_memory)
    battery = _read(getattr(psutil, "sensors_battery", lambda: None))
    return HostState(
        uptime_s=system.uptime_s,
        cpu_count=os.cpu_count(),
        cpu_busy_s=Seconds(busy_s),
        cpu_idle_s=Seconds(idle_s),
        cpu_busy_ratio=busy_ratio(busy_s - busy_before, idle_s - idle_before),
        load_1min=_load(),
        memory_total_bytes=Bytes(memory.total) if memory else None,
        memory_available_bytes=Bytes(memory.available) if memory else None,
        swap_total_bytes=Bytes(swap.total) if swap else None,
        swap_used_bytes=Bytes(swap.used) if swap else None,
        swapped_bytes=Bytes(swap.sin + swap.sout) if swap else None,
        battery_ratio=Ratio(min(1.0, battery.percent / _PERCENT)) if battery else None,
        on_battery=not battery.power_plugged if battery and battery.power_plugged is not None else None,
        power_mode=system.power_mode,
        slept_s=system.slept_s,
        woke_ago_s=system.woke_ago_s,
        connectivity=system.connectivity,
        connectivity_by=system.connectivity_by,
        agents=_agents(programs),
        own_answer_p50_ms=own_answer_p50_ms,
    )


def _own_answers(interval_s: Seconds) -> Ms | None:
    """What a program waits for, beyond its own computing, until it answers itself over loopback: the median.

    Each time it computes for a while first, as a program does that encrypts or draws: one that only sleeps is served
    first by any scheduler, and does not notice what the others suffer. None where the system refuses.
    """
    began_s = time.monotonic()
    waited_ms: list[float] = []
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(_LOOPBACK_TIMEOUT_S)
        sock.bind((_LOOPBACK, 0))
        while (asked_s := time.monotonic()) - began_s < interval_s - _PACE_S or (
            0 < len(waited_ms) < _LEAST_ANSWERS and asked_s - began_s < _ENOUGH_S
        ):
            computed_s = time.thread_time()
            while time.thread_time() - computed_s < _COMPUTING_S:
                hashlib.sha256(_WORK).digest()
            sock.sendto(_DATAGRAM, sock.getsockname())
            while sock.recv(len(_DATAGRAM)) != _DATAGRAM:
                pass  # a stranger's
            took_s = time.monotonic() - asked_s
            waited_ms.append(max(0.0, took_s - (time.thread_time() - computed_s)) * 1000)
            time.sleep(max(0.0, _PACE_S - took_s))
    time.sleep(max(0.0, interval_s - (time.monotonic() - began_s)))
    median = quantile(waited_ms, 0.5)
    return None if median is None else Ms(median)


def _agents(programs: tuple[str, ...] | None) -> tuple[Agent, ...] | None:
    return None if programs is None else agents_among(programs)


def _cpu_seconds(psutil: Any) -> tuple[float, float]:  # noqa: ANN401  a module without types
    """Busy and idle seconds of all processors together since the start."""
    times = psutil.cpu_times()._asdict()
    idle = sum(times.get(field, 0.0) for field in _IDLE_FIELDS)
    total = sum(value for field, value in times.items() if field not in _COUNTED_TWICE)
    return total - idle, idle


def _read(function: Any) -> Any:  # noqa: ANN401  functions of a module without types
    """What a function of psutil tells; None where this system does not."""
    with contextlib.suppress(OSError, RuntimeError, NotImplementedError, ValueError):
        return function()
    return None


def _load() -> float | None:
    """Waiting programs over a minute, by the system's own count."""
    if not hasattr(os, "getloadavg"):
        return None
    try:
        return float(os.getloadavg()[0])
    except OSError:
        return None
