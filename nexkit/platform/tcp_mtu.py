"""What the system knows of the sizes of one TCP connection, and how to ask for small segments."""

import socket
import struct
import sys
from dataclasses import dataclass

from nexkit.units import Bytes

_LINUX_TCP_INFO = struct.Struct("=16xII36xI36xI120xI")
"""tcpi_snd_mss, tcpi_rcv_mss, tcpi_pmtu, tcpi_total_retrans and tcpi_rcv_ooopack of struct tcp_info (linux/tcp.h)."""
_LINUX_TCP_INFO_BEFORE_5_4 = struct.Struct("=16xII36xI36xI")
"""Without the last."""
_MACOS_TCP_CONNECTION_INFO = 0x106
_MACOS_TCP_INFO = struct.Struct("=16xI")
"""tcpi_maxseg of struct tcp_connection_info (netinet/tcp.h)."""
_WINDOWS_TCP_MAXSEG = 4
_WINDOWS_USER_MTU = 76
"""IP_USER_MTU and IPV6_USER_MTU (ws2ipdef.h), since Windows 10 1903: an upper bound on packets, not on segments."""
_WINDOWS_MTU = {socket.AF_INET: (socket.IPPROTO_IP, 73), socket.AF_INET6: (socket.IPPROTO_IPV6, 72)}
"""IP_MTU and IPV6_MTU: the system's estimate for the path of a connected socket."""
_HEADERS_BYTES = {socket.AF_INET: 40, socket.AF_INET6: 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentSizes:
    """Sizes of one connection; all None where the system does not say."""

    sent_bytes: Bytes | None = None
    """What a full segment carries on the way out."""
    received_bytes: Bytes | None = None
    """The largest segment seen on the way in."""
    path_mtu_bytes: Bytes | None = None
    """What the system believes the path takes."""
    repeated: int | None = None
    out_of_order: int | None = None


def segment_sizes(sock: socket.socket) -> SegmentSizes:
    """Of a connection that is open or just ended."""
    try:
        if sys.platform == "linux":
            return _linux(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256))
        if sys.platform == "darwin":
            data = sock.getsockopt(socket.IPPROTO_TCP, _MACOS_TCP_CONNECTION_INFO, _MACOS_TCP_INFO.size)
            return SegmentSizes(sent_bytes=Bytes(_MACOS_TCP_INFO.unpack(data)[0]))
        if sys.platform == "win32":
            return SegmentSizes(
                sent_bytes=Bytes(sock.getsockopt(socket.IPPROTO_TCP, _WINDOWS_TCP_MAXSEG)),
                path_mtu_bytes=Bytes(sock.getsockopt(*_WINDOWS_MTU[socket.AddressFamily(sock.family)])),
            )
    except (OSError, struct.error):
        return SegmentSizes()
    return SegmentSizes()


def _linux(info: bytes) -> SegmentSizes:
    if len(info) >= _LINUX_TCP_INFO.size:
        sent, received, path_mtu, repeated, out_of_order = _LINUX_TCP_INFO.unpack_from(info)
    else:
        sent, received, path_mtu, repeated = _LINUX_TCP_INFO_BEFORE_5_4.unpack_from(info)
        out_of_order = None
    return SegmentSizes(
        sent_bytes=Bytes(sent),
        received_bytes=Bytes(received),
        path_mtu_bytes=Bytes(path_mtu),
        repeated=repeated,
        out_of_order=out_of_order,
    )


def limit_segments(sock: socket.socket, segment_bytes: int) -> None:
    """Have both sides of a connection yet to be made send no larger segments; OSError where it cannot be had."""
    if sys.platform == "win32":
        family = socket.AddressFamily(sock.family)
        level = socket.IPPROTO_IP if family == socket.AF_INET else socket.IPPROTO_IPV6
        sock.setsockopt(level, _WINDOWS_USER_MTU, segment_bytes + _HEADERS_BYTES[family])
    else:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
