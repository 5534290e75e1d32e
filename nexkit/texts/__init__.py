"""Every text that a person reads, for the window, the command line and the HTML report alike.

The core speaks codes and values; here they become words. English is the source, other languages are gettext
catalogues in `locale/<language>/LC_MESSAGES/nexkit.po` (the compiled `.mo` stands beside it; a test holds it fresh).

A text is a literal inside `_()` or `ngettext()`, where `_ = texts.gettext`, looked up after the language is known and
filled by `.format(...)` afterwards.
"""

import gettext
import locale
import os
from collections.abc import Iterable
from pathlib import Path

DOMAIN = "nexkit"
_LOCALES = Path(__file__).parent / "locale"


def languages_of(folder: Path) -> tuple[str, ...]:
    """English, and every language that has a catalogue in the folder."""
    return ("en", *sorted(file.parts[-3] for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")))


LANGUAGES = languages_of(_LOCALES)


def system_language() -> str:
    """The system's language where there is a catalogue for it, else English."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            break
    else:
        value = locale.getlocale()[0] or ""
    # Windows says "Japanese_Japan", which Python knows by its other name.
    known = locale.normalize(value.partition("_")[0])
    return language_of([value, known])


def language_of(names: Iterable[str]) -> str:
    """The first of these names (`ja_JP.UTF-8`, `pt-BR`, `de`) that there is a catalogue for; English where none is."""
    for name in names:
        whole = name.partition(".")[0].partition("@")[0].replace("-", "_")
        for word in (whole, whole.partition("_")[0].lower()):
            if word in LANGUAGES:
                return word
    return "en"


class Texts:
    """The texts in one language."""

    def __init__(self, language: str | None = None) -> None:
        self.language = language if language in LANGUAGES else system_language()
        self._catalogue = gettext.translation(DOMAIN, _LOCALES, languages=[self.language], fallback=True)

    @property
    def language_name(self) -> str:
        """What the language calls itself: each catalogue translates "English" by its own name."""
        return self.gettext("English")

    def gettext(self, message: str) -> str:
        """The message in this language; the English one where it is not translated."""
        return self._catalogue.gettext(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The message for a count of things."""
        return self._catalogue.ngettext(singular, plural, count)

    def joined(self, sentences: Iterable[str]) -> str:
        """Sentences one after the other, empty ones left out; some languages put no space between them."""
        pair = self.gettext("{sentence} {next_sentence}")
        between = pair.format(sentence="", next_sentence="")
        return between.join(sentence for sentence in sentences if sentence)
