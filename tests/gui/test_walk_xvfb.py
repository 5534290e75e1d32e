"""The real program on a screen of its own, from the first page to a saved report that stock tools accept."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from gui_doubles import PROFILE_TOML

pytestmark = pytest.mark.screen
NO_NETWORK = ["unshare", "--user", "--map-root-user", "--net"]
WALK = Path(__file__).with_name("walk_on_screen.py")
ROOT = Path(__file__).parents[2]


def missing() -> str:
    """Why this cannot be tried here; "" where it can."""
    for program in ("Xvfb", "xdotool", "unshare", "ssh-keygen", "sha256sum"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if subprocess.run([*NO_NETWORK, "true"], check=False, capture_output=True).returncode != 0:
        return "network namespaces are refused"
    return ""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_wizard_is_walked_and_its_report_verified(tmp_path: Path, language: str):
    if reason := missing():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    home = tmp_path / "home"
    home.mkdir()
    profile = tmp_path / "profile.toml"
    profile.write_text(PROFILE_TOML, encoding="utf-8")
    walked = subprocess.run(
        [*NO_NETWORK, sys.executable, str(WALK), str(home), str(profile), language],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert walked.returncode == 0, walked.stderr
    (bundle,) = home.glob("*.nexkit.zip")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / bundle.name.partition("_")[0]  # number_organisation.nexkit.zip
    manifest = folder / "tagmanifest-sha256.txt"
    with manifest.open("rb") as text:
        signature = subprocess.run(
            ["ssh-keygen", "-Y", "check-novalidate", "-n", "report", "-s", f"{manifest}.sig"],
            stdin=text,
            check=False,
            capture_output=True,
            text=True,
        )
    assert signature.returncode == 0, signature.stderr
    assert "Good" in signature.stdout
    for name in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", name], cwd=folder, check=True)
    assert "T-4711" in (folder / "data" / "report.json").read_text()
