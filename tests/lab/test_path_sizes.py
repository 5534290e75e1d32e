"""The mtu probe through two routers whose link takes less: told by ICMP, or a black hole, or with loss, IPv4 and IPv6.

The network is that of test_linux_probes; a real web server (nginx) stands at its end for the large transfer.
"""

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from servers.certificates import Authority, Certificate
from test_linux_probes import DATAGRAM_ICMP, NEAR, SERVER, WITHOUT_RAW_SOCKETS, World

from nexkit.facts.mtu import MtuState, TransferStep
from nexkit.facts.path import PathMethod
from nexkit.outcome import Failed, FailureKind

pytestmark = pytest.mark.lab
both_families = pytest.mark.parametrize("version", [4, 6])
NGINX = """
daemon off; master_process off; user root; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
  access_log off; default_type text/plain; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 80; listen [::]:80 ipv6only=on; listen 443 ssl; listen [::]:443 ssl ipv6only=on;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem;
    root {folder};
  }}
}}
"""
SILENT_ROUTERS = """
for node in near far; do
  ip netns exec $node nft -f - <<'END'
table inet hole {
 chain out {
  type filter hook output priority 0;
  icmp type destination-unreachable icmp code 4 drop
  icmpv6 type packet-too-big drop
 }
}
END
done
"""
SPEAKING_ROUTERS = "for node in near far; do ip netns exec $node nft delete table inet hole; done"
FORGET = "for node in '' '-n server'; do ip $node route flush cache; ip $node -6 route flush cache; done"


def narrow(mtu):
    return f"ip -n near link set wan mtu {mtu}; ip -n far link set near mtu {mtu}"


class NarrowPath(World):
    """The network with a link that can be narrowed."""

    @contextlib.contextmanager
    def link(self, mtu, *, told=True, lossy=False):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.broken(narrow(mtu), f"{narrow(1500)}; {FORGET}"))
            if not told:
                stack.enter_context(self.broken(SILENT_ROUTERS, SPEAKING_ROUTERS))
            if lossy:
                # 2 % each way, so 4 % of the round trips.
                stack.enter_context(self.filtered("far", "forward", "numgen random mod 100 < 2 drop"))
            yield

    def both(self, **params):
        """The facts of both families, measured at the same time."""
        with ThreadPoolExecutor() as pool:
            running = {version: pool.submit(self.fact, "mtu", target=SERVER[version], **params) for version in SERVER}
            return {version: each.result() for version, each in running.items()}

    @contextlib.contextmanager
    def web_server(self, folder):
        Authority().write_server(folder / "server.pem", ("www.example.com",), tuple(SERVER.values()), Certificate.GOOD)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
        (folder / "index.html").write_text("x" * 60_000)
        command = ["ip", "netns", "exec", "server", "nginx", "-e", str(folder / "error.log"), "-c"]
        running = subprocess.Popen([*self.enter, *command, str(folder / "nginx.conf")])
        try:
            self.shell(
                "for try in $(seq 200); do ip netns exec server bash -c '</dev/tcp/127.0.0.1/443' 2>/dev/null"
                " && exit 0; sleep 0.02; done; exit 1"
            )
            yield
        finally:
            running.kill()
            running.wait()


def made(tmp_path_factory, permission):
    world = NarrowPath(WITHOUT_RAW_SOCKETS)
    try:
        world.shell(permission)
        with world.web_server(tmp_path_factory.mktemp("web")):
            yield world
    finally:
        world.end()


@pytest.fixture(scope="module")
def path(lab, tmp_path_factory):
    yield from made(tmp_path_factory, DATAGRAM_ICMP)


@pytest.fixture(scope="module")
def path_without_icmp(lab, tmp_path_factory):
    yield from made(tmp_path_factory, "true")


@pytest.mark.parametrize("mtu", [1500, 1460, 1454, 1280])
def test_a_router_that_says_so_gives_the_exact_value(path, mtu):
    with path.link(mtu):
        facts = path.both()
    for version, fact in facts.items():
        assert (fact.path_mtu_bytes, fact.own_mtu_bytes, fact.method) == (mtu, 1500, PathMethod.ICMP)
        assert fact.took_ms < 3000
        if mtu == 1500:
            assert (fact.state, fact.refused_bytes, fact.told_mtu_bytes) == (MtuState.FITS, None, None)
        else:
            assert (fact.state, fact.refused_bytes) == (MtuState.TOLD, mtu + 1)
            assert (fact.told_mtu_bytes, fact.told_by) == (mtu, NEAR[version])


@pytest.mark.parametrize("mtu", [1454, 1333, 1280])
def test_a_black_hole_is_measured_exactly(path, mtu):
    with path.link(mtu, told=False):
        facts = path.both()
    for fact in facts.values():
        assert (fact.state, fact.path_mtu_bytes, fact.refused_bytes) == (MtuState.BLACK_HOLE, mtu, mtu + 1)
        assert (fact.told_mtu_bytes, fact.told_by) == (None, None)
        assert fact.took_ms < 3000


@pytest.mark.parametrize(("mtu", "told"), [(1500, False), (1454, True), (1454, False)])
def test_loss_is_not_taken_for_size(path, mtu, told):
    with path.link(mtu, told=told, lossy=True):
        facts = path.both()
    state = MtuState.FITS if mtu == 1500 else MtuState.TOLD if told else MtuState.BLACK_HOLE
    for fact in facts.values():
        assert (fact.state, fact.path_mtu_bytes) == (state, mtu)
        assert fact.took_ms < 3000


def test_the_familiar_values_are_named_as_facts(path):
    named = {}
    for mtu in (1492, 1460, 1454, 1399):
        with path.link(mtu):
            named[mtu] = path.fact("mtu", target=SERVER[4]).familiar
    assert named == {1492: ("pppoe",), 1460: ("ipv4_in_ipv6",), 1454: ("flets_pppoe",), 1399: ()}


def test_a_target_without_echo_leaves_it_open_and_the_transfer_goes_on(path):
    with path.filtered("far", "forward", "meta l4proto { icmp, icmpv6 } drop"):
        facts = path.both(port=80, secure="false")
    for fact in facts.values():
        assert (fact.state, fact.path_mtu_bytes, fact.passed_bytes) == (MtuState.NO_ANSWER, None, None)
        assert fact.transfer.reached is TransferStep.DONE


@both_families
@pytest.mark.parametrize("port", [80, 443])
def test_full_segments_go_both_ways(path, version, port):
    fact = path.fact("mtu", target=SERVER[version], port=port, secure=str(port == 443).lower())
    transfer = fact.transfer
    assert (transfer.reached, transfer.stalled, transfer.failure) == (TransferStep.DONE, False, None)
    assert transfer.up_bytes > 6_000
    assert transfer.up_confirmed_bytes == transfer.up_bytes
    assert transfer.down_bytes > 40_000
    full = {4: 1448, 6: 1428}[version]  # without the time stamps (RFC 7323)
    assert (transfer.sent_segment_bytes, transfer.received_segment_bytes) == (full, full)
    assert fact.clamped_transfer is None


@both_families
def test_a_transfer_over_a_told_path_gets_through(path, version):
    with path.link(1454):
        fact = path.fact("mtu", target=SERVER[version], port=443)
    assert (fact.transfer.reached, fact.transfer.stalled) == (TransferStep.DONE, False)
    assert (fact.transfer.path_mtu_bytes, fact.clamped_transfer) == (1454, None)


def test_a_black_hole_stalls_the_transfer_and_small_segments_do_not(path):
    with path.link(1454, told=False):
        facts = path.both(port=80, secure="false")
    for fact in facts.values():
        assert fact.state is MtuState.BLACK_HOLE
        assert (fact.transfer.reached, fact.transfer.stalled) == (TransferStep.UP, True)
        assert fact.transfer.up_confirmed_bytes < fact.transfer.up_bytes
        assert fact.transfer.longest_pause_ms > 1200
        assert (fact.clamped_transfer.reached, fact.clamped_transfer.stalled) == (TransferStep.DONE, False)
        assert fact.clamped_transfer.down_bytes > 40_000
        assert fact.took_ms < 3000


def test_a_hole_on_the_way_down_alone_stalls_the_answer(path):
    narrow_down = "ip -n far link set near mtu 1300"
    with path.broken(narrow_down, f"{narrow(1500)}; {FORGET}"), path.broken(SILENT_ROUTERS, SPEAKING_ROUTERS):
        fact = path.fact("mtu", target=SERVER[4], port=80, secure="false")
    assert (fact.transfer.reached, fact.transfer.stalled) == (TransferStep.UP, True)
    assert fact.transfer.up_confirmed_bytes == fact.transfer.up_bytes
    assert fact.transfer.down_bytes == 0
    assert fact.clamped_transfer.reached is TransferStep.DONE


def test_a_refused_connection_is_no_stall(path):
    fact = path.fact("mtu", target=SERVER[4], port=81)
    assert (fact.transfer.reached, fact.transfer.stalled) == (TransferStep.CONNECT, False)
    assert fact.transfer.failure.kind is FailureKind.REFUSED
    assert fact.state is MtuState.FITS


@both_families
def test_without_icmp_sockets_udp_finds_what_is_told(path_without_icmp, version):
    with path_without_icmp.link(1454):
        fact = path_without_icmp.fact("mtu", target=SERVER[version])
    assert (fact.method, fact.state, fact.path_mtu_bytes) == (PathMethod.UDP, MtuState.TOLD, 1454)


@both_families
def test_without_icmp_sockets_a_black_hole_has_bounds(path_without_icmp, version):
    with path_without_icmp.link(1454, told=False):
        fact = path_without_icmp.fact("mtu", target=SERVER[version])
    floor = {4: 576, 6: 1280}[version]
    assert (fact.state, fact.path_mtu_bytes) == (MtuState.BLACK_HOLE, None)
    assert (fact.passed_bytes, fact.refused_bytes) == (floor, 1500)


@both_families
def test_without_a_route_the_failure_is_named(path, version):
    family = f"-{version}"
    with path.broken(f"ip {family} route del default", f"ip {family} route add default via {NEAR[version]}"):
        outcome = path.outcome("mtu", target=SERVER[version])
    assert isinstance(outcome, Failed)
    assert outcome.failure.kind is FailureKind.NET_UNREACHABLE


def test_cancelled_it_ends_at_once(path):
    command = [*path.enter, sys.executable, "-c", CANCELLED]
    with path.filtered("far", "forward", "ip saddr 198.18.2.10 drop"):
        done = subprocess.run(
            command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=20
        )
    assert float(done.stdout) < 1


CANCELLED = f"""
import asyncio, sys, time
sys.path[:0] = [{str(Path(__file__).parents[2])!r}, {str(Path(__file__).parent)!r}]
from test_linux_probes import measure

async def scene():
    task = asyncio.create_task(measure("mtu", ["target={SERVER[4]}", "port=80"]))
    await asyncio.sleep(0.3)
    began = time.monotonic()
    task.cancel()
    await asyncio.wait([task])
    print(time.monotonic() - began)

asyncio.run(scene())
"""
