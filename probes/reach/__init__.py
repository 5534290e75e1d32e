"""Reach probe: every address of a host, step by step: TCP, TLS (RFC 8446), HTTP/1.1 to HTTP/3, directly and proxied."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from nexkit.address import Family, family, is_address
from nexkit.consent import Consent
from nexkit.facts.reach import FamilyLookup, ProxyReach, Reach, ReachAttempt
from nexkit.failures import BudgetExceededError, classify
from nexkit.outcome import Completed, Failure, Outcome
from nexkit.platform.threads import in_daemon_thread
from nexkit.probe import ProbeContext, ProbeSpec
from nexkit.units import Bytes, Ms, Ratio, Seconds
from probes.exchange import certificate
from probes.exchange.browser import browser_choice
from probes.exchange.traffic import LOOKUP_BYTES
from probes.reach.direct import DirectAttempt
from probes.reach.params import ReachParams, Setting, make_setting
from probes.reach.proxied import ProxiedAttempt

__all__ = ["MAX_ADDRESSES", "ReachParams", "ReachProbe"]

MAX_ADDRESSES = 8
_LOOKUP_SHARE = 0.8


class ReachProbe:
    """Look a host up and go through the steps with each of its addresses, all at once.

    What cannot be reached is a result, with the step that failed. An untrusted certificate is described and ends the
    attempt: nothing is asked of a server that is not the right one.
    """

    spec: ClassVar = ProbeSpec(
        id="reach",
        version=2,
        consent=Consent.ACTIVE_TRAFFIC,
        params=ReachParams,
        fact=Reach,
        timeout_s=Seconds(30),
        max_bytes=Bytes(1_000_000),
    )

    async def run(self, params: ReachParams, ctx: ProbeContext) -> Outcome[Reach]:
        """Measure once. Network trouble comes back as a value; cancellation passes through."""
        until_s = Seconds(ctx.clock.monotonic() + params.total_s)
        found = await _find(params, ctx)
        attempts, through_proxy = await _attempt_all(found.addresses, params, until_s, ctx)
        return Completed(
            Reach(
                host=params.host,
                port=params.port,
                layer=params.layer,
                expected_status=params.expected_status,
                resolve_ms=found.took_ms,
                resolve_failure=found.failure,
                attempts=attempts,
                browser=browser_choice(attempts, found.families) if params.browser else None,
                through_proxy=through_proxy,
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Where the target is."""

    addresses: tuple[str, ...]
    took_ms: Ms | None
    failure: Failure | None
    families: Mapping[Family, FamilyLookup]


async def _find(params: ReachParams, ctx: ProbeContext) -> _Found:
    """The addresses of the target; the families by themselves as well, at the same time, where a browser is asked for.

    A browser asks for the families separately and begins with what is there first; the system's own lookup gives both
    together, in the order of RFC 6724.
    """
    given = params.address or params.host
    if is_address(given):
        return _Found(addresses=(given,), took_ms=None, failure=None, families={})
    wanted: tuple[Family | None, ...] = (None, *Family) if params.browser else (None,)
    (addresses, both), *single = await asyncio.gather(*(_look_up(params, each, ctx) for each in wanted))
    return _Found(
        addresses=_fair_share(addresses),
        took_ms=both.took_ms,
        failure=both.failure,
        families={each: lookup for each, (_, lookup) in zip(wanted[1:], single, strict=True) if each is not None},
    )


async def _look_up(
    params: ReachParams, wanted: Family | None, ctx: ProbeContext
) -> tuple[tuple[str, ...], FamilyLookup]:
    addresses: tuple[str, ...] = ()
    failure: Failure | None = None
    began_s = ctx.clock.monotonic()
    try:
        ctx.spend(LOOKUP_BYTES if wanted is None else LOOKUP_BYTES // 2)
        async with asyncio.timeout(params.total_s * _LOOKUP_SHARE):
            addresses = await ctx.platform.resolve(params.host, wanted)
    except (OSError, BudgetExceededError) as error:
        failure = classify(error, step="resolve")
    return addresses, FamilyLookup(took_ms=Ms((ctx.clock.monotonic() - began_s) * 1000), failure=failure)


def _fair_share(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """At most `MAX_ADDRESSES`, the first ones of both families, in the order given."""
    seen: Counter[object] = Counter()
    ranks: dict[str, int] = {}
    for address in addresses:
        ranks[address] = seen[family(address)]
        seen[family(address)] += 1
    kept = sorted(addresses, key=ranks.__getitem__)[:MAX_ADDRESSES]
    return tuple(address for address in addresses if address in kept)


async def _attempt_all(
    addresses: tuple[str, ...], params: ReachParams, until_s: Seconds, ctx: ProbeContext
) -> tuple[tuple[ReachAttempt, ...], ProxyReach | None]:
    if not addresses and params.proxy is None:
        return (), None
    setting = await make_setting(params, until_s, ctx)
    direct = [DirectAttempt(address, setting) for address in addresses]
    proxied = ProxiedAttempt(params.proxy, setting) if params.proxy is not None else None
    ways: list[DirectAttempt | ProxiedAttempt] = [*direct, *([proxied] if proxied is not None else [])]
    ended = 0

    async def measure(way: DirectAttempt | ProxiedAttempt) -> None:
        nonlocal ended
        await way.measure()
        ended += 1
        ctx.progress(Ratio(ended / len(ways)))

    async with asyncio.TaskGroup() as group:
        for way in ways:
            group.create_task(measure(way))
    return await in_daemon_thread(_facts, direct, proxied, setting)


def _facts(
    direct: list[DirectAttempt], proxied: ProxiedAttempt | None, setting: Setting
) -> tuple[tuple[ReachAttempt, ...], ProxyReach | None]:
    """Certificates are read and checked here, in a thread, when all clocks have stopped."""
    public = certificate.public_roots() if setting.params.public_trust and setting.trust is not None else None
    return tuple(way.fact(public) for way in direct), proxied.fact(public) if proxied is not None else None
