"""Runs a plan: stage by stage, the steps of a stage together. It never raises for what a probe does."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from nexkit import __version__
from nexkit.clock import Clock
from nexkit.events import Event, RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.params import ParamError, build_params
from nexkit.plan.step import Planner, Step
from nexkit.platform.api import Platform
from nexkit.probe import Probe, ProbeContext
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
        the record says `cancelled`. The request's time limit works the same way without that mark. A listener that
        raises is told nothing more.
        """
        started_at = self.clock.now()
        began = self.clock.monotonic()
        system = await self.platform.system_info()
        results: dict[str, StepResult] = {}
        tell = _dependable(listener)
        while not stop.is_set():
            steps = planner({step_id: result.outcome for step_id, result in results.items()})
            if not steps:
                break
            left_s = None if request.time_limit_s is None else request.time_limit_s - self._since(began)
            if left_s is not None and left_s <= 0:
                results |= {step.id: self._unstarted(step, SkipReason.TIME_LIMIT) for step in steps}
                continue
            longest_s = max(step.timeout_s for step in steps)
            tell(
                StepsPlanned(
                    steps=tuple((step.id, step.probe, step.subject) for step in steps),
                    expected_s=Seconds(longest_s if left_s is None else min(longest_s, left_s)),
                )
            )
            ended: asyncio.Future[SkipReason] = asyncio.get_running_loop().create_future()
            watch = asyncio.create_task(_end_early(ended, stop, left_s))
            try:
                ran = await asyncio.gather(*(self._step(step, request, began, tell, ended) for step in steps))
            finally:
                watch.cancel()
            results |= {result.id: result for result in ran}
        took_s = self._since(began)
        traffic = sum(result.traffic_bytes for result in results.values())
        tell(RunFinished(took_s=took_s, traffic_bytes=traffic))
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
        self,
        step: Step,
        request: Request,
        began: Seconds,
        tell: Callable[[Event], None],
        ended: asyncio.Future[SkipReason],
    ) -> StepResult:
        """What the step came to, also where it was `ended` early; at most CANCEL_GRACE_S after its end."""
        started_s = self._since(began)
        result = self._unstarted(step, SkipReason.NO_CONSENT)
        if step.skip is not None:
            result = replace(result, outcome=Skipped(step.skip))
        elif step.probe not in self.registry:
            result = replace(result, outcome=_UNPLANNABLE)
        elif (probe := self.registry.get(step.probe)).spec.consent in request.consent:
            context = ProbeContext(
                platform=self.platform,
                clock=self.clock,
                random=self.random,
                max_bytes=probe.spec.max_bytes,
                on_progress=lambda ratio: tell(StepProgress(step_id=step.id, ratio=ratio)),
                on_sample=lambda rtt_ms: tell(StepSample(step_id=step.id, at_s=self._since(began), rtt_ms=rtt_ms)),
            )
            outcome = await _outcome(probe, step, context, ended)
            result = replace(result, outcome=outcome, traffic_bytes=Bytes(context.spent_bytes))
            _cut_off(context)
        result = replace(result, started_s=started_s, took_s=Seconds(self._since(began) - started_s))
        tell(StepFinished(result=result))
        return result


_UNPLANNABLE = Failed(Failure(kind=FailureKind.INTERNAL, step="plan"))


async def _outcome(probe: Probe, step: Step, context: ProbeContext, ended: asyncio.Future[SkipReason]) -> Outcome[Any]:
    """Run the probe until it is done, its deadline has come, or everything was `ended`."""
    try:
        params = build_params(probe.spec.params, step.params)
    except ParamError:
        return _UNPLANNABLE
    except Exception as error:  # noqa: BLE001  one of the two places: the parameters' checks are the probe's own code
        return Failed(classify(error, step="plan"))
    # A task of its own, so that a probe which does not heed its cancellation can be left behind.
    running = asyncio.create_task(_run(probe, params, context), name=step.id)
    try:
        deadline_s = min(step.timeout_s, probe.spec.timeout_s)
        either: set[asyncio.Future[Any]] = {running, ended}
        await asyncio.wait(either, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        running.cancel()
        await asyncio.wait({running}, timeout=CANCEL_GRACE_S)
    finally:
        running.cancel()
    if ended.done():
        return Skipped(ended.result())
    return Failed(Failure(kind=FailureKind.TIMEOUT, step="deadline"))


async def _run(probe: Probe, params: Any, context: ProbeContext) -> Outcome[Any]:  # noqa: ANN401  the probe's own type
    """The probe's outcome, whatever it does; ends with CancelledError only if the runner cancelled it."""
    try:
        outcome = await probe.run(params, context)
    except Exception as error:  # noqa: BLE001  one of the two places: a broken probe never stops the others
        return Failed(classify(error, step="probe"))
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        return Failed(Failure(kind=FailureKind.INTERNAL, step="probe"))
    match outcome:
        case Completed(fact=fact) if isinstance(fact, probe.spec.fact):
            return outcome
        case Failed() | Skipped():
            return outcome
        case _:
            return Failed(Failure(kind=FailureKind.INTERNAL, step="probe"))


def _cut_off(context: ProbeContext) -> None:
    """A probe that was left behind tells nothing more and may send nothing more."""
    context.on_progress = lambda _ratio: None
    context.on_sample = lambda _rtt_ms: None
    context.max_bytes = Bytes(context.spent_bytes)


async def _end_early(ended: asyncio.Future[SkipReason], stop: asyncio.Event, left_s: float | None) -> None:
    """Say why when the user stops or the time is up."""
    try:
        async with asyncio.timeout(left_s):
            await stop.wait()
    except TimeoutError:
        ended.set_result(SkipReason.TIME_LIMIT)
    else:
        ended.set_result(SkipReason.CANCELLED)


def _dependable(listener: Callable[[Event], None]) -> Callable[[Event], None]:
    """The listener, which is told nothing more once it failed: who watches does not disturb the measuring."""
    listening = True

    def tell(event: Event) -> None:
        nonlocal listening
        if listening:
            try:
                listener(event)
            except Exception:  # noqa: BLE001  one of the two places: a closed terminal is no reason to lose the run
                listening = False

    return tell
