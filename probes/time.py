"""Time probe: this computer's clock beside those of NTP servers (RFC 5905) and web servers (the Date header)."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, ClassVar

from nexkit.address import Family, family, is_address
from nexkit.consent import Consent
from nexkit.facts.time import Agreement, ClockCheck, TimeMethod, TimeSettings, TimeSource, consensus
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.params import POSITIVE, check_limits
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange import ntp
from probes.exchange.hosts import authority, host_and_port, wire_host
from probes.exchange.http1 import HttpError
from probes.exchange.http_date import DateAnswer, ask_date
from probes.exchange.stream import ByteStream, open_stream
from probes.exchange.tls import NotTlsError, TlsStream
from probes.exchange.traffic import LOOKUP_BYTES
from probes.exchange.tunnel import open_tunnel
from probes.exchange.udp import ask_udp

MAX_SERVERS = 8
NTP_ATTEMPTS = 2
DATE_UNCERTAINTY_S = Seconds(1.0)
"""A Date header counts whole seconds, and servers renew it late; half the round trip comes on top."""
_PORTS = {TimeMethod.HTTPS_DATE: 443, TimeMethod.HTTP_DATE: 80}
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME (openssl/x509_vfy.h): the dates of certificates are not looked at."""
_CUT_OFF_S = 1.0
_READINGS = 3
_NTP_SHARE = Ratio(0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeParams:
    """Whose clocks to read; each as `HOST` or `HOST:PORT`."""

    ntp: tuple[str, ...] = ()
    https: tuple[str, ...] = ()
    """Web servers whose Date header is read where the NTP servers make no majority."""
    http: tuple[str, ...] = ()
    """The same without TLS."""
    proxy: str = ""
    """`HOST:PORT` of an HTTP proxy through which the servers in `https` are asked, where there is no other way."""
    timeout_s: Annotated[Seconds, POSITIVE] = Seconds(2.0)
    """Within which an NTP server answers one of two requests; a web server has twice the time."""

    def __post_init__(self) -> None:
        check_limits(self)
        if max(len(self.ntp), len(self.https), len(self.http)) > MAX_SERVERS:
            raise ValueError(f"ntp, https, http: at most {MAX_SERVERS} servers each")
        for text in self.ntp:
            host_and_port(text, ntp.NTP_PORT)
        for texts, method in ((self.https, TimeMethod.HTTPS_DATE), (self.http, TimeMethod.HTTP_DATE)):
            for text in texts:
                host_and_port(text, _PORTS[method])
        if self.proxy:
            host_and_port(self.proxy)


class TimeProbe:
    """Ask all NTP servers at once, then web servers if the former make no majority; read zone and synchronisation.

    Nothing is set, and nothing is trusted for it: the dates of a web server's certificate are not checked, because a
    wrong clock of ours would make every certificate look expired or not yet valid, and it is this clock that is in
    question. Name and chain are checked, so that who merely sits in between does not speak for a server; nothing but
    the Date header is taken from such a connection.
    """

    spec: ClassVar = ProbeSpec(
        id="time",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=TimeParams,
        fact=ClockCheck,
        timeout_s=Seconds(20),
        max_bytes=Bytes(400_000),
    )

    async def run(self, params: TimeParams, ctx: ProbeContext) -> Outcome[ClockCheck]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        wall = _Wall(ctx)
        asked, settings = await asyncio.gather(
            asyncio.gather(*(_ask_ntp(*host_and_port(text, ntp.NTP_PORT), wall, params, ctx) for text in params.ntp)),
            _settings(ctx),
        )
        sources = list(asked)
        ctx.progress(_NTP_SHARE)
        if consensus(sources).agreement is not Agreement.MAJORITY:
            sources += await _ask_web(wall, params, ctx)
        ctx.progress(Ratio(1.0))
        together = consensus(sources)
        return Completed(
            ClockCheck(
                checked_at=wall.began_at,
                sources=tuple(sources),
                agreement=together.agreement,
                offset_s=together.offset_s,
                uncertainty_s=together.uncertainty_s,
                agreeing=together.agreeing,
                disagreeing=together.disagreeing,
                zone=settings.zone if settings else None,
                sync=settings.sync if settings else None,
            )
        )


class _Wall:
    """The wall clock as it was when the run began, carried on by the monotonic clock: nobody sets that one."""

    def __init__(self, ctx: ProbeContext) -> None:
        # Where the system lets another program run between the two readings, they do not belong together.
        readings = []
        for _ in range(_READINGS):
            before_s, at, after_s = ctx.clock.monotonic(), ctx.clock.now(), ctx.clock.monotonic()
            readings.append((after_s - before_s, at, before_s))
        apart_s, self.began_at, before_s = min(readings)
        self._began_s = Seconds(before_s + apart_s / 2)

    def at(self, monotonic_s: Seconds) -> datetime:
        """The moment of a reading of the monotonic clock."""
        return self.began_at + timedelta(seconds=monotonic_s - self._began_s)


async def _settings(ctx: ProbeContext) -> TimeSettings | None:
    try:
        return await ctx.platform.time_settings()
    except OSError:
        return None


async def _ask_ntp(server: str, port: int, wall: _Wall, params: TimeParams, ctx: ProbeContext) -> TimeSource:
    """Two requests at most, the second over the other family where the name has both."""
    until_s = ctx.clock.monotonic() + params.timeout_s
    try:
        async with asyncio.timeout(params.timeout_s):
            addresses = await _both_families(server, ctx)
    except (OSError, BudgetExceededError) as error:
        return _failed(TimeMethod.NTP, server, None, 0, classify(error, step="resolve"))
    attempt = 0
    while True:
        address = addresses[attempt % len(addresses)]
        attempt += 1
        asked = ntp.request(ctx.random)
        share_s = Seconds(max(0.0, until_s - ctx.clock.monotonic()) / (NTP_ATTEMPTS + 1 - attempt))
        try:
            asked_s = ctx.clock.monotonic()
            reply = await ask_udp(ctx, address, port, asked, timeout_s=share_s, accept=partial(ntp.is_answer, asked))
        except (OSError, BudgetExceededError) as error:
            if attempt == NTP_ATTEMPTS or isinstance(error, BudgetExceededError):
                return _failed(TimeMethod.NTP, server, address, attempt, classify(error, step="ntp"))
        else:
            sent_at = wall.at(asked_s if reply.sent_s is None else reply.sent_s)
            return _ntp_source(server, address, attempt, ntp.read_answer(reply.payload), sent_at, reply.rtt_ms)


async def _both_families(server: str, ctx: ProbeContext) -> tuple[str, ...]:
    """The first address of each family, in the system's order."""
    if is_address(server):
        return (server,)
    ctx.spend(LOOKUP_BYTES)
    first: dict[Family, str] = {}
    for address in await ctx.platform.resolve(server):
        first.setdefault(family(address), address)
    return tuple(first.values())


def _ntp_source(
    server: str, address: str, attempts: int, answer: ntp.NtpAnswer, sent_at: datetime, rtt_ms: Ms
) -> TimeSource:
    offset_s, delay_ms, uncertainty_s = ntp.offset(answer, sent_at, rtt_ms)
    return TimeSource(
        method=TimeMethod.NTP,
        server=server,
        address=address,
        offset_s=offset_s if answer.has_time else None,
        uncertainty_s=uncertainty_s if answer.has_time else None,
        rtt_ms=delay_ms,
        stratum=answer.stratum,
        leap=answer.leap,
        kiss=answer.kiss,
        attempts=attempts,
        failure=None,
    )


def _failed(method: TimeMethod, server: str, address: str | None, attempts: int, failure: Failure) -> TimeSource:
    return TimeSource(
        method=method,
        server=server,
        address=address,
        offset_s=None,
        uncertainty_s=None,
        rtt_ms=None,
        stratum=None,
        leap=None,
        kiss=None,
        attempts=attempts,
        failure=failure,
    )


async def _ask_web(wall: _Wall, params: TimeParams, ctx: ProbeContext) -> Sequence[TimeSource]:
    """The Date of every web server, all at once."""
    trust: ssl.SSLContext | None = None
    if params.https:
        # Reading the system's certificates takes 20 ms or more, in which no clock of another probe would run.
        trust = await in_daemon_thread(ctx.platform.trust)
        trust.verify_flags |= _NO_CHECK_TIME
    asked = [(TimeMethod.HTTPS_DATE, text) for text in params.https]
    asked += [(TimeMethod.HTTP_DATE, text) for text in params.http]
    return await asyncio.gather(
        *(
            _ask_date(method, text, trust if method is TimeMethod.HTTPS_DATE else None, wall, params, ctx)
            for method, text in asked
        )
    )


async def _ask_date(
    method: TimeMethod, text: str, trust: ssl.SSLContext | None, wall: _Wall, params: TimeParams, ctx: ProbeContext
) -> TimeSource:
    host, port = host_and_port(text, _PORTS[method])
    way = _Way(host, port, trust, params, ctx)
    try:
        async with asyncio.timeout(2 * params.timeout_s), AsyncExitStack() as stack:
            stream = await way.open(stack)
            way.step = "http"
            told = await ask_date(stream, authority=authority(host, port, default_port=_PORTS[method]), clock=ctx.clock)
    except (HttpError, NotTlsError):
        failure = Failure(kind=FailureKind.PROTOCOL, step=way.step)
    except (OSError, EOFError, BudgetExceededError) as error:
        failure = classify(error, step=way.step)
    else:
        return _date_source(method, host, way.address, told, wall)
    return _failed(method, host, way.address, 1, failure)


class _Way:
    """The way to a web server; knows the step that is under way."""

    def __init__(
        self, host: str, port: int, trust: ssl.SSLContext | None, params: TimeParams, ctx: ProbeContext
    ) -> None:
        self.step = "resolve"
        self.address: str | None = None
        self._host = host
        self._port = port
        self._trust = trust
        self._proxy = params.proxy if trust is not None else ""
        self._timeout_s = params.timeout_s
        self._ctx = ctx

    async def open(self, stack: AsyncExitStack) -> ByteStream:
        """A connection on which HTTP can be spoken, through the proxy where there is one (RFC 9110, section 9.3.6)."""
        host, port = host_and_port(self._proxy) if self._proxy else (self._host, self._port)
        addresses = await _both_families(host, self._ctx)
        self.step = "connect"
        stream = await self._connect(addresses, port, stack)
        if self._proxy:
            self.step = "tunnel"
            tunnel = await open_tunnel(stream, host=self._host, port=self._port, clock=self._ctx.clock)
            if not tunnel.answer.opened:
                raise ConnectionRefusedError
            stream = tunnel.stream
        if self._trust is not None:
            self.step = "tls"
            stream = tls = TlsStream(stream, self._trust, wire_host(self._host).removesuffix("."))
            await tls.handshake()
        return stream

    async def _connect(self, addresses: Sequence[str], port: int, stack: AsyncExitStack) -> ByteStream:
        """A connection to the first of the addresses that takes it, each with its share of the time."""
        share_s = Seconds(self._timeout_s / len(addresses))
        for address in addresses:
            self.address = None if self._proxy else address
            try:
                return await stack.enter_async_context(open_stream(self._ctx, address, port, timeout_s=share_s))
            except OSError:
                if address == addresses[-1]:
                    raise
        raise AssertionError  # a name that was found has an address


def _date_source(method: TimeMethod, host: str, address: str | None, told: DateAnswer, wall: _Wall) -> TimeSource:
    """A Date is cut off to seconds: half a second later is nearer to the moment it was made."""
    waited_s = told.got_s - told.asked_s
    middle_at = wall.at(Seconds(told.asked_s + waited_s / 2))
    return TimeSource(
        method=method,
        server=host,
        address=address,
        offset_s=Seconds((told.date - middle_at).total_seconds() + _CUT_OFF_S / 2),
        uncertainty_s=Seconds(DATE_UNCERTAINTY_S + waited_s / 2),
        rtt_ms=Ms(waited_s * 1000),
        stratum=None,
        leap=None,
        kiss=None,
        attempts=1,
        failure=None,
    )
