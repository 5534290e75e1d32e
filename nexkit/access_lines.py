"""From signs of the access line to the kinds that they prove: pure, over `nexkit/data/access_lines.toml`."""

import pkgutil
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from urllib.parse import urlsplit

from nexkit.address import Family, Scope
from nexkit.data.mtu_values import familiar_uses
from nexkit.facts.access import AccessHop, AccessLine, AccessSigns, LineKind, NamedKind, Provisioning

LITE_RANGE = IPv4Network("192.0.0.0/29")
"""RFC 6333, section 5.7; widened to translated IPv4 by RFC 7335."""
_NAT64_ADDRESSES = frozenset({IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171")})
"""Of ipv4only.arpa (RFC 7050, section 8.2)."""
_NAT64_LENGTHS = (32, 40, 48, 56, 64, 96)
"""RFC 6052, section 2.2; octet 8 is left out by the shorter ones."""
_RESERVED_OCTET = 8
_TUNNEL_HEADER_BYTES = 40
_PORT_BITS = 16
_MIN_PORTS = 5
_MIN_BLOCKS = 3
"""So many different first parts: an ordinary router gives ports in a row, whose middle bits are alike by that."""
_PROVISIONING_VERSION = "v6mig-1"
MAX_RECORD_CHARACTERS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class PortSet:
    """How a 16-bit port is divided where lines share an address (RFC 7597, section 5.1)."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """Which signs prove a kind."""

    kind: LineKind
    all: frozenset[str]
    any: frozenset[str]
    none: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineData:
    """The data file."""

    date: str
    provisioning_name: str
    nat64_name: str
    tunnel_ends: tuple[tuple[str, str], ...]
    """(name, provider)."""
    port_sets: tuple[PortSet, ...]
    rules: tuple[KindRule, ...]


@cache
def line_data() -> LineData:
    """The data file that is shipped."""
    table = tomllib.loads((pkgutil.get_data("nexkit.data", "access_lines.toml") or b"").decode())
    return LineData(
        date=table["date"].isoformat(),
        provisioning_name=table["names"]["provisioning"],
        nat64_name=table["names"]["nat64"],
        tunnel_ends=tuple((entry["name"], entry["provider"]) for entry in table["tunnel_end"]),
        port_sets=tuple(PortSet(offset=entry["offset"], length=entry["length"]) for entry in table["port_set"]),
        rules=tuple(
            KindRule(
                kind=LineKind(entry["id"]),
                all=frozenset(entry.get("all", ())),
                any=frozenset(entry.get("any", ())),
                none=frozenset(entry.get("none", ())),
            )
            for entry in table["kind"]
        ),
    )


def access_line(signs: AccessSigns, data: LineData) -> AccessLine:
    """The signs with the kinds that they prove."""
    seen = frozenset(sign_words(signs, data))
    return AccessLine(
        signs=signs,
        kinds=tuple(_named(data.rules, seen)),
        familiar4=_familiar(signs.mtu4_bytes, Family.IPV4),
        familiar6=_familiar(signs.mtu6_bytes, Family.IPV6),
        data_date=data.date,
    )


def _named(rules: Iterable[KindRule], seen: frozenset[str]) -> Iterator[NamedKind]:
    for rule in rules:
        if rule.all <= seen and (not rule.any or rule.any & seen) and not rule.none & seen:
            yield NamedKind(kind=rule.kind, signs=tuple(sorted((rule.all | rule.any) & seen)))


def _familiar(mtu_bytes: int | None, of_family: Family) -> tuple[str, ...]:
    return () if mtu_bytes is None else familiar_uses(mtu_bytes, of_family)


def sign_words(signs: AccessSigns, data: LineData) -> Iterator[str]:
    """The words of the data file that hold; what is not known gives no word, neither for nor against."""
    yield from _own_words(signs)
    yield from _hop_words(signs.hops4 or ())
    if signs.tunnel_route:
        yield "tunnel_route"
    if signs.mapped4 is not None and signs.mapped4 in {each.address for each in signs.own4 or ()}:
        yield "mapped4_is_own"
    if any(resolver.nat64_prefixes for resolver in signs.resolvers):
        yield "nat64_prefix"
    if any(resolver.provisioning is not None for resolver in signs.resolvers):
        yield "provisioning_record"
    if any(target.reachable for target in signs.carrier):
        yield "carrier_target"
    if any(shares_ports(signs.mapped_ports, port_set) for port_set in data.port_sets):
        yield "port_set"
    if signs.mtu4_bytes and signs.mtu6_bytes and signs.mtu6_bytes - signs.mtu4_bytes == _TUNNEL_HEADER_BYTES:
        yield "mtu_gap_40"


def _own_words(signs: AccessSigns) -> Iterator[str]:
    if signs.default4 is not None:
        yield "default4" if signs.default4 else "no_default4"
    if signs.default6 is not None:
        yield "default6" if signs.default6 else "no_default6"
    if signs.own4 is not None:
        yield "own4" if signs.own4 else "no_own4"
        for own in signs.own4:
            yield "own4_lite_range" if own.dual_stack_lite_range else f"own4_{own.scope.value}"
    if signs.own6 is not None:
        yield "own6" if signs.own6 else "no_own6"
        for own in signs.own6:
            yield f"own6_{own.scope.value}"


def _hop_words(hops: Iterable[AccessHop]) -> Iterator[str]:
    answered = sorted((hop for hop in hops if hop.address is not None), key=lambda hop: hop.ttl)
    for hop in answered:
        if hop.dual_stack_lite_range:
            yield "hop_lite_range"
        elif hop.scope is Scope.SHARED:
            yield "hop_shared"
        elif hop.scope is Scope.PRIVATE:
            yield f"hop{hop.ttl}_private"
    beyond = [hop.scope for hop in answered if hop.ttl > 2]  # noqa: PLR2004  the second router
    if beyond and Scope.PRIVATE not in beyond:
        yield "no_more_private_hops"


def shares_ports(ports: Iterable[int], port_set: PortSet) -> bool:
    """Whether ports of many flows are those of one line's set, and not alike for another reason."""
    distinct = set(ports)
    shift = _PORT_BITS - port_set.offset
    blocks = {port >> shift for port in distinct}
    numbers = {port >> (shift - port_set.length) & ((1 << port_set.length) - 1) for port in distinct}
    return len(distinct) >= _MIN_PORTS and len(blocks) >= _MIN_BLOCKS and 0 not in blocks and len(numbers) == 1


def nat64_prefixes(addresses: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """The prefixes (address, length) of a NAT64 from the AAAA records of ipv4only.arpa (RFC 7050, section 3).

    An address in which the well-known IPv4 addresses stand nowhere, or in two places, tells nothing.
    """
    found: dict[tuple[str, int], None] = {}
    for address in addresses:
        packed = IPv6Address(address).packed
        lengths = [length for length in _NAT64_LENGTHS if _embedded(packed, length) in _NAT64_ADDRESSES]
        if len(lengths) == 1:
            (length,) = lengths
            prefix = IPv6Address(packed[: length // 8].ljust(16, b"\0"))
            found[str(prefix), length] = None
    return tuple(found)


def _embedded(packed: bytes, length: int) -> IPv4Address:
    """The IPv4 address behind a prefix (RFC 6052, section 2.2)."""
    octets = [octet for index, octet in enumerate(packed) if index != _RESERVED_OCTET or length == _NAT64_LENGTHS[-1]]
    start = length // 8
    return IPv4Address(bytes(octets[start : start + 4]))


def parse_provisioning(text: str) -> Provisioning | None:
    """The fields of a TXT record (HB46PP, section 3.1): `v=v6mig-1 url=https://... t=b`; None for another record."""
    if len(text) > MAX_RECORD_CHARACTERS:
        return None
    fields: dict[str, str] = {}
    for word in text.split():
        key, separator, value = word.partition("=")
        if separator:
            fields.setdefault(key, value)
    if fields.get("v") != _PROVISIONING_VERSION:
        return None
    return Provisioning(
        version=_PROVISIONING_VERSION,
        url=_web_address(fields.get("url", "")),
        certificate_checked={"a": False, "b": True}.get(fields.get("t", "")),
    )


def _web_address(text: str) -> str | None:
    """A plain web address; None for anything else that a record may hold."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return text if usable and text.isascii() and text.isprintable() else None
