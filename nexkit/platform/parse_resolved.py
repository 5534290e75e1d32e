"""Reads what systemd-resolved tells on the bus (org.freedesktop.resolve1(5)), as `busctl --json=short` prints it. Pure.

A property is one line such as `{"type":"a(iiay)","data":[[2,2,[192,168,10,1]]]}`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from nexkit.facts.dns import ResolverScope

_ADDRESS_LENGTHS = {2: 4, 10: 16}
"""By address family as Linux numbers them."""
_GLOBAL_LINK = 0
_MAX_ITEMS = 64


def parse_properties(text: str) -> tuple[Any, ...]:
    """The values of the properties in their order; those that could not be read are missing at the end."""
    values: list[Any] = []
    for line in text.splitlines():
        try:
            values.append(json.loads(line)["data"])
        except (ValueError, TypeError, KeyError, RecursionError):
            break
    return tuple(values)


def parse_address(family: object, octets: object) -> str | None:
    """An address from its family and bytes; None where they are none."""
    if not isinstance(family, int) or not isinstance(octets, list) or len(octets) != _ADDRESS_LENGTHS.get(family):
        return None
    try:
        return str(ip_address(bytes(octets)))
    except (ValueError, TypeError):
        return None


def servers_by_link(value: object) -> dict[int, list[str]]:
    """`DNS`, a(iiay): addresses by interface index; 0 is no interface."""
    found: dict[int, list[str]] = {}
    for link, family, octets in _rows(value, 3):
        if isinstance(link, int) and (address := parse_address(family, octets)) is not None:
            found.setdefault(link, []).append(address)
    return found


def domains_by_link(value: object) -> dict[int, list[tuple[str, bool]]]:
    """`Domains`, a(isb): (domain, for routing only) by interface index."""
    found: dict[int, list[tuple[str, bool]]] = {}
    for link, domain, routing in _rows(value, 3):
        if isinstance(link, int) and isinstance(domain, str) and isinstance(routing, bool):
            found.setdefault(link, []).append((domain, routing))
    return found


def current_server(value: object, *, with_link: bool) -> str | None:
    """`CurrentDNSServer`, (iiay) of the manager or (iay) of a link; None without one."""
    row = value[1:] if with_link and isinstance(value, list) else value
    return parse_address(row[0], row[1]) if isinstance(row, list) and len(row) == 2 else None  # noqa: PLR2004  (iay)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """What a link's own object told."""

    current: str | None
    default: bool | None
    """It is asked for names that no other link claims."""


def link_state(values: tuple[Any, ...]) -> LinkState:
    """`CurrentDNSServer` and `DefaultRoute` of a link."""
    current, default = (*values, None, None)[:2]
    return LinkState(
        current=current_server(current, with_link=False), default=default if isinstance(default, bool) else None
    )


def resolver_scopes(
    servers: Mapping[int, list[str]],
    domains: Mapping[int, list[tuple[str, bool]]],
    links: Mapping[int, LinkState],
    names: Mapping[int, str],
    current: str | None,
) -> tuple[ResolverScope, ...]:
    """The servers with the names that go to them, as systemd-resolved.service(8) routes them.

    A link without a routing-only domain is also asked for what no other claims, unless it says otherwise.
    """
    scopes = []
    for link, addresses in servers.items():
        own = domains.get(link, [])
        state = links.get(link, LinkState(current=None, default=None))
        default = state.default if state.default is not None else not any(routing for _, routing in own)
        plain = dict.fromkeys(domain for domain, _ in own)
        if default or link == _GLOBAL_LINK:
            plain["."] = None
        scopes.append(
            ResolverScope(
                interface=names.get(link),
                servers=tuple(dict.fromkeys(addresses)),
                domains=tuple(plain),
                current=current if link == _GLOBAL_LINK else state.current,
            )
        )
    return tuple(scopes)


def _rows(value: object, length: int) -> Iterable[list[Any]]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows[:_MAX_ITEMS] if isinstance(row, list) and len(row) == length]
