"""One watch after the other: its thread, how it is right now, and its icon beside the clock."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from nexkit.texts import Texts
from ui.gui.run_thread import Threads
from ui.gui.tray import WatchTray, has_tray
from ui.gui.watch_state import WatchState
from ui.gui.watch_thread import WatchThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from nexkit.runner import Runner
    from nexkit.watch.record import WatchLog
    from report.watch_store import KeptWatch

_SILENT_MS = 120_000
"""Rounds are at most half a minute apart: after so long without one, nothing is measured any more."""


class WatchRun(QObject):
    """Holds at most one watch that goes on."""

    news = Signal()
    """There is something new to be seen."""
    over = Signal(object)
    """The watch has ended with this WatchEnd."""
    failed = Signal(object)
    """The exception that ended the watch, or kept it from beginning."""
    happening = Signal()
    """Said beside the clock."""
    open_wanted = Signal()
    stop_wanted = Signal()
    """Beside the clock, or by the end of the time that was chosen."""
    quit_wanted = Signal()

    def __init__(self, threads: Threads, texts: Texts, parent: QWidget) -> None:
        super().__init__(parent)
        self._threads, self._texts = threads, texts
        self.state = WatchState()
        self.worker: WatchThread | None = None
        self.tray: WatchTray | None = None
        self._finishing = False
        self._silent = QTimer(self, singleShot=True, interval=_SILENT_MS)
        self._silent.timeout.connect(self._nothing_measured)
        threads.measuring_changed.connect(self._hold)

    @property
    def under_way(self) -> bool:
        """Whether a watch goes on, or its result is being made."""
        return self.worker is not None

    @property
    def log(self) -> "WatchLog | None":
        """What was seen so far; None: nothing yet."""
        return None if self.worker is None else self.worker.log

    def begin(
        self,
        runner: "Runner",
        open_watch: "Callable[[], KeptWatch]",
        *,
        resumed: bool = False,
        finish_at_once: bool = False,
    ) -> None:
        """Watch; as WatchThread has it."""
        self.state = WatchState(held=self._threads.measuring)
        self._finishing = finish_at_once
        thread = self.worker = WatchThread(runner, open_watch, resumed=resumed, finish_at_once=finish_at_once)
        thread.hold(self._threads.measuring)
        thread.event_came.connect(self.take)
        if not finish_at_once:
            self.look_for_tray()
        self._threads.start_thread(thread, self._ended, self._broke)

    def mark(self, words: str | None) -> None:
        """The user says that it is happening now."""
        if self.worker is not None:
            self.worker.mark(words)

    def finish(self) -> None:
        """End the watch and make its result."""
        self._finishing = True
        if self.worker is not None:
            self.worker.finish()

    def cancel(self) -> None:
        """End at once; what is on the disk is taken up another time."""
        self._silent.stop()
        self.remove_tray()
        if self.worker is not None:
            self.worker.cancel()

    @Slot(object)
    def take(self, event: object) -> None:
        """One event of the watch."""
        state, thread = self.state, self.worker
        if thread is None:
            return
        before = state.mood, state.episode
        state.feed(event)  # type: ignore[arg-type]  # the signal carries events alone
        self._silent.start()
        totals = state.totals
        if thread.limit_s is not None and totals is not None and totals.elapsed_s >= thread.limit_s:
            self.stop_wanted.emit()
        if (state.mood, state.episode) != before:
            self._show_in_tray()
        self.news.emit()

    @Slot()
    def _nothing_measured(self) -> None:
        self.state.heard = False
        self._show_in_tray()
        self.news.emit()

    @Slot(bool)
    def _hold(self, held: bool) -> None:
        """Something else is measured here, or is over."""
        self.state.held = held
        if self.worker is not None:
            self.worker.hold(held)
            self._show_in_tray()
            self.news.emit()

    @Slot(object)
    def _ended(self, end: object) -> None:
        self._gone()
        self.over.emit(end)

    @Slot(object)
    def _broke(self, error: object) -> None:
        self._gone()
        self.failed.emit(error)

    def _gone(self) -> None:
        self.worker = None
        self._silent.stop()
        if not self._page().window().isHidden():
            self.remove_tray()

    def _page(self) -> QWidget:
        """Asked for, not kept: what holds the widget it belongs to is taken apart in any order when it goes."""
        page = self.parent()
        assert isinstance(page, QWidget)  # noqa: S101  made as its child
        return page

    # Beside the clock

    def look_for_tray(self) -> bool:
        """Have an icon beside the clock where this desktop has a place for it; whether there is one."""
        if self.tray is None and has_tray():
            tray = self.tray = WatchTray(self._texts, self._page())
            tray.happening.connect(self.happening)
            tray.open_wanted.connect(self.open_wanted)
            tray.stop_wanted.connect(self.stop_wanted)
            tray.quit_wanted.connect(self.quit_wanted)
            self._show_in_tray()
        return self.tray is not None

    def _show_in_tray(self) -> None:
        if self.tray is not None and not self._finishing:
            self.tray.show_state(self.state.mark, self.state.sentence(self._texts))

    def remove_tray(self) -> None:
        """Take the icon away."""
        if self.tray is not None:
            self.tray.remove()
            self.tray = None
