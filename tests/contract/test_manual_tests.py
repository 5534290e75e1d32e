"""The list of what a person tries: its words are those that the program shows, and the tests it names are there."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
LIST = (ROOT / "installer" / "manual-tests.md").read_text(encoding="utf-8")
CATALOGUE = ROOT / "nexkit" / "texts" / "locale" / "ja" / "LC_MESSAGES" / "nexkit.po"
ROWS = re.findall(r"(?m)^\| ([WMB]\d+) \| (.+) \|$", LIST)


def plain(text):
    return re.sub(r"&(\w)", r"\1", re.sub(r"\(&\w\)", "", text))


def test_the_words_are_those_of_the_program():
    with CATALOGUE.open("rb") as file:
        messages = {plain(each.id): plain(each.string) for each in read_po(file) if isinstance(each.id, str)}
    quoted = set(re.findall(r"“([^”]+)” \(「([^」]+)」\)", LIST))
    assert len(quoted) > 15
    assert {english: japanese for english, japanese in quoted if messages.get(english) != japanese} == {}


def test_every_item_has_its_five_parts_and_a_number_of_its_own():
    assert len({number for number, _ in ROWS}) == len(ROWS) > 30
    for number, row in ROWS:
        assert len(re.split(r"(?<!\\)\|", row)) == 4, number


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`(tests/[^`]+)`", LIST))))
def test_what_it_says_of_tests_is_there(place):
    assert list(ROOT.glob(place)), place


def test_scenarios_that_it_names_are_there():
    names = {path.stem for path in (ROOT / "tests" / "lab" / "scenarios").glob("*.toml")}
    pattern = r"`((?:healthy|device|lan|access|security|dns|vpn)_\w+)`"
    named = {word for row in ROWS for word in re.findall(pattern, row[1])}
    assert named
    assert named <= names
