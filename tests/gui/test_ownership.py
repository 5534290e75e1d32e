"""What nobody holds any more goes at once and as a whole.

A page in a ring of references is taken apart by the garbage collector in any order, children before what they stand
in; Qt does not survive that where the page is on the screen.
"""

import gc
import weakref

import pytest
from PySide6.QtWidgets import QAbstractButton, QTabWidget, QVBoxLayout, QWidget
from results import page_of, series_of

from nexkit.profile import Support
from nexkit.texts import Texts
from ui.gui.pages.about import AboutPage
from ui.gui.pages.base import empty, push_button
from ui.gui.pages.expert import ExpertPage
from ui.gui.pages.history import HistoryPage
from ui.gui.pages.result import ResultPage
from ui.gui.pages.watch import WatchPage
from ui.gui.rooms import RoomContext
from ui.gui.run_thread import Threads


@pytest.fixture
def by_count_alone():
    """Without the garbage collector, which would hide a ring."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("room", [WatchPage, HistoryPage, ExpertPage, AboutPage])
def test_a_room_holds_itself_by_nothing(qtbot, no_licence, memory, by_count_alone, room):
    window = QWidget()
    qtbot.addWidget(window)
    context = RoomContext(
        texts=Texts("en"),
        profile=no_licence,
        memory=memory,
        threads=Threads(window),
        runner=lambda: None,
        request=lambda: None,
        show_result=lambda _run: None,
    )
    page = room(context)
    context.threads.wait()
    gone = weakref.ref(page)
    del page
    assert gone() is None


@pytest.mark.parametrize("run", ["healthy", "access_loss", "access_bufferbloat"])
def test_a_result_holds_itself_by_nothing(qtbot, by_count_alone, run):
    page = ResultPage(Texts("en"), Support())
    page.show_result(series_of(run))
    gone = weakref.ref(page)
    del page
    assert gone() is None


def test_results_with_all_their_tables_open_come_and_go(qtbot):
    for run in ("access_bufferbloat", "access_loss") * 3:
        page = page_of(qtbot, series_of(run))
        for name in ("result.why", "result.details"):
            page.findChild(QAbstractButton, name).click()
        tabs = page.findChild(QTabWidget, "result.tabs")
        for number in range(tabs.count()):
            tabs.setCurrentIndex(number)
        page.show_result(series_of("healthy"))
        gc.collect()
        assert page.window().isVisible()
        page.window().close()
        del page, tabs
        gc.collect()


def test_what_is_taken_away_lives_until_its_button_is_let_go(qtbot):
    """A press may take its own button away."""
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(QWidget(window))  # a layout of its own would tell the window's least size
    seen = []

    class Row(QWidget):
        def press(self) -> None:
            empty(layout)
            seen.append(self.isHidden())

    row = Row()
    inner = QVBoxLayout(row)
    inner.addWidget(push_button("row.press", "Press", row.press))
    layout.addWidget(row)
    window.show()
    button = window.findChild(QAbstractButton, "row.press")
    del row, inner
    button.click()
    assert seen == [True]
    assert window.isVisible()
    qtbot.waitUntil(lambda: window.findChild(QAbstractButton, "row.press") is None)
