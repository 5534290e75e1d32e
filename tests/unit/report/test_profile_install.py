"""A profile is put into the managed place whole and checked, or not at all."""

import os
import sys
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from profile_world import NOW, World, profile_toml

from nexkit.platform.managed import ManagedPlace
from nexkit.profile_refusal import ProfileError, ProfileRefusedError, Refusal
from report import profile_install
from report.profile_install import PlaceNotWritableError, install_profile, installed_profile
from report.profile_signature import sign_profile
from report.public_keys import public_key

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX's")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def deliver(world, tmp_path):
    """A folder as IT hands it out; its place."""

    def make(toml=None, *, key=None, name="profile.toml", licence=None, signers=True, signature=True):
        folder = tmp_path / "share"
        folder.mkdir(exist_ok=True)
        for file in folder.iterdir():
            file.unlink()
        toml = toml or profile_toml()
        (folder / name).write_bytes(toml)
        if signature:
            (folder / f"{name}.sig").write_bytes(sign_profile(toml, key or world.key))
        if signers:
            line = f'profile@org.example namespaces="profile" {public_key(world.key).line}\n'
            (folder / "org_signers").write_text(line)
        if licence:
            (folder / "licence_accepted").write_text(licence)
        return folder

    return make


def contents(place):
    return {file.name: file.read_bytes() for file in place.folder.iterdir()} if place.folder.exists() else None


def refusal(source, place, now=NOW):
    with pytest.raises(ProfileRefusedError) as caught:
        install_profile(source, now, place)
    return caught.value.refusal


def test_a_folder_is_installed_and_used_from_then_on(world, deliver):
    source = deliver(licence="ab" * 32 + "\n")
    assert install_profile(source, NOW, world.managed).profile.id == "example-corp"
    assert contents(world.managed) == {file.name: file.read_bytes() for file in source.iterdir()}
    assert world.load().reference.serial == 7
    assert world.load().accepted_licences == {"ab" * 32}


def test_the_file_itself_may_be_named_and_have_another_name(world, deliver):
    source = deliver(name="acme.toml")
    install_profile(source / "acme.toml", NOW, world.managed)
    assert set(contents(world.managed)) == {"profile.toml", "profile.toml.sig", "org_signers"}


def test_all_users_may_read_what_was_installed_whatever_the_umask(world, deliver):
    before = os.umask(0o077)
    try:
        install_profile(deliver(), NOW, world.managed)
    finally:
        os.umask(before)
    assert world.managed.folder.stat().st_mode & 0o777 == 0o755
    assert {file.stat().st_mode & 0o777 for file in world.managed.folder.iterdir()} == {0o644}


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"key": Ed25519PrivateKey.generate()}, Refusal.UNKNOWN_SIGNER),
        ({"signature": False}, Refusal.NOT_SIGNED),
        ({"signers": False}, Refusal.NO_SIGNERS),
        ({"toml": profile_toml(profile_id="builtin")}, Refusal.BORROWED_ID),
    ],
)
def test_what_would_be_refused_in_use_is_refused_before_anything_is_written(world, deliver, change, wanted):
    assert refusal(deliver(**change), world.managed) is wanted
    assert contents(world.managed) is None


def test_a_changed_byte_and_a_past_date_are_refused(world, deliver):
    source = deliver()
    assert refusal(source, world.managed, datetime(2030, 1, 1, tzinfo=UTC)) is Refusal.EXPIRED
    (source / "profile.toml").write_bytes(profile_toml() + b"# x\n")
    assert refusal(source, world.managed) is Refusal.BAD_SIGNATURE
    assert contents(world.managed) is None


def test_a_broken_profile_is_named_with_its_line(world, deliver):
    with pytest.raises(ProfileError, match=r"share/profile\.toml"):
        install_profile(deliver(b"schema = 1\nid = \n"), NOW, world.managed)


def test_a_folder_without_a_profile_is_named(world, tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        install_profile(tmp_path, NOW, world.managed)
    assert caught.value.filename == str(tmp_path / "profile.toml")


def test_an_older_one_and_another_of_the_same_serial_do_not_replace_what_is_there(world, deliver):
    install_profile(deliver(), NOW, world.managed)
    before = contents(world.managed)
    assert refusal(deliver(profile_toml(serial=6)), world.managed) is Refusal.OLDER
    assert refusal(deliver(profile_toml(more="")), world.managed) is Refusal.SAME_SERIAL
    assert contents(world.managed) == before


def test_the_same_one_again_and_a_later_one_are_installed(world, deliver):
    install_profile(deliver(), NOW, world.managed)
    install_profile(deliver(), NOW, world.managed)
    install_profile(deliver(profile_toml(serial=8)), NOW, world.managed)
    assert world.load().reference.serial == 8


def test_what_was_accepted_for_the_former_one_does_not_stay(world, deliver):
    install_profile(deliver(licence="ab" * 32), NOW, world.managed)
    install_profile(deliver(profile_toml(serial=8)), NOW, world.managed)
    assert "licence_accepted" not in contents(world.managed)


def test_files_of_others_in_the_place_stay(world, deliver):
    world.put("language", "ja\n")
    install_profile(deliver(), NOW, world.managed)
    assert (world.managed.folder / "language").read_text() == "ja\n"


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_in_a_place_that_users_may_write_nothing_is_touched(world, deliver, mode, monkeypatch):
    world.put("profile.toml", "what was there")
    world.managed.folder.chmod(mode)
    monkeypatch.setattr(profile_install, "write_whole", None)
    assert refusal(deliver(), world.managed) is Refusal.OPEN_TO_OTHERS
    assert contents(world.managed) == {"profile.toml": b"what was there"}


def test_who_is_no_administrator_is_told_so(world, deliver, monkeypatch):
    def forbidden(path, *_data, **_mode):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(profile_install, "write_whole", forbidden)
    with pytest.raises(PlaceNotWritableError) as caught:
        install_profile(deliver(), NOW, world.managed)
    assert caught.value.filename == str(world.managed.folder)
    assert not world.managed.folder.exists()


def test_a_disk_that_is_full_half_way_leaves_what_was_there(world, deliver, monkeypatch):
    install_profile(deliver(), NOW, world.managed)
    before = contents(world.managed)
    write, calls = profile_install.write_whole, []

    def full(path, data, **mode):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device", str(path))
        write(path, data, **mode)

    monkeypatch.setattr(profile_install, "write_whole", full)
    with pytest.raises(OSError, match="No space left"):
        install_profile(deliver(profile_toml(serial=8)), NOW, world.managed)
    assert contents(world.managed) == before


def test_what_is_installed_can_be_checked_by_itself(world, deliver):
    assert installed_profile(NOW, world.managed) is None
    install_profile(deliver(), NOW, world.managed)
    found = installed_profile(NOW, world.managed)
    assert found is not None
    assert found.file == str(world.managed.path("profile.toml"))
    other = ManagedPlace(folder=world.managed.folder, administrators=frozenset({4711}))
    with pytest.raises(ProfileRefusedError):
        installed_profile(NOW, other)
