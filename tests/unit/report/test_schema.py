"""The schema of report.json: every leaf says who may see it and how much of it."""

import json
from dataclasses import dataclass

import pytest
from any_fact import knowing_all, knowing_nothing
from jsonschema import Draft202012Validator
from sample_report import home_record, step

from nexkit.diagnosis.verdict import Diagnosis
from nexkit.facts import BUILTIN_FACTS
from nexkit.outcome import Completed
from nexkit.run_record import RunRecord
from nexkit.sensitivity import LEVEL_OF, Level, Sensitivity, Url
from nexkit.subject import Subject
from report import schema as schema_module
from report.codec import dumps, encode_record
from report.consent import Category
from report.schema import SCHEMA_PATH, SchemaError, report_schema

LEAVES = {"string", "integer", "number", "boolean"}


@pytest.fixture(scope="module")
def schema():
    return report_schema()


def leaves(part, place=""):
    if isinstance(part, list):
        for number, each in enumerate(part):
            yield from leaves(each, f"{place}[{number}]")
    elif isinstance(part, dict) and ("const" in part or "enum" in part or part.get("type") in LEAVES):
        yield place, part
    elif isinstance(part, dict):
        for name, each in part.items():
            yield from leaves(each, f"{place}/{name}")


def test_every_leaf_has_a_category_and_a_level(schema):
    categories, levels = {each.value for each in Category}, {each.value for each in Level}
    found = dict(leaves(schema))
    assert len(found) > 500
    assert {place for place, leaf in found.items() if leaf.get("x-category") not in categories} == set()
    assert {place for place, leaf in found.items() if leaf.get("x-level") not in levels} == set()


def test_every_text_has_a_class(schema):
    own = {"/properties/report_id"}
    texts = {place: leaf for place, leaf in leaves(schema) if leaf.get("type") == "string" and "format" not in leaf}
    assert {place for place, leaf in texts.items() if "x-class" not in leaf} == own


def test_every_class_of_privacy_has_a_level():
    assert set(LEVEL_OF) == set(Sensitivity)


def test_every_fact_stands_in_the_schema(schema):
    kinds = {leaf["const"] for place, leaf in leaves(schema) if place.endswith("/kind") and "const" in leaf}
    assert kinds == {fact.__name__ for fact in BUILTIN_FACTS}


def test_the_file_in_the_repository_is_current():
    assert SCHEMA_PATH.read_bytes() == dumps(report_schema()), "run: python3 dev.py schema"


def test_a_report_fits_the_schema(schema, draft):
    Draft202012Validator.check_schema(schema)
    document = json.loads(draft.files["data/report.json"])
    assert [error.json_path for error in Draft202012Validator(schema).iter_errors(document)] == []


@pytest.mark.parametrize("make", [knowing_all, knowing_nothing])
def test_every_fact_fits_the_schema(schema, draft, make):
    facts = [
        step(f"s{number}", "p", Subject.COMPUTER, Completed(make(fact))) for number, fact in enumerate(BUILTIN_FACTS)
    ]
    document = json.loads(draft.files["data/report.json"])
    document |= json.loads(dumps(encode_record(home_record(results=tuple(facts)))))
    assert [error.json_path for error in Draft202012Validator(schema).iter_errors(document)] == []


@pytest.mark.parametrize("change", [{"extra": 1}, {"took_s": "1"}, {"cancelled": 0}, {"hits_resolved": -1}])
def test_what_is_no_report_does_not_fit(schema, draft, change):
    document = json.loads(draft.files["data/report.json"]) | change
    assert list(Draft202012Validator(schema).iter_errors(document))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unmarked:
    url: Url
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Odd:
    value: complex


@pytest.mark.parametrize("kind", [_Unmarked, _Odd])
def test_a_leaf_of_which_nobody_said_who_may_see_it_is_an_error(monkeypatch, kind):
    monkeypatch.setattr(schema_module, "BUILTIN_FACTS", (*BUILTIN_FACTS, kind))
    with pytest.raises(SchemaError):
        report_schema()


def test_the_schema_covers_record_and_diagnosis(schema):
    for hint in (RunRecord, Diagnosis):
        assert hint is RunRecord or f"verdict.{hint.__name__}" in schema["$defs"]
    assert {"results", "request", "system"} <= set(schema["properties"])
