"""Text of unknown origin made harmless to look at: nothing invisible stays invisible."""

import json
import re
import unicodedata

MAX_CHARACTERS = 256
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_NEVER_WRITTEN = _INVISIBLE - {"Co", "Cn"}
"""What no report contains. Characters that are not assigned here may be in a newer version of Unicode."""
_CELL_START = re.compile(
    r"(^|[\t\n])([ \u3000]*[=+\-@\r\uff1d\uff0b\uff0d\uff20\ufe62\ufe63\ufe66\ufe6b\u207a-\u207c\u208a-\u208c])"
)
_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]"
)
"""Of the invisible ones those that no file of a report needs, for files of megabytes."""
IN_SENTENCES = "\n\u200c\u200d"
"""Line ends, and the joiners that some scripts and emoji are written with: kept in what a user typed."""


def visible(text: str, *, limit: int | None = MAX_CHARACTERS, keep: str = "") -> str:
    r"""The text with control, bidi and unassigned characters written as `\uXXXX`, cut at `limit` characters.

    The limit counts what is written, where one character may stand as ten; None: nothing is cut off. An SSID, a server
    header or a certificate is chosen by a stranger: unseen it could reorder a line, forge a second one or drive a
    terminal. Characters of `keep` (a line end in the user's own note) stay.
    """
    shown = "".join(
        character if character in keep or unicodedata.category(character) not in _INVISIBLE else _escape(character)
        for character in (text if limit is None else text[: limit + 1])
    )
    return shown if limit is None or len(shown) <= limit else shown[: limit - 1] + "…"


def without_formulas(text: str) -> str:
    """The text for a clipboard or a cell of a table: a spreadsheet takes no line of it, and no cell, for a formula.

    Spreadsheets calculate what begins with one of these characters (CWE-1236), also in their full-width forms.
    """
    return _CELL_START.sub(r"\1'\2", text)


def shown_text(data: bytes) -> str:
    """A file as text, whole and in its lines, with nothing in it that orders or breaks lines without being seen."""
    return _UNSEEN.sub(lambda found: visible(found[0]), data.decode("utf-8", "replace"))


def json_text(text: str) -> str:
    r"""JSON for a terminal: what is invisible stands as `\uXXXX`, which is the same to every reader of JSON."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in _INVISIBLE
        else json.dumps(character)[1:-1]
        for character in text
    )


def hides_something(text: str) -> bool:
    """Whether there is a character in the text that `visible` would have taken out of any report."""
    return not text.isprintable() and any(
        unicodedata.category(character) in _NEVER_WRITTEN and character not in IN_SENTENCES for character in set(text)
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the basic plane
