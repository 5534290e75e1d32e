"""What a desktop starts at log-in: a file in the user's autostart folder (XDG Desktop Application Autostart)."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from nexkit.platform.autostart import ENTRY_NAME, write_entry
from nexkit.platform.owner import home_folder, named_folder

_RESERVED = re.compile(r'[\s"\'\\><~|&;$*?#()`]')
_NEVER_WRITTEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of surrogate pairs, ends of lines. A full-width space is none of them."""
_ESCAPED = re.compile(r'(["`$\\])')


class LinuxAutostart:
    """The file of ours in that folder."""

    def __init__(self) -> None:
        folder = named_folder("XDG_CONFIG_HOME") or home_folder() / ".config"
        self._file = folder / "autostart" / f"{ENTRY_NAME}.desktop"

    def is_on(self) -> bool:
        """Whether our entry is there."""
        return self._file.exists()

    def turn_on(self, command: Sequence[str]) -> None:
        """Write the entry whole; OSError."""
        write_entry(self._file, desktop_entry(command).encode())

    def turn_off(self) -> None:
        """Delete the entry."""
        self._file.unlink(missing_ok=True)
        _remove_if_empty(self._file.parent)


def _remove_if_empty(folder: Path) -> None:
    """The folder may be ours: an empty one means to a desktop what none does."""
    try:
        folder.rmdir()
    except OSError:  # not empty, or not there
        return


def desktop_entry(command: Sequence[str]) -> str:
    """The words of the file (Desktop Entry Specification 1.5)."""
    return "\n".join(
        (
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.5",
            "Name=nexkit",
            "Comment=Goes on watching the connection",
            "Comment[ja]=接続の見守りを続けます",
            f"Exec={' '.join(_argument(word) for word in command)}",
            "Terminal=false",
            "X-GNOME-Autostart-enabled=true",
            "",
        )
    )


def _argument(word: str) -> str:
    """One argument as the Exec key wants it: quoted where needed, then escaped as a value of type string.

    ValueError for control characters and what is no Unicode, which no entry can hold.
    """
    if any(unicodedata.category(character) in _NEVER_WRITTEN for character in word):
        raise ValueError(f"{word!r} cannot stand in a desktop entry")
    word = word.replace("%", "%%")
    if _RESERVED.search(word):
        word = '"' + _ESCAPED.sub(r"\\\1", word) + '"'
    return word.replace("\\", "\\\\")
