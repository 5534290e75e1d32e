"""Run records made by hand: a healthy home network, and the parts to break it with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from nexkit.address import Family, family
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers, SystemLookup, SystemLookups
from nexkit.facts.echo import EchoMethod, EchoSample, echo_stats
from nexkit.facts.load import DirectionLoad, LoadBackend, LoadConfidence, LoadTest
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
    TcpAnswer,
)
from nexkit.facts.path import Hop, HopResponder, PathMethod, PathTrace
from nexkit.facts.portal import PortalAttempt, PortalCheck
from nexkit.facts.reach import Certificate, HttpResult, Reach, ReachAttempt, ReachLayer, TlsResult
from nexkit.facts.system import SystemInfo
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Skipped
from nexkit.request import Request
from nexkit.run_record import ProfileReference, ProfileTrust, RunRecord, StepResult
from nexkit.subject import Subject

STARTED = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
GATEWAY4 = "192.168.10.1"
GATEWAY6 = "fe80::1%eth0"
OWN4 = "192.168.10.50"
OWN6 = "2001:db8:10::50"
PROVIDER4 = "203.0.113.1"
PROVIDER6 = "2001:db8:1::1"
ANCHORS = ("198.18.0.10", "198.18.0.11", "2001:db8:18::10")
CONTROLS = {
    "www.example.com": ("198.18.1.10", "2001:db8:18:1::10"),
    "www.example.net": ("198.18.2.10", "2001:db8:18:2::10"),
}
SERVICE_HOST = "mail.example.com"
SERVICE = ("198.18.3.10", "198.18.3.11")
COMPARISONS = ("198.18.53.53", "198.18.54.54")
T = FailureKind.TIMEOUT


def failure(kind=T, step="connect"):
    return Failure(kind=kind, step=step)


_SUBJECTS = {
    "interfaces": Subject.COMPUTER,
    **dict.fromkeys(("link.vpn", "lookup.vpn", "dns.vpn", "reach.vpn", "udp.vpn", "ping.vpn", "mtu.vpn"), Subject.VPN),
    "dns.expected": Subject.EXPECTED_RESOLVER,
    "reach.direct": Subject.DIRECT_WAY,
    "link": Subject.COMPUTER,
    "segment": Subject.COMPUTER,
    "wifi": Subject.COMPUTER,
    "lookup": Subject.COMPUTER,
    "lan": Subject.GATEWAY,
    "ping.gateway": Subject.GATEWAY,
    "ping.provider": Subject.PROVIDER_HOP,
    "ping.anchor": Subject.ANCHOR,
    "ping.host": Subject.SERVICE_HOST,
    "reach.anchor": Subject.ANCHOR,
    "reach.control": Subject.CONTROL,
    "reach.service": Subject.SERVICE,
    "reach.host": Subject.SERVICE_HOST,
    "reach.prox": Subject.PROXY,
    "proxy": Subject.PROXY,
    "udp.check": Subject.UDP_SERVER,
    "ping.udp": Subject.UDP_SERVER,
    "reach.udp": Subject.UDP_SERVER,
    "time.check": Subject.TIME_SERVER,
    "dns.resolver": Subject.RESOLVER,
    "dns.comparison": Subject.COMPARISON_RESOLVER,
    "portal": Subject.PORTAL_CHECK,
    "route.anchor": Subject.ANCHOR,
    "route.service": Subject.SERVICE,
    "load": Subject.LOAD_SERVER,
    "mtu.anchor": Subject.ANCHOR,
    "mtu.control": Subject.CONTROL,
    "mtu.service": Subject.SERVICE,
    "access.line": Subject.ACCESS_LINE,
    "ping.carrier": Subject.ACCESS_LINE,
    "ping.control": Subject.CONTROL,
    "host.": Subject.COMPUTER,
}


def step(step_id, fact_or_outcome):
    outcome = (
        fact_or_outcome if isinstance(fact_or_outcome, Completed | Failed | Skipped) else Completed(fact_or_outcome)
    )
    return StepResult(
        id=step_id,
        probe=step_id.partition(".")[0],
        probe_version=1,
        subject=next(subject for prefix, subject in _SUBJECTS.items() if step_id.startswith(prefix)),
        started_s=0.0,
        took_s=0.1,
        traffic_bytes=100,
        outcome=outcome,
    )


def record(facts, expectations=None):
    """A run record of step ids and facts (or outcomes)."""
    return RunRecord(
        kit_version="0.1.0",
        system=SystemInfo(system="linux", release="6.1", architecture="x86_64"),
        profile=ProfileReference(id="example-corp", serial=7, trust=ProfileTrust.SIGNED, sha256="0" * 64),
        request=Request(),
        started_at=STARTED,
        took_s=4.2,
        cancelled=False,
        results=tuple(step(step_id, fact) for step_id, fact in facts.items()),
        expectations=expectations,
    )


# --- this computer ---


def address(text, prefix_length=None, origin=AddressOrigin.DYNAMIC, *, duplicate=None):
    length = prefix_length or (24 if family(text) is Family.IPV4 else 64)
    return InterfaceAddress(address=text, prefix_length=length, origin=origin, duplicate=duplicate)


def interface(name="eth0", *addresses, kind=InterfaceKind.ETHERNET, admin_up=True, carrier=True, speed_bit_s=1e9):
    return Interface(
        name=name,
        kind=kind,
        admin_up=admin_up,
        carrier=carrier,
        mtu_bytes=1500,
        speed_bit_s=speed_bit_s,
        duplex=None,
        mac="00:00:5e:00:53:01",
        addresses=addresses,
    )


LOOPBACK = interface("lo", address("127.0.0.1", 8), address("::1", 128), kind=InterfaceKind.LOOPBACK)
ROUTE4 = DefaultRoute(family=Family.IPV4, interface="eth0", gateway=GATEWAY4, metric=100, gateway_on_link=True)
ROUTE6 = DefaultRoute(family=Family.IPV6, interface="eth0", gateway=GATEWAY6, metric=100, gateway_on_link=True)


def network(*interfaces, routes=(ROUTE4, ROUTE6), resolvers=(GATEWAY4,), proxy=None):
    return NetworkState(
        interfaces=(LOOPBACK, *interfaces),
        default_routes=tuple(routes),
        resolvers=tuple(
            Resolver(address=each, is_gateway=each in {GATEWAY4, GATEWAY6}, interface="eth0") for each in resolvers
        ),
        search_domains=(),
        proxy=proxy or ProxySettings(),
    )


DUAL_STACK = (address(OWN4), address(OWN6), address("fe80::50", origin=AddressOrigin.LINK_LOCAL))


# --- echo, gateway, path ---


def echo(target, sent=20, lost=0, rtt_ms=10.0, *, vary_ms=0.2, method=EchoMethod.ICMP, error=None):
    """Round trips that swing by `vary_ms`; the lost ones are spread evenly."""
    every = sent / lost if lost else 0
    gone = {int(index * every) for index in range(lost)}
    samples = [
        EchoSample(at_s=index * 0.2, rtt_ms=None, error=error)
        if index in gone
        else EchoSample(at_s=index * 0.2, rtt_ms=rtt_ms + (vary_ms if index % 2 else 0.0))
        for index in range(sent)
    ]
    return echo_stats(target, method, samples)


def silent_echo(target, sent=20, **more):
    return echo(target, sent, sent, **more)


def on_link(gateway=GATEWAY4, neighbour=NeighbourState.REACHABLE, tcp=FailureKind.REFUSED):
    """The lan probe's fact; `tcp` is how every port failed, None: all open."""
    return GatewayReach(
        gateway=gateway,
        interface="eth0",
        neighbour=neighbour,
        mac=None,
        tcp=tuple(
            TcpAnswer(port=port, connect_ms=None if tcp else 1.0, failure=failure(tcp) if tcp else None)
            for port in (53, 80, 443)
        ),
    )


def trace(target, *routers, reached=True, unreachable=None):
    """A path by its routers; None: a silent one. The target is the last hop when reached."""
    path = [*routers, *([target] if reached else [])]
    return PathTrace(
        target=target,
        method=PathMethod.UDP,
        rounds=3,
        hops=tuple(
            Hop(
                ttl=ttl,
                sent=3,
                received=3 if router else 0,
                responders=(HopResponder(address=router, rtts_ms=(1.0, 1.0, 1.0)),) if router else (),
            )
            for ttl, router in enumerate(path, start=1)
        ),
        reached=reached,
        unreachable=unreachable,
        unreachable_from=routers[0] if unreachable else None,
    )


# --- names ---


def query(
    name, role, rdtype="A", *, addresses=(), rcode="NOERROR", time_ms=12.0, kind=None, transport=DnsTransport.UDP
):
    return DnsQuery(
        name=name,
        role=role,
        rdtype=rdtype,
        transport=transport,
        attempts=2 if kind else 1,
        time_ms=None if kind else time_ms,
        rcode=None if kind else rcode,
        addresses=() if kind else tuple(addresses),
        truncated=None if kind else False,
        failure=failure(kind, "answer") if kind else None,
    )


def answers(
    resolver, *, rcode=None, kind=None, uncached_ms=30.0, replaced=None, invented=(), service="NOERROR", aaaa=None
):
    """What a resolver says: good answers, or the same `rcode` or failure `kind` for everything.

    `replaced`: addresses by name in place of the real ones; `invented`: addresses for what does not exist;
    `service`: the rcode for the service's name; `aaaa`: failure kind of all AAAA questions.
    """
    known = {**CONTROLS, SERVICE_HOST: SERVICE, **(replaced or {})}
    queries = []
    for name, addresses in known.items():
        role = NameRole.SERVICE if name == SERVICE_HOST else NameRole.CONTROL
        code = service if role is NameRole.SERVICE else "NOERROR"
        for rdtype, its_family in (("A", Family.IPV4), ("AAAA", Family.IPV6)):
            given = () if rcode or code != "NOERROR" else [each for each in addresses if family(each) is its_family]
            its_kind = kind or (aaaa if rdtype == "AAAA" else None)
            queries.append(query(name, role, rdtype, addresses=given, rcode=rcode or code, kind=its_kind))
    queries.append(
        query(
            "q7.www.example.com",
            NameRole.UNCACHED,
            rcode=rcode or "NXDOMAIN",
            time_ms=uncached_ms,
            kind=kind,
        )
    )
    queries.append(
        query(
            "q7.invalid",
            NameRole.NONEXISTENT,
            addresses=invented,
            rcode=rcode or ("NOERROR" if invented else "NXDOMAIN"),
            kind=kind,
        )
    )
    return ResolverAnswers(resolver=resolver, port=53, queries=tuple(queries))


def system_lookups(*, kind=None, time_ms=15.0, without=()):
    known = {**CONTROLS, SERVICE_HOST: SERVICE}
    return SystemLookups(
        lookups=tuple(
            SystemLookup(
                name=name,
                role=NameRole.SERVICE if name == SERVICE_HOST else NameRole.CONTROL,
                time_ms=time_ms,
                addresses=() if kind or name in without else addresses,
                failure=failure(kind or FailureKind.NAME_NOT_FOUND, "lookup") if kind or name in without else None,
            )
            for name, addresses in known.items()
        )
    )


# --- reach, portal, load ---


def tls(problem=None, *, issuer="CN=Example Public CA", names=("www.example.com",)):
    return TlsResult(
        version="TLSv1.3",
        cipher="TLS_AES_128_GCM_SHA256",
        handshake_ms=20.0,
        trusted=problem is None,
        problem=problem,
        certificate=Certificate(
            subject="CN=server",
            issuer=issuer,
            issuer_organisation=None,
            names=names,
            not_before_at=STARTED - timedelta(days=30),
            not_after_at=STARTED + timedelta(days=30),
            sha256="0" * 64,
        ),
    )


def attempt(
    to,
    *,
    kind=None,
    layer=ReachLayer.HTTPS,
    status=200,
    problem=None,
    issuer="CN=Example Public CA",
    first_byte_ms=40.0,
):
    """One address: works by default; `kind`: the connect fails so."""
    if kind:
        return ReachAttempt(address=to, connect_ms=None, tls=None, http=None, failure=failure(kind))
    encrypted = layer in {ReachLayer.TLS, ReachLayer.HTTPS}
    speaks = layer in {ReachLayer.HTTP, ReachLayer.HTTPS}
    return ReachAttempt(
        address=to,
        connect_ms=10.0,
        tls=tls(problem, issuer=issuer) if encrypted else None,
        http=HttpResult(
            status=status, first_byte_ms=first_byte_ms, total_ms=first_byte_ms + 5, redirect_host=None, server=None
        )
        if speaks
        else None,
        failure=None,
    )


def reach(host, addresses, *, port=443, layer=ReachLayer.HTTPS, expected=(), resolve=None, **each):
    """All addresses of a host, all alike; an attempt in `addresses` stands for itself."""
    return Reach(
        host=host,
        port=port,
        layer=layer,
        expected_status=tuple(expected),
        resolve_ms=None if resolve else 5.0,
        resolve_failure=failure(resolve, "resolve") if resolve else None,
        attempts=tuple(to if isinstance(to, ReachAttempt) else attempt(to, layer=layer, **each) for to in addresses),
    )


def tcp(to, kind=None, port=443):
    """A reach of a literal address by TCP."""
    return reach(to, [to], port=port, layer=ReachLayer.TCP, kind=kind)


def portal(expected=(True, True), redirect_host=None, kind=None):
    return PortalCheck(
        url="http://connect.example.com/generate_204",
        attempts=tuple(
            PortalAttempt(
                status=None if each is None else (204 if each else 302),
                as_expected=each,
                redirect_host=redirect_host if each is False else None,
                total_ms=None if each is None else 20.0,
                failure=failure(kind or T) if each is None else None,
            )
            for each in expected
        ),
    )


def direction(goodput_bit_s=80e6, working=None, confidence=LoadConfidence.HIGH):
    return DirectionLoad(
        goodput_bit_s=goodput_bit_s,
        confidence=confidence,
        variation_ratio=0.05,
        connections=4,
        transferred_bytes=50_000_000,
        ramp_up_s=1.0,
        measured_s=5.0,
        capped=False,
        working=working,
        failure=None,
    )


def load(down=None, up=None, idle=None, expect_down=None, expect_up=None):
    return LoadTest(
        backend=LoadBackend.HTTP,
        server="speed.example.com",
        echo_target=ANCHORS[0],
        idle=idle or echo(ANCHORS[0]),
        down=down,
        up=up,
        expected_down_bit_s=expect_down,
        expected_up_bit_s=expect_up,
        congestion_control="cubic",
    )


# --- whole runs ---


def healthy():
    """Facts by step id of a healthy dual-stack home network with one tested service."""
    facts = {
        "interfaces": network(interface("eth0", *DUAL_STACK)),
        "lan.gateway4": on_link(),
        "lan.gateway6": on_link(GATEWAY6),
        "ping.gateway4": echo(GATEWAY4, rtt_ms=1.0),
        "ping.gateway6": echo(GATEWAY6, rtt_ms=1.0),
        "ping.provider4": echo(PROVIDER4, rtt_ms=5.0),
        "ping.provider6": echo(PROVIDER6, rtt_ms=5.0),
        "lookup.system": system_lookups(),
        "dns.resolver1": answers(GATEWAY4),
        "dns.comparison1": answers(COMPARISONS[0]),
        "dns.comparison2": answers(COMPARISONS[1]),
        "portal.1": portal(),
        "portal.2": portal(),
        "reach.service.mail": reach(SERVICE_HOST, SERVICE),
        "route.anchor4": trace(ANCHORS[0], GATEWAY4, PROVIDER4, "198.18.255.1"),
        "route.anchor6": trace(ANCHORS[2], "2001:db8:10::1", PROVIDER6),
    }
    for number, anchor in enumerate(ANCHORS, start=1):
        facts[f"ping.anchor{number}"] = echo(anchor)
        facts[f"reach.anchor{number}"] = tcp(anchor)
    for number, (name, addresses) in enumerate(CONTROLS.items(), start=1):
        facts[f"reach.control{number}"] = reach(name, addresses)
    return facts


def without_family(facts, gone, kind=T):
    """The internet of one family stops answering."""
    changed = dict(facts)
    for step_id, fact in facts.items():
        if isinstance(fact, Reach):
            attempts = tuple(
                attempt(each.address, kind=kind) if family(each.address) is gone else each for each in fact.attempts
            )
            changed[step_id] = replace(fact, attempts=attempts)
        elif step_id.startswith(("ping.anchor", "ping.provider")) and family(fact.target) is gone:
            changed[step_id] = silent_echo(fact.target)
        elif step_id.startswith("route.") and family(fact.target) is gone:
            first = fact.hops[0].responders[0].address
            changed[step_id] = trace(fact.target, first, reached=False)
        elif step_id.startswith("dns.comparison") and family(fact.resolver) is gone:
            changed[step_id] = answers(fact.resolver, kind=T)
    return changed


def without_internet(facts, *, beyond=()):
    """Nothing in the internet answers; the routers `beyond` the gateway still do."""
    changed = without_family(without_family(facts, Family.IPV4), Family.IPV6)
    changed["lookup.system"] = system_lookups(kind=FailureKind.NAME_SERVER)
    changed["dns.resolver1"] = answers(GATEWAY4, rcode="SERVFAIL")
    changed["portal.1"] = changed["portal.2"] = portal((None, None))
    for step_id in ("reach.control1", "reach.control2", "reach.service.mail"):
        changed[step_id] = replace(changed[step_id], attempts=(), resolve_failure=failure(FailureKind.NAME_SERVER))
    if beyond:
        changed["route.anchor4"] = trace(ANCHORS[0], GATEWAY4, *beyond, reached=False)
        changed["ping.provider4"] = echo(beyond[0])
    return changed
