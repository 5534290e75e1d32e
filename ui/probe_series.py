"""A probe that the user runs in the window: once, or again and again within the limits of one run of the kit."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum

from nexkit import __version__, kit_limits
from nexkit.consent import Consent
from nexkit.events import Event, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.outcome import Failed, FailureKind, SkipReason
from nexkit.probe import ProbeSpec
from nexkit.request import Request
from nexkit.run_record import ProfileReference, RunRecord, StepResult
from nexkit.runner import Runner
from nexkit.subject import Subject
from nexkit.units import Seconds
from ui.probe_run import ByHand, SingleRun

LEAST_INTERVAL_S = 5
"""From one beginning to the next: closer together they are one longer run, for which the probes have parameters."""
LONGEST_INTERVAL_S = 300
_LIMITS = frozenset({FailureKind.BUDGET, FailureKind.KIT_LIMIT})


class SeriesEnd(Enum):
    """Why no more runs follow."""

    DONE = "done"
    """It was to be run once."""
    STOPPED = "stopped"
    """By the user."""
    LONGEST = "longest"
    """A run of the kit lasts no longer."""
    LIMIT = "limit"
    """The kit sends no more there in one run."""


def can_repeat(spec: ProbeSpec) -> bool:
    """Whether one consent may stand for several runs: a load test costs too much for that."""
    return spec.consent in {Consent.SYSTEM, Consent.ACTIVE_TRAFFIC}


def subject_of(spec: ProbeSpec) -> Subject:
    """What stands for the other end in what is told of a run by hand."""
    return Subject.COMPUTER if spec.consent is Consent.SYSTEM else Subject.SERVICE


def step_id(spec: ProbeSpec, number: int) -> str:
    """The outcome id of a run of a series, the first of which has the number 1."""
    return f"{spec.id}.{number}"


async def measure_series(
    runner: Runner,
    probe_id: str,
    words: Mapping[str, str],
    every_s: Seconds | None,
    listener: Callable[[Event], None],
    stop: asyncio.Event,
) -> SeriesEnd:
    """Run a probe with `key=value` words, every so many seconds from beginning to beginning; None: once.

    `stop` ends the run under way, whose outcome says so, and the series.
    """
    by_hand = ByHand(
        runner.registry.get(probe_id), words, platform=runner.platform, clock=runner.clock, random=runner.random
    )
    began = runner.clock.monotonic()
    number = 0
    while True:
        number += 1
        started = runner.clock.monotonic()
        single = await _one(by_hand, number, runner, listener, stop)
        if stop.is_set():
            return SeriesEnd.STOPPED
        if every_s is None:
            return SeriesEnd.DONE
        if isinstance(single.outcome, Failed) and single.outcome.failure.kind in _LIMITS:
            return SeriesEnd.LIMIT
        now = runner.clock.monotonic()
        pause_s = max(0.0, started + every_s - now)
        if now + pause_s - began > kit_limits.RUN_S:
            return SeriesEnd.LONGEST
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await stop.wait()
                return SeriesEnd.STOPPED


async def _one(
    by_hand: ByHand, number: int, runner: Runner, listener: Callable[[Event], None], stop: asyncio.Event
) -> SingleRun:
    """One run of the series, from `StepsPlanned` to `StepFinished`."""
    spec = by_hand.spec
    step = step_id(spec, number)
    listener(StepsPlanned(steps=((step, spec.id, subject_of(spec)),), expected_s=spec.timeout_s))
    began = runner.clock.monotonic()
    ended: asyncio.Future[SkipReason] = asyncio.get_running_loop().create_future()

    async def end_early() -> None:
        await stop.wait()
        ended.set_result(SkipReason.CANCELLED)

    watch = asyncio.create_task(end_early())
    try:
        single = await by_hand.once(
            ended,
            on_progress=lambda ratio: listener(StepProgress(step_id=step, ratio=ratio)),
            on_sample=lambda rtt_ms: listener(
                StepSample(step_id=step, at_s=Seconds(runner.clock.monotonic() - began), rtt_ms=rtt_ms)
            ),
        )
    finally:
        watch.cancel()
    listener(
        StepFinished(
            result=StepResult(
                id=step,
                probe=spec.id,
                probe_version=spec.version,
                subject=subject_of(spec),
                started_s=Seconds(0.0),
                took_s=single.took_s,
                traffic_bytes=single.traffic_bytes,
                outcome=single.outcome,
            )
        )
    )
    return single


async def record_of(runner: Runner, profile: ProfileReference, started_at: datetime, result: StepResult) -> RunRecord:
    """One run as the record that tables are made of."""
    return RunRecord(
        kit_version=__version__,
        system=await runner.platform.system_info(),
        profile=profile,
        request=Request(),
        started_at=started_at,
        took_s=result.took_s,
        cancelled=False,
        results=(result,),
    )
