import time
from datetime import UTC, datetime

import pytest

from nexkit.texts import Texts
from nexkit.texts.moments import day, moment, span, time_of_day

EVENING = datetime(2026, 11, 20, 19, 5, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_tokyo(monkeypatch):
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set on this system")
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def test_english_has_the_day_first_and_the_month_as_a_word():
    assert day(EVENING, Texts("en")) == "21 Nov 2026"
    assert moment(EVENING, Texts("en")) == "21 Nov 2026, 04:05"


def test_japanese_has_year_month_and_day():
    assert day(EVENING, Texts("ja")) == "2026年11月21日"
    assert moment(EVENING, Texts("ja")) == "2026年11月21日 04:05"


def test_a_time_of_day_can_have_seconds():
    assert time_of_day(EVENING) == "04:05"
    assert time_of_day(EVENING, seconds=True) == "04:05:08"


def test_a_span_says_the_day_once_where_it_is_the_same():
    texts = Texts("en")
    assert span(EVENING, EVENING.replace(hour=20), texts) == "21 Nov 2026, 04:05 – 05:05"
    assert span(EVENING.replace(hour=10), EVENING, texts) == "20 Nov 2026, 19:05 – 21 Nov 2026, 04:05"
