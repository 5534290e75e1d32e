"""The load test against a real server on loopback."""

import asyncio
import contextlib
import gc
import importlib.util
import socket
import sys
import threading
import time
from pathlib import Path

import pytest
from loopback import Authority, LoopbackPlatform, context

from nexkit.facts.echo import EchoMethod
from nexkit.facts.load import LoadConfidence
from nexkit.outcome import Completed, Failed, FailureKind
from nexkit.platform.api import EchoReply
from probes.load import ROUND_TRIPS_BYTES, LoadProbe, both_ways
from probes.load.direction import WIRE_RATIO
from probes.load.params import LoadParams

pytestmark = pytest.mark.measures

_PROGRAM = Path(__file__).parents[1] / "lab" / "load_server.py"
_SPEC = importlib.util.spec_from_file_location("load_server", _PROGRAM)
load_server = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(load_server)


class Echo:
    """Every echo comes back after 7 ms, or never."""

    def __init__(self, silent):
        self.silent = silent

    async def echo(self, address, *, timeout_s, payload_bytes=56):
        await asyncio.sleep(0.007)
        return EchoReply(rtt_ms=None if self.silent else 7.0, error=None)


class LoadPlatform(LoopbackPlatform):
    """Real connections; echo as the test wants it."""

    def __init__(self, names=None, authority=None, echo="answers"):
        super().__init__(names or {"speed.example.com": ("127.0.0.1",), "127.0.0.1": ("127.0.0.1",)}, authority)
        self.echo = echo

    async def metered(self):
        return None

    @contextlib.asynccontextmanager
    async def open_echo(self, family):
        if self.echo == "refused":
            raise PermissionError
        yield Echo(self.echo == "silent")


@pytest.fixture(autouse=True)
def short_rest(monkeypatch):
    monkeypatch.setattr(both_ways, "IDLE_S", 0.2)


@contextlib.contextmanager
def serving(tls=None):
    server = load_server.LoadServer("127.0.0.1", 0, tls)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def url_of(server, scheme="http"):
    return f"{scheme}://127.0.0.1:{server.server_address[1]}/"


def measure(platform=None, **values):
    """The outcome of one run and its context."""
    values = {"direction_s": 1.0, "connections": 3, **values}
    ctx = context(LoadProbe(), platform or LoadPlatform())
    return asyncio.run(LoadProbe().run(LoadParams(**values), ctx)), ctx


def settled(server):
    """What the server counts once its connections have noticed the end."""
    before = None
    while before != (before := (server.moved.sent, server.moved.received)):
        time.sleep(0.05)
    return before


def connections_to(server):
    """The sockets of this process that are connected to the server."""
    found = []
    for sock in [thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() != -1]:
        with contextlib.suppress(OSError):
            if sock.getpeername() == server.server_address:
                found.append(sock)
    return found


def slowed(server, monkeypatch, bytes_per_s=4_000_000):
    """Let every connection of the server move at this pace, so that the byte cap is not met at once."""
    block = bytes_per_s // 100
    monkeypatch.setattr(load_server, "BLOCK", load_server.BLOCK[:block])
    add = server.moved.add

    def slow_add(sent=0, received=0):
        add(sent, received)
        time.sleep((sent + received) / bytes_per_s)

    monkeypatch.setattr(server.moved, "add", slow_add)


def test_both_directions_are_measured_with_latency_at_rest_and_under_load(monkeypatch):
    with serving() as server:
        slowed(server, monkeypatch)
        outcome, _ = measure(server=url_of(server), direction_s=1.2, expected_down_bit_s=90e6)
        sent, received = settled(server)
    fact = outcome.fact
    assert fact.idle.method is EchoMethod.ICMP
    assert fact.idle.rtt_p50_ms == 7.0
    assert fact.echo_target == "127.0.0.1"
    assert fact.expected_down_bit_s == 90e6
    for direction, moved in ((fact.down, sent), (fact.up, received)):
        assert direction.failure is None
        assert direction.connections == 3
        assert direction.ramp_up_s >= 0.5
        assert direction.ramp_up_s + direction.measured_s == pytest.approx(1.2, abs=0.3)
        assert direction.working.received > 5
        assert direction.goodput_bit_s > 1e6
        assert not direction.capped
        assert direction.transferred_bytes <= moved or direction is fact.up  # loopback buffers hold some of an upload


def test_goodput_of_a_slow_download_is_what_the_server_lets_through(monkeypatch):
    with serving() as server:
        slowed(server, monkeypatch, bytes_per_s=1_000_000)
        outcome, _ = measure(server=url_of(server), direction_s=1.2, connections=2)
    assert outcome.fact.down.goodput_bit_s == pytest.approx(16e6, rel=0.15)
    assert outcome.fact.down.confidence is LoadConfidence.LOW  # one window only


@pytest.mark.parametrize("max_bytes", [1, 1000, 3_000_000, 40_000_000])
def test_the_byte_cap_is_never_exceeded(max_bytes):
    with serving() as server:
        outcome, ctx = measure(server=url_of(server), max_bytes=max_bytes)
        assert sum(settled(server)) <= max_bytes
    fact = outcome.fact
    assert fact.down.transferred_bytes <= max_bytes // 2
    assert fact.up.capped
    assert ctx.spent_bytes <= max_bytes * WIRE_RATIO + ROUND_TRIPS_BYTES


def test_a_cut_off_direction_says_so_and_still_counts(monkeypatch):
    with serving() as server:
        slowed(server, monkeypatch)
        outcome, _ = measure(server=url_of(server), direction_s=5.0, max_bytes=16_000_000)
    assert outcome.fact.down.capped
    assert outcome.fact.down.measured_s < 1
    assert outcome.fact.down.transferred_bytes > 4_000_000


def test_tls_is_checked_against_the_trust_of_the_platform(tmp_path):
    authority = Authority()
    with serving(authority.server(tmp_path, "speed.example.com")) as server:
        url = f"https://speed.example.com:{server.server_address[1]}/"
        trusted, _ = measure(LoadPlatform(authority=authority), server=url, max_bytes=30_000_000)
        untrusted, _ = measure(LoadPlatform(authority=Authority()), server=url, max_bytes=30_000_000)
    assert trusted.fact.up.failure is None
    assert trusted.fact.up.transferred_bytes > 0
    assert isinstance(untrusted, Failed)
    assert (untrusted.failure.kind, untrusted.failure.step) == (FailureKind.TLS, "tls")


@pytest.mark.parametrize("option", ["chunked=1", "close=1"])
def test_servers_may_frame_as_they_like(option):
    with serving() as server:
        outcome, _ = measure(
            server=url_of(server),
            download=f"download?bytes={{bytes}}&{option}",
            upload=f"u?{option}",
            max_bytes=9_000_000,
        )
        assert sum(settled(server)) <= 9_000_000
    assert outcome.fact.down.failure is None
    assert outcome.fact.down.transferred_bytes > 1_000_000


def test_one_direction_may_fail_without_the_other():
    with serving() as server:
        outcome, _ = measure(server=url_of(server), upload="status/413", max_bytes=9_000_000)
    assert outcome.fact.down.failure is None
    assert (outcome.fact.up.failure.kind, outcome.fact.up.failure.step) == (FailureKind.PROTOCOL, "http")
    assert outcome.fact.up.goodput_bit_s is None


def test_a_server_that_gives_neither_direction_is_a_failure():
    with serving() as server:
        outcome, _ = measure(server=url_of(server), download="status/404", upload="status/404")
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.PROTOCOL, "http")


def test_a_server_that_never_answers_is_a_timeout():
    with serving() as server:
        outcome, _ = measure(server=url_of(server), download="silent", upload="status/404", direction_s=0.5)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.TIMEOUT, "transfer")


def test_a_server_may_answer_an_upload_before_it_has_it():
    with serving() as server:
        outcome, _ = measure(server=url_of(server), upload="at-once", max_bytes=20_000_000)
        assert settled(server)[1] <= 20_000_000
    assert outcome.fact.up.failure is None
    assert outcome.fact.up.transferred_bytes > 1_000_000


def test_a_closed_port_is_a_failure_to_connect():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome, _ = measure(server=f"http://127.0.0.1:{port}/")
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.REFUSED, "connect")


def test_an_unknown_name_is_a_failure_to_resolve():
    outcome, _ = measure(server="http://nowhere.example.com/")
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.NAME_NOT_FOUND, "resolve")


def test_the_first_address_that_answers_is_taken():
    with serving() as server:
        platform = LoadPlatform({"speed.example.com": ("::1", "127.0.0.1")})
        url = f"http://speed.example.com:{server.server_address[1]}/"
        outcome, _ = measure(platform, server=url, max_bytes=3_000_000)
    assert outcome.fact.echo_target == "127.0.0.1"


@pytest.mark.parametrize("echo", ["refused", "silent"])
def test_without_echo_latency_is_that_of_the_handshake_with_the_server(echo):
    with serving() as server:
        outcome, _ = measure(
            LoadPlatform(echo=echo), server=url_of(server), echo_target="192.0.2.7", max_bytes=3_000_000
        )
    assert outcome.fact.idle.method is EchoMethod.TCP_CONNECT
    assert outcome.fact.idle.received > 0
    assert outcome.fact.echo_target == outcome.fact.idle.target == "127.0.0.1"


@pytest.mark.parametrize("after_s", [0.05, 0.5, 1.4])
def test_cancelling_takes_less_than_a_second_and_leaves_nothing_open(after_s, monkeypatch):
    async def scene(server):
        values = LoadParams(server=url_of(server), direction_s=1.0, connections=3)
        task = asyncio.create_task(LoadProbe().run(values, context(LoadProbe(), LoadPlatform())))
        await asyncio.sleep(after_s)
        began = time.perf_counter()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.05)  # asyncio closes the sockets in its next rounds
        return time.perf_counter() - began, connections_to(server)

    with serving() as server:
        slowed(server, monkeypatch)
        took_s, left = asyncio.run(scene(server))
        settled(server)
    assert took_s < 0.9
    assert left == []


def test_progress_and_samples_are_told_while_it_runs():
    ratios, samples = [], []
    ctx = context(LoadProbe(), LoadPlatform())
    ctx.on_progress, ctx.on_sample = ratios.append, samples.append
    with serving() as server:
        values = LoadParams(server=url_of(server), direction_s=0.5, connections=2)
        outcome = asyncio.run(LoadProbe().run(values, ctx))
    assert isinstance(outcome, Completed)
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(1.0, abs=0.01)
    assert samples.count(7.0) >= 4


def test_the_server_runs_as_a_program():
    async def scene():
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(_PROGRAM), "--port", "0", stdout=asyncio.subprocess.PIPE
        )
        try:
            port = int((await process.stdout.readline()).split()[-1])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /upload HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /moved HTTP/1.1\r\n\r\n")
            writer.write(b"GET /status/404 HTTP/1.1\r\n\r\nGET /download?bytes=7 HTTP/1.1\r\n\r\n")
            answer = b""
            while answer.count(b"HTTP/1.1") < 4:
                answer += await reader.read(1000)
            writer.close()
            await writer.wait_closed()
            return answer
        finally:
            process.terminate()
            await process.wait()

    answer = asyncio.run(scene())
    assert b"\r\n\r\n5HTTP/1.1 200 Status" in answer
    assert b'{"sent": 0, "received": 5}HTTP/1.1 404 Status' in answer
