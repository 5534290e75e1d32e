"""The reach probe on real sockets against nginx, an HTTP/3 server, squid and openssl, through one router.

    client (192.168.10.20) - router - server (198.18.2.10, .11, .12; the proxies at .30)

Names come from a real dnsmasq. Two authorities: the public one, and a filter's own, which this system trusts too.
"""

import asyncio
import contextlib
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from servers.certificates import Authority, Certificate

from nexkit.clock import SystemClock
from nexkit.facts.proxy import ProxyScheme
from nexkit.facts.reach import ReachLayer, TrustProblem
from nexkit.outcome import Completed, Failure, FailureKind
from nexkit.platform import system_platform
from nexkit.probe import ProbeContext
from probes.exchange.browser import ATTEMPT_DELAY_MS, RESOLUTION_DELAY_MS
from probes.reach import ReachParams, ReachProbe

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
NAME = "www.example.com"
V4, OTHER, THIRD = "198.18.2.10", "198.18.2.11", "198.18.2.12"
V6 = "2001:db8:18:2::10"
PROXY = "198.18.2.30"
PLAIN_PORT, PASSWORD_PORT, CLOSED_PORT = 3128, 3129, 3130
NO_ALPN_PORT = 8400
PORTS = {  # where nginx shows which certificate
    Certificate.EXPIRED: 8401,
    Certificate.WRONG_NAME: 8402,
    Certificate.SELF_SIGNED: 8403,
    Certificate.INSPECTED: 8404,
}
UNKNOWN_PORT = 8405
BUILD = f"""
set -e
mount -t tmpfs tmpfs /run && mkdir -p /run/netns
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
for node in router server; do
    ip netns add $node; ip -n $node link set lo up
    ip netns exec $node sh -c "echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad"
done
ip link set lo up
ip link add eth0 type veth peer name lan netns router
ip -n router link add wan type veth peer name eth0 netns server
ip addr add 192.168.10.20/24 dev eth0; ip addr add 2001:db8:10::20/64 dev eth0 nodad
ip -n router addr add 192.168.10.1/24 dev lan; ip -n router addr add 2001:db8:10::1/64 dev lan nodad
ip -n router addr add 198.18.2.1/24 dev wan; ip -n router addr add 2001:db8:18:2::1/64 dev wan nodad
for own in {V4} {OTHER} {THIRD} {PROXY}; do ip -n server addr add $own/24 dev eth0; done
ip -n server addr add {V6}/64 dev eth0 nodad
ip link set eth0 up; ip -n router link set lan up; ip -n router link set wan up; ip -n server link set eth0 up
ip route add default via 192.168.10.1; ip -6 route add default via 2001:db8:10::1
ip -n server route add default via 198.18.2.1; ip -n server -6 route add default via 2001:db8:18:2::1
ip netns exec router sh -c 'cd /proc/sys/net; echo 1 >ipv4/ip_forward; echo 1 >ipv6/conf/all/forwarding'
echo "nameserver {THIRD}
options timeout:1 attempts:1" >/run/resolv.conf
echo "hosts: dns" >/run/nsswitch.conf
for file in resolv.conf nsswitch.conf; do mount --bind /run/$file $(readlink -f /etc/$file); done
echo built
exec sleep infinity
"""
NGINX = """
daemon off; master_process off; user root; pid {state}/nginx.pid; error_log {state}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off; ssl_protocols TLSv1.2 TLSv1.3; default_type text/plain;
  client_body_temp_path {state}/body; proxy_temp_path {state}/proxy; fastcgi_temp_path {state}/fastcgi;
  uwsgi_temp_path {state}/uwsgi; scgi_temp_path {state}/scgi;
  {servers}
}}
"""
DNSMASQ = f"""
keep-in-foreground
log-facility=-
user=root
group=
pid-file
no-hosts
no-resolv
bind-interfaces
listen-address={THIRD}
local=/#/
host-record={NAME},{V4},{V6}
address=/many.example.com/{V4}
address=/many.example.com/{OTHER}
address=/many.example.com/{THIRD}
host-record=proxy.example.com,{PROXY}
"""
SQUID = f"""
http_port {PROXY}:{PLAIN_PORT} name=open
http_port {PROXY}:{PASSWORD_PORT} name=closed
acl closed myportname closed
auth_param basic program /bin/cat
auth_param basic children 1 startup=0
auth_param basic realm lab
acl known proxy_auth REQUIRED
http_access allow !closed
http_access allow closed known
cache deny all
cache_log {{state}}/cache.log
access_log none
pid_filename none
shutdown_lifetime 0 seconds
dns_nameservers {THIRD}
pinger_enable off
"""

SYSTEM_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
pytestmark = pytest.mark.lab


class World:
    """The namespaces, their servers, and a client program that measures; all end with the stack."""

    def __init__(self, folder, stack):
        self.folder = folder
        self.stack = stack
        holder = self.run(["unshare", "-Urnm", "--fork", "--kill-child", "bash", "-c", BUILD])
        assert holder.stdout.readline() == b"built\n"
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text()
        self.enter = ["nsenter", "-t", children.split()[0], "-U", "-n", "-m", "--preserve-credentials"]
        self.start_servers()
        self.client = self.run(
            [*self.enter, sys.executable, __file__, "measure"],
            stdin=subprocess.PIPE,
            env={
                "PYTHONPATH": f"{REPOSITORY}:{HERE}",
                "PATH": os.environ["PATH"],
                "SSL_CERT_FILE": str(folder / "system.pem"),
                "SSL_CERT_DIR": str(folder),
                "PUBLIC_ROOTS": str(folder / "public.pem"),
            },
        )

    def run(self, argv, **options):
        process = self.stack.enter_context(subprocess.Popen(argv, **{"stdout": subprocess.PIPE, **options}))
        self.stack.callback(process.kill)  # before the end of the context waits for it
        return process

    def start_servers(self):
        public, filter_, unknown = Authority("Public Root"), Authority("Filter Inspection"), Authority("Stranger")
        roots = {}
        for name, authority in {"public": public, "filter": filter_}.items():
            authority.write_root(self.folder / f"{name}.pem")
            roots[name] = (self.folder / f"{name}.pem").read_bytes()
        (self.folder / "system.pem").write_bytes(roots["public"] + roots["filter"])
        good = self.folder / "good.pem"
        public.write_server(good, (NAME, "many.example.com"), (V4, V6), Certificate.GOOD)
        good.write_bytes(good.read_bytes() + roots["public"])  # the root is sent too: a chain of two
        places = (f"{V4}:443", f"[{V6}]:443", f"{OTHER}:443", f"{THIRD}:443")
        listen = " ".join(f"listen {place} ssl http2;" for place in places)
        offer = 'add_header Alt-Svc \'h3=":443"; ma=60\' always; location / { return 200 "hello"; }'
        servers = [f"server {{ listen {V4}:80; {listen} {_shows(good)} {offer} }}"]
        for variant, port in {**PORTS, None: UNKNOWN_PORT}.items():
            authority = {Certificate.INSPECTED: filter_, None: unknown}.get(variant, public)
            pem = self.folder / f"{port}.pem"
            authority.write_server(pem, (NAME,), (V4,), variant or Certificate.GOOD)
            servers.append(f"server {{ listen {V4}:{port} ssl http2; {_shows(pem)} return 200; }}")
        nginx = self.folder / "nginx.conf"
        nginx.write_text(NGINX.format(state=self.folder, servers="\n".join(servers)))
        (self.folder / "dnsmasq.conf").write_text(DNSMASQ)
        (self.folder / "squid.conf").write_text(SQUID.format(state=self.folder))
        self.start("nginx", "-e", self.folder / "error.log", "-c", nginx)
        self.start("dnsmasq", f"--conf-file={self.folder / 'dnsmasq.conf'}")
        # It refuses to run as root; in a user namespace of its own it is somebody else, with the same files.
        other_user = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
        self.start(*other_user, shutil.which("squid", path=SYSTEM_PATH), "-N", "-f", self.folder / "squid.conf")
        no_alpn = ("-accept", f"{V4}:{NO_ALPN_PORT}", "-cert", good, "-key", good)
        self.start("openssl", "s_server", "-quiet", "-www", *no_alpn)
        quic = (V4, 443, V6, 443, V4, PORTS[Certificate.WRONG_NAME])
        http3 = self.start(sys.executable, HERE / "servers" / "http3.py", "--retry", good, *quic)
        assert http3.stdout.readline() == b"ready\n"
        listening = [(V4, 443), (V6, 443), (V4, NO_ALPN_PORT), (PROXY, PLAIN_PORT), (PROXY, PASSWORD_PORT), (THIRD, 53)]
        for address, port in listening:
            self.wait_for(address, port)

    def start(self, program, *words):
        path = shutil.which(program, path=SYSTEM_PATH)
        argv = [*self.enter, "ip", "netns", "exec", "server", path, *map(str, words)]
        with (self.folder / f"{Path(path).name}.output").open("wb") as output:
            out = subprocess.PIPE if program == sys.executable else output
            return self.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=output, cwd=REPOSITORY)

    def wait_for(self, address, port):
        until_s = time.monotonic() + 20
        connect = f"import socket; socket.create_connection(('{address}', {port}), 1).close()"
        while subprocess.run(
            [*self.enter, sys.executable, "-Sc", connect], capture_output=True, check=False
        ).returncode:
            assert time.monotonic() < until_s, f"nobody listens at {address} port {port}"
            time.sleep(0.05)

    def shell(self, script):
        subprocess.run([*self.enter, "bash", "-ec", script], check=True)

    @contextlib.contextmanager
    def dropped(self, rule):
        """A rule of the router's while it lasts."""
        rules = f"table inet fault {{\n chain fault {{\n type filter hook forward priority 0;\n {rule}\n }}\n}}\n"
        self.shell(f"ip netns exec router nft -f - <<'END'\n{rules}END")
        try:
            yield
        finally:
            self.shell("ip netns exec router nft delete table inet fault")

    def reach(self, **params):
        defaults = {"host": NAME, "port": 443, "layer": ReachLayer.HTTPS, "step_timeout_s": 1.5}
        pickle.dump(ReachParams(**{**defaults, **params}), self.client.stdin)
        self.client.stdin.flush()
        outcome, spent_bytes = pickle.load(self.client.stdout)
        assert isinstance(outcome, Completed), outcome
        assert 0 < spent_bytes < ReachProbe.spec.max_bytes
        return outcome.fact

    def reach_as_browser(self, **params):
        """Again where this busy computer came to one answer of the resolver much later than to the other."""
        for _ in range(5):
            fact = self.reach(browser=True, **params)
            if abs(fact.browser.lookup6.took_ms - fact.browser.lookup4.took_ms) < RESOLUTION_DELAY_MS:
                break
        return fact


def _shows(pem):
    return f"ssl_certificate {pem}; ssl_certificate_key {pem};"


@pytest.fixture(scope="module")
def world(lab):
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        yield World(Path(folder), stack)


EVERY_PROTOCOL = {"public_trust": True, "http2": True, "quic": True}


def test_a_healthy_service_over_every_protocol(world):
    fact = world.reach_as_browser(**EVERY_PROTOCOL)
    assert {attempt.address for attempt in fact.attempts} == {V4, V6}
    for attempt in fact.attempts:
        assert attempt.failure is None
        assert (attempt.tls.trusted, attempt.tls.publicly_trusted, attempt.tls.name_matches) == (True, True, True)
        assert (attempt.tls.alpn_offered, attempt.tls.alpn) == (("http/1.1",), "http/1.1")
        assert [each.subject for each in attempt.tls.chain] == [
            f"CN={NAME},O=Lab Authority",
            "CN=Public Root,O=Lab Authority",
        ]
        assert attempt.tls.chain_length == 2
        assert (attempt.http.status, attempt.http.http3_offered) == (200, True)
        assert attempt.total_ms == attempt.connect_ms + attempt.tls.handshake_ms + attempt.http.total_ms
        assert attempt.total_ms < 500
        assert (attempt.http2.failure, attempt.http2.alpn, attempt.http2.http.status) == (None, "h2", 200)
        assert 0 < attempt.http2.http.first_byte_ms <= attempt.http2.http.total_ms < 500
        assert 0 < attempt.http2.handshake_ms < 500
        assert (attempt.quic.failure, attempt.quic.version, attempt.quic.trusted) == (None, "QUICv1", True)
        assert (attempt.quic.http.status, attempt.quic.http.server) == (200, "http3-lab")
        assert 0 < attempt.quic.handshake_ms < 500
        assert attempt.quic.certificate.sha256 == attempt.tls.certificate.sha256
    browser = fact.browser
    assert (browser.order, browser.chosen, browser.tried) == ((V6, V4), V6, 1)
    assert (browser.fallback_ms, browser.lookup4.failure, browser.lookup6.failure) == (0, None, None)
    assert 0 <= browser.lookup_wait_ms <= RESOLUTION_DELAY_MS


def test_as_little_as_before_is_done_by_default(world):
    fact = world.reach()
    assert (fact.browser, fact.through_proxy) == (None, None)
    for attempt in fact.attempts:
        assert (attempt.http2, attempt.quic, attempt.tls.publicly_trusted) == (None, None, None)


def test_quic_is_blocked_and_tcp_is_not(world):
    with world.dropped("udp dport 443 drop"):
        fact = world.reach(**EVERY_PROTOCOL, step_timeout_s=0.4)
    for attempt in fact.attempts:
        assert attempt.quic.failure == Failure(kind=FailureKind.TIMEOUT, step="quic")
        assert (attempt.quic.version, attempt.quic.http) == (None, None)
        assert (attempt.http.status, attempt.http.http3_offered, attempt.http2.http.status) == (200, True, 200)


def test_where_nobody_speaks_quic_the_host_says_so(world):
    (attempt,) = world.reach(host=NAME, address=OTHER, quic=True).attempts
    assert (attempt.quic.failure.kind, attempt.quic.failure.step) == (FailureKind.REFUSED, "quic")


def test_an_organisation_that_inspects_is_known_by_its_root(world):
    fact = world.reach(port=PORTS[Certificate.INSPECTED], address=V4, public_trust=True)
    (attempt,) = fact.attempts
    assert (attempt.tls.trusted, attempt.tls.problem) == (True, None)
    assert (attempt.tls.publicly_trusted, attempt.tls.public_problem) == (False, TrustProblem.UNKNOWN_ISSUER)
    assert attempt.tls.chain[0].issuer == "CN=Filter Inspection,O=Lab Authority"
    assert attempt.http.status == 200


def test_an_issuer_that_nobody_trusts(world):
    (attempt,) = world.reach(port=UNKNOWN_PORT, address=V4, public_trust=True, http2=True).attempts
    assert (attempt.tls.trusted, attempt.tls.problem) == (False, TrustProblem.UNKNOWN_ISSUER)
    assert (attempt.tls.publicly_trusted, attempt.tls.public_problem) == (False, TrustProblem.UNKNOWN_ISSUER)
    assert attempt.tls.name_matches
    assert (attempt.http, attempt.http2, attempt.total_ms) == (None, None, None)


@pytest.mark.parametrize(
    ("variant", "problem"),
    [
        (Certificate.EXPIRED, TrustProblem.EXPIRED),
        (Certificate.WRONG_NAME, TrustProblem.WRONG_NAME),
        (Certificate.SELF_SIGNED, TrustProblem.SELF_SIGNED),
    ],
)
def test_a_wrong_certificate_is_wrong_for_both_lists(world, variant, problem):
    (attempt,) = world.reach(port=PORTS[variant], address=V4, public_trust=True).attempts
    assert (attempt.tls.problem, attempt.tls.public_problem) == (problem, problem)
    assert attempt.tls.name_matches is (variant is not Certificate.WRONG_NAME)


def test_a_wrong_certificate_is_seen_over_quic_too(world):
    """The HTTP/3 server shows the good certificate, which is for another name than the address that is asked for."""
    port = PORTS[Certificate.WRONG_NAME]
    (attempt,) = world.reach(host="other.example.org", address=V4, port=port, quic=True).attempts
    assert (attempt.quic.trusted, attempt.quic.problem) == (False, TrustProblem.WRONG_NAME)
    assert (attempt.quic.http, attempt.quic.failure) == (None, None)
    assert attempt.http.status == 200, "for TCP the certificate is right"


def test_who_does_not_answer_the_offer_of_protocols_strips_it(world):
    (attempt,) = world.reach(port=NO_ALPN_PORT, address=V4, http2=True).attempts
    assert (attempt.tls.alpn_offered, attempt.tls.alpn) == (("http/1.1",), None)
    assert (attempt.http2.alpn, attempt.http2.http, attempt.http2.failure) == (None, None, None)
    assert attempt.http2.handshake_ms > 0
    assert attempt.http.status == 200


def test_one_of_several_addresses_is_bad(world):
    with world.dropped(f"ip daddr {OTHER} drop"):
        fact = world.reach(host="many.example.com", browser=True, http2=True, step_timeout_s=0.8)
    failures = {attempt.address: attempt.failure for attempt in fact.attempts}
    assert failures == {V4: None, OTHER: Failure(kind=FailureKind.TIMEOUT, step="connect"), THIRD: None}
    (bad,) = (attempt for attempt in fact.attempts if attempt.failure is not None)
    assert 700 < bad.failed_after_ms < 5000
    assert bad.http2 is None
    assert fact.browser.chosen in {V4, THIRD}
    assert fact.browser.fallback_ms in {0, ATTEMPT_DELAY_MS}


def test_broken_ipv6_costs_a_browser_a_quarter_of_a_second(world):
    with world.dropped("ip6 nexthdr tcp drop"):
        browser = world.reach_as_browser(step_timeout_s=0.8).browser
    assert (browser.order, browser.chosen, browser.tried) == ((V6, V4), V4, 2)
    assert browser.fallback_ms == ATTEMPT_DELAY_MS
    assert browser.connected_ms > ATTEMPT_DELAY_MS


def test_refused_ipv6_costs_a_browser_next_to_nothing(world):
    with world.dropped("ip6 nexthdr tcp reject with tcp reset"):
        fact = world.reach(browser=True)
    assert fact.browser.chosen == V4
    assert fact.browser.fallback_ms < 200
    (refused,) = (attempt for attempt in fact.attempts if attempt.failure is not None)
    assert refused.failure.kind is FailureKind.REFUSED
    assert refused.failed_after_ms < 200


def test_a_resolver_that_is_silent_about_ipv6_holds_a_browser_up(world):
    """The question's type AAAA stands behind a name of 17 bytes and a header of 12."""
    with world.dropped("udp dport 53 @th,296,16 28 drop"):
        fact = world.reach(browser=True, layer=ReachLayer.TCP)
    assert fact.browser.lookup6.failure is not None
    assert fact.browser.lookup6.took_ms > 900
    assert fact.browser.chosen == V4
    assert fact.browser.lookup_wait_ms == pytest.approx(RESOLUTION_DELAY_MS)
    assert fact.browser.connected_ms < fact.browser.lookup6.took_ms


def test_through_a_proxy_and_directly(world):
    fact = world.reach(proxy=f"proxy.example.com:{PLAIN_PORT}", public_trust=True)
    proxied = fact.through_proxy
    assert (proxied.failure, proxied.address, proxied.tunnel.status) == (None, PROXY, 200)
    assert proxied.resolve_ms > 0
    assert proxied.connect_ms > 0
    assert (proxied.tls.trusted, proxied.tls.publicly_trusted, proxied.http.status) == (True, True, 200)
    assert {attempt.http.status for attempt in fact.attempts} == {200}


def test_only_through_a_proxy(world):
    with world.dropped(f"ip daddr {V4} tcp dport 443 reject with tcp reset"):
        fact = world.reach(address=V4, proxy=f"{PROXY}:{PLAIN_PORT}")
    assert fact.attempts[0].failure.kind is FailureKind.REFUSED
    assert (fact.through_proxy.failure, fact.through_proxy.http.status) == (None, 200)


def test_plain_http_is_asked_of_the_proxy_itself(world):
    proxied = world.reach(layer=ReachLayer.HTTP, port=80, address=V4, proxy=f"{PROXY}:{PLAIN_PORT}").through_proxy
    assert (proxied.tunnel, proxied.http.status, proxied.schemes, proxied.failure) == (None, 200, (), None)


@pytest.mark.parametrize("layer", [ReachLayer.HTTPS, ReachLayer.HTTP])
def test_a_proxy_that_wants_a_password_says_how(world, layer):
    port = 443 if layer is ReachLayer.HTTPS else 80
    proxied = world.reach(layer=layer, port=port, address=V4, proxy=f"{PROXY}:{PASSWORD_PORT}").through_proxy
    assert proxied.failure is None
    if layer is ReachLayer.HTTPS:
        assert (proxied.tunnel.status, proxied.tunnel.schemes, proxied.http) == (407, (ProxyScheme.BASIC,), None)
    else:
        assert (proxied.http.status, proxied.schemes) == (407, (ProxyScheme.BASIC,))


def test_a_proxy_that_is_not_there(world):
    proxied = world.reach(address=V4, proxy=f"{PROXY}:{CLOSED_PORT}").through_proxy
    assert (proxied.failure.kind, proxied.failure.step) == (FailureKind.REFUSED, "proxy_connect")
    proxied = world.reach(address=V4, proxy="gone.example.com:3128").through_proxy
    assert (proxied.failure.kind, proxied.failure.step) == (FailureKind.NAME_NOT_FOUND, "proxy_resolve")


def measure_on_request():
    """The client: parameters come in, outcomes go out."""
    import certifi

    certifi.where = lambda: os.environ["PUBLIC_ROOTS"]
    while True:
        try:
            params = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        ctx = ProbeContext(
            platform=system_platform(),
            clock=SystemClock(),
            random=random.Random(1),
            max_bytes=ReachProbe.spec.max_bytes,
            on_progress=lambda ratio: None,
            on_sample=lambda rtt_ms: None,
        )
        pickle.dump((asyncio.run(ReachProbe().run(params, ctx)), ctx.spent_bytes), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    measure_on_request()
