import struct

import pytest
from frozen_folders import distribution, freeze

from installer.inventory import components, licence_problem, version_resource

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
    with pytest.raises(SystemExit, match=r"scapy: GPL-2\.0-only obliges the whole program"):
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
    "expression", ["GPL-3.0-only", "MIT AND GPL-2.0-or-later", "AGPL-3.0-only OR GPL-3.0-only", "Freeware", ""]
)
def test_what_may_not_be_shipped(expression):
    assert licence_problem(expression) is not None


def test_a_file_without_a_version_resource_has_no_version():
    assert version_resource(b"MZ") == ""
    assert version_resource(b"\xbd\x04\xef\xfe\x00") == ""
