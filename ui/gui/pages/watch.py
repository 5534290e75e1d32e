"""Room: measure lightly until the trouble comes, and see what broke when."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from nexkit.consent import Consent
from nexkit.profile import in_language
from nexkit.request import Symptom
from nexkit.texts.moments import time_of_day
from nexkit.texts.numbers import byte_size
from nexkit.texts.targets import target_lines
from nexkit.texts.watch import length_text
from nexkit.units import Seconds
from nexkit.watch.budget import HOUR_BYTES
from nexkit.watch.record import MAX_WORDS_CHARACTERS
from ui.gui.pages.base import Disclosure, TurningBox, buddy_label, card, plain_label
from ui.gui.present import Mark
from ui.gui.rooms import RoomContext, RoomPage
from ui.gui.theme import current_theme, mark_main
from ui.gui.tray import WatchTray, has_tray
from ui.gui.watch_state import WatchState, interrupted_text
from ui.gui.watch_thread import WatchThread
from ui.gui.widgets.choice import Tick
from ui.gui.widgets.episode_list import EpisodeList
from ui.gui.widgets.mark_label import MarkLabel
from ui.gui.widgets.service_list import ServiceList
from ui.gui.widgets.timeline import Timeline
from ui.handover import not_kept_text, problem_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from nexkit.platform.autostart import Autostart
    from nexkit.request import Request
    from nexkit.watch.record import WatchLog
    from report.watch_store import KeptWatch
    from ui.watching import Interrupted, WatchEnd

_REPAINT_MS = 1000
_RUNNER_MS = 200
_TRAY_MS = 1000
_TRAY_TIMES = 15
_SILENT_MS = 120_000
"""Rounds are at most half a minute apart: after so long without one, nothing is measured any more."""
_HOUR_S = 3600
_LENGTHS_H = (1, 4, 8, 24, 72)


class _Stage(Enum):
    BEFORE = "before"
    WATCHING = "watching"
    ENDING = "ending"
    """A last measurement is made."""
    ENDED = "ended"


def _system_autostart() -> "Autostart | None":
    from nexkit.platform.autostart import system_autostart

    try:
        return system_autostart()
    except OSError:  # a user without a home: there is nowhere to put an entry
        return None


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
        self._thread: WatchThread | None = None
        self._state = WatchState()
        self._end: WatchEnd | None = None
        self._interrupted: list[Interrupted] = []
        self._autostart = _system_autostart()
        self._tray: WatchTray | None = None
        self._said_hidden = False
        self._quitting = False
        self._in_background = False
        self._changed = False
        self._since = QElapsedTimer()
        self._repaint = self._timer(_REPAINT_MS, self._show_news)
        self._silent = self._timer(_SILENT_MS, self._nothing_measured)
        self._waiting = self._timer(_RUNNER_MS, self._show_ready)
        self._tray_later = self._timer(_TRAY_MS, self._look_for_tray)
        self._looked_for_tray = 0
        self._build_before()
        self._build_live()
        self.column.addStretch(1)
        self._build_foot()
        context.threads.measuring_changed.connect(self._hold)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.commitDataRequest.connect(self._session_ends, Qt.ConnectionType.DirectConnection)
        self._show_stage()

    def _timer(self, after_ms: int, slot: "Callable[[], None]") -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(after_ms)
        timer.timeout.connect(slot)
        return timer

    # What the room is built of

    def _build_before(self) -> None:
        _ = self.texts.gettext
        em = round(current_theme().em)
        self._before = QWidget()
        layout = QVBoxLayout(self._before)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(em * 0.8))
        self._earlier, earlier = card()
        self.earlier = plain_label("", name="watch.earlier")
        earlier.addWidget(self.earlier)
        self._continue = self._button("watch.continue", _("Go &on watching"), self._go_on_with_earlier)
        self._finish_earlier = self._button("watch.finish_earlier", _("See the r&esult"), self._finish_with_earlier)
        self._discard_earlier = self._button("watch.discard_earlier", _("Throw it awa&y"), self._throw_earlier_away)
        ways = TurningBox(self._continue, self._finish_earlier, least_em=26, fill=False)
        earlier.addWidget(TurningBox(ways, self._discard_earlier, least_em=36, fill=False))
        self._earlier.setVisible(False)
        layout.addWidget(self._earlier)

        what, what_layout = card()
        what_layout.addWidget(plain_label(_("For trouble that comes and goes"), "heading"))
        for words in (
            _(
                "The program keeps an eye on the connection while you go on with your work. It notices by itself when "
                "something breaks, notes when and where, and looks into it at once. You can also tell it: “It is "
                "happening now”."
            ),
            _(
                "It needs next to nothing: at most {size} of data an hour and a hundredth of one processor core. "
                "It goes on after the computer has slept, and in another network."
            ).format(size=byte_size(HOUR_BYTES)),
            _(
                "Every few seconds it asks your router, well-known addresses on the internet, the name servers and the "
                "service whether they are there. When something breaks, the tests of a quick look are made. The "
                "results stay on this computer until you decide otherwise."
            ),
        ):
            what_layout.addWidget(plain_label(words))
        lines = target_lines(self._context.profile.profile, self.texts)
        whom = plain_label("\n".join(lines), "muted", "watch.target_list")
        what_layout.addWidget(Disclosure("watch.targets", _("Show &whom exactly"), whom))
        layout.addWidget(what)

        choice, choice_layout = card()
        profile = self._context.profile.profile
        self.services = ServiceList("watch.service", profile, self.texts) if profile.services else None
        if self.services is not None:
            choice_layout.addWidget(self.services)
        self.length = QComboBox()
        self.length.setMinimumHeight(round(em * 1.9))
        self.length.addItem(_("Until I stop it"), None)
        for hours in _LENGTHS_H:
            self.length.addItem(self._hours_text(hours), hours * _HOUR_S)
        choice_layout.addWidget(buddy_label("watch.length", _("&For how long?"), self.length))
        choice_layout.addWidget(self.length)
        layout.addWidget(choice)
        self.column.addWidget(self._before)

    def _hours_text(self, hours: int) -> str:
        days = hours // 24
        if days:
            return self.texts.ngettext("{count} day", "{count} days", days).format(count=days)
        return self.texts.ngettext("{count} hour", "{count} hours", hours).format(count=hours)

    def _build_live(self) -> None:
        _ = self.texts.gettext
        em = round(current_theme().em)
        self._live = QWidget()
        layout = QVBoxLayout(self._live)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(round(em * 0.8))
        layout.addWidget(self._build_closing())

        state, state_layout = card()
        self._mark = MarkLabel(size_em=2.0)
        self.state = plain_label("", "heading", "watch.state")
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(round(em * 0.7))
        row.addWidget(self._mark)
        row.addWidget(self.state, 1)
        state_layout.addWidget(head)
        self.totals = plain_label("", "muted", "watch.totals")
        self.where = plain_label("", "muted", "watch.where")
        self.problem = plain_label("", "problem", "watch.problem")
        for label in (self.totals, self.where, self.problem):
            state_layout.addWidget(label)
        layout.addWidget(state)

        self._hours, hours_layout = card()
        self.timeline = Timeline("watch.timeline", self.texts)
        self.timeline.episode_chosen.connect(self._show_chosen)
        hours_layout.addWidget(self.timeline)
        self.chosen = plain_label("", "", "watch.chosen")
        self.chosen.setVisible(False)
        hours_layout.addWidget(self.chosen)
        layout.addWidget(self._hours)

        episodes, episodes_layout = card()
        episodes_layout.addWidget(plain_label(_("Disturbances"), "heading"))
        self.episodes = EpisodeList("watch.episodes", self.texts)
        episodes_layout.addWidget(self.episodes)
        layout.addWidget(episodes)

        self.after_restart = Tick(
            "watch.after_restart",
            _("Go on after the computer was &restarted"),
            _("The program is then started when you log in, until this watch ends. Nothing of it is left afterwards."),
        )
        self.after_restart.clicked.connect(self._restart_chosen)
        layout.addWidget(self.after_restart)
        self.column.addWidget(self._live)

    def _build_closing(self) -> QWidget:
        """What closing the window means, where it cannot just go beside the clock."""
        _ = self.texts.gettext
        self._closing, layout = card()
        layout.addWidget(plain_label(_("The watch is still going on"), "heading", "watch.closing"))
        layout.addWidget(plain_label(_("It can go on only while this program is open. What shall happen?")))
        minimise = self._button("watch.minimise", _("Go on, with the window made s&mall"), self._minimise)
        finish = self._button("watch.finish_now", _("Stop and see the res&ult"), self._stop)
        leave = self._button("watch.quit", _("&Quit and go on another time"), self._quit)
        for button in (minimise, finish, leave):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        self._closing.setVisible(False)
        return self._closing

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
        self.start = self._button("watch.start", _("S&tart watching"), self._start, is_main=True)
        self.refused = plain_label("", "problem", "watch.refused")

        self.words = QLineEdit()
        self.words.setMaxLength(MAX_WORDS_CHARACTERS)
        self.words.setPlaceholderText(_("For example: the call froze"))
        self.words.returnPressed.connect(self._happening)
        self.now = self._button("watch.now", _("It is &happening now"), self._happening, is_main=True)
        self.now.setProperty("weight", "large")
        said = QWidget()
        said_layout = QVBoxLayout(said)
        said_layout.setContentsMargins(0, 0, 0, 0)
        said_layout.setSpacing(round(current_theme().em * 0.2))
        said_layout.addWidget(buddy_label("watch.words", _("What happe&ns, if you like"), self.words))
        said_layout.addWidget(self.words)
        self.noted = plain_label("", "muted", "watch.noted")
        self.stop = self._button("watch.stop", _("&Stop and see the result"), self._stop)
        self._saying = said

        self.report = self._button("watch.report", _("Make a &report"), self._make_report, is_main=True)
        self.discard = self._button("watch.discard", _("Throw it awa&y"), self._throw_away)
        self._starting = self._left(self.start)
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

    def _button(self, name: str, words: str, slot: "Callable[[], None]", *, is_main: bool = False) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.clicked.connect(slot)
        mark_main(button, is_main)
        return button

    def _left(self, button: QPushButton) -> QWidget:
        """The button in its own width."""
        box = QWidget()
        layout = QHBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(button)
        layout.addStretch(1)
        return box

    def _show_stage(self) -> None:
        """Each stage has its own parts."""
        stage = self._stage
        before, watching = stage is _Stage.BEFORE, stage is _Stage.WATCHING
        self._before.setVisible(before)
        self._live.setVisible(not before)
        for widget in (self.consent, self._starting):
            widget.setVisible(before)
        for part in (self._saying, self._acting):
            part.setVisible(watching)
        self._ended.setVisible(stage is _Stage.ENDED)
        self.after_restart.setVisible(watching and self._autostart is not None)
        self.where.setVisible(watching)
        self.noted.setVisible(watching and bool(self.noted.text()))
        self.refused.setVisible(before and bool(self.refused.text()))
        if not watching:
            self._closing.setVisible(False)
        self._show_ready()

    # Coming and going

    @property
    def watching(self) -> bool:
        """Whether a watch is under way."""
        return self._thread is not None

    def entered(self) -> None:
        """Look for watches of earlier starts."""
        if self._stage is _Stage.BEFORE:
            self._look_for_earlier()
        if self._tray is not None and not self.watching:
            self._remove_tray()
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
        if self._tray is not None or not self.window().isHidden():
            return
        self._looked_for_tray += 1
        if self.watching and has_tray():
            self._make_tray()
            self.where.setText(self._where_words())
        elif self._looked_for_tray < _TRAY_TIMES:
            self._tray_later.start()
        else:
            self.show_wanted.emit()
            self.window().showMinimized()

    def may_close(self) -> bool:
        """The watch goes on beside the clock; where there is no such place, the room asks."""
        if not self.watching or self._quitting:
            return True
        if self._tray is not None:
            self.window().hide()
            if not self._said_hidden:
                self._said_hidden = True
                self._tray.say(
                    self.texts.gettext("The watch goes on"),
                    self.texts.gettext("This icon shows how it is, and brings the window back."),
                )
            return False
        self.show_wanted.emit()
        self._closing.setVisible(self._stage is _Stage.WATCHING)
        self.to_top()
        self.focus_first()
        return False

    def closing(self) -> None:
        """The program ends: what is on the disk of a watch is taken up another time."""
        for timer in (self._repaint, self._silent, self._waiting, self._tray_later):
            timer.stop()
        self._remove_tray()
        if self._thread is not None:
            self._thread.cancel()

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
        self._closing.setVisible(False)
        self.window().showMinimized()

    # Watches of earlier starts

    def _look_for_earlier(self) -> None:
        from ui.watching import find_interrupted

        if not self.watching:
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
                self._turn_off_restart()
                self.nothing_to_watch.emit()
            return
        if not found and not self.watching:
            self._turn_off_restart()
        self._offer_earlier()

    @Slot(object)
    def _earlier_failed(self, error: object) -> None:
        self._refuse(problem_text(error, self.texts))
        if self._in_background:
            self._in_background = False
            self.nothing_to_watch.emit()

    def _offer_earlier(self) -> None:
        first = next(iter(self._interrupted), None)
        self._earlier.setVisible(first is not None)
        if first is None:
            return
        log = first.log
        self._continue.setVisible(log is not None)
        self._finish_earlier.setVisible(log is not None)
        self.earlier.setText(interrupted_text(first, self.texts))
        self._show_ready()

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
            self._context.threads.start(lambda: discard_watch(earlier.id), self._thrown_away, self._earlier_failed)

    @Slot(object)
    def _thrown_away(self, _nothing: object) -> None:
        self._look_for_earlier()
        self.focus_first()

    # Watching

    @Slot()
    def _show_ready(self) -> None:
        """Whether a watch can begin; the probes may still be on their way."""
        ready = self._context.runner() is not None
        self.start.setEnabled(ready and self.consent.isChecked())
        for button in (self._continue, self._finish_earlier):
            button.setEnabled(ready)
        if ready and self._in_background and self._interrupted and not self.watching:
            self._in_background = False
            self._take_up(finish_at_once=False)
        elif not ready and self._stage is _Stage.BEFORE and (self.isVisible() or self._in_background):
            self._waiting.start()

    def _request(self) -> "Request":
        request = self._context.request()
        limit = self.length.currentData()
        return replace(
            request,
            symptom=Symptom.UNSTABLE if request.symptom is Symptom.CHECK_UP else request.symptom,
            service_id=self.services.service_id() if self.services is not None else None,
            consent=frozenset({Consent.SYSTEM, Consent.ACTIVE_TRAFFIC}),
            time_limit_s=None if limit is None else Seconds(float(limit)),
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
        self._state = WatchState(held=self._context.threads.measuring)
        self._end = None
        self.consent.setChecked(False)
        for label in (self.noted, self.refused, self.problem):
            label.setText("")
        self.problem.setVisible(False)
        thread = self._thread = WatchThread(runner, open_watch, resumed=resumed, finish_at_once=finish_at_once)
        thread.hold(self._context.threads.measuring)
        thread.event_came.connect(self._take)
        self._stage = _Stage.ENDING if finish_at_once else _Stage.WATCHING
        if has_tray() and not finish_at_once:
            self._make_tray()
        self.where.setText(self._where_words())
        self._context.threads.start_thread(thread, self._over, self._failed)
        self._show_restart()
        self._show_stage()
        self._news()
        if not finish_at_once:
            self.now.setFocus()

    def _where_words(self) -> str:
        _ = self.texts.gettext
        if self._tray is not None:
            return _("You may close the window: the watch goes on, and its icon is beside the clock.")
        return _("Leave this program open. The window may be made small.")

    @Slot(object)
    def _take(self, event: object) -> None:
        """One event of the watch."""
        state, thread = self._state, self._thread
        if thread is None:
            return
        before = state.mood, state.episode
        state.feed(event)  # type: ignore[arg-type]  # the signal carries events alone
        self._silent.start()
        totals = state.totals
        if thread.limit_s is not None and totals is not None and totals.elapsed_s >= thread.limit_s:
            self._stop()
        if (state.mood, state.episode) != before:
            self._show_in_tray()
        self._news()

    @Slot()
    def _nothing_measured(self) -> None:
        self._state.heard = False
        self._show_in_tray()
        self._news()

    @Slot(bool)
    def _hold(self, held: bool) -> None:
        """Something else is measured here, or is over."""
        self._state.held = held
        if self._thread is not None:
            self._thread.hold(held)
            self._show_in_tray()
            self._news()

    @Slot()
    def _happening(self) -> None:
        if self._thread is None or self._stage is not _Stage.WATCHING:
            return
        self._thread.mark(self.words.text().strip() or None)
        self.words.clear()
        words = self.texts.gettext("Noted at {time}.")
        self.noted.setText(words.format(time=time_of_day(datetime.now(UTC), seconds=True)))
        self.noted.setVisible(True)

    @Slot()
    def _stop(self) -> None:
        if self._thread is None or self._stage is not _Stage.WATCHING:
            return
        self._stage = _Stage.ENDING
        self._thread.finish()
        self._show_stage()
        self._news()

    # What is seen

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
        state = self._state
        match self._stage:
            case _Stage.WATCHING:
                self._mark.show_mark(state.mark)
                self.state.setText(state.sentence(self.texts))
            case _Stage.ENDING:
                self._mark.show_mark(state.mark)
                self.state.setText(_("One moment: the result is being put together …"))
            case _:
                pass
        if state.store_problem:
            words = _("What is seen cannot be kept on the disk ({reason}). The watch goes on as long as it can.")
            self.problem.setText(words.format(reason=state.store_problem))
            self.problem.setVisible(True)
        log = self._thread.log if self._thread is not None else None
        if log is not None:
            self._show_log(log)

    def _show_log(self, log: "WatchLog") -> None:
        _ = self.texts.gettext
        over = self._stage is _Stage.ENDED
        self.timeline.show_log(log, over=over)
        self._hours.setVisible(self._stage is _Stage.WATCHING or log.rounds > 0)
        self.episodes.show_log(log, over=over)
        self._show_chosen()
        words = _("Watched for {length}; data used: {size}.")
        totals = self._state.totals
        if totals is not None and self._stage is _Stage.WATCHING:
            words = _("Watched for {length}; data used: {size}, {hour} in the last hour.")
        self.totals.setText(
            words.format(
                length=length_text((log.ended_at - log.started_at).total_seconds(), self.texts),
                size=byte_size(log.traffic_bytes),
                hour=byte_size(0 if totals is None else totals.traffic_last_hour_bytes),
            )
        )

    @Slot()
    def _show_chosen(self) -> None:
        chosen = self.timeline.chosen is not None
        self.chosen.setText(self.timeline.description() if chosen else "")
        self.chosen.setVisible(chosen)

    # Beside the clock

    def _make_tray(self) -> None:
        if self._tray is None:
            tray = self._tray = WatchTray(self.texts, self)
            tray.happening.connect(self._happening)
            tray.open_wanted.connect(self.show_wanted)
            tray.stop_wanted.connect(self._stop)
            tray.quit_wanted.connect(self._quit)
        self._show_in_tray()

    def _show_in_tray(self) -> None:
        if self._tray is not None and self._stage is _Stage.WATCHING:
            self._tray.show_state(self._state.mark, self._state.sentence(self.texts))

    def _remove_tray(self) -> None:
        if self._tray is not None:
            self._tray.remove()
            self._tray = None

    # After a restart of the computer

    def _show_restart(self) -> None:
        autostart = self._autostart
        self.after_restart.setChecked(False)
        if autostart is not None:
            self._context.threads.start(autostart.is_on, self._restart_known, self._restart_failed)

    @Slot(object)
    def _restart_known(self, is_on: bool) -> None:
        self.after_restart.setChecked(is_on)

    @Slot(bool)
    def _restart_chosen(self, wanted: bool) -> None:
        autostart = self._autostart
        if autostart is None:
            return

        def turn() -> bool:
            from nexkit.platform.autostart import watching_command

            if wanted:
                autostart.turn_on(watching_command())
            else:
                autostart.turn_off()
            return autostart.is_on()

        self._context.threads.start(turn, self._restart_known, self._restart_failed)

    @Slot(object)
    def _restart_failed(self, error: object) -> None:
        self.after_restart.setChecked(False)
        self.problem.setText(problem_text(error, self.texts))
        self.problem.setVisible(True)

    def _turn_off_restart(self) -> None:
        autostart = self._autostart
        if autostart is not None:
            self._context.threads.start(autostart.turn_off, self._nothing_more, self._nothing_more)

    @Slot(object)
    def _nothing_more(self, _answer: object) -> None:
        """Nothing is left to be told of."""

    # The end

    def _gone(self) -> None:
        """The thread is over."""
        self._thread = None
        self._silent.stop()
        if not self.window().isHidden():
            self._remove_tray()

    @Slot(object)
    def _over(self, end: "WatchEnd") -> None:
        _ = self.texts.gettext
        self._gone()
        if end.finished is None:  # the program is being closed
            self._stage = _Stage.BEFORE
            return
        self._end = end
        self._stage = _Stage.ENDED
        self._turn_off_restart()
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
        self.state.setText(words)
        self._mark.show_mark(Mark.WARN if count else Mark.OK)
        if self._tray is not None:
            self._tray.say(_("The watch is over"), words)
        if end.not_kept is not None:
            self.problem.setText(not_kept_text(end.not_kept, self.texts))
            self.problem.setVisible(True)
        self._show_log(end.log)
        self._show_stage()
        self.report.setFocus()

    @Slot(object)
    def _failed(self, error: object) -> None:
        from report.watch_store import WatchError

        self._gone()
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
        self._state = WatchState()
        self.timeline.choose(None)
        self._show_stage()
        self.to_top()
