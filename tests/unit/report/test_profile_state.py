"""What is remembered of profiles: licences, recipients, and that a damaged memory stops nobody."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from profile_world import SUPPORT, World, profile_toml

from nexkit.profile import licence_in
from nexkit.run_record import LicenceAccepter
from report.profile_state import ProfileMemory

LICENCE = '[licence]\nen = "Use it well."\nja = "正しくお使いください。"\n'


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def memory(world):
    return world.sources.memory


def licensed(world, text=LICENCE, serial=7):
    return world.use(world.file(profile_toml(serial=serial, more=text + SUPPORT), key=world.key))


def test_a_licence_is_asked_for_once_for_each_text(world, memory):
    loaded, licence = memory.with_licence(licensed(world), "en")
    assert licence.text == "Use it well."
    memory.accept_licence(loaded, licence)
    again, needed = memory.with_licence(licensed(world), "en")
    assert needed is None
    assert again.reference.licence_sha256 == licence.sha256
    assert again.reference.licence_accepted_by is LicenceAccepter.USER
    changed, needed = memory.with_licence(licensed(world, LICENCE.replace("well", "better"), serial=8), "en")
    assert needed is not None
    assert changed.reference.licence_sha256 is None


def test_a_text_in_another_language_is_another_text(world, memory):
    loaded, licence = memory.with_licence(licensed(world), "en")
    memory.accept_licence(loaded, licence)
    assert memory.with_licence(loaded, "ja")[1].text == "正しくお使いください。"


def test_a_profile_without_a_licence_asks_for_nothing(world, memory):
    loaded, needed = memory.with_licence(world.use(world.file()), "en")
    assert needed is None
    assert loaded.reference.licence_sha256 is None


def test_the_it_department_accepts_for_its_users(world, memory):
    loaded = licensed(world)
    digest = licence_in(loaded.profile, "en").sha256
    loaded, needed = memory.with_licence(replace(loaded, accepted_licences=frozenset({digest})), "en")
    assert needed is None
    assert loaded.reference.licence_accepted_by is LicenceAccepter.ORGANISATION


def test_an_acceptance_does_not_stand_for_another_signer(world, memory):
    loaded, licence = memory.with_licence(licensed(world), "en")
    memory.accept_licence(loaded, licence)
    other = world.load(world.file(profile_toml(more=LICENCE + SUPPORT), key=Ed25519PrivateKey.generate()))
    assert memory.with_licence(other, "en")[1] is not None


def test_another_recipient_is_told_until_it_is_confirmed(world, memory):
    first = licensed(world, "")
    assert memory.other_recipient(first) is None
    memory.confirm_recipient(first)
    assert memory.other_recipient(first) is None
    later = world.use(world.file(profile_toml(serial=8, more=SUPPORT.replace("help@", "collector@")), key=world.key))
    assert memory.other_recipient(later).email == "help@example.com"
    memory.confirm_recipient(later)
    assert memory.other_recipient(later) is None


def test_another_key_of_the_recipient_is_told_too(world, memory):
    memory.confirm_recipient(licensed(world, ""))
    key = "age1" + "q" * 58
    later = world.use(world.file(profile_toml(serial=8, more=SUPPORT + f'recipients = ["{key}"]\n'), key=world.key))
    assert memory.other_recipient(later) is not None


def test_another_one_who_is_responsible_is_told_too(world, memory):
    memory.confirm_recipient(licensed(world, ""))
    terms = '[consent]\ncontroller = "Somebody Else Ltd."\n'
    later = world.use(world.file(profile_toml(serial=8, more=SUPPORT + terms), key=world.key))
    assert memory.other_recipient(later) is not None
    memory.confirm_recipient(later)
    assert memory.other_recipient(later) is None


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"schema": 2, "profiles": {}}',
        b'{"schema": 1, "profiles": []}',
        b'{"schema": 1, "profiles": {"unsigned/example-corp": {"serial": "9"}}}',
        b'{"schema": 1, "profiles": {"a": {"serial": true, "sha256": "", "licences": [], "recipient": null}}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_a_damaged_memory_counts_as_none_and_is_made_whole(world, memory, damage):
    memory.path.parent.mkdir()
    memory.path.write_bytes(damage)
    loaded = world.use(world.file())
    assert json.loads(memory.path.read_bytes())["profiles"]["unsigned/example-corp"]["serial"] == 7
    assert loaded.reference.serial == 7


def test_a_damaged_memory_is_noticed(world, memory):
    memory.path.parent.mkdir()
    memory.path.write_bytes(b"{")
    world.load(world.file())
    assert memory.damaged


def test_what_cannot_be_written_leaves_the_memory_as_it_was(world, memory):
    world.use(world.file())
    before = memory.path.read_bytes()
    blocked = ProfileMemory(memory.path / "below-a-file")
    with pytest.raises(OSError):  # noqa: PT011  which one differs by system
        blocked.remember(world.load(world.file()))
    assert memory.path.read_bytes() == before
    assert [entry.name for entry in memory.path.parent.iterdir()] == ["profiles.json"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["schema", "profiles", "serial", "sha256", "licences", "recipient"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, st.binary(max_size=40))
def test_no_content_of_the_memory_crashes(tmp_path_factory, value, noise):
    path = tmp_path_factory.mktemp("memory") / "profiles.json"
    for data in (noise, json.dumps({"schema": 1, "profiles": {"unsigned/example-corp": value}}).encode()):
        path.write_bytes(data)
        assert isinstance(ProfileMemory(path)._read(), dict)
