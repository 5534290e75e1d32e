"""What Windows told of its name service, as the fact that all systems share. Pure.

Rules of the Name Resolution Policy Table are keys of the registry ([MS-GPNRPT] section 2.2.2): `Name` lists namespaces
(`.corp.example` everything below, `host.example` one name, `.` everything), `GenericDNSServers` and
`DirectAccessDNSServers` list addresses with `;` between them, `ConfigOptions` says which of them count.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nexkit.address import Family, Scope, in_prefix, is_address, scope
from nexkit.facts.dns import HostsEntry, NameService, NameServiceKind, ResolverScope
from nexkit.platform.windows_api import Adapter
from nexkit.platform.windows_facts import PLACEHOLDER_RESOLVERS

RegistryValues = Mapping[str, object]
"""Values of one registry key by name."""

_GENERIC_SERVERS = 0x08
_DIRECT_ACCESS_SERVERS = 0x04
_MAX_RULES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NameSettings:
    """What the registry holds."""

    policy: RegistryValues
    """`SOFTWARE\\Policies\\Microsoft\\Windows NT\\DNSClient`."""
    tcpip: RegistryValues
    """`SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters`."""
    policy_rules: tuple[RegistryValues, ...] | None
    """The rules of group policy; they switch the local ones off. None: that may not be read."""
    local_rules: tuple[RegistryValues, ...] | None


def name_service(
    adapters: Sequence[Adapter], settings: NameSettings, hosts: tuple[HostsEntry, ...] | None
) -> NameService:
    """How names are looked up here: first the rules, then the adapters, the one with the lowest metric first."""
    in_order = sorted(
        (adapter for adapter in adapters if adapter.up), key=lambda adapter: min(map(adapter.metric, Family))
    )
    of_adapters = [
        ResolverScope(interface=adapter.name, servers=servers, domains=(".",))
        for adapter in in_order
        if (servers := _asked(adapter.resolvers))
    ]
    servers = tuple(dict.fromkeys(server for each in of_adapters for server in each.servers))
    stub = tuple(server for server in servers if scope(server) is Scope.LOOPBACK)
    asked = tuple(server for server in servers if server not in stub)
    rules = policy_rules(settings)
    return NameService(
        kind=NameServiceKind.WINDOWS,
        sources=None,
        stub=stub,
        servers=None if stub and not asked else asked,
        current=None,
        scopes=None if rules is None else (*rules, *of_adapters),
        search_domains=search_list(settings, in_order),
        ndots=None,
        hosts=hosts,
    )


def policy_rules(settings: NameSettings) -> tuple[ResolverScope, ...] | None:
    """The rules in force; None where they may not be read."""
    if settings.policy_rules is None or (not settings.policy_rules and settings.local_rules is None):
        return None
    return tuple(
        rule
        for values in (settings.policy_rules or settings.local_rules or ())[:_MAX_RULES]
        if (rule := _rule(values)) is not None
    )


def search_list(settings: NameSettings, adapters: Iterable[Adapter]) -> tuple[str, ...]:
    """The suffixes for names of one label: a list that was set, else the computer's domain and the adapters' own."""
    for values in (settings.policy, settings.tcpip):
        if listed := _words(values.get("SearchList"), ","):
            return listed
    primary = _words(settings.policy.get("PrimaryDnsSuffix"), ",") or _words(settings.tcpip.get("Domain"), ",")
    return tuple(dict.fromkeys((*primary, *(suffix for adapter in adapters for suffix in adapter.suffixes))))


def _rule(values: RegistryValues) -> ResolverScope | None:
    names = values.get("Name")
    domains = [name.strip() for name in names if isinstance(name, str)] if isinstance(names, list) else []
    # `.` alone is every name; else a leading dot means "everything below".
    plain = tuple(dict.fromkeys("." if domain == "." else domain.strip(".") for domain in domains if domain))
    if not plain:
        return None
    options = values.get("ConfigOptions")
    flags = options if isinstance(options, int) else _GENERIC_SERVERS
    servers: list[str] = []
    if flags & _GENERIC_SERVERS:
        servers += _words(values.get("GenericDNSServers"), ";")
    if flags & _DIRECT_ACCESS_SERVERS:
        servers += _words(values.get("DirectAccessDNSServers"), ";")
    return ResolverScope(
        interface=None,
        servers=tuple(dict.fromkeys(server for server in servers if is_address(server))),
        domains=plain,
    )


def _words(value: object, separator: str) -> tuple[str, ...]:
    parts = value.split(separator) if isinstance(value, str) else []
    return tuple(word for part in parts if (word := part.strip().strip(".")))


def _asked(resolvers: Iterable[str]) -> tuple[str, ...]:
    return tuple(resolver for resolver in resolvers if not in_prefix(resolver, *PLACEHOLDER_RESOLVERS))
