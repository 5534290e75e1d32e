"""Path discovery over a socket that hands over whole ICMP messages: what hops quote is seen, MPLS labels included.

macOS gives such sockets to every user (SOCK_DGRAM), Linux to those who may have raw ones.
"""

import asyncio
import contextlib
import itertools
import secrets
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

from nexkit.address import Family, family
from nexkit.facts.path import PathMethod, Rewriting
from nexkit.failures import classify
from nexkit.platform.api import HopReply, TraceSession
from nexkit.platform.derive import same_host
from nexkit.platform.internet_checksum import internet_sum
from nexkit.platform.parse_icmp_error import TIME_EXCEEDED, icmp_failure
from nexkit.platform.parse_icmp_message import Quote, WholeMessage, parse_icmp_message
from nexkit.units import Ms, Seconds

_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_VERSIONS = {Family.IPV4: 4, Family.IPV6: 6}
_ICMP_PROTOCOLS = {Family.IPV4: socket.IPPROTO_ICMP, Family.IPV6: socket.IPPROTO_ICMPV6}
_TTL = {
    Family.IPV4: (socket.IPPROTO_IP, socket.IP_TTL),
    Family.IPV6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}
_ECHO_REQUEST = {Family.IPV4: 8, Family.IPV6: 128}
_ICMP_HEADER = struct.Struct("!BBHHH")
_UDP_HEADER = struct.Struct("!HHHH")
_TAG = struct.Struct("!HH")
_KEY_MASK = 0xFFFF
_PAYLOAD_BYTES = 32
_LENGTHS = _PAYLOAD_BYTES - _TAG.size + 1
_FIRST_PORT = 33_434
"""Where traceroute begins: ports on which nobody listens."""
_PORTS = 256
_READ_BYTES = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    sent_ns: int
    future: asyncio.Future[tuple[WholeMessage, str, Ms]]


class WholeTrace:
    """One flow to one target; the key of a request is in its sequence number or its payload."""

    flow_stable = True

    def __init__(self, target: str, method: PathMethod, port: int | None, kind: socket.SocketKind) -> None:
        self.method = method
        self.port = None if method is PathMethod.ICMP else port or _FIRST_PORT + secrets.randbelow(_PORTS)
        self._target = target
        self._family = family(target)
        self._version = _VERSIONS[self._family]
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        # The port has no meaning for ICMP, and macOS wants it to be zero.
        self._address = socket.getaddrinfo(target, self.port or 0, type=socket.SOCK_DGRAM, flags=flags)[0][4]
        self._keys = itertools.count(secrets.randbits(16))
        self._identifier = secrets.randbits(16)
        self._pending: dict[int, _Pending] = {}
        self._loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as opened:
            icmp = socket.socket(_SOCKET_FAMILIES[self._family], kind, _ICMP_PROTOCOLS[self._family])
            self._icmp = opened.enter_context(icmp)
            self._sender = icmp
            if method is PathMethod.UDP:
                self._sender = opened.enter_context(socket.socket(_SOCKET_FAMILIES[self._family], socket.SOCK_DGRAM))
                # Connected: it gets its own address and port now, and nothing from others.
                self._sender.connect(self._address)
                self._sender.setblocking(False)
                self._own = self._sender.getsockname()
            icmp.setblocking(False)
            self._opened = opened.pop_all()
        self._loop.add_reader(icmp, self._read)

    def close(self) -> None:
        """Give the sockets back."""
        self._loop.remove_reader(self._icmp)
        self._opened.close()

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        key = next(self._keys) & _KEY_MASK
        future: asyncio.Future[tuple[WholeMessage, str, Ms]] = self._loop.create_future()
        try:
            self._sender.setsockopt(*_TTL[self._family], ttl)
            self._pending[key] = _Pending(sent_ns=time.perf_counter_ns(), future=future)
            self._send(self._request(key))
            done, _ = await asyncio.wait({future}, timeout=timeout_s)
            if not done:
                return HopReply(address=None, rtt_ms=None, reached=False, unreachable=None)
            return self._hop(*future.result())
        except OSError as error:
            failure = classify(error, step="send").kind
            return HopReply(address=None, rtt_ms=None, reached=False, unreachable=failure)
        finally:
            self._pending.pop(key, None)

    def _send(self, request: bytes) -> None:
        if self.method is PathMethod.ICMP:
            self._sender.sendto(request, self._address)
            return
        try:
            self._sender.send(request)
        except ConnectionError:
            # The error of an earlier request is handed out at the next call; a second one is our own.
            self._sender.send(request)

    def _request(self, key: int) -> bytes:
        tag = _TAG.pack(~key & _KEY_MASK, 0 if self.method is PathMethod.ICMP else key)
        if self.method is PathMethod.UDP:
            # Routers may quote no more than the UDP header (RFC 792): of it the length tells requests of a flow apart.
            return tag.ljust(_TAG.size + key % _LENGTHS, b"\0")
        kind, payload = _ECHO_REQUEST[self._family], tag.ljust(_PAYLOAD_BYTES, b"\0")
        unsummed = _ICMP_HEADER.pack(kind, 0, 0, self._identifier, key) + payload
        return _ICMP_HEADER.pack(kind, 0, ~internet_sum(unsummed) & _KEY_MASK, self._identifier, key) + payload

    def _read(self) -> None:
        while True:
            try:
                packet, source = self._icmp.recvfrom(_READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an error that the system kept for the socket; the message itself comes as well
            message = parse_icmp_message(packet, self._version)
            key = None if message is None else self._key(message)
            pending = None if key is None else self._pending.get(key)
            if message is not None and pending is not None and not pending.future.done():
                rtt_ms = Ms((time.perf_counter_ns() - pending.sent_ns) / 1e6)
                pending.future.set_result((message, str(source[0]), rtt_ms))

    def _key(self, message: WholeMessage) -> int | None:
        """The request that a message answers; None where it is not ours."""
        if message.quote is not None:
            return self._quoted_key(message.quote)
        ours = self.method is PathMethod.ICMP and message.identifier == self._identifier
        return message.sequence if ours else None

    def _quoted_key(self, quote: Quote) -> int | None:
        transport = quote.transport
        if len(transport) < _UDP_HEADER.size:
            return None
        if self.method is PathMethod.ICMP:
            kind, _code, _checksum, identifier, key = _ICMP_HEADER.unpack_from(transport)
            tagged = transport[_ICMP_HEADER.size :].startswith(_TAG.pack(~key & _KEY_MASK, 0))
            ours = quote.protocol == _ICMP_PROTOCOLS[self._family] and kind == _ECHO_REQUEST[self._family]
            return key if ours and (identifier == self._identifier or tagged) else None
        if quote.protocol != socket.IPPROTO_UDP:
            return None
        source, destination, length, _checksum = _UDP_HEADER.unpack_from(transport)
        if len(payload := transport[_UDP_HEADER.size :]) >= _TAG.size:
            complement, key = _TAG.unpack_from(payload)
            return key if key == ~complement & _KEY_MASK else None
        if (source, destination) != (self._own[1], self.port):
            return None
        extra = length - _UDP_HEADER.size - _TAG.size
        candidates = [key for key in self._pending if key % _LENGTHS == extra]
        return candidates[0] if len(candidates) == 1 else None

    def _rewritten(self, quote: Quote) -> tuple[Rewriting, ...]:
        found = []
        if not same_host(quote.destination, self._target):
            found.append(Rewriting.ADDRESS)
        if self.method is PathMethod.ICMP:
            changed = _ICMP_HEADER.unpack_from(quote.transport)[3] != self._identifier
        else:
            changed = _UDP_HEADER.unpack_from(quote.transport)[:2] != (self._own[1], self.port)
        return (*found, *((Rewriting.PORT,) if changed else ()))

    def _hop(self, message: WholeMessage, source: str, rtt_ms: Ms) -> HopReply:
        quote = message.quote
        forwarding = message.type == TIME_EXCEEDED[self._version]
        reached = quote is None or (not forwarding and same_host(source, self._target))
        failure = None if reached or forwarding else icmp_failure(self._version, message.type, message.code)
        return HopReply(
            address=self._target if reached else source,
            rtt_ms=rtt_ms,
            reached=reached,
            unreachable=failure,
            reply_ttl=message.ttl,
            quoted_ttl=quote.ttl if quote else None,
            mpls=message.mpls,
            rewritten=self._rewritten(quote) if quote else (),
        )


@contextlib.asynccontextmanager
async def open_whole_trace(
    target: str, method: PathMethod, port: int | None, kind: socket.SocketKind
) -> AsyncIterator[TraceSession]:
    """Path discovery; PermissionError where the system refuses the socket, OSError without a route."""
    trace = WholeTrace(target, method, port, kind)
    try:
        yield trace
    finally:
        trace.close()
