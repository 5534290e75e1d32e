"""Lookup probe: names as programs look them up, by the system's own resolver (getaddrinfo, RFC 3493)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from nexkit.address import is_address
from nexkit.consent import Consent
from nexkit.facts.dns import NameRole, NameService, SystemLookup, SystemLookups
from nexkit.failures import BudgetExceededError, classify
from nexkit.host_name import wire_name
from nexkit.outcome import Completed, Failure, Outcome
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange.traffic import LOOKUP_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupParams:
    """Which names to look up; literal addresses among them are left out."""

    controls: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    timeout_s: Seconds = Seconds(6.0)
    """Of each lookup; all run at once."""
    setup: bool = False
    """Read how the system is set up to look names up, its hosts file included. Nothing is sent for it."""
    deep: bool = False
    """The same, and what follows."""
    bare: tuple[str, ...] = ()
    """Names of one label, which the search suffixes complete."""
    resolver_names: tuple[str, ...] = ()
    """Names whose answer is the address of the resolver that asked for them."""

    def __post_init__(self) -> None:
        for name in (*self.bare, *self.resolver_names):
            wire_name(name)
        for name in self.bare:
            if "." in name:
                raise ValueError(f"bare: {name!r} has more than one label")


class LookupProbe:
    """Look every name up once. A name that is not found is a result."""

    spec: ClassVar = ProbeSpec(
        id="lookup",
        version=1,
        consent=Consent.ACTIVE_TRAFFIC,
        params=LookupParams,
        fact=SystemLookups,
        timeout_s=Seconds(30),
        max_bytes=Bytes(200_000),
    )

    async def run(self, params: LookupParams, ctx: ProbeContext) -> Outcome[SystemLookups]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        asked = {NameRole.CONTROL: params.controls, NameRole.SERVICE: params.services}
        if params.deep:
            asked |= {NameRole.BARE: params.bare, NameRole.ASKING_RESOLVER: params.resolver_names}
        names = [(name, role) for role, names in asked.items() for name in names if not is_address(name)]
        looked_up = 0

        async def look_up(name: str, role: NameRole) -> SystemLookup:
            nonlocal looked_up
            lookup = await _look_up(name, role, params.timeout_s, ctx)
            looked_up += 1
            ctx.progress(Ratio(looked_up / len(names)))
            return lookup

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(look_up(name, role)) for name, role in names]
            service = (
                group.create_task(_name_service([name for name, _ in names], ctx))
                if params.deep or params.setup
                else None
            )
        return Completed(
            SystemLookups(
                lookups=tuple(task.result() for task in tasks), service=None if service is None else service.result()
            )
        )


async def _name_service(names: Sequence[str], ctx: ProbeContext) -> NameService | None:
    """How the system looks these names up; None where it does not tell."""
    try:
        return await ctx.platform.name_service(names)
    except OSError:
        return None


async def _look_up(name: str, role: NameRole, timeout_s: Seconds, ctx: ProbeContext) -> SystemLookup:
    addresses: tuple[str, ...] = ()
    failure: Failure | None = None
    began_s = ctx.clock.monotonic()
    try:
        ctx.spend(LOOKUP_BYTES)
        async with asyncio.timeout(timeout_s):
            addresses = await ctx.platform.resolve(name)
    except (OSError, BudgetExceededError) as error:
        failure = classify(error, step="resolve")
    time_ms = Ms((ctx.clock.monotonic() - began_s) * 1000)
    return SystemLookup(name=name, role=role, time_ms=time_ms, addresses=addresses, failure=failure)
