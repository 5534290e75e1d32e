"""macOS: datagram ICMP sockets and the system's own tools, without any privilege.

Written from Apple's documentation and published sources (XNU, network_cmds, configd). Datagram ICMP sockets carry echo
requests only, and hand over Time Exceeded and Destination Unreachable too, so they serve path discovery as well.
icmplib knows the peculiarities of their messages (an IP header in front of IPv4 ones); its summaries are not used.
"""

import asyncio
import contextlib
import errno
import os
import platform
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from icmplib.exceptions import ICMPSocketError, TimeoutExceeded
from icmplib.models import ICMPRequest
from icmplib.sockets import ICMPv4Socket, ICMPv6Socket
from icmplib.utils import unique_identifier

from nexkit.address import Family, family, is_address, with_zone
from nexkit.facts.dns import NameService
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkState
from nexkit.facts.network import AddressOrigin, Duplex, NetworkState
from nexkit.facts.path import PathMethod
from nexkit.facts.time import TimeSettings
from nexkit.facts.wifi import WifiLink
from nexkit.failures import NotPermittedError
from nexkit.outcome import FailureKind
from nexkit.platform import (
    macos_dns,
    macos_host,
    macos_link,
    macos_local_network,
    macos_location,
    macos_metered,
    macos_mtu,
    macos_time,
    macos_trust,
    macos_wifi,
)
from nexkit.platform.api import (
    Capability,
    CapabilityState,
    EchoReply,
    EchoSession,
    Neighbour,
    RouteTo,
    SizeSession,
    TcpConnected,
    TraceSession,
    UdpReply,
)
from nexkit.platform.icmp_session import IcmpMessage, IcmpSession
from nexkit.platform.local_network import LocalNetwork
from nexkit.platform.loopback_check import icmp_capabilities
from nexkit.platform.macos_facts import PlainInterface, network_state
from nexkit.platform.macos_link_facts import link_states, parse_route
from nexkit.platform.parse_dhcp_lease import parse_ipconfig_packet
from nexkit.platform.parse_ifconfig import parse_ifconfig
from nexkit.platform.parse_neighbours import parse_arp, parse_ndp
from nexkit.platform.parse_netstat import TableRoute, parse_default_routes
from nexkit.platform.parse_scutil import parse_dns, parse_origin, parse_proxy_settings
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.system_proxy import SystemProxy, environment_settings
from nexkit.platform.threads import in_daemon_thread
from nexkit.platform.whole_trace import open_whole_trace
from nexkit.platform.wifi_cells import wifi_capability
from nexkit.units import Seconds

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_ARP = "/usr/sbin/arp"
_IFCONFIG = "/sbin/ifconfig"
_IPCONFIG = "/usr/sbin/ipconfig"
_NDP = "/usr/sbin/ndp"
_NETSTAT = "/usr/sbin/netstat"
_ROUTE = "/sbin/route"
_SCUTIL = "/usr/sbin/scutil"
_TOOL_TIMEOUT_S = Seconds(3.0)
_TOOL_OUTPUT_BYTES = 1_000_000
_LOCAL_NETWORK_SINCE = 15
"""The version of macOS that began to ask for the local network."""
_NETSTAT_WORDS = {Family.IPV4: "inet", Family.IPV6: "inet6"}


class MacosPlatform(SocketPlatform):
    """The platform on macOS."""

    def __init__(self) -> None:
        self._local_network = LocalNetwork(macos_local_network.is_denied, self._is_there)

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure; found by trying on loopback only, and by asking the system."""
        icmp, neighbours, resolvers, wifi, near = await asyncio.gather(
            icmp_capabilities(self),
            self._tool_capability("neighbours", _ARP, "-an"),
            self._tool_capability("resolvers", _SCUTIL, "--dns"),
            self._wifi_capability(),
            self._local_network_capability(),
        )
        segment = Capability(id="segment", state=CapabilityState.MISSING, reason="no_raw_frames")
        return (*icmp, neighbours, resolvers, wifi, *near, segment)

    async def _wifi_capability(self) -> Capability:
        """Why the names are missing decides what mends it."""
        permission = await in_daemon_thread(macos_location.location_permission)
        reason = {
            macos_location.LocationPermission.OFF: "location_macos_off",
            macos_location.LocationPermission.RESTRICTED: "restricted",
        }.get(permission or macos_location.LocationPermission.DENIED, "location_macos")
        return await wifi_capability(self.wifi_links, reason)

    async def _local_network_capability(self) -> tuple[Capability, ...]:
        """Whether routers may be spoken to, where there is one; nothing is sent."""
        try:
            gateways = [
                with_zone(route.gateway, route.interface)
                for of_family in Family
                for route in await self._routes(of_family)
                if route.gateway is not None
            ]
        except OSError:
            return ()
        denied = [await in_daemon_thread(macos_local_network.is_denied, gateway) for gateway in gateways]
        if True in denied:
            return (Capability(id="local_network", state=CapabilityState.REFUSED, reason="local_network_macos"),)
        if False in denied:
            return (Capability(id="local_network", state=CapabilityState.AVAILABLE),)
        return ()

    async def _is_there(self, address: str) -> bool:
        """Whether an address of the own network has a known hardware address, on systems that ask for permission."""
        if int(platform.mac_ver()[0].partition(".")[0] or 0) < _LOCAL_NETWORK_SINCE:
            return False
        try:
            route = await self.route_to(address)
            if route.gateway is not None or route.interface is None:
                return False
            return (await self.neighbour(address, route.interface)).mac is not None
        except OSError:
            return False

    def trust(self) -> ssl.SSLContext:
        """As everywhere, and what administrators, device management and the user have added."""
        context = super().trust()
        for authority in macos_trust.own_authorities():
            with contextlib.suppress(ssl.SSLError):  # one that cannot be read hinders no other
                context.load_verify_locations(cadata=authority)
        return context

    async def connect_tcp(
        self,
        address: str,
        port: int,
        *,
        timeout_s: Seconds,
        segment_limit_bytes: int | None = None,
        interface: str | None = None,
    ) -> TcpConnected:
        """As everywhere; NotPermittedError where the user keeps the program from the own network."""
        try:
            return await super().connect_tcp(
                address, port, timeout_s=timeout_s, segment_limit_bytes=segment_limit_bytes, interface=interface
            )
        except OSError as error:
            await self._local_network.raise_if_denied(error, address)
            raise

    async def exchange_udp(
        self, address: str, port: int, payload: bytes, *, timeout_s: Seconds, accept: Callable[[bytes], bool]
    ) -> UdpReply:
        """As everywhere; NotPermittedError where the user keeps the program from the own network."""
        try:
            return await super().exchange_udp(address, port, payload, timeout_s=timeout_s, accept=accept)
        except OSError as error:
            await self._local_network.raise_if_denied(error, address)
            raise

    async def _tool_capability(self, capability: str, *arguments: str) -> Capability:
        try:
            await self._output(*arguments)
        except OSError:
            return Capability(id=capability, state=CapabilityState.REFUSED, reason="refused")
        return Capability(id=capability, state=CapabilityState.AVAILABLE)

    async def metered(self) -> bool | None:
        """Whether the system counts the default connection's data or holds it for dear; None: it does not say."""
        return await in_daemon_thread(macos_metered.read_metered)

    async def network_state(self) -> NetworkState:
        """Interfaces, default routes, resolvers and proxies as the system has them now.

        OSError where the routes or resolvers cannot be read, for an empty list would say that there are none.
        """
        plain, entries, routes4, routes6, dns, proxy = await asyncio.gather(
            in_daemon_thread(_plain_interfaces),
            self._output_if_any(_IFCONFIG, "-a", "-v"),
            self._routes(Family.IPV4),
            self._routes(Family.IPV6),
            self._output(_SCUTIL, "--dns"),
            self._output_if_any(_SCUTIL, "--proxy"),
        )
        return network_state(
            interfaces=plain,
            entries=parse_ifconfig(entries),
            origins=await self._origins(plain),
            routes={Family.IPV4: routes4, Family.IPV6: routes6},
            dns=parse_dns(dns),
            proxy=parse_proxy_settings(proxy).summary(),
        )

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """What each source says, the one that counts first; with passwords where the system tells them."""
        told = parse_proxy_settings(await self._output_if_any(_SCUTIL, "--proxy"))
        return (told, environment_settings(os.environ, for_browsers=False))

    async def dhcp_pac_url(self) -> str | None:
        """What DHCP said (option 252); None where it said nothing or the system does not tell."""
        for route in await self._routes(Family.IPV4):
            packet = await self._output_if_any(_IPCONFIG, "getpacket", route.interface)
            if (url := parse_ipconfig_packet(packet)) is not None:
                return url
        return None

    async def _routes(self, of_family: Family) -> tuple[TableRoute, ...]:
        return parse_default_routes(await self._output(_NETSTAT, "-rn", "-f", _NETSTAT_WORDS[of_family]))

    async def _origins(self, interfaces: Sequence[PlainInterface]) -> dict[str, AddressOrigin | None]:
        """How the IPv4 address of each interface came to be."""
        names = [each.name for each in interfaces if any(":" not in address for address, _ in each.addresses)]
        summaries = await asyncio.gather(*(self._output_if_any(_IPCONFIG, "getsummary", name) for name in names))
        return {name: parse_origin(summary) for name, summary in zip(names, summaries, strict=True)}

    async def _output(self, *arguments: str) -> str:
        """What a tool prints; OSError where it cannot be run, or fails without a word."""
        result = await self.run_program(arguments, timeout_s=_TOOL_TIMEOUT_S, max_output_bytes=_TOOL_OUTPUT_BYTES)
        if result.exit_status != 0 and not result.stdout:
            raise OSError(errno.EIO, "a tool of the system failed")
        return result.stdout.decode("utf-8", "replace")

    async def _output_if_any(self, *arguments: str) -> str:
        """What a tool prints; empty where it cannot be run or fails."""
        try:
            return await self._output(*arguments)
        except OSError:
            return ""

    async def host_state(self, interval_s: Seconds) -> HostState:
        """Load, memory, power and sleep of this computer."""
        return await macos_host.read_host(self, interval_s)

    async def time_settings(self) -> TimeSettings:
        """The time zone and whether the system keeps its clock itself; what it does not tell is None."""
        return await in_daemon_thread(macos_time.read_time_settings)

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        if family(address) is Family.IPV4:
            return parse_arp(await self._output(_ARP, "-an"), address, interface)
        return parse_ndp(await self._output(_NDP, "-an"), address, interface)

    async def links(self) -> tuple[LinkState, ...]:
        """Every interface with what it negotiated and counted so far."""
        plain, entries, counters = await asyncio.gather(
            in_daemon_thread(_plain_interfaces),
            self._output_if_any(_IFCONFIG, "-a", "-v", "-m"),
            in_daemon_thread(macos_link.read_counters),
        )
        return link_states(plain, parse_ifconfig(entries), counters)

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """Every Wi-Fi radio as the system sees it now, without a scan; PermissionError where it refuses everything."""
        return await in_daemon_thread(macos_wifi.read_wifi)

    async def route_to(self, address: str) -> RouteTo:
        """The way that packets to an address would take now; OSError where there is none."""
        source = await in_daemon_thread(macos_link.own_address, address)
        word = f"-{_NETSTAT_WORDS[family(address)]}"
        return parse_route(await self._output(_ROUTE, "-n", "get", word, address), source)

    async def name_service(self, names: Sequence[str]) -> NameService:
        """How this system looks names up; OSError where its tool cannot be run."""
        scutil, hosts = await asyncio.gather(
            self._output(_SCUTIL, "--dns"), in_daemon_thread(macos_dns.read_own_hosts, tuple(names))
        )
        return macos_dns.name_service(scutil, hosts)

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it.

        A request raises NotPermittedError where the user keeps the program from the own network.
        """
        return _open_session(family, self._local_network)

    def open_sizes(self, target: str) -> AbstractAsyncContextManager[SizeSession]:
        """Packets that nobody may cut up; entering raises PermissionError or OSError."""
        return macos_mtu.open_sizes(target)

    def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AbstractAsyncContextManager[TraceSession]:
        """Path discovery without privilege, by ICMP or UDP; entering raises PermissionError or OSError.

        Not by TCP: a connection attempt is not told of the router that dropped it.
        """
        if method is PathMethod.TCP:
            raise OSError(errno.EOPNOTSUPP, "ICMP and UDP only")
        return open_whole_trace(target, method or PathMethod.ICMP, port, socket.SOCK_DGRAM)


@asynccontextmanager
async def _open_session(of_family: Family, local_network: LocalNetwork) -> AsyncGenerator[EchoSession, None]:
    async with IcmpSession.over(_DatagramIcmp(of_family), of_family) as session:
        yield _PermittedEcho(session, local_network)


class _PermittedEcho:
    """An echo session that tells a denial from a host that is not there."""

    def __init__(self, session: EchoSession, local_network: LocalNetwork) -> None:
        self._session = session
        self._local_network = local_network

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply; NotPermittedError."""
        reply = await self._session.echo(address, timeout_s=timeout_s, payload_bytes=payload_bytes)
        if reply.error is FailureKind.HOST_UNREACHABLE and await self._local_network.keeps_from(address):
            raise NotPermittedError(errno.EPERM, "no permission for the local network")
        return reply


class _DatagramIcmp:
    """An unprivileged ICMP socket of icmplib; its errors become the OSErrors that they stand for."""

    def __init__(self, of_family: Family) -> None:
        make = ICMPv4Socket if of_family is Family.IPV4 else ICMPv6Socket
        self._family = of_family
        # Every datagram ICMP socket sees every reply; the identifier says whose it is.
        self._id = unique_identifier()  # type: ignore[no-untyped-call]  # icmplib ships no types
        try:
            self._sock = make(privileged=False)
        except ICMPSocketError as error:
            raise _os_error(error) from error

    def send(self, address: str, sequence: int, payload: bytes, ttl: int) -> None:
        """Send an echo request; OSError."""
        request = ICMPRequest(  # type: ignore[no-untyped-call]
            destination=address, id=self._id, sequence=sequence, payload=payload, payload_size=len(payload), ttl=ttl
        )
        if self._family is Family.IPV6:
            # icmplib leaves the hop limit of unprivileged sockets alone; XNU permits it (icmp6_dgram_ctloutput).
            self._sock.sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, ttl)
        try:
            self._sock.send(request)  # type: ignore[no-untyped-call]
        except ICMPSocketError as error:
            raise _os_error(error) from error

    def receive(self, timeout_s: Seconds) -> IcmpMessage | None:
        """The next message that belongs to this socket; None where there is none in time. OSError."""
        try:
            reply = self._sock.receive(timeout=timeout_s)  # type: ignore[no-untyped-call]
        except TimeoutExceeded:
            return None
        except ICMPSocketError as error:
            raise _os_error(error) from error
        if reply.id != self._id:
            return None
        return IcmpMessage(source=reply.source, sequence=reply.sequence, type=reply.type, code=reply.code)

    def close(self) -> None:
        """Give the socket back."""
        self._sock.close()  # type: ignore[no-untyped-call]


def _os_error(error: ICMPSocketError) -> OSError:
    """The system's error behind an error of icmplib, which keeps the message only."""
    cause = error.__context__
    return cause if isinstance(cause, OSError) else OSError(errno.EIO, "ICMP socket")


def _plain_interfaces() -> tuple[PlainInterface, ...]:
    """The system's list of interfaces."""
    import psutil

    duplexes = {psutil.NIC_DUPLEX_FULL: Duplex.FULL, psutil.NIC_DUPLEX_HALF: Duplex.HALF}
    addresses = psutil.net_if_addrs()  # type: ignore[no-untyped-call]  # psutil ships no types
    return tuple(
        PlainInterface(
            name=name,
            up="up" in stats.flags.split(","),
            mtu_bytes=stats.mtu,
            speed_mbit_s=stats.speed,
            duplex=duplexes.get(stats.duplex),
            mac=next((each.address.lower() for each in addresses.get(name, ()) if each.family == psutil.AF_LINK), None),
            addresses=tuple(
                (each.address, each.netmask)
                for each in addresses.get(name, ())
                if each.netmask and is_address(each.address) and is_address(each.netmask)
            ),
        )
        for name, stats in psutil.net_if_stats().items()  # type: ignore[no-untyped-call]
    )
