"""A third language, made up for tests: every text in brackets and longer by a good part."""

import io
import re
import subprocess
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

import nexkit.texts

LANGUAGE = "en_XA"
"""As Android and Chromium call the accented kind of English that is for tests."""
OPEN, CLOSE = "«", "»"
_LONGER = 0.9
_FILLER = "one two three four five six seven eight nine ten eleven twelve "
_ROOT = Path(__file__).parents[2]


def pseudo(message: str) -> str:
    """The message as this language has it; what stands in braces and the letter after & stay."""
    if re.fullmatch(r"[\W\d]*(\{\w+\}[\W\d]*)+", message):
        return message  # nothing but values
    more = _FILLER[: round(len(message) * _LONGER)].strip()
    return f"{OPEN}{message} {more}{CLOSE}" if len(message) > 12 else f"{OPEN}{message}{CLOSE}"


def make_language(folder: Path) -> None:
    """Make its catalogue, one file, in a folder of languages."""
    template = folder / "nexkit.pot"
    extract = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml"]
    subprocess.run([*extract, "-o", str(template), "nexkit", "report", "ui"], cwd=_ROOT, check=True)
    with template.open("rb") as file:
        known = read_po(file)
    catalogue = Catalog(locale="en")
    for message in known:
        if message.id:
            forms = (message.id,) if isinstance(message.id, str) else message.id
            made = tuple(pseudo(form) for form in forms)
            catalogue.add(message.id, made[0] if isinstance(message.id, str) else made)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    place = folder / LANGUAGE / "LC_MESSAGES" / "nexkit.mo"
    place.parent.mkdir(parents=True)
    place.write_bytes(compiled.getvalue())


def use_language(folder: Path, monkeypatch) -> str:
    """Let the program find its languages in this folder; the name of the made-up one."""
    monkeypatch.setattr(nexkit.texts, "_LOCALES", folder)
    monkeypatch.setattr(nexkit.texts, "LANGUAGES", ("en", LANGUAGE))
    return LANGUAGE


def not_translated(shown: str) -> list[str]:
    """Words of three letters and more that stand outside the brackets."""
    while (inner := re.sub(rf"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", " ", shown)) != shown:
        shown = inner
    return re.findall(r"[^\W\d_]{3,}", shown)
