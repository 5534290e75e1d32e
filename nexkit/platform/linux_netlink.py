"""Asks the Linux kernel by rtnetlink (rtnetlink(7)); needs no privilege and sends nothing to the network."""

import os
import socket
import struct
import sys
from collections.abc import Generator
from contextlib import closing

from nexkit.platform import parse_netlink
from nexkit.platform.parse_netlink import Message

assert sys.platform == "linux"  # noqa: S101  tells the type checker which system this file is for

_REQUEST = 0x001
_REQUEST_DUMP = 0x301
_HEADER = struct.Struct("=IHHII")
_READ_BYTES = 262_144
_TIMEOUT_S = 1.0
_ATTEMPTS = 3
_IPV4_BYTES = 4
_ROUTE = struct.Struct("=BBBBBBBBI")
_ATTRIBUTE = struct.Struct("=HH")
_DESTINATION = 1
_OUT_OF = 4

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


def look_up(address: bytes, link: int | None) -> parse_netlink.Lookup:
    """The way to a packed address, out of one interface or any; OSError where there is none."""
    family = parse_netlink.AF_INET if len(address) == _IPV4_BYTES else parse_netlink.AF_INET6
    body = _ROUTE.pack(family, 8 * len(address), 0, 0, 0, 0, 0, 0, 0)
    body += _ATTRIBUTE.pack(_ATTRIBUTE.size + len(address), _DESTINATION) + address
    if link is not None:
        number = struct.pack("=I", link)
        body += _ATTRIBUTE.pack(_ATTRIBUTE.size + len(number), _OUT_OF) + number
    with closing(_exchange(_GET_ROUTE[0], _REQUEST, body)) as answers:
        return parse_netlink.read_lookup(next(answers))


def _dump(request: tuple[int, int]) -> list[Message]:
    """Everything of one kind, asked again where it changed while the kernel was telling."""
    for _ in range(_ATTEMPTS):
        found = list(_dump_once(request))
        if not any(message.flags & parse_netlink.NLM_F_DUMP_INTERRUPTED for message in found):
            break
    return found


def _dump_once(request: tuple[int, int]) -> Generator[Message, None, None]:
    kind, body_bytes = request
    return _exchange(kind, _REQUEST_DUMP, bytes(body_bytes))


def _exchange(kind: int, flags: int, body: bytes) -> Generator[Message, None, None]:
    """What the kernel answers, to the end of a dump or for as long as the caller asks."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
        sock.settimeout(_TIMEOUT_S)
        sock.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body)
        while True:
            for message in parse_netlink.messages(sock.recv(_READ_BYTES)):
                if message.type == parse_netlink.NLMSG_DONE:
                    return
                if message.type == parse_netlink.NLMSG_ERROR:
                    number = parse_netlink.error_number(message)
                    raise OSError(number, os.strerror(number))
                yield message
