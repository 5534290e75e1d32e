"""Windows: the IP Helper API by ctypes, without administrator rights.

Written from Microsoft's documentation of iphlpapi.h, netioapi.h, icmpapi.h and winhttp.h. Echo and path discovery use
IcmpSendEcho2 and Icmp6SendEcho2, as ping.exe and tracert.exe do: they need no privilege, choose identifier and
sequence themselves (so a trace keeps no single flow), and count whole milliseconds.

Run under Wine 8.0, not on Windows. What it lacks is tried with doubles alone: ICMP over IPv6 (Icmp6CreateFile is a
stub), default routes and neighbours of IPv6, GetBestRoute2, answers of network drivers, Wi-Fi.
"""

import asyncio
import ctypes
import errno
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address

from nexkit.address import Family, family
from nexkit.facts.dns import NameService
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkState
from nexkit.facts.network import NeighbourState, NetworkState
from nexkit.facts.path import PathMethod
from nexkit.facts.time import TimeSettings
from nexkit.facts.wifi import WifiLink
from nexkit.platform import windows_api as api
from nexkit.platform import (
    windows_dns,
    windows_host,
    windows_link,
    windows_metered,
    windows_mtu,
    windows_proxy,
    windows_time,
    windows_wifi,
)
from nexkit.platform.api import Capability, CapabilityState, EchoReply, HopReply, Neighbour, RouteTo, SizeSession
from nexkit.platform.loopback_check import icmp_capabilities
from nexkit.platform.own_mtu import own_mtu_bytes
from nexkit.platform.sockets import SocketPlatform
from nexkit.platform.system_proxy import SystemProxy
from nexkit.platform.threads import in_daemon_thread
from nexkit.platform.wifi_cells import wifi_capability
from nexkit.platform.windows_facts import network_state
from nexkit.units import Ms, Seconds

assert sys.platform == "win32"  # noqa: S101  mypy reads what follows for Windows only

_AF_UNSPEC = 0
_ADAPTER_FLAGS = 0x0002 | 0x0004
"""GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_MULTICAST."""
_ADAPTER_BUFFER_BYTES = 16_384
_ADAPTER_TRIES = 4
"""The list may grow between two calls; Microsoft's example tries three times."""
_INVALID_HANDLE = ctypes.c_void_p(-1).value
_DEFAULT_TTL = 64
_MAX_ECHO_THREADS = 128
"""Each request under way holds a thread of its own; a trace of three rounds over thirty hops needs ninety."""
_TRACE_PAYLOAD_BYTES = 32


class WindowsPlatform(SocketPlatform):
    """The platform on Windows."""

    def __init__(self) -> None:
        self._calls = _Calls()
        self._proxy = windows_proxy.ProxyCalls()
        self._link_calls = windows_link.LinkCalls()

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure; found by trying on loopback only."""
        icmp = await icmp_capabilities(self)
        # The IP Helper API answers these to every user.
        open_to_all = (Capability(id=word, state=CapabilityState.AVAILABLE) for word in ("neighbours", "resolvers"))
        segment = Capability(id="segment", state=CapabilityState.MISSING, reason="no_raw_frames")
        return (*icmp, *open_to_all, await wifi_capability(self.wifi_links, "location_windows"), segment)

    async def network_state(self) -> NetworkState:
        """Interfaces, default routes, resolvers and proxies as the system has them now."""
        return await in_daemon_thread(self._read_network_state)

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """What each source says, the one that counts first; with passwords where the system tells them."""
        return await in_daemon_thread(self._proxy.settings)

    async def dhcp_pac_url(self) -> str | None:
        """What DHCP said (option 252); None where it said nothing or the system does not tell."""
        return await in_daemon_thread(self._proxy.dhcp_pac_url)

    def _read_network_state(self) -> NetworkState:
        return network_state(
            self._calls.adapters(),
            self._calls.interface_rows(),
            self._calls.forward_rows(),
            self._proxy.user().summary(),
        )

    async def host_state(self, interval_s: Seconds) -> HostState:
        """Load, memory, power and sleep of this computer."""
        return await in_daemon_thread(windows_host.read_host, interval_s)

    async def time_settings(self) -> TimeSettings:
        """The time zone and whether the system keeps its clock itself; what it does not tell is None."""
        return await in_daemon_thread(windows_time.read_time_settings)

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        return await in_daemon_thread(self._calls.neighbour, address, interface)

    async def links(self) -> tuple[LinkState, ...]:
        """Every interface with what it negotiated and counted so far."""
        return await in_daemon_thread(self._read_links)

    def _read_links(self) -> tuple[LinkState, ...]:
        return self._link_calls.read_links(self._calls.adapters(), self._calls.interface_rows())

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """Every Wi-Fi radio as the system sees it now, without a scan; PermissionError where it refuses everything."""
        return await in_daemon_thread(windows_wifi.read_wifi)

    async def route_to(self, address: str) -> RouteTo:
        """The way that packets to an address would take now; OSError where there is none."""
        return await in_daemon_thread(self._link_calls.route_to, address)

    async def name_service(self, names: Sequence[str]) -> NameService:
        """How this system looks names up."""
        return await in_daemon_thread(self._read_name_service, tuple(names))

    def _read_name_service(self, names: tuple[str, ...]) -> NameService:
        return windows_dns.read_name_service(self._calls.adapters(), names)

    async def metered(self) -> bool | None:
        """Whether the system counts the default connection's data or holds it for dear; None: it does not say."""
        return await in_daemon_thread(windows_metered.read_metered)

    @asynccontextmanager
    async def open_echo(self, family: Family) -> AsyncGenerator["_EchoSession", None]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it."""
        await in_daemon_thread(self._calls.try_icmp, family)
        yield _EchoSession(self._calls, family)

    @asynccontextmanager
    async def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AsyncGenerator["_TraceSession", None]:
        """Path discovery without privilege; entering raises PermissionError or OSError.

        By ICMP alone: a socket is not told of ICMP errors here, and raw sockets want an administrator.
        """
        del port
        if method not in (None, PathMethod.ICMP):
            raise OSError(errno.EOPNOTSUPP, "ICMP only")
        of_family = family(target)
        await in_daemon_thread(self._calls.try_icmp, of_family)
        yield _TraceSession(_EchoSession(self._calls, of_family), target)

    @asynccontextmanager
    async def open_sizes(self, target: str) -> AsyncGenerator[SizeSession, None]:
        """Packets that nobody may cut up; entering raises PermissionError or OSError."""
        if family(target) is Family.IPV6:
            yield windows_mtu.UdpSizes(target, own_mtu_bytes)
        else:
            await in_daemon_thread(self._calls.try_icmp, Family.IPV4)
            yield windows_mtu.EchoSizes(self._calls.send_whole_echo, target, own_mtu_bytes)


class _EchoSession:
    """Echo requests of one family, a bounded number of them at once."""

    def __init__(self, calls: "_Calls", of_family: Family) -> None:
        self._calls = calls
        self._family = of_family
        self._slots = asyncio.Semaphore(_MAX_ECHO_THREADS)

    async def ask(self, address: str, ttl: int, payload_bytes: int, timeout_s: Seconds) -> tuple[api.IcmpAnswer, Ms]:
        """What the system answered, and the time that passed meanwhile."""
        async with self._slots:
            return await in_daemon_thread(self._timed, address, ttl, payload_bytes, timeout_s)

    def _timed(self, address: str, ttl: int, payload_bytes: int, timeout_s: Seconds) -> tuple[api.IcmpAnswer, Ms]:
        began_ns = time.perf_counter_ns()
        answer = self._calls.send_echo(self._family, address, ttl=ttl, payload_bytes=payload_bytes, timeout_s=timeout_s)
        return answer, Ms((time.perf_counter_ns() - began_ns) / 1e6)

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply; an error of sending becomes `error`."""
        answer, elapsed_ms = await self.ask(address, _DEFAULT_TTL, payload_bytes, timeout_s)
        return api.echo_reply(answer, elapsed_ms)


class _TraceSession:
    """Echo requests with limited TTL to one target; the system numbers them, which changes their checksum."""

    flow_stable = False
    port: int | None = None

    def __init__(self, session: _EchoSession, target: str) -> None:
        self._session = session
        self._target = target

    @property
    def method(self) -> PathMethod:
        """What is sent."""
        return PathMethod.ICMP

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        answer, elapsed_ms = await self._session.ask(self._target, ttl, _TRACE_PAYLOAD_BYTES, timeout_s)
        return api.hop_reply(answer, elapsed_ms, self._target)


class _Calls:
    """The system's functions, blocking; Win32 errors come as OSError."""

    def __init__(self) -> None:
        self._ip = ctypes.WinDLL("iphlpapi.dll", use_last_error=True)
        # Handles are pointers: without these the upper half of a handle would be lost.
        self._ip.IcmpCreateFile.restype = ctypes.c_void_p
        self._ip.Icmp6CreateFile.restype = ctypes.c_void_p
        self._ip.IcmpCloseHandle.argtypes = [ctypes.c_void_p]
        self._ip.FreeMibTable.argtypes = [ctypes.c_void_p]
        self._ip.IcmpSendEcho2.argtypes = [
            *[ctypes.c_void_p] * 4,
            ctypes.c_uint32,
            ctypes.c_char_p,
            ctypes.c_uint16,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
        ]
        self._ip.Icmp6SendEcho2.argtypes = [
            *[ctypes.c_void_p] * 4,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.c_uint16,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_uint32,
            ctypes.c_uint32,
        ]

    def adapters(self) -> tuple[api.Adapter, ...]:
        """GetAdaptersAddresses."""
        size = ctypes.c_uint32(_ADAPTER_BUFFER_BYTES)
        status = api.ERROR_BUFFER_OVERFLOW
        for _ in range(_ADAPTER_TRIES):
            buffer = ctypes.create_string_buffer(size.value)
            status = self._ip.GetAdaptersAddresses(_AF_UNSPEC, _ADAPTER_FLAGS, None, buffer, ctypes.byref(size))
            if status == 0:
                return api.read_adapters(ctypes.cast(buffer, ctypes.POINTER(api.AdapterAddresses)))
            if status == api.ERROR_NO_DATA:
                return ()
            if status != api.ERROR_BUFFER_OVERFLOW:
                break
        raise ctypes.WinError(status)

    def interface_rows(self) -> tuple[api.InterfaceRow, ...]:
        """GetIfTable2."""
        table = ctypes.c_void_p()
        if status := self._ip.GetIfTable2(ctypes.byref(table)):
            raise ctypes.WinError(status)
        return api.read_interface_rows(self._table(table, api.INTERFACE_TABLE))

    def forward_rows(self) -> tuple[api.ForwardRow, ...]:
        """GetIpForwardTable2, both families; empty where there is none."""
        table = ctypes.c_void_p()
        status = self._ip.GetIpForwardTable2(_AF_UNSPEC, ctypes.byref(table))
        if status == api.ERROR_NOT_FOUND:
            return ()
        if status:
            raise ctypes.WinError(status)
        return api.read_forward_rows(self._table(table, api.FORWARD_TABLE))

    def _table(self, table: ctypes.c_void_p, layout: api.Table) -> bytes:
        """A copy of a table that the system allocated; the table is freed."""
        try:
            address = table.value or 0
            count = ctypes.c_uint32.from_address(address).value
            return ctypes.string_at(address, layout.size_bytes(count))
        finally:
            self._ip.FreeMibTable(table)

    def neighbour(self, address: str, interface: str) -> Neighbour:
        """GetIpNetTable2 of the address's family; an interface that is gone has no entries."""
        luid = ctypes.c_uint64()
        status = self._ip.ConvertInterfaceAliasToLuid(ctypes.c_wchar_p(interface), ctypes.byref(luid))
        if status == 0:
            table = ctypes.c_void_p()
            number = api.AF_INET if family(address) is Family.IPV4 else api.AF_INET6
            status = self._ip.GetIpNetTable2(number, ctypes.byref(table))
            if status == 0:
                return api.find_neighbour(self._table(table, api.NEIGHBOUR_TABLE), luid.value, address)
        if status in (api.ERROR_NOT_FOUND, api.ERROR_FILE_NOT_FOUND, api.ERROR_INVALID_PARAMETER):
            return Neighbour(state=NeighbourState.ABSENT, mac=None)
        raise ctypes.WinError(status)

    def _open_icmp(self, of_family: Family) -> int:
        handle: int | None = self._ip.IcmpCreateFile() if of_family is Family.IPV4 else self._ip.Icmp6CreateFile()
        if handle is None or handle == _INVALID_HANDLE:
            raise ctypes.WinError(ctypes.get_last_error())
        return handle

    def try_icmp(self, of_family: Family) -> None:
        """OSError where the system does not give the service."""
        self._ip.IcmpCloseHandle(self._open_icmp(of_family))

    def send_whole_echo(self, address: str, payload_bytes: int, timeout_s: Seconds) -> api.IcmpAnswer:
        """One IPv4 echo request with "don't fragment"."""
        return self.send_echo(
            Family.IPV4,
            address,
            ttl=_DEFAULT_TTL,
            payload_bytes=payload_bytes,
            timeout_s=timeout_s,
            flags=windows_mtu.IP_FLAG_DF,
        )

    def send_echo(
        self, of_family: Family, address: str, *, ttl: int, payload_bytes: int, timeout_s: Seconds, flags: int = 0
    ) -> api.IcmpAnswer:
        """One echo request and what came of it; blocks for as long as the time-out.

        Each call has a handle of its own, so that a session which was left meanwhile closes nothing under it.
        """
        options = api.IpOptions(ttl=ttl, flags=flags)
        buffer = ctypes.create_string_buffer(api.ECHO_REPLY_BYTES + payload_bytes + api.ECHO_REPLY_EXTRA_BYTES)
        common = (
            bytes(payload_bytes),
            payload_bytes,
            ctypes.addressof(options),
            ctypes.addressof(buffer),
            len(buffer),
            max(1, round(timeout_s * 1000)),
        )
        try:
            handle = self._open_icmp(of_family)
        except OSError as error:
            return api.IcmpAnswer(address=None, status=error.winerror or 0, rtt_ms=0)
        try:
            if of_family is Family.IPV4:
                number = int.from_bytes(IPv4Address(address).packed, "little")
                replies = self._ip.IcmpSendEcho2(handle, None, None, None, number, *common)
            else:
                source = api.write_socket_address(None, of_family)
                target = api.write_socket_address(address, of_family)
                replies = self._ip.Icmp6SendEcho2(handle, None, None, None, source, target, *common)
            code = ctypes.get_last_error()
        finally:
            self._ip.IcmpCloseHandle(handle)
        if replies:
            return api.read_echo_reply(buffer.raw, of_family)
        return api.IcmpAnswer(address=None, status=code, rtt_ms=0)
