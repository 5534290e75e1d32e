"""Which signs of an access line prove what, and what stays unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.access_lines import (
    PortSet,
    access_line,
    line_data,
    nat64_prefixes,
    parse_provisioning,
    shares_ports,
    sign_words,
)
from nexkit.address import scope
from nexkit.facts.access import (
    AccessHop,
    AccessSigns,
    CarrierTarget,
    DnsStep,
    LineKind,
    OwnAddress,
    Provisioning,
    ResolverSigns,
)

NOTHING_KNOWN = {
    "tunnel_route": None,
    "own4": None,
    "own6": None,
    "default4": None,
    "default6": None,
    "hops4": None,
    "mapped4": None,
    "mapped_ports": (),
    "resolvers": (),
    "carrier": (),
    "mtu4_bytes": None,
    "mtu6_bytes": None,
}


def own(*addresses):
    return tuple(
        OwnAddress(address=each, scope=scope(each), dual_stack_lite_range=each.startswith("192.0.0."))
        for each in addresses
    )


def hops(*addresses):
    return tuple(
        AccessHop(
            ttl=ttl,
            address=each,
            scope=None if each is None else scope(each),
            dual_stack_lite_range=each is not None and each.startswith("192.0.0."),
        )
        for ttl, each in enumerate(addresses, start=1)
    )


def resolver(*, nat64=False, provisioned=False):
    return ResolverSigns(
        resolver="192.168.1.1",
        nat64=DnsStep.FOUND if nat64 else DnsStep.EMPTY,
        nat64_prefixes=("64:ff9b::",) if nat64 else (),
        nat64_lengths=(96,) if nat64 else (),
        provisioning_result=DnsStep.FOUND if provisioned else DnsStep.EMPTY,
        provisioning=Provisioning(version="v6mig-1", url=None, certificate_checked=True) if provisioned else None,
        provisioning_text=None,
        tunnel_ends=(),
    )


def carrier(reachable):
    return CarrierTarget(
        target="ngn.example.com",
        address="2001:db8::1",
        reachable=reachable,
        rtt_ms=None,
        answered_by=None,
        failure=None,
    )


HOME4 = {"own4": own("192.168.1.20"), "default4": True}
V6 = {"own6": own("2001:db8::20"), "default6": True}
NO_V6 = {"own6": (), "default6": False}
DUAL = {**HOME4, **V6}


@pytest.mark.parametrize(
    ("signs", "kinds"),
    [
        ({}, set()),
        ({"own4": (), "own6": ()}, {LineKind.NO_ADDRESS}),
        ({**HOME4, **NO_V6}, {LineKind.IPV4_ONLY}),
        ({**HOME4, "own6": own("fd00::1"), "default6": False}, {LineKind.IPV4_ONLY}),
        (HOME4, set()),
        (DUAL, {LineKind.DUAL_STACK}),
        ({"own4": (), "default4": False, **V6}, {LineKind.IPV6_ONLY}),
        ({**DUAL, "hops4": hops("192.168.1.1", "100.64.0.1")}, {LineKind.DUAL_STACK, LineKind.CARRIER_NAT}),
        ({**NO_V6, "own4": own("100.70.1.2"), "default4": True}, {LineKind.IPV4_ONLY, LineKind.CARRIER_NAT}),
        ({**DUAL, "hops4": hops("100.64.0.1"), "tunnel_route": True}, {LineKind.DUAL_STACK}),
        (
            {**DUAL, "hops4": hops("192.168.1.1", "192.168.0.1", "203.0.113.1")},
            {LineKind.DUAL_STACK, LineKind.DOUBLE_NAT},
        ),
        ({**DUAL, "hops4": hops("192.168.1.1", "192.168.0.1", "10.0.0.1", "203.0.113.1")}, {LineKind.DUAL_STACK}),
        ({**DUAL, "hops4": hops("192.168.1.1", "192.168.0.1")}, {LineKind.DUAL_STACK}),
        ({**DUAL, "hops4": hops("192.168.1.1", None, "203.0.113.1")}, {LineKind.DUAL_STACK}),
        ({**DUAL, "hops4": hops("192.168.1.1", "192.0.0.1")}, {LineKind.DUAL_STACK, LineKind.DS_LITE}),
        (
            {**DUAL, "hops4": hops("192.168.1.1", "192.0.0.1"), "resolvers": (resolver(nat64=True),)},
            {LineKind.DUAL_STACK, LineKind.NAT64},
        ),
        (
            {**V6, "own4": own("192.0.0.4"), "default4": True, "resolvers": (resolver(nat64=True),)},
            {LineKind.DUAL_STACK, LineKind.NAT64, LineKind.XLAT464},
        ),
        ({**V6, "own4": own("192.0.0.4"), "default4": True}, {LineKind.DUAL_STACK}),
        ({**NO_V6, "own4": own("203.0.113.5"), "default4": True}, {LineKind.IPV4_ONLY, LineKind.PUBLIC_IPV4}),
        ({**HOME4, **NO_V6, "mapped4": "203.0.113.5"}, {LineKind.IPV4_ONLY}),
        ({**DUAL, "resolvers": (resolver(provisioned=True),)}, {LineKind.DUAL_STACK, LineKind.PROVISIONED}),
        (
            {**DUAL, "resolvers": (resolver(provisioned=True),), "mtu4_bytes": 1460, "mtu6_bytes": 1500},
            {LineKind.DUAL_STACK, LineKind.PROVISIONED, LineKind.IPV4_OVER_IPV6},
        ),
        ({**DUAL, "mtu4_bytes": 1460, "mtu6_bytes": 1500}, {LineKind.DUAL_STACK}),
        ({**DUAL, "mtu4_bytes": 1460}, {LineKind.DUAL_STACK}),
        ({**DUAL, "carrier": (carrier(False), carrier(True))}, {LineKind.DUAL_STACK, LineKind.CARRIER_NETWORK}),
        ({**DUAL, "carrier": (carrier(None), carrier(False))}, {LineKind.DUAL_STACK}),
    ],
)
def test_signs_prove_what_the_file_says_and_no_more(signs, kinds):
    line = access_line(AccessSigns(**{**NOTHING_KNOWN, **signs}), line_data())
    assert {each.kind for each in line.kinds} == kinds
    assert all(each.signs for each in line.kinds)


def test_a_kind_names_its_proof_and_the_file_its_date():
    line = access_line(
        AccessSigns(**{**NOTHING_KNOWN, **DUAL, "hops4": hops("192.168.1.1", "100.64.0.1")}), line_data()
    )
    proof = {each.kind: each.signs for each in line.kinds}
    assert proof[LineKind.CARRIER_NAT] == ("hop_shared",)
    assert line.data_date.startswith("20")
    assert line.has(LineKind.CARRIER_NAT)
    assert not line.has(LineKind.DS_LITE)


def test_every_word_of_the_file_is_one_that_the_program_says():
    """A sign with a slip of the pen would never be seen."""
    said = {"tunnel_route", "mapped4_is_own", "nat64_prefix", "provisioning_record"}
    said |= {"carrier_target", "port_set", "mtu_gap_40", "no_more_private_hops", "hop_lite_range", "hop_shared"}
    said |= {"own4_lite_range", *(f"hop{ttl}_private" for ttl in range(1, 5))}
    said |= {f"{no}{word}{digit}" for no in ("", "no_") for word in ("own", "default") for digit in "46"}
    said |= {f"own{digit}_{each}" for digit in "46" for each in ("private", "shared", "internet", "unique_local")}
    used = {word for rule in line_data().rules for word in rule.all | rule.any | rule.none}
    assert used <= said
    assert {rule.kind for rule in line_data().rules} == set(LineKind)


def test_familiar_packet_sizes_are_facts_beside_the_kinds():
    line = access_line(AccessSigns(**{**NOTHING_KNOWN, "mtu4_bytes": 1454, "mtu6_bytes": 1500}), line_data())
    assert (line.kinds, line.familiar4, line.familiar6) == ((), ("flets_pppoe",), ("ethernet",))


# RFC 6052, section 2.4, with the addresses of ipv4only.arpa in the place of 192.0.2.33.
@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("2001:db8:c000:aa::", ("2001:db8::", 32)),
        ("2001:db8:1c0:0:aa::", ("2001:db8:100::", 40)),
        ("2001:db8:122:c000:0:aa00::", ("2001:db8:122::", 48)),
        ("2001:db8:122:3c0:0:aa::", ("2001:db8:122:300::", 56)),
        ("2001:db8:122:344:c0:0:aa00::", ("2001:db8:122:344::", 64)),
        ("2001:db8:122:344::192.0.0.170", ("2001:db8:122:344::", 96)),
        ("64:ff9b::192.0.0.171", ("64:ff9b::", 96)),
    ],
)
def test_a_prefix_of_every_length_is_found(address, prefix):
    assert nat64_prefixes([address]) == (prefix,)


def test_what_holds_no_known_address_is_no_prefix():
    assert nat64_prefixes(["2001:db8::1", "64:ff9b::192.0.2.1"]) == ()
    assert nat64_prefixes(["64:ff9b::192.0.0.170", "64:ff9b::192.0.0.171"]) == (("64:ff9b::", 96),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v=v6mig-1 url=https://vne.example.jp/rule.cgi t=b", ("https://vne.example.jp/rule.cgi", True)),
        ("v=v6mig-1 url=http://vne.example.jp/rule.cgi t=a", ("http://vne.example.jp/rule.cgi", False)),
        ("t=b v=v6mig-1", (None, True)),
        ("v=v6mig-1 url=ftp://vne.example.jp/ t=c", (None, None)),
        ("v=v6mig-1 url=https:///nothing t=b", (None, True)),
        ("v=v6mig-1 url=https://[bad t=b", (None, True)),
        ("v=v6mig-1 url=https://a/ url=https://b/ t=b t=a", ("https://a/", True)),
    ],
)
def test_a_provisioning_record_is_read(text, expected):
    found = parse_provisioning(text)
    assert (found.version, found.url, found.certificate_checked) == ("v6mig-1", *expected)


@pytest.mark.parametrize("text", ["", "v=spf1 -all", "v=v6mig-2 url=https://a/ t=b", "v=v6mig-1 " + "x" * 600])
def test_another_record_is_none(text):
    assert parse_provisioning(text) is None


@given(st.text(max_size=200), st.lists(st.ip_addresses(v=6).map(str), max_size=5))
def test_nothing_from_the_network_breaks_it(text, addresses):
    parse_provisioning("v=v6mig-1 url=" + text)
    nat64_prefixes(addresses)


V6PLUS = PortSet(offset=4, length=8)


def of_line(number, count):
    """Ports of the line with this number, spread over its blocks."""
    return [(block + 1) << 12 | number << 4 | block % 16 for block in range(count)]


def test_ports_of_one_line_s_set_are_told_from_others():
    assert shares_ports(of_line(0x5A, 8), V6PLUS)
    assert not shares_ports(of_line(0x5A, 4), V6PLUS), "too few"
    assert not shares_ports([*of_line(0x5A, 8), 40_000], V6PLUS), "one is of no set"
    assert not shares_ports(range(40_000, 40_016), V6PLUS), "in a row, as ordinary routers give them"
    assert not shares_ports([port & 0x0FFF for port in of_line(0x5A, 8)], V6PLUS), "the first block is nobody's"


@given(st.sets(st.integers(1024, 65_535), min_size=5, max_size=20))
def test_ports_by_chance_share_nothing(ports):
    numbers = {port >> 4 & 0xFF for port in ports}
    assert shares_ports(ports, V6PLUS) <= (len(numbers) == 1)


def test_the_words_of_a_line_with_shared_ports():
    words = set(sign_words(AccessSigns(**{**NOTHING_KNOWN, "mapped_ports": tuple(of_line(7, 9))}), line_data()))
    assert words == {"port_set"}
