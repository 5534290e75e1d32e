"""Load test: fills the line in each direction for some seconds, and tells goodput and the latency meanwhile."""

from typing import ClassVar

from nexkit.consent import Consent
from nexkit.facts.load import LoadBackend, LoadTest
from nexkit.outcome import Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.profile import MAX_LOAD_BYTES
from nexkit.units import Bytes, Seconds
from probes.load import http_backend, ookla
from probes.load.direction import WIRE_RATIO
from probes.load.params import LoadParams

_ROUND_TRIPS_BYTES = 1_000_000
"""For the round trips timed meanwhile and the opening of connections."""


class LoadProbe:
    """Several connections to one server; what a back end is and may do stands in its module."""

    spec: ClassVar = ProbeSpec(
        id="load",
        version=1,
        consent=Consent.BULK_TRAFFIC,
        params=LoadParams,
        fact=LoadTest,
        timeout_s=Seconds(40),
        max_bytes=Bytes(int(MAX_LOAD_BYTES * WIRE_RATIO) + _ROUND_TRIPS_BYTES),
    )

    async def run(self, params: LoadParams, ctx: ProbeContext) -> Outcome[LoadTest]:
        """Measure once."""
        match params.backend:
            case LoadBackend.HTTP:
                return await http_backend.measure(params, ctx)
            case LoadBackend.OOKLA:
                return await ookla.measure(params, ctx)
