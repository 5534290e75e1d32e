"""The probes of UDP against coturn and a STAMP reflector: NAT kinds, blocked UDP, loss, reordering, duplicates."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from link import Impairment
from test_linux_probes import SERVER
from udp_world import OTHER, UdpWorld

from nexkit.address import Family
from nexkit.facts.udp import MappingTest, NatMapping, StreamMethod, UdpPortState, UdpProtocol
from nexkit.outcome import FailureKind

pytestmark = pytest.mark.lab
STUN = f"{SERVER[4]}:3478"
OUTSIDE = "198.18.1.2"
SYMMETRIC = "random,fully-random"
REFLECTORS = (f"{SERVER[4]}:862", f"[{SERVER[6]}]:862")
"""The first counts, the second does not."""
EACH_TWENTIETH = "numgen inc mod 20 == 10 drop"


@pytest.fixture(scope="module")
def world(lab):
    built = UdpWorld()
    built.insert_relay()
    yield built
    built.end()


@pytest.fixture(scope="module")
def carried(world):
    """The link carries everything, and coturn stands at two addresses of each family."""
    with world.impaired(), world.coturn(*SERVER.values(), *OTHER.values()):
        yield world


@pytest.fixture(scope="module")
def reflected(carried):
    """A stateful reflector and a stateless one, for a family each."""
    with carried.reflector(), carried.reflector(version=6, stateless=True):
        yield carried


def view(fact, family=Family.IPV4):
    return next(each for each in fact.nat if each.family is family)


def test_behind_a_home_router_udp_comes_through_in_both_families(carried):
    with carried.nat():
        fact = carried.fact("udp", stun=f"{STUN},[{SERVER[6]}]:3478", duration_s=1)
    assert [each.failure for each in fact.stun] == [None, None]
    assert [each.mapped_address for each in fact.stun] == [OUTSIDE, "2001:db8:10::20"]
    home, straight = view(fact), view(fact, Family.IPV6)
    assert (home.own_address, home.translated, home.port_preserved) == ("192.168.10.20", True, True)
    assert (home.mapping, home.mapping_test) == (NatMapping.ENDPOINT_INDEPENDENT, MappingTest.OTHER_ADDRESS)
    assert (straight.own_address, straight.mapping) == ("2001:db8:10::20", NatMapping.NONE)
    stream = fact.stream
    assert (stream.method, stream.sent, stream.received, stream.loss_ratio) == (StreamMethod.STUN, 50, 50, 0.0)
    assert (stream.reordered, stream.duplicates, stream.longest_gap) == (0, 0, 0)
    assert (len(stream.windows), stream.out, stream.back) == (5, None, None)
    assert 0 < stream.rtt_p50_ms < 50


@pytest.mark.parametrize(
    ("how", "mapping"),
    [("", NatMapping.ENDPOINT_INDEPENDENT), (SYMMETRIC, NatMapping.ADDRESS_AND_PORT_DEPENDENT)],
)
def test_a_nat_shows_how_it_maps(carried, how, mapping):
    with carried.nat(how):
        fact = carried.fact("udp", stun=STUN, duration_s=0)
    assert view(fact).mapping is mapping
    assert view(fact).port_preserved is (how == "")
    assert fact.stream is None


@pytest.mark.parametrize(
    ("how", "mapping"), [("", NatMapping.ENDPOINT_INDEPENDENT), (SYMMETRIC, NatMapping.ENDPOINT_DEPENDENT)]
)
def test_two_plain_servers_show_it_too(carried, how, mapping):
    with carried.coturn(*SERVER.values(), *OTHER.values(), port=3490, options=["--no-rfc5780"]), carried.nat(how):
        fact = carried.fact("udp", stun=f"{SERVER[4]}:3490,{OTHER[4]}:3490", duration_s=0)
    assert (view(fact).mapping, view(fact).mapping_test) == (mapping, MappingTest.TWO_SERVERS)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [("meta l4proto udp drop", FailureKind.TIMEOUT), ("meta l4proto udp reject", FailureKind.REFUSED)],
)
def test_blocked_udp_is_seen_and_gets_no_stream(reflected, rule, kind):
    with reflected.filtered("far", "forward", rule):
        fact = reflected.fact("udp", stun=STUN, reflectors=SERVER[4], timeout_s=0.6, reply_timeout_s=0.2)
    assert [each.failure.kind for each in (*fact.stun, *fact.reflectors)] == [kind, kind]
    assert (view(fact).mapping, view(fact).translated, fact.stream) == (None, None, None)


def test_a_local_firewall_is_told_from_the_network(carried):
    with carried.filtered("", "output", "meta l4proto udp drop"):
        fact = carried.fact("udp", stun=STUN, duration_s=1)
    assert [each.failure.kind for each in fact.stun] == [FailureKind.FILTERED_LOCALLY]


def streams(world, *reflectors, **params):
    """What comes back of streams to several reflectors at the same time, 100 packets a second."""
    params = {"duration_s": 1, "packets_s": 100, "reply_timeout_s": 1} | params
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(world.fact, "udp", reflectors=each, **params) for each in reflectors or REFLECTORS]
        return [each.result().stream for each in running]


def test_a_healthy_stream_loses_nothing_in_either_direction(reflected):
    counted, uncounted = streams(reflected)
    assert (counted.method, counted.payload_bytes) == (StreamMethod.STAMP, 172)
    for stream in (counted, uncounted):
        assert (stream.sent, stream.received, stream.loss_ratio, stream.burst_loss_ratio) == (100, 100, 0.0, 0.0)
        assert (stream.duplicates, stream.reordered, stream.failure) == (0, 0, None)
    assert [(way.loss_ratio, way.reordered, way.duplicates) for way in (counted.out, counted.back)] == [(0, 0, 0)] * 2
    assert (uncounted.out.loss_ratio, uncounted.out.reordered, uncounted.out.duplicates) == (None, None, None)
    assert uncounted.out.jitter_ms is not None


def test_five_percent_lost_one_way_are_told_as_such_where_the_reflector_counts(reflected):
    rules = (
        f"ip version 4 udp dport 862 {EACH_TWENTIETH}",
        f"udp sport 863 {EACH_TWENTIETH}",
        f"ip6 version 6 udp dport 862 {EACH_TWENTIETH}",
    )
    with reflected.reflector(port=863), reflected.filtered("far", "forward", "\n".join(rules)):
        out, back, uncounted = streams(reflected, f"{SERVER[4]}:862", f"{SERVER[4]}:863", f"[{SERVER[6]}]:862")
    for stream in (out, back, uncounted):
        assert stream.loss_ratio == pytest.approx(0.05, abs=0.011)
        assert stream.longest_gap == 1
        assert 0.05 <= stream.burst_loss_ratio <= 0.2, "one or two of the twenty packets of a window"
    assert (out.out.loss_ratio, out.back.loss_ratio) == (pytest.approx(0.05, abs=0.011), 0.0)
    assert (back.out.loss_ratio, back.back.loss_ratio) == (0.0, pytest.approx(0.05, abs=0.011))
    assert (uncounted.out.loss_ratio, uncounted.back.loss_ratio) == (None, None)


def test_a_short_outage_is_a_burst(reflected):
    """Of the packets behind the greeting the 50th to the 89th are dropped: 0.4 s."""
    with reflected.filtered("far", "forward", "ip version 4 udp dport 862 numgen inc mod 1000 50-89 drop"):
        (stream,) = streams(reflected, REFLECTORS[0])
    assert (stream.burst_loss_ratio, stream.longest_gap, stream.received) == (1.0, 40, 60)
    assert (stream.out.loss_ratio, stream.back.loss_ratio) == (pytest.approx(0.4), 0.0)


@pytest.fixture(scope="module")
def impairable(lab):
    """A world of its own, whose link is started with each fault."""
    built = UdpWorld()
    built.insert_relay()
    with built.reflector(), built.reflector(version=6, stateless=True):
        yield built
    built.end()


def test_what_overtakes_and_what_comes_twice_is_counted_by_direction(impairable):
    """50 ms of holding back let some four packets of 10 ms overtake."""
    out = Impairment(reorder_ratio=0.1, reorder_ms=50)
    with impairable.impaired(out=out, back=Impairment(duplicate_ratio=0.1)):
        (stream,) = streams(impairable, REFLECTORS[0])
    assert (stream.received, stream.loss_ratio) == (100, 0.0)
    assert 2 <= stream.out.reordered == stream.reordered <= 30
    assert (stream.out.duplicates, stream.back.reordered) == (0, 0)
    assert 2 <= stream.back.duplicates == stream.duplicates <= 30
    assert stream.reorder_ratio == stream.reordered / 100


def test_jitter_is_told_by_direction(impairable):
    """Delays of 60 +- 55 ms, in order; the other way has none."""
    with impairable.impaired(back=Impairment(delay_ms=60, jitter_ms=55)):
        stream, stateless = streams(impairable)
    assert stream.rtt_p50_ms > 40
    for each in (stream, stateless):
        assert each.back.jitter_ms > 3
        assert each.back.jitter_ms > each.out.jitter_ms


def test_a_stream_to_a_stun_server_shows_loss_without_direction(carried):
    with carried.filtered("far", "forward", f"udp dport 3478 ip version 4 {EACH_TWENTIETH}"):
        fact = carried.fact("udp", stun=STUN, duration_s=1, packets_s=100)
    assert fact.stream.loss_ratio == pytest.approx(0.05, abs=0.011)
    assert fact.stream.out is None


def ports(world, *targets, **params):
    """The state of services, all asked at once."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda target: world.fact("udp_service", target=target, timeout_s=0.6, **params), targets)
        return [(fact.protocol, fact.ports[0].state, fact.silence_tells) for fact in found]


def test_servers_of_known_protocols_answer_a_greeting(carried, tmp_path):
    known = {123: UdpProtocol.NTP, 443: UdpProtocol.QUIC, 1194: UdpProtocol.OPENVPN, 3478: UdpProtocol.STUN}
    with carried.chrony(), carried.vpn_and_web(tmp_path):
        found = ports(carried, *(f"{SERVER[4]}:{port}" for port in known))
    assert found == [(each, UdpPortState.ANSWERS, each is not UdpProtocol.OPENVPN) for each in known.values()]


def test_a_closed_port_refuses_and_silence_means_what_the_protocol_says(reflected):
    with reflected.filtered("far", "forward", "udp dport { 51820, 500 } drop"):
        assert ports(reflected, *(f"{SERVER[4]}:{port}" for port in (1194, 51_820, 500, 862))) == [
            (UdpProtocol.OPENVPN, UdpPortState.REFUSED, False),
            (UdpProtocol.WIREGUARD, UdpPortState.SILENT, False),
            (UdpProtocol.IKE, UdpPortState.SILENT, True),
            (UdpProtocol.UNKNOWN, UdpPortState.SILENT, False),
        ]


def test_a_service_that_speaks_something_else_is_told(carried):
    assert ports(carried, STUN, protocol="ntp") == [(UdpProtocol.NTP, UdpPortState.SILENT, True)]
