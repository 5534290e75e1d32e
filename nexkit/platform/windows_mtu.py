"""Packets of given sizes on Windows that nobody may cut up, without privilege.

IPv4 by IcmpSendEcho2 with IP_FLAG_DF, which names who said "too big" but not the MTU. IPv6 has no such flag in that
interface (`ping -f` is IPv4 only as well), so UDP goes to ports on which nobody listens, with IPV6_DONTFRAG: "port
unreachable" comes back as WSAECONNRESET, and after a "packet too big" the system's estimate IPV6_MTU tells the MTU.
"""

import asyncio
import contextlib
import itertools
import secrets
import socket
import time
from collections.abc import Callable
from typing import TypeAlias

from nexkit.facts.path import PathMethod
from nexkit.failures import classify
from nexkit.outcome import FailureKind
from nexkit.platform import windows_api as api
from nexkit.platform.api import SizeReply
from nexkit.platform.size_session import NOTHING
from nexkit.platform.threads import in_daemon_thread
from nexkit.units import Bytes, Ms, Seconds

IP_FLAG_DF = 0x02
"""Of IP_OPTION_INFORMATION (ipexport.h)."""
_ICMP4_OVERHEAD_BYTES = 20 + 8
_UDP6_OVERHEAD_BYTES = 40 + 8
_IPV6_MTU = 72
_IPV6_MTU_DISCOVER = 71
_IPV6_DONTFRAG = 14
_IP_PMTUDISC_PROBE = 3
"""ws2ipdef.h, since Windows 10 1903; older ones do with IPV6_DONTFRAG alone."""
_MAX_THREADS = 64
_UDP_FIRST_PORT = 33_434
_UDP_PORTS = 4096

SendEcho: TypeAlias = Callable[[str, int, Seconds], api.IcmpAnswer]
"""One echo request with "don't fragment": address, payload bytes, time-out."""


def size_reply(answer: api.IcmpAnswer, elapsed_ms: Ms) -> SizeReply:
    """What an echo request with "don't fragment" came to."""
    kind = None if answer.status == api.IP_SUCCESS else api.failure_of(answer.status)
    if kind is FailureKind.TIMEOUT:
        return NOTHING
    too_big = kind is FailureKind.MESSAGE_TOO_BIG
    return SizeReply(
        arrived=kind is None,
        too_big=too_big,
        rtt_ms=elapsed_ms if kind is None else None,
        mtu_bytes=None,
        reporter=answer.address if too_big else None,
        error=None if too_big else kind,
    )


class EchoSizes:
    """The session for IPv4; each request under way holds a thread."""

    method = PathMethod.ICMP

    def __init__(self, send_echo: SendEcho, target: str, own_mtu: Callable[[str], int | None]) -> None:
        self._send_echo = send_echo
        self._target = target
        self._own_mtu = own_mtu
        self._slots = asyncio.Semaphore(_MAX_THREADS)

    async def own_mtu_bytes(self) -> Bytes | None:
        """The largest packet that the interface on the way takes; None where the system does not say."""
        found = await in_daemon_thread(self._own_mtu, self._target)
        return None if found is None else Bytes(found)

    async def probe(self, size_bytes: int, *, timeout_s: Seconds) -> SizeReply:
        """Send one packet of this size and wait for what comes back."""
        async with self._slots:
            return await in_daemon_thread(self._timed, size_bytes, timeout_s)

    def _timed(self, size_bytes: int, timeout_s: Seconds) -> SizeReply:
        began_ns = time.perf_counter_ns()
        answer = self._send_echo(self._target, max(0, size_bytes - _ICMP4_OVERHEAD_BYTES), timeout_s)
        return size_reply(answer, Ms((time.perf_counter_ns() - began_ns) / 1e6))


class UdpSizes:
    """The session for IPv6; each request has a connected socket of its own, which hears of its ICMP errors alone."""

    method = PathMethod.UDP

    def __init__(self, target: str, own_mtu: Callable[[str], int | None]) -> None:
        self._target = target
        self._own_mtu = own_mtu
        self._ports = itertools.count(secrets.randbelow(_UDP_PORTS))

    async def own_mtu_bytes(self) -> Bytes | None:
        """The largest packet that the interface on the way takes; None where the system does not say."""
        found = await in_daemon_thread(self._own_mtu, self._target)
        return None if found is None else Bytes(found)

    async def probe(self, size_bytes: int, *, timeout_s: Seconds) -> SizeReply:
        """Send one datagram of this size and wait for what comes back."""
        return await in_daemon_thread(self._exchange, size_bytes, timeout_s)

    def _exchange(self, size_bytes: int, timeout_s: Seconds) -> SizeReply:
        port = _UDP_FIRST_PORT + next(self._ports) % _UDP_PORTS
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.settimeout(timeout_s)
            sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_DONTFRAG, 1)
            with contextlib.suppress(OSError):  # before Windows 10 1903
                sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _IP_PMTUDISC_PROBE)
            began_ns = time.perf_counter_ns()
            try:
                sock.connect(socket.getaddrinfo(self._target, port, flags=socket.AI_NUMERICHOST)[0][4])
                sock.send(bytes(max(0, size_bytes - _UDP6_OVERHEAD_BYTES)))
                sock.recv(1)
            except ConnectionResetError:
                return _reply(arrived=True, rtt_ms=Ms((time.perf_counter_ns() - began_ns) / 1e6))
            except TimeoutError:
                return self._told(sock, size_bytes)
            except OSError as error:
                kind = classify(error, step="send").kind
                if kind is FailureKind.MESSAGE_TOO_BIG:
                    return self._told(sock, size_bytes, refused=True)
                return _reply(error=kind)
            return _reply(arrived=True, rtt_ms=Ms((time.perf_counter_ns() - began_ns) / 1e6))

    @staticmethod
    def _told(sock: socket.socket, size_bytes: int, *, refused: bool = False) -> SizeReply:
        """Whether the system has learnt of a smaller MTU on the way."""
        try:
            mtu_bytes = sock.getsockopt(socket.IPPROTO_IPV6, _IPV6_MTU)
        except OSError:
            mtu_bytes = size_bytes
        if mtu_bytes < size_bytes:
            return _reply(too_big=True, mtu_bytes=Bytes(mtu_bytes))
        return _reply(too_big=True) if refused else NOTHING


def _reply(
    *,
    arrived: bool = False,
    too_big: bool = False,
    rtt_ms: Ms | None = None,
    mtu_bytes: Bytes | None = None,
    error: FailureKind | None = None,
) -> SizeReply:
    return SizeReply(arrived=arrived, too_big=too_big, rtt_ms=rtt_ms, mtu_bytes=mtu_bytes, reporter=None, error=error)
