"""Reads the hosts file (hosts(5)), which has the same form on every system. Pure."""

from collections.abc import Collection, Iterable

from nexkit.address import is_address
from nexkit.facts.dns import HostsEntry

_MAX_ENTRIES = 64


def hosts_entries(lines: Iterable[str], names: Collection[str]) -> tuple[HostsEntry, ...]:
    """What the lines say of some names, in their order; nothing of all the others leaves this function."""
    wanted = {name.rstrip(".").lower(): name for name in names}
    found: dict[HostsEntry, None] = {}
    for line in lines:
        address, *aliases = line.partition("#")[0].split() or ("",)
        if len(found) >= _MAX_ENTRIES or not is_address(address):
            continue
        for alias in aliases:
            if (name := wanted.get(alias.rstrip(".").lower())) is not None:
                found[HostsEntry(name=name, address=address)] = None
    return tuple(found)
