"""Whole Ethernet frames on Linux (packet(7)); needs CAP_NET_RAW."""

import asyncio
import ctypes
import errno
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from nexkit.platform.api import Capability, CapabilityState
from nexkit.platform.segment_filter import FILTER

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_ETH_P_ALL = 0x0003
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP = 1
_PACKET_MR_MULTICAST = 0
_SO_ATTACH_FILTER = 26
_MEMBERSHIP = struct.Struct("=iHH8s")
_GROUPS = ("0180c2000000", "0180c2000003", "0180c200000e", "01000ccccccc")
"""Where switches make themselves known: the three of IEEE 802.1AB, and that of CDP."""
_MAX_FRAME_BYTES = 2048
_RECEIVE_BUFFER_BYTES = 262_144
_ARPHRD_ETHER = 1


class PacketSegment:
    """An open packet socket on one interface; receives what the filter lets through, not what it sent itself."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    async def send(self, frame: bytes) -> None:
        """Send a whole frame; OSError."""
        await asyncio.get_running_loop().sock_sendall(self._sock, frame)

    async def receive(self) -> bytes:
        """The next frame that came from the network; OSError."""
        while True:
            frame, where = await asyncio.get_running_loop().sock_recvfrom(self._sock, _MAX_FRAME_BYTES)
            if where[2] != socket.PACKET_OUTGOING:
                return frame


@asynccontextmanager
async def open_segment(interface: str) -> AsyncIterator[PacketSegment]:
    """Frames of an interface; entering raises PermissionError, or OSError where it is no Ethernet."""
    with _open(interface) as sock:
        yield PacketSegment(sock)


def _open(interface: str) -> socket.socket:
    # Nothing is received before the filter is there: protocol 0, and bound to all protocols at the end.
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with ExitStack() as opening:
        opening.callback(sock.close)
        sock.setblocking(False)
        _attach(sock, FILTER)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
        sock.bind((interface, _ETH_P_ALL))
        _check_ethernet(sock)
        index = socket.if_nametoindex(interface)
        for group in _GROUPS:
            address = bytes.fromhex(group)
            membership = _MEMBERSHIP.pack(index, _PACKET_MR_MULTICAST, len(address), address)
            sock.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, membership)
        opening.pop_all()
    return sock


def _check_ethernet(sock: socket.socket) -> None:
    if sock.getsockname()[3] != _ARPHRD_ETHER:
        raise OSError(errno.EOPNOTSUPP, "no Ethernet")


def _attach(sock: socket.socket, program: bytes) -> None:
    """SO_ATTACH_FILTER takes a struct sock_fprog: the number of instructions and where they are."""
    buffer = ctypes.create_string_buffer(program)
    length = len(program) // 8
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", length, ctypes.addressof(buffer)))


def segment_capability() -> Capability:
    """Whether packet sockets may be opened; none is bound."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return Capability(id="segment", state=CapabilityState.REFUSED, reason="raw_frames")
    except OSError:
        return Capability(id="segment", state=CapabilityState.MISSING, reason="no_raw_frames")
    return Capability(id="segment", state=CapabilityState.AVAILABLE)
