"""Echo and path discovery on Linux by datagram sockets and their error queues, without privilege.

The sockets are our own because icmplib has no kernel time stamps: with many hosts at once, the delay of the event loop
shows up as round-trip time.
"""

import asyncio
import contextlib
import itertools
import secrets
import socket
import struct
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from types import TracebackType
from typing import Any, ClassVar, Self

from nexkit.address import Family, family
from nexkit.facts.path import PathMethod
from nexkit.failures import classify
from nexkit.outcome import FailureKind
from nexkit.platform.api import EchoReply, EchoSession, HopReply, TraceSession
from nexkit.platform.linux_datagram import ANCILLARY_BYTES, RECVERR, ask_for_stamps_and_errors, stamp_ns
from nexkit.platform.parse_icmp_error import IcmpError, parse_extended_error
from nexkit.units import Ms, Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

# Numbers of linux/icmp.h and linux/icmpv6.h that the socket module has no names for.
_SOL_RAW = 255
_ICMP_FILTER = 1
_ICMP6_FILTER = 1

_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_VERSIONS = {Family.IPV4: 4, Family.IPV6: 6}
_TTL = {
    Family.IPV4: (socket.IPPROTO_IP, socket.IP_TTL),
    Family.IPV6: (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT),
}
_ICMP_PROTOCOLS = {Family.IPV4: socket.IPPROTO_ICMP, Family.IPV6: socket.IPPROTO_ICMPV6}
_ECHO_REQUEST = {Family.IPV4: 8, Family.IPV6: 128}
_ECHO_REPLY = {Family.IPV4: 0, Family.IPV6: 129}

_INT = struct.Struct("@i")
_ICMP_HEADER = struct.Struct("!BBHHH")
_TAG = struct.Struct("!HH")
_HEAD_BYTES = 512
"""Enough of a reply to know whose it is: IPv4 header with options, ICMP header, tag."""
_KEY_MASK = 0xFFFF
_TRACE_PAYLOAD_BYTES = 32
_TRACE_FIRST_PORT = 33_434
"""Where traceroute begins: ports on which nobody listens."""
_TRACE_PORTS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came back for one request; all None: nothing in time."""

    rtt_ms: Ms | None = None
    error: IcmpError | None = None
    send_error: FailureKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """One request under way."""

    destination: IPv4Address | IPv6Address
    ttl: int | None
    port: int
    sent_ns: int
    future: asyncio.Future[_Answer]


class _Exchange(ABC):
    """Many requests under way on one socket; replies and ICMP errors find theirs by a 16-bit key in the datagram."""

    method: ClassVar[PathMethod]

    def __init__(self, sock: socket.socket, of_family: Family) -> None:
        self._sock = sock
        self._family = of_family
        self._pending: dict[int, _Pending] = {}
        self._keys = itertools.count(secrets.randbits(16))
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self._sock.setblocking(False)
        ask_for_stamps_and_errors(self._sock)
        self._loop.add_reader(self._sock, self._on_readable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.remove_reader(self._sock)
        self._sock.close()

    @abstractmethod
    def _datagram(self, key: int, payload_bytes: int) -> bytes:
        """A request that carries the key."""

    @abstractmethod
    def _port(self, key: int, ttl: int | None) -> int:
        """The port that the request goes to."""

    @abstractmethod
    def _key_of_reply(self, data: bytes) -> int | None:
        """The key of the request that this answers; None where it is not for us."""

    @abstractmethod
    def _key_of_quote(self, data: bytes, port: int) -> int | None:
        """The key of the request that an ICMP error quotes; None where it cannot be told."""

    async def request(self, address: str, *, timeout_s: Seconds, payload_bytes: int, ttl: int | None = None) -> _Answer:
        """Send one request and wait for what comes back."""
        key = next(self._keys) & _KEY_MASK
        port = self._port(key, ttl)
        datagram = self._datagram(key, payload_bytes)
        future: asyncio.Future[_Answer] = self._loop.create_future()
        # A timer instead of asyncio.timeout: a reply that was there in time counts, however late the loop sees it.
        timer = self._loop.call_later(timeout_s, self._settle, key, _Answer())
        try:
            socket_address = socket.getaddrinfo(
                address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            )[0][4]
            self._pending[key] = _Pending(
                destination=_plain(address), ttl=ttl, port=port, sent_ns=time.perf_counter_ns(), future=future
            )
            self._send(datagram, socket_address, ttl)
            return await future
        except OSError as error:
            return _Answer(send_error=classify(error, step="send").kind)
        finally:
            timer.cancel()
            self._pending.pop(key, None)

    def _send(self, datagram: bytes, socket_address: Any, ttl: int | None) -> None:  # noqa: ANN401  as `socket` has it
        ancillary = [] if ttl is None else [(*_TTL[self._family], _INT.pack(ttl))]
        try:
            self._sock.sendmsg([datagram], ancillary, 0, socket_address)
        except OSError:
            # Linux hands out an ICMP error of an earlier request at the next call (ip(7)); a second failure is our own.
            self._read_errors()
            self._sock.sendmsg([datagram], ancillary, 0, socket_address)

    def _on_readable(self) -> None:
        self._read_errors()
        self._read_replies()

    def _read_replies(self) -> None:
        while True:
            try:
                data, ancillary, _flags, source = self._sock.recvmsg(_HEAD_BYTES, ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error told here too; the error queue has the whole of it
            received_ns = _received_ns(ancillary)
            key = self._key_of_reply(data)
            pending = None if key is None else self._pending.get(key)
            if key is not None and pending is not None and _plain(source[0]) == pending.destination:
                self._settle(key, _Answer(rtt_ms=_rtt_ms(pending, received_ns)))

    def _read_errors(self) -> None:
        while True:
            try:
                quote, ancillary, _flags, target = self._sock.recvmsg(_HEAD_BYTES, ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
            except OSError:
                return
            received_ns = _received_ns(ancillary)
            error = next(
                (
                    parse_extended_error(data, _VERSIONS[self._family])
                    for level, kind, data in ancillary
                    if (level, kind) == RECVERR[_SOCKET_FAMILIES[self._family]]
                ),
                None,
            )
            key = self._key_of_quote(quote, target[1]) if target else None
            pending = None if key is None else self._pending.get(key)
            if error is not None and key is not None and pending is not None:
                self._settle(key, _Answer(rtt_ms=_rtt_ms(pending, received_ns), error=error))

    def _settle(self, key: int, answer: _Answer) -> None:
        pending = self._pending.pop(key, None)
        if pending is not None and not pending.future.done():
            pending.future.set_result(answer)


class _IcmpExchange(_Exchange):
    """Echo requests (RFC 792, RFC 4443); the key is the sequence number, which every quote contains."""

    method = PathMethod.ICMP

    def __init__(self, of_family: Family) -> None:
        sock, self._raw = _icmp_socket(of_family)
        if self._raw:
            self._identifier = secrets.randbits(16)
            _let_pass_only(sock, of_family, _ECHO_REPLY[of_family])
        else:
            sock.bind(("", 0))
            self._identifier = sock.getsockname()[1]  # the kernel chose it and writes it into each request
        super().__init__(sock, of_family)

    def _datagram(self, key: int, payload_bytes: int) -> bytes:
        # The complement of the sequence number keeps the checksum the same for all: routers that spread ICMP by it
        # send all requests the same way (Paris traceroute).
        payload = _TAG.pack(~key & _KEY_MASK, 0).ljust(payload_bytes, b"\0")[:payload_bytes]
        kind = _ECHO_REQUEST[self._family]
        unsummed = _ICMP_HEADER.pack(kind, 0, 0, self._identifier, key) + payload
        # The kernel fills in the checksum, except on a raw IPv4 socket.
        return _ICMP_HEADER.pack(kind, 0, _checksum(unsummed), self._identifier, key) + payload

    def _port(self, key: int, ttl: int | None) -> int:
        del key, ttl
        return 0

    def _key_of_reply(self, data: bytes) -> int | None:
        if self._raw and self._family is Family.IPV4 and data:
            data = data[(data[0] & 0x0F) * 4 :]
        return self._key(data, _ECHO_REPLY[self._family])

    def _key_of_quote(self, data: bytes, port: int) -> int | None:
        del port
        return self._key(data, _ECHO_REQUEST[self._family])

    def _key(self, message: bytes, wanted_kind: int) -> int | None:
        if len(message) < _ICMP_HEADER.size:
            return None
        kind, _code, _checksum, identifier, key = _ICMP_HEADER.unpack_from(message)
        return int(key) if (kind, identifier) == (wanted_kind, self._identifier) else None


class _UdpExchange(_Exchange):
    """UDP to a port on which nobody listens, one flow: one source port, one destination port.

    The key stands in the payload. A router that quotes no more than the UDP header (RFC 792 asks for no more) leaves
    only the port to tell requests by: where such a one is seen, hops without an answer get a port for each request.
    """

    method = PathMethod.UDP

    def __init__(self, of_family: Family) -> None:
        super().__init__(socket.socket(_SOCKET_FAMILIES[of_family], socket.SOCK_DGRAM), of_family)
        self._flow_port = _TRACE_FIRST_PORT + secrets.randbelow(_TRACE_PORTS)
        self._short_quotes = False
        self._told_by_key: set[int | None] = set()

    def _datagram(self, key: int, payload_bytes: int) -> bytes:
        return _TAG.pack(key, ~key & _KEY_MASK).ljust(payload_bytes, b"\0")

    def _port(self, key: int, ttl: int | None) -> int:
        if not self._short_quotes or ttl in self._told_by_key:
            return self._flow_port
        return self._flow_port + 1 + key % _TRACE_PORTS

    def _key_of_reply(self, data: bytes) -> int | None:
        if len(data) < _TAG.size:
            return None
        key, complement = _TAG.unpack_from(data)
        return int(key) if key == ~complement & _KEY_MASK else None

    def _key_of_quote(self, data: bytes, port: int) -> int | None:
        if (key := self._key_of_reply(data)) is not None:
            if key in self._pending:
                self._told_by_key.add(self._pending[key].ttl)
            return key
        self._short_quotes = True
        candidates = [key for key, pending in self._pending.items() if pending.port == port]
        return candidates[0] if len(candidates) == 1 else None


class _LinuxEcho:
    """An echo socket of one family."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply. An OSError of sending becomes `error`."""
        answer = await self._exchange.request(address, timeout_s=timeout_s, payload_bytes=payload_bytes)
        if answer.error is not None:
            return EchoReply(rtt_ms=None, error=answer.error.kind)
        return EchoReply(rtt_ms=answer.rtt_ms, error=answer.send_error)


class _LinuxTrace:
    """Path discovery to one target."""

    def __init__(self, exchange: _Exchange, target: str, own_address: str) -> None:
        self._exchange = exchange
        self._target = target
        self._own_address = own_address
        self.method = exchange.method

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        answer = await self._exchange.request(
            self._target, timeout_s=timeout_s, payload_bytes=_TRACE_PAYLOAD_BYTES, ttl=ttl
        )
        error = answer.error
        if error is None:
            replied = answer.rtt_ms is not None
            return HopReply(
                address=self._target if replied else None,
                rtt_ms=answer.rtt_ms,
                reached=replied,
                unreachable=answer.send_error,
            )
        reached = not error.time_exceeded and error.offender == str(_plain(self._target))
        if not reached and not error.time_exceeded and error.offender in (None, self._own_address):
            # This system gave up by itself: no neighbour answered.
            return HopReply(address=None, rtt_ms=None, reached=False, unreachable=error.kind)
        return HopReply(
            address=self._target if reached else error.offender,
            rtt_ms=answer.rtt_ms,
            reached=reached,
            unreachable=None if reached or error.time_exceeded else error.kind,
        )


@contextlib.asynccontextmanager
async def open_echo(of_family: Family) -> AsyncIterator[EchoSession]:
    """ICMP echo; PermissionError where the system refuses both kinds of socket."""
    with _IcmpExchange(of_family) as exchange:
        yield _LinuxEcho(exchange)


@contextlib.asynccontextmanager
async def open_trace(target: str) -> AsyncIterator[TraceSession]:
    """Path discovery; OSError without a route to the target.

    By ICMP where the system permits it: the target answers each request, where Linux sends few "port unreachable" in a
    second, and every router quotes the sequence number. Else by UDP, which is never refused.
    """
    of_family = family(target)
    own_address = _own_address(target, of_family)
    try:
        exchange: _Exchange = _IcmpExchange(of_family)
    except PermissionError:
        exchange = _UdpExchange(of_family)
    with exchange:
        yield _LinuxTrace(exchange, target, own_address)


def _own_address(target: str, of_family: Family) -> str:
    """The address that packets to the target leave from; sends nothing."""
    with socket.socket(_SOCKET_FAMILIES[of_family], socket.SOCK_DGRAM) as sock:
        sock.connect(
            socket.getaddrinfo(
                target, _TRACE_FIRST_PORT, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            )[0][4]
        )
        return str(sock.getsockname()[0])


def _icmp_socket(of_family: Family) -> tuple[socket.socket, bool]:
    """An ICMP socket and whether it is a raw one; PermissionError where this user may have neither."""
    family, protocol = _SOCKET_FAMILIES[of_family], _ICMP_PROTOCOLS[of_family]
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol), False
    except OSError:
        # net.ipv4.ping_group_range leaves this user out, or this kernel has no such sockets. Root may have a raw one.
        return socket.socket(family, socket.SOCK_RAW, protocol), True


def _let_pass_only(sock: socket.socket, of_family: Family, kind: int) -> None:
    """Have the kernel drop all other kinds of ICMP, of which a raw socket would get a copy."""
    if of_family is Family.IPV4:
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", ~(1 << kind) & 0xFFFFFFFF))
    else:
        words = [0xFFFFFFFF] * 8
        words[kind // 32] &= ~(1 << (kind % 32))
        sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def _plain(address: str) -> IPv4Address | IPv6Address:
    """An address to compare, without its zone."""
    return ip_address(address.partition("%")[0])


def _received_ns(ancillary: Iterable[tuple[int, int, bytes]]) -> int:
    """When the kernel got what was just read, in nanoseconds of the monotonic clock.

    The stamp is of the wall clock, so only its distance from now is taken, and only where it makes sense.
    """
    now_ns, wall_ns = time.perf_counter_ns(), time.time_ns()
    stamped_ns = stamp_ns(ancillary)
    return now_ns if stamped_ns is None else now_ns - max(0, wall_ns - stamped_ns)


def _rtt_ms(pending: _Pending, received_ns: int) -> Ms:
    """Where the wall clock was set meanwhile and the stamp lies before the request, the moment of reading counts."""
    if received_ns < pending.sent_ns:
        received_ns = time.perf_counter_ns()
    return Ms((received_ns - pending.sent_ns) / 1e6)


def _checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071)."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1]))
    if len(data) % 2:
        total += data[-1] << 8
    while total > _KEY_MASK:
        total = (total & _KEY_MASK) + (total >> 16)
    return ~total & _KEY_MASK
