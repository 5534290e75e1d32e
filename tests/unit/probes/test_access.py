import asyncio
import errno
from dataclasses import replace

import dns.message
import dns.rrset
import pytest
from scripted import context, measure

from nexkit.address import Family
from nexkit.facts.access import DnsStep, LineKind
from nexkit.facts.network import DefaultRoute, Interface, InterfaceAddress, InterfaceKind, NetworkState, Resolver
from nexkit.outcome import Failed, FailureKind
from nexkit.platform.api import EchoReply, HopReply
from nexkit.platform.fake import NO_HOP, UNPLUGGED, FakePlatform
from probes.access import MAX_RESOLVERS, MAX_TARGETS, AccessParams, AccessProbe

RESOLVER = "192.168.1.1"
CABLE = Interface(
    name="eth0",
    kind=InterfaceKind.ETHERNET,
    admin_up=True,
    carrier=True,
    mtu_bytes=1500,
    speed_bit_s=None,
    duplex=None,
    mac=None,
    addresses=(
        InterfaceAddress(address="192.168.1.20", prefix_length=24),
        InterfaceAddress(address="2001:db8::20", prefix_length=64),
        InterfaceAddress(address="fe80::20", prefix_length=64),
    ),
)
MESH = replace(
    CABLE,
    name="mesh0",
    kind=InterfaceKind.VPN,
    addresses=(InterfaceAddress(address="100.101.102.103", prefix_length=32),),
)


def route(family, interface="eth0"):
    return DefaultRoute(family=family, interface=interface, gateway=None, metric=None, gateway_on_link=None)


HOME = NetworkState(
    interfaces=(CABLE, MESH),
    default_routes=(route(Family.IPV4), route(Family.IPV6)),
    resolvers=(Resolver(address=RESOLVER, is_gateway=True),),
    search_domains=(),
    proxy=UNPLUGGED.proxy,
)
RECORDS = {
    ("4over6.info.", "TXT"): ['"v=v6mig-1 url=https://vne.example.com/rule.cgi t=b"'],
    ("ipv4only.arpa.", "AAAA"): ["64:ff9b::c000:aa"],
    ("dgw.xpass.jp.", "AAAA"): ["2001:db8:feed::1"],
}


def zone(records=RECORDS, *, rcode=None, mute=()):
    def answer(address, port, payload):
        query = dns.message.from_wire(payload)
        question = query.question[0]
        name, rdtype = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        if name in mute or port != 53:
            return TimeoutError()
        reply = dns.message.make_response(query)
        if rcode is not None:
            reply.set_rcode(rcode)
        elif (name, rdtype) in records:
            reply.answer.append(dns.rrset.from_text(name, 60, "IN", rdtype, *records[name, rdtype]))
        return reply.to_wire()

    return answer


def hop(address):
    return HopReply(address=address, rtt_ms=1.0, reached=False, unreachable=None)


def line(platform=None, ctx=None, **params):
    return measure(AccessProbe(), AccessParams(**params), ctx or context(platform))


def test_every_sign_is_asked_for_and_kept():
    fact = line(FakePlatform(state=HOME, udp=zone()))
    (resolver,) = fact.signs.resolvers
    assert (resolver.resolver, resolver.nat64, resolver.nat64_prefixes) == (RESOLVER, DnsStep.FOUND, ("64:ff9b::",))
    assert resolver.provisioning.url == "https://vne.example.com/rule.cgi"
    assert {end.provider: end.result for end in resolver.tunnel_ends} == {
        "transix": DnsStep.EMPTY,
        "xpass": DnsStep.FOUND,
        "v6connect": DnsStep.EMPTY,
    }
    assert {each.kind for each in fact.kinds} == {LineKind.DUAL_STACK, LineKind.NAT64, LineKind.PROVISIONED}
    assert fact.signs.hops4 is None


def test_the_provisioning_address_is_looked_up_by_nobody():
    platform = FakePlatform(state=HOME, udp=zone())
    line(platform)
    assert {call[0] for call in platform.calls} == {"network_state", "exchange_udp"}
    assert {call[1] for call in platform.calls if call[0] == "exchange_udp"} == {RESOLVER}


def test_a_mesh_network_s_own_address_is_none_of_the_line_s():
    fact = line(FakePlatform(state=HOME))
    assert [own.address for own in fact.signs.own4] == ["192.168.1.20"]
    assert [own.address for own in fact.signs.own6] == ["2001:db8::20"]
    assert not fact.has(LineKind.CARRIER_NAT)
    through_mesh = replace(HOME, default_routes=(route(Family.IPV4, "mesh0"),))
    fact = line(FakePlatform(state=through_mesh), hops=("100.64.0.1",))
    assert fact.signs.tunnel_route
    assert not fact.has(LineKind.CARRIER_NAT)


@pytest.mark.parametrize("rcode", [2, 5])
def test_an_error_of_the_resolver_says_nothing_about_names(rcode):
    (resolver,) = line(FakePlatform(state=HOME, udp=zone(rcode=rcode))).signs.resolvers
    assert {resolver.nat64, resolver.provisioning_result} == {DnsStep.FAILED}


def test_a_name_that_does_not_exist_is_an_answer():
    (resolver,) = line(FakePlatform(state=HOME, udp=zone(rcode=3))).signs.resolvers
    assert {resolver.nat64, resolver.provisioning_result} == {DnsStep.EMPTY}


def test_a_strange_record_is_kept_as_text_and_proves_nothing():
    records = {("4over6.info.", "TXT"): ['"' + "z" * 200 + '"']}
    fact = line(FakePlatform(state=HOME, udp=zone(records)))
    (resolver,) = fact.signs.resolvers
    assert (resolver.provisioning, resolver.provisioning_text) == (None, "z" * 80)
    assert not fact.has(LineKind.PROVISIONED)


def test_a_silent_resolver_is_asked_twice():
    platform = FakePlatform(state=HOME)
    (resolver,) = line(platform).signs.resolvers
    assert resolver.nat64 is DnsStep.FAILED
    assert len([call for call in platform.calls if call[0] == "exchange_udp"]) == 2 * 5


def test_the_first_hops_are_asked_for_and_the_target_is_none():
    hops = {
        1: [hop(RESOLVER)],
        2: [HopReply(address=None, rtt_ms=None, reached=False, unreachable=None), hop("100.64.0.1")],
    }
    hops[3] = [HopReply(address="198.18.0.10", rtt_ms=1.0, reached=True, unreachable=None)]
    fact = line(FakePlatform(state=HOME, hops=hops), trace_target="198.18.0.10")
    assert [(each.ttl, each.address) for each in fact.signs.hops4] == [(1, RESOLVER), (2, "100.64.0.1")]
    assert fact.has(LineKind.CARRIER_NAT)


def test_hops_that_were_handed_in_are_not_asked_for():
    platform = FakePlatform(state=HOME)
    fact = line(platform, trace_target="198.18.0.10", hops=(RESOLVER, "*", "203.0.113.1"))
    assert [each.address for each in fact.signs.hops4] == [RESOLVER, None, "203.0.113.1"]
    assert not any(call[0] == "open_trace" for call in platform.calls)


def test_a_refused_trace_leaves_the_hops_unknown():
    platform = FakePlatform(state=HOME, trace_refusal=PermissionError(1, "no"))
    assert line(platform, trace_target="198.18.0.10").signs.hops4 is None


def test_a_target_of_the_carrier_counts_by_whatever_answers():
    platform = FakePlatform(
        state=HOME,
        echoes={"2001:db8:9::1": [EchoReply(rtt_ms=3.0, error=None)]},
        tcp={("2001:db8:9::2", 443): ConnectionRefusedError(errno.ECONNREFUSED, "refused")},
        names={"gone.example.com": OSError(5, "io")},
    )
    targets = ("2001:db8:9::1", "2001:db8:9::2", "2001:db8:9::3", "gone.example.com")
    found = line(platform, carrier_internal=targets).signs.carrier
    assert [(each.reachable, each.answered_by) for each in found] == [
        (True, "echo"),
        (True, "tcp443"),
        (False, None),
        (None, None),
    ]
    assert found[0].rtt_ms == 3.0
    assert found[3].failure.step == "resolve"


def test_no_more_is_asked_than_the_limits_allow():
    many = tuple(f"198.18.9.{number}" for number in range(1, 30))
    fact = line(FakePlatform(state=HOME, udp=zone()), resolvers=many, carrier_internal=many)
    assert (len(fact.signs.resolvers), len(fact.signs.carrier)) == (MAX_RESOLVERS, MAX_TARGETS)


def test_everything_stays_under_the_budget():
    ctx = context(FakePlatform(state=HOME), max_bytes=AccessProbe.spec.max_bytes)
    ctx.platform.hops = {1: [NO_HOP]}
    many = tuple(f"198.18.9.{number}" for number in range(1, 30))
    line(ctx=ctx, resolvers=many, carrier_internal=many, trace_target="198.18.0.10")
    assert 0 < ctx.spent_bytes < AccessProbe.spec.max_bytes


def test_the_budget_ends_it():
    outcome = asyncio.run(AccessProbe().run(AccessParams(), context(FakePlatform(state=HOME), max_bytes=100)))
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind is FailureKind.BUDGET


@pytest.mark.parametrize(
    ("error", "kind"), [(PermissionError(1, "no"), FailureKind.PERMISSION), (OSError(5, "io"), FailureKind.OTHER)]
)
def test_a_state_that_cannot_be_read_is_a_failure(error, kind):
    outcome = asyncio.run(AccessProbe().run(AccessParams(), context(FakePlatform(state=error))))
    assert (outcome.failure.kind, outcome.failure.step) == (kind, "read")


@pytest.mark.parametrize(
    "params",
    [
        {"hops": ("router",)},
        {"resolvers": ("dns.example.com",)},
        {"mapped4": "me"},
        {"trace_target": "www.example.com"},
        {"resolver_port": 0},
        {"mapped_ports": (70_000,)},
        {"carrier_internal": ("bad name",)},
    ],
)
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"address|port|name"):
        AccessParams(**params)
