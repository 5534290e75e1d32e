"""Link probe: what the interfaces negotiated and counted, and which of them the way to each target takes."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar

from nexkit.address import is_address
from nexkit.consent import Consent
from nexkit.facts.link import LinkReading, RouteChoice
from nexkit.failures import classify
from nexkit.outcome import Completed, Failed, Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Seconds

MAX_TARGETS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkParams:
    """Addresses to whose ways the routing is asked; none of them is spoken to."""

    targets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.targets) > MAX_TARGETS:
            raise ValueError(f"targets: {len(self.targets)} are more than {MAX_TARGETS}")
        for target in self.targets:
            if not is_address(target):
                raise ValueError(f"targets: {target!r} is no address")


class LinkProbe:
    """Read every interface once, and ask the system's routing for the way to each target.

    Counters have run since the interface came to be: what a run saw is the difference of two readings
    (`nexkit.facts.link.link_changes`). A target without a way is a result.
    """

    spec: ClassVar = ProbeSpec(
        id="link",
        version=1,
        consent=Consent.SYSTEM,
        params=LinkParams,
        fact=LinkReading,
        timeout_s=Seconds(5),
        max_bytes=Bytes(0),
    )

    async def run(self, params: LinkParams, ctx: ProbeContext) -> Outcome[LinkReading]:
        """Read once."""
        try:
            links = await ctx.platform.links()
        except OSError as error:
            return Failed(classify(error, step="read"))
        routes = await asyncio.gather(*(_way(target, ctx) for target in dict.fromkeys(params.targets)))
        return Completed(LinkReading(links=links, routes=tuple(routes)))


async def _way(target: str, ctx: ProbeContext) -> RouteChoice:
    try:
        way = await ctx.platform.route_to(target)
    except OSError as error:
        failure = classify(error, step="route")
        return RouteChoice(target=target, interface=None, source=None, gateway=None, failure=failure)
    return RouteChoice(target=target, interface=way.interface, source=way.source, gateway=way.gateway, failure=None)
