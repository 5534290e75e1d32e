"""Linux: how names are looked up: nsswitch.conf, resolv.conf, the hosts file, and systemd-resolved by its bus."""

import asyncio
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from nexkit.address import Scope, scope
from nexkit.facts.dns import HostsEntry, NameService, NameServiceKind, ResolverScope
from nexkit.platform import linux_network
from nexkit.platform.hosts_file import read_hosts
from nexkit.platform.parse_resolv_conf import ResolvConf, parse_resolv_conf
from nexkit.platform.parse_resolved import (
    LinkState,
    current_server,
    domains_by_link,
    link_state,
    parse_properties,
    resolver_scopes,
    servers_by_link,
)
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

HOSTS = Path("/etc/hosts")
NSSWITCH = Path("/etc/nsswitch.conf")
_BUSCTL = "/usr/bin/busctl"
_SERVICE = "org.freedesktop.resolve1"
_OBJECT = "/org/freedesktop/resolve1"
_BUS_TIMEOUT_S = Seconds(1.0)
_BUS_MAX_BYTES = 100_000
_MAX_LINKS = 16
_SOURCE = re.compile(r"[a-z0-9_]{1,32}")
_SOURCES_WITHOUT_FILE = ("files", "dns")
"""nsswitch.conf(5), glibc's own default."""


async def read_name_service(names: Sequence[str], platform: SocketPlatform) -> NameService:
    """How names are looked up here; OSError where resolv.conf cannot be read."""
    resolv_conf, upstream, sources, hosts = await in_daemon_thread(_read_files, tuple(names))
    stub = tuple(server for server in resolv_conf.nameservers if scope(server) is Scope.LOOPBACK)
    resolved = upstream is not None and ("resolve" in sources or not linux_network.RESOLVED_STUBS.isdisjoint(stub))
    scopes, current = await _ask_resolved(platform) if resolved else (None, None)
    if resolved and upstream is not None:
        servers: tuple[str, ...] | None = upstream.nameservers
    else:
        servers = tuple(server for server in resolv_conf.nameservers if server not in stub)
        if stub and not servers:
            servers = None  # whom the program behind the stub asks is its own secret
    return NameService(
        kind=NameServiceKind.SYSTEMD_RESOLVED if resolved else NameServiceKind.RESOLV_CONF,
        sources=sources,
        stub=stub,
        servers=servers,
        current=current,
        scopes=scopes if resolved else (),
        search_domains=resolv_conf.search_domains,
        ndots=1 if resolv_conf.ndots is None else resolv_conf.ndots,
        hosts=hosts,
    )


def _read_files(
    names: tuple[str, ...],
) -> tuple[ResolvConf, ResolvConf | None, tuple[str, ...], tuple[HostsEntry, ...] | None]:
    resolv_conf = parse_resolv_conf(linux_network.RESOLV_CONF.read_text("utf-8", "replace"))
    upstream = None
    if linux_network.RESOLVED_UPSTREAM.exists():
        upstream = parse_resolv_conf(linux_network.RESOLVED_UPSTREAM.read_text("utf-8", "replace"))
    try:
        sources = parse_nsswitch(NSSWITCH.read_text("utf-8", "replace"))
    except OSError:
        sources = _SOURCES_WITHOUT_FILE
    return resolv_conf, upstream, sources, read_hosts(HOSTS, names)


def parse_nsswitch(text: str) -> tuple[str, ...]:
    """The sources of the `hosts` line in order, without the actions between them."""
    for line in text.splitlines():
        key, colon, rest = line.partition("#")[0].partition(":")
        if colon and key.strip() == "hosts":
            words = re.sub(r"\[[^\]]*\]", " ", rest).split()
            return tuple(word for word in words if _SOURCE.fullmatch(word))
    return _SOURCES_WITHOUT_FILE


async def _ask_resolved(platform: SocketPlatform) -> tuple[tuple[ResolverScope, ...] | None, str | None]:
    """(servers by link and domain, the server in use); (None, None) where the bus does not answer."""
    match await _properties(platform, _OBJECT, "Manager", "DNS", "Domains", "CurrentDNSServer"):
        case (dns, domains, *rest):
            current = rest[0] if rest else None
        case _:
            return None, None
    servers = servers_by_link(dns)
    indices = [index for index in servers if index][:_MAX_LINKS]
    told = await asyncio.gather(*(_link(platform, index) for index in indices))
    in_use = current_server(current, with_link=True)
    scopes = resolver_scopes(
        servers,
        domains_by_link(domains),
        dict(zip(indices, told, strict=True)),
        {index: name for index in indices if (name := _interface(index)) is not None},
        in_use,
    )
    # The manager names a server of its own only; else the one of the link that gets what nobody claims.
    return scopes, in_use or next((each.current for each in scopes if "." in each.domains and each.current), None)


async def _link(platform: SocketPlatform, index: int) -> LinkState:
    # The bus escapes a leading digit (sd_bus_path_encode(3)).
    digits = str(index)
    path = f"{_OBJECT}/link/_{ord(digits[0]):02x}{digits[1:]}"
    return link_state(await _properties(platform, path, "Link", "CurrentDNSServer", "DefaultRoute"))


async def _properties(platform: SocketPlatform, path: str, interface: str, *properties: str) -> tuple[object, ...]:
    """Values of properties, as far as they were told."""
    # Never started by the question: a service that does not run answers nobody's lookups.
    options = ("--system", "--json=short", "--auto-start=no", "--timeout=1")
    command = (_BUSCTL, *options, "get-property", _SERVICE, path, f"{_SERVICE}.{interface}", *properties)
    try:
        told = await platform.run_program(command, timeout_s=_BUS_TIMEOUT_S, max_output_bytes=_BUS_MAX_BYTES)
    except OSError:
        return ()
    return parse_properties(told.stdout.decode("utf-8", "replace"))


def _interface(index: int) -> str | None:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return None
