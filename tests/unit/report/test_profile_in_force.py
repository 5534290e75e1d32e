"""Which profile is used, whose signature counts, and that nothing stands in for one that is refused."""

import sys
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from profile_world import World, profile_toml

from nexkit.profile_refusal import ProfileError, ProfileRefusedError, Refusal
from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from nexkit.texts.moments import day
from nexkit.texts.profiles import refusal_text, whose_text
from report.public_keys import public_key
from report.sshsig import sign

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX's")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def refusal(world, named=None, **more):
    with pytest.raises(ProfileRefusedError) as error:
        world.load(named, **more)
    assert "\n" not in str(error.value)
    return error.value


def test_without_a_profile_the_built_in_one_is_used(world):
    assert world.load().reference.trust is ProfileTrust.BUILT_IN
    assert not world.sources.memory.path.exists()


@posix
def test_the_managed_profile_is_used_where_a_pinned_signer_signed_it(world):
    world.pin()
    world.install()
    loaded = world.load()
    assert (loaded.profile.id, loaded.reference.trust) == ("example-corp", ProfileTrust.SIGNED)
    assert loaded.reference.signer == public_key(world.key).fingerprint
    assert loaded.signer_names == ("profile@org.example",)
    assert not loaded.reference.is_unknown_organisation


@posix
@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda world: world.pin() or world.put("profile.toml", profile_toml()), Refusal.NOT_SIGNED),
        (lambda world: world.install(), Refusal.NO_SIGNERS),
        (lambda world: world.pin() or world.install(key=Ed25519PrivateKey.generate()), Refusal.UNKNOWN_SIGNER),
        (
            lambda world: world.install() and world.pin(f"profile@org.example {public_key(world.key).line}\n"),
            Refusal.UNKNOWN_SIGNER,
        ),
        (
            lambda world: world.install() and world.pin(f'p@o.example namespaces="*" {public_key(world.key).line}\n'),
            Refusal.UNKNOWN_SIGNER,
        ),
        (
            lambda world: (
                world.install()
                and world.pin(f'*@o.example cert-authority,namespaces="profile" {public_key(world.key).line}\n')
            ),
            Refusal.UNKNOWN_SIGNER,
        ),
        (
            lambda world: (
                world.install()
                and world.pin(
                    f'p@o.example namespaces="profile",valid-before="20200101" {public_key(world.key).line}\n'
                )
            ),
            Refusal.UNKNOWN_SIGNER,
        ),
        (
            lambda world: world.pin() or (world.install() and world.put("profile.toml", profile_toml(serial=8))),
            Refusal.BAD_SIGNATURE,
        ),
        (
            lambda world: (
                world.pin()
                or (world.install() and world.put("profile.toml.sig", sign(profile_toml(), world.key, "report")))
            ),
            Refusal.BAD_SIGNATURE,
        ),
        (lambda world: world.install() and world.pin("what is this\n"), Refusal.BAD_SIGNERS),
        (lambda world: world.pin() or world.install(profile_toml(profile_id="builtin")), Refusal.BORROWED_ID),
        (lambda world: world.pin() or world.install().chmod(0o666), Refusal.OPEN_TO_OTHERS),
        (
            lambda world: (world.install() and world.pin()) or (world.managed.path("org_signers").chmod(0o664)),
            Refusal.OPEN_TO_OTHERS,
        ),
        (lambda world: world.pin() or (world.install() and world.managed.folder.chmod(0o777)), Refusal.OPEN_TO_OTHERS),
    ],
    ids=lambda value: value.value if isinstance(value, Refusal) else "",
)
def test_a_managed_profile_that_does_not_count_stops_the_program(world, prepare, expected):
    prepare(world)
    error = refusal(world)
    assert error.refusal is expected
    assert "ask" in str(error)


@posix
def test_a_managed_profile_that_this_user_may_not_read_stops_the_program(world, monkeypatch):
    def closed(path):
        raise PermissionError(13, "Permission denied", str(path))

    world.pin()
    world.install()
    monkeypatch.setattr("pathlib.Path.lstat", closed)  # a folder of mode 0700; root, who runs tests too, sees all
    error = refusal(world)
    assert error.refusal is Refusal.CLOSED_TO_USERS
    assert "ask" in str(error)


@posix
@pytest.mark.parametrize("word", ["wrong", "namespace", "key_type", "format", "certificate", "principals"])
def test_what_is_wrong_with_a_signature_is_said_with_whom_to_ask(word):
    error = ProfileRefusedError(Refusal.BAD_SIGNATURE, "profile.toml", detail=word, managed=True)
    assert "your IT department" in str(error)
    assert ("changed" in str(error)) is (word == "wrong")


@posix
def test_a_managed_profile_is_not_read_before_its_signature_is_checked(world):
    world.pin()
    world.put("profile.toml", b"not toml at all [[[")
    world.put("profile.toml.sig", sign(b"other bytes", world.key, "profile"))
    assert refusal(world).refusal is Refusal.BAD_SIGNATURE


@posix
def test_a_link_in_the_managed_place_is_refused(world, tmp_path):
    world.pin()
    world.install()
    elsewhere = tmp_path / "elsewhere.toml"
    elsewhere.write_bytes(profile_toml())
    world.managed.path("profile.toml").unlink()
    world.managed.path("profile.toml").symlink_to(elsewhere)
    assert refusal(world).refusal is Refusal.OPEN_TO_OTHERS


@posix
def test_no_variable_of_the_environment_leads_to_another_managed_place(world, monkeypatch):
    from nexkit.platform.managed import managed_folder

    before = managed_folder()
    for name in ("NEXKIT_MANAGED", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "ProgramFiles", "HOME", "NEXKIT_HOME"):
        monkeypatch.setenv(name, str(world.root))
    assert managed_folder() == before


def test_a_named_file_without_a_signature_is_of_an_unknown_organisation(world):
    loaded = world.load(world.file())
    assert loaded.reference.is_unknown_organisation
    words = whose_text(loaded, Texts("en"))
    assert "Unknown organisation" in words
    assert "not signed" in words


def test_a_named_file_of_an_unknown_signer_shows_its_fingerprint(world):
    stranger = Ed25519PrivateKey.generate()
    loaded = world.load(world.file(key=stranger))
    assert loaded.reference.is_unknown_organisation
    assert public_key(stranger).fingerprint in whose_text(loaded, Texts("en"))


@posix
def test_a_named_file_of_a_pinned_signer_is_trusted(world):
    world.pin()
    assert world.load(world.file(key=world.key)).reference.trust is ProfileTrust.SIGNED


def test_a_named_file_changed_after_signing_is_refused(world):
    file = world.file(key=world.key)
    file.write_bytes(profile_toml(serial=8))
    assert refusal(world, file).refusal is Refusal.BAD_SIGNATURE


@posix
def test_a_named_file_cannot_pass_for_the_managed_profile(world):
    world.pin()
    world.install()
    assert refusal(world, world.file(profile_toml(serial=9))).refusal is Refusal.BORROWED_ID
    assert refusal(world, world.file(profile_toml(serial=9), key=Ed25519PrivateKey.generate())).refusal is (
        Refusal.BORROWED_ID
    )
    assert world.load(world.file(profile_toml(serial=9), key=world.key)).reference.serial == 9
    assert world.load(world.file(profile_toml(profile_id="other"))).profile.id == "other"


def test_nobody_else_is_the_built_in_profile(world):
    assert refusal(world, world.file(profile_toml(profile_id="builtin"))).refusal is Refusal.BORROWED_ID


@pytest.mark.parametrize(
    ("now", "expected"),
    [(datetime(2026, 10, 31, tzinfo=UTC), Refusal.NOT_YET), (datetime(2027, 11, 1, tzinfo=UTC), Refusal.EXPIRED)],
)
def test_out_of_its_time_the_line_names_the_date_of_this_computer_and_whom_to_ask(world, now, expected):
    error = refusal(world, world.file(), now=now)
    assert error.refusal is expected
    assert day(now, Texts("en")) in str(error)
    assert "help@example.com" in str(error)


@pytest.mark.parametrize("each", Refusal)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_refusal_has_words(each, language):
    text = refusal_text(ProfileRefusedError(each, "p.toml", serials=(1, 2)), Texts(language))
    assert text.startswith("p.toml: ")
    assert "{" not in text


def test_an_older_serial_is_refused_and_a_later_one_taken(world):
    world.use(world.file(profile_toml(serial=7), key=world.key))
    assert refusal(world, world.file(profile_toml(serial=6), key=world.key)).refusal is Refusal.OLDER
    world.use(world.file(profile_toml(serial=8), key=world.key))
    error = refusal(world, world.file(profile_toml(serial=7), key=world.key))
    assert error.refusal is Refusal.OLDER
    assert "serial is 7" in str(error)
    assert "8" in str(error)


def test_other_bytes_under_the_same_serial_are_refused(world):
    world.use(world.file(profile_toml(), key=world.key))
    assert world.load(world.file(profile_toml(), key=world.key)).reference.serial == 7
    assert refusal(world, world.file(profile_toml(more=""), key=world.key)).refusal is Refusal.SAME_SERIAL


@posix
def test_a_stranger_cannot_use_up_the_serials_of_a_profile(world):
    world.use(world.file(profile_toml(serial=2**53), key=Ed25519PrivateKey.generate()))
    world.use(world.file(profile_toml(serial=2**53)))
    world.pin()
    world.install(profile_toml(serial=7))
    assert world.use().reference.serial == 7


def test_what_is_only_looked_at_is_not_remembered(world):
    world.load(world.file(profile_toml(serial=9)))
    assert world.load(world.file(profile_toml(serial=7))).reference.serial == 7


def test_what_is_no_profile_is_refused_with_its_place(world):
    with pytest.raises(ProfileError, match="unknown key"):
        world.load(world.file(profile_toml(more="colour = 1\n")))
