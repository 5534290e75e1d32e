"""Load test: fills the line in each direction for some seconds, and tells goodput and the latency meanwhile."""

from typing import ClassVar

from nexkit.consent import Consent
from nexkit.facts.load import LoadBackend, LoadTest
from nexkit.kit_limits import MAX_LOAD_BYTES
from nexkit.outcome import Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Seconds
from probes.load import http_backend, iperf3, ndt7, ookla
from probes.load.direction import WIRE_RATIO
from probes.load.params import LoadParams

ROUND_TRIPS_BYTES = 4_000_000
"""For the round trips timed meanwhile and the opening of connections."""


class LoadProbe:
    """Connections to one server; what a back end is and may do stands in its module."""

    spec: ClassVar = ProbeSpec(
        id="load",
        version=2,
        consent=Consent.BULK_TRAFFIC,
        params=LoadParams,
        fact=LoadTest,
        timeout_s=Seconds(45),
        max_bytes=Bytes(int(MAX_LOAD_BYTES * WIRE_RATIO) + ROUND_TRIPS_BYTES),
    )

    async def run(self, params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
        """Measure once."""
        match params.backend:
            case LoadBackend.HTTP | LoadBackend.LIBRESPEED:
                return await http_backend.measure(params, ctx)
            case LoadBackend.NDT7:
                return await ndt7.measure(params, ctx)
            case LoadBackend.OOKLA:
                return await ookla.measure(params, ctx)
            case LoadBackend.IPERF3:
                return await iperf3.measure(params, ctx)
