"""The time zone of this computer, as far as all systems tell it alike."""

import time
from pathlib import PurePath


def utc_offset_s() -> int:
    """How far local time is ahead of UTC now, summer time included."""
    return time.localtime().tm_gmtoff


def zone_of_path(path: str) -> str | None:
    """The zone's name in the path of its file (`.../zoneinfo/Asia/Tokyo`); None where it is none of those."""
    parts = PurePath(path).parts
    places = [place for place, part in enumerate(parts) if part.startswith("zoneinfo")]
    name = "/".join(parts[places[0] + 1 :]) if places else ""
    return name.removeprefix("posix/").removeprefix("right/") or None
