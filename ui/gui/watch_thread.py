"""The thread of a watch: the engine that `nexkit watch` runs, its place on the disk, and the run that comes of it."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from nexkit.runner import Runner
from nexkit.watch.events import WatchEvent
from nexkit.watch.record import WatchLog
from ui.gui.run_thread import LoopThread

if TYPE_CHECKING:
    from nexkit.watch.watcher import Watcher
    from report.watch_store import KeptWatch
    from ui.watching import WatchEnd


class WatchThread(LoopThread):
    """Watches until `finish` or `cancel`: the first makes a result of what was seen, the second leaves it for later."""

    stands_back = True

    def __init__(
        self,
        runner: Runner,
        open_watch: "Callable[[], KeptWatch]",
        *,
        resumed: bool = False,
        finish_at_once: bool = False,
    ) -> None:
        """`open_watch` gives the watch in this thread; `resumed`: it was begun before."""
        super().__init__(self._watch)
        self._runner = runner
        self._open_watch = open_watch
        self._resumed = resumed
        self._finish_at_once = self._finishing = finish_at_once
        self._held = False
        self._watcher: Watcher | None = None
        self._hurry: asyncio.Event | None = None
        self.limit_s: float | None = None
        """How long it shall go on, from its beginning; known once it goes on."""

    @property
    def log(self) -> WatchLog | None:
        """What was seen so far; None: nothing yet."""
        return None if self._watcher is None else self._watcher.log

    def mark(self, words: str | None) -> None:
        """The user says that it is happening now."""
        if self._watcher is not None:
            self._watcher.mark(words)

    def hold(self, held: bool) -> None:
        """Stand back while something else measures here."""
        self._held = held
        if self._watcher is not None:
            self._watcher.hold(held)

    def finish(self) -> None:
        """End the watch and make its result."""
        self._finishing = True
        super().cancel()

    def cancel(self) -> None:
        """End at once, a last measurement too."""
        super().cancel()
        with self._lock:
            if self._loop is not None and self._hurry is not None:
                self._loop.call_soon_threadsafe(self._hurry.set)

    def _told(self, event: WatchEvent) -> None:
        self.event_came.emit(event)

    async def _watch(self, stop: asyncio.Event) -> "WatchEnd":
        from nexkit.watch.watcher import Watcher
        from ui.watching import WatchEnd, finish_watch

        kept = self._open_watch()
        try:
            self.limit_s = kept.request.time_limit_s
            resumed = kept.journal if self._resumed else None
            watcher = Watcher(self._runner, kept.profile, kept.request, kept, self._told, resumed=resumed)
            watcher.hold(self._held)
            self._watcher = watcher
            if not self._finish_at_once:
                await watcher.run(stop)
            if not self._finishing:
                return WatchEnd(log=watcher.log)
            with self._lock:
                self._hurry = asyncio.Event()
            return await finish_watch(watcher, kept, self._hurry)
        finally:
            kept.close()
