"""The contract of a probe: a specification readable without running, typed parameters, one coroutine, one fact."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from nexkit.clock import Clock
from nexkit.consent import Consent
from nexkit.failures import BudgetExceededError
from nexkit.outcome import Outcome
from nexkit.platform.api import Platform
from nexkit.units import Bytes, Ms, Ratio, Seconds

CONTRACT_VERSION = 1
"""Raised when probes written for an older contract would no longer work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeSpec:
    """What a probe is and at most does; the consent page and `probe list` read it."""

    id: str
    version: int
    """Raised when the meaning of a number changes."""
    consent: Consent
    params: type
    """Frozen dataclass of its parameters."""
    fact: type
    timeout_s: Seconds
    """The most that one run may take; a step of a plan may be given less."""
    max_bytes: Bytes
    """The most that one run may send and receive, all headers from IP upward included."""
    needs: tuple[str, ...] = ()
    """Ids of capabilities (`nexkit check`) of which at least one has to be there."""
    follows_system: bool = False
    """It goes where this system is told to go by itself (its proxies), which may stand in any network; nothing of a
    profile is contacted by it."""
    contract: int = CONTRACT_VERSION


@dataclass(slots=True, kw_only=True)
class ProbeContext:
    """What a run of a probe is given; sockets, clocks, sleeping and randomness come from here alone."""

    platform: Platform
    clock: Clock
    random: random.Random
    max_bytes: Bytes
    on_progress: Callable[[Ratio], None]
    on_sample: Callable[[Ms | None], None]
    book: Callable[[int], None] = lambda _count: None
    """Where the bytes of all steps of a run are added up; BudgetExceededError."""
    spent_bytes: int = 0

    def progress(self, ratio: Ratio) -> None:
        """Tell how far the run is, 0..1."""
        self.on_progress(ratio)

    def sample(self, rtt_ms: Ms | None) -> None:
        """Tell one round trip at once, for the live chart; None is a loss."""
        self.on_sample(rtt_ms)

    def spend(self, count: int) -> None:
        """Book bytes before they are sent or after they arrived; BudgetExceededError over `max_bytes`."""
        if self.spent_bytes + count > self.max_bytes:
            raise BudgetExceededError
        self.book(count)
        self.spent_bytes += count

    async def sleep(self, seconds: Seconds) -> None:
        """Wait on the clock of the run."""
        await self.clock.sleep(seconds)


class Probe(Protocol):
    """One kind of measurement; it interprets nothing."""

    spec: ClassVar[ProbeSpec]

    async def run(self, params: Any, ctx: ProbeContext) -> Outcome[Any]:  # noqa: ANN401  each probe has its own
        """Measure once.

        Network trouble comes back as a value, cancellation passes through and is followed within one second.
        """
        ...
