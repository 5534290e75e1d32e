"""Bytes and values: strict both ways, and every fact survives the round trip."""

import json
import math
from dataclasses import fields

import pytest
from any_fact import values
from hypothesis import HealthCheck, given, settings

from nexkit.facts import BUILTIN_FACTS
from nexkit.outcome import Completed, Skipped, SkipReason
from report.codec import (
    MAX_DEPTH,
    MAX_JSON_BYTES,
    CodecError,
    decode_diagnosis,
    decode_record,
    dumps,
    encode_diagnosis,
    encode_record,
    loads,
)
from report.plain import UnknownFact, encode_fact


def _with_fact(record, fact):
    first = record.results[0]
    return type(record)(
        **{item.name: getattr(record, item.name) for item in fields(record)}
        | {
            "results": (
                type(first)(
                    **{item.name: getattr(first, item.name) for item in fields(first)} | {"outcome": Completed(fact)}
                ),
            )
        }
    )


@pytest.mark.parametrize("fact_type", BUILTIN_FACTS, ids=lambda fact: fact.__name__)
def test_every_fact_survives_the_round_trip(fact_type, record):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values(fact_type))
    def check(fact):
        original = _with_fact(record, fact)
        assert decode_record(loads(dumps(encode_record(original)))) == original

    check()


def test_a_record_survives_the_round_trip(record):
    assert decode_record(loads(dumps(encode_record(record)))) == record


def test_the_same_record_gives_the_same_bytes(record):
    assert dumps(encode_record(record)) == dumps(encode_record(record))


def test_the_diagnosis_document_has_the_documented_keys(diagnosis):
    document = encode_diagnosis(diagnosis)
    assert document["schema"] == "nexkit/diagnosis/1"
    assert set(document) == {
        *(
            "schema",
            "verdict",
            "findings",
            "ladder",
            "not_tested",
            "rules_version",
            "started_at",
            "took_s",
            "suitability",
            "left_open",
        )
    }
    assert document["verdict"] == {
        "state": "fault",
        "segment": "access",
        "cause": "access.bufferbloat",
        "confidence": 0.93,
        "comes_and_goes": False,
    }
    assert document["findings"][0]["segment"] == "access"
    assert document["not_tested"][0] == {"step": "ping.gateway6", "probe": "ping", "reason": "permission"}
    assert document["started_at"] == "2026-11-20T10:15:00Z"


def test_a_diagnosis_survives_the_round_trip(diagnosis):
    assert decode_diagnosis(loads(dumps(encode_diagnosis(diagnosis)))) == diagnosis


def test_a_segment_that_is_not_the_cause_s_is_refused(diagnosis):
    document = encode_diagnosis(diagnosis)
    document["findings"][0]["segment"] = "lan"
    with pytest.raises(CodecError, match="segment"):
        decode_diagnosis(document)


def test_a_fact_is_tagged_with_its_kind(record):
    document = encode_fact(record.results[2].outcome.fact)
    assert document["kind"] == "EchoStats"
    assert document["data"]["method"] == "icmp"


def test_a_fact_of_an_unknown_kind_is_kept_raw(record):
    document = encode_record(record)
    document["results"][0]["outcome"] = {"state": "completed", "kind": "WifiScan", "data": {"channels": [1, 6]}}
    read = decode_record(document)
    assert read.results[0].outcome == Completed(UnknownFact(kind="WifiScan", data={"channels": [1, 6]}))
    assert encode_record(read)["results"][0] == document["results"][0]


def test_a_fact_that_a_newer_kit_extended_is_kept_raw(record):
    document = encode_record(record)
    document["kit_version"] = "99.0"
    document["results"][2]["outcome"]["data"]["duplicates"] = 3
    fact = decode_record(document).results[2].outcome.fact
    assert isinstance(fact, UnknownFact)
    assert fact.data["duplicates"] == 3


def test_an_unknown_key_is_refused(record):
    document = encode_record(record)
    document["results"][2]["outcome"]["data"]["duplicates"] = 3
    with pytest.raises(CodecError, match="duplicates"):
        decode_record(document)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("took_s", "31.7"),
        ("took_s", True),
        ("took_s", None),
        ("took_s", math.inf),
        ("cancelled", 0),
        ("kit_version", 1),
        ("results", {}),
        ("results", "abc"),
        ("results", [None]),
        ("system", []),
        ("started_at", "2026-11-20T10:15:00"),
        ("started_at", "2026-11-20"),
        ("started_at", 0),
        ("request", {"symptom": "nothing"}),
    ],
)
def test_a_value_of_another_type_is_refused(record, place, value):
    with pytest.raises(CodecError):
        decode_record(encode_record(record) | {place: value})


@pytest.mark.parametrize(
    "outcome",
    [None, {}, {"state": "completed"}, {"state": "skipped", "reason": "x"}, {"state": "failed", "failure": 1}],
)
def test_an_outcome_of_no_known_state_is_refused(record, outcome):
    document = encode_record(record)
    document["results"][0]["outcome"] = outcome
    with pytest.raises(CodecError):
        decode_record(document)


@pytest.mark.parametrize("document", [None, [], 1, "x", {}])
def test_what_is_no_record_is_refused(document):
    with pytest.raises(CodecError):
        decode_record(document)
    with pytest.raises(CodecError):
        decode_diagnosis(document)


@pytest.mark.parametrize("place", ["cause", "explains"])
def test_a_cause_of_no_segment_is_refused(diagnosis, place):
    document = encode_diagnosis(diagnosis)
    document["findings"][0] |= {"cause": {"segment": "moon", "cause": "moon.x"}, "explains": {"explains": ["x"]}}[place]
    with pytest.raises(CodecError):
        decode_diagnosis(document)


def test_a_consent_that_stands_twice_is_refused(record):
    document = encode_record(record)
    document["request"]["consent"] = ["system", "system"]
    with pytest.raises(CodecError, match="consent"):
        decode_record(document)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "line 1"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b'{"a": 1e999}', "finite"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"{" + b",".join(b'"%d":1' % number for number in range(100_000)) + b',"99999":1}', "'99999' stands twice"),
        (b"[" * 200_000, "deep"),
        (b'"' + b'\\"' * 1_000_000, "Unterminated"),
        (b'{"a":' * 200_000, "deep"),
        (b"1" * 10_000, "digits"),
        (b'"\xff"', "UTF-8"),
        (b'"\\ud800"', "surrogate"),
        (b" " * (MAX_JSON_BYTES + 1), "bytes"),
    ],
)
def test_what_is_no_strict_json_is_refused(text, reason):
    with pytest.raises(CodecError, match=reason):
        loads(text)


def test_brackets_in_a_text_are_no_depth():
    text = "[" * 100 + '"\\' + "{" * 100
    assert loads(json.dumps({"a": text}).encode()) == {"a": text}


def test_the_deepest_allowed_document_is_read():
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_nan_and_infinity_are_not_written(number):
    with pytest.raises(CodecError):
        dumps({"a": number})


def test_what_is_no_character_is_written_as_its_escape():
    assert dumps({"a": "\udc80"}) == b'{\n "a": "\\udc80"\n}\n'


def test_a_withheld_outcome_reads_as_one(record):
    document = encode_record(record)
    document["results"][0]["outcome"] = {"state": "skipped", "reason": "withheld"}
    assert decode_record(document).results[0].outcome == Skipped(SkipReason.WITHHELD)
