import sys

import pytest

from nexkit.platform import sockets


def test_a_frozen_build_gives_programs_the_users_library_path(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/nexkit/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/usr/lib/example")
    environment = sockets._program_environment()
    assert environment["LD_LIBRARY_PATH"] == "/usr/lib/example"
    assert "LD_LIBRARY_PATH_ORIG" not in environment
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG")
    assert "LD_LIBRARY_PATH" not in sockets._program_environment()


def test_without_freezing_the_library_path_stays(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib/example")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    environment = sockets._program_environment()
    assert (environment["LD_LIBRARY_PATH"], environment["LC_ALL"]) == ("/usr/lib/example", "C")


@pytest.mark.skipif(sys.platform != "linux", reason="zones are named by interface here")
def test_an_address_with_zone_names_its_interface():
    assert sockets._with_zone(("fe80::1", 0, 0, 1)) == "fe80::1%lo"
    assert sockets._with_zone(("fe80::1%lo", 0, 0, 1)) == "fe80::1%lo"
    assert sockets._with_zone(("2001:db8::1", 0, 0, 0)) == "2001:db8::1"
    assert sockets._with_zone(("198.18.0.1", 0)) == "198.18.0.1"
