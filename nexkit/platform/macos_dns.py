"""macOS: how names are looked up, from what `scutil --dns` printed and the hosts file."""

import sys
from pathlib import Path

from nexkit.address import Scope, scope
from nexkit.facts.dns import HostsEntry, NameService, NameServiceKind
from nexkit.platform.hosts_file import read_hosts
from nexkit.platform.parse_scutil import parse_dns, parse_resolver_scopes

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

HOSTS = Path("/private/etc/hosts")


def read_own_hosts(names: tuple[str, ...]) -> tuple[HostsEntry, ...] | None:
    """What the hosts file says of the names; None where it cannot be read."""
    return read_hosts(HOSTS, names)


def name_service(scutil: str, hosts: tuple[HostsEntry, ...] | None) -> NameService:
    """How names are looked up here."""
    told = parse_dns(scutil)
    servers = tuple(server for server, _ in told.resolvers)
    stub = tuple(server for server in servers if scope(server) is Scope.LOOPBACK)
    asked = tuple(server for server in servers if server not in stub)
    return NameService(
        kind=NameServiceKind.MACOS,
        sources=None,
        stub=stub,
        servers=None if stub and not asked else asked,
        current=None,
        scopes=parse_resolver_scopes(scutil),
        search_domains=told.search_domains,
        ndots=None,
        hosts=hosts,
    )
