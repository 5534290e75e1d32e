"""An organisation's .deb and tar.xz: what is added, to whom it belongs, what is refused."""

import io
import lzma
import tarfile

import pytest
from company import ar, tar

from ui.pack import PackError, deb, pack
from ui.pack.xz import NotXzError, prepended

SHARED = {"org_signers", "profile.toml", "profile.toml.sig"}


def members(deb):
    found, at = {}, 8
    while at < len(deb):
        size = int(deb[at + 48 : at + 58])
        found[deb[at : at + 16].decode().strip()] = deb[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
    return found


def opened(data):
    return tarfile.open(fileobj=io.BytesIO(data), mode="r:xz")


def test_a_deb_has_the_files_in_the_managed_place_for_all_to_read(vendor, made_for):
    with opened(members(pack(vendor.deb, made_for))["data.tar.xz"]) as archive:
        entries = {entry.name: entry for entry in archive}
        profile = archive.extractfile("./etc/xdg/nexkit/profile.toml").read()
    assert profile == made_for.files["profile.toml"]
    assert {f"./etc/xdg/nexkit/{name}" for name in SHARED} <= entries.keys()
    assert "./opt/nexkit/nexkit" in entries
    assert {(entry.uid, entry.gid, entry.uname) for name, entry in entries.items() if "etc" in name} == {(0, 0, "root")}
    assert {entries[f"./etc/xdg/nexkit/{name}"].mode for name in SHARED} == {0o644}
    assert entries["./etc/xdg/nexkit"].mode == 0o755


def test_a_debs_fields_tell_of_them(vendor, made_for):
    with opened(members(pack(vendor.deb, made_for))["control.tar.xz"]) as archive:
        control = archive.extractfile("./control").read().decode()
        sums = archive.extractfile("./md5sums").read().decode()
    assert "Version: 0.1.0+example.corp.7\n" in control
    assert "Installed-Size: 106\n" in control
    assert sums.count("  etc/xdg/nexkit/") == len(SHARED)
    assert "  opt/nexkit/nexkit\n" in sums


def test_an_archive_has_them_where_its_install_sh_looks(vendor, made_for):
    with opened(pack(vendor.archive, made_for)) as archive:
        names = archive.getnames()
        profile = archive.extractfile("nexkit-0.1.0/managed/profile.toml").read()
    assert profile == made_for.files["profile.toml"]
    assert "nexkit-0.1.0/nexkit" in names


@pytest.mark.parametrize("kind", ["deb", "archive"])
def test_the_same_makes_the_same(kind, vendor, made_for):
    installer = getattr(vendor, kind)
    assert pack(installer, made_for) == pack(installer, made_for)


@pytest.mark.parametrize("kind", ["deb", "archive"])
def test_nothing_is_put_into_an_organisations_installer_again(kind, vendor, made_for):
    installer = getattr(vendor, kind)
    installer.write_bytes(pack(installer, made_for))
    with pytest.raises(PackError, match="packed"):
        pack(installer, made_for)


@pytest.mark.parametrize("kind", ["deb", "archive"])
@pytest.mark.parametrize("keep", [0, 7, -9])
def test_a_damaged_installer_is_refused(kind, keep, vendor, made_for):
    installer = getattr(vendor, kind)
    installer.write_bytes(installer.read_bytes()[:keep])
    with pytest.raises(PackError, match="damaged"):
        pack(installer, made_for)


def test_a_package_that_is_compressed_otherwise_is_refused(vendor, made_for):
    vendor.deb.write_bytes(vendor.deb.read_bytes().replace(b"data.tar.xz ", b"data.tar.zst"))
    with pytest.raises(PackError, match="parts"):
        pack(vendor.deb, made_for)


def test_another_program_is_refused(vendor, made_for, tmp_path):
    other = tmp_path / "nexkit_1_amd64.deb"
    control = tar({"./control": b"Package: other\nVersion: 1\n"})
    other.write_bytes(ar({"debian-binary": b"2.0\n", "control.tar.xz": control, "data.tar.xz": tar({})}))
    with pytest.raises(PackError, match="not_ours"):
        pack(other, made_for)


def linked(name: str) -> bytes:
    """A control archive with a link in it that leads nowhere, behind the fields."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        fields = tarfile.TarInfo("./control")
        data = b"Package: nexkit\nVersion: 1\n"
        fields.size = len(data)
        archive.addfile(fields, io.BytesIO(data))
        link = tarfile.TarInfo(name)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/shadow"
        archive.addfile(link)
    return lzma.compress(out.getvalue())


def with_control(file, control):
    file.write_bytes(ar({"debian-binary": b"2.0\n", "control.tar.xz": control, "data.tar.xz": tar({})}))
    return file


GOOD = tar({"./control": b"Package: nexkit\nVersion: 1\n"})


@pytest.mark.parametrize(
    "control",
    [
        GOOD[:-40],
        GOOD[:30] + b"\xff" * 8 + GOOD[38:],
        tar({"./control": b"Package: nexkit\nVersion: \xff\n"}),
        b"no archive",
        lzma.compress(b"no archive"),
    ],
    ids=["cut off", "a changed byte", "no UTF-8", "not compressed", "no archive"],
)
def test_a_damaged_control_archive_is_one_error(control, vendor, made_for):
    with pytest.raises(PackError, match="damaged"):
        pack(with_control(vendor.deb, control), made_for)


def test_a_control_archive_that_never_ends_is_not_unpacked(vendor, made_for, monkeypatch):
    bomb = tar({"./control": b"Package: nexkit\nVersion: 1\n", "./md5sums": bytes(1 << 20)})
    pack(with_control(vendor.deb, bomb), made_for)
    monkeypatch.setattr(deb, "_LARGEST_CONTROL", 1 << 20)
    with pytest.raises(PackError, match="damaged"):
        pack(vendor.deb, made_for)


def test_links_of_a_control_archive_are_not_followed(vendor, made_for):
    packed = members(pack(with_control(vendor.deb, linked("./preinst")), made_for))
    with opened(packed["control.tar.xz"]) as archive:
        link = archive.getmember("./preinst")
    assert (link.issym(), link.linkname) == (True, "/etc/shadow")


def test_a_kind_of_check_that_does_not_exist_is_refused(vendor, made_for):
    stream = bytearray(vendor.archive.read_bytes())
    stream[7] = stream[-3] = 0x0F
    with pytest.raises(NotXzError):
        prepended(b"x", bytes(stream))
