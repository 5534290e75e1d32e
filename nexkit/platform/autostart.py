"""Going on after the computer was restarted: one entry for this user by which the system starts the kit at log-in.

The entry holds our own command with fixed words and nothing else; it is there only while a watch that shall go on is
under way.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from nexkit.platform.owner import has_chosen_folder

ENTRY_NAME = "nexkit-watch"
WATCHING_WORDS = ("wizard", "--watching")


class Autostart(Protocol):
    """The place where this user's system keeps what it starts at log-in."""

    def is_on(self) -> bool:
        """Whether our entry is there."""
        ...

    def turn_on(self, command: Sequence[str]) -> None:
        """Put our entry there, in place of an earlier one of ours; OSError."""
        ...

    def turn_off(self) -> None:
        """Take our entry away; it is no mistake if there is none. OSError."""
        ...


def system_autostart() -> Autostart | None:
    """None where a program started at log-in would not find this user's data: their folder was named for this start.

    NoHomeError where the user has no home folder.
    """
    if has_chosen_folder():
        return None
    if sys.platform == "linux":
        from nexkit.platform.autostart_linux import LinuxAutostart

        return LinuxAutostart()
    if sys.platform == "win32":
        from nexkit.platform.autostart_windows import WindowsAutostart

        return WindowsAutostart()
    if sys.platform == "darwin":
        from nexkit.platform.autostart_macos import MacosAutostart

        return MacosAutostart()
    return None


def watching_command() -> tuple[str, ...]:
    """By which this installation of the kit goes on watching."""
    program = Path(sys.executable)
    if getattr(sys, "frozen", False):
        return (str(program.with_stem("nexkit-wizard") if sys.platform == "win32" else program), *WATCHING_WORDS)
    if sys.platform == "win32":
        program = program.with_stem("pythonw")  # the other one opens a console
    # -P: what lies in the folder where the system starts it is no part of the program.
    return (str(program), "-P", "-m", "ui.cli", *WATCHING_WORDS)


def write_entry(file: Path, content: bytes) -> None:
    """Write a file for this user alone, whole or not at all; its folder is made where it is missing. OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_suffix(f".part{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        # Whatever the umask: nobody else may say what is started.
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as entry:
            entry.write(content)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
