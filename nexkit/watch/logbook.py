"""What a watch keeps and tells: every entry goes into its journal and to the disk, every event to who listens."""

from collections.abc import Callable
from typing import Protocol

from nexkit.run_record import RunRecord
from nexkit.watch.events import StoreFailed, WatchEvent
from nexkit.watch.journal import Entry, Journal


class WatchStore(Protocol):
    """Where a watch is kept while it goes on (`report/watch_store.py`); what cannot be written raises OSError."""

    def append(self, entry: Entry) -> None:
        """Keep an entry, whatever happens to this program afterwards."""
        ...

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Keep a diagnosis run."""
        ...

    def drop_run(self, name: str) -> None:
        """Delete one."""
        ...

    def read_run(self, name: str) -> RunRecord | None:
        """A kept run; None: it cannot be read (any more)."""
        ...


class Unkept:
    """Keeps nothing: the disk takes nothing."""

    def append(self, entry: Entry) -> None:
        """Nothing."""

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Nothing."""

    def drop_run(self, name: str) -> None:
        """Nothing."""

    def read_run(self, name: str) -> RunRecord | None:
        """None."""
        del name
        return None


class Logbook:
    """The journal of a watch, the disk behind it, and the listener.

    Where the disk takes something no more, that is told once, and all goes on in memory. A listener that raises is told
    nothing more.
    """

    def __init__(self, journal: Journal, store: WatchStore, listener: Callable[[WatchEvent], None]) -> None:
        self.journal = journal
        self._store: WatchStore = store
        self._listener: Callable[[WatchEvent], None] | None = listener
        self._is_writable = True

    def keep(self, entry: Entry) -> None:
        """Write an entry down."""
        self.journal.apply(entry)
        self._write(lambda: self._store.append(entry))

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Write a diagnosis run."""
        self._write(lambda: self._store.keep_run(name, record))

    def drop_run(self, name: str) -> None:
        """Delete one."""
        self._write(lambda: self._store.drop_run(name))

    def read_run(self, name: str) -> RunRecord | None:
        """A kept run; None: it cannot be read (any more)."""
        try:
            return self._store.read_run(name)
        except OSError:
            return None

    def tell(self, event: WatchEvent) -> None:
        """Let the listener know."""
        if self._listener is not None:
            try:
                self._listener(event)
            except Exception:  # noqa: BLE001  as in the runner: who watches does not disturb the measuring
                self._listener = None

    def _write(self, write: Callable[[], None]) -> None:
        if not self._is_writable:
            return
        try:
            write()
        except OSError as error:
            self._is_writable = False
            self.tell(StoreFailed(reason=error.strerror or type(error).__name__))
