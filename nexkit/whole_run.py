"""One whole run: plan, measure, diagnose."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from nexkit import kit_limits
from nexkit.declared import declared_by
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.events import Event
from nexkit.expectation import expectations
from nexkit.guard import Guard
from nexkit.plan import make_planner
from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.run_record import RunRecord
from nexkit.runner import Runner
from nexkit.units import Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run and what it means."""

    record: RunRecord
    diagnosis: Diagnosis


async def measure_and_diagnose(
    runner: Runner,
    profile: LoadedProfile,
    request: Request,
    listener: Callable[[Event], None],
    stop: asyncio.Event,
    most_bytes: Bytes = kit_limits.RUN_BYTES,
) -> Run:
    """Measure by the plan, and diagnose. `stop` ends the measuring early; what is there is diagnosed.

    `most_bytes` bounds what all steps together send and receive, load test left out.
    """
    planner = make_planner(request, profile.profile)
    guard = Guard(runner.platform, runner.clock, declared_by(profile.profile, request), most_bytes)
    record = await runner.measure(planner, request, profile.reference, listener, stop, guard)
    record = replace(record, expectations=expectations(profile.profile, record.results))
    return Run(record=record, diagnosis=diagnose(record))
