"""MTU probe: the largest packet that gets to a destination whole, by size and by a real transfer (RFC 4821, RFC 8899).

Packets that nobody may cut up are sent in falling sizes. A size that is silent is repeated before it is believed, since
packets are lost for other reasons too; a router's "too big" is tried, not believed. Beside it a TCP connection carries
full segments both ways: it shows what programs see, also where the destination answers no echo.
"""

import asyncio
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import h11

from nexkit import __version__
from nexkit.address import Family, family
from nexkit.consent import Consent
from nexkit.data.mtu_values import familiar_uses, familiar_values
from nexkit.facts.mtu import LargeTransfer, MtuState, PathMtu, SizeSample, TransferStep
from nexkit.facts.path import PathMethod
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome
from nexkit.params import PORT, POSITIVE, check_limits
from nexkit.platform.api import SizeReply, SizeSession
from nexkit.platform.tcp import delivered_bytes, reset_on_close
from nexkit.platform.tcp_mtu import SegmentSizes, segment_sizes
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.hosts import authority, wire_host
from probes.exchange.stream import ByteStream
from probes.exchange.target import address_of
from probes.exchange.tls import NotTlsError, TlsStream
from probes.exchange.traffic import TCP_CONNECTION_BYTES, tcp_bytes
from probes.exchange.trust import unverified

SMALL_BYTES = {Family.IPV4: 84, Family.IPV6: 104}
"""What `ping` sends: who does not answer this answers no echo at all."""
FLOOR_BYTES = {Family.IPV4: 576, Family.IPV6: 1280}
"""Every path should take these (RFC 791, RFC 8200)."""
ETHERNET_BYTES = 1500
LEAST_BYTES = 68
"""The least MTU that IPv4 knows (RFC 791): what is told below is nonsense."""
COPIES = 3
"""How often a silent size is sent; with 4 % loss there and back one in 15 000 sizes is wrongly believed..."""
LAST_COPIES = 5
"""...and of the size that decides, one in ten million."""
PAUSE_RTTS = 2
"""Between two copies: a reply that is only slow shall be seen first."""
MIN_PAUSE_S = Seconds(0.08)
FIRST_PAUSE_S = Seconds(0.3)
"""Before any round trip is known."""
WAYS = 8
"""Sizes tried at once: an interval shrinks to an eighth in each round."""
MAX_ROUNDS = 12
SEARCH_LIMIT_S = Seconds(6.0)
PADDING_BYTES = 6_000
"""In the request's head: five full segments, and less than the 8 KiB that servers take."""
DOWN_BYTES = 48_000
"""Of the answer so much is read."""
SMALL_SEGMENT_BYTES = {Family.IPV4: 536, Family.IPV6: 1220}
"""Fit through any path (RFC 9293, section 3.7.1)."""
_POLL_S = Seconds(0.05)
_READ_BYTES = 16_384
_DEFAULT_PORTS = {True: 443, False: 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class MtuParams:
    """Where to, and whether to make a large transfer there as well."""

    target: str
    port: Annotated[int, PORT] | None = None
    """Of the large transfer; None: none is made."""
    host: str | None = None
    """Whose page is asked for there; None: the target's."""
    path: str = "/"
    secure: bool = True
    """The transfer speaks TLS."""
    patience_s: Annotated[Seconds, POSITIVE] = Seconds(1.3)
    """Without any progress for so long a transfer is stalled: more than TCP needs to repeat twice what was lost."""

    def __post_init__(self) -> None:
        check_limits(self)
        if self.host is not None:
            wire_host(self.host)
        if not self.path.startswith("/") or not self.path.isascii() or not self.path.isprintable() or " " in self.path:
            raise ValueError(f"path: {self.path!r} must begin with / and hold no blanks")


class MtuProbe:
    """Find the path MTU by search, and carry full segments both ways at the same time.

    Silence is a result: a destination that answers nothing leaves the path MTU unknown. What stalls is tried once more
    with small segments: only where these pass was it the size.
    """

    spec: ClassVar = ProbeSpec(
        id="mtu",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=MtuParams,
        fact=PathMtu,
        timeout_s=Seconds(20),
        max_bytes=Bytes(600_000),
    )

    async def run(self, params: MtuParams, ctx: ProbeContext) -> Outcome[PathMtu]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        began_s = ctx.clock.monotonic()
        step = "resolve"
        try:
            address = await address_of(params.target, ctx)
            step = "open"
            async with ctx.platform.open_sizes(address) as session:
                search = _Search(session, address, ctx)
                async with asyncio.TaskGroup() as group:
                    searching = group.create_task(search.run())
                    carrying = group.create_task(_transfers(address, params, ctx))
                searching.result()
                transfer, clamped = carrying.result()
                method = session.method
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step=step, os_code=error.errno))
        except (OSError, BudgetExceededError, ExceptionGroup) as error:
            return Failed(classify(error, step=step))
        took_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)
        return Completed(search.fact(method, took_ms, transfer, clamped))


@dataclass(slots=True, kw_only=True)
class _Tally:
    """One size so far."""

    sent: int = 0
    arrived: bool = False
    too_big: bool = False
    told: int | None = None
    by: str | None = None


@dataclass(slots=True)
class _Search:
    """From the small size that passes to the first that does not."""

    session: SizeSession
    target: str
    ctx: ProbeContext
    own_mtu: Bytes | None = None
    rtt_s: Seconds | None = None
    error: FailureKind | None = None
    tallies: dict[int, _Tally] = field(default_factory=dict)
    began_s: Seconds = Seconds(0.0)

    async def run(self) -> None:
        """Fill in the tallies."""
        of_family = family(self.target)
        self.began_s = self.ctx.clock.monotonic()
        self.own_mtu = await self.session.own_mtu_bytes()
        top = self.own_mtu or ETHERNET_BYTES
        first = {SMALL_BYTES[of_family], FLOOR_BYTES[of_family], ETHERNET_BYTES, top}
        await self._round(size for size in first if size <= top)
        self.ctx.progress(Ratio(0.4))
        if self.passed is None:
            return
        for _round in range(MAX_ROUNDS):
            sizes = self._next(of_family)
            if not sizes or self.ctx.clock.monotonic() - self.began_s > SEARCH_LIMIT_S:
                break
            await self._round(sizes)
        self.ctx.progress(Ratio(0.8))

    @property
    def passed(self) -> int | None:
        """The largest size that passed."""
        return max((size for size, tally in self.tallies.items() if tally.arrived), default=None)

    @property
    def refused(self) -> int | None:
        """The smallest size above it that did not."""
        passed = self.passed
        return min(
            (size for size, tally in self.tallies.items() if passed and size > passed and tally.sent), default=None
        )

    def _next(self, of_family: Family) -> tuple[int, ...]:
        """The sizes that tell most now; none at the end."""
        low, high = self.passed, self.refused
        if low is None or high is None:
            return ()
        edge = self.tallies[high]
        if high == low + 1:
            # Silence alone decides here: it has to last. "Too big" is said in so many words.
            return () if edge.too_big or edge.sent >= LAST_COPIES else (high,)
        if edge.told is not None and low <= edge.told < high:
            # Tried, not believed: this one has to pass, and one byte more has not to.
            return tuple(size for size in (edge.told, edge.told + 1) if low < size < high)
        if self.session.method is PathMethod.UDP and not edge.too_big:
            return ()
        between = [value for value in familiar_values(of_family) if low < value < high]
        if between and high - low > 2 * WAYS:
            return tuple(between)  # what lies right above the largest that passes is asked in the next round
        step = max(1, (high - low) // WAYS)
        return tuple(sorted({low + 1, *range(low + step, high, step)}))

    async def _round(self, sizes: Iterable[int]) -> None:
        """Ask for all sizes at once."""
        await asyncio.gather(*(self._ask(size) for size in sizes))

    async def _ask(self, size: int) -> None:
        """Send a size until it is answered, or silent so often that it counts."""
        tally = self.tallies.setdefault(size, _Tally())
        copies = LAST_COPIES - tally.sent if tally.sent else COPIES
        waiting: set[asyncio.Task[SizeReply]] = set()
        try:
            for _copy in range(copies):
                self.ctx.spend(size)
                tally.sent += 1
                waiting.add(asyncio.create_task(self.session.probe(size, timeout_s=SEARCH_LIMIT_S)))
                until_s = self.ctx.clock.monotonic()
                while waiting and (left_s := until_s + self._pause_s() - self.ctx.clock.monotonic()) > 0:
                    # In small pieces: the pause shrinks as soon as another size has shown the round trip.
                    done, waiting = await asyncio.wait(
                        waiting, timeout=min(left_s, MIN_PAUSE_S), return_when=asyncio.FIRST_COMPLETED
                    )
                    for task in done:
                        self._count(tally, task.result(), size)
                    if tally.arrived or tally.too_big or self.error is not None:
                        return
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _pause_s(self) -> float:
        if self.rtt_s is None:
            return FIRST_PAUSE_S
        return max(MIN_PAUSE_S, PAUSE_RTTS * self.rtt_s)

    def _count(self, tally: _Tally, reply: SizeReply, size: int) -> None:
        if reply.arrived:
            tally.arrived = True
            self.ctx.spend(size)
            if reply.rtt_ms is not None:
                self.rtt_s = Seconds(max(self.rtt_s or 0.0, reply.rtt_ms / 1000))
        elif reply.too_big:
            tally.too_big = True
            named = reply.mtu_bytes
            tally.told = named if named is not None and LEAST_BYTES <= named < size else None
            tally.by = reply.reporter
        elif reply.error is not None:
            self.error = reply.error

    def fact(
        self, method: PathMethod, took_ms: Ms, transfer: LargeTransfer | None, clamped: LargeTransfer | None
    ) -> PathMtu:
        """What was found."""
        low, high = self.passed, self.refused
        exact = low is not None and (low == self.own_mtu if high is None else high == low + 1)
        above = [tally for size, tally in sorted(self.tallies.items()) if low is not None and size > low]
        told = [tally for tally in above if tally.told is not None]
        edge = above[0] if above else None
        if low is None:
            state = MtuState.NO_ANSWER
        elif edge is None:
            state = MtuState.FITS
        else:
            state = MtuState.TOLD if edge.too_big else MtuState.BLACK_HOLE
        return PathMtu(
            target=self.target,
            method=method,
            state=state,
            own_mtu_bytes=self.own_mtu,
            path_mtu_bytes=Bytes(low) if exact and low is not None else None,
            passed_bytes=None if low is None else Bytes(low),
            refused_bytes=None if high is None else Bytes(high),
            told_mtu_bytes=Bytes(told[0].told) if told and told[0].told is not None else None,
            told_by=next((tally.by for tally in above if tally.by is not None), None),
            familiar=familiar_uses(low, family(self.target)) if exact and low is not None else (),
            samples=tuple(
                SizeSample(
                    size_bytes=Bytes(size),
                    sent=tally.sent,
                    arrived=tally.arrived,
                    too_big=tally.too_big,
                    told_mtu_bytes=None if tally.told is None else Bytes(tally.told),
                    told_by=tally.by,
                )
                for size, tally in sorted(self.tallies.items())
                if tally.sent
            ),
            send_failure=self.error if low is None else None,
            took_ms=took_ms,
            transfer=transfer,
            clamped_transfer=clamped,
        )


async def _transfers(
    address: str, params: MtuParams, ctx: ProbeContext
) -> tuple[LargeTransfer | None, LargeTransfer | None]:
    """The transfer, and where it stalled the one with small segments."""
    if params.port is None:
        return None, None
    transfer = await _Transfer(address, params.port, None, params, ctx).run()
    if not transfer.stalled:
        return transfer, None
    limit = Bytes(SMALL_SEGMENT_BYTES[family(address)])
    return transfer, await _Transfer(address, params.port, limit, params, ctx).run()


class _StalledError(Exception):
    """Nothing came through for the whole patience."""


class _Transfer:
    """One connection with full segments both ways; what is set when a step fails has succeeded before."""

    def __init__(self, address: str, port: int, limit: Bytes | None, params: MtuParams, ctx: ProbeContext) -> None:
        self._address = address
        self._port = port
        self._limit = limit
        self._params = params
        self._ctx = ctx
        self._step = TransferStep.CONNECT
        self._connect_ms: Ms | None = None
        self._sizes = SegmentSizes()
        self._stream: _WatchedStream | None = None

    async def run(self) -> LargeTransfer:
        """Carry as much as gets through."""
        stalled, failure = False, None
        try:
            await self._go()
        except _StalledError:
            stalled = True
        except (h11.RemoteProtocolError, NotTlsError):
            failure = Failure(kind=FailureKind.PROTOCOL, step=self._step.value)
        except (OSError, EOFError, BudgetExceededError) as error:
            failure = classify(error, step=self._step.value)
        stream = self._stream
        return LargeTransfer(
            port=self._port,
            segment_limit_bytes=self._limit,
            connect_ms=self._connect_ms,
            reached=self._step,
            stalled=stalled,
            up_bytes=Bytes(stream.sent if stream else 0),
            up_confirmed_bytes=None if stream is None or stream.confirmed is None else Bytes(stream.confirmed),
            down_bytes=Bytes(stream.received if stream else 0),
            longest_pause_ms=stream.longest_pause_ms if stream else None,
            sent_segment_bytes=self._sizes.sent_bytes,
            received_segment_bytes=self._sizes.received_bytes,
            path_mtu_bytes=self._sizes.path_mtu_bytes,
            repeated_segments=self._sizes.repeated,
            out_of_order_segments=self._sizes.out_of_order,
            failure=failure,
        )

    async def _go(self) -> None:
        params = self._params
        self._ctx.spend(TCP_CONNECTION_BYTES)
        connected = await self._ctx.platform.connect_tcp(
            self._address, self._port, timeout_s=params.patience_s, segment_limit_bytes=self._limit
        )
        self._connect_ms = connected.connect_ms
        with connected.sock as sock:
            # Out at once, whatever is unsent: a black hole would keep the system repeating for a quarter of an hour.
            reset_on_close(sock)
            self._stream = _WatchedStream(sock, params.patience_s, self._ctx)
            try:
                await self._carry(self._stream)
            finally:
                self._sizes = segment_sizes(sock)
                self._stream.look()
                await self._stream.close()

    async def _carry(self, watched: "_WatchedStream") -> None:
        params = self._params
        host = wire_host(params.host or params.target)
        stream: ByteStream = watched
        if params.secure:
            self._step = TransferStep.HANDSHAKE
            stream = TlsStream(watched, unverified(), host)
            await stream.handshake()
        self._step = TransferStep.UP
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=DOWN_BYTES)
        request = h11.Request(
            method="GET",
            target=params.path,
            headers=[
                ("Host", authority(host, self._port, default_port=_DEFAULT_PORTS[params.secure])),
                ("User-Agent", f"nexkit/{__version__}"),
                ("Connection", "close"),
                ("X-Padding", "0" * PADDING_BYTES),
            ],
        )
        before = watched.received
        await stream.send((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        while watched.received < DOWN_BYTES:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await stream.receive())
                if watched.received > before:
                    self._step = TransferStep.DOWN
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                break
        self._step = TransferStep.DONE


class _WatchedStream:
    """A connected socket that notices when nothing comes through any more; implements ByteStream."""

    def __init__(self, sock: socket.socket, patience_s: Seconds, ctx: ProbeContext) -> None:
        self.sent = 0
        self.confirmed: int | None = 0
        self.received = 0
        self._longest_s = 0.0
        self._sock = sock
        self._patience_s = patience_s
        self._ctx = ctx
        self._progress_s = ctx.clock.monotonic()
        self._reading: asyncio.Task[bytes] | None = None

    @property
    def longest_pause_ms(self) -> Ms:
        """The longest time without any progress so far."""
        return Ms(self._longest_s * 1000)

    async def send(self, data: bytes) -> None:
        """Send all of it; it fits into the system's buffer."""
        self._ctx.spend(tcp_bytes(len(data)))
        self.sent += len(data)
        self._progressed()
        await asyncio.get_running_loop().sock_sendall(self._sock, data)

    async def receive(self) -> bytes:
        """The next bytes; empty at the end. _StalledError once nothing got through either way for too long."""
        if self._reading is None:
            self._reading = asyncio.create_task(asyncio.get_running_loop().sock_recv(self._sock, _READ_BYTES))
        while True:
            done, _waiting = await asyncio.wait({self._reading}, timeout=_POLL_S)
            if done:
                data = self._reading.result()
                self._reading = None
                self._ctx.spend(tcp_bytes(len(data)))
                self.received += len(data)
                self._progressed()
                return data
            self.look()
            if self._ctx.clock.monotonic() - self._progress_s > self._patience_s:
                raise _StalledError

    def look(self) -> None:
        """See how much the other side has confirmed."""
        confirmed = delivered_bytes(self._sock)
        confirmed = None if confirmed is None else min(confirmed, self.sent)  # Linux counts the SYN as well
        if confirmed is not None and confirmed > (self.confirmed or 0):
            self._progressed()
        self.confirmed = confirmed

    def _progressed(self) -> None:
        now_s = self._ctx.clock.monotonic()
        self._longest_s = max(self._longest_s, now_s - self._progress_s)
        self._progress_s = Seconds(now_s)

    async def close(self) -> None:
        """Stop reading; the socket is its owner's."""
        self._longest_s = max(self._longest_s, self._ctx.clock.monotonic() - self._progress_s)
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
