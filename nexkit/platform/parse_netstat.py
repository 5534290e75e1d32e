"""Reads what `netstat -rn` of macOS prints, which is never localised. Unknown lines are passed over."""

from dataclasses import dataclass

from nexkit.address import is_address

_HEADER_WORD = "Destination"
_SCOPED = "I"
"""Flag RTF_IFSCOPE: the route counts only for programs that ask for its interface."""
_NO_HOST = "fe80::"
"""`fe80::%utun0` says which interface, and no host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRoute:
    """A default route that every program uses."""

    gateway: str | None
    """None: a route without a gateway. Without zone, as its interface is known."""
    interface: str


def parse_default_routes(text: str) -> tuple[TableRoute, ...]:
    """`netstat -rn -f inet` or `-f inet6`: the default routes, in the system's order."""
    routes = []
    column = None
    for line in text.splitlines():
        words = line.split()
        if words[:1] == [_HEADER_WORD]:
            # Older systems have two more columns before the interface.
            column = words.index("Netif") if "Netif" in words else None
        elif words[:1] == ["default"] and column is not None and len(words) > column and _SCOPED not in words[2]:
            gateway = words[1].partition("%")[0]
            named = is_address(gateway) and gateway != _NO_HOST
            routes.append(TableRoute(gateway=gateway if named else None, interface=words[column]))
    return tuple(routes)
