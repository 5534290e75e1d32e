"""The report as a PDF: what the page says stands in it as text that can be found, whoever wrote it."""

import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QTextLayout

from nexkit.diagnosis.engine import diagnose
from nexkit.texts import LANGUAGES, Texts
from report.codec import decode_record
from report.figures import PAPER
from report.view import report_view
from ui.gui.paper import Style, Words, pt
from ui.gui.pdf import report_pdf, write_pdf

pytestmark = pytest.mark.skipif(
    os.environ.get("CI") != "true" and not shutil.which("pdftotext"), reason="needs poppler's programs"
)
DATA = Path(__file__).parents[1] / "data"
RUNS = ("healthy", "access_bufferbloat", "vpn_down_tunnel_dead")
REPORT_ID = "20261120T101500Z-554e9734"
A4_PT = ("595", "842")


def recorded(name):
    return decode_record(json.loads(gzip.decompress((DATA / "records" / f"{name}.json.gz").read_bytes())))


def made(record, language="en"):
    return report_pdf(record, diagnose(record), None, Texts(language), report_id=REPORT_ID)


def told(program, data, *options):
    """What a program of poppler says of a file."""
    file = ["-"] if program == "pdftotext" else []
    return subprocess.run([program, *options, "-", *file], input=data, check=True, capture_output=True).stdout.decode()


def squeezed(text):
    return "".join(text.split())


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_the_page_says_is_found_in_it(name, language):
    record = recorded(name)
    view = report_view(record, diagnose(record), None, Texts(language), report_id=REPORT_ID, colours=PAPER)
    text = squeezed(told("pdftotext", made(record, language), "-raw"))
    said = [view.state, view.sentence, view.complaint, *view.advice, *(place.name for place in view.way)]
    said += [each.text.title for each in (*view.findings, *view.context)]
    said += [chart.title for chart in view.charts]
    said += [table.title for chapter in view.chapters for table in chapter.tables]
    said += [step for step, *_rest in view.steps.rows]
    assert [words for words in said if squeezed(words) not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_its_number_and_the_reports(language):
    texts = Texts(language)
    sheets = told("pdftotext", made(recorded("healthy"), language), "-layout").removesuffix("\f").split("\f")
    assert len(sheets) > 3
    for number, sheet in enumerate(sheets, start=1):
        assert REPORT_ID in sheet
        foot = texts.gettext("Page {number} of {count}").format(number=number, count=len(sheets))
        assert squeezed(foot) in squeezed(sheet)
        assert len(sheet.split()) > 30, "an empty page"


def test_it_is_a4_has_a_title_and_brings_its_fonts():
    data = made(recorded("access_bufferbloat"), "ja")
    about = dict(line.split(":", 1) for line in told("pdfinfo", data).splitlines() if ":" in line)
    assert REPORT_ID in about["Title"]
    assert tuple(re.findall(r"(\d+)(?:\.\d+)? x (\d+)", about["Page size"])[0]) in {
        A4_PT,
        ("594", "841"),
        ("595", "841"),
    }
    fonts = told("pdffonts", data).splitlines()[2:]
    assert fonts
    for font in fonts:
        embedded, _subset, unicode_, *_object = font.split()[-5:]
        assert (embedded, unicode_) == ("yes", "yes"), font


def test_japanese_letters_are_those_that_one_looks_for():
    text = told("pdftotext", made(recorded("access_bufferbloat"), "ja"))
    assert "方向" in text
    assert re.findall(r"[\u2e80-\u2fdf\u2027\u2215\ufb00-\ufb06]", text) == []


def test_drawings_and_charts_are_lines():
    assert b"/Subtype /Image" not in made(recorded("access_bufferbloat"))


def test_nothing_in_a_text_is_markup_or_fetched(tmp_path):
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><text>SECRET</text></svg>')
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        sources = (f"http://127.0.0.1:{server.getsockname()[1]}/x.png", (tmp_path / "secret.svg").as_uri())
        text = " ".join(f'<b>bold</b><img src="{source}"><a href="{source}">x</a>' for source in sources)
        whole = recorded("healthy")
        record = replace(
            whole,
            request=replace(whole.request, note=text, ticket=text[:200]),
            system=replace(whole.system, release=text[:200]),
            kit_version=text[:200],
        )
        data = report_pdf(record, diagnose(record), None, Texts("en"), report_id=text[:60])
        with pytest.raises(BlockingIOError):
            server.accept()
    for word in (b"/URI", b"/Link", b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/Subtype /Image"):
        assert word not in data
    read = squeezed(told("pdftotext", data, "-raw"))
    assert squeezed(text) in read
    assert "SECRET" not in read


def test_what_is_invisible_is_shown_as_its_number():
    whole = recorded("healthy")
    record = replace(whole, request=replace(whole.request, note="a\u202egnp.exe\x00 \U0001f600\ud800 z"))
    assert "a\\u202egnp.exe\\u0000" in told("pdftotext", made(record))


def test_a_text_of_many_pages_loses_no_word():
    whole = recorded("healthy")
    words = [f"word{number}" for number in range(450)]
    record = replace(whole, request=replace(whole.request, note="\n".join(words)))
    read = told("pdftotext", made(record), "-raw").split()
    assert [word for word in read if re.fullmatch(r"word\d+", word)] == words


def test_a_row_of_many_pages_loses_no_line():
    whole = recorded("healthy")
    first = whole.results[0]
    state = first.outcome.fact
    names = tuple(f"d{number}.test" for number in range(300))
    outcome = replace(first.outcome, fact=replace(state, search_domains=names))
    record = replace(whole, results=(replace(first, outcome=outcome), *whole.results[1:]))
    read = told("pdftotext", made(record), "-raw").split()
    assert [word for word in read if re.fullmatch(r"d\d+\.test", word)] == list(names)


def test_it_can_be_made_beside_the_window(tmp_path):
    record = recorded("healthy")
    arguments = (tmp_path / "r.pdf", record, diagnose(record), None, Texts("ja"))
    thread = threading.Thread(target=write_pdf, args=arguments, kwargs={"report_id": REPORT_ID})
    thread.start()
    thread.join()
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "r.pdf").stat().st_mode & 0o077 == 0


def test_the_command_line_needs_no_screen(tmp_path):
    hidden = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "QT_QPA_PLATFORM"}}
    command = [sys.executable, "-m", "ui.cli", "show", DATA / "reports" / "schema-1.nexkit.zip", "--lang", "ja"]
    shown = subprocess.run(
        [*command, "--pdf", tmp_path / "r.pdf"], capture_output=True, check=False, cwd=DATA.parents[1], env=hidden
    )
    assert shown.returncode == 1, shown.stderr
    assert shown.stderr == b""
    assert "アクセス回線" in told("pdftotext", (tmp_path / "r.pdf").read_bytes())


def test_words_that_wait_for_their_page_hold_no_layout(qtbot):
    words = Words(("many words " * 50, Style()))
    assert words.height(pt(200)) > 0
    assert not any(isinstance(part, QTextLayout) for part in vars(words).values())
