"""How long the GUI thread is kept from its events, and by what.

What the machine's other work takes is not counted: the time in which the thread could have run and got no processor,
as Linux counts it (Documentation/scheduler/sched-stats.rst, `/proc/<pid>/schedstat`).
"""

import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Self

from PySide6.QtCore import QTimer

_BEAT_MS = 5
_LATE_S = 0.03
_QUEUED = Path("/proc/thread-self/schedstat")


class Heartbeat:
    """Beats in the GUI thread; outside it a watcher notes where the thread stands when a beat is late."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self.where = ""
        self._stacks: list[tuple[float, str]] = []
        self._thread = threading.get_ident()
        self._timer = QTimer()
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._last, self._queued_s = time.perf_counter(), 0.0
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._last, self._queued_s = time.perf_counter(), _queued_s()
        self._timer.start()
        self._watcher.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._beat()
        self._timer.stop()
        self._over.set()
        self._watcher.join()

    def _beat(self) -> None:
        now, queued_s = time.perf_counter(), _queued_s()
        gap_ms = (now - self._last - (queued_s - self._queued_s)) * 1000
        if gap_ms > self.longest_ms:
            self.longest_ms = gap_ms
            self.where = "\n".join(stack for at, stack in self._stacks if at >= self._last)
        self._stacks.clear()
        self._last, self._queued_s = now, queued_s

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            if time.perf_counter() - self._last > _LATE_S:
                frame = sys._current_frames().get(self._thread)
                self._stacks.append((time.perf_counter(), "".join(traceback.format_stack(frame)[-8:])))


def _queued_s() -> float:
    """How long the calling thread has waited for a processor so far."""
    return int(_QUEUED.read_text().split()[1]) / 1e9 if _QUEUED.exists() else 0.0
