"""Wi-Fi probe: the joined cell, how well it is heard, and what else the system has heard on the air."""

from dataclasses import dataclass
from typing import ClassVar

from nexkit.consent import Consent
from nexkit.facts.wifi import WifiReading
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome, Skipped, SkipReason
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiParams:
    """Nothing to choose."""


class WifiProbe:
    """Read every radio once; no scan is made.

    Where the system permits the signal but not the names, the fact says so (`names_permitted`); where it permits
    nothing, that is a failure of kind PERMISSION. Roaming shows in two readings (`nexkit.facts.wifi.wifi_changes`).
    """

    spec: ClassVar = ProbeSpec(
        id="wifi",
        version=1,
        consent=Consent.SYSTEM,
        params=WifiParams,
        fact=WifiReading,
        timeout_s=Seconds(5),
        max_bytes=Bytes(0),
        needs=("wifi",),
    )

    async def run(self, params: WifiParams, ctx: ProbeContext) -> Outcome[WifiReading]:
        """Read once; Skipped without a radio."""
        del params
        try:
            links = await ctx.platform.wifi_links()
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step="read", os_code=error.errno))
        except OSError as error:
            return Failed(classify(error, step="read"))
        return Completed(WifiReading(links=links)) if links else Skipped(SkipReason.NO_TARGET)
