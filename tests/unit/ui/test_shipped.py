import shutil
from importlib import metadata

import pytest

from ui import shipped
from ui.shipped import shipped_parts

pytestmark = pytest.mark.wine_lacks("the program is not installed there, and files are looked at slowly")


def test_no_licence_of_anything_shipped_is_missing():
    parts = shipped_parts()
    assert [part.name for part in parts if len(part.text) < 200 or not part.licence] == []
    names = {part.name.lower() for part in parts}
    assert {"nexkit", "python", "pyside6_essentials", "cryptography", "markupsafe"} <= names
    assert "pytest" not in names


def test_qt_comes_with_both_texts_that_it_is_used_under():
    qt = next(part for part in shipped_parts() if part.name.lower() == "pyside6_essentials")
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in qt.text
    assert "END OF TERMS AND CONDITIONS" in qt.text
    assert "FreeType" in qt.text


def test_of_all_files_of_a_part_only_its_texts_are_looked_for(monkeypatch, tmp_path):
    info = tmp_path / "part-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: part\nVersion: 1.0\nLicense: MIT\n")
    (info / "LICENSE").write_text("The text")
    (info / "RECORD").write_text("part/licence.py,,\npart/LICENSE,,\n\npart-1.0.dist-info/LICENSE,,\n")
    looked = []
    locate = metadata.PathDistribution.locate_file
    monkeypatch.setattr(
        metadata.PathDistribution, "locate_file", lambda dist, path: looked.append(str(path)) or locate(dist, path)
    )
    assert shipped._part(metadata.Distribution.at(info)).text == "The text"
    assert looked == ["part-1.0.dist-info/LICENSE"]


@pytest.mark.parametrize("name", ["pyobjc-core", "pyobjc_framework_CoreWLAN", "pyobjc-framework-Security"])
def test_parts_for_macs_that_bring_no_text_have_theirs(tmp_path, name):
    info = tmp_path / "part-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense: MIT\n")
    (info / "RECORD").write_text("part-1.0.dist-info/METADATA,,\n")
    part = shipped._part(metadata.Distribution.at(info))
    assert "Ronald Oussoren" in part.text
    assert part.licence == "MIT"


def test_a_source_folder_that_is_not_installed_names_what_is(monkeypatch):
    def distribution(name):
        if name == "nexkit":
            raise metadata.PackageNotFoundError
        return real(name)

    real = metadata.distribution
    monkeypatch.setattr("ui.shipped.metadata.distribution", distribution)
    parts = shipped_parts()
    assert parts[0].name == "nexkit"
    assert parts[0].text.startswith("MIT License")
    assert {"jinja2", "python"} <= {part.name.lower() for part in parts}


def test_libraries_of_the_system_that_were_frozen_along_are_told_with_their_texts(monkeypatch, tmp_path):
    texts = tmp_path / "licences"
    shutil.copytree(shipped._LICENCES, texts)
    (texts / "system").mkdir()
    (texts / "system" / "libssl3_3.0.19-1~deb12u2.txt").write_text("Apache-2.0\n\nThe text", encoding="utf-8")
    monkeypatch.setattr(shipped, "_LICENCES", texts)
    part = next(part for part in shipped.shipped_parts() if part.name == "libssl3")
    assert (part.version, part.licence, part.text) == ("3.0.19-1~deb12u2", "Apache-2.0", "The text")
