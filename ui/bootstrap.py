"""The one place where the parts are put together: registry, platform, clock, runner, plan and diagnosis."""

import random
from collections.abc import Iterable

from nexkit.clock import SystemClock
from nexkit.platform import system_platform
from nexkit.registry import Registry
from nexkit.runner import Runner
from nexkit.whole_run import Run, measure_and_diagnose
from probes import BUILTIN

__all__ = ["Run", "build_runner", "measure_and_diagnose"]


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
