"""The page of real runs in a real browser: it reaches nowhere, fits a phone, can be read by everybody, and prints."""

import gzip
import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import chromium, opened

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import VerdictState
from nexkit.profile_file import loaded_profile
from nexkit.run_record import ProfileTrust
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.verdicts import verdict_sentence
from report.codec import decode_record
from report.html import report_html

DATA = Path(__file__).parents[1] / "data" / "records"
PROFILE = Path(__file__).parents[1] / "lab" / "profile.toml"
RUNS = (
    "healthy",
    "dns_resolver_servfail",
    "access_bufferbloat",  # with the tables of a load test
    "vpn_down_tunnel_dead",
    "stopped",
)
WIDTHS = (1280, 940, 640, 360)


def recorded(name):
    if name == "stopped":
        whole = recorded("healthy")
        return replace(whole, results=whole.results[:4], cancelled=True)
    return decode_record(json.loads(gzip.decompress((DATA / f"{name}.json.gz").read_bytes())))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The page of each run, by its name; English is chosen in it."""
    folder = tmp_path_factory.mktemp("pages")
    profile = loaded_profile(PROFILE.read_bytes(), PROFILE.name, datetime(2026, 11, 20, tzinfo=UTC), ProfileTrust.NAMED)
    files = {}
    for name in RUNS:
        record = recorded(name)
        page = report_html(record, diagnose(record), profile.profile, Texts("en"), report_id=f"20261120T101500Z-{name}")
        files[name] = folder / f"{name}.html"
        files[name].write_text(page, encoding="utf-8")
    return files


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("browser")) as started:
        yield started


def choose(page, language):
    page.locator(f"label[for=show-{language}]").click()


def barriers(page):
    """What axe-core has against the page as it is shown now; "" where it has nothing."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "reporter": "no-passes"})
    return found.generate_report() if found.violations_count else ""


def too_wide(page):
    """The places that are wider than the window, or than the card that they stand in."""
    return page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll('section, .head')]
            .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText.slice(0, 60))"""
    )


@pytest.mark.parametrize(("number", "name"), list(enumerate(RUNS)), ids=RUNS)
def test_a_page_reaches_nowhere_fits_every_width_and_has_no_barrier(browser, pages, number, name):
    with opened(browser, pages[name]) as (page, behaviour):
        # Colours do not depend on the language: each is looked at in one scheme, and both schemes in every page.
        schemes = cycle(("light", "dark") if number % 2 else ("dark", "light"))
        for language, scheme in zip(LANGUAGES, schemes, strict=False):
            choose(page, language)
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == ""
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        for language in LANGUAGES:
            choose(page, language)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert too_wide(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert behaviour.requests == []
        assert behaviour.complaints == []


def test_tables_on_a_phone_have_no_barrier(browser, pages):
    with opened(browser, pages["access_bufferbloat"], width=360) as (page, _behaviour):
        page.evaluate(
            """document.querySelectorAll('.in-en details').forEach((each, number, all) => {
                each.open = number < 2 || number == all.length - 2 })"""
        )
        assert barriers(page) == ""


def test_barriers_are_found_where_there_are_some(browser, tmp_path):
    file = tmp_path / "bad.html"
    file.write_text("<title>x</title><p style='color:#bbb'>pale</p><input><svg role='img'></svg>")
    with opened(browser, file) as (page, _behaviour):
        found = {each["id"] for each in Axe().run(page).response["violations"]}
    assert {"html-has-lang", "color-contrast", "label", "svg-img-alt"} <= found


def test_one_language_is_seen_and_the_keyboard_changes_it(browser, pages):
    diagnosis = diagnose(recorded("vpn_down_tunnel_dead"))
    with opened(browser, pages["vpn_down_tunnel_dead"]) as (page, _behaviour):
        headings = page.locator("h1")
        for language in LANGUAGES:
            assert headings.locator("visible=true").all_inner_texts() == [verdict_sentence(diagnosis, Texts(language))]
            ring = page.locator(f"label[for=show-{language}]")
            page.keyboard.press("Tab") if language == "en" else None
            assert page.evaluate("document.activeElement.id") == f"show-{language}"
            assert ring.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"
            page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.id") == "show-en"


def test_without_style_all_languages_can_be_read(browser, pages):
    with opened(browser, pages["healthy"]) as (page, _behaviour):
        page.evaluate("document.querySelector('style').remove()")
        assert page.locator("h1").locator("visible=true").count() == len(LANGUAGES)


def test_the_page_turns_dark_with_the_system(browser, pages):
    def ground(scheme):
        with opened(browser, pages["healthy"], scheme=scheme) as (page, _behaviour):
            return page.evaluate("getComputedStyle(document.querySelector('.head')).backgroundColor")

    assert ground("light") == "rgb(255, 255, 255)"
    assert ground("dark") == "rgb(25, 33, 42)"


def test_the_runs_end_in_every_kind_of_answer():
    assert {diagnose(recorded(name)).verdict.state for name in RUNS} == set(VerdictState)


def test_what_is_chosen_is_printed_whole_and_no_page_is_empty(browser, pages, tmp_path):
    with opened(browser, pages["access_bufferbloat"], scheme="dark") as (page, _behaviour):
        choose(page, "ja")
        headings = page.locator(".in-ja :is(h1, h2, h3, caption)").all_inner_texts()
        (tmp_path / "page.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
    printed = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "page.pdf", "-"], check=True, capture_output=True, text=True
    ).stdout
    sheets = printed.removesuffix("\f").split("\f")
    assert all(len(sheet.strip()) > 40 for sheet in sheets)
    squeezed = "".join(printed.split())
    assert [heading for heading in headings if "".join(heading.split()) not in squeezed] == []
    assert verdict_sentence(diagnose(recorded("access_bufferbloat")), Texts("en")) not in printed
