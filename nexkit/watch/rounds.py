"""The light rounds of a watch, one after the other: who is asked in which, and what they tell of the network."""

import asyncio
from collections.abc import Collection, Iterable

from nexkit import kit_limits
from nexkit.declared import Declared
from nexkit.facts.network import NetworkState
from nexkit.guard import Guard
from nexkit.outcome import Completed
from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.run_record import RunRecord
from nexkit.runner import Runner
from nexkit.watch.detect import LightSample
from nexkit.watch.light import NETWORK_STEP, STATE_EVERY, LightTarget, is_online, light_planner, light_targets
from nexkit.watch.network_change import change_between
from nexkit.watch.record import ChangeKind

FIRST_ROUNDS = 4
"""Come soon after each other: what is usual has to be known before anything can be missed."""
UNHEARD_ROUNDS = 3
"""Without an answer to echo requests, connections are tried instead; as often in vain, and nobody is there to ask."""


class LightRounds:
    """Makes them, and remembers what the next one has to know."""

    def __init__(self, runner: Runner, profile: LoadedProfile, request: Request, declared: Declared) -> None:
        self._runner, self._profile, self._request, self._declared = runner, profile, request, declared
        self._targets: tuple[LightTarget, ...] = light_targets(None, request, profile.profile)
        self._turn = 0
        self._network: NetworkState | None = None
        self._online: bool | None = None
        self._echoes: set[str] = set()
        """Those who have answered echo requests: they go on to be asked so."""
        self._unheard: dict[str, int] = {}
        """Rounds in which the others have answered nothing."""

    @property
    def online(self) -> bool | None:
        """Whether this computer has an address and a way out; None: not known."""
        return self._online

    @property
    def are_first(self) -> bool:
        """Whether what is usual is not known yet."""
        return self._turn < FIRST_ROUNDS

    async def measure(self, stop: asyncio.Event, *, closely: bool) -> RunRecord:
        """One round; `closely`: everybody is asked, and the network is read."""
        chosen = [target for target in self._targets if closely or self._turn % target.every == 0]
        read_network = self._network is None or closely or self._turn % STATE_EVERY == 0
        self._turn += 1
        guard = Guard(self._runner.platform, self._runner.clock, self._declared, kit_limits.RUN_BYTES)
        if self._network is not None:
            guard.learn(self._network)
        by_tcp = {name for name, count in self._unheard.items() if UNHEARD_ROUNDS <= count < 2 * UNHEARD_ROUNDS}
        planner = light_planner(chosen, by_tcp, read_network=read_network)
        return await self._runner.measure(
            planner, self._request, self._profile.reference, lambda _event: None, stop, guard
        )

    def change(self, record: RunRecord) -> ChangeKind | None:
        """What has changed around this computer, by a round in which the network was read; None: nothing."""
        result = record.by_id().get(NETWORK_STEP)
        if result is None:
            return None
        if not isinstance(result.outcome, Completed) or not isinstance(result.outcome.fact, NetworkState):
            self._online = None
            return None
        before, now = self._network, result.outcome.fact
        was_online, self._online = self._online, is_online(now)
        self._network = now
        kind = None if before is None else change_between(before, now)
        if before is None or kind is not None:
            self._targets = light_targets(now, self._request, self._profile.profile)
            self._echoes.clear()
            self._unheard.clear()
        if before is None and was_online is None and not self._online:
            return ChangeKind.LINK_LOST
        return kind

    def learn(self, samples: Iterable[LightSample], heard: Collection[str]) -> None:
        """Who answers no echo is asked by connections, some rounds long; who answered these goes on so.

        `heard`: who has answered at all.
        """
        ports = {target.name for target in self._targets if target.port is not None}
        for each in samples:
            if each.target not in ports or not each.sent or each.target in self._echoes:
                continue
            count = self._unheard.get(each.target, 0)
            by_connections = count >= UNHEARD_ROUNDS
            if each.rtt_ms is None:
                if self._online is not False and not (by_connections and each.target in heard):
                    self._unheard[each.target] = count + 1
            elif by_connections and not each.icmp:
                self._unheard[each.target] = UNHEARD_ROUNDS
            else:
                self._echoes.add(each.target)
                self._unheard.pop(each.target, None)
