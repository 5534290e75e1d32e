"""Echo and path discovery on Linux by datagram sockets and their error queues, without privilege.

The sockets are our own because icmplib has no kernel time stamps: with many hosts at once, the delay of the event loop
shows up as round-trip time.
"""

from __future__ import annotations

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
from typing import TYPE_CHECKING, Any, Self

from nexkit.address import Family
from nexkit.failures import classify
from nexkit.outcome import FailureKind
from nexkit.platform import linux_arrivals
from nexkit.platform.api import EchoReply, EchoSession
from nexkit.platform.internet_checksum import internet_sum
from nexkit.platform.linux_datagram import RECVERR
from nexkit.platform.linux_stamps import TRANSIT_ANCILLARY_BYTES, ask_for_transit_stamps, transit_stamp_ns
from nexkit.platform.parse_icmp_error import IcmpError, parse_extended_error
from nexkit.units import Ms, Seconds

if TYPE_CHECKING:
    from nexkit.platform.parse_icmp_message import Quote

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

# Numbers of linux/icmp.h, linux/icmpv6.h, linux/in.h and linux/in6.h that the socket module has no names for.
_SOL_RAW = 255
_ICMP_FILTER = 1
_ICMP6_FILTER = 1
_IP_RECVTTL = 12
_RFC4884 = {
    socket.AF_INET: (socket.IPPROTO_IP, 26),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 31),
}
"""IP_RECVERR_RFC4884 and IPV6_RECVERR_RFC4884, since Linux 5.9."""
_RECV_TTL = {
    socket.AF_INET: (socket.IPPROTO_IP, _IP_RECVTTL),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT),
}

SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
VERSIONS = {Family.IPV4: 4, Family.IPV6: 6}
TTL = {
    Family.IPV4: (socket.IPPROTO_IP, socket.IP_TTL),
    Family.IPV6: (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT),
}
"""Level and kind of the message that holds a TTL, in both directions."""
ICMP_PROTOCOLS = {Family.IPV4: socket.IPPROTO_ICMP, Family.IPV6: socket.IPPROTO_ICMPV6}
_IP_HEADER_BYTES = {Family.IPV4: 20, Family.IPV6: 40}
_UDP_HEADER_BYTES = 8
_ECHO_REQUEST = {Family.IPV4: 8, Family.IPV6: 128}
_ECHO_REPLY = {Family.IPV4: 0, Family.IPV6: 129}

_INT = struct.Struct("@i")
_ICMP_HEADER = struct.Struct("!BBHHH")
_TAG = struct.Struct("!HH")
_PORTS = struct.Struct("!HH")
_READ_BYTES = 1500
"""The largest ICMP error over IPv6 has 1280 bytes (RFC 4443), over IPv4 576 (RFC 1812)."""
_KEY_MASK = 0xFFFF
TRACE_FIRST_PORT = 33_434
"""Where traceroute begins: ports on which nobody listens."""
_TRACE_PORTS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one request; all None: nothing in time."""

    rtt_ms: Ms | None = None
    error: IcmpError | None = None
    send_error: FailureKind | None = None
    reply_ttl: int | None = None
    quote: bytes = b""
    """What an error quotes of the request, without `quote_stripped_bytes` at its beginning."""
    quote_stripped_bytes: int = 0
    same_address: bool = True
    """Its destination is quoted as it was sent."""
    same_port: bool = True
    key: int | None = None
    """Of the request."""


@dataclass(slots=True, kw_only=True)
class _Pending:
    """One request under way."""

    destination: IPv4Address | IPv6Address
    ttl: int | None
    port: int
    future: asyncio.Future[Answer]
    sent_ns: int = 0
    """On the monotonic clock."""
    sent_wall_ns: int = 0
    stamped_ns: int | None = None
    """When it went to the interface's queue, by the kernel's wall clock; None: it did not say."""

    def rtt_ms(self, stamped_ns: int | None) -> Ms:
        """By the kernel's stamps where it made them; where its wall clock was set meanwhile, our own clock counts."""
        waited_ns = time.perf_counter_ns() - self.sent_ns
        if stamped_ns is not None:
            rtt_ns = stamped_ns - (self.sent_wall_ns if self.stamped_ns is None else self.stamped_ns)
            if 0 <= rtt_ns <= waited_ns:
                return Ms(rtt_ns / 1e6)
        return Ms(waited_ns / 1e6)


class Exchange(ABC):
    """Many requests under way on one socket; replies and ICMP errors find theirs by a 16-bit key in the datagram."""

    def __init__(self, sock: socket.socket, of_family: Family) -> None:
        self._sock = sock
        self._family = of_family
        self._pending: dict[int, _Pending] = {}
        self._keys = itertools.count(secrets.randbits(16))
        self._lengths: set[int] = set()
        self._loop = asyncio.get_running_loop()

    def __enter__(self) -> Self:
        self._sock.setblocking(False)
        ask_for_errors(self._sock)
        # An old kernel has no such stamps: our own clock is used then.
        with contextlib.suppress(OSError):
            ask_for_transit_stamps(self._sock)
        self._loop.add_reader(self._sock, self._on_readable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.remove_reader(self._sock)
        self._sock.close()

    @property
    def flow_stable(self) -> bool:
        """Whether all requests were of one flow."""
        return True

    @property
    def port(self) -> int | None:
        """The destination port; None where the protocol has none."""
        return None

    @abstractmethod
    def _datagram(self, key: int, payload_bytes: int) -> bytes:
        """A request that carries the key."""

    @abstractmethod
    def _port(self, key: int, ttl: int | None) -> int:
        """The port that the request goes to."""

    @abstractmethod
    def _key_of_request(self, data: bytes) -> int | None:
        """The key in a request of ours."""

    @abstractmethod
    def _key_of_reply(self, data: bytes) -> int | None:
        """The key of the request that this answers; None where it is not for us."""

    @abstractmethod
    def _key_of_quote(self, data: bytes, port: int) -> int | None:
        """The key of the request that an ICMP error quotes; None where it cannot be told."""

    @abstractmethod
    def _stripped_bytes(self) -> int:
        """How much of a quote the kernel leaves out."""

    @abstractmethod
    def find_quoted(self, quote: Quote) -> tuple[int, bool] | None:
        """The key of the request in a whole quote, and whether its ports or identifier are as it was sent.

        None where it is not ours.
        """

    async def request(self, address: str, *, timeout_s: Seconds, payload_bytes: int, ttl: int | None = None) -> Answer:
        """Send one request and wait for what comes back."""
        key = next(self._keys) & _KEY_MASK
        port = self._port(key, ttl)
        datagram = self._datagram(key, payload_bytes)
        self._lengths.add(len(datagram))
        future: asyncio.Future[Answer] = self._loop.create_future()
        # A timer instead of asyncio.timeout: a reply that was there in time counts, however late the loop sees it.
        timer = self._loop.call_later(timeout_s, self.settle, key, Answer())
        try:
            target = numeric(address, port)
            pending = _Pending(destination=plain(address), ttl=ttl, port=port, future=future)
            self._pending[key] = pending
            self._send(datagram, target, ttl, pending)
            return await future
        except OSError as error:
            return Answer(send_error=classify(error, step="send").kind)
        finally:
            timer.cancel()
            self._pending.pop(key, None)

    def _send(self, datagram: bytes, target: Any, ttl: int | None, pending: _Pending) -> None:  # noqa: ANN401  as `socket` has it
        ancillary = [] if ttl is None else [(*TTL[self._family], _INT.pack(ttl))]
        for attempt in range(2):
            pending.sent_ns, pending.sent_wall_ns = time.perf_counter_ns(), time.time_ns()
            try:
                self._sock.sendmsg([datagram], ancillary, 0, target)
                break
            except OSError:
                # Linux hands out an ICMP error of an earlier request at the next call (ip(7)); a second one is our own.
                if attempt:
                    raise
                self._read_errors()
        # The stamp of what was just sent is there already; left there it would wake the loop once more.
        self._read_errors()

    def _on_readable(self) -> None:
        self._read_errors()
        self._read_replies()

    def _read_replies(self) -> None:
        while True:
            try:
                data, ancillary, _flags, source = self._sock.recvmsg(_READ_BYTES, TRANSIT_ANCILLARY_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error told here too; the error queue has the whole of it
            key = self._key_of_reply(data)
            pending = None if key is None else self._pending.get(key)
            if key is not None and pending is not None and plain(source[0]) == pending.destination:
                rtt_ms = pending.rtt_ms(transit_stamp_ns(ancillary))
                self.settle(key, Answer(rtt_ms=rtt_ms, reply_ttl=ttl_of(ancillary, self._family)))

    def _read_errors(self) -> None:
        while True:
            try:
                data, ancillary, _flags, target = self._sock.recvmsg(
                    _READ_BYTES, TRANSIT_ANCILLARY_BYTES, socket.MSG_ERRQUEUE
                )
            except OSError:
                return
            error = extended_error(ancillary, self._family)
            if error is not None and target:
                self._settle_error(data, error, ancillary, target)
            elif (stamped_ns := transit_stamp_ns(ancillary)) is not None:
                self._stamp(data, stamped_ns)

    def _stamp(self, packet: bytes, stamped_ns: int) -> None:
        """Keep when a request left; the packet is a copy of it with its link and IP headers in front."""
        for length in self._lengths:
            key = self._key_of_request(packet[-length:])
            if key is not None and (pending := self._pending.get(key)) is not None:
                pending.stamped_ns = stamped_ns
                return

    def _settle_error(
        self, quote: bytes, error: IcmpError, ancillary: Iterable[tuple[int, int, bytes]], target: tuple[Any, ...]
    ) -> None:
        """Tell an error; `target` is where the quoted packet went to, as it is quoted."""
        key = self._key_of_quote(quote, target[1])
        pending = None if key is None else self._pending.get(key)
        if key is not None and pending is not None:
            answer = Answer(
                rtt_ms=pending.rtt_ms(transit_stamp_ns(ancillary)),
                error=error,
                reply_ttl=ttl_of(ancillary, self._family),
                quote=quote,
                quote_stripped_bytes=self._stripped_bytes(),
                same_address=plain(target[0]) == pending.destination,
                same_port=target[1] == pending.port,
                key=key,
            )
            self.settle(key, answer)

    def waited_ms(self, key: int) -> Ms | None:
        """How long a request has been under way; None where it is not."""
        pending = self._pending.get(key)
        return None if pending is None else pending.rtt_ms(None)

    def settle(self, key: int, answer: Answer) -> None:
        """Tell what came of a request, if it is still under way."""
        pending = self._pending.pop(key, None)
        if pending is not None and not pending.future.done():
            pending.future.set_result(answer)


class IcmpExchange(Exchange):
    """Echo requests (RFC 792, RFC 4443); the key is the sequence number, which every quote contains."""

    def __init__(self, of_family: Family) -> None:
        sock, self._raw = _icmp_socket(of_family)
        if self._raw:
            self._identifier = secrets.randbits(16)
            let_pass_only(sock, of_family, _ECHO_REPLY[of_family])
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
        checksum = ~internet_sum(unsummed) & _KEY_MASK
        return _ICMP_HEADER.pack(kind, 0, checksum, self._identifier, key) + payload

    def _port(self, key: int, ttl: int | None) -> int:
        del key, ttl
        return 0

    def _key_of_request(self, data: bytes) -> int | None:
        return self._key(data, _ECHO_REQUEST[self._family])

    def _key_of_reply(self, data: bytes) -> int | None:
        if self._raw and self._family is Family.IPV4 and data:
            data = data[(data[0] & 0x0F) * 4 :]
        return self._key(data, _ECHO_REPLY[self._family])

    def _key_of_quote(self, data: bytes, port: int) -> int | None:
        del port
        return self._key_of_request(data)

    def _stripped_bytes(self) -> int:
        return _IP_HEADER_BYTES[self._family]

    def find_quoted(self, quote: Quote) -> tuple[int, bool] | None:
        """By sequence number and identifier; where a translator changed that, by the complement in the payload."""
        message = quote.transport
        if quote.protocol != ICMP_PROTOCOLS[self._family] or len(message) < _ICMP_HEADER.size:
            return None
        if (key := self._key_of_request(message)) is not None:
            return key, True
        kind, _code, _checksum, _identifier, key = _ICMP_HEADER.unpack_from(message)
        ours = message[_ICMP_HEADER.size :].startswith(_TAG.pack(~key & _KEY_MASK, 0))
        return (key, False) if kind == _ECHO_REQUEST[self._family] and ours else None

    def _key(self, message: bytes, wanted_kind: int) -> int | None:
        if len(message) < _ICMP_HEADER.size:
            return None
        kind, _code, _checksum, identifier, key = _ICMP_HEADER.unpack_from(message)
        return int(key) if (kind, identifier) == (wanted_kind, self._identifier) else None


class UdpExchange(Exchange):
    """UDP to a port on which nobody listens, one flow: one source port, one destination port.

    The key stands in the payload. A router that quotes no more than the UDP header (RFC 792 asks for no more) leaves
    only the port to tell requests by: where such a one is seen, hops without an answer get a port for each request.
    """

    def __init__(self, of_family: Family, port: int | None = None) -> None:
        super().__init__(socket.socket(SOCKET_FAMILIES[of_family], socket.SOCK_DGRAM), of_family)
        self._flow_port = port or TRACE_FIRST_PORT + secrets.randbelow(_TRACE_PORTS)
        self._short_quotes = False
        self._several_ports = False
        self._told_by_key: set[int | None] = set()

    @property
    def flow_stable(self) -> bool:
        """Whether all requests were of one flow."""
        return not self._several_ports

    @property
    def port(self) -> int:
        """The destination port of the flow."""
        return self._flow_port

    def _datagram(self, key: int, payload_bytes: int) -> bytes:
        return _TAG.pack(key, ~key & _KEY_MASK).ljust(payload_bytes, b"\0")

    def _port(self, key: int, ttl: int | None) -> int:
        if not self._short_quotes or ttl in self._told_by_key:
            return self._flow_port
        self._several_ports = True
        return self._port_of_its_own(key)

    @staticmethod
    def _port_of_its_own(key: int) -> int:
        return TRACE_FIRST_PORT + _TRACE_PORTS + 1 + key % _TRACE_PORTS

    def _key_of_request(self, data: bytes) -> int | None:
        if len(data) < _TAG.size:
            return None
        key, complement = _TAG.unpack_from(data)
        return int(key) if key == ~complement & _KEY_MASK else None

    def _key_of_reply(self, data: bytes) -> int | None:
        return self._key_of_request(data)

    def _key_of_quote(self, data: bytes, port: int) -> int | None:
        if (key := self._key_of_request(data)) is not None:
            if key in self._pending:
                self._told_by_key.add(self._pending[key].ttl)
            return key
        self._short_quotes = True
        candidates = [key for key, pending in self._pending.items() if pending.port == port]
        return candidates[0] if len(candidates) == 1 else None

    def _stripped_bytes(self) -> int:
        return _IP_HEADER_BYTES[self._family] + _UDP_HEADER_BYTES

    def find_quoted(self, quote: Quote) -> tuple[int, bool] | None:
        """By the key in the payload; without one, the kernel's own way to the socket is as good."""
        key = self._key_of_request(quote.transport[_UDP_HEADER_BYTES:])
        if quote.protocol != socket.IPPROTO_UDP or key is None:
            return None
        source, destination = _PORTS.unpack_from(quote.transport)
        sent_to = (self._flow_port, self._port_of_its_own(key))
        return key, source == self._sock.getsockname()[1] and destination in sent_to


class _LinuxEcho:
    """An echo socket of one family."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def echo(self, address: str, *, timeout_s: Seconds, payload_bytes: int = 56) -> EchoReply:
        """Send one request and wait for its reply. An OSError of sending becomes `error`."""
        answer = await self._exchange.request(address, timeout_s=timeout_s, payload_bytes=payload_bytes)
        if answer.error is not None:
            return EchoReply(rtt_ms=None, error=answer.error.kind)
        return EchoReply(rtt_ms=answer.rtt_ms, error=answer.send_error)


@contextlib.asynccontextmanager
async def open_echo(of_family: Family) -> AsyncIterator[EchoSession]:
    """ICMP echo; PermissionError where the system refuses both kinds of socket."""
    await linux_arrivals.until_stamped()
    with IcmpExchange(of_family) as exchange:
        yield _LinuxEcho(exchange)


def ask_for_errors(sock: socket.socket) -> None:
    """Have the kernel tell ICMP errors whole, with their extensions, and the TTL of all that arrives."""
    of_family = socket.AddressFamily(sock.family)
    sock.setsockopt(*RECVERR[of_family], 1)
    sock.setsockopt(*_RECV_TTL[of_family], 1)
    with contextlib.suppress(OSError):  # before Linux 5.9 the place of an extension is not told
        sock.setsockopt(*_RFC4884[of_family], 1)


def extended_error(ancillary: Iterable[tuple[int, int, bytes]], of_family: Family) -> IcmpError | None:
    """The ICMP error among the messages beside what was read; None where there is none."""
    for level, kind, data in ancillary:
        if (level, kind) == RECVERR[SOCKET_FAMILIES[of_family]]:
            return parse_extended_error(data, VERSIONS[of_family])
    return None


def ttl_of(ancillary: Iterable[tuple[int, int, bytes]], of_family: Family) -> int | None:
    """The TTL or hop limit that is left of what was read; None where the kernel does not say."""
    for level, kind, data in ancillary:
        if (level, kind) == TTL[of_family] and len(data) >= _INT.size:
            return int(_INT.unpack_from(data)[0])
    return None


def _icmp_socket(of_family: Family) -> tuple[socket.socket, bool]:
    """An ICMP socket and whether it is a raw one; PermissionError where this user may have neither."""
    family, protocol = SOCKET_FAMILIES[of_family], ICMP_PROTOCOLS[of_family]
    try:
        return socket.socket(family, socket.SOCK_DGRAM, protocol), False
    except OSError:
        # net.ipv4.ping_group_range leaves this user out, or this kernel has no such sockets. Root may have a raw one.
        return socket.socket(family, socket.SOCK_RAW, protocol), True


def let_pass_only(sock: socket.socket, of_family: Family, *kinds: int) -> None:
    """Have the kernel drop all other kinds of ICMP, of which a raw socket would get a copy."""
    if of_family is Family.IPV4:
        mask = 0xFFFFFFFF
        for kind in kinds:
            mask &= ~(1 << kind)
        sock.setsockopt(_SOL_RAW, _ICMP_FILTER, struct.pack("=I", mask))
    else:
        words = [0xFFFFFFFF] * 8
        for kind in kinds:
            words[kind // 32] &= ~(1 << (kind % 32))
        sock.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, struct.pack("=8I", *words))


def numeric(address: str, port: int) -> Any:  # noqa: ANN401  as `socket` has it
    """The socket address of a literal address, its zone read; socket.gaierror where that is gone."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM, flags=flags)[0][4]


def plain(address: str) -> IPv4Address | IPv6Address:
    """An address to compare, without its zone."""
    return ip_address(address.partition("%")[0])
