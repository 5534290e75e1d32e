"""Reads what tools say of the computer's state: nmcli, systemctl, pmset, and sysfs. Pure."""

import re

from nexkit.facts.host import PowerMode, SystemConnectivity

_NETWORK_MANAGER = {
    "none": SystemConnectivity.NONE,
    "limited": SystemConnectivity.LOCAL,
    "portal": SystemConnectivity.PORTAL,
    "full": SystemConnectivity.FULL,
}
"""nmcli(1), `networking connectivity`; `unknown` is not known."""
_PROFILES = {
    "low-power": PowerMode.SAVING,
    "cool": PowerMode.NORMAL,
    "quiet": PowerMode.NORMAL,
    "balanced": PowerMode.NORMAL,
    "balanced-performance": PowerMode.PERFORMANCE,
    "performance": PowerMode.PERFORMANCE,
}
"""Documentation/ABI/testing/sysfs-platform_profile of the Linux kernel."""
_WINDOWS_LEVELS = {
    1: SystemConnectivity.NONE,
    2: SystemConnectivity.LOCAL,
    3: SystemConnectivity.FULL,
    4: SystemConnectivity.PORTAL,
}
"""NL_NETWORK_CONNECTIVITY_LEVEL_HINT (nldef.h); 0 is unknown, 5 hidden."""
_MONOTONIC = re.compile(r"^InactiveEnterTimestampMonotonic=(\d{1,18})$", re.MULTILINE)
_LOW_POWER = re.compile(r"^\s*lowpowermode\s+(\d+)\s*$", re.MULTILINE)


def parse_network_manager(text: str) -> SystemConnectivity | None:
    """`nmcli networking connectivity` under LC_ALL=C."""
    return _NETWORK_MANAGER.get(text.strip())


def parse_platform_profile(text: str) -> PowerMode | None:
    """/sys/firmware/acpi/platform_profile."""
    return _PROFILES.get(text.strip())


def parse_woke_at_s(text: str) -> float | None:
    """`systemctl show sleep.target -p InactiveEnterTimestampMonotonic`: seconds of CLOCK_MONOTONIC; None: never."""
    match = _MONOTONIC.search(text)
    return int(match[1]) / 1e6 if match and int(match[1]) else None


def parse_low_power(text: str) -> PowerMode | None:
    """`pmset -g`; None where this Mac has no such mode."""
    match = _LOW_POWER.search(text)
    return None if match is None else PowerMode.SAVING if int(match[1]) else PowerMode.NORMAL


def read_windows_level(level: int) -> SystemConnectivity | None:
    """The level that GetNetworkConnectivityHint gives."""
    return _WINDOWS_LEVELS.get(level)
