"""A part of a page that is made when it is first looked at."""

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class Lazy(QWidget):
    """Empty until it is first shown; what is never opened costs nothing."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make: Callable[[], QWidget] | None = make
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)

    def showEvent(self, event: QShowEvent) -> None:
        """Make it."""
        if self._make is not None:
            make, self._make = self._make, None
            made = make()
            self._layout.addWidget(made)
            made.show()  # else it comes a moment after the rest
        self.updateGeometry()
        super().showEvent(event)

    def sizeHint(self) -> QSize:
        """Hidden it takes no room: of several tabs the one that is shown says how high they are."""
        return QSize(0, 0) if self.isHidden() else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return QSize(0, 0) if self.isHidden() else super().minimumSizeHint()

    def heightForWidth(self, width: int) -> int:
        """The same."""
        return 0 if self.isHidden() else super().heightForWidth(width)
