"""What a browser would come to with the addresses of a name: Happy Eyeballs version 2 (RFC 8305).

A pure function: lookups and connections have been measured, each by itself. What a race between them would have come
to follows from their times, and is not disturbed by the race itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nexkit.address import Family, family
from nexkit.facts.reach import BrowserChoice, FamilyLookup, ReachAttempt
from nexkit.units import Ms

RESOLUTION_DELAY_MS = Ms(50.0)
"""How long IPv6 addresses are waited for when the IPv4 ones are there (RFC 8305, section 3)."""
ATTEMPT_DELAY_MS = Ms(250.0)
"""How long an attempt is waited for before the next one begins (RFC 8305, section 5)."""


@dataclass(frozen=True, slots=True)
class _Runner:
    """An attempt in the race."""

    address: str
    family: Family
    takes_ms: Ms
    """Until it is connected, or has failed."""
    connects: bool


def browser_choice(attempts: Sequence[ReachAttempt], lookups: Mapping[Family, FamilyLookup]) -> BrowserChoice | None:
    """The race between attempts, given in the order of the system (RFC 6724); None where there is nobody to start.

    Where a family was not looked up by itself (the target is an address) its addresses are there from the beginning.
    """
    there_ms = {
        each: lookup.took_ms if lookup is not None else Ms(0.0)
        for each in Family
        if (lookup := lookups.get(each)) is None or lookup.failure is None
    }
    runners = [runner for each in attempts if (runner := _runner(each)).family in there_ms]
    there_ms = {each: ms for each, ms in there_ms.items() if any(runner.family is each for runner in runners)}
    if not runners:
        return None
    begin_ms = _begin_ms(there_ms, lookups)
    order, started, won = _race(runners, there_ms, begin_ms)
    winner_start_ms, winner = won if won is not None else (None, None)
    return BrowserChoice(
        lookup4=lookups.get(Family.IPV4),
        lookup6=lookups.get(Family.IPV6),
        order=tuple(runner.address for runner in order),
        tried=started,
        chosen=winner.address if winner is not None else None,
        connected_ms=Ms(winner_start_ms + winner.takes_ms)
        if winner is not None and winner_start_ms is not None
        else None,
        lookup_wait_ms=Ms(begin_ms - min(there_ms.values())),
        fallback_ms=Ms(winner_start_ms - begin_ms) if winner_start_ms is not None else None,
    )


def _runner(attempt: ReachAttempt) -> _Runner:
    connects = attempt.connect_ms is not None
    takes_ms = attempt.connect_ms if attempt.connect_ms is not None else attempt.failed_after_ms
    return _Runner(attempt.address, family(attempt.address), takes_ms or Ms(0.0), connects)


def _begin_ms(there_ms: Mapping[Family, Ms], lookups: Mapping[Family, FamilyLookup]) -> Ms:
    """When the first attempt begins: at once with IPv6 addresses, a little later with IPv4 ones alone (section 3)."""
    six_ms, four_ms = there_ms.get(Family.IPV6), there_ms.get(Family.IPV4)
    if four_ms is None:
        return six_ms or Ms(0.0)
    if six_ms is not None and six_ms <= four_ms:
        return six_ms
    lookup6 = lookups.get(Family.IPV6)
    answered6_ms = lookup6.took_ms if lookup6 is not None else Ms(0.0)  # "no addresses" is an answer too
    return max(four_ms, min(answered6_ms, Ms(four_ms + RESOLUTION_DELAY_MS)))


def _race(
    runners: list[_Runner], there_ms: Mapping[Family, Ms], begin_ms: Ms
) -> tuple[list[_Runner], int, tuple[Ms, _Runner] | None]:
    """The order in which the runners would start, how many of them do, and who wins with which start."""
    waiting = list(runners)
    order: list[_Runner] = []
    started = 0
    best: tuple[Ms, _Runner] | None = None
    now_ms = begin_ms
    while waiting:
        ready = [runner for runner in waiting if there_ms[runner.family] <= now_ms]
        if not ready:
            now_ms = min(there_ms[runner.family] for runner in waiting)
            continue
        # The families take turns, beginning with the one that the system prefers (section 4).
        turn = [runner for runner in ready if order and runner.family is not order[-1].family]
        runner = (turn or ready)[0]
        waiting.remove(runner)
        order.append(runner)
        if best is None or best[0] + best[1].takes_ms > now_ms:
            started += 1
            if runner.connects and (best is None or now_ms + runner.takes_ms < best[0] + best[1].takes_ms):
                best = now_ms, runner
        # A failure makes way at once; silence is waited for.
        delay_ms = ATTEMPT_DELAY_MS if runner.connects else min(ATTEMPT_DELAY_MS, runner.takes_ms)
        now_ms = Ms(now_ms + delay_ms)
    return order, started, best
