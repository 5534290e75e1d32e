"""Runs a plan: each step as soon as the plan has it, all of them together. It never raises for what a probe does."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from nexkit import __version__, kit_limits
from nexkit.clock import Clock
from nexkit.events import Event, RunFinished, StepFinished, StepProgress, StepSample, StepsPlanned
from nexkit.guard import Guard
from nexkit.outcome import Skipped, SkipReason
from nexkit.plan.step import Planner, Step
from nexkit.platform.api import Platform
from nexkit.probe import ProbeContext
from nexkit.registry import Registry
from nexkit.request import Request
from nexkit.run_record import ProfileReference, RunRecord, StepResult
from nexkit.single_run import UNPLANNABLE, run_once
from nexkit.units import Bytes, Seconds


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
        guard: Guard | None = None,
    ) -> RunRecord:
        """Ask the planner for steps, with every step that is over anew, until it has none; keep what each came to.

        `stop` ends the measuring early (the user's cancel): running steps are cancelled, what is finished stays, and
        the record says `cancelled`. The request's time limit, and the kit's own, work the same way without that mark. A
        listener that raises is told nothing more. Without a guard no private networks are declared.
        """
        started_at = self.clock.now()
        began = self.clock.monotonic()
        system = await self.platform.system_info()
        planned: list[str] = []
        results: dict[str, StepResult] = {}
        running: dict[asyncio.Task[StepResult], str] = {}
        tell = _dependable(listener)
        guard = guard or Guard(self.platform, self.clock)
        ended: asyncio.Future[SkipReason] = asyncio.get_running_loop().create_future()
        watch = asyncio.create_task(_end_early(ended, stop, self._left(request, began)))
        try:
            while not stop.is_set() or running:
                outcomes = {step_id: result.outcome for step_id, result in results.items()}
                steps = () if stop.is_set() else planner(outcomes, frozenset(running.values()))
                planned += [step.id for step in steps]
                left_s = self._left(request, began)
                if steps and left_s <= 0:
                    results |= {step.id: self._unstarted(step, SkipReason.TIME_LIMIT) for step in steps}
                    continue
                if steps:
                    longest_s = max(step.timeout_s for step in steps)
                    tell(
                        StepsPlanned(
                            steps=tuple((step.id, step.probe, step.subject) for step in steps),
                            expected_s=Seconds(min(longest_s, left_s)),
                            deadlines_s=tuple(Seconds(min(step.timeout_s, left_s)) for step in steps),
                        )
                    )
                for step in steps:
                    running[asyncio.create_task(self._step(step, request, began, tell, ended, guard))] = step.id
                if not running:
                    break
                over, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                results |= {running.pop(task): task.result() for task in over}
        finally:
            watch.cancel()
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
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
            results=tuple(results[step_id] for step_id in planned),
        )

    def _since(self, began: Seconds) -> Seconds:
        return Seconds(self.clock.monotonic() - began)

    def _left(self, request: Request, began: Seconds) -> Seconds:
        """Of the time limit: the request's, or the kit's own."""
        limit_s = kit_limits.RUN_S if request.time_limit_s is None else min(request.time_limit_s, kit_limits.RUN_S)
        return Seconds(limit_s - self._since(began))

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
        guard: Guard,
    ) -> StepResult:
        """What the step came to, also where it was `ended` early."""
        started_s = self._since(began)
        result = self._unstarted(step, SkipReason.NO_CONSENT)
        if step.skip is not None:
            result = replace(result, outcome=Skipped(step.skip))
        elif step.probe not in self.registry:
            result = replace(result, outcome=UNPLANNABLE)
        elif (probe := self.registry.get(step.probe)).spec.consent in request.consent:
            context = ProbeContext(
                platform=guard.platform(probe.spec),
                clock=self.clock,
                random=self.random,
                max_bytes=probe.spec.max_bytes,
                book=guard.book_of(probe.spec),
                on_progress=lambda ratio: tell(
                    StepProgress(step_id=step.id, ratio=ratio, spent_bytes=Bytes(context.spent_bytes))
                ),
                on_sample=lambda rtt_ms: tell(StepSample(step_id=step.id, at_s=self._since(began), rtt_ms=rtt_ms)),
            )
            outcome = await run_once(probe, step.params, context, deadline_s=step.timeout_s, ended=ended, name=step.id)
            result = replace(result, outcome=outcome, traffic_bytes=Bytes(context.spent_bytes))
        result = replace(result, started_s=started_s, took_s=Seconds(self._since(began) - started_s))
        tell(StepFinished(result=result))
        return result


async def _end_early(ended: asyncio.Future[SkipReason], stop: asyncio.Event, left_s: float) -> None:
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
