"""Probes by hand: limits of all runs together, repetition, what is shown and saved of them."""

import asyncio
import csv
import io
import random
import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import ClassVar

import pytest

from nexkit import kit_limits
from nexkit.clock import SystemClock
from nexkit.consent import Consent
from nexkit.events import StepFinished, StepSample, StepsPlanned
from nexkit.outcome import Completed, Failed, FailureKind, Skipped, SkipReason
from nexkit.platform.fake import FakePlatform
from nexkit.probe import ProbeSpec
from nexkit.profile_file import built_in_profile
from nexkit.registry import Registry
from nexkit.runner import Runner
from nexkit.texts import Texts
from nexkit.units import Bytes, Seconds
from report.csv_table import csv_bytes
from report.profile_in_force import PROFILE_FILE, Place, Sources, candidates, profile_in_force
from report.profile_state import ProfileMemory
from report.profile_words import place_text, profile_sections
from report.tables.table import Table
from ui.hand_run import HandRun, command_words, sample_rows, table_rows
from ui.probe_series import SeriesEnd, can_repeat, measure_series

TEXTS = Texts("en")
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
PROFILE = """schema = 1
id = "example-corp"
name = {en = "Example Corp"}
serial = 7
not_before = 2020-01-01T00:00:00Z
not_after = 2090-01-01T00:00:00Z
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapParams:
    target: str
    taps: int = 1


@dataclass(frozen=True)
class Taps:
    number: int


class TapProbe:
    """Sends bytes, and waits without end where it is told to."""

    spec: ClassVar = ProbeSpec(
        id="tap",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=TapParams,
        fact=Taps,
        timeout_s=Seconds(5),
        max_bytes=Bytes(30_000_000),
    )

    def __init__(self, bytes_each=10, *, endless=False):
        self.bytes_each = bytes_each
        self.endless = endless

    async def run(self, params, ctx):
        for _tap in range(params.taps):
            ctx.spend(self.bytes_each)
            ctx.sample(1.0)
        if self.endless:
            await asyncio.Event().wait()
        return Completed(Taps(params.taps))


def series(probe, words, every_s, *, stop_after=None):
    """The events and the end of a series."""
    runner = Runner(registry=Registry([probe]), platform=FakePlatform(), clock=SystemClock(), random=random.Random(1))
    events = []

    async def measure():
        stop = asyncio.Event()

        def listen(event):
            events.append(event)
            if stop_after is not None and sum(isinstance(each, StepSample) for each in events) >= stop_after:
                stop.set()

        return await measure_series(runner, "tap", words, every_s, listen, stop)

    return events, asyncio.run(measure())


def outcomes(events):
    return [event.result.outcome for event in events if isinstance(event, StepFinished)]


def test_once_is_once():
    events, end = series(TapProbe(), {"target": "198.18.0.1", "taps": "2"}, None)
    assert end is SeriesEnd.DONE
    assert [type(event) for event in events] == [StepsPlanned, StepSample, StepSample, StepFinished]
    assert outcomes(events) == [Completed(Taps(2))]
    assert events[-1].result.traffic_bytes == 20


def test_it_is_repeated_until_it_is_stopped():
    events, end = series(TapProbe(), {"target": "198.18.0.1"}, 0.0, stop_after=4)
    assert end is SeriesEnd.STOPPED
    assert len(outcomes(events)) == 4


def test_the_pause_is_left_at_once_when_it_is_stopped():
    events, end = series(TapProbe(), {"target": "198.18.0.1"}, 300.0, stop_after=1)
    assert end is SeriesEnd.STOPPED
    assert len(outcomes(events)) == 1


def test_a_run_under_way_is_stopped_and_says_so():
    events, end = series(TapProbe(endless=True), {"target": "198.18.0.1"}, None, stop_after=1)
    assert end is SeriesEnd.STOPPED
    assert outcomes(events) == [Skipped(SkipReason.CANCELLED)]


def test_all_runs_together_have_the_bytes_of_one_run_of_the_kit():
    events, end = series(TapProbe(bytes_each=20_000_000), {"target": "198.18.0.1"}, 0.0)
    assert end is SeriesEnd.LIMIT
    *good, last = outcomes(events)
    assert len(good) == kit_limits.RUN_BYTES // 20_000_000
    assert isinstance(last, Failed)
    assert last.failure.kind is FailureKind.BUDGET


def test_a_series_ends_by_itself_as_a_run_of_the_kit_does(monkeypatch):
    monkeypatch.setattr(kit_limits, "RUN_S", 0.0)
    assert series(TapProbe(), {"target": "198.18.0.1"}, 1.0)[1] is SeriesEnd.LONGEST


def test_a_load_test_is_not_repeated():
    assert not can_repeat(SimpleNamespace(consent=Consent.BULK_TRAFFIC))
    assert not can_repeat(SimpleNamespace(consent=Consent.PUBLIC_BACKEND))
    assert can_repeat(TapProbe.spec)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"target": "198.18.0.1"}, "nexkit probe run tap 198.18.0.1"),
        ({"target": "198.18.0.1", "taps": "3"}, "nexkit probe run tap 198.18.0.1 taps=3"),
        ({"taps": "3"}, "nexkit probe run tap taps=3"),
        ({"target": "a=b"}, "nexkit probe run tap target=a=b"),
        ({"target": "-x"}, "nexkit probe run tap target=-x"),
        ({"target": "two words"}, "nexkit probe run tap 'two words'"),
    ],
)
def test_the_command_line_says_the_same(words, line):
    assert command_words(TapProbe.spec, words) == shlex.split(line)


def test_round_trips_are_saved_with_units_and_losses():
    run = HandRun(
        spec=TapProbe.spec, words={"target": "198.18.0.1"}, started_at=NOW, samples=[(0.1, 12.5), (0.3, None)]
    )
    assert csv_bytes(sample_rows(run)) == (
        b"\xef\xbb\xbfprobe,started_at,number,at_s,rtt_ms,lost\r\n"
        b"tap,2026-11-20T08:30:00Z,1,0.1,12.5,false\r\n"
        b"tap,2026-11-20T08:30:00Z,2,0.3,,true\r\n"
    )
    assert run.file_name("-x", ".csv") == "nexkit-tap-x-20261120T083000Z.csv"


def test_tables_are_saved_one_below_the_other():
    tables = [
        Table(title="A", note="about", columns=("x", "y"), rows=[("1", "2")]),
        Table(title="B", columns=("z",), rows=[("3",)]),
    ]
    assert csv_bytes(table_rows(tables)).decode("utf-8-sig").split("\r\n") == [
        "A,about", "x,y", "1,2", "", "B", "z", "3", ""
    ]  # fmt: skip


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1 dBm", "@sum", "\uff1d1", " =1", "a\n=1"])
def test_no_cell_is_a_formula(cell):
    (row,) = csv.reader(io.StringIO(csv_bytes([(cell,)]).decode("utf-8-sig"), newline=""))
    assert "'" in row[0]
    assert not any(line.lstrip(" ").startswith(("=", "+", "-", "@", "\uff1d")) for line in row[0].split("\n"))


def test_numbers_stay_numbers_and_nothing_is_invisible():
    assert csv_bytes([(-3.5, 7, None, True, "a\u202eb")]) == "\ufeff-3.5,7,,true,a\\u202eb\r\n".encode()


# Where profiles come from


@pytest.fixture
def sources(tmp_path):
    from nexkit.platform.managed import ManagedPlace

    return Sources(managed=ManagedPlace(folder=tmp_path / "managed"), memory=ProfileMemory(tmp_path / "profiles.json"))


def test_the_built_in_profile_holds_where_there_is_no_other(sources):
    found = candidates(built_in_profile(NOW), NOW, sources)
    assert [(each.place, each.in_force) for each in found] == [(Place.MANAGED, False), (Place.BUILT_IN, True)]
    assert place_text(found[0], TEXTS).endswith(f"{PROFILE_FILE}): nothing there")
    assert place_text(found[1], TEXTS) == "Part of this program: in force"


def test_a_named_profile_comes_before_the_others(sources, tmp_path):
    file = tmp_path / "named.toml"
    file.write_text(PROFILE)
    loaded = profile_in_force(file, NOW, sources)
    named, _managed, built_in = candidates(loaded, NOW, sources)
    assert (named.place, named.in_force, named.file) == (Place.NAMED, True, str(file))
    assert place_text(named, TEXTS) == f"File named with --profile ({file}): in force"
    assert "not used" in place_text(built_in, TEXTS)
    whole = "\n".join(line for section in profile_sections(loaded, None, (named,), TEXTS) for line in section.lines)
    assert "Example Corp (example-corp), serial 7" in whole
    assert "Not signed" in whole


def test_a_profile_that_went_or_was_changed_since_is_told(sources, tmp_path):
    file = tmp_path / "named.toml"
    file.write_text(PROFILE)
    loaded = profile_in_force(file, NOW, sources)
    file.unlink()
    named = candidates(loaded, NOW, sources)[0]
    assert named.in_force
    assert "refused now" in place_text(named, TEXTS)


def test_what_is_refused_in_the_managed_place_is_told_with_the_reason(tmp_path, monkeypatch):
    from nexkit.platform.managed import OpenToOthersError

    class Open:
        folder = tmp_path

        def path(self, name):
            return tmp_path / name

        def read(self, name, limit):
            raise OpenToOthersError(tmp_path / name)

    sources = Sources(managed=Open(), memory=ProfileMemory(tmp_path / "profiles.json"))
    managed, built_in = candidates(built_in_profile(NOW), NOW, sources)
    assert managed.refused is not None
    assert "refused: " in place_text(managed, TEXTS)
    assert built_in.in_force


def test_a_semicolon_begins_no_formula_where_spreadsheets_part_cells_by_it():
    hostile = ["foo;=1+1", 'a,b;"=cmd|x!A0;', "x; @SUM(1)", "n;\uff1d1"]
    written = csv_bytes([hostile]).decode("utf-8-sig")
    assert not re.search(r';["\s]*[=+\-@\uff1d]', written)
    assert csv_bytes([("a; b; c-d",)]).decode("utf-8-sig") == "a; b; c-d\r\n"
