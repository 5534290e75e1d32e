"""What the kit asks of an operating system. Each system fills the same values; what it cannot know is None."""

import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from nexkit.address import Family
from nexkit.facts.network import NeighbourState, NetworkState
from nexkit.facts.path import PathMethod
from nexkit.facts.system import SystemInfo
from nexkit.outcome import FailureKind
from nexkit.units import Ms, Seconds


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
class EchoReply:
    """What came of one echo request: a round trip, an ICMP error, or nothing in time (both None)."""

    rtt_ms: Ms | None
    error: FailureKind | None


class EchoSession(Protocol):
    """An open echo socket of one family; many requests may be under way at once."""

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply. An OSError of sending becomes `error`."""
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


class TraceSession(Protocol):
    """An open path discovery to one target with one flow; many probes may be under way at once."""

    @property
    def method(self) -> PathMethod:
        """What is sent."""
        ...

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class UdpReply:
    """A datagram that answered ours, and the round trip by the kernel's stamp where there is one."""

    payload: bytes
    rtt_ms: Ms


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

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The ARP or ND entry of an address; PermissionError where the system refuses to tell."""
        ...

    async def resolve(self, host: str, family: Family | None = None) -> tuple[str, ...]:
        """Addresses by the system's own lookup, its order kept, each once; socket.gaierror without any."""
        ...

    def open_echo(self, family: Family) -> AbstractAsyncContextManager[EchoSession]:
        """ICMP echo without privilege; entering raises PermissionError where the system refuses it."""
        ...

    def open_trace(self, target: str) -> AbstractAsyncContextManager[TraceSession]:
        """Path discovery without privilege; entering raises PermissionError or OSError (no route)."""
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

    async def connect_tcp(self, address: str, port: int, *, timeout_s: Seconds) -> TcpConnected:
        """A TCP connection and how long the handshake took; TimeoutError or OSError."""
        ...

    def trust(self) -> ssl.SSLContext:
        """A client TLS context that trusts what this system trusts; a new one for each call."""
        ...

    async def run_program(
        self, arguments: Sequence[str], *, timeout_s: Seconds, max_output_bytes: int
    ) -> ProcessResult:
        """Run a program by full path without a shell; FileNotFoundError, TimeoutError (it was ended)."""
        ...
