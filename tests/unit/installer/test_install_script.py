"""install.sh of the Linux archive, in folders of its own and with no rights of root."""

import os
import shutil
import subprocess
import sys

import pytest

from installer.linux import ROOT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="is for Linux")

SYSTEM = {"id": "echo 0", "chown": "exit 0", "dpkg-query": "exit 1"}
SYSTEM |= {"update-desktop-database": "exit 0", "gtk-update-icon-cache": "exit 0"}
"""What only root may do, and what depends on the system."""
CHECKED = """\
case "$*" in
"profile install") ;;
"profile install "*) mkdir -p {managed}; cp "$3"/profile.toml {managed} ;;
esac
"""
REFUSED = "echo 'nexkit: it has ended' >&2; exit 2"


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


class Machine:
    """A system's folders below one of ours."""

    def __init__(self, root):
        self.root = root
        self.managed = root / "etc/xdg/nexkit"
        for name, text in SYSTEM.items():
            program(root / "bin" / name, text)

    def unpacked(self, version, *, check=CHECKED, **managed):
        """An archive of this version, with these files of an organisation."""
        top = self.root / f"unpacked/nexkit-{version}"
        program(top / "nexkit", f"echo {version}\n{check.format(managed=self.managed)}")
        script = (ROOT / "installer" / "linux" / "install.sh").read_text(encoding="utf-8")
        for word, value in {"{glibc}": "2.17", "{id}": "nexkit"}.items():
            script = script.replace(word, value)
        for place in ("/opt", "/etc/xdg", "/usr/local"):
            script = script.replace(place, f"{self.root}{place}")
        (top / "install.sh").write_text(script, encoding="utf-8")
        (top / "share").mkdir()
        for name in ("nexkit.desktop", "nexkit.svg", "nexkit.metainfo.xml", "nexkit.1"):
            (top / "share" / name).touch()
        for name, text in managed.items():
            (top / "managed" / "certificates").mkdir(parents=True, exist_ok=True)
            (top / "managed" / name.replace("_", ".")).write_text(text, encoding="utf-8")
            (top / "managed" / "certificates" / "of one.pub").write_text(text, encoding="utf-8")
        return top / "install.sh"

    def run(self, script, *words):
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        command = [shutil.which("sh"), str(script), *words]
        return subprocess.run(
            command,
            env={"PATH": path},
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )

    def files(self):
        """All that is installed."""
        kept = {self.root / "bin", self.root / "unpacked"}
        return {
            str(path.relative_to(self.root))
            for path in self.root.rglob("*")
            if not path.is_dir() and not kept & set(path.parents)
        }


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_an_installation_is_taken_away_without_a_trace(machine):
    script = machine.unpacked(1, profile_toml="ours")
    assert machine.run(script).returncode == 0
    assert machine.run(machine.root / "usr/local/bin/nexkit").stdout == "1\n"
    assert (machine.managed / "profile.toml").read_text() == "ours"
    assert (machine.managed / "certificates" / "of one.pub").is_file()
    assert machine.run(script, "--uninstall").returncode == 0
    assert machine.files() == set()
    assert not machine.managed.exists()


def test_a_profile_of_an_earlier_archive_stays_in_an_update_and_goes_with_the_program(machine):
    machine.run(machine.unpacked(1, profile_toml="ours"))
    assert machine.run(machine.unpacked(2)).returncode == 0
    assert machine.run(machine.root / "usr/local/bin/nexkit").stdout == "2\n"
    assert (machine.managed / "profile.toml").read_text() == "ours"
    assert machine.run(machine.root / "opt/nexkit/install.sh", "--uninstall").returncode == 0
    assert machine.files() == set()


def test_a_refused_profile_changes_nothing(machine):
    machine.run(machine.unpacked(1))
    before = machine.files()
    done = machine.run(machine.unpacked(2, check=REFUSED, profile_toml="ours"))
    assert (done.returncode, "it has ended" in done.stderr) == (2, True)
    assert machine.files() == before
    assert machine.run(machine.root / "usr/local/bin/nexkit").stdout == "1\n"


def test_what_is_installed_is_not_installed_over_itself(machine):
    machine.run(machine.unpacked(1))
    done = machine.run(machine.root / "opt/nexkit/install.sh")
    assert (done.returncode, "of an archive" in done.stderr) == (1, True)
    assert machine.run(machine.root / "usr/local/bin/nexkit").stdout == "1\n"


def test_another_word_is_told_how_it_is_used(machine):
    done = machine.run(machine.unpacked(1), "--remove")
    assert (done.returncode, done.stderr) == (2, "install.sh: usage: install.sh [--uninstall]\n")
