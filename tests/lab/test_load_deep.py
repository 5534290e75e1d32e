"""The load probe against real servers of every back end, over a line with a queue of its own.

    client (192.168.10.100) - router (.1) - isp (203.0.113.1) - [relay] - server (198.18.5.50, speed.example.com)

Each story is a world of its own, and all of them run at the same time: their lines are slow, so they mostly wait.
"""

import asyncio
import contextlib
import json
import os
import pickle
import random
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from link import without_offload
from servers.certificates import Authority, Certificate

from nexkit.clock import SystemClock
from nexkit.facts.load import FlowRttMethod, LoadBackend, LoadConfidence
from nexkit.platform import system_platform
from nexkit.probe import ProbeContext
from probes.load import LoadProbe, both_ways
from probes.load.params import LoadParams

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
NAME, SERVER = "speed.example.com", "198.18.5.50"
GATEWAY, PROVIDER = "192.168.10.1", "203.0.113.1"
PAYLOAD_RATIO = 1448 / 1514
"""Of a full frame, over IPv4 with time stamps."""
BUILD = """
set -e
mount -t tmpfs tmpfs /run && mkdir -p /run/netns
for node in router isp relay server; do
    ip netns add $node; ip -n $node link set lo up
    ip netns exec $node sh -c "echo 1 >/proc/sys/net/ipv4/ip_forward"
done
ip link set lo up
ip link add eth0 type veth peer name lan netns router
ip link add wan netns router type veth peer name access netns isp
if [ -n "$RELAY" ]; then
    ip link add core netns isp type veth peer name inner netns relay
    ip link add outer netns relay type veth peer name eth0 netns server
    ip -n relay link set inner up; ip -n relay link set outer up
else
    ip link add core netns isp type veth peer name eth0 netns server
fi
ip addr add 192.168.10.100/24 dev eth0; ip -n router addr add 192.168.10.1/24 dev lan
ip -n router addr add 203.0.113.2/24 dev wan; ip -n isp addr add 203.0.113.1/24 dev access
ip -n isp addr add 198.18.5.1/24 dev core; ip -n server addr add 198.18.5.50/24 dev eth0
ip link set eth0 up; ip -n server link set eth0 up
ip -n router link set lan up; ip -n router link set wan up; ip -n isp link set access up; ip -n isp link set core up
ip route add default via 192.168.10.1 congctl cubic; ip -n router route add default via 203.0.113.1
ip -n isp route add 192.168.10.0/24 via 203.0.113.2; ip -n server route add default via 198.18.5.1 congctl cubic
shape() { ip netns exec $1 tc qdisc add dev $2 root tbf rate ${RATE}mbit burst 5kb limit $LIMIT; }
if [ "$PLACE" = lan ]; then
    tc qdisc add dev eth0 root tbf rate ${RATE}mbit burst 5kb limit $LIMIT; shape router lan
else
    shape router wan; shape isp access
fi
echo "127.0.0.1 localhost
198.18.5.50 speed.example.com" >/run/hosts
echo "hosts: files" >/run/nsswitch.conf
for file in hosts nsswitch.conf; do mount --bind /run/$file $(readlink -f /etc/$file); done
"""
HTTP = ["load_server.py", "--port", "80"]
NDT7 = ["servers/ndt7.py", "--port", "443", "--name", NAME, "--tls"]

STORIES = {
    "access": {"rate": 10, "queue_ms": 300, "servers": [HTTP], "direction_s": 4.0},
    "lan": {"rate": 10, "queue_ms": 300, "place": "lan", "servers": [HTTP], "direction_s": 4.0},
    "https": {
        "rate": 30,
        "queue_ms": 40,
        "servers": [["load_server.py", "--port", "443", "--tls"]],
        "server": f"https://{NAME}/",
        "direction_s": 4.0,
    },
    "loss": {
        "rate": 20,
        "queue_ms": 50,
        "servers": [HTTP],
        "direction_s": 4.0,
        "relay": {"delay_ms": 15, "loss_ratio": 0.02},
    },
    "cap": {"rate": 30, "queue_ms": 40, "servers": [HTTP], "max_bytes": 3_000_000},
    "ndt7": {
        "rate": 20,
        "queue_ms": 200,
        "servers": [NDT7],
        "backend": "ndt7",
        "locate": f"https://{NAME}/v2/nearest/ndt/ndt7",
        "server": "",
    },
    "ndt7 with bbr": {
        "rate": 20,
        "queue_ms": 200,
        "servers": [[*NDT7, "--congestion", "bbr"]],
        "backend": "ndt7",
        "server": f"https://{NAME}/",
    },
    "ndt7 elsewhere": {
        "rate": 20,
        "queue_ms": 40,
        "servers": [NDT7],
        "backend": "ndt7",
        "server": f"https://{NAME}/wrong-protocol/",
    },
    "ndt7 hostile": {
        "rate": 20,
        "queue_ms": 40,
        "servers": [NDT7],
        "backend": "ndt7",
        "server": f"https://{NAME}/hostile/",
    },
    "ndt7 out of capacity": {
        "rate": 20,
        "queue_ms": 40,
        "servers": [NDT7],
        "backend": "ndt7",
        "locate": f"https://{NAME}/v2/full",
        "server": "",
    },
    "librespeed": {
        "rate": 20,
        "queue_ms": 40,
        "servers": [["servers/librespeed.py", "--port", "80"]],
        "backend": "librespeed",
    },
    "iperf3": {
        "rate": 20,
        "queue_ms": 200,
        "servers": [["iperf3", "-s", "--forceflush"]],
        "backend": "iperf3",
        "server": NAME,
    },
}
pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def told(lab, tmp_path_factory):
    """By story: the outcome, the bytes that the server moved (where it tells), and how long it took."""
    folder = tmp_path_factory.mktemp("load")
    authority = Authority("Lab Root")
    authority.write_root(folder / "root.pem")
    authority.write_server(folder / "server.pem", (NAME,), (SERVER,), Certificate.GOOD)
    environment = os.environ | {
        "PYTHONPATH": f"{REPOSITORY}:{HERE}",
        "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
        "SSL_CERT_FILE": str(folder / "root.pem"),
        "SSL_CERT_DIR": str(folder),
        "PEM": str(folder / "server.pem"),
    }
    with contextlib.ExitStack() as stack:
        running = {}
        for story in STORIES:
            alone = ["unshare", "-Urnm", "--pid", "--fork", "--kill-child", "--mount-proc"]
            process = subprocess.Popen(
                [*alone, sys.executable, __file__, "in the world", story],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                cwd=REPOSITORY,
            )
            stack.enter_context(process)
            stack.callback(process.kill)  # before the end of the context waits for it
            running[story] = process
        found = {}
        for story, process in running.items():
            output, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors.decode()
            found[story] = pickle.loads(output)
        return found


def in_the_world(story):
    """Build, serve, measure, tell."""
    values = dict(STORIES[story])
    rate, queue_ms = values.pop("rate"), values.pop("queue_ms")
    servers, relay = values.pop("servers"), values.pop("relay", None)
    os.environ.update(
        RATE=str(rate),
        LIMIT=str(max(3000, round(rate * 1e6 / 8 * queue_ms / 1000))),
        PLACE=values.pop("place", "access"),
        RELAY="1" if relay else "",
    )
    subprocess.run(["bash", "-c", BUILD], check=True, stdout=sys.stderr)
    processes = []
    if relay:
        enter = [sys.executable, __file__, "no offload"]
        for node, device in (("isp", "core"), ("relay", "inner"), ("relay", "outer"), ("server", "eth0")):
            subprocess.run(["ip", "netns", "exec", node, *enter, device], check=True)
        faults = json.dumps({"devices": ["inner", "outer"], "forth": relay, "back": relay})
        link = ["ip", "netns", "exec", "relay", sys.executable, "-S", str(HERE / "link.py"), faults]
        processes.append(subprocess.Popen(link, stdout=subprocess.PIPE))
        processes[-1].stdout.readline()
    for program, *words in servers:
        python = [sys.executable, str(HERE / program), "--bind", SERVER] if program.endswith(".py") else [program]
        if "--tls" in words:
            place = words.index("--tls") + 1
            words[place:place] = [os.environ["PEM"]] * 2
        command = ["ip", "netns", "exec", "server", *python, *words]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE))
        assert b"-----" in (line := processes[-1].stdout.readline()) or line.startswith(b"listening"), line
    both_ways.IDLE_S = 0.6
    values["backend"] = LoadBackend(values.get("backend", "http"))
    values.setdefault("server", f"http://{NAME}/")
    values.setdefault("direction_s", 3.0)
    ctx = ProbeContext(
        platform=system_platform(),
        clock=SystemClock(),
        random=random.Random(1),
        max_bytes=LoadProbe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )
    params = LoadParams(gateway_target=GATEWAY, provider_target=PROVIDER, **values)
    began_s = time.monotonic()
    outcome = asyncio.run(LoadProbe().run(params, ctx))
    took_s = time.monotonic() - began_s
    moved = None
    if servers == [HTTP]:
        moved = json.load(urllib.request.urlopen(f"http://{NAME}/moved"))
    sys.stdout.buffer.write(pickle.dumps((outcome, moved, took_s)))
    sys.stdout.flush()
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def fact_of(told, story):
    outcome = told[story][0]
    assert hasattr(outcome, "fact"), outcome
    return outcome.fact


def both(fact):
    return (fact.down, fact.up)


def test_goodput_is_that_of_the_line_over_tls(told):
    for way in both(fact_of(told, "https")):
        assert way.goodput_bit_s == pytest.approx(30e6 * PAYLOAD_RATIO, rel=0.08)
        assert way.failure is None
        assert not way.capped


def test_a_queue_in_the_access_line_shows_at_the_provider_and_not_at_the_gateway(told):
    for way in both(fact_of(told, "access")):
        assert way.working.rtt_p50_ms > 60
        assert way.working_provider.rtt_p50_ms > 60
        assert way.working_gateway.rtt_p50_ms < 30


def test_a_queue_in_the_home_network_shows_at_the_gateway(told):
    for way in both(fact_of(told, "lan")):
        assert way.working_gateway.rtt_p50_ms > 60
        assert way.working.rtt_p50_ms > 60


def test_round_trips_at_rest_are_those_of_the_empty_line(told):
    fact = fact_of(told, "access")
    assert (fact.gateway_target, fact.provider_target) == (GATEWAY, PROVIDER)
    for idle in (fact.idle, fact.idle_gateway, fact.idle_provider):
        assert idle.rtt_p50_ms < 30


def test_the_loaded_connections_tell_their_own_round_trips(told):
    for way in both(fact_of(told, "access")):
        assert way.flow_rtt.method is FlowRttMethod.OWN_SYSTEM
        assert way.flow_rtt.rtt_p95_ms > 60


def test_responsiveness_is_that_of_the_queue(told):
    for way in both(fact_of(told, "access")):
        responsiveness = way.responsiveness
        assert 60 < responsiveness.responsiveness_rpm < 1200
        assert responsiveness.foreign_probes > 3
        assert responsiveness.self_probes > 3
        assert responsiveness.tls_ms is None
        assert responsiveness.http_ms > 50
    assert fact_of(told, "https").down.responsiveness.tls_ms > 5


def test_on_a_lossy_path_more_connections_join_and_the_one_flow_is_told_apart(told):
    for way in both(fact_of(told, "loss")):
        assert way.connections >= 8
        assert way.one_flow_bit_s is None or way.one_flow_bit_s < 0.7 * way.goodput_bit_s
        assert way.goodput_bit_s > 8e6


def test_the_sender_of_an_upload_fills_queues_and_is_named(told):
    for story in ("access", "https", "ndt7", "librespeed"):
        fact = fact_of(told, story)
        assert fact.congestion_control == fact.up.congestion_control == "cubic"
        assert fact.up.hides_queue is False


def test_the_cap_ends_the_test_and_nothing_goes_beyond_it(told):
    outcome, moved, took_s = told["cap"]
    for way in both(outcome.fact):
        assert way.capped
        assert way.confidence is LoadConfidence.LOW
    assert moved["sent"] + moved["received"] <= 3_000_000
    assert took_s < 8


def test_ndt7_measures_at_the_first_server_of_the_locate_service_that_answers(told):
    fact = fact_of(told, "ndt7")
    assert fact.backend is LoadBackend.NDT7
    assert fact.server == NAME
    for way in both(fact):
        assert way.connections == 1
        assert way.goodput_bit_s == pytest.approx(20e6 * PAYLOAD_RATIO, rel=0.1)
        assert way.working.rtt_p50_ms > 10
    assert fact.down.hides_queue is None  # not told by the protocol unless it is BBR


def test_ndt7_names_bbr_so_that_a_short_queue_is_not_believed(told):
    fact = fact_of(told, "ndt7 with bbr")
    assert fact.down.congestion_control == "bbr"
    assert fact.down.hides_queue is True
    assert fact.up.hides_queue is False


@pytest.mark.parametrize(
    ("story", "kind", "step"),
    [
        ("ndt7 elsewhere", "protocol", "http"),
        ("ndt7 out of capacity", "protocol", "locate"),
    ],
)
def test_a_server_that_does_not_speak_ndt7_is_a_failure_of_its_own(told, story, kind, step):
    failure = told[story][0].failure
    assert (failure.kind.value, failure.step) == (kind, step)


def test_text_without_end_ends_the_download(told):
    outcome, _, took_s = told["ndt7 hostile"]
    failure = outcome.fact.down.failure if hasattr(outcome, "fact") else outcome.failure
    assert (failure.kind.value, failure.step) == ("protocol", "http")
    assert took_s < 10


def test_librespeed_moves_whole_mebibytes_down_and_anything_up(told):
    fact = fact_of(told, "librespeed")
    assert fact.backend is LoadBackend.LIBRESPEED
    for way in both(fact):
        assert way.failure is None
        assert way.goodput_bit_s == pytest.approx(20e6 * PAYLOAD_RATIO, rel=0.1)


def test_iperf3_measures_with_latency_beside_it_and_names_the_sender_of_both_ways(told):
    fact = fact_of(told, "iperf3")
    for way in both(fact):
        assert way.goodput_bit_s == pytest.approx(20e6 * PAYLOAD_RATIO, rel=0.1)
        assert way.congestion_control == "cubic"
        assert way.working.rtt_p50_ms > 10
        assert way.working_gateway.rtt_p50_ms < 30
    assert fact.up.flow_rtt.rtt_p50_ms > 10


if __name__ == "__main__":
    if sys.argv[1] == "no offload":
        without_offload(sys.argv[2])
    else:
        in_the_world(sys.argv[2])
