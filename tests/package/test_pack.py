"""An organisation's installers, made from those in `dist/`, installed and looked at by the installed program."""

import json
import os
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from installer.wine import Windows
from nexkit.platform.msi_database import MsiChange, change, read_tables
from report.profile_signature import sign_profile
from report.public_keys import public_key
from ui.pack.cabinet import cabinet

REFUSED = 1603 & 0xFF
"""ERROR_INSTALL_FAILURE; Wine hands on eight bits of it."""
NAME = "エグザンプル株式会社"
PROFILE = """\
schema = 1
id = "example-corp"
name = {{en = "Example Corp", ja = "{name}"}}
serial = {serial}
not_before = 2020-01-01T00:00:00Z
not_after = 2099-12-31T23:59:59Z

[support]
name = "Example Helpdesk"
email = "help@example.com"
"""
TABLES = ("Component", "Directory", "FeatureComponents", "File", "LaunchCondition", "Media", "MsiFileHash", "Property")
TABLES += ("RegLocator", "Registry", "Upgrade")
ROOTED = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="installs into a copy of this system, which takes root"
)


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Path:
    """A folder with `7.toml` and `8.toml`, signed, and `org_signers`."""
    folder = tmp_path_factory.mktemp("company")
    key = Ed25519PrivateKey.generate()
    for serial in (7, 8):
        profile = PROFILE.format(name=NAME, serial=serial).encode()
        (folder / f"{serial}.toml").write_bytes(profile)
        (folder / f"{serial}.toml.sig").write_bytes(sign_profile(profile, key))
    (folder / "org_signers").write_text(f'profile@org.example namespaces="profile" {public_key(key).line}\n')
    return folder


def packed(company: Path, serial: int, installer: Path, out: Path) -> Path:
    """An organisation's installer, made on the command line."""
    out.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "ui.cli", "pack", "--lang", "ja", "--installer", installer]
    command += ["--profile", company / f"{serial}.toml", "--signers", company / "org_signers", out]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return max(out.iterdir(), key=lambda path: path.stat().st_mtime_ns)


def msiexec(windows: Windows, *words: str) -> int:
    return windows.run("msiexec", *words, "/qn", timeout_s=120).returncode


def program(windows: Windows, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program that is installed."""
    return windows.run(windows.drive_c / "Program Files" / "nexkit" / "nexkit.exe", *words)


def profile_of(windows: Windows) -> dict:
    done = program(windows, "profile", "show", "--json", "-")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def registry(windows: Windows, key: str, scratch: Path) -> str:
    """What is below a key, "" where there is none."""
    windows.run("reg", "export", key, windows.path(scratch) + r"\key.reg", "/y")
    file = scratch / "key.reg"
    text = file.read_text("utf-16") if file.exists() else ""
    file.unlink(missing_ok=True)
    return text


@pytest.mark.timeout(300)
def test_an_organisations_msi_replaces_the_vendors_and_is_replaced_by_a_later_one(windows, dist, company, tmp_path):
    vendor = vendors(dist, ".msi")
    assert msiexec(windows, "/i", windows.path(vendor)) == 0

    first = tmp_path / vendor.name.replace("-x64", "-example-corp-x64")
    words = ["--profile", windows.path(company / "7.toml"), "--signers", windows.path(company / "org_signers")]
    done = program(windows, "pack", "--lang", "ja", "--installer", windows.path(vendor), *words, windows.path(tmp_path))
    assert done.returncode == 0, done.stderr
    elsewhere = packed(company, 7, vendor, tmp_path / "7")
    assert read_tables(first, TABLES) == read_tables(elsewhere, TABLES), "Windows Installer and msitools differ"
    assert msiexec(windows, "/i", windows.path(first)) == 0
    shown = profile_of(windows)
    assert (shown["id"], shown["serial"], shown["trust"]) == ("example-corp", 7, "signed")
    entries = registry(windows, r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall", tmp_path)
    assert entries.count('"DisplayName"="nexkit') == 1
    assert f'"DisplayName"="nexkit ({NAME})"' in entries

    second = packed(company, 8, vendor, tmp_path / "8")
    assert second.name == first.name
    assert msiexec(windows, "/i", windows.path(second)) == 0
    assert '"Serial"="8"' in registry(windows, r"HKLM\Software\nexkit\Organisation\example-corp", tmp_path)

    assert msiexec(windows, "/i", windows.path(first)) == REFUSED, "an earlier profile over a later one"
    assert profile_of(windows)["serial"] == 8

    assert msiexec(windows, "/x", windows.path(second)) == 0
    assert not (windows.drive_c / "Program Files" / "nexkit").exists()
    assert not registry(windows, r"HKLM\Software\nexkit", tmp_path)


def test_an_msi_whose_profile_was_changed_after_packing_does_not_install(windows, dist, company, tmp_path):
    made = packed(company, 7, vendors(dist, ".msi"), tmp_path / "out")
    files = {
        name: (company / name.replace("profile", "7")).read_bytes() for name in ("org_signers", "profile.toml.sig")
    }
    files["profile.toml"] = (company / "7.toml").read_bytes().replace(b"help@example.com", b"evil@example.com")
    cab = cabinet({f"managed_{name}": files[name] for name in sorted(files)}, datetime(2026, 1, 1, tzinfo=UTC))
    code = "{11111111-2222-3333-4444-555555555555}"
    change(made, MsiChange(statements=[], streams={"managed.cab": cab}, subject="nexkit", package_code=code))

    log = tmp_path / "install.log"
    assert msiexec(windows, "/i", windows.path(made), "/l*v", windows.path(tmp_path) + r"\install.log") == REFUSED
    assert "profile.toml: " in read_log(log)
    assert not (windows.drive_c / "Program Files" / "nexkit").exists()


def vendors(dist: Path, suffix: str) -> Path:
    """The vendor's installer of a kind: the one without an organisation in its name."""
    (found,) = (path for path in dist.glob(f"nexkit*{suffix}") if "example" not in path.name)
    return found


def read_log(log: Path) -> str:
    data = log.read_bytes()
    return data.decode("utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "replace")


class Copy:
    """A copy of this system that is gone with the test: an overlay that is seen by nobody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """A shell script as root of the copy, with the test's folder at /mnt; all is forgotten at its end."""
        inner = self.folder / "script.sh"
        inner.write_text(script)
        outer = f"""set -e
            mount -t tmpfs none {self.folder}/over
            cd {self.folder}/over; mkdir upper work root
            mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
            mount --bind {self.folder} root/mnt; mount --rbind /proc root/proc; mount --rbind /dev root/dev
            mount -t tmpfs none root/run
            exec chroot root sh -e /mnt/script.sh"""
        (self.folder / "over").mkdir(exist_ok=True)
        command = ["unshare", "-mn", "sh", "-c", outer]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


@ROOTED
def test_an_organisations_deb_puts_its_profile_where_only_root_may_write(dist, company, tmp_path):
    vendor = vendors(dist, ".deb")
    for serial in (7, 8):
        made = packed(company, serial, vendor, tmp_path / str(serial))
        assert f"+example.corp.{serial}_amd64.deb" in made.name
        made.rename(tmp_path / f"{serial}.deb")
    told = Copy(tmp_path).run("""
        dpkg --force-depends -i /mnt/7.deb >&2; dpkg --force-depends -i /mnt/8.deb >&2
        stat -c '%U %G %a %n' /etc/xdg/nexkit /etc/xdg/nexkit/*
        (cd / && grep ' etc/xdg/nexkit/' /var/lib/dpkg/info/nexkit.md5sums | md5sum -c >&2)
        HOME=/root nexkit profile show --json -
        dpkg --purge nexkit >&2; ! test -e /etc/xdg/nexkit; ! test -e /opt/nexkit""")
    assert told.returncode == 0, told.stderr
    owners, _, document = told.stdout.partition("{")
    assert owners.splitlines() == [
        "root root 755 /etc/xdg/nexkit",
        "root root 644 /etc/xdg/nexkit/org_signers",
        "root root 644 /etc/xdg/nexkit/profile.toml",
        "root root 644 /etc/xdg/nexkit/profile.toml.sig",
    ]
    shown = json.loads("{" + document)
    assert (shown["id"], shown["serial"], shown["trust"]) == ("example-corp", 8, "signed")


@ROOTED
def test_a_deb_whose_profile_was_changed_after_packing_does_not_install(dist, company, tmp_path):
    made = packed(company, 7, vendors(dist, ".deb"), tmp_path / "out")
    made.rename(tmp_path / "nexkit.deb")
    told = Copy(tmp_path).run("""
        dpkg-deb -R /mnt/nexkit.deb /tmp/changed
        sed -i s/help@/evil@/ /tmp/changed/etc/xdg/nexkit/profile.toml
        dpkg-deb -Znone -b /tmp/changed /tmp/changed.deb >&2
        dpkg --force-depends -i /tmp/changed.deb""")
    assert told.returncode != 0
    assert "profile.toml: " in told.stderr


@ROOTED
def test_install_sh_of_an_organisations_archive_puts_its_profile_in_place(dist, company, tmp_path):
    made = packed(company, 7, vendors(dist, ".tar.xz"), tmp_path / "out")
    assert "-example-corp-" in made.name
    made.rename(tmp_path / "nexkit.tar.xz")
    with tarfile.open(tmp_path / "nexkit.tar.xz") as archive:
        assert archive.next().name.endswith("/managed")
    told = Copy(tmp_path).run("""
        mkdir /tmp/unpacked; cd /tmp/unpacked; tar -xJf /mnt/nexkit.tar.xz; ./nexkit-*/install.sh >&2
        HOME=/root /usr/local/bin/nexkit profile show --json -
        stat -c '%U %G %a' /etc/xdg/nexkit/profile.toml >&2
        /opt/nexkit/install.sh --uninstall >&2; ! test -e /etc/xdg/nexkit""")
    assert told.returncode == 0, told.stderr
    assert "root root 644" in told.stderr
    assert json.loads(told.stdout)["id"] == "example-corp"
