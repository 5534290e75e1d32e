"""Room: version, profile in force, where things are kept, and the licences of everything shipped."""

import platform
from pathlib import Path

from PySide6.QtCore import Qt, Slot, qVersion
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QPlainTextEdit, QPushButton, QWidget

from nexkit import __version__
from nexkit.platform.owner import NoHomeError, data_folder
from report.profile_words import profile_lines
from report.visible import visible
from ui.gui import links
from ui.gui.pages.base import TurningBox, buddy_label, card, plain_label, selectable_label
from ui.gui.rooms import RoomContext, RoomPage
from ui.gui.theme import current_theme
from ui.gui.widgets.file_view import FieldOfOne
from ui.shipped import Part, shipped_parts


class AboutPage(RoomPage):
    """What this program is, and what it is made of."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__(
            "about",
            context.texts,
            _("About nexkit"),
            _("Finds out where a network fault is. Nothing is measured and nothing leaves this computer unasked."),
        )
        self._context = context
        self._parts: tuple[Part, ...] = ()
        self._asked = False
        self.column.addWidget(self._program())
        self.column.addWidget(self._profile())
        self.column.addWidget(self._licences(), 1)

    def _program(self) -> QWidget:
        _ = self.texts.gettext
        frame, layout = card()
        layout.addWidget(plain_label(_("This program"), "heading"))
        version = _("Version {version} (Python {python}, Qt {qt})").format(
            version=__version__, python=platform.python_version(), qt=qVersion()
        )
        layout.addWidget(selectable_label(version, "about.version"))
        layout.addWidget(plain_label(_("Free software under the MIT licence; its text stands below."), "muted"))
        folder = _own_folder()
        self.folder = selectable_label("", "about.folder")
        words = _("Settings, keys and unfinished reports are kept in {folder}")
        self.folder.setText(words.format(folder=folder) if folder else _("Nothing is kept: this user has no home."))
        layout.addWidget(self.folder)
        self.open = QPushButton(_("Show the &folder"))
        self.open.setObjectName("about.open_folder")
        self.open.clicked.connect(self._open_folder)
        layout.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        self.open.setHidden(folder is None)
        return frame

    def _profile(self) -> QWidget:
        frame, layout = card()
        layout.addWidget(plain_label(self.texts.gettext("Profile in force"), "heading"))
        self.profile = selectable_label("", "about.profile")
        layout.addWidget(self.profile)
        return frame

    def _licences(self) -> QWidget:
        _ = self.texts.gettext
        em = current_theme().em
        frame, layout = card()
        layout.addWidget(plain_label(_("Licences of everything in it"), "heading"))
        self.search = FieldOfOne()
        layout.addWidget(buddy_label("about.search", _("&Search by name or by words of a licence"), self.search))
        layout.addWidget(self.search)
        self.list = QListWidget()
        self.list.setObjectName("about.parts")
        self.list.setAccessibleName(_("Parts of the program"))
        self.list.setMinimumHeight(round(em * 12))
        self.text = QPlainTextEdit()
        self.text.setObjectName("about.licence")
        self.text.setAccessibleName(_("Text of the licence"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(round(em * 12))
        layout.addWidget(TurningBox(self.list, self.text, least_em=34), 1)
        self.count = plain_label(_("The licences are being read …"), "muted", "about.count")
        layout.addWidget(self.count)
        self.search.textChanged.connect(self._filter)
        self.list.currentItemChanged.connect(self._show_text)
        return frame

    def entered(self) -> None:
        """What is accepted may have changed; the licences are read once."""
        context = self._context
        loaded, licence = context.memory.with_licence(context.profile, self.texts.language)
        self.profile.setText("\n".join(profile_lines(loaded, licence, self.texts)))
        if not self._asked:
            self._asked = True
            context.threads.start(shipped_parts, self._show_parts, self._not_read)

    def hideEvent(self, event: QHideEvent) -> None:
        """The next look begins with everything."""
        super().hideEvent(event)
        self.search.clear()

    @Slot(object)
    def _show_parts(self, parts: tuple[Part, ...]) -> None:
        self._parts = parts
        for part in parts:
            words = f"{part.name} {part.version}".strip()
            item = QListWidgetItem(visible(words))
            item.setToolTip(visible(part.licence))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, visible(f"{words}, {part.licence}"))
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self._filter()

    @Slot(object)
    def _not_read(self, error: object) -> None:
        self.count.setText(self.texts.gettext("The licences could not be read: {reason}").format(reason=str(error)))

    @Slot()
    def _filter(self) -> None:
        wanted = self.search.text().strip().lower()
        for row, part in enumerate(self._parts):
            held = wanted in part.name.lower() or wanted in part.licence.lower() or wanted in part.text.lower()
            self.list.item(row).setHidden(not held)
        shown = [row for row in range(self.list.count()) if not self.list.item(row).isHidden()]
        if self.list.currentRow() not in shown:
            self.list.setCurrentRow(shown[0] if shown else -1)
        words = self.texts.ngettext("{count} part", "{count} parts", len(shown))
        self.count.setText(words.format(count=len(shown)))

    @Slot()
    def _show_text(self) -> None:
        row = self.list.currentRow()
        if row < 0:
            self.text.setPlainText("")
            return
        part = self._parts[row]
        self.text.setPlainText(f"{part.name} {part.version}\n{part.licence}\n\n{part.text}")

    @Slot()
    def _open_folder(self) -> None:
        if (folder := _own_folder()) is not None:
            links.open_folder(folder)


def _own_folder() -> Path | None:
    """Where this user's data are kept; None where there is no place."""
    try:
        return data_folder()
    except NoHomeError:
        return None
