"""The organisation's MSI as its users have it: installed, its profile in force, and a report that anybody can check."""

import sys
from pathlib import Path

import pytest
from test_windows_diagnoses import NAMED_LOCALHOST
from world import refusal, run_in_lab

from installer.wine import Windows
from nexkit import __version__


@pytest.mark.measures
@pytest.mark.timeout(300)
def test_a_diagnosis_of_the_organisations_installed_program_is_verified_by_ssh_keygen(dist: Path, windows: Windows):
    if reason := refusal():
        pytest.fail(f"no lab here: {reason}")
    package = dist / f"nexkit-{__version__}-example-corp-x64.msi"
    assert windows.run("msiexec", "/i", windows.path(package), "/qn").returncode == 0
    program = windows.drive_c / "Program Files" / "nexkit" / "nexkit.exe"
    shown = windows.run(program, "profile", "show", "--lang", "en")
    assert "example-corp" in shown.stdout
    # Its sockets are the server's, which has to begin within the lab.
    windows.stop()
    walk = [sys.executable, "-m", "installer.smoke", *windows.command(program)]
    run = run_in_lab("healthy", ["unshare", "--uts", "sh", "-c", NAMED_LOCALHOST, "sh", *walk], privileged=True)
    assert run.exit_status == 0, run.stderr
    assert "ssh-keygen: Good" in run.stdout
    assert "diagnose: healthy" in run.stdout
