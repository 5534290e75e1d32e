"""Linux: netlink and sysfs for the state, datagram sockets with error queues for echo and path, all unprivileged."""

import asyncio
import contextlib
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from nexkit.address import Family
from nexkit.facts.network import NetworkState, ProxySettings
from nexkit.platform import linux_icmp, linux_netlink, linux_network
from nexkit.platform.api import Capability, CapabilityState, EchoSession, Neighbour, TraceSession
from nexkit.platform.loopback_check import icmp_capabilities
from nexkit.platform.parse_gsettings import parse_gnome_proxy
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_GSETTINGS = Path("/usr/bin/gsettings")
_GSETTINGS_TIMEOUT_S = Seconds(0.5)
_GSETTINGS_MAX_BYTES = 20_000


class LinuxPlatform(SocketPlatform):
    """The seam to Linux."""

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure; found by trying on loopback only."""
        icmp, neighbours, resolvers = await asyncio.gather(
            icmp_capabilities(self),
            in_daemon_thread(_neighbour_capability),
            in_daemon_thread(_resolver_capability),
        )
        return (*icmp, neighbours, resolvers)

    async def network_state(self) -> NetworkState:
        """Interfaces, default routes, resolvers and proxies as the system has them now."""
        return await in_daemon_thread(linux_network.read_network_state, await self._desktop_proxy())

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        return await in_daemon_thread(linux_network.read_neighbour, address, interface)

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it."""
        return linux_icmp.open_echo(family)

    def open_trace(self, target: str) -> AbstractAsyncContextManager[TraceSession]:
        """Path discovery without privilege; entering raises OSError without a route."""
        return linux_icmp.open_trace(target)

    async def _desktop_proxy(self) -> ProxySettings:
        """The proxy settings of GNOME and the desktops that share them; direct where there is no such desktop."""
        with contextlib.suppress(OSError):
            listed = await self.run_program(
                (str(_GSETTINGS), "list-recursively", "org.gnome.system.proxy"),
                timeout_s=_GSETTINGS_TIMEOUT_S,
                max_output_bytes=_GSETTINGS_MAX_BYTES,
            )
            return parse_gnome_proxy(listed.stdout.decode("utf-8", "replace"))
        return ProxySettings()


def _neighbour_capability() -> Capability:
    try:
        linux_netlink.neighbours()
    except OSError:
        return Capability(id="neighbours", state=CapabilityState.REFUSED, reason="refused")
    return Capability(id="neighbours", state=CapabilityState.AVAILABLE)


def _resolver_capability() -> Capability:
    try:
        linux_network.read_resolv_conf()
    except OSError:
        return Capability(id="resolvers", state=CapabilityState.MISSING, reason="resolv_conf")
    return Capability(id="resolvers", state=CapabilityState.AVAILABLE)
