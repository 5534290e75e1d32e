"""No missing glyph: every character that the program can show has a form in the fonts that Qt takes for it."""

import ast
import unicodedata
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from PySide6.QtGui import QFont, QFontDatabase, QTextLayout
from PySide6.QtWidgets import QApplication

from nexkit.texts import Texts
from ui.gui.app import dress, reading_families
from ui.shipped import shipped_parts

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "nexkit" / "texts" / "locale"
SHOWN_BY = ("nexkit/texts", "report", "ui")


def literals() -> str:
    """Everything that stands between quotes in what shows something."""
    files = [file for folder in SHOWN_BY for file in (ROOT / folder).rglob("*.py")]
    nodes = (node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    return "".join(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


def missing(characters: set[str], font: QFont) -> set[str]:
    """Those for which the layout finds nothing but the box of a missing glyph."""
    found = set()
    for character in characters:
        layout = QTextLayout(character, font)
        layout.beginLayout()
        layout.createLine()
        layout.endLayout()
        if any(0 in run.glyphIndexes() for run in layout.glyphRuns()):
            found.add(character)
    return found


def visible_characters(words: str) -> set[str]:
    return {each for each in words if unicodedata.category(each)[0] not in "CZ"}


@pytest.fixture
def dressed_in(qapp: QApplication):
    def dress_in(language: str) -> QFont:
        dress(qapp, language)
        return qapp.font()

    yield dress_in
    dress(qapp, "en")


def test_every_character_of_every_text_has_a_glyph(dressed_in):
    if not QFontDatabase.families(QFontDatabase.WritingSystem.Japanese):
        pytest.skip("no Japanese font on this computer: install fonts-noto-cjk")
    with (CATALOGUES / "ja" / "LC_MESSAGES" / "nexkit.po").open("rb") as file:
        catalogue = [message for message in read_po(file) if message.id]
    sources = "".join("".join(message.id if isinstance(message.id, tuple) else (message.id,)) for message in catalogue)
    targets = "".join(
        "".join(message.string if isinstance(message.string, tuple) else (message.string,)) for message in catalogue
    )
    assert missing(visible_characters(sources + literals()), dressed_in("en")) == set()
    assert missing(visible_characters(sources + targets + literals()), dressed_in("ja")) == set()


def test_the_licences_and_the_names_of_languages_have_glyphs_in_english(dressed_in):
    words = "".join(part.text for part in shipped_parts()) + Texts("ja").language_name
    assert missing(visible_characters(words), dressed_in("en")) == set()


def test_a_font_without_the_letter_is_noticed(dressed_in):
    assert missing({"\U0001fff0"}, dressed_in("en")) == {"\U0001fff0"}


@pytest.mark.parametrize(
    ("there", "first"),
    [
        ({"Yu Gothic UI", "Segoe UI", "Meiryo"}, "Yu Gothic UI"),
        ({"Meiryo", "MS Gothic"}, "Meiryo"),
        ({"Hiragino Sans"}, "Hiragino Sans"),
        ({"Noto Sans CJK JP", "Noto Sans CJK SC", "DejaVu Sans"}, "Noto Sans CJK JP"),
        ({"IPAexGothic"}, "IPAexGothic"),
    ],
)
def test_japanese_is_written_in_a_japanese_font(there, first):
    """And not in a Chinese one, whose letters of the same number look otherwise."""
    assert reading_families("System", "ja", there) == [first, "System"]


def test_a_font_that_has_japanese_is_kept():
    assert reading_families("Yu Gothic UI", "ja", {"Yu Gothic UI", "Meiryo"}) == ["Yu Gothic UI"]
    assert reading_families("Cantarell", "en", {"Meiryo"}) == ["Cantarell"]
    assert reading_families("Noto Sans CJK SC", "ja", {"Noto Sans CJK SC", "Meiryo"}) == ["Meiryo", "Noto Sans CJK SC"]
    assert reading_families("Cantarell", "ja", set()) == ["Cantarell"]
