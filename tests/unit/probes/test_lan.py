import asyncio
import errno

import pytest
from scripted import context, measure

from nexkit.facts.network import NeighbourState
from nexkit.outcome import Failed, FailureKind
from nexkit.platform.api import Neighbour
from nexkit.platform.fake import FakePlatform
from probes.exchange.traffic import TCP_CONNECTION_BYTES
from probes.lan import LanParams, LanProbe

GATEWAY = "192.168.10.1"
MAC = "02:00:00:00:00:fe"
KNOWN = Neighbour(state=NeighbourState.REACHABLE, mac=MAC)


def reach(platform, gateway=GATEWAY, ctx=None, **params):
    return measure(LanProbe(), LanParams(gateway=gateway, interface="eth0", **params), ctx or context(platform))


def test_every_port_has_its_answer():
    platform = FakePlatform(
        tcp={(GATEWAY, 53): 1.5, (GATEWAY, 80): ConnectionRefusedError(errno.ECONNREFUSED, "refused")},
        neighbours={GATEWAY: KNOWN},
    )
    fact = reach(platform)
    assert [(answer.port, answer.connect_ms) for answer in fact.tcp] == [(53, 1.5), (80, None), (443, None)]
    assert fact.tcp[0].failure is None
    assert [(answer.failure.kind, answer.failure.step) for answer in fact.tcp[1:]] == [
        (FailureKind.REFUSED, "connect"),
        (FailureKind.TIMEOUT, "connect"),
    ]
    assert (fact.gateway, fact.interface, fact.neighbour, fact.mac) == (
        GATEWAY,
        "eth0",
        NeighbourState.REACHABLE,
        MAC,
    )


def test_the_neighbour_is_looked_up_after_the_traffic_to_it():
    platform = FakePlatform()
    reach(platform, tcp_ports=(53,), ask_dns=False)
    assert platform.calls == [("connect_tcp", GATEWAY, "53"), ("neighbour", GATEWAY, "eth0")]


def test_silence_is_a_result():
    fact = reach(FakePlatform(neighbours={GATEWAY: Neighbour(state=NeighbourState.FAILED, mac=None)}))
    assert (fact.neighbour, fact.mac) == (NeighbourState.FAILED, None)
    assert {answer.failure.kind for answer in fact.tcp} == {FailureKind.TIMEOUT}


def test_a_table_that_may_not_be_read_is_not_known():
    fact = reach(FakePlatform(neighbours={GATEWAY: PermissionError(1, "no")}))
    assert (fact.neighbour, fact.mac) == (None, None)


def test_a_table_that_cannot_be_read_is_a_failure():
    platform = FakePlatform(neighbours={GATEWAY: OSError(12, "no memory")})
    outcome = asyncio.run(LanProbe().run(LanParams(gateway=GATEWAY, interface="eth0"), context(platform)))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.OTHER, "neighbour")


@pytest.mark.parametrize(("gateway", "asked"), [("fe80::1", "fe80::1%eth0"), ("2001:db8::1", "2001:db8::1")])
def test_a_link_local_gateway_is_asked_on_its_interface(gateway, asked):
    platform = FakePlatform()
    reach(platform, gateway, tcp_ports=(80,))
    assert platform.calls[0] == ("connect_tcp", asked, "80")


def test_every_connection_is_paid_for():
    ctx = context(FakePlatform())
    reach(None, ctx=ctx, ask_dns=False)
    assert ctx.spent_bytes == 3 * TCP_CONNECTION_BYTES


@pytest.mark.parametrize("params", [{"gateway": "router"}, {"tcp_ports": (0,)}])
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"no address|must be"):
        LanParams(**{"gateway": GATEWAY, "interface": "eth0", **params})


def answering(flags, change=lambda reply: reply):
    return lambda address, port, query: change(query[:2] + flags + query[4:]) if port == 53 else TimeoutError()


@pytest.mark.parametrize(
    ("flags", "rcode"),
    [(b"\x81\x80", "NOERROR"), (b"\x81\x85", "REFUSED"), (b"\x80\x02", "SERVFAIL"), (b"\x80\x0b", "RCODE11")],
)
def test_any_answer_to_a_dns_question_is_a_sign_of_life(flags, rcode):
    dns = reach(FakePlatform(udp=answering(flags))).dns
    assert (dns.rcode, dns.rtt_ms, dns.failure) == (rcode, 1.0, None)


@pytest.mark.parametrize(
    ("udp", "kind"),
    [
        (answering(b"\x01\x00"), FailureKind.TIMEOUT),
        (answering(b"\x81\x80", lambda reply: b"\x00\x00" + reply[2:]), FailureKind.TIMEOUT),
        (answering(b"\x81\x80", lambda reply: reply[:11]), FailureKind.TIMEOUT),
        (lambda *_: ConnectionRefusedError(errno.ECONNREFUSED, "refused"), FailureKind.REFUSED),
    ],
)
def test_what_is_no_answer_is_none(udp, kind):
    dns = reach(FakePlatform(udp=udp)).dns
    assert (dns.rcode, dns.rtt_ms, dns.failure.kind, dns.failure.step) == (None, None, kind, "dns")


def test_dns_need_not_be_asked():
    platform = FakePlatform()
    assert reach(platform, ask_dns=False).dns is None
    assert not any(call[0] == "exchange_udp" for call in platform.calls)
