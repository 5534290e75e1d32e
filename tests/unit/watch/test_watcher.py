"""The engine with a clock and a platform of ours: episodes, marks, gaps, changes, budget, and memory over hours."""

import asyncio
import gc
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nexkit.address import Family
from nexkit.diagnosis.verdict import Segment, VerdictState
from nexkit.facts.network import (
    DefaultRoute,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    NetworkState,
    ProxySettings,
    Resolver,
)
from nexkit.platform.api import EchoReply
from nexkit.platform.fake import SILENCE, UNPLUGGED, FakePlatform
from nexkit.platform.sleep_clocks import SleepClocks
from nexkit.profile_file import loaded_profile
from nexkit.registry import Registry
from nexkit.request import Request, Symptom
from nexkit.run_record import ProfileTrust
from nexkit.runner import Runner
from nexkit.units import Ms, Seconds
from nexkit.watch.budget import HOUR_BYTES, LEAST_RUN_BYTES, Budget
from nexkit.watch.events import (
    EpisodeBegan,
    EpisodeEnded,
    GapSeen,
    MomentMarked,
    NetworkChanged,
    WatchRound,
    WatchTotals,
)
from nexkit.watch.logbook import Unkept
from nexkit.watch.record import ChangeKind, GapReason, ToldBy
from nexkit.watch.watcher import Watcher
from probes.interfaces import InterfacesProbe
from probes.ping import PingProbe

BEGAN = datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
ANCHORS = ("198.18.0.10", "198.18.0.11")
PROFILE = loaded_profile(
    f"""
schema = 1
id = "lab"
name = {{en = "Lab"}}
serial = 1
not_before = 2026-01-01T00:00:00Z
not_after = 2027-12-31T00:00:00Z
[internet]
anchors = {list(ANCHORS)}
""".encode(),
    "profile.toml",
    BEGAN,
    ProfileTrust.NAMED,
)


def network(prefix="192.168.10", resolver=None):
    """A home network."""
    return NetworkState(
        interfaces=(
            Interface(
                name="eth0",
                kind=InterfaceKind.ETHERNET,
                admin_up=True,
                carrier=True,
                mtu_bytes=None,
                speed_bit_s=None,
                duplex=None,
                mac=None,
                addresses=(InterfaceAddress(address=f"{prefix}.20", prefix_length=24),),
            ),
        ),
        default_routes=(
            DefaultRoute(family=Family.IPV4, interface="eth0", gateway=f"{prefix}.1", metric=0, gateway_on_link=True),
        ),
        resolvers=() if resolver is None else (Resolver(address=resolver, is_gateway=False),),
        search_domains=(),
        proxy=ProxySettings(),
    )


class Echoes:
    """Answers as the world does just now."""

    def __init__(self, world):
        self.world = world

    def get(self, address, _silence):
        return [EchoReply(rtt_ms=Ms(12.0), error=None) if self.world.answers(address) else SILENCE]


class World:
    """A clock that jumps, and a network that does as it is told."""

    def __init__(self):
        self.awake_s, self.asleep_s, self.set_by = 1000.0, 0.0, timedelta()
        self.broken = False
        self.answers = lambda address: address.startswith("192.168.") or not self.broken
        self.platform = FakePlatform(state=network(), echoes=Echoes(self))
        self.events = []
        self.at = []
        """(elapsed seconds, what to do then)."""
        self.stop = asyncio.Event()

    def monotonic(self):
        return Seconds(self.awake_s)

    def now(self):
        return BEGAN + timedelta(seconds=self.awake_s - 1000.0 + self.asleep_s) + self.set_by

    async def sleep(self, seconds):
        self.awake_s += seconds
        await asyncio.sleep(0)

    def clocks(self):
        return SleepClocks(Seconds(self.awake_s + self.asleep_s), Seconds(self.awake_s))

    def hear(self, event):
        self.events.append(event)
        if isinstance(event, WatchTotals):
            while self.at and self.at[0][0] <= event.elapsed_s:
                self.at.pop(0)[1]()

    def watch(self, seconds, *at, request=None, resumed=None, store=None):
        self.at = sorted([*at, (seconds, self.stop.set)], key=lambda each: each[0])
        runner = Runner(
            registry=Registry([InterfacesProbe(), PingProbe()]),
            platform=self.platform,
            clock=self,
            random=random.Random(7),
        )
        self.watcher = Watcher(
            runner,
            PROFILE,
            request or Request(symptom=Symptom.UNSTABLE),
            store or Unkept(),
            self.hear,
            resumed=resumed,
            clocks=self.clocks,
            cpu_s=lambda: 0.0,
        )

        async def whole():
            await self.watcher.run(self.stop)
            return await self.watcher.finish(asyncio.Event())

        self.run = asyncio.run(whole())
        return self.run.record.watch

    def breaks(self):
        self.broken = True

    def heals(self):
        self.broken = False

    def told(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def world():
    return World()


def test_a_fault_for_a_minute_is_one_episode_with_its_place(world):
    log = world.watch(600, (200, world.breaks), (260, world.heals))
    (episode,) = log.episodes
    assert episode.segment is Segment.ACCESS
    assert episode.told_by is ToldBy.DETECTION
    assert 195 <= (episode.started_at - log.started_at).total_seconds() <= 215
    assert 40 <= (episode.ended_at - episode.started_at).total_seconds() <= 75
    assert episode.run is not None
    assert len(world.told(EpisodeBegan)) == len(world.told(EpisodeEnded)) == 1
    assert world.run.diagnosis.verdict.state is VerdictState.FAULT
    assert sum(minute.rounds for minute in log.minutes) == log.rounds
    assert not log.gaps


def test_a_healthy_watch_has_nothing_to_tell(world):
    log = world.watch(900)
    assert log.episodes == log.gaps == log.changes == ()
    assert log.measured_s == pytest.approx(900, abs=10)
    assert len(log.minutes) in {15, 16}


def test_the_users_word_is_an_episode_that_is_diagnosed(world):
    log = world.watch(400, (200, lambda: world.watcher.mark(" the call dropped ")))
    (mark,) = log.marks
    assert mark.words == "the call dropped"
    (episode,) = log.episodes
    assert (episode.told_by, episode.number, mark.episode) == (ToldBy.USER, 1, 1)
    assert not episode.signs
    assert episode.run is not None
    assert episode.ended_at is not None
    assert len(world.told(MomentMarked)) == 1


def test_sleep_is_a_gap_and_no_episode(world):
    def sleeps():
        world.asleep_s += 1800

    log = world.watch(2400, (200, sleeps))
    (gap,) = log.gaps
    assert gap.reason is GapReason.ASLEEP
    assert (gap.ended_at - gap.started_at).total_seconds() == pytest.approx(1800, abs=15)
    assert not log.episodes
    assert log.measured_s == pytest.approx(600, abs=30)


def test_a_program_that_was_held_up_is_a_gap_and_no_episode(world):
    def held_up():
        world.awake_s += 40

    log = world.watch(400, (200, held_up))
    (gap,) = log.gaps
    assert gap.reason is GapReason.NOT_RUNNING
    assert not log.episodes


def test_what_went_on_before_a_long_gap_has_no_end(world):
    def sleeps():
        world.asleep_s += 1800
        world.broken = False

    log = world.watch(2400, (100, world.breaks), (200, sleeps))
    (episode,) = log.episodes
    assert episode.ended_at is None


def test_a_clock_that_is_set_changes_no_length(world):
    def sets():
        world.set_by = timedelta(hours=1)

    log = world.watch(400, (100, world.breaks), (160, world.heals), (300, sets))
    (change,) = log.changes
    assert change.kind is ChangeKind.CLOCK_SET
    assert change.clock_s == pytest.approx(3600)
    assert log.started_at == BEGAN + timedelta(hours=1)
    (episode,) = log.episodes
    assert 95 <= (episode.started_at - log.started_at).total_seconds() <= 115
    assert not log.gaps


def test_another_network_is_told_and_is_no_episode(world):
    def moves():
        world.platform.state = network("192.168.77")

    log = world.watch(600, (200, moves))
    assert [change.kind for change in log.changes] == [ChangeKind.JOINED_OTHER]
    assert not log.episodes
    assert ("echo", "192.168.77.1") in world.platform.calls
    assert len(world.told(NetworkChanged)) == 1


def test_a_lost_link_is_an_episode_on_this_computer(world):
    def pulls():
        world.platform.state = UNPLUGGED

    def plugs():
        world.platform.state = network()

    log = world.watch(600, (200, pulls), (260, plugs))
    assert [change.kind for change in log.changes] == [ChangeKind.LINK_LOST, ChangeKind.LINK_BACK]
    (episode,) = log.episodes
    assert episode.segment is Segment.DEVICE
    assert episode.ended_at is not None


def test_a_test_of_the_users_own_is_a_gap(world):
    def tests():
        world.watcher.hold(True)
        asyncio.get_running_loop().call_later(0.05, released)

    def released():
        world.awake_s += 30
        world.watcher.hold(False)

    log = world.watch(400, (200, tests))
    (gap,) = log.gaps
    assert gap.reason is GapReason.OWN_TEST
    assert len(world.told(GapSeen)) == 1


def test_a_listener_that_breaks_is_told_nothing_more_and_the_watch_goes_on(world):
    def breaks(event):
        world.heard = getattr(world, "heard", 0) + 1
        world.stop.set()
        raise RuntimeError("planned")

    world.hear = breaks
    assert world.watch(100) is not None
    assert world.heard == 1


def test_two_hours_of_trouble_keep_the_budget_and_the_memory(world):
    """Of memory the live objects are counted: a second hour adds its own minutes, episodes and little else."""
    flips = [(at, world.breaks if at % 240 else world.heals) for at in range(120, 7200, 120)]
    held = {}

    def look(hour):
        gc.collect()
        held[hour] = len(gc.get_objects())

    world.spent = []

    def hear(event):
        if isinstance(event, WatchTotals):
            world.spent.append(event.traffic_last_hour_bytes)
        World.hear(world, event)
        if isinstance(event, WatchRound):
            world.events.clear()
            world.platform.calls.clear()

    world.hear = hear
    log = world.watch(7200, *flips, (3500, lambda: look(1)), (7100, lambda: look(2)))
    assert max(world.spent) <= HOUR_BYTES
    assert len(log.episodes) > 20
    assert held[2] - held[1] < 60 * 12, held
    assert log.rounds > 500


def test_who_answers_no_echo_is_asked_by_connections(world):
    world.answers = lambda _address: False
    world.platform.tcp = {(anchor, 443): Ms(15.0) for anchor in ANCHORS}

    def breaks():
        world.platform.tcp = {}

    log = world.watch(500, (250, breaks))
    (episode,) = log.episodes
    assert episode.segment is Segment.ACCESS
    assert 245 <= (episode.started_at - log.started_at).total_seconds() <= 270


def test_an_interrupted_watch_goes_on_with_a_gap(world):
    first = world.watch(300, (100, world.breaks), (150, world.heals))
    journal = world.watcher._book.journal
    again = World()
    again.awake_s = 1000.0 + 900
    log = again.watch(1500, resumed=journal)
    assert log.started_at == first.started_at
    assert [episode.number for episode in log.episodes] == [1]
    (gap,) = log.gaps
    assert gap.reason is GapReason.NOT_RUNNING
    assert (gap.ended_at - gap.started_at).total_seconds() == pytest.approx(600, abs=15)
    assert log.rounds > first.rounds


def test_a_stopped_watch_ends_at_once(world):
    async def whole():
        stop = asyncio.Event()
        stop.set()
        await asyncio.wait_for(world.watcher.run(stop), 2.0)

    world.watch(20)
    world.stop = asyncio.Event()
    asyncio.run(whole())


def test_the_request_is_measured_quickly_and_without_load():
    world = World()
    log = world.watch(100, request=replace(Request(symptom=Symptom.SLOW), time_limit_s=Seconds(5.0)))
    assert log.rounds
    assert world.run.record.request.time_limit_s is None


def test_a_mark_during_a_test_of_the_users_own_has_its_own_moment(world):
    def tests():
        world.watcher.hold(True)
        asyncio.get_running_loop().call_later(0.02, world.watcher.mark, "now")
        asyncio.get_running_loop().call_later(0.05, released)

    def released():
        world.awake_s += 30
        world.watcher.hold(False)

    log = world.watch(400, (200, tests))
    (gap,), (mark,) = log.gaps, log.marks
    assert gap.started_at <= mark.at < gap.ended_at
    assert mark.episode is None
    assert not log.episodes


def test_clocks_that_drift_apart_are_no_clock_that_was_set(world):
    real = world.now
    world.now = lambda: real() + timedelta(seconds=(world.awake_s - 1000.0) * 0.01)
    assert world.watch(900).changes == ()


def test_an_episode_whose_run_was_held_up_gets_another_one(world):
    def held_up():
        world.awake_s += 40

    def breaks():
        world.breaks()
        real = world.hear

        def hear(event):
            real(event)
            if isinstance(event, EpisodeBegan):
                world.hear = real
                held_up()

        world.watcher._book._listener = hear

    log = world.watch(600, (200, breaks), (400, world.heals))
    assert [gap.reason for gap in log.gaps][:1] == [GapReason.NOT_RUNNING]
    assert any(episode.run is not None for episode in log.episodes)


def test_a_sleep_while_nothing_could_be_measured_is_no_time_that_was(world):
    def refuses():
        world.watcher._budget.spend(world.watcher._clock.elapsed_s(), HOUR_BYTES, light=False)

    def sleeps():
        if world.asleep_s == 0:
            world.asleep_s += 1800

    log = world.watch(4300, (100, refuses), (300, sleeps))
    assert [gap.reason for gap in log.gaps] == [GapReason.NOT_POSSIBLE, GapReason.ASLEEP, GapReason.NOT_POSSIBLE]
    missing_s = sum((gap.ended_at - gap.started_at).total_seconds() for gap in log.gaps)
    whole_s = (log.ended_at - log.started_at).total_seconds()
    assert log.measured_s == pytest.approx(whole_s - missing_s, abs=30)


def test_the_last_run_fits_into_the_hour():
    budget = Budget()
    at_s = 0.0
    while budget.may_measure(at_s):
        budget.spend(at_s, 8000, light=True)
    assert budget.for_run(at_s, asked=True) is None
    assert budget.last_hour(at_s) + budget.for_last_run(at_s) <= HOUR_BYTES
    assert budget.for_last_run(at_s) >= LEAST_RUN_BYTES
