"""Asks the Linux kernel by rtnetlink (rtnetlink(7)); needs no privilege and sends nothing to the network."""

import os
import socket
import struct
import sys
from collections.abc import Iterator

from nexkit.platform import parse_netlink
from nexkit.platform.parse_netlink import Message

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_REQUEST_DUMP = 0x301
_HEADER = struct.Struct("=IHHII")
_READ_BYTES = 262_144
_TIMEOUT_S = 1.0
_ATTEMPTS = 3

# Request type and length of the fixed part that the kernel wants after the header.
_GET_LINK = (18, 16)
_GET_ADDRESS = (22, 8)
_GET_ROUTE = (26, 12)
_GET_NEIGHBOUR = (30, 12)


def links() -> tuple[parse_netlink.Link, ...]:
    """All interfaces."""
    return parse_netlink.read_links(_dump(_GET_LINK))


def addresses() -> tuple[parse_netlink.Address, ...]:
    """All addresses of both families."""
    return parse_netlink.read_addresses(_dump(_GET_ADDRESS))


def routes() -> tuple[parse_netlink.Route, ...]:
    """All unicast routes of both families."""
    return parse_netlink.read_routes(_dump(_GET_ROUTE))


def neighbours() -> tuple[parse_netlink.NeighbourEntry, ...]:
    """The whole ARP and ND table."""
    return parse_netlink.read_neighbours(_dump(_GET_NEIGHBOUR))


def _dump(request: tuple[int, int]) -> list[Message]:
    """Everything of one kind, asked again where it changed while the kernel was telling."""
    for _ in range(_ATTEMPTS):
        found = list(_dump_once(request))
        if not any(message.flags & parse_netlink.NLM_F_DUMP_INTERRUPTED for message in found):
            break
    return found


def _dump_once(request: tuple[int, int]) -> Iterator[Message]:
    kind, body_bytes = request
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(_TIMEOUT_S)
        sock.send(_HEADER.pack(_HEADER.size + body_bytes, kind, _REQUEST_DUMP, 1, 0) + bytes(body_bytes))
        while True:
            for message in parse_netlink.messages(sock.recv(_READ_BYTES)):
                if message.type == parse_netlink.NLMSG_DONE:
                    return
                if message.type == parse_netlink.NLMSG_ERROR:
                    number = parse_netlink.error_number(message)
                    raise OSError(number, os.strerror(number))
                yield message
