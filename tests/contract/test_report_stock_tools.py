"""A bundle as others see it: programs that are not ours check it, and a full disk keeps nothing of it."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from signing import run, sealed_with

from report.encryption import EncryptionError, decrypt, encrypt, is_encrypted
from report.key_store import write_key_file
from report.public_keys import PublicKey, public_key
from report.seal import write_bundle
from report.sshsig import check_signature

STARTED_AT = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
pytestmark = pytest.mark.skipif(
    # With CI=true they have to be there: the tests then fail instead.
    os.environ.get("CI") != "true"
    and not (shutil.which("ssh-keygen") and shutil.which("sha256sum") and shutil.which("unzip")),
    reason="needs ssh-keygen, sha256sum and unzip",
)


def age_key(folder, name):
    """A key that stock `age-keygen` has made: its file and its public half."""
    if os.environ.get("CI") != "true" and not shutil.which("age-keygen"):
        pytest.skip("needs age")
    made = run(folder, "age-keygen", "-o", name)
    assert made.returncode == 0, made.stderr
    return folder / name, run(folder, "age-keygen", "-y", name).stdout.decode().strip()


@pytest.fixture
def key(tmp_path):
    key = Ed25519PrivateKey.generate()
    write_key_file(tmp_path / "report_key", key)
    return key


@pytest.fixture
def unpacked(tmp_path, key):
    """The folder of a bundle that stock unzip has unpacked, and who signed it."""
    sealed = sealed_with(key)
    path = tmp_path / f"{sealed.report_id}.nexkit.zip"
    write_bundle(path, sealed)
    assert run(tmp_path, "unzip", "-q", str(path)).returncode == 0
    return tmp_path / sealed.report_id, public_key(key)


def verified_by_ssh_keygen(folder, signer: PublicKey, namespace="report"):
    signers = folder.parent / "signers"
    signers.write_text(f'{signer.install_id} namespaces="report" {signer.line}\n')
    return run(
        folder,
        *("ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", signer.install_id, "-n", namespace),
        *("-s", "tagmanifest-sha256.txt.sig"),
        stdin=(folder / "tagmanifest-sha256.txt").read_bytes(),
    )


def test_ssh_keygen_accepts_the_signature(unpacked):
    folder, signer = unpacked
    result = verified_by_ssh_keygen(folder, signer)
    assert result.returncode == 0, result.stderr
    assert signer.install_id in result.stdout.decode()


def test_ssh_keygen_accepts_the_signature_without_a_list(unpacked):
    folder, _ = unpacked
    result = run(
        folder,
        *("ssh-keygen", "-Y", "check-novalidate", "-n", "report", "-s", "tagmanifest-sha256.txt.sig"),
        stdin=(folder / "tagmanifest-sha256.txt").read_bytes(),
    )
    assert result.returncode == 0, result.stderr


def test_ssh_keygen_finds_the_signer_that_the_bundle_names(unpacked):
    folder, signer = unpacked
    verified_by_ssh_keygen(folder, signer)
    result = run(
        folder,
        *("ssh-keygen", "-Y", "find-principals", "-s", "tagmanifest-sha256.txt.sig", "-f", "../signers"),
    )
    assert result.stdout.decode().strip() == signer.install_id
    assert f"Signer: {signer.install_id}\n" in (folder / "bag-info.txt").read_text()


def test_ssh_keygen_refuses_a_changed_list(unpacked):
    folder, signer = unpacked
    path = folder / "tagmanifest-sha256.txt"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    assert verified_by_ssh_keygen(folder, signer).returncode != 0


@pytest.mark.linux("a Mac's sha256sum has other options than GNU's")
def test_sha256sum_accepts_every_file(unpacked):
    folder, _ = unpacked
    for listing in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        result = run(folder, "sha256sum", "--strict", "-c", listing)
        assert result.returncode == 0, result.stdout


@pytest.mark.linux("a Mac's sha256sum has other options than GNU's")
def test_sha256sum_finds_a_changed_file(unpacked):
    folder, _ = unpacked
    (folder / "data" / "summary.txt").write_text("healthy\n")
    assert run(folder, "sha256sum", "--strict", "-c", "manifest-sha256.txt").returncode != 0


def test_a_signature_of_ssh_keygen_is_read(tmp_path, key):
    (tmp_path / "data").write_bytes(b"bytes")
    assert run(tmp_path, "ssh-keygen", "-Y", "sign", "-f", "report_key", "-n", "report", "data").returncode == 0
    assert check_signature(b"bytes", (tmp_path / "data.sig").read_bytes(), "report").key == public_key(key)


def test_ssh_keygen_reads_the_key_file(tmp_path, key):
    result = run(tmp_path, "ssh-keygen", "-y", "-f", "report_key")
    assert result.stdout.decode().strip() == public_key(key).line


_WRITE_WITH_A_LIMIT = """
import resource, signal, sys
from pathlib import Path
from report.seal import SealedReport, write_bundle
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bundle(Path(sys.argv[1]), SealedReport(report_id="x", signer="y", data=bytes(20_000)))
except OSError as error:
    print(error.errno)
"""


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    result = subprocess.run(
        [sys.executable, "-c", _WRITE_WITH_A_LIMIT, str(tmp_path / "r.nexkit.zip")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout.strip().isdigit(), result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    sealed = sealed_with(Ed25519PrivateKey.generate())
    with pytest.raises(FileNotFoundError):
        write_bundle(tmp_path / "none" / "r.nexkit.zip", sealed)


def test_stock_age_opens_an_encrypted_report_for_every_recipient(tmp_path, key):
    sealed = sealed_with(key)
    desk, recovery = age_key(tmp_path, "desk.key"), age_key(tmp_path, "recovery.key")
    path = tmp_path / "r.nexkit.zip.age"
    write_bundle(path, sealed, (desk[1], recovery[1]))
    for identity, _ in (desk, recovery):
        opened = run(tmp_path, "age", "-d", "-i", str(identity), str(path))
        assert opened.returncode == 0, opened.stderr
        assert opened.stdout == sealed.data


def test_a_report_that_stock_age_encrypted_is_opened(tmp_path, key):
    sealed = sealed_with(key)
    identity, recipient = age_key(tmp_path, "desk.key")
    encrypted = run(tmp_path, "age", "-r", recipient, stdin=sealed.data).stdout
    assert is_encrypted(encrypted)
    assert decrypt(encrypted, identity) == sealed.data


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:300]])
def test_a_changed_encrypted_report_is_refused(tmp_path, damage):
    identity, recipient = age_key(tmp_path, "desk.key")
    with pytest.raises(EncryptionError, match="changed on its way"):
        decrypt(damage(encrypt(bytes(70_000), [recipient])), identity)


def test_a_report_for_somebody_else_is_refused(tmp_path):
    identity, _ = age_key(tmp_path, "desk.key")
    _, other = age_key(tmp_path, "other.key")
    with pytest.raises(EncryptionError, match=r"desk\.key"):
        decrypt(encrypt(b"report", [other]), identity)


@pytest.mark.parametrize("text", ["", "# no key\n", "AGE-SECRET-KEY-1XX\n", "\0\n"])
def test_a_file_without_a_secret_key_is_named(tmp_path, text):
    (tmp_path / "bad.key").write_text(text)
    with pytest.raises(EncryptionError, match=r"bad\.key"):
        decrypt(b"age-encryption.org/v1\n", tmp_path / "bad.key")


def test_nothing_is_written_where_one_of_the_keys_is_bad(tmp_path, key):
    _, recipient = age_key(tmp_path, "desk.key")
    bad = recipient[:-1] + ("q" if recipient[-1] != "q" else "p")
    before = set(tmp_path.iterdir())
    with pytest.raises(EncryptionError, match=bad):
        write_bundle(tmp_path / "r.nexkit.zip.age", sealed_with(key), (recipient, bad))
    assert set(tmp_path.iterdir()) == before
