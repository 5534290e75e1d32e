"""Withdrawals and certificates of deletion: made and checked by the commands, and by the stock ssh-keygen."""

import io
import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pyrage import x25519
from signing import run, sealed_with, ssh_keygen

from report.codec import loads
from report.consent import CONSENT_PATH
from report.consent_check import read_consent
from report.container import read_container
from report.encryption import encrypt
from report.keys import Keys
from report.receipts import keep_receipt
from report.signers import signers_line
from ui.cli import main

pytestmark = pytest.mark.skipif(
    # With CI=true it has to be there: the tests then fail instead.
    os.environ.get("CI") != "true" and not shutil.which("ssh-keygen"),
    reason="needs ssh-keygen",
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def key():
    """This installation's key."""
    return Keys().signing_key()


@pytest.fixture
def report(tmp_path, key):
    """A report of this installation, with its receipt; its file and the record in it."""
    sealed = sealed_with(key.private)
    record = read_consent(loads(read_container(sealed.data).files[CONSENT_PATH]))
    record = replace(record, pii_principal_id=key.public.install_id)
    keep_receipt(record)
    path = tmp_path / f"{sealed.report_id}.nexkit.zip"
    path.write_bytes(sealed.data)
    return path, record


@pytest.fixture
def desk_key(tmp_path):
    """A desk's key, and the list that has it for deletions."""
    ssh_keygen(tmp_path, "-q", "-t", "ed25519", "-N", "", "-f", "desk_key")
    public = " ".join((tmp_path / "desk_key.pub").read_text().split()[:2])
    (tmp_path / "desks").write_text(f'desk@example.com namespaces="deletion" {public}\n')
    return tmp_path / "desk_key"


def nexkit(*words):
    return main([*map(str, words), "--lang", "en"])


def stock_says(folder, signers, name, namespace, note):
    """The answer of the stock ssh-keygen to a note."""
    return run(
        folder,
        *("ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", name, "-n", namespace, "-s", f"{note}.sig"),
        stdin=note.read_bytes(),
    )


@pytest.mark.parametrize("named_by", ["number", "bundle", "receipt", "encrypted bundle"])
def test_a_withdrawal_is_written_and_good_for_desk_and_stock_tool(tmp_path, capsys, key, report, home, named_by):
    path, record = report
    name = {
        "number": record.report_id,
        "bundle": path,
        "receipt": home / "receipts" / f"{record.report_id}.consent.json",
        "encrypted bundle": path.with_name(path.name + ".age"),
    }[named_by]
    path.with_name(path.name + ".age").write_bytes(b"age-encryption.org/v1\nmore\n")
    assert nexkit("report", "withdraw", name, "--out", tmp_path) == 0
    note = tmp_path / f"{record.report_id}.withdrawal.json"
    assert str(note) in capsys.readouterr().out
    document = json.loads(note.read_bytes())
    assert document["content_root"] == record.content_root
    assert document["signer"] == key.public.install_id

    (tmp_path / "signers").write_text(signers_line(key.public) + "\n")
    said = stock_says(tmp_path, tmp_path / "signers", key.public.install_id, "withdraw", note)
    assert said.returncode == 0, said.stderr
    assert b'Good "withdraw" signature' in said.stdout
    check = ("desk", "check-withdrawal", note)
    assert nexkit(*check, "--signers", tmp_path / "signers") == 0
    assert nexkit(*check) == 4
    assert nexkit(*check, "--report", path, "--json", tmp_path / "answer.json") == 0
    assert json.loads((tmp_path / "answer.json").read_text())["fits_report"] is True


def test_only_who_agreed_takes_a_consent_back(tmp_path, capsys, report):
    record = report[1]
    other = Keys(tmp_path / "elsewhere").signing_key()
    bundle = tmp_path / "theirs.nexkit.zip"
    bundle.write_bytes(sealed_with(other.private).data)
    assert nexkit("report", "withdraw", bundle) == 2
    assert other.public.install_id in capsys.readouterr().err
    assert nexkit("report", "withdraw", record.report_id, "--out", tmp_path / "note") == 0
    # The same number and content, but another signed it.
    assert nexkit("desk", "check-withdrawal", tmp_path / "note", "--report", bundle) == 1
    assert nexkit("report", "withdraw", "20260101T000000Z-00000000") == 2
    assert "no receipt" in capsys.readouterr().err


@pytest.mark.parametrize("change", [(b'"report_id": "2', b'"report_id": "1'), (b"\n", b"\r\n")])
def test_a_changed_note_is_refused(tmp_path, capsys, report, change):
    assert nexkit("report", "withdraw", report[1].report_id, "--out", tmp_path / "note") == 0
    (tmp_path / "note").write_bytes((tmp_path / "note").read_bytes().replace(*change))
    assert nexkit("desk", "check-withdrawal", tmp_path / "note") == 1
    assert "not a signature of this note" in capsys.readouterr().err


def test_a_purged_report_is_gone_and_its_user_can_hold_the_desk_to_it(tmp_path, capsys, report, desk_key):
    path, record = report
    certificate = tmp_path / "gone.json"
    purge = ("desk", "purge", path, "--certificate", certificate, "--key", desk_key, "--reason", "withdrawal")
    assert nexkit(*purge, "--name", "Example Desk", "--yes") == 0
    assert not path.exists()
    document = json.loads(certificate.read_bytes())
    assert document["report_id"] == record.report_id
    assert document["content_root"] == record.content_root
    assert document["reason"] == "withdrawal"
    assert document["files"][0]["name"] == path.name

    said = stock_says(tmp_path, tmp_path / "desks", "desk@example.com", "deletion", certificate)
    assert said.returncode == 0, said.stderr
    assert b'Good "deletion" signature for desk@example.com' in said.stdout
    capsys.readouterr()
    assert nexkit("report", "check-deletion", certificate, "--signers", tmp_path / "desks") == 0
    assert "about what you agreed to" in capsys.readouterr().out
    assert nexkit("report", "check-deletion", certificate) == 4
    keep_receipt(replace(record, content_root="00" * 32))
    assert nexkit("report", "check-deletion", certificate, "--signers", tmp_path / "desks") == 1


def test_a_withdrawal_is_no_certificate_and_a_certificate_no_withdrawal(tmp_path, report, desk_key):
    path, record = report
    assert nexkit("report", "withdraw", record.report_id, "--out", tmp_path / "note") == 0
    assert nexkit("report", "check-deletion", tmp_path / "note") == 1
    assert nexkit("desk", "purge", path, "--certificate", tmp_path / "gone", "--key", desk_key, "--yes") == 0
    assert nexkit("desk", "check-withdrawal", tmp_path / "gone") == 1


def test_in_a_folder_only_reports_are_deleted(tmp_path, capsys, report, desk_key):
    folder, out = tmp_path / "desk", tmp_path / "certificates"
    folder.mkdir()
    out.mkdir()
    path, record = report
    secret = x25519.Identity.generate()
    identity = tmp_path / "age.key"
    identity.write_text(f"{secret}\n")
    shutil.copy(path, folder / "a.nexkit.zip")
    (folder / "b.nexkit.zip.age").write_bytes(encrypt(path.read_bytes(), [str(secret.to_public())]))
    (folder / "broken.nexkit.zip").write_bytes(path.read_bytes()[:-1])
    (folder / "notes.txt").write_text("mine")
    (folder / "link.nexkit.zip").symlink_to(path)
    purge = ("desk", "purge", folder, "--certificate", out, "--key", desk_key, "--identity", identity)
    assert nexkit(*purge, "--yes") == 1
    assert "broken.nexkit.zip" in capsys.readouterr().err
    assert sorted(each.name for each in folder.iterdir()) == ["broken.nexkit.zip", "link.nexkit.zip", "notes.txt"]
    assert path.exists()
    assert [each.name for each in out.iterdir() if each.suffix == ".json"] == [f"{record.report_id}.deletion.json"]
    files = json.loads((out / f"{record.report_id}.deletion.json").read_text())["files"]
    assert [each["name"] for each in files] == ["a.nexkit.zip", "b.nexkit.zip.age"]
    assert nexkit("desk", "purge", folder / "link.nexkit.zip", "--certificate", out, "--key", desk_key, "--yes") == 2


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_nothing_is_deleted_without_somebody_s_yes(tmp_path, capsys, monkeypatch, report, desk_key):
    path, _ = report
    purge = ("desk", "purge", path, "--certificate", tmp_path / "gone", "--key", desk_key)
    assert nexkit(*purge) == 2
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert nexkit(*purge) == 2
    assert path.exists()
    assert not (tmp_path / "gone").exists()
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert nexkit(*purge) == 0
    assert not path.exists()


def test_where_the_certificate_cannot_be_written_nothing_is_deleted(tmp_path, report, desk_key):
    path, _ = report
    purge = ("desk", "purge", path, "--key", desk_key, "--yes", "--certificate")
    assert nexkit(*purge, tmp_path / "none" / "gone.json") == 2
    (tmp_path / "there.json").write_text("another certificate")
    assert nexkit(*purge, tmp_path / "there.json") == 2
    assert path.exists()


def test_where_it_cannot_be_deleted_there_is_no_certificate(tmp_path, monkeypatch, report, desk_key):
    path, _ = report

    unlink = Path.unlink

    def refuse(self, missing_ok=False):
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    purge = ("desk", "purge", path, "--key", desk_key, "--yes", "--certificate", tmp_path / "gone.json")
    assert nexkit(*purge) == 2
    assert path.exists()
    assert not list(tmp_path.glob("gone*"))


def test_terms_and_receipt_are_printed(capsys, report):
    assert nexkit("report", "terms") == 0
    said = capsys.readouterr().out
    assert "you can take back what you agreed to" in said
    assert "To take it back:" in said
    assert nexkit("report", "receipt", report[1].report_id) == 0
    said = capsys.readouterr().out
    assert report[1].content_root in said
    assert "Result of the diagnosis" in said


def test_verify_is_told_what_should_come(tmp_path, capsys, report):
    path, record = report
    assert nexkit("verify", path, "--ticket", "INC-1") == 4
    assert "another ticket" in capsys.readouterr().out
    assert nexkit("verify", path, "--desk", "somebody") == 2
    seen = tmp_path / "seen"
    assert nexkit("verify", path, "--seen", seen) == 0
    assert seen.read_text() == f"{record.report_id} {record.content_root}\n"
    assert nexkit("verify", path, "--seen", seen) == 4
    assert "came in before" in capsys.readouterr().out
