"""Real runs, as the lab recorded them, on a result page of their own."""

import gzip
import json
from functools import cache
from pathlib import Path

from PySide6.QtWidgets import QWidget

from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.trials import Series, begin
from nexkit.profile import Support
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from report.codec import decode_record
from ui.gui.pages.result import ResultPage
from ui.gui.theme import current_theme, style_sheet

FOLDER = Path(__file__).parents[1] / "data" / "records"
RECORDS = sorted(file.name.partition(".")[0] for file in FOLDER.glob("*.json.gz"))


@cache
def recorded(name: str) -> RunRecord:
    """A run by the name of its scenario."""
    return decode_record(json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes())))


def series_of(run: str | RunRecord) -> Series:
    """A run, by its name or itself, as the page takes it."""
    record = recorded(run) if isinstance(run, str) else run
    return begin(record, diagnose(record))


def page_of(qtbot, series: Series, *, language: str = "en", narrow: bool = False) -> ResultPage:
    """A page that shows a run, in a window of its own (`page.window()`)."""
    window = QWidget()
    # Held until it is closed, and not by the page: in a ring the garbage collector would take them apart in any order.
    qtbot.addWidget(window, before_close_func=lambda _closing, _held=window: None)
    window.setStyleSheet(style_sheet(current_theme()))
    em = current_theme().em
    window.resize(round(em * (24 if narrow else 60)), round(em * 46))
    page = ResultPage(Texts(language), Support(name="Helpdesk", email="help@example.com"))
    page.setParent(window)
    page.resize(window.size())
    window.show()
    qtbot.waitExposed(window)
    page.show_result(series)
    return page
