"""Page: the report becomes a file; then it is handed over by the user."""

from pathlib import Path

from PySide6.QtCore import QDir, QStandardPaths, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QPushButton

from nexkit.profile import Encrypt, Support
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from report.document import ENCRYPTED_SUFFIX, SUFFIX
from report.visible import without_formulas
from ui.gui.links import open_folder
from ui.gui.pages.base import PageBase, PlainLabel, TurningBox, card, plain_label
from ui.gui.present import Mark
from ui.gui.theme import current_theme, mark_main
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.mark_label import MarkLabel


class SavePage(PageBase):
    """Asks where to, then offers what helps to hand the file over."""

    save_wanted = Signal(str)
    """The file's path as it stands in the field."""

    withdraw_wanted = Signal()
    """The user takes the consent to the saved report back."""

    def __init__(self, texts: Texts, support: Support) -> None:
        _ = texts.gettext
        super().__init__(
            "save", texts, _("Save the report"), _("The file is signed, so that the desk can see that it is unchanged.")
        )
        self._summary = ""
        self._saved: Path | None = None
        self._must_encrypt = support.encrypt is Encrypt.REQUIRED
        self.encrypt: Tick | None = None
        """None where the profile has no key to encrypt to."""
        self._build_file(support)
        self._build_hand_over(support)

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
        self.state = plain_label("", name="save.state")
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
        self.file.setText(self._with_suffix(self.file.text()))

    def _with_suffix(self, name: str) -> str:
        bare = name.removesuffix(ENCRYPTED_SUFFIX)
        whole = bare if bare.endswith(SUFFIX) else bare + SUFFIX
        return whole + ENCRYPTED_SUFFIX if self.encrypted else whole

    @property
    def encrypted(self) -> bool:
        """Whether the file is to be encrypted to the profile's recipients."""
        return self.encrypt is not None and self.encrypt.isChecked()

    def _build_hand_over(self, support: Support) -> None:
        _ = self.texts.gettext
        self._after, after = card()
        after.addWidget(plain_label(_("Hand it over"), "heading"))
        after.addWidget(plain_label(self._hand_over_words(support), name="save.hand_over"))
        self.receipt = plain_label("", "muted", "save.receipt")
        after.addWidget(self.receipt)
        self.show_folder = QPushButton(_("Show in f&older"))
        self.show_folder.setObjectName("save.show_folder")
        self.show_folder.clicked.connect(self._open_folder)
        self.copy = QPushButton(_("&Copy summary for the ticket"))
        self.copy.setObjectName("save.copy")
        self.copy.clicked.connect(self._copy_summary)
        self.withdraw = QPushButton(_("&Withdraw the consent"))
        self.withdraw.setObjectName("save.withdraw")
        self.withdraw.clicked.connect(self.withdraw_wanted)
        self.copied = PlainLabel()
        self.copied.setObjectName("save.copied")
        self.copied.setProperty("role", "muted")
        after.addWidget(TurningBox(self.show_folder, self.copy, least_em=26, fill=False))
        after.addWidget(self.copied)
        row = QHBoxLayout()
        row.addWidget(self.withdraw)
        row.addStretch(1)
        after.addLayout(row)
        self.summary = QPlainTextEdit()
        self.summary.setObjectName("save.summary")
        self.summary.setAccessibleName(_("Summary for the ticket"))
        self.summary.setReadOnly(True)
        self.summary.setTabChangesFocus(True)
        self.summary.setMinimumHeight(round(current_theme().em * 9))
        after.addWidget(self.summary, 1)
        self.column.addWidget(self._after, 1)
        self.column.addStretch(0)
        self._after.setVisible(False)

    def _hand_over_words(self, support: Support) -> str:
        _ = self.texts.gettext
        contact = ", ".join(entry for entry in (support.name, support.email, support.url) if entry)
        if contact:
            return _("Attach the file to your ticket and paste the summary into it. Support: {contact}").format(
                contact=contact
            )
        return _("Attach the file to your ticket, or mail it to your support desk, and paste the summary into it.")

    def offer(self, report_id: str, summary: str) -> None:
        """A report is ready to be written; suggest a name for it."""
        self._saved = None
        self._summary = summary
        self.summary.setPlainText(summary)
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        place = Path(folder) if folder and Path(folder).is_dir() else Path.home()
        self.file.setText(QDir.toNativeSeparators(str(place / self._with_suffix(report_id))))
        self.mark.setVisible(False)
        self.problem.setVisible(False)
        self._after.setVisible(False)
        mark_main(self.save, True)
        self.state.setText("")
        self.copied.setText("")
        self._set_busy(busy=False)

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
        self.mark.setVisible(True)
        self.state.setText(_("Saved: {file} ({size})").format(file=path.name, size=byte_size(size_bytes)))
        self.receipt.setText(receipt)
        self._after.setVisible(True)
        mark_main(self.save, False)
        self._set_busy(busy=False)
        self.show_folder.setFocus()

    def show_withdrawal(self, words: str) -> None:
        """What came of taking the consent back."""
        self.receipt.setText(words)

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

    def _open_folder(self) -> None:
        """The one thing that the wizard opens outside itself: the folder of the file that it wrote."""
        if self._saved is not None:
            open_folder(self._saved.parent)

    def _copy_summary(self) -> None:
        QGuiApplication.clipboard().setText(without_formulas(self._summary))
        self.copied.setText(self.texts.gettext("Copied"))
