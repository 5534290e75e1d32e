"""Asks where to, writes the file beside the window, and says what became of it."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDir, QStandardPaths, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from report.files import write_whole
from ui.gui.pages.base import plain_label
from ui.gui.present import Mark
from ui.gui.run_thread import Threads
from ui.gui.theme import current_theme
from ui.gui.widgets.mark_label import MarkLabel
from ui.handover import problem_text


class SaveAs(QWidget):
    """One file at a time; it is there whole or not at all."""

    def __init__(self, name: str, threads: Threads, texts: Texts) -> None:
        super().__init__()
        self._threads = threads
        self._texts = texts
        self._contents: Callable[[], bytes] | None = None
        self.setObjectName(name)
        self.mark = MarkLabel(Mark.OK)
        self.said = plain_label("", name=f"{name}.said")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(current_theme().em * 0.5))
        row.addWidget(self.mark)
        row.addWidget(self.said, 1)
        self.clear()

    def clear(self) -> None:
        """Nothing was saved of what is shown now."""
        self.setVisible(False)

    def ask(self, file_name: str, name_filter: str, contents: Callable[[], bytes]) -> None:
        """Ask where to put a file of this name; `contents` is called beside the window."""
        self._contents = contents
        dialog = QFileDialog(self, self._texts.gettext("Save"))
        dialog.setObjectName(f"{self.objectName()}.dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(name_filter)
        dialog.setDefaultSuffix(Path(file_name).suffix)
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        if folder and Path(folder).is_dir():
            dialog.setDirectory(folder)
        dialog.selectFile(file_name)
        dialog.fileSelected.connect(self._write)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _write(self, name: str) -> None:
        contents, path = self._contents, Path(name)
        if contents is None:
            return

        def write() -> tuple[Path, int]:
            data = contents()
            write_whole(path, data)
            return path, len(data)

        self._threads.start(write, self._written, self._not_written)

    @Slot(object)
    def _written(self, written: tuple[Path, int]) -> None:
        path, size = written
        words = self._texts.gettext("Saved: {file} ({size})")
        self._say(Mark.OK, words.format(file=QDir.toNativeSeparators(str(path)), size=byte_size(size)))

    @Slot(object)
    def _not_written(self, error: object) -> None:
        self._say(Mark.BROKEN, problem_text(error, self._texts))

    def _say(self, mark: Mark, words: str) -> None:
        self.mark.show_mark(mark)
        self.said.setText(words)
        self.setVisible(True)
