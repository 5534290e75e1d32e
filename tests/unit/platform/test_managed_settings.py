"""The language that the IT department sets: found where only administrators write, ignored where users could."""

import os
import plistlib
import sys
import types
from contextlib import contextmanager

import pytest
from foreign_systems import imported

from nexkit.platform.managed import ManagedPlace
from nexkit.platform.managed_settings import BUNDLE_ID, language_in_place, language_in_preferences
from nexkit.texts import Texts
from ui.cli import commands, probe

posix = pytest.mark.skipif(sys.platform == "win32", reason="owners and modes are POSIX's")


def registry(values):
    """winreg with these values: key, then what is in it."""

    @contextmanager
    def opened(_root, name, _reserved, _access):
        if name not in values:
            raise FileNotFoundError(2, "not found")
        yield values[name]

    def query(key, name):
        if name not in key:
            raise FileNotFoundError(2, "not found")
        return key[name]

    return types.SimpleNamespace(
        HKEY_LOCAL_MACHINE=object(), KEY_READ=1, KEY_WOW64_64KEY=256, REG_SZ=1, OpenKey=opened, QueryValueEx=query
    )


POLICY, INSTALLED = r"SOFTWARE\Policies\nexkit", r"SOFTWARE\nexkit"


@pytest.mark.parametrize(
    ("values", "language"),
    [
        ({}, None),
        ({INSTALLED: {}}, None),
        ({INSTALLED: {"Language": ("ja", 1)}}, "ja"),
        ({POLICY: {"Language": ("en", 1)}, INSTALLED: {"Language": ("ja", 1)}}, "en"),
        ({POLICY: {}, INSTALLED: {"Language": (" JA ", 1)}}, "ja"),
        ({POLICY: {"Language": ("", 1)}, INSTALLED: {"Language": ("ja", 1)}}, "ja"),
        ({POLICY: {"Language": (1041, 4)}, INSTALLED: {"Language": ("ja", 1)}}, "ja"),
    ],
)
def test_windows_asks_the_policy_before_the_installation(values, language):
    with imported("win32", "nexkit.platform.managed_settings", winreg=registry(values)) as settings:
        settings.sys = types.SimpleNamespace(platform="win32")
        assert settings.managed_language() == language


@pytest.mark.parametrize(
    ("data", "language"),
    [
        (plistlib.dumps({"Language": "ja"}), "ja"),
        (plistlib.dumps({"Language": "ja"}, fmt=plistlib.FMT_BINARY), "ja"),
        (plistlib.dumps({"Language": 1}), ""),
        (plistlib.dumps(["ja"]), ""),
        (plistlib.dumps({}), ""),
        (b"not a property list", ""),
        (b"<?xml version='1.0'?><plist><dict>", ""),
        (b"", ""),
    ],
)
def test_macos_managed_preferences_are_read(tmp_path, data, language):
    file = tmp_path / f"{BUNDLE_ID}.plist"
    file.write_bytes(data)
    assert language_in_preferences(file) == language


def test_without_managed_preferences_there_is_no_language(tmp_path):
    assert language_in_preferences(tmp_path / "none.plist") == ""


@posix
@pytest.mark.parametrize(("mode", "language"), [(0o644, "ja\n"), (0o666, ""), (0o664, "")])
def test_a_file_that_users_may_write_sets_nothing(tmp_path, mode, language):
    place = ManagedPlace(folder=tmp_path / "managed", administrators=frozenset({0, os.getuid()}))
    assert language_in_place(place) == ""
    place.folder.mkdir(mode=0o755)
    place.path("language").write_text("ja\n")
    place.path("language").chmod(mode)
    assert language_in_place(place) == language


def test_the_command_line_speaks_it_unless_another_is_asked_for(monkeypatch, capsys):
    monkeypatch.setattr(commands, "managed_language", lambda: "ja")
    commands.run_command(["show", "nothing"])
    assert "nothing: " in (japanese := capsys.readouterr().err)
    commands.run_command(["show", "nothing", "--lang", "en"])
    assert "there is no such file or folder" in capsys.readouterr().err
    assert "there is no such file or folder" not in japanese


def test_an_unknown_word_changes_nothing_and_is_told_where_it_is_looked_for(monkeypatch):
    texts = Texts("en")
    monkeypatch.setattr(probe, "managed_language", lambda: "fr")
    assert "'fr'" in probe._language_line(texts)
    assert Texts("fr").language == Texts().language
    monkeypatch.setattr(probe, "managed_language", lambda: "ja")
    assert probe._language_line(texts).endswith("日本語")
    monkeypatch.setattr(probe, "managed_language", lambda: None)
    assert probe._language_line(texts) == ""
