import json
import subprocess
import sys

import pytest
from frozen_folders import distribution, freeze

from installer import provenance
from installer.bill import sbom
from installer.inventory import components
from installer.provenance import checksums, source_epoch


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    made = freeze(tmp_path / "nexkit", {"ui.cli": "", "h11": ""})
    distribution(made, "h11", "0.16.0", "License: MIT", {"h11/__init__.py": b""})
    return made


def test_the_bill_names_every_part_with_its_licence_and_the_sums_of_its_files(folder, tmp_path):
    sbom(folder, tmp_path / "bill.json")
    bill = json.loads((tmp_path / "bill.json").read_bytes())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["timestamp"].startswith("2026-01-01T00:00:00")
    assert bill["metadata"]["component"]["name"] == "nexkit"
    parts = {part["name"]: part for part in bill["components"]}
    assert set(parts) == {"h11", "PyInstaller boot loader"}
    assert parts["h11"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert parts["PyInstaller boot loader"]["licenses"][0]["expression"].endswith("WITH Bootloader-exception")
    hashed = {
        file["name"]: file["hashes"][0]["content"]
        for part in (bill["metadata"]["component"], *bill["components"])
        for file in part.get("components", ())
    }
    assert set(hashed) == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert all(len(value) == 64 for value in hashed.values())


def test_the_same_folder_gives_the_same_bill_and_another_one_another_number(folder, tmp_path):
    for name in ("first.json", "second.json"):
        sbom(folder, tmp_path / name)
        components.cache_clear()
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()
    (folder / "_internal" / "notes.txt").write_text("more")
    sbom(folder, tmp_path / "third.json")
    numbers = {json.loads((tmp_path / name).read_bytes())["serialNumber"] for name in ("first.json", "third.json")}
    assert len(numbers) == 2


@pytest.mark.linux("sha256sum is of GNU's tools")
def test_the_sums_are_those_that_sha256sum_checks(tmp_path):
    for name in ("nexkit_0.1.0_amd64.deb", "nexkit-0.1.0-x64.msi", "nexkit-0.1.0-x64.cdx.json", "other.txt"):
        (tmp_path / name).write_text(name)
    check = ["sha256sum", "-c", "--strict", checksums(tmp_path).name]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=True)
    assert done.stdout.splitlines() == [
        "nexkit-0.1.0-x64.cdx.json: OK",
        "nexkit-0.1.0-x64.msi: OK",
        "nexkit_0.1.0_amd64.deb: OK",
    ]
    (tmp_path / "nexkit-0.1.0-x64.msi").write_text("changed")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, timeout=20, check=False).returncode == 1


def test_the_time_is_that_of_the_last_commit_also_where_the_checkout_is_somebody_elses(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert source_epoch() > 1_700_000_000


def test_without_a_checkout_the_time_has_to_be_said(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with pytest.raises(SystemExit, match="SOURCE_DATE_EPOCH is not set"):
        source_epoch()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")
    assert source_epoch() == 7


def test_what_needs_the_python_of_a_bare_system_alone_imports_nothing_else():
    """Where the installer for Windows is built, and where sums are made, nothing is installed."""
    words = "import installer.msi, installer.provenance, installer.release, installer.sign, installer.trial"
    subprocess.run([sys.executable, "-S", "-c", words], cwd=provenance.ROOT, check=True, timeout=60)
