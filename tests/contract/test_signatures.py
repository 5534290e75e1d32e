"""Signatures, certificates and revocation lists of the real ssh-keygen: what it says of them, and what we say."""

import base64
import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from signing import Organisation, run, sealed_with, ssh_keygen

from report.certificates import certificate_of_file
from report.container import read_container, write_container
from report.key_store import Keyring, write_key_file
from report.keys import Keys
from report.load import InvalidBundleError, load_report
from report.public_keys import public_key
from report.revoked import read_revoked
from report.seal import SIGNATURE_PATH, TAG_MANIFEST_PATH
from report.ssh_wire import string, strings
from report.sshsig import check_signature, sign
from report.trust import Tier
from report.verify import verify
from ui.cli import main

pytestmark = pytest.mark.skipif(
    # With CI=true it has to be there: the tests then fail instead.
    os.environ.get("CI") != "true" and not shutil.which("ssh-keygen"),
    reason="needs ssh-keygen",
)
STATUS = {Tier.ORG_VOUCHED: 0, Tier.KNOWN_DEVICE: 4, Tier.INTEGRITY_ONLY: 4, Tier.INVALID: 1}
"""Of `nexkit verify --require org-vouched`."""


@pytest.fixture(scope="module")
def report():
    return sealed_with(Ed25519PrivateKey.generate())


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Keys that cost time to make, made once."""
    made = Organisation(tmp_path_factory.mktemp("keys"))
    for name in ("ca", "other_ca", "device", "other_device"):
        made.key(name)
    made.key("ca_p256", "ecdsa")
    made.key("device_p256", "ecdsa")
    return made


@pytest.fixture
def org(keys, tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    for file in keys.folder.iterdir():
        shutil.copy(file, tmp_path)
    return Organisation(tmp_path)


def judged(org, bundle, *options):
    """Tier, exit status and problems by the command line."""
    out = org.folder / "verification.json"
    words = ["verify", str(bundle), "--require", "org-vouched", "--json", str(out), "--lang", "en", *options]
    status = main(words)
    document = json.loads(out.read_text())
    return Tier(document["tier"]), status, {problem["kind"] for problem in document["problems"]}


def stock_says_good(org, identity, *options, namespace="report"):
    """Whether `ssh-keygen -Y verify` does."""
    return (
        run(
            org.folder,
            *("ssh-keygen", "-Y", "verify", "-f", "org_signers", "-I", identity, "-n", namespace, "-s", "r.sig"),
            *options,
            stdin=(org.folder / "r.txt").read_bytes(),
        ).returncode
        == 0
    )


def list_of(org, line=None, authority="ca"):
    """The organisation's list, with the one line."""
    key = org.public(authority).line
    line = '*@org.example cert-authority,namespaces="report,withdraw" {key}' if line is None else line
    (org.folder / "org_signers").write_text(line.format(key=key, device=org.public("device").line) + "\n")
    return ("--signers", str(org.folder / "org_signers"))


def revoking(org, specification):
    """A binary revocation list."""
    (org.folder / "specification").write_text(specification)
    ssh_keygen(org.folder, "-q", "-k", "-f", "revoked", "-s", "ca.pub", "specification")
    return ("-r", "revoked")


# The certificate itself


@pytest.mark.parametrize(
    ("options", "tier", "problem", "stock"),
    [
        ({}, Tier.ORG_VOUCHED, None, True),
        ({"dates": "always:forever"}, Tier.ORG_VOUCHED, None, True),
        ({"dates": "-2w:-1w"}, Tier.INVALID, "certificate_expired", False),
        ({"dates": "+1w:+2w"}, Tier.INVALID, "certificate_not_yet_valid", False),
        ({"principals": "inst-0123456789abcdef@org.example"}, Tier.INVALID, "certificate_invalid", True),
        (
            {"principals": "{id}@org.example,inst-0123456789abcdef@org.example"},
            Tier.INVALID,
            "certificate_invalid",
            True,
        ),
        ({"principals": "{id}"}, Tier.INVALID, "certificate_invalid", False),
        ({"principals": ""}, Tier.INVALID, "certificate_invalid", False),
        ({"options": ("-h",)}, Tier.INVALID, "certificate_invalid", False),
        ({"options": ("-O", "force-command=true")}, Tier.INVALID, "certificate_invalid", True),
        ({"options": ("-O", "permit-pty")}, Tier.ORG_VOUCHED, None, True),
        ({"authority": "other_ca"}, Tier.INTEGRITY_ONLY, "unknown_authority", False),
        ({"authority": "ca_p256", "list": "ca_p256"}, Tier.ORG_VOUCHED, None, True),
        ({"device": "device_p256"}, Tier.ORG_VOUCHED, None, True),
    ],
)
def test_only_a_certificate_of_the_one_right_form_vouches(org, report, options, tier, problem, stock):
    device = options.get("device", "device")
    its_id = org.public(device).install_id
    principals = options.get("principals", "{id}@org.example").format(id=its_id)
    org.certify(
        device,
        *options.get("options", ()),
        authority=options.get("authority", "ca"),
        principals=principals,
        dates=options.get("dates", "-1d:+52w"),
    )
    signer = principals.partition(",")[0] or its_id
    bundle = org.bundle(report, signer, device)
    signers = list_of(org, authority=options.get("list", "ca"))
    found, status, problems = judged(org, bundle, *signers)
    assert (found, status) == (tier, STATUS[tier])
    assert problems == ({problem} if problem else set())
    assert stock_says_good(org, signer) is stock


def test_the_certificate_of_another_does_not_fit_the_signature(org, report):
    org.certify("other_device")
    victim = certificate_of_file(org.folder / "other_device-cert.pub")
    bundle = org.bundle(report, victim.principal, "device", certified=False)
    armoured = (org.folder / "r.sig").read_bytes()
    with_certificate = org.bundle(report, victim.principal, "other_device")
    assert judged(org, with_certificate, *list_of(org))[0] is Tier.ORG_VOUCHED
    # The victim's certificate, and the thief's signature behind it.
    blob = base64.b64decode(b"".join(armoured.splitlines()[1:-1]))
    parts = strings(blob[10:], 5)
    forged = blob[:10] + b"".join(string(part) for part in [victim.blob, *parts[1:]])
    text = base64.encodebytes(forged).decode().replace("\n", "")
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    container = read_container(bundle.read_bytes())
    files = dict(container.files)
    files[SIGNATURE_PATH] = f"-----BEGIN SSH SIGNATURE-----\n{lines}\n-----END SSH SIGNATURE-----\n".encode()
    bundle.write_bytes(write_container(container.top, files))
    (org.folder / "r.sig").write_bytes(files[SIGNATURE_PATH])
    (org.folder / "r.txt").write_bytes(files[TAG_MANIFEST_PATH])
    assert judged(org, bundle, *list_of(org)) == (Tier.INVALID, 1, {"signature_invalid"})
    assert not stock_says_good(org, victim.principal)


def test_an_expired_certificate_counts_for_what_was_received_before(org, report):
    org.certify("device", dates="20250601Z:20260601Z")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    signers = list_of(org)
    assert judged(org, bundle, *signers)[0] is Tier.INVALID
    assert judged(org, bundle, *signers, "--received-at", "2026-03-01T12:00:00Z")[:2] == (Tier.ORG_VOUCHED, 0)
    assert judged(org, bundle, *signers, "--verify-time", "2026-06-01T00:00:00Z")[0] is Tier.INVALID
    assert judged(org, bundle, *signers, "--verify-time", "2026-05-31T23:59:59Z")[0] is Tier.ORG_VOUCHED
    assert judged(org, bundle, *signers, "--verify-time", "2025-05-31T23:59:59Z")[0] is Tier.INVALID
    assert stock_says_good(org, principal, "-Overify-time=20260301120000Z")
    assert not stock_says_good(org, principal, "-Overify-time=20260601000000Z")
    assert stock_says_good(org, principal, "-Overify-time=20260531235959Z")


def test_without_a_list_an_expired_certificate_keeps_no_report_closed(org, report):
    org.certify("device", dates="-2w:-1w")
    bundle = org.bundle(report, f"{org.public('device').install_id}@org.example", "device")
    assert verify(bundle).tier is Tier.INTEGRITY_ONLY
    list_of(org)
    assert verify(bundle, org.folder / "org_signers").is_out_of_date
    assert load_report(bundle, org.folder / "org_signers").verification.tier is Tier.INTEGRITY_ONLY


def test_what_is_invalid_for_another_reason_stays_closed(org, report):
    bundle = org.bundle(report, org.public("device").install_id, "device", "profile", certified=False)
    list_of(org)
    assert not verify(bundle, org.folder / "org_signers").is_out_of_date
    with pytest.raises(InvalidBundleError):
        load_report(bundle, org.folder / "org_signers")


def test_a_report_is_shown_with_what_this_desk_knows_of_its_signer(org, report, capsys):
    bundle = org.bundle(report, org.public("device").install_id, "device", certified=False)
    assert main(["show", str(bundle), "--lang", "en"]) == 0
    assert "(integrity-only)" in capsys.readouterr().out
    assert main(["verify", str(bundle), "--remember"]) == 0
    capsys.readouterr()
    assert main(["show", str(bundle), "--lang", "en"]) == 0
    assert "(known-device)" in capsys.readouterr().out


# The organisation's list


@pytest.mark.parametrize(
    ("line", "tier"),
    [
        ('*@org.example cert-authority,namespaces="report" {key}', Tier.ORG_VOUCHED),
        ('"*@org.example" CERT-AUTHORITY,namespaces="rep*,x" {key} comment', Tier.ORG_VOUCHED),
        ("inst-*@org.example cert-authority {key}", Tier.ORG_VOUCHED),
        ('* cert-authority,valid-after="20200101Z",valid-before="20991231Z" {key}', Tier.ORG_VOUCHED),
        ('*@org.example cert-authority,namespaces="profile" {key}', Tier.INTEGRITY_ONLY),
        ('*@org.example cert-authority,namespaces="*,!report" {key}', Tier.INTEGRITY_ONLY),
        ("*@org.example {key}", Tier.INTEGRITY_ONLY),
        ("*@other.example cert-authority {key}", Tier.INTEGRITY_ONLY),
        ("*,!inst-*@org.example cert-authority {key}", Tier.INTEGRITY_ONLY),
        ('*@org.example cert-authority,valid-before="20200101" {key}', Tier.INTEGRITY_ONLY),
        ('*@org.example cert-authority,valid-after="20990101Z" {key}', Tier.INTEGRITY_ONLY),
        ('*@org.example cert-authority,verify-required="x" {key}', Tier.INTEGRITY_ONLY),
        ('*@org.example cert-authority,namespaces="report",namespaces="x" {key}', Tier.INTEGRITY_ONLY),
    ],
)
def test_a_line_vouches_for_what_it_says_as_stock_reads_it(org, report, line, tier):
    org.certify("device")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    found, status, _ = judged(org, bundle, *list_of(org, line))
    assert (found, status) == (tier, STATUS[tier])
    assert stock_says_good(org, principal) is (tier is Tier.ORG_VOUCHED)


@pytest.mark.parametrize("device", ["device", "device_p256"])
def test_a_listed_key_is_a_known_device(org, report, device):
    its_id = org.public(device).install_id
    bundle = org.bundle(report, its_id, device, certified=False)
    signers = list_of(org, f'{its_id} namespaces="report" {org.public(device).line}')
    assert judged(org, bundle, *signers) == (Tier.KNOWN_DEVICE, 4, set())
    assert main(["verify", str(bundle), *signers, "--require", "known-device"]) == 0
    assert stock_says_good(org, its_id)
    assert judged(org, bundle) == (Tier.INTEGRITY_ONLY, 4, {"unknown_signer"})
    assert not stock_says_good(org, "inst-0123456789abcdef")


def test_a_listed_key_is_known_whatever_its_certificate(org, report):
    org.certify("device", authority="other_ca")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    signers = list_of(org, f"{org.public('device').install_id} {{device}}")
    assert judged(org, bundle, *signers) == (Tier.KNOWN_DEVICE, 4, {"unknown_authority"})
    assert not stock_says_good(org, principal)


def test_an_authority_signs_no_reports_itself(org, report):
    bundle = org.bundle(report, org.public("ca").install_id, "ca", certified=False)
    assert judged(org, bundle, *list_of(org, "* cert-authority {key}"))[0] is Tier.INTEGRITY_ONLY
    assert not stock_says_good(org, org.public("ca").install_id)


def test_a_signature_of_another_kind_is_none(org, report):
    org.certify("device")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device", "withdraw")
    assert judged(org, bundle, *list_of(org)) == (Tier.INVALID, 1, {"signature_invalid"})
    assert not stock_says_good(org, principal)
    assert stock_says_good(org, principal, namespace="withdraw")


def test_a_desk_remembers_a_device_that_it_has_met(org, report):
    bundle = org.bundle(report, org.public("device").install_id, "device", certified=False)
    words = ["verify", str(bundle), "--require", "known-device"]
    assert main(words) == 4
    assert main([*words, "--remember"]) == 4
    assert main([*words, "--remember"]) == 0
    remembered = (org.folder / "home" / "known_devices").read_text()
    assert remembered.count("\n") == 1
    other = org.bundle(report, org.public("other_device").install_id, "other_device", certified=False)
    assert main(["verify", str(other), "--require", "known-device"]) == 4
    # Somebody has edited the list, and left no end of line.
    (org.folder / "home" / "known_devices").write_text(remembered.rstrip())
    assert main(["verify", str(other), "--remember"]) == 0
    assert main(["verify", str(other), "--require", "known-device"]) == 0
    # The file is a list as ssh-keygen reads it.
    shutil.copy(org.folder / "home" / "known_devices", org.folder / "org_signers")
    org.bundle(report, org.public("device").install_id, "device", certified=False)
    assert stock_says_good(org, org.public("device").install_id)


def test_an_invalid_report_makes_nobody_known(org, report):
    bundle = org.bundle(report, org.public("device").install_id, "device", "profile", certified=False)
    assert main(["verify", str(bundle), "--remember"]) == 1
    assert not (org.folder / "home" / "known_devices").exists()


# Revocation


@pytest.mark.parametrize(
    ("specification", "tier"),
    [
        ("serial: 70", Tier.INVALID),
        ("serial: 60-80", Tier.INVALID),
        ("\n".join(f"serial: {number}" for number in range(2, 200, 2)), Tier.INVALID),
        ("\n".join(f"serial: {number}" for number in range(1, 200, 2)), Tier.ORG_VOUCHED),
        ("serial: 1\nserial: 70\nserial: 18446744073709551615", Tier.INVALID),
        ("serial: 69\nserial: 71\nserial: 4000000000", Tier.ORG_VOUCHED),
        ("serial: 71-18446744073709551615", Tier.ORG_VOUCHED),
        ("id: asset-1", Tier.INVALID),
        ("id: asset-10\nid: asset", Tier.ORG_VOUCHED),
        ("key: {device}", Tier.INVALID),
        ("sha1: {device}", Tier.INVALID),
        ("sha256: {device}", Tier.INVALID),
        ("sha256: {other}", Tier.ORG_VOUCHED),
        ("key: {ca}", Tier.INTEGRITY_ONLY),
        ("sha256: {ca}", Tier.INTEGRITY_ONLY),
    ],
)
def test_what_a_binary_list_revokes_counts_no_more(org, report, specification, tier):
    org.certify("device", "-z", "70")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    signers = list_of(org)
    lines = {"device": org.public("device").line, "other": org.public("other_device").line, "ca": org.public("ca").line}
    revoked = revoking(org, specification.format(**lines) + "\n")
    found, status, problems = judged(org, bundle, *signers, "--revoked", str(org.folder / "revoked"))
    assert (found, status) == (tier, STATUS[tier])
    what = "certificate_revoked" if specification.startswith(("serial", "id")) else "signer_revoked"
    expected = {Tier.INVALID: {what}, Tier.INTEGRITY_ONLY: {"authority_revoked"}, Tier.ORG_VOUCHED: set()}
    assert problems == expected[tier]
    assert stock_says_good(org, principal, *revoked) is (tier is Tier.ORG_VOUCHED)


def test_serials_of_another_authority_are_not_revoked(org, report):
    org.certify("device", "-z", "70")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    (org.folder / "specification").write_text("serial: 70\nid: asset-1\n")
    ssh_keygen(org.folder, "-q", "-k", "-f", "revoked", "-s", "other_ca.pub", "specification")
    revoked = ("--revoked", str(org.folder / "revoked"))
    assert judged(org, bundle, *list_of(org), *revoked)[0] is Tier.ORG_VOUCHED
    assert stock_says_good(org, principal, "-r", "revoked")


@pytest.mark.parametrize(
    "part",
    [
        b"\x20" + string(bytes(8)),  # serial 0 means that there is none
        b"\x21" + string((5).to_bytes(8) + (4).to_bytes(8)),
        b"\x22" + string(bytes(8) + string(b"\x01")),
        b"\x22" + string(b"\xff" * 8 + string(b"\x02")),
        b"\x24" + string(b""),
    ],
)
def test_a_list_with_serials_that_there_are_not_is_refused_as_stock_does(org, report, part):
    org.certify("device", "-z", "70")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    signers, file = list_of(org), org.folder / "revoked"
    header = b"SSHKRL\n\0" + (1).to_bytes(4) + bytes(3 * 8) + string(b"") * 2
    file.write_bytes(header + b"\x01" + string(string(b"") * 2 + part))
    assert main(["verify", str(bundle), *signers, "--revoked", str(file)]) == 2
    assert not stock_says_good(org, principal, "-r", "revoked")
    file.write_bytes(header + b"\x01" + string(string(b"") * 2 + b"\x20" + string((69).to_bytes(8))))
    assert main(["verify", str(bundle), *signers, "--revoked", str(file)]) == 0
    assert stock_says_good(org, principal, "-r", "revoked")


@pytest.mark.parametrize(
    ("which", "tier"), [("device", Tier.INVALID), ("ca", Tier.INTEGRITY_ONLY), ("other_device", Tier.ORG_VOUCHED)]
)
def test_a_list_of_public_keys_revokes_as_stock_reads_it(org, report, which, tier):
    org.certify("device")
    principal = f"{org.public('device').install_id}@org.example"
    bundle = org.bundle(report, principal, "device")
    file = org.folder / "revoked"
    file.write_text(f"# lost\n\n  {org.public('other_ca').line}\n{org.public(which).line} laptop\n")
    assert judged(org, bundle, *list_of(org), "--revoked", str(file))[0] is tier
    assert stock_says_good(org, principal, "-r", "revoked") is (tier is Tier.ORG_VOUCHED)


def test_a_revocation_list_that_cannot_be_followed_is_refused_in_one_line(org, report, capsys):
    bundle = org.bundle(report, org.public("device").install_id, "device", certified=False)
    revoking(org, f"key: {org.public('other_device').line}\n")
    file = org.folder / "revoked"
    whole = file.read_bytes()
    extension = b"\0\0\0\x01x\x01\0\0\0\0"
    for data, word in (
        (whole + b"\xff" + len(extension).to_bytes(4) + extension, "extension"),
        (whole + b"\x09\0\0\0\0", "section 9"),
        (whole.replace(b"SSHKRL\n\0\0\0\0\1", b"SSHKRL\n\0\0\0\0\2"), "format version 2"),
        (whole[:-1], "damaged"),
    ):
        file.write_bytes(data)
        assert main(["verify", str(bundle), "--revoked", str(file), "--lang", "en"]) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert word in said
        assert str(file) in said
    harmless = extension.replace(b"\x01\0\0\0\0", b"\0\0\0\0\0")
    file.write_bytes(whole + b"\xff" + len(harmless).to_bytes(4) + harmless)
    assert main(["verify", str(bundle), "--revoked", str(file)]) == 0


# Enrolment


def test_an_enrolled_installation_is_vouched_for_by_the_real_ssh_keygen_and_by_us(org, capsys):
    home = org.folder / "home"
    assert main(["key", "enrol", "--out", str(org.folder), "--lang", "en"]) == 0
    (enrolled,) = org.folder.glob("inst-*.pub")
    its_id = enrolled.stem
    ssh_keygen(
        org.folder, "-q", "-s", "ca", "-I", f"asset/{its_id}", "-n", f"{its_id}@org.example", "-V", "+52w", "-z", "7",
        "-O", "clear", enrolled.name,
    )  # fmt: skip
    certificate = org.folder / f"{its_id}-cert.pub"
    assert main(["key", "enrol", "--certificate", str(certificate), "--lang", "en"]) == 0
    assert f"{its_id}@org.example" in capsys.readouterr().out
    key = Keys(home).signing_key()
    sealed = sealed_with(key.private, key.certificate)
    assert sealed.signer == f"{its_id}@org.example"
    container = read_container(sealed.data)
    (org.folder / "r.sig").write_bytes(container.files[SIGNATURE_PATH])
    (org.folder / "r.txt").write_bytes(container.files[TAG_MANIFEST_PATH])
    (org.folder / "r.nexkit.zip").write_bytes(sealed.data)
    assert judged(org, org.folder / "r.nexkit.zip", *list_of(org)) == (Tier.ORG_VOUCHED, 0, set())
    assert stock_says_good(org, sealed.signer)
    assert main(["key", "show", "--lang", "en"]) == 0
    assert f"{its_id}@org.example, valid until" in capsys.readouterr().err


def test_a_certificate_that_does_not_fit_is_not_taken(org, capsys):
    assert main(["key", "enrol", "--out", str(org.folder / "mine.pub"), "--lang", "en"]) == 0
    org.certify("device")
    for words, said in (
        ((), "another key"),
        (("-h",), "host"),
        (("-O", "force-command=true"), "critical options"),
    ):
        org.certify("device", *words)
        assert main(["key", "enrol", "--certificate", str(org.folder / "device-cert.pub"), "--lang", "en"]) == 2
        assert said in capsys.readouterr().err
    (org.folder / "device-cert.pub").write_text("ssh-ed25519-cert-v01@openssh.com AAAA\n")
    assert main(["key", "enrol", "--certificate", str(org.folder / "device-cert.pub"), "--lang", "en"]) == 2
    assert "no certificate" in capsys.readouterr().err
    assert not list((org.folder / "home" / "keys").glob("*-cert.pub"))


def test_the_certificate_is_picked_from_the_folder_that_it_has_put_there(org):
    write_key_file(org.folder / "home" / "report_key", Ed25519PrivateKey.generate())
    managed = org.folder / "certificates"
    managed.mkdir()
    keys = Keys(org.folder / "home", Keyring(lambda: None), managed)
    its_id = keys.current().key.install_id
    (org.folder / f"{its_id}.pub").write_text(keys.current().key.line + "\n")
    assert keys.signing_key().certificate is None
    shutil.move(org.certify(its_id, dates="-2w:-1w"), managed)
    assert keys.signing_key().certificate is None
    assert keys.signing_key(at=datetime.now(UTC) - timedelta(days=10)).certificate is not None
    shutil.move(org.certify(its_id), managed / f"{its_id}-cert.pub")
    assert keys.signing_key().certificate.principal == f"{its_id}@org.example"
    # A longer one that the user brought wins; one of another key in its place is passed over.
    longer = keys.take_certificate("builtin", org.certify(its_id, dates="-1d:+104w"), datetime.now(UTC))
    assert keys.signing_key().certificate == longer
    shutil.copy(org.certify("device"), managed / f"{its_id}-cert.pub")
    assert keys.signing_key().certificate == longer


def test_our_signature_with_a_certificate_is_what_ssh_keygen_makes(org):
    private = Ed25519PrivateKey.generate()
    write_key_file(org.folder / "mine", private)
    (org.folder / "mine.pub").write_text(public_key(private).line + "\n")
    org.certify("mine")
    theirs = org.sign(b"bytes", "mine")
    ours = sign(b"bytes", private, "report", certificate_of_file(org.folder / "mine-cert.pub"))
    assert ours == theirs
    assert check_signature(b"bytes", theirs, "report").signer == f"{public_key(private).install_id}@org.example"


def test_an_empty_list_revokes_nothing(tmp_path):
    ssh_keygen(tmp_path, "-q", "-k", "-f", "revoked")
    assert not read_revoked(tmp_path / "revoked").keys
