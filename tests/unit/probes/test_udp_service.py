import errno

import pytest
from scripted import context, measure

from nexkit.facts.udp import UdpPortState, UdpProtocol
from nexkit.outcome import FailureKind
from nexkit.platform.fake import FakePlatform
from probes.udp_service import UdpServiceParams, UdpServiceProbe

HOST = "198.18.3.30"


def fact_of(udp, target, *, names=None, **params):
    platform = FakePlatform(udp=udp, names=names or {})
    return measure(UdpServiceProbe(), UdpServiceParams(target=target, timeout_s=0.1, **params), context(platform))


def echo(address, port, payload):
    return payload[:2] + b"\x81\x05" + payload[4:]


@pytest.mark.parametrize(
    ("port", "protocol", "silence_tells"),
    [
        (53, UdpProtocol.DNS, True),
        (443, UdpProtocol.QUIC, True),
        (4500, UdpProtocol.IKE_NAT, True),
        (1194, UdpProtocol.OPENVPN, False),
        (51820, UdpProtocol.WIREGUARD, False),
        (5060, UdpProtocol.UNKNOWN, False),
    ],
)
def test_the_number_of_the_port_says_what_to_speak_and_what_silence_means(port, protocol, silence_tells):
    fact = fact_of(lambda *_: TimeoutError(), f"{HOST}:{port}")
    assert (fact.protocol, fact.silence_tells) == (protocol, silence_tells)
    assert [(each.state, each.attempts, each.failure) for each in fact.ports] == [(UdpPortState.SILENT, 3, None)]


def test_an_answer_of_the_protocol_is_told_with_its_round_trip():
    (port,) = fact_of(echo, f"{HOST}:53").ports
    assert (port.state, port.attempts, port.rtt_ms) == (UdpPortState.ANSWERS, 1, 1.0)


def test_the_protocol_can_be_said():
    fact = fact_of(echo, f"{HOST}:5353", protocol=UdpProtocol.DNS)
    assert (fact.protocol, fact.ports[0].state) == (UdpProtocol.DNS, UdpPortState.ANSWERS)


def test_something_else_that_answers_is_told_from_silence():
    (port,) = fact_of(lambda *_: b"ERR", f"{HOST}:53").ports
    assert port.state is UdpPortState.ANSWERS_OTHERWISE


@pytest.mark.parametrize(
    ("error", "state", "kind"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), UdpPortState.REFUSED, FailureKind.REFUSED),
        (OSError(errno.EHOSTUNREACH, "no route"), UdpPortState.FAILED, FailureKind.HOST_UNREACHABLE),
        (PermissionError(1, "firewall"), UdpPortState.FAILED, FailureKind.FILTERED_LOCALLY),
    ],
)
def test_what_the_network_says_instead_is_kept(error, state, kind):
    (port,) = fact_of(lambda *_: error, f"{HOST}:500").ports
    assert (port.state, port.failure.kind, port.attempts) == (state, kind, 1)


def test_the_first_addresses_of_both_families_are_asked():
    addresses = ("2001:db8::1", "198.18.0.1", "198.18.0.2", "198.18.0.3")
    fact = fact_of(lambda *_: TimeoutError(), "vpn.example.com:500", names={"vpn.example.com": addresses})
    assert [port.address for port in fact.ports] == list(addresses[:3])


def test_a_name_that_is_not_there_is_a_result():
    fact = fact_of(echo, "vpn.example.com:500")
    assert (fact.resolve_failure.kind, fact.ports) == (FailureKind.NAME_NOT_FOUND, ())


@pytest.mark.parametrize("target", ["", "vpn.example.com", "vpn.example.com:", ":53", "198.18.0.1:65536", "a b:53"])
def test_a_target_that_is_no_port_of_a_host_is_refused(target):
    with pytest.raises(ValueError, match=r"."):
        UdpServiceParams(target=target)


def test_an_ipv6_address_stands_in_brackets():
    fact = fact_of(echo, "[2001:db8::1]:53")
    assert (fact.host, fact.port) == ("2001:db8::1", 53)
