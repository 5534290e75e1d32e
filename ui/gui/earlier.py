"""What earlier starts left unfinished: results without a report, and watches that were cut off."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nexkit.texts import Texts
from ui.gui.pages.trouble import TroublePage
from ui.gui.run_thread import Threads
from ui.handover import problem_text

if TYPE_CHECKING:
    from report.unfinished import Unfinished, Unreadable
    from ui.watching import Interrupted


def _runs() -> "list[Unfinished | Unreadable]":
    """Runs whose reports were not finished; what cannot be read of them comes last."""
    from report.unfinished import unfinished_runs

    runs, unreadable = unfinished_runs(datetime.now(UTC))
    return [*runs, *unreadable]


def _watches() -> "tuple[Interrupted, ...]":
    """Watches that can go on."""
    from ui.watching import find_interrupted

    return find_interrupted()


class Earlier(QObject):
    """Looks for them once, and offers them on the first page, one after the other."""

    result_wanted = Signal(object)
    """The Unfinished run whose report is to be made."""

    def __init__(self, texts: Texts, threads: Threads, parent: QObject) -> None:
        super().__init__(parent)
        self._texts = texts
        self._threads = threads
        self._found: list[Unfinished | Unreadable] = []
        self._interrupted: tuple[Interrupted, ...] = ()
        self._page: TroublePage | None = None
        """None: the licence comes first."""

    def look(self) -> None:
        """Read what there is, beside the window. What cannot be read is not offered."""
        self._threads.start(_runs, self._runs_found, self._not_read)
        self._threads.start(_watches, self._watches_found, self._not_read)

    def speak(self, texts: Texts) -> None:
        """The next page speaks another language."""
        self._texts = texts

    def offer_on(self, page: TroublePage) -> None:
        """The page on which it is offered from now on."""
        self._page = page
        page.finish_wanted.connect(self._finish)
        page.discard_wanted.connect(self._discard)
        self._offer()

    @Slot(object)
    def _runs_found(self, found: "list[Unfinished | Unreadable]") -> None:
        self._found = found
        self._offer()

    @Slot(object)
    def _watches_found(self, found: "tuple[Interrupted, ...]") -> None:
        self._interrupted = found
        self._offer()

    @Slot(object)
    def _not_read(self, _error: object) -> None:
        """A folder that cannot be read keeps nobody from measuring."""

    def _offer(self) -> None:
        if self._page is None:
            return
        if self._interrupted:
            from ui.gui.watch_state import interrupted_text

            self._page.offer_watch(interrupted_text(self._interrupted[0], self._texts))
        if not self._found:
            self._page.offer_nothing()
            return
        from report.unfinished import Unfinished

        first = self._found[0]
        if isinstance(first, Unfinished):
            from nexkit.texts.verdicts import verdict_sentence

            self._page.offer_earlier(first.record.started_at, verdict_sentence(first.diagnosis, self._texts))
        else:
            self._page.offer_unreadable(first.reason)

    @Slot()
    def _finish(self) -> None:
        from report.unfinished import Unfinished

        if self._found and isinstance(self._found[0], Unfinished):
            self.result_wanted.emit(self._found.pop(0))
            self._offer()

    @Slot()
    def _discard(self) -> None:
        from report.unfinished import discard

        if self._found:
            run_id = self._found.pop(0).id
            self._threads.start(lambda: discard(run_id), self._discarded, self._not_discarded)

    @Slot(object)
    def _discarded(self, _was_there: object) -> None:
        self._offer()
        if self._page is not None:
            self._page.focus_first()

    @Slot(object)
    def _not_discarded(self, error: object) -> None:
        if self._page is not None:
            self._page.offer_unreadable(problem_text(error, self._texts))
