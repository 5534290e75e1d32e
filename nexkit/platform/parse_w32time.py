"""Reads what Windows' time service keeps in the registry, and the time zone's structure. Pure."""

from datetime import UTC, datetime, timedelta

SERVICE_DISABLED = 4
"""The value `Start` of a service that is switched off (winsvc.h)."""
_FILETIME_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_KEY_AT, _KEY_BYTES = 172, 256
"""Where TimeZoneKeyName stands in DYNAMIC_TIME_ZONE_INFORMATION (timezoneapi.h), and its length."""


def last_sync(sample: object) -> datetime | None:
    """The moment in `LastGoodSampleInfo`: a FILETIME in decimal in front of a semicolon; None for anything else."""
    if isinstance(sample, (list, tuple)):
        sample = sample[0] if sample else None
    if not isinstance(sample, str):
        return None
    ticks = sample.partition(";")[0].strip()
    if not ticks.isascii() or not ticks.isdigit():
        return None
    try:
        return _FILETIME_EPOCH + timedelta(microseconds=int(ticks) // 10)
    except (OverflowError, ValueError):
        return None


def zone_key(structure: bytes) -> str | None:
    """The zone's name, the same in every language (`Tokyo Standard Time`); None where there is none."""
    text = structure[_KEY_AT : _KEY_AT + _KEY_BYTES].decode("utf-16-le", "replace")
    return text.partition("\0")[0] or None
