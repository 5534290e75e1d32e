"""Cards of the result page: the next thing to change and test again, and what the last change came to."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QVBoxLayout, QWidget

from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.settings import trial_setting
from nexkit.texts.trials import meaning, shown_values, trial_text, value_name, worth_word
from nexkit.texts.words import value_text
from nexkit.trial import TOLD, Trial, TrialDone, ValueChange
from ui.gui.pages.base import TurningBox, card, plain_label, selectable_label
from ui.gui.theme import current_theme, mark_main
from ui.gui.widgets.mend_cards import button_to_setting

_MAX_ROWS = 6


class NextStepCard(QFrame):
    """One step with its buttons; what is pressed is told by the signals."""

    done = Signal()
    """It is done: measure again."""
    told = Signal(bool)
    """The user has looked elsewhere; whether it works there."""
    skipped = Signal()

    def __init__(self, trial: Trial, record: RunRecord, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        self.setProperty("role", "card")
        self.setObjectName("result.next")
        em = round(current_theme().em)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(em, em, em, em)
        layout.setSpacing(em // 2)
        looks = trial in TOLD
        heading = _("Look there to find out more") if looks else _("Try this and test again")
        layout.addWidget(plain_label(heading, "heading"))
        layout.addWidget(selectable_label(trial_text(trial, texts).instruction, "result.next.instruction"))
        if opens := button_to_setting("result.next.open", trial_setting(trial), texts):
            layout.addWidget(opens, 0, Qt.AlignmentFlag.AlignLeft)
        skip = self._button("result.next.skip", _("I cannot do &this"))
        skip.clicked.connect(self.skipped)
        if looks:
            works = self._button("result.next.works", _("It &works there"))
            fails = self._button("result.next.fails", _("It &fails there too"))
            works.clicked.connect(self._tell_works)
            fails.clicked.connect(self._tell_fails)
            layout.addWidget(_side_by_side(works, fails))
            layout.addWidget(skip, 0, Qt.AlignmentFlag.AlignLeft)
            return
        again = self._button("result.next.again", _("It is done: test &now"))
        again.clicked.connect(self.done)
        mark_main(again, False)
        used = sum(result.traffic_bytes for result in record.results)
        layout.addWidget(
            plain_label(
                _("Measures the same again, as you agreed to: about {seconds} s, {size}.").format(
                    seconds=round(record.took_s) or 1, size=byte_size(used)
                ),
                "muted",
                "result.next.cost",
            )
        )
        layout.addWidget(_side_by_side(again, skip))

    @Slot()
    def _tell_works(self) -> None:
        self.told.emit(True)

    @Slot()
    def _tell_fails(self) -> None:
        self.told.emit(False)

    @staticmethod
    def _button(name: str, words: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        return button


def _side_by_side(first: QPushButton, second: QPushButton) -> TurningBox:
    """Two buttons; one below the other where their words do not fit beside each other."""
    needed = first.sizeHint().width() + second.sizeHint().width()
    box = TurningBox(first, second, needed / current_theme().em + 3, fill=False)
    box.setMinimumWidth(1)  # else it never gets so narrow that it turns
    return box


def change_card(done: TrialDone, texts: Texts) -> QWidget:
    """What was changed, what that means, and the values before and after."""
    _ = texts.gettext
    frame, layout = card()
    frame.setObjectName("result.change")
    heading = _("What changed: {trial}").format(trial=trial_text(done.trial, texts).name)
    layout.addWidget(plain_label(heading, "heading"))
    layout.addWidget(selectable_label(meaning(done, texts), "result.change.meaning"))
    if values := shown_values(done.values)[:_MAX_ROWS]:
        layout.addLayout(_before_and_after(values, texts))
    layout.addWidget(plain_label(_("Your report tells of both tests."), "muted"))
    return frame


def _before_and_after(values: Sequence[ValueChange], texts: Texts) -> QGridLayout:
    """A row for each value, with what its change is worth; all of it wraps, for narrow windows and large text."""
    _ = texts.gettext
    em = current_theme().em
    grid = QGridLayout()
    grid.setHorizontalSpacing(round(em * 0.8))
    grid.setVerticalSpacing(round(em * 0.35))
    for column, (head, stretch) in enumerate((("", 4), (_("before"), 2), (_("now"), 2), (_("change"), 3))):
        grid.addWidget(plain_label(head, "muted"), 0, column)
        grid.setColumnStretch(column, stretch)
    for row, value in enumerate(values, start=1):
        cells = (
            value_name(value, texts),
            value_text(value.name, value.before),
            value_text(value.name, value.after),
            worth_word(value, texts),
        )
        for column, text in enumerate(cells):
            grid.addWidget(plain_label(text, name=f"result.change.{row}.{column}"), row, column)
    return grid
