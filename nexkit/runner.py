"""Runs a plan: stage by stage, the steps of a stage together. It never raises for what a probe does."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nexkit import __version__
from nexkit.clock import Clock
from nexkit.events import Event, RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.failures import classify
from nexkit.outcome import Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.params import ParamError, build_params
from nexkit.plan import Planner, Step
from nexkit.platform.api import Platform
from nexkit.probe import ProbeContext
from nexkit.registry import Registry
from nexkit.request import Request
from nexkit.run_record import ProfileReference, RunRecord, StepResult
from nexkit.units import Bytes, Seconds

CANCEL_GRACE_S = 0.9
"""How long a cancelled probe may clean up before it is left behind; the user is promised one second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Puts probes to work."""

    registry: Registry
    platform: Platform
    clock: Clock
    random: random.Random

    async def measure(
        self,
        planner: Planner,
        request: Request,
        profile: ProfileReference,
        listener: Callable[[Event], None],
        stop: asyncio.Event,
    ) -> RunRecord:
        """Ask the planner for stage after stage until it has none, and keep what every step came to.

        `stop` ends the measuring early (the user's cancel): running steps are cancelled, what is finished stays, and
        the record says `cancelled`. The request's time limit works the same way without that mark.
        """
        started_at = self.clock.now()
        began = self.clock.monotonic()
        system = await self.platform.system_info()
        results: dict[str, StepResult] = {}
        while not stop.is_set():
            steps = planner({step_id: result.outcome for step_id, result in results.items()})
            if not steps:
                break
            left_s = None if request.time_limit_s is None else request.time_limit_s - self._since(began)
            for step in steps:
                results[step.id] = self._unstarted(step, SkipReason.TIME_LIMIT)
            if left_s is not None and left_s <= 0:
                continue
            longest_s = max(step.timeout_s for step in steps)
            listener(
                StepsPlanned(
                    steps=tuple((step.id, step.probe, step.subject) for step in steps),
                    expected_s=Seconds(min(longest_s, left_s or longest_s)),
                )
            )
            tasks = {
                step.id: asyncio.create_task(self._step(step, request, began, listener), name=step.id) for step in steps
            }
            await self._wait(set(tasks.values()), stop, left_s)
            reason = SkipReason.CANCELLED if stop.is_set() else SkipReason.TIME_LIMIT
            for step in steps:
                task = tasks[step.id]
                ended = task.done() and not task.cancelled()
                results[step.id] = task.result() if ended else self._unstarted(step, reason)
        took_s = self._since(began)
        traffic = sum(result.traffic_bytes for result in results.values())
        listener(RunFinished(took_s=took_s, traffic_bytes=traffic))
        return RunRecord(
            kit_version=__version__,
            system=system,
            profile=profile,
            request=request,
            started_at=started_at,
            took_s=took_s,
            cancelled=stop.is_set(),
            results=tuple(results.values()),
        )

    def _since(self, began: Seconds) -> Seconds:
        return Seconds(self.clock.monotonic() - began)

    async def _wait(self, tasks: set[asyncio.Task[StepResult]], stop: asyncio.Event, left_s: float | None) -> None:
        """Until all are done, the user stops or the time is up; then cancel what still runs."""
        stopping = asyncio.create_task(stop.wait())
        everything = asyncio.ensure_future(asyncio.wait(tasks))
        try:
            await asyncio.wait({stopping, everything}, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            everything.cancel()
            running = {task for task in tasks if not task.done()}
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running, timeout=CANCEL_GRACE_S)

    def _unstarted(self, step: Step, reason: SkipReason) -> StepResult:
        known = step.probe in self.registry
        return StepResult(
            id=step.id,
            probe=step.probe,
            probe_version=self.registry.get(step.probe).spec.version if known else 0,
            subject=step.subject,
            started_s=Seconds(0.0),
            took_s=Seconds(0.0),
            traffic_bytes=Bytes(0),
            outcome=Skipped(reason),
        )

    async def _step(
        self, step: Step, request: Request, began: Seconds, listener: Callable[[Event], None]
    ) -> StepResult:
        started_s = self._since(began)
        context: ProbeContext | None = None
        version = 0
        outcome: Outcome[Any]
        try:
            probe = self.registry.get(step.probe)
            version = probe.spec.version
            context = ProbeContext(
                platform=self.platform,
                clock=self.clock,
                random=self.random,
                max_bytes=probe.spec.max_bytes,
                on_progress=lambda ratio: listener(StepProgress(step_id=step.id, ratio=ratio)),
                on_sample=lambda rtt_ms: listener(StepSample(step_id=step.id, at_s=self._since(began), rtt_ms=rtt_ms)),
            )
            if step.skip is not None:
                outcome = Skipped(step.skip)
            elif probe.spec.consent not in request.consent:
                outcome = Skipped(SkipReason.NO_CONSENT)
            else:
                params = build_params(probe.spec.params, step.params)
                async with asyncio.timeout(min(step.timeout_s, probe.spec.timeout_s)):
                    outcome = await probe.run(params, context)
        except TimeoutError:
            outcome = Failed(Failure(kind=FailureKind.TIMEOUT, step="deadline"))
        except (KeyError, ParamError):
            outcome = Failed(Failure(kind=FailureKind.INTERNAL, step="plan"))
        except Exception as error:  # noqa: BLE001  one of the two places: a broken probe never stops the others
            outcome = Failed(classify(error, step="probe"))
        result = StepResult(
            id=step.id,
            probe=step.probe,
            probe_version=version,
            subject=step.subject,
            started_s=started_s,
            took_s=Seconds(self._since(began) - started_s),
            traffic_bytes=Bytes(context.spent_bytes if context else 0),
            outcome=outcome,
        )
        with contextlib.suppress(asyncio.CancelledError):
            listener(StepFinished(result=result))
        return result
