"""A run on a home network with a busy line, as the probes would record it."""

import random
from datetime import UTC, datetime

from nexkit.address import Family
from nexkit.diagnosis.verdict import (
    RULES_VERSION,
    Diagnosis,
    Finding,
    Grade,
    GradedValue,
    NotTested,
    Rung,
    RungState,
    Segment,
    Severity,
    Suitability,
    Use,
    Verdict,
    VerdictState,
)
from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers, SystemLookup, SystemLookups
from nexkit.facts.echo import EchoMethod, EchoSample, EchoStats, echo_stats
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
    Proxy,
    ProxySettings,
    Resolver,
    TcpAnswer,
)
from nexkit.facts.path import Hop, HopResponder, PathMethod, PathTrace
from nexkit.facts.portal import PortalAttempt, PortalCheck
from nexkit.facts.reach import Certificate, HttpResult, Reach, ReachAttempt, ReachLayer, TlsResult, TrustProblem
from nexkit.facts.system import SystemInfo
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Skipped, SkipReason
from nexkit.profile import HostPort, Internet, LoadedProfile, PortalTarget, Profile, Service, Support
from nexkit.request import Affected, Depth, Occurrence, Request, Since, Symptom
from nexkit.run_record import Expectations, NetworkMet, ProfileReference, ProfileTrust, RunRecord, StepResult, VpnMet
from nexkit.subject import Subject

STARTED_AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
OWN_NAMES = ("taros-pc.kaisha.example", "taros-pc", "yamada.taro")
SECRET_MAC = "3c:22:fb:9a:0b:7d"
SECRET_IPV4 = "203.0.113.77"
SECRET_IPV6 = "2001:db8:1:2:3e22:fbff:fe9a:b7d"
SECRET_NAMES = ("files.kaisha.example", "proxy.kaisha.example", "kaisha.example")
SECRETS = (*OWN_NAMES, *SECRET_NAMES, SECRET_MAC, SECRET_IPV4, SECRET_IPV6, "yt-home", "hunter2", "enx3c22fb9a0b7d")


def echo(target: str, count: int = 40, base_ms: float = 12.0, lost: tuple[int, ...] = ()) -> EchoStats:
    noise = random.Random(target)
    samples = [
        EchoSample(
            at_s=round(0.2 * number, 3), rtt_ms=None if number in lost else round(base_ms + noise.expovariate(0.3), 3)
        )
        for number in range(count)
    ]
    return echo_stats(target, EchoMethod.ICMP, samples)


def step(step_id: str, probe: str, subject: Subject, outcome: object, started_s: float = 0.5) -> StepResult:
    return StepResult(
        id=step_id,
        probe=probe,
        probe_version=1,
        subject=subject,
        started_s=started_s,
        took_s=4.2,
        traffic_bytes=3360,
        outcome=outcome,
    )


def network_state() -> NetworkState:
    return NetworkState(
        interfaces=(
            Interface(
                name="wlan0",
                kind=InterfaceKind.WIFI,
                admin_up=True,
                carrier=True,
                mtu_bytes=1500,
                speed_bit_s=866_000_000.0,
                duplex=None,
                mac=SECRET_MAC,
                addresses=(
                    InterfaceAddress(address="192.168.1.23", prefix_length=24, origin=AddressOrigin.DYNAMIC),
                    InterfaceAddress(address=SECRET_IPV6, prefix_length=64, origin=AddressOrigin.DYNAMIC),
                    InterfaceAddress(address="fe80::3e22:fbff:fe9a:b7d", prefix_length=64),
                ),
            ),
            Interface(
                name="enx3c22fb9a0b7d",
                kind=InterfaceKind.ETHERNET,
                admin_up=True,
                carrier=False,
                mtu_bytes=1500,
                speed_bit_s=None,
                duplex=None,
                mac="02:00:5e:10:00:01",
                addresses=(InterfaceAddress(address=SECRET_IPV4, prefix_length=24),),
            ),
        ),
        default_routes=(
            DefaultRoute(
                family=Family.IPV4, interface="wlan0", gateway="192.168.1.1", metric=600, gateway_on_link=True
            ),
        ),
        resolvers=(Resolver(address="192.168.1.1", is_gateway=True), Resolver(address="8.8.8.8", is_gateway=False)),
        search_domains=("kaisha.example", "lan"),
        proxy=ProxySettings(
            http=Proxy(host="proxy.kaisha.example", port=8080),
            pac_url="http://yamada.taro:hunter2@proxy.kaisha.example/wpad.dat?who=yamada.taro",
        ),
    )


def resolver_answers() -> ResolverAnswers:
    def query(name, role, rdtype="A", rcode="NOERROR", addresses=(), failure=None):
        return DnsQuery(
            name=name,
            role=role,
            rdtype=rdtype,
            transport=DnsTransport.UDP,
            attempts=2 if failure else 1,
            time_ms=None if failure else 11.4,
            rcode=None if failure else rcode,
            addresses=addresses,
            truncated=None if failure else False,
            failure=failure,
        )

    return ResolverAnswers(
        resolver="192.168.1.1",
        port=53,
        queries=(
            query("www.example.com", NameRole.CONTROL, addresses=("198.51.100.10",)),
            query("www.example.com", NameRole.CONTROL, "AAAA", addresses=("2001:db8:50::10",)),
            query("k3x9.www.example.com", NameRole.UNCACHED, rcode="NXDOMAIN"),
            query("files.kaisha.example", NameRole.SERVICE, addresses=("10.8.0.4",)),
            query("mail.example.com", NameRole.SERVICE, failure=Failure(kind=FailureKind.TIMEOUT, step="query")),
        ),
    )


def path_trace() -> PathTrace:
    addresses = ["192.168.1.1", "100.64.3.1", None, "198.51.100.1", "198.18.0.10"]
    return PathTrace(
        target="198.18.0.10",
        method=PathMethod.UDP,
        rounds=3,
        hops=tuple(
            Hop(
                ttl=ttl,
                sent=3,
                received=3 if address else 0,
                responders=(HopResponder(address=address, rtts_ms=(1.5 * ttl, 1.7 * ttl, 1.4 * ttl)),)
                if address
                else (),
            )
            for ttl, address in enumerate(addresses, start=1)
        ),
        reached=True,
        unreachable=None,
        unreachable_from=None,
    )


def reach(issuer: str = "CN=Example CA 1, O=Example Trust") -> Reach:
    tls = TlsResult(
        version="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        handshake_ms=24.0,
        trusted=False,
        problem=TrustProblem.UNKNOWN_ISSUER,
        certificate=Certificate(
            subject="CN=mail.example.com",
            issuer=issuer,
            issuer_organisation=None,
            names=("mail.example.com", "files.kaisha.example"),
            not_before_at=STARTED_AT,
            not_after_at=STARTED_AT,
            sha256="ab" * 32,
        ),
    )
    return Reach(
        host="mail.example.com",
        port=443,
        layer=ReachLayer.HTTPS,
        expected_status=(200,),
        resolve_ms=14.0,
        resolve_failure=None,
        attempts=(
            ReachAttempt(
                address="198.51.100.20",
                connect_ms=12.1,
                tls=tls,
                http=HttpResult(
                    status=302,
                    first_byte_ms=40.0,
                    total_ms=44.0,
                    redirect_host="files.kaisha.example",
                    server="squid at taros-pc",
                ),
                failure=None,
            ),
            ReachAttempt(
                address="2001:db8:50::20",
                connect_ms=None,
                tls=None,
                http=None,
                failure=Failure(kind=FailureKind.TIMEOUT, step="connect"),
            ),
        ),
    )


def load_test() -> LoadTest:
    def way(rate, working):
        return DirectionLoad(
            goodput_bit_s=rate,
            confidence=LoadConfidence.HIGH,
            variation_ratio=0.04,
            connections=4,
            transferred_bytes=80_000_000,
            ramp_up_s=2.0,
            measured_s=6.0,
            capped=False,
            working=working,
            failure=None,
        )

    return LoadTest(
        backend=LoadBackend.HTTP,
        server="speed.example.com",
        echo_target="198.18.0.10",
        idle=echo("198.18.0.10", 20),
        down=way(84_300_000.0, echo("198.18.0.10", 30, 38.0)),
        up=way(9_800_000.0, echo("198.18.0.10", 30, 395.0, (7, 19))),
        expected_down_bit_s=90_000_000.0,
        expected_up_bit_s=40_000_000.0,
        congestion_control="cubic",
    )


def home_record(**changes) -> RunRecord:
    results = (
        step("interfaces", "interfaces", Subject.COMPUTER, Completed(network_state()), 0.0),
        step(
            "lan.gateway4",
            "lan",
            Subject.GATEWAY,
            Completed(
                GatewayReach(
                    gateway="192.168.1.1",
                    interface="wlan0",
                    neighbour=NeighbourState.REACHABLE,
                    mac="00:00:5e:00:53:01",
                    tcp=(TcpAnswer(port=53, connect_ms=1.2, failure=None),),
                )
            ),
        ),
        step("ping.gateway4", "ping", Subject.GATEWAY, Completed(echo("192.168.1.1", 40, 1.4))),
        step("ping.anchor1", "ping", Subject.ANCHOR, Completed(echo("198.18.0.10", 40, 12.0, (11, 12, 30)))),
        step("dns.resolver1", "dns", Subject.RESOLVER, Completed(resolver_answers())),
        step(
            "lookup.system",
            "lookup",
            Subject.COMPUTER,
            Completed(
                SystemLookups(
                    lookups=(
                        SystemLookup(
                            name="www.example.com",
                            role=NameRole.CONTROL,
                            time_ms=12.0,
                            addresses=("198.51.100.10",),
                            failure=None,
                        ),
                    )
                )
            ),
        ),
        step("route.anchor4", "route", Subject.ANCHOR, Completed(path_trace())),
        step("reach.service.mail", "reach", Subject.SERVICE, Completed(reach())),
        step(
            "portal.1",
            "portal",
            Subject.PORTAL_CHECK,
            Completed(
                PortalCheck(
                    url="http://connect.example.com/generate_204",
                    attempts=(
                        PortalAttempt(status=204, as_expected=True, redirect_host=None, total_ms=31.0, failure=None),
                    ),
                )
            ),
        ),
        step("load.test", "load", Subject.LOAD_SERVER, Completed(load_test()), 6.0),
        step(
            "ping.gateway6",
            "ping",
            Subject.GATEWAY,
            Failed(Failure(kind=FailureKind.PERMISSION, step="open", os_code=13)),
        ),
        step("route.anchor6", "route", Subject.ANCHOR, Skipped(SkipReason.NO_FAMILY)),
    )
    values = {
        "kit_version": "0.1.0",
        "system": SystemInfo(system="linux", release="6.1.0-28-amd64", architecture="x86_64"),
        "profile": ProfileReference(id="example-corp", serial=7, trust=ProfileTrust.SIGNED, sha256="cd" * 32),
        "request": Request(
            symptom=Symptom.CALLS,
            depth=Depth.FULL,
            ticket="INC-1042",
            note="Calls break up in the afternoon.\nOnly at home.",
            since=Since.DAYS,
            occurs=Occurrence.NOW_AND_THEN,
            affects=Affected.ONLY_ME,
        ),
        "started_at": STARTED_AT,
        "took_s": 31.7,
        "cancelled": False,
        "results": results,
        "expectations": Expectations(
            network=NetworkMet(ssid=None, prefix=False, resolvers=True, steps=("interfaces",)),
            vpn=VpnMet(inside=("reach.service.mail",), names=None),
        ),
    }
    return RunRecord(**(values | changes))


def busy_line_diagnosis() -> Diagnosis:
    states = {
        Segment.ACCESS: RungState.FAIL,
        Segment.SERVICE: RungState.WARN,
        Segment.VPN: RungState.NOT_RUN,
        Segment.SECURITY: RungState.INCONCLUSIVE,
    }
    return Diagnosis(
        verdict=Verdict(state=VerdictState.FAULT, segment=Segment.ACCESS, cause="access.bufferbloat", confidence=0.93),
        findings=(
            Finding(
                cause="access.bufferbloat",
                severity=Severity.DEGRADED,
                confidence=0.93,
                evidence=("load.test", "ping.gateway4"),
                against=("ping.anchor1",),
                explains=("service.slow",),
                values={"idle_rtt_ms": 14.2, "working_rtt_ms": 412.0, "goodput_bit_s": 9_800_000.0, "direction": "up"},
            ),
        ),
        ladder=tuple(
            Rung(segment=segment, state=states.get(segment, RungState.PASS), because=("ping.gateway4",))
            for segment in Segment
        ),
        not_tested=(
            NotTested(step="ping.gateway6", probe="ping", reason=FailureKind.PERMISSION),
            NotTested(step="route.anchor6", probe="route", reason=SkipReason.NO_FAMILY),
        ),
        rules_version=RULES_VERSION,
        started_at=STARTED_AT,
        took_s=31.7,
        suitability=(
            Suitability(
                use=Use.CALLS,
                grade=Grade.FAIR,
                values=(
                    GradedValue(
                        name="working_rtt_ms",
                        value=412.0,
                        grade=Grade.FAIR,
                        good=100.0,
                        poor=500.0,
                        because=("load.test",),
                    ),
                ),
            ),
            Suitability(use=Use.REMOTE_DESKTOP, grade=None, values=()),
        ),
    )


def example_profile() -> LoadedProfile:
    toml = b'schema = 1\nid = "example-corp"\nserial = 7\n'
    return LoadedProfile(
        profile=Profile(
            id="example-corp",
            name={"en": "Example Corp", "ja": "エグザンプル株式会社"},
            serial=7,
            not_before=STARTED_AT,
            not_after=STARTED_AT,
            support=Support(name="Example Helpdesk", email="help@example.com"),
            internet=Internet(
                portal_checks=(PortalTarget(url="http://connect.example.com/generate_204", body=None),),
                anchors=("198.18.0.10",),
                names=("www.example.com", "speed.example.com"),
            ),
            services=(
                Service(
                    id="mail",
                    name={"en": "Mail"},
                    url="https://mail.example.com/",
                    tcp=(HostPort(host="imap.example.com", port=993),),
                ),
            ),
        ),
        reference=ProfileReference(id="example-corp", serial=7, trust=ProfileTrust.SIGNED, sha256="cd" * 32),
        toml=toml,
        signature=None,
    )
