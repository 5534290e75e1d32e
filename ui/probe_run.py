"""One probe by itself, as the user asks, on the command line and in the window. Light: `probe run` waits for it.

The user says where it goes; where servers and names lead on from there is guarded as in a diagnosis.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nexkit.clock import Clock
from nexkit.declared import declared_by_user
from nexkit.guard import Guard
from nexkit.outcome import Failed, Outcome, Skipped, SkipReason
from nexkit.params import ParamValue
from nexkit.platform.api import Platform
from nexkit.probe import Probe, ProbeContext
from nexkit.single_run import run_once
from nexkit.texts import Texts
from nexkit.units import Bytes, Ms, Ratio, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleRun:
    """What one run of a probe came to, and its cost."""

    outcome: Outcome[Any]
    took_s: Seconds
    traffic_bytes: Bytes


class ByHand:
    """A probe with its parameters. All its runs together have the limits of one run of the kit."""

    def __init__(
        self,
        probe: Probe,
        params: Mapping[str, ParamValue],
        *,
        platform: Platform,
        clock: Clock,
        random: random.Random,
    ) -> None:
        self.spec = probe.spec
        self._probe = probe
        self._params = params
        self._clock = clock
        self._random = random
        self._guard = Guard(platform, clock, declared_by_user(params.values()))

    async def once(
        self,
        ended: asyncio.Future[SkipReason],
        on_progress: Callable[[Ratio], None] = lambda _ratio: None,
        on_sample: Callable[[Ms | None], None] = lambda _rtt_ms: None,
    ) -> SingleRun:
        """Run it; `ended` stops it within a second. It never raises for what the probe does."""
        context = ProbeContext(
            platform=self._guard.platform(self.spec),
            clock=self._clock,
            random=self._random,
            max_bytes=self.spec.max_bytes,
            book=self._guard.book_of(self.spec),
            on_progress=on_progress,
            on_sample=on_sample,
        )
        began = self._clock.monotonic()
        outcome = await run_once(
            self._probe, self._params, context, deadline_s=self.spec.timeout_s, ended=ended, name=self.spec.id
        )
        return SingleRun(
            outcome=outcome,
            took_s=Seconds(self._clock.monotonic() - began),
            traffic_bytes=Bytes(context.spent_bytes),
        )


def why_text(outcome: Failed | Skipped, texts: Texts) -> str:
    """Why a probe that was run by itself gave no fact: the step that failed, and how."""
    from nexkit.texts.verdicts import failure_text, skip_text

    match outcome:
        case Failed(failure=failure):
            return f"{failure.step}: {failure_text(failure.kind, texts)}"
        case Skipped(reason=reason):
            return skip_text(reason, texts)
