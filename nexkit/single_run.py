"""Runs one probe once, within its deadline and its budget; it never raises for what the probe does."""

import asyncio
from collections.abc import Mapping
from typing import Any

from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.params import ParamError, ParamValue, build_params
from nexkit.probe import Probe, ProbeContext
from nexkit.units import Bytes, Seconds

CANCEL_GRACE_S = 0.9
"""How long a cancelled probe may clean up before it is left behind; the user is promised one second."""

UNPLANNABLE = Failed(Failure(kind=FailureKind.INTERNAL, step="plan"))
"""The plan asks for what the probe cannot do: a mistake of this program."""


async def run_once(
    probe: Probe,
    params: Mapping[str, ParamValue],
    context: ProbeContext,
    *,
    deadline_s: Seconds,
    ended: asyncio.Future[SkipReason],
    name: str,
) -> Outcome[Any]:
    """Run the probe until it is done, its deadline has come, or everything was `ended`.

    At most CANCEL_GRACE_S after its end. A probe that was left behind tells nothing more and may send nothing more.
    """
    try:
        built = build_params(probe.spec.params, params)
    except ParamError:
        return UNPLANNABLE
    except Exception as error:  # noqa: BLE001  one of the two places: the parameters' checks are the probe's own code
        return Failed(classify(error, step="plan"))
    # A task of its own, so that a probe which does not heed its cancellation can be left behind.
    running = asyncio.create_task(_run(probe, built, context), name=name)
    try:
        either: set[asyncio.Future[Any]] = {running, ended}
        await asyncio.wait(either, timeout=min(deadline_s, probe.spec.timeout_s), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            return running.result()
        running.cancel()
        await asyncio.wait({running}, timeout=CANCEL_GRACE_S)
    finally:
        running.cancel()
        _cut_off(context)
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
    context.on_progress = lambda _ratio: None
    context.on_sample = lambda _rtt_ms: None
    context.max_bytes = Bytes(context.spent_bytes)
