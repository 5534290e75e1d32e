"""The HTTP back ends: any web server that gives a download of a wanted size and swallows an upload, and LibreSpeed.

LibreSpeed's servers (github.com/librespeed/speedtest, doc.md) give `garbage.php?ckSize=N`, N mebibytes, and swallow
posts to `empty.php`, which answers a GET with nothing. What counts is payload that reached the other end: downloads are
counted as they are read, uploads as they are acknowledged.
"""

import socket
from dataclasses import dataclass

from nexkit.facts.load import LoadBackend, LoadTest
from nexkit.outcome import Failed, Failure, FailureKind, Outcome
from nexkit.platform import tcp
from nexkit.probe import ProbeContext
from nexkit.units import Ms
from probes.load.both_ways import measure_both_ways
from probes.load.connection import BLOCK_BYTES, BulkConnection, TransferError
from probes.load.direction import Budget
from probes.load.params import PLACEHOLDER, LoadParams
from probes.load.responsiveness import ForeignProbe
from probes.load.server import Server, find_server

_SMALL_BYTES = 1
_SMALL_BUFFER_BYTES = 16_384
_EXCHANGE_BYTES = 2_000
"""A small request and its answer, with their heads."""
MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where the server has what; targets of requests."""

    download: str
    """With the placeholder for the number of units, or a file of fixed size, of which ranges are asked for."""
    upload: str
    small: str | None
    """Something of a byte or none; None: a byte of the download."""
    unit_bytes: int


def paths_of(params: LoadParams) -> Paths:
    """As the back end's protocol has them."""
    base = params.url.path.removesuffix("/")
    download, upload = f"{base}/{params.download_path}", f"{base}/{params.upload_path}"
    if params.backend is LoadBackend.LIBRESPEED:
        return Paths(download=f"{download}?ckSize={PLACEHOLDER}", upload=upload, small=upload, unit_bytes=MEBIBYTE)
    return Paths(download=download, upload=upload, small=None, unit_bytes=1)


async def measure(params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
    """Idle latency, download, upload."""
    url = params.url
    try:
        server = await find_server(ctx, scheme=url.scheme, host=url.hostname or "", port=url.port, authority=url.netloc)
    except TransferError as error:
        return Failed(error.failure)
    paths = paths_of(params)
    payload = ctx.random.randbytes(BLOCK_BYTES)  # random: a VPN that compresses must not make the line look fast
    download, upload = (
        HttpCarrier(ctx, server, paths, payload=payload, is_download=is_download, most_connections=params.connections)
        for is_download in (True, False)
    )
    return await measure_both_ways(params, ctx, server, download, upload)


class HttpCarrier:
    """Requests over HTTP/1.1 connections."""

    requests_whole = False

    def __init__(
        self,
        ctx: ProbeContext,
        server: Server,
        paths: Paths,
        *,
        payload: bytes,
        is_download: bool,
        most_connections: int,
    ) -> None:
        self.is_download = is_download
        self.most_connections = most_connections
        self.unit_bytes = paths.unit_bytes if is_download else 1
        self._ctx = ctx
        self._server = server
        self._paths = paths
        self._payload = payload
        self._has_small = True

    @property
    def foreign_bytes(self) -> int:
        """What a connection with one small exchange costs at most."""
        return self._server.handshake_bytes + _EXCHANGE_BYTES

    async def open(self) -> BulkConnection:
        """A new connection that sends with a congestion control that fills queues; TransferError."""
        self._ctx.spend(self._server.handshake_bytes)
        connection, _ = await self._server.open(self._ctx, lambda sock: self._connection(sock, BLOCK_BYTES))
        return connection

    async def carry(self, flow: BulkConnection, count: int) -> int:
        """One request for, or with, so many bytes; how many they were. TransferError."""
        if not self.is_download:
            await flow.upload(self._paths.upload, count)
            return count
        wanted = self._paths.download.replace(PLACEHOLDER, str(count // self.unit_bytes))
        got = await flow.download(wanted, count, as_range=PLACEHOLDER not in self._paths.download)
        if not got:
            raise TransferError(Failure(kind=FailureKind.PROTOCOL, step="http"))
        return got

    async def foreign(self, budget: Budget) -> ForeignProbe:
        """A connection, and one small answer over it."""
        connection, opened = await self._server.open(
            self._ctx, lambda sock: self._connection(sock, _SMALL_BUFFER_BYTES)
        )
        try:
            http_ms = await self._small(connection, budget)
        finally:
            connection.abort()
        return ForeignProbe(
            done_at_s=self._ctx.clock.monotonic(), tcp_ms=opened.tcp_ms, tls_ms=opened.tls_ms, http_ms=http_ms
        )

    async def _small(self, connection: BulkConnection, budget: Budget) -> Ms | None:
        """How long a small answer takes; None where the server has none, or the bytes are at their end."""
        if not self._has_small or budget.left <= _SMALL_BYTES:
            return None
        target, as_range = self._paths.small, False
        if target is None:
            budget.give_back(-_SMALL_BYTES)
            target = self._paths.download.replace(PLACEHOLDER, str(_SMALL_BYTES))
            as_range = PLACEHOLDER not in self._paths.download
        began_s = self._ctx.clock.monotonic()
        try:
            await connection.download(target, _SMALL_BYTES, as_range=as_range)
        except TransferError as error:
            self._has_small = error.failure.kind is not FailureKind.PROTOCOL
            return None
        return Ms((self._ctx.clock.monotonic() - began_s) * 1000)

    def _connection(self, sock: socket.socket, buffer_bytes: int) -> BulkConnection:
        return BulkConnection(
            sock,
            authority=self._server.authority,
            tls=self._server.trust is not None,
            payload=self._payload,
            congestion_control=tcp.fill_queues(sock),
            clock=self._ctx.clock,
            buffer_bytes=buffer_bytes,
        )
