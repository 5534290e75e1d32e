"""The episodes of a watch: begun by what light rounds show or by the user's word, told, and closed."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from nexkit.diagnosis.verdict import Diagnosis, Severity, VerdictState
from nexkit.watch.detect import Observed, Trouble
from nexkit.watch.events import EpisodeEnded, EpisodeTold
from nexkit.watch.journal import RunNote
from nexkit.watch.logbook import Logbook
from nexkit.watch.record import Episode, ToldBy
from nexkit.watch.watch_clock import WatchClock

MERGE_S = 30.0
"""Trouble that is back so soon is the same episode."""
NOTICED_S = 60.0
"""So long after the user's word an episode lasts in which nothing was measured bad."""


class Episodes:
    """The one under way, if any; those before it stand in the journal."""

    def __init__(self, book: Logbook, clock: WatchClock) -> None:
        self._book, self._clock = book, clock
        self._open: Episode | None = None

    @property
    def open(self) -> Episode | None:
        """The one under way."""
        return self._open

    def follow(self, seen: Observed, at_s: float, *, diagnosed: int | None) -> Episode | None:
        """What a round made of them: the episode that began, or shows itself only now, else None.

        `diagnosed`: the number of the one that a diagnosis run is under way for.
        """
        trouble = seen.detection.trouble
        if seen.began and trouble is not None:
            return self._begin(trouble)
        if self._open is None:
            return None
        if seen.changed and trouble is not None:
            self._open = self._with_signs(self._open, trouble)
            self._book.keep(self._open)
            self._book.tell(EpisodeTold(episode=self._open, diagnosis=None))
        elif seen.ended_s is not None:
            self._close(self._open, max(self._clock.moment(seen.ended_s), self._open.started_at))
        elif trouble is None and self._open.told_by is ToldBy.USER and self._open.number != diagnosed:
            over_at = self._open.started_at + timedelta(seconds=NOTICED_S)
            if over_at <= self._clock.moment(at_s):
                self._close(self._open, over_at)
        return None

    def notice(self, at: datetime) -> Episode:
        """A new one, by the user's word."""
        self._open = Episode(
            number=self._book.journal.counted_episodes + 1,
            started_at=at,
            ended_at=None,
            told_by=ToldBy.USER,
            severity=Severity.DEGRADED,
            segment=None,
        )
        self._book.keep(self._open)
        return self._open

    def lose(self) -> None:
        """So long a gap that the one under way is not known to have gone on: it has no end."""
        if self._open is not None:
            episode, self._open = self._open, None
            self._book.tell(EpisodeEnded(episode=episode))

    def reread(self) -> None:
        """The moments in the journal were moved."""
        if self._open is not None:
            self._open = self._book.journal.last_episode

    def attach(self, note: RunNote, diagnosis: Diagnosis) -> None:
        """What a diagnosis run says of its episode, which may be over by now."""
        episode = next((each for each in self._book.journal.episodes if each.number == note.episode), None)
        if episode is None:
            return
        episode = replace(episode, run=note.name, run_healthy=True if note.state is VerdictState.HEALTHY else None)
        verdict = diagnosis.verdict
        if verdict.state is VerdictState.FAULT and _tells_of(note, episode, self._book.journal.runs.values()):
            episode = replace(
                episode, segment=verdict.segment, cause=verdict.cause, severity=note.severity or episode.severity
            )
        if self._open is not None and self._open.number == episode.number:
            self._open = episode
        self._book.keep(episode)
        self._book.tell(EpisodeTold(episode=episode, diagnosis=diagnosis))

    def _begin(self, trouble: Trouble) -> Episode:
        last, since = self._book.journal.last_episode, self._clock.moment(trouble.since_s)
        if self._open is not None:
            # What the user has noticed shows itself now.
            self._open = self._with_signs(self._open, trouble)
        elif last is not None and last.ended_at is not None and (since - last.ended_at).total_seconds() < MERGE_S:
            self._open = self._with_signs(replace(last, ended_at=None), trouble)
        else:
            self._open = Episode(
                number=self._book.journal.counted_episodes + 1,
                started_at=since,
                ended_at=None,
                told_by=ToldBy.DETECTION,
                severity=trouble.severity,
                segment=trouble.segment,
                signs=trouble.signs,
            )
        self._book.keep(self._open)
        return self._open

    def _with_signs(self, episode: Episode, trouble: Trouble) -> Episode:
        known = {(sign.target, sign.kind) for sign in episode.signs}
        new = tuple(sign for sign in trouble.signs if (sign.target, sign.kind) not in known)
        return replace(
            episode,
            started_at=min(episode.started_at, self._clock.moment(trouble.since_s)),
            severity=episode.severity if episode.cause else trouble.severity,
            segment=episode.segment if episode.cause else trouble.segment,
            signs=(*episode.signs, *new),
        )

    def _close(self, episode: Episode, ended_at: datetime) -> None:
        self._open = None
        ended = replace(episode, ended_at=ended_at)
        self._book.keep(ended)
        self._book.tell(EpisodeEnded(episode=ended))


def _tells_of(note: RunNote, episode: Episode, runs: Collection[RunNote]) -> bool:
    """Whether the run's finding can be the episode's.

    What was wrong from the beginning, and no more than a nuisance, is not why somebody was silent.
    """
    always = any(each.cause == note.cause and each.episode is None and each.name != note.name for each in runs)
    return not (always and note.severity is Severity.DEGRADED and episode.severity is Severity.BLOCKING)
