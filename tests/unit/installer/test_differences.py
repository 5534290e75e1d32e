import os
import struct
import tarfile
import zipfile

import pytest
from frozen_folders import freeze

from installer.differences import compare_builds

pytestmark = pytest.mark.posix("modes and links of files are compared")


@pytest.fixture
def two(tmp_path):
    folders = (tmp_path / "first", tmp_path / "second")
    for folder in folders:
        folder.mkdir()
    return folders


def program(stamp: int, data: bytes = b"code") -> bytes:
    head = bytearray(64 + 0x60)
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 64)
    head[64:68] = b"PE\0\0"
    struct.pack_into("<I", head, 64 + 8, stamp)
    return bytes(head) + data


def test_equal_folders_differ_in_nothing(two):
    for folder in two:
        (folder / "file").write_text("same")
    assert compare_builds(*two) == []


def test_files_links_and_modes_that_differ_are_named(two):
    first, second = two
    (first / "gone").write_text("")
    for folder, mode, target in ((first, 0o755, "a"), (second, 0o644, "b")):
        (folder / "script").write_text("")
        (folder / "script").chmod(mode)
        (folder / "link").symlink_to(target)
        (folder / "text").write_text(target)
    assert compare_builds(first, second) == [
        "gone: only in the first",
        "link: a link to a and a link to b",
        "script: a file of mode 755 and a file of mode 644",
        "text: contents (1 and 1 bytes)",
    ]


def test_a_windows_program_of_another_time_is_told_from_one_of_other_code(two):
    first, second = two
    (first / "a.exe").write_bytes(program(1))
    (second / "a.exe").write_bytes(program(2))
    (first / "b.exe").write_bytes(program(1))
    (second / "b.exe").write_bytes(program(1, b"evil"))
    assert compare_builds(first, second) == [
        "a.exe: the time stamp of a Windows program",
        "b.exe: contents (164 and 164 bytes)",
    ]


def test_times_and_order_within_archives_are_named(two):
    for folder, year, names in zip(two, (2025, 2026), (("a", "b"), ("b", "a")), strict=True):
        with zipfile.ZipFile(folder / "times.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("a", (year, 1, 1, 0, 0, 0)), "")
        with zipfile.ZipFile(folder / "order.zip", "w") as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), "")
    assert compare_builds(*two) == [
        "order.zip: the order of an archive's files",
        "times.zip: times in an archive",
    ]


def test_a_frozen_program_is_compared_module_by_module(tmp_path):
    modules = {"ui": "x = 1", "nexkit": "y = {'a', 'b'}"}
    same = freeze(tmp_path / "a", modules)
    ordered = freeze(tmp_path / "b", dict(reversed(modules.items())))
    changed = freeze(tmp_path / "c", modules | {"ui": "x = 2"})
    fewer = freeze(tmp_path / "d", {"ui": "x = 1"})
    assert compare_builds(same, ordered) == ["nexkit: the order of the modules in a frozen program"]
    assert compare_builds(same, changed) == ["nexkit: frozen modules: ui"]
    assert compare_builds(same, fewer) == ["nexkit: a frozen program of other modules: nexkit"]


def test_an_archive_that_two_programs_share_is_compared_module_by_module(tmp_path):
    same, changed = (freeze(tmp_path / name, {"ui": f"x = {name!r}"}, shared=True) for name in "ab")
    assert compare_builds(same, changed) == ["_internal/nexkit.pyz: frozen modules: ui"]


def test_archives_of_equal_contents_packed_differently_are_told(tmp_path):
    packages = []
    for name, when in (("first", 1), ("second", 2)):
        folder = tmp_path / name / "nexkit-0.1.0"
        folder.mkdir(parents=True)
        (folder / "file").write_text("same")
        os.utime(folder / "file", (when, when))
        packages.append(tmp_path / f"{name}.tar.xz")
        with tarfile.open(packages[-1], "w:xz") as tar:
            tar.add(folder, arcname=folder.name)
    (line,) = compare_builds(*packages)
    assert line == "first.tar.xz: same contents, packed differently (owners, times, order or compression)"
    assert compare_builds(packages[0], packages[0]) == []


def test_what_is_no_build_is_refused(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    with pytest.raises(ValueError, match="neither a folder nor a package of ours"):
        compare_builds(tmp_path / "a.txt", tmp_path / "b.txt")
