"""Page: what is wrong. One choice; every answer may be left out."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TypeVar

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from nexkit.profile import Profile
from nexkit.request import (
    MAX_NOTE_CHARACTERS,
    MAX_TICKET_CHARACTERS,
    MAX_URL_CHARACTERS,
    Affected,
    Occurrence,
    Since,
    Symptom,
    web_address,
)
from nexkit.texts import Texts
from nexkit.texts.moments import moment
from nexkit.texts.words import affected_text, occurrence_text, since_text, symptom_name
from ui.gui.pages.base import CardGrid, Disclosure, PageBase, TurningBox, buddy_label, card, plain_label, push_button
from ui.gui.present import symptom_detail
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import ChoiceCard, OneOrNone
from ui.gui.widgets.icons import symptom_icon
from ui.gui.widgets.service_list import ServiceList

TROUBLES = tuple(symptom for symptom in Symptom if symptom is not Symptom.CHECK_UP)
"""To choose from; a check-up is what is made where none of them is chosen."""
_Answer = TypeVar("_Answer", bound=Enum)


class _Question(QWidget):
    """A question with a few short answers side by side, of which one may be chosen and taken back."""

    def __init__(self, name: str, question: str, answers: Mapping[Enum, str]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.group = OneOrNone(self)
        self._answers: dict[Enum, ChoiceCard] = {}
        grid = CardGrid(columns=len(answers), least_em=9)
        for answer, words in answers.items():
            # In English a word of the report begins a line here; other scripts have no such letters.
            choice = ChoiceCard(f"{name}.{answer.value}", words[:1].upper() + words[1:], small=True)
            choice.setAccessibleDescription(question)
            self._answers[answer] = choice
            self.group.addButton(choice)
            grid.add(choice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.3))
        layout.addWidget(plain_label(question))
        layout.addWidget(grid)

    def answer(self, kind: type[_Answer]) -> _Answer | None:
        """What was chosen."""
        found = next((answer for answer, choice in self._answers.items() if choice.isChecked()), None)
        return found if isinstance(found, kind) else None


class TroublePage(PageBase):
    """Asks what is wrong, and for more about it where the user likes; offers to finish an earlier report."""

    finish_wanted = Signal()
    """The report of the result that is offered."""
    discard_wanted = Signal()
    """The result that is offered."""
    watch_wanted = Signal()
    """To wait for what comes and goes."""

    def __init__(self, texts: Texts, profile: Profile) -> None:
        _ = texts.gettext
        super().__init__("trouble", texts, _("What is wrong?"), _("Choose what comes closest."))
        self._build_earlier()
        self._troubles = OneOrNone(self)
        self._cards: dict[Symptom, ChoiceCard] = {}
        grid = CardGrid(columns=2, least_em=15)
        for symptom in TROUBLES:
            choice = ChoiceCard(
                f"trouble.{symptom.value}",
                symptom_name(symptom, texts),
                symptom_detail(symptom, texts),
                symptom_icon(symptom),
            )
            self._cards[symptom] = choice
            self._troubles.addButton(choice)
            grid.add(choice)
        self.column.addWidget(grid)
        self._watch = self._watch_offer("trouble.watch")
        self.column.addWidget(self._watch)
        self._build_which(profile)
        self._build_more()
        self.column.addStretch(1)
        self.problem = plain_label("", "problem", "trouble.problem")
        self.problem.setVisible(False)
        self.add_to_foot(self.problem)
        self.what_next = plain_label("", "muted", "trouble.what_next")
        self.add_to_foot(self.what_next)
        self._troubles.changed.connect(self._chosen)
        self._occurs.group.changed.connect(self._chosen)
        self.url.textChanged.connect(self._forget_problem)
        self.note.textChanged.connect(self._forget_problem)
        self._chosen()

    # What the page is built of

    def _build_earlier(self) -> None:
        """The card of an earlier result; hidden where there is none."""
        _ = self.texts.gettext
        self._earlier, layout = card()
        self.earlier = plain_label("", name="trouble.earlier")
        layout.addWidget(self.earlier)
        self._finish = push_button("trouble.finish", _("&Finish that report"), self.finish_wanted)
        throw_away = push_button("trouble.discard", _("Throw it awa&y"), self.discard_wanted)
        layout.addWidget(TurningBox(self._finish, throw_away, least_em=24, fill=False))
        self._earlier.setVisible(False)
        self.column.addWidget(self._earlier)
        self._interrupted, layout = card()
        self.interrupted = plain_label("", name="trouble.interrupted")
        layout.addWidget(self.interrupted)
        look = push_button("trouble.look_at_watch", _("&Look at the watch"), self._look_at_watch)
        layout.addWidget(look, 0, Qt.AlignmentFlag.AlignLeft)
        self._interrupted.setVisible(False)
        self.column.addWidget(self._interrupted)

    def _watch_offer(self, name: str) -> QFrame:
        """Beside testing now: to wait for what comes and goes. In sight where that is what is wrong."""
        _ = self.texts.gettext
        frame, layout = card()
        layout.addWidget(
            plain_label(
                _(
                    "While it works, a test finds little. The program can watch the connection with very little data "
                    "and note when it breaks, and where. Or test now with “Continue”: best while it is happening."
                ),
                name=f"{name}_offer",
            )
        )
        watch = push_button(name, _("Watc&h until it happens"), self.watch_wanted)
        row = QHBoxLayout()
        row.addWidget(watch)
        row.addStretch(1)
        layout.addLayout(row)
        return frame

    def _build_which(self, profile: Profile) -> None:
        """The service of the profile, or a web address of one's own."""
        _ = self.texts.gettext
        frame, layout = card()
        every = _("All services")
        self.services = (
            ServiceList("trouble.service", profile, self.texts, unchosen=every) if profile.services else None
        )
        if self.services is not None:
            layout.addWidget(self.services)
        self.url = QLineEdit()
        self.url.setMaxLength(MAX_URL_CHARACTERS)
        self.url.setPlaceholderText("https://")
        layout.addWidget(buddy_label("trouble.url", _("Web &address that does not work"), self.url))
        layout.addWidget(self.url)
        title = _("&Which service or web address?") if profile.services else _("&Which web address?")
        self._which = Disclosure("trouble.which", title, frame)
        self._which_by_hand = False
        self._which.button.clicked.connect(self._folded_by_hand)
        self.column.addWidget(self._which)

    def _build_more(self) -> None:
        """Since when, how often, for whom, in which words, and the ticket."""
        _ = self.texts.gettext
        texts = self.texts
        frame, layout = card()
        self._since = _Question("trouble.since", _("Since when?"), {each: since_text(each, texts) for each in Since})
        self._occurs = _Question(
            "trouble.occurs", _("Always, or now and then?"), {each: occurrence_text(each, texts) for each in Occurrence}
        )
        self._affects = _Question(
            "trouble.affects", _("Only for you?"), {each: affected_text(each, texts) for each in Affected}
        )
        layout.addWidget(self._since)
        layout.addWidget(TurningBox(self._occurs, self._affects, least_em=38))
        # A second one, where the answer is given: the first would push the question away from under the pointer.
        self._watch_here = self._watch_offer("trouble.watch_here")
        layout.addWidget(self._watch_here)
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(round(current_theme().em * 4.6))
        layout.addWidget(buddy_label("trouble.note", _("In your &own words: what happens?"), self.note))
        layout.addWidget(self.note)
        self.ticket = QLineEdit()
        self.ticket.setMaxLength(MAX_TICKET_CHARACTERS)
        layout.addWidget(buddy_label("trouble.ticket", _("&Ticket number, if you have one"), self.ticket))
        layout.addWidget(self.ticket)
        self._more = Disclosure("trouble.more", _("Mor&e about it, if you like"), frame)
        self.column.addWidget(self._more)

    # Earlier results

    def offer_earlier(self, measured_at: datetime, found: str) -> None:
        """A result of an earlier start, and what it says, whose report can be finished."""
        words = self.texts.gettext("You measured on {moment} and did not finish the report. The result was: {found}")
        self.earlier.setText(words.format(moment=moment(measured_at, self.texts), found=found))
        self._finish.setVisible(True)
        self._earlier.setVisible(True)

    def offer_unreadable(self, reason: str) -> None:
        """A result of an earlier start that cannot be read: it can be thrown away."""
        words = self.texts.gettext("The result of an earlier measurement cannot be used any more: {reason}")
        self.earlier.setText(words.format(reason=reason))
        self._finish.setVisible(False)
        self._earlier.setVisible(True)

    def offer_watch(self, words: str) -> None:
        """A watch of an earlier start that was interrupted; it is offered once, and stays in its room."""
        self.interrupted.setText(words)
        self._interrupted.setVisible(True)

    def _look_at_watch(self) -> None:
        self._interrupted.setVisible(False)
        self.watch_wanted.emit()

    def offer_nothing(self) -> None:
        """There is no earlier result (any more)."""
        self._earlier.setVisible(False)

    # What was chosen

    def symptom(self) -> Symptom:
        """What was chosen; a check-up where nothing was."""
        return next((symptom for symptom, choice in self._cards.items() if choice.isChecked()), Symptom.CHECK_UP)

    def since(self) -> Since | None:
        """How long it has been so; None where it was not told."""
        return self._since.answer(Since)

    def occurs(self) -> Occurrence | None:
        """How often it happens; None where it was not told."""
        return self._occurs.answer(Occurrence)

    def affects(self) -> Affected | None:
        """Whom it hits; None where it was not told."""
        return self._affects.answer(Affected)

    def service_id(self) -> str | None:
        """The service that was chosen; None for all."""
        return self.services.service_id() if self.services else None

    def web_address(self) -> str | None:
        """The web address; None where none was typed."""
        return web_address(self.url.text()) if self.url.text().strip() else None

    def ticket_number(self) -> str | None:
        """The ticket number; None where none was typed."""
        return self.ticket.text().strip() or None

    def own_words(self) -> str | None:
        """The description; None where none was typed."""
        return self.note.toPlainText().strip() or None

    @Slot()
    def _chosen(self) -> None:
        """What follows from the answers: the offer to watch, the question which service, the sentence at the foot."""
        _ = self.texts.gettext
        symptom = self.symptom()
        unstable = symptom is Symptom.UNSTABLE
        self._watch.setVisible(unstable)
        self._watch_here.setVisible(not unstable and self.occurs() is Occurrence.NOW_AND_THEN)
        if not self._which_by_hand:
            told = bool(self.service_id() or self.url.text().strip())
            self._which.button.setChecked(symptom is Symptom.ONE_SERVICE or told)
        if symptom is Symptom.CHECK_UP:
            words = _("Nothing is chosen: then everything is checked. Nothing is sent before you agree.")
        else:
            words = _("Next you see what will be tested. Nothing is sent before you agree.")
        self.what_next.setText(words)

    @Slot(bool)
    def _folded_by_hand(self, _unfolded: bool) -> None:
        self._which_by_hand = True

    # What cannot be used

    @Slot()
    def _forget_problem(self) -> None:
        self.problem.setVisible(False)

    def check(self) -> bool:
        """Whether what was typed can be used; if not, the page says what to mend."""
        _ = self.texts.gettext
        if self.url.text().strip() and self.web_address() is None:
            words = _("This is not a web address. Example: https://www.example.com/")
            return self._refuse(self._which, self.url, words)
        if len(self.own_words() or "") > MAX_NOTE_CHARACTERS:
            words = _("Please shorten your own words to {count} characters.").format(count=MAX_NOTE_CHARACTERS)
            return self._refuse(self._more, self.note, words)
        return True

    def _refuse(self, fold: Disclosure, field: QWidget, words: str) -> bool:
        self.problem.setText(words)
        self.problem.setVisible(True)
        fold.button.setChecked(True)
        field.setFocus(Qt.FocusReason.OtherFocusReason)
        return False
