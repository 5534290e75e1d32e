"""The command line: every wrong use is one line that names place and mend, and nothing is left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from nexkit.events import StepFinished, StepsPlanned
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.units import Seconds
from ui.cli import main
from ui.cli.output import Progress
from ui.cli.streams import write_json

ROOT = Path(__file__).resolve().parents[3]
PROFILE = """schema = 1
id = "test"
name = {en = "Test"}
serial = 1
not_before = 2020-01-01T00:00:00Z
not_after = 2090-01-01T00:00:00Z
"""


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    """What the program remembers stays with the test."""
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))


@pytest.fixture
def profile(tmp_path):
    file = tmp_path / "profile.toml"
    file.write_text(PROFILE + '[[service]]\nid = "mail"\nname = {en = "Mail"}\nurl = "https://mail.example.com/"\n')
    return file


def said(capsys, *words):
    """Exit status and the lines on stderr."""
    status = main(["--lang", "en", *words] if words[0] != "--version" else list(words))
    return status, capsys.readouterr().err.splitlines()


def test_the_version_is_said_at_once(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nexkit 0.")


@pytest.mark.linux("other systems always have a screen")
def test_without_a_screen_no_words_mean_help(capsys, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert main([]) == 0
    assert "diagnose" in capsys.readouterr().out


def test_help_speaks_japanese(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--lang", "ja", "--help"])
    assert end.value.code == 0
    assert "ネットワーク" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dance"], "invalid choice: 'dance'"),
        (["diagnose", "--depth", "deep"], "invalid choice: 'deep'"),
        (["diagnose", "--since", "monday"], "invalid choice: 'monday'"),
        (["diagnose", "--occurs", "seldom"], "invalid choice: 'seldom'"),
        (["diagnose", "--affects", "us"], "invalid choice: 'us'"),
        (["diagnose", "--agree", "everything"], "'everything' is no category"),
        (["diagnose", "--url", "ftp://example.com"], "is no web address"),
        (["diagnose", "--url", "https://"], "is no web address"),
        (["diagnose", "--time-limit", "-1"], "--time-limit"),
        (["diagnose", "--time-limit", "nan"], "--time-limit"),
        (["diagnose", "--note", "x" * 5000], "--note"),
        (["diagnose", "--ticket", "x" * 500], "--ticket"),
        (["diagnose", "--out", "r.zip"], "--agree"),
        (["diagnose", "--out", "/nowhere/at/all/r.zip", "--agree", "all"], "folder that exists"),
        (["diagnose", "--profile", "missing.toml"], "missing.toml: there is no such file"),
        (["probe", "run", "sonar"], "unknown probe 'sonar'"),
        (["probe", "run", "ping", "198.18.0.1", "colour=red"], "colour=red"),
        (["probe", "run", "ping", "198.18.0.1", "count=many"], "is not a number"),
        (["probe", "run", "ping"], "'target' is missing"),
        (["probe", "run", "reach", "www.example.com", "port=443", "layer=sctp"], "is none of"),
        (["probe", "list", "--with", "sonar"], "no installed distribution offers a probe 'sonar'"),
        (["show", "missing.zip"], "missing.zip: there is no such file"),
        (["verify", "missing.zip"], "missing.zip: there is no such file"),
        (["verify", "x.zip", "--require", "gold"], "'gold' is no tier"),
        (["profile", "check", "missing.toml"], "missing.toml: there is no such file"),
    ],
)
def test_wrong_use_is_one_line_that_names_the_place(capsys, words, expected):
    status, lines = said(capsys, *words)
    assert status == 2
    assert len(lines) == 1
    assert lines[0].startswith("nexkit: ")
    assert expected in lines[0]


def test_an_unknown_service_is_answered_with_the_known_ones(capsys, profile):
    status, lines = said(capsys, "diagnose", "--profile", str(profile), "--service", "male")
    assert (status, len(lines)) == (2, 1)
    assert "'male'" in lines[0]
    assert "mail" in lines[0]


def test_a_broken_profile_is_named_with_its_line(capsys, tmp_path):
    file = tmp_path / "p.toml"
    file.write_text(PROFILE + "colour = 1\n")
    for words in (["diagnose", "--profile"], ["profile", "check"]):
        status, lines = said(capsys, *words, str(file))
        assert (status, len(lines)) == (2, 1)
        assert "line 7" in lines[0]


def test_a_good_profile_is_summed_up(capsys, profile):
    assert main(["--lang", "en", "profile", "check", str(profile)]) == 0
    assert "services: 1," in capsys.readouterr().out


def test_a_file_that_is_no_bundle_is_refused(capsys, tmp_path):
    file = tmp_path / "r.zip"
    file.write_bytes(b"PK\x03\x04 nothing")
    status, lines = said(capsys, "show", str(file))
    assert (status, len(lines)) == (2, 1)
    assert main(["--lang", "en", "verify", str(file)]) == 1
    assert "invalid" in capsys.readouterr().out


def test_an_old_report_is_diagnosed_again_with_the_rules_of_today(capsys):
    report = Path(__file__).parents[2] / "data" / "reports" / "schema-1.nexkit.zip"
    assert main(["--lang", "en", "diagnose-again", str(report)]) == 1
    out = capsys.readouterr().out
    assert "diagnosed then with rules 2026.11.1" in out
    assert "access.bufferbloat" in out


def test_probes_are_listed_with_what_they_send(capsys):
    assert main(["--lang", "en", "probe", "list"]) == 0
    text = capsys.readouterr().out
    assert "ping" in text
    assert "at most" in text
    assert main(["--lang", "en", "probe", "list", "--json", "-"]) == 0
    listed = {entry["id"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert listed["ping"]["parameters"]["count"] == 20
    assert listed["load"]["consent"] == "bulk_traffic"


def test_the_key_is_the_same_twice(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path))
    assert main(["--lang", "en", "key", "show"]) == 0
    first = capsys.readouterr().out
    assert main(["--lang", "en", "key", "show"]) == 0
    assert capsys.readouterr().out == first
    assert first.startswith("inst-")
    assert 'namespaces="report,withdraw" ssh-ed25519 ' in first


def test_progress_is_silent_where_nobody_looks(capsys):
    progress = Progress(Texts("en"))
    progress.show(StepsPlanned(steps=(("ping.anchor1", "ping", Subject.ANCHOR),), expected_s=Seconds(1.0)))
    progress.clear()
    assert capsys.readouterr().err == ""


def test_progress_counts_on_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr("ui.cli.streams.obeys_escapes", lambda _stream: True)
    progress = Progress(Texts("en"))
    progress.show(StepsPlanned(steps=(("ping.anchor1", "ping", Subject.ANCHOR),), expected_s=Seconds(1.0)))
    progress.show(StepFinished(result=None))
    progress.clear()
    assert "1 of 1 done" in capsys.readouterr().err


def test_json_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "out.json"
    write_json({"state": "healthy"}, str(file))
    assert json.loads(file.read_text()) == {"state": "healthy"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.json"]


def test_a_reader_that_goes_away_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "ui.cli", "probe", "list"]
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.stderr, done.returncode) == (b"", 1)
