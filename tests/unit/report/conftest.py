"""The sample run, ready to be redacted, drafted and sealed."""

import random

import pytest
from sample_report import OWN_NAMES, busy_line_diagnosis, example_profile, home_record

from nexkit.texts import Texts
from report.consent import Category
from report.draft import make_draft


@pytest.fixture
def record():
    return home_record()


@pytest.fixture
def diagnosis():
    return busy_line_diagnosis()


@pytest.fixture
def profile():
    return example_profile()


@pytest.fixture
def texts():
    return Texts("en")


@pytest.fixture
def draft(record, diagnosis, profile, texts):
    return make_draft(record, diagnosis, profile, set(Category), texts, random.Random(1), own_names=OWN_NAMES)
