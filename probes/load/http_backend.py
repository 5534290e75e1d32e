"""The HTTP back end: any web server that gives a download of a wanted size and swallows an upload.

Latency is timed at rest, then while several connections fill the line downwards, then upwards. What counts is payload
that reached the other end: downloads are counted as they are read, uploads as they are acknowledged.
"""

import contextlib

from nexkit.address import family
from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadBackend, LoadTest
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.platform.tcp import reset_on_close
from nexkit.probe import ProbeContext
from nexkit.units import Ratio, Seconds
from probes.load.connection import BLOCK_BYTES, TransferError
from probes.load.direction import CONNECT_TIMEOUT_S, HANDSHAKE_BYTES, Direction, Load, Server
from probes.load.latency import ConnectLatency, IcmpLatency, LatencySource, observe, summary
from probes.load.params import LoadParams

IDLE_S = 2.0
DEFAULT_PORTS = {"http": 80, "https": 443}


async def measure(params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
    """Idle latency, download, upload."""
    try:
        server = await _find_server(params, ctx)
    except TransferError as error:
        return Failed(error.failure)

    total_s = IDLE_S + 2 * params.direction_s

    def report(seconds: float) -> None:
        ctx.progress(Ratio(min(1.0, seconds / total_s)))

    async with contextlib.AsyncExitStack() as stack:
        source, idle = await _idle(params.echo_target or server.address, server, ctx, stack)
        report(IDLE_S)
        load = Load(
            ctx=ctx,
            server=server,
            source=source,
            payload=ctx.random.randbytes(BLOCK_BYTES),  # random: a VPN that compresses must not make the line look fast
            connections=params.connections,
            limit_s=params.direction_s,
            round_trip_s=Seconds((idle.rtt_p50_ms or 0.0) / 1000 if idle else 0.0),
        )
        base = params.url.path.removesuffix("/")
        download = Direction(load, f"{base}/{params.download}", is_download=True, limit_bytes=params.max_bytes // 2)
        down = await download.run(lambda seconds: report(IDLE_S + seconds))
        upload = Direction(
            load, f"{base}/{params.upload}", is_download=False, limit_bytes=params.max_bytes - download.budget.taken
        )
        up = await upload.run(lambda seconds: report(IDLE_S + params.direction_s + seconds))
        report(total_s)
    if down.failure and up.failure and down.goodput_bit_s is None and up.goodput_bit_s is None:
        return Failed(down.failure)
    return Completed(
        LoadTest(
            backend=LoadBackend.HTTP,
            server=server.host,
            echo_target=source.target,
            idle=idle,
            down=down,
            up=up,
            expected_down_bit_s=params.expected_down_bit_s,
            expected_up_bit_s=params.expected_up_bit_s,
            congestion_control=upload.congestion_control,
        )
    )


async def _find_server(params: LoadParams, ctx: ProbeContext) -> Server:
    """The server at its first address that takes a connection; TransferError with the first address's trouble."""
    url = params.url
    host = url.hostname or ""
    port = url.port or DEFAULT_PORTS[url.scheme]
    try:
        addresses = await ctx.platform.resolve(host)
    except OSError as error:
        raise TransferError(classify(error, step="resolve")) from error
    failures = []
    for address in addresses:
        ctx.spend(HANDSHAKE_BYTES)
        try:
            connected = await ctx.platform.connect_tcp(address, port, timeout_s=CONNECT_TIMEOUT_S)
        except OSError as error:
            failures.append(classify(error, step="connect"))
            continue
        with connected.sock as sock:
            reset_on_close(sock)
        trust = ctx.platform.trust() if url.scheme == "https" else None
        return Server(address=address, port=port, host=host, authority=url.netloc, trust=trust)
    raise TransferError(failures[0])


async def _idle(
    target: str, server: Server, ctx: ProbeContext, stack: contextlib.AsyncExitStack
) -> tuple[LatencySource, EchoStats | None]:
    """How latency will be timed, and what it is at rest.

    By ICMP echo, or where this system refuses it or nothing comes back, by the TCP handshake with the server.
    """
    with contextlib.suppress(OSError):
        session = await stack.enter_async_context(ctx.platform.open_echo(family(target)))
        icmp = IcmpLatency(session, target)
        idle = await _at_rest(icmp, ctx)
        if idle is not None and idle.received:
            return icmp, idle
    connect = ConnectLatency(ctx.platform, server.address, server.port)
    return connect, await _at_rest(connect, ctx)


async def _at_rest(source: LatencySource, ctx: ProbeContext) -> EchoStats | None:
    began_s = ctx.clock.monotonic()
    replies = await observe(source, ctx, lambda: ctx.clock.monotonic() - began_s >= IDLE_S)
    return summary(source, replies, from_s=began_s, to_s=ctx.clock.monotonic())
