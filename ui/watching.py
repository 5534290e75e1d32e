"""What window and command line do with a watch alike: find interrupted ones, and make the result of one."""

import asyncio
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime

from nexkit.watch.record import WatchLog
from nexkit.watch.watcher import Watcher
from report.unfinished import Keeper, Unfinished
from report.watch_store import KeptWatch, WatchError, interrupted_watches, take_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """A watch of an earlier start."""

    id: str
    log: WatchLog | None = field(repr=False)
    """None: it cannot be read."""
    problem: str = ""
    """Why it cannot be."""


_looking = threading.Lock()
"""Who looks at a watch holds it for that moment, and another thread of ours would take it for one under way."""


def find_interrupted() -> tuple[Interrupted, ...]:
    """Watches that no program has under way, the latest first."""
    found = []
    with _looking:
        for watch_id in interrupted_watches(datetime.now(UTC)):
            try:
                kept = take_up(watch_id)
            except WatchError as error:
                found.append(Interrupted(id=watch_id, log=None, problem=str(error)))
            else:
                found.append(Interrupted(id=watch_id, log=kept.journal.log()))
                kept.close()
    return tuple(found)


def take_up_interrupted(watch_id: str) -> KeptWatch:
    """An interrupted watch, to be continued or finished; WatchError."""
    with _looking:
        return take_up(watch_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEnd:
    """A watch that is over."""

    log: WatchLog
    finished: Unfinished | None = field(default=None, repr=False)
    """Its result; None: it was only interrupted, and can be taken up again."""
    not_kept: OSError | None = None
    """Why the result is in memory only."""


async def finish_watch(watcher: Watcher, kept: KeptWatch, hurry: asyncio.Event) -> WatchEnd:
    """The result, kept as that of any run until its report is saved; only then the watch itself is deleted.

    `hurry` ends a last measurement early. OSError where the watch cannot be deleted.
    """
    run = await watcher.finish(hurry)
    keeper = Keeper(kept.profile)
    keeper.keep(lambda: run.record)
    if keeper.problem is None:
        kept.discard()
    finished = Unfinished(id=keeper.kept_id or "", record=run.record, diagnosis=run.diagnosis, profile=kept.profile)
    return WatchEnd(log=run.record.watch or watcher.log, finished=finished, not_kept=keeper.problem)
