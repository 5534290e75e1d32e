import pytest

from probes.exchange.hosts import authority, wire_host
from probes.exchange.traffic import tcp_bytes, udp_bytes


def test_a_zone_stays_at_home():
    assert wire_host("fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize(
    ("host", "port", "header"),
    [
        ("www.example.com", 443, "www.example.com"),
        ("www.example.com", 8443, "www.example.com:8443"),
        ("198.18.0.1", 443, "198.18.0.1"),
        ("2001:db8::1", 443, "[2001:db8::1]"),
        ("fe80::1%eth0", 8443, "[fe80::1]:8443"),
    ],
)
def test_the_host_header(host, port, header):
    assert authority(host, port, default_port=443) == header


def test_traffic_counts_headers_and_acknowledgements():
    assert udp_bytes(100) == 148
    assert tcp_bytes(0) == 0
    assert tcp_bytes(1) == 145
    assert tcp_bytes(1428) == 1572
    assert tcp_bytes(1429) == 1429 + 2 * 144
