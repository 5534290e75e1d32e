"""The parts of the Windows installer that are worked out, not built: names, versions, identifiers, signatures."""

import struct
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from installer.msi import build_msi, file_key, file_version, identifier, is_version, named
from installer.pictures import WINDOWS_ICON, WINDOWS_SIZES, png
from installer.sign import Identity, identity_in, is_signed, unsigned_code


@pytest.mark.parametrize(
    ("name", "is_short"),
    [("nexkit.exe", True), ("a.b", True), ("_internal", False), ("x.json", False), ("nexkit-wizard.exe", False)],
)
def test_long_names_have_a_short_one_before_them(name, is_short):
    short, _, long = named(name).rpartition("|")
    assert long == name
    if is_short:
        assert short == ""
    else:
        base, _, suffix = short.partition(".")
        assert len(base) == 8
        assert len(suffix) <= 3


def test_short_names_of_one_folder_differ():
    names = [f"library-{number}.dll" for number in range(1000)]
    assert len({named(name).partition("|")[0] for name in names}) == len(names)


def test_keys_are_what_a_table_takes_and_differ_by_folder():
    keys = {file_key(path) for path in ("a/x.dll", "b/x.dll", "x.dll", "ü/" + "long" * 50 + ".dll")}
    assert len(keys) == 4
    assert all(key.isascii() and key.isidentifier() and len(key) < 72 for key in keys)


def test_identifiers_stay_the_same_for_ever():
    """A component of another identifier would be another one, and an upgrade would leave the former behind."""
    assert identifier("component/nexkit.exe") == "{5BF51FC2-F42F-576D-A98C-F3465DE1646E}"
    assert identifier("product/0.1.0") == "{1F8C1D10-986E-5C2B-ADDE-E7BC33A12436}"


@pytest.mark.parametrize("text", ["0.1.0", "255.255.65535"])
def test_versions_that_windows_installer_can_compare(text):
    assert is_version(text)


@pytest.mark.parametrize("text", ["256.0.0", "1.256.0", "1.0.65536", "1.0", "1.0.0.0", "1.0.0rc1", "", "-1.0.0"])
def test_other_versions_are_refused(text):
    assert not is_version(text)


def test_the_version_of_a_program_is_read_from_its_resources():
    info = struct.pack("<4I", 0xFEEF04BD, 0x10000, 6 << 16 | 11, 3 << 16)
    assert file_version(b"MZ" + b"\0" * 99 + info) == "6.11.3.0"
    assert file_version(b"MZ" + b"\0" * 99) is None
    assert file_version(info[:12]) is None


def test_a_folder_without_the_programs_is_no_frozen_one(tmp_path):
    with pytest.raises(SystemExit, match=r"nexkit\.exe"):
        build_msi(tmp_path, tmp_path / "out.msi", "0.1.0")
    with pytest.raises(SystemExit, match="255"):
        build_msi(tmp_path, tmp_path / "out.msi", "1.0")
    assert not (tmp_path / "out.msi").exists()


def test_the_icon_that_is_kept_is_the_picture_in_every_size():
    data = WINDOWS_ICON.read_bytes()
    _, kind, count = struct.unpack_from("<HHH", data)
    assert (kind, count) == (1, len(WINDOWS_SIZES))
    for number, size in enumerate(WINDOWS_SIZES):
        width, *_rest, length, at = struct.unpack_from("<BBBBHHII", data, 6 + 16 * number)
        assert width == size % 256
        assert data[at : at + 8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack_from(">I", data, at + 16) == (size,)
        kept, drawn = QImage.fromData(data[at : at + length]), QImage.fromData(png(size))
        points = [(x * size // 8, y * size // 8) for x in range(8) for y in range(8)]
        # Versions of Qt differ by a shade where edges are smoothed.
        pairs = [(kept.pixelColor(*point), drawn.pixelColor(*point)) for point in points]
        assert all(abs(one.lightness() - other.lightness()) < 16 for one, other in pairs)
        assert all(abs(one.alpha() - other.alpha()) < 16 for one, other in pairs)


def program(*, certificates):
    """The head of a 64-bit program, with or without a table of certificates."""
    header = bytearray(0x80 + 24 + 240)
    header[:2] = b"MZ"
    struct.pack_into("<I", header, 0x3C, 0x80)
    struct.pack_into("<H", header, 0x80 + 24, 0x20B)
    struct.pack_into("<II", header, 0x80 + 24 + 112 + 32, 4096, certificates)
    return bytes(header)


def test_what_others_signed_is_left_as_it_is(tmp_path):
    (tmp_path / "theirs.dll").write_bytes(program(certificates=100))
    (tmp_path / "ours.exe").write_bytes(program(certificates=0))
    (tmp_path / "module.pyd").write_bytes(program(certificates=0))
    (tmp_path / "data.txt").write_text("MZ")
    assert [file.name for file in unsigned_code(tmp_path)] == ["module.pyd", "ours.exe"]


@pytest.mark.parametrize("data", [b"", b"ELF", b"MZ", program(certificates=0)[:200]])
def test_what_is_no_program_is_said_to_be_none(data):
    with pytest.raises(ValueError, match="program of Windows"):
        is_signed(data)


def test_the_environment_says_who_signs():
    assert identity_in({}) is None
    assert identity_in({"NEXKIT_SIGN_CERTIFICATES": "", "NEXKIT_SIGN_KEY": ""}) is None
    whole = {
        "NEXKIT_SIGN_CERTIFICATES": "c.pem",
        "NEXKIT_SIGN_KEY": "pkcs11:object=code",
        "NEXKIT_SIGN_MODULE": "/usr/lib/token.so",
        "NEXKIT_SIGN_TIMESTAMP": "https://tsa.example.com",
    }
    identity = identity_in(whole)
    assert identity == Identity(
        certificates=Path("c.pem"),
        key="pkcs11:object=code",
        module="/usr/lib/token.so",
        timestamp="https://tsa.example.com",
    )
    assert identity.words[-4:] == ["-pkcs11module", "/usr/lib/token.so", "-ts", "https://tsa.example.com"]
    with pytest.raises(SystemExit, match="together"):
        identity_in({"NEXKIT_SIGN_KEY": "k.pem"})
