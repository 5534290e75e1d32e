"""Pages of the systems' settings: fixed words of ours, and none where there is no page."""

import re

import pytest

from nexkit.platform import linux_settings, macos_settings, windows_settings
from nexkit.platform.program_environment import program_environment
from nexkit.platform.settings import SettingProgram, SystemSetting, setting_way


def test_windows_has_every_page_but_that_of_the_local_network():
    assert set(SystemSetting) - set(windows_settings.PAGES) == {SystemSetting.LOCAL_NETWORK}
    assert all(re.fullmatch(r"ms-settings:[a-z-]+", address) for address in windows_settings.PAGES.values())
    assert windows_settings.PAGES[SystemSetting.DATE_TIME] == "ms-settings:dateandtime"


def test_macos_has_every_page():
    pattern = r"x-apple\.systempreferences:com\.apple\.[A-Za-z.-]+(\?[A-Za-z_]+)?"
    assert all(re.fullmatch(pattern, macos_settings.PAGES[setting]) for setting in SystemSetting)


@pytest.mark.parametrize(
    ("desktop", "name", "arguments"),
    [
        ("ubuntu:GNOME", "gnome-control-center", ("system", "datetime")),
        ("KDE", "systemsettings", ("kcm_clock",)),
    ],
)
def test_the_program_of_the_desktop_in_use_opens_the_page(tmp_path, desktop, name, arguments):
    for program in ("gnome-control-center", "systemsettings"):
        (tmp_path / program).touch(mode=0o755)
    found = linux_settings.program(SystemSetting.DATE_TIME, {"XDG_CURRENT_DESKTOP": desktop}, tmp_path)
    assert found == SettingProgram(str(tmp_path / name), arguments)


def test_without_the_program_or_the_page_there_is_no_way(tmp_path):
    gnome = {"XDG_CURRENT_DESKTOP": "GNOME"}
    assert linux_settings.program(SystemSetting.NETWORK, gnome, tmp_path) is None
    (tmp_path / "gnome-control-center").touch(mode=0o755)
    assert linux_settings.program(SystemSetting.NETWORK, gnome, tmp_path) is not None
    assert linux_settings.program(SystemSetting.LOCATION, gnome, tmp_path) is None
    assert linux_settings.program(SystemSetting.NETWORK, {"XDG_CURRENT_DESKTOP": "../../evil"}, tmp_path) is None
    assert linux_settings.program(SystemSetting.NETWORK, {}, tmp_path) is None


@pytest.mark.parametrize("platform", ["win32", "darwin", "linux"])
def test_every_system_is_asked_for_its_own_pages(monkeypatch, platform):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.delenv("XDG_CURRENT_DESKTOP", raising=False)
    assert (setting_way(SystemSetting.PROXY) is None) is (platform == "linux")
    if platform == "win32":
        assert setting_way(SystemSetting.LOCAL_NETWORK) is None


def test_programs_do_not_get_the_libraries_of_a_frozen_build(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/tmp/frozen")
    assert program_environment()["LD_LIBRARY_PATH"] == "/tmp/frozen"
    monkeypatch.setattr("sys.frozen", True, raising=False)
    assert "LD_LIBRARY_PATH" not in program_environment()
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/opt/lib")
    assert program_environment()["LD_LIBRARY_PATH"] == "/opt/lib"
