"""Reports of every schema version that was ever written stay readable, and their signatures valid."""

from pathlib import Path

import pytest

from nexkit.diagnosis.engine import diagnose
from nexkit.texts import Texts
from report.html import report_html
from report.load import load_report
from report.trust import Tier
from report.verify import verify

REPORTS = sorted((Path(__file__).parents[2] / "data" / "reports").glob("schema-*.nexkit.zip"))


def test_there_is_one_of_each_schema():
    assert [file.name for file in REPORTS] == ["schema-1.nexkit.zip"]


@pytest.mark.parametrize("file", REPORTS, ids=lambda file: file.name)
def test_an_old_report_is_read_shown_and_diagnosed_again(file):
    assert verify(file).tier is Tier.INTEGRITY_ONLY
    report = load_report(file)
    assert report.diagnosis.verdict.cause == "access.bufferbloat"
    assert diagnose(report.record).verdict.cause == report.diagnosis.verdict.cause
    for language in ("en", "ja"):
        page = report_html(report.record, report.diagnosis, None, Texts(language), report_id=report.report_id)
        assert report.report_id in page
