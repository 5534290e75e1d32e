"""`nexkit key`: what is shown, written and asked."""

import io
import json
import sys

import pytest

from ui.cli import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def key(*words):
    return main(["key", *words, "--lang", "en"])


def shown(capsys, *words):
    assert key("show", "--json", "-", *words) == 0
    return json.loads(capsys.readouterr().out)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_name_and_the_line_for_a_list_are_all_of_the_output(capsys):
    assert key("show") == 0
    said = capsys.readouterr()
    install_id, line = said.out.splitlines()
    assert line.startswith(f'{install_id} namespaces="report,withdraw" ssh-ed25519 ')
    assert "keys" in said.err
    assert "No certificate" in said.err


def test_programs_are_told_the_same(capsys, home):
    document = shown(capsys)
    assert document["profile"] == "builtin"
    assert document["key_storage"] == "file"
    assert document["public_key"] in document["signers_line"]
    assert document["certificates"] == document["earlier"] == []
    assert (home / "keys" / document["install_id"]).is_file()


def test_each_profile_has_a_key_of_its_own_even_out_of_date(capsys, tmp_path):
    profile = tmp_path / "profile.toml"
    profile.write_text(
        'schema = 1\nid = "example-corp"\nname = {en = "Example"}\nserial = 1\n'
        "not_before = 2020-01-01T00:00:00Z\nnot_after = 2021-01-01T00:00:00Z\n"
    )
    own = shown(capsys, "--profile", str(profile))
    assert own["profile"] == "example-corp"
    assert own["install_id"] != shown(capsys)["install_id"]


def test_the_public_half_is_written_for_the_it_department(capsys, tmp_path):
    assert key("enrol", "--out", str(tmp_path)) == 0
    written = tmp_path / f"{shown_id(capsys.readouterr().out)}.pub"
    document = shown(capsys)
    assert written.read_text() == f"{document['public_key']} {document['install_id']}\n"
    assert key("enrol", "--out", str(tmp_path / "mine.pub")) == 0
    assert (tmp_path / "mine.pub").read_text() == written.read_text()


def shown_id(path):
    return path.strip().rpartition("/")[2].rpartition("\\")[2].removesuffix(".pub")


def test_a_certificate_that_is_not_there_is_one_line(capsys, tmp_path):
    assert key("enrol", "--certificate", str(tmp_path / "none-cert.pub")) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_new_key_is_made_only_when_somebody_agrees(capsys, monkeypatch):
    first = shown(capsys)
    assert key("rotate") == 2
    assert "--yes" in capsys.readouterr().err
    for answer, status in (("\n", 130), ("n\n", 130), ("", 130), ("y\n", 0)):
        assert shown(capsys)["install_id"] == first["install_id"]
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        assert key("rotate") == status
        capsys.readouterr()
    after = shown(capsys)
    assert after["install_id"] != first["install_id"]
    assert [old["public_key"] for old in after["earlier"]] == [first["public_key"]]
    assert after["earlier"][0]["retired_at"].endswith("Z")


def test_a_damaged_list_of_keys_is_one_line(capsys, home):
    assert key("show") == 0
    (home / "keys" / "profile-builtin.json").write_text("nothing")
    capsys.readouterr()
    for words in (("show",), ("enrol",), ("rotate", "--yes")):
        assert key(*words) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "profile-builtin.json" in said


def test_a_time_of_receipt_that_is_none_is_one_line(capsys, tmp_path):
    assert main(["verify", str(tmp_path / "none.zip"), "--received-at", "yesterday", "--lang", "en"]) == 2
    assert "--received-at" in capsys.readouterr().err


def test_a_user_without_a_home_is_told_of_the_variable(monkeypatch, capsys):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    for variable in ("NEXKIT_HOME", "XDG_DATA_HOME", "APPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pathlib.Path.home", no_home)
    assert main(["key", "show"]) == 2
    error = capsys.readouterr().err
    assert "NEXKIT_HOME" in error
    assert error.count("\n") == 1
