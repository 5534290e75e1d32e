"""The page for IT departments, typed as it stands there: keys, signature, packing, sums; installing under Wine."""

import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from installer.wine import ROOT, Windows
from nexkit import __version__

PAGE = (ROOT / "installer" / "README.md").read_text(encoding="utf-8")
RECIPES = dict(re.findall(r"<!-- recipe: ([a-z-]+) -->\n```[a-z]+\n(.*?)```", PAGE, re.DOTALL))
PACKED = {
    f"nexkit-{__version__}-x64.msi": f"nexkit-{__version__}-example-corp-x64.msi",
    f"nexkit_{__version__}_amd64.deb": f"nexkit_{__version__}+example.corp.1_amd64.deb",
    f"nexkit-{__version__}-linux-x86_64.tar.xz": f"nexkit-{__version__}-example-corp-linux-x86_64.tar.xz",
}
"""The vendor's installer, and what the page says that the organisation's is called."""


def readme_profile() -> str:
    """The least profile of the README, in date."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (profile,) = re.findall(r"```toml\n(schema = 1\n.*?)```", text, re.DOTALL)
    now = datetime.now(UTC).replace(microsecond=0)
    for name, days in (("not_before", -1), ("not_after", 365)):
        moment = (now + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        profile, found = re.subn(rf"^{name} = .*$", f"{name} = {moment}", profile, flags=re.MULTILINE)
        assert found == 1
    return profile


def typed(folder: Path, recipe: str, answers: str = "") -> str:
    """What a recipe of the page says in a shell that stops at the first failure."""
    path = f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    done = subprocess.run(
        ["bash", "-e", "-c", RECIPES[recipe]],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"},
        input=answers,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_windows(windows: Windows, folder: Path, line: str) -> None:
    """Type a line of the page in a console of Windows."""
    done = windows.run("cmd", "/c", line, folder=folder, timeout_s=120)
    assert done.returncode == 0, (line, done.returncode, done.stdout[-2000:])


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a profile, made and signed by the page; the programs of this checkout are called by their names."""
    folder = tmp_path / "desk"
    (folder / "bin").mkdir(parents=True)
    for name, words in (("nexkit", ""), ("nexkit-pack", " pack")):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -P -m ui.cli{words} "$@"\n')
        program.chmod(0o755)
    (folder / "profile.toml").write_text(readme_profile(), encoding="utf-8")
    typed(folder, "it-keys", "\n\n")
    typed(folder, "it-sign")
    assert (folder / "profile.toml.sig").read_text().startswith("-----BEGIN SSH SIGNATURE-----")
    return folder


def test_every_recipe_of_the_page_is_typed_here():
    tried = Path(__file__).read_text(encoding="utf-8")
    assert len(RECIPES) >= 6
    assert [name for name in RECIPES if f'"{name}"' not in tried] == []


@pytest.mark.parametrize("vendor", PACKED)
def test_an_installer_of_ones_own_is_packed(dist: Path, desk: Path, vendor: str):
    shutil.copy(dist / vendor, desk)
    typed(desk, "it-pack")
    assert (desk / PACKED[vendor]).is_file()


def test_downloads_are_checked(dist: Path, desk: Path):
    for name in ("SHA256SUMS", next(iter(PACKED))):
        shutil.copy(dist / name, desk)
    assert f"{next(iter(PACKED))}: OK" in typed(desk, "it-sums")


@pytest.mark.timeout(300)
def test_the_organisations_installer_is_installed_repaired_and_taken_away(dist: Path, desk: Path, windows: Windows):
    vendor, packed = next(iter(PACKED.items()))
    shutil.copy(dist / vendor, desk)
    (product,) = re.findall(r"\{[0-9A-F-]{36}\}", typed(desk, "it-pack"))
    shutil.move(desk / packed, desk / "nexkit.msi")
    (windows.drive_c / "rollout").mkdir()
    folder = windows.drive_c / "Program Files" / "nexkit"
    (install,) = RECIPES["it-msi-install"].splitlines()
    on_windows(windows, desk, install)
    assert (windows.drive_c / "rollout" / "nexkit.log").stat().st_size
    (check,) = re.findall(r'^In a script: `("C:[^`]+)` without a file', PAGE, re.MULTILINE)
    done = windows.run(folder / "nexkit.exe", *check.rpartition('"')[2].split())
    assert done.returncode == 0, done.stderr
    shown = windows.run(folder / "nexkit.exe", "profile", "show", "--lang", "en")
    assert "example-corp" in shown.stdout
    (folder / "nexkit-wizard.exe").unlink()
    repair, remove = RECIPES["it-msi-repair-and-remove"].replace("{PRODUCTCODE}", product).splitlines()
    # Wine does not know `/fa` of a package, which stands for these properties.
    assert repair.startswith("msiexec /fa nexkit.msi ")
    on_windows(windows, desk, f"{install} REINSTALL=ALL REINSTALLMODE=amus")
    assert (folder / "nexkit-wizard.exe").is_file()
    on_windows(windows, desk, remove)
    assert not folder.exists()
