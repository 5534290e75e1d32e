"""Addresses: family and scope, decided in one place by an explicit table.

`ipaddress.is_private` is not used: it calls documentation and benchmark ranges private. An address in a redacted
report has the form `PREFIX#PSEUDONYM` (`203.0.113.0/24#ip-kdv7mpzb`); family, scope and prefix are read from both
forms, so that the rules of the diagnosis give the same answer for a report as for the run it was made from.
"""

from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_interface, ip_network


class Family(Enum):
    """The two versions of the Internet Protocol."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"


class Scope(Enum):
    """How far an address reaches."""

    LOOPBACK = "loopback"
    LINK_LOCAL = "link_local"
    PRIVATE = "private"
    """RFC 1918."""
    SHARED = "shared"
    """Carrier NAT, 100.64.0.0/10 (RFC 6598)."""
    UNIQUE_LOCAL = "unique_local"
    """fc00::/7 (RFC 4193)."""
    MULTICAST = "multicast"
    UNSPECIFIED = "unspecified"
    INTERNET = "internet"


INNER = frozenset({Scope.PRIVATE, Scope.SHARED, Scope.UNIQUE_LOCAL})
"""Scopes of addresses that are another host in every network."""

_TABLE: tuple[tuple[IPv4Network | IPv6Network, Scope], ...] = tuple(
    (ip_network(prefix), scope)
    for prefix, scope in (
        ("127.0.0.0/8", Scope.LOOPBACK),
        ("::1/128", Scope.LOOPBACK),
        ("169.254.0.0/16", Scope.LINK_LOCAL),
        ("fe80::/10", Scope.LINK_LOCAL),
        ("10.0.0.0/8", Scope.PRIVATE),
        ("172.16.0.0/12", Scope.PRIVATE),
        ("192.168.0.0/16", Scope.PRIVATE),
        ("100.64.0.0/10", Scope.SHARED),
        ("fc00::/7", Scope.UNIQUE_LOCAL),
        ("224.0.0.0/4", Scope.MULTICAST),
        ("255.255.255.255/32", Scope.MULTICAST),
        ("ff00::/8", Scope.MULTICAST),
        ("0.0.0.0/8", Scope.UNSPECIFIED),
        ("::/128", Scope.UNSPECIFIED),
    )
)

_CARRY_IPV4 = (ip_network("64:ff9b::/96"), ip_network("::/96"))


def _plain(address: str) -> str:
    """The part that `ipaddress` reads: without pseudonym and zone."""
    return address.partition("#")[0].partition("%")[0]


_REMEMBERED = 4096
"""Addresses; the rules ask for the same few thousands of times."""


@lru_cache(_REMEMBERED)
def family(address: str) -> Family:
    """Family of an address; ValueError where it is none."""
    return Family.IPV4 if ip_interface(_plain(address)).version == 4 else Family.IPV6  # noqa: PLR2004  IPv4


@lru_cache(_REMEMBERED)
def scope(address: str) -> Scope:
    """Scope of an address by the table above; ValueError where it is none."""
    value = ip_interface(_plain(address)).ip
    if value.version == 6 and (mapped := value.ipv4_mapped) is not None:  # noqa: PLR2004  IPv6
        value = mapped
    for prefix, its_scope in _TABLE:
        if value.version == prefix.version and value in prefix:
            return its_scope
    return Scope.INTERNET


def carried_ipv4(address: str) -> str | None:
    """The IPv4 address that packets to an IPv6 one are led to on the way; None where they are not, and for IPv4.

    So it is with NAT64 (RFC 6052), 6to4 (RFC 3056) and the old compatible addresses (RFC 4291 section 2.5.5.1).
    """
    value = ip_interface(_plain(address)).ip
    if value.version == 4:  # noqa: PLR2004  IPv4
        return None
    carried = value.sixtofour
    if carried is None and any(value in each for each in _CARRY_IPV4):
        carried = IPv4Address(value.packed[-4:])
    return None if carried is None else str(carried)


def is_address(text: str) -> bool:
    """Whether the text is a literal address as it is written; IPv6 may have a zone such as `%eth0` (RFC 4007)."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def with_zone(address: str, interface: str) -> str:
    """The address as a socket needs it: a link-local IPv6 one means nothing without its interface (RFC 4007)."""
    needs_zone = family(address) is Family.IPV6 and scope(address) is Scope.LINK_LOCAL and "%" not in address
    return f"{address}%{interface}" if needs_zone else address


def in_prefix(address: str, network_address: str, prefix_length: int) -> bool:
    """Whether an address lies in the on-link prefix of `network_address/prefix_length`.

    Of a reduced address no more is known than its own prefix, so that is what counts then.
    """
    own = ip_interface(_plain(network_address))
    network = ip_interface(f"{own.ip}/{min(prefix_length, own.network.prefixlen)}").network
    value = ip_interface(_plain(address)).ip
    return value.version == network.version and value in network


def known_family(address: str) -> Family | None:
    """Family of an address; None for what is none (a report from elsewhere may hold anything)."""
    try:
        return family(address)
    except ValueError:
        return None


def known_scope(address: str) -> Scope | None:
    """Scope of an address; None for what is none."""
    try:
        return scope(address)
    except ValueError:
        return None
