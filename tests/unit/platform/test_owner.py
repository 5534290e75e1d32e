"""Where this user's data is kept, and which names are theirs."""

import socket
import sys
from pathlib import Path

import pytest

from nexkit.platform.owner import NoHomeError, data_folder, own_names


def test_the_folder_can_be_chosen(monkeypatch):
    monkeypatch.setenv("NEXKIT_HOME", "/somewhere/kit")
    assert data_folder() == Path("/somewhere/kit")


@pytest.mark.parametrize(
    ("system", "variable", "value", "folder"),
    [
        ("linux", "XDG_DATA_HOME", "/data", "/data/nexkit"),
        ("linux", "XDG_DATA_HOME", "data", "/home/x/.local/share/nexkit"),
        ("linux", "XDG_DATA_HOME", "", "/home/x/.local/share/nexkit"),
        ("darwin", "XDG_DATA_HOME", "/data", "/home/x/Library/Application Support/nexkit"),
        ("win32", "APPDATA", "/roaming", "/roaming/nexkit"),
        ("win32", "APPDATA", "", "/home/x/AppData/Roaming/nexkit"),
    ],
)
@pytest.mark.posix("a home is named by HOME, and a path begins with a slash")
def test_each_system_has_its_place(monkeypatch, system, variable, value, folder):
    monkeypatch.delenv("NEXKIT_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/x")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", system)
    assert data_folder() == Path(folder)


def test_a_user_without_a_home_has_a_place_where_one_is_named(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    for variable in ("NEXKIT_HOME", "XDG_DATA_HOME", "APPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    with pytest.raises(NoHomeError):
        data_folder()
    monkeypatch.setenv("NEXKIT_HOME", "/somewhere/kit")
    assert data_folder() == Path("/somewhere/kit")


def test_own_names_hold_the_host_name_without_its_domain(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "taros-pc.example.test")
    monkeypatch.setenv("LOGNAME", "yamada")
    assert {"taros-pc.example.test", "taros-pc", "yamada"} <= set(own_names())


def test_a_process_without_a_user_has_no_user_name(monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr(socket, "gethostname", lambda: "taros-pc")
    assert own_names() == ("taros-pc",)
