"""resolv.conf, gsettings and extended ICMP errors, as Linux systems write them."""

import struct
from ipaddress import ip_address

import pytest

from nexkit.facts.network import Proxy, ProxySettings
from nexkit.outcome import FailureKind
from nexkit.platform.parse_gsettings import parse_gnome_proxy
from nexkit.platform.parse_icmp_error import IcmpError, parse_extended_error
from nexkit.platform.parse_resolv_conf import ResolvConf, parse_resolv_conf

GNOME = """\
org.gnome.system.proxy autoconfig-url '{url}'
org.gnome.system.proxy ignore-hosts ['localhost', '127.0.0.0/8', '::1']
org.gnome.system.proxy mode '{mode}'
org.gnome.system.proxy use-same-proxy true
org.gnome.system.proxy.http authentication-user ''
org.gnome.system.proxy.http enabled false
org.gnome.system.proxy.http host '{host}'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.https host ''
org.gnome.system.proxy.https port 0
"""


def test_resolv_conf_keeps_the_order_and_the_last_search_list():
    text = (
        "# by hand\n; or not\ndomain example.org\nnameserver 192.168.10.1\nnameserver\tfe80::1%eth0\n"
        "nameserver 192.168.10.1\nnameserver not-an-address\nsearch example.com example.net\noptions ndots:2\n"
    )
    assert parse_resolv_conf(text) == ResolvConf(
        nameservers=("192.168.10.1", "fe80::1%eth0"), search_domains=("example.com", "example.net"), ndots=2
    )


@pytest.mark.parametrize(
    ("mode", "url", "host", "settings"),
    [
        ("none", "", "proxy.example.com", ProxySettings(auto_detect=False)),
        (
            "manual",
            "",
            "proxy.example.com",
            ProxySettings(http=Proxy(host="proxy.example.com", port=8080), auto_detect=False),
        ),
        ("manual", "", "", ProxySettings(auto_detect=False)),
        (
            "auto",
            "http://wpad.example.com/wpad.dat",
            "",
            ProxySettings(pac_url="http://wpad.example.com/wpad.dat", auto_detect=False),
        ),
        ("auto", "", "", ProxySettings(auto_detect=True)),
    ],
)
def test_the_desktops_proxy(mode, url, host, settings):
    assert parse_gnome_proxy(GNOME.format(mode=mode, url=url, host=host)).summary() == settings


@pytest.mark.parametrize("output", ["", "No such schema “org.gnome.system.proxy”\n", "org.gnome.system.proxy mode"])
def test_output_without_the_schema_says_nothing(output):
    assert parse_gnome_proxy(output).summary() == ProxySettings()


def extended_error(origin, kind, code, offender):
    packed = ip_address(offender).packed
    head = struct.pack("=IBBBBII", 113, origin, kind, code, 0, 0, 0)
    if len(packed) == 4:
        return head + struct.pack("=HH4s8x", 2, 0, packed)
    return head + struct.pack("=HHI16sI", 10, 0, 0, packed, 0)


@pytest.mark.parametrize(
    ("version", "kind", "code", "offender", "time_exceeded", "failure"),
    [
        (4, 11, 0, "198.18.0.1", True, FailureKind.HOST_UNREACHABLE),
        (4, 3, 0, "198.18.0.1", False, FailureKind.NET_UNREACHABLE),
        (4, 3, 1, "198.18.0.1", False, FailureKind.HOST_UNREACHABLE),
        (4, 3, 3, "198.18.0.1", False, FailureKind.REFUSED),
        (4, 3, 4, "198.18.0.1", False, FailureKind.MESSAGE_TOO_BIG),
        (4, 3, 13, "198.18.0.1", False, FailureKind.HOST_UNREACHABLE),
        (4, 12, 0, "198.18.0.1", False, FailureKind.OTHER),
        (6, 3, 0, "2001:db8::1", True, FailureKind.HOST_UNREACHABLE),
        (6, 1, 0, "2001:db8::1", False, FailureKind.NET_UNREACHABLE),
        (6, 1, 4, "2001:db8::1", False, FailureKind.REFUSED),
        (6, 1, 1, "2001:db8::1", False, FailureKind.HOST_UNREACHABLE),
        (6, 2, 0, "2001:db8::1", False, FailureKind.MESSAGE_TOO_BIG),
    ],
)
def test_what_an_icmp_error_says(version, kind, code, offender, time_exceeded, failure):
    origin = 2 if version == 4 else 3
    assert parse_extended_error(extended_error(origin, kind, code, offender), version) == IcmpError(
        offender=offender,
        time_exceeded=time_exceeded,
        kind=failure,
        forbidden=(version, kind, code) in {(4, 3, 3), (4, 3, 13), (6, 1, 4), (6, 1, 1)},
    )


def test_an_error_of_this_system_itself_is_left_to_the_failing_send():
    assert parse_extended_error(extended_error(1, 0, 0, "0.0.0.0"), 4) is None


def test_an_error_without_its_sender_has_no_offender():
    assert parse_extended_error(extended_error(2, 3, 1, "0.0.0.0"), 4).offender is None
    assert parse_extended_error(extended_error(2, 3, 1, "198.18.0.1")[:16], 4).offender is None


def test_a_cut_off_error_is_none():
    assert parse_extended_error(extended_error(2, 3, 1, "198.18.0.1")[:15], 4) is None
