"""Room: reports that were made on this computer, and results whose report is not made yet."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nexkit.texts import Texts
from nexkit.texts.causes import cause_name
from nexkit.texts.moments import moment
from nexkit.texts.numbers import byte_size
from nexkit.texts.trials import change_text, effect_word
from nexkit.texts.verdicts import rung_word, segment_name, verdict_sentence, verdict_sureness
from report.decoder import Decoder, read_decoder
from report.load import LoadedReport
from report.masked import Masked, masked_of
from report.receipts import receipt_text
from report.trust import Tier
from report.unfinished import Unfinished, Unreadable, discard, unfinished_runs
from report.visible import visible
from ui.comparison_words import compared, comparison_notes
from ui.earlier import (
    Earlier,
    EarlierError,
    FileState,
    delete_earlier,
    earlier_reports,
    open_earlier,
    place_for_withdrawal,
    state_text,
)
from ui.gui.links import FileShower
from ui.gui.pages.base import CardGrid, Disclosure, buddy_label, card, plain_label, push_button, selectable_label
from ui.gui.rooms import RoomContext, RoomPage
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.diagnosis_path import diagnosis_path
from ui.gui.widgets.engineer_tabs import EngineerTabs
from ui.gui.widgets.lazy import Lazy
from ui.gui.widgets.lookup import Lookup
from ui.gui.widgets.why import Why
from ui.handover import problem_text, withdrawn_text, write_withdrawal

Row = Earlier | Unfinished | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a thread came back with, and for which row."""

    row: Row
    value: object


class HistoryPage(RoomPage):
    """A list; below it what can be done with the one that is chosen; below that what came of it."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__(
            "history",
            context.texts,
            _("Earlier reports"),
            _("Reports that you saved, and results that you did not finish. Nobody else sees this list."),
        )
        self._context = context
        self._rows: tuple[Row, ...] = ()
        self._decoder_of: Row | None = None
        self._shower = FileShower(context.threads, self)
        self._shower.gone.connect(self._file_gone)
        self.empty = plain_label(_("There are none yet."), name="history.empty")
        self.empty.setVisible(False)
        self.column.addWidget(self.empty)
        self.list = QListWidget()
        self.list.setObjectName("history.list")
        self.list.setAccessibleName(_("Earlier reports"))
        self.list.setWordWrap(True)
        self.list.setMinimumHeight(round(current_theme().em * 10))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentRowChanged.connect(self._chosen)
        self.column.addWidget(self.list)
        self.column.addWidget(self._build_details())
        self.shown = QWidget()
        self._shown_layout = QVBoxLayout(self.shown)
        self._shown_layout.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(self.shown)
        self.column.addStretch(1)

    def _build_details(self) -> QWidget:
        _ = self.texts.gettext
        self.details, layout = card()
        self.about = selectable_label("", "history.about")
        layout.addWidget(self.about)
        self.open = push_button("history.open", _("Op&en"), self._open)
        self.folder = push_button("history.show_folder", _("Show in f&older"), self._show_file)
        self.finish = push_button("history.finish", _("Make a &report of it"), self._finish)
        self.withdraw = push_button("history.withdraw", _("&Withdraw the consent"), self._withdraw)
        self.delete = push_button("history.delete", _("&Delete …"), self._ask_to_delete)
        self._actions = QVBoxLayout()
        self._offered: tuple[QPushButton, ...] = ()
        layout.addLayout(self._actions)
        layout.addWidget(self._build_question())
        self.said = selectable_label("", "history.said")
        self.said.setVisible(False)
        layout.addWidget(self.said)
        layout.addWidget(self._build_comparison())
        self.lookup = Lookup("history", self.texts)
        self.replaced = Disclosure("history.replaced", _("What was re&placed in it"), self.lookup)
        self.replaced.button.toggled.connect(self._read_decoder)
        layout.addWidget(self.replaced)
        self.receipt = selectable_label("", "history.receipt_text")
        self.agreed = Disclosure("history.receipt", _("What you &agreed to"), self.receipt)
        layout.addWidget(self.agreed)
        self.details.setVisible(False)
        return self.details

    def _build_question(self) -> QWidget:
        """Asks before something is deleted, in the page."""
        _ = self.texts.gettext
        self.question = QWidget()
        layout = QVBoxLayout(self.question)
        layout.setContentsMargins(0, 0, 0, 0)
        self.question_words = plain_label("", name="history.delete_question")
        layout.addWidget(self.question_words)
        self.receipt_too = Tick(
            "history.receipt_too",
            _("Delete the &receipt of what I agreed to as well"),
            _("Without it you cannot take back your consent from this list any more."),
        )
        layout.addWidget(self.receipt_too)
        grid = CardGrid(2, least_em=13)
        self.keep = push_button("history.keep", _("&Keep it"), self._end_question)
        self.really = push_button("history.really_delete", _("Delete &now"), self._delete)
        grid.add(self.keep)
        grid.add(self.really)
        layout.addWidget(grid)
        self.question.setVisible(False)
        return self.question

    def _build_comparison(self) -> QWidget:
        _ = self.texts.gettext
        self.comparison = QWidget()
        layout = QVBoxLayout(self.comparison)
        layout.setContentsMargins(0, 0, 0, 0)
        self.other = QComboBox()
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.other.setMinimumContentsLength(12)
        layout.addWidget(buddy_label("history.other", _("Co&mpare with"), self.other))
        grid = CardGrid(2, least_em=13)
        grid.add(self.other)
        grid.add(push_button("history.compare", _("Show what &changed"), self._compare))
        layout.addWidget(grid)
        return self.comparison

    # The list

    def entered(self) -> None:
        """Read the list anew: something may have been saved or deleted meanwhile."""
        self._context.threads.start(_all_rows, self._take, self._failed)

    @Slot(object)
    def _take(self, rows: tuple[Row, ...]) -> None:
        chosen = self._row()
        before = None if chosen is None else _key(chosen)
        self._rows = rows
        self.list.blockSignals(True)
        self.list.clear()
        for row in rows:
            self.list.addItem(QListWidgetItem(visible(_line(row, self.texts), limit=_LONGEST_LINE, keep="\n")))
        at = next((number for number, row in enumerate(rows) if _key(row) == before), 0 if rows else -1)
        self.list.setCurrentRow(at)
        self.list.blockSignals(False)
        self.empty.setVisible(not rows)
        self.list.setVisible(bool(rows))
        if rows and before is None:
            self.list.setFocus()
        self._show_row(keep_said=before is not None and at >= 0 and _key(rows[at]) == before)

    def _row(self) -> Row | None:
        at = self.list.currentRow()
        return self._rows[at] if 0 <= at < len(self._rows) else None

    @Slot(int)
    def _chosen(self, _at: int) -> None:
        self._show_row(keep_said=False)

    def _show_row(self, *, keep_said: bool) -> None:
        row = self._row()
        self.details.setVisible(row is not None)
        self.question.setVisible(False)
        self.replaced.button.setChecked(False)
        self.agreed.button.setChecked(False)
        self._decoder_of = None
        if not keep_said:
            self._say("")
            self._clear_shown()
        if row is None:
            return
        self.about.setText(_about(row, self.texts))
        earlier = row if isinstance(row, Earlier) else None
        there = earlier is not None and earlier.file in {FileState.THERE, FileState.CHANGED}
        readable = there and earlier is not None and earlier.note is not None and not earlier.note.encrypted
        agreed = earlier is not None and earlier.consent is not None
        offers = (
            (self.open, readable),
            (self.folder, there),
            (self.finish, isinstance(row, Unfinished)),
            (self.withdraw, agreed),
            (self.delete, True),
        )
        self._offer(tuple(button for button, is_open in offers if is_open))
        self.replaced.setVisible(earlier is not None and earlier.can_look_up)
        self.agreed.setVisible(agreed)
        if earlier is not None and earlier.consent is not None:
            self.receipt.setText(receipt_text(earlier.consent, self.texts))
        self._offer_comparison(row if readable else None)

    def _offer(self, buttons: tuple[QPushButton, ...]) -> None:
        """Show these buttons, without holes between them."""
        if buttons == self._offered:
            return
        for button in self._offered:
            button.setParent(self.details)
            button.setVisible(False)
        while (item := self._actions.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        grid = CardGrid(2, least_em=13)
        for button in buttons:
            grid.add(button)
            button.setVisible(True)
        self._actions.addWidget(grid)
        grid.show()  # else it comes a moment later
        self._offered = buttons
        for before, after in pairwise((self.list, *buttons, self.keep)):
            self.setTabOrder(before, after)

    def _offer_comparison(self, row: Row | None) -> None:
        self.other.clear()
        if row is not None:
            for number, other in enumerate(self._rows):
                if _can_be_opened(other) and _key(other) != _key(row):
                    line = _line(other, self.texts).partition("\n")[0]
                    self.other.addItem(visible(line), number)
        self.comparison.setVisible(self.other.count() > 0)

    # What can be done

    def _start(self, row: Row, work: Callable[[], object], done: Callable[[_Answer], None]) -> None:
        """Work on a row beside the window."""
        self._context.threads.start(lambda: _Answer(row=row, value=work()), done, self._failed)

    def _open(self) -> None:
        row = self._row()
        if isinstance(row, Earlier):
            self._start(row, lambda: open_earlier(row, self.texts), self._opened)

    @Slot(object)
    def _opened(self, answer: _Answer) -> None:
        if answer.row is not self._row() or not isinstance(answer.value, LoadedReport):
            return
        self._say("")
        self._show(ReportView(answer.value, self.texts))

    def _compare(self) -> None:
        row, number = self._row(), self.other.currentData()
        if not isinstance(row, Earlier) or number is None:
            return
        other = self._rows[number]
        if isinstance(other, Earlier):
            first, second = sorted((row, other), key=lambda each: each.made_at)
            self._start(row, lambda: _comparison(first, second, self.texts), self._compared)

    @Slot(object)
    def _compared(self, answer: _Answer) -> None:
        if answer.row is not self._row():
            return
        self._say("")
        frame, layout = card()
        layout.addWidget(plain_label(self.texts.gettext("What changed between the two"), "heading"))
        layout.addWidget(selectable_label(str(answer.value), "history.compared"))
        self._show(frame)

    def _show_file(self) -> None:
        row = self._row()
        if isinstance(row, Earlier) and row.note is not None:
            self._shower.show(Path(row.note.path))

    @Slot(object)
    def _file_gone(self, _file: object) -> None:
        self._say(self.texts.gettext("The file is not there any more."))
        self.entered()

    def _finish(self) -> None:
        row = self._row()
        if isinstance(row, Unfinished):
            self._context.show_result(row)

    def _withdraw(self) -> None:
        row = self._row()
        if not isinstance(row, Earlier) or row.consent is None:
            return
        consent = row.consent
        self._start(
            row,
            lambda: withdrawn_text(
                consent, write_withdrawal(consent, consent.pii_principal_id, place_for_withdrawal(row)), self.texts
            ),
            self._done,
        )

    def _ask_to_delete(self) -> None:
        row = self._row()
        if row is None:
            return
        self.question_words.setText(_question(row, self.texts))
        self.receipt_too.setChecked(False)
        self.receipt_too.setVisible(isinstance(row, Earlier) and row.consent is not None)
        self.question.setVisible(True)
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def _end_question(self) -> None:
        self.question.setVisible(False)
        self.delete.setFocus(Qt.FocusReason.OtherFocusReason)

    def _delete(self) -> None:
        row, with_receipt = self._row(), self.receipt_too.isChecked()
        self.question.setVisible(False)
        if isinstance(row, Earlier):
            self._clear_shown()
            self._start(row, lambda: delete_earlier(row, self.texts, with_receipt=with_receipt), self._deleted)
        elif row is not None:
            self._start(row, lambda: _discarded(row.id, self.texts), self._deleted)

    @Slot(object)
    def _deleted(self, answer: _Answer) -> None:
        self.entered()
        self._say(str(answer.value))
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        # What was deleted is said below the next one of the list too.
        self.introduce(str(answer.value))

    @Slot(object)
    def _done(self, answer: _Answer) -> None:
        self.entered()
        self._say(str(answer.value))

    def _read_decoder(self, unfolded: bool) -> None:
        row = self._row()
        if unfolded and isinstance(row, Earlier) and self._decoder_of is not row:
            self._decoder_of = row
            self._start(row, lambda: _decoder(row.report_id), self._decoder_read)

    @Slot(object)
    def _decoder_read(self, answer: _Answer) -> None:
        if answer.row is self._decoder_of and isinstance(answer.value, tuple):
            self.lookup.show_decoder(*answer.value)

    @Slot(object)
    def _failed(self, error: object) -> None:
        words = str(error) if isinstance(error, EarlierError) else problem_text(error, self.texts)
        self._clear_shown()
        self._say(words)
        if not self._rows:
            self.introduce(words)

    # What came of it

    def _say(self, words: str) -> None:
        self.said.setText(words)
        self.said.setVisible(bool(words))

    def _clear_shown(self) -> None:
        while (item := self._shown_layout.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _show(self, widget: QWidget) -> None:
        self._clear_shown()
        self._shown_layout.addWidget(widget)
        widget.show()
        self.bring_into_view(widget)

    def bring_into_view(self, widget: QWidget) -> None:
        """Scroll to what has just come."""
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
        self._scroll.ensureWidgetVisible(widget, 0, 0)


class ReportView(QWidget):
    """A report out of its file: what it says, what that is worth, and all that is in it."""

    def __init__(self, report: LoadedReport, texts: Texts) -> None:
        super().__init__()
        _ = texts.gettext
        diagnosis, record = report.diagnosis, report.record
        self.setAccessibleName(_("Report {id}").format(id=report.report_id))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.6))
        frame, inner = card()
        inner.addWidget(selectable_label(verdict_sentence(diagnosis, texts), "history.sentence", "heading"))
        if sureness := verdict_sureness(diagnosis, texts):
            inner.addWidget(plain_label(_("How sure: {sureness}").format(sureness=sureness), "muted"))
        inner.addWidget(plain_label(_worth(report, texts), "muted", "history.worth"))
        inner.addWidget(diagnosis_path("history.path", record, diagnosis, texts))
        layout.addWidget(frame)
        why = Lazy(lambda: Why(record, diagnosis, texts))
        layout.addWidget(Disclosure("history.why", _("Wh&y do we think so?"), why))
        tabs = Lazy(lambda: EngineerTabs(record, diagnosis, texts))
        layout.addWidget(Disclosure("history.engineers", _("For eng&ineers"), tabs))


_LONGEST_LINE = 600


def _all_rows() -> tuple[Row, ...]:
    """What is not finished, then what was saved; each the latest first."""
    runs, unreadable = unfinished_runs(datetime.now(UTC))
    return (*runs, *unreadable, *earlier_reports())


def _key(row: Row) -> str:
    return row.report_id if isinstance(row, Earlier) else row.id


def _can_be_opened(row: Row) -> bool:
    return (
        isinstance(row, Earlier)
        and row.note is not None
        and not row.note.encrypted
        and row.file in {FileState.THERE, FileState.CHANGED}
    )


def _line(row: Row, texts: Texts) -> str:
    """A row of the list: when and what it says; what became of it."""
    _ = texts.gettext
    match row:
        case Unreadable():
            return _("A result that cannot be read any more") + f"\n{row.id}"
        case Unfinished():
            head = _("{when}: {what}").format(
                when=moment(row.record.started_at, texts), what=verdict_sentence(row.diagnosis, texts)
            )
            return f"{head}\n" + _("Not finished: no report was made of it")
        case Earlier():
            what = _("Report") if row.diagnosis is None else verdict_sentence(row.diagnosis, texts)
            head = _("{when}: {what}").format(when=moment(row.made_at, texts), what=what)
            whom = [_("For: {recipient}").format(recipient=row.recipient)] if row.recipient else []
            return f"{head}\n" + " · ".join([*whom, state_text(row.file, texts)])


def _about(row: Row, texts: Texts) -> str:
    """The chosen one, a line for each thing."""
    _ = texts.gettext
    match row:
        case Unreadable():
            return row.reason
        case Unfinished():
            return _line(row, texts)
    lines = [_("Report {id}").format(id=row.report_id)]
    if row.ticket:
        lines.append(_("Ticket: {ticket}").format(ticket=row.ticket))
    if row.note is not None:
        lines.append(_("File: {file} ({size})").format(file=row.note.path, size=byte_size(row.note.size_bytes)))
    lines.append(state_text(row.file, texts))
    if row.note is not None and row.note.encrypted:
        lines.append(_("The file is encrypted: only the support desk can open it."))
    if row.withdrawn:
        lines.append(_("You have taken back your consent."))
    return "\n".join(lines)


def _question(row: Row, texts: Texts) -> str:
    """What goes, what stays, and why."""
    _ = texts.gettext
    if not isinstance(row, Earlier):
        return _("Delete this result? No report can be made of it then.")
    lines = [_("Delete this report from this computer?")]
    if row.note is not None and row.file is not FileState.GONE:
        lines.append(_("The file {file} is deleted.").format(file=row.note.path))
    if row.can_look_up:
        lines.append(_("So is the list of what was replaced: nobody can look it up any more."))
    lines.append(
        _(
            "What you have handed over already stays with the support desk. To have it deleted there, withdraw the "
            "consent."
        )
    )
    return "\n".join(lines)


def _worth(report: LoadedReport, texts: Texts) -> str:
    """Whether it still is what was written."""
    _ = texts.gettext
    when = moment(report.record.started_at, texts)
    if report.verification.tier is Tier.REPACKED:
        return _("Measured {when}. The file was packed anew since; what is in it is unchanged.").format(when=when)
    return _("Measured {when}. The file is unchanged since it was saved.").format(when=when)


def _comparison(first: Earlier, second: Earlier, texts: Texts) -> str:
    _ = texts.gettext
    before, after = open_earlier(first, texts), open_earlier(second, texts)
    found = compared(before, after)
    sides = ((_("Before"), before), (_("After"), after))
    lines = [
        _("{side}, {when}: {what}").format(
            side=side,
            when=moment(report.record.started_at, texts),
            what=visible(verdict_sentence(report.diagnosis, texts), limit=_LONGEST_LINE),
        )
        for side, report in sides
    ]
    lines += comparison_notes(before, after, texts)
    lines += ["", _("What changed: {effect}").format(effect=effect_word(found.effect, texts))]
    for heading, findings in (
        (_("Gone: {causes}"), found.gone),
        (_("New: {causes}"), found.new),
        (_("Still there: {causes}"), found.still),
        (_("Not asked again: {causes}"), found.untested),
    ):
        if names := dict.fromkeys(cause_name(each.cause, texts) for each in findings):
            lines.append(heading.format(causes=", ".join(names)))
    if found.rungs:
        lines += ["", _("The way from this computer to the service:")]
        lines += [
            f"– {segment_name(each.segment, texts)}: {rung_word(each.before, texts)} → {rung_word(each.after, texts)}"
            for each in found.rungs
        ]
    if changed := [change_text(each, texts) for each in found.values if each.beyond_noise]:
        lines += ["", _("Measured both times, and changed:"), *(f"– {visible(line)}" for line in changed)]
    return "\n".join(lines)


def _decoder(report_id: str) -> tuple[Decoder, tuple[Masked, ...]]:
    decoder = read_decoder(report_id)
    return decoder, masked_of(decoder)


def _discarded(run_id: str, texts: Texts) -> str:
    return texts.gettext("Deleted.") if discard(run_id) else texts.gettext("There is no such result (any more).")
