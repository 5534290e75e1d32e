"""Page: the report becomes a file; then it is handed over by the user."""

from pathlib import Path

from PySide6.QtCore import QDir, QStandardPaths, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QPushButton

from nexkit.profile import Encrypt, Support
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from report.document import ENCRYPTED_SUFFIX, SUFFIX
from report.visible import IN_SENTENCES, visible, without_formulas
from ui.gui.links import mail_draft, mail_holds, open_mail_draft, open_support_page, support_page
from ui.gui.pages.base import CardGrid, Disclosure, PageBase, card, news, plain_label, push_button, rule
from ui.gui.present import Mark
from ui.gui.theme import current_theme, mark_main
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.file_tile import FileTile
from ui.gui.widgets.mark_label import MarkLabel


class SavePage(PageBase):
    """Asks where to, then offers what helps to hand the file over."""

    save_wanted = Signal(str)
    """The file's path as it stands in the field."""

    withdraw_wanted = Signal()
    """The user takes the consent to the saved report back."""

    show_wanted = Signal(object)
    """The saved file is to be shown in its folder."""

    def __init__(self, texts: Texts, support: Support, *, vouched: bool = False) -> None:
        """`vouched`: somebody on this computer vouches for the profile; else nothing that it names can be opened."""
        _ = texts.gettext
        super().__init__(
            "save", texts, _("Save the report"), _("The file is signed, so that the desk can see that it is unchanged.")
        )
        self._summary = ""
        self._name = ""
        self._saved: Path | None = None
        self._replaceable = ""
        """The user was told that something is there, and may save over it."""
        self._support = support
        self._must_encrypt = support.encrypt is Encrypt.REQUIRED
        self.encrypt: Tick | None = None
        """None where the profile has no key to encrypt to."""
        self._build_file(support)
        self._build_hand_over(support, vouched=vouched)

    def _build_file(self, support: Support) -> None:
        _ = self.texts.gettext
        em = round(current_theme().em)
        frame, layout = card()
        label = QLabel(_("&File"))
        label.setTextFormat(Qt.TextFormat.PlainText)
        self.file = QLineEdit()
        self.file.setObjectName("save.file")
        self.file.setAccessibleName(_("File"))
        label.setBuddy(self.file)
        self.choose = QPushButton(_("C&hoose …"))
        self.choose.setObjectName("save.choose")
        self.choose.clicked.connect(self._choose)
        self.save = QPushButton(_("&Save"))
        self.save.setObjectName("save.save")
        self.save.clicked.connect(self._want_save)
        layout.addWidget(label)
        layout.addWidget(self.file)
        if support.recipients:
            self.encrypt = self._encrypt_tick(support)
            layout.addWidget(self.encrypt)
        row = QHBoxLayout()
        row.setSpacing(em // 2)
        row.addWidget(self.save)
        row.addWidget(self.choose)
        row.addStretch(1)
        layout.addLayout(row)
        said = QHBoxLayout()
        said.setSpacing(em // 2)
        self.mark = MarkLabel(Mark.OK)
        self.mark.setVisible(False)
        self.state = news(plain_label("", name="save.state"))
        said.addWidget(self.mark)
        said.addWidget(self.state, 1)
        layout.addLayout(said)
        self.problem = plain_label("", "problem", "save.problem")
        self.problem.setVisible(False)
        layout.addWidget(self.problem)
        self.column.addWidget(frame)

    def _encrypt_tick(self, support: Support) -> Tick:
        _ = self.texts.gettext
        tick = Tick(
            "save.encrypt",
            _("&Encrypt the file"),
            _("Only {name} can open it then, not even you. Your organisation wants it so.").format(
                name=support.name or _("the support desk")
            )
            if self._must_encrypt
            else _(
                "Only {name} can open it then, not even you. Some mail systems take encrypted attachments away: where "
                "the file does not arrive, save it again without."
            ).format(name=support.name or _("the support desk")),
        )
        tick.setChecked(True)
        tick.setEnabled(not self._must_encrypt)
        tick.toggled.connect(self._name_after_tick)
        return tick

    def _name_after_tick(self) -> None:
        """The suffix follows the tick."""
        if self.file.text():
            self.file.setText(self._with_suffix(self.file.text()))

    def _with_suffix(self, name: str) -> str:
        bare = name.removesuffix(ENCRYPTED_SUFFIX)
        whole = bare if bare.endswith(SUFFIX) else bare + SUFFIX
        return whole + ENCRYPTED_SUFFIX if self.encrypted else whole

    @property
    def encrypted(self) -> bool:
        """Whether the file is to be encrypted to the profile's recipients."""
        return self.encrypt is not None and self.encrypt.isChecked()

    def _build_hand_over(self, support: Support, *, vouched: bool) -> None:
        _ = self.texts.gettext
        em = round(current_theme().em)
        self._after, after = card()
        after.addWidget(plain_label(_("Hand it over"), "heading"))
        after.addWidget(plain_label(self._hand_over_words(support), name="save.hand_over"))
        self.tile = FileTile("save.tile", self.texts)
        after.addWidget(self.tile)
        grid = CardGrid(2, least_em=15)
        self.copy = push_button("save.copy", _("&Copy summary for the ticket"), self._copy_summary)
        buttons = [self.copy, push_button("save.copy_file", _("Copy the f&ile"), self._copy_file)]
        if vouched and support_page(support) is not None:
            buttons.append(push_button("save.ticket_page", _("Open the &ticket page"), self._open_ticket_page))
        if vouched and mail_draft(support, "", "") is not None:
            buttons.append(push_button("save.mail", _("Write a m&ail"), self._write_mail))
        self.show_folder = push_button("save.show_folder", _("Show in f&older"), self._show_file)
        for button in (*buttons, self.show_folder):
            grid.add(button)
        after.addWidget(grid)
        self.copied = news(plain_label("", "muted", "save.copied"))
        self.copied.setVisible(False)
        after.addWidget(self.copied)
        self.summary = QPlainTextEdit()
        self.summary.setObjectName("save.summary")
        self.summary.setAccessibleName(_("Summary for the ticket"))
        self.summary.setReadOnly(True)
        self.summary.setTabChangesFocus(True)
        self.summary.setMinimumHeight(em * 9)
        after.addWidget(Disclosure("save.show_summary", _("Show the s&ummary"), self.summary))
        after.addWidget(rule())
        self.receipt = plain_label("", "muted", "save.receipt")
        after.addWidget(self.receipt)
        self.withdraw = push_button("save.withdraw", _("&Withdraw the consent"), self.withdraw_wanted)
        row = QHBoxLayout()
        row.addWidget(self.withdraw)
        row.addStretch(1)
        after.addLayout(row)
        self.column.addWidget(self._after)
        self.column.addStretch(1)
        self._after.setVisible(False)

    def _hand_over_words(self, support: Support) -> str:
        _ = self.texts.gettext
        contact = ", ".join(entry for entry in (support.name, support.email, support.url) if entry)
        if contact:
            words = _("Attach the file to your ticket and paste the summary into it. Support: {contact}").format(
                contact=contact
            )
        else:
            words = _("Attach the file to your ticket, or mail it to your support desk, and paste the summary into it.")
        return words + "\n" + _("Nothing is sent by itself: that is up to you.")

    def offer(self, name: str, summary: str) -> None:
        """A report is ready to be written under a name; `suggest` says where as soon as that is found out."""
        self._saved = None
        self._replaceable = ""
        self._summary = summary
        self._name = self._with_suffix(name)
        self.summary.setPlainText(visible(summary, limit=None, keep=IN_SENTENCES))
        self.file.clear()
        self.mark.setVisible(False)
        self.problem.setVisible(False)
        self._after.setVisible(False)
        mark_main(self.save, True)
        self.state.setText("")
        self._say("")
        self._set_busy(busy=False)

    @property
    def name(self) -> str:
        """What the file is to be called."""
        return self._name

    def suggest(self, file: Path) -> None:
        """A place for the file, unless the user was quicker."""
        if not self.file.text():
            self.file.setText(QDir.toNativeSeparators(self._with_suffix(str(file))))
            self.file.setCursorPosition(0)

    def may_replace(self, name: str) -> bool:
        """Whether the user knows that something of this name is there."""
        return name == self._replaceable

    def saving(self) -> None:
        """The file is being written."""
        _ = self.texts.gettext
        self.state.setText(_("Sealing and writing …"))
        self.problem.setVisible(False)
        self._set_busy(busy=True)

    def saved(self, path: Path, size_bytes: int, receipt: str) -> None:
        """The file is there, and a receipt of what was agreed to."""
        _ = self.texts.gettext
        self._saved = path
        self._replaceable = self.file.text().strip()
        self.tile.show_file(path)
        self.mark.setVisible(True)
        self.state.setText(_("Saved: {file} ({size})").format(file=path.name, size=byte_size(size_bytes)))
        self.receipt.setText(receipt)
        self._after.setVisible(True)
        mark_main(self.save, False)
        self._set_busy(busy=False)
        self.tile.setFocus()

    def show_withdrawal(self, words: str) -> None:
        """What came of taking the consent back."""
        self.receipt.setText(words)

    def taken(self, name: str, words: str) -> None:
        """Something of this name is there; it is replaced when the user presses once more."""
        self._replaceable = name
        self.failed(words)

    def failed(self, words: str) -> None:
        """The file could not be written."""
        self.state.setText("")
        self.problem.setText(words)
        self.problem.setVisible(True)
        self._set_busy(busy=False)

    def _set_busy(self, *, busy: bool) -> None:
        for widget in (self.file, self.choose, self.save):
            widget.setEnabled(not busy)
        if self.encrypt is not None:
            self.encrypt.setEnabled(not busy and not self._must_encrypt)

    def _want_save(self) -> None:
        if self.encrypted:
            self._name_after_tick()
        self.save_wanted.emit(self.file.text().strip())

    def _choose(self) -> None:
        _ = self.texts.gettext
        dialog = QFileDialog(self, _("Save the report"))
        dialog.setObjectName("save.dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(_("Reports (*{suffix})").format(suffix=self._with_suffix("")))
        dialog.selectFile(self.file.text())
        dialog.fileSelected.connect(self._take_file)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _take_file(self, name: str) -> None:
        self.file.setText(QDir.toNativeSeparators(self._with_suffix(name)))
        if self.file.text() == QDir.toNativeSeparators(name):
            self._replaceable = self.file.text()  # the dialogue has asked

    def _show_file(self) -> None:
        if self._saved is not None:
            self.show_wanted.emit(self._saved)

    def _copy_summary(self) -> None:
        QGuiApplication.clipboard().setText(without_formulas(self._summary))
        self._say(self.texts.gettext("Copied"))

    def _copy_file(self) -> None:
        self.tile.copy()
        self._say(self.texts.gettext("Copied. Paste the file into the mail or the ticket."))

    def _open_ticket_page(self) -> None:
        _ = self.texts.gettext
        opened = _("The ticket page opens in your browser. Attach the file there and paste the summary.")
        self._say(opened if open_support_page(self._support) else _("This computer opens no web pages from here."))

    def _write_mail(self) -> None:
        _ = self.texts.gettext
        if self._saved is None:
            return
        subject = _("Network report {file}").format(file=self._saved.name)
        body = _("To be attached: {file}").format(file=self._saved.name) + "\n\n" + self._summary
        if not open_mail_draft(self._support, subject, body):
            self._say(_("This computer opens no mail program from here."))
            return
        said = _("A mail opens in your mail program. Attach the file before you send it.")
        if not mail_holds(self._support, subject, body):
            QGuiApplication.clipboard().setText(without_formulas(self._summary))
            more = _("It has the beginning of the summary; the whole is copied, to be pasted.")
            said = self.texts.joined((said, more))
        self._say(said)

    def _say(self, words: str) -> None:
        self.copied.setText(words)
        self.copied.setVisible(bool(words))


def save_folders() -> tuple[Path, ...]:
    """Where reports are saved by default, the best place first; for a thread beside the window."""
    places = QStandardPaths.StandardLocation
    named = (QStandardPaths.writableLocation(each) for each in (places.DocumentsLocation, places.DesktopLocation))
    return (*(Path(folder) for folder in named if folder), Path.home())
