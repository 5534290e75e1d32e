"""Reads resolv.conf (resolver(5)). Pure, for any system."""

from dataclasses import dataclass

from nexkit.address import is_address


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvConf:
    """What the file says, in its order."""

    nameservers: tuple[str, ...]
    search_domains: tuple[str, ...]


def parse_resolv_conf(text: str) -> ResolvConf:
    """Name servers, each once, and the search list, of which the last one counts; other lines are passed over."""
    nameservers: list[str] = []
    search: tuple[str, ...] = ()
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_] if is_address(address):
                nameservers.append(address)
            case [("search" | "domain"), *names]:
                search = tuple(names)
    return ResolvConf(nameservers=tuple(dict.fromkeys(nameservers)), search_domains=search)
