"""Reading a hosts file for some names; blocking, for a thread of its own."""

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from nexkit.facts.dns import HostsEntry
from nexkit.platform.parse_hosts import hosts_entries

_MAX_LINES = 500_000
"""Lists against advertisements have some 200,000."""
_MAX_LINE_CHARACTERS = 2_000


def read_hosts(path: Path, names: Collection[str]) -> tuple[HostsEntry, ...] | None:
    """What the file says of the names; None where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            return hosts_entries(islice(_lines(file), _MAX_LINES), names)
    except OSError:
        return None


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(_MAX_LINE_CHARACTERS):
        yield line
