"""A file shown in its folder, with the mark on it where the system's file manager can do that.

Programs are named by their fixed places, and no shell reads the name of the file.
"""

import subprocess
import sys
from pathlib import Path

from nexkit.platform.program_environment import program_environment

_PATIENCE_S = 5.0
_OPEN = "/usr/bin/open"
_BUSCTL = "/usr/bin/busctl"
_FILE_MANAGER = "org.freedesktop.FileManager1"


def reveal(path: Path) -> bool:
    """Whether the file manager shows the file with the mark on it; may wait some seconds for the system."""
    if sys.platform == "win32":
        from nexkit.platform.windows_reveal import select_in_explorer

        return select_in_explorer(path.absolute())
    return _succeeds(reveal_command(path.absolute(), sys.platform))


def reveal_command(path: Path, system: str) -> tuple[str, ...]:
    """What shows a file: open(1) of macOS, or the D-Bus interface that file managers of Linux share."""
    if system == "darwin":
        return (_OPEN, "-R", str(path))
    call = ("--user", "--timeout=4", "call", _FILE_MANAGER, "/org/freedesktop/FileManager1", _FILE_MANAGER)
    return (_BUSCTL, *call, "ShowItems", "ass", "1", path.as_uri(), "")


def _succeeds(command: tuple[str, ...]) -> bool:
    try:
        done = subprocess.run(  # noqa: S603  a fixed program, and an argument that no shell reads
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
            env=program_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
