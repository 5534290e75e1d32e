"""Values of findings in words."""

import ast
from pathlib import Path

import pytest

import nexkit.diagnosis.rules
import nexkit.texts.words
from nexkit.diagnosis.causes import finding
from nexkit.diagnosis.figures import _FIGURES
from nexkit.facts.network import Duplex
from nexkit.facts.reach import TrustProblem
from nexkit.request import Affected, Occurrence, Request, Since, Symptom
from nexkit.texts import Texts
from nexkit.texts.words import complaint_text, measured_text, measured_values, value_name

EN = Texts("en")


def names_of(tree):
    """Names that a rule gives values: keys of dictionaries called `values`, and what is set in one."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="values", value=ast.Dict() as given):
                yield from given.keys
            case ast.AnnAssign(target=ast.Name(id="values"), value=ast.Dict() as given):
                yield from given.keys
            case ast.Assign(targets=[ast.Name(id="values")], value=ast.Dict() as given):
                yield from given.keys
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="values"), slice=key)]):
                yield key


def given_names():
    files = Path(nexkit.diagnosis.rules.__file__).parent.glob("*.py")
    keys = [key for file in files for key in names_of(ast.parse(file.read_text("utf-8")))]
    return {key.value for key in keys if isinstance(key, ast.Constant)} | set(_FIGURES)


def test_every_value_that_a_rule_gives_has_words():
    names = given_names()
    assert len(names) > 50
    unnamed = {name for name in names if "_" in name and value_name(name, EN) == name}
    assert unnamed == set()
    ours = Path(nexkit.texts.words.__file__).read_text("utf-8")
    assert {name for name in names if f'"{name}": _(' not in ours} == set()


def test_what_was_measured_is_told_in_words():
    values = {"gateway_rtt_ms": 3.2, "silent": 3, "link": "wifi", "dns_ms": None, "service": "silent"}
    found = finding("lan.loss", confidence=0.9, evidence=("x",), values=values)
    assert measured_text(found, EN) == (
        "round trip to the router 3.2 ms; addresses without an answer 3; link Wi-Fi; service silent"
    )


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("problem", [each.value for each in TrustProblem]),
        ("duplex", [each.value for each in Duplex]),
        ("answer", ["refused", "silent", "hangs", "reset", "not_reached_by_proxy", "no_proxy", "absent", "known"]),
    ],
)
def test_no_code_is_shown_with_its_underscores(name, codes):
    for code in codes:
        found = finding("service.down", confidence=0.9, evidence=("x",), values={name: code})
        assert "_" not in measured_text(found, EN)


def test_what_a_newer_version_measures_is_called_by_its_name():
    found = finding("lan.loss", confidence=0.9, evidence=("x",), values={"novel_ms": 1.0, "kind": "novel"})
    assert measured_values(found, EN) == (("novel_ms", "1.0 ms"), ("kind", "novel"))


def test_a_complaint_tells_what_was_answered_and_nothing_else():
    assert complaint_text(Request(), EN) == "Just check everything"
    asked = Request(symptom=Symptom.SLOW, affects=Affected.OTHERS_TOO)
    assert complaint_text(asked, EN) == "It is slow; others too"


@pytest.mark.parametrize("since", Since)
@pytest.mark.parametrize("occurs", Occurrence)
def test_every_answer_has_words(since, occurs):
    assert complaint_text(Request(since=since, occurs=occurs), EN).count("; ") == 2
