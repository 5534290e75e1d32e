"""Reads resolv.conf (resolver(5)). Pure, for any system."""

import re
from dataclasses import dataclass

from nexkit.address import is_address

_NDOTS = re.compile(r"ndots:([0-9]{1,4})")
_MAX_NDOTS = 15
"""Where the C library cuts larger values off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvConf:
    """What the file says, in its order."""

    nameservers: tuple[str, ...]
    search_domains: tuple[str, ...]
    ndots: int | None = None
    """A name with fewer dots is first looked for below the search domains; None: not set, which means 1."""


def parse_resolv_conf(text: str) -> ResolvConf:
    """Name servers, each once, and the search list, of which the last one counts; other lines are passed over."""
    nameservers: list[str] = []
    search: tuple[str, ...] = ()
    ndots: int | None = None
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_] if is_address(address):
                nameservers.append(address)
            case [("search" | "domain"), *names]:
                search = tuple(names)
            case ["options", *options]:
                for option in options:
                    if (match := _NDOTS.fullmatch(option)) is not None:
                        ndots = min(int(match[1]), _MAX_NDOTS)
    return ResolvConf(nameservers=tuple(dict.fromkeys(nameservers)), search_domains=search, ndots=ndots)
