"""The Ookla back end: speedtest-cli, in a process of its own.

It asks the public service for its configuration, takes a server near by, and loads the line for up to ten seconds in
each direction; the service keeps and publishes its results. It therefore needs a consent of its own
(`Consent.PUBLIC_BACKEND`), which the plan sees to.

Its figures include the ramp-up, and it knows no latency under load. Its "ping" is half of an HTTP exchange with a new
connection, which is neither kind of echo, so it is left out.
"""

import json
import math
import sys
from pathlib import Path

from nexkit.facts.load import DirectionLoad, LoadBackend, LoadConfidence, LoadTest
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome
from nexkit.probe import ProbeContext
from nexkit.units import BitPerSecond, Bytes, Seconds
from probes.load.direction import WIRE_RATIO
from probes.load.params import LoadParams
from probes.load.speedtest_program import NOT_INSTALLED_STATUS

STEP = "speedtest"
TIMEOUT_S = Seconds(39.0)
MAX_OUTPUT_BYTES = 10_000
_PROGRAM = Path(__file__).with_name("speedtest_program.py")


async def measure(params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
    """Run speedtest-cli and take over its figures."""
    if getattr(sys, "frozen", False):  # the installed program has no interpreter to start
        return Failed(Failure(kind=FailureKind.NOT_INSTALLED, step=STEP))
    try:
        result = await ctx.platform.run_program(
            (sys.executable, "-P", str(_PROGRAM), str(params.max_bytes)),
            timeout_s=TIMEOUT_S,
            max_output_bytes=MAX_OUTPUT_BYTES,
        )
    except OSError as error:
        return Failed(classify(error, step=STEP))
    if result.exit_status == NOT_INSTALLED_STATUS:
        return Failed(Failure(kind=FailureKind.NOT_INSTALLED, step=STEP))
    if result.exit_status != 0:
        return Failed(Failure(kind=FailureKind.OTHER, step=STEP))
    try:
        answer = json.loads(result.stdout)
        down = _direction(answer["download"], answer["bytes_received"], capped=answer["down_capped"])
        up = _direction(answer["upload"], answer["bytes_sent"], capped=answer["up_capped"])
        host = answer["host"].rpartition(":")[0]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Failed(Failure(kind=FailureKind.PROTOCOL, step=STEP))
    ctx.spend(int((down.transferred_bytes + up.transferred_bytes) * WIRE_RATIO))
    return Completed(
        LoadTest(
            backend=LoadBackend.OOKLA,
            server=host,
            echo_target=None,
            idle=None,
            down=down,
            up=up,
            expected_down_bit_s=params.expected_down_bit_s,
            expected_up_bit_s=params.expected_up_bit_s,
            congestion_control=None,
        )
    )


def _direction(rate_bit_s: object, moved_bytes: object, *, capped: object) -> DirectionLoad:
    """One direction by the program's figures; ValueError where they are none."""
    if not isinstance(rate_bit_s, float) or not math.isfinite(rate_bit_s) or rate_bit_s < 0:
        raise ValueError("the rate is no number")
    if type(moved_bytes) is not int or moved_bytes < 0 or not isinstance(capped, bool):
        raise ValueError("the bytes are no number")
    return DirectionLoad(
        goodput_bit_s=BitPerSecond(rate_bit_s) if moved_bytes else None,
        confidence=LoadConfidence.LOW,
        variation_ratio=None,
        connections=None,
        transferred_bytes=Bytes(moved_bytes),
        ramp_up_s=Seconds(0.0),
        measured_s=Seconds(8 * moved_bytes / rate_bit_s if rate_bit_s else 0.0),
        capped=capped,
        working=None,
        failure=None,
    )
