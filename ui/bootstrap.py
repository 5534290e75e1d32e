"""The one place where the parts are put together: registry, platform, clock, runner, plan and diagnosis."""

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from nexkit.clock import SystemClock
from nexkit.declared import declared_by
from nexkit.diagnosis.engine import diagnose
from nexkit.diagnosis.verdict import Diagnosis
from nexkit.events import Event
from nexkit.expectation import expectations
from nexkit.plan import make_planner
from nexkit.platform import system_platform
from nexkit.profile import LoadedProfile
from nexkit.registry import Registry
from nexkit.request import Request
from nexkit.run_record import RunRecord
from nexkit.runner import Runner
from probes import BUILTIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A finished run and what it means."""

    record: RunRecord
    diagnosis: Diagnosis


def build_runner(others: Iterable[str] = ()) -> Runner:
    """The runner of this program on this system, with the named probes of other distributions switched on.

    RegistryError for a name that cannot be switched on.
    """
    registry = Registry(probe() for probe in BUILTIN)
    registry.switch_on(others)
    return Runner(
        registry=registry,
        platform=system_platform(),
        clock=SystemClock(),
        random=random.SystemRandom(),
    )


async def measure_and_diagnose(
    runner: Runner,
    profile: LoadedProfile,
    request: Request,
    listener: Callable[[Event], None],
    stop: asyncio.Event,
) -> Run:
    """One whole run: plan, measure, diagnose. `stop` ends the measuring early; what is there is diagnosed."""
    planner = make_planner(request, profile.profile)
    declared = declared_by(profile.profile, request)
    record = await runner.measure(planner, request, profile.reference, listener, stop, declared)
    record = replace(record, expectations=expectations(profile.profile, record.results))
    return Run(record=record, diagnosis=diagnose(record))
