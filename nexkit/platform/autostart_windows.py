"""What Windows starts at log-in: a value of the user's own Run key, which needs no permission."""

import subprocess  # for the quoting of a command line alone
import sys
import winreg
from collections.abc import Sequence

from nexkit.platform.autostart import ENTRY_NAME

assert sys.platform == "win32"  # noqa: S101  tells the type checker which system this file is for

RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
MAX_CHARACTERS = 260
"""Longer values are not started ("Run and RunOnce Registry Keys")."""


class WindowsAutostart:
    """The value of ours under that key."""

    def is_on(self) -> bool:
        """Whether our entry is there."""
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
                winreg.QueryValueEx(key, ENTRY_NAME)
        except OSError:
            return False
        return True

    def turn_on(self, command: Sequence[str]) -> None:
        """Write the value; OSError."""
        line = subprocess.list2cmdline(command)
        if len(line) > MAX_CHARACTERS:
            raise OSError(f"a command of {len(line)} characters is not started at log-in: {line}")
        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            winreg.SetValueEx(key, ENTRY_NAME, 0, winreg.REG_SZ, line)

    def turn_off(self) -> None:
        """Delete the value."""
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, RUN_KEY, 0, winreg.KEY_SET_VALUE) as key:
                winreg.DeleteValue(key, ENTRY_NAME)
        except FileNotFoundError:
            return
