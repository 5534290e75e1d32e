"""Time on Linux: the kernel's own flag (adjtimex(2)), timedated's settings, and which program keeps the clock."""

import contextlib
import ctypes
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from nexkit.facts.time import ClockSync, TimeSettings, TimeZone
from nexkit.platform.parse_timedatectl import Timedated, parse_timedatectl
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread
from nexkit.platform.time_zone import utc_offset_s, zone_of_path
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_TIMEDATECTL = ("/usr/bin/timedatectl", "show")
_TIMEDATECTL_TIMEOUT_S = Seconds(1.0)
_TIMEDATECTL_MAX_BYTES = 10_000
_TIME_ERROR = 5
_STA_UNSYNC = 0x0040
_LOCALTIME = Path("/etc/localtime")
_ZONEINFO = "/usr/share/zoneinfo/"
_PROC = Path("/proc")
_TIMESYNCD = "systemd-timesyncd"
_TIMESYNCD_MARK = Path("/run/systemd/timesync/synchronized")
"""Touched at every synchronisation (systemd-timesyncd.service(8))."""
_SERVICES = {
    "chronyd": "chronyd",
    "ntpd": "ntpd",
    "openntpd": "openntpd",
    "ntpsec": "ntpsec",
    _TIMESYNCD[:15]: _TIMESYNCD,  # a process's name is cut off after 15 characters (proc(5))
}


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (linux/timex.h), and room for the rest."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 40),
    ]


async def read_time_settings(platform: SocketPlatform) -> TimeSettings:
    """What kernel, files, processes and systemd-timedated say."""
    timedated = Timedated()
    with contextlib.suppress(OSError):
        shown = await platform.run_program(
            _TIMEDATECTL, timeout_s=_TIMEDATECTL_TIMEOUT_S, max_output_bytes=_TIMEDATECTL_MAX_BYTES
        )
        timedated = parse_timedatectl(shown.stdout.decode("utf-8", "replace"))
    return await in_daemon_thread(_settings, timedated)


def _settings(timedated: Timedated) -> TimeSettings:
    service = _running_service()
    enabled = timedated.ntp
    if enabled is None and service is not None:
        enabled = True
    kernel = _kernel_is_synchronised()
    return TimeSettings(
        zone=TimeZone(utc_offset_s=utc_offset_s(), name=_zone_name() or timedated.zone),
        sync=ClockSync(
            enabled=enabled,
            synchronised=timedated.synchronised if kernel is None else kernel,
            service=service,
            last_sync_at=_last_sync() if service == _TIMESYNCD else None,
        ),
    )


def _kernel_is_synchronised() -> bool | None:
    """The kernel's flag, which whoever keeps the clock renews; None where it may not be read."""
    timex = _Timex()
    state = int(ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex)))
    return None if state < 0 else state != _TIME_ERROR and not timex.status & _STA_UNSYNC


def _zone_name() -> str | None:
    """From the TZ variable (tzset(3)), else from where /etc/localtime points."""
    chosen = os.environ.get("TZ", "").removeprefix(":")
    if chosen:
        path = chosen if chosen.startswith("/") else _ZONEINFO + chosen
        return zone_of_path(path) if Path(path).is_file() else None
    return zone_of_path(os.path.realpath(_LOCALTIME)) if _LOCALTIME.is_symlink() else None


def _running_service() -> str | None:
    for path in _PROC.glob("[0-9]*/comm"):
        try:
            name = path.read_text().strip()
        except OSError:  # it has ended meanwhile, or is hidden from us
            continue
        if name in _SERVICES:
            return _SERVICES[name]
    return None


def _last_sync() -> datetime | None:
    try:
        return datetime.fromtimestamp(_TIMESYNCD_MARK.stat().st_mtime, UTC)
    except OSError:
        return None
