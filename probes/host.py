"""Host probe: this computer's load, memory, power, sleep, and what stands between programs and the network."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from nexkit.consent import Consent
from nexkit.facts.host import HostState
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Failure, FailureKind, Outcome
from nexkit.params import Between, check_limits
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Seconds

MAX_INTERVAL_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostParams:
    """How long the processors are watched."""

    interval_s: Annotated[Seconds, Between(0, MAX_INTERVAL_S)] = Seconds(0.3)

    def __post_init__(self) -> None:
        check_limits(self)


class HostProbe:
    """Read the system's own counters. Nothing is sent, and of programs only known products are told."""

    spec: ClassVar = ProbeSpec(
        id="host",
        version=1,
        consent=Consent.SYSTEM,
        params=HostParams,
        fact=HostState,
        timeout_s=Seconds(10),
        max_bytes=Bytes(0),
    )

    async def run(self, params: HostParams, ctx: ProbeContext) -> Outcome[HostState]:
        """Read once."""
        try:
            return Completed(await ctx.platform.host_state(params.interval_s))
        except PermissionError as error:
            return Failed(Failure(kind=FailureKind.PERMISSION, step="read", os_code=error.errno))
        except OSError as error:
            return Failed(classify(error, step="read"))
