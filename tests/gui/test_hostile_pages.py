"""Hostile text in every text of every fact, on every page: Qt takes none of it for markup, and nothing stays hidden."""

import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTableWidget,
    QTextBrowser,
    QTextEdit,
    QWidget,
)
from test_wizard import WAIT_MS, measure, press, text

sys.path.append(str(Path(__file__).parents[1] / "unit" / "report"))
from hostile_texts import CORPUS, hostile_diagnosis, hostile_record

from nexkit.diagnosis.trials import begin
from nexkit.profile import Support
from nexkit.texts import Texts
from report.consent import Category
from report.decoder import Decoder
from report.draft import Hit
from report.masked import Masked
from report.tables.table import Table
from report.visible import shown_text
from ui.gui.pages.base import PlainLabel
from ui.gui.pages.save import SavePage
from ui.gui.widgets.fact_table import FactTable

HOSTILE = "<b>x</b><img src=x>\u202egnp\x1b[31m"
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hides(words: str) -> bool:
    return any(unicodedata.category(each) in HIDDEN and each not in "\n\u200c\u200d" for each in words)


def check_nothing_is_interpreted(window: QWidget) -> None:
    for label in window.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText or not label.text(), label.text()
        assert not label.openExternalLinks()
        assert not hides(label.text()), label.objectName()
    for table in window.findChildren(QTableWidget):
        for row in range(table.rowCount()):
            for column in range(table.columnCount()):
                item = table.item(row, column)
                assert "<" not in item.toolTip()
                assert not hides(item.text())
    for files in window.findChildren(QListWidget):
        assert not [files.item(row).toolTip() for row in range(files.count()) if files.item(row).toolTip()]
    for widget in window.findChildren(QWidget):
        assert "<" not in widget.toolTip(), widget.objectName()
        assert "<" not in widget.statusTip()
        assert "<" not in widget.whatsThis()
    assert window.findChildren(QTextEdit) == []
    assert window.findChildren(QTextBrowser) == []
    assert [box for box in QApplication.topLevelWidgets() if isinstance(box, QMessageBox)] == []


@pytest.mark.parametrize("hostile", [HOSTILE, *CORPUS[:12]], ids=range(13))
def test_no_page_takes_text_for_markup(qtbot, make_window, no_licence, hostile):
    profile = no_licence.profile
    named = replace(
        no_licence, profile=replace(profile, name={"en": hostile}, support=Support(name=hostile, email=hostile))
    )
    window = make_window(loaded=named)
    check_nothing_is_interpreted(window)
    measure(qtbot, window)
    record, diagnosis = hostile_record(hostile), hostile_diagnosis(hostile)
    window.result.show_result(begin(record, diagnosis))
    check_nothing_is_interpreted(window)
    press(qtbot, window, "wizard.main")
    hit = Hit(
        value=hostile,
        pattern=None,
        paths=("data/report.json",),
        around=hostile,
        steps=(hostile,),
        categories=frozenset({Category.NOTE}),
    )
    window.share.show_hits((hit,))
    window.share.show_warnings((hit,))
    check_nothing_is_interpreted(window)
    files = {f"data/{hostile}": hostile.encode("utf-8", "replace")}
    masked = (Masked(kind=hostile, shown=hostile, times=1),)
    decoder = Decoder(report_id=hostile, made_at=datetime.now(UTC), tokens={hostile: hostile}, shown={hostile: hostile})
    window.share.show_draft(files, {path: shown_text(data) for path, data in files.items()}, decoder, masked)
    window.share.lookup.field.setText(hostile)
    window.share.show_problem(hostile)
    check_nothing_is_interpreted(window)
    window.save.failed(hostile)
    check_nothing_is_interpreted(window)


def test_what_stands_behind_a_hidden_character_is_not_cut_off(qtbot):
    words = "\u202eoffice\x1b[31m: no answer"
    shown = "\\u202eoffice\\u001b[31m: no answer"
    assert PlainLabel(words).text() == shown
    table = FactTable("result.cells", Table(title="", columns=("",), rows=((words,),)), Texts("en"))
    qtbot.addWidget(table)
    assert table.item(0, 0).text() == shown


def test_what_is_copied_is_no_formula(qtbot, qapp):
    page = SavePage(Texts("en"), Support())
    qtbot.addWidget(page)
    page.offer("20261120T101500Z-554e9734", "=1+1\n- a\nb=2\n")
    page.copy.click()
    assert QGuiApplication.clipboard().text() == "'=1+1\n'- a\nb=2\n"
    assert page.findChild(QPlainTextEdit, "save.summary").toPlainText().startswith("=1+1")


def test_what_holds_a_report_back_is_left_out_or_let_in(qtbot, make_window, no_licence, monkeypatch):
    monkeypatch.setattr("report.draft.system_own_names", lambda: ("lantern-77",))
    window = make_window(loaded=no_licence)
    measure(qtbot, window)
    run = window.run
    system = replace(run.record.system, release="6.1 on lantern-77")
    window._reporting._run = replace(run, record=replace(run.record, system=system))
    press(qtbot, window, "wizard.main")
    press(qtbot, window, "share.tick_all")
    qtbot.waitUntil(lambda: window.findChild(QPushButton, "share.release.0") is not None, timeout=WAIT_MS)
    assert "lantern-77" in text(window, "share.hit.0")
    assert not window.share.consent.isEnabled()
    press(qtbot, window, "share.leave_out.0")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert Category.DEVICE not in window.draft.categories
    assert b'"hits_resolved": 1' in window.draft.files["data/report.json"]
    press(qtbot, window, f"share.{Category.DEVICE.value}")
    qtbot.waitUntil(lambda: window.findChild(QPushButton, "share.release.0") is not None, timeout=WAIT_MS)
    press(qtbot, window, "share.release.0")
    qtbot.waitUntil(lambda: window.flow.draft_ready, timeout=WAIT_MS)
    assert b"lantern-77" in window.draft.files["data/report.json"]
    assert "lantern-77" in text(window, "share.state")
