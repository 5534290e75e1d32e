"""The round trips of a run as a table that grows while they come."""

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from nexkit.texts import Texts
from nexkit.texts.numbers import milliseconds
from ui.gui.theme import current_theme

Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()


class SamplesModel(QAbstractTableModel):
    """Number, time since the beginning, round trip."""

    def __init__(self, texts: Texts) -> None:
        _ = texts.gettext
        super().__init__()
        self._heads = (_("Number"), _("Since the start"), _("Round trip"))
        self._lost = _("lost")
        self._samples: list[tuple[float, float | None]] = []

    def show_samples(self, samples: list[tuple[float, float | None]]) -> None:
        """All samples of a run, in place of what was there."""
        self.beginResetModel()
        self._samples = list(samples)
        self.endResetModel()

    def add(self, at_s: float, rtt_ms: float | None) -> None:
        """One more; None is a loss."""
        row = len(self._samples)
        self.beginInsertRows(_TOP, row, row)
        self._samples.append((at_s, rtt_ms))
        self.endInsertRows()

    def rowCount(self, parent: Index = _TOP) -> int:
        """One row for each sample."""
        return 0 if parent.isValid() else len(self._samples)

    def columnCount(self, parent: Index = _TOP) -> int:
        """Three."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401  Qt's variant
        """The heads of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401  Qt's variant
        """A cell."""
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        at_s, rtt_ms = self._samples[index.row()]
        words = (str(index.row() + 1), f"{at_s:.2f} s", self._lost if rtt_ms is None else milliseconds(rtt_ms))
        return words[index.column()]


class SamplesTable(QTableView):
    """Follows the last sample as long as nobody scrolls up."""

    def __init__(self, name: str, title: str, texts: Texts) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.samples = SamplesModel(texts)
        self.setModel(self.samples)
        self.verticalHeader().setVisible(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setMinimumHeight(round(current_theme().em * 11))

    def add(self, at_s: float, rtt_ms: float | None) -> None:
        """One more sample."""
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum()
        self.samples.add(at_s, rtt_ms)
        if follows:
            self.scrollToBottom()
