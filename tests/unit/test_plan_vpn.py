"""The plan of a profile with a VPN or a network of its own."""

from dataclasses import replace

import pytest
from test_expectation import HERE, NETWORK, NOTHING, VPN, interface, state

from nexkit.facts.dns import DnsQuery, DnsTransport, NameRole, ResolverAnswers
from nexkit.facts.network import InterfaceKind
from nexkit.facts.reach import Reach, ReachAttempt, ReachLayer
from nexkit.outcome import Completed, Failure, FailureKind
from nexkit.params import build_params
from nexkit.plan import make_planner
from nexkit.profile import Service
from nexkit.request import Depth, Request
from nexkit.subject import Subject
from probes import BUILTIN

MAIL = Service(id="mail", name={"en": "Mail"}, url="https://mail.example.com/")
REMOTE = replace(NOTHING, vpn=replace(VPN, server="vpn.example.com:4500/udp"), services=(MAIL,))
TUNNEL = interface("tun0", "10.50.1.2", kind=InterfaceKind.VPN)


def reached(connect_ms=5.0, *, address="198.18.3.30", hangs=False):
    failure = Failure(kind=FailureKind.TIMEOUT, step="tls") if hangs else None
    attempt = ReachAttempt(address=address, connect_ms=connect_ms, tls=None, http=None, failure=failure)
    return Completed(
        Reach(
            host="mail.example.com",
            port=443,
            layer=ReachLayer.HTTPS,
            expected_status=(),
            resolve_ms=1.0,
            resolve_failure=None,
            attempts=(attempt,),
        )
    )


def answering():
    query = DnsQuery(
        name="intranet.corp.example",
        role=NameRole.SERVICE,
        rdtype="A",
        transport=DnsTransport.UDP,
        attempts=1,
        time_ms=5.0,
        rcode="NOERROR",
        addresses=("10.50.0.80",),
        truncated=False,
        failure=None,
    )
    return Completed(ResolverAnswers(resolver="10.50.0.53", port=53, queries=(query,)))


def stage(profile, *interfaces, depth=Depth.STANDARD, **done):
    """The steps after what is `done`, by id."""
    outcomes = {"interfaces": state(*(interfaces or (HERE,))).outcome}
    planner = make_planner(Request(depth=depth), profile)
    if done:
        outcomes |= {step.id: Completed(None) for step in planner(outcomes)}
        outcomes |= {step_id.replace("__", "."): outcome for step_id, outcome in done.items()}
    return {step.id: step for step in planner(outcomes)}


def of_vpn(steps):
    return {step_id for step_id, step in steps.items() if step.subject is Subject.VPN}


def test_without_a_vpn_nothing_is_asked_of_one():
    steps = stage(replace(NOTHING, services=(MAIL,)))
    assert of_vpn(steps) == set()
    assert not [step_id for step_id in steps if "expected" in step_id]


def test_ways_server_names_and_resolvers():
    steps = stage(REMOTE)
    assert of_vpn(steps) == {"link.vpn", "udp.vpn", "lookup.vpn", "dns.vpn1", "ping.vpn1"}
    assert steps["link.vpn"].params["targets"] == ("10.50.0.1", "fd50::1", "10.50.0.53")
    assert steps["udp.vpn"].params["target"] == "vpn.example.com:4500"


@pytest.mark.parametrize(
    ("server", "host"), [("vpn.example.com:443", "vpn.example.com"), ("[2001:db8::9]:443/tcp", "2001:db8::9")]
)
def test_a_server_over_tcp(server, host):
    steps = stage(replace(REMOTE, vpn=replace(VPN, server=server)))
    assert (steps["reach.vpn"].params["host"], steps["reach.vpn"].params["port"]) == (host, 443)


def test_every_step_suits_its_probe():
    profile = replace(REMOTE, network=NETWORK, vpn=replace(REMOTE.vpn, names=("10.50.0.80", "intranet.corp.example")))
    known = {probe.spec.id: probe.spec.params for probe in BUILTIN}
    for steps in (
        stage(profile),
        stage(profile, HERE, TUNNEL, reach__service__mail=reached(200.0)),
    ):
        for step in (each for each in steps.values() if each.skip is None):
            build_params(known[step.probe], step.params)


def test_the_resolvers_of_the_network_are_asked_where_others_are_set():
    profile = replace(NOTHING, network=replace(NETWORK, resolvers=("192.168.10.1", "192.168.10.2")))
    steps = stage(profile)
    assert [step_id for step_id, step in steps.items() if step.subject is Subject.EXPECTED_RESOLVER] == [
        "dns.expected1"
    ]
    assert steps["dns.expected1"].params["resolver"] == "192.168.10.2"


def test_a_slow_service_is_measured_past_the_tunnel():
    steps = stage(REMOTE, HERE, TUNNEL, reach__service__mail=reached(200.0))
    assert steps["reach.direct.mail"].subject is Subject.DIRECT_WAY
    assert steps["reach.direct.mail"].params["interface"] == "eth0"
    assert steps["reach.direct.mail"].params["host"] == "198.18.3.30"


@pytest.mark.parametrize(
    ("interfaces", "outcome"),
    [
        ((HERE, TUNNEL), reached(20.0)),
        ((HERE,), reached(200.0)),
        ((HERE, replace(TUNNEL, addresses=())), reached(200.0)),
        ((HERE, TUNNEL), reached(200.0, address="10.50.0.80")),
        ((TUNNEL,), reached(200.0)),
        ((HERE, TUNNEL), reached(None)),
    ],
    ids=("quick", "no tunnel", "idle tunnel", "stands inside", "no cable beneath", "not reached"),
)
def test_nothing_goes_past_the_tunnel_without_need(interfaces, outcome):
    assert "reach.direct.mail" not in stage(REMOTE, *interfaces, reach__service__mail=outcome)


def test_sizes_at_depth_and_where_something_hangs():
    assert "mtu.vpn1" in stage(REMOTE, HERE, TUNNEL, dns__vpn1=answering(), reach__service__mail=reached())
    quick = stage(REMOTE, HERE, TUNNEL, depth=Depth.QUICK, dns__vpn1=answering(), reach__service__mail=reached())
    assert "mtu.vpn1" not in quick
    hanging = reached(hangs=True)
    assert "mtu.vpn1" in stage(
        REMOTE, HERE, TUNNEL, depth=Depth.QUICK, dns__vpn1=answering(), reach__service__mail=hanging
    )
