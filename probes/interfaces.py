"""Interfaces probe: what this computer knows of its network; sends nothing."""

from dataclasses import dataclass
from typing import ClassVar

from nexkit.consent import Consent
from nexkit.facts.network import NetworkState
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfacesParams:
    """Nothing to choose."""


class InterfacesProbe:
    """Read interfaces, default routes, resolvers and proxies from the system."""

    spec: ClassVar = ProbeSpec(
        id="interfaces",
        version=1,
        consent=Consent.SYSTEM,
        params=InterfacesParams,
        fact=NetworkState,
        timeout_s=Seconds(5),
        max_bytes=Bytes(0),
    )

    async def run(self, params: InterfacesParams, ctx: ProbeContext) -> Outcome[NetworkState]:
        """Read once."""
        del params
        try:
            return Completed(await ctx.platform.network_state())
        except OSError as error:
            return Failed(classify(error, step="read"))
