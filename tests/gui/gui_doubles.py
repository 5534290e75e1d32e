"""Probes that measure a made-up network: the real runner, plan and diagnosis do the rest."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from nexkit.address import Family
from nexkit.clock import SystemClock
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers, SystemLookup, SystemLookups
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.network import (
    AddressOrigin,
    DefaultRoute,
    GatewayReach,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NeighbourState,
    NetworkState,
    ProxySettings,
    Resolver,
)
from nexkit.facts.path import Hop, HopResponder, PathMethod, PathTrace
from nexkit.facts.portal import PortalAttempt, PortalCheck
from nexkit.facts.reach import HttpResult, Reach, ReachAttempt, ReachLayer, TlsResult
from nexkit.outcome import Completed, Failure, FailureKind, Outcome
from nexkit.platform.fake import FakePlatform
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.registry import Registry
from nexkit.runner import Runner
from probes import BUILTIN

GATEWAY = "192.168.10.1"
PROFILE_TOML = """\
schema = 1
id = "example-corp"
name = {en = "Example Corp", ja = "エグザンプル株式会社"}
serial = 7
not_before = 2026-01-01T00:00:00Z
not_after = 2099-12-31T23:59:59Z

[licence]
en = "Use this program kindly."
ja = "このプログラムをやさしくお使いください。"

[support]
name = "Example Helpdesk"
email = "help@example.com"
url = "https://help.example.com/new"

[internet]
portal_checks = ["http://connect.example.com/generate_204"]
anchors = ["198.18.0.10", "198.18.0.11"]
names = ["www.example.com", "www.example.net"]
resolvers = ["198.18.53.53"]
time = ["ntp.example.com"]

[load]
server = "https://speed.example.com/"
backend = "http"
max_bytes = 50_000_000

[[service]]
id = "mail"
name = {en = "Mail", ja = "メール"}
url = "https://mail.example.com/"
"""
NETWORK = NetworkState(
    interfaces=(
        Interface(
            name="eth0",
            kind=InterfaceKind.ETHERNET,
            admin_up=True,
            carrier=True,
            mtu_bytes=1500,
            speed_bit_s=1e9,
            duplex=None,
            mac="02:00:00:00:00:01",
            addresses=(InterfaceAddress(address="192.168.10.20", prefix_length=24, origin=AddressOrigin.DYNAMIC),),
        ),
    ),
    default_routes=(
        DefaultRoute(family=Family.IPV4, interface="eth0", gateway=GATEWAY, metric=100, gateway_on_link=True),
    ),
    resolvers=(Resolver(address=GATEWAY, is_gateway=True, interface="eth0"),),
    search_domains=(),
    proxy=ProxySettings(auto_detect=False),
)
TIMEOUT = Failure(kind=FailureKind.TIMEOUT, step="connect")


def _echo(target: str, *, silent: bool) -> Any:
    base = 1.2 if target == GATEWAY else 14.0
    samples = [EchoSample(at_s=n * 0.1, rtt_ms=None if silent else base + n % 5) for n in range(20)]
    return echo_stats(target, EchoMethod.ICMP, samples)


def _query(name: str, role: NameRole, rdtype: str, transport: DnsTransport, *, silent: bool) -> DnsQuery:
    exists = role in {NameRole.CONTROL, NameRole.SERVICE}
    return DnsQuery(
        name=name,
        role=role,
        rdtype=rdtype,
        transport=transport,
        attempts=2 if silent else 1,
        time_ms=None if silent else 9.0,
        rcode=None if silent else ("NOERROR" if exists else "NXDOMAIN"),
        addresses=("198.18.1.1",) if exists and rdtype == "A" and not silent else (),
        truncated=None if silent else False,
        failure=Failure(kind=FailureKind.TIMEOUT, step="query") if silent else None,
    )


def _answers(params: Any, *, silent: bool) -> ResolverAnswers:
    names = [(name, NameRole.CONTROL) for name in params.controls]
    names += [(name, NameRole.SERVICE) for name in params.services]
    names += [("x7.www.example.com", NameRole.UNCACHED), ("x9.invalid", NameRole.NONEXISTENT)]
    queries = [
        _query(name, role, rdtype, transport, silent=silent)
        for name, role in names
        for rdtype in ("A", "AAAA")
        for transport in DnsTransport
    ]
    return ResolverAnswers(resolver=params.resolver, port=53, queries=tuple(queries))


def _lookups(params: Any, *, silent: bool) -> SystemLookups:
    missing = Failure(kind=FailureKind.NAME_SERVER, step="resolve")
    return SystemLookups(
        lookups=tuple(
            SystemLookup(
                name=name,
                role=role,
                time_ms=5.0,
                addresses=() if silent else ("198.18.1.1",),
                failure=missing if silent else None,
            )
            for role, names in ((NameRole.CONTROL, params.controls), (NameRole.SERVICE, params.services))
            for name in names
        )
    )


def _reach(params: Any, *, silent: bool) -> Reach:
    tls = TlsResult(version="TLSv1.3", cipher="AES", handshake_ms=20.0, trusted=True, problem=None, certificate=None)
    http = HttpResult(status=200, first_byte_ms=15.0, total_ms=18.0, redirect_host=None, server=None)
    web = params.layer in {ReachLayer.HTTP, ReachLayer.HTTPS} and not silent
    attempt = ReachAttempt(
        address="198.18.1.1" if params.host.endswith((".com", ".net")) else params.host,
        connect_ms=None if silent else 12.0,
        tls=tls if web else None,
        http=http if web else None,
        failure=TIMEOUT if silent else None,
    )
    return Reach(
        host=params.host,
        port=params.port,
        layer=params.layer,
        expected_status=params.expected_status,
        resolve_ms=3.0,
        resolve_failure=None,
        attempts=(attempt,),
    )


def _trace(params: Any, *, silent: bool) -> PathTrace:
    stops = [GATEWAY] if silent else [GATEWAY, "203.0.113.1", params.target]
    return PathTrace(
        target=params.target,
        method=PathMethod.UDP,
        rounds=3,
        hops=tuple(
            Hop(ttl=ttl, sent=3, received=3, responders=(HopResponder(address=stop, rtts_ms=(2.0, 2.1, 2.2)),))
            for ttl, stop in enumerate(stops, start=1)
        ),
        reached=not silent,
        unreachable=None,
        unreachable_from=None,
    )


def _portal(params: Any, *, silent: bool) -> PortalCheck:
    attempt = PortalAttempt(
        status=None if silent else 204,
        as_expected=None if silent else True,
        redirect_host=None,
        total_ms=None if silent else 20.0,
        failure=TIMEOUT if silent else None,
    )
    return PortalCheck(url=params.url, attempts=(attempt, attempt))


def healthy(probe: str, params: Any) -> Any:
    """What each probe measures where everything works."""
    return _fact(probe, params, silent=False)


def line_down(probe: str, params: Any) -> Any:
    """The same where nothing beyond the router answers."""
    near = GATEWAY in {getattr(params, "target", None), getattr(params, "gateway", None)}
    return _fact(probe, params, silent=not near and probe != "interfaces")


def _fact(probe: str, params: Any, *, silent: bool) -> Any:
    match probe:
        case "interfaces":
            return NETWORK
        case "lan":
            state = NeighbourState.REACHABLE
            return GatewayReach(gateway=params.gateway, interface="eth0", neighbour=state, mac=None, tcp=())
        case "ping":
            return _echo(params.target, silent=silent)
        case "lookup":
            return _lookups(params, silent=silent)
        case "dns":
            return _answers(params, silent=silent)
        case "reach":
            return _reach(params, silent=silent)
        case "route":
            return _trace(params, silent=silent)
        case "portal":
            return _portal(params, silent=silent)
    raise AssertionError(probe)


class DoubleProbe:
    """A probe with the specification of the real one and facts from a function."""

    def __init__(self, spec: ProbeSpec, fact: Callable[[str, Any], Any], *, endless: bool) -> None:
        self.spec = spec
        self._fact = fact
        self.endless = endless

    async def run(self, params: Any, ctx: ProbeContext) -> Outcome[Any]:
        fact = self._fact(self.spec.id, params)
        for number in range(3):
            await ctx.sleep(0.01)
            ctx.progress((number + 1) / 3)
            if self.spec.id == "ping":
                ctx.sample(fact.samples[number].rtt_ms)
        if self.endless:
            await asyncio.Event().wait()
        ctx.spend(min(100, self.spec.max_bytes))
        return Completed(fact)


def double_runner(fact: Callable[[str, Any], Any] = healthy, endless: frozenset[str] = frozenset()) -> Runner:
    """The real runner with doubles for all probes; those named as endless only end when they are cancelled."""
    probes = [DoubleProbe(probe.spec, fact, endless=probe.spec.id in endless) for probe in BUILTIN]
    return Runner(registry=Registry(probes), platform=FakePlatform(), clock=SystemClock(), random=random.Random(1))
