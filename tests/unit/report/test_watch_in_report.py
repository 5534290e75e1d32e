"""A watch in a report: shared as far as it was agreed, told in summary and page, read again as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sample_report import busy_line_diagnosis, example_profile, home_record

from nexkit.diagnosis.verdict import Segment, Severity
from nexkit.subject import Subject
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.watch import episode_details
from nexkit.units import Bytes, Ms, Ratio, Seconds
from nexkit.watch.record import (
    ChangeKind,
    Episode,
    GapReason,
    LightSign,
    MinuteSummary,
    MomentMark,
    NetworkChange,
    SignKind,
    SubjectSummary,
    ToldBy,
    WatchGap,
    WatchLog,
)
from report.codec import decode_record, dumps, encode_record, loads
from report.consent import DEFAULT_CATEGORIES, Category
from report.html import report_html
from report.redact import redact
from report.summary import MAX_BYTES, summary_text

BEGAN = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
KEY = bytes(32)
HOSTILE = "<script>alert(1)</script>\u202e\x1b[31m"


def at(minutes):
    return BEGAN + timedelta(minutes=minutes)


def log(words="the call dropped", episodes=1):
    subjects = [("gateway", Subject.GATEWAY), ("anchor1", Subject.ANCHOR), ("resolver", Subject.RESOLVER)]
    return WatchLog(
        started_at=BEGAN,
        ended_at=at(90),
        measured_s=Seconds(4800.0),
        rounds=960,
        traffic_bytes=Bytes(900_000),
        minutes=tuple(
            MinuteSummary(
                started_at=at(number),
                length_s=Seconds(60.0),
                rounds=12,
                subjects=tuple(
                    SubjectSummary(
                        target=target, subject=subject, sent=24, lost=3, rtt_p50_ms=Ms(12.0), rtt_p95_ms=None
                    )
                    for target, subject in subjects
                ),
            )
            for number in range(80)
        ),
        episodes=tuple(
            Episode(
                number=number,
                started_at=at(number),
                ended_at=None,
                told_by=ToldBy.DETECTION,
                severity=Severity.BLOCKING,
                segment=Segment.ACCESS,
                signs=(LightSign(target="anchor1", subject=Subject.ANCHOR, kind=SignKind.SILENT),),
            )
            for number in range(1, episodes + 1)
        ),
        marks=(MomentMark(at=at(3), words=words, episode=1),),
        gaps=(WatchGap(started_at=at(80), ended_at=at(90), reason=GapReason.ASLEEP),),
        changes=(NetworkChange(at=at(5), kind=ChangeKind.JOINED_OTHER),),
    )


def shared(categories, **changes):
    record = replace(home_record(), watch=log(**changes))
    return redact(record, example_profile().profile, categories, KEY).record


def test_the_users_words_are_a_note_and_the_rest_is_shared():
    assert shared(DEFAULT_CATEGORIES).watch == log()
    kept = shared({Category.VERDICT}).watch
    assert kept.marks[0].words is None
    assert {len(minute.subjects) for minute in kept.minutes} == {0}
    assert (kept.episodes, kept.gaps, kept.changes) == (log().episodes, log().gaps, log().changes)
    by_path = shared({Category.VERDICT, Category.PATH}).watch
    assert {each.target for minute in by_path.minutes for each in minute.subjects} == {"gateway", "anchor1"}


def test_a_record_with_a_watch_is_read_as_it_was_written():
    record = replace(home_record(), watch=log())
    assert decode_record(loads(dumps(encode_record(record)))) == record


@pytest.mark.parametrize("language", LANGUAGES)
def test_summary_and_page_tell_it_and_nothing_hostile_drives_them(language):
    record = shared(DEFAULT_CATEGORIES, words=HOSTILE, episodes=50)
    texts = Texts(language)
    arguments = (record, busy_line_diagnosis(), example_profile().profile, texts)
    summary = summary_text(*arguments, report_id="x")
    assert "2026-11-20 10:16:00 UTC" in summary
    assert len(summary.encode()) <= MAX_BYTES
    page = report_html(*arguments, report_id="x")
    assert page.count("stroke-dasharray") >= 1
    for text in (summary, page):
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "<script" not in page


def test_of_several_targets_of_one_name_the_worst_speaks():
    signs = tuple(
        LightSign(target=target, subject=Subject.ANCHOR, kind=SignKind.LOSS, loss_ratio=Ratio(loss))
        for target, loss in (("anchor1", 0.08), ("anchor2", 0.25), ("anchor3", 0.1))
    )
    episode = replace(log().episodes[0], signs=signs)
    assert episode_details(episode, Texts("en")) == ("Provider and internet: 25 % of the answers missing",)
