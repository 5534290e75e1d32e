"""Room: measure lightly until the trouble comes, and see what broke when."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from nexkit.consent import Consent
from nexkit.profile import in_language
from nexkit.request import Symptom
from nexkit.texts.moments import time_of_day
from nexkit.watch.record import MAX_WORDS_CHARACTERS
from ui.gui.pages.base import TurningBox, buddy_label, plain_label, push_button
from ui.gui.pages.watch_before import BeforePart
from ui.gui.pages.watch_live import LivePart
from ui.gui.present import Mark
from ui.gui.rooms import RoomContext, RoomPage
from ui.gui.theme import current_theme
from ui.gui.watch_restart import Restart
from ui.gui.watch_run import WatchRun
from ui.gui.watch_state import interrupted_text
from ui.gui.widgets.choice import Tick
from ui.handover import not_kept_text, problem_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nexkit.request import Request
    from nexkit.watch.record import WatchLog
    from report.watch_store import KeptWatch
    from ui.watching import Interrupted, WatchEnd

_REPAINT_MS = 1000
_RUNNER_MS = 200
_TRAY_MS = 1000
_TRAY_TIMES = 15


class _Stage(Enum):
    BEFORE = "before"
    WATCHING = "watching"
    ENDING = "ending"
    """A last measurement is made."""
    ENDED = "ended"


class WatchPage(RoomPage):
    """Measure lightly until the trouble comes, and see what broke when."""

    show_wanted = Signal()
    """The window, with this room in it."""
    quit_wanted = Signal()
    """The program shall end; a watch that goes on can be taken up again."""
    nothing_to_watch = Signal()
    """Started to go on with a watch, and there is none."""

    def __init__(self, context: RoomContext) -> None:
        _ = context.texts.gettext
        super().__init__("watch", context.texts, _("Watch the connection"))
        self._context = context
        self._stage = _Stage.BEFORE
        self._end: WatchEnd | None = None
        self._interrupted: list[Interrupted] = []
        self._said_hidden = False
        self._quitting = False
        self._in_background = False
        self._closed = False
        """Nobody waits any more for a thread that is started now."""
        self._changed = False
        self._since = QElapsedTimer()
        self._repaint = self._timer(_REPAINT_MS, self._show_news)
        self._waiting = self._timer(_RUNNER_MS, self._show_ready)
        self._tray_later = self._timer(_TRAY_MS, self._look_for_tray)
        self._looked_for_tray = 0
        self.run = self._make_run()
        self.restart = Restart(context.threads, self)
        self._build_parts()
        self.column.addStretch(1)
        self._build_foot()
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.commitDataRequest.connect(self._session_ends, Qt.ConnectionType.DirectConnection)
        self._show_stage()

    def _timer(self, after_ms: int, slot: "Callable[[], None]") -> QTimer:
        timer = QTimer(self, singleShot=True, interval=after_ms)
        timer.timeout.connect(slot)
        return timer

    def _make_run(self) -> WatchRun:
        run = WatchRun(self._context.threads, self.texts, self)
        run.news.connect(self._news)
        run.over.connect(self._over)
        run.failed.connect(self._failed)
        run.happening.connect(self._happening)
        run.open_wanted.connect(self.show_wanted)
        run.stop_wanted.connect(self._stop)
        run.quit_wanted.connect(self._quit)
        return run

    # What the room is built of

    def _build_parts(self) -> None:
        self.before = BeforePart(self._context.profile.profile, self.texts)
        self.before.continue_wanted.connect(self._go_on_with_earlier)
        self.before.finish_wanted.connect(self._finish_with_earlier)
        self.before.discard_wanted.connect(self._throw_earlier_away)
        self.live = LivePart(self.texts)
        self.live.minimise_wanted.connect(self._minimise)
        self.live.finish_wanted.connect(self._stop)
        self.live.quit_wanted.connect(self._quit)
        self.live.after_restart.clicked.connect(self.restart.turn)
        self.restart.known.connect(self.live.after_restart.setChecked)
        self.restart.failed.connect(self._restart_failed)
        for part in (self.before, self.live):
            self.column.addWidget(part)

    def _build_foot(self) -> None:
        _ = self.texts.gettext
        profile = self._context.profile.profile
        self.consent = Tick(
            "watch.consent",
            _("I &agree that these tests are made again and again until the watch ends"),
            _("Targets are taken from the profile “{profile}”.").format(
                profile=in_language(profile.name, self.texts.language)
            ),
        )
        self.consent.toggled.connect(self._show_ready)
        self.start = push_button("watch.start", _("S&tart watching"), self._start, is_main=True)
        self.refused = plain_label("", "problem", "watch.refused")

        self.words = QLineEdit()
        self.words.setMaxLength(MAX_WORDS_CHARACTERS)
        self.words.setPlaceholderText(_("For example: the call froze"))
        self.words.returnPressed.connect(self._happening)
        self.now = push_button("watch.now", _("It is &happening now"), self._happening, is_main=True)
        self.now.setProperty("weight", "large")
        self.noted = plain_label("", "muted", "watch.noted")
        self.stop = push_button("watch.stop", _("&Stop and see the result"), self._stop)
        self._saying = QWidget()
        saying = QVBoxLayout(self._saying)
        saying.setContentsMargins(0, 0, 0, 0)
        saying.setSpacing(round(current_theme().em * 0.2))
        saying.addWidget(buddy_label("watch.words", _("What happe&ns, if you like"), self.words))
        saying.addWidget(self.words)

        self.report = push_button("watch.report", _("Make a &report"), self._make_report, is_main=True)
        self.discard = push_button("watch.discard", _("Throw it awa&y"), self._throw_away)
        self._starting = QWidget()
        starting = QHBoxLayout(self._starting)
        starting.setContentsMargins(0, 0, 0, 0)
        starting.addWidget(self.start)
        starting.addStretch(1)
        self._ended = TurningBox(self.report, self.discard, least_em=24, fill=False)
        self._acting = TurningBox(self.now, self.stop, least_em=30, fill=False)
        for widget in (
            self.consent,
            self._starting,
            self.refused,
            self._saying,
            self._acting,
            self.noted,
            self._ended,
        ):
            self.add_to_foot(widget)

    def _show_stage(self) -> None:
        """Each stage has its own parts."""
        stage = self._stage
        before, watching = stage is _Stage.BEFORE, stage is _Stage.WATCHING
        for part in (self.before, self.consent, self._starting):
            part.setVisible(before)
        self.live.setVisible(not before)
        for part in (self._saying, self._acting, self.live.where):
            part.setVisible(watching)
        self._ended.setVisible(stage is _Stage.ENDED)
        self.live.after_restart.setVisible(watching and self.restart.possible)
        self.noted.setVisible(watching and bool(self.noted.text()))
        self.refused.setVisible(before and bool(self.refused.text()))
        if not watching:
            self.live.ask_what_closing_means(False)
        self._show_ready()

    # Coming and going

    @property
    def watching(self) -> bool:
        """Whether a watch is under way."""
        return self.run.under_way

    def entered(self) -> None:
        """Look for watches of earlier starts."""
        if self._stage is _Stage.BEFORE:
            self._look_for_earlier()
        if not self.watching:
            self.run.remove_tray()
        self._show_ready()
        self._news()

    def go_on_in_background(self) -> None:
        """Started at log-in: go on with the latest watch, without a window where there is a place beside the clock."""
        self._in_background = True
        self._look_for_earlier()
        self._looked_for_tray = 0
        self._look_for_tray()

    @Slot()
    def _look_for_tray(self) -> None:
        """At log-in the desktop may be slower than this program."""
        if self.run.tray is not None or not self.window().isHidden():
            return
        self._looked_for_tray += 1
        if self.watching and self.run.look_for_tray():
            self._say_where()
        elif self._looked_for_tray < _TRAY_TIMES:
            self._tray_later.start()
        else:
            self.show_wanted.emit()
            self.window().showMinimized()

    def may_close(self) -> bool:
        """The watch goes on beside the clock; where there is no such place, the room asks."""
        if not self.watching or self._quitting:
            return True
        if self.run.tray is not None:
            self.window().hide()
            if not self._said_hidden:
                self._said_hidden = True
                self.run.tray.say(
                    self.texts.gettext("The watch goes on"),
                    self.texts.gettext("This icon shows how it is, and brings the window back."),
                )
            return False
        self.show_wanted.emit()
        self.live.ask_what_closing_means(self._stage is _Stage.WATCHING)
        self.to_top()
        self.focus_first()
        return False

    def closing(self) -> None:
        """The program ends: what is on the disk of a watch is taken up another time."""
        self._closed = True
        for timer in (self._repaint, self._waiting, self._tray_later):
            timer.stop()
        self.run.cancel()

    def showEvent(self, event: QShowEvent) -> None:
        """What came meanwhile is shown now."""
        super().showEvent(event)
        self._news()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is painted."""
        super().hideEvent(event)
        self._repaint.stop()

    @Slot()
    def _session_ends(self, *_manager: object) -> None:
        """The user logs out, or the computer is switched off: nothing may hold that back."""
        self._quitting = True

    @Slot()
    def _quit(self) -> None:
        self._quitting = True
        self.quit_wanted.emit()

    @Slot()
    def _minimise(self) -> None:
        self.live.ask_what_closing_means(False)
        self.window().showMinimized()

    # Watches of earlier starts

    def _look_for_earlier(self) -> None:
        from ui.watching import find_interrupted

        if not self.watching and not self._closed:
            self._context.threads.start(find_interrupted, self._earlier_found, self._earlier_failed)

    @Slot(object)
    def _earlier_found(self, found: "tuple[Interrupted, ...]") -> None:
        self._interrupted = list(found)
        if self._in_background and not self.watching:
            if any(each.log is not None for each in found):
                self._interrupted = [each for each in found if each.log is not None]
                self._show_ready()
            else:
                self._in_background = False
                self.restart.forget()
                self.nothing_to_watch.emit()
            return
        if not found and not self.watching:
            self.restart.forget()
        first = next(iter(found), None)
        if first is None:
            self.before.offer(None)
        else:
            self.before.offer(interrupted_text(first, self.texts), usable=first.log is not None)
            self._show_ready()

    @Slot(object)
    def _earlier_failed(self, error: object) -> None:
        self._refuse(problem_text(error, self.texts))
        if self._in_background:
            self._in_background = False
            self.nothing_to_watch.emit()

    @Slot()
    def _go_on_with_earlier(self) -> None:
        self._take_up(finish_at_once=False)

    @Slot()
    def _finish_with_earlier(self) -> None:
        self._take_up(finish_at_once=True)

    def _take_up(self, *, finish_at_once: bool) -> None:
        if not self._interrupted or self._context.runner() is None:
            return
        from ui.watching import take_up_interrupted

        earlier = self._interrupted.pop(0)
        self._begin(lambda: take_up_interrupted(earlier.id), resumed=True, finish_at_once=finish_at_once)
        if earlier.log is not None:
            self._show_log(earlier.log)

    @Slot()
    def _throw_earlier_away(self) -> None:
        from report.watch_store import discard_watch

        if self._interrupted:
            earlier = self._interrupted.pop(0)
            # The next one is offered once this one is gone: a second press must not be about another watch.
            self.before.offer(None)
            self._context.threads.start(lambda: discard_watch(earlier.id), self._thrown_away, self._not_thrown_away)

    @Slot(object)
    def _thrown_away(self, _nothing: object) -> None:
        self._look_for_earlier()
        self.focus_first()

    @Slot(object)
    def _not_thrown_away(self, error: object) -> None:
        self._refuse(problem_text(error, self.texts))
        self._look_for_earlier()

    # Watching

    @Slot()
    def _show_ready(self) -> None:
        """Whether a watch can begin; the probes may still be on their way."""
        ready = self._context.runner() is not None
        self.start.setEnabled(ready and self.consent.isChecked())
        self.before.set_ready(ready)
        if ready and self._in_background and self._interrupted and not self.watching:
            self._in_background = False
            self._take_up(finish_at_once=False)
        elif not ready and self._stage is _Stage.BEFORE and (self.isVisible() or self._in_background):
            self._waiting.start()

    def _request(self) -> "Request":
        request = self._context.request()
        return replace(
            request,
            symptom=Symptom.UNSTABLE if request.symptom is Symptom.CHECK_UP else request.symptom,
            service_id=self.before.service_id(),
            consent=frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC}),
            time_limit_s=self.before.limit_s(),
        )

    @Slot()
    def _start(self) -> None:
        if not self.consent.isChecked():
            return
        from report.watch_store import begin_watch

        profile, request = self._context.profile, self._request()

        def open_watch() -> "KeptWatch":
            return begin_watch(profile, request, datetime.now(UTC))

        self._begin(open_watch)

    def _begin(
        self, open_watch: "Callable[[], KeptWatch]", *, resumed: bool = False, finish_at_once: bool = False
    ) -> None:
        runner = self._context.runner()
        if runner is None or self.watching:
            return
        self._end = None
        self.consent.setChecked(False)
        for label in (self.noted, self.refused):
            label.setText("")
        self.live.show_problem("")
        self._stage = _Stage.ENDING if finish_at_once else _Stage.WATCHING
        self.run.begin(runner, open_watch, resumed=resumed, finish_at_once=finish_at_once)
        self._say_where()
        self.live.after_restart.setChecked(False)
        self.restart.look()
        self._show_stage()
        self._news()
        (self.live.timeline if finish_at_once else self.now).setFocus()

    def _say_where(self) -> None:
        _ = self.texts.gettext
        self.live.where.setText(
            _("You may close the window: the watch goes on, and its icon is beside the clock.")
            if self.run.tray is not None
            else _("Leave this program open. The window may be made small.")
        )

    @Slot()
    def _happening(self) -> None:
        if self._stage is not _Stage.WATCHING:
            return
        self.run.mark(self.words.text().strip() or None)
        self.words.clear()
        words = self.texts.gettext("Noted at {time}.")
        self.noted.setText(words.format(time=time_of_day(datetime.now(UTC), seconds=True)))
        self.noted.setVisible(True)

    @Slot()
    def _stop(self) -> None:
        if self._stage is not _Stage.WATCHING:
            return
        self._stage = _Stage.ENDING
        self.run.finish()
        self.live.timeline.setFocus()  # the buttons go, and next to them is the one that leaves the room
        self._show_stage()
        self._news()

    # What is seen

    @Slot()
    def _news(self) -> None:
        """Something is new: it is shown at most once a second, and only where somebody looks."""
        self._changed = True
        if not self.isVisible() or self.window().isMinimized():
            return
        if not self._repaint.isActive():
            quiet_ms = self._since.elapsed() if self._since.isValid() else _REPAINT_MS
            self._repaint.start(max(0, _REPAINT_MS - quiet_ms))

    @Slot()
    def _show_news(self) -> None:
        if not self._changed or self._stage is _Stage.BEFORE:
            return
        self._changed = False
        self._since.start()
        _ = self.texts.gettext
        state = self.run.state
        match self._stage:
            case _Stage.WATCHING:
                self.live.show_state(state.mark, state.sentence(self.texts))
            case _Stage.ENDING:
                self.live.show_state(state.mark, _("One moment: the result is being put together …"))
            case _:
                pass
        if state.store_problem:
            words = _("What is seen cannot be kept on the disk ({reason}). The watch goes on as long as it can.")
            self.live.show_problem(words.format(reason=state.store_problem))
        if (log := self.run.log) is not None:
            self._show_log(log)

    def _show_log(self, log: "WatchLog") -> None:
        watching = self._stage is _Stage.WATCHING
        totals = self.run.state.totals if watching else None
        self.live.show_log(log, totals, over=self._stage is _Stage.ENDED)
        self.live.show_hours(watching or log.rounds > 0)

    @Slot(object)
    def _restart_failed(self, error: object) -> None:
        self.live.after_restart.setChecked(False)
        self.live.show_problem(problem_text(error, self.texts))

    # The end

    @Slot(object)
    def _over(self, end: "WatchEnd") -> None:
        _ = self.texts.gettext
        if end.finished is None:  # the program is being closed
            self._stage = _Stage.BEFORE
            return
        self._end = end
        self._stage = _Stage.ENDED
        self.restart.forget()
        count = len(end.log.episodes) + end.log.left_out
        words = (
            self.texts.ngettext(
                "The watch is over. There was {count} disturbance.",
                "The watch is over. There were {count} disturbances.",
                count,
            ).format(count=count)
            if count
            else _("The watch is over. Nothing was disturbed in it.")
        )
        self.live.show_state(Mark.WARN if count else Mark.OK, words)
        if self.run.tray is not None:
            self.run.tray.say(_("The watch is over"), words)
        if end.not_kept is not None:
            self.live.show_problem(not_kept_text(end.not_kept, self.texts))
        self._show_log(end.log)
        self._show_stage()
        self.report.setFocus()

    @Slot(object)
    def _failed(self, error: object) -> None:
        from report.watch_store import WatchError

        self._stage = _Stage.BEFORE
        self._show_stage()
        if isinstance(error, WatchError):
            words = self.texts.gettext("An earlier watch cannot be used any more: {reason}")
            self._refuse(words.format(reason=str(error)))
        else:
            self._refuse(problem_text(error, self.texts))
        self._look_for_earlier()

    def _refuse(self, words: str) -> None:
        self.refused.setText(words)
        self.refused.setVisible(self._stage is _Stage.BEFORE)

    @Slot()
    def _make_report(self) -> None:
        if self._end is not None and self._end.finished is not None:
            self._context.show_result(self._end.finished)
            self._end = None
            self._again()

    @Slot()
    def _throw_away(self) -> None:
        from report.unfinished import discard

        end, self._end = self._end, None
        self._again()
        if end is not None and end.finished is not None and (run_id := end.finished.id):
            self._context.threads.start(lambda: discard(run_id), self._thrown_away, self._earlier_failed)

    def _again(self) -> None:
        """As when the room was made."""
        self._stage = _Stage.BEFORE
        self.live.timeline.choose(None)
        self._show_stage()
        self.to_top()
