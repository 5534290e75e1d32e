"""What was changed after a run, and what a second one said, stands in the report; nothing else comes with it."""

import random
from dataclasses import replace

import pytest
from sample_report import OWN_NAMES, STARTED_AT, busy_line_diagnosis, example_profile, home_record

from nexkit.diagnosis.verdict import Segment, VerdictState
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.trial import Effect, Trial, TrialDone, ValueChange
from report.codec import decode_record, dumps, encode_record, loads
from report.consent import Category
from report.draft import make_draft
from report.html import report_html
from report.summary import summary_text


def change(name, subject, before, after, *, beyond_noise=True):
    return ValueChange(name=name, subject=subject, before=before, after=after, beyond_noise=beyond_noise)


BY_CABLE = TrialDone(
    trial=Trial.USE_CABLE,
    effect=Effect.GONE,
    started_at=STARTED_AT,
    state=VerdictState.HEALTHY,
    segment=None,
    cause=None,
    causes=(),
    values=(
        change("loss_ratio", Subject.GATEWAY, 0.12, 0.0),
        change("up_goodput_bit_s", Subject.LOAD_SERVER, 9.8e6, 38e6),
        change("rtt_p50_ms", Subject.ANCHOR, 14.0, 13.8, beyond_noise=False),
    ),
)
RESTARTED = replace(
    BY_CABLE,
    trial=Trial.RESTART_ROUTER,
    effect=Effect.SAME,
    state=VerdictState.FAULT,
    segment=Segment.ACCESS,
    cause="access.bufferbloat",
    causes=("access.bufferbloat",),
    values=(),
)
ELSEWHERE = replace(
    RESTARTED, trial=Trial.OTHER_NETWORK, started_at=None, state=None, segment=None, cause=None, causes=()
)
RECORD = home_record(trials=(RESTARTED, BY_CABLE, ELSEWHERE))


def draft(categories):
    return make_draft(
        RECORD,
        busy_line_diagnosis(),
        example_profile(),
        categories,
        Texts("en"),
        random.Random(1),
        own_names=OWN_NAMES,
    )


def test_trials_survive_the_codec():
    assert decode_record(loads(dumps(encode_record(RECORD)))) == RECORD


def test_a_record_of_before_has_none():
    document = encode_record(RECORD)
    del document["trials"]
    assert decode_record(document).trials == ()


def test_they_stand_in_every_form_of_the_report():
    made = draft(frozenset(Category))
    summary = made.files["data/summary.txt"].decode()
    assert "with a cable instead of Wi-Fi: the trouble is gone; healthy; Router: lost 12 % → 0 %" in summary
    assert "after restarting the router: the same; fault (access.bufferbloat)" in summary
    assert "from another network: fails there too" in summary
    page = made.files["data/report.html"].decode()
    assert "With the cable it works" in page
    assert "12 %" in page


@pytest.mark.parametrize(
    ("categories", "names"),
    [
        ({Category.VERDICT}, []),
        ({Category.VERDICT, Category.PATH}, ["loss_ratio", "rtt_p50_ms"]),
        ({Category.VERDICT, Category.LOAD}, ["up_goodput_bit_s"]),
    ],
)
def test_values_are_shared_as_far_as_their_measurements_are(categories, names):
    done = draft(categories).redacted.record.trials[1]
    assert [value.name for value in done.values] == names
    assert (done.trial, done.effect) == (Trial.USE_CABLE, Effect.GONE)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_name_from_a_strangers_report_is_shown_and_not_run(language):
    hostile = replace(BY_CABLE, values=(change("{who.__class__}<b>\u202e", Subject.GATEWAY, 1e308, -0.0),))
    record, texts = replace(RECORD, trials=(hostile, replace(RESTARTED, cause="<i>{x}"))), Texts(language)
    page = report_html(record, busy_line_diagnosis(), None, texts, report_id="x")
    assert "<b>" not in page.replace("<b>nexkit</b>", "").partition("{who.__class__}")[2][:40]
    assert "\u202e" not in page
    assert "{who.__class__}" in page
    assert "\u202e" not in summary_text(record, busy_line_diagnosis(), None, texts, report_id="x")
