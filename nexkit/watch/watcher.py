"""The engine of a watch: light rounds, episodes, and a diagnosis run where one begins. See `Watcher`."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.run_record import RunRecord
from nexkit.runner import Runner
from nexkit.watch.events import WatchEvent
from nexkit.watch.record import WatchLog


class WatchStore(Protocol):
    """Where a watch is kept while it goes on (`report/watch_store.py`)."""

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Keep a diagnosis run; OSError."""
        ...


class Watcher:
    """Watches until it is stopped; one for each watch, in one asyncio loop. `mark` may be called by any thread.

    Every event goes to `listener`, in the loop's thread; one that raises is told nothing more.
    """

    def __init__(
        self,
        runner: Runner,
        profile: LoadedProfile,
        request: Request,
        store: WatchStore,
        listener: Callable[[WatchEvent], None],
    ) -> None:
        raise NotImplementedError

    @property
    def log(self) -> WatchLog:
        """What was seen so far, renewed after every round; frozen, so any thread may take it (timeline)."""
        raise NotImplementedError

    def mark(self, words: str | None = None) -> None:
        """The user says that it is happening now: noted, and diagnosed where the budget has room. Thread-safe."""
        raise NotImplementedError

    def hold(self, held: bool) -> None:
        """No light rounds and no diagnosis runs while a diagnosis that the user started is under way: a gap
        (`OWN_TEST`). Thread-safe.
        """
        raise NotImplementedError

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; returns within a second after it."""
        raise NotImplementedError
