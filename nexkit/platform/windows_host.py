"""Windows: tick counts with and without sleep, power status and the connectivity hint (NCSI), by documented calls."""

import ctypes
import sys
from typing import Any

from nexkit.facts.host import HostState, PowerMode, SystemConnectivity
from nexkit.platform.host_reading import SystemReading, host_state, program_names
from nexkit.platform.parse_host import read_windows_level
from nexkit.units import Seconds

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_TICKS_PER_S = 10_000_000
"""Of 100 ns, as interrupt time is counted."""
_LAST_WAKE_TIME = 14
"""POWER_INFORMATION_LEVEL (winnt.h)."""
_SAVER_ON = 1
_SLEPT_AT_LEAST_S = 1.0


class PowerStatus(ctypes.Structure):
    """SYSTEM_POWER_STATUS (winbase.h)."""

    _fields_ = (
        ("ac_line", ctypes.c_uint8),
        ("battery_flag", ctypes.c_uint8),
        ("battery_percent", ctypes.c_uint8),
        ("system_status", ctypes.c_uint8),
        ("battery_life_s", ctypes.c_uint32),
        ("battery_full_life_s", ctypes.c_uint32),
    )


class ConnectivityHint(ctypes.Structure):
    """NL_NETWORK_CONNECTIVITY_HINT (nldef.h)."""

    _fields_ = (
        ("level", ctypes.c_int32),
        ("cost", ctypes.c_int32),
        ("near_limit", ctypes.c_uint8),
        ("over_limit", ctypes.c_uint8),
        ("roaming", ctypes.c_uint8),
    )


def read_host(interval_s: Seconds) -> HostState:
    """The computer now; takes as long as the interval."""
    kernel = ctypes.WinDLL("kernel32.dll", use_last_error=True)
    uptime_s, slept_s = _clocks(kernel)
    connectivity = _connectivity()
    return host_state(
        SystemReading(
            uptime_s=Seconds(uptime_s),
            slept_s=slept_s,
            woke_ago_s=_woke_ago(uptime_s),
            power_mode=_power_mode(kernel),
            connectivity=connectivity,
            connectivity_by=None if connectivity is None else "ncsi",
        ),
        program_names(),
        interval_s,
    )


def _clocks(kernel: Any) -> tuple[float, Seconds | None]:  # noqa: ANN401  a library of Windows
    """Since the start, sleep included, and how much of it asleep."""
    kernel.GetTickCount64.restype = ctypes.c_uint64
    uptime_s = kernel.GetTickCount64() / 1000
    awake = ctypes.c_uint64()
    if not kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake)):
        return uptime_s, None
    asleep_s = uptime_s - awake.value / _TICKS_PER_S
    return uptime_s, Seconds(asleep_s if asleep_s >= _SLEPT_AT_LEAST_S else 0.0)


def _woke_ago(uptime_s: float) -> Seconds | None:
    """Since the last wake; None where there was none."""
    power = ctypes.WinDLL("powrprof.dll", use_last_error=True)
    woke = ctypes.c_uint64()
    status = power.CallNtPowerInformation(_LAST_WAKE_TIME, None, 0, ctypes.byref(woke), ctypes.sizeof(woke))
    if status != 0 or woke.value == 0:
        return None
    return Seconds(max(0.0, uptime_s - woke.value / _TICKS_PER_S))


def _power_mode(kernel: Any) -> PowerMode | None:  # noqa: ANN401
    """Battery saver on or off; None where the system does not say."""
    status = PowerStatus()
    if not kernel.GetSystemPowerStatus(ctypes.byref(status)):
        return None
    return PowerMode.SAVING if status.system_status == _SAVER_ON else PowerMode.NORMAL


def _connectivity() -> SystemConnectivity | None:
    """What Windows believes (NCSI); None before Windows 10 2004, which has no such call."""
    hint = ConnectivityHint()
    ask = getattr(ctypes.WinDLL("iphlpapi.dll", use_last_error=True), "GetNetworkConnectivityHint", None)
    if ask is None or ask(ctypes.byref(hint)) != 0:
        return None
    return read_windows_level(hint.level)
