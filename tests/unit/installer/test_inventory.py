import struct

import pytest
from frozen_folders import distribution, freeze

from installer import inventory
from installer.inventory import components, licence_problem

EMPTY = b""


def named(folder) -> dict[str, str]:
    return {part.name: f"{part.version} {part.licence}" for part in components(folder)}


@pytest.mark.parametrize("shared", [False, True])
def test_what_is_frozen_into_the_program_is_found_by_the_records_of_its_distribution(tmp_path, shared):
    folder = freeze(tmp_path / "nexkit", {"ui.cli": "", "h11": "", "h11._events": "", "json": ""}, shared=shared)
    distribution(folder, "h11", "0.16.0", "License: MIT", {"h11/__init__.py": EMPTY, "h11/_events.py": EMPTY})
    found = components(folder)
    assert [part.name for part in found] == ["nexkit", "h11", "PyInstaller boot loader"]
    assert (found[1].version, found[1].licence, found[1].purl) == ("0.16.0", "MIT", "pkg:pypi/h11@0.16.0")


def test_metadata_without_a_module_or_library_is_no_part_of_the_program(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"ui.cli": ""})
    distribution(folder, "pycparser", "3.0", "License: BSD-3-Clause", {"pycparser/__init__.py": EMPTY})
    assert "pycparser" not in named(folder)
    assert "_internal/pycparser-3.0.dist-info/METADATA" in components(folder)[0].files


def test_a_module_that_no_distribution_there_brings_stops_the_build(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"ui.cli": "", "scapy.all": ""})
    with pytest.raises(SystemExit, match=r"known to bring it: scapy$"):
        components(folder)


def test_a_library_of_unknown_origin_stops_the_build(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"ui.cli": ""})
    (folder / "_internal" / "libnobody-knows.so.7").write_bytes(b"\x7fELF")
    with pytest.raises(SystemExit, match=r"of unknown origin: libnobody-knows\.so\.7$"):
        components(folder)


def test_a_distribution_whose_licence_is_not_known_stops_the_build(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"strange": ""})
    distribution(folder, "strange", "1.0", "License: ask me", {"strange.py": EMPTY})
    with pytest.raises(SystemExit, match="strange: no licence is known"):
        components(folder)


def test_a_part_under_the_gpl_alone_stops_the_build(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"scapy": ""})
    distribution(folder, "scapy", "2.7", "License-Expression: GPL-2.0-only", {"scapy.py": EMPTY})
    with pytest.raises(SystemExit, match=r"scapy: GPL-2\.0-only is not among the licences"):
        components(folder)


def test_qt_and_its_icu_are_works_of_their_own_with_their_own_versions(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"ui.cli": ""})
    qt = "PySide6/Qt/lib/libQt6Core.so.6"
    icu = "PySide6/Qt/lib/libicudata.so.73"
    module = "PySide6/QtCore.abi3.so"
    files = {qt: b"...Qt 6.11.3 (x86_64-...", icu: b"..icudt73l_dat..", module: b"\x7fELF"}
    distribution(folder, "PySide6_Essentials", "6.11.3.1", "License: LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0", files)
    found = named(folder)
    assert found["Qt"].startswith("6.11.3 LGPL-3.0-only OR ")
    assert found["ICU"] == "73 ICU"
    assert found["PySide6_Essentials"].startswith("6.11.3.1 LGPL-3.0-only OR ")


def test_what_pythons_distribution_for_windows_brings_is_told_apart(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"ui.cli": ""})
    inner = folder / "_internal"
    (inner / "python313.dll").write_bytes(b"\x003.13.2\x00")
    (inner / "_ssl.pyd").write_bytes(b"MZ")
    (inner / "libcrypto-3.dll").write_bytes(b"OpenSSL 3.0.15 3 Sep 2024")
    resource = b"\xbd\x04\xef\xfe" + struct.pack("<III", 0x10000, 14 << 16 | 42, 34433 << 16)
    (inner / "VCRUNTIME140.dll").write_bytes(b"MZ" + resource)
    found = named(folder)
    assert found["Python"] == "3.13.2 PSF-2.0"
    assert found["OpenSSL"] == "3.0.15 Apache-2.0"
    assert found["Microsoft Visual C++ Runtime"].startswith("14.42.34433.0 ")
    (python,) = (part for part in components(folder) if part.name == "Python")
    assert python.files == ("_internal/_ssl.pyd", "_internal/python313.dll")


def test_older_words_for_licences_are_understood(tmp_path):
    folder = freeze(tmp_path / "nexkit", {"icmplib": ""})
    said = "License: GNU Lesser General Public License v3.0"
    distribution(folder, "icmplib", "3.0.4", said, {"icmplib.py": EMPTY})
    assert named(folder)["icmplib"] == "3.0.4 LGPL-3.0-or-later"


@pytest.mark.parametrize(
    "expression",
    [
        "MIT",
        "LGPL-3.0-only OR GPL-2.0-only",
        "GPL-2.0-or-later WITH Bootloader-exception",
        "MIT AND LGPL-2.1-or-later",
        "LicenseRef-Microsoft-Visual-Cpp-Runtime",
    ],
)
def test_what_may_be_shipped(expression):
    assert licence_problem(expression) is None


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "GPL-3.0-only",
            "MIT AND GPL-2.0-or-later",
            "AGPL-3.0-only OR GPL-3.0-only",
            "GPL-2.0-only WITH LLVM-exception",
        ),
        *("SSPL-1.0", "BUSL-1.1", "CC-BY-NC-4.0", "LicenseRef-Proprietary", "MIT AND LicenseRef-Proprietary"),
        *("Freeware", ""),
    ],
)
def test_what_may_not_be_shipped(expression):
    assert licence_problem(expression) is not None


def test_every_licence_that_stands_here_may_be_shipped():
    works = (*inventory._WORKS, *inventory._WITH_PYTHON, inventory._PYTHON)
    known = {*inventory._DEBIAN_LICENCES.values(), *inventory._LICENCE_OF.values(), *(work.licence for work in works)}
    assert {licence: problem for licence in known if (problem := licence_problem(licence))} == {}


@pytest.fixture
def app(tmp_path):
    """An app as the freezer makes one for a Mac: programs, libraries and data in three places, links between these."""
    frozen = freeze(tmp_path / "frozen", {"ui.cli": "", "certifi": ""})
    qt = {"PySide6/QtCore.abi3.so": b"", "PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore": b""}
    distribution(frozen, "PySide6_Essentials", "6.11.3", "License-Expression: LGPL-3.0-only", qt)
    distribution(frozen, "certifi", "2026.1", "License-Expression: MPL-2.0", {"certifi/__init__.py": EMPTY})
    distribution(frozen, "objc", "12.0", "License-Expression: MIT", {"objc.extra/_objc.cpython-313-darwin.so": EMPTY})
    contents = tmp_path / "nexkit.app" / "Contents"
    (contents / "MacOS").mkdir(parents=True)
    (frozen / "nexkit").rename(contents / "MacOS" / "nexkit")
    (frozen / "_internal").rename(contents / "Resources")
    libraries = {
        "libcrypto.3.dylib": b"OpenSSL 3.0.18 30 Sep 2025",
        "objc__dot__extra/_objc.cpython-313-darwin.so": b"",
        "PySide6/QtCore.abi3.so": b"",
        "PySide6/Qt/lib/QtCore.framework/Versions/A/QtCore": b"Qt 6.11.3 (arm64-...",
        "Python.framework/Versions/3.13/Python": b"\x003.13.9\x00",
        "python3__dot__13/lib-dynload/_ssl.cpython-313-darwin.so": b"",
    }
    for name, data in libraries.items():
        path = contents / "Frameworks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (contents / "Info.plist").write_text("<plist/>")
    (contents / "Frameworks" / "certifi-2026.1.dist-info").symlink_to("../Resources/certifi-2026.1.dist-info")
    return contents.parent


def test_the_parts_of_a_macs_app_are_told_apart(app):
    found = named(app)
    assert found.keys() == {
        *("nexkit", "certifi", "objc", "OpenSSL", "PyInstaller boot loader", "PySide6_Essentials", "Python", "Qt"),
    }
    assert found["Qt"].startswith("6.11.3 ")
    assert found["Python"] == "3.13.9 PSF-2.0"
    assert found["OpenSSL"] == "3.0.18 Apache-2.0"
    (python,) = (part for part in components(app) if part.name == "Python")
    assert len(python.files) == 2


@pytest.mark.parametrize("name", ["libncursesw.6.dylib", "Sparkle.framework/Versions/B/Sparkle"])
def test_a_library_of_unknown_origin_in_an_app_stops_the_build(app, name):
    stranger = app / "Contents" / "Frameworks" / name
    stranger.parent.mkdir(parents=True, exist_ok=True)
    stranger.write_bytes(b"")
    with pytest.raises(SystemExit, match=f"of unknown origin: {stranger.name}"):
        components(app)
