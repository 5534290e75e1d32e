"""Text of unknown origin made harmless to look at: nothing invisible stays invisible."""

import unicodedata

MAX_CHARACTERS = 256
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, *, limit: int = MAX_CHARACTERS, keep: str = "") -> str:
    r"""The text with control, bidi and unassigned characters written as `\uXXXX`, cut at `limit` characters.

    An SSID, a server header or a certificate is chosen by a stranger: unseen it could reorder a line, forge a second
    one or drive a terminal. Characters of `keep` (a line end in the user's own note) stay.
    """
    shown = "".join(
        character if character in keep or unicodedata.category(character) not in _INVISIBLE else _escape(character)
        for character in text[: limit + 1]
    )
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the basic plane
