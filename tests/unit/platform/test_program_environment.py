import sys

from nexkit.platform.program_environment import program_environment


def test_a_frozen_build_gives_programs_the_users_library_path(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/nexkit/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/usr/lib/example")
    environment = program_environment()
    assert environment["LD_LIBRARY_PATH"] == "/usr/lib/example"
    assert "LD_LIBRARY_PATH_ORIG" not in environment
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG")
    assert "LD_LIBRARY_PATH" not in program_environment()


def test_without_freezing_the_library_path_stays(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/usr/lib/example")
    assert program_environment()["LD_LIBRARY_PATH"] == "/usr/lib/example"
