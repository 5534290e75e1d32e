"""Signed profiles as others see them: made and checked by OpenSSH's own program."""

import os
import select
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nexkit.run_record import ProfileTrust
from report.profile_in_force import read_named
from report.profile_signature import check_profile
from report.signers import read_signers
from report.sshsig import SignatureError
from ui.cli import main

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
WAIT_S = 30.0
pytestmark = pytest.mark.skipif(
    # With CI=true it has to be there: the tests then fail instead.
    os.environ.get("CI") != "true" and not shutil.which("ssh-keygen"),
    reason="needs ssh-keygen",
)
TOML = b"""schema = 1
id = "example-corp"
name = {en = "Example Corp"}
serial = 7
not_before = 2020-01-01T00:00:00Z
not_after = 2090-01-01T00:00:00Z
"""


def ssh_keygen(*words, data=None):
    return subprocess.run(
        ["ssh-keygen", *map(str, words)], input=data, capture_output=True, check=False, timeout=WAIT_S
    )


def new_key(folder, name, kind="ed25519", phrase=""):
    path = folder / name
    assert ssh_keygen("-q", "-t", kind, "-N", phrase, "-C", "it@example.com", "-f", path).returncode == 0
    return path


def public(key):
    return key.with_name(key.name + ".pub").read_text().strip()


@pytest.fixture
def desk(tmp_path):
    """A folder with a key, a list of signers and a profile."""
    key = new_key(tmp_path, "signer")
    (tmp_path / "org_signers").write_text(f'profile@org.example namespaces="profile" {public(key)}\n')
    (tmp_path / "profile.toml").write_bytes(TOML)
    return tmp_path


def stock_verifies(desk, *, namespace="profile"):
    return ssh_keygen(
        *("-Y", "verify", "-f", desk / "org_signers", "-I", "profile@org.example", "-n", namespace),
        *("-s", desk / "profile.toml.sig"),
        data=(desk / "profile.toml").read_bytes(),
    )


def stock_signs(desk, key, *, namespace="profile"):
    done = ssh_keygen("-Y", "sign", "-f", key, "-n", namespace, desk / "profile.toml")
    assert done.returncode == 0, done.stderr


def checked(desk):
    toml, signature = (desk / "profile.toml").read_bytes(), (desk / "profile.toml.sig").read_bytes()
    return check_profile(toml, signature, read_signers(desk / "org_signers"), NOW)


def test_what_we_sign_openssh_verifies(desk, capsys):
    assert main(["profile", "sign", str(desk / "profile.toml"), "--key", str(desk / "signer")]) == 0
    fingerprint = ssh_keygen("-l", "-f", desk / "signer.pub").stdout.split()[1].decode()
    assert fingerprint in capsys.readouterr().out
    done = stock_verifies(desk)
    assert done.returncode == 0, done.stderr
    assert stock_verifies(desk, namespace="report").returncode != 0
    (desk / "profile.toml").write_bytes(TOML + b"# changed\n")
    assert stock_verifies(desk).returncode != 0


def test_what_openssh_signs_we_take(desk, capsys):
    stock_signs(desk, desk / "signer")
    assert checked(desk).names == ("profile@org.example",)
    loaded = read_named(desk / "profile.toml", NOW, lambda: read_signers(desk / "org_signers"))
    assert loaded.reference.trust is ProfileTrust.SIGNED
    words = ["--lang", "en", "profile", "check", str(desk / "profile.toml")]
    assert main([*words, "--signers", str(desk / "org_signers")]) == 0
    assert "Signed by profile@org.example" in capsys.readouterr().out
    assert main(words) == 0
    assert "unknown organisation" in capsys.readouterr().out


def test_both_sign_the_same_bytes_alike(desk):
    stock_signs(desk, desk / "signer")
    stock = (desk / "profile.toml.sig").read_bytes()
    assert main(["profile", "sign", str(desk / "profile.toml"), "--key", str(desk / "signer")]) == 0
    assert (desk / "profile.toml.sig").read_bytes() == stock


def test_the_key_of_an_authority_signs_no_profile(desk, capsys):
    authority = new_key(desk, "authority")
    with (desk / "org_signers").open("a") as file:
        file.write(f'*@org.example cert-authority,namespaces="report,profile" {public(authority)}\n')
    stock_signs(desk, authority)
    assert not checked(desk).is_listed
    words = ["profile", "check", str(desk / "profile.toml"), "--signers", str(desk / "org_signers")]
    assert main(words) == 4
    capsys.readouterr()
    device = new_key(desk, "device")
    assert ssh_keygen("-s", authority, "-I", "x", "-n", "profile@org.example", f"{device}.pub").returncode == 0
    (desk / "profile.toml.sig").unlink()
    stock_signs(desk, f"{device}-cert.pub")
    assert stock_verifies(desk).returncode == 0
    with pytest.raises(SignatureError, match=r"certificate|principal"):
        checked(desk)


def test_a_signature_of_another_kind_or_key_type_is_refused(desk):
    stock_signs(desk, desk / "signer", namespace="report")
    with pytest.raises(SignatureError, match="namespace"):
        checked(desk)
    (desk / "profile.toml.sig").unlink()
    stock_signs(desk, new_key(desk, "rsa", "rsa"))
    with pytest.raises(SignatureError, match="key_type"):
        checked(desk)


def refused_key(desk, capsys, name):
    words = ["--lang", "en", "profile", "sign", str(desk / "profile.toml"), "--key", str(desk / name)]
    assert main(words) == 2
    assert not (desk / "profile.toml.sig").exists()
    return capsys.readouterr().err


def test_a_key_that_cannot_be_used_is_named_with_the_mend(desk, capsys):
    new_key(desk, "rsa", "rsa")
    assert "ssh-keygen -t ed25519" in refused_key(desk, capsys, "rsa")
    assert "ssh-keygen -t ed25519" in refused_key(desk, capsys, "profile.toml") or sys.platform != "win32"
    assert "no such file" in refused_key(desk, capsys, "missing")
    if os.name == "posix":
        (desk / "signer").chmod(0o644)
        assert "chmod 600" in refused_key(desk, capsys, "signer")


def test_a_profile_that_cannot_be_used_is_not_signed(desk, capsys):
    (desk / "profile.toml").write_bytes(TOML + b"colour = 1\n")
    assert "line 7" in refused_key(desk, capsys, "signer")


def test_an_encrypted_key_is_not_asked_for_where_nobody_is(desk, capsys):
    new_key(desk, "locked", phrase="open sesame")
    assert "on a terminal" in refused_key(desk, capsys, "locked")


def on_terminal(words, answer, home):
    """Exit status and screen of the program on a terminal, where `answer` is typed at its question."""
    import pty

    terminal, its_side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "--lang", "en", *words],
        stdin=its_side,
        stdout=its_side,
        stderr=its_side,
        cwd=ROOT,
        env=dict(os.environ, NEXKIT_HOME=str(home), LC_ALL="C.UTF-8"),
        start_new_session=True,
    )
    os.close(its_side)
    screen, typed, until = b"", False, time.monotonic() + WAIT_S
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux's word for the other side being closed
            break
        if not chunk:
            break
        screen += chunk
        if not typed and screen.rstrip().endswith(b":"):
            os.write(terminal, answer.encode() + b"\n")
            typed = True
    os.close(terminal)
    return process.wait(timeout=WAIT_S), screen.decode(errors="replace")


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals are POSIX's")
def test_the_pass_phrase_of_an_encrypted_key_is_asked_on_the_terminal(desk):
    key = new_key(desk, "locked", phrase="open sesame")
    (desk / "org_signers").write_text(f'profile@org.example namespaces="profile" {public(key)}\n')
    words = ["profile", "sign", str(desk / "profile.toml"), "--key", str(key)]
    status, screen = on_terminal(words, "wrong", desk / "home")
    assert status == 2
    assert "not the pass phrase" in screen
    status, screen = on_terminal(words, "open sesame", desk / "home")
    assert status == 0, screen
    assert "open sesame" not in screen
    assert stock_verifies(desk).returncode == 0
