"""The kit's own limits on where it goes and how often, at the one seam that every probe sends through.

A profile is a stranger's list of targets, and names, redirects and servers' hints lead on from there. So each address
is looked at when it is about to be contacted, after every lookup:

- Nowhere: multicast and unspecified addresses, and the link-local one where clouds keep credentials.
- Only what the system itself is told to use (resolver, proxy, router): loopback, link-local, this computer's addresses.
- Private networks: this computer's own, those of its routers and resolvers, and what the profile declares or the user
  typed. A router that answered a trace is sent echo requests, and nothing else.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_interface
from typing import TYPE_CHECKING

from nexkit import kit_limits
from nexkit.address import INNER, Scope, carried_ipv4, is_address, scope
from nexkit.consent import Consent
from nexkit.declared import NOTHING_DECLARED, Declared, canonical, canonical_name
from nexkit.failures import BudgetExceededError, KitLimitError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from nexkit.address import Family
    from nexkit.clock import Clock
    from nexkit.facts.dns import NameService
    from nexkit.facts.host import HostState
    from nexkit.facts.link import LinkState
    from nexkit.facts.network import NetworkState
    from nexkit.facts.path import PathMethod
    from nexkit.facts.system import SystemInfo
    from nexkit.facts.time import TimeSettings
    from nexkit.facts.wifi import WifiLink
    from nexkit.platform.api import (
        Capability,
        Datagram,
        EchoReply,
        EchoSession,
        HopReply,
        Neighbour,
        Platform,
        ProcessResult,
        RouteTo,
        SegmentSession,
        SizeReply,
        SizeSession,
        TcpConnected,
        TraceSession,
        UdpConnection,
        UdpReply,
        UdpSession,
    )
    from nexkit.platform.system_proxy import SystemProxy
    from nexkit.probe import ProbeSpec
    from nexkit.units import Bytes, Seconds

_DNS_PORT = 53
_LONGEST_WITH_BROADCAST = 30
"""Longer prefixes have no address to spare for it (RFC 3021)."""
_NEVER = frozenset({Scope.MULTICAST, Scope.UNSPECIFIED})
_HERE = frozenset({Scope.LOOPBACK, Scope.LINK_LOCAL})
_CREDENTIALS = frozenset({"169.254.169.254", "fd00:ec2::254"})
"""Where clouds hand out credentials to whoever asks from inside; some of them have their resolver there too."""
_OF_SOFTWARE = frozenset({"bridge", "virtual"})
"""Kinds of interfaces (`InterfaceKind`) behind which containers and virtual machines of this computer are."""


class Kind(Enum):
    """What is counted by itself."""

    CONNECT = "connect"
    BULK_CONNECT = "bulk_connect"
    ECHO = "echo"
    TRACE = "trace"
    DATAGRAM = "datagram"
    FRAME = "frame"


_RATES = {
    Kind.CONNECT: kit_limits.CONNECTIONS,
    Kind.BULK_CONNECT: kit_limits.BULK_CONNECTIONS,
    Kind.ECHO: kit_limits.ECHOES,
    Kind.TRACE: kit_limits.TRACES,
    Kind.DATAGRAM: kit_limits.DATAGRAMS,
    Kind.FRAME: kit_limits.FRAMES,
}


@dataclass(slots=True)
class _Bucket:
    """What is left of a rate (token bucket)."""

    left: float
    at_s: float
    counted: int = 0


@dataclass(slots=True)
class _Own:
    """What belongs to this computer, as far as it was read."""

    addresses: set[str] = field(default_factory=set)
    networks: set[IPv4Network | IPv6Network] = field(default_factory=set)
    broadcasts: set[str] = field(default_factory=set)
    routers: set[str] = field(default_factory=set)
    resolvers: set[str] = field(default_factory=set)


class Guard:
    """The limits of one run: what was counted so far, and what is known of this computer's network."""

    def __init__(
        self,
        platform: Platform,
        clock: Clock,
        declared: Declared = NOTHING_DECLARED,
        most_bytes: Bytes = kit_limits.RUN_BYTES,
    ) -> None:
        """`most_bytes`: of the whole run, load test left out; more than the kit's own limit is not to be had."""
        self._platform = platform
        self._clock = clock
        self._declared = declared
        self._own: _Own | None = None
        self._inside: set[str] = set()
        """Addresses of names that the profile declares or the user typed."""
        self._typed: set[str] = set()
        self._answered: set[str] = set()
        """Routers that answered a trace."""
        self._proxies: set[tuple[str, int]] = set()
        """Addresses and ports that a probe which follows the system has used."""
        self._proxy_names: dict[str, set[int]] = {}
        self._names: dict[str, set[str]] = {}
        """What such a probe looked up, by address."""
        self._ports: dict[str, set[int]] = {}
        self._buckets: dict[tuple[str, Kind], _Bucket] = {}
        self._most_bytes = min(most_bytes, kit_limits.RUN_BYTES)
        self._spent_bytes = 0

    def book_of(self, spec: ProbeSpec) -> Callable[[int], None]:
        """Where a probe's bytes are added up; a load test, for which the user is asked, has its own limit."""
        return _nowhere if spec.consent is Consent.BULK_TRAFFIC else self._book

    def _book(self, count: int) -> None:
        """Add bytes to those of the run; BudgetExceededError where it would be too many."""
        if self._spent_bytes + count > self._most_bytes:
            raise BudgetExceededError
        self._spent_bytes += count

    def platform(self, spec: ProbeSpec) -> GuardedPlatform:
        """The platform that a probe is given."""
        return GuardedPlatform(self, self._platform, spec)

    # --- what is known ---

    def learn(self, state: NetworkState) -> None:
        """What the system says of its network, each time it is read."""
        own = self._own = self._own or _Own()
        routed = {route.interface for route in state.default_routes}
        for interface in state.interfaces:
            of_software = interface.kind.value in _OF_SOFTWARE and interface.name not in routed
            for each in interface.addresses:
                address = canonical(each.address)
                own.addresses.add(address)
                network = ip_interface(f"{address}/{each.prefix_length}").network
                if not of_software:
                    own.networks.add(network)
                if isinstance(network, IPv4Network) and network.prefixlen <= _LONGEST_WITH_BROADCAST:
                    own.broadcasts.add(str(network.broadcast_address))
        own.routers.update(canonical(route.gateway) for route in state.default_routes if route.gateway)
        own.resolvers.update(canonical(each.address) for each in state.resolvers)

    def found(self, name: str, addresses: Sequence[str], *, follows_system: bool) -> None:
        """What a lookup gave."""
        name, places = canonical_name(name), [canonical(each) for each in addresses]
        if name in self._declared.typed:
            self._typed.update(places)
        elif self._declared.has_name(name):
            self._inside.update(places)
        self._proxies.update((place, port) for port in self._proxy_names.get(name, ()) for place in places)
        if follows_system:
            for place in places:
                self._names.setdefault(place, set()).add(name)

    def answered(self, address: str | None) -> None:
        """Who answered a trace."""
        if address is not None:
            self._answered.add(canonical(address))

    async def read_own(self) -> None:
        """Make sure that this computer's network is known, as far as the system tells."""
        if self._own is None:
            try:
                self.learn(await self._platform.network_state())
            except OSError:
                self._own = _Own()

    # --- what is asked ---

    async def admit(self, address: str, port: int | None, of: Kind, *, follows_system: bool = False) -> None:
        """Count something that is about to be sent to an address; KitLimitError where it may not be."""
        await self.read_own()
        self.admit_now(address, port, of, follows_system=follows_system)

    def admit_now(self, address: str, port: int | None, of: Kind, *, follows_system: bool = False) -> None:
        """The same where this computer's network is known already."""
        place = canonical(address)
        if not self._is_allowed(place, port, of, follows_system=follows_system):
            raise KitLimitError
        ports = self._ports.get(place)
        if ports is None:
            if len(self._ports) >= kit_limits.MAX_DESTINATIONS:
                raise KitLimitError
            ports = self._ports[place] = set()
        if port is not None and port not in ports:
            if len(ports) >= kit_limits.MAX_DESTINATION_PORTS:
                raise KitLimitError
            ports.add(port)
        self.count(place, of)
        if follows_system and port is not None:
            self._proxies.add((place, port))
            for name in self._names.get(place, ()):
                self._proxy_names.setdefault(name, set()).add(port)

    def count(self, place: str, of: Kind) -> None:
        """Count one of a kind; KitLimitError where they come too fast, or are too many."""
        rate, now_s = _RATES[of], self._clock.monotonic()
        bucket = self._buckets.get((place, of))
        if bucket is None:
            bucket = self._buckets[place, of] = _Bucket(float(rate.burst), now_s)
        bucket.left = min(rate.burst, bucket.left + (now_s - bucket.at_s) * rate.per_s)
        bucket.at_s = now_s
        if bucket.left < 1 or bucket.counted >= rate.most:
            raise KitLimitError
        bucket.left -= 1
        bucket.counted += 1

    def _is_allowed(self, place: str, port: int | None, of: Kind, *, follows_system: bool) -> bool:
        own, its_scope = self._own or _Own(), scope(place)
        if its_scope in _NEVER or place in own.broadcasts:
            return False
        if place in self._declared.typed or place in self._typed:
            return True
        if place in own.resolvers and port == _DNS_PORT:
            return True
        if place in _CREDENTIALS:
            return False
        for_proxy = follows_system or (port is not None and (place, port) in self._proxies)
        if its_scope is Scope.LOOPBACK or place in own.addresses:
            return for_proxy
        if place in own.routers:
            return True
        if its_scope is Scope.LINK_LOCAL:
            return False
        return not _leads_inside(place, its_scope) or for_proxy or self._is_inside(place, of, own)

    def _is_inside(self, place: str, of: Kind, own: _Own) -> bool:
        """Whether a private address is this computer's neighbour, or was named openly."""
        value = ip_address(place)
        return (
            place in own.resolvers
            or place in self._inside
            or self._declared.has_address(place)
            or any(value in network for network in own.networks)
            or (of is Kind.ECHO and place in self._answered)
        )


def _leads_inside(place: str, its_scope: Scope) -> bool:
    """Whether it is a private address, or an IPv6 address that leads to an IPv4 one which is not of the internet."""
    carried = carried_ipv4(place)
    return its_scope in INNER or (carried is not None and scope(carried) is not Scope.INTERNET)


def _nowhere(_count: int) -> None:
    """Not added up."""


class GuardedPlatform:
    """The platform as probes see it: what only reads is passed on, what sends is asked for first."""

    def __init__(self, guard: Guard, platform: Platform, spec: ProbeSpec) -> None:
        self._guard = guard
        self._platform = platform
        self._follows_system = spec.follows_system
        self._connects = Kind.BULK_CONNECT if spec.consent is Consent.BULK_TRAFFIC else Kind.CONNECT

    # --- reads ---

    async def system_info(self) -> SystemInfo:
        """Passed on."""
        return await self._platform.system_info()

    async def capabilities(self) -> tuple[Capability, ...]:
        """Passed on."""
        return await self._platform.capabilities()

    async def network_state(self) -> NetworkState:
        """Passed on, and learned from."""
        state = await self._platform.network_state()
        self._guard.learn(state)
        return state

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """Passed on."""
        return await self._platform.proxy_settings()

    async def dhcp_pac_url(self) -> str | None:
        """Passed on."""
        return await self._platform.dhcp_pac_url()

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """Passed on."""
        return await self._platform.neighbour(address, interface)

    async def links(self) -> tuple[LinkState, ...]:
        """Passed on."""
        return await self._platform.links()

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """Passed on."""
        return await self._platform.wifi_links()

    async def route_to(self, address: str) -> RouteTo:
        """Passed on."""
        return await self._platform.route_to(address)

    async def name_service(self, names: Sequence[str]) -> NameService:
        """Passed on."""
        return await self._platform.name_service(names)

    async def host_state(self, interval_s: Seconds) -> HostState:
        """Passed on."""
        return await self._platform.host_state(interval_s)

    async def time_settings(self) -> TimeSettings:
        """Passed on."""
        return await self._platform.time_settings()

    async def metered(self) -> bool | None:
        """Passed on."""
        return await self._platform.metered()

    def trust(self) -> ssl.SSLContext:
        """Passed on."""
        return self._platform.trust()

    # --- lookups, which the system makes where it is told to ---

    async def resolve(self, host: str, family: Family | None = None) -> tuple[str, ...]:
        """Passed on, and learned from."""
        addresses = await self._platform.resolve(host, family)
        self._guard.found(host, addresses, follows_system=self._follows_system)
        return addresses

    async def name_of(self, address: str) -> str | None:
        """Passed on."""
        return await self._platform.name_of(address)

    # --- sends ---

    @asynccontextmanager
    async def open_echo(self, family: Family) -> AsyncIterator[EchoSession]:
        """A session each of whose requests is asked for."""
        async with self._platform.open_echo(family) as session:
            yield _GuardedEcho(session, self._admit)

    @asynccontextmanager
    async def open_segment(self, interface: str) -> AsyncIterator[SegmentSession]:
        """A session each of whose frames is counted."""
        async with self._platform.open_segment(interface) as session:
            yield _GuardedSegment(session, partial(self._guard.count, interface, Kind.FRAME))

    @asynccontextmanager
    async def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AsyncIterator[TraceSession]:
        """A session each of whose probes is asked for; what answers is learned from."""
        await self._admit(target, None, Kind.TRACE)
        async with self._platform.open_trace(target, method, port) as session:
            yield _GuardedTrace(session, partial(self._admit, target, None, Kind.TRACE), self._guard.answered)

    @asynccontextmanager
    async def open_sizes(self, target: str) -> AsyncIterator[SizeSession]:
        """A session each of whose packets is asked for."""
        await self._admit(target, None, Kind.ECHO)
        async with self._platform.open_sizes(target) as session:
            yield _GuardedSizes(session, partial(self._admit, target, None, Kind.ECHO))

    async def exchange_udp(
        self, address: str, port: int, payload: bytes, *, timeout_s: Seconds, accept: Callable[[bytes], bool]
    ) -> UdpReply:
        """Passed on where it may be."""
        await self._admit(address, port, Kind.DATAGRAM)
        return await self._platform.exchange_udp(address, port, payload, timeout_s=timeout_s, accept=accept)

    @asynccontextmanager
    async def open_udp(self, family: Family) -> AsyncIterator[UdpSession]:
        """A session each of whose datagrams is asked for."""
        await self._guard.read_own()
        async with self._platform.open_udp(family) as session:
            yield _GuardedUdp(session, self._admit_datagram)

    @asynccontextmanager
    async def open_udp_to(self, address: str, port: int) -> AsyncIterator[UdpConnection]:
        """A connection each of whose datagrams is asked for."""
        await self._admit(address, port, Kind.DATAGRAM)
        async with self._platform.open_udp_to(address, port) as connection:
            yield _GuardedUdpTo(connection, partial(self._admit_datagram, address, port))

    async def connect_tcp(
        self,
        address: str,
        port: int,
        *,
        timeout_s: Seconds,
        segment_limit_bytes: int | None = None,
        interface: str | None = None,
    ) -> TcpConnected:
        """Passed on where it may be."""
        await self._admit(address, port, self._connects)
        return await self._platform.connect_tcp(
            address, port, timeout_s=timeout_s, segment_limit_bytes=segment_limit_bytes, interface=interface
        )

    async def run_program(
        self, arguments: Sequence[str], *, timeout_s: Seconds, max_output_bytes: int, input_bytes: bytes = b""
    ) -> ProcessResult:
        """Passed on where all addresses on its command line may be contacted: that is where it goes."""
        for argument in arguments:
            if is_address(argument):
                await self._admit(argument, None, self._connects)
        return await self._platform.run_program(
            arguments, timeout_s=timeout_s, max_output_bytes=max_output_bytes, input_bytes=input_bytes
        )

    async def _admit(self, address: str, port: int | None, of: Kind) -> None:
        await self._guard.admit(address, port, of, follows_system=self._follows_system)

    def _admit_datagram(self, address: str, port: int) -> None:
        self._guard.admit_now(address, port, Kind.DATAGRAM, follows_system=self._follows_system)


class _GuardedEcho:
    def __init__(self, session: EchoSession, admit: Callable[[str, int | None, Kind], Awaitable[None]]) -> None:
        self._session = session
        self._admit = admit

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        await self._admit(address, None, Kind.ECHO)
        return await self._session.echo(address, timeout_s=timeout_s, payload_bytes=payload_bytes)


class _GuardedSegment:
    def __init__(self, session: SegmentSession, count: Callable[[], None]) -> None:
        self._session = session
        self._count = count

    async def send(self, frame: bytes) -> None:
        self._count()
        await self._session.send(frame)

    async def receive(self) -> bytes:
        return await self._session.receive()


class _GuardedTrace:
    def __init__(
        self, session: TraceSession, admit: Callable[[], Awaitable[None]], answered: Callable[[str | None], None]
    ) -> None:
        self._session = session
        self._admit = admit
        self._answered = answered

    @property
    def method(self) -> PathMethod:
        return self._session.method

    @property
    def port(self) -> int | None:
        return self._session.port

    @property
    def flow_stable(self) -> bool:
        return self._session.flow_stable

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        await self._admit()
        reply = await self._session.probe(ttl, timeout_s=timeout_s)
        self._answered(reply.address)
        return reply


class _GuardedSizes:
    def __init__(self, session: SizeSession, admit: Callable[[], Awaitable[None]]) -> None:
        self._session = session
        self._admit = admit

    @property
    def method(self) -> PathMethod:
        return self._session.method

    async def own_mtu_bytes(self) -> Bytes | None:
        return await self._session.own_mtu_bytes()

    async def probe(self, size_bytes: int, *, timeout_s: Seconds) -> SizeReply:
        await self._admit()
        return await self._session.probe(size_bytes, timeout_s=timeout_s)


class _GuardedUdp:
    def __init__(self, session: UdpSession, admit: Callable[[str, int], None]) -> None:
        self._session = session
        self._admit = admit

    @property
    def port(self) -> int:
        return self._session.port

    def own_address(self, target: str) -> str:
        return self._session.own_address(target)

    def send(self, address: str, port: int, payload: bytes) -> Seconds:
        self._admit(address, port)
        return self._session.send(address, port, payload)

    async def receive(self) -> Datagram:
        return await self._session.receive()


class _GuardedUdpTo:
    def __init__(self, connection: UdpConnection, admit: Callable[[], None]) -> None:
        self._connection = connection
        self._admit = admit

    def send(self, payload: bytes) -> Seconds:
        self._admit()
        return self._connection.send(payload)

    async def receive(self) -> Datagram:
        return await self._connection.receive()
