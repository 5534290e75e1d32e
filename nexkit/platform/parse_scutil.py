"""Reads what the property printers of macOS write: `scutil --dns`, `scutil --proxy`, `ipconfig getsummary`.

The words are keys of the SystemConfiguration framework and never localised. Unknown lines are passed over.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from nexkit.address import is_address
from nexkit.facts.dns import ResolverScope
from nexkit.facts.network import AddressOrigin
from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.platform.system_proxy import Endpoint, Exceptions, SystemProxy

Properties: TypeAlias = dict[str, "str | Properties"]
"""A printed dictionary or array (keys `0`, `1`, ...)."""

_PROPERTY = re.compile(r"^(?P<indent> +)(?P<key>\S(?:.*?\S)?) : (?P<value>.*)$")
_OPENED = re.compile(r"<(?:dictionary|array)> \{")
_INDENT = 2
_SCOPED_SECTION = "DNS configuration (for scoped queries)"
_RESOLVER = re.compile(r"resolver #[0-9]+")
_RESOLVER_LINE = re.compile(r"(?P<key>[a-z_ ]+?)(?:\[[0-9]+\])? *: (?P<value>.*)")
_INTERFACE = re.compile(r"[0-9]+ \((?P<name>[^)]+)\)")
_MAX_PORT = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsSettings:
    """The resolvers for names that no special resolver is set for, in the system's order."""

    resolvers: tuple[tuple[str, str | None], ...]
    """(address, interface)."""
    search_domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _ResolverBlock:
    nameservers: tuple[str, ...] = ()
    search_domains: tuple[str, ...] = ()
    interface: str | None = None
    domain: str | None = None
    """Asked for names at or below it only."""
    multicast: bool = False
    scoped: bool = False
    """Asked only for what is bound to the interface."""


def parse_properties(text: str) -> Properties:
    """The outermost printed dictionary; what stands outside the printed structure (a raw packet dump) is left out."""
    root: Properties = {}
    open_levels = [root]
    for line in text.splitlines():
        if line == " " * (_INDENT * (len(open_levels) - 1)) + "}":
            del open_levels[max(1, len(open_levels) - 1) :]
        elif (match := _PROPERTY.match(line)) is not None and len(match["indent"]) == _INDENT * len(open_levels):
            value: str | Properties = match["value"].strip()
            if _OPENED.fullmatch(str(value)):
                value = {}
                open_levels.append(value)
                open_levels[-2][match["key"]] = value
            else:
                open_levels[-1][match["key"]] = value
    return root


def _text(properties: Mapping[str, "str | Properties"], key: str) -> str | None:
    value = properties.get(key)
    return value if isinstance(value, str) and value else None


def parse_proxy_settings(text: str) -> SystemProxy:
    """`scutil --proxy`; the system leaves out what was never set. Passwords stay in the keychain."""
    properties = parse_properties(text)

    def switched_on(key: str) -> bool:
        return _text(properties, key) == "1"

    def proxy(scheme: str, kind: ProxyKind) -> Endpoint | None:
        host, port = _text(properties, f"{scheme}Proxy"), _text(properties, f"{scheme}Port")
        if not switched_on(f"{scheme}Enable") or host is None or port is None or not re.fullmatch("[0-9]{1,5}", port):
            return None
        return Endpoint(kind=kind, host=host, port=int(port)) if 0 < int(port) <= _MAX_PORT else None

    found = {
        "http": proxy("HTTP", ProxyKind.HTTP),
        "https": proxy("HTTPS", ProxyKind.HTTP),
        "": proxy("SOCKS", ProxyKind.SOCKS5),
    }
    listed = properties.get("ExceptionsList")
    entries = [each for each in listed.values() if isinstance(each, str)] if isinstance(listed, dict) else []
    if switched_on("ExcludeSimpleHostnames"):
        entries.append("<local>")
    return SystemProxy(
        source=ProxySource.MACOS,
        by_scheme={scheme: endpoint for scheme, endpoint in found.items() if endpoint is not None},
        pac_url=_text(properties, "ProxyAutoConfigURLString") if switched_on("ProxyAutoConfigEnable") else None,
        auto_detect=switched_on("ProxyAutoDiscoveryEnable") if properties else None,
        exceptions=Exceptions(entries=tuple(entries)),
    )


def parse_origin(text: str) -> AddressOrigin | None:
    """`ipconfig getsummary INTERFACE`: how the interface's IPv4 address came to be; None where it does not say."""
    services = parse_properties(text).get("IPv4")
    for service in services.values() if isinstance(services, dict) else ():
        match _text(service, "ConfigMethod") if isinstance(service, dict) else None:
            case "DHCP" | "BOOTP":
                return AddressOrigin.DYNAMIC
            case "Manual" | "INFORM":
                return AddressOrigin.STATIC
            case "LinkLocal":
                return AddressOrigin.LINK_LOCAL
    return None


def parse_dns(text: str) -> DnsSettings:
    """`scutil --dns`, its first part: the resolvers that every program asks."""
    default = [block for block in _resolver_blocks(text) if _for_every_name(block)]
    first_of: dict[str, str | None] = {}
    for block in default:
        for nameserver in block.nameservers:
            first_of.setdefault(nameserver, block.interface)
    return DnsSettings(
        resolvers=tuple(first_of.items()),
        search_domains=tuple(dict.fromkeys(domain for block in default for domain in block.search_domains)),
    )


def parse_resolver_scopes(text: str) -> tuple[ResolverScope, ...]:
    """`scutil --dns`: every resolver with the names that go to it; multicast DNS is none."""
    return tuple(
        ResolverScope(
            interface=block.interface,
            servers=block.nameservers,
            domains=() if block.scoped else (block.domain or ".",),
        )
        for block in _resolver_blocks(text)
        if block.nameservers and not block.multicast
    )


def _for_every_name(block: _ResolverBlock) -> bool:
    return block.domain is None and not block.multicast and not block.scoped


def _resolver_blocks(text: str) -> list[_ResolverBlock]:
    blocks: list[_ResolverBlock] = []
    scoped = False
    for raw in text.splitlines():
        line = raw.strip()
        if line == _SCOPED_SECTION:
            scoped = True
        elif _RESOLVER.fullmatch(line):
            blocks.append(_ResolverBlock(scoped=scoped))
        elif blocks and (match := _RESOLVER_LINE.fullmatch(line)):
            blocks[-1] = _with_line(blocks[-1], match["key"].strip(), match["value"].strip())
    return blocks


def _with_line(block: _ResolverBlock, key: str, value: str) -> _ResolverBlock:
    match key:
        case "nameserver" if is_address(value):
            return replace(block, nameservers=(*block.nameservers, value))
        case "search domain" if value:
            return replace(block, search_domains=(*block.search_domains, value))
        case "if_index" if interface := _INTERFACE.fullmatch(value):
            return replace(block, interface=interface["name"])
        case "domain" if value:
            return replace(block, domain=value)
        case "options" if "mdns" in value:
            return replace(block, multicast=True)
    return block
