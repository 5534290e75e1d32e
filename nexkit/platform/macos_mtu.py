"""Packets of given sizes on macOS that nobody may cut up, without privilege.

IP_DONTFRAG and IPV6_DONTFRAG are of XNU's netinet/in.h and netinet6/in6.h (ip(4), ip6(4)). Datagram ICMP sockets hand
over ICMP errors by a plain receive, IPv4 messages with their IP header. Over IPv6 XNU lets such a socket of an ordinary
user not ask for it (icmp6_dgram_ctloutput), but one of UDP: then the ICMP socket listens, and UDP is what is sent.
"""

import contextlib
import secrets
import socket
import struct
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager

from nexkit.address import Family, family
from nexkit.facts.path import PathMethod
from nexkit.platform.own_mtu import own_address, own_mtu_bytes
from nexkit.platform.parse_too_big import parse_icmp_answer, parse_udp_answer
from nexkit.platform.size_session import SizeAnswer, SizeExchange

assert sys.platform == "darwin"  # noqa: S101  mypy reads what follows for macOS only

_DONTFRAG = {Family.IPV4: (socket.IPPROTO_IP, 28), Family.IPV6: (socket.IPPROTO_IPV6, 62)}
_SOCKET_FAMILIES = {Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_PROTOCOLS = {Family.IPV4: socket.IPPROTO_ICMP, Family.IPV6: socket.IPPROTO_ICMPV6}
_ECHO_REQUEST = {Family.IPV4: 8, Family.IPV6: 128}
_IP_HEADER_BYTES = {Family.IPV4: 20, Family.IPV6: 40}
_ICMP_HEADER = struct.Struct("!BBHHH")
_HEAD_BYTES = 512
_SEND_BUFFER_BYTES = 65_536
_UDP_HEADER_BYTES = 8
_UDP_FIRST_PORT = 33_434
"""Where traceroute begins: ports on which nobody listens."""


class _EchoSocket:
    """Echo requests (RFC 792, RFC 4443); the key is the sequence number."""

    method = PathMethod.ICMP

    def __init__(self, target: str) -> None:
        self._target = target
        self._family = family(target)
        self._identifier = secrets.randbits(16)
        self._sock = socket.socket(_SOCKET_FAMILIES[self._family], socket.SOCK_DGRAM, _PROTOCOLS[self._family])
        with contextlib.ExitStack() as opening:
            opening.callback(self._sock.close)
            self._sock.setblocking(False)
            self._sock.setsockopt(*_DONTFRAG[self._family], 1)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            opening.pop_all()

    def fileno(self) -> int:
        """The number to wait on."""
        return self._sock.fileno()

    def close(self) -> None:
        """Give the socket back."""
        self._sock.close()

    def own_mtu_bytes(self) -> int | None:
        """The largest packet that the interface on the way takes."""
        return own_mtu_bytes(self._target)

    def send(self, key: int, size_bytes: int) -> None:
        """Send one request; the kernel fills in the checksum of ICMPv6."""
        kind = _ECHO_REQUEST[self._family]
        payload = bytes(max(0, size_bytes - _IP_HEADER_BYTES[self._family] - _ICMP_HEADER.size))
        header = _ICMP_HEADER.pack(kind, 0, _checksum(kind << 8, self._identifier, key), self._identifier, key)
        address = socket.getaddrinfo(self._target, 0, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0][4]
        self._sock.sendto(header + payload, address)

    def receive(self) -> Iterable[SizeAnswer]:
        """Replies and ICMP errors."""
        version = 4 if self._family is Family.IPV4 else 6
        for message, source in _messages(self._sock):
            answer = parse_icmp_answer(message, version, self._identifier, source)
            if answer is not None:
                yield answer


class _UdpSocket:
    """UDP over IPv6; "port unreachable" of the target says that the datagram arrived. The key is in the port."""

    method = PathMethod.UDP

    def __init__(self, target: str) -> None:
        self._target = target
        with contextlib.ExitStack() as opened:
            self._icmp = opened.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM, socket.IPPROTO_ICMPV6))
            self._sock = opened.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
            for sock in (self._icmp, self._sock):
                sock.setblocking(False)
            self._sock.setsockopt(*_DONTFRAG[Family.IPV6], 1)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
            self._sock.bind(("::", 0))
            self._port = int(self._sock.getsockname()[1])
            self._opened = opened.pop_all()

    def fileno(self) -> int:
        """The number to wait on."""
        return self._icmp.fileno()

    def close(self) -> None:
        """Give the sockets back."""
        self._opened.close()

    def own_mtu_bytes(self) -> int | None:
        """The largest packet that the interface on the way takes."""
        return own_mtu_bytes(self._target)

    def send(self, key: int, size_bytes: int) -> None:
        """Send one datagram."""
        payload = bytes(max(0, size_bytes - _IP_HEADER_BYTES[Family.IPV6] - _UDP_HEADER_BYTES))
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        address = socket.getaddrinfo(self._target, _UDP_FIRST_PORT + key, type=socket.SOCK_DGRAM, flags=flags)[0][4]
        self._sock.sendto(payload, address)

    def receive(self) -> Iterable[SizeAnswer]:
        """ICMP errors."""
        for message, source in _messages(self._icmp):
            answer = parse_udp_answer(message, self._port, _UDP_FIRST_PORT, source, self._target)
            if answer is not None:
                yield answer


def _messages(sock: socket.socket) -> Iterator[tuple[bytes, str]]:
    """Everything that has come by now, with who sent it."""
    while True:
        try:
            message, source = sock.recvfrom(_HEAD_BYTES)
        except BlockingIOError:
            return
        except OSError:
            continue  # an error that the socket kept; the message itself comes as well
        yield message, str(source[0]).partition("%")[0]


def _checksum(*words: int) -> int:
    """The internet checksum (RFC 1071) of a message whose other words are zero."""
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@asynccontextmanager
async def open_sizes(target: str) -> AsyncIterator[SizeExchange]:
    """Packets that nobody may cut up; PermissionError where the system refuses, OSError without a route."""
    own_address(target)
    try:
        sock: _EchoSocket | _UdpSocket = _EchoSocket(target)
    except PermissionError:
        if family(target) is Family.IPV4:
            raise
        sock = _UdpSocket(target)
    async with SizeExchange.over(sock) as session:
        yield session
