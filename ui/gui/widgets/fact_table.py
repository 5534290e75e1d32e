"""A table of measurements: read with the keys, sorted by its heads, copied into a spreadsheet."""

import csv
import io
import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nexkit.texts import Texts
from report.tables.table import Table
from report.visible import visible, without_formulas
from ui.gui.pages.base import plain_label
from ui.gui.theme import current_theme

_MOST_EM = 60.0
"""Height; a longer table scrolls within itself."""
_NUMBER = re.compile(r"([<+\-]?\d+(?:\.\d+)?)\s*([A-Za-z%]*)")
_SIZES = {
    "ms": 1e-3, "min": 60.0, "h": 3600.0, "d": 86_400.0,
    "kB": 1e3, "MB": 1e6, "GB": 1e9, "kbit": 1e3, "Mbit": 1e6, "Gbit": 1e9,
}  # fmt: skip
"""Units as `nexkit/texts/numbers.py` writes them, in terms of their own base."""


def sort_key(words: str) -> tuple[int, float, str]:
    """Numbers by their size, whatever their unit; then words; then what is not known."""
    if words in {"", "–"}:
        return 2, 0.0, ""
    if (found := _NUMBER.match(words)) is None:
        return 1, 0.0, words.casefold()
    return 0, float(found[1].lstrip("<")) * _SIZES.get(found[2], 1.0), words


def as_tsv(rows: Sequence[Sequence[str]]) -> str:
    """Rows for a spreadsheet, which takes none of it for a formula."""
    text = io.StringIO()
    csv.writer(text, dialect="excel-tab", lineterminator="\n").writerows(
        [without_formulas(cell.replace("\t", " ")) for cell in row] for row in rows
    )
    return text.getvalue()


class _Cell(QTableWidgetItem):
    """Sorts numbers as numbers."""

    def __lt__(self, other: QTableWidgetItem) -> bool:
        """Whether this one comes first."""
        return sort_key(self.text()) < sort_key(other.text())


class FactTable(QTableWidget):
    """A read-only table; Ctrl+C copies the rows that are selected."""

    def __init__(self, name: str, table: Table, texts: Texts) -> None:
        _ = texts.gettext
        super().__init__(len(table.rows), len(table.columns))
        self._columns = [column or _("what") for column in table.columns]
        self.setObjectName(name)
        self.setAccessibleName(visible(table.title))
        self.setAccessibleDescription(visible(table.note))
        self.setHorizontalHeaderLabels(self._columns)
        self.horizontalHeader().setAccessibleName(_("Column heads"))
        self.verticalHeader().setVisible(False)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        for row, cells in enumerate(table.rows):
            for column, words in enumerate(cells):
                item = _Cell(visible(words, limit=None, keep="\n"))
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
                self.setItem(row, column, item)
        self._shape(headless=not any(table.columns))
        self._copy_action(
            _("&Copy the selected rows"), QKeySequence(QKeySequence.StandardKey.Copy), self._copy_selected
        )
        self._copy_action(_("Copy the &whole table"), None, self._copy_all)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _shape(self, *, headless: bool) -> None:
        """As wide as the words, as high as the rows, within limits."""
        em = current_theme().em
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMaximumSectionSize(round(em * 24))
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setVisible(not headless)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setMinimumSectionSize(round(em * 1.5))
        self.resizeColumnsToContents()
        for column in range(self.columnCount()):
            # The style's hint leaves no room for what the theme puts around the words of a head.
            self.setColumnWidth(column, self.columnWidth(column) + round(em * 0.9))
        if not headless:
            header.setSortIndicatorClearable(True)
            header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # as measured, until the user asks otherwise
            self.setSortingEnabled(True)
        self.currentItemChanged.connect(self._keep_in_sight)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The last column takes what is left, so the rows are as high as their words need now."""
        super().resizeEvent(event)
        if event.size().width() == event.oldSize().width():
            return
        for row in range(self.rowCount()):
            self.setRowHeight(row, self.sizeHintForRow(row))
        rows, most = self.verticalHeader().length(), round(current_theme().em * _MOST_EM)
        bar = self.horizontalScrollBar()
        around = self.height() - self.viewport().height() - (bar.height() if bar.isVisible() else 0)
        wide = self.horizontalHeader().length() > self.viewport().width()
        needed = rows + around + (bar.sizeHint().height() if wide else 0)
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if needed > most else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self.setVerticalScrollBarPolicy(policy)
        self.setFixedHeight(min(most, needed))

    @Slot(QTableWidgetItem)
    def _keep_in_sight(self, item: QTableWidgetItem | None) -> None:
        """The page scrolls along when the cell is moved with the keys."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        page = above.widget() if above is not None else None
        if item is not None and above is not None and page is not None:
            place = self.viewport().mapTo(page, self.visualItemRect(item).center())
            above.ensureVisible(0, place.y(), 0, round(current_theme().em * 3))

    def _copy_action(self, words: str, keys: QKeySequence | None, copy: Callable[[], None]) -> None:
        action = QAction(words, self)
        if keys is not None:
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(copy)
        self.addAction(action)

    def _row(self, row: int) -> list[str]:
        items = (self.item(row, column) for column in range(self.columnCount()))
        return [item.text() if item is not None else "" for item in items]

    def _copy_selected(self) -> None:
        rows = sorted({index.row() for index in self.selectedIndexes()})
        if rows:
            QGuiApplication.clipboard().setText(as_tsv([self._row(row) for row in rows]))

    def _copy_all(self) -> None:
        rows = [self._columns, *(self._row(row) for row in range(self.rowCount()))]
        QGuiApplication.clipboard().setText(as_tsv(rows))


def titled_table(name: str, table: Table, texts: Texts) -> QWidget:
    """A table with its title and what it is about."""
    box = QFrame()
    layout = QVBoxLayout(box)
    em = current_theme().em
    layout.setContentsMargins(0, 0, 0, round(em * 0.4))
    layout.setSpacing(round(em * 0.3))
    layout.addWidget(plain_label(table.title, "heading"))
    if table.note:
        layout.addWidget(plain_label(table.note, "muted"))
    layout.addWidget(FactTable(name, table, texts))
    return box
