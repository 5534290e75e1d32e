"""Page: what came out. One sentence, the drawing, what to do now; why, and everything measured, on demand."""

from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from nexkit.diagnosis.trials import Series
from nexkit.diagnosis.verdict import Diagnosis, VerdictState
from nexkit.profile import Support
from nexkit.run_record import RunRecord
from nexkit.texts import Texts
from nexkit.texts.permissions import missing_permissions
from nexkit.texts.settings import advised_setting, trial_setting
from nexkit.texts.verdicts import (
    stopped_text,
    verdict_advice,
    verdict_sentence,
    verdict_sureness,
)
from nexkit.texts.watch import watched_text
from nexkit.trial import Trial
from ui.gui.pages.base import Disclosure, PageBase, card, plain_label, selectable_label
from ui.gui.present import Mark
from ui.gui.theme import current_theme
from ui.gui.widgets.diagnosis_path import diagnosis_path
from ui.gui.widgets.engineer_tabs import EngineerTabs
from ui.gui.widgets.episode_list import EpisodeList
from ui.gui.widgets.lazy import Lazy
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.mend_cards import button_to_setting, gaps_card, permission_card
from ui.gui.widgets.trial_cards import NextStepCard, change_card
from ui.gui.widgets.why import Why

_MARK_OF_VERDICT = {
    VerdictState.HEALTHY: Mark.OK,
    VerdictState.FAULT: Mark.BROKEN,
    VerdictState.INCONCLUSIVE: Mark.UNKNOWN,
}


class ResultPage(PageBase):
    """Shows one diagnosis; a new run replaces it as a whole."""

    retest_wanted = Signal(object)
    """The user has done what this Trial says."""
    told = Signal(object, bool)
    """The user has looked elsewhere, as this Trial says: whether it works there."""
    skipped = Signal(object)

    def __init__(self, texts: Texts, support: Support) -> None:
        _ = texts.gettext
        super().__init__("result", texts, _("Result"))
        self.title.setVisible(False)  # the sentence of the verdict is the title
        self._support = support
        self._content: QWidget | None = None
        self._why: Disclosure | None = None
        self._offered: Trial | None = None
        self._sentence = ""

    def show_result(self, series: Series) -> None:
        """Show what the latest run came to, what the last change made of it, and what to try next."""
        _ = self.texts.gettext
        record, diagnosis = series.record, series.diagnosis
        if self._content is not None:
            self.column.removeWidget(self._content)
            self._content.hide()
            self._content.deleteLater()
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(current_theme().em * 0.8))
        self._add_sentence(layout, record, diagnosis)
        if series.done:
            layout.addWidget(change_card(series.done[-1], self.texts))
        self._add_path(layout, record, diagnosis)
        self._add_advice(layout, diagnosis, series.offer())
        self._add_next_step(layout, series)
        self._add_gaps(layout, record, diagnosis)
        self._add_watch(layout, record)
        # What is made later, and the slots below, hold no page: one that nobody else holds goes at once, as a whole.
        self._why = Disclosure(
            "result.why", _("Wh&y do we think so?"), Lazy(partial(Why, record, diagnosis, self.texts))
        )
        layout.addWidget(self._why)
        layout.addWidget(Disclosure("result.details", _("For eng&ineers"), EngineerTabs(record, diagnosis, self.texts)))
        layout.addStretch(1)
        self.column.addWidget(self._content, 1)
        self._content.show()  # at once: what it replaces is gone already
        self.to_top()

    def spoken(self) -> str:
        """The sentence of the verdict."""
        return self._sentence

    def focus_first(self) -> None:
        """Not on a button of the next step: who presses Enter goes on to the report, and starts no run by accident."""
        if self._why is not None:
            self._why.button.setFocus(Qt.FocusReason.TabFocusReason)

    def _add_next_step(self, layout: QVBoxLayout, series: Series) -> None:
        self._offered = series.offer()
        if self._offered is None:
            return
        step = NextStepCard(self._offered, series.record, self.texts)
        step.done.connect(self._retest)
        step.told.connect(self._tell)
        step.skipped.connect(self._skip)
        layout.addWidget(step)

    @Slot()
    def _retest(self) -> None:
        self.retest_wanted.emit(self._offered)

    @Slot(bool)
    def _tell(self, works: bool) -> None:
        self.told.emit(self._offered, works)

    @Slot()
    def _skip(self) -> None:
        self.skipped.emit(self._offered)

    def _add_sentence(self, layout: QVBoxLayout, record: RunRecord, diagnosis: Diagnosis) -> None:
        _ = self.texts.gettext
        row = QHBoxLayout()
        row.setSpacing(round(current_theme().em * 0.7))
        row.addWidget(MarkLabel(_MARK_OF_VERDICT[diagnosis.verdict.state], size_em=2.2), 0, Qt.AlignmentFlag.AlignTop)
        self._sentence = verdict_sentence(diagnosis, self.texts)
        sentence = selectable_label(self._sentence, "result.sentence", "title")
        row.addWidget(sentence, 1)
        layout.addLayout(row)
        if record.cancelled:
            layout.addWidget(plain_label(stopped_text(self.texts), "", "result.cancelled"))
        if sureness := verdict_sureness(diagnosis, self.texts):
            words = _("How sure: {sureness}").format(sureness=sureness)
            layout.addWidget(plain_label(words, "muted", "result.sureness"))

    def _add_path(self, layout: QVBoxLayout, record: RunRecord, diagnosis: Diagnosis) -> None:
        frame, inner = card()
        inner.addWidget(diagnosis_path("result.path", record, diagnosis, self.texts))
        layout.addWidget(frame)

    def _add_watch(self, layout: QVBoxLayout, record: RunRecord) -> None:
        """What the watch saw whose last run this is: when that was made, all may have worked again."""
        if record.watch is None:
            return
        frame, inner = card()
        inner.addWidget(plain_label(self.texts.gettext("What happened while watching"), "heading"))
        inner.addWidget(selectable_label(watched_text(record.watch, self.texts), "result.watched"))
        if record.watch.episodes:
            episodes = EpisodeList("result.episodes", self.texts)
            episodes.show_log(record.watch, over=True)
            inner.addWidget(episodes)
        layout.addWidget(frame)

    def _add_advice(self, layout: QVBoxLayout, diagnosis: Diagnosis, trial: Trial | None) -> None:
        _ = self.texts.gettext
        frame, inner = card()
        inner.addWidget(plain_label(_("What you can do now"), "heading"))
        grid = QGridLayout()
        em = round(current_theme().em)
        grid.setHorizontalSpacing(em // 2)
        grid.setVerticalSpacing(em // 3)
        grid.setColumnStretch(1, 1)
        advice = list(verdict_advice(diagnosis, self.texts))
        contact = ", ".join(entry for entry in (self._support.name, self._support.email, self._support.url) if entry)
        if contact:
            advice.append(_("Your support desk: {contact}").format(contact=contact))
        for number, sentence in enumerate(advice, start=1):
            grid.addWidget(plain_label(f"{number}."), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(selectable_label(sentence, f"result.advice.{number}"), number, 1)
        inner.addLayout(grid)
        setting = advised_setting(diagnosis.root)
        offered_below = trial is not None and trial_setting(trial) is setting
        if not offered_below and (button := button_to_setting("result.setting", setting, self.texts)):
            inner.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(frame)

    def _add_gaps(self, layout: QVBoxLayout, record: RunRecord, diagnosis: Diagnosis) -> None:
        """What was not permitted; and where there is no answer, all else that kept it away."""
        for missing in missing_permissions(record, self.texts):
            layout.addWidget(permission_card(missing, self.texts))
        if diagnosis.verdict.state is VerdictState.INCONCLUSIVE and (gaps := gaps_card(diagnosis, self.texts)):
            layout.addWidget(gaps)
