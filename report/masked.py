"""What was replaced in a report, and how often each replacement stands in its files."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nexkit.texts import Texts
from report.decoder import Decoder

_WORD = re.compile(r"[0-9a-z]+(?:[-.:][0-9a-z]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """One replacement. What it stands for is not in here: that is looked up on demand."""

    kind: str
    """The beginning of the pseudonym; `moved` for an address that became another one."""
    shown: str
    times: int | None
    """In all files of the report; None: the files were not looked at."""


def masked_in(decoder: Decoder, files: Mapping[str, bytes]) -> tuple[Masked, ...]:
    """Replacements that stand in the files, those of a kind beside each other, the most frequent first."""
    counted: Counter[str] = Counter()
    for data in files.values():
        counted.update(part for word in _WORD.findall(data.decode("utf-8", "replace")) for part in _parts(word))
    found = [Masked(kind=_kind(shown), shown=shown, times=counted[shown]) for shown in decoder.tokens if counted[shown]]
    return tuple(sorted(found, key=lambda each: (each.kind, -(each.times or 0), each.shown)))


def masked_of(decoder: Decoder) -> tuple[Masked, ...]:
    """All replacements of a report whose files are not at hand."""
    found = [Masked(kind=_kind(shown), shown=shown, times=None) for shown in decoder.tokens]
    return tuple(sorted(found, key=lambda each: (each.kind, each.shown)))


def kind_text(kind: str, texts: Texts) -> str:
    """What was replaced, in a word or two; the kind itself where this version knows no word for it."""
    _ = texts.gettext
    words = {
        "ip": _("Address"),
        "moved": _("Address"),
        "net": _("Network"),
        "iid": _("Part of an address"),
        "mac": _("Hardware address"),
        "host": _("Name of a computer or site"),
        "ssid": _("Wi-Fi name"),
        "if": _("Name of a network connection"),
        "own": _("Name of this computer or user"),
        "url": _("Web address"),
        "login": _("Sign-in name and password"),
        "mail": _("Mail address"),
        "token": _("Sign-in token"),
        "key": _("Key"),
    }
    return words.get(kind, kind)


def _parts(word: str) -> tuple[str, ...]:
    """A word as it stands, and the labels of a name: each of them may be a replacement."""
    return (word, *word.split(".")) if "." in word else (word,)


def _kind(shown: str) -> str:
    kind, dash, _token = shown.partition("-")
    return kind if dash and kind.isalpha() else "moved"
