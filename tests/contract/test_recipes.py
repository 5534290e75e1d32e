"""The recipes of the documentation, typed as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from signing import Organisation, sealed_with

from report.certificates import certificate_of_file
from report.public_keys import public_key
from report.seal import write_bundle
from report.signers import signers_line
from report.trust import Tier
from report.verify import verify

ROOT = Path(__file__).resolve().parents[2]
RECIPES = {
    name: text
    for file in (ROOT / "README.md", ROOT / "report" / "README.md")
    for name, text in re.findall(r"<!-- recipe: ([a-z-]+) -->\n```[a-z]+\n(.*?)```", file.read_text("utf-8"), re.DOTALL)
}
HERE = "macos" if sys.platform == "darwin" else "linux"
BY_HAND = RECIPES[HERE].splitlines()
GNU = pytest.mark.linux("a Mac's sha256sum has other options than GNU's; its own recipe uses shasum")
pytestmark = pytest.mark.skipif(
    # With CI=true they have to be there: the tests then fail instead.
    sys.platform == "win32"
    or (os.environ.get("CI") != "true" and not all(map(shutil.which, ("ssh-keygen", "sha256sum", "unzip", "bash")))),
    reason="needs ssh-keygen, sha256sum, unzip and bash",
)


def typed(folder, *recipes, stdin=""):
    """Recipes, or lines of them, one after another in one shell that stops at the first failure; no terminal asks."""
    return subprocess.run(
        ["bash", "-e", "-c", "\n".join(RECIPES.get(recipe, recipe) for recipe in recipes)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        start_new_session=True,
    )


@pytest.fixture
def desk(tmp_path):
    """A folder in which the IT department has made its authority by the recipe; no pass phrase is typed."""
    made = typed(tmp_path, "authority", stdin="\n\n")
    assert made.returncode == 0, made.stderr
    return tmp_path


def new_key(folder):
    """An installation's key, its public half written for the IT department."""
    private = Ed25519PrivateKey.generate()
    key = public_key(private)
    (folder / f"{key.install_id}.pub").write_text(f"{key.line} {key.install_id}\n")
    return private, key


@pytest.fixture
def enrolled(desk):
    """A report of an installation that was enrolled by the recipe, together with another one; its certificate."""
    private, key = min((new_key(desk), new_key(desk)), key=lambda made: made[1].install_id)
    done = typed(desk, "enrol")
    assert done.returncode == 0, done.stderr
    assert (desk / "serial").read_text() == "3\n"
    certificate = certificate_of_file(desk / f"{key.install_id}-cert.pub")
    write_bundle(desk / "REPORT.nexkit.zip", sealed_with(private, certificate), ())
    return certificate


@pytest.fixture
def unenrolled(desk):
    """A report of an installation that has no certificate; its key."""
    private, key = new_key(desk)
    write_bundle(desk / "REPORT.nexkit.zip", sealed_with(private), ())
    return key


def test_every_recipe_is_tried_here():
    tried = Path(__file__).read_text("utf-8")
    assert len(RECIPES) == 10
    assert all(f'"{name}"' in tried for name in RECIPES)


@pytest.mark.parametrize("recipe", [pytest.param("readme", marks=GNU), pytest.param("linux", marks=GNU), "macos"])
def test_a_desk_without_nexkit_checks_an_enrolled_report(desk, enrolled, recipe):
    if recipe == "macos" and not shutil.which("shasum"):
        pytest.skip("needs shasum")
    done = typed(desk, recipe)
    assert done.returncode == 0, done.stderr
    assert f'Good "report" signature for {enrolled.principal}' in done.stdout
    assert verify(desk / "REPORT.nexkit.zip", desk / "org_signers").tier is Tier.ORG_VOUCHED


@pytest.mark.parametrize("recipe", [pytest.param("readme", marks=GNU), pytest.param("linux", marks=GNU)])
def test_a_desk_without_nexkit_checks_a_report_of_a_listed_key(desk, unenrolled, recipe):
    (desk / "org_signers").write_text(signers_line(unenrolled) + "\n")
    done = typed(desk, recipe)
    assert done.returncode == 0, done.stderr
    assert f'Good "report" signature for {unenrolled.install_id}' in done.stdout


def test_a_key_that_is_not_known_is_refused_and_its_bytes_can_be_checked(desk, unenrolled):
    assert typed(desk, "readme").returncode != 0
    shutil.rmtree(next(desk.glob("20*-*/")))
    done = typed(desk, *BY_HAND[:2], "linux-unknown")
    assert done.returncode == 0, done.stderr
    assert 'Good "report" signature' in done.stdout


@pytest.mark.parametrize(
    "change", ["echo x >> data/summary.txt", "echo x > data/more.txt", "rm data/summary.txt", "echo x >> bag-info.txt"]
)
def test_a_changed_report_is_found_by_hand(desk, enrolled, change):
    done = typed(desk, *BY_HAND[:2], change, *BY_HAND[2:])
    assert done.returncode != 0
    assert re.search(r"summary\.txt|more\.txt|bag-info\.txt", done.stdout + done.stderr)


def test_what_it_revokes_by_the_recipe_is_refused_by_hand_and_by_nexkit(desk, enrolled):
    Organisation(desk).key("lost")
    done = typed(desk, "revoke", HERE, "linux-revoked")
    assert enrolled.serial == 1  # which is what the recipe revokes
    assert 'Good "report"' in done.stdout
    assert done.returncode != 0
    assert done.stdout.endswith("Could not verify signature.\n")
    assert verify(desk / "REPORT.nexkit.zip", desk / "org_signers", revoked=desk / "revoked.krl").tier is Tier.INVALID


@pytest.mark.parametrize("recipe", ["windows", "windows-more"])
def test_the_commands_for_windows_are_those_that_work(desk, enrolled, recipe):
    """Their quotes and slashes put as other systems write them; PowerShell's own lines are not run here."""
    commands = re.findall(r'cmd /c "(.*)"', RECIPES[recipe])
    assert len(commands) == 2
    assert not re.search(r"\|.*ssh-keygen", RECIPES[recipe])
    Organisation(desk).key("lost")
    (desk / "revoked.krl").write_text((desk / "lost.pub").read_text())
    done = typed(desk, *BY_HAND[:2], f"signer={enrolled.principal}", *(line.replace("\\", "/") for line in commands))
    assert done.returncode == 0, done.stderr
    assert 'Good "report"' in done.stdout
