"""Whole ICMP messages: what they quote, and MPLS labels; every cut and every flipped bit is survived."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.path import MplsLabel
from nexkit.platform.internet_checksum import internet_sum
from nexkit.platform.parse_icmp_error import parse_extended_error
from nexkit.platform.parse_icmp_message import mpls_labels, parse_icmp_message

ROUTER, OWN, TARGET = "198.51.100.1", "192.168.10.20", "198.18.0.10"
LABELS = (
    MplsLabel(label=16004, traffic_class=5, bottom=False, ttl=1),
    MplsLabel(label=24, traffic_class=0, bottom=True, ttl=254),
)


def ipv4(payload, *, source, destination, ttl, protocol=1):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, ttl, protocol, 0)
    return head + ip_address(source).packed + ip_address(destination).packed + payload


def ipv6(payload, *, source, destination, ttl, protocol=58):
    head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl)
    return head + ip_address(source).packed + ip_address(destination).packed + payload


def summed(data, at=2):
    return data[:at] + struct.pack("!H", ~internet_sum(data) & 0xFFFF) + data[at + 2 :]


def extension(*labels, with_checksum=True):
    stack = b"".join(
        struct.pack("!I", each.label << 12 | each.traffic_class << 9 | each.bottom << 8 | each.ttl) for each in labels
    )
    other = struct.pack("!HBB", 8, 2, 1) + bytes(4)
    whole = struct.pack("!BBH", 0x20, 0, 0) + other + struct.pack("!HBB", 4 + len(stack), 1, 1) + stack
    return summed(whole) if with_checksum else whole


ECHO = struct.pack("!BBHHH", 8, 0, 0, 77, 4) + bytes(32)


def time_exceeded(quote, *, padded=False, tail=b"", told=True):
    body = quote.ljust(128, b"\0") if padded else quote
    length = len(body) // 4 if padded and told else 0
    message = struct.pack("!BBHBBH", 11, 0, 0, 0, length, 0) + body + tail
    return ipv4(message, source=ROUTER, destination=OWN, ttl=250)


QUOTE = ipv4(ECHO, source=OWN, destination=TARGET, ttl=1)


def test_an_echo_reply_tells_whose_it_is():
    reply = struct.pack("!BBHHH", 0, 0, 0, 77, 4) + bytes(32)
    message = parse_icmp_message(ipv4(reply, source=TARGET, destination=OWN, ttl=58), 4)
    assert (message.source, message.type, message.ttl) == (TARGET, 0, 58)
    assert (message.identifier, message.sequence, message.quote) == (77, 4, None)


def test_an_error_tells_what_it_quotes():
    message = parse_icmp_message(time_exceeded(QUOTE), 4)
    assert (message.source, message.type, message.code, message.ttl) == (ROUTER, 11, 0, 250)
    assert (message.identifier, message.sequence, message.mpls) == (77, 4, None)
    quote = message.quote
    assert (quote.ttl, quote.source, quote.destination, quote.protocol) == (1, OWN, TARGET, 1)
    assert quote.transport == ECHO


def test_a_quote_of_the_least_that_is_allowed_is_enough():
    message = parse_icmp_message(time_exceeded(QUOTE[:28]), 4)
    assert (message.identifier, message.sequence) == (77, 4)


def test_a_message_of_ipv6_has_no_ip_header():
    quote = ipv6(
        struct.pack("!BBHHH", 128, 0, 0, 9, 3) + bytes(8), source="2001:db8::1", destination="2001:db8::2", ttl=0
    )
    message = parse_icmp_message(struct.pack("!BBHI", 3, 0, 0, 0) + quote, 6)
    assert (message.source, message.ttl, message.identifier, message.sequence) == (None, None, 9, 3)
    assert (message.quote.ttl, message.quote.destination) == (0, "2001:db8::2")


@pytest.mark.parametrize("told", [True, False], ids=["length", "no length, as before RFC 4884"])
def test_labels_are_read(told):
    message = parse_icmp_message(time_exceeded(QUOTE, padded=True, tail=extension(*LABELS), told=told), 4)
    assert message.mpls == LABELS
    assert message.quote.transport.startswith(ECHO)


def test_without_a_checksum_an_extension_counts_only_where_the_message_tells_of_it():
    tail = extension(*LABELS, with_checksum=False)
    assert parse_icmp_message(time_exceeded(QUOTE, padded=True, tail=tail), 4).mpls == LABELS
    assert parse_icmp_message(time_exceeded(QUOTE, padded=True, tail=tail, told=False), 4).mpls is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        extension(*LABELS)[:6],
        b"\x10" + extension(*LABELS)[1:],
        extension(*LABELS)[:-1] + b"\xff",
        summed(struct.pack("!BBHHBB", 0x20, 0, 0, 0, 1, 1)),
        summed(struct.pack("!BBHHBB", 0x20, 0, 0, 4, 1, 1)),
    ],
    ids=["nothing", "cut off", "another version", "wrong checksum", "an object without length", "an empty stack"],
)
def test_what_is_no_label_stack_gives_none(data):
    assert mpls_labels(data, 0, 128) is None


def test_a_stack_without_end_is_cut_off():
    many = tuple(MplsLabel(label=number, traffic_class=0, bottom=False, ttl=1) for number in range(300))
    assert len(mpls_labels(extension(*many), 0, 128)) == 16


def test_messages_that_answer_nothing_are_passed_over():
    request = ipv4(ECHO, source=TARGET, destination=OWN, ttl=64)
    assert parse_icmp_message(request, 4) is None


@given(st.binary(max_size=300), st.sampled_from([4, 6]))
def test_any_bytes_are_survived(data, version):
    parse_icmp_message(data, version)
    parse_icmp_message(data + time_exceeded(QUOTE, padded=True, tail=extension(*LABELS)), version)


@given(st.data())
def test_a_damaged_message_is_survived(data):
    whole = bytearray(time_exceeded(QUOTE, padded=True, tail=extension(*LABELS)))
    for _ in range(3):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    parse_icmp_message(bytes(whole[: data.draw(st.integers(0, len(whole)))]), 4)


@pytest.mark.parametrize(("flags", "place"), [(0, 100), (1, None)])
def test_the_kernel_tells_where_an_extension_begins_and_whether_it_holds(flags, place):
    told = struct.pack("=IBBBBIHBx", 113, 2, 11, 0, 0, 0, 100, flags) + bytes(4) + ip_address(ROUTER).packed
    error = parse_extended_error(told, 4)
    assert (error.offender, error.time_exceeded, error.extension_at) == (ROUTER, True, place)
