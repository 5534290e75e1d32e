"""The diagnosis runs within a watch: one at its beginning, one in each episode, and the one a report is made of."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from nexkit.diagnosis.verdict import VerdictState
from nexkit.events import Event, StepFinished, StepsPlanned
from nexkit.profile import LoadedProfile
from nexkit.request import Request
from nexkit.run_record import RunRecord
from nexkit.runner import Runner
from nexkit.units import Bytes, Ratio
from nexkit.watch.budget import Budget
from nexkit.watch.episodes import Episodes
from nexkit.watch.events import DiagnosisProgress
from nexkit.watch.journal import run_note
from nexkit.watch.logbook import Logbook
from nexkit.watch.record import Episode
from nexkit.watch.watch_clock import WatchClock
from nexkit.whole_run import Run, measure_and_diagnose

GRACE_S = 1.0
"""What is left of a diagnosis run that was stopped ends within it."""
LATEST_RUN_S = 120.0
"""A run of the watch's beginning that is no older says how things are at its end."""


class DiagnosisRuns:
    """One at a time, as far as the budget goes; what they say of an episode is told there."""

    def __init__(
        self,
        runner: Runner,
        profile: LoadedProfile,
        request: Request,
        *,
        book: Logbook,
        clock: WatchClock,
        budget: Budget,
        episodes: Episodes,
    ) -> None:
        self._runner, self._profile, self._request = runner, profile, request
        self._book, self._clock, self._budget, self._episodes = book, clock, budget, episodes
        self._run: asyncio.Task[None] | None = None
        self._of: int | None = None
        self._stop = asyncio.Event()
        self._spoilt = False
        self._is_next = False
        self._best: tuple[str, RunRecord] | None = None

    @property
    def episode(self) -> int | None:
        """The number of the episode that one is under way for."""
        return self._of

    def begin(self, episode: Episode | None, *, asked: bool) -> bool:
        """Begin one where none is under way and the budget has room; whether it does. None: of no episode.

        `asked`: the user wants it, or a new episode does; it need not wait for the usual pause.
        """
        if self._run is not None and not self._run.done():
            # What began before the trouble says little of it: as soon as that is over.
            self._is_next = episode is not None and episode.run is None and self._of != episode.number
            return self._is_next
        at_s = self._clock.elapsed_s()
        most_bytes = self._budget.for_run(at_s, asked=asked)
        if most_bytes is None or (episode is not None and episode.run is not None):
            return False
        self._budget.run_began(at_s)
        self._stop, self._spoilt, self._is_next = asyncio.Event(), False, False
        self._of = None if episode is None else episode.number
        self._run = asyncio.create_task(self._measure(f"run-{self._book.journal.counted_runs + 1}", most_bytes))
        return True

    def spoil(self) -> None:
        """The one under way has timed out for our own reasons: it ends, and says nothing."""
        self._spoilt = True
        self._stop.set()

    async def end(self) -> None:
        """The watch is over."""
        self._stop.set()
        if self._run is not None:
            await asyncio.wait({self._run}, timeout=GRACE_S)
            self._run.cancel()

    def telling(self) -> tuple[str, RunRecord] | None:
        """The run that tells most of the watch, with its name; None: none does, and a last one has to be made."""
        note = self._book.journal.best_run()
        if note is None:
            note = self._book.journal.start_run()
            if note is None:
                return None
            age_s = (self._clock.now() - note.at).total_seconds()
            if note.state is not VerdictState.FAULT and age_s > LATEST_RUN_S:
                return None
        if self._best is not None and self._best[0] == note.name:
            return self._best
        record = self._book.read_run(note.name)
        return None if record is None else (note.name, record)

    async def last(self, stop: asyncio.Event) -> RunRecord:
        """A quick one at the watch's end, which `stop` ends early."""
        most_bytes = self._budget.for_last_run(self._clock.elapsed_s())
        return (await self._diagnose(None, stop, most_bytes)).record

    async def _measure(self, name: str, most_bytes: Bytes) -> None:
        at, stop = self._clock.now(), self._stop
        try:
            run = await self._diagnose(self._of, stop, most_bytes)
            # One that was cut short shows what is broken, and never that nothing is.
            whole = not stop.is_set() or run.diagnosis.verdict.state is VerdictState.FAULT
            if whole and not self._spoilt and not self._clock.is_held_up():
                note = run_note(name, self._of, at, run.diagnosis)
                self._book.keep(note)
                if self._best is None or self._book.journal.better(note, self._best[0]):
                    self._best = (name, run.record)
                self._book.keep_run(name, run.record)
                for dropped in self._book.journal.dropped_runs():
                    self._book.keep(replace(dropped, kept=False))
                    self._book.drop_run(dropped.name)
                if note.episode is not None:
                    self._episodes.attach(note, run.diagnosis)
        finally:
            self._of = None
        if self._is_next and not stop.is_set():
            self._run, self._is_next = None, False
            if self._episodes.open is not None:
                self.begin(self._episodes.open, asked=True)

    async def _diagnose(self, episode: int | None, stop: asyncio.Event, most_bytes: Bytes) -> Run:
        run = await measure_and_diagnose(
            self._runner, self._profile, self._request, self._progress(episode), stop, most_bytes
        )
        traffic = sum(result.traffic_bytes for result in run.record.results)
        self._budget.spend(self._clock.elapsed_s(), traffic, light=False)
        return run

    def _progress(self, episode: int | None) -> Callable[[Event], None]:
        planned, finished = 0, 0

        def listen(event: Event) -> None:
            nonlocal planned, finished
            match event:
                case StepsPlanned(steps=steps):
                    planned += len(steps)
                case StepFinished():
                    finished += 1
                    ratio = Ratio(finished / max(planned, finished))
                    self._book.tell(DiagnosisProgress(episode=episode, ratio=ratio))
                case _:
                    pass

        return listen
