"""The rules over what was measured in the lab, without a network: every scenario, whole and redacted."""

import gzip
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from judge import mistakes
from scenario import find, load

from nexkit.diagnosis.engine import diagnose
from nexkit.profile_file import parse_profile
from nexkit.run_record import ProfileTrust
from report.codec import decode_record, encode_diagnosis
from report.consent import Category
from report.redact import redact

RECORDS = sorted((Path(__file__).parents[2] / "data" / "records").glob("*.json.gz"))


def recorded(file):
    return decode_record(json.loads(gzip.decompress(file.read_bytes())))


def name(file):
    return file.name.partition(".")[0]


@pytest.mark.parametrize("file", RECORDS, ids=name)
def test_what_was_measured_is_diagnosed_rightly(file):
    document = encode_diagnosis(diagnose(recorded(file)))
    assert mistakes(load(find(name(file))).expect, document) == []


@pytest.mark.parametrize("file", RECORDS, ids=name)
def test_a_report_gives_the_same_answer_as_the_run_it_was_made_from(file):
    record = recorded(file)
    # Measured with a profile by its file, which an organisation would have signed.
    record = replace(record, profile=replace(record.profile, trust=ProfileTrust.SIGNED))
    path = load(find(name(file))).profile_path
    profile = parse_profile(path.read_bytes(), path.name)
    before, after = diagnose(record), diagnose(redact(record, profile, frozenset(Category), bytes(32)).record)
    assert after.verdict == before.verdict
    assert [each.cause for each in after.findings] == [each.cause for each in before.findings]


@pytest.mark.parametrize("file", RECORDS, ids=name)
def test_the_rules_take_no_time_that_anybody_notices(file):
    record = recorded(file)
    took_s = []
    for _round in range(3):
        began = time.thread_time()  # what others do on the machine meanwhile is not counted
        diagnose(record)
        took_s.append(time.thread_time() - began)
    assert min(took_s) < 0.05
