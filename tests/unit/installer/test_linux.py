import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from installer import linux
from installer.differences import compare_builds
from installer.inventory import Component
from installer.linux import build_deb, build_tar, debian_version, programs, requirements, understood

pytestmark = pytest.mark.linux("packages for Linux are built there")
PART = Component(name="Qt", version="6.11.3", licence="LGPL-3.0-only", purl="")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A program of the system in the place of ours: a real one, so that its libraries can be read."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    monkeypatch.setattr(linux, "components", lambda _folder: (PART,))
    made = tmp_path / "frozen"
    (made / "_internal").mkdir(parents=True)
    shutil.copy("/bin/true", made / "nexkit")
    (made / "_internal" / "data.txt").write_text("data")
    (made / "_internal" / "link").symlink_to("data.txt")
    return made


@pytest.mark.parametrize(
    ("version", "debian"), [("0.1.0", "0.1.0"), ("1.0rc2", "1.0~rc2"), ("1.0.dev3", "1.0~dev3"), ("2.0b1", "2.0~b1")]
)
def test_what_comes_before_a_release_is_older_for_debian_too(version, debian):
    assert debian_version(version) == debian


def test_the_c_library_is_the_newest_that_any_file_asks_for(folder):
    needs = requirements(folder)
    major, minor = needs.glibc.split(".")
    assert int(major) == 2
    assert int(minor) >= 2
    assert needs.packages == (f"libc6 (>= {needs.glibc})",)
    assert "libc.so.6" in needs.libraries
    assert programs(folder) == ["nexkit"]


def test_a_library_that_no_known_package_has_stops_the_build(folder, monkeypatch):
    monkeypatch.setattr(linux, "_PROVIDERS", {})
    with pytest.raises(SystemExit, match=r"knows no Debian package of .*libc\.so\.6"):
        requirements(folder)


def test_a_library_that_is_looked_for_where_the_builder_had_it_stops_the_build():
    told = b"  NEEDED               libc.so.6\n  RUNPATH              %s\n    0x0 0x00 06 GLIBC_2.34\n"
    assert understood(told % b"$ORIGIN/../lib", set()).glibc == "2.34"
    with pytest.raises(SystemExit, match=r"from the builder's /home/builder/lib$"):
        understood(told % b"/home/builder/lib", set())


def test_a_library_in_the_folder_is_not_asked_of_the_system(folder):
    (folder / "_internal" / "libc.so.6").write_bytes(b"not read")
    assert "libc.so.6" not in requirements(folder).libraries


@pytest.mark.parametrize(("build", "name"), [(build_deb, "nexkit.deb"), (build_tar, "nexkit.tar.xz")])
def test_packages_built_twice_are_equal_byte_by_byte(folder, tmp_path, build, name):
    again = tmp_path / "elsewhere"
    shutil.copytree(folder, again, symlinks=True)  # of another time
    for path in again.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() or path.name == "nexkit" else 0o600)
    packages = [tmp_path / "first" / name, tmp_path / "second" / name]
    for source, out in zip((folder, again), packages, strict=True):
        build(source, out, "0.1.0")
    assert compare_builds(*packages) == []
    assert packages[0].read_bytes() == packages[1].read_bytes()


def test_the_package_is_roots_and_has_what_debian_wants(folder, tmp_path):
    deb = tmp_path / "nexkit.deb"
    build_deb(folder, deb, "0.1.0")

    def told(*words: str) -> str:
        return subprocess.run(["dpkg-deb", *words], capture_output=True, text=True, check=True, timeout=60).stdout

    lines = [line.split() for line in told("-c", str(deb)).splitlines()]
    assert {line[1] for line in lines} == {"root/root"}
    modes = {line[5]: line[0] for line in lines}
    assert modes["./opt/nexkit/nexkit"] == "-rwxr-xr-x"
    assert modes["./opt/nexkit/_internal/data.txt"] == "-rw-r--r--"
    assert "./usr/bin/nexkit" in modes
    assert {"./usr/share/doc/nexkit/copyright", "./usr/share/applications/nexkit.desktop"} <= modes.keys()
    control = told("-f", str(deb))
    assert "Version: 0.1.0" in control
    assert "{" not in control
    assert "Depends: libc6 (>= 2." in control
    subprocess.run(["dpkg-deb", "-R", str(deb), str(tmp_path / "x")], check=True, timeout=60)
    subprocess.run(["md5sum", "-c", "--quiet", "DEBIAN/md5sums"], cwd=tmp_path / "x", check=True, timeout=60)
    assert "Qt 6.11.3: LGPL-3.0-only" in (tmp_path / "x/usr/share/doc/nexkit/copyright").read_text()


def test_the_archive_has_one_folder_of_root_with_a_script_for_this_c_library(folder, tmp_path):
    out = tmp_path / "nexkit.tar.xz"
    build_tar(folder, out, "0.1.0")
    with tarfile.open(out) as tar:
        entries = tar.getmembers()
        script = tar.extractfile("nexkit-0.1.0/install.sh").read().decode()
    assert {entry.name.partition("/")[0] for entry in entries} == {"nexkit-0.1.0"}
    assert {(entry.uid, entry.gid, entry.uname, entry.gname) for entry in entries} == {(0, 0, "root", "root")}
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert f'NEEDS_GLIBC="{requirements(folder).glibc}"' in script
    assert "{" not in script.replace("${", "").replace("() {", "")
    subprocess.run(["sh", "-n"], input=script, text=True, check=True, timeout=20)


def test_scripts_of_the_package_are_shell():
    for name in ("preinst", "postinst", "postrm"):
        script = Path(linux.__file__).parent / "linux" / name
        subprocess.run(["sh", "-n", str(script)], check=True, timeout=20)
        assert script.read_text().startswith("#!/bin/sh\nset -e\n")


def test_the_page_names_commands_that_there_are():
    page = (Path(linux.__file__).parent / "linux" / "nexkit.1").read_text(encoding="utf-8")
    named = {line.split()[2] for line in page.splitlines() if line.startswith(".B nexkit ")}
    helped = subprocess.run(
        [sys.executable, "-m", "ui.cli", "--lang", "en", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert named
    assert all(f"    {name} " in helped for name in named)
