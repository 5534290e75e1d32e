"""Asks Linux drivers for speed, duplex and abilities of a cable; needs no privilege and sends nothing."""

import contextlib
import ctypes
import fcntl
import socket
import struct
import sys
from collections.abc import Iterable

from nexkit.platform.parse_ethtool import LinkMode, mask_words, read_link_settings

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_SIOCETHTOOL = 0x8946
_GET_LINK_SETTINGS = 0x4C
_INTERFACE_REQUEST = struct.Struct("@16sP16x")
_BUFFER_BYTES = 2048
"""More than the masks of 127 words at most, the number that the kernel has a signed byte for."""
_REQUEST = struct.Struct("=I11xb")
"""Command, and the words of a mask 15 bytes into the structure."""
_MAX_NAME_BYTES = 15


def link_modes(names: Iterable[str]) -> dict[str, LinkMode]:
    """What each driver says; without those that say nothing."""
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for name in names:
            # A tunnel, an interface that just went away, or a driver that does not tell.
            with contextlib.suppress(OSError):
                found[name] = _ask(sock, name)
    return found


def _ask(sock: socket.socket, name: str) -> LinkMode:
    """Asked twice, because the kernel first says how long its masks are."""
    words = mask_words(_exchange(sock, name, 0))
    return read_link_settings(_exchange(sock, name, words))


def _exchange(sock: socket.socket, name: str, words: int) -> bytes:
    buffer = ctypes.create_string_buffer(_REQUEST.pack(_GET_LINK_SETTINGS, words), _BUFFER_BYTES)
    request = _INTERFACE_REQUEST.pack(name.encode()[:_MAX_NAME_BYTES], ctypes.addressof(buffer))
    fcntl.ioctl(sock, _SIOCETHTOOL, request)
    return buffer.raw
