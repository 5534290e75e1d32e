"""One direction of a load test: several connections fill the line, and latency is timed meanwhile."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from nexkit import stats
from nexkit.facts.load import DirectionLoad, load_confidence
from nexkit.failures import classify
from nexkit.outcome import Failure, FailureKind
from nexkit.platform import tcp
from nexkit.probe import ProbeContext
from nexkit.units import Bytes, Seconds
from probes.load.connection import BulkConnection, TransferError
from probes.load.latency import LatencySource, TimedReply, observe, summary

CONNECT_TIMEOUT_S = Seconds(3.0)
TLS_TIMEOUT_S = 4.0
TICK_S = Seconds(0.1)
"""Bytes are counted this often."""
MIN_REQUEST_BYTES = 1_000_000
"""A request costs a round trip in which its connection does nothing; none is smaller without need."""
WIRE_RATIO = 1.06
"""Bytes on the wire for one of payload: headers of IP and TCP with time stamps (52 in 1500), an acknowledgement for
every second segment (52 in 3000), TLS records (22 in 16,384)."""
HANDSHAKE_BYTES = 10_000
"""What opening one connection may cost, TLS with a long chain of certificates included."""
PLACEHOLDER = "{bytes}"


class Budget:
    """Payload bytes that may still be asked for; they are taken beforehand, so that no server can overdraw."""

    def __init__(self, limit_bytes: int, connections: int) -> None:
        self._limit = self._left = limit_bytes
        self._shares = 2 * connections
        self._least = min(MIN_REQUEST_BYTES, max(1, limit_bytes // self._shares))
        self.exhausted = False
        """Somebody was turned away."""

    @property
    def taken(self) -> int:
        """Bytes asked for so far, less what was given back."""
        return self._limit - self._left

    def take(self) -> int:
        """Bytes for one request, in falling sizes, so that the connections do not pause together; 0 at the end."""
        share = min(max(self._left // self._shares, self._least), self._left)
        self._left -= share
        self.exhausted = self.exhausted or share == 0
        return share

    def give_back(self, count: int) -> None:
        """Return what a request did not use."""
        self._left += count


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The other end: the address that answered, and how to speak to it."""

    address: str
    port: int
    host: str
    authority: str
    """Host and port as they stand in the web address (RFC 9110 section 7.2)."""
    trust: ssl.SSLContext | None
    """None: no TLS."""

    async def open(self, ctx: ProbeContext, payload: bytes) -> BulkConnection:
        """A new connection that sends with a congestion control that fills queues; TransferError."""
        ctx.spend(HANDSHAKE_BYTES)
        step = "connect"
        try:
            connected = await ctx.platform.connect_tcp(self.address, self.port, timeout_s=CONNECT_TIMEOUT_S)
            connection = BulkConnection(
                connected.sock,
                authority=self.authority,
                tls=self.trust is not None,
                payload=payload,
                congestion_control=tcp.fill_queues(connected.sock),
            )
            step = "connect" if self.trust is None else "tls"
            async with asyncio.timeout(TLS_TIMEOUT_S):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection,
                    sock=connected.sock,
                    ssl=self.trust,
                    server_hostname=None if self.trust is None else self.host,
                )
        except OSError as error:
            raise TransferError(classify(error, step=step)) from error
        return connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What both directions of one test share."""

    ctx: ProbeContext
    server: Server
    source: LatencySource
    payload: bytes
    """What uploads consist of, over and over."""
    connections: int
    limit_s: Seconds
    """How long one direction lasts at most."""
    round_trip_s: Seconds
    """At rest; 0 where it is not known."""


class Direction:
    """One direction of a load, run once."""

    def __init__(self, load: Load, target: str, *, is_download: bool, limit_bytes: int) -> None:
        self.budget = Budget(limit_bytes, load.connections)
        self.congestion_control: str | None = None
        """Of the connections of this direction; None where the system does not tell, or none was opened."""
        self._load = load
        self._ctx = load.ctx
        self._target = target
        self._is_download = is_download
        self._connections: list[BulkConnection] = []
        self._failures: list[Failure] = []
        self._working = 0
        self._began_s = Seconds(0.0)
        self._marks: list[tuple[float, float]] = []
        self._booked_bytes = 0
        self._over = False

    async def run(self, report: Callable[[float], None]) -> DirectionLoad:
        """Load the line until time, bytes or connections are at their end; `report` takes the seconds gone by."""
        try:
            await asyncio.gather(*(self._open() for _ in range(self._load.connections)))
            if not self._connections:
                return self._result(())
            async with asyncio.TaskGroup() as group:
                latency = group.create_task(observe(self._load.source, self._ctx, lambda: self._over))
                self._began_s = self._ctx.clock.monotonic()
                self._marks.append((0.0, 0.0))
                self._working = len(self._connections)
                workers = [group.create_task(self._work(connection)) for connection in tuple(self._connections)]
                while not self._over:
                    left_s = self._load.limit_s - self._since_began_s()
                    await self._ctx.sleep(Seconds(min(TICK_S, max(0.0, left_s))))
                    self._mark()
                    report(self._since_began_s())
                    if self._since_began_s() >= self._load.limit_s:
                        self._over = True
                self._abort()
                for worker in workers:
                    worker.cancel()
        finally:
            self._over = True
            self._abort()
        return self._result(latency.result())

    async def _open(self) -> BulkConnection | None:
        """A connection, kept for counting and for the end; None where it failed, which is kept as well."""
        try:
            connection = await self._load.server.open(self._ctx, self._load.payload)
        except TransferError as error:
            self._failures.append(error.failure)
            return None
        self._connections.append(connection)
        self.congestion_control = connection.congestion_control
        return connection

    async def _work(self, connection: BulkConnection | None) -> None:
        """Request after request on one connection, or on the next where the server closes it."""
        try:
            while connection is not None and (count := self.budget.take()):
                await self._request(connection, count)
                if not connection.reusable:
                    connection = await self._open()
        except TransferError as error:
            if not self._over:
                self._failures.append(error.failure)
        self._working -= 1
        if self.budget.exhausted or not self._working:
            self._mark()
            self._over = True

    async def _request(self, connection: BulkConnection, count: int) -> None:
        target = self._target.replace(PLACEHOLDER, str(count))
        if not self._is_download:
            await connection.upload(target, count)
            return
        got = await connection.download(target, count, as_range=PLACEHOLDER not in self._target)
        if not got:
            raise TransferError(Failure(kind=FailureKind.PROTOCOL, step="http"))
        self.budget.give_back(count - got)

    def _since_began_s(self) -> Seconds:
        return Seconds(self._ctx.clock.monotonic() - self._began_s)

    def _delivered_bytes(self) -> int:
        """Payload that has reached the other end so far."""
        if self._is_download:
            return sum(connection.received_bytes for connection in self._connections)
        return sum(connection.delivered_bytes() for connection in self._connections)

    def _mark(self) -> None:
        """Note what is delivered by now, and book what was moved since the last time."""
        at_s = self._since_began_s()
        if self._over or at_s <= self._marks[-1][0]:
            return
        self._marks.append((at_s, self._delivered_bytes()))
        moved = sum(connection.received_bytes + connection.written_bytes for connection in self._connections)
        self._ctx.spend(int((moved - self._booked_bytes) * WIRE_RATIO))
        self._booked_bytes = moved

    def _abort(self) -> None:
        for connection in self._connections:
            connection.abort()

    def _result(self, replies: tuple[TimedReply, ...]) -> DirectionLoad:
        steady = stats.steady_rate(self._marks, self._load.round_trip_s)
        transferred = int(self._marks[-1][1]) if self._marks else 0
        failure = self._failures[0] if self._failures else None
        if not transferred and failure is None:
            failure = Failure(kind=FailureKind.TIMEOUT, step="transfer")
        measured = steady.rate_bit_s is not None and transferred > 0
        loaded_from_s = self._began_s + (steady.ramp_up_s if measured else stats.RAMP_UP_MIN_S)
        loaded_to_s = self._began_s + (self._marks[-1][0] if self._marks else 0.0)
        return DirectionLoad(
            goodput_bit_s=steady.rate_bit_s if measured else None,
            confidence=load_confidence(steady.window_rates_bit_s),
            variation_ratio=stats.variation_ratio(steady.window_rates_bit_s),
            connections=len(self._connections),
            transferred_bytes=Bytes(transferred),
            ramp_up_s=steady.ramp_up_s,
            measured_s=steady.measured_s,
            capped=self.budget.exhausted,
            working=summary(self._load.source, replies, from_s=loaded_from_s, to_s=loaded_to_s),
            failure=failure,
        )
