"""A platform that follows a script: the double for tests of what stands above the seam. Sends nothing, never waits."""

import asyncio
import errno
import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from nexkit.address import Family
from nexkit.address import family as family_of
from nexkit.facts.dns import NameService, NameServiceKind
from nexkit.facts.host import HostState
from nexkit.facts.link import LinkState
from nexkit.facts.network import NeighbourState, NetworkState, ProxySettings
from nexkit.facts.path import PathMethod
from nexkit.facts.proxy import ProxySource
from nexkit.facts.system import SystemInfo
from nexkit.facts.time import ClockSync, TimeSettings, TimeZone
from nexkit.facts.wifi import WifiLink
from nexkit.platform.api import (
    Capability,
    Datagram,
    EchoReply,
    HopReply,
    Neighbour,
    ProcessResult,
    RouteTo,
    SizeReply,
    TcpConnected,
    UdpReply,
)
from nexkit.platform.size_session import NOTHING
from nexkit.platform.system_proxy import SystemProxy
from nexkit.units import Bytes, Ms, Seconds

ReplyT = TypeVar("ReplyT")

TEST_SYSTEM = SystemInfo(system="linux", release="test", architecture="x86_64")
SILENCE = EchoReply(rtt_ms=None, error=None)
NO_HOP = HopReply(address=None, rtt_ms=None, reached=False, unreachable=None)
UNPLUGGED = NetworkState(
    interfaces=(), default_routes=(), resolvers=(), search_domains=(), proxy=ProxySettings(auto_detect=False)
)

NO_NAME_SERVICE = NameService(
    kind=NameServiceKind.RESOLV_CONF,
    sources=("files", "dns"),
    stub=(),
    servers=(),
    current=None,
    scopes=(),
    search_domains=(),
    ndots=1,
    hosts=(),
)

TOKYO = TimeSettings(
    zone=TimeZone(utc_offset_s=32_400, name="Asia/Tokyo"),
    sync=ClockSync(enabled=True, synchronised=True, service="chronyd", last_sync_at=None),
)


def _given(scripted: ReplyT | OSError) -> ReplyT:
    if isinstance(scripted, OSError):
        raise scripted
    return scripted


@dataclass(slots=True, kw_only=True)
class FakePlatform:
    """What each call gives; what is not in the script is silence, absence or "no such name".

    An exception in the script is raised where the real platform would raise it.
    """

    info: SystemInfo = TEST_SYSTEM
    abilities: tuple[Capability, ...] = ()
    state: NetworkState | OSError = UNPLUGGED
    neighbours: Mapping[str, Neighbour | OSError] = field(default_factory=dict)
    """By address."""
    link_states: tuple[LinkState, ...] | OSError = ()
    radios: tuple[WifiLink, ...] | OSError = ()
    routes: Mapping[str, RouteTo | OSError] = field(default_factory=dict)
    """By address; no route where nothing stands."""
    service: NameService | OSError = NO_NAME_SERVICE
    time: TimeSettings | OSError = TOKYO
    host: HostState | OSError = field(default_factory=lambda: OSError(errno.ENOSYS, "not in the script"))
    names: Mapping[str, Sequence[str] | OSError] = field(default_factory=dict)
    echoes: Mapping[str, Sequence[EchoReply]] = field(default_factory=dict)
    """By address; one after the other, the last for ever."""
    echo_refusal: OSError | None = None
    """What opening an echo session raises."""
    hops: Mapping[int, Sequence[HopReply]] = field(default_factory=dict)
    """By TTL; one after the other, the last for ever. Beyond the highest TTL that reached, the target answers."""
    trace_refusal: OSError | None = None
    pointers: Mapping[str, str] = field(default_factory=dict)
    """By address, the name that its reverse lookup gives."""
    sizes: Callable[[int], SizeReply] = lambda _size: NOTHING
    """By the size of a packet; silence without a script."""
    own_mtu: Bytes | None = Bytes(1500)
    is_metered: bool | None = None
    sizes_refusal: OSError | None = None
    udp: Callable[[str, int, bytes], bytes | OSError] = lambda _address, _port, _payload: TimeoutError()
    udp_rtt_ms: Ms = Ms(1.0)
    tcp: Mapping[tuple[str, int], Ms | OSError] = field(default_factory=dict)
    """By (address, port): how long the connect takes, or the error; a time-out where nothing stands."""
    proxies: tuple[SystemProxy, ...] = (SystemProxy(source=ProxySource.GNOME, auto_detect=False),)
    pac_url_by_dhcp: str | None = None
    programs: Mapping[str, ProcessResult | OSError] = field(default_factory=dict)
    """By the program's path."""
    frames: Sequence[bytes | OSError] | OSError = ()
    """What comes over the wire, one after the other, and then nothing more; or what opening raises."""
    frames_sent: list[bytes] = field(default_factory=list)
    calls: list[tuple[str, ...]] = field(default_factory=list)
    """Every call with what it named, in order."""
    _turns: defaultdict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    async def system_info(self) -> SystemInfo:
        """Which system this is."""
        return self.info

    async def capabilities(self) -> tuple[Capability, ...]:
        """What the system lets the kit measure."""
        return self.abilities

    async def network_state(self) -> NetworkState:
        """The scripted state."""
        self.calls.append(("network_state",))
        return _given(self.state)

    async def proxy_settings(self) -> tuple[SystemProxy, ...]:
        """The scripted settings."""
        self.calls.append(("proxy_settings",))
        return self.proxies

    async def dhcp_pac_url(self) -> str | None:
        """The scripted address."""
        self.calls.append(("dhcp_pac_url",))
        return self.pac_url_by_dhcp

    async def neighbour(self, address: str, interface: str) -> Neighbour:
        """The scripted entry, or none."""
        self.calls.append(("neighbour", address, interface))
        return _given(self.neighbours.get(address, Neighbour(state=NeighbourState.ABSENT, mac=None)))

    async def links(self) -> tuple[LinkState, ...]:
        """The scripted links."""
        self.calls.append(("links",))
        return _given(self.link_states)

    async def wifi_links(self) -> tuple[WifiLink, ...]:
        """The scripted radios."""
        self.calls.append(("wifi_links",))
        return _given(self.radios)

    async def route_to(self, address: str) -> RouteTo:
        """The scripted way, or none."""
        self.calls.append(("route_to", address))
        return _given(self.routes.get(address, OSError(errno.ENETUNREACH, "not in the script")))

    async def name_service(self, names: Sequence[str]) -> NameService:
        """The scripted settings."""
        self.calls.append(("name_service", *names))
        return _given(self.service)

    async def host_state(self, interval_s: Seconds) -> HostState:
        """The scripted reading."""
        self.calls.append(("host_state", str(interval_s)))
        return _given(self.host)

    async def time_settings(self) -> TimeSettings:
        """The scripted settings."""
        self.calls.append(("time_settings",))
        return _given(self.time)

    async def metered(self) -> bool | None:
        """As scripted."""
        return self.is_metered

    async def resolve(self, host: str, family: Family | None = None) -> tuple[str, ...]:
        """The scripted addresses of the family."""
        self.calls.append(("resolve", host))
        missing = socket.gaierror(socket.EAI_NONAME, "not in the script")
        found = tuple(each for each in _given(self.names.get(host, missing)) if family in (None, family_of(each)))
        if not found:
            raise missing
        return found

    async def name_of(self, address: str) -> str | None:
        """The scripted name."""
        self.calls.append(("name_of", address))
        return self.pointers.get(address)

    @asynccontextmanager
    async def open_echo(self, family: Family) -> AsyncGenerator["FakeEcho", None]:
        """A session that gives the scripted replies."""
        self.calls.append(("open_echo", family.value))
        if self.echo_refusal is not None:
            raise self.echo_refusal
        yield FakeEcho(self)

    @asynccontextmanager
    async def open_segment(self, interface: str) -> AsyncGenerator["FakeSegment", None]:
        """A session that receives the scripted frames."""
        self.calls.append(("open_segment", interface))
        yield FakeSegment(self.frames_sent, _given(self.frames))

    @asynccontextmanager
    async def open_trace(
        self, target: str, method: PathMethod | None = None, port: int | None = None
    ) -> AsyncGenerator["FakeTrace", None]:
        """A session that gives the scripted hops."""
        self.calls.append(("open_trace", target))
        if self.trace_refusal is not None:
            raise self.trace_refusal
        yield FakeTrace(self, method or PathMethod.ICMP, port)

    async def exchange_udp(
        self, address: str, port: int, payload: bytes, *, timeout_s: Seconds, accept: Callable[[bytes], bool]
    ) -> UdpReply:
        """The scripted answer, if it is accepted."""
        del timeout_s
        self.calls.append(("exchange_udp", address, str(port)))
        answer = _given(self.udp(address, port, payload))
        if not accept(answer):
            raise TimeoutError
        return UdpReply(payload=answer, rtt_ms=self.udp_rtt_ms)

    @asynccontextmanager
    async def open_sizes(self, target: str) -> AsyncGenerator["FakeSizes", None]:
        """A session over the scripted path."""
        self.calls.append(("open_sizes", target))
        if self.sizes_refusal is not None:
            raise self.sizes_refusal
        yield FakeSizes(self)

    @asynccontextmanager
    async def open_udp(self, family: Family) -> AsyncGenerator["FakeUdp", None]:
        """A session that gives the scripted answers at once."""
        self.calls.append(("open_udp", family.value))
        yield FakeUdp(self)

    @asynccontextmanager
    async def open_udp_to(self, address: str, port: int) -> AsyncGenerator["FakeUdpTo", None]:
        """A connection that gives the scripted answers at once."""
        self.calls.append(("open_udp_to", address, str(port)))
        yield FakeUdpTo(self, address, port)

    async def connect_tcp(
        self,
        address: str,
        port: int,
        *,
        timeout_s: Seconds,
        segment_limit_bytes: int | None = None,
        interface: str | None = None,
    ) -> TcpConnected:
        """A socket that is connected to nothing; the caller closes it."""
        del timeout_s, segment_limit_bytes, interface
        self.calls.append(("connect_tcp", address, str(port)))
        connect_ms = _given(self.tcp.get((address, port), TimeoutError()))
        return TcpConnected(sock=socket.socket(), connect_ms=connect_ms)

    def trust(self) -> ssl.SSLContext:
        """A context that trusts nobody."""
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def run_program(
        self, arguments: Sequence[str], *, timeout_s: Seconds, max_output_bytes: int, input_bytes: bytes = b""
    ) -> ProcessResult:
        """The scripted result."""
        del timeout_s, max_output_bytes, input_bytes
        self.calls.append(("run_program", *arguments))
        return _given(self.programs.get(arguments[0], FileNotFoundError()))

    def next_of(self, kind: str, key: str, script: Sequence[ReplyT]) -> ReplyT:
        """The reply whose turn it is."""
        turn = self._turns[kind, key]
        self._turns[kind, key] += 1
        return script[min(turn, len(script) - 1)]


class FakeEcho:
    """Gives scripted echo replies."""

    def __init__(self, platform: FakePlatform) -> None:
        self._platform = platform

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """The reply whose turn it is."""
        del timeout_s, payload_bytes
        self._platform.calls.append(("echo", address))
        return self._platform.next_of("echo", address, self._platform.echoes.get(address, [SILENCE]))


class FakeSizes:
    """Gives what the scripted path does to each size."""

    def __init__(self, platform: FakePlatform) -> None:
        self._platform = platform

    @property
    def method(self) -> PathMethod:
        """What is sent."""
        return PathMethod.ICMP

    async def own_mtu_bytes(self) -> Bytes | None:
        """The scripted interface's."""
        return self._platform.own_mtu

    async def probe(self, size_bytes: int, *, timeout_s: Seconds) -> SizeReply:
        """What the path does to this size."""
        del timeout_s
        self._platform.calls.append(("size", str(size_bytes)))
        return self._platform.sizes(size_bytes)


class FakeUdp:
    """Gives the scripted answer to each datagram; errors in the script are silence here."""

    port = 40_000

    def __init__(self, platform: FakePlatform) -> None:
        self._platform = platform
        self._arrived: asyncio.Queue[Datagram] = asyncio.Queue()
        self._clock_s = 0.0

    def own_address(self, target: str) -> str:
        """An address of the family."""
        return "192.168.10.20" if family_of(target) is Family.IPV4 else "2001:db8:10::20"

    def send(self, address: str, port: int, payload: bytes) -> Seconds:
        """Put the answer where it will be received."""
        self._platform.calls.append(("send_udp", address, str(port)))
        self._clock_s += 1
        answer = self._platform.udp(address, port, payload)
        if isinstance(answer, bytes):
            at_s = Seconds(self._clock_s + self._platform.udp_rtt_ms / 1000)
            self._arrived.put_nowait(Datagram(address=address, port=port, payload=answer, at_s=at_s))
        return Seconds(self._clock_s)

    async def receive(self) -> Datagram:
        """The next answer; waits without end where there is none."""
        return await self._arrived.get()


class FakeUdpTo:
    """Gives the scripted answer to each datagram for one host, or raises its error."""

    def __init__(self, platform: FakePlatform, address: str, port: int) -> None:
        self._platform = platform
        self._session = FakeUdp(platform)
        self._address = address
        self._port = port
        self._error: OSError | None = None

    def send(self, payload: bytes) -> Seconds:
        """Put the answer where it will be received."""
        answer = self._platform.udp(self._address, self._port, payload)
        if isinstance(answer, OSError) and not isinstance(answer, TimeoutError):
            self._error = answer
        return self._session.send(self._address, self._port, payload)

    async def receive(self) -> Datagram:
        """The next answer; waits without end where there is none."""
        if self._error is not None:
            raise self._error
        return await self._session.receive()


class FakeSegment:
    """Receives scripted frames and keeps what is sent."""

    def __init__(self, sent: list[bytes], frames: Sequence[bytes | OSError]) -> None:
        self._sent = sent
        self._frames = iter(frames)

    async def send(self, frame: bytes) -> None:
        """Keep it."""
        self._sent.append(frame)

    async def receive(self) -> bytes:
        """The next one; after the last, none ever."""
        for each in self._frames:
            return _given(each)
        never: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        return await never


class FakeTrace:
    """Gives scripted hops."""

    flow_stable = True

    def __init__(self, platform: FakePlatform, method: PathMethod, port: int | None) -> None:
        self._platform = platform
        self.method = method
        self.port = port

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """The reply whose turn it is."""
        del timeout_s
        self._platform.calls.append(("probe", str(ttl)))
        hops = self._platform.hops
        reaching = min((each for each in hops if any(reply.reached for reply in hops[each])), default=ttl)
        return self._platform.next_of("hop", str(ttl), hops.get(min(ttl, reaching), [NO_HOP]))
