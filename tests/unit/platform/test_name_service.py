"""How the three systems tell their name service, over constructed files, bus answers, registry and recorded output."""

import asyncio
import json
import socket
import sys
from pathlib import Path

import pytest
from foreign_systems import imported
from hypothesis import given
from hypothesis import strategies as st

from nexkit.facts.dns import HostsEntry, NameServiceKind, ResolverScope, scope_of, search_names
from nexkit.platform.api import ProcessResult
from nexkit.platform.hosts_file import read_hosts
from nexkit.platform.parse_hosts import hosts_entries
from nexkit.platform.parse_resolv_conf import parse_resolv_conf
from nexkit.platform.parse_resolved import (
    LinkState,
    current_server,
    domains_by_link,
    link_state,
    parse_properties,
    resolver_scopes,
    servers_by_link,
)
from nexkit.platform.parse_scutil import parse_resolver_scopes
from nexkit.platform.windows_api import Adapter
from nexkit.platform.windows_dns_facts import NameSettings, name_service

DATA = Path(__file__).parents[2] / "data"

# --- hosts file ---

HOSTS = """\
127.0.0.1 localhost
192.0.2.1\tWWW.example.com. www # moved last year
# 192.0.2.2 mail.example.com
::1 localhost
not-an-address mail.example.com
2001:db8::1 www.example.com
198.18.0.9 other.example.com
"""


def test_of_the_hosts_file_only_lines_about_tested_names_are_told():
    assert hosts_entries(HOSTS.splitlines(), ["www.example.com", "mail.example.com"]) == (
        HostsEntry(name="www.example.com", address="192.0.2.1"),
        HostsEntry(name="www.example.com", address="2001:db8::1"),
    )


def test_a_hosts_file_of_any_encoding_and_length_is_read(tmp_path):
    path = tmp_path / "hosts"
    lines = [b"\xef\xbb\xbf192.0.2.1 first.example.com\r\n", b"\xff\xfe\x00" + b"x" * 9_000 + b"\n"]
    path.write_bytes(b"".join(lines) + b"0.0.0.0 ads.example.net\n" * 1000 + b"192.0.2.3 last.example.com")
    found = read_hosts(path, ["first.example.com", "last.example.com", "ads.example.net"])
    assert [entry.address for entry in found] == ["192.0.2.1", "0.0.0.0", "192.0.2.3"]
    assert read_hosts(tmp_path / "none", ["first.example.com"]) is None


@given(st.text())
def test_no_hosts_file_raises(text):
    assert hosts_entries(text.splitlines(), ["www.example.com"]) is not None


# --- resolv.conf and nsswitch.conf ---


def test_ndots_is_read_from_the_last_options_and_cut_off():
    assert parse_resolv_conf("options ndots:5 timeout:1\noptions edns0").ndots == 5
    assert parse_resolv_conf("options ndots:99").ndots == 15
    assert parse_resolv_conf("options ndots:x\n").ndots is None


# --- systemd-resolved ---

LAN, VPN = 2, 7
DNS = [
    [0, 2, [192, 0, 2, 53]],
    [LAN, 2, [192, 168, 10, 1]],
    [LAN, 10, [0xFE, 0x80, *[0] * 13, 1]],
    [VPN, 2, [10, 50, 0, 53]],
]
DOMAINS = [[LAN, "home.example.net", False], [VPN, "corp.example.com", True]]
SCOPES = (
    ResolverScope(interface=None, servers=("192.0.2.53",), domains=(".",), current="192.0.2.53"),
    ResolverScope(
        interface="eth0", servers=("192.168.10.1", "fe80::1"), domains=("home.example.net", "."), current="192.168.10.1"
    ),
    ResolverScope(interface="tun0", servers=("10.50.0.53",), domains=("corp.example.com",)),
)


def printed(*values):
    return "".join(json.dumps({"type": "v", "data": value}) + "\n" for value in values)


def test_what_systemd_resolved_tells_becomes_scopes():
    dns, domains, current = parse_properties(printed(DNS, DOMAINS, [0, 2, [192, 0, 2, 53]]))
    links = {LAN: link_state(([2, [192, 168, 10, 1]], True)), VPN: link_state(())}
    names = {LAN: "eth0", VPN: "tun0"}
    in_use = current_server(current, with_link=True)
    assert resolver_scopes(servers_by_link(dns), domains_by_link(domains), links, names, in_use) == SCOPES


def test_a_link_that_does_not_say_is_asked_for_everything_unless_its_domains_are_for_routing_only():
    unknown = LinkState(current=None, default=None)
    scopes = resolver_scopes(
        {LAN: ["192.0.2.1"], VPN: ["192.0.2.2"]}, domains_by_link(DOMAINS), {VPN: unknown}, {}, None
    )
    assert [scope.domains for scope in scopes] == [("home.example.net", "."), ("corp.example.com",)]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    )
)
def test_nothing_that_the_bus_says_raises(value):
    servers_by_link(value)
    domains_by_link(value)
    current_server(value, with_link=True)
    link_state((value, value))


@pytest.mark.parametrize("text", ["", "no json\n", "[]\n", '{"type": "s"}\n', "[" * 100_000])
def test_lines_that_are_no_properties_end_the_list(text):
    assert parse_properties(text) == ()


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux' files")
class TestLinux:
    FILES = {  # noqa: RUF012  a test's table
        "RESOLV_CONF": "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch home.example.net\n",
        "RESOLVED_UPSTREAM": "nameserver 192.0.2.53\nnameserver 192.168.10.1\n",
        "HOSTS": "192.0.2.9 www.example.com\n",
        "NSSWITCH": "passwd: files\nhosts: files mdns4_minimal [NOTFOUND=return] dns # !\n",
    }

    def read(self, monkeypatch, tmp_path, **files):
        from nexkit.platform import linux_dns, linux_network

        for name, text in (self.FILES | files).items():
            path = tmp_path / name
            if text is not None:
                path.write_text(text)
            monkeypatch.setattr(linux_dns if hasattr(linux_dns, name) else linux_network, name, path)
        monkeypatch.setattr(socket, "if_indextoname", {LAN: "eth0", VPN: "tun0"}.__getitem__)
        self.asked = []

        class Bus:
            async def run_program(_, arguments, *, timeout_s, max_output_bytes):  # noqa: N805  a double inside
                self.asked.append(arguments)
                return ProcessResult(exit_status=0, stdout=self.answer(arguments).encode(), stderr=b"")

        return asyncio.run(linux_dns.read_name_service(["www.example.com"], Bus()))

    def answer(self, arguments):
        match arguments[7:9]:
            case ("/org/freedesktop/resolve1", _):
                return printed(DNS, DOMAINS, [0, 0, []])
            case (path, "org.freedesktop.resolve1.Link"):
                return printed([2, [192, 168, 10, 1]], True) if path.endswith("/_32") else printed([0, []], False)

    def test_behind_the_stub_the_links_and_their_domains_are_told(self, monkeypatch, tmp_path):
        service = self.read(monkeypatch, tmp_path)
        assert service.kind is NameServiceKind.SYSTEMD_RESOLVED
        assert service.sources == ("files", "mdns4_minimal", "dns")
        assert (service.stub, service.servers) == (("127.0.0.53",), ("192.0.2.53", "192.168.10.1"))
        assert [(scope.interface, scope.domains) for scope in service.scopes] == [
            (None, (".",)),
            ("eth0", ("home.example.net", ".")),
            ("tun0", ("corp.example.com",)),
        ]
        assert service.current == "192.168.10.1", "the one of the link that gets what nobody claims"
        assert scope_of(service, "wiki.corp.example.com").interface == "tun0"
        assert service.hosts == (HostsEntry(name="www.example.com", address="192.0.2.9"),)
        assert all("--auto-start=no" in arguments for arguments in self.asked)

    def test_a_bus_that_says_nothing_leaves_the_scopes_unknown(self, monkeypatch, tmp_path):
        self.answer = lambda arguments: ""
        service = self.read(monkeypatch, tmp_path)
        assert (service.scopes, service.current) == (None, None)
        assert service.servers == ("192.0.2.53", "192.168.10.1")

    def test_without_the_service_the_file_counts_and_nobody_is_asked(self, monkeypatch, tmp_path):
        text = "nameserver 192.0.2.1\nnameserver 192.0.2.2\noptions ndots:3\n"
        service = self.read(monkeypatch, tmp_path, RESOLV_CONF=text, NSSWITCH=None, HOSTS=None)
        assert (service.kind, service.servers, service.ndots) == (
            NameServiceKind.RESOLV_CONF,
            ("192.0.2.1", "192.0.2.2"),
            3,
        )
        assert (service.sources, service.hosts, service.scopes) == (("files", "dns"), None, ())
        assert self.asked == []

    def test_who_stands_behind_another_stub_is_not_known(self, monkeypatch, tmp_path):
        service = self.read(monkeypatch, tmp_path, RESOLV_CONF="nameserver 127.0.0.1\n")
        assert (service.kind, service.stub, service.servers) == (NameServiceKind.RESOLV_CONF, ("127.0.0.1",), None)

    def test_without_resolv_conf_nothing_is_known(self, monkeypatch, tmp_path):
        with pytest.raises(OSError):  # noqa: PT011  whichever it is
            self.read(monkeypatch, tmp_path, RESOLV_CONF=None)


# --- macOS ---


def test_every_resolver_of_macos_with_the_names_that_go_to_it():
    assert parse_resolver_scopes((DATA / "macos" / "scutil_dns.txt").read_text()) == (
        ResolverScope(interface="en0", servers=("192.168.1.1", "fe80::1%en0"), domains=(".",)),
        ResolverScope(interface="utun4", servers=("10.50.0.53",), domains=("corp.example.com",)),
        ResolverScope(interface="en0", servers=("192.168.99.1",), domains=()),
    )


def test_the_name_service_of_macos():
    scutil = (DATA / "macos" / "scutil_dns.txt").read_text()
    with imported("darwin", "nexkit.platform.macos_dns") as module:
        service = module.name_service(scutil, ())
    assert (service.kind, service.servers) == (NameServiceKind.MACOS, ("192.168.1.1", "fe80::1%en0"))
    assert search_names(service, "wiki") == ("wiki.home.example.net", "wiki.corp.example.com", "wiki")
    assert search_names(service, "www.example.com") == ("www.example.com",)
    assert scope_of(service, "wiki.corp.example.com").servers == ("10.50.0.53",)
    assert scope_of(service, "www.example.com").servers == ("192.168.1.1", "fe80::1%en0")


# --- Windows ---


def adapter(name, resolvers, suffixes, metric, *, up=True):
    return Adapter(
        luid=metric,
        index=metric,
        name=name,
        if_type=6,
        up=up,
        mtu_bytes=1500,
        speed_bit_s=None,
        mac=None,
        metric4=metric,
        metric6=metric,
        addresses=(),
        resolvers=resolvers,
        suffixes=suffixes,
    )


ADAPTERS = (
    adapter("Wi-Fi", ("192.168.10.1", "fec0:0:0:ffff::1"), ("home.example.net",), 50),
    adapter("Corp VPN", ("10.50.0.53",), ("corp.example.com",), 5),
    adapter("Ethernet", ("192.0.2.1",), (), 25, up=False),
)
RULE = {
    "Name": [".corp.example.com", "portal.example.com"],
    "GenericDNSServers": "10.50.0.53; 10.50.0.54;nonsense",
    "ConfigOptions": 8,
    "Version": 1,
}


def settings(**more):
    return NameSettings(**({"policy": {}, "tcpip": {}, "policy_rules": (), "local_rules": ()} | more))


def test_adapters_of_windows_in_the_order_in_which_they_are_asked():
    service = name_service(ADAPTERS, settings(), ())
    assert (service.kind, service.servers) == (NameServiceKind.WINDOWS, ("10.50.0.53", "192.168.10.1"))
    assert [(scope.interface, scope.servers) for scope in service.scopes] == [
        ("Corp VPN", ("10.50.0.53",)),
        ("Wi-Fi", ("192.168.10.1",)),
    ]
    assert service.search_domains == ("corp.example.com", "home.example.net")
    assert search_names(service, "wiki") == ("wiki.corp.example.com", "wiki.home.example.net")


def test_rules_of_the_policy_table_come_before_the_adapters():
    service = name_service(ADAPTERS, settings(local_rules=(RULE, {"Name": "broken"}, {"Name": ["."]})), ())
    assert service.scopes[0] == ResolverScope(
        interface=None, servers=("10.50.0.53", "10.50.0.54"), domains=("corp.example.com", "portal.example.com")
    )
    assert service.scopes[1] == ResolverScope(interface=None, servers=(), domains=(".",))
    assert scope_of(service, "wiki.corp.example.com") == service.scopes[0]


def test_rules_of_group_policy_switch_local_ones_off():
    other = {"Name": [".example.org"], "DirectAccessDNSServers": "2001:db8::53", "ConfigOptions": 4}
    service = name_service((), settings(policy_rules=(other,), local_rules=(RULE,)), ())
    assert [scope.domains for scope in service.scopes] == [("example.org",)]
    assert service.scopes[0].servers == ("2001:db8::53",)


def test_rules_that_may_not_be_read_leave_the_scopes_unknown():
    assert name_service(ADAPTERS, settings(policy_rules=None), ()).scopes is None
    assert name_service(ADAPTERS, settings(local_rules=None), ()).scopes is None


def test_a_search_list_that_was_set_replaces_the_adapters_suffixes():
    tcpip = {"SearchList": "corp.example.com, example.org.", "Domain": "ad.example.com"}
    assert name_service(ADAPTERS, settings(tcpip=tcpip), ()).search_domains == ("corp.example.com", "example.org")
    policy = {"SearchList": "example.net"}
    assert name_service(ADAPTERS, settings(policy=policy, tcpip=tcpip), ()).search_domains == ("example.net",)
    domain = {"SearchList": "", "Domain": "ad.example.com"}
    assert name_service(ADAPTERS, settings(tcpip=domain), ()).search_domains[0] == "ad.example.com"


class Registry:
    """The module `winreg` over a tree of values by path; a path with None may not be read."""

    HKEY_LOCAL_MACHINE = "HKLM"

    def __init__(self, tree):
        self.tree = tree

    def OpenKey(self, root, path):  # noqa: N802  Windows' names
        found = [each for each in self.tree if each == path or each.startswith(f"{path}\\")]
        if not found:
            raise FileNotFoundError(path)
        if self.tree.get(path, {}) is None:
            raise PermissionError(path)
        return Key(path)

    def EnumValue(self, key, index):  # noqa: N802
        values = list((self.tree.get(key.path) or {}).items())
        if index >= len(values):
            raise OSError(259, "no more data")
        return (*values[index], 1)

    def EnumKey(self, key, index):  # noqa: N802
        below = sorted(
            {each[len(key.path) + 1 :].split("\\")[0] for each in self.tree if each.startswith(f"{key.path}\\")}
        )
        if index >= len(below):
            raise OSError(259, "no more data")
        return below[index]

    def ExpandEnvironmentStrings(self, text):  # noqa: N802
        return text


class Key:
    def __init__(self, path):
        self.path = path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


TCPIP = r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters"
POLICY = r"SOFTWARE\Policies\Microsoft\Windows NT\DNSClient"
CACHE = r"SYSTEM\CurrentControlSet\Services\Dnscache\Parameters"


def read_windows(tree):
    with imported("win32", "nexkit.platform.windows_dns", winreg=Registry(tree)) as module:
        return module.read_name_service(ADAPTERS, ("www.example.com",))


def test_the_registry_of_windows_is_read(tmp_path):
    (tmp_path / "hosts").write_text("192.0.2.9 www.example.com\r\n")
    service = read_windows(
        {
            TCPIP: {"DataBasePath": str(tmp_path), "SearchList": "corp.example.com"},
            CACHE + r"\DnsPolicyConfig\{1}": RULE,
        }
    )
    assert service.hosts == (HostsEntry(name="www.example.com", address="192.0.2.9"),)
    assert service.search_domains == ("corp.example.com",)
    assert service.scopes[0].domains == ("corp.example.com", "portal.example.com")


def test_a_registry_that_refuses_says_nothing_of_rules():
    service = read_windows({POLICY + r"\DnsPolicyConfig": None})
    assert (service.scopes, service.hosts) == (None, None)
    assert service.servers == ("10.50.0.53", "192.168.10.1")
