"""The iperf3 back end over what the program prints."""

import asyncio
import json

import pytest
from scripted import ManualClock

from nexkit.facts.load import FlowRttMethod, LoadBackend
from nexkit.outcome import Completed, Failed, FailureKind
from nexkit.platform.api import EchoReply, ProcessResult
from nexkit.platform.fake import FakePlatform
from nexkit.probe import ProbeContext
from probes.load import LoadProbe, both_ways, iperf3
from probes.load.iperf3 import ProgramError, read_run
from probes.load.params import LoadParams


def printed(*, seconds=3.0, mbit_s=20.0, rtt_us=30_000, sender="cubic"):
    count = int(mbit_s * 1e6 / 8 * 0.1)
    intervals = [
        {
            "sum": {"start": number / 10, "end": (number + 1) / 10, "bytes": count},
            "streams": [{"socket": 5, "rtt": rtt_us}, {"socket": 7, "rtt": rtt_us}],
        }
        for number in range(int(seconds * 10))
    ]
    return {"intervals": intervals, "end": {"sender_tcp_congestion": sender}}


def output(**values):
    return json.dumps(printed(**values)).encode()


def test_intervals_become_marks_and_round_trips():
    run = read_run(output())
    assert run.moved_bytes == 7_500_000
    assert run.rate_bit_s == pytest.approx(20e6)
    assert run.round_trips[0] == (0.1, 30.0)
    assert run.congestion_control == "cubic"


def test_what_still_lay_in_the_senders_buffer_does_not_count():
    answer = printed()
    answer["end"]["sum_received"] = {"bytes": 6_750_000}
    run = read_run(json.dumps(answer).encode())
    assert run.moved_bytes == 6_750_000
    assert run.rate_bit_s == pytest.approx(18e6)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"intervals": [], "end": {}}',
        b'{"intervals": 3, "end": {}}',
        b'{"intervals": [{"sum": {"end": "x", "bytes": 1}}], "end": {}}',
        b'{"intervals": [{"sum": {"end": 1, "bytes": Infinity}}], "end": {}}',
        b'{"intervals": [{"sum": {"end": 1, "bytes": 1}, "streams": [{"rtt": 1%s}]}], "end": {}}' % (b"0" * 400),
        json.dumps(printed() | {"end": None}).encode(),
    ],
)
def test_what_is_no_answer_is_a_failure(text):
    with pytest.raises(ProgramError) as caught:
        read_run(text)
    assert caught.value.failure.kind in {FailureKind.PROTOCOL, FailureKind.OTHER}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("unable to connect to server: Connection refused", FailureKind.REFUSED),
        ("unable to connect to server: Connection timed out", FailureKind.TIMEOUT),
        ("the server is busy running a test. try again later", FailureKind.OTHER),
    ],
)
def test_the_programs_own_errors_are_told_by_kind(message, kind):
    with pytest.raises(ProgramError) as caught:
        read_run(json.dumps({"error": message}).encode())
    assert caught.value.failure.kind is kind


@pytest.mark.parametrize("name", ["cubic; rm -rf /", "<script>", "x" * 16, 7, None])
def test_a_name_that_is_none_is_not_known(name):
    assert read_run(output(sender=name)).congestion_control is None


class ProgramPlatform(FakePlatform):
    """Runs iperf3 by a function of its arguments."""

    def __init__(self, run):
        super().__init__(
            names={"speed.example.com": ("198.18.5.50",)}, echoes={"198.18.5.50": [EchoReply(rtt_ms=5.0, error=None)]}
        )
        self.run = run
        self.commands = []

    async def run_program(self, arguments, *, timeout_s, max_output_bytes, input_bytes=b""):
        self.commands.append(arguments)
        return ProcessResult(exit_status=0, stdout=self.run(arguments), stderr=b"")


def measure(monkeypatch, platform, **values):
    monkeypatch.setattr(iperf3.shutil, "which", lambda name: "/usr/bin/iperf3")
    monkeypatch.setattr(both_ways, "IDLE_S", 0.2)
    ctx = ProbeContext(
        platform=platform,
        clock=ManualClock(),
        random=None,
        max_bytes=LoadProbe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )
    params = LoadParams(backend=LoadBackend.IPERF3, server="speed.example.com:5202", **values)
    return asyncio.run(LoadProbe().run(params, ctx)), ctx


def test_a_short_run_says_how_many_bytes_fit_into_the_time(monkeypatch):
    def run(arguments):
        first = int(arguments[arguments.index("-n") + 1]) <= iperf3.FIRST_BYTES
        return output(seconds=0.4 if first else 3.0)

    platform = ProgramPlatform(run)
    outcome, ctx = measure(monkeypatch, platform, direction_s=4.0)
    assert isinstance(outcome, Completed)
    counts = [int(command[command.index("-n") + 1]) for command in platform.commands]
    assert counts == [1_000_000, 9_000_000, 1_000_000, 9_000_000]
    assert ["-R" in command for command in platform.commands] == [True, True, False, False]
    assert all(
        command[:6] == ["/usr/bin/iperf3", "-c", "198.18.5.50", "-p", "5202", "-J"] for command in platform.commands
    )
    fact = outcome.fact
    assert fact.down.goodput_bit_s == pytest.approx(20e6)
    assert fact.down.transferred_bytes == 8_500_000
    assert not fact.down.capped
    assert fact.down.flow_rtt.method is FlowRttMethod.SERVER
    assert fact.up.flow_rtt.method is FlowRttMethod.OWN_SYSTEM
    assert fact.congestion_control == "cubic"
    assert ctx.spent_bytes >= 2 * 10_000_000


def test_the_bytes_of_the_profile_are_not_exceeded(monkeypatch):
    platform = ProgramPlatform(lambda arguments: output(seconds=0.4, mbit_s=900))
    outcome, _ = measure(monkeypatch, platform, max_bytes=100_000_000)
    assert outcome.fact.down.capped
    counts = [int(command[command.index("-n") + 1]) for command in platform.commands]
    assert counts[1] + 45_000_000 + iperf3.OVERSHOOT_BYTES <= 50_000_000


def test_where_cubic_cannot_be_chosen_it_runs_without(monkeypatch):
    platform = ProgramPlatform(lambda arguments: output())
    ordinary = platform.run_program

    async def refusing(arguments, **options):
        if "-C" in arguments:
            return ProcessResult(exit_status=1, stdout=b'{"error": "unable to set TCP_CONGESTION: ..."}', stderr=b"")
        return await ordinary(arguments, **options)

    platform.run_program = refusing
    outcome, _ = measure(monkeypatch, platform)
    assert outcome.fact.down.goodput_bit_s == pytest.approx(20e6)


def test_a_busy_server_is_a_failure_of_the_program(monkeypatch):
    outcome, _ = measure(monkeypatch, ProgramPlatform(lambda arguments: b'{"error": "the server is busy"}'))
    assert isinstance(outcome, Failed)
    assert (outcome.failure.kind, outcome.failure.step) == (FailureKind.OTHER, "iperf3")


def test_without_the_program_it_is_not_installed(monkeypatch):
    monkeypatch.setattr(iperf3.shutil, "which", lambda name: None)
    params = LoadParams(backend=LoadBackend.IPERF3, server="speed.example.com")
    outcome = asyncio.run(LoadProbe().run(params, None))
    assert outcome.failure.kind is FailureKind.NOT_INSTALLED
