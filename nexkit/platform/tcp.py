"""One TCP connection that carries bulk data: what was delivered, who paces it, how it is cut off."""

import socket
import struct
import sys

from nexkit.units import Ms

_LOSS_BASED = ("cubic", "reno")
"""Congestion controls that fill the queue of the bottleneck until it drops, best first (RFC 9438, RFC 5681)."""
_NAME_MAX_BYTES = 16

_LINUX_BYTES_ACKED = struct.Struct("=120xQ")
"""tcpi_bytes_acked of struct tcp_info (linux/tcp.h), since Linux 4.1."""
_LINUX_RTT = struct.Struct("=68xI")
_LINUX_RCV_RTT = struct.Struct("=92xI")
"""tcpi_rtt and tcpi_rcv_rtt, microseconds."""
_MACOS_TCP_CONNECTION_INFO = 0x106
_MACOS_BYTES_SENT = struct.Struct("=64xQQ")
"""tcpi_txbytes and tcpi_txretransmitbytes of struct tcp_connection_info (netinet/tcp.h)."""
_MACOS_SRTT = struct.Struct("=44xI")
"""tcpi_srtt, milliseconds."""
_WINDOWS_SIO_TCP_INFO = 0xD8000027
_WINDOWS_TCP_INFO = struct.Struct("=20xL4xL16xQ8x4xL16x")
"""RttUs, BytesInFlight, BytesOut and BytesRetrans of TCP_INFO_v0 (mstcpip.h), since Windows 10 1703; 88 bytes."""


def delivered_bytes(sock: socket.socket) -> int | None:
    """How many bytes of this connection the other side has; None where the system does not say, or it is closed.

    Linux and Windows count what was acknowledged. macOS counts what was sent, repeats excluded: more by what is under
    way, which is about the same at two moments of a steady transfer.
    """
    try:
        if sys.platform == "linux":
            return int(_LINUX_BYTES_ACKED.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128))[0])
        if sys.platform == "darwin":
            sent, repeated = _MACOS_BYTES_SENT.unpack(
                sock.getsockopt(socket.IPPROTO_TCP, _MACOS_TCP_CONNECTION_INFO, _MACOS_BYTES_SENT.size)
            )
            return int(sent - repeated)
        if sys.platform == "win32":
            _, in_flight, out, repeated = _WINDOWS_TCP_INFO.unpack(_windows_tcp_info(sock))
            return int(out - repeated - in_flight)
    except (OSError, struct.error):
        return None
    return None


def round_trip_ms(sock: socket.socket, *, sending: bool) -> Ms | None:
    """The smoothed round trip of this connection, its own queues included; None where the system does not say.

    `sending`: this side sends the bulk of the data. A receiver's TCP knows a round trip on Linux only (from its
    acknowledgement to the data that echoes its time stamp, RFC 7323).
    """
    try:
        if sys.platform == "linux":
            layout = _LINUX_RTT if sending else _LINUX_RCV_RTT
            value_ms = layout.unpack(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, layout.size))[0] / 1000
        elif not sending:
            return None
        elif sys.platform == "darwin":
            value_ms = _MACOS_SRTT.unpack(
                sock.getsockopt(socket.IPPROTO_TCP, _MACOS_TCP_CONNECTION_INFO, _MACOS_SRTT.size)
            )[0]
        elif sys.platform == "win32":
            value_ms = _WINDOWS_TCP_INFO.unpack(_windows_tcp_info(sock))[0] / 1000
        else:
            return None
    except (OSError, struct.error):
        return None
    return Ms(float(value_ms)) if value_ms else None


if sys.platform == "win32":

    def _windows_tcp_info(sock: socket.socket) -> bytes:
        """TCP_INFO_v0 of the socket; OSError where the system is too old."""
        import ctypes
        from ctypes import wintypes

        version = wintypes.DWORD(0)
        information = ctypes.create_string_buffer(_WINDOWS_TCP_INFO.size)
        returned = wintypes.DWORD()
        winsock = ctypes.WinDLL("ws2_32", use_last_error=True)
        if winsock.WSAIoctl(
            ctypes.c_void_p(sock.fileno()),
            wintypes.DWORD(_WINDOWS_SIO_TCP_INFO),
            ctypes.byref(version),
            ctypes.sizeof(version),
            information,
            len(information),
            ctypes.byref(returned),
            None,
            None,
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        return information.raw


def fill_queues(sock: socket.socket) -> str | None:
    """Have this side send until the bottleneck's queue drops, where the system lets it; the congestion control's name.

    A sender with BBR keeps the queue short and so hides a deep one. Where the system refuses the change, the name says
    what is in force. None where the system does not tell (macOS and Windows: CUBIC unless the administrator says else).
    """
    if sys.platform == "linux":
        for name in _LOSS_BASED:
            if (in_force := _congestion_control(sock)) in _LOSS_BASED:
                return in_force
            try:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name.encode())
            except OSError:  # not permitted without privilege, or not in this kernel
                continue
        return _congestion_control(sock)
    return None


if sys.platform == "linux":

    def _congestion_control(sock: socket.socket) -> str:
        value = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, _NAME_MAX_BYTES)
        return value.rstrip(b"\0").decode("ascii", "replace")


def reset_on_close(sock: socket.socket) -> None:
    """Have a close drop what is not sent yet and reset the connection, so that no queue is fed any longer."""
    # struct linger has short fields on Windows (winsock2.h) and int fields elsewhere (sys/socket.h).
    linger = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
