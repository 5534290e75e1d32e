"""The load server: which of its addresses answers, and how a connection to it is opened."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nexkit.address import is_address
from nexkit.failures import classify
from nexkit.platform.tcp import reset_on_close
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext
from nexkit.units import Bytes, Ms, Seconds
from probes.exchange.traffic import LOOKUP_BYTES
from probes.load.connection import TransferError

CONNECT_TIMEOUT_S = Seconds(3.0)
TLS_TIMEOUT_S = 4.0
HANDSHAKE_BYTES = 10_000
"""What opening one connection may cost, TLS with a long chain of certificates included."""
TCP_HANDSHAKE_BYTES = 8 * 72
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_ROUND_TRIPS = {"TLSv1.3": 1}
"""Of a full TLS handshake (RFC 8446); two before (RFC 5246)."""
_ProtocolT = TypeVar("_ProtocolT", bound=asyncio.BaseProtocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """How long the opening of a connection took."""

    tcp_ms: Ms
    tls_ms: Ms | None
    """For each round trip of the handshake; None without TLS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The other end: the address that answered, and how to speak to it."""

    address: str
    port: int
    host: str
    authority: str
    """Host and port as they stand in the web address (RFC 9110 section 7.2)."""
    trust: ssl.SSLContext | None
    """None: no TLS."""

    @property
    def handshake_bytes(self) -> int:
        """What opening one connection costs at most."""
        return TCP_HANDSHAKE_BYTES if self.trust is None else HANDSHAKE_BYTES

    async def open(self, ctx: ProbeContext, make: Callable[[socket.socket], _ProtocolT]) -> tuple[_ProtocolT, Opened]:
        """A new connection with the protocol that `make` gives for its socket; TransferError. It is not booked here."""
        step = "connect"
        try:
            connected = await ctx.platform.connect_tcp(self.address, self.port, timeout_s=CONNECT_TIMEOUT_S)
            protocol = make(connected.sock)
            step = "connect" if self.trust is None else "tls"
            began_s = ctx.clock.monotonic()
            transport = await _take_over(connected.sock, protocol, self.trust, self.host)
        except OSError as error:
            raise TransferError(classify(error, step=step)) from error
        tls_ms = None
        tls = transport.get_extra_info("ssl_object")
        if tls is not None:
            round_trips = _ROUND_TRIPS.get(tls.version(), 2)
            tls_ms = Ms((ctx.clock.monotonic() - began_s) * 1000 / round_trips)
        return protocol, Opened(tcp_ms=connected.connect_ms, tls_ms=tls_ms)


async def _take_over(
    sock: socket.socket, protocol: asyncio.BaseProtocol, trust: ssl.SSLContext | None, host: str
) -> asyncio.Transport:
    """Asyncio carries the socket from here on, and closes it whatever happens."""
    async with asyncio.timeout(TLS_TIMEOUT_S):
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda: protocol, sock=sock, ssl=trust, server_hostname=None if trust is None else host
        )
    return transport


async def find_server(ctx: ProbeContext, *, scheme: str, host: str, port: int | None, authority: str) -> Server:
    """The server at its first address that takes a connection; TransferError with the first address's trouble."""
    port = port or DEFAULT_PORTS[scheme]
    try:
        ctx.spend(Bytes(0) if is_address(host) else LOOKUP_BYTES)
        addresses = await ctx.platform.resolve(host)
    except OSError as error:
        raise TransferError(classify(error, step="resolve")) from error
    failures = []
    for address in addresses:
        ctx.spend(TCP_HANDSHAKE_BYTES)
        try:
            connected = await ctx.platform.connect_tcp(address, port, timeout_s=CONNECT_TIMEOUT_S)
        except OSError as error:
            failures.append(classify(error, step="connect"))
            continue
        with connected.sock as sock:
            reset_on_close(sock)
        trust = await in_daemon_thread(ctx.platform.trust) if scheme in {"https", "wss"} else None
        return Server(address=address, port=port, host=host, authority=authority, trust=trust)
    raise TransferError(failures[0])
