"""The iperf3 back end: the program, if it is installed, against a server of the profile.

iperf3 stops by time or by bytes, not by both, and does not tell what it does meanwhile. So a short run of few bytes
comes first in each direction; the rate it gave says how many bytes fit into the time of the second. The rate is read
from its intervals with the ramp-up left out, and latency is timed beside it.
"""

import asyncio
import contextlib
import json
import math
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nexkit import stats
from nexkit.facts.load import DirectionLoad, FlowRttMethod, LoadTest, load_confidence
from nexkit.failures import classify
from nexkit.outcome import Failed, Failure, FailureKind, Outcome
from nexkit.probe import ProbeContext
from nexkit.units import Bytes, Ms, Seconds
from probes.exchange.target import address_of
from probes.load.both_ways import Latencies, Progress, at_rest, load_test
from probes.load.direction import QUEUE_FILLING_RATIO, WIRE_RATIO
from probes.load.latency import LatencySource, TimedReply, observe, summary
from probes.load.params import LoadParams
from probes.load.responsiveness import FlowTimes

STEP = "iperf3"
STREAMS = 4
"""Fixed before it begins: as many as fill a line with little loss."""
FIRST_BYTES = 1_000_000
FIRST_LIMIT_RATIO = 0.02
"""Of the bytes of a direction: what the first run moves at most."""
MARGIN_S = Seconds(4.0)
"""Beyond the time of a direction, before iperf3 is ended: connecting, and bytes that take longer than foreseen."""
OVERSHOOT_BYTES = STREAMS * 2 * 131_072
"""iperf3 looks at its count after whole blocks (128 KiB) of each stream."""
MAX_OUTPUT_BYTES = 4_000_000
_INTERVAL = "0.1"
_CONGESTION_CONTROL = re.compile(r"[a-z0-9_]{1,15}\Z")
_UNSUPPORTED = re.compile(r"congestion", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of the program told."""

    marks: tuple[tuple[float, float], ...]
    """Seconds since its start, and bytes."""
    round_trips: tuple[tuple[float, Ms], ...]
    """Of its streams; only a sender knows them."""
    congestion_control: str | None
    """Of the side that sent."""

    @property
    def moved_bytes(self) -> int:
        """All of it."""
        return int(self.marks[-1][1])

    @property
    def rate_bit_s(self) -> float:
        """Of all of it."""
        lasted_s, moved = self.marks[-1]
        return 8 * moved / lasted_s if lasted_s else 0.0


class ProgramError(Exception):
    """The program did not measure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


async def measure(params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
    """Idle latency, download, upload."""
    program = shutil.which("iperf3")
    if program is None:
        return Failed(Failure(kind=FailureKind.NOT_INSTALLED, step=STEP))
    host, port = params.host_port
    try:
        address = await address_of(host, ctx)
    except OSError as error:
        return Failed(classify(error, step="resolve"))
    command = (program, "-c", address, *(("-p", str(port)) if port else ()), "-J", "-i", _INTERVAL)
    progress = Progress(params, ctx)
    metered = await ctx.platform.metered()
    async with contextlib.AsyncExitStack() as stack:
        latencies = await at_rest(params, address, None, ctx, stack)
        progress.idle_done()
        test = _Test(params, ctx, command, latencies)
        down = await test.direction(params.max_bytes // 2, is_download=True)
        progress.down(params.direction_s)
        up = await test.direction(params.max_bytes - params.max_bytes // 2, is_download=False)
        progress.done()
    return load_test(
        params,
        latencies,
        server=host,
        down=down,
        up=up,
        congestion_control=up.congestion_control,
        metered=metered,
    )


class _Test:
    """Both directions of one test."""

    def __init__(self, params: LoadParams, ctx: ProbeContext, command: tuple[str, ...], latencies: Latencies) -> None:
        self._params = params
        self._ctx = ctx
        self._command = command
        self._latencies = latencies

    async def direction(self, limit_bytes: int, *, is_download: bool) -> DirectionLoad:
        """Two runs of the program, and what they told."""
        first_bytes = min(FIRST_BYTES, int(limit_bytes * FIRST_LIMIT_RATIO))
        over = False
        replies: list[list[TimedReply]] = [[], [], []]
        capped = False
        runs: list[Run] = []
        failure: Failure | None = None
        began_s = self._ctx.clock.monotonic()
        async with asyncio.TaskGroup() as group:
            for source, into in zip(self._latencies.sources, replies, strict=True):
                if source is not None:
                    group.create_task(observe(source, self._ctx, lambda: over, into))
            try:
                runs.append(await self._run(first_bytes, is_download=is_download))
                left_s = self._params.direction_s - runs[0].marks[-1][0]
                left_bytes = limit_bytes - runs[0].moved_bytes - OVERSHOOT_BYTES
                wanted_bytes = int(runs[0].rate_bit_s / 8 * left_s)
                capped = wanted_bytes > left_bytes
                count = min(wanted_bytes, left_bytes)
                if left_s > stats.RAMP_UP_MIN_S and count > 0:
                    began_s = self._ctx.clock.monotonic()
                    runs.append(await self._run(count, is_download=is_download))
            except ProgramError as error:
                failure = error.failure
            finally:
                over = True
        return self._result(runs, replies, began_s=began_s, capped=capped, failure=failure, is_download=is_download)

    async def _run(self, count: int, *, is_download: bool) -> Run:
        """One run with so many bytes; ProgramError."""
        self._ctx.spend(int((count + OVERSHOOT_BYTES) * WIRE_RATIO))
        arguments = [*self._command, "-n", str(count), "-P", str(STREAMS), *(["-R"] if is_download else [])]
        try:
            result = await self._ctx.platform.run_program(
                [*arguments, "-C", "cubic"],
                timeout_s=Seconds(self._params.direction_s + MARGIN_S),
                max_output_bytes=MAX_OUTPUT_BYTES,
            )
            if result.exit_status and _UNSUPPORTED.search(result.stdout.decode("utf-8", "replace")):
                result = await self._ctx.platform.run_program(  # CUBIC cannot be chosen on this system
                    arguments,
                    timeout_s=Seconds(self._params.direction_s + MARGIN_S),
                    max_output_bytes=MAX_OUTPUT_BYTES,
                )
        except OSError as error:
            raise ProgramError(classify(error, step=STEP)) from error
        return read_run(result.stdout)

    def _result(
        self,
        runs: Sequence[Run],
        replies: Sequence[list[TimedReply]],
        *,
        began_s: float,
        capped: bool,
        failure: Failure | None,
        is_download: bool,
    ) -> DirectionLoad:
        last = runs[-1] if runs else None
        marks = last.marks if last else ()
        steady = stats.steady_rate(marks, self._latencies.round_trip_s)
        lasted_s = marks[-1][0] if marks else 0.0
        from_s = began_s + max(QUEUE_FILLING_RATIO * lasted_s, steady.ramp_up_s if steady.rate_bit_s else 0.0)
        to_s = began_s + lasted_s

        def working(source: LatencySource | None, timed: list[TimedReply]) -> Any:  # noqa: ANN401
            in_order = tuple(sorted(timed, key=lambda each: each.sent_at_s))
            return None if source is None else summary(source, in_order, from_s=from_s, to_s=to_s)

        watched = [working(source, timed) for source, timed in zip(self._latencies.sources, replies, strict=True)]
        flows = FlowTimes(
            method=FlowRttMethod.SERVER if is_download else FlowRttMethod.OWN_SYSTEM,
            samples=[(began_s + at_s, ms) for at_s, ms in (last.round_trips if last else ())],
        )
        return DirectionLoad(
            goodput_bit_s=steady.rate_bit_s,
            confidence=load_confidence(steady.window_rates_bit_s),
            variation_ratio=stats.variation_ratio(steady.window_rates_bit_s),
            connections=STREAMS,
            transferred_bytes=Bytes(sum(run.moved_bytes for run in runs)),
            ramp_up_s=steady.ramp_up_s,
            measured_s=steady.measured_s,
            capped=capped,
            working=watched[0],
            failure=failure,
            working_gateway=watched[1],
            working_provider=watched[2],
            flow_rtt=flows.fact(from_s, to_s),
            congestion_control=last.congestion_control if last else None,
        )


def read_run(output: bytes) -> Run:
    """What the program printed with `-J`; ProgramError where it did not measure."""
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError):
        raise ProgramError(Failure(kind=FailureKind.PROTOCOL, step=STEP)) from None
    if not isinstance(answer, Mapping) or isinstance(answer.get("error"), str):
        raise ProgramError(Failure(kind=_kind_of(answer), step=STEP))
    try:
        marks: list[tuple[float, float]] = [(0.0, 0.0)]
        round_trips: list[tuple[float, Ms]] = []
        for interval in answer["intervals"]:
            whole = interval["sum"]
            at_s, moved = float(whole["end"]), marks[-1][1] + int(whole["bytes"])
            if math.isfinite(at_s) and at_s > marks[-1][0] and moved >= marks[-1][1]:
                marks.append((at_s, moved))
            round_trips += [
                (at_s, Ms(stream["rtt"] / 1000))
                for stream in interval["streams"]
                if 0 < stream.get("rtt", 0) < math.inf
            ]
        end = answer["end"]
        name = end.get("sender_tcp_congestion")
        received = end.get("sum_received", {}).get("bytes")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise ProgramError(Failure(kind=FailureKind.PROTOCOL, step=STEP)) from None
    if len(marks) == 1:
        raise ProgramError(Failure(kind=FailureKind.PROTOCOL, step=STEP))
    if type(received) is int and 0 < received < marks[-1][1]:
        # A sender counts what it has given to its system, whose buffer grows meanwhile; the receiver's sum is right.
        share = received / marks[-1][1]
        marks = [(at_s, moved * share) for at_s, moved in marks]
    return Run(
        marks=tuple(marks),
        round_trips=tuple(round_trips),
        congestion_control=name if isinstance(name, str) and _CONGESTION_CONTROL.match(name) else None,
    )


_KINDS = (
    ("refused", FailureKind.REFUSED),
    ("timed out", FailureKind.TIMEOUT),
    ("unreachable", FailureKind.NET_UNREACHABLE),
    ("reset", FailureKind.RESET),
)
"""Words of the C library's messages in English, which LC_ALL asks for."""


def _kind_of(answer: object) -> FailureKind:
    """What iperf3's own message stands for; a busy server is none of the network's failures."""
    message = str(answer.get("error", "")) if isinstance(answer, Mapping) else ""
    return next((kind for word, kind in _KINDS if word in message), FailureKind.OTHER)
