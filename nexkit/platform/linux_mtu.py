"""Packets of given sizes on Linux that nobody may cut up, without privilege.

`IP_PMTUDISC_PROBE` (ip(7)) sets the "don't fragment" bit and has the kernel forget, for this socket, what it believes
of the path: only the interface's own limit holds. What an ICMP error teaches the kernel meanwhile would stay for ten
minutes and lead other programs' connections; between two packets the IPv4 socket is therefore put to
`IP_PMTUDISC_INTERFACE`, under which the kernel learns nothing from errors that quote it. For IPv6 the kernel always
learns (ICMPv6 errors are taken before the socket is asked).
"""

import contextlib
import socket
import struct
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

from nexkit.address import Family, family
from nexkit.facts.path import PathMethod
from nexkit.outcome import FailureKind
from nexkit.platform.derive import same_host
from nexkit.platform.linux_datagram import ANCILLARY_BYTES, RECVERR
from nexkit.platform.own_mtu import own_address
from nexkit.platform.parse_too_big import TooBig, parse_told
from nexkit.platform.size_session import SizeAnswer, SizeExchange

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

# Numbers of linux/in.h and linux/in6.h that the socket module has no names for before Python 3.13.
_MTU_DISCOVER = {Family.IPV4: (socket.IPPROTO_IP, 10), Family.IPV6: (socket.IPPROTO_IPV6, 23)}
_DONTFRAG6 = (socket.IPPROTO_IPV6, 62)
_PMTUDISC_PROBE = 3
_PMTUDISC_INTERFACE = 4

_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_VERSIONS = {Family.IPV4: 4, Family.IPV6: 6}
_PROTOCOLS = {Family.IPV4: socket.IPPROTO_ICMP, Family.IPV6: socket.IPPROTO_ICMPV6}
_ECHO_REQUEST = {Family.IPV4: 8, Family.IPV6: 128}
_ECHO_REPLY = {Family.IPV4: 0, Family.IPV6: 129}
_IP_HEADER_BYTES = {Family.IPV4: 20, Family.IPV6: 40}
_ICMP_HEADER = struct.Struct("!BBHHH")
_UDP_HEADER_BYTES = 8
_HEAD_BYTES = 512
_UDP_FIRST_PORT = 33_434
_LARGEST_PACKET_BYTES = 65_000


class _DontFragmentSocket(ABC):
    """What both kinds of socket share."""

    def __init__(self, sock: socket.socket, target: str) -> None:
        self._sock = sock
        self._family = family(target)
        self._target = target
        sock.setblocking(False)
        sock.setsockopt(*RECVERR[_SOCKET_FAMILIES[self._family]], 1)
        sock.setsockopt(*_MTU_DISCOVER[self._family], _PMTUDISC_PROBE)
        if self._family is Family.IPV6:
            sock.setsockopt(*_DONTFRAG6, 1)

    def fileno(self) -> int:
        """The number to wait on."""
        return self._sock.fileno()

    def close(self) -> None:
        """Give the socket back."""
        self._sock.close()

    def own_mtu_bytes(self) -> int | None:
        """The kernel's refusal of a packet that no interface takes names what this one takes."""
        with contextlib.suppress(OSError):
            self.send(0, _LARGEST_PACKET_BYTES)
        return next((told.mtu_bytes for _quote, told, _port in self._errors() if told.local), None)

    @abstractmethod
    def send(self, key: int, size_bytes: int) -> None:
        """Send one request of this size."""

    def _send(self, datagram: bytes, port: int) -> None:
        address = socket.getaddrinfo(
            self._target, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        )[0][4]
        self._let_learn(_PMTUDISC_PROBE)
        try:
            try:
                self._sock.sendto(datagram, address)
            except OSError:
                # The error of an earlier request is handed out at the next call (ip(7)); a second one is our own.
                self._sock.sendto(datagram, address)
        finally:
            self._let_learn(_PMTUDISC_INTERFACE)

    def _let_learn(self, mode: int) -> None:
        if self._family is Family.IPV4:
            self._sock.setsockopt(*_MTU_DISCOVER[self._family], mode)

    def _errors(self) -> Iterator[tuple[bytes, TooBig, int]]:
        """Quote, what was told and the destination port, of everything in the error queue."""
        while True:
            try:
                quote, ancillary, _flags, target = self._sock.recvmsg(_HEAD_BYTES, ANCILLARY_BYTES, socket.MSG_ERRQUEUE)
            except OSError:
                return
            for level, kind, data in ancillary:
                if (level, kind) == RECVERR[_SOCKET_FAMILIES[self._family]]:
                    told = parse_told(data, _VERSIONS[self._family])
                    if told is not None:
                        yield quote, told, target[1] if target else 0

    def _drop_kept_error(self) -> None:
        """A socket keeps one error for the next call, which then fails in its stead."""
        self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)


class _EchoSocket(_DontFragmentSocket):
    """Echo requests (RFC 792, RFC 4443); the key is the sequence number."""

    method = PathMethod.ICMP

    def __init__(self, target: str) -> None:
        of_family = family(target)
        super().__init__(socket.socket(_SOCKET_FAMILIES[of_family], socket.SOCK_DGRAM, _PROTOCOLS[of_family]), target)
        self._request, self._reply = _ECHO_REQUEST[of_family], _ECHO_REPLY[of_family]
        self._overhead_bytes = _IP_HEADER_BYTES[of_family] + _ICMP_HEADER.size

    def send(self, key: int, size_bytes: int) -> None:
        """Send one request; the kernel fills in identifier and checksum."""
        self._drop_kept_error()
        header = _ICMP_HEADER.pack(self._request, 0, 0, 0, key)
        self._send(header + bytes(max(0, size_bytes - self._overhead_bytes)), 0)

    def receive(self) -> Iterable[SizeAnswer]:
        """Replies (some hosts cut them short) and ICMP errors."""
        for quote, told, _port in self._errors():
            if (key := self._key(quote, self._request)) is not None:
                yield told.answer(key)
        while True:
            try:
                reply = self._sock.recv(_HEAD_BYTES)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error told here too; the error queue has the whole of it
            if (key := self._key(reply, self._reply)) is not None:
                yield SizeAnswer(key=key, arrived=True, too_big=False, mtu_bytes=None, reporter=None, error=None)

    @staticmethod
    def _key(message: bytes, wanted_kind: int) -> int | None:
        if len(message) < _ICMP_HEADER.size:
            return None
        kind, _code, _checksum, _identifier, key = _ICMP_HEADER.unpack_from(message)
        return int(key) if kind == wanted_kind else None


class _UdpSocket(_DontFragmentSocket):
    """UDP to ports on which nobody listens; "port unreachable" of the target says that the datagram arrived."""

    method = PathMethod.UDP

    def __init__(self, target: str) -> None:
        super().__init__(socket.socket(_SOCKET_FAMILIES[family(target)], socket.SOCK_DGRAM), target)
        self._overhead_bytes = _IP_HEADER_BYTES[self._family] + _UDP_HEADER_BYTES

    def send(self, key: int, size_bytes: int) -> None:
        """Send one datagram; the key is its port, which the shortest quote holds."""
        self._drop_kept_error()
        self._send(bytes(max(0, size_bytes - self._overhead_bytes)), _UDP_FIRST_PORT + key)

    def receive(self) -> Iterable[SizeAnswer]:
        """ICMP errors."""
        for _quote, told, port in self._errors():
            answer = told.answer(port - _UDP_FIRST_PORT)
            if answer.error is FailureKind.REFUSED and same_host(told.reporter, self._target):
                answer = replace(answer, arrived=True, error=None)
            yield answer


@asynccontextmanager
async def open_sizes(target: str) -> AsyncIterator[SizeExchange]:
    """Packets that nobody may cut up; by UDP where the system refuses ICMP sockets. OSError without a route."""
    own_address(target)
    try:
        sock: _EchoSocket | _UdpSocket = _EchoSocket(target)
    except PermissionError:
        sock = _UdpSocket(target)
    async with SizeExchange.over(sock) as session:
        yield session
