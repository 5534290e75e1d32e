import pytest

from nexkit.address import Family, Scope, family, in_prefix, is_address, scope, with_zone


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", Scope.LOOPBACK),
        ("127.255.255.255", Scope.LOOPBACK),
        ("::1", Scope.LOOPBACK),
        ("169.254.7.7", Scope.LINK_LOCAL),
        ("fe80::1%eth0", Scope.LINK_LOCAL),
        ("febf::1", Scope.LINK_LOCAL),
        ("10.0.0.1", Scope.PRIVATE),
        ("172.15.255.255", Scope.INTERNET),
        ("172.16.0.0", Scope.PRIVATE),
        ("172.31.255.255", Scope.PRIVATE),
        ("172.32.0.0", Scope.INTERNET),
        ("192.168.1.1", Scope.PRIVATE),
        ("100.63.255.255", Scope.INTERNET),
        ("100.64.0.1", Scope.SHARED),
        ("100.127.255.255", Scope.SHARED),
        ("100.128.0.0", Scope.INTERNET),
        ("fc00::1", Scope.UNIQUE_LOCAL),
        ("fdff::1", Scope.UNIQUE_LOCAL),
        ("224.0.0.251", Scope.MULTICAST),
        ("255.255.255.255", Scope.MULTICAST),
        ("ff02::1", Scope.MULTICAST),
        ("0.0.0.0", Scope.UNSPECIFIED),
        ("::", Scope.UNSPECIFIED),
        ("::ffff:10.0.0.1", Scope.PRIVATE),
        ("::ffff:192.0.2.1", Scope.INTERNET),
    ],
)
def test_scopes_by_the_table(address, expected):
    assert scope(address) is expected


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.10", "2001:db8::1"])
def test_documentation_and_benchmark_ranges_count_as_internet(address):
    assert scope(address) is Scope.INTERNET


@pytest.mark.parametrize(
    ("redacted", "its_family", "its_scope"),
    [
        ("203.0.113.0/24#ip-kdv7mpzb", Family.IPV4, Scope.INTERNET),
        ("2001:db8::/32#ip-kdv7mpzb", Family.IPV6, Scope.INTERNET),
        ("fe80::/10#ip-kdv7mpzb", Family.IPV6, Scope.LINK_LOCAL),
    ],
)
def test_a_redacted_address_gives_the_same_answers(redacted, its_family, its_scope):
    assert (family(redacted), scope(redacted)) == (its_family, its_scope)


@pytest.mark.parametrize(
    ("address", "expected"), [("192.0.2.1", Family.IPV4), ("2001:db8::1", Family.IPV6), ("fe80::1%12", Family.IPV6)]
)
def test_families(address, expected):
    assert family(address) is expected


@pytest.mark.parametrize("text", ["", "www.example.com", "192.0.2", "192.0.2.256", "1:2"])
def test_what_is_no_address_is_refused(text):
    assert not is_address(text)
    with pytest.raises(ValueError, match="does not appear"):
        scope(text)
    with pytest.raises(ValueError, match="does not appear"):
        family(text)


@pytest.mark.parametrize("text", ["192.0.2.1", "2001:db8::1", "fe80::1%en0"])
def test_literal_addresses_are_known(text):
    assert is_address(text)


@pytest.mark.parametrize("text", ["192.0.2.1#ip-kdv7mpzb", "192.0.2.1%eth0", "192.0.2.0/24", "2001:db8::1%"])
def test_what_is_no_address_by_itself_is_no_literal(text):
    assert not is_address(text)


@pytest.mark.parametrize(
    ("address", "whole"),
    [
        ("fe80::1", "fe80::1%eth0"),
        ("FEBF::1", "FEBF::1%eth0"),
        ("fe80::1%eth1", "fe80::1%eth1"),
        ("169.254.1.1", "169.254.1.1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_link_local_ipv6_gets_the_zone_that_it_needs(address, whole):
    assert with_zone(address, "eth0") == whole


@pytest.mark.parametrize(
    ("address", "own", "length", "expected"),
    [
        ("192.168.1.1", "192.168.1.20", 24, True),
        ("192.168.2.1", "192.168.1.20", 24, False),
        ("fe80::1%eth0", "fe80::20", 64, True),
        ("192.168.1.1", "2001:db8::1", 0, False),
        ("192.168.1.1", "192.168.1.1", 32, True),
    ],
)
def test_on_link_prefixes(address, own, length, expected):
    assert in_prefix(address, own, length) is expected
