"""What a watch may cost, counted as it goes: 1 % of one processor core and 5 MB an hour, diagnosis runs included."""

from collections import deque

from nexkit.units import Bytes, Ratio, Seconds

HOUR_S = Seconds(3600.0)
HOUR_BYTES = Bytes(5_000_000)
"""Sent and received in any hour."""
LIGHT_BYTES = Bytes(2_000_000)
"""Of these for light rounds, which are what finds anything: no diagnosis run takes them."""
ROUND_BYTES = Bytes(8_000)
"""More than any light round takes: with less left, none is begun."""
LEAST_RUN_BYTES = Bytes(400_000)
"""A diagnosis run with less would break off before it can tell anything; so much is left for the last one."""
MOST_RUN_BYTES = Bytes(1_500_000)
"""Of one diagnosis run: several times what a quick one takes."""
RUN_PAUSE_S = Seconds(60.0)
"""Between the beginnings of two diagnosis runs."""
CPU_SHARE = Ratio(0.007)
"""Of light rounds; the rest is for diagnosis runs."""
CPU_WINDOW_S = Seconds(300.0)
CPU_LEAST_S = Seconds(60.0)
"""Before, one import would count for too much."""
ROUND_EVERY_S = Seconds(5.0)
SOON_S = Seconds(1.5)
"""While something looks bad or is just getting better."""
SOON_FOR_S = Seconds(60.0)
"""Trouble that lasts is looked at as often as health."""
MOST_EVERY_S = Seconds(30.0)


class Budget:
    """What was spent, by the time since the watch began."""

    def __init__(self, at_s: float = 0.0, *, spent_last_hour: int = 0, spent_before: int = 0) -> None:
        """Of a watch that is taken up at `at_s`: what it spent in the hour before, and altogether."""
        self._spent: deque[tuple[float, int, bool]] = deque([(at_s, spent_last_hour, True)] if spent_last_hour else [])
        self._spent_bytes = spent_before
        self._cpu: deque[tuple[float, float]] = deque()
        self._last_run_s: float | None = None

    @property
    def spent_bytes(self) -> Bytes:
        """In the whole watch."""
        return Bytes(self._spent_bytes)

    def spend(self, at_s: float, count: int, *, light: bool) -> None:
        """Bytes of a round or of a diagnosis run."""
        self._spent_bytes += count
        self._spent.append((at_s, count, light))

    def last_hour(self, at_s: float, *, light_alone: bool = False) -> Bytes:
        """What was spent in the hour up to now."""
        while self._spent and self._spent[0][0] <= at_s - HOUR_S:
            self._spent.popleft()
        return Bytes(sum(count for _at, count, light in self._spent if light or not light_alone))

    def may_measure(self, at_s: float) -> bool:
        """Whether a light round fits in."""
        return self.last_hour(at_s) + ROUND_BYTES + LEAST_RUN_BYTES <= HOUR_BYTES

    def for_run(self, at_s: float, *, asked: bool) -> Bytes | None:
        """How much a diagnosis run may take now; None: none may begin. `asked`: the user wants it."""
        if not asked and self._last_run_s is not None and at_s - self._last_run_s < RUN_PAUSE_S:
            return None
        light = self.last_hour(at_s, light_alone=True)
        left = HOUR_BYTES - LEAST_RUN_BYTES - self.last_hour(at_s) - max(0, LIGHT_BYTES - light)
        return None if left < LEAST_RUN_BYTES else Bytes(min(left, MOST_RUN_BYTES))

    def for_last_run(self, at_s: float) -> Bytes:
        """How much the run at the watch's end may take: what light rounds and other runs have left for it."""
        return Bytes(max(0, min(HOUR_BYTES - self.last_hour(at_s), MOST_RUN_BYTES)))

    def run_began(self, at_s: float) -> None:
        """A diagnosis run begins."""
        self._last_run_s = at_s

    def used_cpu(self, at_s: float, cpu_s: float) -> None:
        """How much processor time was used up to now."""
        self._cpu.append((at_s, cpu_s))
        while len(self._cpu) > 2 and self._cpu[1][0] <= at_s - CPU_WINDOW_S:  # noqa: PLR2004  first and last
            self._cpu.popleft()

    def cpu_share(self) -> Ratio | None:
        """Over the last minutes; None: too early."""
        if not self._cpu or (took_s := self._cpu[-1][0] - self._cpu[0][0]) < CPU_LEAST_S:
            return None
        return Ratio((self._cpu[-1][1] - self._cpu[0][1]) / took_s)

    def pause_s(self, at_s: float, *, soon: bool) -> Seconds:
        """How long the next light round waits: longer where rounds so far cost more than they may."""
        pace = ROUND_EVERY_S
        share = self.cpu_share()
        over = max((share or 0.0) / CPU_SHARE, self.last_hour(at_s, light_alone=True) / LIGHT_BYTES * 1.25)
        if over > 1:
            return Seconds(min(pace * over, MOST_EVERY_S))
        return SOON_S if soon else pace
