"""macOS: clocks that stop in sleep and one that does not, sysctl, pmset, and the captive network assistant."""

import contextlib
import ctypes
import struct
import sys
import time

from nexkit.facts.host import HostState, PowerMode, SystemConnectivity
from nexkit.platform.host_reading import SystemReading, host_state, program_names
from nexkit.platform.parse_host import parse_low_power
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Seconds

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_PMSET = "/usr/bin/pmset"
_TOOL_TIMEOUT_S = Seconds(2.0)
_TOOL_OUTPUT_BYTES = 20_000
_SIGN_IN_WINDOW = "Captive Network Assistant"
"""The program that shows a network's sign-in page; it runs while that page is open."""
_TIMEVAL = struct.Struct("=qi4x")
_SLEPT_AT_LEAST_S = 1.0


async def read_host(platform: SocketPlatform, interval_s: Seconds) -> HostState:
    """The computer now."""
    text = ""
    with contextlib.suppress(OSError):
        result = await platform.run_program(
            (_PMSET, "-g"), timeout_s=_TOOL_TIMEOUT_S, max_output_bytes=_TOOL_OUTPUT_BYTES
        )
        text = result.stdout.decode("utf-8", "replace")
    return await in_daemon_thread(_read, parse_low_power(text), interval_s)


def _read(power_mode: PowerMode | None, interval_s: Seconds) -> HostState:
    programs = program_names()
    portal = programs is not None and _SIGN_IN_WINDOW in programs
    # The first goes on in sleep, the second does not (clock_gettime(3)).
    uptime_s, awake_s = time.clock_gettime(time.CLOCK_MONOTONIC_RAW), time.clock_gettime(time.CLOCK_UPTIME_RAW)
    asleep_s = uptime_s - awake_s
    return host_state(
        SystemReading(
            uptime_s=Seconds(uptime_s),
            slept_s=Seconds(asleep_s if asleep_s >= _SLEPT_AT_LEAST_S else 0.0),
            woke_ago_s=_woke_ago(),
            power_mode=power_mode,
            connectivity=SystemConnectivity.PORTAL if portal else None,
            connectivity_by="captive_network_assistant" if portal else None,
        ),
        programs,
        interval_s,
    )


def _woke_ago() -> Seconds | None:
    """Since the last wake by `kern.waketime`; None where there was none, or the clock was set back since."""
    buffer = ctypes.create_string_buffer(_TIMEVAL.size)
    size = ctypes.c_size_t(len(buffer))
    if ctypes.CDLL(None).sysctlbyname(b"kern.waketime", buffer, ctypes.byref(size), None, 0) != 0:
        return None
    seconds, microseconds = _TIMEVAL.unpack(buffer.raw)
    ago_s = time.time() - (seconds + microseconds / 1e6)
    return Seconds(ago_s) if seconds and ago_s >= 0 else None
