"""Hostile text in every text of every fact, rendered by every face that is made of text: shown, and harmless."""

import io
import json
import re
import unicodedata
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from any_fact import knowing_all
from hostile_texts import CORPUS, hostile_diagnosis, hostile_record
from sample_report import example_profile

from nexkit.facts import BUILTIN_FACTS
from nexkit.texts import Texts
from nexkit.texts.facts import fact_text
from report.html import report_html
from report.plain import encode_fact
from report.summary import summary_text
from report.visible import MAX_CHARACTERS, hides_something, json_text, visible, without_formulas
from ui.cli.output import verdict_text
from ui.cli.streams import HarmlessStream

ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "p", "span", "b", "code", "header", "h1", "h2", "h3"),
    *("h4", "section", "ol", "ul", "li", "div", "a", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td"),
    *("br", "bdi", "details", "summary", "pre", "footer", "figure", "figcaption", "svg", "path", "circle", "rect"),
    *("line", "text", "g", "polyline", "ellipse", "article", "caption", "strong", "input", "label"),
}


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, page):
        super().__init__()
        self.elements = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


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


def test_the_terminal_is_told_a_line_to_its_end_whatever_is_in_it():
    plain = io.StringIO()
    print("\u202etest: measured", file=HarmlessStream(plain))
    assert plain.getvalue() == "\\u202etest: measured\n"


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
