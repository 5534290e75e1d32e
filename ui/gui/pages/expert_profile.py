"""Expert mode, part two: the profile in force, in the words of `nexkit profile show`."""

import re
from datetime import UTC, datetime

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nexkit.profile import Licence, LoadedProfile
from report.profile_in_force import Sources, candidates
from report.profile_words import Section, licence_text, profile_sections
from ui.gui.pages.base import Disclosure, card, plain_label, selectable_label
from ui.gui.rooms import RoomContext
from ui.gui.theme import current_theme

_LONG_DIGITS = re.compile(r"([0-9A-Za-z+]{32})(?=[0-9A-Za-z+]{8})")
"""Hashes and keys, in which Qt finds no place to begin a new line."""


class ProfilePart(QWidget):
    """What holds here and why; the places of profiles are looked at each time the room is entered."""

    arranged = Signal()
    """There are other controls than before."""

    def __init__(self, context: RoomContext, sources: Sources | None = None) -> None:
        super().__init__()
        _ = context.texts.gettext
        self.setObjectName("expert.profile_part")
        self.setAccessibleName(_("Profile"))
        self._context = context
        self._sources = sources or Sources(memory=context.memory)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(round(current_theme().em * 0.8))
        self.problem = plain_label("", "problem", "expert.profile_problem")
        self.problem.setVisible(False)
        self._layout.addWidget(self.problem)
        self._content: QWidget | None = None

    def look(self) -> None:
        """Look at the places of profiles as they are now."""
        context, sources = self._context, self._sources

        def sections() -> tuple[Section, ...]:
            loaded, licence = self._with_licence(context)
            return profile_sections(loaded, licence, candidates(loaded, datetime.now(UTC), sources), context.texts)

        context.threads.start(sections, self._show, self._failed)

    @staticmethod
    def _with_licence(context: RoomContext) -> tuple[LoadedProfile, Licence | None]:
        return context.memory.with_licence(context.profile, context.texts.language)

    @Slot(object)
    def _show(self, sections: tuple[Section, ...]) -> None:
        if self._content is not None:
            self._content.hide()
            self._layout.removeWidget(self._content)
            self._content.deleteLater()
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(current_theme().em * 0.8))
        for number, section in enumerate(sections, start=1):
            frame, layout = card()
            layout.addWidget(plain_label(section.title, "heading"))
            layout.addWidget(selectable_label(_foldable("\n".join(section.lines)), f"expert.profile.{number}"))
            column.addWidget(frame)
        _ = self._context.texts.gettext
        if licence := licence_text(self._context.profile.profile, self._context.texts):
            words = selectable_label(licence, "expert.licence")
            column.addWidget(Disclosure("expert.show_licence", _("Show the text of the &licence"), words))
        column.addStretch(1)
        self._layout.addWidget(self._content)
        self.arranged.emit()

    @Slot(object)
    def _failed(self, error: object) -> None:
        self.problem.setText(
            self._context.texts.gettext("The places of profiles could not be read: {reason}").format(reason=str(error))
        )
        self.problem.setVisible(True)


def _foldable(words: str) -> str:
    return _LONG_DIGITS.sub(r"\1\n", words)
