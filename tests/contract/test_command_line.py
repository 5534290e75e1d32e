"""The real program as a process, in a namespace without any network: stopping it, full disks, bad places."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEXKIT = [sys.executable, "-m", "ui.cli"]
ALONE = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


@pytest.fixture(scope="module", autouse=True)
def _namespaces():
    if shutil.which("unshare") and subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode == 0:
        return
    if os.environ.get("CI") == "true":
        pytest.fail("network namespaces are refused")
    pytest.skip("network namespaces are refused")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return tmp_path


def run(*words, shell=None):
    command = [*ALONE, "sh", "-c", shell, "sh", *NEXKIT, *words] if shell else [*ALONE, *NEXKIT, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_a_computer_without_network_gets_its_cause_and_a_report_that_verifies(home):
    out = home / "r.nexkit.zip"
    done = run("diagnose", "--depth", "quick", "--agree", "all", "--ticket", "T-1", "--out", str(out), "--json", "-")
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["verdict"]["segment"] == "device"
    assert run("verify", str(out)).returncode == 0
    signers = home / "signers"
    signers.write_text(run("key", "show").stdout.splitlines()[1] + "\n")
    assert run("verify", str(out), "--signers", str(signers), "--require", "known-device").returncode == 0
    assert run("verify", str(out), "--require", "known-device").returncode == 4
    revoked = home / "revoked"
    revoked.write_text(" ".join(signers.read_text().split()[2:]) + "\n")
    assert run("verify", str(out), "--revoked", str(revoked)).returncode == 1
    shown = run("show", str(out), "--html", str(home / "r.html"))
    assert shown.returncode == 1
    assert "T-1" in shown.stdout
    assert "The signing key is kept in a file" in shown.stdout
    assert "<html" in (home / "r.html").read_text()


def test_ctrl_c_keeps_what_is_there(home):
    command = [*ALONE, *NEXKIT, "diagnose"]
    for measuring_s in (2.0, 6.0):  # on a busy machine nothing is measured yet
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            time.sleep(measuring_s)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
        if out:
            break
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "This computer" in out


def test_a_time_limit_is_kept_and_said(home):
    told = json.loads(run("diagnose", "--time-limit", "0.3", "--json", "-").stdout)
    assert told["took_s"] < 3
    assert "time_limit" in {item["reason"] for item in told["not_tested"]}


def test_a_full_disk_is_one_line_and_leaves_nothing(home):
    full = home / "full"
    full.mkdir()
    done = run(
        *(
            "diagnose",
            "--depth",
            "quick",
            "--agree",
            "all",
            "--out",
            str(full / "r.zip"),
            "--json",
            str(home / "d.json"),
        ),
        shell=f'mount -t tmpfs -o size=4k none {full} && "$@"; status=$?; ls -A {full}; exit $status',
    )
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1:] != ["r.zip"]
    assert [line for line in done.stderr.splitlines() if line.startswith("nexkit: ")] == done.stderr.splitlines()
    assert "disk is full" in done.stderr
    assert json.loads((home / "d.json").read_text())["verdict"], "the result itself is not lost"


def test_a_single_probe_says_what_stopped_it(home):
    done = run("probe", "run", "route", "198.18.0.1")
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("nexkit: route: ")


def test_check_names_every_capability_and_how_to_mend(home):
    done = run("check", "--json", "-")
    found = {item["id"]: item for item in json.loads(done.stdout)}
    assert {"icmp4", "icmp6", "trace4", "trace6", "neighbours", "resolvers"} <= set(found)


def test_check_says_of_every_probe_whether_it_can_run(home):
    done = run("check", "--lang", "en")
    ids = {item["id"] for item in json.loads(run("probe", "list", "--json", "-").stdout)}
    said = done.stdout.partition("\n\n")[2].splitlines()
    assert {line.partition("(")[2].partition(")")[0] for line in said if "(DNS)" not in line} == ids - {"dns"}
