"""Expert mode, part three: what this system lets the kit measure, and how to mend what it refuses (`nexkit check`)."""

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nexkit.platform.api import Capability, CapabilityState
from nexkit.probe import ProbeSpec
from nexkit.runner import Runner
from nexkit.texts.capabilities import capability_setting, capability_text, state_word
from nexkit.texts.probes import probe_text
from ui.gui.pages.base import card, plain_label, push_button, rule, selectable_label
from ui.gui.present import Mark
from ui.gui.rooms import RoomContext
from ui.gui.theme import current_theme
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.mend_cards import button_to_setting
from ui.probe_list import best_state, states_of

_MARKS = {
    CapabilityState.AVAILABLE: Mark.OK,
    CapabilityState.LIMITED: Mark.WARN,
    CapabilityState.REFUSED: Mark.WARN,
    CapabilityState.MISSING: Mark.NOT_RUN,
}


class CheckPart(QWidget):
    """The capabilities, then which test can run; asked of the system each time the room is entered, and on demand."""

    arranged = Signal()
    """There are other controls than before."""
    found = Signal(object)
    """The states by id."""

    def __init__(self, context: RoomContext) -> None:
        super().__init__()
        _ = context.texts.gettext
        self.setObjectName("expert.check_part")
        self.setAccessibleName(_("This system"))
        self._context = context
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(round(current_theme().em * 0.8))
        self._layout.addWidget(
            plain_label(_("What this system lets the program measure, and how to change that."), "muted")
        )
        self.again = push_button("expert.check_again", _("Check a&gain"), self.look)
        self._layout.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self.problem = plain_label("", "problem", "expert.check_problem")
        self.problem.setVisible(False)
        self._layout.addWidget(self.problem)
        self._content: QWidget | None = None

    @Slot()
    def look(self) -> None:
        """Ask the system."""
        runner = self._context.runner()
        if runner is None or not self.again.isEnabled():
            return
        self.again.setEnabled(False)
        self._context.threads.start(lambda: asyncio.run(_ask(runner)), self._show, self._failed)

    @Slot(object)
    def _show(self, capabilities: tuple[Capability, ...]) -> None:
        runner = self._context.runner()
        self._end()
        self.problem.setVisible(False)
        if self._content is not None:
            self._content.hide()
            self._layout.removeWidget(self._content)
            self._content.deleteLater()
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(round(current_theme().em * 0.8))
        _ = self._context.texts.gettext
        column.addWidget(_rows(_("The system"), [self._capability(item) for item in capabilities]))
        states = states_of(capabilities)
        specs = runner.registry if runner is not None else ()
        column.addWidget(_rows(_("The tests"), [self._probe(spec, best_state(spec, states)) for spec in specs]))
        column.addStretch(1)
        self._layout.addWidget(self._content)
        self.found.emit(states)
        self.arranged.emit()

    def _capability(self, item: Capability) -> QWidget:
        """What it is, whether it is there, what follows and how to mend it."""
        texts = self._context.texts
        name, state, mend = capability_text(item, texts)
        row = _row(f"expert.capability.{item.id}", item.state, name, state)
        below = QVBoxLayout()
        below.setContentsMargins(round(current_theme().em * 1.6), 0, 0, 0)
        row.addLayout(below)
        if mend:
            below.addWidget(selectable_label(mend, f"expert.capability.{item.id}.mend", "muted"))
        if button := button_to_setting(f"expert.capability.{item.id}.open", capability_setting(item), texts):
            below.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        return _boxed(row)

    def _probe(self, spec: ProbeSpec, state: CapabilityState) -> QWidget:
        texts = self._context.texts
        name = f"{probe_text(spec.id, texts).name} ({spec.id})"
        return _boxed(_row(f"expert.can.{spec.id}", state, name, state_word(state, texts)))

    @Slot(object)
    def _failed(self, error: object) -> None:
        self._end()
        self.problem.setText(
            self._context.texts.gettext("The system could not be asked: {reason}").format(reason=str(error))
        )
        self.problem.setVisible(True)

    def _end(self) -> None:
        self.again.setEnabled(True)


async def _ask(runner: Runner) -> tuple[Capability, ...]:
    return await runner.platform.capabilities()


def _rows(title: str, rows: Sequence[QWidget]) -> QWidget:
    frame, layout = card()
    layout.addWidget(plain_label(title, "heading"))
    for number, row in enumerate(rows):
        if number:
            layout.addWidget(rule())
        layout.addWidget(row)
    return frame


def _row(name: str, state: CapabilityState, what: str, word: str) -> QVBoxLayout:
    """Shape, name and word of a state; the shape says the same as the word."""
    top = QHBoxLayout()
    top.setSpacing(round(current_theme().em * 0.5))
    top.addWidget(MarkLabel(_MARKS[state]), 0, Qt.AlignmentFlag.AlignTop)
    top.addWidget(plain_label(what, name=name), 3)
    top.addWidget(plain_label(word, "muted", f"{name}.state"), 2)
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(round(current_theme().em * 0.25))
    column.addLayout(top)
    return column


def _boxed(layout: QVBoxLayout) -> QWidget:
    box = QWidget()
    box.setLayout(layout)
    return box
