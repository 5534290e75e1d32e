"""`nexkit pack`: what is checked before anything is written, and what is told."""

import sys
from datetime import UTC, datetime, timedelta

import pytest
from company import KEY, write_company

from report.profile_signature import sign_profile
from ui.cli import main
from ui.pack import organisation, the_installer
from ui.pack.cabinet import cabinet


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


@pytest.fixture
def packs(company, vendor, tmp_path):
    """Call it; status and what is in the folder afterwards."""
    out = tmp_path / "out"
    out.mkdir()

    def call(*more, to=None, installer=vendor.deb):
        words = ["pack", "--profile", str(company / "profile.toml"), "--signers", str(company / "org_signers")]
        status = main([*words, "--installer", str(installer), "--lang", "en", *more, str(to or out)])
        return status, sorted(path.name for path in out.iterdir())

    return call


def test_the_installer_is_named_after_the_organisation(packs, vendor, capsys):
    assert packs() == (0, ["nexkit_0.1.0+example.corp.7_amd64.deb"])
    assert packs(installer=vendor.archive)[1][0] == "nexkit-0.1.0-example-corp-linux-x86_64.tar.xz"
    assert "profile example-corp, serial 7" in capsys.readouterr().out


def test_what_is_there_stays_unless_told_otherwise(packs, tmp_path, capsys):
    there = tmp_path / "out" / "mine.deb"
    there.write_bytes(b"mine")
    assert packs(to=there)[0] == 2
    assert there.read_bytes() == b"mine"
    assert "--force" in capsys.readouterr().err
    assert packs("--force", to=there)[0] == 0
    assert there.read_bytes().startswith(b"!<arch>")


def test_the_vendors_installer_is_never_replaced(packs, vendor):
    before = vendor.deb.read_bytes()
    assert packs("--force", to=vendor.deb)[0] == 2
    assert vendor.deb.read_bytes() == before


def test_a_name_of_another_kind_is_refused(packs, tmp_path, capsys):
    assert packs(to=tmp_path / "out" / "nexkit.msi") == (2, [])
    assert "ends with .deb" in capsys.readouterr().err


def test_the_letters_of_the_ending_do_not_matter(packs, vendor, tmp_path):
    installer = vendor.archive.rename(tmp_path / "nexkit-0.1.0-linux-x86_64.TAR.XZ")
    vendor.deb.unlink()
    assert the_installer(tmp_path) == installer
    assert packs(installer=installer) == (0, ["nexkit-0.1.0-example-corp-linux-x86_64.tar.xz"])
    assert packs(installer=installer, to=tmp_path / "out" / "Mine.Tar.Xz")[0] == 0


def refused(packs, capsys, *words):
    """Nothing was written, and one line says which file and why."""
    status, files = packs()
    told = capsys.readouterr().err
    assert (status, files) == (2, [])
    assert told.count("\n") == 1
    assert all(word in told for word in words), told


def test_an_unsigned_profile_is_refused(packs, company, capsys):
    (company / "profile.toml.sig").unlink()
    refused(packs, capsys, "profile.toml: ", "not signed", "nexkit profile sign")


def test_a_profile_that_was_changed_is_refused(packs, company, capsys):
    with (company / "profile.toml").open("a") as file:
        file.write("# changed\n")
    refused(packs, capsys, "profile.toml: it was changed after it was signed")


def test_a_profile_of_an_unlisted_signer_is_refused(packs, company, capsys):
    signers = company / "org_signers"
    signers.write_text(signers.read_text().replace("profile@", "other@").replace('"profile"', '"report"'))
    refused(packs, capsys, "profile.toml: ", "org_signers")


def test_an_empty_list_of_signers_is_refused(packs, company, capsys):
    (company / "org_signers").write_text("# nobody\n")
    refused(packs, capsys, "org_signers: holds no signer")


def test_a_list_of_signers_that_cannot_be_read_is_refused_with_its_line(packs, company, capsys):
    (company / "org_signers").write_text("# ok\nnonsense\n")
    refused(packs, capsys, "org_signers, line 2")


def test_a_profile_that_has_ended_is_refused(packs, company, capsys):
    write_company(company, ends="2021-01-01T00:00:00Z")
    refused(packs, capsys, "profile.toml: valid until")


def test_recipients_that_nothing_can_be_encrypted_to_are_refused(packs, company, capsys):
    write_company(company, more=f'[support]\nrecipients = ["age1{"q" * 58}"]\n')
    refused(packs, capsys, "profile.toml: reports cannot be encrypted")


def test_a_missing_file_is_named(packs, company, capsys):
    (company / "org_signers").unlink()
    refused(packs, capsys, "org_signers: ", "no such file")


def test_a_profile_that_ends_soon_is_packed_with_a_warning(packs, company, capsys):
    write_company(company, ends=f"{datetime.now(UTC) + timedelta(days=20):%Y-%m-%dT%H:%M:%SZ}")
    assert packs()[0] == 0
    assert "computers need a later one" in capsys.readouterr().err


def test_accepted_licences_have_to_be_those_of_the_profile(packs, company, tmp_path, capsys):
    from hashlib import sha256

    write_company(company, more='[licence]\nen = "Use it well."\n')
    accepted = tmp_path / "accepted"
    accepted.write_text("0" * 64)
    assert packs("--licence-accepted", str(accepted)) == (2, [])
    assert "accepted: holds the SHA-256 of no licence text" in capsys.readouterr().err
    accepted.write_text(sha256(b"Use it well.").hexdigest())
    assert packs("--licence-accepted", str(accepted))[0] == 0


def test_without_a_name_the_only_installer_of_this_folder_is_taken(vendor, monkeypatch, company, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["pack", "--profile", "company/profile.toml", "--signers", "company/org_signers", "--lang", "en", "."]
    assert main(words) == 2
    assert "nexkit-0.1.0-linux-x86_64.tar.xz, nexkit_0.1.0_amd64.deb" in capsys.readouterr().err
    vendor.archive.unlink()
    assert main(words) == 0
    # What it has made beside is no vendor's.
    assert the_installer(tmp_path) == vendor.deb
    vendor.deb.unlink()
    assert main(words) == 2
    assert "no installer of nexkit" in capsys.readouterr().err


def test_the_program_is_also_called_nexkit_pack(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/nexkit-pack", "--help"])
    with pytest.raises(SystemExit):
        main()
    assert "--signers" in capsys.readouterr().out


def test_the_date_of_everything_can_be_set(packs, tmp_path, monkeypatch):
    one, other = tmp_path / "out" / "1.deb", tmp_path / "out" / "2.deb"
    packs(to=one)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    packs(to=other)
    assert one.read_bytes() != other.read_bytes()
    assert b"1790000000" in other.read_bytes()


@pytest.mark.parametrize(("said", "year"), [("0", 1980), ("99999999999999", 2107), ("soon", 2020)])
def test_no_date_is_one_that_an_installer_cannot_hold(said, year, company, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", said)
    made_for = organisation(company / "profile.toml", company / "org_signers", None, datetime.now(UTC), lambda _: "")
    assert made_for.moment.year == year
    assert cabinet(made_for.files, made_for.moment)


def test_the_signature_stands_beside_the_profile_by_its_name(packs, company, tmp_path):
    renamed = company / "mine.toml"
    (company / "profile.toml").rename(renamed)
    (company / "profile.toml.sig").unlink()
    (company / "mine.toml.sig").write_bytes(sign_profile(renamed.read_bytes(), KEY))
    assert packs("--profile", str(renamed))[0] == 0
