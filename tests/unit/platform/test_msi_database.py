"""Tables of an MSI outside Windows: what msitools print, what they are told, and how their failures are told."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from nexkit.platform import msi_database
from nexkit.platform.msi_database import MsiChange, MsiError, MsiToolMissingError, change, read_tables, rows_of

pytestmark = pytest.mark.posix(reason="Windows has functions of its own for this")
EXPORTED = "Property\tValue\r\ns72\tl0\r\nProperty\tProperty\r\nProductName\tnexkit (エグザンプル)\r\nEmpty\t\r\n"
SUMMARY = "Title: Installation Database\nSubject: nexkit\nAuthor: The authors\nTemplate: x64;1033\n"
CHANGE = MsiChange(
    statements=["UPDATE 1", "INSERT 2"],
    streams={"managed.cab": b"MSCF"},
    subject="nexkit (example-corp)",
    package_code="{CODE}",
)


@pytest.fixture
def tools(monkeypatch):
    """Plays msiinfo and msibuild."""
    double = SimpleNamespace(calls=[], said=b"", status=0, streams=[])

    def run(command, **_options):
        double.calls.append(command[1:])
        out = {"tables": "Property\nFile\n", "export": EXPORTED, "suminfo": SUMMARY}.get(command[1], "")
        if "-a" in command:
            double.streams.append(Path(command[command.index("-a") + 2]).read_bytes())
        return SimpleNamespace(returncode=double.status, stdout=out.encode(), stderr=double.said)

    monkeypatch.setattr(msi_database, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(subprocess, "run", run)
    return double


def test_rows_are_read_by_their_columns_and_nothing_is_an_empty_text():
    assert rows_of(EXPORTED) == [
        {"Property": "ProductName", "Value": "nexkit (エグザンプル)"},
        {"Property": "Empty", "Value": ""},
    ]


def test_control_characters_are_what_they_stand_for():
    assert rows_of("A\nl0\nA\none\x19two\x18three\x11\n") == [{"A": "one\ntwo\tthree\r"}]


def test_a_table_that_is_not_there_has_no_rows(tools, tmp_path):
    found = read_tables(tmp_path / "a.msi", ["Property", "AppSearch"])
    assert found["AppSearch"] == []
    assert found["Property"][0]["Property"] == "ProductName"


def test_a_change_is_one_call_that_keeps_author_and_template(tools, tmp_path):
    change(tmp_path / "a.msi", CHANGE)
    command = tools.calls[-1]
    assert command[0] == str(tmp_path / "a.msi")
    assert command[1] == "-i"
    assert command[3:7] == ["-q", "UPDATE 1", "-q", "INSERT 2"]
    assert command[7:9] == ["-a", "managed.cab"]
    assert command[10:] == ["-s", "nexkit (example-corp)", "The authors", "x64;1033", "{CODE}"]
    assert tools.streams == [b"MSCF"]


def test_the_code_page_comes_in_a_text_archive_as_windows_installer_wants_it():
    assert msi_database.CODE_PAGE_TABLE == "\r\n\r\n65001\t_ForceCodepage\r\n"


@pytest.mark.parametrize(("status", "said"), [(1, b""), (0, b"failed to execute query\n"), (0, b"error: no\n")])
def test_a_failure_is_told_whatever_the_status_says(tools, status, said, tmp_path):
    tools.status, tools.said = status, said
    with pytest.raises(MsiError, match="msiinfo"):
        read_tables(tmp_path / "a.msi", ["Property"])


def test_a_missing_program_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(msi_database, "which", lambda _name: None)
    with pytest.raises(MsiToolMissingError, match="msiinfo"):
        read_tables(tmp_path / "a.msi", ["Property"])


def test_a_program_that_does_not_end_is_given_up(monkeypatch, tmp_path):
    monkeypatch.setattr(msi_database, "which", lambda _name: sys.executable)

    def hang(command, **_options):
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(MsiError, match="no end"):
        read_tables(tmp_path / "a.msi", ["Property"])
