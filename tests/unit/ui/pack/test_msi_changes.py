"""What is changed in the vendor's MSI: the statements that Windows Installer gets.

They are carried out for real in tests/package.
"""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_compound import SIGNATURES, compound

from nexkit.platform.msi_database import MsiError, MsiToolMissingError
from ui.pack import PackError, msi, pack

TABLES = {
    "Directory": [{"Directory": "INSTALLDIR"}, {"Directory": "MANAGEDDIR"}],
    "Feature": [{"Feature": "Program"}],
    "InstallExecuteSequence": [{"Action": "LaunchConditions"}, {"Action": "WriteRegistryValues"}],
    "Media": [{"DiskId": "1", "LastSequence": "40"}],
    "Property": [
        {"Property": "ProductName", "Value": "nexkit"},
        {"Property": "ProductCode", "Value": "{11111111-2222-3333-4444-555555555555}"},
        {"Property": "UpgradeCode", "Value": "{6F0A7A57-0A2F-4C53-9A4D-3E2B1C9D5A11}"},
    ],
}


@pytest.fixture
def database(tmp_path, monkeypatch):
    """A vendor's MSI and what is asked of its tables; no program of the system takes part."""
    file = tmp_path / "nexkit-0.1.0-x64.msi"
    file.write_bytes(compound())
    double = SimpleNamespace(file=file, tables={name: list(rows) for name, rows in TABLES.items()}, wanted=[])
    monkeypatch.setattr(msi, "read_tables", lambda _file, _names: double.tables)
    monkeypatch.setattr(msi, "change", lambda _file, wanted: double.wanted.append(wanted))
    return double


def values(statement):
    """The columns of an INSERT and what they get."""
    columns, given = re.fullmatch(r"INSERT INTO `\w+` \((.*?)\) VALUES \((.*)\)", statement).groups()
    found = [word[1:-1] if word.startswith("'") else int(word) for word in re.findall(r"'[^']*'|-?\d+", given)]
    return dict(zip(columns.replace("`", "").split(", "), found, strict=True))


def inserted(database, table):
    return [values(line) for line in database.wanted[-1].statements if line.startswith(f"INSERT INTO `{table}`")]


def test_the_files_are_ordinary_files_of_the_managed_place(database, made_for):
    pack(database.file, made_for)
    files = inserted(database, "File")
    assert [row["FileName"].partition("|")[2] for row in files] == ["org_signers", "profile.toml", "profile.toml.sig"]
    assert [row["Sequence"] for row in files] == [41, 42, 43]
    assert inserted(database, "Media") == [{"DiskId": 2, "LastSequence": 43, "Cabinet": "#managed.cab"}]
    components = {row["Component"]: row for row in inserted(database, "Component")}
    for row in files:
        assert components[row["Component_"]]["Directory_"] == "MANAGEDDIR"
        assert components[row["Component_"]]["KeyPath"] == row["File"]
    assert {row["Component_"] for row in inserted(database, "FeatureComponents")} == components.keys()
    assert len({row["ComponentId"] for row in components.values()}) == len(components)


def test_the_cabinet_holds_the_files_by_their_keys(database, made_for):
    pack(database.file, made_for)
    (cab,) = database.wanted[-1].streams.values()
    names = [row["File"] for row in inserted(database, "File")]
    assert all(name.encode() in cab for name in names)
    assert made_for.files["profile.toml"] in cab


def test_the_product_is_another_one_with_each_profile_and_the_same_with_the_same(database, made_for, company):
    pack(database.file, made_for)
    pack(database.file, made_for)
    pack(database.file, replace(made_for, files={**made_for.files, "org_signers": b"other\n"}))
    first, again, other = database.wanted
    assert first == again
    assert first.package_code != other.package_code
    codes = [next(line for line in each.statements if "'ProductCode'" in line) for each in database.wanted]
    assert codes[0] == codes[1] != codes[2]


def test_the_organisation_stands_in_the_name_of_the_product(database, made_for):
    pack(database.file, made_for)
    assert any("'nexkit (エグザンプル株式会社)'" in line for line in database.wanted[-1].statements)
    assert database.wanted[-1].subject == "nexkit (example-corp)"


def test_a_quote_in_the_name_becomes_a_printed_apostrophe(database, made_for):
    pack(database.file, replace(made_for, name="Farmer's"))
    assert any("'nexkit (Farmer’s)'" in line for line in database.wanted[-1].statements)


def test_an_earlier_profile_is_not_installed_over_a_later_one(database, made_for):
    pack(database.file, made_for)
    (condition,) = inserted(database, "LaunchCondition")
    assert condition["Condition"].endswith("INSTALLEDPROFILESERIAL <= 7")
    (where,) = inserted(database, "RegLocator")
    assert (where["Root"], where["Key"], where["Name"]) == (2, r"SOFTWARE\nexkit\Organisation\example-corp", "Serial")
    serials = [row for row in inserted(database, "Registry") if row["Name"] == "Serial"]
    assert [row["Value"] for row in serials] == ["7"]


def test_a_serial_that_conditions_cannot_count_is_left_to_the_program(database, made_for):
    pack(database.file, replace(made_for, profile=replace(made_for.profile, serial=202611210001)))
    assert not inserted(database, "LaunchCondition")
    assert inserted(database, "Registry")


def test_actions_that_are_there_keep_their_place(database, made_for):
    pack(database.file, made_for)
    added = {row["Action"]: row["Sequence"] for row in inserted(database, "InstallExecuteSequence")}
    assert added == {"AppSearch": 50, "RemoveRegistryValues": 2600}


def test_the_vendors_signature_goes(database, made_for):
    assert msi.is_signed(database.file)
    made = database.file.with_name("made.msi")
    made.write_bytes(pack(database.file, made_for))
    assert not msi.is_signed(made)
    assert SIGNATURES == msi.SIGNATURES


@pytest.mark.parametrize(
    ("table", "row", "code"),
    [
        ("Property", {"Property": "MANAGEDFILES", "Value": "1"}, "packed"),
        ("Directory", None, "not_ours"),
    ],
)
def test_what_cannot_be_packed_is_refused(table, row, code, database, made_for):
    database.tables[table] = [*database.tables[table], row] if row else []
    with pytest.raises(PackError, match=code):
        pack(database.file, made_for)


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        ("Feature", []),
        ("Media", []),
        ("Media", [{"DiskId": "1", "LastSequence": "many"}]),
        ("Property", [{"Property": "UpgradeCode", "Value": ""}]),
        ("Property", [*TABLES["Property"][::2], {"Property": "ProductCode", "Value": "none"}]),
    ],
)
def test_tables_of_another_program_are_refused(table, rows, database, made_for):
    database.tables[table] = rows
    with pytest.raises(PackError, match="not_ours"):
        pack(database.file, made_for)


@pytest.mark.parametrize(("error", "code"), [(MsiError("1620"), "msi"), (MsiToolMissingError("msiinfo"), "msitools")])
def test_what_the_tools_refuse_is_one_error(error, code, database, made_for, monkeypatch):
    def refuse(_file, _names):
        raise error

    monkeypatch.setattr(msi, "read_tables", refuse)
    with pytest.raises(PackError, match=code):
        pack(database.file, made_for)
