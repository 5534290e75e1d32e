"""The page and the text: what they say, and that nothing in them can reach out or run."""

import base64
import hashlib
import random
import re
import shutil
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from sample_report import OWN_NAMES, busy_line_diagnosis, echo, home_record, network_state, reach, step

import nexkit.texts as texts_module
import report.html as html_module
from nexkit.diagnosis.verdict import Finding, NotTested, Rung, RungState, Segment, Severity, Verdict, VerdictState
from nexkit.outcome import Completed, Failed, Failure, FailureKind, SkipReason
from nexkit.subject import Subject
from nexkit.texts import LANGUAGES, Texts
from nexkit.texts.verdicts import verdict_sentence
from nexkit.texts.words import value_name
from report.consent import Category, consent_text, notice_text
from report.draft import ResidueError, make_draft
from report.html import report_html
from report.plain import UnknownFact
from report.residual import Residue, residual_scan
from report.summary import MAX_BYTES, summary_text
from report.visible import visible

HOSTILE = "<script>alert(1)</script><img src=x onerror=y>\"'&\u202egnp.exe\x00\x1b[31m"


class Page(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.text = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def page_of(record, diagnosis, profile, texts):
    return report_html(record, diagnosis, profile.profile, texts, report_id="20261120T101500Z-554e9734")


def hostile_record():
    state = network_state()
    return home_record(
        results=(
            step(
                "interfaces",
                "interfaces",
                Subject.COMPUTER,
                Completed(
                    replace(state, search_domains=(HOSTILE,), interfaces=(replace(state.interfaces[0], name=HOSTILE),))
                ),
            ),
            step("reach.service.mail", "reach", Subject.SERVICE, Completed(reach(issuer=HOSTILE))),
            step("ping.x", "ping", Subject.ANCHOR, Completed(replace(echo("198.18.0.10"), target=HOSTILE))),
            step("new.x", "new", Subject.ANCHOR, Completed(UnknownFact(kind=HOSTILE, data={"a": HOSTILE}))),
        ),
        request=replace(home_record().request, note=HOSTILE, ticket=HOSTILE),
        system=replace(home_record().system, release=HOSTILE),
    )


@pytest.mark.parametrize("make", [home_record, hostile_record])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_runs_nothing_and_reaches_nowhere(make, language, diagnosis, profile):
    page = Page(page_of(make(), diagnosis, profile, Texts(language)))
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "audio", "video", "use"}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "xlink:href"}]
        assert attributes.get("href", "#").startswith("#"), tag
    policy = next(attributes for tag, attributes in page.elements if attributes.get("http-equiv"))
    assert policy["content"].startswith("default-src 'none'; style-src 'sha256-")


def test_the_language_of_the_writer_is_chosen_and_every_other_one_is_there(record, diagnosis, profile):
    for language in LANGUAGES:
        page = page_of(record, diagnosis, profile, Texts(language))
        inputs = [attributes for tag, attributes in Page(page).elements if tag == "input"]
        assert {each["id"] for each in inputs} == {f"show-{each}" for each in LANGUAGES}
        assert [each["id"] for each in inputs if "checked" in each] == [f"show-{language}"]
        assert [a["lang"] for tag, a in Page(page).elements if tag in {"html", "article"}][:2] == [language] * 2
        for each in LANGUAGES:
            assert verdict_sentence(diagnosis, Texts(each)) in unescape(page)


def test_a_third_language_is_one_catalogue_more(record, diagnosis, profile, tmp_path, monkeypatch):
    shutil.copytree(texts_module._LOCALES, tmp_path / "locale")
    shutil.copytree(tmp_path / "locale" / "ja", tmp_path / "locale" / "fr")
    languages = texts_module.languages_of(tmp_path / "locale")
    assert languages == ("en", "fr", "ja")
    monkeypatch.setattr(texts_module, "_LOCALES", tmp_path / "locale")
    for module in (texts_module, html_module):
        monkeypatch.setattr(module, "LANGUAGES", languages)
    page = page_of(record, diagnosis, profile, Texts("en"))
    assert '<article class="page in-fr" lang="fr">' in page
    assert "#show-fr:checked ~ .page:not(.in-fr)" in page


def test_an_address_in_the_page_is_its_own(record, diagnosis, profile, texts):
    elements = Page(page_of(record, diagnosis, profile, texts)).elements
    names = [attributes["id"] for _tag, attributes in elements if "id" in attributes]
    assert len(names) == len(set(names))
    assert {a["href"] for tag, a in elements if tag == "a"} <= {f"#{name}" for name in names}


def test_two_languages_take_no_more_room_than_a_page_may(record, diagnosis, profile, texts):
    assert len(page_of(record, diagnosis, profile, texts).encode()) < 300_000


def test_the_policy_allows_exactly_the_page_s_own_style(record, diagnosis, profile, texts):
    page = page_of(record, diagnosis, profile, texts)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in page
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_text_is_shown_and_harmless(diagnosis, profile, texts):
    page = page_of(hostile_record(), diagnosis, profile, texts)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\\u202e" in page
    assert not {"\u202e", "\x00", "\x1b"} & set(page)


COMPLAINT = "Calls are bad; for some days; now and then; only me"


def test_the_page_says_verdict_findings_and_gaps(record, diagnosis, profile, texts):
    text = " ".join(Page(page_of(record, diagnosis, profile, texts)).text)
    for words in (
        "access.bufferbloat",
        "412 ms",
        "The fault is here",
        "ping.gateway6",
        "Example Corp",
        "INC-1042",
        COMPLAINT,
    ):
        assert words in text


def test_every_place_of_the_ladder_is_named(record, diagnosis, profile, texts):
    page = page_of(record, diagnosis, profile, texts)
    assert len(re.findall(r'<li class="s-', page)) == len(Segment) * len(LANGUAGES)
    assert page.count('<svg class="icon"') == len(Segment) * len(LANGUAGES)


@pytest.mark.parametrize("state", RungState)
def test_every_state_has_a_shape_and_a_word(state, record, profile, texts):
    ladder = tuple(Rung(segment=segment, state=state, because=()) for segment in Segment)
    page = page_of(record, replace(busy_line_diagnosis(), ladder=ladder), profile, texts)
    assert page.count('<svg class="mark"') == (1 + len(Segment)) * len(LANGUAGES)  # the verdict has one, too
    assert f'class="s-{state.value}' in page


def test_a_healthy_run_has_no_findings(record, diagnosis, profile, texts):
    healthy = replace(
        diagnosis,
        verdict=Verdict(state=VerdictState.HEALTHY, segment=None, cause=None, confidence=0.9),
        findings=(),
        not_tested=(),
    )
    text = " ".join(Page(page_of(record, healthy, profile, texts)).text)
    assert "What was found" not in text
    assert "The fault is here" not in text


def test_a_fact_of_a_newer_version_is_shown_raw(diagnosis, profile, texts):
    fact = UnknownFact(kind="WifiScan", data={"channels": [1, 6]})
    record = home_record(results=(step("wifi.scan", "wifi", Subject.COMPUTER, Completed(fact)),))
    text = " ".join(Page(page_of(record, diagnosis, profile, texts)).text)
    assert "WifiScan" in text
    assert '"channels"' in text


def test_a_run_in_which_everything_failed_is_a_page(diagnosis, profile, texts):
    record = home_record(
        results=(step("ping.x", "ping", Subject.ANCHOR, Failed(Failure(kind=FailureKind.TIMEOUT, step="open"))),)
    )
    assert "ping.x" in page_of(record, diagnosis, profile, texts)


def test_total_loss_and_no_samples_are_drawn(diagnosis, profile, texts):
    record = home_record(
        results=(
            step("ping.a", "ping", Subject.ANCHOR, Completed(echo("198.18.0.10", 3, 1.0, (0, 1, 2)))),
            step("ping.b", "ping", Subject.ANCHOR, Completed(echo("198.18.0.10", 0))),
        )
    )
    assert page_of(record, diagnosis, profile, texts).count('<svg class="chart"') == 2 * len(LANGUAGES)


def test_the_summary_fits_into_a_ticket(record, diagnosis, profile, texts):
    text = summary_text(record, diagnosis, profile.profile, texts, report_id="20261120T101500Z-554e9734")
    assert len(text.encode()) <= MAX_BYTES
    for words in (
        "access.bufferbloat",
        f"{value_name('working_rtt_ms', texts)} 412 ms",
        "load.test: download 84.3 Mbit/s, upload 9.8 Mbit/s",
        "INC-1042",
        COMPLAINT,
        "2026-11-20 10:15:00 UTC",
        "example-corp 7",
    ):
        assert words in text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_long_summary_is_cut_at_a_line_end(diagnosis, profile, language):
    finding = Finding(
        cause="lan.loss", severity=Severity.BLOCKING, confidence=0.9, evidence=("x",), values={"loss_ratio": 0.2}
    )
    gaps = tuple(NotTested(step=f"s{n}", probe="ping", reason=SkipReason.TIME_LIMIT) for n in range(99))
    long = replace(diagnosis, findings=(finding,) * 99, not_tested=gaps)
    text = summary_text(home_record(), long, profile.profile, Texts(language), report_id="x")
    assert len(text.encode()) <= MAX_BYTES
    assert text.endswith("\n…\n")


def test_what_the_user_did_not_share_is_named(record, diagnosis, profile, texts):
    draft = make_draft(record, diagnosis, profile, {Category.DEVICE}, texts, random.Random(1), own_names=OWN_NAMES)
    assert "Not shared by the user: lan.gateway4" in draft.files["data/summary.txt"].decode()
    assert "Calls break up" not in b"".join(draft.files.values()).decode()
    assert "data/measurements/echo.jsonl" not in draft.files


def test_a_private_value_in_the_final_bytes_holds_the_report_back(record, diagnosis, profile, texts):
    leaking = replace(record, system=replace(record.system, release="6.1 on taros-pc"))
    with pytest.raises(ResidueError) as caught:
        make_draft(leaking, diagnosis, profile, set(Category), texts, random.Random(1), own_names=OWN_NAMES)
    assert Residue("data/report.json", "taros-pc") in caught.value.residues
    assert "taros-pc" not in str(caught.value)


def test_what_the_user_typed_is_no_residue(record, diagnosis, profile, texts):
    typed = replace(record, request=replace(record.request, note="taros-pc cannot print"))
    draft = make_draft(typed, diagnosis, profile, set(Category), texts, random.Random(1), own_names=OWN_NAMES)
    assert "taros-pc cannot print" in draft.files["data/report.json"].decode()


def test_a_name_that_the_profile_uses_too_holds_nothing_back(record, diagnosis, profile, texts):
    naming = replace(profile, toml=b'[[service]]\nid = "mail"\n')
    draft = make_draft(record, diagnosis, naming, set(Category), texts, random.Random(1), own_names=("mail",))
    assert "reach.service.mail" in draft.files["data/report.json"].decode()


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("203.0.113.77", "to 203.0.113.77."),
        ("203.0.113.77", "cb00714d"),
        ("2001:db8::1", "at 2001:0db8:0000:0000:0000:0000:0000:0001"),
        ("3c:22:fb:9a:0b:7d", "3C-22-FB-9A-0B-7D"),
        ("3c:22:fb:9a:0b:7d", "3c22.fb9a.0b7d"),
        ("3c:22:fb:9a:0b:7d", "fe80::3e22:fbff:fe9a:0b7d"),
        ("taros-pc", "TAROS-PC.local"),
        ("Jörg", "j\\u00f6rg"),
        ("a b&c", "a%20b%26c"),
        ("a b&c", "a b&amp;c"),
        ("yamada.taro", "79616d6164612e7461726f"),
        ("yamada.taro", "eWFtYWRhLnRhcm8="),
    ],
)
def test_the_scan_knows_the_spellings(secret, text):
    assert residual_scan({"data/x.txt": text.encode()}, [secret]) == (Residue("data/x.txt", secret),)


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("203.0.113.7", "203.0.113.77"),
        ("203.0.113.0", "203.0.113.0/24#ip-aaaaaaaa"),
        ("taro", "the tarot"),
        ("ab", "ab"),
        ("gateway", "gateway"),
    ],
)
def test_the_scan_is_not_fooled_by_neighbours(secret, text):
    assert residual_scan({"data/report.json": text.encode()}, [secret]) == ()


def test_a_plain_word_is_looked_for_in_the_data_alone():
    files = {"data/report.html": b"router lantern", "data/report.json": b'"lantern"'}
    assert residual_scan(files, ["lantern"]) == (Residue("data/report.json", "lantern"),)


def test_invisible_characters_become_visible():
    assert visible("a\u202eb\x00c\ud800\U000e0001") == "a\\u202eb\\u0000c\\ud800\\U000e0001"
    assert visible("x" * 300) == "x" * 255 + "…"
    assert visible("a\nb", keep="\n") == "a\nb"
    assert visible("x" * 300 + "\u202eend", limit=None) == "x" * 300 + "\\u202eend"


@pytest.mark.parametrize("category", Category)
def test_every_category_is_explained(category, texts):
    title, contains = consent_text(category, texts)
    assert title
    assert contains.endswith(".")
    assert contains in notice_text(texts)


def test_what_the_connection_is_good_for_stands_with_its_numbers(record, diagnosis, profile, texts):
    words = "".join(Page(page_of(record, diagnosis, profile, texts)).text)
    assert "Calls and video meetings" in words
    assert "round trip under load 412 ms (good up to 100 ms)" in words
    assert "Remote desktop" not in words, "too little was measured for it"
    assert "good for" not in page_of(record, replace(diagnosis, suitability=()), profile, texts)
