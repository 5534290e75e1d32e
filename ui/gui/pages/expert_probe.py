"""Expert mode, part one: any probe by hand, live, once or again and again, with what it measured to save."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QProgressBar,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from nexkit import kit_limits
from nexkit.consent import Consent
from nexkit.events import Event, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.facts.load import LoadBackend
from nexkit.outcome import Completed, Skipped, SkipReason
from nexkit.params import ParamError, ParamProblem, build_params, param_fields
from nexkit.platform.api import CapabilityState
from nexkit.platform.shell_words import shell_line
from nexkit.probe import ProbeSpec
from nexkit.profile import Load
from nexkit.run_record import StepResult
from nexkit.runner import Runner
from nexkit.texts.capabilities import state_word
from nexkit.texts.load import load_detail
from nexkit.texts.moments import time_of_day
from nexkit.texts.numbers import byte_size
from nexkit.texts.probes import probe_text
from nexkit.units import Seconds
from report.visible import visible
from ui.gui.pages.base import TurningBox, card, plain_label, push_button, rule, selectable_label
from ui.gui.rooms import RoomContext
from ui.gui.run_thread import LoopThread
from ui.gui.theme import current_theme
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.code_view import fixed_font
from ui.gui.widgets.hand_run import LiveCard, OutcomeCard
from ui.gui.widgets.param_form import ParamForm, shrinking_box
from ui.hand_run import HandRun, Shown, command_words, shown_of
from ui.probe_list import best_state, limit_text
from ui.probe_series import LEAST_INTERVAL_S, LONGEST_INTERVAL_S, SeriesEnd, can_repeat, measure_series

MOST_RUNS = 30
"""Runs of this session that are kept to look at; the oldest go."""
_REFRESH_MS = 200


def load_of(words: Mapping[str, str], params: object) -> Load:
    """The load test of a form, as consent is asked for it."""
    return Load(
        backend=getattr(params, "backend", LoadBackend.HTTP),
        server=words.get("server", ""),
        max_bytes=getattr(params, "max_bytes", kit_limits.DEFAULT_LOAD_BYTES),
    )


class ProbePart(QWidget):
    """A form, the run as it goes on, its outcome, and the runs before it."""

    arranged = Signal()
    """There are other controls than before."""

    def __init__(self, context: RoomContext) -> None:
        super().__init__()
        _ = context.texts.gettext
        self.setObjectName("expert.probe_part")
        self.setAccessibleName(_("Run a test"))
        self.texts = context.texts
        self._context = context
        self._specs: dict[str, ProbeSpec] = {}
        self._states: Mapping[str, CapabilityState] = {}
        self._runs: list[HandRun] = []
        self._current: HandRun | None = None
        self._thread: LoopThread | None = None
        self._started: tuple[ProbeSpec, Mapping[str, str]] | None = None
        """What the thread runs."""
        self._stopping = False
        self._elapsed = QElapsedTimer()
        self._refresh = QTimer(self)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self._tick)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(round(current_theme().em * 0.8))
        self._build_choice()
        self.live = LiveCard(self.texts)
        self.outcome = OutcomeCard(context.threads, self.texts)
        self._layout.addWidget(self.live)
        self._layout.addWidget(self.outcome)
        self._build_runs()
        self._layout.addStretch(1)
        self.foot = self._build_foot()
        self._show_consent()
        self.start_button.setEnabled(False)

    # What is run

    def _build_choice(self) -> None:
        _ = self.texts.gettext
        frame, layout = card()
        label = QLabel(_("&Test"))
        label.setTextFormat(Qt.TextFormat.PlainText)
        self.choice = shrinking_box()
        self.choice.setObjectName("expert.probe")
        self.choice.setAccessibleName(_("Test"))
        self.choice.setMaxVisibleItems(24)
        self.choice.setPlaceholderText(_("The tests are being loaded …"))
        label.setBuddy(self.choice)
        self.choice.currentIndexChanged.connect(self._probe_chosen)
        layout.addWidget(label)
        layout.addWidget(self.choice)
        self.sends = plain_label("", name="expert.sends")
        self.limits = plain_label("", "muted", "expert.limits")
        self.here = plain_label("", "muted", "expert.here")
        for words in (self.sends, self.limits, self.here):
            layout.addWidget(words)
        self._layout.addWidget(frame)
        self._chosen, layout = card()
        self._chosen.setVisible(False)
        layout.addWidget(plain_label(_("Parameters"), "heading"))
        self.form = ParamForm("expert.param", self.texts)
        self.form.changed.connect(self._form_changed)
        self.form.entered.connect(self.start)
        layout.addWidget(self.form)
        self.command = selectable_label("", "expert.command")
        self.command.setFont(fixed_font())
        self.command.setAccessibleName(_("The same on the command line"))
        layout.addWidget(rule())
        layout.addWidget(plain_label(_("The same on the command line:"), "muted"))
        layout.addWidget(self.command)
        layout.addWidget(rule())
        layout.addWidget(self._build_repeat())
        self._layout.addWidget(self._chosen)

    def _build_repeat(self) -> QWidget:
        _ = self.texts.gettext
        self.repeat = Tick("expert.repeat", _("&Repeat"))
        self.every = QSpinBox()
        self.every.setObjectName("expert.every")
        self.every.setAccessibleName(_("Seconds from one start to the next"))
        self.every.setRange(LEAST_INTERVAL_S, LONGEST_INTERVAL_S)
        self.every.setValue(2 * LEAST_INTERVAL_S)
        before, _count, after = _("every {count} s").partition("{count}")
        self.every.setPrefix(before)
        self.every.setSuffix(after)
        self.every.setEnabled(False)
        self.repeat.toggled.connect(self.every.setEnabled)
        self._repeating = QWidget()
        layout = QVBoxLayout(self._repeating)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(TurningBox(self.repeat, self.every, least_em=22, fill=False))
        layout.addWidget(
            plain_label(
                _(
                    "All repetitions together have the limits of one diagnosis: {minutes:.0f} minutes, {size}, and so "
                    "many packets to each address. Watching the connection goes on for longer."
                ).format(minutes=kit_limits.RUN_S / 60, size=byte_size(kit_limits.RUN_BYTES)),
                "muted",
            )
        )
        return self._repeating

    def _build_foot(self) -> QWidget:
        _ = self.texts.gettext
        em = round(current_theme().em)
        foot = QWidget()
        layout = QVBoxLayout(foot)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em // 3)
        self.consent = Tick("expert.consent", _("I &agree to this load test"))
        self.consent_detail = plain_label("", "muted", "expert.consent_detail")
        self.bar = QProgressBar()
        self.bar.setObjectName("expert.progress")
        self.bar.setAccessibleName(_("Progress"))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setVisible(False)
        self.state = plain_label("", name="expert.state")
        self.start_button = push_button("expert.start", _("&Start"), self.start, is_main=True)
        self.stop_button = push_button("expert.stop", _("St&op"), self.stop)
        self.stop_button.setVisible(False)
        row = QHBoxLayout()
        row.setSpacing(em // 2)
        row.addWidget(self.state, 1)
        row.addWidget(self.start_button)
        row.addWidget(self.stop_button)
        layout.addWidget(self.consent)
        layout.addWidget(self.consent_detail)
        layout.addWidget(self.bar)
        layout.addLayout(row)
        return foot

    # The run as it goes on

    def _build_runs(self) -> None:
        _ = self.texts.gettext
        self._history, layout = card()
        label = QLabel(_("Runs so &far (the last {count})").format(count=MOST_RUNS))
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setProperty("role", "heading")
        self.runs = QListWidget()
        self.runs.setObjectName("expert.runs")
        self.runs.setAccessibleName(_("Runs so far"))
        self.runs.setFixedHeight(round(current_theme().em * 9))
        self.runs.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.runs.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.runs.currentRowChanged.connect(self._run_chosen)
        label.setBuddy(self.runs)
        self.again = push_button("expert.again", _("Run this one a&gain"), self._run_again)
        layout.addWidget(label)
        layout.addWidget(self.runs)
        layout.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self._layout.addWidget(self._history)
        self._history.setVisible(False)

    # What is known of the tests

    def show_runner(self, runner: Runner) -> None:
        """The tests are loaded."""
        if self._specs:
            return
        self._specs = {spec.id: spec for spec in runner.registry}
        self.choice.blockSignals(True)
        for spec in self._specs.values():
            name = probe_text(spec.id, self.texts).name
            self.choice.addItem(name if name == spec.id else f"{name} ({spec.id})", spec.id)
        self.choice.blockSignals(False)
        self._chosen.setVisible(True)
        self.start_button.setEnabled(True)
        self.choice.setCurrentIndex(max(0, self.choice.findData("ping")))
        self._probe_chosen()

    def show_states(self, states: Mapping[str, CapabilityState]) -> None:
        """What this system permits."""
        self._states = states
        self._show_here()

    @property
    def spec(self) -> ProbeSpec | None:
        """The chosen probe; None while they are loaded."""
        return self._specs.get(self.choice.currentData() or "")

    def _show_here(self) -> None:
        _ = self.texts.gettext
        spec = self.spec
        state = best_state(spec, self._states) if spec is not None else CapabilityState.AVAILABLE
        self.here.setText(
            _("Here: {state}. What that means stands under “This system”.").format(state=state_word(state, self.texts))
        )
        self.here.setVisible(state is not CapabilityState.AVAILABLE)

    @Slot()
    def _probe_chosen(self) -> None:
        _ = self.texts.gettext
        spec = self.spec
        if spec is None:
            return
        self.sends.setText(probe_text(spec.id, self.texts).sends)
        if spec.consent is Consent.SYSTEM:
            self.limits.setText(_("Takes {seconds:.0f} s at most.").format(seconds=spec.timeout_s))
        else:
            consented = _("One run: {limits}. It goes where the parameters say; starting it is the consent to that.")
            words = consented if can_repeat(spec) else _("One run: {limits}. It goes where the parameters say.")
            self.limits.setText(words.format(limits=limit_text(spec, self.texts)))
        self._show_here()
        self.form.show_fields(param_fields(spec.params))
        self.arranged.emit()
        self._repeating.setVisible(can_repeat(spec))
        self.repeat.setChecked(False)
        self._form_changed()

    @Slot()
    def _form_changed(self) -> None:
        """Say at once what is wrong, but not that something is still missing."""
        spec = self.spec
        if spec is None:
            return
        words = self.form.words()
        self.command.setText(shell_line(command_words(spec, words)))
        error = self._error(spec, words)
        self.form.show_error(None if error is not None and error.problem is ParamProblem.MISSING else error)
        self._ask_consent(spec, words)

    def _error(self, spec: ProbeSpec, words: Mapping[str, str]) -> ParamError | None:
        try:
            build_params(spec.params, words)
        except ParamError as error:
            return error
        return None

    def _ask_consent(self, spec: ProbeSpec, words: Mapping[str, str]) -> None:
        """A load test costs data and disturbs others: it has a question of its own, which is asked for every run."""
        _ = self.texts.gettext
        self.consent.setChecked(False)
        self._show_consent()
        if not can_repeat(spec):
            try:
                load = load_of(words, build_params(spec.params, words))
            except ParamError:
                load = Load(backend=LoadBackend.HTTP)
            title = _("I &agree to this load test, which transfers up to {size}")
            self.consent.setText(title.format(size=byte_size(load.max_bytes)))
            self.consent.setAccessibleName(self.consent.text().replace("&", ""))
            self.consent_detail.setText(load_detail(load, self.texts))

    def _show_consent(self) -> None:
        spec = self.spec
        wanted = spec is not None and not can_repeat(spec) and self._thread is None
        self.consent.setVisible(wanted)
        self.consent_detail.setVisible(wanted)

    # Start and stop

    @property
    def running(self) -> bool:
        """Whether a test is under way."""
        return self._thread is not None

    @Slot()
    def start(self) -> None:
        """Run the chosen probe with what stands in the form."""
        _ = self.texts.gettext
        spec, runner = self.spec, self._context.runner()
        if spec is None or runner is None or self._thread is not None:
            return
        words = self.form.words()
        if (error := self._error(spec, words)) is not None:
            self.form.show_error(error)
            self.form.focus_on(error)
            self.state.setText(_("Not started: a parameter is missing or wrong."))
            return
        if not can_repeat(spec) and not self.consent.isChecked():
            self.state.setText(_("Not started: a load test needs your consent first."))
            self.consent.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        every_s = Seconds(self.every.value()) if self.repeat.isChecked() and can_repeat(spec) else None
        thread: LoopThread = LoopThread(
            lambda stop: measure_series(runner, spec.id, words, every_s, thread.tell, stop),
            self._context.threads,
        )
        self._thread = thread
        self._started = spec, words
        thread.event_came.connect(self._take)
        self.consent.setChecked(False)
        self._set_running()
        self._context.threads.start_thread(thread, self._series_ended, self._series_failed)

    @Slot()
    def stop(self) -> None:
        """End the run; what came so far stays."""
        if self._thread is not None:
            self.state.setText(self.texts.gettext("Stopping …"))
            self._stopping = True
            self._thread.cancel()

    def _set_running(self) -> None:
        running = self._thread is not None
        focused = QApplication.focusWidget()
        used = (self.start_button, self.stop_button, self.choice, self.form, self.repeat, self.every, self.again)
        had_focus = focused is not None and any(widget is focused or widget.isAncestorOf(focused) for widget in used)
        self.start_button.setVisible(not running)
        self.stop_button.setVisible(running)
        self._stopping = False
        for widget in (self.choice, self.form, self.repeat, self.again):
            widget.setEnabled(not running)
        self.every.setEnabled(not running and self.repeat.isChecked())
        self._show_consent()
        if running:
            self._elapsed.start()
            self._refresh.start()
        else:
            self._refresh.stop()
        self.bar.setVisible(running)
        self.bar.setValue(0)
        if had_focus:
            (self.stop_button if running else self.start_button).setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _take(self, event: object) -> None:
        """One event of the run."""
        if self._started is None:
            return
        spec, words = self._started
        told: Event = event  # type: ignore[assignment]  # the signal carries events alone
        match told:
            case StepsPlanned():
                self._begin(HandRun(spec=spec, words=words, started_at=datetime.now(UTC)))
            case StepProgress():
                self._runs[-1].ratio = told.ratio
            case StepSample():
                self._runs[-1].samples.append((told.at_s, told.rtt_ms))
                if self._current is self._runs[-1]:
                    self.live.add(self._current, told.at_s, told.rtt_ms)
            case StepFinished():
                self._runs[-1].result = told.result
                self._show_row(len(self._runs) - 1)
                if self._current is self._runs[-1]:
                    self._show_outcome(self._runs[-1])
            case _:
                pass

    def _begin(self, run: HandRun) -> None:
        follows = self._current is None or self._current is self._runs[-1] if self._runs else True
        self._elapsed.start()
        self._runs.append(run)
        self.runs.blockSignals(True)
        if len(self._runs) > MOST_RUNS:
            del self._runs[0]
            self.runs.takeItem(0)
        self.runs.addItem("")
        self.runs.blockSignals(False)
        self._history.setVisible(True)
        self._show_row(len(self._runs) - 1)
        # While a series goes on, who looks at an earlier run keeps looking at it.
        if follows or len(self._runs) == 1 or self._current not in self._runs:
            self.runs.setCurrentRow(len(self._runs) - 1)
            self._show_run(run)

    def _tick(self) -> None:
        _ = self.texts.gettext
        run = self._runs[-1] if self._runs else None
        if run is None or self._stopping:
            return
        if run.result is not None:
            self.bar.setValue(0)
            self.state.setText(_("Run {count} is over; the next one begins soon.").format(count=len(self._runs)))
            return
        self.bar.setValue(round(run.ratio * 1000))
        self.state.setText(
            _("Measuring: {seconds:.0f} s of at most {most:.0f} s").format(
                seconds=self._elapsed.elapsed() / 1000, most=run.spec.timeout_s
            )
        )

    @Slot(object)
    def _series_ended(self, end: SeriesEnd) -> None:
        _ = self.texts.gettext
        self._ended(
            {
                SeriesEnd.DONE: "",
                SeriesEnd.STOPPED: _("Stopped. What was measured until then is kept."),
                SeriesEnd.LONGEST: _(
                    "The repetitions ended by themselves: they last {minutes:.0f} minutes at most."
                ).format(minutes=kit_limits.RUN_S / 60),
                SeriesEnd.LIMIT: _("The repetitions ended by themselves: more is not sent there in one go."),
            }[end]
        )

    @Slot(object)
    def _series_failed(self, _error: object) -> None:
        self._ended(self.texts.gettext("The program made a mistake and had to stop. Go back and try again."))

    def _ended(self, words: str) -> None:
        self._thread = None
        self.state.setText(words)
        self._set_running()

    def entered(self) -> None:
        """Show what came of the last run where it ended off the screen."""
        if self._current is not None and self._current.result is not None and self.outcome.isHidden():
            self._show_outcome(self._current)

    def closing(self) -> None:
        """Nothing is to go on."""
        self._refresh.stop()
        if self._thread is not None:
            self._thread.cancel()

    # What is shown of a run

    @Slot(int)
    def _run_chosen(self, row: int) -> None:
        if 0 <= row < len(self._runs) and self._runs[row] is not self._current:
            self._show_run(self._runs[row])

    @Slot()
    def _run_again(self) -> None:
        """The parameters of the run that is shown, once more; a load test waits for its consent."""
        run = self._current
        if run is None or self._thread is not None:
            return
        self.choice.setCurrentIndex(self.choice.findData(run.spec.id))
        self.form.set_words(run.words)
        self.start()

    def _show_row(self, row: int) -> None:
        _ = self.texts.gettext
        run = self._runs[row]
        match run.result:
            case None:
                outcome = _("under way")
            case StepResult(outcome=Completed()):
                outcome = _("measured")
            case StepResult(outcome=Skipped(reason=SkipReason.CANCELLED)):
                outcome = _("stopped")
            case _:
                outcome = _("not measured")
        parts = (time_of_day(run.started_at, seconds=True), run.spec.id, visible(run.target), outcome)
        item = self.runs.item(row)
        if item is not None:
            item.setText("  ·  ".join(part for part in parts if part))

    def _show_run(self, run: HandRun) -> None:
        self._current = run
        self.live.show_run(run)
        self.outcome.setVisible(False)
        if run.result is not None:
            self._show_outcome(run)

    def _show_outcome(self, run: HandRun) -> None:
        """Tables and JSON are worked out beside the window; a trace of many hops has a lot to say."""
        runner = self._context.runner()
        # The end of a run may be told when the window is closed already, where nobody waits for threads any more.
        if runner is not None and run.result is not None and self.window().isVisible():
            work = partial(shown_of, run, run.result, runner, self._context.profile.reference, self.texts)
            self._context.threads.start(work, self._show_shown, self._not_shown)

    @Slot(object)
    def _show_shown(self, shown: Shown) -> None:
        if shown.run is self._current:  # else the user looks at another run by now
            self.outcome.show_shown(shown)
            self.arranged.emit()

    @Slot(object)
    def _not_shown(self, _error: object) -> None:
        self.state.setText(self.texts.gettext("The program made a mistake and had to stop. Go back and try again."))
