import asyncio
import errno
import struct

import pytest
from scripted import context, measure

from nexkit.address import Family
from nexkit.facts.udp import MappingTest, NatMapping, StreamMethod
from nexkit.outcome import FailureKind
from nexkit.platform.fake import FakePlatform
from probes.udp import UdpParams, UdpProbe

FIRST, SECOND, OTHER, SIXTH = "198.18.8.80", "198.18.8.82", "198.18.8.81", "2001:db8:18:8::80"
OWN = ("192.168.10.20", 40_000)
SEEN = ("203.0.113.7", 50_000)


def attribute(kind, address, port):
    packed = bytes(map(int, address.split(".")))
    value = struct.pack("!BBH", 0, 1, port) + packed
    return struct.pack("!HH", kind, len(value)) + value


def bound(request, seen=SEEN, other=None):
    body = attribute(0x0001, *seen) + (attribute(0x802C, *other) if other else b"")
    return struct.pack("!HH", 0x0101, len(body)) + request[4:20] + body


class Nat:
    """STUN servers that see what a function of their address and port says; silence where it says None."""

    def __init__(self, seen, other=None, answered_from=0):
        self.seen = seen
        self.other = other
        self.answered_from = answered_from
        self.asked = []

    def __call__(self, address, port, payload):
        self.asked.append((address, port))
        seen = self.seen(address, port)
        if seen is None or len(self.asked) <= self.answered_from:
            return TimeoutError()
        return seen if isinstance(seen, OSError) else bound(payload, seen, self.other)


def fact_of(udp, *, names=None, max_bytes=600_000, **params):
    platform = FakePlatform(udp=udp, names=names or {}, udp_rtt_ms=20.0)
    params = {"stun": (FIRST,), "duration_s": 0.0, "timeout_s": 0.1, "reply_timeout_s": 0.05} | params
    return measure(UdpProbe(), UdpParams(**params), context(platform, max_bytes=max_bytes))


def test_what_a_server_sees_is_told():
    (answer,) = fact_of(Nat(lambda *_: SEEN)).stun
    assert (answer.server, answer.address, answer.port, answer.attempts) == (FIRST, FIRST, 3478, 1)
    assert (answer.mapped_address, answer.mapped_port, answer.failure) == (*SEEN, None)
    assert answer.rtt_ms == pytest.approx(20.0)


def test_without_translation_there_is_no_mapping_to_test():
    nat = Nat(lambda *_: OWN, other=(OTHER, 3479))
    (view,) = fact_of(nat).nat
    assert (view.own_address, view.own_port, view.translated, view.port_preserved) == (*OWN, False, True)
    assert (view.mapping, view.mapping_test) == (NatMapping.NONE, None)
    assert nat.asked == [(FIRST, 3478)]


@pytest.mark.parametrize(
    ("seen", "mapping"),
    [
        (lambda address, port: SEEN, NatMapping.ENDPOINT_INDEPENDENT),
        (lambda address, port: (SEEN[0], 50_000 + (address == OTHER)), NatMapping.ADDRESS_DEPENDENT),
        (
            lambda address, port: (SEEN[0], 50_000 + port + (address == OTHER)),
            NatMapping.ADDRESS_AND_PORT_DEPENDENT,
        ),
    ],
)
def test_a_server_with_two_addresses_tells_the_kind_of_mapping(seen, mapping):
    (view,) = fact_of(Nat(seen, other=(OTHER, 3479))).nat
    assert (view.translated, view.mapping, view.mapping_test) == (True, mapping, MappingTest.OTHER_ADDRESS)


@pytest.mark.parametrize(
    ("seen", "mapping"),
    [
        (lambda address, port: SEEN, NatMapping.ENDPOINT_INDEPENDENT),
        (lambda address, port: (SEEN[0], 50_000 + (address == FIRST)), NatMapping.ENDPOINT_DEPENDENT),
    ],
)
def test_two_servers_tell_whether_it_depends_on_the_endpoint(seen, mapping):
    (view,) = fact_of(Nat(seen), stun=(FIRST, f"{SECOND}:3479")).nat
    assert (view.mapping, view.mapping_test) == (mapping, MappingTest.TWO_SERVERS)


def test_two_names_of_one_server_tell_nothing():
    names = {"a.example.com": (FIRST,), "b.example.com": (FIRST,)}
    (view,) = fact_of(Nat(lambda *_: SEEN), stun=tuple(names), names=names).nat
    assert view.mapping is None


@pytest.mark.parametrize("other", [("127.0.0.1", 3479), ("192.168.10.1", 53), (FIRST, 3479), (OTHER, 0)])
def test_a_stranger_cannot_send_us_anywhere(other):
    nat = Nat(lambda *_: SEEN, other=other)
    (view,) = fact_of(nat).nat
    assert view.mapping is None
    assert nat.asked == [(FIRST, 3478)]


def test_a_lost_request_is_repeated():
    (answer,) = fact_of(Nat(lambda *_: SEEN, answered_from=1)).stun
    assert (answer.attempts, answer.failure) == (2, None)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [(None, FailureKind.TIMEOUT), (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), FailureKind.REFUSED)],
)
def test_silence_and_refusal_are_results_and_get_no_stream(seen, kind):
    nat = Nat(lambda *_: seen)
    fact = fact_of(nat, duration_s=10.0)
    assert (fact.stun[0].failure.kind, fact.stun[0].attempts, fact.stream) == (kind, 3, None)
    assert (fact.nat[0].translated, fact.nat[0].mapping) == (None, None)
    assert len(nat.asked) == 3


def test_an_answer_that_cannot_be_read_is_told_as_such():
    fact = fact_of(lambda address, port, payload: struct.pack("!HH", 0x0101, 0) + payload[4:20])
    assert fact.stun[0].failure.kind is FailureKind.PROTOCOL
    assert fact.stun[0].rtt_ms is not None


def test_each_family_of_a_name_is_asked_and_a_missing_name_is_told():
    names = {"stun.example.com": (SIXTH, FIRST, SECOND)}
    fact = fact_of(Nat(lambda address, port: SEEN), stun=("stun.example.com", "missing.example.com"), names=names)
    assert sorted((each.address or "", each.failure and each.failure.kind) for each in fact.stun) == [
        ("", FailureKind.NAME_NOT_FOUND),
        (FIRST, None),
        (SIXTH, None),
    ]
    assert {each.family for each in fact.nat} == set(Family)


def test_a_stream_to_a_stun_server_has_plain_requests():
    nat = Nat(lambda *_: SEEN)
    stream = fact_of(nat, duration_s=1.0).stream
    assert (stream.method, stream.target, stream.payload_bytes) == (StreamMethod.STUN, FIRST, 20)
    assert (stream.sent, stream.received, stream.loss_ratio, stream.duplicates) == (50, 50, 0.0, 0)
    assert stream.rtt_p50_ms == pytest.approx(20.0)
    assert len(nat.asked) == 51


def reflector(*, stateless=False, lose=lambda count: False, answers=True):
    """A STAMP reflector that loses the answers of a function of its count."""
    count = -1

    def reflect(address, port, payload):
        nonlocal count
        if port != 862 or not answers:
            return TimeoutError()
        count += 1
        theirs, stamp = struct.unpack_from("!IQ", payload)
        number = theirs if stateless else count
        head = struct.pack("!IQHHQIQHHB3x", number, 1 << 32, 1, 0, 1 << 32, theirs, stamp, 1, 0, 64)
        return TimeoutError() if lose(count) else head + payload[44:]

    return reflect


def test_a_reflector_gets_the_stream_before_any_stun_server():
    fact = fact_of(reflector(), stun=(), reflectors=(FIRST,), duration_s=1.0)
    assert (fact.reflectors[0].address, fact.reflectors[0].port, fact.reflectors[0].failure) == (FIRST, 862, None)
    stream = fact.stream
    assert (stream.method, stream.payload_bytes, stream.sent, stream.received) == (StreamMethod.STAMP, 172, 50, 50)
    assert (stream.out.loss_ratio, stream.back.loss_ratio) == (0.0, 0.0)


def test_loss_on_the_way_back_is_told_by_a_reflector_that_counts_and_not_by_one_that_repeats():
    lost = {5, 6, 20}
    params = {"stun": (), "reflectors": (FIRST,), "duration_s": 1.0}
    counted = fact_of(reflector(lose=lambda count: count in lost), **params).stream
    assert (counted.out.loss_ratio, counted.back.loss_ratio) == (0.0, pytest.approx(3 / 50))
    repeated = fact_of(reflector(lose=lambda count: count in lost, stateless=True), **params).stream
    assert (repeated.loss_ratio, repeated.out.loss_ratio, repeated.back.loss_ratio) == (pytest.approx(0.06), None, None)


def test_a_silent_reflector_leaves_the_stream_to_a_stun_server():
    def both(address, port, payload):
        return bound(payload) if port == 3478 else TimeoutError()

    fact = fact_of(both, reflectors=(FIRST,), duration_s=0.5)
    assert fact.reflectors[0].failure.kind is FailureKind.TIMEOUT
    assert fact.stream.method is StreamMethod.STUN


def test_a_closed_reflector_is_told_as_such():
    fact = fact_of(lambda *_: ConnectionRefusedError(errno.ECONNREFUSED, "refused"), stun=(), reflectors=(FIRST,))
    assert fact.reflectors[0].failure.kind is FailureKind.REFUSED


def test_a_stream_stops_where_its_bytes_end():
    ctx = context(FakePlatform(udp=Nat(lambda *_: SEEN)), max_bytes=5_000)
    params = UdpParams(stun=(FIRST,), duration_s=2.0, reply_timeout_s=0.05)
    stream = measure(UdpProbe(), params, ctx).stream
    assert stream.failure.kind is FailureKind.BUDGET
    assert 10 < stream.sent < 60
    assert ctx.spent_bytes <= 5_000


@pytest.mark.parametrize("udp", [Nat(lambda *_: None), Nat(lambda *_: SEEN), reflector()])
def test_it_can_be_cancelled_at_any_time(udp):
    async def cancel_soon():
        params = UdpParams(stun=(FIRST,), reflectors=(FIRST,), duration_s=10.0)
        task = asyncio.create_task(UdpProbe().run(params, context(FakePlatform(udp=udp))))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(asyncio.wait_for(cancel_soon(), 1))


@pytest.mark.parametrize(
    "params",
    [
        {"stun": ()},
        {"stun": ("a.example.com",) * 5},
        {"stun": ("a.example.com:0",)},
        {"stun": ("a.example.com:x",)},
        {"reflectors": ("not a name",)},
        {"packets_s": 0.5},
        {"packets_s": 200.0},
        {"payload_bytes": 20},
        {"duration_s": 31.0},
        {"duration_s": 30.0, "payload_bytes": 1200, "packets_s": 100.0},
        {"timeout_s": 0.0},
    ],
)
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"."):
        UdpParams(**({"stun": (FIRST,)} | params))
