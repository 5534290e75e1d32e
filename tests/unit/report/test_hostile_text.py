"""Hostile text in every text of every fact, rendered by every face that is made of text: shown, and harmless."""

import io
import json
import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from any_fact import knowing_all
from sample_report import busy_line_diagnosis, example_profile, home_record, step

from nexkit.facts import BUILTIN_FACTS
from nexkit.outcome import Completed
from nexkit.subject import Subject
from nexkit.texts import Texts
from nexkit.texts.facts import fact_text
from report.html import report_html
from report.plain import UnknownFact, encode_fact
from report.summary import summary_text
from report.visible import MAX_CHARACTERS, hides_something, json_text, visible, without_formulas
from ui.cli.output import verdict_text
from ui.cli.streams import HarmlessStream

CORPUS = (
    "<script>alert(1)</script>",
    "</style><style>@import url(http://evil.example/x.css)</style>",
    '"><img src=http://evil.example/x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<a href=javascript:alert(1)>x</a>",
    "</bdi></td></table><h1>Healthy</h1>",
    "{{ 7 * 7 }}{% raw %}",
    "http://evil.example/ [link](http://evil.example/)",
    "a\u202egnp.exe\u2066b\u200b",
    "\x1b[2J\x1b]0;owned\x07\x9b31m",
    "line\r\nforged line\u2028another\u0085one",
    "=HYPERLINK(A1)",
    "\uff1dcmd|' /C calc'!A0",
    "\ud800half",
    "\0nul",
    "&lt;script&gt; &#60;b&#62;",
    "%s %n {0} {name}",
    "x" * 5000,
    "-- \t@SUM(1)",
)
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "p", "span", "b", "code", "header", "h1", "h2", "h3"),
    *("h4", "section", "ol", "ul", "li", "div", "a", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
    *("br", "bdi", "details", "summary", "pre", "footer", "figure", "figcaption", "svg", "path", "circle", "rect"),
    *("line", "text", "g", "polyline", "ellipse"),
}


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


def hostile_record(text):
    results = [
        step(f"s{number}", "p", Subject.COMPUTER, Completed(knowing_all(fact, text)))
        for number, fact in enumerate(BUILTIN_FACTS)
    ]
    results.append(step(text, text, Subject.ANCHOR, Completed(UnknownFact(kind=text, data={text: [text]}))))
    record = home_record(results=tuple(results))
    return replace(
        record,
        kit_version=text,
        system=knowing_all(type(record.system), text),
        request=replace(record.request, note=text, ticket=text, url=text, service_id=text),
        profile=replace(record.profile, id=text),
    )


def hostile_diagnosis(text):
    diagnosis = busy_line_diagnosis()
    finding = replace(
        diagnosis.findings[0],
        evidence=(text, "s1"),
        against=(text,),
        values={text: text, "rtt_ms": 1.0},
    )
    inspection = replace(finding, cause="security.inspection", values={"issuer": text, "hosts": 2})
    gaps = tuple(replace(gap, step=text, probe=text) for gap in diagnosis.not_tested)
    return replace(diagnosis, findings=(finding, inspection), not_tested=gaps, rules_version=text)


def nothing_invisible(text, keep="\n"):
    return {
        character
        for character in text
        if character not in keep and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    } == set()


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_a_page_holds_its_own_elements_and_nothing_of_the_data_in_an_attribute(text):
    named = replace(example_profile().profile, name={"en": text})
    page = report_html(hostile_record(text), hostile_diagnosis(text), named, Texts("en"), report_id=text[:40])
    parsed = Page(page)
    assert {tag for tag, _ in parsed.elements} <= ALLOWED
    for tag, attributes in parsed.elements:
        for name, given in attributes.items():
            value = given or ""
            assert not name.startswith("on"), tag
            assert name not in {"src", "srcset", "style", "xlink:href", "action", "data", "background"}, tag
            assert "evil" not in value, tag
            assert "http" not in value or attributes.get("http-equiv"), tag
            assert text not in value or len(text) < 2, tag
        assert attributes.get("href", "#").startswith("#")
    policy = [attributes["content"] for _, attributes in parsed.elements if "http-equiv" in attributes]
    assert policy
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'", policy[0])
    assert "<script" not in page
    assert nothing_invisible(page)
    assert "x" * (MAX_CHARACTERS + 1) not in re.sub(
        r"<p class=\"words\">.*?</p>|<pre>.*?</pre>", "", page, flags=re.DOTALL
    )


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_terminal_is_told_nothing(text, language):
    plain = io.StringIO()
    stream = HarmlessStream(plain)
    print(verdict_text(hostile_diagnosis(text), hostile_record(text), Texts(language)), file=stream)
    for fact in BUILTIN_FACTS:
        print(fact_text(knowing_all(fact, text), Texts(language)), file=stream)
    written = plain.getvalue()
    assert len(written) > 100
    assert nothing_invisible(written)


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
@pytest.mark.parametrize("fact", BUILTIN_FACTS, ids=lambda fact: fact.__name__)
def test_a_fact_as_json_is_harmless_and_the_same_to_every_reader(text, fact):
    document = encode_fact(knowing_all(fact, text))
    written = json_text(json.dumps(document, ensure_ascii=False))
    assert nothing_invisible(written)
    assert json.loads(written) == document


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_a_summary_is_no_formula_and_hides_nothing(text):
    profile = replace(example_profile().profile, name={"en": text})
    summary = summary_text(hostile_record(text), hostile_diagnosis(text), profile, Texts("en"), report_id="x")
    pasted = without_formulas(summary)
    assert nothing_invisible(pasted)
    for line in re.split(r"[\n\t]", pasted):
        assert unicodedata.normalize("NFKC", line)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", " =", "\r"])
def test_no_cell_begins_like_a_formula(start):
    assert without_formulas(f"{start}1+1") == f"'{start}1+1"
    assert without_formulas(f"a\t{start}1\nb\n{start}2") == f"a\t'{start}1\nb\n'{start}2"
    assert without_formulas(f"a{start}1") == f"a{start}1"


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_what_is_shown_is_short_and_visible(text):
    shown = visible(text)
    assert len(shown) <= MAX_CHARACTERS
    assert nothing_invisible(shown)
    assert not hides_something(shown)
