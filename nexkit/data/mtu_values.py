"""Familiar path MTUs, from `mtu_values.toml`."""

import pkgutil
import tomllib
from functools import cache

from nexkit.address import Family

_FAMILIES = {"ipv4": (Family.IPV4,), "ipv6": (Family.IPV6,), "both": tuple(Family)}


@cache
def _table() -> dict[tuple[Family, int], tuple[str, ...]]:
    """Ids by family and value."""
    source = pkgutil.get_data("nexkit.data", "mtu_values.toml") or b""
    table: dict[tuple[Family, int], tuple[str, ...]] = {}
    for entry in tomllib.loads(source.decode())["value"]:
        for of_family in _FAMILIES[entry["family"]]:
            key = of_family, int(entry["mtu"])
            table[key] = (*table.get(key, ()), str(entry["id"]))
    return table


def familiar_uses(mtu_bytes: int, of_family: Family) -> tuple[str, ...]:
    """What a path MTU is usual for; empty for a value that is usual for nothing."""
    return _table().get((of_family, mtu_bytes), ())


def familiar_values(of_family: Family) -> tuple[int, ...]:
    """Every familiar value of a family, ascending."""
    return tuple(sorted(mtu for its_family, mtu in _table() if its_family is of_family))
