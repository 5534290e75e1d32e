"""What the kit asks of an operating system. Each system fills the same values; what it cannot know is None."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from nexkit.address import Family
from nexkit.outcome import FailureKind
from nexkit.units import Bytes, Ms, Seconds

if TYPE_CHECKING:
    # For the signatures alone: making the classes of all facts takes longer than starting a probe.
    from nexkit.facts.dns import NameService
    from nexkit.facts.host import HostState
    from nexkit.facts.link import LinkState
    from nexkit.facts.network import NeighbourState, NetworkState
    from nexkit.facts.path import MplsLabel, PathMethod, Rewriting
    from nexkit.facts.system import SystemInfo
    from nexkit.facts.time import TimeSettings
    from nexkit.facts.wifi import WifiLink
    from nexkit.platform.system_proxy import SystemProxy


class CapabilityState(Enum):
    """Whether the system lets the kit measure something."""

    AVAILABLE = "available"
    LIMITED = "limited"
    """A fallback is used, and said so."""
    REFUSED = "refused"
    """The system does not permit it."""
    MISSING = "missing"
    """Not there on this system or computer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One line of `nexkit check`; words and mend are in the texts under `capability.<id>.<reason>`."""

    id: str
    """`icmp4`, `icmp6`, `trace4`, `trace6`, `neighbours`, `resolvers`, ..."""
    state: CapabilityState
    reason: str | None = None
    """A stable word for why it is not AVAILABLE, such as `ping_group_range`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One entry of the ARP or ND table."""

    state: NeighbourState
    mac: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTo:
    """The way that the system's routing chooses for an address."""

    interface: str | None
    source: str | None
    gateway: str | None
    """None: the address is on the link itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoReply:
    """What came of one echo request: a round trip, an ICMP error, or nothing in time (both None)."""

    rtt_ms: Ms | None
    error: FailureKind | None


class NotSupportedError(OSError):
    """The system has no such thing for programs; nobody can permit it."""


class EchoSession(Protocol):
    """An open echo socket of one family; many requests may be under way at once."""

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply. An OSError of sending becomes `error`."""
        ...


class SegmentSession(Protocol):
    """Whole Ethernet frames of one interface, without check sequences.

    Received are ARP replies, DHCP replies, IPv6 router advertisements, LLDP and CDP alone.
    """

    async def send(self, frame: bytes) -> None:
        """Send a frame; OSError."""
        ...

    async def receive(self) -> bytes:
        """The next frame that came from the network; OSError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HopReply:
    """What came back for one probe with limited TTL."""

    address: str | None
    """Who answered; None: nobody in time."""
    rtt_ms: Ms | None
    reached: bool
    """The target itself answered."""
    unreachable: FailureKind | None
    """A router said that it cannot forward."""
    reply_ttl: int | None = None
    """TTL that is left of the answer; None where the system does not show it, as with the three that follow."""
    quoted_ttl: int | None = None
    mpls: tuple[MplsLabel, ...] | None = None
    rewritten: tuple[Rewriting, ...] = ()
    """What the quote in the answer shows to have been changed on the way."""


class TraceSession(Protocol):
    """An open path discovery to one target; many probes may be under way at once."""

    @property
    def method(self) -> PathMethod:
        """What is sent."""
        ...

    @property
    def port(self) -> int | None:
        """Where it is sent to; None with ICMP."""
        ...

    @property
    def flow_stable(self) -> bool:
        """Whether all probes so far were of one flow (Paris traceroute)."""
        ...

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeReply:
    """What came of one packet that nobody may cut up; nothing at all is silence."""

    arrived: bool
    """The target answered it."""
    too_big: bool
    """A router, or this system itself, said that it is larger than the next link takes."""
    rtt_ms: Ms | None
    mtu_bytes: Bytes | None
    """The MTU that was named with "too big"; as hostile as anything from the network."""
    reporter: str | None
    """Who said so; None where it is not told, or this system itself."""
    error: FailureKind | None
    """Another ICMP error, or one of sending."""


class SizeSession(Protocol):
    """Packets of chosen sizes to one target, with "don't fragment"; many may be under way at once."""

    @property
    def method(self) -> PathMethod:
        """What is sent. By UDP the target answers few in a second (RFC 1812, section 4.3.2.8)."""
        ...

    async def own_mtu_bytes(self) -> Bytes | None:
        """The largest packet that the interface on the way takes; None where the system does not say."""
        ...

    async def probe(self, size_bytes: int, *, timeout_s: Seconds) -> SizeReply:
        """Send one packet of this size, IP header included, and wait for what comes back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpReply:
    """A datagram that answered ours, and the round trip by the kernel's stamp where there is one."""

    payload: bytes
    rtt_ms: Ms
    sent_s: Seconds | None = None
    """When ours left, on the monotonic clock; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """A datagram that arrived."""

    address: str
    port: int
    """Who sent it, as far as a source address can be believed."""
    payload: bytes
    at_s: Seconds
    """When the kernel got it, else when it was read; on the monotonic clock."""


class UdpSession(Protocol):
    """An open UDP socket of one family: many datagrams to several hosts from one port. ICMP errors are not told."""

    @property
    def port(self) -> int:
        """The port that the datagrams leave from."""
        ...

    def own_address(self, target: str) -> str:
        """The address that datagrams to the target leave from; sends nothing. OSError without a route."""
        ...

    def send(self, address: str, port: int, payload: bytes) -> Seconds:
        """Send a datagram now and tell when, on the clock of `Datagram.at_s`; OSError."""
        ...

    async def receive(self) -> Datagram:
        """The next datagram, whoever sent it; waits without end."""
        ...


class UdpConnection(Protocol):
    """A UDP socket that is connected to one host; ICMP errors are raised where the system tells them."""

    def send(self, payload: bytes) -> Seconds:
        """Send a datagram now and tell when, on the clock of `Datagram.at_s`; BlockingIOError, other OSErrors."""
        ...

    async def receive(self) -> Datagram:
        """The next datagram; waits without end. ConnectionRefusedError for ICMP port unreachable, other OSErrors."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpConnected:
    """A connected non-blocking socket; the caller closes it (or gives it to asyncio, which does)."""

    sock: socket.socket
    connect_ms: Ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessResult:
    """A finished program."""

    exit_status: int
    stdout: bytes
    stderr: bytes


class Platform(Protocol):
    """The seam. Every call is made from the event loop of a run and never blocks it."""

    async def system_info(self) -> SystemInfo:
        """Which system this is."""
        ...

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure; found by trying on loopback only."""
        ...

    async def network_state(self) -> NetworkState:
        """Interfaces, default routes, resolvers and proxies as the system has them now."""
        ...

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """What each source says, the one that counts first; with passwords where the system tells them."""
        ...

    async def dhcp_pac_url(self) -> str | None:
        """What DHCP said (option 252); None where it said nothing or the system does not tell."""
        ...

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        ...

    async def links(self) -> tuple[LinkState, ...]:
        """Every interface with what it negotiated and counted so far."""
        ...

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """Every Wi-Fi radio as the system sees it now, without a scan; PermissionError where it refuses everything."""
        ...

    async def route_to(self, address: str) -> RouteTo:
        """The way that packets to an address would take now; OSError where there is none. Sends nothing."""
        ...

    async def name_service(self, names: Sequence[str]) -> NameService:
        """How this system looks names up, and what its hosts file says of some; sends nothing.

        OSError where the system does not tell.
        """
        ...

    async def host_state(self, interval_s: Seconds) -> HostState:
        """Load, memory, power and sleep of this computer, its processors watched for so long. Sends nothing."""
        ...

    async def time_settings(self) -> TimeSettings:
        """The time zone and whether the system keeps its clock itself; what it does not tell is None. Sends nothing."""
        ...

    async def resolve(self, host: str, family: Family | None = None) -> tuple[str, ...]:
        """Addresses by the system's own lookup, its order kept, each once; socket.gaierror without any."""
        ...

    async def name_of(self, address: str) -> str | None:
        """What the system's own lookup calls an address (PTR); None without a name that is a host name."""
        ...

    async def metered(self) -> bool | None:
        """Whether the system counts the default connection's data or holds it for dear; None: it does not say."""
        ...

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it."""
        ...

    def open_segment(self, interface: str) -> AbstractAsyncContextManager[SegmentSession]:
        """Whole frames of an interface; entering raises PermissionError, NotSupportedError or OSError."""
        ...

    def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AbstractAsyncContextManager[TraceSession]:
        """Path discovery without privilege, by the best method that is permitted unless one is named.

        Entering raises PermissionError, OSError (no route), or OSError(EOPNOTSUPP) where the system has no such method.
        """
        ...

    def open_sizes(self, target: str) -> AbstractAsyncContextManager[SizeSession]:
        """Packets that nobody may cut up, without privilege; entering raises PermissionError or OSError (no route)."""
        ...

    async def exchange_udp(
        self,
        address: str,
        port: int,
        payload: bytes,
        *,
        timeout_s: Seconds,
        accept: Callable[[bytes], bool],
    ) -> UdpReply:
        """Send a datagram and wait for one from the same address and port that `accept` takes.

        TimeoutError without one, ConnectionRefusedError for ICMP port unreachable, other OSErrors as they come.
        """
        ...

    def open_udp(self, family: Family) -> AbstractAsyncContextManager[UdpSession]:
        """A UDP socket for many datagrams to several hosts; entering raises OSError without such a family."""
        ...

    def open_udp_to(self, address: str, port: int) -> AbstractAsyncContextManager[UdpConnection]:
        """A UDP socket for many datagrams to and from one host; entering raises OSError without a route."""
        ...

    async def connect_tcp(
        self,
        address: str,
        port: int,
        *,
        timeout_s: Seconds,
        segment_limit_bytes: int | None = None,
        interface: str | None = None,
    ) -> TcpConnected:
        """A TCP connection and how long the handshake took; TimeoutError or OSError.

        With a limit neither side sends larger segments; with an interface the packets leave by that one, whichever way
        the routing would choose. OSError where the system cannot ask for it.
        """
        ...

    def trust(self) -> ssl.SSLContext:
        """A client TLS context that trusts what this system trusts; a new one for each call."""
        ...

    async def run_program(
        self, arguments: Sequence[str], *, timeout_s: Seconds, max_output_bytes: int, input_bytes: bytes = b""
    ) -> ProcessResult:
        """Run a program by full path without a shell, `input_bytes` being all that it can read.

        FileNotFoundError, TimeoutError (it was ended).
        """
        ...
