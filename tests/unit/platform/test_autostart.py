import contextlib
import os
import plistlib
import stat
import subprocess
import sys
import types
from pathlib import Path
from unittest.mock import patch

import pytest
from foreign_systems import imported

from nexkit.platform.autostart import system_autostart, watching_command
from nexkit.platform.autostart_linux import LinuxAutostart, desktop_entry
from nexkit.platform.autostart_macos import MacosAutostart

COMMAND = ("/opt/Net kit/nexkit", "wizard", "--watching")


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.delenv("NEXKIT_HOME", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    return tmp_path / "config"


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_the_entry_is_one_file_that_goes_again_with_all_that_was_made_for_it(config):
    config.mkdir()
    autostart = system_autostart()
    assert not autostart.is_on()
    autostart.turn_off()
    autostart.turn_on(COMMAND)
    autostart.turn_on(COMMAND)
    assert autostart.is_on()
    assert [file.name for file in (config / "autostart").iterdir()] == ["nexkit-watch.desktop"]
    autostart.turn_off()
    assert not autostart.is_on()
    assert list(config.iterdir()) == []


def test_entries_of_others_stay(config):
    other = config / "autostart" / "other.desktop"
    other.parent.mkdir(parents=True)
    other.write_text("[Desktop Entry]\n")
    LinuxAutostart().turn_on(COMMAND)
    LinuxAutostart().turn_off()
    assert list(other.parent.iterdir()) == [other]


def test_a_folder_that_cannot_be_written_is_an_error_of_the_system_and_leaves_nothing(config):
    config.write_text("a file where the folder should be")
    with pytest.raises(OSError, match="config"):
        LinuxAutostart().turn_on(COMMAND)
    assert not LinuxAutostart().is_on()


@pytest.mark.parametrize(
    ("word", "written"),
    [
        ("/opt/nexkit", "/opt/nexkit"),
        ("/opt/Net kit/nexkit", '"/opt/Net kit/nexkit"'),
        ("/opt/100%/nexkit", "/opt/100%%/nexkit"),
        ("/opt/$(x)`y`", r'"/opt/\\$(x)\\`y\\`"'),
        ('/opt/"q"', r'"/opt/\\"q\\""'),
        ("/opt/a\\b", r'"/opt/a\\\\b"'),
    ],
)
def test_the_command_is_quoted_as_desktops_read_it(word, written):
    line = next(line for line in desktop_entry((word, "wizard")).splitlines() if line.startswith("Exec="))
    assert line == f"Exec={written} wizard"


def test_a_command_cannot_bring_a_line_of_its_own(config):
    with pytest.raises(ValueError, match="desktop entry"):
        LinuxAutostart().turn_on(("/opt/x\nExec=evil", "wizard"))
    assert not LinuxAutostart().is_on()


@pytest.mark.parametrize("word", ["/opt/新しい\u3000場所/nexkit", "/opt/a\u00a0b/nexkit"])
def test_a_folder_with_another_kind_of_space_in_its_name_is_quoted(word):
    assert f'Exec="{word}" wizard\n' in desktop_entry((word, "wizard"))


@pytest.mark.skipif(os.name == "nt", reason="modes of POSIX")
def test_nobody_else_may_say_what_is_started_at_log_in(config):
    before = os.umask(0)
    try:
        LinuxAutostart().turn_on(COMMAND)
    finally:
        os.umask(before)
    (entry,) = (config / "autostart").iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600


def test_nothing_is_offered_where_the_data_folder_was_named_for_this_start(monkeypatch, tmp_path):
    monkeypatch.setenv("NEXKIT_HOME", str(tmp_path))
    assert system_autostart() is None


def test_the_own_command_has_fixed_words():
    assert watching_command()[-2:] == ("wizard", "--watching")
    assert Path(watching_command()[0]).is_absolute()


def test_a_frozen_program_starts_itself_and_on_windows_without_a_console(monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/nexkit/nexkit")
    monkeypatch.setattr(sys, "platform", "linux")
    assert watching_command() == (str(Path("/opt/nexkit/nexkit")), "wizard", "--watching")
    monkeypatch.setattr(sys, "platform", "win32")
    assert watching_command()[0] == str(Path("/opt/nexkit/nexkit-wizard"))


def test_macos_gets_a_launch_agent_of_the_user(config, tmp_path):
    autostart = MacosAutostart()
    autostart.turn_off()
    autostart.turn_on(COMMAND)
    file = tmp_path / "home" / "Library" / "LaunchAgents" / "nexkit-watch.plist"
    agent = plistlib.loads(file.read_bytes())
    assert (agent["ProgramArguments"], agent["RunAtLoad"]) == (list(COMMAND), True)
    assert "KeepAlive" not in agent
    assert os.name == "nt" or stat.S_IMODE(file.stat().st_mode) & 0o022 == 0
    assert autostart.is_on()
    autostart.turn_off()
    assert not autostart.is_on()
    assert list(file.parent.iterdir()) == []


class RunKey:
    """The module `winreg` with the values of one key."""

    HKEY_CURRENT_USER = "HKCU"
    KEY_SET_VALUE = 2
    REG_SZ = 1

    def __init__(self):
        self.values = {}

    @contextlib.contextmanager
    def OpenKey(self, root, path, reserved=0, access=0):  # noqa: N802  Windows' names
        assert (root, path) == ("HKCU", r"Software\Microsoft\Windows\CurrentVersion\Run")
        yield path

    CreateKey = OpenKey

    def QueryValueEx(self, key, name):  # noqa: N802
        if name not in self.values:
            raise FileNotFoundError(name)
        return self.values[name], self.REG_SZ

    def SetValueEx(self, key, name, reserved, kind, value):  # noqa: N802
        assert kind == self.REG_SZ
        self.values[name] = value

    def DeleteValue(self, key, name):  # noqa: N802
        if name not in self.values:
            raise FileNotFoundError(name)
        del self.values[name]


def test_windows_gets_a_value_of_the_users_run_key():
    key = RunKey()
    with imported("win32", "nexkit.platform.autostart_windows", winreg=key) as module:
        autostart = module.WindowsAutostart()
        assert not autostart.is_on()
        autostart.turn_off()
        autostart.turn_on((r"C:\Program Files\nexkit\nexkit-wizard.exe", "wizard", "--watching"))
        assert key.values == {"nexkit-watch": r'"C:\Program Files\nexkit\nexkit-wizard.exe" wizard --watching'}
        assert autostart.is_on()
        with pytest.raises(OSError, match="not started"):
            autostart.turn_on(("C:\\" + "x" * 300, "wizard"))
        autostart.turn_off()
        assert key.values == {}


@pytest.mark.parametrize(("system", "kind"), [("win32", "WindowsAutostart"), ("darwin", "MacosAutostart")])
def test_each_system_has_its_own(config, system, kind):
    doubles = {"winreg": types.ModuleType("winreg")}
    with patch.dict(sys.modules, doubles), patch.object(sys, "platform", system):
        assert type(system_autostart()).__name__ == kind
    sys.modules.pop("nexkit.platform.autostart_windows", None)


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux")
def test_the_command_starts_this_program():
    """`--help` in place of the window: whoever answers knows the words."""
    done = subprocess.run([*watching_command(), "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "--watching" in done.stdout
