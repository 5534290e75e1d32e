"""Keys of an installation: one for each organisation, in the system's store or in files, and never lost."""

import os
import stat
import threading
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit.platform.threads import in_time
from report.key_store import (
    SERVICE,
    KeyFileError,
    Keyring,
    KeyStorage,
    KeyStoreClosedError,
    system_store,
    write_key_file,
)
from report.keys import Keys
from report.public_keys import public_key

OTHER_SCHEMA = """{"schema": "nexkit/keys/2", "profile": "builtin", "keys":
    [{"public": "x", "storage": "file", "made_at": null, "retired_at": null}]}"""
posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes")


class Store:
    """A key store of a system that works."""

    def __init__(self):
        self.secrets = {}

    def get_password(self, service, username):
        return self.secrets.get((service, username))

    def set_password(self, service, username, password):
        self.secrets[(service, username)] = password

    def delete_password(self, service, username):
        del self.secrets[(service, username)]


class BrokenStore(Store):
    def get_password(self, service, username):
        raise RuntimeError("D-Bus went away")

    set_password = get_password


class ForgetfulStore(Store):
    def set_password(self, service, username, password):
        pass


class WaitingStore(Store):
    """Waits for somebody who types a password."""

    def get_password(self, service, username):
        threading.Event().wait(30)

    set_password = get_password


NO_STORE = Keyring(lambda: None)


def keys_in(home, store=None):
    return Keys(home, Keyring(lambda: store, limit_s=0.3), home / "managed" / "certificates")


def test_a_key_is_made_once(tmp_path):
    store = Store()
    first = keys_in(tmp_path, store).signing_key()
    assert keys_in(tmp_path, store).signing_key().public == first.public
    assert public_key(first.private) == first.public


def test_the_store_holds_32_bytes_and_no_file_does(tmp_path):
    store = Store()
    key = keys_in(tmp_path, store).signing_key()
    seed = b64encode(key.private.private_bytes_raw()).decode()
    assert store.secrets == {(SERVICE, key.public.install_id): seed}
    assert key.kept.storage is KeyStorage.KEYRING
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(seed.encode() in data or b"PRIVATE" in data for data in kept)


@pytest.mark.measures
@pytest.mark.parametrize("store", [None, BrokenStore(), ForgetfulStore(), WaitingStore()])
def test_where_no_store_takes_the_key_it_is_kept_in_a_file(tmp_path, store):
    began = time.monotonic()
    key = keys_in(tmp_path, store).signing_key()
    assert key.kept.storage is KeyStorage.FILE
    assert time.monotonic() - began < 5
    assert public_key(keys_in(tmp_path, store).signing_key().private) == key.public


@posix_only
def test_the_file_is_for_its_owner_alone(tmp_path):
    keys = keys_in(tmp_path)
    file = keys.place(keys.current())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("store", [None, BrokenStore(), WaitingStore()])
def test_a_store_that_does_not_open_is_said_and_the_key_is_not_replaced(tmp_path, store):
    kept = keys_in(tmp_path, Store()).current()
    with pytest.raises(KeyStoreClosedError, match="unlock it"):
        keys_in(tmp_path, store).signing_key()
    assert keys_in(tmp_path, store).current() == kept


def test_a_new_key_can_be_made_while_the_store_is_closed(tmp_path):
    kept = keys_in(tmp_path, Store()).current()
    made = keys_in(tmp_path, BrokenStore()).rotate()
    assert made.storage is KeyStorage.FILE
    assert keys_in(tmp_path, BrokenStore()).signing_key().public == made.key
    assert [old.key for old in keys_in(tmp_path).earlier()] == [kept.key]


def test_what_is_no_key_in_the_store_is_said(tmp_path):
    store = Store()
    key = keys_in(tmp_path, store).current().key
    for secret in ("nothing", "", b64encode(bytes(31)).decode()):
        store.secrets[(SERVICE, key.install_id)] = secret
        with pytest.raises(KeyFileError, match=key.install_id):
            keys_in(tmp_path, store).signing_key()


def test_another_key_in_its_place_is_not_used(tmp_path):
    store = Store()
    key = keys_in(tmp_path, store).current().key
    store.secrets[(SERVICE, key.install_id)] = b64encode(bytes(32)).decode()
    with pytest.raises(KeyFileError, match="another key"):
        keys_in(tmp_path, store).signing_key()


@pytest.mark.parametrize("store", [Store(), None])
def test_a_key_that_was_removed_is_replaced_and_remembered(tmp_path, store):
    keys = keys_in(tmp_path, store)
    lost = keys.current()
    if store is None:
        keys.place(lost).unlink()
    else:
        store.secrets.clear()
    made = keys.signing_key()
    assert made.public != lost.key
    assert [old.key for old in keys.earlier()] == [lost.key]


def test_each_organisation_sees_another_installation(tmp_path):
    keys = keys_in(tmp_path, Store())
    ids = {keys.current(profile).key.install_id for profile in ("builtin", "example-corp", "example-isp")}
    assert len(ids) == 3


def test_the_one_key_of_an_earlier_version_stays_that_of_the_built_in_profile(tmp_path):
    old = Ed25519PrivateKey.generate()
    write_key_file(tmp_path / "report_key", old)
    before = (tmp_path / "report_key").read_bytes()
    keys = keys_in(tmp_path, Store())
    assert keys.signing_key().public == public_key(old)
    assert keys.current().storage is KeyStorage.FILE
    assert keys.signing_key("example-corp").public != public_key(old)
    made = keys.rotate()
    assert made.storage is KeyStorage.KEYRING
    assert (tmp_path / "report_key").read_bytes() == before
    assert keys.find(public_key(old).install_id).public == public_key(old)


def test_rotation_keeps_the_old_key_out_of_use_and_its_public_half_and_dates(tmp_path):
    keys = keys_in(tmp_path, Store())
    first = keys.signing_key()
    keys.rotate()
    third = keys.rotate()
    assert keys.signing_key().public == third.key
    earlier = keys.earlier()
    assert [old.key for old in earlier][1] == first.public
    assert all(old.made_at <= old.retired_at <= datetime.now(UTC) for old in earlier)
    assert keys.find(first.public.install_id).private.private_bytes_raw() == first.private.private_bytes_raw()


def test_a_key_that_is_not_ours_is_not_found(tmp_path):
    keys = keys_in(tmp_path, Store())
    keys.current()
    assert keys.find("inst-0000000000000000") is None


@pytest.mark.parametrize("store", [Store(), None])
def test_a_key_that_cannot_be_listed_leaves_nothing_behind(tmp_path, store, monkeypatch):
    def full(path, *_, **__):
        raise OSError(28, "No space left on device", str(path))

    keys = keys_in(tmp_path, store)
    with monkeypatch.context() as patch:
        patch.setattr("report.keys.write_new", full)
        with pytest.raises(OSError, match="No space"):
            keys.current()
    assert not list((tmp_path / "keys").iterdir())
    assert store is None or not store.secrets
    kept = keys.current()
    with monkeypatch.context() as patch:
        patch.setattr("report.keys.write_whole", full)
        with pytest.raises(OSError, match="No space"):
            keys.rotate()
    assert keys.current() == kept
    assert store is None or len(store.secrets) == 1


def test_programs_that_start_together_get_the_same_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: keys_in(tmp_path).signing_key().public, range(8)))
    assert len(set(found)) == 1
    files = sorted(path.name for path in (tmp_path / "keys").iterdir())
    assert files == sorted([found[0].install_id, "profile-builtin.json"])


@posix_only
def test_a_key_that_others_may_read_is_refused(tmp_path):
    keys = keys_in(tmp_path)
    file = keys.place(keys.current())
    file.chmod(0o644)
    with pytest.raises(KeyFileError, match="others may read"):
        keys.signing_key()


def test_what_is_no_key_is_refused(tmp_path):
    keys = keys_in(tmp_path)
    keys.place(keys.current()).write_bytes(b"nothing")
    with pytest.raises(KeyFileError, match="not a key"):
        keys.signing_key()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"schema": "nexkit/keys/1", "profile": "x", "keys": []}',
        "\xff" * 50,
        "[" * 100_000,
        OTHER_SCHEMA,
    ],
)
def test_a_damaged_list_of_keys_is_one_line_and_not_replaced(tmp_path, text):
    keys = keys_in(tmp_path)
    keys.current()
    file = tmp_path / "keys" / "profile-builtin.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(KeyFileError, match="profile-builtin"):
        keys.signing_key()
    assert file.read_text(encoding="latin-1") == text


def test_a_chosen_folder_keeps_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "kit"))
    assert system_store() is None
    assert Keys().current().storage is KeyStorage.FILE
    assert (tmp_path / "kit" / "keys").is_dir()


def test_only_stores_of_the_system_are_taken(monkeypatch):
    keyring = pytest.importorskip("keyring")
    from keyring.backends import SecretService, chainer, fail, null

    monkeypatch.delenv("NEXKIT_HOME", raising=False)

    class PlainFile(Store):
        """What another package offers."""

    def chosen(backend):
        monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
        return system_store()

    assert chosen(null.Keyring()) is None
    assert chosen(fail.Keyring()) is None
    assert chosen(PlainFile()) is None
    own = SecretService.Keyring()
    assert chosen(own) is own
    chain = chainer.ChainerBackend()
    monkeypatch.setattr(chainer.ChainerBackend, "backends", [PlainFile(), own])
    assert chosen(chain) is own


@pytest.mark.measures
def test_what_a_call_raises_is_raised_and_what_takes_too_long_is_left():
    assert in_time(lambda: 7, 5) == 7
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: 1 // 0, 5)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        in_time(lambda: time.sleep(20), 0.05)
    assert time.monotonic() - began < 5
