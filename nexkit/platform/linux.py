"""Linux: netlink and sysfs for the state, datagram sockets with error queues for echo and path, all unprivileged."""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from nexkit.address import Family
from nexkit.facts.dns import NameService
from nexkit.facts.link import LinkState
from nexkit.facts.network import NetworkState
from nexkit.facts.path import PathMethod
from nexkit.facts.time import TimeSettings
from nexkit.facts.wifi import WifiLink
from nexkit.platform import (
    linux_dns,
    linux_icmp,
    linux_link,
    linux_metered,
    linux_mtu,
    linux_netlink,
    linux_network,
    linux_proxy,
    linux_time,
    linux_trace,
    linux_wifi,
)
from nexkit.platform.api import Capability, CapabilityState, EchoSession, Neighbour, RouteTo, SizeSession, TraceSession
from nexkit.platform.loopback_check import icmp_capabilities
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.system_proxy import SystemProxy, in_force
from nexkit.platform.threads import in_daemon_thread
from nexkit.platform.wifi_cells import wifi_capability

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for


class LinuxPlatform(SocketPlatform):
    """The seam to Linux."""

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure; found by trying on loopback only."""
        icmp, neighbours, resolvers, wifi = await asyncio.gather(
            icmp_capabilities(self),
            in_daemon_thread(_neighbour_capability),
            in_daemon_thread(_resolver_capability),
            wifi_capability(self.wifi_links, "refused"),
        )
        return (*icmp, neighbours, resolvers, wifi)

    async def network_state(self) -> NetworkState:
        """Interfaces, default routes, resolvers and proxies as the system has them now."""
        proxy = in_force(await self.proxy_settings()).summary()
        return await in_daemon_thread(linux_network.read_network_state, proxy)

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """What each source says, the one that counts first; with passwords where the system tells them."""
        return await linux_proxy.read_settings(self)

    async def dhcp_pac_url(self) -> str | None:
        """What DHCP said (option 252); None where it said nothing or the system does not tell."""
        return await linux_proxy.dhcp_pac_url(self)

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        return await in_daemon_thread(linux_network.read_neighbour, address, interface)

    async def links(self) -> tuple[LinkState, ...]:
        """Every interface with what it negotiated and counted so far."""
        return await in_daemon_thread(linux_link.read_links)

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """Every Wi-Fi radio as the system sees it now, without a scan; PermissionError where it refuses everything."""
        return await in_daemon_thread(linux_wifi.read_wifi)

    async def route_to(self, address: str) -> RouteTo:
        """The way that packets to an address would take now; OSError where there is none."""
        return await in_daemon_thread(linux_link.look_up_route, address)

    async def name_service(self, names: Sequence[str]) -> NameService:
        """How this system looks names up; OSError where resolv.conf cannot be read."""
        return await linux_dns.read_name_service(names, self)

    async def time_settings(self) -> TimeSettings:
        """The time zone and whether the system keeps its clock itself; what it does not tell is None."""
        return await linux_time.read_time_settings(self)

    async def metered(self) -> bool | None:
        """Whether the system counts the default connection's data or holds it for dear; None: it does not say."""
        return await linux_metered.read_metered(self)

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it."""
        return linux_icmp.open_echo(family)

    def open_sizes(self, target: str) -> AbstractAsyncContextManager[SizeSession]:
        """Packets that nobody may cut up; entering raises OSError without a route."""
        return linux_mtu.open_sizes(target)

    def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AbstractAsyncContextManager[TraceSession]:
        """Path discovery without privilege; entering raises OSError without a route."""
        return linux_trace.open_trace(target, method, port)


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
