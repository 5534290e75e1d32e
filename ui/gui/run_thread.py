"""Work beside the window: a thread for one piece of work, and the one that holds a run."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThread, Signal, Slot

from nexkit.events import Event
from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.runner import Runner

if TYPE_CHECKING:
    from ui.bootstrap import Run


class WorkThread(QThread):
    """Does one piece of work and tells what came of it; the window waits for no one."""

    succeeded = Signal(object)
    """What the work gave."""
    failed = Signal(object)
    """The exception that ended it."""

    def __init__(self, work: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work = work

    def run(self) -> None:
        """Do the work."""
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001  one of the two places: a mistake ends the work, never the window
            self.failed.emit(error)
        else:
            self.succeeded.emit(result)


class Threads(QObject):
    """The threads of a window: kept until they are over, and waited for when it closes."""

    measuring_changed = Signal(bool)
    """Whether something is measured that whatever measures beside it has to stand back for."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._threads: set[WorkThread] = set()
        self._measuring = False

    def start(
        self, work: Callable[[], object], succeeded: Callable[[Any], None], failed: Callable[[object], None]
    ) -> WorkThread:
        """Do the work in a thread of its own; one of the two slots of a QObject gets what came of it."""
        return self.start_thread(WorkThread(work, self), succeeded, failed)

    def start_thread(
        self, thread: WorkThread, succeeded: Callable[[Any], None], failed: Callable[[object], None]
    ) -> WorkThread:
        """Start a thread and keep it until it is over."""
        thread.succeeded.connect(succeeded)
        thread.failed.connect(failed)
        thread.finished.connect(self.forget_finished)
        self._threads.add(thread)
        self._tell_measuring()
        thread.start()
        return thread

    def under_way(self) -> frozenset[WorkThread]:
        """The threads that are not over."""
        return frozenset(self._threads)

    @Slot()
    def forget_finished(self) -> None:
        """Let go of what is over."""
        for thread in [thread for thread in self._threads if thread.isFinished()]:
            self._threads.discard(thread)
            thread.wait()
            thread.deleteLater()
        self._tell_measuring()

    def _tell_measuring(self) -> None:
        measuring = any(isinstance(thread, LoopThread) and not thread.stands_back for thread in self._threads)
        if measuring is not self._measuring:
            self._measuring = measuring
            self.measuring_changed.emit(measuring)

    @property
    def measuring(self) -> bool:
        """Whether something is measured that whatever measures beside it has to stand back for."""
        return self._measuring

    def wait(self) -> None:
        """Wait for all of them."""
        for thread in list(self._threads):
            thread.wait()
        self.forget_finished()


class LoopThread(WorkThread):
    """Measures in an event loop of its own, and can be asked to end early."""

    stands_back = False
    """Whether it measures so lightly that it stops as long as another one does."""

    event_came = Signal(object)
    """A frozen value of `nexkit.events`."""

    def __init__(
        self, measure: Callable[[asyncio.Event], Coroutine[Any, Any, object]], parent: QObject | None = None
    ) -> None:
        """`measure` is told by its event that the user wants no more, and ends by itself then."""
        super().__init__(self._run_loop, parent)
        self._coroutine = measure
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._stop_wanted = False

    def cancel(self) -> None:
        """End the measuring; what is there comes by `succeeded` within about a second."""
        with self._lock:
            self._stop_wanted = True
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)

    def tell(self, event: Event) -> None:
        """Hand an event over to the window."""
        self.event_came.emit(event)

    def _run_loop(self) -> object:
        with asyncio.Runner() as loop_runner:
            return loop_runner.run(self._measure())

    async def _measure(self) -> object:
        stop = asyncio.Event()
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), stop
            if self._stop_wanted:
                stop.set()
        try:
            return await self._coroutine(stop)
        finally:
            with self._lock:
                self._loop = self._stop = None


class RunThread(LoopThread):
    """One run: the same coroutine that the command line runs, which is diagnosed as far as it got."""

    def __init__(
        self,
        runner: Runner,
        profile: LoadedProfile,
        request: Request,
        parent: QObject | None = None,
        *,
        ended: "Callable[[Run], None]" = lambda _run: None,
    ) -> None:
        """`ended` gets the run, in this thread, before anybody else knows of it."""
        super().__init__(self._diagnose, parent)
        self._ended = ended
        self._runner = runner
        self._profile = profile
        self._request = request

    async def _diagnose(self, stop: asyncio.Event) -> "Run":
        from ui.bootstrap import measure_and_diagnose

        run = await measure_and_diagnose(self._runner, self._profile, self._request, self.tell, stop)
        self._ended(run)
        return run
