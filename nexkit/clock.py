"""Time, injectable: a monotonic clock for durations, the wall clock for moments alone."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

from nexkit.units import Seconds


class Clock(Protocol):
    """Where a run takes its time from."""

    def monotonic(self) -> Seconds:
        """Seconds of a clock that only goes forward."""
        ...

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        ...

    async def sleep(self, seconds: Seconds) -> None:
        """Wait."""
        ...


class SystemClock:
    """The real clock."""

    def monotonic(self) -> Seconds:
        """Seconds of a clock that only goes forward."""
        return Seconds(time.perf_counter())

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: Seconds) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
