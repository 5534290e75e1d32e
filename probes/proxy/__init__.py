"""Proxy probe: which way web addresses go by the settings of this system, and whether the proxies on it answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from nexkit.address import Scope, scope
from nexkit.consent import Consent
from nexkit.facts.network import NetworkState
from nexkit.facts.proxy import (
    PacFile,
    ProxyAttempt,
    ProxyCheck,
    ProxyDecision,
    ProxyKind,
    ProxyReason,
    ProxySetting,
    ProxySource,
    ProxyWay,
    WpadSearch,
)
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.platform.system_proxy import Endpoint, SystemProxy, endpoint_of, in_force, without_user
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ratio, Seconds
from probes.exchange.tunnel import Credentials
from probes.proxy.pac import decide
from probes.proxy.params import ProxyParams, place_of
from probes.proxy.search import MAX_PAC_BYTES, fetch, search
from probes.proxy.servers import Passwords, ask, reach_server
from probes.proxy.streams import Connector

DIRECT = ProxyWay(kind=ProxyKind.DIRECT)
MAX_SERVERS = 8
_ASKED_AT_ONCE = 4


class ProxyProbe:
    """Read the settings, find and evaluate the PAC file, connect to each proxy named, ask it for each web address.

    What does not work is a result. As browsers do: a PAC file found by WPAD counts first, then one that is named, then
    fixed proxies; and where a file cannot be had, the next of these.
    """

    spec: ClassVar = ProbeSpec(
        id="proxy",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=ProxyParams,
        fact=ProxyCheck,
        timeout_s=Seconds(40),
        max_bytes=Bytes(2 * MAX_PAC_BYTES + 700_000),
        follows_system=True,
    )

    async def run(self, params: ProxyParams, ctx: ProbeContext) -> Outcome[ProxyCheck]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        try:
            settings = await _settings(params, ctx)
            state = await ctx.platform.network_state()
        except OSError as error:
            return Failed(classify(error, step="settings"))
        connector = Connector(ctx, params.step_timeout_s)
        try:
            return Completed(await _check(settings, state, params, connector))
        finally:
            await connector.close()


async def _settings(params: ProxyParams, ctx: ProbeContext) -> tuple[SystemProxy, ...]:
    told = await ctx.platform.proxy_settings()
    if params.proxy is None and params.pac_url is None and params.auto_detect is None:
        return told
    endpoint = endpoint_of(params.proxy) if params.proxy else None
    given = SystemProxy(
        source=ProxySource.GIVEN,
        by_scheme={"": endpoint} if endpoint else {},
        pac_url=params.pac_url,
        auto_detect=bool(params.auto_detect),
    )
    return (given, *told)


async def _check(
    settings: Sequence[SystemProxy], state: NetworkState, params: ProxyParams, connector: Connector
) -> ProxyCheck:
    counts = settings[0] if settings[0].source is ProxySource.GIVEN else in_force(settings)
    wpad: WpadSearch | None = None
    candidates: list[tuple[str, bool]] = []  # address of a PAC file, and whether WPAD found it
    if counts.auto_detect:
        wpad, found = await search(state.search_domains, connector)
        candidates += [(found, True)] if found else []
    candidates += [(counts.pac_url, False)] if counts.pac_url else []
    connector.ctx.progress(Ratio(0.2))
    own = _own_addresses(state)
    pacs: list[PacFile] = []
    decisions: tuple[ProxyDecision, ...] | None = None
    for url, from_wpad in candidates:
        pac, decisions = await _by_pac(url, params.urls, own, connector, from_wpad=from_wpad)
        pacs.append(pac)
        if decisions is not None:
            break
    if decisions is None:
        decisions = tuple(_by_settings(url, counts) for url in params.urls)
    connector.ctx.progress(Ratio(0.5))
    ways = dict.fromkeys(way for each in decisions for way in each.ways if way.kind is not ProxyKind.DIRECT)
    servers = await asyncio.gather(*(reach_server(way, connector) for way in list(ways)[:MAX_SERVERS]))
    connector.ctx.progress(Ratio(0.7))
    gate = asyncio.Semaphore(_ASKED_AT_ONCE)
    passwords = _passwords(counts)
    attempts = await asyncio.gather(*(_attempts(each, passwords, connector, gate) for each in decisions))
    return ProxyCheck(
        settings=tuple(_setting(each) for each in settings if each.says_something or each is counts),
        wpad=wpad,
        pac=tuple(pacs),
        servers=tuple(servers),
        decisions=tuple(replace(each, attempts=tried) for each, tried in zip(decisions, attempts, strict=True)),
    )


async def _by_pac(
    url: str, urls: Sequence[str], own: Sequence[str], connector: Connector, *, from_wpad: bool
) -> tuple[PacFile, tuple[ProxyDecision, ...] | None]:
    """A PAC file and what it decided; None where it could not be had or evaluated."""
    fetched = await fetch(url, connector, from_wpad=from_wpad)
    if fetched.script is None:
        return fetched.pac, None
    told = await decide(fetched.script, urls, own, connector.ctx)
    pac = replace(fetched.pac, evaluate_ms=told.evaluate_ms, lookups=tuple(told.lookups), failure=told.failure)
    if told.failure is not None:
        return pac, None
    return pac, tuple(
        ProxyDecision(url=each, reason=ProxyReason.PAC, ways=ways, attempts=())
        for each, ways in zip(urls, told.ways, strict=True)
    )


def _by_settings(url: str, settings: SystemProxy) -> ProxyDecision:
    """What fixed proxies and their exceptions say of a web address."""
    scheme, host, port = place_of(url)
    endpoint = settings.endpoint(scheme)
    if endpoint is None:
        reason, ways = ProxyReason.NOT_CONFIGURED, (DIRECT,)
    elif settings.exceptions.exempt(host, port):
        reason, ways = ProxyReason.EXCEPTION, (DIRECT,)
    else:
        reason, ways = ProxyReason.SETTINGS, (_way(endpoint),)
    return ProxyDecision(url=url, reason=reason, ways=ways, attempts=())


async def _attempts(
    decision: ProxyDecision, passwords: Passwords, connector: Connector, gate: asyncio.Semaphore
) -> tuple[ProxyAttempt, ...]:
    """Through the proxies in their order, up to the first that answers; a proxy may be followed by `direct`."""
    attempts: list[ProxyAttempt] = []
    async with gate:
        for way in decision.ways:
            if way.kind is ProxyKind.DIRECT:
                break
            attempts.append(await ask(way, decision.url, passwords, connector))
            if attempts[-1].failure is None:
                break
    return tuple(attempts)


def _way(endpoint: Endpoint) -> ProxyWay:
    return ProxyWay(kind=endpoint.kind, host=endpoint.host, port=endpoint.port)


def _passwords(settings: SystemProxy) -> Passwords:
    return {
        (each.host, each.port): Credentials(user=each.user, password=each.password or "")
        for each in settings.by_scheme.values()
        if each.user
    }


def _setting(settings: SystemProxy) -> ProxySetting:
    http, https = settings.endpoint("http"), settings.endpoint("https")
    return ProxySetting(
        source=settings.source,
        http=_way(http) if http else None,
        https=_way(https) if https else None,
        pac_url=without_user(settings.pac_url),
        auto_detect=settings.auto_detect,
        exceptions=len(settings.exceptions.entries),
        password_known=bool(_passwords(settings)),
    )


def _own_addresses(state: NetworkState) -> tuple[str, ...]:
    """The addresses of this computer, those of the interface of the default route first."""
    ways_out = [route.interface for route in state.default_routes]
    interfaces = sorted(state.interfaces, key=lambda each: each.name not in ways_out)
    return tuple(
        address.address
        for interface in interfaces
        for address in interface.addresses
        if interface.admin_up and scope(address.address) not in {Scope.LOOPBACK, Scope.LINK_LOCAL}
    )
