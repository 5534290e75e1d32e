"""Linux: netlink and sysfs for the state, datagram sockets with error queues for echo and path, all unprivileged.

Each part is imported when it is first used: a probe that runs by itself waits for no other.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from nexkit.platform import linux_arrivals
from nexkit.platform.api import Capability, CapabilityState
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.threads import in_daemon_thread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from nexkit.address import Family
    from nexkit.facts.dns import NameService
    from nexkit.facts.host import HostState
    from nexkit.facts.link import LinkState
    from nexkit.facts.network import NetworkState
    from nexkit.facts.path import PathMethod
    from nexkit.facts.time import TimeSettings
    from nexkit.facts.wifi import WifiLink
    from nexkit.platform.api import EchoSession, Neighbour, RouteTo, SegmentSession, SizeSession, TraceSession
    from nexkit.platform.system_proxy import SystemProxy

from nexkit.units import Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for


class LinuxPlatform(SocketPlatform):
    """The seam to Linux."""

    def __init__(self) -> None:
        linux_arrivals.ask_early()

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure; found by trying on loopback only."""
        from nexkit.platform.linux_segment import segment_capability
        from nexkit.platform.loopback_check import icmp_capabilities
        from nexkit.platform.wifi_cells import wifi_capability

        icmp, neighbours, resolvers, wifi, segment = await asyncio.gather(
            icmp_capabilities(self),
            in_daemon_thread(_neighbour_capability),
            in_daemon_thread(_resolver_capability),
            wifi_capability(self.wifi_links, "refused"),
            in_daemon_thread(segment_capability),
        )
        return (*icmp, neighbours, resolvers, wifi, segment)

    async def network_state(self) -> NetworkState:
        """Interfaces, default routes, resolvers and proxies as the system has them now."""
        from nexkit.platform import linux_network
        from nexkit.platform.system_proxy import in_force

        proxy = in_force(await self.proxy_settings()).summary()
        return await in_daemon_thread(linux_network.read_network_state, proxy)

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """What each source says, the one that counts first; with passwords where the system tells them."""
        from nexkit.platform import linux_proxy

        return await linux_proxy.read_settings(self)

    async def dhcp_pac_url(self) -> str | None:
        """What DHCP said (option 252); None where it said nothing or the system does not tell."""
        from nexkit.platform import linux_proxy

        return await linux_proxy.dhcp_pac_url(self)

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        from nexkit.platform import linux_network

        return await in_daemon_thread(linux_network.read_neighbour, address, interface)

    async def links(self) -> tuple[LinkState, ...]:
        """Every interface with what it negotiated and counted so far."""
        from nexkit.platform import linux_link

        return await in_daemon_thread(linux_link.read_links)

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """Every Wi-Fi radio as the system sees it now, without a scan; PermissionError where it refuses everything."""
        from nexkit.platform import linux_wifi

        return await in_daemon_thread(linux_wifi.read_wifi)

    async def route_to(self, address: str) -> RouteTo:
        """The way that packets to an address would take now; OSError where there is none."""
        from nexkit.platform import linux_link

        return await in_daemon_thread(linux_link.look_up_route, address)

    async def name_service(self, names: Sequence[str]) -> NameService:
        """How this system looks names up; OSError where resolv.conf cannot be read."""
        from nexkit.platform import linux_dns

        return await linux_dns.read_name_service(names, self)

    async def host_state(self, interval_s: Seconds) -> HostState:
        """Load, memory, power and sleep of this computer."""
        from nexkit.platform.linux_host import read_host

        return await read_host(self, interval_s)

    async def time_settings(self) -> TimeSettings:
        """The time zone and whether the system keeps its clock itself; what it does not tell is None."""
        from nexkit.platform import linux_time

        return await linux_time.read_time_settings(self)

    async def metered(self) -> bool | None:
        """Whether the system counts the default connection's data or holds it for dear; None: it does not say."""
        from nexkit.platform import linux_metered

        return await linux_metered.read_metered(self)

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it."""
        from nexkit.platform import linux_icmp

        return linux_icmp.open_echo(family)

    def open_sizes(self, target: str) -> AbstractAsyncContextManager[SizeSession]:
        """Packets that nobody may cut up; entering raises OSError without a route."""
        from nexkit.platform import linux_mtu

        return linux_mtu.open_sizes(target)

    def open_segment(self, interface: str) -> AbstractAsyncContextManager[SegmentSession]:
        """Whole frames of an interface; entering raises PermissionError, or OSError where it is no Ethernet."""
        from nexkit.platform import linux_segment

        return linux_segment.open_segment(interface)

    def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AbstractAsyncContextManager[TraceSession]:
        """Path discovery without privilege; entering raises OSError without a route."""
        from nexkit.platform import linux_trace

        return linux_trace.open_trace(target, method, port)


def _neighbour_capability() -> Capability:
    from nexkit.platform import linux_netlink

    try:
        linux_netlink.neighbours()
    except OSError:
        return Capability(id="neighbours", state=CapabilityState.REFUSED, reason="refused")
    return Capability(id="neighbours", state=CapabilityState.AVAILABLE)


def _resolver_capability() -> Capability:
    from nexkit.platform import linux_network

    try:
        linux_network.read_resolv_conf()
    except OSError:
        return Capability(id="resolvers", state=CapabilityState.MISSING, reason="resolv_conf")
    return Capability(id="resolvers", state=CapabilityState.AVAILABLE)
