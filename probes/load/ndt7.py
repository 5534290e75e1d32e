"""The NDT7 back end: one WebSocket connection each way, to a server of the profile or to one that M-Lab names.

M-Lab publishes what its servers measured together with the public address, so that public use needs a consent of its
own (`Consent.PUBLIC_BACKEND`), which the plan sees to. One connection is what the protocol measures; the server's BBR
hides a deep queue on the way down, and the fact says so where the server does.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit

from nexkit import __version__
from nexkit.facts.load import LoadTest
from nexkit.failures import classify
from nexkit.outcome import Failed, Failure, FailureKind, Outcome
from nexkit.platform import tcp
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext
from probes.exchange.hosts import authority
from probes.exchange.http1 import HttpError, get
from probes.exchange.stream import ByteStream, open_stream
from probes.exchange.target import address_of
from probes.exchange.tls import NotTlsError, TlsStream
from probes.load.both_ways import measure_both_ways
from probes.load.connection import BLOCK_BYTES, TLS_PAYLOAD_SHARE, TransferError
from probes.load.direction import Budget
from probes.load.params import LoadParams
from probes.load.responsiveness import ForeignProbe
from probes.load.server import CONNECT_TIMEOUT_S, DEFAULT_PORTS, Server, find_server

if TYPE_CHECKING:
    from probes.load.websocket import NdtConnection

LOCATE_TIMEOUT_S = 8.0
MAX_SERVERS = 4
"""M-Lab names some in the order of nearness; each may decline."""
PATHS = {True: "/ndt/v7/download", False: "/ndt/v7/upload"}
"""By whether it is the download."""
_CUT_OFF_RATIO = 0.9
"""The server sends unasked: what is under way when the limit is reached comes on top."""
_METADATA = {"client_name": "nexkit", "client_version": __version__}
_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where one server has its two tests: targets of requests."""

    scheme: str
    host: str
    port: int | None
    authority: str
    download: str
    upload: str


async def measure(params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
    """Idle latency, download, upload, with the first server that answers."""
    try:
        known = [_of_profile(params)] if params.server else await locate(params.locate, ctx)
    except TransferError as error:
        return Failed(error.failure)
    failures: list[Failure] = []
    for addresses in known:
        try:
            server = await find_server(
                ctx,
                scheme=addresses.scheme,
                host=addresses.host,
                port=addresses.port,
                authority=addresses.authority,
            )
        except TransferError as error:
            failures.append(error.failure)
            continue
        payload = ctx.random.randbytes(BLOCK_BYTES)
        download, upload = (
            NdtCarrier(ctx, server, target, payload=payload, is_download=is_download)
            for target, is_download in ((addresses.download, True), (addresses.upload, False))
        )
        return await measure_both_ways(params, ctx, server, download, upload)
    return Failed(failures[0])


def _of_profile(params: LoadParams) -> Addresses:
    url = params.url
    base = url.path.removesuffix("/")
    query = urlencode(_METADATA)
    return Addresses(
        scheme="wss" if url.scheme == "https" else "ws",
        host=url.hostname or "",
        port=url.port,
        authority=url.netloc,
        download=f"{base}{PATHS[True]}?{query}",
        upload=f"{base}{PATHS[False]}?{query}",
    )


async def locate(address: str, ctx: ProbeContext) -> tuple[Addresses, ...]:
    """Servers that M-Lab's service names, nearest first; TransferError without one (it may be out of capacity)."""
    url = urlsplit(address)
    host, port = url.hostname or "", url.port or DEFAULT_PORTS[url.scheme]
    query = "&".join(filter(None, (url.query, urlencode(_METADATA))))
    try:
        async with asyncio.timeout(LOCATE_TIMEOUT_S):
            found = await address_of(host, ctx)
            async with open_stream(ctx, found, port, timeout_s=CONNECT_TIMEOUT_S) as stream:
                secure: ByteStream = stream
                if url.scheme == "https":
                    secure = TlsStream(stream, await in_daemon_thread(ctx.platform.trust), host)
                    await secure.handshake()
                answer = await get(
                    secure,
                    host=host,
                    authority=authority(host, port, default_port=DEFAULT_PORTS[url.scheme]),
                    path=f"{url.path or '/'}?{query}",
                    clock=ctx.clock,
                )
    except (HttpError, NotTlsError) as error:
        raise TransferError(Failure(kind=FailureKind.PROTOCOL, step="locate")) from error
    except (OSError, EOFError) as error:
        raise TransferError(classify(error, step="locate")) from error
    servers = read_servers(answer.body) if answer.status == _OK else ()
    if not servers:
        raise TransferError(Failure(kind=FailureKind.PROTOCOL, step="locate"))
    return servers


def read_servers(body: bytes) -> tuple[Addresses, ...]:
    """The servers of an answer of the service, those with both tests over TLS; what cannot be read is left out."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    results = answer.get("results") if isinstance(answer, dict) else None
    named = (_addresses(each) for each in (results[:MAX_SERVERS] if isinstance(results, list) else ()))
    return tuple(each for each in named if each is not None)


def _addresses(result: object) -> Addresses | None:
    urls = result.get("urls") if isinstance(result, dict) else None
    if not isinstance(urls, Mapping):
        return None
    parts = [_web_socket(urls.get(f"wss://{path}")) for path in (PATHS[True], PATHS[False])]
    if parts[0] is None or parts[1] is None or parts[0].netloc != parts[1].netloc:
        return None
    query = urlencode(_METADATA)
    download, upload = (f"{part.path}?{part.query}&{query}" for part in parts if part is not None)
    return Addresses(
        scheme="wss",
        host=parts[0].hostname or "",
        port=parts[0].port,
        authority=parts[0].netloc,
        download=download,
        upload=upload,
    )


def _web_socket(text: object) -> SplitResult | None:
    """An address over TLS that can stand in a request; None for anything else."""
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme == "wss" and parts.hostname and not parts.username else None


class NdtCarrier:
    """One connection for the whole test of a direction."""

    most_connections = 1
    unit_bytes = 1
    requests_whole = True

    def __init__(self, ctx: ProbeContext, server: Server, target: str, *, payload: bytes, is_download: bool) -> None:
        self.is_download = is_download
        self._ctx = ctx
        self._server = server
        self._target = target
        self._payload = payload

    @property
    def foreign_bytes(self) -> int:
        """What opening a connection costs at most."""
        return self._server.handshake_bytes

    async def open(self) -> "NdtConnection":
        """A connection that speaks WebSocket; TransferError."""
        from probes.load.websocket import NdtConnection

        self._ctx.spend(self._server.handshake_bytes)
        connection, _ = await self._server.open(
            self._ctx,
            lambda sock: NdtConnection(
                sock,
                authority=self._server.authority,
                target=self._target,
                payload=self._payload,
                tls_payload_share=1.0 if self._server.trust is None else TLS_PAYLOAD_SHARE,
                congestion_control=tcp.fill_queues(sock),
                clock=self._ctx.clock,
            ),
        )
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await connection.upgrade()
        except TimeoutError as error:
            connection.abort()
            raise TransferError(classify(error, step="http")) from error
        except BaseException:
            connection.abort()
            raise
        return connection

    async def carry(self, flow: "NdtConnection", count: int) -> int:
        """The whole test; how many bytes of the `count` it used. TransferError."""
        if not self.is_download:
            return await flow.upload(count)
        limit = int(count * _CUT_OFF_RATIO)
        return count if await flow.download(limit) >= limit else flow.received_bytes

    async def foreign(self, _budget: Budget) -> ForeignProbe:
        """A connection; the protocol has nothing small to ask for."""
        connection, opened = await self._server.open(self._ctx, lambda _sock: _Nothing())
        connection.abort()
        return ForeignProbe(
            done_at_s=self._ctx.clock.monotonic(), tcp_ms=opened.tcp_ms, tls_ms=opened.tls_ms, http_ms=None
        )


class _Nothing(asyncio.Protocol):
    """A connection that is opened to be cut off."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is open."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a stream socket has no other
        self._transport = transport

    def abort(self) -> None:
        """Cut it off."""
        if self._transport is not None:
            self._transport.abort()
