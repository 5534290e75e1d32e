"""The part of the platform that is the same everywhere: sockets, lookups, TLS trust, programs."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import ssl
import struct
import sys
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from nexkit.address import Family
from nexkit.facts.system import SystemInfo
from nexkit.host_name import wire_name
from nexkit.platform.api import (
    NotSupportedError,
    ProcessResult,
    SegmentSession,
    TcpConnected,
    UdpConnection,
    UdpReply,
    UdpSession,
)
from nexkit.platform.bound_socket import leave_by
from nexkit.platform.linux_datagram import ANCILLARY_BYTES, ask_for_stamps_and_errors, stamp_ns
from nexkit.platform.program_environment import program_environment
from nexkit.platform.socket_address import SocketAddress, address_of, readable, socket_address
from nexkit.platform.tcp_mtu import limit_segments
from nexkit.platform.threads import in_daemon_thread
from nexkit.platform.udp_connection import open_udp_to
from nexkit.platform.udp_session import open_udp
from nexkit.units import Ms, Seconds

if sys.platform == "linux":
    from nexkit.platform import linux_arrivals
    from nexkit.platform.linux_refusal import keep_errors, refused_by_itself
elif sys.platform == "win32":
    from nexkit.platform import windows_connect

_SYSTEM_WORDS = {"linux": "linux", "win32": "windows", "darwin": "macos"}
_SOCKET_FAMILIES = {None: socket.AF_UNSPEC, Family.IPV4: socket.AF_INET, Family.IPV6: socket.AF_INET6}
_MAX_DATAGRAM_BYTES = 65_535
_READ_BYTES = 65_536

_TCP_INFO_RTT = struct.Struct("@68xI28xI")
"""tcpi_rtt in microseconds and tcpi_total_retrans of struct tcp_info (linux/tcp.h)."""

_CERTIFICATE_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # Alpine, macOS
)
"""Where systems keep the certificates they trust, as one file."""

_WINDOWS_PORT_UNREACHABLE = 1234
"""ERROR_PORT_UNREACHABLE, which overlapped calls give where plain ones give WSAECONNRESET."""


class SocketPlatform:
    """What needs no interface of one system alone; the system's own class adds the rest."""

    async def system_info(self) -> SystemInfo:
        """Which system this is."""
        return await in_daemon_thread(_system_info)

    async def resolve(self, host: str, family: Family | None = None) -> tuple[str, ...]:
        """Addresses by the system's own lookup, its order kept, each once; socket.gaierror without any."""
        return await in_daemon_thread(_look_up, host, _SOCKET_FAMILIES[family])

    async def name_of(self, address: str) -> str | None:
        """What the system's own lookup calls an address (PTR); None without a name that is a host name."""
        return await in_daemon_thread(_name_of, address)

    async def exchange_udp(
        self,
        address: str,
        port: int,
        payload: bytes,
        *,
        timeout_s: Seconds,
        accept: Callable[[bytes], bool],
    ) -> UdpReply:
        """Send a datagram and wait for one from the same address and port that `accept` takes.

        TimeoutError without one, ConnectionRefusedError for ICMP port unreachable, other OSErrors as they come. On
        Linux the round trip ends with the kernel's stamp, so that a busy event loop does not lengthen it.
        """
        family, target = socket_address(address, port, socket.SOCK_DGRAM)
        if sys.platform == "linux":
            await linux_arrivals.until_stamped()
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            if sys.platform == "linux":
                ask_for_stamps_and_errors(sock)
            # Connected: the kernel drops what others send, and hands over ICMP errors.
            sock.connect(target)
            async with asyncio.timeout(timeout_s):
                try:
                    return await _exchange(sock, payload, accept)
                except OSError as error:
                    if (
                        isinstance(error, ConnectionResetError)
                        or getattr(error, "winerror", None) == _WINDOWS_PORT_UNREACHABLE
                    ):
                        raise ConnectionRefusedError(error.errno, "port unreachable") from error
                    raise

    def open_udp(self, family: Family) -> AbstractAsyncContextManager[UdpSession]:
        """A UDP socket for many datagrams to several hosts; entering raises OSError without such a family."""
        return open_udp(family)

    def open_udp_to(self, address: str, port: int) -> AbstractAsyncContextManager[UdpConnection]:
        """A UDP socket for many datagrams to and from one host; entering raises OSError without a route."""
        return open_udp_to(address, port)

    def open_segment(self, interface: str) -> AbstractAsyncContextManager[SegmentSession]:
        """Whole frames of an interface; entering raises NotSupportedError, unless a system has them."""
        return _no_segment(interface)

    async def connect_tcp(
        self,
        address: str,
        port: int,
        *,
        timeout_s: Seconds,
        segment_limit_bytes: int | None = None,
        interface: str | None = None,
    ) -> TcpConnected:
        """A TCP connection and how long the handshake took; TimeoutError or OSError.

        On Linux the time is the kernel's own, so that a busy event loop does not lengthen it, and a refusal of this
        system's own filter is told from one that comes from the network (PermissionError).
        """
        family, target = socket_address(address, port, socket.SOCK_STREAM)

        def new_socket() -> socket.socket:
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if segment_limit_bytes is not None:
                    limit_segments(sock, segment_limit_bytes)
                if interface is not None:
                    leave_by(sock, interface)
            except OSError:
                sock.close()
                raise
            return sock

        began_ns = time.perf_counter_ns()
        async with asyncio.timeout(timeout_s):
            sock = await _connected(new_socket, target)
        waited_ms = _ms(time.perf_counter_ns() - began_ns)
        return TcpConnected(sock=sock, connect_ms=handshake_ms(sock) or waited_ms)

    def trust(self) -> ssl.SSLContext:
        """A client TLS context that trusts what this system trusts; a new one for each call."""
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Python asks for it from 3.13 on. Browsers and systems do not: many authorities of organisations would be
        # called untrusted here alone, for want of an identifier in their certificates.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        paths = ssl.get_default_verify_paths()
        if sys.platform != "win32" and paths.cafile is None and paths.capath is None:
            # A frozen build looks where the system that built it keeps its certificates.
            for bundle in _CERTIFICATE_BUNDLES:
                if Path(bundle).is_file():
                    context.load_verify_locations(bundle)
                    break
        return context

    async def run_program(
        self, arguments: Sequence[str], *, timeout_s: Seconds, max_output_bytes: int, input_bytes: bytes = b""
    ) -> ProcessResult:
        """Run a program by full path without a shell, `input_bytes` being all that it can read.

        FileNotFoundError, TimeoutError (it was ended). Each output is cut off at `max_output_bytes`, messages are in
        English where the program obeys LC_ALL.
        """
        async with asyncio.timeout(timeout_s):
            if sys.platform == "win32":
                import subprocess

                process = await asyncio.create_subprocess_exec(
                    *arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    creationflags=subprocess.CREATE_NO_WINDOW,
                )
            else:
                process = await asyncio.create_subprocess_exec(
                    *arguments,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env={**program_environment(), "LC_ALL": "C"},  # English messages
                    start_new_session=True,
                )
            try:
                stdout, stderr, _ = await asyncio.gather(
                    _read_capped(process.stdout, max_output_bytes),
                    _read_capped(process.stderr, max_output_bytes),
                    _write_all(process.stdin, input_bytes),
                )
                exit_status = await process.wait()
            finally:
                if process.returncode is None:
                    _end(process)
                    await process.wait()
        return ProcessResult(exit_status=exit_status, stdout=stdout, stderr=stderr)


@contextlib.asynccontextmanager
async def _no_segment(interface: str) -> AsyncGenerator[SegmentSession, None]:
    raise NotSupportedError(errno.EOPNOTSUPP, "no whole frames", interface)
    yield  # makes it a generator


def _ms(duration_ns: int) -> Ms:
    return Ms(duration_ns / 1e6)


def _system_info() -> SystemInfo:
    import platform

    release = platform.release()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, KeyError):
            release = f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {release}"
    elif sys.platform == "darwin":
        release = platform.mac_ver()[0]
    elif sys.platform == "win32":
        release = platform.version()
    return SystemInfo(
        system=_SYSTEM_WORDS.get(sys.platform, sys.platform), release=release, architecture=platform.machine().lower()
    )


def _look_up(host: str, family: socket.AddressFamily) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    except ValueError as error:  # a text that cannot be a name: an empty or too long label, a NUL
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from error
    return tuple(dict.fromkeys(address_of(info[4]) for info in found))


def _name_of(address: str) -> str | None:
    try:
        # Not getnameinfo: Python 3.11 keeps all other threads waiting meanwhile, the event loop's too.
        name, _aliases, _addresses = socket.gethostbyaddr(address)
        # Whoever runs the address chose the name: only what can be a host name is taken.
        return wire_name(name).rstrip(".")
    except (OSError, ValueError):
        return None


async def _connected(new_socket: Callable[[], socket.socket], target: SocketAddress) -> socket.socket:
    """A connected socket; waits without end."""
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        return await windows_connect.connect(
            new_socket, lambda sock: loop.sock_connect(sock, target), windows_connect.send_one_syn
        )
    sock = new_socket()
    with contextlib.ExitStack() as opening:
        opening.callback(sock.close)
        if sys.platform == "linux":
            keep_errors(sock, kept=True)
            try:
                await loop.sock_connect(sock, target)
            except OSError as error:
                if refused_by_itself(sock):
                    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM)) from error
                raise
            keep_errors(sock, kept=False)
        else:
            await loop.sock_connect(sock, target)
        opening.pop_all()
    return sock


def handshake_ms(sock: socket.socket) -> Ms | None:
    """From SYN to its acknowledgement as the kernel measured it; None where it did not, or a SYN was repeated."""
    if sys.platform != "linux":
        return None
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_RTT.size)
        rtt_us, repeated = _TCP_INFO_RTT.unpack(info)
    except (OSError, struct.error):
        return None
    return Ms(rtt_us / 1000) if rtt_us and not repeated else None


async def _exchange(sock: socket.socket, payload: bytes, accept: Callable[[bytes], bool]) -> UdpReply:
    """The first accepted reply on a connected socket; waits without end."""
    sent_at_ns = time.time_ns()
    began_ns = time.perf_counter_ns()
    sock.send(payload)
    while True:
        reply, got_ns = await _receive(sock)
        waited_ns = time.perf_counter_ns() - began_ns
        if accept(reply):
            # The stamp is of the wall clock. Where somebody set that clock meanwhile, the event loop's time counts.
            rtt_ns = waited_ns if got_ns is None else got_ns - sent_at_ns
            rtt_ms = _ms(rtt_ns if 0 <= rtt_ns <= waited_ns else waited_ns)
            return UdpReply(payload=reply, rtt_ms=rtt_ms, sent_s=Seconds(began_ns / 1e9))


async def _receive(sock: socket.socket) -> tuple[bytes, int | None]:
    """The next datagram and when the kernel got it (nanoseconds of the wall clock; None: it does not say)."""
    loop = asyncio.get_running_loop()
    if sys.platform == "linux":
        while True:
            try:
                reply, ancillary, _, _ = sock.recvmsg(_MAX_DATAGRAM_BYTES, ANCILLARY_BYTES)
            except BlockingIOError:
                await readable(loop, sock)
            else:
                return reply, stamp_ns(ancillary)
    return await loop.sock_recv(sock, _MAX_DATAGRAM_BYTES), None


async def _read_capped(stream: asyncio.StreamReader | None, max_bytes: int) -> bytes:
    """The beginning of a stream; the rest is read and dropped, so that the program can end."""
    kept = bytearray()
    while stream is not None and (chunk := await stream.read(_READ_BYTES)):
        kept += chunk[: max_bytes - len(kept)]
    return bytes(kept)


async def _write_all(stream: asyncio.StreamWriter | None, data: bytes) -> None:
    """Hand all of it over and close; a program that does not want it may hang up."""
    if stream is not None:
        with contextlib.suppress(ConnectionError):
            stream.write(data)
            await stream.drain()
        stream.close()


def _end(process: asyncio.subprocess.Process) -> None:
    """End a program now, on Unix with the programs that it started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
