"""The proxy probe in a network that lets nothing out but through its proxies: real squid, PAC server, resolver.

client (192.168.10.20) - gate (192.168.10.1: squid, nginx, dnsmasq, microsocks; forwards nothing) - server (198.18.2.10)
"""

import pytest
from servers.configs import _DNSMASQ
from small_world import SmallWorld

from nexkit.facts.proxy import ProxyKind, ProxyReason, ProxyRequest, ProxyScheme, ProxySource
from nexkit.outcome import FailureKind

pytestmark = pytest.mark.lab

BUILD = """
for each in gate server; do node $each; done
cable client eth0 192.168.10.20/24 - gate lan 192.168.10.1/24 -
cable gate wan 198.18.2.1/24 - server eth0 198.18.2.10/24 -
ip route add default via 192.168.10.1
mkdir /run/lab
printf 'nameserver 192.168.10.1\\nsearch corp.example.com other.example.com\\n' >/run/lab/resolv.conf
echo 'hosts: files dns' >/run/lab/nsswitch.conf
for file in resolv.conf nsswitch.conf; do mount --bind /run/lab/$file /etc/$file; done
"""
SQUID = """
http_port {port}
pid_filename none
cache_log {folder}/squid{port}.log
cache_store_log none
access_log none
cache deny all
pinger_enable off
netdb_filename none
dns_nameservers 192.168.10.1
dns_timeout 2 seconds
connect_timeout 2 seconds
positive_dns_ttl 1 second
negative_dns_ttl 1 second
shutdown_lifetime 0 seconds
visible_hostname gate.corp.example.com
acl tls port 443
acl blocked dstdomain blocked.example.com
http_access deny CONNECT !tls
http_access deny blocked
{access}
http_access deny all
"""
PASSWORD = """
auth_param basic program {folder}/check_password
auth_param basic children 1
auth_param basic realm the gate
acl known proxy_auth REQUIRED
http_access allow known
"""
CHECK_PASSWORD = """#!/bin/sh
while read -r answer; do
    case "$answer" in "alice se:cret" | "alice se%3"[aA]"cret") echo OK ;; *) echo ERR ;; esac
done
"""
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; user root; error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type application/x-ns-proxy-autoconfig;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/t1; fastcgi_temp_path {folder}/t2;
  uwsgi_temp_path {folder}/t3; scgi_temp_path {folder}/t4;
  server {{ listen 80; root {folder}/pac; }}
}}
"""
WEB = NGINX.replace(
    "server {{ listen 80; root {folder}/pac; }}", 'server {{ listen 80; listen 443; return 200 "ok"; }}'
)
PAC = {
    "wpad.dat": """function FindProxyForURL(url, host) {
        if (isPlainHostName(host) || dnsDomainIs(host, ".corp.example.com")) return "DIRECT";
        const here = isInNet(myIpAddress(), "192.168.10.0", "255.255.255.0");
        if (here && isInNet(dnsResolve(host), "198.18.2.0", "255.255.255.0"))
            return "PROXY proxy.corp.example.com:3128; DIRECT";
        return "PROXY proxy.corp.example.com:3129";
    }""",
    "dead_first.pac": 'function FindProxyForURL() { return "PROXY 192.168.10.1:9; PROXY 192.168.10.1:3128"; }',
    "loop.pac": "function FindProxyForURL() { while (true); }",
    "deaf_loop.pac": 'function FindProxyForURL() { return new Array(4294967295).join(""); }',
    "memory.pac": 'let all = []; while (true) all.push("x".repeat(1000)); function FindProxyForURL() {}',
    "names.pac": """function FindProxyForURL(url, host) {
        for (let i = 0; ; i++) if (!dnsResolve("n" + i + ".example.com") && i > 100000) return "DIRECT";
    }""",
    "broken.pac": "function FindProxyForURL(url, host) { return ",
    "page.pac": "<html><body>Sign in</body></html>",
}
URLS = "https://www.example.com/,http://www.example.com/page,https://outside.example.net/,https://intranet.corp.example.com/"


@pytest.fixture(scope="module")
def world(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    pac = folder / "pac"
    pac.mkdir()
    for name, text in PAC.items():
        (pac / name).write_text(text)
    (pac / "huge.pac").write_text("// " + "x" * 1_100_000)
    check = folder / "check_password"
    check.write_text(CHECK_PASSWORD)
    check.chmod(0o755)
    lines = [
        *_DNSMASQ,
        "interface=lan",
        "local=/#/",
        "host-record=wpad.corp.example.com,192.168.10.1",
        "host-record=proxy.corp.example.com,192.168.10.1",
        "host-record=www.example.com,198.18.2.10",
        "host-record=blocked.example.com,198.18.2.10",
        "host-record=outside.example.net,203.0.113.7",
        "host-record=intranet.corp.example.com,192.168.10.1",
    ]
    (folder / "dnsmasq.conf").write_text("\n".join(lines) + "\n")
    (folder / "gate.conf").write_text(NGINX.format(folder=folder))
    (folder / "server").mkdir()
    (folder / "server.conf").write_text(WEB.format(folder=folder / "server"))
    built = SmallWorld(BUILD)
    try:
        built.start("gate", "dnsmasq", f"--conf-file={folder}/dnsmasq.conf", log=folder / "dnsmasq.out")
        for port, access in ((3128, "http_access allow all"), (3129, PASSWORD.format(folder=folder))):
            config = folder / f"squid{port}.conf"
            config.write_text(SQUID.format(port=port, folder=folder, access=access))
            # Squid will not run as root, and there is nobody else in here: a namespace in which root has another name.
            another = ("unshare", "-U", "--map-user=13", "--map-group=13")
            built.start("gate", *another, "squid", "-N", "-f", str(config), log=folder / f"squid{port}.out")
        built.start("gate", "nginx", "-e", f"{folder}/nginx.log", "-c", f"{folder}/gate.conf")
        built.start("server", "nginx", "-e", f"{folder}/web.log", "-c", f"{folder}/server.conf")
        built.start("gate", "microsocks", "-p", "1080")
        built.start("gate", "microsocks", "-p", "1081", "-u", "alice", "-P", "secret")
        for node, address, ports in (
            ("gate", "192.168.10.1", (53, 80, 3128, 3129, 1080, 1081)),
            ("server", "198.18.2.10", (443,)),
        ):
            for port in ports:
                built.wait_for_port(node, address, port)
        yield built
    finally:
        built.end()


def ways(decision):
    return [(way.kind, way.host, way.port) for way in decision.ways]


def test_the_network_lets_nothing_out_directly(world):
    reached = world.shell("timeout 0.5 bash -c ': </dev/tcp/198.18.2.10/443' 2>/dev/null && echo yes || echo no")
    assert reached == "no\n"


def test_a_proxy_of_the_environment_is_asked_for_every_address_but_the_exceptions(world):
    environment = {"all_proxy": "http://proxy.corp.example.com:3128", "no_proxy": ".corp.example.com"}
    fact = world.fact("proxy", environment=environment, urls=URLS)
    assert fact.settings[0].source is ProxySource.ENVIRONMENT
    (server,) = fact.servers
    assert (server.failure, server.addresses) == (None, 1)
    assert 0 < server.connect_ms < 1000
    www, page, outside, intranet = fact.decisions
    assert (www.attempts[0].request, www.attempts[0].answer.status) == (ProxyRequest.TUNNEL, 200)
    assert www.attempts[0].answer.answer_ms > 0
    assert (page.attempts[0].request, page.attempts[0].answer.status) == (ProxyRequest.PAGE, 200)
    assert page.attempts[0].answer.product.startswith("squid/")
    assert outside.attempts[0].answer.status == 503
    assert outside.attempts[0].answer.error.startswith("ERR_CONNECT_FAIL")
    assert (intranet.reason, intranet.direct, intranet.attempts) == (ProxyReason.EXCEPTION, True, ())


def test_a_proxy_that_wants_a_password_says_so(world):
    fact = world.fact("proxy", proxy="http://proxy.corp.example.com:3129", urls=URLS)
    assert fact.settings[0].source is ProxySource.GIVEN
    for decision in fact.decisions:
        (attempt,) = decision.attempts
        assert (attempt.answer.status, attempt.answer.schemes) == (407, (ProxyScheme.BASIC,))
        assert attempt.answer_with_password is None


@pytest.mark.parametrize(("password", "status"), [("se%3Acret", 200), ("wrong", 407)])
def test_a_known_password_is_tried_and_told_to_nobody(world, password, status):
    environment = {"https_proxy": f"http://alice:{password}@proxy.corp.example.com:3129"}
    outcome = world.outcome("proxy", environment=environment, urls="https://www.example.com/")
    (attempt,) = outcome.fact.decisions[0].attempts
    assert (attempt.answer.status, attempt.answer_with_password.status) == (407, status)
    assert outcome.fact.settings[0].password_known
    assert "alice" not in repr(outcome)


@pytest.mark.parametrize(
    ("url", "status", "error"),
    [
        ("https://blocked.example.com/", 403, "ERR_ACCESS_DENIED"),
        ("https://www.example.com:8443/", 403, "ERR_ACCESS_DENIED"),
    ],
)
def test_the_proxys_own_reason_is_kept(world, url, status, error):
    fact = world.fact("proxy", proxy="192.168.10.1:3128", urls=url)
    answer = fact.decisions[0].attempts[0].answer
    assert (answer.status, answer.error.split()[0]) == (status, error)


@pytest.mark.parametrize(
    ("proxy", "step", "kind"),
    [
        ("192.168.10.1:9", "connect", FailureKind.REFUSED),
        ("nowhere.corp.example.com:3128", "resolve", FailureKind.NAME_NOT_FOUND),
        ("192.168.10.77:3128", "connect", FailureKind.TIMEOUT),
        ("192.168.10.1:53", "tunnel", FailureKind.TIMEOUT),
    ],
)
def test_a_proxy_that_is_not_there_fails_at_its_step(world, proxy, step, kind):
    fact = world.fact("proxy", proxy=proxy, urls="https://www.example.com/", step_timeout_s=0.7)
    failure = fact.decisions[0].attempts[0].failure
    assert (failure.step, failure.kind) == (step, kind)
    if step != "tunnel":
        assert (fact.servers[0].failure.step, fact.servers[0].failure.kind) == (step, kind)


def test_wpad_finds_the_file_in_the_search_domain_and_it_decides(world):
    fact = world.fact("proxy", auto_detect="true", urls=URLS)
    assert [(name.name, name.found) for name in fact.wpad.names] == [("wpad.corp.example.com", True)]
    (pac,) = fact.pac
    assert (pac.url, pac.from_wpad, pac.status, pac.failure) == (
        "http://wpad.corp.example.com/wpad.dat",
        True,
        200,
        None,
    )
    assert pac.content_type == "application/x-ns-proxy-autoconfig"
    assert {(lookup.name, lookup.failure) for lookup in pac.lookups} == {
        ("www.example.com", None),
        ("outside.example.net", None),
    }
    assert 0 < pac.evaluate_ms < 20_000
    www, page, outside, intranet = fact.decisions
    assert ways(www) == [(ProxyKind.HTTP, "proxy.corp.example.com", 3128), (ProxyKind.DIRECT, None, None)]
    assert (www.reason, www.attempts[0].answer.status) == (ProxyReason.PAC, 200)
    assert page.attempts[0].answer.status == 200
    assert outside.attempts[0].answer.status == 407
    assert (intranet.direct, intranet.attempts) == (True, ())
    assert len(fact.servers) == 2


def test_wpad_that_is_not_there_is_looked_for_in_the_own_domains_only(world):
    with world.broken(
        "sed s/corp/none/ /run/lab/resolv.conf >/run/lab/other; mount --bind /run/lab/other /etc/resolv.conf",
        "umount /etc/resolv.conf",
    ):
        fact = world.fact("proxy", auto_detect="true", urls="https://www.example.com/")
    assert [(name.name, name.found, name.failure.kind) for name in fact.wpad.names] == [
        ("wpad.none.example.com", False, FailureKind.NAME_NOT_FOUND),
        ("wpad.other.example.com", False, FailureKind.NAME_NOT_FOUND),
    ]
    assert fact.pac == ()
    assert (fact.decisions[0].reason, fact.decisions[0].direct) == (ProxyReason.NOT_CONFIGURED, True)


def test_the_next_proxy_is_asked_where_the_first_is_dead(world):
    fact = world.fact("proxy", pac_url="http://192.168.10.1/dead_first.pac", urls="https://www.example.com/")
    first, second = fact.decisions[0].attempts
    assert (first.failure.kind, second.answer.status) == (FailureKind.REFUSED, 200)
    assert [server.failure is None for server in fact.servers] == [False, True]


@pytest.mark.parametrize(
    ("file", "step", "kind"),
    [
        ("loop.pac", "pac_evaluate", FailureKind.TIMEOUT),
        ("deaf_loop.pac", "pac_evaluate", FailureKind.TIMEOUT),
        ("memory.pac", "pac_evaluate", FailureKind.BUDGET),
        ("names.pac", "pac_evaluate", FailureKind.BUDGET),
        ("broken.pac", "pac_evaluate", FailureKind.PROTOCOL),
        ("page.pac", "pac_evaluate", FailureKind.PROTOCOL),
        ("huge.pac", "pac_fetch", FailureKind.PROTOCOL),
        ("missing.pac", "pac_fetch", FailureKind.PROTOCOL),
    ],
)
def test_a_hostile_or_broken_file_ends_with_its_failure_and_fixed_proxies_count(world, file, step, kind):
    fact = world.fact(
        "proxy", pac_url=f"http://192.168.10.1/{file}", proxy="192.168.10.1:3128", urls="https://www.example.com/"
    )
    (pac,) = fact.pac
    assert (pac.failure.step, pac.failure.kind) == (step, kind)
    assert pac.status == (404 if file == "missing.pac" else 200)
    assert (fact.decisions[0].reason, fact.decisions[0].attempts[0].answer.status) == (ProxyReason.SETTINGS, 200)


def test_a_pac_server_that_is_dead_fails_at_fetching(world):
    fact = world.fact("proxy", pac_url="http://192.168.10.1:9/p.pac", urls="https://www.example.com/")
    assert (fact.pac[0].failure.step, fact.pac[0].failure.kind) == ("pac_fetch", FailureKind.REFUSED)
    assert fact.decisions[0].direct


@pytest.mark.parametrize(
    ("proxy", "reply", "kind"),
    [
        ("socks5://192.168.10.1:1080", 0, None),
        ("socks5://alice:secret@192.168.10.1:1081", 0, None),
        ("socks5://192.168.10.1:1081", None, FailureKind.REFUSED),
        ("socks5://192.168.10.1:80", None, FailureKind.PROTOCOL),
    ],
)
def test_socks_proxies_are_spoken_to_in_their_language(world, proxy, reply, kind):
    fact = world.fact("proxy", environment={"all_proxy": proxy}, urls="https://198.18.2.10/")
    (attempt,) = fact.decisions[0].attempts
    assert (attempt.socks_reply, attempt.failure and attempt.failure.kind) == (reply, kind)
