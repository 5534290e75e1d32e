"""Clocks that tell how long this computer has slept: one that goes on while it sleeps, and one that does not."""

import ctypes
import sys
import time
from dataclasses import dataclass

from nexkit.units import Seconds


@dataclass(frozen=True, slots=True)
class SleepClocks:
    """Both at one moment; only differences mean something."""

    boot_s: Seconds
    """Goes on while this computer sleeps."""
    awake_s: Seconds
    """Stands still meanwhile."""


def sleep_clocks() -> SleepClocks:
    """What they show now. Neither is touched by the setting of the wall clock.

    Linux: clock_gettime(2), CLOCK_BOOTTIME and CLOCK_MONOTONIC. macOS: clock_gettime(3), CLOCK_MONOTONIC_RAW and
    CLOCK_UPTIME_RAW, of which neither is turned by time servers. Windows: GetTickCount64 goes on,
    QueryUnbiasedInterruptTime does not.
    """
    if sys.platform == "win32":
        unbiased = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(unbiased))
        ticks = ctypes.windll.kernel32.GetTickCount64
        ticks.restype = ctypes.c_ulonglong
        return SleepClocks(Seconds(ticks() / 1e3), Seconds(unbiased.value / 1e7))
    if sys.platform == "darwin":
        awake_s, boot_s = time.clock_gettime(time.CLOCK_UPTIME_RAW), time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    else:
        awake_s, boot_s = time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime(time.CLOCK_BOOTTIME)
    return SleepClocks(Seconds(boot_s), Seconds(awake_s))
