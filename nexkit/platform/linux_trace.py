"""Path discovery on Linux: by ICMP or UDP over one flow, by TCP with a connection attempt for each request.

All of it without privilege. Where this program may have raw sockets besides, whole ICMP errors are read beside the
error queues: they alone show the TTL that a hop quotes, and quotes that a translator has not turned back.
"""

import asyncio
import contextlib
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Self

from nexkit.address import Family, family
from nexkit.facts.path import PathMethod, Rewriting
from nexkit.failures import classify
from nexkit.platform import linux_arrivals
from nexkit.platform import linux_icmp as icmp
from nexkit.platform.api import HopReply, TraceSession
from nexkit.platform.linux_datagram import ANCILLARY_BYTES, ask_for_stamps_and_errors, stamp_ns
from nexkit.platform.parse_icmp_error import TIME_EXCEEDED, IcmpError, icmp_failure
from nexkit.platform.parse_icmp_message import QUOTE_BYTES, WholeMessage, mpls_labels, parse_icmp_message
from nexkit.platform.sockets import handshake_ms
from nexkit.platform.tcp import reset_on_close
from nexkit.units import Ms, Seconds

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_DESTINATION_UNREACHABLE = {Family.IPV4: 3, Family.IPV6: 1}
_READ_BYTES = 1500
_PAYLOAD_BYTES = 32
_HTTPS_PORT = 443
_TCP_SYNCNT = 7
_IP_HEADER_BYTES = {Family.IPV4: 20, Family.IPV6: 40}
_SOCKET_TTL = {
    Family.IPV4: (socket.IPPROTO_IP, socket.IP_TTL),
    Family.IPV6: (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS),
}


class _RawErrors:
    """Whole ICMP errors about the requests of an exchange; nothing where raw sockets are not permitted."""

    def __init__(self, exchange: icmp.Exchange, of_family: Family, target: str, own_address: str) -> None:
        self._exchange = exchange
        self._family = of_family
        self._addresses = (own_address.partition("%")[0], str(icmp.plain(target)))
        self._seen: dict[int, int] = {}
        self._sock: socket.socket | None = None

    def __enter__(self) -> Self:
        with contextlib.suppress(OSError):
            sock = socket.socket(icmp.SOCKET_FAMILIES[self._family], socket.SOCK_RAW, icmp.ICMP_PROTOCOLS[self._family])
            kinds = (TIME_EXCEEDED[icmp.VERSIONS[self._family]], _DESTINATION_UNREACHABLE[self._family])
            icmp.let_pass_only(sock, self._family, *kinds)
            sock.setblocking(False)
            asyncio.get_running_loop().add_reader(sock, self._read)
            self._sock = sock
        return self

    def __exit__(self, *_: object) -> None:
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock)
            self._sock.close()

    def quoted_ttl(self, key: int | None) -> int | None:
        """The TTL that the answer to a request quotes; None where it was not seen."""
        self._read()
        return self._seen.pop(key, None) if key is not None else None

    def _read(self) -> None:
        while self._sock is not None:
            try:
                packet, source = self._sock.recvfrom(_READ_BYTES)
            except OSError:
                return
            message = parse_icmp_message(packet, icmp.VERSIONS[self._family])
            if message is not None and message.quote is not None:
                self._take(message, source[0])

    def _take(self, message: WholeMessage, offender: str) -> None:
        assert message.quote is not None  # noqa: S101  the caller looked
        found = self._exchange.find_quoted(message.quote)
        if found is None:
            return
        key, same_port = found
        self._seen[key] = message.quote.ttl
        same_address = (message.quote.source, message.quote.destination) == self._addresses
        if not (same_address and same_port) and (waited_ms := self._exchange.waited_ms(key)) is not None:
            # The kernel may not find the socket of a packet that never left in this form.
            version = icmp.VERSIONS[self._family]
            answer = icmp.Answer(
                rtt_ms=waited_ms,
                error=IcmpError(
                    offender=str(icmp.plain(offender)),
                    time_exceeded=message.type == TIME_EXCEEDED[version],
                    kind=icmp_failure(version, message.type, message.code),
                ),
                reply_ttl=message.ttl,
                same_address=same_address,
                same_port=same_port,
                key=key,
            )
            self._exchange.settle(key, answer)


class _Trace:
    """Path discovery to one target over one socket."""

    def __init__(self, exchange: icmp.Exchange, raw: _RawErrors, target: str, own_address: str) -> None:
        self._exchange = exchange
        self._raw = raw
        self._target = target
        self._own_address = own_address
        self.method = PathMethod.UDP if isinstance(exchange, icmp.UdpExchange) else PathMethod.ICMP

    @property
    def flow_stable(self) -> bool:
        """Whether all requests were of one flow."""
        return self._exchange.flow_stable

    @property
    def port(self) -> int | None:
        """The destination port."""
        return self._exchange.port

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        answer = await self._exchange.request(self._target, timeout_s=timeout_s, payload_bytes=_PAYLOAD_BYTES, ttl=ttl)
        quoted_ttl = self._raw.quoted_ttl(answer.key)
        return _hop_reply(answer, self._target, self._own_address, quoted_ttl=quoted_ttl)


class _TcpTrace:
    """Path discovery by attempts to connect; the answer of the target is the connection, or its refusal.

    The kernel gives no two sockets the same pair of addresses and ports at once, so each attempt is a flow of its own.
    """

    method = PathMethod.TCP
    flow_stable = False

    def __init__(self, target: str, port: int, own_address: str) -> None:
        self._target = target
        self._family = family(target)
        self._address = icmp.numeric(target, port)
        self._own_address = own_address
        self.port: int | None = port

    async def probe(self, ttl: int, *, timeout_s: Seconds) -> HopReply:
        """Send one probe and wait for what comes back."""
        with socket.socket(icmp.SOCKET_FAMILIES[self._family], socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            ask_for_stamps_and_errors(sock)
            icmp.ask_for_errors(sock)
            sock.setsockopt(*_SOCKET_TTL[self._family], ttl)
            sock.setsockopt(socket.IPPROTO_TCP, _TCP_SYNCNT, 1)
            reset_on_close(sock)  # a connection that carries nothing need not be closed in order
            began_ns, began_wall_ns = time.perf_counter_ns(), time.time_ns()
            sock.connect_ex(self._address)
            if not await _ready(sock, timeout_s):
                return _hop_reply(icmp.Answer(), self._target, self._own_address)
            waited_ms = Ms((time.perf_counter_ns() - began_ns) / 1e6)
            return _hop_reply(self._answer(sock, began_wall_ns, waited_ms), self._target, self._own_address)

    def _answer(self, sock: socket.socket, began_wall_ns: int, waited_ms: Ms) -> icmp.Answer:
        for data, ancillary in _queued(sock):
            if (error := icmp.extended_error(ancillary, self._family)) is not None:
                stamped_ns = stamp_ns(ancillary)
                rtt_ms = Ms(((stamped_ns or 0) - began_wall_ns) / 1e6)
                return icmp.Answer(
                    rtt_ms=rtt_ms if 0 <= rtt_ms <= waited_ms else waited_ms,
                    error=error,
                    reply_ttl=icmp.ttl_of(ancillary, self._family),
                    quote=data,
                    quote_stripped_bytes=_IP_HEADER_BYTES[self._family],
                )
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code == 0:
            return icmp.Answer(rtt_ms=handshake_ms(sock) or waited_ms)
        failure = OSError(code, "connect")
        if isinstance(failure, ConnectionRefusedError):
            return icmp.Answer(rtt_ms=waited_ms)
        return icmp.Answer(send_error=classify(failure, step="send").kind)


def _queued(sock: socket.socket) -> Iterator[tuple[bytes, list[tuple[int, int, bytes]]]]:
    """Everything in the error queue of a socket."""
    while True:
        try:
            data, ancillary, _flags, _target = sock.recvmsg(_READ_BYTES, ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
        except OSError:
            return
        yield data, ancillary


async def _ready(sock: socket.socket, timeout_s: Seconds) -> bool:
    """Whether a connection attempt came to an end in time."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[bool] = loop.create_future()

    def settle(came: bool) -> None:
        if not ended.done():
            ended.set_result(came)

    timer = loop.call_later(timeout_s, settle, False)
    loop.add_writer(sock, settle, True)
    try:
        return await ended
    finally:
        timer.cancel()
        loop.remove_writer(sock)


def _hop_reply(
    answer: icmp.Answer,
    target: str,
    own_address: str,
    *,
    quoted_ttl: int | None = None,
) -> HopReply:
    error = answer.error
    if error is None:
        replied = answer.rtt_ms is not None
        return HopReply(
            address=target if replied else None,
            rtt_ms=answer.rtt_ms,
            reached=replied,
            unreachable=answer.send_error,
            reply_ttl=answer.reply_ttl,
        )
    reached = not error.time_exceeded and error.offender == str(icmp.plain(target))
    if not reached and not error.time_exceeded and error.offender in (None, own_address):
        # This system gave up by itself: no neighbour answered.
        return HopReply(address=None, rtt_ms=None, reached=False, unreachable=error.kind)
    return HopReply(
        address=target if reached else error.offender,
        rtt_ms=answer.rtt_ms,
        reached=reached,
        unreachable=None if reached or error.time_exceeded else error.kind,
        reply_ttl=answer.reply_ttl,
        quoted_ttl=quoted_ttl,
        mpls=mpls_labels(answer.quote, error.extension_at, QUOTE_BYTES - answer.quote_stripped_bytes),
        rewritten=(
            *(() if answer.same_address else (Rewriting.ADDRESS,)),
            *(() if answer.same_port else (Rewriting.PORT,)),
        ),
    )


@contextlib.asynccontextmanager
async def open_trace(
    target: str, method: PathMethod | None = None, port: int | None = None
) -> AsyncIterator[TraceSession]:
    """Path discovery; OSError without a route to the target, PermissionError where the method is refused.

    Without a method by ICMP where the system permits it: the target answers each request, where Linux sends few "port
    unreachable" in a second, and every router quotes the sequence number. Else by UDP, which is never refused.
    """
    of_family = family(target)
    own_address = _own_address(target, of_family)
    if method is PathMethod.TCP:
        yield _TcpTrace(target, port or _HTTPS_PORT, own_address)
        return
    await linux_arrivals.until_stamped()
    exchange: icmp.Exchange
    if method is PathMethod.UDP:
        exchange = icmp.UdpExchange(of_family, port)
    else:
        try:
            exchange = icmp.IcmpExchange(of_family)
        except PermissionError:
            if method is PathMethod.ICMP:
                raise
            exchange = icmp.UdpExchange(of_family, port)
    with exchange, _RawErrors(exchange, of_family, target, own_address) as raw:
        yield _Trace(exchange, raw, target, own_address)


def _own_address(target: str, of_family: Family) -> str:
    """The address that packets to the target leave from; sends nothing."""
    with socket.socket(icmp.SOCKET_FAMILIES[of_family], socket.SOCK_DGRAM) as sock:
        sock.connect(icmp.numeric(target, icmp.TRACE_FIRST_PORT))
        return str(sock.getsockname()[0])
