"""Texts: every message is translated, the compiled catalogue is fresh, and the placeholders agree."""

import ast
import re
import string
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from nexkit.diagnosis.verdict import RungState, Segment, Severity
from nexkit.outcome import FailureKind, SkipReason
from nexkit.platform.api import Capability, CapabilityState
from nexkit.request import Symptom
from nexkit.subject import Subject
from nexkit.texts import LANGUAGES, Texts, system_language
from nexkit.texts.capabilities import capability_text
from nexkit.texts.probes import probe_text
from nexkit.texts.verdicts import failure_text, rung_word, segment_name, severity_word, skip_text
from nexkit.texts.words import subject_text, symptom_name
from probes import BUILTIN

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "nexkit" / "texts" / "locale"
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.fixture(scope="module")
def extracted(tmp_path_factory):
    """Every message of the sources, as `dev.py texts` would extract it."""
    template = tmp_path_factory.mktemp("texts") / "nexkit.pot"
    extract = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "pyproject.toml"]
    subprocess.run([*extract, "-o", str(template), "nexkit", "report", "ui"], cwd=ROOT, check=True)
    with template.open("rb") as file:
        return [message for message in read_po(file) if message.id]


def catalogue(language, suffix):
    file = LOCALES / language / "LC_MESSAGES" / f"nexkit.{suffix}"
    with file.open("rb") as opened:
        return read_po(opened, locale=language) if suffix == "po" else read_mo(opened)


def forms(text):
    return (text,) if isinstance(text, str) else tuple(text)


def places(text):
    return {name for _before, name, _format, _conversion in string.Formatter().parse(text) if name is not None}


def test_no_message_is_overlooked(extracted):
    """What stands inside an f-string is not extracted by every version of the tools."""
    known = {form for message in extracted for form in forms(message.id)}
    used = {
        (call.args[0].value, file.name)
        for folder in ("nexkit", "report", "ui")
        for file in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "attr", getattr(call.func, "id", None)) in {"_", "gettext", "ngettext"}
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert {each for each in used if each[0] not in known} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated(extracted, language):
    known = catalogue(language, "po")
    missing = [
        message.id for message in extracted if not (known.get(message.id) and all(forms(known.get(message.id).string)))
    ]
    assert missing == [], "run: python3 dev.py texts, and translate what is new"


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(extracted, language):
    current = {forms(message.id)[0] for message in extracted}
    assert [
        message.id for message in catalogue(language, "po") if message.id and forms(message.id)[0] not in current
    ] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_fills_in_the_same_values(language):
    for message in catalogue(language, "po"):
        if message.id:
            wanted = set().union(*(places(text) for text in forms(message.id)))
            for text in forms(message.string):
                assert places(text) <= wanted, text
                if isinstance(message.id, str):
                    assert places(text) == wanted, text


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_letter_of_its_source(language):
    """So that no two controls of a page share one in a language where nobody has looked."""
    for message in catalogue(language, "po"):
        for source, text in zip(forms(message.id), forms(message.string), strict=False):
            if text:
                assert mnemonic(text) == mnemonic(source), text


def mnemonic(text):
    letters = re.findall(r"(?<!&)&([^&\s])", text)
    return [letter.upper() for letter in letters]


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalogue_is_fresh(language):
    source = {forms(message.id): forms(message.string) for message in catalogue(language, "po") if message.id}
    compiled = {forms(message.id): forms(message.string) for message in catalogue(language, "mo") if message.id}
    assert compiled == source, "run: python3 dev.py texts"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language):
    texts = Texts(language)
    words = [
        *(segment_name(item, texts) for item in Segment),
        *(severity_word(item, texts) for item in Severity),
        *(rung_word(item, texts) for item in RungState),
        *(skip_text(item, texts) for item in SkipReason),
        *(failure_text(item, texts) for item in FailureKind),
        *(subject_text(item, texts) for item in Subject),
        *(symptom_name(item, texts) for item in Symptom),
        *(word for probe in BUILTIN for word in probe_text(probe.spec.id, texts)),
    ]
    assert all(words)


@pytest.mark.parametrize(
    "capability", ["icmp4", "icmp6", "trace4", "trace6", "neighbours", "resolvers", "wifi", "segment"]
)
@pytest.mark.parametrize("state", list(CapabilityState))
def test_every_capability_has_words(capability, state):
    name, word, mend = capability_text(Capability(id=capability, state=state), Texts("ja"))
    assert name
    assert word
    assert mend is None


def test_a_refusal_says_how_to_mend_it():
    refused = Capability(id="icmp4", state=CapabilityState.LIMITED, reason="refused")
    assert "ping_group_range" in capability_text(refused, Texts("en")).mend


@pytest.mark.parametrize(
    ("variable", "language"), [("ja_JP.UTF-8", "ja"), ("en_GB.UTF-8", "en"), ("de_DE.UTF-8", "en"), ("C", "en")]
)
def test_the_systems_language_is_taken_where_we_speak_it(monkeypatch, variable, language):
    monkeypatch.setenv("LC_ALL", variable)
    assert system_language() == language
