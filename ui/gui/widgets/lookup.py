"""What was replaced in a report, and what a replacement stands for: on this screen alone, and only on demand."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from nexkit.texts import Texts
from report.decoder import Decoder
from report.masked import Masked, kind_text
from report.visible import visible
from ui.gui.pages.base import plain_label
from ui.gui.theme import current_theme
from ui.gui.widgets.file_view import FieldOfOne

_LEAST = 3
"""Characters that have to be typed."""
_SHOWN = 20
"""Answers."""


class Lookup(QWidget):
    """A list of replacements, and a field that answers what one stands for."""

    def __init__(self, name: str, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        self._decoder: Decoder | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.said = plain_label("", "muted", f"{name}.masked_said")
        layout.addWidget(self.said)
        self.list = QListWidget()
        self.list.setObjectName(f"{name}.masked")
        self.list.setAccessibleName(_("What was replaced"))
        self.list.setWordWrap(True)
        self.list.setFixedHeight(round(current_theme().em * 9))
        self.list.currentItemChanged.connect(self._chosen)
        layout.addWidget(self.list)
        layout.addWidget(
            plain_label(
                _(
                    "If the support desk asks about one of these words, you can see here what it stands for. Choose or "
                    "type it. This is shown on this screen only, and is not in the report."
                )
            )
        )
        self.field = FieldOfOne()
        self.field.setObjectName(f"{name}.lookup")
        self.field.setAccessibleName(_("Replaced word or original"))
        self.field.setPlaceholderText(_("Replaced word or original"))
        self.field.textChanged.connect(self.look_up)
        layout.addWidget(self.field)
        self.answer = plain_label("", name=f"{name}.looked_up")
        self.answer.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.answer.setVisible(False)
        layout.addWidget(self.answer)

    def show_decoder(self, decoder: Decoder | None, masked: tuple[Masked, ...]) -> None:
        """Look up in this list from now on; None: there is none."""
        _ = self._texts.gettext
        self._decoder = None
        self.list.clear()
        self.field.clear()
        for each in masked:
            line = f"{kind_text(each.kind, self._texts)}: {each.shown}"
            if each.times is not None:
                times = self._texts.ngettext("{count} time", "{count} times", each.times).format(count=each.times)
                line = _("{word} ({times})").format(word=line, times=times)
            item = QListWidgetItem(visible(line))
            item.setData(Qt.ItemDataRole.UserRole, each.shown)
            self.list.addItem(item)
        self._decoder = decoder
        self.said.setText(
            self._texts.ngettext(
                "{count} private value was replaced by a word that tells nothing.",
                "{count} private values were replaced by words that tell nothing.",
                len(masked),
            ).format(count=len(masked))
            if masked
            else _("Nothing had to be replaced.")
        )
        self.list.setVisible(bool(masked))

    def look_up(self) -> None:
        """Answer what is in the field."""
        _ = self._texts.gettext
        wanted = self.field.text().strip()
        asked = self._decoder is not None and len(wanted) >= _LEAST
        found = self._decoder.look_up(wanted) if self._decoder is not None and asked else ()
        lines = [
            _("{shown} stands for {value}").format(shown=visible(shown), value=visible(value)) for shown, value in found
        ]
        words = "\n".join(lines[:_SHOWN]) or _("No replaced word of this report, and no value that was replaced.")
        self.answer.setText(words if asked else "")
        self.answer.setVisible(asked)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.field.setText(item.data(Qt.ItemDataRole.UserRole))
