"""Page: what is wrong. Every answer may be left out."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nexkit.profile import Profile, in_language
from nexkit.request import (
    MAX_NOTE_CHARACTERS,
    MAX_TICKET_CHARACTERS,
    MAX_URL_CHARACTERS,
    Symptom,
    web_address,
)
from nexkit.texts import Texts
from nexkit.texts.words import symptom_name
from ui.gui.pages.base import CardGrid, PageBase, TurningBox, card, plain_label
from ui.gui.present import symptom_detail
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import ChoiceCard
from ui.gui.widgets.icons import symptom_icon


class TroublePage(PageBase):
    """Asks for symptom, service, web address, own words and ticket number; offers to finish an earlier report."""

    finish_wanted = Signal()
    """The report of the result that is offered."""
    discard_wanted = Signal()
    """The result that is offered."""

    def __init__(self, texts: Texts, profile: Profile) -> None:
        _ = texts.gettext
        super().__init__(
            "trouble",
            texts,
            _("What is wrong?"),
            _("Choose what comes closest. You can leave out everything else."),
        )
        self._build_earlier()
        self._cards: dict[Symptom, ChoiceCard] = {}
        grid = CardGrid(columns=2, least_em=17)
        for symptom in Symptom:
            choice = ChoiceCard(
                f"trouble.{symptom.value}",
                symptom_name(symptom, texts),
                symptom_detail(symptom, texts),
                symptom_icon(symptom),
            )
            self._cards[symptom] = choice
            grid.add(choice)
        self._cards[Symptom.CHECK_UP].setChecked(True)
        self.column.addWidget(grid)

        frame, layout = card()
        layout.addWidget(plain_label(_("More about it, if you like"), "heading"))
        self.service: QComboBox | None = None
        if profile.services:
            self.service = QComboBox()
            self.service.setMinimumHeight(round(current_theme().em * 1.9))
            self.service.addItem(_("All services"), None)
            for service in profile.services:
                self.service.addItem(in_language(service.name, texts.language) or service.id, service.id)
            self._field(layout, "trouble.service", _("&Service"), self.service)
        self.url = QLineEdit()
        self.url.setMaxLength(MAX_URL_CHARACTERS)
        self.url.setPlaceholderText("https://")
        self.ticket = QLineEdit()
        self.ticket.setMaxLength(MAX_TICKET_CHARACTERS)
        sides = []
        for name, label, field in (
            ("trouble.url", _("&Web address that does not work"), self.url),
            ("trouble.ticket", _("&Ticket number, if you have one"), self.ticket),
        ):
            side = QWidget()
            side_layout = QVBoxLayout(side)
            side_layout.setContentsMargins(0, 0, 0, 0)
            side_layout.setSpacing(round(current_theme().em * 0.25))
            self._field(side_layout, name, label, field)
            sides.append(side)
        layout.addWidget(TurningBox(sides[0], sides[1], least_em=32))
        self.note = QPlainTextEdit()
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(round(current_theme().em * 4.6))
        self._field(layout, "trouble.note", _("In your &own words: what happens, since when?"), self.note)
        self.problem = plain_label("", "problem", "trouble.problem")
        self.problem.setVisible(False)
        layout.addWidget(self.problem)
        self.column.addWidget(frame)
        self.column.addStretch(1)
        self.url.textChanged.connect(self._forget_problem)
        self.note.textChanged.connect(self._forget_problem)

    def _build_earlier(self) -> None:
        """The card of an earlier result; hidden where there is none."""
        _ = self.texts.gettext
        self._earlier, layout = card()
        self.earlier = plain_label("", name="trouble.earlier")
        layout.addWidget(self.earlier)
        self._finish = QPushButton(_("&Finish that report"))
        self._finish.setObjectName("trouble.finish")
        self._finish.clicked.connect(self.finish_wanted)
        throw_away = QPushButton(_("Throw it awa&y"))
        throw_away.setObjectName("trouble.discard")
        throw_away.clicked.connect(self.discard_wanted)
        row = QHBoxLayout()
        row.addWidget(self._finish)
        row.addWidget(throw_away)
        row.addStretch(1)
        layout.addLayout(row)
        self._earlier.setVisible(False)
        self.column.addWidget(self._earlier)

    def offer_earlier(self, measured_at: datetime, found: str) -> None:
        """A result of an earlier start, and what it says, whose report can be finished."""
        words = self.texts.gettext("You measured on {moment} and did not finish the report. The result was: {found}")
        self.earlier.setText(words.format(moment=f"{measured_at.astimezone():%Y-%m-%d %H:%M}", found=found))
        self._finish.setVisible(True)
        self._earlier.setVisible(True)

    def offer_unreadable(self, reason: str) -> None:
        """A result of an earlier start that cannot be read: it can be thrown away."""
        words = self.texts.gettext("The result of an earlier measurement cannot be used any more: {reason}")
        self.earlier.setText(words.format(reason=reason))
        self._finish.setVisible(False)
        self._earlier.setVisible(True)

    def offer_nothing(self) -> None:
        """There is no earlier result (any more)."""
        self._earlier.setVisible(False)

    def _field(self, layout: QVBoxLayout, name: str, words: str, field: QWidget) -> None:
        """A label above its field, bound to it for mnemonic and screen reader."""
        label = QLabel(words)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setBuddy(field)
        field.setObjectName(name)
        field.setAccessibleName(words.replace("&", ""))
        layout.addWidget(label)
        layout.addWidget(field)

    def _forget_problem(self) -> None:
        self.problem.setVisible(False)

    def symptom(self) -> Symptom:
        """What was chosen."""
        return next(symptom for symptom, choice in self._cards.items() if choice.isChecked())

    def service_id(self) -> str | None:
        """The service that was chosen; None for all."""
        chosen = self.service.currentData() if self.service else None
        return str(chosen) if chosen else None

    def web_address(self) -> str | None:
        """The web address; None where none was typed."""
        return web_address(self.url.text()) if self.url.text().strip() else None

    def ticket_number(self) -> str | None:
        """The ticket number; None where none was typed."""
        return self.ticket.text().strip() or None

    def own_words(self) -> str | None:
        """The description; None where none was typed."""
        return self.note.toPlainText().strip() or None

    def check(self) -> bool:
        """Whether what was typed can be used; if not, the page says what to mend."""
        _ = self.texts.gettext
        if self.url.text().strip() and self.web_address() is None:
            return self._refuse(self.url, _("This is not a web address. Example: https://www.example.com/"))
        if len(self.own_words() or "") > MAX_NOTE_CHARACTERS:
            words = _("Please shorten your own words to {count} characters.").format(count=MAX_NOTE_CHARACTERS)
            return self._refuse(self.note, words)
        return True

    def _refuse(self, field: QWidget, words: str) -> bool:
        self.problem.setText(words)
        self.problem.setVisible(True)
        field.setFocus()
        return False
