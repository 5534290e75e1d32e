"""The access probe: real resolvers with a provider's records, and routers with addresses of each kind of line.

The network is that of test_linux_probes: the second router's address on the near side is what changes.
"""

import contextlib
import subprocess

import pytest
from test_linux_probes import DATAGRAM_ICMP, SERVER, WITHOUT_RAW_SOCKETS, World

from nexkit.address import Scope
from nexkit.facts.access import DnsStep, LineKind

pytestmark = pytest.mark.lab
RESOLVER = "192.168.10.1"
RESOLVER6 = "2001:db8:10::1"
MUTE = "198.18.2.99"
DNSMASQ = """
keep-in-foreground
log-facility=-
user=root
group=
pid-file
no-hosts
no-resolv
bind-interfaces
listen-address={address}
port={port}
local=/#/
"""
UNBOUND = """
server:
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  interface: {address}
  interface: {address6}
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  module-config: "dns64 iterator"
  dns64-prefix: 2001:db8:64::/96
  local-zone: "ipv4only.arpa." nodefault
  do-not-query-localhost: no
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@5353
"""
PROVISIONED = 'txt-record=4over6.info,"v=v6mig-1 url=https://vne.example.com/rule.cgi?x=1 t=b"\n'
TUNNEL_END = "host-record=gw.transix.jp,2001:db8:feed::1\n"


class AccessWorld(World):
    """The network with resolvers of the provider's."""

    @contextlib.contextmanager
    def server(self, *argv, port):
        running = subprocess.Popen([*self.enter, "ip", "netns", "exec", "near", *argv], stderr=subprocess.DEVNULL)
        try:
            self.shell(
                f"for try in $(seq 200); do ip netns exec near bash -c '</dev/tcp/{port}' 2>/dev/null && exit 0;"
                " sleep 0.02; done; exit 1"
            )
            yield
        finally:
            running.kill()
            running.wait()

    @contextlib.contextmanager
    def dnsmasq(self, folder, records, address=RESOLVER, port=53):
        (folder / "dnsmasq.conf").write_text(DNSMASQ.format(address=address, port=port) + records)
        with self.server("dnsmasq", f"--conf-file={folder}/dnsmasq.conf", port=f"{address}/{port}"):
            yield

    @contextlib.contextmanager
    def dns64(self, folder):
        (folder / "unbound.conf").write_text(UNBOUND.format(folder=folder, address=RESOLVER, address6=RESOLVER6))
        records = "host-record=ipv4only.arpa,192.0.0.170\n"
        with (
            self.dnsmasq(folder, records, "127.0.0.1", 5353),
            self.server("unbound", "-d", "-c", str(folder / "unbound.conf"), port=f"{RESOLVER}/53"),
        ):
            yield

    def behind(self, provider, own):
        """The second router as `provider` on this side, the first one as `own` there."""
        change = (
            f"ip -n far addr del 198.18.1.1/24 dev near; ip -n far addr add {provider}/29 dev near;"
            f"ip -n near addr del 198.18.1.2/24 dev wan; ip -n near addr add {own}/29 dev wan;"
            f"ip -n near route replace default via {provider}; ip -n far route replace 192.168.10.0/24 via {own}"
        )
        mend = (
            f"ip -n far addr del {provider}/29 dev near; ip -n far addr add 198.18.1.1/24 dev near;"
            f"ip -n near addr del {own}/29 dev wan; ip -n near addr add 198.18.1.2/24 dev wan;"
            "ip -n near route replace default via 198.18.1.1; ip -n far route replace 192.168.10.0/24 via 198.18.1.2"
        )
        return self.broken(change, mend)

    def line(self, **params):
        return self.fact("access", trace_target=SERVER[4], **{"resolvers": RESOLVER, "timeout_s": 1, **params})


def kinds(fact):
    return {each.kind for each in fact.kinds}


@pytest.fixture(scope="module")
def access(lab):
    built = AccessWorld(WITHOUT_RAW_SOCKETS)
    built.shell(DATAGRAM_ICMP)
    yield built
    built.end()


def test_an_ordinary_line_is_named_for_what_it_proves_alone(access, tmp_path):
    with access.dnsmasq(tmp_path, ""):
        fact = access.line()
    assert kinds(fact) == {LineKind.DUAL_STACK}
    assert [(hop.ttl, hop.address, hop.scope) for hop in fact.signs.hops4] == [
        (1, "192.168.10.1", Scope.PRIVATE),
        (2, "198.18.1.1", Scope.INTERNET),
    ]
    (resolver,) = fact.signs.resolvers
    assert (resolver.nat64, resolver.provisioning_result, resolver.provisioning) == (DnsStep.EMPTY, DnsStep.EMPTY, None)
    assert {end.result for end in resolver.tunnel_ends} == {DnsStep.EMPTY}


@pytest.mark.parametrize(
    ("provider", "own", "kind"),
    [
        ("100.64.0.1", "100.64.0.2", LineKind.CARRIER_NAT),
        ("192.0.0.1", "192.0.0.2", LineKind.DS_LITE),
        ("192.168.100.1", "192.168.100.2", LineKind.DOUBLE_NAT),
    ],
)
def test_the_second_router_s_address_tells_the_line(access, provider, own, kind):
    # A third hop has to be seen for the double NAT: another router behind it.
    with access.behind(provider, own):
        fact = access.line(hops="", timeout_s=0.3)
        handed_in = access.line(hops=f"192.168.10.1,{provider},198.51.100.1", timeout_s=0.3)
    assert fact.signs.hops4[1].address == provider
    assert kinds(handed_in) == {LineKind.DUAL_STACK, kind}
    assert kinds(fact) == ({LineKind.DUAL_STACK, kind} if kind is not LineKind.DOUBLE_NAT else {LineKind.DUAL_STACK})


def test_the_provisioning_record_is_looked_up_and_nobody_is_called(access, tmp_path):
    with (
        access.filtered("", "output", "tcp dport { 80, 443 } counter drop"),
        access.dnsmasq(tmp_path, PROVISIONED + TUNNEL_END),
    ):
        fact = access.line(mtu4=1460, mtu6=1500)
        counted = subprocess.run(
            [*access.enter, "nft", "list", "table", "inet", "fault"], capture_output=True, text=True, check=True
        ).stdout
    assert "packets 0 bytes 0" in counted
    (resolver,) = fact.signs.resolvers
    assert resolver.provisioning.url == "https://vne.example.com/rule.cgi?x=1"
    assert resolver.provisioning.certificate_checked is True
    found = {end.provider: (end.result, end.addresses) for end in resolver.tunnel_ends}
    assert found["transix"] == (DnsStep.FOUND, ("2001:db8:feed::1",))
    assert found["xpass"] == (DnsStep.EMPTY, ())
    assert kinds(fact) == {LineKind.DUAL_STACK, LineKind.PROVISIONED, LineKind.IPV4_OVER_IPV6}
    assert fact.familiar4 == ("ipv4_in_ipv6",)


def test_a_nat64_is_found_by_its_resolver(access, tmp_path):
    with access.dns64(tmp_path):
        fact = access.line()
    (resolver,) = fact.signs.resolvers
    assert (resolver.nat64_prefixes, resolver.nat64_lengths) == (("2001:db8:64::",), (96,))
    assert LineKind.NAT64 in kinds(fact)
    assert LineKind.XLAT464 not in kinds(fact)


def test_an_address_for_translated_ipv4_makes_it_464xlat(access, tmp_path):
    change = "ip addr del 192.168.10.20/24 dev eth0; ip addr add 192.0.0.4/29 dev eth0; ip route add default dev eth0"
    mend = "ip addr del 192.0.0.4/29 dev eth0; ip addr add 192.168.10.20/24 dev eth0;"
    mend += "ip route add default via 192.168.10.1"
    with access.dns64(tmp_path), access.broken(change, mend):
        fact = access.line(resolvers=RESOLVER6, timeout_s=0.3)
    assert {LineKind.NAT64, LineKind.XLAT464} <= kinds(fact)
    assert not {LineKind.PUBLIC_IPV4, LineKind.DS_LITE} & kinds(fact)


def test_one_family_alone(access):
    with access.broken(
        "ip -6 addr flush dev eth0 scope global; ip -6 route flush default",
        "ip -6 addr add 2001:db8:10::20/64 dev eth0 nodad; ip -6 route replace default via 2001:db8:10::1",
    ):
        only4 = access.line(timeout_s=0.2)
    assert LineKind.IPV4_ONLY in kinds(only4)
    with access.broken(
        "ip -4 addr flush dev eth0",
        "ip addr add 192.168.10.20/24 dev eth0; ip route add default via 192.168.10.1",
    ):
        only6 = access.line(timeout_s=0.2)
    assert kinds(only6) == {LineKind.IPV6_ONLY}


def test_a_silent_resolver_is_no_sign(access):
    with access.filtered("near", "input", "udp dport 53 drop"):
        fact = access.line(timeout_s=0.3)
    (resolver,) = fact.signs.resolvers
    assert (resolver.nat64, resolver.provisioning_result) == (DnsStep.FAILED, DnsStep.FAILED)
    assert kinds(fact) == {LineKind.DUAL_STACK}


def test_a_target_of_the_carrier_answers_or_does_not(access, tmp_path):
    with access.dnsmasq(tmp_path, ""):
        fact = access.line(carrier_internal=f"{SERVER[4]},{MUTE},{SERVER[6]}", timeout_s=0.5)
    assert [target.reachable for target in fact.signs.carrier] == [True, False, True]
    assert fact.signs.carrier[0].rtt_ms > 0
    assert LineKind.CARRIER_NETWORK in kinds(fact)
