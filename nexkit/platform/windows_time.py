"""Time on Windows: the zone (GetDynamicTimeZoneInformation) and the settings of the time service in the registry.

Microsoft documents the values under W32Time in "Windows Time service tools and settings". The service itself may rest
between two synchronisations (it is started by triggers), so that it does not run says nothing.
"""

import ctypes
import sys
import winreg

from nexkit.facts.time import ClockSync, TimeSettings, TimeZone
from nexkit.platform.parse_w32time import SERVICE_DISABLED, last_sync, zone_key
from nexkit.platform.time_zone import utc_offset_s

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_SERVICE = r"SYSTEM\CurrentControlSet\Services\W32Time"
_ZONE_INFORMATION_BYTES = 432
_ZONE_ID_INVALID = 0xFFFFFFFF
_NO_SYNC = "nosync"


def read_time_settings() -> TimeSettings:
    """What the system says; every user may read it."""
    start = _value(_SERVICE, "Start")
    kind = _value(rf"{_SERVICE}\Parameters", "Type")
    client = _value(rf"{_SERVICE}\TimeProviders\NtpClient", "Enabled")
    enabled: bool | None = None
    if isinstance(start, int) and isinstance(kind, str):
        enabled = start != SERVICE_DISABLED and kind.lower() != _NO_SYNC and client != 0
    return TimeSettings(
        zone=TimeZone(utc_offset_s=utc_offset_s(), name=_zone_name()),
        sync=ClockSync(
            enabled=enabled,
            synchronised=None,
            service=None if start is None else "w32time",
            last_sync_at=last_sync(_value(rf"{_SERVICE}\Config\Status", "LastGoodSampleInfo")),
        ),
    )


def _value(key: str, name: str) -> object:
    """A value of the local machine's registry; None where it is not there or not readable."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, key) as opened:
            return winreg.QueryValueEx(opened, name)[0]
    except OSError:
        return None


def _zone_name() -> str | None:
    kernel = ctypes.WinDLL("kernel32.dll", use_last_error=True)
    kernel.GetDynamicTimeZoneInformation.restype = ctypes.c_uint32
    buffer = ctypes.create_string_buffer(_ZONE_INFORMATION_BYTES)
    if kernel.GetDynamicTimeZoneInformation(buffer) == _ZONE_ID_INVALID:
        return None
    return zone_key(buffer.raw)
