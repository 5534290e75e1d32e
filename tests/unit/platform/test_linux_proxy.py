"""What Linux desktops and DHCP clients keep of proxies, and the `scutil` and `ipconfig` of macOS."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.proxy import ProxyKind, ProxySource
from nexkit.platform.api import ProcessResult
from nexkit.platform.fake import FakePlatform
from nexkit.platform.parse_dhcp_lease import clean_option, parse_ipconfig_packet, parse_networkd_lease, parse_nmcli
from nexkit.platform.parse_gsettings import parse_gnome_proxy
from nexkit.platform.parse_kioslaverc import parse_kioslaverc
from nexkit.platform.parse_scutil import parse_proxy_settings
from nexkit.platform.system_proxy import Endpoint

MACOS = Path(__file__).parents[2] / "data" / "macos"
GNOME = """org.gnome.system.proxy autoconfig-url ''
org.gnome.system.proxy ignore-hosts ['localhost', '192.168.0.0/16', '.example.net']
org.gnome.system.proxy mode 'manual'
org.gnome.system.proxy.http authentication-password 'word'
org.gnome.system.proxy.http authentication-user 'alice'
org.gnome.system.proxy.http host 'proxy.example.com'
org.gnome.system.proxy.http port 8080
org.gnome.system.proxy.http use-authentication true
org.gnome.system.proxy.socks host 'socks.example.com'
org.gnome.system.proxy.socks port 1080
"""
KDE = """[$Version]
update_info=x

[Proxy Settings][$i]
NoProxyFor=.example.net, localhost
Proxy Config Script=http://pac.example.com/p.pac
ProxyType={kind}
ReversedException={inverted}
httpProxy[$e]=http://proxy.example.com 8080
httpsProxy=http://alice:word@secure.example.com:8443
socksProxy=socks://socks.example.com 1080

[Other]
ProxyType=0
"""


def test_gnome_has_exceptions_passwords_and_socks():
    settings = parse_gnome_proxy(GNOME)
    http = settings.endpoint("http")
    assert (http.host, http.user, http.password) == ("proxy.example.com", "alice", "word")
    assert settings.endpoint("https").kind is ProxyKind.SOCKS5
    assert [settings.exceptions.exempt(host, 80) for host in ("192.168.7.7", "www.example.net", "example.com")] == [
        True,
        True,
        False,
    ]


def test_a_gnome_list_may_be_empty_or_no_list():
    for text in ("@as []", "[]", "5", "['open"):
        changed = GNOME.replace("['localhost', '192.168.0.0/16', '.example.net']", text)
        assert parse_gnome_proxy(changed).exceptions.entries == ()


def test_kde_has_fixed_proxies_with_a_blank_before_the_port():
    settings = parse_kioslaverc(KDE.format(kind=1, inverted="false"), {})
    assert settings.endpoint("http") == Endpoint(kind=ProxyKind.HTTP, host="proxy.example.com", port=8080)
    assert settings.endpoint("https").user == "alice"
    assert settings.endpoint("ftp") == Endpoint(kind=ProxyKind.SOCKS5, host="socks.example.com", port=1080)
    assert settings.exceptions.exempt("www.example.net", 443)


def test_kde_may_mean_its_list_the_other_way_round():
    settings = parse_kioslaverc(KDE.format(kind=1, inverted="true"), {})
    assert not settings.exceptions.exempt("www.example.net", 443)
    assert settings.exceptions.exempt("www.example.com", 443)


@pytest.mark.parametrize(
    ("kind", "pac_url", "auto_detect"), [(0, None, False), (2, "http://pac.example.com/p.pac", False), (3, None, True)]
)
def test_the_other_kinds_of_kde(kind, pac_url, auto_detect):
    settings = parse_kioslaverc(KDE.format(kind=kind, inverted="false"), {})
    assert (settings.by_scheme, settings.pac_url, settings.auto_detect) == ({}, pac_url, auto_detect)


def test_kde_may_point_to_the_environment():
    text = "[Proxy Settings]\nProxyType=4\nhttpProxy=MY_PROXY\n"
    settings = parse_kioslaverc(text, {"MY_PROXY": "http://proxy.example.com:3128"})
    assert (settings.source, settings.endpoint("http").port) == (ProxySource.KDE, 3128)


@given(st.text())
def test_any_file_is_read_without_an_error(text):
    parse_kioslaverc(text, {})
    parse_kioslaverc(f"[Proxy Settings]\nProxyType=1\nhttpProxy={text}\nNoProxyFor={text}", {})
    parse_gnome_proxy(f"org.gnome.system.proxy mode 'manual'\norg.gnome.system.proxy ignore-hosts {text}")
    parse_nmcli(text)
    parse_networkd_lease(f"OPTION_252={text}")
    parse_ipconfig_packet(text)


def test_macos_has_exceptions():
    settings = parse_proxy_settings((MACOS / "scutil_proxy.txt").read_text())
    assert [settings.exceptions.exempt(host, 80) for host in ("printer.local", "169.254.3.4", "example.com")] == [
        True,
        True,
        False,
    ]
    text = (MACOS / "scutil_proxy.txt").read_text().replace("ExcludeSimpleHostnames : 0", "ExcludeSimpleHostnames : 1")
    assert parse_proxy_settings(text).exceptions.exempt("intranet", 80)


@pytest.mark.parametrize(
    ("data", "url"),
    [
        (b"http://wpad.example.com/wpad.dat\0", "http://wpad.example.com/wpad.dat"),
        (b"http://wpad.example.com/wpad.dat\r\n", "http://wpad.example.com/wpad.dat"),
        (b"file:///etc/passwd", None),
        (b"http://x\x01y/", None),
        (b"http://" + b"x" * 2000, None),
        (b"", None),
    ],
)
def test_the_option_of_dhcp(data, url):
    assert clean_option(data) == url


def test_dhcp_clients_keep_the_option():
    listed = "DHCP4.OPTION[1]:dhcp_lease_time = 3600\nDHCP4.OPTION[2]:wpad = http\\://wpad.example.com/wpad.dat\n"
    assert parse_nmcli(listed) == "http://wpad.example.com/wpad.dat"
    lease = f"ADDRESS=192.0.2.7\nOPTION_252={b'http://wpad.example.com/w'.hex()}\n"
    assert parse_networkd_lease(lease) == "http://wpad.example.com/w"
    packet = "op = BOOTREPLY\noptions:\nproxy_auto_discovery_url (string): http://wpad.example.com/wpad.dat\n"
    assert parse_ipconfig_packet(packet) == "http://wpad.example.com/wpad.dat"


@pytest.mark.linux("reads its files")
def test_sources_are_read_from_tools_and_files(monkeypatch, tmp_path):
    from nexkit.platform import linux_proxy

    (tmp_path / "kioslaverc").write_text(KDE.format(kind=3, inverted="false"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    platform = FakePlatform(
        programs={"/usr/bin/gsettings": ProcessResult(exit_status=0, stdout=GNOME.encode(), stderr=b"")}
    )
    sources = [each.source for each in asyncio.run(linux_proxy.read_settings(platform))]
    assert sources == [ProxySource.ENVIRONMENT, ProxySource.GNOME, ProxySource.KDE]
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    settings = asyncio.run(linux_proxy.read_settings(FakePlatform()))
    assert [each.source for each in settings] == [ProxySource.ENVIRONMENT, ProxySource.KDE, ProxySource.GNOME]
    assert settings[1].auto_detect is True


@pytest.mark.linux("reads its files")
def test_the_option_is_looked_for_in_leases(monkeypatch, tmp_path):
    from nexkit.platform import linux_proxy

    (tmp_path / "2").write_text("ADDRESS=192.0.2.7\n")
    (tmp_path / "3").write_text(f"OPTION_252={b'http://wpad.example.com/w'.hex()}\n")
    monkeypatch.setattr(linux_proxy, "_NETWORKD_LEASES", tmp_path)
    assert asyncio.run(linux_proxy.dhcp_pac_url(FakePlatform())) == "http://wpad.example.com/w"
    monkeypatch.setattr(linux_proxy, "_NETWORKD_LEASES", tmp_path / "none")
    assert asyncio.run(linux_proxy.dhcp_pac_url(FakePlatform())) is None
