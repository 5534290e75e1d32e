"""Linux: clocks that stop in sleep and one that does not, sysfs, NetworkManager and systemd where they are."""

import asyncio
import contextlib
import sys
import time
from pathlib import Path

from nexkit.facts.host import HostState
from nexkit.platform.host_reading import SystemReading, host_state, program_names
from nexkit.platform.parse_host import parse_network_manager, parse_platform_profile, parse_woke_at_s
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_PLATFORM_PROFILE = Path("/sys/firmware/acpi/platform_profile")
_NMCLI = "/usr/bin/nmcli"
_SYSTEMCTL = "/usr/bin/systemctl"
_TOOL_TIMEOUT_S = Seconds(1.0)
_TOOL_OUTPUT_BYTES = 10_000
_SLEPT_AT_LEAST_S = 1.0
"""Less is the time between the reading of two clocks."""


async def read_host(platform: SocketPlatform, interval_s: Seconds) -> HostState:
    """The computer now."""
    connectivity, woke = await asyncio.gather(
        # What NetworkManager knows already; `check` would have it ask its own test host again.
        _output(platform, _NMCLI, "networking", "connectivity"),
        _output(platform, _SYSTEMCTL, "show", "sleep.target", "-p", "InactiveEnterTimestampMonotonic"),
    )
    return await in_daemon_thread(_read, connectivity, woke, interval_s)


async def _output(platform: SocketPlatform, *arguments: str) -> str:
    """What a tool prints; empty where it is not there, fails or is slow."""
    with contextlib.suppress(OSError):
        result = await platform.run_program(arguments, timeout_s=_TOOL_TIMEOUT_S, max_output_bytes=_TOOL_OUTPUT_BYTES)
        if result.exit_status == 0:
            return result.stdout.decode("ascii", "replace")
    return ""


def _read(connectivity_text: str, woke_text: str, interval_s: Seconds) -> HostState:
    uptime_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    awake_s = time.clock_gettime(time.CLOCK_MONOTONIC)
    slept_s = uptime_s - awake_s if uptime_s - awake_s >= _SLEPT_AT_LEAST_S else 0.0
    woke_at_s = parse_woke_at_s(woke_text)
    profile = ""
    with contextlib.suppress(OSError):
        profile = _PLATFORM_PROFILE.read_text(encoding="ascii", errors="replace")
    connectivity = parse_network_manager(connectivity_text)
    return host_state(
        SystemReading(
            uptime_s=Seconds(uptime_s),
            slept_s=Seconds(slept_s),
            woke_ago_s=Seconds(max(0.0, awake_s - woke_at_s)) if woke_at_s is not None else None,
            power_mode=parse_platform_profile(profile),
            connectivity=connectivity,
            connectivity_by=None if connectivity is None else "networkmanager",
        ),
        program_names(),
        interval_s,
    )
