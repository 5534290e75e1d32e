"""The packages for Linux, installed on a bare Debian that has what they depend on and nothing else, and taken away."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import the_one
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from world import run_in_lab

from installer.debian import Debian, new_debian
from installer.screen import screen
from nexkit import __version__
from report.profile_signature import sign_profile
from report.public_keys import public_key

LAB_PROFILE = Path(__file__).parents[1] / "lab" / "profile.toml"
PROFILE = """\
schema = 1
id = "example-corp"
name = {en = "Example Corp"}
serial = 7
not_before = 2020-01-01T00:00:00Z
not_after = 2099-12-31T23:59:59Z

[support]
name = "Example Helpdesk"
email = "help@example.com"
"""
FILES = "find / -xdev '(' -path /mnt -o -path /tmp ')' -prune -o -print | grep -Ev '^/var/(lib/dpkg|log|cache)'"
"""What lies where, without what package managers keep for themselves."""
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="another root takes root"),
    pytest.mark.timeout(400),  # the first of them makes the bare Debian, from the network
]


@pytest.fixture(scope="module")
def deb(dist: Path) -> Path:
    return the_one(dist, f"nexkit_{__version__}_amd64.deb")


@pytest.fixture(scope="module")
def archive(dist: Path) -> Path:
    return the_one(dist, f"nexkit-{__version__}-linux-x86_64.tar.xz")


@pytest.fixture(scope="module")
def debian(deb: Path, archive: Path, tmp_path_factory) -> Iterator[Debian]:
    """Without nexkit between tests; /mnt holds what was built, and the package without compression, which is faster."""
    folder = tmp_path_factory.mktemp("debian")
    mounted = folder / "mnt"
    mounted.mkdir()
    shutil.copy(deb, mounted / "nexkit.deb")
    with (mounted / "nexkit.tar").open("wb") as tar:  # a bare Debian has no xz
        subprocess.run(["xz", "-dc", archive], stdout=tar, check=True, timeout=120)
    subprocess.run(["dpkg-deb", "-R", deb, folder / "deb"], check=True, timeout=120)
    subprocess.run(["dpkg-deb", "-Znone", "-b", folder / "deb", mounted / "plain.deb"], check=True, timeout=120)
    made = new_debian(deb, folder / "root")
    yield Debian(root=made.root, binds={mounted: "/mnt"})
    shutil.rmtree(folder)


def did(debian: Debian, script: str) -> str:
    """What a script says that has to succeed."""
    done = debian.run(script)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def added(debian: Debian, before: str) -> list[str]:
    """What there is more than before, without the system's own folders for what anybody installs."""
    more = set(did(debian, FILES).splitlines()) - set(before.splitlines())
    return [path for path in sorted(more) if "nexkit" in path or not (debian.root / path[1:]).is_dir()]


def refused(debian: Debian, script: str) -> str:
    done = debian.run(script)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def test_a_bare_debian_has_all_that_the_program_loads(debian: Debian):
    did(debian, "dpkg -i /mnt/nexkit.deb")
    try:
        assert did(debian, "nexkit --version") == f"nexkit {__version__}\n"
        assert "ping" in did(debian, "nexkit probe list")
        told = did(
            debian,
            "LD_LIBRARY_PATH=/opt/nexkit/_internal find /opt/nexkit -name '*.so*' -type f -exec ldd {} + 2>&1",
        )
        assert "libc.so.6" in told
        assert [line for line in told.splitlines() if "not found" in line] == []
    finally:
        did(debian, "dpkg -P nexkit")


def test_upgraded_downgraded_and_taken_away_it_leaves_nothing(debian: Debian):
    before = did(debian, FILES)
    later = """
        dpkg-deb -R /mnt/plain.deb /tmp/later
        sed -i 's/^Version: .*/Version: 99.0/' /tmp/later/DEBIAN/control
        touch /tmp/later/opt/nexkit/new-in-99
        rm /tmp/later/usr/share/man/man1/nexkit.1.gz
        dpkg-deb -Znone -b /tmp/later /tmp/later.deb >&2"""
    shown = "dpkg-query -W -f '${Status} ${Version}' nexkit"
    try:
        did(debian, "dpkg -i /mnt/plain.deb")
        did(debian, "(cd / && md5sum -c --quiet /var/lib/dpkg/info/nexkit.md5sums)")
        owners = did(debian, "find /opt/nexkit /usr/bin/nexkit '(' ! -user root -o -perm /022 ')' ! -type l")
        assert owners == ""
        did(debian, f"{later}; dpkg -i /tmp/later.deb")
        assert did(debian, shown) == "install ok installed 99.0"
        did(debian, "test -e /opt/nexkit/new-in-99; ! test -e /usr/share/man/man1/nexkit.1.gz; nexkit --version")
        did(debian, "dpkg -i /mnt/plain.deb")
        assert did(debian, shown) == f"install ok installed {__version__}"
        did(debian, "! test -e /opt/nexkit/new-in-99; nexkit --version")
    finally:
        did(debian, "dpkg -r nexkit")
    assert did(debian, FILES) == before
    did(debian, "dpkg -P nexkit; ! dpkg-query -W nexkit 2>/dev/null; rm -rf /tmp/later*")


@pytest.fixture
def managed(debian: Debian) -> Iterator[Path]:
    """A signed profile of an organisation in the managed place."""
    folder = debian.root / "etc" / "xdg" / "nexkit"
    folder.mkdir(parents=True)
    key = Ed25519PrivateKey.generate()
    profile = PROFILE.encode()
    (folder / "profile.toml").write_bytes(profile)
    (folder / "profile.toml.sig").write_bytes(sign_profile(profile, key))
    (folder / "org_signers").write_text(f'profile@org.example namespaces="profile" {public_key(key).line}\n')
    for path in (folder, *folder.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_profile_that_a_group_may_change_keeps_the_package_from_being_configured(debian: Debian, managed: Path):
    try:
        (managed / "org_signers").chmod(0o664)
        said = refused(debian, "dpkg -i /mnt/plain.deb")
        assert "org_signers" in said
        assert "half-configured" in did(debian, "dpkg-query -W -f '${Status}' nexkit")
        (managed / "org_signers").chmod(0o644)
        did(debian, "dpkg --configure nexkit")
        shown = json.loads(did(debian, "nexkit profile show --json -"))
        assert (shown["id"], shown["trust"]) == ("example-corp", "signed")
    finally:
        did(debian, "dpkg -P nexkit")
    assert (managed / "profile.toml").exists(), "the package did not bring it, and does not take it away"


UNPACK = "mkdir -p /tmp/unpacked; cd /tmp/unpacked; tar -xf /mnt/nexkit.tar; cd nexkit-*"


def test_the_archive_runs_unpacked_and_is_installed_and_taken_away(debian: Debian, managed: Path):
    shutil.rmtree(managed)
    before = did(debian, FILES)
    assert did(debian, f"{UNPACK}; ./nexkit --version") == f"nexkit {__version__}\n"
    assert did(debian, FILES) == before
    did(debian, "/tmp/unpacked/nexkit-*/install.sh")
    try:
        assert did(debian, "nexkit --version; readlink -f /usr/local/bin/nexkit").endswith("\n/opt/nexkit/nexkit\n")
        assert "Exec=/usr/local/bin/nexkit wizard" in did(debian, "cat /usr/local/share/applications/nexkit.desktop")
        assert "was installed from the archive" in refused(debian, "dpkg -i /mnt/plain.deb")
        did(debian, "/tmp/unpacked/nexkit-*/install.sh; nexkit --version")  # over itself: an update
        assert did(debian, "find /opt -maxdepth 1 -name 'nexkit*'") == "/opt/nexkit\n"
    finally:
        did(debian, "/opt/nexkit/install.sh --uninstall")
    assert added(debian, before) == []
    did(debian, "rm -rf /tmp/unpacked; dpkg -P nexkit || true")


def test_install_sh_leaves_alone_what_the_package_manager_has_put_there(debian: Debian):
    did(debian, "dpkg -i /mnt/plain.deb")
    try:
        assert "belongs to the package nexkit" in refused(debian, f"{UNPACK}; ./install.sh")
        did(debian, "nexkit --version")
    finally:
        did(debian, "dpkg -P nexkit; rm -rf /tmp/unpacked")


def test_install_sh_changes_nothing_where_the_profile_is_refused(debian: Debian, managed: Path):
    before = did(debian, FILES)
    inside = "mkdir managed; cp /etc/xdg/nexkit/* managed; sed -i s/help@/evil@/ managed/profile.toml"
    try:
        assert "profile.toml" in refused(debian, f"{UNPACK}; {inside}; ./install.sh")
        assert added(debian, before) == []
    finally:
        did(debian, "rm -rf /tmp/unpacked")


def test_install_sh_names_the_c_library_that_is_too_old(debian: Debian):
    old = "printf '#!/bin/sh\\necho glibc 2.17\\n' >/tmp/getconf; chmod 755 /tmp/getconf"
    try:
        assert "here is 2.17" in refused(debian, f"{UNPACK}; {old}; PATH=/tmp:$PATH ./install.sh")
        did(debian, "! test -e /opt/nexkit")
    finally:
        did(debian, "rm -rf /tmp/unpacked /tmp/getconf")


@pytest.fixture
def installed(debian: Debian) -> Iterator[Debian]:
    did(debian, "dpkg -i /mnt/plain.deb")
    yield debian
    did(debian, "dpkg -P nexkit")


def test_the_installed_program_diagnoses_and_stock_tools_accept_its_report(installed: Debian, tmp_path: Path):
    root, out = installed.root, tmp_path / "out"
    out.mkdir(mode=0o777)
    out.chmod(0o777)
    shutil.copy(LAB_PROFILE, out / "profile.toml")
    shared = " && ".join(f"mount --rbind {place} {root}{place}" for place in ("/proc", "/dev", "/sys", "/run"))
    etc = " && ".join(
        f"touch {root}/etc/{name} && mount --bind /etc/{name} {root}/etc/{name}" for name in ("resolv.conf", "hosts")
    )
    words = "diagnose --profile /srv/profile.toml --agree all --out /srv/report.nexkit.zip --json -"
    user = f"unshare --user --map-user=1000 --map-group=1000 --root={root} --wd=/srv"
    script = f"{shared} && {etc} && mount --bind {out} {root}/srv && exec {user} /usr/bin/nexkit {words}"
    # The program is named, so that the lab puts its own list of public authorities beside it.
    run = run_in_lab("healthy", ["sh", "-c", script, str(root / "opt" / "nexkit" / "nexkit")], privileged=True)
    assert run.exit_status == 0, run.stderr
    assert json.loads(run.stdout)["verdict"]["state"] == "healthy"
    with zipfile.ZipFile(out / "report.nexkit.zip") as report:
        report.extractall(tmp_path)
        folder = tmp_path / report.namelist()[0].partition("/")[0]
    manifest = folder / "tagmanifest-sha256.txt"
    check = ["ssh-keygen", "-Y", "check-novalidate", "-n", "report", "-s", f"{manifest}.sig"]
    good = subprocess.run(check, input=manifest.read_bytes(), capture_output=True, timeout=20, check=False)
    assert good.returncode == 0, good.stderr
    for name in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", name], cwd=folder, check=True, timeout=20)


def test_the_window_opens_on_a_bare_debian(installed: Debian):
    machine = Debian(root=installed.root, binds={**installed.binds, Path("/tmp/.X11-unix"): "/tmp/.X11-unix"})
    with screen("-ac") as display:
        program = subprocess.Popen(
            machine.command(f"DISPLAY={display} exec nexkit wizard --lang ja"), stderr=subprocess.PIPE, text=True
        )
        try:
            subprocess.run(
                ["xdotool", "search", "--sync", "--onlyvisible", "--name", "nexkit"],
                env=os.environ | {"DISPLAY": display},
                check=True,
                timeout=40,
            )
        finally:
            program.terminate()
            _, complaints = program.communicate(timeout=20)
        assert complaints == ""


def test_desktops_accept_the_entry_and_its_description(deb: Path, tmp_path: Path):
    subprocess.run(["dpkg-deb", "-x", str(deb), str(tmp_path)], check=True, timeout=120)
    share = tmp_path / "usr" / "share"
    for command in (
        ["desktop-file-validate", str(share / "applications" / "nexkit.desktop")],
        ["appstreamcli", "validate-tree", "--no-net", "--no-color", str(tmp_path)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
