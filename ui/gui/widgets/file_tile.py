"""A file to take hold of: dragged out of the window, or copied by key, into a ticket or a mail."""

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, QUrl
from PySide6.QtGui import (
    QDrag,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QStandardItemModel,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QWidget

from nexkit.texts import Texts
from ui.gui.pages.base import plain_label
from ui.gui.theme import current_theme


def file_data(file: Path, *, copied: bool = False) -> QMimeData:
    """The file for whoever takes it: its address alone, not its bytes; `copied` adds the form of some file managers."""
    url = QUrl.fromLocalFile(str(file))
    data = _made_by_qt()
    data.setUrls([url])
    if copied:
        # GNOME Files and others that follow it paste nothing without this.
        data.setData("x-special/gnome-copied-files", b"copy\n" + url.toEncoded().data())
    return data


def _made_by_qt() -> QMimeData:
    """Data without any format, in an object of Qt's own making.

    The clipboard keeps it beyond the end of Python; one of Python's making crashes the program then (PySide 6.11).
    """
    model = QStandardItemModel(1, 1)
    data = model.mimeData([model.index(0, 0)])
    for kind in data.formats():
        data.removeFormat(kind)
    return data


class FileTile(QWidget):
    """The picture of a file with its name. Nothing is moved or deleted: whoever takes it gets a copy."""

    def __init__(self, name: str, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._file: Path | None = None
        self._pressed: QPoint | None = None
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        em = round(current_theme().em)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(round(em * 3.2), round(em * 0.6), em, round(em * 0.6))
        self.label = plain_label("")
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout.addWidget(self.label, 1)

    def show_file(self, file: Path) -> None:
        """Offer this file."""
        _ = self._texts.gettext
        self._file = file
        self.label.setText(_("{file}\nDrag it from here into the mail or ticket.").format(file=file.name))
        self.setAccessibleName(_("Report file {file}").format(file=file.name))
        self.setAccessibleDescription(_("Drag it into a mail or ticket, or copy it with the copy keys."))

    def copy(self) -> None:
        """Put the file on the clipboard, to be pasted where files can be."""
        if self._file is not None:
            QGuiApplication.clipboard().setMimeData(file_data(self._file, copied=True))

    def drag(self) -> QDrag | None:
        """The drag of the file, ready to begin; None without a file."""
        if self._file is None:
            return None
        drag = QDrag(self)
        drag.setMimeData(file_data(self._file))
        size = round(current_theme().em * 2.4)
        picture = QPixmap(QSize(size, size))
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self._paint_sheet(painter, QRectF(2, 2, size - 4, size - 4))
        painter.end()
        drag.setPixmap(picture)
        return drag

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A drag may begin."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It begins when the pointer has moved as far as the system wants."""
        if self._pressed is None:
            return
        moved = (event.position().toPoint() - self._pressed).manhattanLength()
        if moved >= QApplication.startDragDistance() and (drag := self.drag()) is not None:
            self._pressed = None
            # Qt holds the events while something is dragged; there is no other way to drag with it.
            drag.exec(Qt.DropAction.CopyAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """No drag."""
        super().mouseReleaseEvent(event)
        self._pressed = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of the system for copying."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            event.accept()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show it."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Back to rest."""
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A frame to take hold of, and a sheet of paper."""
        super().paintEvent(event)
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setBrush(theme.soft_accent)
        line = Qt.PenStyle.SolidLine if self.hasFocus() else Qt.PenStyle.DashLine
        painter.setPen(QPen(theme.accent, 2.0 if self.hasFocus() else 1.2, line))
        painter.drawRoundedRect(frame, theme.em * 0.4, theme.em * 0.4)
        side = theme.em * 1.9
        self._paint_sheet(painter, QRectF(theme.em * 0.7, (self.height() - side) / 2, side, side))
        painter.end()

    @staticmethod
    def _paint_sheet(painter: QPainter, box: QRectF) -> None:
        theme = current_theme()
        sheet = box.adjusted(box.width() * 0.14, 0, -box.width() * 0.14, 0)
        fold = sheet.width() * 0.35
        path = QPainterPath(sheet.topLeft())
        path.lineTo(sheet.right() - fold, sheet.top())
        path.lineTo(sheet.right(), sheet.top() + fold)
        path.lineTo(sheet.bottomRight())
        path.lineTo(sheet.bottomLeft())
        path.closeSubpath()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.card)
        painter.setPen(QPen(theme.accent, 1.4))
        painter.drawPath(path)
        for share in (0.5, 0.66, 0.82):
            height = sheet.top() + sheet.height() * share
            left, right = sheet.left() + sheet.width() * 0.2, sheet.right() - sheet.width() * 0.2
            painter.drawLine(round(left), round(height), round(right), round(height))
