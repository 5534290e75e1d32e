"""The tabs for engineers, filled from real runs: nothing breaks, all is named, sorted, copied, reached by the keys."""

import csv
import io
import json
import time
from dataclasses import replace
from statistics import median

import pytest
from fitting import settled
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTableWidget,
    QTabWidget,
    QWidget,
)
from results import RECORDS, page_of, recorded, series_of

from nexkit.facts.echo import EchoStats
from nexkit.facts.load import LoadTest
from nexkit.facts.network import NetworkState
from nexkit.facts.path import PathMethod, PathTrace
from nexkit.facts.reach import Reach
from nexkit.outcome import Completed
from nexkit.texts import Texts
from report.codec import encode_record
from report.tables.table import Table, measured
from ui.gui.widgets.fact_table import FactTable, as_tsv, sort_key
from ui.gui.widgets.load_chart import LoadChart
from ui.gui.widgets.timing_bars import TimingBars

TEXTS = Texts("en")
FINDINGS, PATH, DNS, ADDRESSES, REACH, LOAD, STEPS, RAW = range(8)


def tabs_of(page) -> QTabWidget:
    tabs = page.findChild(QTabWidget, "result.tabs")
    if not tabs.isVisible():
        page.findChild(QAbstractButton, "result.details").click()
    return tabs


def tab(page, number):
    tabs = tabs_of(page)
    tabs.setCurrentIndex(number)
    return tabs.widget(number)


def tables(widget) -> list[QTableWidget]:
    return widget.findChildren(QTableWidget)


@pytest.mark.parametrize(("language", "names"), [("en", RECORDS[::12]), ("ja", RECORDS[6::40])])
def test_every_tab_of_many_real_runs_has_what_was_measured(qtbot, language, names):
    for name in names:
        record = recorded(name)
        page = page_of(qtbot, series_of(name), language=language)
        page.findChild(QAbstractButton, "result.why").click()
        wanted = {
            PATH: measured(record, EchoStats) or measured(record, PathTrace),
            ADDRESSES: measured(record, NetworkState),
            REACH: measured(record, Reach),
            LOAD: measured(record, LoadTest),
            STEPS: record.results,
            FINDINGS: True,
        }
        for number, facts in wanted.items():
            shown = tables(tab(page, number))
            assert bool(shown) is bool(facts), f"{name}: {tabs_of(page).tabText(number)}"
            for table in shown:
                assert table.rowCount()
                assert table.accessibleName()
                assert all(table.horizontalHeaderItem(column).text() for column in range(table.columnCount()))
        assert bool(page.findChildren(TimingBars)) is any(reach.attempts for _, reach in measured(record, Reach)), name
        assert bool(page.findChildren(LoadChart)) is bool(measured(record, LoadTest)), name
        page.window().close()


def test_the_page_is_there_at_once_and_no_tab_keeps_the_window_waiting(qtbot):
    series = series_of("internet_peering_loss_most")
    page = page_of(qtbot, series)
    took_s = []
    for _round in range(5):
        began = time.thread_time()
        page.show_result(series)
        took_s.append(time.thread_time() - began)
    assert median(took_s) < 0.05
    for number in range(tabs_of(page).count()):
        began = time.thread_time()
        tab(page, number)
        assert time.thread_time() - began < 0.2, tabs_of(page).tabText(number)


def test_tabs_are_made_when_they_are_first_looked_at(qtbot):
    page = page_of(qtbot, series_of("healthy"))
    assert tables(page) == []
    tab(page, PATH)
    assert len(tables(tabs_of(page).widget(PATH))) > 0
    assert tables(tabs_of(page).widget(REACH)) == []


def test_loss_of_a_router_that_does_not_go_on_is_called_harmless(qtbot):
    record = recorded("healthy")
    results = tuple(
        replace(result, outcome=Completed(_with_lazy_router(result.outcome.fact)))
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, PathTrace)
        else result
        for result in record.results
    )
    page = page_of(qtbot, series_of(replace(record, results=results)))
    routers = next(table for table in tables(tab(page, PATH)) if table.accessibleName() == "Routers on the way")
    heads = [routers.horizontalHeaderItem(number).text() for number in range(routers.columnCount())]
    assert {"hop", "address", "lost", "best", "median", "worst"} <= set(heads)
    assert column(routers, heads.index("lost"))[0] == "harmless: a later hop loses nothing"


def _with_lazy_router(trace):
    first, *rest = trace.hops
    hops = (replace(first, received=1), *(replace(hop, received=hop.sent) for hop in rest))
    return replace(trace, hops=hops, method=PathMethod.ICMP)


# Tables


def a_table(qtbot, *rows, columns=("who", "time")):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    table = FactTable("x.table", Table(title="T", columns=columns, rows=rows), TEXTS)
    table.setParent(window)
    table.kept = window
    table.resize(window.size())
    window.show()
    return table


def column(table, number):
    return [table.item(row, number).text() for row in range(table.rowCount())]


def test_columns_sort_by_size_whatever_the_unit(qtbot):
    rows = [("a", "2.4 s"), ("b", "–"), ("c", "410 ms"), ("d", "0.42 ms"), ("e", "timeout (connect)"), ("f", "12.3 ms")]
    table = a_table(qtbot, *rows)
    assert column(table, 0) == list("abcdef"), "as measured until a head is pressed"
    header = table.horizontalHeader()
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=header.viewport().rect().center())
    table.sortItems(1, Qt.SortOrder.AscendingOrder)
    assert column(table, 1) == ["0.42 ms", "12.3 ms", "410 ms", "2.4 s", "timeout (connect)", "–"]
    assert sort_key("940 kbit/s") < sort_key("18.9 Mbit/s") < sort_key("1.2 Gbit/s")
    assert sort_key("-72 dBm") < sort_key("-58 dBm")


def test_selected_rows_are_copied_for_a_spreadsheet(qtbot):
    table = a_table(qtbot, ("a", "1 ms"), ("=1+1", "2 ms\n3 ms"), ("c", "4 ms"))
    table.selectRow(1)
    with qtbot.waitActive(table.window()):
        table.window().activateWindow()
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert list(csv.reader(io.StringIO(text), dialect="excel-tab")) == [["'=1+1", "2 ms\n3 ms"]]
    whole = next(action for action in table.actions() if action.shortcut().isEmpty())
    whole.trigger()
    rows = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text()), dialect="excel-tab"))
    assert rows[0] == ["who", "time"]
    assert len(rows) == 4
    assert as_tsv([["a\tb", "c"]]) == "a b\tc\n"


def test_a_table_speaks_to_assistive_technology(qtbot):
    table = a_table(qtbot, ("a", "1 ms"), columns=("", "time"))
    seen = QAccessible.queryAccessibleInterface(table)
    assert seen.role() is QAccessible.Role.Table
    assert seen.text(QAccessible.Text.Name) == "T"
    parts = [seen.child(number) for number in range(seen.childCount())]
    heads = [part.text(QAccessible.Text.Name) for part in parts if part.role() is QAccessible.Role.ColumnHeader]
    assert heads == ["what", "time"]
    assert "1 ms" in [part.text(QAccessible.Text.Name) for part in parts]
    headless = a_table(qtbot, ("a", "1 ms"), columns=("", ""))
    assert not headless.findChild(QHeaderView).isVisible()


# Raw facts


def test_raw_facts_are_searched_and_copied_whole(qtbot):
    page = page_of(qtbot, series_of("dns_name_missing"))
    tab(page, RAW)
    field = page.findChild(QLineEdit, "result.raw.search")
    field.setText("nxdomain")
    view = page.findChild(QPlainTextEdit, "result.raw.text")
    assert "places" in page.findChild(QLabel, "result.raw.found").text()
    assert view.textCursor().selectedText() == "NXDOMAIN"
    first = view.textCursor().position()
    page.findChild(QAbstractButton, "result.raw.next").click()
    assert view.textCursor().position() > first
    field.setText("not in there at all")
    assert page.findChild(QLabel, "result.raw.found").text() == "0 places"
    page.findChild(QAbstractButton, "result.raw.copy").click()
    assert json.loads(QGuiApplication.clipboard().text()) == encode_record(recorded("dns_name_missing"))


# Keyboard


def test_why_and_every_tab_are_reached_by_the_keys_alone(qtbot):
    page = page_of(qtbot, series_of("access_bufferbloat"))
    with qtbot.waitActive(page.window()):
        page.window().activateWindow()
    page.focus_first()
    assert QApplication.focusWidget().objectName() == "result.why"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    assert page.findChild(QLabel, "result.why.1.for").isVisible()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget().objectName() == "result.details"
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    tabs = page.findChild(QTabWidget, "result.tabs")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is tabs.tabBar()
    for number in range(1, tabs.count()):
        QTest.keyClick(tabs.tabBar(), Qt.Key.Key_Right)
        assert tabs.currentIndex() == number
    QTest.keyClick(tabs.tabBar(), Qt.Key.Key_Left)
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    table = QApplication.focusWidget()
    assert table.objectName() == "result.steps"
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert table.currentRow() >= 0
    QTest.keyClick(table, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is not table, "Tab leaves the table"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_cut_off_in_a_narrow_window(qtbot, language):
    page = page_of(qtbot, series_of("dns_resolver_unreachable"), language=language, narrow=True)
    page.findChild(QAbstractButton, "result.why").click()
    for number in range(tabs_of(page).count()):
        tab(page, number)
        settled(qtbot, page)
