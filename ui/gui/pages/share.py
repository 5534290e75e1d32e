"""Page: what will be shared. Every category has a tick, none is set beforehand, and the files are shown as they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nexkit.profile import Profile, Recipient, in_language, recipient_of
from nexkit.texts import Texts
from nexkit.texts.numbers import byte_size
from nexkit.texts.profiles import recipient_lines
from report.consent import CONSENT_PATH, DEFAULT_CATEGORIES, Category, consent_text, notice_lead
from report.contents import Item, item_text
from report.decoder import Decoder
from report.draft import Hit
from report.hits import hit_detail, hit_title, warning_text
from report.masked import Masked
from report.terms import terms_lines, terms_of
from report.visible import shown_text, visible
from ui.gui.pages.base import CardGrid, Disclosure, PageBase, TurningBox, card, empty, news, plain_label
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.file_view import FileView, FindBar
from ui.gui.widgets.lookup import Lookup

_LINES = 6
"""Of an item; what follows is counted."""
_SETTLE_MS = 150
"""Ticks that follow each other this quickly make one preview."""


class SharePage(PageBase):
    """Asks category by category, shows the exact content, asks for the consent."""

    choice_changed = Signal()
    """The ticks changed: the preview and a consent to it are void."""
    preview_wanted = Signal()
    """The ticks have settled: `categories()` says for what a preview is wanted."""
    agreed = Signal(bool)
    own_wanted = Signal(str)
    """The user shares nothing, and wants the result as a file of this name."""
    summary_wanted = Signal()
    """The user shares nothing but what is pasted by hand."""
    wipe_wanted = Signal()
    """The user wants nothing of it to stay."""

    def __init__(self, texts: Texts, profile: Profile, before: Recipient | None = None) -> None:
        _ = texts.gettext
        support = profile.support
        super().__init__(
            "share",
            texts,
            _("What goes into the report"),
            notice_lead(texts),
        )
        self._files: Mapping[str, bytes] = {}
        self._shown: Mapping[str, str] = {}
        """The same as text."""
        self._ticks: dict[Category, Tick] = {}
        self._items: dict[Category, CategoryItems] = {}
        self._held_back: set[str] = set()
        """Private values that drafts of this report were held back for."""
        self._released: set[str] = set()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.preview_wanted)

        whom, whom_layout = card()
        whom_layout.addWidget(plain_label(_("For whom, what for and how long"), "heading"))
        whom_layout.addWidget(plain_label("\n".join(terms_lines(terms_of(profile, texts), texts)), name="share.terms"))
        if licence := in_language(profile.licence, texts.language):
            text = plain_label(licence, name="share.licence_text")
            whom_layout.addWidget(Disclosure("share.licence", _("Licence te&xt"), text))
        self.column.addWidget(whom)

        choices, choices_layout = card()
        choices_layout.addWidget(plain_label(_("Tick what may be included"), "heading"))
        for category in Category:
            words = consent_text(category, texts)
            tick = Tick(f"share.{category.value}", words.title, words.contains)
            tick.toggled.connect(self._changed)
            self._ticks[category] = tick
            choices_layout.addWidget(tick)
            self._items[category] = CategoryItems(category, words.title, texts)
            choices_layout.addWidget(self._items[category])
        self.tick_all = QPushButton(_("Tick &everything"))
        self.tick_all.setObjectName("share.tick_all")
        self.tick_all.clicked.connect(self._tick_everything)
        row = QHBoxLayout()
        row.addWidget(self.tick_all)
        row.addStretch(1)
        choices_layout.addLayout(row)
        choices_layout.addStretch(1)

        self.column.addWidget(TurningBox(choices, self._build_preview(), least_em=44), 1)

        self.consent = Tick(
            "share.consent",
            _("I &agree that the content shown is written to the report"),
            _("For: {recipient}. Until you hand the file over, nobody but you has it.").format(
                recipient=support.name or _("the support desk that you choose")
            ),
        )
        self.consent.toggled.connect(self.agreed)
        self.new_recipient = None if before is None else self._ask_about(before, recipient_of(profile))
        self.add_to_foot(self.consent)
        self.add_to_foot(self._build_refusals())
        self.reset()

    def _build_refusals(self) -> QWidget:
        """What can be done instead: no less in sight than the way to a report, and no question behind it."""
        _ = self.texts.gettext
        part = QWidget()
        layout = QVBoxLayout(part)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(plain_label(_("Or share nothing:"), name="share.instead"))
        grid = CardGrid(3, least_em=15)
        for name, words, slot in (
            ("share.own", _("Save for m&yself only"), self._choose_own),
            ("share.summary", _("Copy the s&ummary only"), self.summary_wanted.emit),
            ("share.wipe", _("&Delete everything"), self.wipe_wanted.emit),
        ):
            button = QPushButton(words)
            button.setObjectName(name)
            button.clicked.connect(slot)
            grid.add(button)
        layout.addWidget(grid)
        self.refused = news(plain_label("", "muted", "share.refused"))
        self.refused.setVisible(False)
        layout.addWidget(self.refused)
        return part

    def _choose_own(self) -> None:
        _ = self.texts.gettext
        dialog = QFileDialog(self, _("Save for myself only"))
        dialog.setObjectName("share.own_dialog")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("html")
        kinds = {_("Web pages (*.html)"): "html", _("PDF (*.pdf)"): "pdf"}
        dialog.setNameFilters(list(kinds))
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(kinds.get(kind, "html")))
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog.selectFile(str(Path(folder or Path.home()) / "nexkit-result.html"))
        dialog.fileSelected.connect(self.own_wanted)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_refusal(self, words: str) -> None:
        """What came of it."""
        self.refused.setText(words)
        self.refused.setVisible(bool(words))

    def _ask_about(self, before: Recipient, now: Recipient) -> Tick:
        """A question of its own about a recipient that is not the one agreed to before."""
        _ = self.texts.gettext
        lines = (
            _("Before: {recipient}").format(recipient="; ".join(recipient_lines(before, self.texts))),
            _("Now: {recipient}").format(recipient="; ".join(recipient_lines(now, self.texts))),
        )
        tick = Tick(
            "share.new_recipient",
            _("The profile names another recipient than the one you agreed to, and that is &right"),
            "\n".join(lines),
        )
        tick.toggled.connect(self._open_consent)
        self.add_to_foot(tick)
        return tick

    def _build_preview(self) -> QWidget:
        """The card that shows what will be in the report, or what holds it back."""
        _ = self.texts.gettext
        preview, preview_layout = card()
        preview_layout.addWidget(plain_label(_("Exactly this will be in the report"), "heading"))
        self.state = news(plain_label("", "muted", "share.state"))
        preview_layout.addWidget(self.state)
        self.warning = plain_label("", "problem", "share.warning")
        self.warning.setVisible(False)
        preview_layout.addWidget(self.warning)
        self._hits = QWidget()
        self._hit_rows = QVBoxLayout(self._hits)
        self._hit_rows.setContentsMargins(0, 0, 0, 0)
        self._hits.setVisible(False)
        preview_layout.addWidget(self._hits)
        self.file_list = QListWidget()
        self.file_list.setObjectName("share.files")
        self.file_list.setAccessibleName(_("Files of the report"))
        self.file_list.setFixedHeight(round(current_theme().em * 8))
        self.file_list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.file_list.currentItemChanged.connect(self._show_file)
        preview_layout.addWidget(self.file_list)
        self.content = FileView("share.content", _("Content of the chosen file"))
        self.content.setMinimumHeight(round(current_theme().em * 12))
        self.content.setMaximumHeight(round(current_theme().em * 34))
        self.find_bar = FindBar(self, "share", self.texts, self.content)
        self.find_bar.path_wanted.connect(self._choose_file)
        preview_layout.addWidget(self.find_bar)
        preview_layout.addWidget(self.content, 8)
        self.lookup = Lookup("share", self.texts)
        self.replaced = Disclosure("share.replaced", _("What was &replaced"), self.lookup)
        preview_layout.addWidget(self.replaced)
        preview_layout.addStretch(1)
        return preview

    def show_contents(self, contents: Mapping[Category, Sequence[Item]]) -> None:
        """What this run has of each category; before it comes, the categories are told in general words alone."""
        for category, part in self._items.items():
            part.show_items(contents.get(category, ()))

    def categories(self) -> frozenset[Category]:
        """What is ticked."""
        return frozenset(category for category, tick in self._ticks.items() if tick.isChecked())

    def released(self) -> frozenset[str]:
        """Private values that the user lets into the report."""
        return frozenset(self._released)

    def left_out(self) -> frozenset[str]:
        """Private values that held the report back, and that the user did not let in."""
        return frozenset(self._held_back - self._released)

    def reset(self) -> None:
        """Ask anew, with nothing ticked and nothing released."""
        self._held_back.clear()
        self._released.clear()
        self.show_refusal("")
        for tick in self._ticks.values():
            tick.setChecked(False)
        self._changed()

    def show_draft(
        self, files: Mapping[str, bytes], shown: Mapping[str, str], decoder: Decoder, masked: tuple[Masked, ...]
    ) -> None:
        """The preview: the bytes that will be sealed, the same as text, and what was replaced in them."""
        _ = self.texts.gettext
        chosen = self.file_list.currentItem()
        before = chosen.data(Qt.ItemDataRole.UserRole) if chosen else None
        self._files, self._shown = files, shown
        self.lookup.show_decoder(decoder, masked)
        self.replaced.setVisible(True)
        self.file_list.blockSignals(True)  # the one that is chosen is shown once, below
        self.file_list.clear()
        for path, data in files.items():
            item = QListWidgetItem(f"{path}  ({byte_size(len(data))})")
            item.setData(Qt.ItemDataRole.UserRole, path)
            self.file_list.addItem(item)
            if path == before:
                self.file_list.setCurrentItem(item)
        if self.file_list.currentItem() is None and self.file_list.count():
            self.file_list.setCurrentRow(0)
        self.file_list.blockSignals(False)
        self._show_file(self.file_list.currentItem())
        self.find_bar.set_files(shown)
        said = [
            self.texts.ngettext("{count} file, {size}", "{count} files, {size}", len(files)).format(
                count=len(files), size=byte_size(sum(len(data) for data in files.values()))
            )
        ]
        if CONSENT_PATH in files:
            said.append(
                _("{file} is the record of your consent: state and time are filled in when you agree.").format(
                    file=CONSENT_PATH
                )
            )
        if self._released:
            values = ", ".join(visible(value) for value in sorted(self._released))
            said.append(_("Let into the report by you: {values}").format(values=values))
        self.state.setText("\n".join(said))
        self._open_consent()

    def show_answer(self, record: bytes) -> None:
        """The record of the consent as it is now; the preview shows it at once."""
        if self._files:
            self._files = {**self._files, CONSENT_PATH: record}
            self._shown = {**self._shown, CONSENT_PATH: shown_text(record)}
            chosen = self.file_list.currentItem()
            if chosen is not None and chosen.data(Qt.ItemDataRole.UserRole) == CONSENT_PATH:
                self._show_file(chosen)

    def _open_consent(self) -> None:
        """One can agree to what is shown, and to a new recipient after having said that it is right."""
        is_right = self.new_recipient is None or self.new_recipient.isChecked()
        self.consent.setEnabled(bool(self._files) and is_right)
        if not self.consent.isEnabled():
            self.consent.setChecked(False)

    def show_warnings(self, warnings: tuple[Hit, ...]) -> None:
        """Private values in what the user typed; they are shared as typed."""
        self.warning.setText(warning_text(warnings, self.texts))
        self.warning.setVisible(bool(warnings))

    def show_hits(self, hits: tuple[Hit, ...]) -> None:
        """The report is held back: each private value that was found, with the ways to resolve it."""
        _ = self.texts.gettext
        self._held_back.update(hit.value for hit in hits)
        self.state.setText(
            _(
                "The report is held back. The last check found private values in it that should have been replaced. "
                "Decide for each of them."
            )
        )
        self._forget_hits()
        for number, hit in enumerate(hits):
            self._hit_rows.addWidget(self._hit_row(number, hit))
        self._hits.setVisible(True)

    def _hit_row(self, number: int, hit: Hit) -> QWidget:
        """One value: where it is, and the two ways to resolve it."""
        _ = self.texts.gettext
        row = QWidget()
        layout = QVBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(plain_label(hit_title(hit, self.texts), "problem", f"share.hit.{number}"))
        layout.addWidget(plain_label(hit_detail(hit, self.texts), "muted"))
        buttons = QHBoxLayout()
        if hit.categories:
            leave_out = QPushButton(_("Leave these parts out"))
            leave_out.setObjectName(f"share.leave_out.{number}")
            leave_out.clicked.connect(lambda: self._leave_out(hit.categories))
            buttons.addWidget(leave_out)
        release = QPushButton(_("Let this value into the report"))
        release.setObjectName(f"share.release.{number}")
        release.clicked.connect(lambda: self._release(hit.value))
        buttons.addWidget(release)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        return row

    def _leave_out(self, categories: frozenset[Category]) -> None:
        for category in categories:
            self._ticks[category].setChecked(False)

    def _release(self, value: str) -> None:
        self._released.add(value)
        self._changed()

    def _forget_hits(self) -> None:
        self._hits.setVisible(False)
        empty(self._hit_rows)

    def show_problem(self, words: str) -> None:
        """The preview could not be made."""
        self.state.setText(words)

    def _tick_everything(self) -> None:
        """What is more than the default has to be ticked by itself."""
        for category in DEFAULT_CATEGORIES:
            self._ticks[category].setChecked(True)

    def _changed(self) -> None:
        _ = self.texts.gettext
        self._files, self._shown = {}, {}
        self.replaced.setVisible(False)
        self.lookup.show_decoder(None, ())
        self._forget_hits()
        self.show_warnings(())
        self.file_list.clear()
        self.content.show_text("")
        self.find_bar.set_files({})
        self.consent.setChecked(False)
        self.consent.setEnabled(False)
        if Category.VERDICT in self.categories():
            self.state.setText(_("Putting the content together …"))
            self._settle.start()
        else:
            self._settle.stop()
            self.state.setText(
                _("Tick “{name}” first: without it there is no report.").format(
                    name=consent_text(Category.VERDICT, self.texts).title
                )
            )
        self.choice_changed.emit()

    def _show_file(self, item: QListWidgetItem | None) -> None:
        path = "" if item is None else item.data(Qt.ItemDataRole.UserRole)
        self.content.show_text(self._shown.get(path, ""))
        self.find_bar.show_path(path)

    def _choose_file(self, path: str) -> None:
        for row in range(self.file_list.count()):
            if self.file_list.item(row).data(Qt.ItemDataRole.UserRole) == path:
                self.file_list.setCurrentRow(row)


class CategoryItems(QWidget):
    """What this run has of a category; unfolded on demand, and made when it first is."""

    def __init__(self, category: Category, title: str, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._title = title
        self._waiting: Sequence[Item] = ()
        em = round(current_theme().em)
        self._content = QWidget()
        self._rows = QVBoxLayout(self._content)
        self._rows.setContentsMargins(em, 0, 0, em // 2)
        self._rows.setSpacing(round(em * 0.15))
        self._unfold = Disclosure(f"share.items.{category.value}", "", self._content)
        self._unfold.button.toggled.connect(self._fill)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(round(em * 1.6), 0, 0, 0)
        layout.addWidget(self._unfold)
        self.setVisible(False)

    def show_items(self, items: Sequence[Item]) -> None:
        """These are the items now."""
        _ = self._texts.gettext
        self._unfold.button.setChecked(False)
        while (row := self._rows.takeAt(0)) is not None:
            if (widget := row.widget()) is not None:
                widget.deleteLater()
        self._waiting = items
        values = sum(item.values for item in items)
        words = (
            self._texts.ngettext("Show its {count} value", "Show its {count} values", values).format(count=values)
            if items
            else _("Nothing of it in this result")
        )
        self._unfold.button.setText(words)
        self._unfold.button.setAccessibleName(_("{category}: {words}").format(category=self._title, words=words))
        self._unfold.button.setEnabled(bool(items))
        self._unfold.button.setArrowType(Qt.ArrowType.RightArrow if items else Qt.ArrowType.NoArrow)
        self.setVisible(True)

    def _fill(self) -> None:
        _ = self._texts.gettext
        items, self._waiting = self._waiting, ()
        for item in items:
            self._rows.addWidget(plain_label(item.title))
            lines = [f"– {line}" for line in item.lines[:_LINES]]
            if more := len(item.lines) - _LINES:
                lines += [_("– and {count} more").format(count=more)] if more > 0 else []
            self._rows.addWidget(plain_label("\n".join([item_text(item, self._texts), *lines]), "muted"))
