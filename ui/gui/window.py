"""The wizard's window: holds the state of `flow`, shows its pages, and starts the threads that do the work."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.run_record import LicenceAccepter
from nexkit.runner import Runner
from nexkit.texts import Texts
from nexkit.texts.profiles import whose_text
from report.profile_state import ProfileMemory, accepted
from ui.gui import flow
from ui.gui.flow import Flow, Page, RunState
from ui.gui.pages.agree import AgreePage
from ui.gui.pages.base import PageBase, rule
from ui.gui.pages.licence import LicencePage
from ui.gui.pages.trouble import TroublePage
from ui.gui.run_thread import RunThread, WorkThread
from ui.gui.theme import current_theme, mark_main, style_sheet
from ui.gui.widgets.steps_bar import StepsBar
from ui.gui.widgets.whose_banner import WhoseBanner
from ui.handover import Saved, draft_report, problem_text, save_report

if TYPE_CHECKING:
    from nexkit.diagnosis.trials import Series
    from nexkit.trial import Trial
    from report.consent import Category
    from report.draft import Draft
    from ui.bootstrap import Run
    from ui.gui.pages.result import ResultPage
    from ui.gui.pages.running import RunningPage
    from ui.gui.pages.save import SavePage
    from ui.gui.pages.share import SharePage

_STEP_OF_PAGE = {
    Page.LICENCE: 0,
    Page.TROUBLE: 0,
    Page.AGREE: 1,
    Page.RUNNING: 2,
    Page.RESULT: 3,
    Page.SHARE: 4,
    Page.SAVE: 4,
}


def system_runner() -> Runner:
    """The runner of this system; its probes bring heavy libraries, which are loaded here and not at the start."""
    from ui.bootstrap import build_runner

    return build_runner()


class WizardWindow(QWidget):
    """One window, one run at a time."""

    def __init__(
        self,
        texts: Texts,
        profile: LoadedProfile,
        memory: ProfileMemory,
        make_runner: Callable[[], Runner] = system_runner,
    ) -> None:
        super().__init__()
        _ = texts.gettext
        self._texts = texts
        self._make_runner = make_runner
        self._runner: Runner | None = None
        self._run: Run | None = None
        self._series: Series | None = None
        self._trial: Trial | None = None
        self._run_thread: RunThread | None = None
        self._draft: Draft | None = None
        self._agreed_at: datetime | None = None
        self._threads: set[WorkThread] = set()
        self._memory = memory
        self._profile, self._licence = memory.with_licence(profile, texts.language)
        self._flow = flow.start(licence_needed=self._licence is not None)
        self._pages: dict[Page, PageBase] = {}
        self.setObjectName("wizard")
        self._build()
        self._restyle()
        em = current_theme().em
        self.setMinimumSize(round(em * 24), round(em * 24))
        self.resize(QSize(round(em * 60), round(em * 48)).boundedTo(self.screen().availableSize() * 0.94))
        self._show_flow()

    def _build(self) -> None:
        _ = self._texts.gettext
        self.steps = StepsBar(
            "wizard.steps",
            (_("What is wrong"), _("Consent"), _("Measuring"), _("Result"), _("Report")),
            _("Step {number} of {count}: {name}"),
        )
        self._stack = QStackedWidget()
        self.back = self._button("wizard.back", _("&Back"), self._go_back)
        self.stop = self._button("wizard.stop", _("&Cancel"), self._stop)
        self.again = self._button("wizard.again", _("Test a&gain"), self._go_back)
        self.main = self._button("wizard.main", "", self._go_on)
        foot = QHBoxLayout()
        em = round(current_theme().em)
        foot.setContentsMargins(round(em * 1.4), round(em * 0.7), round(em * 1.4), round(em * 0.9))
        foot.setSpacing(round(em * 0.6))
        foot.addWidget(self.back)
        foot.addStretch(1)
        for button in (self.stop, self.again, self.main):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.steps)
        layout.addWidget(rule())
        if whose := whose_text(self._profile, self._texts):
            layout.addWidget(WhoseBanner(whose, alarming=self._profile.reference.is_unknown_organisation))
            layout.addWidget(rule())
        layout.addWidget(self._stack, 1)
        layout.addWidget(rule())
        layout.addLayout(foot)

    def _button(self, name: str, words: str, slot: Callable[[], None]) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.clicked.connect(slot)
        return button

    # Looks

    def _restyle(self) -> None:
        wanted = style_sheet(current_theme())
        if wanted != self.styleSheet():
            self.setStyleSheet(wanted)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system from light to dark and back."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.ApplicationPaletteChange, QEvent.Type.PaletteChange, QEvent.Type.FontChange}:
            QTimer.singleShot(0, self, self._restyle)

    # Pages

    @property
    def flow(self) -> Flow:
        """The state of the wizard."""
        return self._flow

    @property
    def run(self) -> "Run | None":
        """The run that a report is about, with what was changed after it."""
        return self._run

    @property
    def draft(self) -> "Draft | None":
        """The report that the preview shows."""
        return self._draft

    def threads(self) -> frozenset[WorkThread]:
        """The threads under way."""
        return frozenset(self._threads)

    def page(self, page: Page) -> PageBase:
        """A page; made when it is first asked for, so that the first one is on the screen at once."""
        if page not in self._pages:
            self._pages[page] = self._make_page(page)
            self._stack.addWidget(self._pages[page])
        return self._pages[page]

    def _make_page(self, page: Page) -> PageBase:
        texts, profile = self._texts, self._profile.profile
        match page:
            case Page.LICENCE:
                assert self._licence is not None  # noqa: S101  the page is not reached without one
                licence = LicencePage(texts, profile, self._licence)
                licence.accepted.connect(self._licence_accepted)
                return licence
            case Page.TROUBLE:
                return TroublePage(texts, profile)
            case Page.AGREE:
                agree = AgreePage(texts, profile)
                agree.agreed.connect(self._measuring_agreed)
                if self._runner is not None:
                    agree.show_specs(self._runner.registry)
                return agree
            case Page.RUNNING:
                from ui.gui.pages.running import RunningPage

                return RunningPage(texts)
            case Page.RESULT:
                from ui.gui.pages.result import ResultPage

                result = ResultPage(texts, profile.support)
                result.retest_wanted.connect(self._test_again)
                result.told.connect(self._trial_told)
                result.skipped.connect(self._trial_skipped)
                return result
            case Page.SHARE:
                from ui.gui.pages.share import SharePage

                share = SharePage(texts, profile.support, self._memory.other_recipient(self._profile))
                share.choice_changed.connect(self._choice_changed)
                share.preview_wanted.connect(self._make_draft)
                share.agreed.connect(self._sharing_agreed)
                return share
            case Page.SAVE:
                from ui.gui.pages.save import SavePage

                save = SavePage(texts, profile.support)
                save.save_wanted.connect(self._save)
                return save

    @property
    def trouble(self) -> TroublePage:
        """The page that asks what is wrong."""
        return self.page(Page.TROUBLE)  # type: ignore[return-value]  # made as such

    @property
    def agree(self) -> AgreePage:
        """The page that asks for consent to measure."""
        return self.page(Page.AGREE)  # type: ignore[return-value]  # made as such

    @property
    def running(self) -> "RunningPage":
        """The page of the measuring."""
        return self.page(Page.RUNNING)  # type: ignore[return-value]  # made as such

    @property
    def result(self) -> "ResultPage":
        """The page of the verdict."""
        return self.page(Page.RESULT)  # type: ignore[return-value]  # made as such

    @property
    def share(self) -> "SharePage":
        """The page that asks for consent to share."""
        return self.page(Page.SHARE)  # type: ignore[return-value]  # made as such

    @property
    def save(self) -> "SavePage":
        """The page that writes the file."""
        return self.page(Page.SAVE)  # type: ignore[return-value]  # made as such

    def _move(self, after: Flow) -> None:
        """Take over a new state; its page and buttons follow."""
        before, self._flow = self._flow, after
        if after == before:
            return
        self._show_flow()
        if after.page is not before.page:
            self._entered(before.page, after.page)

    def _show_flow(self) -> None:
        state = self._flow
        _ = self._texts.gettext
        words = {
            Page.AGREE: _("&Start measuring"),
            Page.RESULT: _("Make a &report"),
            Page.SAVE: _("C&lose"),
        }
        self._stack.setCurrentWidget(self.page(state.page))
        self.setWindowTitle(_("{page} – nexkit").format(page=self.page(state.page).accessibleName()))
        self.steps.show_step(_STEP_OF_PAGE[state.page])
        self.main.setText(words.get(state.page, _("&Continue")))
        self.main.setVisible(state.page is not Page.RUNNING)
        mark_main(self.main, state.page is not Page.SAVE or state.saved)
        ready = self._runner is not None or state.page is not Page.AGREE
        self.main.setEnabled(state.can_go_on and ready)
        self.back.setVisible(state.can_go_back and state.page is not Page.RESULT)
        self.again.setVisible(state.page is Page.RESULT)
        self.stop.setVisible(state.page is Page.RUNNING and state.run is not RunState.FAILED)
        self.stop.setEnabled(state.can_stop)

    def _entered(self, before: Page, page: Page) -> None:
        """What a page needs when it comes up."""
        self.page(page).to_top()
        match page:
            case Page.AGREE:
                self.agree.reset()
            case Page.RUNNING:
                self._start_run()
            case Page.SHARE if before is Page.RESULT:
                self.share.reset()
            case Page.SAVE:
                self._offer()
            case _:
                pass
        if not self.main.isVisible() and self.stop.isVisible():
            self.stop.setFocus()
        else:
            self.page(page).focus_first()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The Enter key presses the button that has the focus, else the main one."""
        if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        button = focused if isinstance(focused, QPushButton) else self.main
        if button.isVisible():
            button.click()

    # Intents

    @Slot()
    def _go_on(self) -> None:
        if self._flow.page is Page.SAVE:
            self.close()
            return
        if self._flow.page is Page.TROUBLE and not self.trouble.check():
            return
        if self._flow.page is Page.LICENCE and self._flow.can_go_on:
            self._accept_licence()
        self._move(flow.go_on(self._flow))

    def _accept_licence(self) -> None:
        """Keep the acceptance for the report; where it cannot be remembered, the user is asked again next time."""
        if self._licence is not None:
            self._profile = accepted(self._profile, self._licence, LicenceAccepter.USER)
            with suppress(OSError):
                self._memory.accept_licence(self._profile, self._licence)

    @Slot()
    def _go_back(self) -> None:
        self._move(flow.go_back(self._flow))

    @Slot()
    def _stop(self) -> None:
        if self._flow.can_stop and self._run_thread is not None:
            self.running.stopping()
            self._run_thread.cancel()
            self._move(flow.stop(self._flow))

    @Slot(bool)
    def _licence_accepted(self, accepted: bool) -> None:
        self._move(flow.accept_licence(self._flow, accepted))

    @Slot(bool)
    def _measuring_agreed(self, agreed: bool) -> None:
        self._move(flow.agree_to_measuring(self._flow, agreed))

    @Slot(bool)
    def _sharing_agreed(self, agreed: bool) -> None:
        self._agreed_at = datetime.now(UTC) if agreed else None
        self._move(flow.agree_to_sharing(self._flow, agreed))

    # Threads

    def _start(self, thread: WorkThread, succeeded: Callable[[Any], None], failed: Callable[[object], None]) -> None:
        """Start a thread and keep it until it is over."""
        thread.succeeded.connect(succeeded)
        thread.failed.connect(failed)
        thread.finished.connect(self._forget_finished)
        self._threads.add(thread)
        thread.start()

    @Slot()
    def _forget_finished(self) -> None:
        for thread in [thread for thread in self._threads if thread.isFinished()]:
            self._threads.discard(thread)
            thread.wait()
            thread.deleteLater()

    def showEvent(self, event: QShowEvent) -> None:
        """Once the first page is on the screen, load what the run will need."""
        super().showEvent(event)
        self.page(self._flow.page).focus_first()
        if self._runner is None and not self._threads:
            QTimer.singleShot(0, self, self._prepare)

    @Slot()
    def _prepare(self) -> None:
        self._start(WorkThread(self._make_runner, self), self._prepared, self._not_prepared)

    @Slot(object)
    def _prepared(self, runner: Runner) -> None:
        self._runner = runner
        if Page.AGREE in self._pages:
            self.agree.show_specs(runner.registry)
        self._show_flow()

    @Slot(object)
    def _not_prepared(self, error: object) -> None:
        self.agree.show_problem(problem_text(error, self._texts))

    def _request(self) -> Request:
        trouble = self.trouble
        return Request(
            symptom=trouble.symptom(),
            depth=self.agree.chosen_depth(),
            service_id=trouble.service_id(),
            url=trouble.web_address(),
            consent=self.agree.consents(),
            ticket=trouble.ticket_number(),
            note=trouble.own_words(),
        )

    def _start_run(self) -> None:
        assert self._runner is not None  # noqa: S101  the button is closed until it is there
        # Once more the same, down to the last tick: that is what was agreed to, and what can be compared.
        again = self._run if self._flow.retesting else None
        request = self._request() if again is None else again.record.request
        self.running.begin(self._runner.registry, request.depth)
        self._run_thread = RunThread(self._runner, self._profile, request, self)
        self._run_thread.event_came.connect(self.running.take)
        self._start(self._run_thread, self._run_succeeded, self._run_failed)

    @Slot(object)
    def _run_succeeded(self, run: "Run") -> None:
        from nexkit.diagnosis.trials import begin, measured_again

        self._run_thread = None
        self.running.end()
        if not self._flow.retesting or self._series is None or self._trial is None:
            self._show_series(begin(run.record, run.diagnosis))
        elif not run.record.cancelled:  # half a test is compared with nothing: all stays as it was
            self._show_series(measured_again(self._series, self._trial, run.record, run.diagnosis))
        self._move(flow.run_ended(self._flow, failed=False))

    def _show_series(self, series: "Series") -> None:
        from ui.bootstrap import Run

        self._series = series
        self._run = Run(record=series.report_record, diagnosis=series.first)
        self.result.show_result(series)

    @Slot(object)
    def _test_again(self, trial: "Trial") -> None:
        self._trial = trial
        self._move(flow.test_again(self._flow))

    @Slot(object, bool)
    def _trial_told(self, trial: "Trial", works: bool) -> None:
        from nexkit.diagnosis.trials import told

        if self._series is not None:
            self._show_series(told(self._series, trial, works=works))
            self._move(flow.draft_outdated(self._flow))
            self.result.focus_first()

    @Slot(object)
    def _trial_skipped(self, trial: "Trial") -> None:
        from nexkit.diagnosis.trials import skip

        if self._series is not None:
            self._show_series(skip(self._series, trial))
            self.result.focus_first()

    @Slot(object)
    def _run_failed(self, _error: object) -> None:
        self._run_thread = None
        self.running.failed()
        self._move(flow.run_ended(self._flow, failed=True))

    @Slot()
    def _choice_changed(self) -> None:
        self._draft = None
        self._move(flow.draft_outdated(self._flow))

    @Slot()
    def _make_draft(self) -> None:
        run, categories = self._run, self.share.categories()
        released, left_out = self.share.released(), self.share.left_out()
        if run is None:
            return

        def draft() -> "tuple[frozenset[Category], frozenset[str], Draft]":
            made = draft_report(run, self._profile, categories, self._texts, released=released, left_out=left_out)
            return categories, released, made

        self._start(WorkThread(draft, self), self._draft_made, self._draft_failed)

    @Slot(object)
    def _draft_made(self, answer: "tuple[frozenset[Category], frozenset[str], Draft]") -> None:
        categories, released, draft = answer
        if (categories, released) != (self.share.categories(), self.share.released()):
            return  # The ticks have changed meanwhile: another draft is on its way.
        self._draft = draft
        self.share.show_draft(draft.files)
        self.share.show_warnings(draft.warnings)
        self._move(flow.draft_made(self._flow))

    @Slot(object)
    def _draft_failed(self, error: object) -> None:
        from report.draft import ResidueError

        if isinstance(error, ResidueError):
            self.share.show_hits(error.hits)
        else:
            self.share.show_problem(problem_text(error, self._texts))

    def _offer(self) -> None:
        if self._draft is not None and not self._flow.saved:
            from report.document import SUMMARY_PATH

            self.save.offer(self._draft.report_id, self._draft.files[SUMMARY_PATH].decode())

    @Slot(str)
    def _save(self, name: str) -> None:
        draft, agreed_at = self._draft, self._agreed_at
        if draft is None or agreed_at is None or self._flow.saving:
            return
        encrypt_to = self._profile.profile.support.recipients if self.save.encrypted else ()
        self.save.saving()
        self._move(flow.saving_began(self._flow))
        self._start(
            WorkThread(
                lambda: save_report(draft, agreed_at, self._texts, Path(name), method="wizard", encrypt_to=encrypt_to),
                self,
            ),
            self._was_saved,
            self._not_saved,
        )

    @Slot(object)
    def _was_saved(self, saved: Saved) -> None:
        with suppress(OSError):
            self._memory.confirm_recipient(self._profile)
        self.save.saved(saved.path, saved.size_bytes)
        self._move(flow.saving_ended(self._flow, saved=True))

    @Slot(object)
    def _not_saved(self, error: object) -> None:
        self.save.failed(problem_text(error, self._texts))
        self._move(flow.saving_ended(self._flow, saved=False))

    def closeEvent(self, event: QCloseEvent) -> None:
        """End a run and wait for every thread: none outlives the window."""
        self.hide()
        if self._run_thread is not None:
            self._run_thread.cancel()
        for thread in list(self._threads):
            thread.wait()
        self._forget_finished()
        super().closeEvent(event)
