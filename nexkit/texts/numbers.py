"""Numbers as people read them: rounding, prefixes and units happen here and nowhere else."""

import math


def milliseconds(value: float | None) -> str:
    """A duration given in ms: `0.42 ms`, `12.3 ms`, `410 ms`, `2.4 s`; a dash where unknown."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value:.2f} ms"
    if value < 100:  # noqa: PLR2004  three digits say enough
        return f"{value:.1f} ms"
    if value < 2000:  # noqa: PLR2004
        return f"{value:.0f} ms"
    return f"{value / 1000:.1f} s"


def whole_milliseconds(value: float) -> str:
    """The same for people who are told "within": rounded up to whole ones: `1 ms`, `43 ms`, `2.4 s`."""
    return f"{math.ceil(value)} ms" if value < 1000 else f"{value / 1000:.1f} s"  # noqa: PLR2004


def percent(ratio: float | None) -> str:
    """A share given as 0..1: `0 %`, `0.4 %`, `38 %`; a dash where unknown."""
    if ratio is None:
        return "–"
    share = ratio * 100
    return f"{share:.1f} %" if 0 < share < 10 else f"{share:.0f} %"  # noqa: PLR2004


def bit_rate(bit_s: float | None) -> str:
    """A rate given in bit/s: `940 kbit/s`, `18.9 Mbit/s`, `1.2 Gbit/s` (powers of ten); a dash where unknown."""
    if bit_s is None:
        return "–"
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if bit_s >= size:
            number = bit_s / size
            return f"{number:.0f} {prefix}bit/s" if number >= 100 else f"{number:.1f} {prefix}bit/s"  # noqa: PLR2004
    return f"{bit_s:.0f} bit/s"


def byte_size(count: float | None) -> str:
    """An amount of data: `420 B`, `84.0 kB`, `12.5 MB` (powers of ten); a dash where unknown."""
    if count is None:
        return "–"
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.1f} {prefix}B"
    return f"{count:.0f} B"


def quantity(value: float | None, unit: str = "", *, digits: int = 0) -> str:
    """A number with its unit, where no prefix is needed: `-61 dBm`, `1492 B`, `36`; a dash where unknown."""
    if value is None:
        return "–"
    return f"{value:.{digits}f} {unit}".rstrip()


def duration(value_s: float | None) -> str:
    """A time in seconds, in the unit that fits: `4.2 s`, `95 s`, `40 min`, `5.5 h`, `12.0 d`; a dash where unknown."""
    if value_s is None:
        return "–"
    for least_s, size_s, unit in ((172_800, 86_400, "d"), (7200, 3600, "h")):
        if abs(value_s) >= least_s:
            return f"{value_s / size_s:.1f} {unit}"
    if abs(value_s) >= 120:  # noqa: PLR2004  up to here seconds are easier to grasp
        return f"{value_s / 60:.0f} min"
    return f"{value_s:.1f} s" if abs(value_s) < 10 else f"{value_s:.0f} s"  # noqa: PLR2004


def difference(value_s: float | None) -> str:
    """How far one clock is from another, with its sign: `+0.004 s`, `-95 s`, `+5.5 h`; a dash where unknown."""
    if value_s is None:
        return "–"
    return f"{value_s:+.3f} s" if abs(value_s) < 10 else f"{'+' * (value_s > 0)}{duration(value_s)}"  # noqa: PLR2004


def zone(offset_s: int) -> str:
    """How far a time zone is from UTC: `UTC+09:00`."""
    hours, minutes = divmod(abs(offset_s) // 60, 60)
    return f"UTC{'-' if offset_s < 0 else '+'}{hours:02d}:{minutes:02d}"
