"""Runs that were measured in the lab, played to the wizard as they went: real facts, without a network."""

import asyncio
import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nexkit.clock import SystemClock
from nexkit.events import RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.facts.echo import EchoStats
from nexkit.outcome import Completed
from nexkit.platform.fake import FakePlatform
from nexkit.registry import Registry
from nexkit.run_record import RunRecord
from probes import BUILTIN
from report.codec import decode_record

RECORDS = Path(__file__).parents[1] / "data" / "records"
_PARTS = 8
"""Steps of progress that a step is told in."""


def recorded(scenario: str) -> RunRecord:
    """What was measured in a world of the lab."""
    return decode_record(json.loads(gzip.decompress((RECORDS / f"{scenario}.json.gz").read_bytes())))


@dataclass(frozen=True, kw_only=True)
class ReplayRunner:
    """Stands where the runner does; `measure` plays a record, held at a moment where one is given."""

    record: RunRecord
    speed: float = 1.0
    hold_at_s: float | None = None
    registry: Registry
    platform: FakePlatform
    clock: SystemClock

    async def measure(self, _planner, request, profile, listener, stop, _guard=None) -> RunRecord:
        clock = self.clock
        began = clock.monotonic()
        for at_s, event in _events(self.record):
            if self.hold_at_s is not None and at_s > self.hold_at_s:
                await stop.wait()
            if stop.is_set():
                break
            await asyncio.sleep(max(0.0, at_s / self.speed - (clock.monotonic() - began)))
            listener(event)
        listener(RunFinished(took_s=self.record.took_s, traffic_bytes=0))
        return replace(
            self.record, request=request, profile=profile, started_at=clock.now(), cancelled=stop.is_set(), trials=()
        )


def replay(scenario: str, *, speed: float = 1.0, hold_at_s: float | None = None) -> ReplayRunner:
    """A runner that plays what was measured in a world of the lab."""
    registry = Registry(probe() for probe in BUILTIN)
    return ReplayRunner(
        record=recorded(scenario),
        speed=speed,
        hold_at_s=hold_at_s,
        registry=registry,
        platform=FakePlatform(),
        clock=SystemClock(),
    )


def _events(record: RunRecord) -> list[tuple[float, Any]]:
    """What the run told its listeners, by seconds since it began."""
    told: list[tuple[float, Any]] = []
    for result in record.results:
        begin, end = result.started_s, result.started_s + result.took_s
        planned = StepsPlanned(steps=((result.id, result.probe, result.subject),), expected_s=10.0)
        told.append((begin, planned))
        parts = [(number / _PARTS) for number in range(1, _PARTS)]
        told += [(begin + part * result.took_s, StepProgress(step_id=result.id, ratio=part)) for part in parts]
        if isinstance(result.outcome, Completed) and isinstance(result.outcome.fact, EchoStats):
            told += [
                (begin + each.at_s, StepSample(step_id=result.id, at_s=begin + each.at_s, rtt_ms=each.rtt_ms))
                for each in result.outcome.fact.samples
            ]
        told.append((end, StepFinished(result=result)))
    return sorted(told, key=lambda pair: pair[0])
