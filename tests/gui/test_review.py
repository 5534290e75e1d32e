"""Review before sharing: what is in each category, search in the files, what was replaced; long files block nothing."""

import json
import time
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QLabel
from test_sharing import to_share
from test_wizard import WAIT_MS, press, text, to_preview

from nexkit.run_record import ProfileTrust
from nexkit.texts import Texts
from report.consent import Category
from report.visible import shown_text
from ui.gui.pages.base import PageBase
from ui.gui.widgets.file_view import FileView, FindBar, Search

MAC = "02:00:00:00:00:01"
LONGEST_BLOCK_S = 0.05


@pytest.fixture
def signed(no_licence):
    """A profile that somebody vouches for: under another one nothing but figures is shared."""
    return replace(no_licence, reference=replace(no_licence.reference, trust=ProfileTrust.SIGNED))


def test_every_category_unfolds_to_what_is_in_this_run(qtbot, make_window, signed):
    window = make_window(loaded=signed)
    to_share(qtbot, window)
    unfold = window.share.findChild(QObject, "share.items.names")
    qtbot.waitUntil(unfold.isVisible, timeout=WAIT_MS)
    press(qtbot, window, "share.items.names")
    shown = "\n".join(label.text() for label in window.share._items[Category.NAMES].findChildren(QLabel))
    asked = [result for result in window.run.record.results if result.probe == "dns"]
    for result in asked:
        assert f"{result.outcome.fact.resolver}: {len(result.outcome.fact.queries)} of" in shown
    assert "replaced or shortened" in shown
    assert not window.share._items[Category.LOAD]._unfold.button.isEnabled()


def test_nothing_private_is_in_what_a_category_is_said_to_have(qtbot, make_window, signed):
    window = make_window(loaded=signed)
    to_share(qtbot, window)
    qtbot.waitUntil(window.share._items[Category.DEVICE].isVisible, timeout=WAIT_MS)
    press(qtbot, window, "share.items.device")
    shown = "\n".join(label.text() for label in window.share._items[Category.DEVICE].findChildren(QLabel))
    assert "hardware addresses: 1 replaced" in shown
    assert MAC not in shown


def test_what_was_replaced_is_listed_and_looked_up_here_alone(qtbot, make_window, signed):
    window = make_window(loaded=signed)
    to_preview(qtbot, window)
    press(qtbot, window, "share.replaced")
    listed = [window.share.lookup.list.item(row).text() for row in range(window.share.lookup.list.count())]
    (line,) = [line for line in listed if line.startswith("Hardware address")]
    token = line.partition(": ")[2].partition(" ")[0]
    files = b"".join(window.share._files.values()).decode()
    assert f"({files.count(token)} times)" in line
    assert MAC not in files
    assert MAC not in "\n".join(listed)
    assert not text(window, "share.looked_up")
    window.share.lookup.list.setCurrentRow(listed.index(line))
    assert MAC in text(window, "share.looked_up")
    window.share.lookup.field.setText(MAC)
    assert token in text(window, "share.looked_up")
    window.share.lookup.field.setText("host-zzzzzzzz")
    assert "No replaced word" in text(window, "share.looked_up")


def test_a_changed_choice_takes_the_list_of_replacements_away(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    press(qtbot, window, f"share.{Category.VERDICT.value}")
    assert not window.share.replaced.isVisible()
    assert window.share.lookup.list.count() == 0


def test_the_search_goes_through_all_files_by_keyboard(qtbot, make_window, no_licence):
    window = make_window(loaded=no_licence)
    to_preview(qtbot, window)
    share = window.share
    share.content.setFocus()
    qtbot.keyClick(share.content, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.focusWidget() is share.find_bar.field
    qtbot.keyClicks(share.find_bar.field, "EXTERNAL_NOWHERE")
    qtbot.keyClick(share.find_bar.field, Qt.Key.Key_Return)
    assert "Not found" in text(window, "share.found")
    share.find_bar.field.clear()
    qtbot.keyClicks(share.find_bar.field, "Record_ID")
    qtbot.keyClick(share.find_bar.field, Qt.Key.Key_Return)
    assert text(window, "share.found") == "1 of 1, in data/consent.json"
    assert json.loads(share.content.toPlainText())["record_id"]
    assert window.flow.page.value == "share"  # the Enter key has pressed no button of the page
    share.find_bar.field.setText("schema")
    share.find_bar.search()
    total = sum(shown.lower().count("schema") for shown in share._shown.values())
    assert f"of {total}," in text(window, "share.found")
    before = text(window, "share.found")
    for key in (QKeySequence.StandardKey.FindNext, QKeySequence.StandardKey.FindPrevious):
        (combination, *_others) = QKeySequence.keyBindings(key)
        press_key = combination[0]
        qtbot.keyClick(share.content, press_key.key(), press_key.keyboardModifiers())
    assert text(window, "share.found") == before


def test_the_last_place_is_followed_by_the_first(qtbot):
    page = PageBase("page", Texts("en"), "Page")
    qtbot.addWidget(page)
    view = FileView("view", "View")
    bar = FindBar(page, "page", Texts("en"), view)
    qtbot.addWidget(view)
    qtbot.addWidget(bar)
    view.show_text("🎌 ab ab")
    bar.show_path("one")
    bar.set_files({"one": "🎌 ab ab", "two": "xx"})
    bar.field.setText("AB")
    bar.search()
    bar.back()
    assert bar.count.text() == "2 of 2, in one"
    bar.on()
    assert bar.count.text() == "1 of 2, in one"
    marked = view.extraSelections()
    assert [mark.cursor.selectedText() for mark in marked] == ["ab", "ab"]


def test_places_are_found_whatever_the_letters_become_in_small():
    assert [place.start for place in Search({"a": "İİ x"}).places("x")] == [3]
    assert Search({"a": "abc"}).places("") == ()


def test_what_would_act_unseen_in_a_file_is_shown():
    assert shown_text("a\u202eb\x1b[31m\n\tc".encode()) == "a\\u202eb\\u001b[31m\n\tc"


@pytest.mark.measures
@pytest.mark.parametrize("made", ["lines", "one_line"])
def test_a_file_of_two_megabytes_blocks_nothing(qtbot, made):
    lines = [json.dumps({"at_s": number * 0.1, "rtt_ms": 1.25}) for number in range(60_000)]
    data = ("\n" if made == "lines" else " ").join(lines)[: 2_000_000 if made == "lines" else 200_000]
    view = FileView("view", "View")
    qtbot.addWidget(view)
    view.resize(600, 400)
    view.show()
    qtbot.waitExposed(view)
    worst, last = 0.0, time.perf_counter()

    def beat() -> None:
        nonlocal worst, last
        now = time.perf_counter()
        worst, last = max(worst, now - last), now

    heart = QTimer()
    heart.setInterval(0)
    heart.timeout.connect(beat)
    heart.start()
    view.show_text(data)
    qtbot.waitUntil(lambda: view.whole, timeout=WAIT_MS)
    heart.stop()
    assert view.toPlainText() == data
    assert worst < LONGEST_BLOCK_S * 4  # of a busy machine; alone it is far below
