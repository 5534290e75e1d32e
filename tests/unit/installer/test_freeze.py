"""What goes into a frozen folder, and what stops it there."""

import subprocess
import zipfile
import zipimport

import pytest

from installer import freeze
from installer.inventory import Component

SITE = "/env/lib/python3.11/site-packages/PySide6"


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/lib/libQt6Widgets.so.6",
        "PySide6/Qt6Network.dll",
        "PySide6\\Qt6Core.dll",
        "PySide6/QtSvg.abi3.so",
        "PySide6/Qt/lib/QtGui.framework/Versions/A/QtGui",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so",
        "PySide6/Qt/plugins/wayland-shell-integration/libxdg-shell.so",
        "PySide6/Qt/translations/qtbase_ja.qm",
        "nexkit/texts/locale/ja/LC_MESSAGES/nexkit.mo",
        "cryptography/hazmat/bindings/_rust.abi3.so",
        "base_library.zip",
    ],
)
def test_what_the_program_uses_goes_along(name):
    assert freeze.wanted(name, f"{SITE}/{name}")


@pytest.mark.parametrize(
    "name",
    [
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "libQt6EglFSDeviceIntegration.so.6",
        "PySide6/Qt6VirtualKeyboard.dll",
        "PySide6/QtCharts.pyd",
        "PySide6/Qt/lib/QtQml.framework/Versions/A/QtQml",
        "PySide6/opengl32sw.dll",
        "PySide6\\plugins\\platforms\\qdirect2d.dll",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/imageformats/libqwebp.so",
        "PySide6/plugins/styles/qmodernwindowsstyle.dll",
        "pyrage-1.4.0.dist-info/sboms/pyrage.cyclonedx.json",
        "PySide6/Qt/translations/qtbase_de.qm",
    ],
)
def test_what_it_does_not_use_stays_out(name):
    assert not freeze.wanted(name, f"{SITE}/{name}")


@pytest.mark.parametrize("name", ["libssl.so.3", "libxcb-cursor.so.0"])
def test_libraries_that_a_desktop_may_lack_go_along(name):
    assert freeze.wanted(name, f"/lib/x86_64-linux-gnu/{name}")


@pytest.mark.parametrize("name", ["libstdc++.so.6", "libglib-2.0.so.0", "libX11.so.6", "libreadline.so.8", "msi.dll"])
def test_libraries_of_every_desktop_are_taken_from_the_users_own(name):
    assert not freeze.wanted(name, f"/usr/lib/x86_64-linux-gnu/{name}")


def test_nothing_comes_from_the_folder_of_windows_itself(monkeypatch):
    monkeypatch.setenv("SYSTEMROOT", "C:\\windows")
    assert not freeze.wanted("icuuc.dll", "C:\\Windows\\system32\\icuuc.dll")
    assert freeze.wanted("libffi-8.dll", "Z:\\python\\DLLs\\libffi-8.dll")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A frozen folder with one work in it, whose text is there."""
    parts = [Component(name="nexkit", version="1", licence="MIT", purl="")]
    monkeypatch.setattr("installer.inventory.components", lambda _folder: tuple(parts))
    inner = tmp_path / "nexkit" / "_internal"
    (inner / "ui" / "licences").mkdir(parents=True)
    (inner / "ui" / "licences" / "LICENSE").write_text("MIT License")
    (inner / "nexkit-1.dist-info").mkdir()
    needs = ["h11", 'pyroute2; sys_platform == "linux"', 'icmplib; sys_platform == "darwin"', 'babel; extra == "test"']
    said = "".join(f"Requires-Dist: {need}\n" for need in needs)
    (inner / "nexkit-1.dist-info" / "METADATA").write_text(f"Name: nexkit\n{said}")
    for name in ("h11", "pyroute2"):
        parts.append(Component(name=name, version="1", licence="MIT", purl=f"pkg:pypi/{name}@1"))
        (inner / f"{name}-1.dist-info").mkdir()
        (inner / f"{name}-1.dist-info" / "LICENSE").write_text("MIT License")
    return inner.parent, parts


@pytest.mark.parametrize("system", ["linux", "windows", "macos"])
def test_a_folder_without_fault_passes(folder, system):
    freeze.check(folder[0], system)


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("libreadline.so.8", "linux"),
        ("python3.11/lib-dynload/readline.cpython-311-x86_64-linux-gnu.so", "linux"),
        ("PySide6/Qt/lib/libQt6Charts.so.6", "linux"),
        ("PySide6/Qt6VirtualKeyboard.dll", "windows"),
        ("Contents/Frameworks/PySide6/Qt/lib/QtCharts.framework/Versions/A/QtCharts", "macos"),
        ("Contents/Frameworks/lib-dynload/readline.cpython-313-darwin.so", "macos"),
        ("icuuc.dll", "windows"),
        ("mscms.dll", "windows"),
        ("ucrtbase.dll", "windows"),
        ("api-ms-win-crt-heap-l1-1-0.dll", "windows"),
    ],
)
def test_what_may_not_be_there_stops_the_build_by_name(folder, name, system):
    file = folder[0] / "_internal" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    with pytest.raises(SystemExit, match=name.rpartition("/")[2].replace(".", r"\.")):
        freeze.check(folder[0], system)


def test_what_the_freezer_did_not_find_stops_the_build(folder):
    folder[1][:] = [part for part in folder[1] if part.name not in ("h11", "pyroute2")]
    with pytest.raises(SystemExit, match="without h11, pyroute2, which"):
        freeze.check(folder[0], "linux")
    with pytest.raises(SystemExit, match="without h11, which"):
        freeze.check(folder[0], "windows")


def test_a_library_of_wine_is_known_by_its_mark(folder):
    (folder[0] / "_internal" / "innocent.dll").write_bytes(b"MZ" + bytes(62) + b"Wine builtin DLL\0")
    with pytest.raises(SystemExit, match=r"innocent\.dll"):
        freeze.check(folder[0], "windows")


def test_a_folder_that_grew_too_large_stops_the_build_with_its_size(folder, monkeypatch):
    monkeypatch.setattr(freeze, "_MAX_BYTES", {"linux": 1_000_000})
    (folder[0] / "_internal" / "data").write_bytes(bytes(2_000_000))
    with pytest.raises(SystemExit, match=r"2\.0 MB, more than 1 MB"):
        freeze.check(folder[0], "linux")


@pytest.mark.parametrize(
    "part",
    [
        Component(name="jinja2", version="3", licence="BSD-3-Clause", purl="pkg:pypi/jinja2@3"),
        Component(name="libssl3", version="3", licence="Apache-2.0", purl="pkg:deb/debian/libssl3@3"),
        Component(name="Qt", version="6", licence="LGPL-3.0-only", purl="pkg:generic/qt@6"),
    ],
)
def test_a_work_whose_licence_text_is_missing_stops_the_build(folder, part):
    folder[1].append(part)
    with pytest.raises(SystemExit, match=f"{part.name}.*missing"):
        freeze.check(folder[0], "linux")


def test_what_python_brings_has_to_stand_in_pythons_licence(folder):
    text = folder[0] / "_internal" / "LICENSE.txt"
    text.write_text("Python")
    folder[1].append(Component(name="libffi", version="8", licence="MIT", purl="pkg:generic/libffi"))
    with pytest.raises(SystemExit, match="libffi"):
        freeze.check(folder[0], "windows")
    text.write_text("Python, libffi - Copyright")
    freeze.check(folder[0], "windows")


def test_the_metadata_says_nothing_of_where_the_checkout_lies(tmp_path):
    freeze._write_metadata(tmp_path)
    (info,) = tmp_path.glob("nexkit-*.dist-info")
    written = b"".join(file.read_bytes() for file in info.rglob("*") if file.is_file())
    assert str(freeze.ROOT).encode() not in written
    assert (info / "entry_points.txt").is_file()
    assert f"{info.name}/METADATA,," in (info / "RECORD").read_text()


def test_the_modules_that_python_starts_with_are_packed_without_loss(tmp_path):
    file = tmp_path / "base_library.zip"
    with zipfile.ZipFile(file, "w") as stored:
        stored.writestr(zipfile.ZipInfo("keyword.pyc"), b"code" * 1000)
    before = file.stat().st_size
    freeze._pack_library(file)
    assert file.stat().st_size < before / 5
    sys_path_entry = zipimport.zipimporter(str(file))
    assert sys_path_entry.get_data(str(file / "keyword.pyc")) == b"code" * 1000
    once = file.read_bytes()
    freeze._pack_library(file)
    assert file.read_bytes() == once


@pytest.fixture
def debian():
    if subprocess.run(["sh", "-c", "test -f /usr/share/doc/libc6/copyright"], check=False).returncode:
        pytest.skip("no Debian")


def test_debians_texts_come_with_the_licences_that_they_only_name(debian):
    text = freeze._debian_licence("libc6")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in text
    assert freeze._debian_licence("no-such-package") == ""
