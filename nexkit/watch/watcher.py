"""The engine of a watch: light rounds, episodes, and a diagnosis run where one begins. See `Watcher`."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from nexkit.consent import Consent
from nexkit.declared import declared_by
from nexkit.platform.sleep_clocks import SleepClocks, sleep_clocks
from nexkit.platform.threads import cpu_with_calls_s
from nexkit.profile import LoadedProfile
from nexkit.request import Depth, Request
from nexkit.runner import Runner
from nexkit.units import Seconds
from nexkit.watch.budget import SOON_FOR_S, Budget
from nexkit.watch.detect import Detection, LightRound, LightSample, after_gap, observe, other_network
from nexkit.watch.diagnosis_runs import DiagnosisRuns
from nexkit.watch.episodes import Episodes
from nexkit.watch.events import (
    EpisodeBegan,
    GapSeen,
    MomentMarked,
    NetworkChanged,
    SampleState,
    WatchEvent,
    WatchRound,
    WatchSample,
    WatchTotals,
)
from nexkit.watch.journal import Alive, ClockShift, Journal
from nexkit.watch.light import NETWORK_STEP, ROUND_S, sample_of
from nexkit.watch.logbook import Logbook, WatchStore
from nexkit.watch.minutes import MINUTE_S, OpenMinute
from nexkit.watch.record import (
    MAX_WORDS_CHARACTERS,
    ChangeKind,
    GapReason,
    MomentMark,
    NetworkChange,
    WatchGap,
    WatchLog,
)
from nexkit.watch.rounds import LightRounds
from nexkit.watch.watch_clock import WatchClock
from nexkit.whole_run import Run

LEAST_PAUSE_S = 0.1
JUST_NOW_S = SOON_FOR_S / 4
"""Since something looked bad."""
JUST_BAD_S = 1.0
"""It was the last round that looked bad."""


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
        cpu_s: Callable[[], float] = cpu_with_calls_s,
    ) -> None:
        """`resumed`: what an interrupted watch had seen; the time since then is a gap."""
        declared = declared_by(profile.profile, request)
        request = replace(
            request, depth=Depth.QUICK, time_limit_s=None, consent=request.consent - {Consent.BULK_TRAFFIC}
        )
        now = runner.clock.now()
        journal = resumed or Journal(now)
        self._sleep, self._cpu_s = runner.clock.sleep, cpu_s
        self._is_interrupted = resumed is not None
        self._book = Logbook(journal, store, listener)
        self._clock = WatchClock(runner.clock.now, clocks, started_at=journal.started_at, known_until=journal.last_at)
        self._budget = Budget(
            self._clock.elapsed_s(),
            spent_last_hour=journal.traffic_since(now - timedelta(hours=1)),
            spent_before=journal.alive.traffic_bytes,
        )
        self._measured_s, self._rounds = journal.alive.measured_s, journal.alive.rounds
        self._light = LightRounds(runner, profile, request, declared)
        self._detection = Detection()
        self._bad_s: float | None = None
        """The last round in which some place was bad."""
        self._unable_since_s: Seconds | None = None
        self._minute: OpenMinute | None = None
        self._episodes = Episodes(self._book, self._clock)
        self._runs = DiagnosisRuns(
            runner,
            profile,
            request,
            book=self._book,
            clock=self._clock,
            budget=self._budget,
            episodes=self._episodes,
        )
        self._marks: deque[tuple[Seconds, str | None]] = deque()
        """The user's words that are not taken down yet."""
        self._held = False
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log = journal.log()

    @property
    def log(self) -> WatchLog:
        """What was seen so far, renewed after every round; frozen, so any thread may take it (timeline)."""
        return self._log

    def mark(self, words: str | None = None) -> None:
        """The user says that it is happening now: noted, and diagnosed where the budget has room. Thread-safe."""
        said = (words or "").strip()[:MAX_WORDS_CHARACTERS]
        self._marks.append((self._clock.elapsed_s(), said or None))
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
        self._clock.begin()
        self._take_up()
        self._runs.begin(None, asked=True)
        try:
            while not stop.is_set():
                if self._held:
                    await self._stand_back(stop)
                self._take_marks()
                began_s = self._clock.elapsed_s()
                await self._round(stop)
                await self._pause(stop, began_s)
        finally:
            await self._runs.end()
            self._end()

    async def finish(self, stop: asyncio.Event) -> Run:
        """The run that a report is made of, with the watch in it; to be called when `run` has returned, or instead.

        That of the episode that tells most; else a last quick one, which `stop` ends early.
        """
        from nexkit.diagnosis.engine import diagnose

        name, record = self._runs.telling() or (None, None)
        if record is None:
            self._take_up()
            record = await self._runs.last(stop)
            self._book.keep(self._alive())
        self._take_marks(diagnosing=False)
        record = replace(record, watch=self._book.journal.log(name))
        return Run(record=record, diagnosis=diagnose(record))

    # --- time ---

    async def _pause(self, stop: asyncio.Event, began_s: Seconds) -> None:
        """Until the next round is due, which comes soon after the user's word."""
        is_due = False
        while not (is_due or self._held or stop.is_set()):
            soon = self._take_marks() or self._light.are_first or self._is_soon()
            at_s = self._clock.elapsed_s()
            left_s = max(LEAST_PAUSE_S, began_s + self._budget.pause_s(at_s, soon=soon) - at_s)
            self._wake.clear()
            self._clock.plan(left_s)
            is_due = await self._wait(stop, left_s)
            self._tick()

    async def _wait(self, stop: asyncio.Event, seconds: float) -> bool:
        """Until the time has come, the user wants something, or the watch is to end; whether it is the first."""
        time = asyncio.ensure_future(self._sleep(Seconds(seconds)))
        others = [asyncio.ensure_future(each.wait()) for each in (stop, self._wake)]
        try:
            await asyncio.wait([time, *others], return_when=asyncio.FIRST_COMPLETED)
            return time.done()
        finally:
            for each in (time, *others):
                each.cancel()

    def _tick(self) -> bool:
        """Look at the clocks; whether what was measured meanwhile counts."""
        passed = self._clock.look()
        self._follow_wall_clock()
        if passed.missed is not None:
            self._able(passed.from_s)
            self._gap(passed.from_s, passed.to_s, passed.missed)
        elif self._unable_since_s is None:
            self._measured_s = Seconds(self._measured_s + passed.to_s - passed.from_s)
        return passed.missed is None

    def _follow_wall_clock(self) -> None:
        by_s = self._clock.follow()
        if by_s is not None:
            self._book.keep(ClockShift(by_s=by_s))
            self._episodes.reread()
            self._change(ChangeKind.CLOCK_SET, by_s)

    def _gap(self, from_s: float, to_s: float, reason: GapReason) -> None:
        gap = WatchGap(started_at=self._clock.moment(from_s), ended_at=self._clock.moment(to_s), reason=reason)
        self._book.keep(gap)
        self._book.tell(GapSeen(gap=gap))
        self._runs.spoil()
        if gap.is_long:
            self._detection = after_gap(self._detection)
            self._episodes.lose()

    def _take_up(self) -> None:
        """The time between an interruption and now."""
        if not self._is_interrupted:
            return
        self._is_interrupted = False
        known_s = (self._book.journal.last_at - self._book.journal.started_at).total_seconds()
        now_s = self._clock.elapsed_s()
        self._follow_wall_clock()
        if now_s > known_s:
            self._gap(known_s, now_s, GapReason.NOT_RUNNING)

    async def _stand_back(self, stop: asyncio.Event) -> None:
        from_s = self._clock.elapsed_s()
        self._able(from_s)
        self._runs.spoil()
        while self._held and not stop.is_set():
            self._take_marks(diagnosing=False)
            self._wake.clear()
            await self._wait(stop, MINUTE_S)
        self._clock.begin()
        self._gap(from_s, self._clock.elapsed_s(), GapReason.OWN_TEST)

    def _wake_up(self) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the watch has ended
                self._loop.call_soon_threadsafe(self._wake.set)

    # --- light rounds ---

    async def _round(self, stop: asyncio.Event) -> None:
        """One light round; where it was cut short or held up, it says nothing."""
        at_s = self._clock.elapsed_s()
        if not self._budget.may_measure(at_s):
            self._unable(at_s)
            return
        self._clock.plan(ROUND_S)
        record = await self._light.measure(stop, closely=self._detection.trouble is not None or self._is_soon())
        traffic = sum(result.traffic_bytes for result in record.results)
        self._budget.spend(self._clock.elapsed_s(), traffic, light=True)
        if not self._tick() or stop.is_set() or self._held:
            return
        kind = self._light.change(record)
        if kind is not None:
            self._change(kind)
            if self._light.online and kind is not ChangeKind.RESOLVERS_CHANGED:
                self._detection = other_network(self._detection)
        self._judge([sample_of(result) for result in record.results if result.id != NETWORK_STEP])

    def _judge(self, samples: list[LightSample]) -> None:
        at_s = self._clock.elapsed_s()
        self._light.learn(samples, self._detection.heard)
        if not any(each.sent for each in samples) and self._light.online is not False:
            self._unable(at_s)
            return
        self._able(at_s)
        seen = observe(self._detection, LightRound(at_s=at_s, online=self._light.online, samples=tuple(samples)))
        self._detection = seen.detection
        if seen.bad:
            self._bad_s = at_s
        self._rounds += 1
        # Who never answers has lost nothing.
        told = [each for each in samples if each.sent and seen.states[each.target] is not SampleState.UNKNOWN]
        self._minute_of(at_s).add(told)
        began = self._episodes.follow(seen, at_s, diagnosed=self._runs.episode)
        if began is not None:
            diagnosing = self._runs.episode == began.number or self._runs.begin(began, asked=False)
            self._book.tell(EpisodeBegan(episode=began, diagnosing=diagnosing))
        elif self._episodes.open is not None and self._episodes.open.run is None:
            # Its run was held up, or had no room.
            self._runs.begin(self._episodes.open, asked=False)
        self._book.tell(
            WatchRound(
                at=self._clock.moment(at_s),
                elapsed_s=at_s,
                samples=tuple(_told(each, seen.states[each.target]) for each in samples),
                in_episode=self._episodes.open is not None,
            )
        )
        self._total(at_s)

    def _is_soon(self) -> bool:
        """Something looks bad, and has not done so for long; or it may just be over."""
        if self._bad_s is None:
            return False
        trouble, at_s = self._detection.trouble, self._clock.elapsed_s()
        good_for_s = at_s - self._bad_s
        if trouble is not None and at_s - trouble.since_s > SOON_FOR_S:
            return JUST_BAD_S <= good_for_s < JUST_NOW_S
        return good_for_s < JUST_NOW_S

    def _unable(self, at_s: Seconds) -> None:
        """Nothing could be measured: this computer or the kit's own limits did not let it."""
        if self._unable_since_s is None:
            self._unable_since_s = at_s
        self._total(at_s)

    def _able(self, at_s: Seconds) -> None:
        since_s, self._unable_since_s = self._unable_since_s, None
        if since_s is not None and at_s > since_s:
            self._gap(since_s, at_s, GapReason.NOT_POSSIBLE)

    def _change(self, kind: ChangeKind, clock_s: Seconds | None = None) -> None:
        change = NetworkChange(at=self._clock.now(), kind=kind, clock_s=clock_s)
        self._book.keep(change)
        self._book.tell(NetworkChanged(change=change))

    # --- marks ---

    def _take_marks(self, *, diagnosing: bool = True) -> bool:
        """Take down what the user said, and diagnose it; whether there was anything."""
        found = bool(self._marks)
        while self._marks:
            at_s, words = self._marks.popleft()
            at = self._clock.moment(at_s)
            episode = self._episodes.open
            if diagnosing and episode is None:
                episode = self._episodes.notice(at)
                self._book.tell(EpisodeBegan(episode=episode, diagnosing=self._runs.begin(episode, asked=True)))
            elif diagnosing and episode is not None and self._runs.episode != episode.number:
                self._runs.begin(episode, asked=True)
            mark = MomentMark(at=at, words=words, episode=None if episode is None else episode.number)
            self._book.keep(mark)
            self._book.tell(MomentMarked(mark=mark))
        return found

    # --- minutes and totals ---

    def _minute_of(self, at_s: float) -> OpenMinute:
        number = int(at_s // MINUTE_S)
        if self._minute is None or self._minute.number != number:
            self._close_minute()
            self._minute = OpenMinute(number=number)
        return self._minute

    def _close_minute(self) -> None:
        if self._minute is not None:
            self._book.keep(self._minute.summary(self._clock.moment(self._minute.number * MINUTE_S)))
            self._minute = None
            self._book.keep(self._alive())
            self._budget.used_cpu(self._clock.elapsed_s(), self._cpu_s())

    def _alive(self) -> Alive:
        return Alive(
            at=self._clock.now(),
            measured_s=self._measured_s,
            rounds=self._rounds,
            traffic_bytes=self._budget.spent_bytes,
        )

    def _total(self, at_s: Seconds) -> None:
        known, minutes = self._book.journal.log(), []
        if self._minute is not None:
            minutes.append(self._minute.summary(self._clock.moment(self._minute.number * MINUTE_S)))
        self._log = replace(
            known,
            ended_at=self._clock.moment(at_s),
            measured_s=self._measured_s,
            rounds=self._rounds,
            traffic_bytes=self._budget.spent_bytes,
            minutes=(*known.minutes, *minutes),
        )
        self._book.tell(
            WatchTotals(
                elapsed_s=at_s,
                measured_s=self._measured_s,
                rounds=self._rounds,
                traffic_bytes=self._budget.spent_bytes,
                traffic_last_hour_bytes=self._budget.last_hour(at_s),
                episodes=self._book.journal.counted_episodes,
                marks=len(known.marks),
                cpu_share=self._budget.cpu_share(),
            )
        )

    def _end(self) -> None:
        """The watch is over: what is under way stays open."""
        self._able(self._clock.elapsed_s())
        self._take_marks(diagnosing=False)
        self._close_minute()
        self._book.keep(self._alive())
        self._log = self._book.journal.log()


def _told(sample: LightSample, state: SampleState) -> WatchSample:
    return WatchSample(
        target=sample.target,
        subject=sample.subject,
        sent=sample.sent,
        lost=sample.lost,
        rtt_ms=sample.rtt_ms,
        state=state,
    )
