"""The wizard's window: holds the state of `flow`, shows its pages, and starts the threads that do the work."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
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
from ui.gui.accessible import announce
from ui.gui.answers import answers_in, fill_in
from ui.gui.earlier import Earlier
from ui.gui.flow import Flow, Page, RunState
from ui.gui.house import House
from ui.gui.menu import Menu
from ui.gui.pages.agree import AgreePage
from ui.gui.pages.base import PageBase, push_button, rule
from ui.gui.pages.licence import LicencePage
from ui.gui.pages.trouble import TroublePage
from ui.gui.reporting import Reporting
from ui.gui.rooms import Room, RoomContext, RoomPage
from ui.gui.run_thread import RunThread, Threads, WorkThread
from ui.gui.theme import current_theme, mark_main, style_sheet
from ui.gui.widgets.steps_bar import StepsBar
from ui.gui.widgets.whose_banner import WhoseBanner
from ui.handover import (
    not_kept_text,
    problem_text,
)

if TYPE_CHECKING:
    from nexkit.diagnosis.trials import Series
    from nexkit.run_record import RunRecord
    from nexkit.trial import Trial
    from report.draft import Draft
    from report.unfinished import Keeper, Unfinished
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
_PAGES_OF_RUN = (Page.RESULT, Page.SHARE, Page.SAVE)
"""They are about a run, and so about the profile that it was measured with."""


def system_runner() -> Runner:
    """The runner of this system; its probes bring heavy libraries, which are loaded here and not at the start."""
    from ui.bootstrap import build_runner

    return build_runner()


def _nothing_to_keep(_run: "Run") -> None:
    """Of a test after a change: it becomes a part of the run before it."""


class WizardWindow(QWidget):
    """One window, one run at a time."""

    closed = Signal()
    """It is gone for good, and not only beside the clock."""
    language_chosen = Signal(str)
    """The window speaks it next; whoever dresses the application and remembers the choice hears of it first."""

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
        self._threads = Threads(self)
        self._memory = memory
        self._profile, self._licence = memory.with_licence(profile, texts.language)
        self._profile_of_run = self._profile
        self._reporting = Reporting(texts, self._profile, memory, self._threads, self)
        self._reporting.moved.connect(self._step)
        self._reporting.wipe_wanted.connect(self._wipe)
        self._keeper: Keeper | None = None
        self._keeper_before: Keeper | None = None
        self._earlier = Earlier(texts, self._threads, self)
        self._earlier.result_wanted.connect(self.show_result)
        self._flow = flow.start(licence_needed=self._licence is not None)
        self._pages: dict[Page, PageBase] = {}
        self.setObjectName("wizard")
        self._whole = QVBoxLayout(self)
        self._whole.setContentsMargins(0, 0, 0, 0)
        self._build()
        self._restyle()
        em = current_theme().em
        self.setMinimumSize(round(em * 24), round(em * 24))
        self.resize(QSize(round(em * 60), round(em * 48)).boundedTo(self.screen().availableSize() * 0.94))
        self._show_flow()
        self.setTabOrder(self.main, self.menu)  # not before all of them have their parents

    def _build(self) -> None:
        _ = self._texts.gettext
        self.steps = StepsBar(
            "wizard.steps",
            (_("What is wrong"), _("Consent"), _("Measuring"), _("Result"), _("Report")),
            _("Step {number} of {count}: {name}"),
        )
        self._stack = QStackedWidget()
        self.back = push_button("wizard.back", _("&Back"), self._go_back)
        self.stop = push_button("wizard.stop", _("&Cancel"), self._stop)
        self.again = push_button("wizard.again", _("Test a&gain"), self._go_back)
        self.main = push_button("wizard.main", "", self._go_on)
        foot = QHBoxLayout()
        em = round(current_theme().em)
        foot.setContentsMargins(round(em * 1.4), round(em * 0.7), round(em * 1.4), round(em * 0.9))
        foot.setSpacing(round(em * 0.6))
        foot.addWidget(self.back)
        foot.addStretch(1)
        for button in (self.stop, self.again, self.main):
            foot.addWidget(button)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, round(em * 0.7), 0)
        head.addWidget(self.steps, 1)
        self.menu = Menu(self._texts)
        self.menu.room_chosen.connect(self.enter_room)
        # Queued: the menu goes with all that is said anew.
        self.menu.language_chosen.connect(self.speak, Qt.ConnectionType.QueuedConnection)
        head.addWidget(self.menu)
        wizard = QWidget()
        layout = QVBoxLayout(wizard)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(rule())
        self._whose = QVBoxLayout()
        self._whose_shown: LoadedProfile | None = None
        layout.addLayout(self._whose)
        layout.addWidget(self._stack, 1)
        layout.addWidget(rule())
        layout.addLayout(foot)
        self._house = House(wizard, self._room_context)
        self._house.changed.connect(self._house_changed)
        self._house.watch_wanted.connect(self._show_watch)
        self._house.close_wanted.connect(self.close)
        self._whole.addWidget(self._house)

    def _room_context(self) -> RoomContext:
        return RoomContext(
            texts=self._texts,
            profile=self._profile,
            memory=self._memory,
            threads=self._threads,
            runner=lambda: self._runner,
            request=self._request,
            show_result=self.show_result,
        )

    @Slot(str)
    def speak(self, language: str) -> None:
        """Say everything in another language: what was typed and measured stays, what was agreed to is asked anew."""
        after = flow.reworded(self._flow)
        if after is None or not self._house.may_close():
            return
        self.language_chosen.emit(language)
        typed = answers_in(self._pages[Page.TROUBLE]) if Page.TROUBLE in self._pages else {}
        self._house.closing()
        self._texts = Texts(language)
        if self._flow.page is Page.LICENCE:
            self._profile, self._licence = self._memory.with_licence(self._profile, language)
            after = after if self._licence is not None else flow.start(licence_needed=False)
        self._pages.clear()
        former = self._house
        self._whole.removeWidget(former)
        former.hide()
        former.setParent(None)
        former.deleteLater()
        self._reporting.speak(self._texts)
        self._earlier.speak(self._texts)
        self._flow = after
        self._build()
        self._restyle()
        self._house.show()  # what a layout of a window that is open gets is shown later, and hidden things get no focus
        if typed:
            fill_in(self.page(Page.TROUBLE), typed)
        if self._series is not None:
            self.result.show_result(self._series)
        self._show_flow()
        self.setTabOrder(self.main, self.menu)
        self.page(after.page).focus_first()

    def _show_whose(self, profile: LoadedProfile) -> None:
        """Name the organisation whose profile the page is about."""
        if self._whose_shown is not None and self._whose_shown.reference == profile.reference:
            return
        self._whose_shown = profile
        while (item := self._whose.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        if whose := whose_text(profile, self._texts):
            self._whose.addWidget(WhoseBanner(whose, alarming=profile.reference.is_unknown_organisation))
            self._whose.addWidget(rule())

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
        return self._reporting.draft

    def threads(self) -> frozenset[WorkThread]:
        """The threads under way."""
        return self._threads.under_way()

    def page(self, page: Page) -> PageBase:
        """A page; made when it is first asked for, so that the first one is on the screen at once."""
        if page not in self._pages:
            self._pages[page] = self._make_page(page)
            self._stack.addWidget(self._pages[page])
        return self._pages[page]

    def _make_page(self, page: Page) -> PageBase:
        texts, profile = self._texts, self._profile_on(page).profile
        match page:
            case Page.LICENCE:
                assert self._licence is not None  # noqa: S101  the page is not reached without one
                licence = LicencePage(texts, profile, self._licence)
                licence.accepted.connect(self._licence_accepted)
                return licence
            case Page.TROUBLE:
                trouble = TroublePage(texts, profile)
                self._earlier.offer_on(trouble)
                trouble.watch_wanted.connect(self._watch)
                return trouble
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
                return self._reporting.share_page()
            case Page.SAVE:
                return self._reporting.save_page()

    def _profile_on(self, page: Page) -> LoadedProfile:
        return self._profile_of_run if page in _PAGES_OF_RUN else self._profile

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

    @Slot(object)
    def _step(self, step: Callable[[Flow], Flow]) -> None:
        self._move(step(self._flow))

    def _show_flow(self) -> None:
        state = self._flow
        _ = self._texts.gettext
        words = {
            Page.AGREE: _("&Start measuring"),
            Page.RESULT: _("Make a &report"),
            Page.SAVE: _("C&lose"),
        }
        self._show_whose(self._profile_on(state.page))
        self._stack.setCurrentWidget(self.page(state.page))
        self._show_title()
        self.menu.follow(state)
        self.steps.show_step(_STEP_OF_PAGE[state.page])
        self.main.setText(words.get(state.page, _("&Continue")))
        self.main.setVisible(state.page is not Page.RUNNING)
        # The ways not to share are to be no less inviting.
        mark_main(self.main, state.page is not Page.SHARE and (state.page is not Page.SAVE or state.saved))
        ready = self._runner is not None or state.page is not Page.AGREE
        self.main.setEnabled(state.can_go_on and ready)
        self.back.setVisible(state.can_go_back and state.page is not Page.RESULT)
        self.again.setVisible(state.page is Page.RESULT)
        self.stop.setVisible(state.page is Page.RUNNING and state.run is not RunState.FAILED)
        self.stop.setEnabled(state.can_stop)
        self.stop.setText(_("Stopping …") if state.run is RunState.STOPPING else _("&Cancel"))

    def _entered(self, before: Page, page: Page) -> None:
        """What a page needs when it comes up."""
        self.page(page).to_top()
        match page:
            case Page.AGREE:
                self.agree.reset()
            case Page.RUNNING:
                self._start_run()
            case Page.SHARE if before is Page.RESULT:
                self._reporting.begin()
            case Page.SAVE if not self._flow.saved:
                self._reporting.offer()
            case _:
                pass
        if not self.main.isVisible() and self.stop.isVisible():
            self.stop.setFocus()
        else:
            self.page(page).focus_first()
        announce(self, self.page(page).spoken())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The Enter key presses the button that has the focus, else the main one; Escape leaves a room."""
        if event.key() == Qt.Key.Key_Escape and self.in_room is not None:
            self.leave_room()
            return
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

    # Rooms

    def room(self, room: Room) -> RoomPage:
        """A room; made when it is first asked for."""
        return self._house.room(room)

    @property
    def in_room(self) -> RoomPage | None:
        """The room on the screen; None: the wizard's steps are."""
        return self._house.current_room

    @Slot(Room)
    def enter_room(self, room: Room) -> None:
        """Show a room in place of the steps, which stay as they are."""
        self._house.enter(room)
        announce(self, self._house.room(room).spoken())

    @Slot()
    def leave_room(self) -> None:
        """Back to the steps."""
        self._house.leave()

    @Slot()
    def _house_changed(self) -> None:
        self._show_title()
        if self.in_room is None:
            self.page(self._flow.page).focus_first()

    @Slot()
    def _watch(self) -> None:
        """From the first page: what was typed there has to be usable for the watch too."""
        if self.trouble.check():
            self.enter_room(Room.WATCH)

    @Slot()
    def _show_watch(self) -> None:
        """From beside the clock."""
        self.showNormal()
        self.raise_()
        self.activateWindow()
        self.enter_room(Room.WATCH)

    def go_on_watching(self) -> None:
        """Started at log-in: go on with the watch that was cut off, without a window where there is a place for it."""
        from ui.gui.pages.watch import WatchPage

        self._load()
        watch = self.room(Room.WATCH)
        assert isinstance(watch, WatchPage)  # noqa: S101  made as such
        watch.go_on_in_background()

    def _show_title(self) -> None:
        page = self.in_room or self.page(self._flow.page)
        self.setWindowTitle(self._texts.gettext("{page} – nexkit").format(page=page.accessibleName()))

    def showEvent(self, event: QShowEvent) -> None:
        """Once the first page is on the screen, load what the run will need."""
        super().showEvent(event)
        self.page(self._flow.page).focus_first()
        if self._runner is None and not self.threads():
            QTimer.singleShot(0, self, self._prepare)

    @Slot()
    def _prepare(self) -> None:
        if self.isVisible():  # not closed at once
            self._load()

    def _load(self) -> None:
        self._threads.start(self._make_runner, self._prepared, self._not_prepared)
        self._earlier.look()

    @Slot(object)
    def _prepared(self, runner: Runner) -> None:
        self._runner = runner
        if Page.AGREE in self._pages:
            self.agree.show_specs(runner.registry)
        self._show_flow()

    @Slot(object)
    def _not_prepared(self, error: object) -> None:
        self.agree.show_problem(problem_text(error, self._texts))

    @Slot(object)
    def show_result(self, finished: "Unfinished") -> None:
        """The result of a run that is kept: of an earlier start, or of a room."""
        from nexkit.diagnosis.trials import taken_up
        from report.unfinished import Keeper

        self._about(finished.profile)
        self._keeper = Keeper(finished.profile, run_id=finished.id)
        self._show_series(taken_up(finished.record, finished.diagnosis))
        self._move(flow.take_up(self._flow))
        if self.in_room is not None:
            self.leave_room()

    def _about(self, profile: LoadedProfile) -> None:
        """The run from now on, and the pages about it, are of this profile."""
        if profile.reference != self._profile_of_run.reference:
            for page in _PAGES_OF_RUN:
                self._drop_page(page)
        self._profile_of_run = profile

    def _keep(self) -> None:
        """Keep the run as it is now."""
        keeper = self._keeper
        if keeper is not None:
            self._threads.start(lambda: keeper.keep(self._record), self._was_kept, self._was_kept)

    def _record(self) -> "RunRecord":
        assert self._run is not None  # noqa: S101  it is kept after it was shown
        return self._run.record

    @Slot(object)
    def _was_kept(self, _nothing: object) -> None:
        problem = None if self._keeper is None else self._keeper.problem
        self.result.introduce("" if problem is None else not_kept_text(problem, self._texts))

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
            since=trouble.since(),
            occurs=trouble.occurs(),
            affects=trouble.affects(),
        )

    def _start_run(self) -> None:
        assert self._runner is not None  # noqa: S101  the button is closed until it is there
        # Once more the same, down to the last tick: that is what was agreed to, and what can be compared.
        again = self._run if self._flow.retesting else None
        request = self._request() if again is None else again.record.request
        ended = self._keep_first if again is None else _nothing_to_keep
        if again is None:
            self._begin_run()
        self.running.begin(self._runner.registry, request, self._profile_of_run.profile.load)
        self._run_thread = RunThread(self._runner, self._profile_of_run, request, self, ended=ended)
        self._run_thread.event_came.connect(self.running.take)
        self._threads.start_thread(self._run_thread, self._run_succeeded, self._run_failed)

    def _begin_run(self) -> None:
        """A run of its own begins: the one before it in this window stays kept until this one is."""
        from report.unfinished import Keeper

        self._about(self._profile)
        self._keeper_before = self._keeper or self._keeper_before
        self._keeper = Keeper(self._profile)

    def _keep_first(self, run: "Run") -> None:
        """In the thread of the run, before anybody sees it."""
        assert self._keeper is not None  # noqa: S101  made when the run began
        self._keeper.keep(lambda: run.record)
        if self._keeper_before is not None:
            self._keeper_before.discard()

    @Slot(object)
    def _run_succeeded(self, run: "Run") -> None:
        from nexkit.diagnosis.trials import begin, measured_again

        self._run_thread = None
        self.running.end()
        if not self._flow.retesting or self._series is None or self._trial is None:
            self._show_series(begin(run.record, run.diagnosis))
            self._was_kept(None)
        elif not run.record.cancelled:  # half a test is compared with nothing: all stays as it was
            self._show_series(measured_again(self._series, self._trial, run.record, run.diagnosis))
            self._keep()
        self._move(flow.run_ended(self._flow, failed=False))

    def _show_series(self, series: "Series") -> None:
        from ui.bootstrap import Run

        self._series = series
        self._run = Run(record=series.report_record, diagnosis=series.first)
        self._reporting.about(self._run, self._profile_of_run, self._keeper)
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
            self._keep()
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
    def _wipe(self) -> None:
        """Keep nothing of the run and of what was typed, here and on the disk."""
        after = flow.wipe(self._flow)
        if after == self._flow:
            return
        if (keeper := self._keeper) is not None:
            self._threads.start(keeper.discard, self._forgotten, self._forgotten)
        self._keeper = self._run = self._series = self._trial = None
        self._reporting.forget()
        self._profile_of_run = self._profile
        for page in (Page.TROUBLE, Page.AGREE, Page.RUNNING, *_PAGES_OF_RUN):
            self._drop_page(page)
        self._move(after)

    @Slot(object)
    def _forgotten(self, _answer: object) -> None:
        """Nothing is left to be told of."""

    def _drop_page(self, page: Page) -> None:
        if (made := self._pages.pop(page, None)) is not None:
            self._stack.removeWidget(made)
            made.deleteLater()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End a run and wait for every thread: none outlives the window."""
        if not self._house.may_close():
            event.ignore()
            return
        self.hide()
        self._house.closing()
        if self._run_thread is not None:
            self._run_thread.cancel()
        self._threads.wait()
        super().closeEvent(event)
        self.closed.emit()
