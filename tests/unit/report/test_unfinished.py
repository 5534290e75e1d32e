"""Runs whose report was not saved: kept as they were, for their owner, a few of them, for a week."""

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sample_report import SECRET_MAC

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.trials import begin, told
from nexkit.profile_file import built_in_profile
from nexkit.trial import Trial
from report.unfinished import KEPT_DAYS, MAX_KEPT, Keeper, UnfinishedError, discard, read_unfinished, unfinished_runs
from ui.cli import main

NOW = datetime.now(UTC)


@pytest.fixture
def profile():
    return built_in_profile(NOW)


@pytest.fixture
def run(record, profile):
    return replace(record, profile=profile.reference)


@pytest.fixture
def store(tmp_path):
    return tmp_path / "unfinished"


def kept(run, profile, store, **changes):
    keeper = Keeper(profile, store)
    keeper.keep(lambda: replace(run, **changes))
    assert keeper.problem is None
    return keeper


def set_time(store, run_id, moment):
    for path in store.glob(f"{run_id}*"):
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def test_a_run_comes_back_as_it_was(run, profile, store):
    signed = replace(profile, signature=b"-----BEGIN SSH SIGNATURE-----\n", signer_names=("it@example.com",))
    keeper = kept(run, signed, store)
    found = read_unfinished(keeper.kept_id, store)
    assert (found.record, found.profile) == (run, signed)
    assert found.diagnosis == diagnose(run)


@pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
def test_only_its_owner_reads_it(run, profile, store):
    kept(run, profile, store)
    (path,) = store.iterdir()
    assert SECRET_MAC in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.stat().st_mode) == 0o700


def test_what_was_tested_later_takes_the_place_of_the_earlier_state(run, profile, store):
    keeper = kept(run, profile, store)
    tried = told(begin(run, diagnose(run)), Trial.OTHER_DEVICE, works=True).report_record
    keeper.keep(lambda: tried)
    assert len([*store.iterdir()]) == 1
    ((found,), _) = unfinished_runs(NOW, store)
    assert (found.id, found.record) == (keeper.kept_id, tried)


def test_of_two_states_left_by_an_interruption_the_later_counts_and_both_are_deleted(run, profile, store):
    keeper = kept(run, profile, store)
    (path,) = store.iterdir()
    older = path.read_bytes()
    keeper.keep(lambda: replace(run, cancelled=True))
    path.write_bytes(older)
    assert read_unfinished(keeper.kept_id, store).record.cancelled
    assert discard(keeper.kept_id, store)
    assert not discard(keeper.kept_id, store)
    assert [*store.iterdir()] == []


def test_a_few_are_kept_and_the_oldest_goes(run, profile, store):
    ids = []
    for number in range(MAX_KEPT + 1):
        ids.append(kept(run, profile, store).kept_id)
        set_time(store, ids[-1], NOW - timedelta(hours=10 - number))
    found, _ = unfinished_runs(NOW, store)
    assert [each.id for each in found] == ids[:0:-1]


def test_after_a_week_it_is_deleted(run, profile, store):
    keeper = kept(run, profile, store)
    set_time(store, keeper.kept_id, NOW - timedelta(days=KEPT_DAYS, hours=-1))
    assert len(unfinished_runs(NOW, store)[0]) == 1
    assert unfinished_runs(NOW + timedelta(hours=2), store) == ((), ())
    assert [*store.iterdir()] == []


def test_where_the_clock_was_set_back_the_week_begins_now(run, profile, store):
    kept(run, profile, store)
    year = timedelta(days=365)
    assert len(unfinished_runs(NOW - year, store)[0]) == 1
    assert len(unfinished_runs(NOW - year + timedelta(days=KEPT_DAYS - 1), store)[0]) == 1
    assert unfinished_runs(NOW - year + timedelta(days=KEPT_DAYS + 1), store) == ((), ())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[: len(data) // 2], "line"),
        (lambda _data: b"", "line 1"),
        (lambda _data: b"\xff\xfe", "UTF-8"),
        (lambda _data: b"[]", "nexkit/unfinished/1 expected"),
        (lambda data: data.replace(b"nexkit/unfinished/1", b"nexkit/unfinished/2"), "nexkit/unfinished/1 expected"),
        (lambda data: data.replace(b'"EchoStats"', b'"SonarStats"'), "does not know"),
        (lambda data: data.replace(b'"sent": 40', b'"sent": "x"'), "sent"),
        (lambda data: data.replace(b"schema = 1", b"schema = 2"), "profile is not the one"),
        (lambda _data: b"[" * 100_000, "nested"),
        (lambda _data: b" " * 9_000_000, "more than"),
    ],
)
def test_what_is_damaged_or_of_another_version_is_one_line_and_can_be_deleted(
    run, profile, store, damage, said, monkeypatch, capsys
):
    keeper = kept(run, profile, store)
    good = kept(run, profile, store)
    (path,) = store.glob(f"{keeper.kept_id}*")
    path.write_bytes(damage(path.read_bytes()))
    runs, (unreadable,) = unfinished_runs(NOW, store)
    assert [each.id for each in runs] == [good.kept_id]
    assert str(path) in unreadable.reason
    assert said in unreadable.reason
    assert "\n" not in unreadable.reason
    monkeypatch.setenv("NEXKIT_HOME", str(store.parent))
    assert main(["report", "list"]) == 0
    assert capsys.readouterr().err == f"nexkit: {unreadable.reason}\n"
    assert main(["report", "resume", keeper.kept_id, "--agree", "all", "--out", "r.zip"]) == 2
    assert main(["report", "discard", keeper.kept_id]) == 0
    assert len([*store.iterdir()]) == 1


def test_a_place_that_cannot_be_written_is_a_problem_and_no_failure(run, profile, store):
    store.write_text("a file, where a folder belongs")
    keeper = Keeper(profile, store)
    keeper.keep(lambda: run)
    assert isinstance(keeper.problem, OSError)
    assert keeper.kept_id is None
    assert unfinished_runs(NOW, store) == ((), ())


@pytest.mark.parametrize("name", ["../keys/profile-builtin", "x", "20261121T101500Z-00000001"])
def test_a_number_that_is_none_names_no_file(store, name):
    with pytest.raises(UnfinishedError, match="no run of this number"):
        read_unfinished(name, store)
    assert not discard(name, store)


def test_the_command_line_lists_finishes_and_deletes(run, profile, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path))
    store, report = tmp_path / "unfinished", tmp_path / "r.nexkit.zip"
    assert main(["--lang", "en", "report", "list"]) == 0
    assert "No result is kept" in capsys.readouterr().out
    older, newer = kept(run, profile, store), kept(run, profile, store)
    set_time(store, older.kept_id, NOW - timedelta(days=1))
    assert main(["--lang", "en", "report", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [newer.kept_id, older.kept_id]
    assert main(["--lang", "en", "report", "resume", "--out", str(report)]) == 2
    assert "nothing is written without consent" in capsys.readouterr().err
    assert main(["--lang", "en", "report", "resume", "--agree", "all"]) == 2
    assert "--out" in capsys.readouterr().err
    assert main(["--lang", "en", "report", "resume", "--agree", "all", "--out", str(report)]) == 0
    assert main(["--lang", "en", "verify", str(report)]) == 0
    assert [each.id for each in unfinished_runs(NOW, store)[0]] == [older.kept_id]
    assert main(["--lang", "en", "report", "discard", "--all"]) == 0
    assert main(["--lang", "en", "report", "discard", older.kept_id]) == 0
    assert capsys.readouterr().out.endswith("Deleted.\nThere is no such result (any more).\n")
    assert main(["--lang", "en", "report", "resume", "--agree", "all", "--out", str(report)]) == 2
    assert "no result is kept" in capsys.readouterr().err


def test_what_is_kept_is_strict_json(run, profile, store):
    kept(run, profile, store)
    (path,) = store.iterdir()
    assert json.loads(path.read_bytes())["schema"] == "nexkit/unfinished/1"
