"""Watches on the disk: nothing is lost but the last line, nothing hostile is believed, nobody else may look."""

import json
import os
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sample_report import home_record

from nexkit.diagnosis.verdict import Segment, Severity, VerdictState
from nexkit.profile_file import built_in_profile
from nexkit.request import Request, Symptom
from nexkit.subject import Subject
from nexkit.units import Bytes, Ms, Ratio, Seconds
from nexkit.watch.journal import Alive, ClockShift, Journal, RunNote
from nexkit.watch.record import (
    ChangeKind,
    Episode,
    GapReason,
    LightSign,
    MinuteSummary,
    MomentMark,
    NetworkChange,
    SignKind,
    SubjectSummary,
    ToldBy,
    WatchGap,
)
from report import watch_store
from report.watch_store import WatchError, begin_watch, discard_watch, interrupted_watches, take_up

BEGAN = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
LOADED = built_in_profile(BEGAN)
REQUEST = Request(symptom=Symptom.UNSTABLE, note="it drops")


posix = pytest.mark.skipif(os.name != "posix", reason="rights, links and signals of POSIX")


def at(minutes):
    return BEGAN + timedelta(minutes=minutes)


def minute(number):
    return MinuteSummary(
        started_at=at(number),
        length_s=Seconds(60.0),
        rounds=12,
        subjects=(
            SubjectSummary(
                target="anchor1",
                subject=Subject.ANCHOR,
                sent=24,
                lost=number % 3,
                rtt_p50_ms=Ms(12.0 + number),
                rtt_p95_ms=Ms(20.0),
            ),
        ),
    )


EPISODE = Episode(
    number=1,
    started_at=at(1),
    ended_at=None,
    told_by=ToldBy.DETECTION,
    severity=Severity.BLOCKING,
    segment=Segment.ACCESS,
    signs=(LightSign(target="anchor1", subject=Subject.ANCHOR, kind=SignKind.SILENT, loss_ratio=Ratio(1.0)),),
)
NOTE = RunNote(
    name="run-1",
    at=at(1),
    episode=1,
    state=VerdictState.FAULT,
    severity=Severity.BLOCKING,
    cause="access.line_down",
    confidence=Ratio(0.9),
)
ENTRIES = (
    minute(0),
    Alive(at=at(1), measured_s=Seconds(60.0), rounds=12, traffic_bytes=Bytes(20_000)),
    EPISODE,
    MomentMark(at=at(1), words="now", episode=1),
    NOTE,
    NetworkChange(at=at(1), kind=ChangeKind.LINK_LOST),
    WatchGap(started_at=at(2), ended_at=at(3), reason=GapReason.ASLEEP),
    ClockShift(by_s=Seconds(60.0)),
    Alive(at=at(5), measured_s=Seconds(150.0), rounds=30, traffic_bytes=Bytes(50_000)),
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "watch"


def begun(folder, now=BEGAN):
    return begin_watch(LOADED, REQUEST, now, folder)


def written(folder, entries=ENTRIES):
    kept = begun(folder)
    for entry in entries:
        kept.append(entry)
    kept.close()
    return kept.id


def test_what_was_written_is_there_again(folder):
    watch_id = written(folder)
    again = take_up(watch_id, folder)
    direct = Journal(BEGAN)
    for entry in ENTRIES:
        direct.apply(entry)
    assert again.journal.log() == direct.log()
    assert again.journal.runs == direct.runs
    assert again.journal.log().started_at == at(1)  # by the clock that was set
    assert (again.request, again.profile) == (REQUEST, LOADED)
    again.append(minute(6))
    again.close()
    with closing(take_up(watch_id, folder)) as last:
        assert len(last.journal.log().minutes) == 2


@posix
def test_nobody_else_may_look(folder):
    kept = begun(folder)
    kept.keep_run("run-1", home_record())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    kept.close()


def test_any_cut_leaves_all_whole_lines(folder):
    watch_id = written(folder)
    path = folder / f"{watch_id}.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in range(first, len(whole), 37):
        path.write_bytes(whole[:length])
        kept = take_up(watch_id, folder)
        kept.append(ENTRIES[-1])
        kept.close()
        lines = path.read_bytes().splitlines(keepends=True)
        assert all(line.endswith(b"\n") and json.loads(line) for line in lines)
        assert len(lines) == whole[:length].count(b"\n") + 1
        take_up(watch_id, folder).close()


@posix
def test_a_killed_program_leaves_a_watch_that_is_taken_up(folder, tmp_path):
    program = tmp_path / "killed.py"
    program.write_text(
        "import os, signal, sys\n"
        "sys.path[:0] = sys.argv[2:]\n"
        "import test_watch_store as t\n"
        "from pathlib import Path\n"
        "kept = t.begun(Path(sys.argv[1]))\n"
        "for entry in t.ENTRIES[:3]:\n"
        "    kept.append(entry)\n"
        'kept._file.write(b\'{"kind": "Ali\')\n'
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    paths = [str(Path(__file__).parent), str(Path.cwd())]
    assert subprocess.run([sys.executable, str(program), str(folder), *paths], check=False).returncode
    (watch_id,) = interrupted_watches(BEGAN, folder)
    with closing(take_up(watch_id, folder)) as kept:
        log = kept.journal.log()
    assert (len(log.minutes), len(log.episodes), log.rounds) == (1, 1, 12)


@pytest.mark.wine_lacks("_locking fails without an errno")
def test_a_watch_under_way_is_not_taken_for_interrupted(folder):
    kept = begun(folder)
    assert interrupted_watches(BEGAN, folder) == ()
    with pytest.raises(WatchError, match="under way"):
        take_up(kept.id, folder)
    kept.close()
    assert interrupted_watches(BEGAN, folder) == (kept.id,)


def test_old_ones_and_too_many_go(folder):
    ids = []
    for number in range(5):
        now = BEGAN + timedelta(seconds=number)
        kept = begun(folder, now)
        kept.keep_run("run-1", home_record())
        kept.close()
        os.utime(folder / f"{kept.id}.jsonl", (now.timestamp(), now.timestamp()))
        ids.append(kept.id)
    assert interrupted_watches(BEGAN + timedelta(minutes=1), folder) == tuple(reversed(ids[2:]))
    assert interrupted_watches(BEGAN + timedelta(days=watch_store.KEPT_DAYS + 1), folder) == ()
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b'{"kind": "Alive"}\n',
        b'{"kind": "RunRecord", "data": {}}\n',
        b'{"kind": "ClockShift", "data": {"by_s": "1"}}\n',
        b'{"kind": "ClockShift", "data": {"by_s": NaN}}\n',
        b'{"kind": "MomentMark", "data": {"at": "yesterday", "words": null, "episode": null}}\n',
        b"\xff\xfe\n",
        b"[" * 60_000 + b"\n",
        b" " * (watch_store.MAX_LINE_BYTES + 1) + b"\n",
    ],
)
def test_a_line_that_is_none_of_ours_is_refused_with_its_place(folder, line):
    watch_id = written(folder)
    with (folder / f"{watch_id}.jsonl").open("ab") as file:
        file.write(line)
    with pytest.raises(WatchError, match=f"{watch_id}.jsonl"):
        take_up(watch_id, folder)
    discard_watch(watch_id, folder)
    assert list(folder.iterdir()) == []


def test_a_clock_shift_beyond_all_times_is_refused(folder):
    watch_id = written(folder, [ClockShift(by_s=Seconds(1e18))])
    with pytest.raises(WatchError):
        take_up(watch_id, folder)


def test_a_run_is_kept_whole_and_read_again(folder):
    kept = begun(folder)
    record = home_record()
    kept.keep_run("run-1", record)
    assert kept.read_run("run-1") == record
    (folder / f"{kept.id}.run-1.json").write_bytes(b"{")
    assert kept.read_run("run-1") is None
    kept.drop_run("run-1")
    assert kept.read_run("run-1") is None
    for name in ("../run-1", "run-", "x"):
        with pytest.raises(OSError, match="no name"):
            kept.keep_run(name, record)
    kept.discard()
    assert list(folder.iterdir()) == []


@posix
def test_a_link_in_place_of_a_watch_is_not_followed(folder, tmp_path):
    watch_id = written(folder)
    path = folder / f"{watch_id}.jsonl"
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(WatchError):
        take_up(watch_id, folder)


def test_days_of_minutes_stay_within_a_report():
    journal = Journal(BEGAN)
    for number in range(7 * 24 * 60):
        journal.apply(minute(number))
    minutes = journal.log().minutes
    assert len(minutes) <= 480
    assert sum(each.rounds for each in minutes) == 12 * 7 * 24 * 60
    assert sum(each.subjects[0].sent for each in minutes) == 24 * 7 * 24 * 60
    assert sum(each.subjects[0].lost for each in minutes) == 7 * 24 * 60
    ends = [each.started_at + timedelta(seconds=each.length_s) for each in minutes]
    assert all(end <= later.started_at for end, later in zip(ends, minutes[1:], strict=False))


@posix
def test_a_file_from_far_beyond_our_time_hinders_nothing(tmp_path, monkeypatch):
    with closing(begin_watch(LOADED, REQUEST, BEGAN, tmp_path)) as kept:
        watch_id = kept.id
    beyond = os.stat_result((0o100600, 0, 0, 1, 0, 0, 9, 0, 253402300900, 0))  # the year 10000
    with monkeypatch.context() as patched:
        patched.setattr(Path, "stat", lambda _path, **_how: beyond)
        assert interrupted_watches(BEGAN, tmp_path) == (watch_id,)
    assert (tmp_path / f"{watch_id}.jsonl").stat().st_mtime == BEGAN.timestamp()
