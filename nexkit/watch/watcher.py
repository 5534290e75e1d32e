"""The engine of a watch: light rounds, episodes, and a diagnosis run where one begins. See `Watcher`."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from nexkit import kit_limits
from nexkit.consent import Consent
from nexkit.declared import declared_by
from nexkit.diagnosis.verdict import Diagnosis, Severity, VerdictState
from nexkit.events import Event, StepFinished, StepsPlanned
from nexkit.facts.network import NetworkState
from nexkit.guard import Guard
from nexkit.outcome import Completed
from nexkit.platform.sleep_clocks import SleepClocks, sleep_clocks
from nexkit.profile import LoadedProfile
from nexkit.request import Depth, Request
from nexkit.run_record import RunRecord, StepResult
from nexkit.runner import Runner
from nexkit.stats import quantile
from nexkit.units import Bytes, Ms, Ratio, Seconds
from nexkit.watch.budget import SOON_FOR_S, Budget
from nexkit.watch.detect import Detection, LightRound, LightSample, Observed, Trouble, after_gap, observe, other_network
from nexkit.watch.events import (
    DiagnosisProgress,
    EpisodeBegan,
    EpisodeEnded,
    EpisodeTold,
    GapSeen,
    MomentMarked,
    NetworkChanged,
    SampleState,
    StoreFailed,
    WatchEvent,
    WatchRound,
    WatchSample,
    WatchTotals,
)
from nexkit.watch.journal import Alive, ClockShift, Entry, Journal, RunNote, run_note
from nexkit.watch.light import (
    NETWORK_STEP,
    ROUND_S,
    STATE_EVERY,
    LightTarget,
    is_online,
    light_planner,
    light_targets,
    sample_of,
)
from nexkit.watch.network_change import change_between
from nexkit.watch.record import (
    MAX_WORDS_CHARACTERS,
    ChangeKind,
    Episode,
    GapReason,
    MinuteSummary,
    MomentMark,
    NetworkChange,
    SubjectSummary,
    ToldBy,
    WatchGap,
    WatchLog,
)
from nexkit.whole_run import Run, measure_and_diagnose

GAP_S = 5.0
"""So much longer than planned, and this program was held up or asleep: nothing is known of the time."""
CLOCK_SET_S = 2.0
"""Time servers set clocks forward or back by more at once, and turn them slowly by less."""
MERGE_S = 30.0
"""Trouble that is back so soon is the same episode."""
NOTICED_S = 60.0
"""So long after the user's word an episode lasts in which nothing was measured bad."""
MINUTE_S = 60.0
FIRST_ROUNDS = 4
"""Come soon after each other: what is usual has to be known before anything can be missed."""
UNHEARD_ROUNDS = 3
"""Without an answer to echo requests, connections are tried instead; as often in vain, and nobody is there to ask."""
RUN_GRACE_S = 1.0
"""What is left of a diagnosis run that was stopped ends within it."""
LATEST_RUN_S = 120.0
"""A run of the watch's beginning that is no older says how things are at its end."""


class WatchStore(Protocol):
    """Where a watch is kept while it goes on (`report/watch_store.py`); what cannot be written raises OSError."""

    def append(self, entry: Entry) -> None:
        """Keep an entry, whatever happens to this program afterwards."""
        ...

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Keep a diagnosis run."""
        ...

    def drop_run(self, name: str) -> None:
        """Delete one."""
        ...

    def read_run(self, name: str) -> RunRecord | None:
        """A kept run; None: it cannot be read (any more)."""
        ...


class Unkept:
    """Keeps nothing: the disk takes nothing."""

    def append(self, entry: Entry) -> None:
        """Nothing."""

    def keep_run(self, name: str, record: RunRecord) -> None:
        """Nothing."""

    def drop_run(self, name: str) -> None:
        """Nothing."""

    def read_run(self, name: str) -> RunRecord | None:
        """None."""
        del name
        return None


@dataclass(slots=True, kw_only=True)
class _Minute:
    """The minute that is being filled."""

    number: int
    rounds: int = 0
    sent: dict[str, list[int]] = field(default_factory=dict)
    """By target: sent, lost."""
    rtts_ms: dict[str, list[float]] = field(default_factory=dict)
    samples: dict[str, LightSample] = field(default_factory=dict)
    """The latest of each target."""


class Watcher:
    """Watches until it is stopped; one for each watch, in one asyncio loop.

    `mark` and `hold` may be called by any thread. Every event goes to `listener`, in the loop's thread; one that raises
    is told nothing more.
    """

    def __init__(
        self,
        runner: Runner,
        profile: LoadedProfile,
        request: Request,
        store: WatchStore,
        listener: Callable[[WatchEvent], None],
        *,
        resumed: Journal | None = None,
        clocks: Callable[[], SleepClocks] = sleep_clocks,
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        """`resumed`: what an interrupted watch had seen; the time since then is a gap."""
        self._runner = runner
        self._profile = profile
        self._request = replace(
            request, depth=Depth.QUICK, time_limit_s=None, consent=request.consent - {Consent.BULK_TRAFFIC}
        )
        self._declared = declared_by(profile.profile, request)
        self._store = store
        self._listener: Callable[[WatchEvent], None] | None = listener
        self._clocks, self._cpu_s = clocks, cpu_s
        now = runner.clock.now()
        self._journal = resumed or Journal(now)
        self._is_resumed = resumed is not None
        self._last_clocks = clocks()
        # A clock that was set back while the program was not running: the watch goes on where it was.
        self._base_s = max((now - self._journal.started_at).total_seconds(), self._known_s())
        self._booted_s = self._last_clocks.boot_s - self._base_s
        self._anchor = self._journal.started_at
        alive = self._journal.alive
        self._measured_s, self._rounds, self._traffic = alive.measured_s, alive.rounds, int(alive.traffic_bytes)
        self._budget = Budget(self._journal.traffic_since(now - timedelta(hours=1)))
        self._detection = Detection()
        self._network: NetworkState | None = None
        self._online: bool | None = None
        self._targets: tuple[LightTarget, ...] = light_targets(None, self._request, profile.profile)
        self._unheard: dict[str, int] = {}
        self._minute: _Minute | None = None
        self._open: Episode | None = None
        self._unable_since_s: float | None = None
        self._turn = 0
        self._planned_s: float = ROUND_S
        """Until the clocks are looked at again."""
        self._run: asyncio.Task[None] | None = None
        self._run_of: int | None = None
        self._run_next = False
        self._run_stop = asyncio.Event()
        self._run_spoilt = False
        self._best: tuple[str, RunRecord] | None = None
        self._pending: deque[str | None] = deque()
        self._held = False
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log = self._journal.log()

    @property
    def log(self) -> WatchLog:
        """What was seen so far, renewed after every round; frozen, so any thread may take it (timeline)."""
        return self._log

    def mark(self, words: str | None = None) -> None:
        """The user says that it is happening now: noted, and diagnosed where the budget has room. Thread-safe."""
        said = (words or "").strip()[:MAX_WORDS_CHARACTERS]
        self._pending.append(said or None)
        self._wake_up()

    def hold(self, held: bool) -> None:
        """Whether a diagnosis that the user started is under way: no light rounds and no runs meanwhile. Thread-safe.

        That time is a gap (`OWN_TEST`).
        """
        self._held = held
        self._wake_up()

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set; returns within a second after it."""
        self._loop = asyncio.get_running_loop()
        self._last_clocks = self._clocks()
        if self._is_resumed:
            self._take_up()
        self._diagnose(None, asked=True)
        try:
            while not stop.is_set():
                self._wake.clear()
                if self._held:
                    await self._stand_back(stop)
                self._take_marks()
                began_s = self._elapsed_s()
                await self._round(stop)
                soon = self._is_soon() or self._turn < FIRST_ROUNDS
                pause_s = max(0.1, began_s + self._budget.pause_s(began_s, soon=soon) - self._elapsed_s())
                self._planned_s = pause_s
                await self._wait(stop, pause_s)
                self._tick(pause_s)
        finally:
            self._run_stop.set()
            if self._run is not None:
                await asyncio.wait({self._run}, timeout=RUN_GRACE_S)
                self._run.cancel()
            self._end()

    async def finish(self, stop: asyncio.Event) -> Run:
        """The run that a report is made of, with the watch in it; to be called when `run` has returned, or instead.

        That of the episode that tells most; else a last quick one, which `stop` ends early.
        """
        from nexkit.diagnosis.engine import diagnose

        name, record = self._chosen()
        if record is None:
            last = await measure_and_diagnose(
                self._runner, self._profile, self._request, self._progress(None), stop, self._last_bytes()
            )
            self._spend(sum(result.traffic_bytes for result in last.record.results), light=False)
            self._keep(self._alive())
            record = last.record
        record = replace(record, watch=self._journal.log(name))
        return Run(record=record, diagnosis=diagnose(record))

    # --- time ---

    def _known_s(self) -> float:
        return (self._journal.last_at - self._journal.started_at).total_seconds()

    def _elapsed_s(self) -> Seconds:
        """Since the watch began, sleep included; the wall clock has no part in it."""
        return Seconds(self._clocks().boot_s - self._booted_s)

    def _moment(self, at_s: float) -> datetime:
        return self._anchor + timedelta(seconds=at_s)

    def _tick(self, planned_s: float) -> bool:
        """Look at the clocks: whether this program was held up, or this computer slept, for longer than planned."""
        now, last = self._clocks(), self._last_clocks
        self._last_clocks = now
        at_s, took_s = now.boot_s - self._booted_s, now.boot_s - last.boot_s
        slept_s = took_s - (now.awake_s - last.awake_s)
        self._look_at_wall_clock(at_s)
        if took_s <= planned_s + GAP_S:
            self._measured_s = Seconds(self._measured_s + took_s)
            return False
        self._gap(at_s - took_s, at_s, GapReason.ASLEEP if slept_s > took_s / 2 else GapReason.NOT_RUNNING)
        return True

    def _is_held_up(self) -> bool:
        """Whether this program was held up since it last looked at the clocks; nobody has said so yet."""
        return self._clocks().boot_s - self._last_clocks.boot_s > self._planned_s + GAP_S

    def _look_at_wall_clock(self, at_s: float) -> None:
        by = self._runner.clock.now() - self._moment(at_s)
        if abs(by.total_seconds()) <= CLOCK_SET_S:
            return
        self._anchor += by
        by_s = Seconds(by.total_seconds())
        self._keep(ClockShift(by_s=by_s))
        if self._open is not None:
            self._open = self._journal.last_episode
        self._change(ChangeKind.CLOCK_SET, at_s, by_s)

    def _gap(self, from_s: float, to_s: float, reason: GapReason) -> None:
        gap = WatchGap(started_at=self._moment(from_s), ended_at=self._moment(to_s), reason=reason)
        self._keep(gap)
        self._tell(GapSeen(gap=gap))
        # A run that was under way has timed out for our own reasons.
        self._run_spoilt = True
        self._run_stop.set()
        if gap.is_long:
            self._detection = after_gap(self._detection)
            if self._open is not None:
                self._put(self._open)
                self._tell(EpisodeEnded(episode=self._open))
                self._open = None

    def _take_up(self) -> None:
        """The time between the interruption and now."""
        known_s, now_s = self._known_s(), float(self._elapsed_s())
        self._look_at_wall_clock(now_s)
        if now_s > known_s:
            self._gap(known_s, now_s, GapReason.NOT_RUNNING)

    async def _stand_back(self, stop: asyncio.Event) -> None:
        from_s = self._elapsed_s()
        self._run_spoilt = True
        self._run_stop.set()
        while self._held and not stop.is_set():
            self._wake.clear()
            await self._wait(stop, MINUTE_S)
        self._last_clocks = self._clocks()
        self._gap(from_s, self._elapsed_s(), GapReason.OWN_TEST)

    async def _wait(self, stop: asyncio.Event, seconds: float) -> None:
        """Until the time has come, the user wants something, or the watch is to end."""
        waiting = [
            asyncio.ensure_future(each)
            for each in (stop.wait(), self._wake.wait(), self._runner.clock.sleep(Seconds(seconds)))
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    def _wake_up(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the watch has ended
                self._loop.call_soon_threadsafe(self._wake.set)

    # --- light rounds ---

    async def _round(self, stop: asyncio.Event) -> None:
        """One light round; where it was cut short or held up, it says nothing."""
        if not self._budget.may_measure(self._elapsed_s()):
            self._unable(self._elapsed_s())
            return
        in_trouble = self._detection.trouble is not None or self._is_soon()
        read_network = self._network is None or in_trouble or self._turn % STATE_EVERY == 0
        chosen = [target for target in self._targets if in_trouble or self._turn % target.every == 0]
        self._turn += 1
        guard = Guard(self._runner.platform, self._runner.clock, self._declared, kit_limits.RUN_BYTES)
        if self._network is not None:
            guard.learn(self._network)
        by_tcp = {name for name, count in self._unheard.items() if UNHEARD_ROUNDS <= count < 2 * UNHEARD_ROUNDS}
        planner = light_planner(chosen, by_tcp, read_network=read_network)
        self._planned_s = ROUND_S
        record = await self._runner.measure(
            planner, self._request, self._profile.reference, lambda _event: None, stop, guard
        )
        self._spend(sum(result.traffic_bytes for result in record.results), light=True)
        held_up = self._tick(ROUND_S)
        if held_up or stop.is_set() or self._held:
            return
        self._look_at_network(record.by_id().get(NETWORK_STEP))
        self._judge([sample_of(result) for result in record.results if result.id != NETWORK_STEP])

    def _judge(self, samples: list[LightSample]) -> None:
        at_s = self._elapsed_s()
        self._count_unheard(samples)
        if not any(each.sent for each in samples) and self._online is not False:
            self._unable(at_s)
            return
        self._able(at_s)
        seen = observe(self._detection, LightRound(at_s=at_s, online=self._online, samples=tuple(samples)))
        self._detection = seen.detection
        self._bad_s = at_s if seen.bad else self._bad_s
        self._rounds += 1
        self._fill_minute(at_s, samples, seen)
        self._follow(seen, at_s)
        self._tell(
            WatchRound(
                at=self._moment(at_s),
                elapsed_s=at_s,
                samples=tuple(_told(each, seen.states[each.target]) for each in samples),
                in_episode=self._open is not None,
            )
        )
        self._total(at_s)

    _bad_s: float = -1e9
    """The last round in which some place was bad."""

    def _is_soon(self) -> bool:
        """Something looks bad, and has not done so for long; or it may just be over."""
        trouble, at_s = self._detection.trouble, self._elapsed_s()
        bad_just_now = at_s - self._bad_s < SOON_FOR_S / 4
        if trouble is not None and at_s - trouble.since_s > SOON_FOR_S:
            return at_s - self._bad_s > 0 and not self._last_was_bad(at_s) and bad_just_now
        return bad_just_now

    def _last_was_bad(self, at_s: float) -> bool:
        return at_s - self._bad_s < 1.0

    def _count_unheard(self, samples: list[LightSample]) -> None:
        """Who answers no echo is asked by connections, some rounds long; who answered these goes on so."""
        ports = {target.name for target in self._targets if target.port is not None}
        for each in samples:
            if each.target not in ports or not each.sent:
                continue
            count = self._unheard.get(each.target, 0)
            if each.rtt_ms is not None:
                self._unheard[each.target] = UNHEARD_ROUNDS if not each.icmp and count >= UNHEARD_ROUNDS else -(10**9)
            elif count >= 0 and self._online is not False:
                heard_by_tcp = count >= UNHEARD_ROUNDS and not self._never_heard(each.target)
                self._unheard[each.target] = count if heard_by_tcp else count + 1

    def _never_heard(self, target: str) -> bool:
        track = self._detection.tracks.get(target)
        return track is None or track.heard == 0

    def _unable(self, at_s: float) -> None:
        """Nothing could be measured: this computer or the kit's own limits did not let it."""
        if self._unable_since_s is None:
            self._unable_since_s = at_s

    def _able(self, at_s: float) -> None:
        if self._unable_since_s is not None:
            since_s, self._unable_since_s = self._unable_since_s, None
            self._measured_s = Seconds(max(0.0, self._measured_s - (at_s - since_s)))
            self._gap(since_s, at_s, GapReason.NOT_POSSIBLE)

    def _look_at_network(self, result: StepResult | None) -> None:
        if result is None:
            return
        if not isinstance(result.outcome, Completed) or not isinstance(result.outcome.fact, NetworkState):
            self._online = None
            return
        before, now = self._network, result.outcome.fact
        was_online, self._online = self._online, is_online(now)
        self._network = now
        kind = None if before is None else change_between(before, now)
        if before is None or kind is not None:
            self._targets = light_targets(now, self._request, self._profile.profile)
            self._unheard = {}
        if kind is not None:
            self._change(kind, self._elapsed_s())
            if self._online and kind is not ChangeKind.RESOLVERS_CHANGED:
                self._detection = other_network(self._detection)
        elif before is None and was_online is None and not self._online:
            self._change(ChangeKind.LINK_LOST, self._elapsed_s())

    def _change(self, kind: ChangeKind, at_s: float, clock_s: Seconds | None = None) -> None:
        change = NetworkChange(at=self._moment(at_s), kind=kind, clock_s=clock_s)
        self._keep(change)
        self._tell(NetworkChanged(change=change))

    # --- minutes and totals ---

    def _fill_minute(self, at_s: float, samples: list[LightSample], seen: Observed) -> None:
        number = int(at_s // MINUTE_S)
        if self._minute is None or self._minute.number != number:
            self._close_minute()
            self._minute = _Minute(number=number)
        minute = self._minute
        minute.rounds += 1
        for each in samples:
            # Who never answers has lost nothing.
            if each.sent and seen.states[each.target] is not SampleState.UNKNOWN:
                counted = minute.sent.setdefault(each.target, [0, 0])
                counted[0] += each.sent
                counted[1] += each.lost
                minute.samples[each.target] = each
                if each.rtt_ms is not None:
                    minute.rtts_ms.setdefault(each.target, []).append(each.rtt_ms)

    def _summary(self, minute: _Minute) -> MinuteSummary:
        def ms(target: str, share: float) -> Ms | None:
            value = quantile(minute.rtts_ms.get(target, ()), share)
            return None if value is None else Ms(round(value, 3))

        return MinuteSummary(
            started_at=self._moment(minute.number * MINUTE_S),
            length_s=Seconds(MINUTE_S),
            rounds=minute.rounds,
            subjects=tuple(
                SubjectSummary(
                    target=target,
                    subject=minute.samples[target].subject,
                    sent=sent,
                    lost=lost,
                    rtt_p50_ms=ms(target, 0.5),
                    rtt_p95_ms=ms(target, 0.95),
                )
                for target, (sent, lost) in minute.sent.items()
            ),
        )

    def _close_minute(self) -> None:
        if self._minute is not None:
            self._keep(self._summary(self._minute))
            self._minute = None
            self._keep(self._alive())
            self._budget.used_cpu(self._elapsed_s(), self._cpu_s())

    def _alive(self) -> Alive:
        return Alive(
            at=self._moment(self._elapsed_s()),
            measured_s=self._measured_s,
            rounds=self._rounds,
            traffic_bytes=Bytes(self._traffic),
        )

    def _spend(self, count: int, *, light: bool) -> None:
        self._traffic += count
        self._budget.spend(self._elapsed_s(), count, light=light)

    def _total(self, at_s: Seconds) -> None:
        known = self._journal.log()
        minutes = known.minutes if self._minute is None else (*known.minutes, self._summary(self._minute))
        self._log = replace(
            known,
            ended_at=self._moment(at_s),
            measured_s=self._measured_s,
            rounds=self._rounds,
            traffic_bytes=Bytes(self._traffic),
            minutes=minutes,
        )
        self._tell(
            WatchTotals(
                elapsed_s=at_s,
                measured_s=self._measured_s,
                rounds=self._rounds,
                traffic_bytes=Bytes(self._traffic),
                traffic_last_hour_bytes=self._budget.last_hour(at_s),
                episodes=self._journal.counted_episodes,
                marks=len(known.marks),
                cpu_share=self._budget.cpu_share(),
            )
        )

    # --- episodes ---

    def _follow(self, seen: Observed, at_s: float) -> None:
        """What a round made of the episodes."""
        trouble = self._detection.trouble
        if seen.began and trouble is not None:
            self._begin(trouble)
        elif seen.changed and trouble is not None and self._open is not None:
            self._open = self._with_signs(self._open, trouble)
            self._put(self._open)
            self._tell(EpisodeTold(episode=self._open, diagnosis=None))
        elif seen.ended_s is not None and self._open is not None:
            self._close(max(self._moment(seen.ended_s), self._open.started_at))
        elif trouble is None and self._open is not None and self._open.told_by is ToldBy.USER:
            over = self._open.started_at + timedelta(seconds=NOTICED_S)
            if over <= self._moment(at_s) and self._run_of != self._open.number:
                self._close(over)

    def _begin(self, trouble: Trouble) -> None:
        last, since = self._journal.last_episode, self._moment(trouble.since_s)
        if self._open is not None:
            # What the user has noticed shows itself now.
            self._open = self._with_signs(self._open, trouble)
        elif last is not None and last.ended_at is not None and (since - last.ended_at).total_seconds() < MERGE_S:
            self._open = self._with_signs(replace(last, ended_at=None), trouble)
        else:
            self._open = Episode(
                number=self._journal.counted_episodes + 1,
                started_at=since,
                ended_at=None,
                told_by=ToldBy.DETECTION,
                severity=trouble.severity,
                segment=trouble.segment,
                signs=trouble.signs,
            )
        self._put(self._open)
        diagnosing = self._run_of == self._open.number or self._diagnose(self._open, asked=False)
        self._tell(EpisodeBegan(episode=self._open, diagnosing=diagnosing))

    def _with_signs(self, episode: Episode, trouble: Trouble) -> Episode:
        known = {(sign.target, sign.kind) for sign in episode.signs}
        new = tuple(sign for sign in trouble.signs if (sign.target, sign.kind) not in known)
        return replace(
            episode,
            started_at=min(episode.started_at, self._moment(trouble.since_s)),
            severity=episode.severity if episode.cause else trouble.severity,
            segment=episode.segment if episode.cause else trouble.segment,
            signs=(*episode.signs, *new),
        )

    def _close(self, ended_at: datetime) -> None:
        if self._open is not None:
            episode, self._open = replace(self._open, ended_at=ended_at), None
            self._put(episode)
            self._tell(EpisodeEnded(episode=episode))

    def _put(self, episode: Episode) -> None:
        self._keep(episode)

    def _take_marks(self) -> None:
        while self._pending:
            words = self._pending.popleft()
            at = self._moment(self._elapsed_s())
            if self._open is None:
                self._open = Episode(
                    number=self._journal.counted_episodes + 1,
                    started_at=at,
                    ended_at=None,
                    told_by=ToldBy.USER,
                    severity=Severity.DEGRADED,
                    segment=None,
                )
                self._put(self._open)
                self._tell(EpisodeBegan(episode=self._open, diagnosing=self._diagnose(self._open, asked=True)))
            elif self._open.run is None and self._run_of != self._open.number:
                self._diagnose(self._open, asked=True)
            mark = MomentMark(at=at, words=words, episode=self._open.number)
            self._keep(mark)
            self._tell(MomentMarked(mark=mark))

    # --- diagnosis runs ---

    def _diagnose(self, episode: Episode | None, *, asked: bool) -> bool:
        """Begin a diagnosis run where none is under way and the budget has room; whether it does."""
        at_s = self._elapsed_s()
        if self._run is not None and not self._run.done():
            # What began before the trouble says little of it: as soon as that is over.
            self._run_next = episode is not None and self._run_of != episode.number
            return self._run_next
        most_bytes = self._budget.for_run(at_s, asked=asked)
        if most_bytes is None or (episode is not None and episode.run is not None):
            return False
        self._budget.run_began(at_s)
        self._run_stop, self._run_spoilt, self._run_next = asyncio.Event(), False, False
        self._run_of = None if episode is None else episode.number
        self._run = asyncio.create_task(self._measure(f"run-{len(self._journal.runs) + 1}", most_bytes))
        return True

    async def _measure(self, name: str, most_bytes: Bytes) -> None:
        at = self._moment(self._elapsed_s())
        stop = self._run_stop
        try:
            run = await measure_and_diagnose(
                self._runner, self._profile, self._request, self._progress(self._run_of), stop, most_bytes
            )
            self._spend(sum(result.traffic_bytes for result in run.record.results), light=False)
            # One that was cut short shows what is broken, and never that nothing is.
            whole = not stop.is_set() or run.diagnosis.verdict.state is VerdictState.FAULT
            if whole and not self._run_spoilt and not self._is_held_up():
                self._keep_run(name, at, run)
        finally:
            self._run_of = None
        if self._run_next and not stop.is_set():
            self._run, self._run_next = None, False
            if self._open is not None:
                self._diagnose(self._open, asked=True)

    def _keep_run(self, name: str, at: datetime, run: Run) -> None:
        note = run_note(name, self._run_of, at, run.diagnosis)
        self._keep(note)
        if self._best is None or self._journal.better(note, self._best[0]):
            self._best = (name, run.record)
        self._storing(lambda: self._store.keep_run(name, run.record))
        for dropped in self._journal.dropped_runs():
            self._keep(replace(dropped, kept=False))
            self._storing(lambda name=dropped.name: self._store.drop_run(name))  # type: ignore[misc]
        if note.episode is not None:
            self._attach(note, run.diagnosis)

    def _attach(self, note: RunNote, diagnosis: Diagnosis) -> None:
        """What the run says of its episode, which may be over by now."""
        episode = next((each for each in self._journal.episodes if each.number == note.episode), None)
        if episode is None:
            return
        episode = replace(episode, run=note.name, run_healthy=True if note.state is VerdictState.HEALTHY else None)
        verdict = diagnosis.verdict
        if verdict.state is VerdictState.FAULT and self._tells_of(note, episode):
            episode = replace(
                episode,
                segment=verdict.segment,
                cause=verdict.cause,
                severity=note.severity or episode.severity,
            )
        if self._open is not None and self._open.number == episode.number:
            self._open = episode
        self._put(episode)
        self._tell(EpisodeTold(episode=episode, diagnosis=diagnosis))

    def _tells_of(self, note: RunNote, episode: Episode) -> bool:
        """Whether the run's finding can be the episode's.

        What was wrong from the beginning, and no more than a nuisance, is not why somebody was silent.
        """
        always = any(
            each.cause == note.cause and each.episode is None and each.name != note.name
            for each in self._journal.runs.values()
        )
        return not (always and note.severity is Severity.DEGRADED and episode.severity is Severity.BLOCKING)

    def _progress(self, episode: int | None) -> Callable[[Event], None]:
        planned, finished = 0, 0

        def listen(event: Event) -> None:
            nonlocal planned, finished
            match event:
                case StepsPlanned(steps=steps):
                    planned += len(steps)
                case StepFinished():
                    finished += 1
                    self._tell(DiagnosisProgress(episode=episode, ratio=Ratio(finished / max(planned, finished))))
                case _:
                    pass

        return listen

    def _last_bytes(self) -> Bytes:
        """The last run belongs to the watch's budget too, but what ends it is not refused."""
        return self._budget.for_run(self._elapsed_s(), asked=True) or Bytes(400_000)

    def _chosen(self) -> tuple[str | None, RunRecord | None]:
        """The run that tells most of the watch; (None, None): none does, and a last one has to be made."""
        note = self._journal.best_run()
        if note is None:
            start = self._journal.start_run()
            age_s = 0.0 if start is None else (self._moment(self._elapsed_s()) - start.at).total_seconds()
            if start is None or (start.state is not VerdictState.FAULT and age_s > LATEST_RUN_S):
                return None, None
            note = start
        record = self._best[1] if self._best is not None and self._best[0] == note.name else None
        if record is None:
            with contextlib.suppress(OSError):
                record = self._store.read_run(note.name)
        return (None, None) if record is None else (note.name, record)

    # --- what is kept and told ---

    def _keep(self, entry: Entry) -> None:
        self._journal.apply(entry)
        self._storing(lambda: self._store.append(entry))

    _store_failed = False

    def _storing(self, write: Callable[[], None]) -> None:
        if self._store_failed:
            return
        try:
            write()
        except OSError as error:
            self._store_failed = True
            self._tell(StoreFailed(reason=error.strerror or type(error).__name__))

    def _tell(self, event: WatchEvent) -> None:
        if self._listener is not None:
            try:
                self._listener(event)
            except Exception:  # noqa: BLE001  as in the runner: who watches does not disturb the measuring
                self._listener = None

    def _end(self) -> None:
        """The watch is over: what is under way stays open."""
        at_s = self._elapsed_s()
        self._able(at_s)
        self._take_marks_without_runs()
        self._close_minute()
        self._keep(self._alive())
        self._log = self._journal.log()

    def _take_marks_without_runs(self) -> None:
        while self._pending:
            words = self._pending.popleft()
            number = None if self._open is None else self._open.number
            self._keep(MomentMark(at=self._moment(self._elapsed_s()), words=words, episode=number))


def _told(sample: LightSample, state: SampleState) -> WatchSample:
    return WatchSample(
        target=sample.target,
        subject=sample.subject,
        sent=sample.sent,
        lost=sample.lost,
        rtt_ms=sample.rtt_ms,
        state=state,
    )
