"""The Ookla back end, with a stand-in for the package that it drives."""

import asyncio
import json
import os
import random
import subprocess
import sys

import pytest
from scripted import ManualClock

from nexkit.facts.load import LoadBackend, LoadConfidence
from nexkit.outcome import Completed, Failed, Failure, FailureKind
from nexkit.platform.api import ProcessResult
from nexkit.probe import ProbeContext
from probes.load import LoadProbe, ookla, speedtest_program
from probes.load.params import LoadParams

ANSWER = {
    "download": 93_412_345.25,
    "upload": 40_000_000.0,
    "bytes_received": 116_765_431,
    "bytes_sent": 50_331_648,
    "host": "speed.example.com:8080",
    "down_capped": False,
    "up_capped": True,
}


class ProgramPlatform:
    """Runs nothing; gives what the program would have printed, or raises."""

    def __init__(self, stdout=b"", exit_status=0, error=None):
        self.result = ProcessResult(exit_status=exit_status, stdout=stdout, stderr=b"")
        self.error = error
        self.started = []

    async def run_program(self, arguments, *, timeout_s, max_output_bytes):
        self.started.append(arguments)
        if self.error:
            raise self.error
        return self.result


def measure(platform, **values):
    ctx = ProbeContext(
        platform=platform,
        clock=ManualClock(),
        random=random.Random(1),
        max_bytes=LoadProbe.spec.max_bytes,
        on_progress=lambda ratio: None,
        on_sample=lambda rtt_ms: None,
    )
    return asyncio.run(LoadProbe().run(LoadParams(backend=LoadBackend.OOKLA, **values), ctx)), ctx


def test_the_figures_of_the_program_are_taken_over():
    platform = ProgramPlatform(json.dumps(ANSWER).encode())
    outcome, ctx = measure(platform, max_bytes=50_000_000, expected_down_bit_s=90e6)
    assert isinstance(outcome, Completed)
    fact = outcome.fact
    assert fact.backend is LoadBackend.OOKLA
    assert fact.server == "speed.example.com"
    assert fact.idle is None
    assert fact.expected_down_bit_s == 90e6
    assert fact.down.goodput_bit_s == 93_412_345.25
    assert fact.down.measured_s == pytest.approx(10.0)
    assert fact.down.confidence is LoadConfidence.LOW
    assert not fact.down.capped
    assert fact.up.capped
    assert fact.up.transferred_bytes == 50_331_648
    assert ctx.spent_bytes > 167_000_000
    assert platform.started[0][0] == sys.executable
    assert platform.started[0][-1] == "50000000"


@pytest.mark.parametrize(
    ("platform", "kind"),
    [
        (ProgramPlatform(exit_status=speedtest_program.NOT_INSTALLED_STATUS), FailureKind.NOT_INSTALLED),
        (ProgramPlatform(exit_status=speedtest_program.NO_RESULT_STATUS), FailureKind.OTHER),
        (ProgramPlatform(exit_status=1), FailureKind.OTHER),
        (ProgramPlatform(error=TimeoutError()), FailureKind.TIMEOUT),
        (ProgramPlatform(b""), FailureKind.PROTOCOL),
        (ProgramPlatform(b"[" * 9000), FailureKind.PROTOCOL),
        (ProgramPlatform(b"[]"), FailureKind.PROTOCOL),
        (ProgramPlatform(b"\xff\xfe"), FailureKind.PROTOCOL),
    ],
)
def test_trouble_is_a_failure_of_the_program(platform, kind):
    outcome, _ = measure(platform)
    assert outcome == Failed(Failure(kind=kind, step="speedtest"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("download", "93"),
        ("download", float("nan")),
        ("upload", float("inf")),
        ("upload", -1.0),
        ("bytes_sent", 1.5),
        ("bytes_received", True),
        ("bytes_received", -1),
        ("down_capped", 1),
        ("host", 5),
    ],
)
def test_a_figure_of_the_wrong_kind_is_refused(name, value):
    outcome, _ = measure(ProgramPlatform(json.dumps({**ANSWER, name: value}).encode()))
    assert outcome == Failed(Failure(kind=FailureKind.PROTOCOL, step="speedtest"))


@pytest.mark.parametrize("name", sorted(ANSWER))
def test_a_missing_figure_is_refused(name):
    left = {key: value for key, value in ANSWER.items() if key != name}
    outcome, _ = measure(ProgramPlatform(json.dumps(left).encode()))
    assert isinstance(outcome, Failed)


def test_nothing_moved_is_no_goodput():
    nothing = {**ANSWER, "download": 0.0, "bytes_received": 0}
    outcome, _ = measure(ProgramPlatform(json.dumps(nothing).encode()))
    assert outcome.fact.down.goodput_bit_s is None


def test_an_installed_program_has_no_interpreter_for_it(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    platform = ProgramPlatform(json.dumps(ANSWER).encode())
    assert measure(platform)[0] == Failed(Failure(kind=FailureKind.NOT_INSTALLED, step="speedtest"))
    assert platform.started == []


STAND_IN = """
class SpeedtestException(Exception):
    pass

class Results:
    download, upload, bytes_received, bytes_sent = 0.0, 0.0, 0, 0
    def dict(self):
        return {"download": self.download, "upload": self.upload, "bytes_received": self.bytes_received,
                "bytes_sent": self.bytes_sent, "server": {"host": "speed.example.com:8080"}, "ping": 12.5,
                "client": {"ip": "198.51.100.77"}}

class Speedtest:
    def __init__(self, secure):
        assert secure
        if FAILS:
            raise SpeedtestException("no configuration")
        self.results = Results()
        self.config = {
            "sizes": {"download": [350, 500, 750, 1000, 1500, 2000, 2500, 3000, 3500, 4000],
                      "upload": [524288, 1048576, 7340032]},
            "counts": {"download": 4, "upload": 4}, "upload_max": 12,
        }
    def get_best_server(self):
        pass
    def download(self):
        sizes = self.config["sizes"]["download"] * self.config["counts"]["download"]
        self.results.bytes_received = sum(2 * size * size for size in sizes)
        self.results.download = 8.0 * self.results.bytes_received
    def upload(self, pre_allocate):
        sizes = [size for size in self.config["sizes"]["upload"] for _ in range(self.config["counts"]["upload"])]
        self.results.bytes_sent = sum(sizes[:self.config["upload_max"]])
        self.results.upload = 8.0 * self.results.bytes_sent
"""


def run_program(folder, max_bytes, stand_in=None, fails=False):
    if stand_in is not None:
        (folder / "speedtest.py").write_text(f"FAILS = {fails}\n{stand_in}")
    return subprocess.run(
        [sys.executable, "-P", str(ookla._PROGRAM), str(max_bytes)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize("max_bytes", [1000, 2_000_000, 50_000_000, 200_000_000])
def test_what_the_program_asks_for_is_cut_to_the_limit(tmp_path, max_bytes):
    done = run_program(tmp_path, max_bytes, STAND_IN)
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["bytes_received"] <= 1.05 * max_bytes / 2  # the stand-in's files weigh about what the real ones do
    assert answer["bytes_sent"] <= max_bytes / 2
    assert answer["down_capped"]
    assert answer["up_capped"] == (max_bytes < 100_000_000)
    assert answer["host"] == "speed.example.com:8080"
    assert "client" not in answer


def test_without_the_package_the_program_says_so(tmp_path):
    blocked = "raise ModuleNotFoundError(name='speedtest')"
    assert run_program(tmp_path, 1000, blocked).returncode == speedtest_program.NOT_INSTALLED_STATUS


def test_where_the_service_gives_no_result_the_program_says_so(tmp_path):
    done = run_program(tmp_path, 1000, STAND_IN, fails=True)
    assert (done.returncode, done.stdout) == (speedtest_program.NO_RESULT_STATUS, b"")
