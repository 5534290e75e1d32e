"""Addresses as sockets take and give them, and waiting for a socket."""

import asyncio
import errno
import socket
import sys
from typing import TypeAlias

SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]


def socket_address(address: str, port: int, kind: socket.SocketKind) -> tuple[socket.AddressFamily, SocketAddress]:
    """Family and socket address of a literal address, its zone read; sends nothing (AI_NUMERICHOST)."""
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    try:
        family, _, _, _, found = socket.getaddrinfo(address, port, type=kind, flags=flags)[0]
    except socket.gaierror as error:  # the interface of its zone is gone: no name was looked up
        raise OSError(errno.ENETUNREACH, "no such address here") from error
    return family, found


def address_of(found: SocketAddress) -> str:
    """The address of a socket address, with the zone where it has one (RFC 4007; Windows writes zones as numbers)."""
    address = str(found[0])
    if len(found) == 4 and (zone := found[3]) and "%" not in address:  # noqa: PLR2004  IPv6
        return f"{address}%{zone if sys.platform == 'win32' else socket.if_indextoname(zone)}"
    return address


async def readable(loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
    """Wait until the socket has something to read, an error included."""
    ready = loop.create_future()
    loop.add_reader(sock, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(sock)
