"""The time of a watch: since its beginning, whatever sleep, hold-ups and the setting of clocks make of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nexkit.platform.sleep_clocks import SleepClocks
from nexkit.units import Seconds
from nexkit.watch.record import GapReason

GAP_S = 5.0
"""So much longer than planned, and this program was held up or asleep: nothing is known of the time."""
CLOCK_SET_S = 2.0
"""Time servers set clocks forward or back by more at once, and turn them slowly by less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """The time between two looks at the clocks."""

    from_s: Seconds
    """Since the watch began."""
    to_s: Seconds
    missed: GapReason | None
    """Why nothing is known of it; None: it took as long as was planned."""


class WatchClock:
    """Seconds since a watch began, sleep included, and the moments of the wall clock that belong to them.

    `elapsed_s` may be asked by any thread.
    """

    def __init__(
        self,
        wall: Callable[[], datetime],
        clocks: Callable[[], SleepClocks],
        *,
        started_at: datetime,
        known_until: datetime,
    ) -> None:
        """`known_until`: what an interrupted watch had seen; its beginning, for a new one."""
        self._wall, self._clocks = wall, clocks
        self._anchor = started_at
        """What the wall clock shows now of the moment at which the watch began."""
        self._last = clocks()
        # A clock that was set back while the program was not running: the watch goes on where it was.
        since_s = max(wall() - started_at, known_until - started_at).total_seconds()
        self._began_s = self._last.boot_s - since_s
        self._planned_s = 0.0

    def elapsed_s(self) -> Seconds:
        """Since the watch began, sleep included; the wall clock has no part in it."""
        return Seconds(self._clocks().boot_s - self._began_s)

    def moment(self, at_s: float) -> datetime:
        """What the wall clock showed then, by its present setting."""
        return self._anchor + timedelta(seconds=at_s)

    def now(self) -> datetime:
        """What it shows."""
        return self.moment(self.elapsed_s())

    def begin(self) -> None:
        """What passed up to now is known of."""
        self._last = self._clocks()

    def plan(self, seconds: float) -> None:
        """So long until the clocks are looked at again."""
        self._planned_s = seconds

    def look(self) -> Passed:
        """What passed since the last look: whether this program was held up, or this computer slept meanwhile."""
        now, last = self._clocks(), self._last
        self._last = now
        at_s, took_s = now.boot_s - self._began_s, now.boot_s - last.boot_s
        slept_s = took_s - (now.awake_s - last.awake_s)
        missed = None
        if took_s > self._planned_s + GAP_S:
            missed = GapReason.ASLEEP if slept_s > took_s / 2 else GapReason.NOT_RUNNING
        return Passed(from_s=Seconds(at_s - took_s), to_s=Seconds(at_s), missed=missed)

    def is_held_up(self) -> bool:
        """Whether this program was held up since the last look; nobody has said so yet."""
        return self._clocks().boot_s - self._last.boot_s > self._planned_s + GAP_S

    def follow(self) -> Seconds | None:
        """By how much the wall clock was set since this was last asked; None: it was not.

        What it is turned slowly, and what the clocks drift apart in days, is followed without a word.
        """
        by = self._wall() - self.now()
        self._anchor += by
        by_s = by.total_seconds()
        return Seconds(by_s) if abs(by_s) > CLOCK_SET_S else None
