"""Profiles on the command line: what is asked, what is refused without an answer, what is shown."""

import io
import json
import sys
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nexkit.profile import licence_in
from nexkit.run_record import LicenceAccepter
from nexkit.texts import Texts
from report.profile_in_force import Sources
from report.profile_signature import sign_profile
from report.profile_state import ProfileMemory
from ui.cli import main, profile_use
from ui.cli.errors import CommandError
from ui.cli.profile_use import confirm_recipient, profile_to_use, tell_whose

TEXTS = Texts("en")
HEAD = """schema = 1
id = "example-corp"
name = {en = "Example Corp", ja = "エグザンプル"}
serial = 7
not_before = 2020-01-01T00:00:00Z
not_after = 2090-01-01T00:00:00Z
"""
LICENCE = '[licence]\nen = """Use it well.\nAlways."""\n'
SUPPORT = '[support]\nname = "Example Helpdesk"\nemail = "help@example.com"\n'


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))


@pytest.fixture
def sources(tmp_path):
    return Sources(memory=ProfileMemory(tmp_path / "profiles.json"))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "profile.toml"
    path.write_text(HEAD + LICENCE + SUPPORT, encoding="utf-8")
    return path


@pytest.fixture
def terminal(monkeypatch):
    """Somebody is there and types."""

    def types(words):
        monkeypatch.setattr(profile_use, "is_terminal", lambda: True)
        monkeypatch.setattr(sys, "stdin", io.StringIO(words + "\n"))

    return types


def use(file, sources, accept=None):
    return profile_to_use(SimpleNamespace(profile=str(file), accept_licence=accept), TEXTS, sources)


def test_without_a_terminal_the_licence_is_not_taken_for_accepted(file, sources):
    with pytest.raises(CommandError, match="--accept-licence"):
        use(file, sources)
    assert main(["--lang", "en", "diagnose", "--profile", str(file)]) == 2


@pytest.mark.parametrize("word", ["yes", "", "0123456", "ffffffffff", "all"])
def test_only_the_hash_of_the_text_accepts_it(file, sources, word):
    with pytest.raises(CommandError, match="does not stand for this licence"):
        use(file, sources, word)


def test_the_hash_of_the_text_accepts_it_once_and_for_all(file, sources):
    digest = licence_in(profile_use.begin_with_profile(str(file), TEXTS, sources).profile, "en").sha256
    loaded = use(file, sources, digest[:12].upper())
    assert loaded.reference.licence_sha256 == digest
    assert loaded.reference.licence_accepted_by is LicenceAccepter.USER
    assert use(file, sources).reference.licence_sha256 == digest


def test_on_a_terminal_the_text_is_shown_and_yes_typed(file, sources, terminal, capsys):
    terminal("no")
    with pytest.raises(CommandError, match="not accepted"):
        use(file, sources)
    assert "Use it well.\nAlways." in capsys.readouterr().err
    terminal("yes")
    assert use(file, sources).reference.licence_sha256
    terminal("no")
    assert use(file, sources).reference.licence_sha256


def test_a_licence_cannot_drive_the_terminal(file, sources, terminal, capsys):
    file.write_text(HEAD + '[licence]\nen = "a\\u001b[2Jb"\n', encoding="utf-8")
    assert main(["--lang", "en", "profile", "check", str(file)]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_another_recipient_is_asked_about(file, sources, terminal, capsys):
    file.write_text(HEAD + SUPPORT, encoding="utf-8")
    sources.memory.confirm_recipient(use(file, sources))
    file.write_text(HEAD.replace("7", "8", 1) + SUPPORT.replace("help@", "collector@"), encoding="utf-8")
    loaded = use(file, sources)
    with pytest.raises(CommandError, match="--confirm-recipients"):
        confirm_recipient(loaded, TEXTS, sources.memory, confirmed=False)
    said = capsys.readouterr().err
    assert "help@example.com" in said
    assert "collector@example.com" in said
    confirm_recipient(loaded, TEXTS, sources.memory, confirmed=True)
    terminal("no")
    with pytest.raises(CommandError, match="was not confirmed"):
        confirm_recipient(loaded, TEXTS, sources.memory, confirmed=False)
    terminal("yes")
    confirm_recipient(loaded, TEXTS, sources.memory, confirmed=False)


def test_an_unknown_organisation_is_told(file, sources, capsys):
    file.write_text(HEAD, encoding="utf-8")
    tell_whose(use(file, sources), TEXTS)
    assert "Unknown organisation" in capsys.readouterr().err


def test_a_memory_that_is_damaged_or_locked_is_told_and_stops_nobody(file, sources, tmp_path, capsys):
    file.write_text(HEAD, encoding="utf-8")
    sources.memory.path.write_text("{")
    use(file, sources)
    assert "damaged" in capsys.readouterr().err
    use(file, Sources(memory=ProfileMemory(sources.memory.path / "below")))
    assert "not remembered" in capsys.readouterr().err


def test_show_tells_whose_profile_is_in_force(file, capsys):
    assert main(["--lang", "en", "profile", "show"]) == 0
    assert "Part of this program" in capsys.readouterr().out
    file.write_text(
        HEAD + LICENCE + SUPPORT + '[load]\nbackend = "none"\n'
        '[[service]]\nid = "mail"\nname = {en = "Mail"}\ntcp = ["imap.example.com:993"]\n',
        encoding="utf-8",
    )
    assert main(["--lang", "en", "profile", "show", str(file)]) == 0
    shown = capsys.readouterr().out
    for words in (
        "Example Corp (example-corp), serial 7",
        " 2020 to ",
        "Unknown organisation",
        "help@example.com",
        "Mail (mail)",
        "imap.example.com",
        "no load test",
        "not accepted yet",
        "Use it well.",
    ):
        assert words in shown


def test_show_for_programs(file, capsys):
    file.with_name("profile.toml.sig").write_bytes(sign_profile(file.read_bytes(), Ed25519PrivateKey.generate()))
    assert main(["profile", "show", str(file), "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "nexkit/profile/1"
    assert document["trust"] == "named"
    assert document["unknown_organisation"] is True
    assert document["signer"].startswith("SHA256:")
    assert document["licence_accepted"] is False
    assert document["support"]["email"] == "help@example.com"


def test_check_with_signers_wants_one_of_them(file, tmp_path, capsys):
    signers = tmp_path / "org_signers"
    signers.write_text("")
    assert main(["--lang", "en", "profile", "check", str(file), "--signers", str(signers)]) == 4
    assert "Not signed" in capsys.readouterr().out
    assert main(["--lang", "en", "profile", "check", str(file)]) == 0
    signers.write_text("nonsense\n")
    file.with_name("profile.toml.sig").write_bytes(sign_profile(file.read_bytes(), Ed25519PrivateKey.generate()))
    assert main(["--lang", "en", "profile", "check", str(file), "--signers", str(signers)]) == 2
    assert "line 1" in capsys.readouterr().err


def test_a_refusal_is_one_line_in_the_users_language(file, capsys):
    file.write_text(HEAD.replace("2090", "2021"), encoding="utf-8")
    assert main(["--lang", "en", "diagnose", "--profile", str(file)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "this computer believes that today is" in lines[0]
