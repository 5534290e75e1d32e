"""The thorough DNS questions against real servers, in namespaces: unbound, dnsmasq, paths that lose much.

    client (198.18.53.2) - servers (198.18.53.53 and neighbours)

Every fault has a server address of its own, so that one world serves all tests.
"""

import asyncio
import json
import os
import pickle
import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from servers.certificates import Authority, Certificate
from servers.dns_zones import write_zones

from nexkit.clock import SystemClock
from nexkit.facts.dns import (
    AaaaAnswers,
    Comparison,
    Dnssec,
    DnsTransport,
    LargeAnswers,
    NameRole,
    NameServiceKind,
    aaaa_answers,
    asking_resolvers,
    compare_names,
    dnssec,
    large_answers,
    rewritten_to,
    search_names,
    takes_edns,
)
from nexkit.facts.reach import TrustProblem
from nexkit.outcome import Completed, FailureKind
from nexkit.params import build_params
from nexkit.platform import system_platform
from nexkit.probe import ProbeContext
from probes import builtin_probe

REPOSITORY = Path(__file__).parents[2]
VALIDATING = "198.18.53.53"
FORWARDING = "198.18.53.54"
REWRITING = "198.18.53.55"
NO_LARGE_UDP = "198.18.53.56"
NO_EDNS_SIZE = "198.18.53.57"
NO_TCP = "198.18.53.58"
NO_AAAA = "198.18.53.59"
REVEALING = "198.18.53.60"
NEITHER = "198.18.53.61"
LATE_CLOCK = "198.18.53.62"
NOT_VALIDATING = "198.18.53.63"
CLIENT = "198.18.53.2"
SINK = "198.18.3.30"
SYSTEM_PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
PROGRAMS = ("unshare", "nsenter", "ip", "nft", "unbound", "dnsmasq")

BUILD = """
set -e
mount -t tmpfs tmpfs /run && mkdir /run/netns
ip link set lo up
ip netns add servers; ip -n servers link set lo up
ip link add eth0 type veth peer name eth0 netns servers
for end in "ip" "ip -n servers"; do $end link set eth0 up; done
ip addr add 198.18.53.2/24 dev eth0; ip addr add 2001:db8:53::2/64 dev eth0 nodad
for host in 53 54 55 56 57 58 59 60 61 62 63; do ip -n servers addr add 198.18.53.$host/24 dev eth0; done
ip -n servers addr add 2001:db8:53::53/64 dev eth0 nodad
ip netns exec servers nft -f - <<'END'
table inet faults {
 chain out {
  type filter hook output priority 0;
  ip saddr 198.18.53.56 udp sport 53 meta length > 1280 drop
  ip saddr { 198.18.53.57, 198.18.53.61 } udp sport 53 meta length > 600 drop
  ip saddr { 198.18.53.58, 198.18.53.61 } tcp sport 53 drop
 }
}
END
for name in resolv.conf hosts nsswitch.conf; do mount --bind STATE/$name $(readlink -f /etc/$name); done
serve() { ip netns exec servers "$@" >/dev/null 2>&1 & }
serve unbound -d -c STATE/unbound.conf
serve unbound -d -c STATE/late.conf
serve unbound -d -c STATE/blind.conf
serve dnsmasq -C STATE/plain.conf
serve dnsmasq -C STATE/rewriting.conf
serve PYTHON tests/lab/servers/dns_fault.py AAAA_SILENT
serve PYTHON tests/lab/test_dns_deep.py reveal
for place in 53/53 53/853 53/443 54/53 55/53 59/53 60/53 62/53 63/53; do
    until (exec 3<>/dev/tcp/198.18.53.$place) 2>/dev/null; do sleep 0.02; [ $SECONDS -lt 15 ]; done
done
echo built
exec sleep infinity
"""
DNSMASQ = """
no-hosts
no-resolv
bind-interfaces
user=root
group=
pid-file
keep-in-foreground
log-facility=-
edns-packet-max=4096
host-record=www.example.com,198.18.1.20,2001:db8:18:1::20
"""
LARGE_RECORDS = "".join(
    f"txt-record={name}.example.com,{letter * 250}\n"
    for name, letters in (("medium", "abc"), ("large", "abcdefghij"))
    for letter in letters
)
UNBOUND = """
server:
  username: ""
  chroot: ""
  directory: "STATE"
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  logfile: ""
  module-config: "validator iterator"
  trust-anchor-file: "STATE/anchor"
  access-control: 0.0.0.0/0 allow
  access-control: ::/0 allow
  ede: yes
  MORE
remote-control:
  control-enable: no
auth-zone:
  name: "."
  zonefile: "STATE/root.zone"
  for-downstream: no
  for-upstream: yes
auth-zone:
  name: "signed.example."
  zonefile: "STATE/signed.zone"
  for-downstream: no
  for-upstream: yes
"""
VALIDATOR = """
  interface: 198.18.53.53@53
  interface: 2001:db8:53::53@53
  interface: 198.18.53.53@853
  interface: 2001:db8:53::53@853
  interface: 198.18.53.53@443
  https-port: 443
  tls-service-pem: "STATE/server.pem"
  tls-service-key: "STATE/server.pem"
"""
# A clock far off, as after years in a drawer: good signatures are out of date for it.
LATE = """
  interface: 198.18.53.62@53
  val-override-date: "20400101000000"
"""
BLIND = """
  interface: 198.18.53.63@53
"""
HOSTS = f"""127.0.0.1 localhost
192.0.2.99 www.example.net old-name # forgotten
{VALIDATING} dns.example.com
2001:db8:53::53 dns.example.com
"""


class World:
    """The namespaces and their servers; they end with this object."""

    def __init__(self, state):
        self.state = state
        write_zones(state)
        authority = Authority()
        authority.write_root(state / "root.pem")
        authority.write_server(state / "server.pem", ("dns.example.com",), (), Certificate.GOOD)
        plain = (FORWARDING, NO_LARGE_UDP, NO_EDNS_SIZE, NO_TCP, NEITHER)
        texts = {
            "resolv.conf": f"nameserver {FORWARDING}\nsearch corp.example.org wild.example.net\noptions ndots:2\n",
            "hosts": HOSTS,
            "nsswitch.conf": "hosts: files mdns4_minimal [NOTFOUND=return] dns\n",
            "unbound.conf": UNBOUND.replace("MORE", VALIDATOR),
            "late.conf": UNBOUND.replace("MORE", LATE),
            "blind.conf": UNBOUND.replace("MORE", BLIND).replace("validator iterator", "iterator"),
            "plain.conf": DNSMASQ
            + "".join(f"listen-address={address}\n" for address in plain)
            + LARGE_RECORDS
            + f"local=/#/\naddress=/wild.example.net/{SINK}\nserver=/reveal.example.com/{REVEALING}\n"
            + "host-record=wiki.corp.example.org,198.18.3.40\n",
            "rewriting.conf": DNSMASQ + f"listen-address={REWRITING}\naddress=/#/{SINK}\n",
        }
        for name, text in texts.items():
            (state / name).write_text(text.replace("STATE", str(state)))
        fault = {"addresses": [NO_AAAA], "fault": "aaaa_silent", "records": {"www.example.com": ["198.18.1.20"]}}
        script = BUILD.replace("STATE", str(state)).replace("PYTHON", sys.executable)
        self.holder = subprocess.Popen(
            [
                *["unshare", "-Urnm", "--fork", "--pid", "--kill-child", "--mount-proc", "bash", "-c"],
                script.replace("AAAA_SILENT", f"'{json.dumps(fault)}'"),
            ],
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env={**os.environ, "PATH": SYSTEM_PATH, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests' / 'lab'}"},
        )
        if self.holder.stdout.readline() != "built\n":
            self.end()
            raise RuntimeError("the world could not be built")
        children = Path(f"/proc/{self.holder.pid}/task/{self.holder.pid}/children").read_text()
        self.enter = ["nsenter", "-t", children.split()[0], "-U", "-n", "-m", "-p", "--preserve-credentials"]

    def end(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()

    def fact(self, probe, *, part="measure", **params):
        """What a probe of the client measured."""
        words = [f"{name}={value}" for name, value in params.items()]
        done = subprocess.run(
            [*self.enter, sys.executable, __file__, part, probe, *words],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env={
                "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests' / 'lab'}",
                "PATH": SYSTEM_PATH,
                "SSL_CERT_FILE": str(self.state / "root.pem"),
                "SSL_CERT_DIR": str(self.state / "none"),
            },
            check=True,
        )
        outcome = pickle.loads(done.stdout)
        assert isinstance(outcome, Completed)
        return outcome.fact

    def deep(self, resolver, **params):
        """What the thorough questions to a resolver came to."""
        return self.fact("dns", resolver=resolver, controls="www.example.com", deep="true", timeout_s=0.7, **params)


@pytest.fixture(scope="module")
def world(lab, tmp_path_factory):
    missing = [name for name in PROGRAMS if not shutil.which(name, path=SYSTEM_PATH)]
    if missing:
        pytest.fail(f"not installed: {', '.join(missing)}")
    built = World(tmp_path_factory.mktemp("dns"))
    yield built
    built.end()


pytestmark = pytest.mark.lab


def asked(answers, role, **fields):
    return [
        query
        for query in answers.queries
        if query.role is role and all(getattr(query, name) == value for name, value in fields.items())
    ]


def test_a_validating_resolver_refuses_the_bogus_name_and_vouches_for_the_good_one(world):
    answers = world.deep(VALIDATING, signed="good.signed.example", bogus="bogus.signed.example", large="")
    assert dnssec(answers) is Dnssec.VALIDATES
    (good,) = asked(answers, NameRole.SIGNED, unchecked=False)
    assert (good.authentic, good.signatures, good.addresses) == (True, True, ("198.18.1.20",))
    (bogus,) = asked(answers, NameRole.BOGUS, unchecked=False)
    assert (bogus.rcode, bogus.authentic) == ("SERVFAIL", False)
    assert 6 <= bogus.extended_errors[0] <= 12, "RFC 8914: DNSSEC bogus, signature expired, ..., NSEC missing"
    (unchecked,) = asked(answers, NameRole.BOGUS, unchecked=True)
    assert unchecked.addresses == ("198.18.1.66",)
    assert takes_edns(answers) is True
    assert rewritten_to(answers) == ()


def test_a_resolver_that_does_not_validate_hands_the_bogus_name_out(world):
    answers = world.deep(NOT_VALIDATING, signed="good.signed.example", bogus="bogus.signed.example", large="")
    assert dnssec(answers) is Dnssec.ACCEPTS_BOGUS
    (bogus,) = asked(answers, NameRole.BOGUS, unchecked=False)
    assert (bogus.authentic, bogus.signatures, bogus.addresses) == (False, True, ("198.18.1.66",))


@pytest.mark.parametrize("resolver", [FORWARDING, REWRITING])
def test_who_does_not_know_the_names_says_nothing_about_validation(world, resolver):
    answers = world.deep(resolver, signed="good.signed.example", bogus="bogus.signed.example", large="")
    assert dnssec(answers) is None


def test_a_resolver_with_a_wrong_clock_refuses_good_signatures(world):
    answers = world.deep(LATE_CLOCK, signed="good.signed.example", bogus="bogus.signed.example", large="")
    assert dnssec(answers) is Dnssec.REFUSES_GOOD
    assert asked(answers, NameRole.CONTROL, rdtype="A", transport=DnsTransport.UDP)[0].rcode == "NOERROR"


@pytest.mark.parametrize(
    ("resolver", "found"),
    [
        (FORWARDING, LargeAnswers.OVER_TCP),
        (NO_LARGE_UDP, LargeAnswers.LARGEST_LOST),
        (NO_EDNS_SIZE, LargeAnswers.UDP_LOST),
        (NO_TCP, LargeAnswers.TCP_LOST),
        (NEITHER, LargeAnswers.LOST),
    ],
)
def test_what_becomes_of_a_large_answer(world, resolver, found):
    answers = world.deep(resolver, large="large.example.com/TXT")
    assert large_answers(answers) is found
    plain, *_ = asked(answers, NameRole.LARGE, edns_bytes=None)
    assert (plain.truncated, plain.rcode) == (True, "NOERROR")
    assert takes_edns(answers) is True


def test_an_answer_that_fits_comes_whole_and_a_small_one_is_no_test(world):
    assert large_answers(world.deep(FORWARDING, large="medium.example.com/TXT")) is LargeAnswers.WHOLE
    assert large_answers(world.deep(FORWARDING, large="www.example.com/A")) is None


def test_invented_addresses_for_names_that_do_not_exist(world):
    answers = world.deep(REWRITING, large="")
    assert rewritten_to(answers) == (SINK,)
    assert asked(answers, NameRole.UNREGISTERED)[0].addresses == (SINK,)
    honest = world.deep(VALIDATING, large="")
    assert asked(honest, NameRole.UNREGISTERED)[0].rcode == "NXDOMAIN"
    assert compare_names(answers, honest) == {
        ("www.example.com", "A"): Comparison.SAME,
        ("www.example.com", "AAAA"): Comparison.SAME,
    }


def test_aaaa_questions_without_an_answer(world):
    silent, good = world.deep(NO_AAAA, large=""), world.deep(FORWARDING, large="")
    assert aaaa_answers(silent, good) is AaaaAnswers.SILENT
    assert aaaa_answers(good) is AaaaAnswers.ANSWERED


def test_a_suffix_that_swallows_every_name(world):
    answers = world.deep(FORWARDING, large="", suffixes="corp.example.org,wild.example.net")
    assert [(query.rcode, query.addresses) for query in asked(answers, NameRole.SUFFIX)] == [
        ("NXDOMAIN", ()),
        ("NOERROR", (SINK,)),
    ]


def test_the_resolver_that_asks_upstream_is_revealed(world):
    answers = world.deep(FORWARDING, large="", resolver_names="reveal.example.com")
    (asking,) = asking_resolvers(answers.queries)
    assert asking.startswith("198.18.53.")
    assert asking_resolvers(world.deep(REVEALING, large="", resolver_names="reveal.example.com").queries) == (CLIENT,)


def test_how_the_system_looks_names_up(world):
    fact = world.fact(
        "lookup",
        deep="true",
        controls="www.example.net,www.example.com",
        bare="wiki,typo",
        resolver_names="reveal.example.com",
    )
    service = fact.service
    assert (service.kind, service.servers, service.ndots) == (NameServiceKind.RESOLV_CONF, (FORWARDING,), 2)
    assert service.sources == ("files", "mdns4_minimal", "dns")
    assert [(entry.name, entry.address) for entry in service.hosts] == [("www.example.net", "192.0.2.99")]
    found = {lookup.name: lookup.addresses for lookup in fact.lookups}
    assert found["www.example.net"] == ("192.0.2.99",), "the hosts file comes first"
    assert found["wiki"] == ("198.18.3.40",)
    assert found["typo"] == (SINK,), "completed by the second suffix, which knows every name"
    assert search_names(service, "wiki") == ("wiki.corp.example.org", "wiki.wild.example.net", "wiki")
    assert search_names(service, "www.example.com")[0] == "www.example.com"
    assert asking_resolvers(fact.lookups)[0].startswith("198.18.53.")


def test_a_busy_event_loop_does_not_show_as_query_time(world):
    answers = world.fact("dns", part="busy", resolver=FORWARDING, controls="www.example.com,www.example.org")
    times_ms = [query.time_ms for query in answers.queries if query.transport is DnsTransport.UDP]
    assert statistics.median(times_ms) < 5, "the loop stood still for 20 ms at a time"


@pytest.mark.parametrize("resolver", ["tls://dns.example.com", "https://dns.example.com/dns-query"])
def test_an_encrypted_resolver_answers(world, resolver):
    fact = world.fact("encrypted_dns", resolver=resolver, controls="www.example.com")
    attempts = {attempt.address: attempt for attempt in fact.attempts}
    first, other = attempts[VALIDATING], attempts["2001:db8:53::53"]
    assert (first.failure, first.tls.trusted) == (None, True)
    assert [(query.rcode, query.addresses) for query in first.queries] == [("NOERROR", ("198.18.1.20",))]
    assert 0 < first.queries[0].time_ms < 1000
    if fact.transport is DnsTransport.HTTPS:
        assert (first.tls.alpn, first.http_status) == ("h2", 200)
        assert other.failure.kind is FailureKind.REFUSED, "nobody listens there over IPv6"
    else:
        assert other.failure is None


def test_nothing_is_asked_of_an_encrypted_resolver_with_a_certificate_of_another_name(world):
    (attempt,) = world.fact("encrypted_dns", resolver=f"tls://{VALIDATING}", controls="www.example.com").attempts
    assert (attempt.tls.trusted, attempt.tls.problem) == (False, TrustProblem.WRONG_NAME)
    assert attempt.tls.certificate.names == ("dns.example.com",)
    assert attempt.queries == ()


@pytest.mark.parametrize("resolver", [f"tls://{FORWARDING}", f"https://{FORWARDING}/dns-query"])
def test_a_resolver_without_encryption_refuses_the_connection(world, resolver):
    (attempt,) = world.fact("encrypted_dns", resolver=resolver, controls="www.example.com").attempts
    assert (attempt.failure.kind, attempt.failure.step) == (FailureKind.REFUSED, "connect")


async def measure(probe_id, words, *, busy=False):
    probe = builtin_probe(probe_id)()
    ctx = ProbeContext(
        platform=system_platform(),
        clock=SystemClock(),
        random=random.Random(1),
        max_bytes=probe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )
    params = build_params(probe.spec.params, dict(word.split("=", 1) for word in words))
    running = asyncio.create_task(probe.run(params, ctx))
    while busy and not running.done():
        time.sleep(0.02)  # noqa: ASYNC251  it blocks the loop: that is what is tried
        await asyncio.sleep(0)
    return await running


def reveal():
    """Answer every question over UDP with the address of who asked, as the names do that reveal resolvers."""
    threading.Thread(target=socket.create_server((REVEALING, 53)).accept).start()  # shows that it is ready
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((REVEALING, 53))
        while True:
            wire, asker = sock.recvfrom(512)
            query = dns.message.from_wire(wire)
            reply = dns.message.make_response(query)
            question = query.question[0]
            if question.rdtype == dns.rdatatype.A:
                reply.answer.append(dns.rrset.from_text(question.name, 0, "IN", "A", asker[0]))
            sock.sendto(reply.to_wire(), asker)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["reveal"]:
            reveal()
        case [("measure" | "busy") as part, probe_id, *words]:
            sys.stdout.buffer.write(pickle.dumps(asyncio.run(measure(probe_id, words, busy=part == "busy"))))
