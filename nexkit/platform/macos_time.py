"""Time on macOS: the zone's link, and the preferences of timed(8), the daemon that keeps the clock.

Whether timed synchronised lately it tells to no program without privilege.
"""

import os
import plistlib
import sys
from pathlib import Path
from xml.parsers.expat import ExpatError

from nexkit.facts.time import ClockSync, TimeSettings, TimeZone
from nexkit.platform.time_zone import utc_offset_s, zone_of_path

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_LOCALTIME = "/etc/localtime"
_PREFERENCES = (
    "/Library/Managed Preferences/com.apple.timed.plist",
    "/private/var/db/timed/Library/Preferences/com.apple.timed.plist",
    "/private/var/db/timed/com.apple.timed.plist",
)
"""A device management's first, then the system's own of newer and older versions."""
_AUTOMATIC = "TMAutomaticTimeOnlyEnabled"
_MAX_BYTES = 100_000


def read_time_settings() -> TimeSettings:
    """What the system says to every user."""
    return TimeSettings(
        zone=TimeZone(utc_offset_s=utc_offset_s(), name=zone_of_path(os.path.realpath(_LOCALTIME))),
        sync=ClockSync(enabled=_automatic(), synchronised=None, service="timed", last_sync_at=None),
    )


def _automatic() -> bool | None:
    """Whether date and time are set automatically; None where no preference that we may read says so."""
    for path in _PREFERENCES:
        try:
            with Path(path).open("rb") as file:
                values = plistlib.loads(file.read(_MAX_BYTES))
        except (OSError, plistlib.InvalidFileException, ExpatError, ValueError):
            continue
        value = values.get(_AUTOMATIC) if isinstance(values, dict) else None
        if isinstance(value, bool):
            return value
    return None
