"""A telling part of the unit and contract tests, run by the Windows Python. Under Wine, not on Windows."""

import re
import subprocess

import pytest

from installer.wine import ROOT, Windows, windows_python

TESTS = (
    "tests/unit/test_failures.py",
    "tests/unit/platform/test_managed.py",
    "tests/unit/platform/test_owner.py",
    "tests/unit/platform/test_sockets.py",
    "tests/unit/platform/test_udp_session.py",
    "tests/unit/platform/test_windows_api.py",
    "tests/unit/report/test_bundle.py",
    "tests/unit/report/test_codec.py",
    "tests/unit/report/test_files.py",
    "tests/unit/report/test_keys.py",
    "tests/unit/report/test_unfinished.py",
    "tests/unit/report/test_watch_store.py",
    "tests/unit/ui/test_cli.py",
    "tests/unit/ui/test_profile_commands.py",
    "tests/unit/ui/test_streams.py",
    "tests/contract/test_socket_platform.py",
)
ALONE = 'echo localhost >/proc/sys/kernel/hostname && ip link set lo up && exec "$@"'
PATIENCE_S = 300


@pytest.mark.timeout(PATIENCE_S + 30)
def test_the_tests_pass_on_windows(windows: Windows):
    alone = ("unshare", "--user", "--map-root-user", "--net", "--uts", "sh", "-c", ALONE, "sh")
    words = ("-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *TESTS)
    run = subprocess.run(
        [*alone, *windows.command(windows_python(), *words)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-8000:]
    (passed,) = re.findall(r"(\d+) passed", run.stdout)
    assert int(passed) > 400
    assert "failed" not in run.stdout
