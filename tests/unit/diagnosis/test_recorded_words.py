"""The words for what was measured in the lab: nothing in them is left unfilled, and they say what to do."""

import re

import pytest
from test_recorded_runs import RECORDS, name, recorded

from nexkit.diagnosis.engine import diagnose
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.causes import cause_text

_UNFILLED = re.compile(r"–|\{|\bNone\b")


@pytest.mark.parametrize("file", RECORDS, ids=name)
def test_every_finding_is_told_with_what_was_measured(file):
    findings = diagnose(recorded(file)).findings
    for texts in map(Texts, LANGUAGES):
        for finding in findings:
            words = cause_text(finding, texts)
            assert 1 <= len(words.advice) <= 3
            assert all((words.title, words.sentence, words.desk, *words.advice))
            assert not _UNFILLED.search(" ".join((words.title, words.sentence, words.desk, *words.advice)))
