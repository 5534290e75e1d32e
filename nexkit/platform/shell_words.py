"""A command line that can be pasted into a shell of this system."""

import re
import shlex
import sys
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z0-9_.:/=+-]+")
"""What no shell of Windows takes for anything else; a comma makes a list of a word in PowerShell."""
_BEFORE_QUOTE = re.compile(r'(\\*)("|\Z)')
_EXPANDED = re.compile(
    "[$`\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{DOUBLE LOW-9 QUOTATION MARK}]"
)
"""What PowerShell reads between double quotes (about_Quoting_Rules): it takes those of typography for quotes too."""


def shell_line(words: Sequence[str]) -> str:
    """The words as a shell of this system reads them back; nothing in them is run."""
    return windows_line(words) if sys.platform == "win32" else shlex.join(words)


def windows_line(words: Sequence[str]) -> str:
    """For PowerShell and for cmd.

    They agree on words between double quotes, and programs on doubled quotes and backslashes in front of them
    ("Parsing C++ command-line arguments"). Where a word holds what PowerShell alone would expand, its escape is put
    there, which cmd takes for a character of the word.
    """
    return " ".join(word if _PLAIN.fullmatch(word) else f'"{_quoted(word)}"' for word in words)


def _quoted(word: str) -> str:
    doubled = _BEFORE_QUOTE.sub(lambda found: found[1] * 2 + found[2] * 2, word)
    return _EXPANDED.sub(lambda found: f"`{found[0]}", doubled)
